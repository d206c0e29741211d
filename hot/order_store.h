// Every resting order of every venue, found by (venue, order reference).
//
// In the flow: BookSet looks an order up here for each execution, cancel, delete and replace. An order has a home record, found from
// its reference alone, so one cache line answers nearly every search: references are scattered in blocks of sixteen, and within
// a block neighbours stay neighbours, since venues number orders in sequence. There are four homes for each order that may live; an
// order whose home is taken goes to a pool behind it, chained to that home. Nothing moves, so an index stays valid while its order lives.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows. Invariants: record 0 is no order
// and takes the writes that a queue's ends would need branches for; a record whose level is 0 holds no order.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <stdexcept>

#include "hot/arena.h"
#include "hot/prefetch.h"
#include "hot/types.h"

namespace tickgraph {

struct alignas(32) RestingOrder {
  OrderRef ref = 0;
  Quantity quantity = 0;
  uint32_t owner = 0;     // level << 4 | venue; so levels are numbered below 2^28
  uint32_t chain = 0;     // next record of this home; next free record of the pool
  uint32_t previous = 0;  // towards the front of the level's queue, where the queue is a list (order_queue.h)
  uint32_t next = 0;      // towards its back

  [[nodiscard]] uint32_t level() const { return owner >> 4; }
  [[nodiscard]] VenueIndex venue() const { return static_cast<VenueIndex>(owner & 15); }
};
static_assert(sizeof(RestingOrder) == 32 && kMaxVenues == 16);

class OrderStore {
 public:
  static constexpr uint32_t kMaxOrders = uint32_t{1} << 28;

  explicit OrderStore(uint32_t max_orders)
      : max_orders_(Checked(max_orders)), first_home_((max_orders + kBlock) / kBlock * kBlock), blocks_(BlockCount(max_orders)) {
    orders_.Allocate(first_home_ + blocks_ * kBlock);
    home_shift_ = 64u - static_cast<uint32_t>(std::countr_zero(blocks_ * kBlock));
    for (uint32_t i = max_orders; i > 0; --i) {
      orders_[i].chain = free_;
      free_ = i;
    }
  }

  RestingOrder& operator[](uint32_t i) { return orders_[i]; }
  const RestingOrder& operator[](uint32_t i) const { return orders_[i]; }
  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == max_orders_; }
  [[nodiscard]] size_t size_bytes() const { return orders_.size_bytes(); }

  // The record that an order has or would have its place at.
  [[nodiscard]] uint32_t Home(VenueIndex venue, OrderRef ref) const {
    // Multiplying by the golden ratio spreads successive blocks evenly (Knuth, The Art of Computer Programming, 6.4).
    const uint64_t scattered = (ref / kBlock + (uint64_t{venue} << 60)) * 0x9E3779B97F4A7C15u;
    // The bits behind the block's number turn references within their block, so that those which are all multiples of sixteen do not meet.
    return first_home_ + (static_cast<uint32_t>(scattered >> home_shift_) ^ (static_cast<uint32_t>(ref) & (kBlock - 1)));
  }

  // 0 when there is no such order.
  [[nodiscard]] uint32_t Find(VenueIndex venue, OrderRef ref) const { return FindFrom(Home(venue, ref), venue, ref); }
  [[nodiscard]] uint32_t FindFrom(uint32_t home, VenueIndex venue, OrderRef ref) const {
    for (uint32_t i = home;;) {
      if (Holds(i, venue, ref)) [[likely]]
        return i;
      i = orders_[i].chain;
      if (i == 0) return 0;
    }
  }

  // Takes a record for an order that is not here yet. The caller has asked full().
  uint32_t Add(uint32_t home, VenueIndex venue, OrderRef ref, Quantity quantity, uint32_t level) {
    uint32_t i = home;
    if (orders_[home].owner != 0) [[unlikely]] {
      i = free_;
      free_ = orders_[i].chain;
      orders_[i].chain = orders_[home].chain;
      orders_[home].chain = i;
    }
    RestingOrder& order = orders_[i];
    order.ref = ref;
    order.quantity = quantity;
    order.owner = level << 4 | venue;
    ++size_;
    return i;
  }

  void Remove(uint32_t i) {
    RestingOrder& order = orders_[i];
    if (i < first_home_) [[unlikely]] {
      uint32_t before = Home(order.venue(), order.ref);
      while (orders_[before].chain != i) before = orders_[before].chain;
      orders_[before].chain = order.chain;
      order.chain = free_;
      free_ = i;
    }
    order.owner = 0;
    --size_;
  }

  // f(index) of every order. It walks the whole store.
  template <class F>
  void ForEach(F f) const {
    for (uint32_t i = 1; i < orders_.size(); ++i) {
      if (orders_[i].owner != 0) f(i);
    }
  }

  void PrefetchRecord(uint32_t i) const { Prefetch(&orders_[i]); }
  // The record of an order, where it is at home; 0 where it is not, and what stands behind its home is on its way.
  [[nodiscard]] uint32_t Peek(uint32_t home, VenueIndex venue, OrderRef ref) const {
    if (Holds(home, venue, ref)) [[likely]]
      return home;
    Prefetch(&orders_[orders_[home].chain]);
    return 0;
  }

 private:
  static constexpr uint32_t kBlock = 16;

  static uint32_t Checked(uint32_t max_orders) {
    if (max_orders == 0 || max_orders > kMaxOrders) throw std::runtime_error("max_orders must be between 1 and 2^28");
    return max_orders;
  }
  static size_t BlockCount(uint32_t max_orders) { return std::bit_ceil(std::max<size_t>(size_t{max_orders} * 4, 64)) / kBlock; }
  [[nodiscard]] bool Holds(uint32_t i, VenueIndex venue, OrderRef ref) const {
    const RestingOrder& order = orders_[i];
    return order.ref == ref && order.venue() == venue && order.owner >= 16;
  }

  uint32_t max_orders_;
  uint32_t first_home_;  // the pool stands before the homes
  size_t blocks_;
  HugeArray<RestingOrder> orders_;
  uint32_t home_shift_ = 0;
  uint32_t free_ = 0, size_ = 0;
};

}  // namespace tickgraph
