// An engine that passes for one on a device, and fails as one can: through the same table of calls as the real ones.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu_engine.h"

namespace tickgraph {

enum class Fault { kNone, kHangs, kReports, kLies, kLosesASignal, kRefuses };

// The CPU engine as one on a device, answering after a few polls, until it fails at a submission.
struct FakeDevice {
  FakeDevice(const EngineConfig& config, Fault f, uint64_t when) : cpu(config, SimdLevel::kScalar), fault(f), at(when) {}
  [[nodiscard]] bool failing() const { return submissions >= at; }

  SignalEngine engine() {
    SignalEngine t;
    t.self = this;
    t.name = "fake-device";
    t.define = [](void* self, const EngineInstrument& x) {
      auto* d = static_cast<FakeDevice*>(self);
      return d->cpu.Define(x) && !(d->fault == Fault::kRefuses && d->failing());
    };
    t.submit = [](void* self, const EngineRow* rows, uint32_t count) {
      auto* d = static_cast<FakeDevice*>(self);
      ++d->submissions;
      d->polls = 0;
      d->cpu.Submit(rows, count);
      d->answer.assign(d->cpu.signals(), d->cpu.signals() + d->cpu.signal_count());
      if (!d->failing() || d->answer.empty()) return;
      if (d->fault == Fault::kLies) d->answer.back().quantity ^= 1;
      if (d->fault == Fault::kLosesASignal) d->answer.pop_back();
    };
    t.poll = [](void* self, const Signal** signals, uint32_t* count) {
      auto* d = static_cast<FakeDevice*>(self);
      if (++d->polls < 3) return false;
      if (d->failing() && (d->fault == Fault::kHangs || d->fault == Fault::kReports)) return false;
      *signals = d->answer.data();
      *count = static_cast<uint32_t>(d->answer.size());
      return true;
    };
    t.counters = [](void* self) -> const EngineCounters& { return static_cast<FakeDevice*>(self)->cpu.counters(); };
    t.problem = [](void* self) -> const char* {
      auto* d = static_cast<FakeDevice*>(self);
      return d->failing() && d->fault == Fault::kReports ? "an illegal memory access was encountered" : nullptr;
    };
    return t;
  }

  CpuEngine cpu;
  Fault fault;
  uint64_t at, submissions = 0;
  int polls = 0;
  std::vector<Signal> answer;
};

}  // namespace tickgraph
