// Merges the lines of one stream by message number: every message once, in order, whichever line brings it first.
//
// In the flow: between framing (MoldUDP64, OPRA block) and decoding. It handles units, packets that carry `count` messages numbered from
// `sequence`, and never looks inside their bytes; packet boundaries may differ between lines. What lies past a hole is copied into
// slots of the pool until the hole is filled, or is declared lost: when `window_ns` of session time have passed since it opened, or when
// slots run out. With recovery a hole whose time is over is asked for again, each hole by itself, and is declared lost when so many
// requests in a row brought nothing of it; what finds no slot meanwhile is dropped, counted, and becomes a hole to be asked for.
// With snapshots (SetSnapshots) the stream starts at 1, whatever number is heard first, and a hole that requests cannot close waits for a
// snapshot of the books; meanwhile the oldest of what waits makes room. BeginSnapshot moves expected() past the hole, and nothing is
// delivered until EndSnapshot. One that is ahead of the lines is believed once they have come as far, or, if not in kAheadNs, given up.
// One thread; no allocation after construction.
//
// Sink: Deliver(unit, from, end)    messages [from, end) of `unit` are next; the bytes live until the call returns
//       OnStreamState(BookState)    kGapped as soon as a hole is known, kRecovering when the first is asked for, kLive when none is open
//                                   (the messages of a lost one stay lost)
//       OnGap(first, last)          these were declared lost; comes before what follows them is delivered
//       Request(first, end)         asks for [first, end), and returns the end of what it could ask for: `first` if nothing. Answers come
//                                   later, through OnAnswer
//       RequestSnapshot(first)      optional: there are messages from `first` on. BeginSnapshot or FailSnapshot follows
// Invariants: buffered ranges are disjoint, sorted, and start past expected(), or at it while a snapshot is applied; a hole is open exactly
// while the state is not kLive; no hole's deadline lies before deadline_ns(); numbers stay below 2^64 - 1: the one after the last fits.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/proto/arbiter_counters.h"
#include "net/proto/reorder_pool.h"

namespace tickgraph {

class LineArbiter {
 public:
  static constexpr uint64_t kAheadNs = 2'000'000'000, kMostAhead = 1 << 22;
  static constexpr uint32_t kSnapshotTries = 3;  // one after the other, without a moment at which no hole is open

  struct Config {
    uint64_t window_ns = 5'000'000;
    uint32_t max_slots = 4096;
  };

  LineArbiter(ReorderPool* pool, const Config& config)
      : pool_(pool), window_ns_(config.window_ns), order_(std::max(config.max_slots, 1u)) {}

  // From now on a hole that no line filled in its window is asked for, again after each `retry_ns` (> 0) without any of it, up to
  // `attempts` (> 0) times.
  void SetRecovery(uint64_t retry_ns, uint32_t attempts) {
    retry_ns_ = retry_ns;
    max_attempts_ = attempts;
  }

  // Before the first unit. A hole of more than `most_by_requests` messages is not asked for by number at all.
  void SetSnapshots(uint64_t most_by_requests) {
    snapshots_ = true;
    snapshot_tries_left_ = kSnapshotTries;
    most_by_requests_ = most_by_requests;
    Start(1);
  }

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
    if (ahead_ || applying_) Hear(end, sink);
    OnRange(unit, end, now_ns, sink);
  }

  // A unit that was asked for. It fills holes alone: a number that no line has spoken of is not believed.
  template <class Sink>
  void OnAnswer(const SequencedUnit& unit, uint64_t now_ns, Sink& sink) {
    if (unit.sequence > UINT64_MAX - unit.count) return;
    const uint64_t end = unit.sequence + unit.count, known_end = started_ ? std::max(LastEnd(), announced_) : 0;
    if (end > known_end) counters_.unasked += end - std::max(unit.sequence, known_end);
    if (unit.sequence < known_end) OnRange(unit, std::min(end, known_end), now_ns, sink);
  }

