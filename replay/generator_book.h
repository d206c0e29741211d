// The generator's own book of one symbol on one venue: resting orders, price levels with their queues, the best price of each side.
//
// In the flow: the equity market asks it what stands where before it writes the next ITCH message, so that every message is possible.
// Thread rule: one owner. Invariants: an order stands in exactly one queue; prices are ticks above the symbol's base, inside the
// window; memory is taken at construction, and Insert must not be called when full.
#pragma once

#include <cstdint>
#include <vector>

#include "hot/types.h"

namespace tickgraph {

class GeneratorBook {
 public:
  static constexpr int32_t kWindowTicks = 4096;
  static constexpr int32_t kNoTick = -1;
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  struct Resting {
    uint64_t order_ref = 0;
    int32_t tick = 0;
    uint32_t shares = 0;
    uint32_t previous = kNone, next = kNone;  // in its level's queue
    uint32_t age_position = 0;                // in `by_age_`
    Side side = Side::kBuy;
  };

  explicit GeneratorBook(uint32_t capacity);

  [[nodiscard]] bool full() const { return free_.empty(); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(by_age_.size()); }
  [[nodiscard]] uint32_t SideSize(Side side) const { return side_size_[static_cast<int>(side)]; }
  // kNoTick: that side is empty.
  [[nodiscard]] int32_t Best(Side side) const { return best_[static_cast<int>(side)]; }
  // First in the queue of the best price; kNone: that side is empty.
  [[nodiscard]] uint32_t BestOrder(Side side) const;
  // The order of rank `age` from the newest (0); roughly, since a removal moves the newest into its place.
  [[nodiscard]] uint32_t ByAge(uint32_t age) const { return by_age_[by_age_.size() - 1 - age]; }
  Resting& operator[](uint32_t handle) { return orders_[handle]; }
  const Resting& operator[](uint32_t handle) const { return orders_[handle]; }

  // Behind what stands at the price; returns the order's handle.
  uint32_t Insert(uint64_t order_ref, Side side, int32_t tick, uint32_t shares);
  void Remove(uint32_t handle);

 private:
  struct Level {
    uint32_t head = kNone, tail = kNone;
  };
  void SeekBest(Side side);

  std::vector<Resting> orders_;
  std::vector<uint32_t> free_, by_age_;
  std::vector<Level> levels_[2];
  int32_t best_[2] = {kNoTick, kNoTick};
  uint32_t side_size_[2] = {0, 0};
};

}  // namespace tickgraph
