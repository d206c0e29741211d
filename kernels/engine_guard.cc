// See engine_guard.h. The clock is read once in many polls, the device's state once in many more: both cost more than a poll.
#include "kernels/engine_guard.h"

#include <cstdio>
#include <cstring>

#include "hot/tsc.h"

namespace tickgraph {
namespace {

constexpr uint32_t kPollsBetweenClocks = 64;
constexpr uint32_t kPollsBetweenVerdicts = 1 << 14;

}  // namespace

EngineGuard::EngineGuard(const SignalEngine& device, const EngineConfig& config, SimdLevel level, const GuardConfig& guard)
    : device_(device), standby_(config, level), config_(guard), max_instruments_(config.max_instruments) {
  if (guard.shadow) return;
  last_.Allocate(config.max_instruments);
  quoted_.Allocate(config.max_instruments);
}

bool EngineGuard::Define(const EngineInstrument& instrument) {
  const bool taken = standby_.Define(instrument);
  if (!switched_ && device_.define(device_.self, instrument) != taken)
    Switch("took or refused an instrument otherwise than the CPU engine");
  return taken;
}

void EngineGuard::Submit(const EngineRow* rows, uint32_t count) {
  rows_ = rows;
  row_count_ = count;
  pending_ = true;
  ++submissions_;
  if (switched_) {
    standby_.Submit(rows, count);
    return;
  }
  submitted_ns_ = MonotonicNanos();
  polls_ = 0;
  shadow_due_ = config_.shadow;
  device_.submit(device_.self, rows, count);
}

void EngineGuard::RunShadow() {
  standby_.Submit(rows_, row_count_);
  shadow_due_ = false;
}

void EngineGuard::KeepRows() {
  for (uint32_t i = 0; i < row_count_; ++i) {
    const InstrumentIndex x = rows_[i].instrument;
    if (x >= max_instruments_) continue;
    if (last_[x].instrument == kNoInstrument) quoted_[quoted_count_++] = x;
    last_[x] = rows_[i];
  }
}

bool EngineGuard::TakeAnswer(const Signal** signals, uint32_t* count) {
  if (!device_.poll(device_.self, signals, count)) return false;
  if (!pending_) return true;
  if (!config_.shadow) {
    KeepRows();
    pending_ = false;
    return true;
  }
  if (shadow_due_) RunShadow();
  const bool same =
      *count == standby_.signal_count() && (*count == 0 || std::memcmp(*signals, standby_.signals(), *count * sizeof(Signal)) == 0);
  if (!same) {
    Switch("gave other signals than the CPU engine");
    return false;
  }
  pending_ = false;
  return true;
}

// Why the device is given up now; null: it is not.
const char* EngineGuard::Verdict() {
  if (polls_ % kPollsBetweenClocks == 0 && MonotonicNanos() - submitted_ns_ > config_.timeout_ns) return "stopped answering";
  if (polls_ % kPollsBetweenVerdicts == 0 && device_.problem != nullptr) return device_.problem(device_.self);
  return nullptr;
}

bool EngineGuard::Poll(const Signal** signals, uint32_t* count) {
  if (!switched_) {
    if (TakeAnswer(signals, count)) return true;
    if (!switched_ && shadow_due_) RunShadow();
    ++polls_;
    if (const char* what = switched_ ? nullptr : Verdict(); what != nullptr) Switch(what);
    if (!switched_) return false;
  }
  *signals = standby_.signals();
  *count = standby_.signal_count();
  pending_ = false;
  return true;
}

// The quotes from before the submission under way, without a word to anyone.
void EngineGuard::Rebuild() {
  for (uint32_t i = 0; i < quoted_count_; ++i) standby_.Submit(&last_[quoted_[i]], 1);
}

void EngineGuard::Switch(const char* what) {
  std::snprintf(failure_, sizeof failure_, "%s %s at submission %llu; the CPU engine (%s) goes on", device_.name, what,
                static_cast<unsigned long long>(submissions_), standby_.engine().name);
  switched_ = true;
  if (!config_.shadow) {
    Rebuild();
    if (pending_) standby_.Submit(rows_, row_count_);
  } else if (shadow_due_) {
    RunShadow();
  }
  if (tell_ != nullptr) tell_(tell_self_, failure_);
}

SignalEngine EngineGuard::engine() {
  SignalEngine table;
  table.self = this;
  table.name = device_.name;
  table.define = [](void* self, const EngineInstrument& x) { return static_cast<EngineGuard*>(self)->Define(x); };
  table.submit = [](void* self, const EngineRow* rows, uint32_t count) { static_cast<EngineGuard*>(self)->Submit(rows, count); };
  table.poll = [](void* self, const Signal** signals, uint32_t* count) { return static_cast<EngineGuard*>(self)->Poll(signals, count); };
  table.counters = [](void* self) -> const EngineCounters& { return static_cast<EngineGuard*>(self)->counters(); };
  return table;
}

}  // namespace tickgraph
