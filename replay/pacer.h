// When a packet of a recording is due: its own gaps, divided by a speed, from the moment the pacer was made.
//
// In the flow: the player and the wire player wait here, never the loop. One thread. Invariant: a packet is never let go before it is due;
// time that the caller waited for somebody else is added by Shift and moves all that follows.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

#include "hot/tsc.h"

namespace tickgraph {

class Pacer {
 public:
  // `speed`: times the recorded pace, above 0.
  Pacer(double speed, const TscScale& tsc, const std::atomic<bool>& stop) : speed_(speed), tsc_(tsc), stop_(stop), start_tsc_(ReadTsc()) {}

  // Waits until the packet is due; returns when it was due, which is earlier than now where the caller is late: nothing is left
  // out of a latency that way. The first stamp given is due at once.
  uint64_t Wait(uint64_t stamp_ns) {
    if (first_stamp_ns_ == 0) first_stamp_ns_ = stamp_ns;
    const uint64_t session_ns = stamp_ns > first_stamp_ns_ ? stamp_ns - first_stamp_ns_ : 0;
    const uint64_t due_tsc = start_tsc_ + tsc_.ToTicks(static_cast<uint64_t>(static_cast<double>(session_ns) / speed_) + shift_ns_);
    constexpr uint64_t kSpinNanos = 2'000'000, kLongestSleepNanos = 50'000'000;
    for (uint64_t now = ReadTsc(); now < due_tsc; now = ReadTsc()) {
      const uint64_t left_ns = tsc_.ToNanos(due_tsc - now);
      if (left_ns <= kSpinNanos) continue;
      if (stop_.load(std::memory_order_relaxed)) break;
      Sleep(left_ns - kSpinNanos < kLongestSleepNanos ? left_ns - kSpinNanos : kLongestSleepNanos);
    }
    return due_tsc;
  }
  void Shift(uint64_t nanos) { shift_ns_ += nanos; }

  static void Sleep(uint64_t nanos) {
    const timespec t = {static_cast<time_t>(nanos / 1'000'000'000u), static_cast<long>(nanos % 1'000'000'000u)};
    nanosleep(&t, nullptr);
  }

 private:
  const double speed_;
  const TscScale& tsc_;
  const std::atomic<bool>& stop_;
  const uint64_t start_tsc_;
  uint64_t first_stamp_ns_ = 0, shift_ns_ = 0;
};

}  // namespace tickgraph
