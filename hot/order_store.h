// Every resting order of every venue, found by (venue, order reference).
//
// In the flow: BookSet looks an order up here for each execution, cancel, delete and replace. A chained hash of 32-bit
// indices over a pool of 32-byte records: deleting moves nothing, so an index stays valid while its order lives.
// Sixteen consecutive references share one cache line of buckets, since venues number orders in sequence.
// Index 0 is no order: its record takes the writes that a queue's ends would need branches for.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <stdexcept>

#include "hot/arena.h"
#include "hot/hash.h"
#include "hot/types.h"

namespace tickgraph {

struct alignas(32) RestingOrder {
  OrderRef ref = 0;
  Quantity quantity = 0;
  uint32_t chain = 0;     // next in the hash bucket; next free record while free
  uint32_t previous = 0;  // towards the front of the level's queue
  uint32_t next = 0;      // towards its back
  uint32_t owner = 0;     // level << 4 | venue

  [[nodiscard]] uint32_t level() const { return owner >> 4; }
  [[nodiscard]] VenueIndex venue() const { return static_cast<VenueIndex>(owner & 15); }
};
static_assert(sizeof(RestingOrder) == 32 && kMaxVenues == 16);

class OrderStore {
 public:
  // Levels are numbered below this: the rest of `owner` is the venue.
  static constexpr uint32_t kMaxLevels = uint32_t{1} << 28;

  explicit OrderStore(uint32_t max_orders)
      : orders_(size_t{Checked(max_orders)} + 1), buckets_(std::bit_ceil(std::max<size_t>(size_t{max_orders} * 2, 64))) {
    line_mask_ = buckets_.size() / kBucketsPerLine - 1;
    for (uint32_t i = max_orders; i > 0; --i) {
      orders_[i].chain = free_;
      free_ = i;
    }
  }

  RestingOrder& operator[](uint32_t i) { return orders_[i]; }
  const RestingOrder& operator[](uint32_t i) const { return orders_[i]; }
  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] bool full() const { return free_ == 0; }
  [[nodiscard]] size_t size_bytes() const { return orders_.size_bytes() + buckets_.size_bytes(); }

  // 0 when there is no such order.
  [[nodiscard]] uint32_t Find(VenueIndex venue, OrderRef ref) const {
    for (uint32_t i = buckets_[Bucket(venue, ref)]; i != 0; i = orders_[i].chain) {
      if (orders_[i].ref == ref && orders_[i].venue() == venue) return i;
    }
    return 0;
  }

  // Takes a record for an order that is not here yet. The caller has asked full().
  uint32_t Add(VenueIndex venue, OrderRef ref, Quantity quantity, uint32_t level) {
    const uint32_t i = free_;
    RestingOrder& order = orders_[i];
    free_ = order.chain;
    uint32_t& head = buckets_[Bucket(venue, ref)];
    order.ref = ref;
    order.quantity = quantity;
    order.chain = head;
    order.owner = level << 4 | venue;
    head = i;
    ++size_;
    return i;
  }

  void Remove(uint32_t i) {
    RestingOrder& order = orders_[i];
    uint32_t* link = &buckets_[Bucket(order.venue(), order.ref)];
    while (*link != i) link = &orders_[*link].chain;
    *link = order.chain;
    order.chain = free_;
    free_ = i;
    --size_;
  }

  // Look-ahead in two steps: the bucket first; a few messages later, when that line has come, the order.
  void PrefetchBucket(VenueIndex venue, OrderRef ref) const { __builtin_prefetch(&buckets_[Bucket(venue, ref)], 1); }
  // The first order of the bucket, which is nearly always the one meant (0: none).
  [[nodiscard]] uint32_t PrefetchOrder(VenueIndex venue, OrderRef ref) const {
    const uint32_t i = buckets_[Bucket(venue, ref)];
    __builtin_prefetch(&orders_[i], 1);
    return i;
  }
  // Those before and behind it in its queue, which a removal writes to.
  void PrefetchNeighbours(uint32_t i) const {
    __builtin_prefetch(&orders_[orders_[i].previous], 1);
    __builtin_prefetch(&orders_[orders_[i].next], 1);
  }

 private:
  static constexpr size_t kBucketsPerLine = 64 / sizeof(uint32_t);

  static uint32_t Checked(uint32_t max_orders) {
    if (max_orders == 0 || max_orders == UINT32_MAX) throw std::runtime_error("max_orders must be between 1 and 2^32 - 2");
    return max_orders;
  }
  [[nodiscard]] size_t Bucket(VenueIndex venue, OrderRef ref) const {
    const uint64_t line = Mix(ref / kBucketsPerLine + (uint64_t{venue} << 60)) & line_mask_;
    return line * kBucketsPerLine + ref % kBucketsPerLine;
  }

  HugeArray<RestingOrder> orders_;
  HugeArray<uint32_t> buckets_;
  uint64_t line_mask_ = 0;
  uint32_t free_ = 0, size_ = 0;
};

}  // namespace tickgraph
