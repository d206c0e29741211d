// Several ports as one PacketSource, polled in turn: a burst of one port a Poll, each packet with its port's number.
//
// In the flow: live ports -> here -> the loop (or the recorder). Thread rule: the loop's thread. Invariants: packets of a burst live until
// the next Poll; they are numbered in the order in which the loop gets them; no port is asked twice before all others were asked once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hot/packet.h"

namespace tickgraph {

class PortSet {
 public:
  static constexpr uint32_t kBurstSize = 32;

  // A port hands out at most kBurstSize packets a Poll, all of which it has to keep until it is polled again.
  void Add(const PacketSource& port) { ports_.push_back(port); }

  PacketBurst Poll() {
    const size_t count = ports_.size();
    for (size_t asked = 0; asked < count; ++asked) {
      const size_t at = next_;
      next_ = next_ + 1 == count ? 0 : next_ + 1;
      const PacketBurst burst = ports_[at].Poll();
      if (burst.count == 0) continue;
      for (uint32_t i = 0; i < burst.count; ++i) {
        packets_[i] = burst.packets[i];
        packets_[i].number = ++number_;
        packets_[i].port = static_cast<uint16_t>(at);
      }
      return {packets_.data(), burst.count, SourceState::kMore};
    }
    return {nullptr, 0, SourceState::kIdle};
  }
  PacketSource source() {
    return {this, [](void* self) { return static_cast<PortSet*>(self)->Poll(); }, false};
  }

 private:
  std::vector<PacketSource> ports_;
  size_t next_ = 0;
  uint64_t number_ = 0;
  std::array<PacketView, kBurstSize> packets_{};
};

}  // namespace tickgraph
