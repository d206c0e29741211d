// Which numbers of a stream a capture holds, whatever order and however often they came: offline line integrity.
//
// Flow: inspect_capture counts into it, inspect_command prints it. One thread. Invariants: ranges never touch or overlap; memory grows with
// the number of holes, not of messages.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgraph {

struct SequenceRange {
  uint64_t from = 0, end = 0;  // [from, end)
};

class SequenceSet {
 public:
  // Adds [from, end) and leaves in `added` the parts that were not there, ascending.
  void Add(uint64_t from, uint64_t end, std::vector<SequenceRange>* added) {
    added->clear();
    if (from >= end) return;
    auto next = ranges_.upper_bound(from);
    uint64_t merged_from = from, merged_end = end, at = from;
    if (next != ranges_.begin()) {
      const auto before = std::prev(next);
      if (before->second >= end) return;
      if (before->second >= from) {
        merged_from = before->first;
        at = before->second;
        ranges_.erase(before);
      }
    }
    while (next != ranges_.end() && next->first <= end) {
      if (at < next->first) added->push_back({at, next->first});
      at = next->second;
      merged_end = std::max(merged_end, next->second);
      next = ranges_.erase(next);
    }
    if (at < end) added->push_back({at, end});
    ranges_.emplace_hint(next, merged_from, merged_end);
  }

  [[nodiscard]] bool Holds(uint64_t from, uint64_t end) const {
    const auto next = ranges_.upper_bound(from);
    return next != ranges_.begin() && std::prev(next)->second >= end;
  }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  // Of a set that is not empty.
  [[nodiscard]] uint64_t first() const { return ranges_.begin()->first; }
  [[nodiscard]] uint64_t last() const { return ranges_.rbegin()->second - 1; }

  // Calls visit(hole) for each run of numbers of [from, end) that is missing, ascending.
  template <class Visit>
  void ForEachHole(uint64_t from, uint64_t end, Visit&& visit) const {
    for (const auto& [range_from, range_end] : ranges_) {
      if (from >= end) return;
      if (from < range_from) visit(SequenceRange{from, std::min(range_from, end)});
      from = std::max(from, range_end);
    }
    if (from < end) visit(SequenceRange{from, end});
  }

 private:
  std::map<uint64_t, uint64_t> ranges_;  // from -> end
};

// One stream of numbered messages, its lines taken together.
struct StreamCounts {
  std::string protocol, name;
  uint64_t messages = 0, duplicates = 0, packets = 0, heartbeats = 0, ends = 0;
  SequenceSet seen;
  std::optional<uint64_t> announced;  // the number that was said to come next before any message came
  uint64_t next = 0;                  // one more than the highest number seen or announced

  // A heartbeat, an end: `number` is the next one. Returns nothing: what it shows missing is found in the end.
  void Announce(uint64_t number) {
    if (seen.empty() && !announced.has_value()) announced = number;
    next = std::max(next, number);
  }
  // `count` messages from `number`; `added` are the ranges of them that are new.
  void Take(uint64_t number, uint64_t count, std::vector<SequenceRange>* added) {
    seen.Add(number, number + count, added);
    next = std::max(next, number + count);
    uint64_t fresh = 0;
    for (const SequenceRange& range : *added) fresh += range.end - range.from;
    messages += fresh;
    duplicates += count - fresh;
  }
  // Where the capture's part of the stream starts.
  [[nodiscard]] uint64_t start() const {
    if (seen.empty()) return announced.value_or(next);
    return announced.has_value() ? std::min(*announced, seen.first()) : seen.first();
  }
  template <class Visit>
  void ForEachGap(Visit&& visit) const {
    seen.ForEachHole(start(), next, visit);
  }
};

// OPRA's 32-bit numbers, which go from 4,294,967,295 to 1, as numbers that only grow. Follows the stream: the nearest reading wins.
class OpraNumbers {
 public:
  uint64_t Extend(uint32_t number) {
    if (!last_.has_value()) {
      last_ = kPeriod + number;  // one period up, so that what came just before a first number of 1 has a place
      return *last_;
    }
    const uint64_t base = *last_ / kPeriod * kPeriod + number;
    uint64_t best = base;
    for (const uint64_t candidate : {base < kPeriod ? base : base - kPeriod, base + kPeriod}) {
      if (Distance(candidate) < Distance(best)) best = candidate;
    }
    last_ = std::max(*last_, best);
    return best;
  }
  // Back to the wire's number, for people.
  static uint32_t Wire(uint64_t extended) {
    const uint64_t rest = extended % kPeriod;
    return static_cast<uint32_t>(rest == 0 && extended > kPeriod ? kPeriod : rest);
  }

 private:
  static constexpr uint64_t kPeriod = 0xFFFFFFFF;
  [[nodiscard]] uint64_t Distance(uint64_t number) const { return number > *last_ ? number - *last_ : *last_ - number; }
  std::optional<uint64_t> last_;
};

}  // namespace tickgraph
