// What a line arbiter counts, and what it remembers of the holes that it gave up.
//
// In the flow: beside line_arbiter.h; the feed's totals and reports read the counters. One thread, no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tickgraph {

struct ArbiterCounters {
  uint64_t delivered = 0;          // messages
  uint64_t duplicates = 0;         // copies of messages that were delivered or are buffered
  uint64_t late = 0;               // came after they had been declared lost
  uint64_t gaps = 0;               // holes declared lost
  uint64_t missing_messages = 0;   // the messages in them
  uint64_t overflows = 0;          // of these holes, those given up for want of room
  uint64_t recovered = 0;          // of those delivered, the messages that came because they were asked for
  uint64_t dropped = 0;            // messages that found no room while holes were being recovered; they are asked for again
  uint64_t unasked = 0;            // messages in answers past every number heard of
  uint64_t snapshots = 0;          // that closed a hole
  uint64_t useless_snapshots = 0;  // older than what was delivered, or ahead of what the lines ever spoke of
};

// The last holes given up, to tell late from duplicate.
class LostRanges {
 public:
  void Add(uint64_t from, uint64_t end) { ranges_[next_++ % ranges_.size()] = {from, end}; }
  void Forget() { ranges_.fill({}); }
  // How many of [from, end) were given up.
  [[nodiscard]] uint64_t CountIn(uint64_t from, uint64_t end) const {
    uint64_t lost = 0;
    for (const Range& range : ranges_) {
      const uint64_t first = std::max(from, range.from), last = std::min(end, range.end);
      if (first < last) lost += last - first;
    }
    return lost;
  }

 private:
  struct Range {
    uint64_t from = 0, end = 0;
  };
  std::array<Range, 16> ranges_{};
  uint32_t next_ = 0;
};

}  // namespace tickgraph
