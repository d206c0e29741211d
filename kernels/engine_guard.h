// The watchdog of an engine on a device: when it stops answering, fails, or answers otherwise than the CPU engine, the CPU engine goes on.
//
// In the flow: between the loop and the device's engine, through the same table of calls. One thread; all memory at construction.
// Invariants:
// - A submission is answered at the latest `timeout_ns` after it was made plus what the CPU engine takes; the session loses nothing.
// - Shadowed, the CPU engine does every submission too, while the device works on it, and each answer is compared bit for bit: after a
//   switch the signals are those of a session that ran on the CPU from the start. A decision then takes as long as the slower of the two.
// - Unshadowed, only the last row of each instrument is kept. At a switch the CPU engine is given them all, silently; what stands then
//   counts as emitted before, and volatilities are those of the quotes at the latest underlying.
// - There is one switch and no way back: a device that failed once is not trusted again in this session.
#pragma once

#include "kernels/cpu_engine.h"

namespace tickgraph {

struct GuardConfig {
  uint64_t timeout_ns = 100'000'000;  // far above any answer, so that a busy machine is not taken for a dead device
  bool shadow = true;
};

class EngineGuard {
 public:
  // Called once, at the switch, with what went wrong.
  using Tell = void (*)(void* self, const char* what);

  EngineGuard(const SignalEngine& device, const EngineConfig& config, SimdLevel level, const GuardConfig& guard);
  void OnSwitch(Tell tell, void* self) {
    tell_ = tell;
    tell_self_ = self;
  }

  bool Define(const EngineInstrument& instrument);
  void Submit(const EngineRow* rows, uint32_t count);
  bool Poll(const Signal** signals, uint32_t* count);
  [[nodiscard]] const EngineCounters& counters() const { return switched_ ? standby_.counters() : device_.counters(device_.self); }

  [[nodiscard]] uint64_t switches() const { return switched_ ? 1 : 0; }
  // Empty while the device is trusted.
  [[nodiscard]] const char* failure() const { return failure_; }
  // Of the engine that answers now.
  [[nodiscard]] const char* name() { return switched_ ? standby_.engine().name : device_.name; }

  // The table of calls; valid as long as this object stays where it is.
  SignalEngine engine();

 private:
  [[nodiscard]] bool TakeAnswer(const Signal** signals, uint32_t* count);
  void RunShadow();
  void KeepRows();
  [[nodiscard]] const char* Verdict();
  void Switch(const char* what);
  void Rebuild();

  SignalEngine device_;
  CpuEngine standby_;
  GuardConfig config_;
  HugeArray<EngineRow> last_;          // by instrument, unshadowed
  HugeArray<InstrumentIndex> quoted_;  // those that have one
  uint32_t quoted_count_ = 0, max_instruments_;
  const EngineRow* rows_ = nullptr;  // the submission under way
  uint32_t row_count_ = 0;
  uint64_t submissions_ = 0, submitted_ns_ = 0;
  uint32_t polls_ = 0;
  bool pending_ = false, shadow_due_ = false, switched_ = false;
  Tell tell_ = nullptr;
  void* tell_self_ = nullptr;
  char failure_[192] = {};
};

}  // namespace tickgraph
