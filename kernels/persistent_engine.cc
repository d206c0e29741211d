// Requests out, responses in. See persistent_engine.h; what a line may hold stands in resident_messages.h.
#include "kernels/persistent_engine.h"

#include <immintrin.h>

#include "hot/tsc.h"

namespace tickgraph {

PersistentEngine::PersistentEngine(const EngineConfig& config, const Mailbox& mailbox)
    : config_(config), mailbox_(mailbox), mirror_(config), signals_(config.max_signals) {}

bool PersistentEngine::Define(const EngineInstrument& instrument) {
  const bool taken = mirror_.Define(instrument);
  counters_.rejected_instruments += !taken;
  return taken;
}

void PersistentEngine::Submit(const EngineRow* rows, uint32_t count) {
  const uint32_t taken = count < config_.max_instruments ? count : config_.max_instruments;
  ++counters_.submissions;
  counters_.rows += count;
  const RequestHeader header = {mirror_.waiting_count(), taken};
  uint64_t at = written_ + 1;
  for (uint32_t i = 0; i < header.definition_count; ++i, at += DefinitionRecord::kLines)
    ToRecord(mirror_.waiting()[i]).WriteTo(mailbox_.request, at);
  for (uint32_t i = 0; i < taken; ++i, at += RowRecord::kLines) ToRecord(rows[i]).WriteTo(mailbox_.request, at);
  // Last, so that the poll that finds it mostly finds the rest.
  mailbox_.request.Write(written_, ToLine(header));
  written_ = at;
  mirror_.CarriedOver();
  signal_count_ = record_lines_ = 0;
  has_header_ = false;
  pending_ = true;
}

bool PersistentEngine::TakeHeader() {
  LinePayload payload;
  if (!mailbox_.response.Read(read_, &payload)) return false;
  header_ = ToResponse(payload);
  if (header_.signal_count > config_.max_signals || header_.found < header_.signal_count) {
    problem_ = "the device answered with more signals than there can be";
    return false;
  }
  ++read_;
  return has_header_ = true;
}

bool PersistentEngine::Poll(const Signal** signals, uint32_t* count) {
  if (pending_) {
    if (problem_ != nullptr || (!has_header_ && !TakeHeader())) return false;
    for (; signal_count_ < header_.signal_count; ++signal_count_) {
      if (!record_.ReadFrom(mailbox_.response, read_, &record_lines_)) return false;
      signals_[signal_count_] = ToSignal(record_);
      read_ += SignalRecord::kLines;
      record_lines_ = 0;
    }
    pending_ = false;
    counters_.signals += signal_count_;
    counters_.dropped_signals += header_.found - signal_count_;
    counters_.contracts_priced += header_.contracts_priced;
  }
  *signals = signals_.data();
  *count = signal_count_;
  return true;
}

bool PersistentEngine::Stop(uint64_t timeout_ns) {
  StoreFlag(&mailbox_.control->stop, 1);
  const uint64_t from_ns = MonotonicNanos();
  while (LoadFlag(&mailbox_.control->stopped) == 0) {
    if (MonotonicNanos() - from_ns > timeout_ns) return false;
    _mm_pause();
  }
  return true;
}

SignalEngine PersistentEngine::engine(const char* name) {
  SignalEngine table;
  table.self = this;
  table.name = name;
  table.define = [](void* self, const EngineInstrument& x) { return static_cast<PersistentEngine*>(self)->Define(x); };
  table.submit = [](void* self, const EngineRow* rows, uint32_t count) { static_cast<PersistentEngine*>(self)->Submit(rows, count); };
  table.poll = [](void* self, const Signal** signals, uint32_t* count) {
    return static_cast<PersistentEngine*>(self)->Poll(signals, count);
  };
  table.counters = [](void* self) -> const EngineCounters& { return static_cast<PersistentEngine*>(self)->counters(); };
  table.problem = [](void* self) { return static_cast<PersistentEngine*>(self)->problem(); };
  return table;
}

}  // namespace tickgraph
