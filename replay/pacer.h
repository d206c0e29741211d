// When a packet of a recording is due: its own gaps divided by a speed, or evenly spaced, from the moment the pacer was made.
//
// In the flow: the player and the wire player wait here, never the loop. One thread. Invariant: a packet is never let go before it is due;
// time that the caller waited for somebody else is added by Shift and moves all that follows. A stop ends a wait early: whoever waits looks
// at it behind the wait, and lets nothing go.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

#include "hot/tsc.h"

namespace tickgraph {

class Pacer {
 public:
  // `speed`: times the recorded pace; `packets_per_second`: evenly spaced whatever the stamps say. One of them is above 0; a rate goes
  // before.
  Pacer(double speed, double packets_per_second, const TscScale& tsc, const std::atomic<bool>& stop)
      : speed_(speed), packets_per_second_(packets_per_second), tsc_(tsc), stop_(stop), start_tsc_(ReadTsc()) {}

  // Waits until the packet is due; returns when it was due, which is earlier than now where the caller is late: nothing is left
  // out of a latency that way. The first one is due at once. `meanwhile()` is called from time to time in a long wait.
  template <class Meanwhile>
  uint64_t Wait(uint64_t stamp_ns, Meanwhile&& meanwhile) {
    const uint64_t due_tsc = start_tsc_ + tsc_.ToTicks(DueNs(stamp_ns) + shift_ns_);
    constexpr uint64_t kSpinNanos = 2'000'000, kLongestSleepNanos = 50'000'000;
    for (uint64_t now = ReadTsc(); now < due_tsc; now = ReadTsc()) {
      const uint64_t left_ns = tsc_.ToNanos(due_tsc - now);
      if (left_ns <= kSpinNanos) continue;
      if (stop_.load(std::memory_order_relaxed)) break;
      meanwhile();
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
  // Since the first packet.
  uint64_t DueNs(uint64_t stamp_ns) {
    if (packets_per_second_ > 0) return Nanos(static_cast<double>(packets_++) * 1e9 / packets_per_second_);
    if (first_stamp_ns_ == 0) first_stamp_ns_ = stamp_ns;
    const uint64_t session_ns = stamp_ns > first_stamp_ns_ ? stamp_ns - first_stamp_ns_ : 0;
    return Nanos(static_cast<double>(session_ns) / speed_);
  }
  // A pace that is next to none leaves 64 bits; who waits for it waits for its stop.
  static uint64_t Nanos(double nanos) { return nanos < kLongestWaitNanos ? static_cast<uint64_t>(nanos) : kLongestWaitNanos; }
  static constexpr uint64_t kLongestWaitNanos = uint64_t{1} << 58;  // nine years

  const double speed_, packets_per_second_;
  const TscScale& tsc_;
  const std::atomic<bool>& stop_;
  const uint64_t start_tsc_;
  uint64_t first_stamp_ns_ = 0, shift_ns_ = 0, packets_ = 0;
};

}  // namespace tickgraph
