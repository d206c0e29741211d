// How long a pinned core is taken away from a thread that does nothing but look at the clock.
//
// The thread reads the TSC as fast as it can; two readings further apart than kStallNanos are a stall: an interrupt, a tick, another
// thread, the host. Not for the loop.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hot/latency_histogram.h"

namespace tickgraph {

struct Stall {
  uint64_t at_ns = 0;  // since the start
  uint64_t nanos = 0;
};

struct JitterResult {
  static constexpr uint64_t kStallNanos = 500;
  static constexpr size_t kLongest = 10;

  int core = -1;
  uint64_t measured_ns = 0, readings = 0, stalled_ns = 0;
  LatencyHistogram stalls;
  std::array<uint64_t, 65> by_power{};  // [n]: stalls of at least 2^(n-1) and less than 2^n nanoseconds
  std::vector<Stall> longest;           // longest first
  uint64_t involuntary_switches = 0;
};

// On `core`, or where it is negative on the last one that the thread may run on. False and `error` where it cannot be pinned.
bool MeasureJitter(int core, double seconds, JitterResult* out, std::string* error);

}  // namespace tickgraph
