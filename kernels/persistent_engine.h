// The host's side of an engine whose kernel stays on the device: a submission is lines stored to a mailbox, an answer lines read from one.
//
// In the flow: as the CPU engine, with the same bits. cuda_persistent_engine.cu owns the memory and the kernel; the tests let a thread play
// the kernel. One thread. After construction no allocation, no call of the driver, no wait: Poll takes what has come and returns.
#pragma once

#include "hot/arena.h"
#include "hot/signal.h"
#include "kernels/definition_mirror.h"
#include "kernels/resident_messages.h"

namespace tickgraph {

class PersistentEngine {
 public:
  // The mailbox's memory is zero; its rings hold MostRequestLines and MostResponseLines of the configuration.
  PersistentEngine(const EngineConfig& config, const Mailbox& mailbox);

  bool Define(const EngineInstrument& instrument);
  void Submit(const EngineRow* rows, uint32_t count);
  bool Poll(const Signal** signals, uint32_t* count);
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  // Why no answer will come; null where nothing is known against it.
  [[nodiscard]] const char* problem() const { return problem_ != nullptr || check_ == nullptr ? problem_ : check_(checked_); }
  // `check` says why the kernel will not answer, null while it lives; asked by problem() alone.
  void CheckKernelWith(const char* (*check)(void*), void* self) {
    check_ = check;
    checked_ = self;
  }

  // Tells the kernel to stop and waits for its word. False: it has not answered within the time, and may still use the memory.
  bool Stop(uint64_t timeout_ns);

  // The table of calls; valid as long as this object stays where it is.
  SignalEngine engine(const char* name);

 private:
  [[nodiscard]] bool TakeHeader();

  EngineConfig config_;
  Mailbox mailbox_;
  DefinitionMirror mirror_;
  HugeArray<Signal> signals_;
  EngineCounters counters_;
  const char* problem_ = nullptr;
  const char* (*check_)(void*) = nullptr;
  void* checked_ = nullptr;
  uint64_t written_ = 0, read_ = 0;  // positions in the rings
  ResponseHeader header_ = {};
  SignalRecord record_ = {};
  uint32_t record_lines_ = 0;  // of the signal being read
  uint32_t signal_count_ = 0;
  bool pending_ = false, has_header_ = false;
};

}  // namespace tickgraph
