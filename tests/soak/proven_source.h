// A packet source that proves what the hot thread does between two of its polls: once the session is warm it puts the thread under the
// system-call filter and into the real-time scope, and at the end of the input it takes the thread out again.
//
// The hot thread itself makes no call for the counters: at both ends it waits, spinning, until the supervisor has read them.
#pragma once

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>

#include "bench/allocation_counter.h"
#include "hot/packet.h"
#include "perf/system_call_trap.h"
#include "tests/soak/realtime_scope.h"

namespace tickgraph {

class ProvenSource {
 public:
  enum class Stage : int { kWarming, kArmed, kProving, kOver, kDone };

  // `over()` is true when the port is drained and fed no more; `planted` runs once inside the proof, for tests of the proof itself.
  ProvenSource(const PacketSource& port, uint64_t warm_packets, std::function<bool(uint64_t taken)> over, void (*planted)() = nullptr)
      : port_(port), warm_packets_(warm_packets), over_(std::move(over)), planted_(planted) {}

  PacketSource source() {
    return {this, [](void* self) { return static_cast<ProvenSource*>(self)->Poll(); }, port_.has_end};
  }

  [[nodiscard]] Stage stage() const { return stage_.load(std::memory_order_acquire); }
  // By the supervisor, once it has read the counters of an armed or finished thread.
  void Proceed() { stage_.store(stage() == Stage::kArmed ? Stage::kProving : Stage::kDone, std::memory_order_release); }
  [[nodiscard]] pid_t thread() const { return thread_; }
  [[nodiscard]] uint64_t warm_packets() const { return taken_before_; }
  [[nodiscard]] uint64_t proven_packets() const { return proven_packets_; }
  [[nodiscard]] uint64_t allocations() const { return allocations_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  PacketBurst Poll() {
    PacketBurst burst = port_.Poll();
    taken_ += burst.count;
    if (stage_.load(std::memory_order_relaxed) == Stage::kWarming && taken_ >= warm_packets_) Arm(burst.count);
    if (burst.count == 0 && over_(taken_)) {
      if (stage_.load(std::memory_order_relaxed) == Stage::kProving) Disarm();
      burst.state = SourceState::kEnd;
    }
    return burst;
  }

  void Arm(uint32_t burst_packets) {
    thread_ = static_cast<pid_t>(syscall(SYS_gettid));
    if (!TrapSystemCalls(kRealtimeSanitizer ? TrapList::kStandardError : TrapList::kNothing, &problem_)) return;
    allocations_before_ = AllocationCount();
    taken_before_ = taken_ - burst_packets;
    Meet(Stage::kArmed, Stage::kProving);
    EnterRealtime();
    if (planted_ != nullptr) planted_();
  }

  void Disarm() {
    LeaveRealtime();
    allocations_ = AllocationCount() - allocations_before_;
    proven_packets_ = taken_ - taken_before_;
    Meet(Stage::kOver, Stage::kDone);
  }

  void Meet(Stage here, Stage next) {
    stage_.store(here, std::memory_order_release);
    while (stage_.load(std::memory_order_acquire) != next) _mm_pause();
  }

  PacketSource port_;
  const uint64_t warm_packets_;
  const std::function<bool(uint64_t)> over_;
  void (*const planted_)();
  std::atomic<Stage> stage_{Stage::kWarming};
  pid_t thread_ = 0;
  uint64_t taken_ = 0, taken_before_ = 0, proven_packets_ = 0, allocations_ = 0, allocations_before_ = 0;
  std::string problem_;
};

}  // namespace tickgraph
