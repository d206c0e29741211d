// Merges the lines of one stream by message number: every message once, in order, whichever line brings it first.
//
// In the flow: between framing (MoldUDP64, OPRA block) and decoding. It handles units, packets that carry `count` messages numbered from
// `sequence`, and never looks inside their bytes; packet boundaries may differ between lines. What lies past a hole is copied into
// slots of the pool until the hole is filled, or is declared lost: when `window_ns` of session time have passed since it opened, or when
// slots run out. One thread; no allocation after construction.
//
// Sink: Deliver(unit, from, end)    messages [from, end) of `unit` are next; the bytes live until the call returns
//       OnStreamState(BookState)    kGapped as soon as a hole is known, kLive when none is open (the messages of a lost one stay lost)
//       OnGap(first, last)          these were declared lost; comes before what follows them is delivered
// Invariants: buffered ranges are disjoint, sorted, and start past expected(); a hole is open exactly while state is kGapped; numbers
// stay below 2^64 - 1, so that the number after the last fits.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "net/proto/reorder_pool.h"

namespace tickgraph {

struct ArbiterCounters {
  uint64_t delivered = 0;         // messages
  uint64_t duplicates = 0;        // copies of messages that were delivered or are buffered
  uint64_t late = 0;              // came after they had been declared lost
  uint64_t gaps = 0;              // holes declared lost
  uint64_t missing_messages = 0;  // the messages in them
  uint64_t overflows = 0;         // of these holes, those given up for want of room
};

class LineArbiter {
 public:
  struct Config {
    uint64_t window_ns = 5'000'000;
    uint32_t max_slots = 4096;
  };

  LineArbiter(ReorderPool* pool, const Config& config)
      : pool_(pool), window_ns_(config.window_ns), order_(std::max(config.max_slots, 1u)) {}

  // `now_ns` is the session clock. The sum of sequence and count must be below 2^64; a unit that breaks this is ignored.
  template <class Sink>
  void OnUnit(const SequencedUnit& unit, uint64_t now_ns, Sink& sink) {
    if (unit.sequence > UINT64_MAX - unit.count) return;
    const uint64_t end = unit.sequence + unit.count;
    if (!started_) Start(unit.sequence);
    if (unit.sequence == expected_ && !gapped_) [[likely]] {
      DeliverRange(unit, unit.sequence, end, sink);
      return;
    }
    OnRange(unit, now_ns, sink);
  }

  // A heartbeat or an end of session: the next message will have number `next`.
  template <class Sink>
  void OnAnnounced(uint64_t next, uint64_t now_ns, Sink& sink) {
    if (!started_) Start(next);
    if (next <= announced_) return;
    announced_ = next;
    announced_ns_ = now_ns;
    if (next > expected_ && !gapped_) OpenHole(now_ns, sink);
  }

  // Declares lost every hole whose time is over.
  template <class Sink>
  void OnTimer(uint64_t now_ns, Sink& sink) {
    while (gapped_ && deadline_ns_ <= now_ns) GiveUpHole(sink);
  }

  // End of input: declares every open hole lost and delivers what is buffered.
  template <class Sink>
  void Finish(Sink& sink) {
    while (gapped_) GiveUpHole(sink);
  }