  // A heartbeat or an end of session: the next message will have number `next`.
  template <class Sink>
  void OnAnnounced(uint64_t next, uint64_t now_ns, Sink& sink) {
    if (!started_) Start(next);
    if (ahead_ || applying_) Hear(next, sink);
    Announce(next, now_ns);
    if (next > expected_ && !gapped_) OpenHole(sink);
  }

  // Asks for, or declares lost, every hole whose time is over.
  template <class Sink>
  void OnTimer(uint64_t now_ns, Sink& sink) {
    while (gapped_ && !awaiting_ && deadline_ns_ <= now_ns) {
      if (ahead_) {
        deadline_ns_ = ahead_until_ns_;
        if (ahead_until_ns_ <= now_ns) GiveUpAhead(sink);
        continue;
      }
      const Hole& first = FirstHole();
      const bool due = first.deadline_ns <= now_ns, in_vain = due && first.attempts >= max_attempts_;
      if (due && snapshot_tries_left_ != 0 && (in_vain || FirstHoleEnd() - expected_ > most_by_requests_)) {
        AskForSnapshot(sink);
      } else if (in_vain) {
        GiveUpHole(sink);
      } else {
        AskForHoles(now_ns, sink);
      }
    }
  }

  // End of input: declares every open hole lost and delivers what is buffered.
  template <class Sink>
  void Finish(Sink& sink) {
    FailSnapshot(sink);
    if (ahead_) GiveUpAhead(sink);
    while (gapped_) GiveUpHole(sink);
  }

  // The stream starts again at `next` (OPRA: reset sequence, start of day). Open holes are lost.
  template <class Sink>
  void Restart(uint64_t next, Sink& sink) {
    Finish(sink);
    Start(next);
    announced_ = 0;
    lost_.Forget();
  }

  // The snapshot that is awaited has come; the stream goes on behind it with number `next`. False: it is of no use.
  template <class Sink>
  bool BeginSnapshot(uint64_t next, Sink& sink) {
    if (!awaiting_ || applying_) return false;
    lines_end_ = std::max(LastEnd(), announced_);
    if (next <= expected_ || (next > lines_end_ && next - lines_end_ > kMostAhead)) {
      ++counters_.useless_snapshots;
      return false;
    }
    applying_ = true;
    // What was never heard because the stream was joined later is not lost.
    snapshot_from_ = undeclared_from_ = expected_;
    if (counters_.delivered != 0) {
      undeclared_from_ = std::min(next, lines_end_);
      DeclareLost(expected_, undeclared_from_, sink);
    }
    expected_ = next;
    return true;
  }

  // Every book is as it was in front of `next`.
  template <class Sink>
  void EndSnapshot(uint64_t now_ns, Sink& sink) {
    if (!applying_) return;
    awaiting_ = applying_ = false;
    ahead_ = lines_end_ < expected_;
    counters_.snapshots += !ahead_;
    ahead_until_ns_ = Later(now_ns, kAheadNs);
    Drain(sink, true);
    if (!gapped_ || ahead_) return;
    FirstHole() = {Later(now_ns, window_ns_), 0, 0};
    deadline_ns_ = std::min(deadline_ns_, FirstHole().deadline_ns);
  }

  // There is none: requests, where there are any, or the hole's own time decide. Or it broke off: what it was to close is lost.
  template <class Sink>
  void FailSnapshot(Sink& sink) {
    if (!awaiting_) return;
    awaiting_ = false;
    snapshot_tries_left_ = 0;
    if (!std::exchange(applying_, false)) return;
    expected_ = std::min(expected_, lines_end_);
    if (undeclared_from_ < expected_) DeclareLost(undeclared_from_, expected_, sink);
    Drain(sink, true);
  }

