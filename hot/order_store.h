// Every resting order of every venue, found by (venue, order reference).
//
// In the flow: BookSet looks an order up here for each execution, cancel, delete and replace. An order's home (homes.h) is known from its
// reference alone: references are scattered in blocks of sixteen, and within a block neighbours stay neighbours, since venues number
// orders in sequence. There are four homes for each order that may live.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows. Invariants: record 0 is no order
// and takes the writes that a queue's ends would need branches for; a record whose level is 0 holds no order.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <stdexcept>

#include "hot/homes.h"
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
      : orders_(Checked(max_orders), std::bit_ceil(std::max<size_t>(size_t{max_orders} * kHomesPerOrder, 64))) {}

  RestingOrder& operator[](uint32_t i) { return orders_[i]; }
  const RestingOrder& operator[](uint32_t i) const { return orders_[i]; }
  [[nodiscard]] uint32_t size() const { return orders_.size(); }
  [[nodiscard]] bool full() const { return orders_.full(); }
  [[nodiscard]] size_t size_bytes() const { return orders_.size_bytes(); }

  // The record that an order has or would have its place at.
  [[nodiscard]] uint32_t Home(VenueIndex venue, OrderRef ref) const {
    // Multiplying by the golden ratio spreads successive blocks evenly (Knuth, The Art of Computer Programming, 6.4).
    const uint64_t scattered = (ref / kBlock + (uint64_t{venue} << 60)) * 0x9E3779B97F4A7C15u;
    // The bits behind the block's number turn references within their block, so that those which are all multiples of sixteen do not meet.
    return orders_.Home(scattered, static_cast<uint32_t>(ref) & (kBlock - 1));
  }

  // 0 when there is no such order.
  [[nodiscard]] uint32_t Find(VenueIndex venue, OrderRef ref) const { return FindFrom(Home(venue, ref), venue, ref); }
  [[nodiscard]] uint32_t FindFrom(uint32_t home, VenueIndex venue, OrderRef ref) const {
    return orders_.Find(home, [&](uint32_t i) { return Holds(i, venue, ref); });
  }

  // Takes a record for an order that is not here yet. The caller has asked full().
  uint32_t Add(uint32_t home, VenueIndex venue, OrderRef ref, Quantity quantity, uint32_t level) {
    const uint32_t i = orders_.Take(home, orders_[home].owner != 0);
    RestingOrder& order = orders_[i];
    order.ref = ref;
    order.quantity = quantity;
    order.owner = level << 4 | venue;
    return i;
  }

  void Remove(uint32_t i) {
    orders_.Give(i, [&] { return Home(orders_[i].venue(), orders_[i].ref); });
    orders_[i].owner = 0;
  }

  // f(index) of every order. It walks the whole store.
  template <class F>
  void ForEach(F f) const {
    for (uint32_t i = 1; i < orders_.end(); ++i) {
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
  static constexpr uint32_t kHomesPerOrder = 4;
  static_assert(Homes<RestingOrder>::kAligned % kBlock == 0);

  static uint32_t Checked(uint32_t max_orders) {
    if (max_orders == 0 || max_orders > kMaxOrders) throw std::runtime_error("max_orders must be between 1 and 2^28");
    return max_orders;
  }
  [[nodiscard]] bool Holds(uint32_t i, VenueIndex venue, OrderRef ref) const {
    const RestingOrder& order = orders_[i];
    return order.ref == ref && order.venue() == venue && order.owner >= 16;
  }

  Homes<RestingOrder> orders_;
};

}  // namespace tickgraph