  // The stream starts again at `next` (OPRA: reset sequence, start of day). Open holes are lost.
  template <class Sink>
  void Restart(uint64_t next, Sink& sink) {
    Finish(sink);
    Start(next);
    announced_ = 0;
    lost_.fill({});
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool gapped() const { return gapped_; }
  [[nodiscard]] uint64_t expected() const { return expected_; }
  // When OnTimer is due; UINT64_MAX: nothing waits.
  [[nodiscard]] uint64_t deadline_ns() const { return gapped_ ? deadline_ns_ : UINT64_MAX; }
  [[nodiscard]] const ArbiterCounters& counters() const { return counters_; }
  [[nodiscard]] uint32_t buffered_units() const { return end_ - begin_; }

 private:
  struct Range {
    uint64_t from = 0, end = 0;
  };

  void Start(uint64_t next) {
    started_ = true;
    expected_ = next;
  }

  template <class Sink>
  void DeliverRange(const SequencedUnit& unit, uint64_t from, uint64_t end, Sink& sink) {
    expected_ = end;
    counters_.delivered += end - from;
    if (end > from) sink.Deliver(unit, from, end);
  }

  // The general case: part of the unit may be known, next, or past a hole.
  template <class Sink>
  void OnRange(const SequencedUnit& unit, uint64_t now_ns, Sink& sink) {
    uint64_t from = unit.sequence;
    const uint64_t end = unit.sequence + unit.count;
    if (from < expected_) {
      const uint64_t known_end = std::min(end, expected_);
      CountKnown(from, known_end);
      from = known_end;
    }
    while (from < end) {
      if (from == expected_) {
        DeliverRange(unit, from, end, sink);
        if (gapped_) Drain(sink);
        return;
      }
      from = Buffer(unit, from, end, now_ns, sink);
    }
  }

  // Copies the part of [from, end) that is not buffered yet. Returns `end`, or where it stopped because a hole had to be given up.
  template <class Sink>
  uint64_t Buffer(const SequencedUnit& unit, uint64_t from, uint64_t end, uint64_t now_ns, Sink& sink) {
    while (from < end) {
      const uint32_t at = UpperBound(from);
      if (at > begin_ && At(at - 1).end > from) {
        const uint64_t known_end = std::min(end, At(at - 1).end);
        counters_.duplicates += known_end - from;
        from = known_end;
        continue;
      }
      const uint64_t limit = at < end_ ? std::min(end, At(at).from) : end;
      const bool kept = Insert(at, unit, from, limit, now_ns);
      if (!gapped_) OpenHole(now_ns, sink);
      if (!kept) {
        ++counters_.overflows;
        GiveUpHole(sink, from);
        return SkipDelivered(from, end);
      }
      from = limit;
    }
    return end;
  }

  // After a drain: what of [from, end) has been delivered meanwhile is known.
  uint64_t SkipDelivered(uint64_t from, uint64_t end) {
    if (from >= expected_) return from;
    const uint64_t known_end = std::min(end, expected_);
    CountKnown(from, known_end);
    return known_end;
  }

  // First entry that starts past `number`; new data mostly goes to the end.
  [[nodiscard]] uint32_t UpperBound(uint64_t number) const {
    if (begin_ == end_ || At(end_ - 1).from <= number) return end_;
    const uint32_t* found = std::upper_bound(order_.data() + begin_, order_.data() + end_, number,
                                             [this](uint64_t n, uint32_t slot) { return n < (*pool_)[slot].from; });
    return static_cast<uint32_t>(found - order_.data());
  }

  [[nodiscard]] const BufferedUnit& At(uint32_t at) const { return (*pool_)[order_[at]]; }

  bool Insert(uint32_t at, const SequencedUnit& unit, uint64_t from, uint64_t end, uint64_t now_ns) {
    if (unit.size > pool_->slot_bytes() || end_ - begin_ >= order_.size()) return false;
    const uint32_t slot = pool_->Take();
    if (slot == ReorderPool::kNoSlot) return false;
    if (end_ == order_.size()) {
      std::move(order_.data() + begin_, order_.data() + end_, order_.data());
      at -= begin_;
      end_ -= begin_;
      begin_ = 0;
    }
    std::move_backward(order_.data() + at, order_.data() + end_, order_.data() + end_ + 1);
    ++end_;
    order_[at] = slot;
    BufferedUnit& kept = (*pool_)[slot];
    kept = {unit, from, end, now_ns};
    std::memcpy(pool_->Bytes(slot), unit.bytes, unit.size);
    kept.unit.bytes = pool_->Bytes(slot);
    return true;
  }

  template <class Sink>
  void OpenHole(uint64_t now_ns, Sink& sink) {
    gapped_ = true;
    SetDeadline(now_ns);
    sink.OnStreamState(BookState::kGapped);
  }

  void SetDeadline(uint64_t opened_ns) { deadline_ns_ = window_ns_ > UINT64_MAX - opened_ns ? UINT64_MAX : opened_ns + window_ns_; }

  // Declares the first open hole lost. It ends where buffered data start, or at `arrived`, the number of data that found no room, or,
  // with neither, at the announced number.
  template <class Sink>
  void GiveUpHole(Sink& sink, uint64_t arrived = UINT64_MAX) {
    uint64_t end = begin_ != end_ ? std::min(At(begin_).from, arrived) : arrived;
    if (end == UINT64_MAX) end = announced_;
    const uint64_t from = expected_;
    ++counters_.gaps;
    counters_.missing_messages += end - from;
    lost_[lost_next_++ % lost_.size()] = {from, end};
    expected_ = end;
    sink.OnGap(from, end - 1);
    Drain(sink, true);
  }

  // Delivers what is buffered up to the next hole, and settles the state. `next_hole`: the first hole was closed, not only shortened.
  template <class Sink>
  void Drain(Sink& sink, bool next_hole = false) {
    while (begin_ != end_ && At(begin_).from <= expected_) {
      const uint32_t slot = order_[begin_++];
      const BufferedUnit& kept = (*pool_)[slot];
      const uint64_t from = std::max(kept.from, std::min(expected_, kept.end));
      counters_.duplicates += from - kept.from;
      if (from < kept.end) DeliverRange(kept.unit, from, kept.end, sink);
      pool_->GiveBack(slot);
      next_hole = true;
    }
    if (begin_ == end_) begin_ = end_ = 0;
    if (begin_ != end_ || announced_ > expected_) {
      if (next_hole) SetDeadline(begin_ != end_ ? At(begin_).buffered_ns : announced_ns_);
      return;
    }
    gapped_ = false;
    sink.OnStreamState(BookState::kLive);
  }

  // Messages below expected(): late where their number was given up, else duplicates.
  void CountKnown(uint64_t from, uint64_t end) {
    uint64_t late = 0;
    if (counters_.gaps != 0) {
      for (const Range& range : lost_) {
        const uint64_t first = std::max(from, range.from), last = std::min(end, range.end);
        if (first < last) late += last - first;
      }
    }
    counters_.late += late;
    counters_.duplicates += end - from - late;
  }

  ReorderPool* pool_;
  uint64_t window_ns_;
  bool started_ = false, gapped_ = false;
  uint64_t expected_ = 0;
  uint64_t deadline_ns_ = 0;
  uint64_t announced_ = 0, announced_ns_ = 0;  // highest number that a heartbeat promised next
  uint32_t begin_ = 0, end_ = 0;               // the live part of order_
  uint32_t lost_next_ = 0;
  HugeArray<uint32_t> order_;     // slots, by first number
  std::array<Range, 16> lost_{};  // the last holes given up, to tell late from duplicate
  ArbiterCounters counters_;
};

}  // namespace tickgraph
