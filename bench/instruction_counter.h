// Where a benchmark's instructions are counted, when the program runs under callgrind (`bench --instructions`); elsewhere the marks are
// a handful of instructions without effect.
//
// AllocationScope begins the count and ReportItems ends it, so every benchmark that is written as bench_common.h says is counted.
#pragma once

#include <cstdint>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define TICKGRAPH_HAVE_CALLGRIND 1
#endif

namespace tickgraph {

#ifdef TICKGRAPH_HAVE_CALLGRIND
inline constexpr bool kHaveCallgrind = true;

inline void BeginInstructionCount() {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
}

// The number of the dump that holds the count, from 1; 0 where the program does not run under valgrind.
inline uint32_t EndInstructionCount() {
  static uint32_t dumps = 0;
  if (RUNNING_ON_VALGRIND == 0) return 0;
  CALLGRIND_DUMP_STATS;
  CALLGRIND_STOP_INSTRUMENTATION;
  return ++dumps;
}
#else
inline constexpr bool kHaveCallgrind = false;
inline void BeginInstructionCount() {}
inline uint32_t EndInstructionCount() { return 0; }
#endif

}  // namespace tickgraph
