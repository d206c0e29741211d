// The time stamp counter: measures, never decides. Decisions are made on the session clock alone.
#pragma once

#include <time.h>
#include <x86intrin.h>

#include <cstdint>

namespace tickgraph {

inline uint64_t ReadTsc() { return __rdtsc(); }

inline uint64_t MonotonicNanos() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

// Nanoseconds per tick, measured against CLOCK_MONOTONIC over about `milliseconds` at start.
class TscScale {
 public:
  explicit TscScale(int milliseconds = 20) {
    const uint64_t from_ns = MonotonicNanos(), from = ReadTsc();
    uint64_t to_ns = from_ns;
    while (to_ns - from_ns < static_cast<uint64_t>(milliseconds) * 1'000'000u) to_ns = MonotonicNanos();
    nanos_per_tick_ = static_cast<double>(to_ns - from_ns) / static_cast<double>(ReadTsc() - from);
  }
  [[nodiscard]] uint64_t ToNanos(uint64_t ticks) const { return static_cast<uint64_t>(static_cast<double>(ticks) * nanos_per_tick_); }
  [[nodiscard]] uint64_t ToTicks(uint64_t nanos) const { return static_cast<uint64_t>(static_cast<double>(nanos) / nanos_per_tick_); }

 private:
  double nanos_per_tick_ = 1;
};

}  // namespace tickgraph
