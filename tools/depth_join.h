// A Binance book out of its depth updates and REST snapshots: which update may follow what.
//
// In the flow: JsonBookView hands over the messages of one symbol and shows the levels. Updates wait for their snapshot, which comes after
// the first of them, and follow it by depth_rules.h. Offline. Invariants: what waits has no gap; a break discards the book and what waited,
// and the update behind it is the first that waits.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "net/proto/json/depth_rules.h"
#include "tools/level_map.h"

namespace tickgraph {

class DepthJoin {
 public:
  // True where the levels may have changed.
  bool OnUpdate(const JsonBook& update) {
    if (state_ == State::kWaiting) {
      Wait(update);
      return false;
    }
    const DepthFit fit = state_ == State::kJoining ? FitFirst(update, snapshot_id_) : FitNext(update, last_id_);
    if (fit == DepthFit::kOld) return false;
    if (fit == DepthFit::kBreak) {
      Discard(update);
      return true;
    }
    Apply(update.levels, update.level_count);
    last_id_ = update.last_id;
    state_ = State::kFollowing;
    return true;
  }

  bool OnSnapshot(const JsonBook& snapshot) {
    // A partial book, which has a stream of its own, adds nothing to a whole one; nor does an answer that updates have overtaken.
    if (state_ == State::kFollowing && (!snapshot.header.stream.empty() || snapshot.last_id < last_id_)) return false;
    while (!waiting_.empty() && FitFirst(waiting_.front().ids, snapshot.last_id) == DepthFit::kOld) waiting_.pop_front();
    if (!waiting_.empty() && FitFirst(waiting_.front().ids, snapshot.last_id) == DepthFit::kBreak) {
      ++refused_snapshots_;
      return false;
    }
    levels_.Clear();
    Apply(snapshot.levels, snapshot.level_count);
    snapshot_id_ = snapshot.last_id;
    state_ = State::kJoining;
    joined_ = true;
    for (const Waiting& update : waiting_) {
      Apply(update.levels.data(), update.levels.size());
      last_id_ = update.ids.last_id;
      state_ = State::kFollowing;
    }
    waiting_.clear();
    return true;
  }

  // Whether a snapshot of that number, which names no symbol, is of this one.
  [[nodiscard]] bool Claims(uint64_t snapshot_id) const {
    if (state_ == State::kFollowing) return FallsAmongFollowed(snapshot_id, snapshot_id_, last_id_);
    return state_ == State::kWaiting && !waiting_.empty() && FallsAmongWaiting(snapshot_id, waiting_.front().ids, waiting_.back().ids);
  }

  [[nodiscard]] const LevelMap& levels() const { return levels_; }
  [[nodiscard]] bool live() const { return state_ != State::kWaiting; }
  [[nodiscard]] bool joined() const { return joined_; }  // there was a book at some time
  [[nodiscard]] uint64_t gaps() const { return gaps_; }
  // Of the first gap: the last update before it, and the first behind it.
  [[nodiscard]] uint64_t gap_after() const { return gap_after_; }
  [[nodiscard]] uint64_t gap_until() const { return gap_until_; }
  [[nodiscard]] uint64_t refused_snapshots() const { return refused_snapshots_; }

 private:
  enum class State : uint8_t { kWaiting, kJoining, kFollowing };
  struct Waiting {
    JsonBook ids;  // without its levels, which live no longer than the line
    std::vector<JsonLevel> levels;
  };
  // Hours of updates; the oldest go first, and a snapshot older than what is left is refused.
  static constexpr size_t kMaxWaiting = size_t{1} << 16;

  void Apply(const JsonLevel* levels, size_t count) {
    for (size_t i = 0; i < count; ++i) levels_.Set(levels[i].side, levels[i].price_nanos, levels[i].quantity);
  }

  void Wait(const JsonBook& update) {
    if (!waiting_.empty()) {
      const DepthFit fit = FitNext(update, waiting_.back().ids.last_id);
      if (fit == DepthFit::kOld) return;
      if (fit == DepthFit::kBreak) {
        CountGap(waiting_.back().ids.last_id, update.first_id);
        waiting_.clear();
      }
    }
    if (waiting_.size() == kMaxWaiting) waiting_.pop_front();
    waiting_.push_back({update, {update.levels, update.levels + update.level_count}});
  }

  void Discard(const JsonBook& update) {
    CountGap(state_ == State::kJoining ? snapshot_id_ : last_id_, update.first_id);
    levels_.Clear();
    state_ = State::kWaiting;
    Wait(update);
  }
  void CountGap(uint64_t after, uint64_t until) {
    if (gaps_++ != 0) return;
    gap_after_ = after;
    gap_until_ = until;
  }

  LevelMap levels_;
  std::deque<Waiting> waiting_;
  State state_ = State::kWaiting;
  bool joined_ = false;
  uint64_t snapshot_id_ = 0, last_id_ = 0;
  uint64_t gaps_ = 0, gap_after_ = 0, gap_until_ = 0, refused_snapshots_ = 0;
};

}  // namespace tickgraph
