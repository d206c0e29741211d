// Queues of the generator's book; see generator_book.h.
#include "replay/generator_book.h"

namespace tickgraph {

GeneratorBook::GeneratorBook(uint32_t capacity) : orders_(capacity) {
  free_.reserve(capacity);
  by_age_.reserve(capacity);
  for (uint32_t i = capacity; i > 0; --i) free_.push_back(i - 1);
  for (auto& side : levels_) side.resize(kWindowTicks);
}

uint32_t GeneratorBook::BestOrder(Side side) const {
  const int32_t tick = Best(side);
  return tick == kNoTick ? kNone : levels_[static_cast<int>(side)][static_cast<size_t>(tick)].head;
}

uint32_t GeneratorBook::Insert(uint64_t order_ref, Side side, int32_t tick, uint32_t shares) {
  const int s = static_cast<int>(side);
  const uint32_t handle = free_.back();
  free_.pop_back();
  Level& level = levels_[s][static_cast<size_t>(tick)];
  orders_[handle] = {order_ref, tick, shares, level.tail, kNone, static_cast<uint32_t>(by_age_.size()), side};
  (level.tail == kNone ? level.head : orders_[level.tail].next) = handle;
  level.tail = handle;
  by_age_.push_back(handle);
  ++side_size_[s];
  const bool better = best_[s] == kNoTick || (side == Side::kBuy ? tick > best_[s] : tick < best_[s]);
  if (better) best_[s] = tick;
  return handle;
}

void GeneratorBook::Remove(uint32_t handle) {
  const Resting order = orders_[handle];
  const int s = static_cast<int>(order.side);
  Level& level = levels_[s][static_cast<size_t>(order.tick)];
  (order.previous == kNone ? level.head : orders_[order.previous].next) = order.next;
  (order.next == kNone ? level.tail : orders_[order.next].previous) = order.previous;
  by_age_[order.age_position] = by_age_.back();
  orders_[by_age_.back()].age_position = order.age_position;
  by_age_.pop_back();
  free_.push_back(handle);
  --side_size_[s];
  if (level.head == kNone && best_[s] == order.tick) SeekBest(order.side);
}

void GeneratorBook::SeekBest(Side side) {
  const int s = static_cast<int>(side);
  if (side_size_[s] == 0) {
    best_[s] = kNoTick;
    return;
  }
  const int32_t step = side == Side::kBuy ? -1 : 1;
  while (levels_[s][static_cast<size_t>(best_[s])].head == kNone) best_[s] += step;
}

}  // namespace tickgraph
