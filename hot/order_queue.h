// What a price level knows of its orders: their whole queue (market by order), or their total alone (market by price).
//
// In the flow: the compile-time policy of BookSet. With queues a level is one cache line that holds its first seven orders by record
// number, so that adding or removing one touches no other order; the rest, in a long queue, is a list through the orders.
// Thread rule: the owner's. Invariants: places are filled from the front; the list is empty unless all places are taken.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include "hot/order_store.h"
#include "hot/types.h"

namespace tickgraph {

struct alignas(64) QueuedLevel {
  static constexpr uint32_t kPlaces = 7;
  static constexpr uint32_t kFirst = kPlaces;     // the list's front: stands right behind the places, so that it moves up with them
  static constexpr uint32_t kLast = kPlaces + 1;  // its back

  PriceNanos price_nanos = 0;
  Quantity quantity = 0;  // of all its orders
  uint32_t order_count = 0;
  uint32_t book_side = 0;  // BookSideOf; 0: no level
  uint32_t chain = 0;      // next record of this home; next free record of the pool
  uint32_t orders[kPlaces + 2] = {};
};
static_assert(sizeof(QueuedLevel) == 64);

struct alignas(32) TotalLevel {
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  uint32_t order_count = 0;
  uint32_t book_side = 0;
  uint32_t chain = 0;
};
static_assert(sizeof(TotalLevel) == 32);

// Market by price. Nothing is kept but totals.
struct WithoutQueues {
  using Level = TotalLevel;
  static constexpr bool kQueues = false;
  static void Append(OrderStore&, Level&, uint32_t) {}
  static void Remove(OrderStore&, Level&, uint32_t) {}
  static void PrefetchNeighbours(const OrderStore&, uint32_t) {}
  static bool PrefetchFront(const OrderStore&, const Level&) { return false; }
  static void PrefetchSecond(const OrderStore&, const Level&) {}
  static void PrefetchBack(const OrderStore&, const Level&) {}
};

// Market by order.
struct WithQueues {
  using Level = QueuedLevel;
  static constexpr bool kQueues = true;

  // Before the level counts the order.
  static void Append(OrderStore& orders, Level& level, uint32_t order) {
    if (level.order_count < Level::kPlaces) [[likely]] {
      level.orders[level.order_count] = order;
      orders[order].previous = orders[order].next = 0;  // so that a look-ahead fetches nothing for them
      return;
    }
    const uint32_t last = level.orders[Level::kLast];
    orders[order].previous = last;
    orders[order].next = 0;
    (last == 0 ? level.orders[Level::kFirst] : orders[last].next) = order;
    level.orders[Level::kLast] = order;
  }

  static void Remove(OrderStore& orders, Level& level, uint32_t order) {
    const uint32_t at = Place(level, order);
    if (at >= Level::kPlaces) return RemoveFromList(orders, level, order);
    const uint32_t moved = level.orders[Level::kFirst];
    Close(level, at);
    if (moved == 0) [[likely]]
      return;
    const uint32_t next = orders[moved].next;
    orders[moved].next = 0;
    level.orders[Level::kFirst] = next;
    orders[next].previous = 0;
    if (next == 0) level.orders[Level::kLast] = 0;
  }

  // Look-ahead: what taking this order away will write to; where it stands in a place, that is the list's front and its second; and what
  // an add to the level will write to.
  static void PrefetchNeighbours(const OrderStore& orders, uint32_t order) {
    orders.PrefetchRecord(orders[order].previous);
    orders.PrefetchRecord(orders[order].next);
  }
  static bool PrefetchFront(const OrderStore& orders, const Level& level) {
    orders.PrefetchRecord(level.orders[Level::kFirst]);
    return level.orders[Level::kFirst] != 0;
  }
  static void PrefetchSecond(const OrderStore& orders, const Level& level) {
    orders.PrefetchRecord(orders[level.orders[Level::kFirst]].next);
  }
  static void PrefetchBack(const OrderStore& orders, const Level& level) { orders.PrefetchRecord(level.orders[Level::kLast]); }

  // f(index) -> bool, front to back, until it returns false.
  template <class F>
  static void ForEach(const OrderStore& orders, const Level& level, F f) {
    for (uint32_t i = 0; i < Level::kPlaces; ++i) {
      if (level.orders[i] == 0 || !f(level.orders[i])) return;
    }
    for (uint32_t i = level.orders[Level::kFirst]; i != 0; i = orders[i].next) {
      if (!f(i)) return;
    }
  }

  // Links and places agree with the count.
  static bool Check(const OrderStore& orders, const Level& level) {
    uint32_t count = 0, listed = 0, previous = 0;
    while (count < Level::kPlaces && level.orders[count] != 0) ++count;
    for (uint32_t i = count; i < Level::kPlaces; ++i) {
      if (level.orders[i] != 0) return false;
    }
    for (uint32_t i = level.orders[Level::kFirst]; i != 0; previous = i, i = orders[i].next, ++listed) {
      if (orders[i].previous != previous || listed > level.order_count) return false;
    }
    return level.orders[Level::kLast] == previous && count + listed == level.order_count && (listed == 0 || count == Level::kPlaces);
  }

 private:
  // Which place the order has; kPlaces: none. The eighth number that is compared is the list's front.
  static uint32_t Place(const Level& level, uint32_t order) {
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(order));
    const __m128i low = _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(level.orders)), wanted);
    const __m128i high = _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(level.orders + 4)), wanted);
    const int mask = _mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
    return static_cast<uint32_t>(std::countr_zero(static_cast<uint32_t>(mask) | 1u << Level::kPlaces));
  }

  // Those behind `at` move up by one place, the list's front into the last, without a branch on where that is.
  static void Close(Level& level, uint32_t at) {
    const __m128i gone = _mm_set1_epi32(static_cast<int>(at));
    const __m128i before_low = _mm_cmplt_epi32(_mm_setr_epi32(0, 1, 2, 3), gone);
    const __m128i before_high = _mm_cmplt_epi32(_mm_setr_epi32(4, 5, 6, -1), gone);
    auto* places = reinterpret_cast<__m128i*>(level.orders);
    const __m128i low = _mm_loadu_si128(places), high = _mm_loadu_si128(places + 1);
    const __m128i next_low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(level.orders + 1));
    const __m128i next_high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(level.orders + 5));
    _mm_storeu_si128(places, _mm_or_si128(_mm_and_si128(before_low, low), _mm_andnot_si128(before_low, next_low)));
    _mm_storeu_si128(places + 1, _mm_or_si128(_mm_and_si128(before_high, high), _mm_andnot_si128(before_high, next_high)));
  }

  static void RemoveFromList(OrderStore& orders, Level& level, uint32_t order) {
    const uint32_t previous = orders[order].previous, next = orders[order].next;
    (previous == 0 ? level.orders[Level::kFirst] : orders[previous].next) = next;
    (next == 0 ? level.orders[Level::kLast] : orders[next].previous) = previous;
  }
};

}  // namespace tickgraph