  [[nodiscard]] bool awaits_snapshot() const { return awaiting_; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool gapped() const { return gapped_; }
  [[nodiscard]] uint64_t expected() const { return expected_; }
  // When OnTimer is due; UINT64_MAX: nothing waits.
  [[nodiscard]] uint64_t deadline_ns() const { return gapped_ && !awaiting_ ? deadline_ns_ : UINT64_MAX; }
  [[nodiscard]] const ArbiterCounters& counters() const { return counters_; }
  [[nodiscard]] uint32_t buffered_units() const { return end_ - begin_; }

 private:
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

  // The general case, for the unit's messages before `end`: part of them may be known, next, or past a hole.
  template <class Sink>
  void OnRange(const SequencedUnit& unit, uint64_t end, uint64_t now_ns, Sink& sink) {
    uint64_t from = unit.sequence;
    if (from < expected_) {
      const uint64_t known_end = std::min(end, expected_);
      CountKnown(from, known_end);
      from = known_end;
    }
    while (from < end) {
      if (from == expected_ && !applying_) {
        // What a line brought goes before what a server says.
        const uint64_t limit = unit.recovered && begin_ != end_ ? std::min(end, At(begin_).from) : end;
        if (unit.recovered) counters_.recovered += limit - from;
        DeliverRange(unit, from, limit, sink);
        if (gapped_) Drain(sink);
        if (limit == end) return;
        from = SkipDelivered(limit, end);
        continue;
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
      const bool kept = Insert(at, unit, from, limit, now_ns) || (awaiting_ && InsertForOldest(at, unit, from, limit, now_ns));
      const bool may_drop = max_attempts_ != 0 || awaiting_;
      if (!kept && may_drop) Drop(unit, at, from, limit, now_ns);
      if (!gapped_) OpenHole(sink);
      if (!kept && !may_drop) {
        if (snapshot_tries_left_ != 0) {
          if (begin_ == end_) Announce(from, now_ns);
          AskForSnapshot(sink);
          continue;
        }
        ++counters_.overflows;
        GiveUpHole(sink, from);
        return SkipDelivered(from, end);
      }
      from = limit;
    }
    return end;
  }

  // While a snapshot is awaited the oldest makes room: that is what the snapshot knows.
  bool InsertForOldest(uint32_t at, const SequencedUnit& unit, uint64_t from, uint64_t end, uint64_t now_ns) {
    if (at == begin_ || unit.size > pool_->slot_bytes()) return false;
    counters_.dropped += At(begin_).end - At(begin_).from;
    pool_->GiveBack(order_[begin_++]);
    return Insert(at, unit, from, end, now_ns);
  }

  // [from, end), which belongs in front of entry `at`, found no slot. It stays, or becomes, part of a hole; the server that did answer is
  // not to blame.
  void Drop(const SequencedUnit& unit, uint32_t at, uint64_t from, uint64_t end, uint64_t now_ns) {
    counters_.dropped += end - from;
    if (unit.recovered) (at != end_ ? (*pool_)[order_[at]].hole : tail_).attempts = 0;
    if (at == end_) Announce(end, now_ns);
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
    const Hole hole = SplitHole(at, end, now_ns);
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
    kept = {unit, from, end, hole};
    std::memcpy(pool_->Bytes(slot), unit.bytes, unit.size);
    kept.unit.bytes = pool_->Bytes(slot);
    return true;
  }

  template <class Sink>
  void OpenHole(Sink& sink) {
    gapped_ = true;
    deadline_ns_ = FirstHole().deadline_ns;
    sink.OnStreamState(BookState::kGapped);
  }

  static uint64_t Later(uint64_t now_ns, uint64_t wait_ns) { return wait_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + wait_ns; }

  // The number behind the last message that was delivered or is buffered.
  [[nodiscard]] uint64_t LastEnd() const { return begin_ != end_ ? At(end_ - 1).end : expected_; }
  [[nodiscard]] uint64_t FirstHoleEnd() const { return begin_ != end_ ? At(begin_).from : announced_; }
  // Of an open hole, or of one about to open.
  [[nodiscard]] Hole& FirstHole() { return begin_ != end_ ? (*pool_)[order_[begin_]].hole : tail_; }

  // Some number before `next` was used.
  void Announce(uint64_t next, uint64_t now_ns) {
    if (next <= announced_) return;
    if (announced_ <= LastEnd()) tail_ = {Later(now_ns, window_ns_), 0, 0};
    announced_ = next;
    if (max_attempts_ != 0) deadline_ns_ = std::min(deadline_ns_, tail_.deadline_ns);
  }

  // The hole in front of a new entry at `at` that ends at `end`: a part of the one in front of `at`, or, behind all, of what was
  // announced, or a new one.
  Hole SplitHole(uint32_t at, uint64_t end, uint64_t now_ns) {
    const bool known = at != end_ || announced_ > LastEnd();
    Hole& rest = at != end_ ? (*pool_)[order_[at]].hole : tail_;
    const Hole out = known ? rest : Hole{Later(now_ns, window_ns_), 0, 0};
    uint64_t due_ns = out.deadline_ns;
    if (known && end < (at != end_ ? At(at).from : announced_)) {
      NoteProgress(rest, end);
      due_ns = std::min(due_ns, rest.deadline_ns);
    }
    if (max_attempts_ != 0) deadline_ns_ = std::min(deadline_ns_, due_ns);
    return out;
  }

  // Something of the hole came, and it starts at `from` now. Where all that was asked for is there, the rest need not wait.
  void NoteProgress(Hole& hole, uint64_t from) {
    if (hole.asked_end == 0) return;
    hole.attempts = 0;
    if (hole.asked_end > from) return;
    hole.deadline_ns = hole.asked_end = 0;
  }

  // Asks for every hole whose time is over, and finds the next time. With no slot left only the first hole is asked for: its answers are
  // delivered without one. One that is not the first and has been asked for in vain waits until it is.
  template <class Sink>
  void AskForHoles(uint64_t now_ns, Sink& sink) {
    const bool full = end_ - begin_ >= order_.size() || pool_->free_count() == 0;
    uint64_t from = expected_, next_ns = UINT64_MAX;
    bool first = true;
    for (uint32_t at = begin_; at <= end_; ++at) {
      const uint64_t end = at != end_ ? At(at).from : announced_;
      Hole& hole = at != end_ ? (*pool_)[order_[at]].hole : tail_;
      if (end > from) {
        const bool in_vain = hole.attempts >= max_attempts_;
        if (hole.deadline_ns <= now_ns && !in_vain) Ask(hole, from, end, first || !full, now_ns, sink);
        if (first || !in_vain) next_ns = std::min(next_ns, hole.deadline_ns);
        first = false;
      }
      if (at != end_) from = At(at).end;
    }
    deadline_ns_ = next_ns;
  }

  template <class Sink>
  void Ask(Hole& hole, uint64_t from, uint64_t end, bool has_room, uint64_t now_ns, Sink& sink) {
    hole.deadline_ns = Later(now_ns, retry_ns_);
    if (!has_room) return;
    ++hole.attempts;
    hole.asked_end = sink.Request(from, end);
    if (recovering_) return;
    recovering_ = true;
    sink.OnStreamState(BookState::kRecovering);
  }

  template <class Sink>
  void AskForSnapshot(Sink& sink) {
    if constexpr (requires { sink.RequestSnapshot(uint64_t{}); }) {
      --snapshot_tries_left_;
      awaiting_ = true;
      sink.RequestSnapshot(FirstHoleEnd());
      if (recovering_) return;
      recovering_ = true;
      sink.OnStreamState(BookState::kRecovering);
    } else {
      snapshot_tries_left_ = 0;
    }
  }

  // The lines spoke of every number below `end`.
  template <class Sink>
  void Hear(uint64_t end, Sink& sink) {
    lines_end_ = std::max(lines_end_, end);
    if (!ahead_ || lines_end_ < expected_) return;
    ahead_ = false;
    ++counters_.snapshots;
    Drain(sink, true);
  }

  // The lines go on where they are, though the snapshot told of more.
  template <class Sink>
  void GiveUpAhead(Sink& sink) {
    ahead_ = false;
    ++counters_.useless_snapshots, ++counters_.gaps;
    counters_.missing_messages += lines_end_ - undeclared_from_;
    lost_.Add(undeclared_from_, lines_end_);
    sink.OnGap(snapshot_from_, lines_end_ - 1);
    expected_ = lines_end_;
    Drain(sink, true);
  }

  template <class Sink>
  void DeclareLost(uint64_t from, uint64_t end, Sink& sink) {
    ++counters_.gaps;
    counters_.missing_messages += end - from;
    lost_.Add(from, end);
    sink.OnGap(from, end - 1);
  }

  // Declares the first open hole lost. It ends where buffered data start, or at `arrived`, the number of data that found no room, or,
  // with neither, at the announced number.
  template <class Sink>
  void GiveUpHole(Sink& sink, uint64_t arrived = UINT64_MAX) {
    uint64_t end = begin_ != end_ ? std::min(At(begin_).from, arrived) : arrived;
    if (end == UINT64_MAX) end = announced_;
    const uint64_t from = expected_;
    expected_ = end;
    DeclareLost(from, end, sink);
    Drain(sink, true);
  }

  // Delivers what is buffered up to the next hole, and settles the state. `next_hole`: the first hole is closed, not only shortened.
  template <class Sink>
  void Drain(Sink& sink, bool next_hole = false) {
    while (begin_ != end_ && At(begin_).from <= expected_) {
      const uint32_t slot = order_[begin_++];
      const BufferedUnit& kept = (*pool_)[slot];
      const uint64_t from = std::max(kept.from, std::min(expected_, kept.end));
      counters_.duplicates += from - kept.from;
      if (kept.unit.recovered) counters_.recovered += kept.end - from;
      if (from < kept.end) DeliverRange(kept.unit, from, kept.end, sink);
      pool_->GiveBack(slot);
      next_hole = true;
    }
    if (begin_ == end_) begin_ = end_ = 0;
    if (begin_ != end_ || announced_ > expected_) {
      Hole& first = FirstHole();
      if (!next_hole) NoteProgress(first, expected_);
      deadline_ns_ = max_attempts_ == 0 ? first.deadline_ns : std::min(deadline_ns_, first.deadline_ns);
      return;
    }
    if (ahead_) {
      deadline_ns_ = ahead_until_ns_;
      return;
    }
    gapped_ = recovering_ = awaiting_ = false;
    if (snapshots_) snapshot_tries_left_ = kSnapshotTries;
    sink.OnStreamState(BookState::kLive);
  }

  // Messages below expected(): late where their number was given up, else duplicates.
  void CountKnown(uint64_t from, uint64_t end) {
    const uint64_t late = counters_.gaps == 0 ? 0 : lost_.CountIn(from, end);
    counters_.late += late;
    counters_.duplicates += end - from - late;
  }

  ReorderPool* pool_;
  uint64_t window_ns_;
  bool started_ = false, gapped_ = false, recovering_ = false;
  uint64_t expected_ = 0;
  uint64_t deadline_ns_ = UINT64_MAX;
  uint64_t announced_ = 0;  // highest number that a heartbeat promised next, or that found no room
  Hole tail_;               // behind all that is buffered, up to announced_; meaningful where there is one
  uint64_t retry_ns_ = 0;
  uint32_t max_attempts_ = 0;                                     // 0: without recovery
  bool snapshots_ = false, awaiting_ = false, applying_ = false;  // there may be some; one was asked for; its messages are applied
  bool ahead_ = false;                                            // it told of numbers that the lines have not spoken of yet
  uint32_t snapshot_tries_left_ = 0;
  uint64_t most_by_requests_ = 0;
  uint64_t lines_end_ = 0, ahead_until_ns_ = 0;       // meaningful while applying_ or ahead_
  uint64_t snapshot_from_ = 0, undeclared_from_ = 0;  // likewise: expected_ before it; what lies behind was not declared lost
  uint32_t begin_ = 0, end_ = 0;                      // the live part of order_
  HugeArray<uint32_t> order_;                         // slots, by first number
  LostRanges lost_;
  ArbiterCounters counters_;
};

}  // namespace tickgraph
