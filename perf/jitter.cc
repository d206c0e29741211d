// The spinning loop, on a thread of its own so that the caller's affinity stays as it is.
#include "perf/jitter.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <thread>

#include "hot/tsc.h"

namespace tickgraph {
namespace {

int LastAllowedCore() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 0;
  for (int core = CPU_SETSIZE - 1; core >= 0; --core)
    if (CPU_ISSET(core, &allowed)) return core;
  return 0;
}

bool Pin(int core, std::string* error) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core >= 0 && core < CPU_SETSIZE) CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof(set), &set) == 0) return true;
  *error = "core " + std::to_string(core) + ": " + std::strerror(errno);
  return false;
}

uint64_t InvoluntarySwitches() {
  rusage usage = {};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<uint64_t>(usage.ru_nivcsw);
}

// Keeps the longest, the shortest of them first: a heap.
void Keep(std::vector<Stall>* longest, const Stall& stall) {
  const auto longer = [](const Stall& a, const Stall& b) { return a.nanos > b.nanos; };
  if (longest->size() == JitterResult::kLongest) {
    if (longest->front().nanos >= stall.nanos) return;
    std::ranges::pop_heap(*longest, longer);
    longest->pop_back();
  }
  longest->push_back(stall);
  std::ranges::push_heap(*longest, longer);
}

void Measure(double seconds, JitterResult* out) {
  const TscScale scale;
  const uint64_t switches = InvoluntarySwitches();
  const uint64_t threshold = scale.ToTicks(JitterResult::kStallNanos);
  const uint64_t start = ReadTsc(), end = start + scale.ToTicks(static_cast<uint64_t>(seconds * 1e9));
  out->longest.reserve(JitterResult::kLongest);
  uint64_t last = start;
  while (last < end) {
    const uint64_t now = ReadTsc(), gap = now - last;
    ++out->readings;
    if (gap > threshold) {
      const uint64_t nanos = scale.ToNanos(gap);
      out->stalls.Record(nanos);
      ++out->by_power[static_cast<size_t>(std::bit_width(nanos))];
      out->stalled_ns += nanos;
      Keep(&out->longest, {scale.ToNanos(last - start), nanos});
    }
    last = now;
  }
  out->measured_ns = scale.ToNanos(last - start);
  out->involuntary_switches = InvoluntarySwitches() - switches;
  std::ranges::sort(out->longest, [](const Stall& a, const Stall& b) { return a.nanos > b.nanos; });
}

}  // namespace

bool MeasureJitter(int core, double seconds, JitterResult* out, std::string* error) {
  bool pinned = false;
  out->core = core >= 0 ? core : LastAllowedCore();
  std::thread([&] {
    pinned = Pin(out->core, error);
    if (pinned) Measure(seconds, out);
  }).join();
  return pinned;
}

}  // namespace tickgraph
