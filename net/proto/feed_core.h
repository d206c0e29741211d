// What the protocols of a feed handler share: its streams, counters, clock and the memory for what waits.
//
// In the flow: FeedHandler owns one; each protocol's part finds or makes its stream here, then hands units to the stream's arbiter. One
// thread; streams are all made by the constructor.
#pragma once

#include <vector>

#include "net/proto/feed_config.h"
#include "net/proto/feed_stream.h"
#include "net/proto/frame.h"
#include "net/proto/message_registry.h"
#include "net/proto/new_york_time.h"
#include "net/proto/recovery_requests.h"

namespace tickgraph {

constexpr FeedProtocol ProtocolOf(StreamKind kind) {
  switch (kind) {
    case StreamKind::kMold:
    case StreamKind::kRawItch:
      return FeedProtocol::kItch;
    case StreamKind::kOpra:
      return FeedProtocol::kOpra;
    case StreamKind::kIex:
      return FeedProtocol::kIex;
    case StreamKind::kCme:
      return FeedProtocol::kCme;
    case StreamKind::kDbn:
      return FeedProtocol::kDbn;
    case StreamKind::kJson:
      return FeedProtocol::kJson;
    case StreamKind::kLobster:
      return FeedProtocol::kLobster;
  }
  return FeedProtocol::kItch;
}

class FeedCore {
 public:
  // Throws std::runtime_error when memory is short (start only).
  explicit FeedCore(const FeedConfig& settings) : config(settings), pool_(config.reorder_slots, config.reorder_slot_bytes) {
    streams.reserve(kMaxVenues);
    const LineArbiter::Config arbiter{config.reorder_window_ns, config.reorder_slots_per_stream};
    for (uint32_t i = 0; i < kMaxVenues; ++i) streams.emplace_back(&pool_, arbiter);
  }
  FeedCore(const FeedCore&) = delete;
  FeedCore& operator=(const FeedCore&) = delete;

  // nullptr where there is no room for one more.
  template <class Handler>
  FeedStream* NewStream(StreamKind kind, const VenueName& name, uint64_t now_ns, Handler& handler) {
    if (stream_count == kMaxVenues) {
      ++counters.dropped_streams;
      return nullptr;
    }
    FeedStream& stream = streams[stream_count];
    stream.kind = kind;
    stream.venue = static_cast<VenueIndex>(stream_count++);
    stream.name = name;
    stream.date = config.date != 0 ? config.date : DayOf(kind, now_ns);
    stream.midnight_ns = stream.date != 0 ? NewYorkMidnightNs(stream.date) : 0;
    if (recovery.there() && HasRequests(kind)) {
      stream.arbiter.SetRecovery(std::max<uint64_t>(config.recovery_timeout_ns, 1), config.recovery_attempts);
    }
    handler.OnStream(stream.venue, stream.name, ProtocolOf(kind), stream.date);
    return &stream;
  }

  // After a packet of `stream`, which had a hole open before it if `was_gapped`.
  template <class Handler>
  void Settle(FeedStream& stream, bool was_gapped, Handler& handler) {
    if (was_gapped || stream.arbiter.gapped()) FindNextTimer();
    if (stream.ended_lines != 0) CheckEnd(stream, handler);
  }

  template <class Handler>
  void CheckEnd(FeedStream& stream, Handler& handler) {
    if (stream.ended || !stream.LinesEnded() || stream.arbiter.gapped()) return;
    stream.ended = true;
    ++ended_count;
    handler.OnStreamEnd(stream.venue);
  }

  void FindNextTimer() {
    next_timer_ns = UINT64_MAX;
    for (uint32_t i = 0; i < stream_count; ++i) next_timer_ns = std::min(next_timer_ns, streams[i].arbiter.deadline_ns());
  }

  void Bad(uint64_t packet_number, uint64_t file_offset, const char* reason, uint64_t count = 1) {
    if (counters.bad_messages == 0) {
      counters.first_bad_packet = packet_number != 0 ? packet_number : counters.packets;
      counters.first_bad_offset = file_offset;
      counters.first_bad_reason = reason;
    }
    counters.bad_messages += count;
  }

  void Count(DecodeStatus status, uint64_t packet_number, uint64_t file_offset) {
    if (status == DecodeStatus::kOk) [[likely]] {
      ++counters.messages;
    } else if (status == DecodeStatus::kUnknownType) {
      ++counters.unknown_types;
    } else {
      Bad(packet_number, file_offset, Name(status));
    }
  }

  [[nodiscard]] FeedCounters Totals() const {
    FeedCounters out = counters;
    for (uint32_t i = 0; i < stream_count; ++i) {
      const ArbiterCounters& c = streams[i].arbiter.counters();
      out.duplicates += c.duplicates;
      out.late += c.late;
      out.gaps += c.gaps;
      out.missing_messages += c.missing_messages;
      out.reorder_overflows += c.overflows;
      out.recovered_messages += c.recovered;
      out.dropped_messages += c.dropped;
      out.unasked_messages += c.unasked;
      out.snapshots += c.snapshots;
      out.useless_snapshots += c.useless_snapshots;
    }
    return out;
  }

  FeedConfig config;
  RecoveryService recovery;
  std::vector<FeedStream> streams;  // kMaxVenues from the start, `stream_count` in use
  uint32_t stream_count = 0, ended_count = 0;
  uint64_t session_time_ns = 0;
  uint64_t next_timer_ns = UINT64_MAX;
  FeedCounters counters;

 private:
  // The venue's own day; 0 where each record has its own, crypto and Databento keep UTC, or where the configuration alone can tell.
  static uint32_t DayOf(StreamKind kind, uint64_t now_ns) {
    constexpr uint64_t kHour = 3600 * kNanosPerSecond;
    if (now_ns == 0 || kind == StreamKind::kDbn || kind == StreamKind::kJson || kind == StreamKind::kLobster) return 0;
    return NewYorkDateOf(kind == StreamKind::kCme ? now_ns - kHour : now_ns);  // Chicago is an hour behind
  }

  ReorderPool pool_;
};

inline uint64_t DestinationOf(const Frame& frame) { return uint64_t{frame.destination} << 16 | frame.destination_port; }

inline SequencedUnit UnitOf(const PacketView& packet, uint32_t line) {
  SequencedUnit unit;
  unit.ts_recv_ns = packet.ts_recv_ns;
  unit.packet_number = packet.number;
  unit.file_offset = packet.file_offset;
  unit.line = line == 1 ? Line::kB : Line::kA;
  return unit;
}

}  // namespace tickgraph
