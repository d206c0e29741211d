// A network card's own clock as nanoseconds since 1970: a line through pairs of readings.
//
// In the flow: a DPDK port whose driver stamps in ticks of the card asks here for each packet. One thread. Invariants: until two readings
// are known nothing is converted; a reading that goes back starts over; the line is drawn through the last two, so a drift is followed.
#pragma once

#include <cstdint>

namespace tickgraph {

class PortClock {
 public:
  // The card read `ticks` when the wall clock said `ns`.
  void Anchor(uint64_t ticks, uint64_t ns) {
    const bool forward = anchored_ && ticks > ticks_ && ns > ns_;
    ns_per_tick_ = forward ? static_cast<double>(ns - ns_) / static_cast<double>(ticks - ticks_) : 0;
    ticks_ = ticks;
    ns_ = ns;
    anchored_ = true;
  }
  [[nodiscard]] bool ready() const { return ns_per_tick_ > 0; }
  [[nodiscard]] double ns_per_tick() const { return ns_per_tick_; }

  // Stamps before the last reading are as good as those after it. Only when ready().
  [[nodiscard]] uint64_t ToNanos(uint64_t ticks) const {
    const auto distance = static_cast<int64_t>(ticks - ticks_);
    return ns_ + static_cast<uint64_t>(static_cast<int64_t>(static_cast<double>(distance) * ns_per_tick_));
  }
  // Nanoseconds from the last reading to `ticks`; negative before it.
  [[nodiscard]] double Age(uint64_t ticks) const { return static_cast<double>(static_cast<int64_t>(ticks - ticks_)) * ns_per_tick_; }

 private:
  bool anchored_ = false;
  uint64_t ticks_ = 0, ns_ = 0;
  double ns_per_tick_ = 0;
};

}  // namespace tickgraph
