// Single times of a benchmark's items as its counters p50_ns, p99_ns, p999_ns and max_ns.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hot/tsc.h"

namespace tickgraph {

// Sorts `ticks` of the time stamp counter, of which there is one at least.
inline void ReportPercentiles(benchmark::State& state, std::vector<uint64_t>& ticks, const TscScale& tsc) {
  std::sort(ticks.begin(), ticks.end());
  const auto at = [&](double share) {
    return static_cast<double>(tsc.ToNanos(ticks[static_cast<size_t>(share * static_cast<double>(ticks.size() - 1))]));
  };
  state.counters["p50_ns"] = at(.5);
  state.counters["p99_ns"] = at(.99);
  state.counters["p999_ns"] = at(.999);
  state.counters["max_ns"] = at(1);
}

}  // namespace tickgraph
