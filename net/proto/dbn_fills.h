// Fills of resting orders inside events that are under way, in Databento's order records.
//
// In the flow: DbnIntake notes a fill, and takes it when the order's modification or cancellation follows in the same event. One thread,
// fixed size: a fill past it is counted and its order's modification judged as if there were none.
#pragma once

#include <array>

#include "hot/types.h"

namespace tickgraph {

class DbnFills {
 public:
  void Add(uint32_t locate, OrderRef order, Quantity quantity) {
    for (uint32_t i = 0; i < count_; ++i) {
      if (fills_[i].locate != locate || fills_[i].order != order) continue;
      fills_[i].quantity += quantity;
      return;
    }
    if (count_ == fills_.size()) {
      ++dropped_;
      return;
    }
    fills_[count_++] = {order, quantity, locate};
  }

  // What was noted of an order, which is then forgotten.
  Quantity Take(uint32_t locate, OrderRef order) {
    for (uint32_t i = 0; i < count_; ++i) {
      if (fills_[i].locate != locate || fills_[i].order != order) continue;
      const Quantity quantity = fills_[i].quantity;
      fills_[i] = fills_[--count_];
      return quantity;
    }
    return 0;
  }

  void EndEvent(uint32_t locate) {
    for (uint32_t i = 0; i < count_;) {
      if (fills_[i].locate == locate) {
        fills_[i] = fills_[--count_];
      } else {
        ++i;
      }
    }
  }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  struct Fill {
    OrderRef order = 0;
    Quantity quantity = 0;
    uint32_t locate = 0;
  };
  std::array<Fill, 256> fills_{};
  uint32_t count_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace tickgraph
