// How a benchmark is written here. It compares its result with a reference before it is timed, counts its allocations, and reports:
//
//   void DecodeItch(benchmark::State& state) {
//     if (!MatchesReference()) return state.SkipWithError("decoded fields differ from the reference");
//     AllocationScope allocations;
//     for (auto _ : state) { ... }
//     ReportItems(state, messages_per_iteration, allocations.count(), bytes_per_iteration);
//   }
//   BENCHMARK(DecodeItch)->Name("decode/itch");
//
// ReportItems is called only after a comparison that passed: it marks the result "checked". Any counter of the benchmark's own
// (state.counters["p99_ns"]) is passed through to the JSON. A benchmark that skips with an error makes the program exit 1.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

#include "bench/allocation_counter.h"
#include "bench/instruction_counter.h"

namespace tickgraph {

inline void ReportItems(benchmark::State& state, int64_t items_per_iteration, uint64_t allocations, int64_t bytes_per_iteration = 0) {
  const uint32_t dump = EndInstructionCount();
  const int64_t items = items_per_iteration * static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(items);
  if (bytes_per_iteration != 0) state.SetBytesProcessed(bytes_per_iteration * static_cast<int64_t>(state.iterations()));
  state.counters["checked"] = 1;
  state.counters["allocs_per_item"] = items == 0 ? 0.0 : static_cast<double>(allocations) / static_cast<double>(items);
  if (dump == 0) return;
  state.counters["instruction_dump"] = dump;
  state.counters["items"] = static_cast<double>(items);
}

}  // namespace tickgraph
