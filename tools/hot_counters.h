// Fills and publishes the live counters of a session from its parts.
//
// In the flow: called by the player's tend, some twenty times a second, on the hot thread but never for a packet. What would take long is
// spread: one quantile of one stage and a slice of the positions at a time. No allocation, no system call but the vDSO's clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "hot/counters_page.h"
#include "hot/trading_loop.h"

namespace tickgraph {

// `Parts` has feed, loop, exchange and tape, as a HotSession's.
template <class Parts>
class CountersPublisher {
 public:
  CountersPublisher(const Parts& parts, CountersWriter& page) : p_(parts), page_(page) { counters_.started_ns = MonotonicNanos(); }

  // Out of line, so that the loop around it is compiled as if it were not there.
  [[gnu::noinline, gnu::cold]] void Publish() {
    ReadNextQuantile();
    SumPositions(kPositionsAtATime);
    PublishCounts();
  }
  // All of it, at the end and where nothing waits.
  [[gnu::noinline, gnu::cold]] void PublishWhole() {
    for (uint32_t at = 0; at < kQuantiles; ++at) ReadQuantile(at);
    scanned_ = 0;
    partial_ = {};
    SumPositions(UINT32_MAX);
    PublishCounts();
  }

 private:
  static constexpr uint32_t kPositionsAtATime = 256;
  static constexpr uint32_t kQuantiles = 3 * kCountedStages;
  struct PositionSums {
    uint64_t open = 0, gross_lots = 0;
    int64_t net_lots = 0, realized_nanos = 0;
  };

  void PublishCounts() {
    const LoopCounters& loop = p_.loop.counters();
    const auto feed = p_.feed.counters();
    HotCounters& c = counters_;
    c.published_ns = MonotonicNanos();
    c.session_ns = p_.loop.now_ns();
    c.packets = loop.packets;
    c.messages = feed.messages;
    c.bad_messages = feed.bad_messages;
    c.recovered_messages = feed.recovered_messages;
    const BookCounters& books = p_.loop.books().counters();
    c.unknown_references = books.unknown_references;
    c.duplicate_references = books.duplicate_references;
    c.over_executions = books.over_executions;
    c.bad_orders = books.bad_orders;
    c.no_room = books.no_room_orders + books.no_room_levels + books.no_room_instruments;
    c.crossed_books = books.crossed_books;
    c.marked_books = p_.loop.books().marked_count();
    c.instruments = p_.loop.instruments().size();
    c.decisions = loop.decisions;
    c.signals = loop.signals;
    c.orders = loop.orders;
    c.fills = loop.fills;
    c.venue_rejects = p_.exchange.counters().rejected;
    c.refused_by_gateway = loop.refused_by_gateway;
    for (int i = 0; i < kRejectReasons; ++i) c.risk_rejects[static_cast<size_t>(i)] = p_.loop.risk().count(static_cast<RejectReason>(i));
    c.risk_rejects[0] = 0;  // those that passed are no rejects
    c.tape_records = p_.tape.written();
    c.archived_records = p_.tape.archived();
    c.tape_capacity = p_.tape.capacity();
    for (uint32_t stage = 0; stage < kCountedStages; ++stage) {
      c.stages[stage].count = Histogram(stage).count();
      c.stages[stage].max_ns = Histogram(stage).max();
    }
    ReadVenues();
    page_.Publish(c);
  }

  void ReadVenues() {
    counters_.venue_count = p_.feed.stream_count();
    for (uint32_t i = 0; i < counters_.venue_count; ++i) {
      const auto& stream = p_.feed.stream(i);
      const auto& arbiter = stream.arbiter.counters();
      VenueCounters& out = counters_.venues[i];
      const std::string_view name = stream.name.view();
      std::memcpy(out.name.data(), name.data(), std::min(name.size(), out.name.size() - 1));
      out.state = static_cast<uint64_t>(p_.loop.venue_state(static_cast<VenueIndex>(i)));
      out.ended = stream.ended;
      out.messages = arbiter.delivered;
      out.duplicates = arbiter.duplicates;
      out.gaps = arbiter.gaps;
      out.missing_messages = arbiter.missing_messages;
    }
  }

  [[nodiscard]] const LatencyHistogram& Histogram(uint32_t stage) const {
    const LoopLatency& l = p_.loop.latency();
    const LatencyHistogram* const of[kCountedStages] = {&l.decoded, &l.booked,   &l.submitted,  &l.to_signal,
                                                        &l.risk,    &l.to_order, &l.to_decision};
    return *of[stage];
  }

  // A quantile is a walk over a histogram, some microseconds: one at a time, of a stage that has recorded something since.
  void ReadNextQuantile() {
    for (uint32_t tried = 0; tried < kQuantiles; ++tried) {
      const uint32_t at = next_quantile_;
      next_quantile_ = (next_quantile_ + 1) % kQuantiles;
      if (ReadQuantile(at)) return;
    }
  }
  bool ReadQuantile(uint32_t at) {
    const LatencyHistogram& h = Histogram(at % kCountedStages);
    StageCounters& out = counters_.stages[at % kCountedStages];
    if (read_at_[at] == h.count()) return false;
    read_at_[at] = h.count();
    switch (at / kCountedStages) {
      case 0:
        out.p50_ns = h.Quantile(.5);
        break;
      case 1:
        out.p99_ns = h.Quantile(.99);
        break;
      default:
        out.p999_ns = h.Quantile(.999);
    }
    return true;
  }

  // Goes on where it stopped; the sums are shown once all instruments were seen.
  void SumPositions(uint32_t most) {
    const uint32_t count = p_.loop.instruments().size();
    for (uint32_t n = 0; n < most && scanned_ < count; ++n, ++scanned_) {
      const Quantity lots = p_.loop.positions().lots(scanned_);
      partial_.open += lots != 0;
      partial_.net_lots += lots;
      partial_.gross_lots += static_cast<uint64_t>(lots < 0 ? -lots : lots);
      partial_.realized_nanos += p_.loop.positions().realized_nanos(scanned_);
    }
    if (scanned_ < count) return;
    counters_.open_positions = partial_.open;
    counters_.net_lots = partial_.net_lots;
    counters_.gross_lots = partial_.gross_lots;
    counters_.realized_nanos = partial_.realized_nanos;
    scanned_ = 0;
    partial_ = {};
  }

  const Parts& p_;
  CountersWriter& page_;
  HotCounters counters_;
  PositionSums partial_;
  std::array<uint64_t, kQuantiles> read_at_{};  // how many latencies its stage had when a quantile was last read
  uint32_t next_quantile_ = 0, scanned_ = 0;
};

}  // namespace tickgraph
