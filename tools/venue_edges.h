// One product's best quotes on two venues, merged by time, and what trading one venue against the other would bring.
//
// Flow: best quotes of two captures -> MergeQuotes -> EdgeOf -> the command's counts and rows. Thread rule: none, no state.
// Invariants: which direction is better and whether an edge is above a bar are decided in integers, never by a rounded number; doubles
// only show the result. A price of 0 or less is no price: that side of the book is empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hot/types.h"

namespace tickgraph {

inline constexpr Quantity kUnknownQuantity = -1;

struct BestQuote {
  uint64_t ts_ns = 0;
  PriceNanos bid_nanos = 0, ask_nanos = 0;
  Quantity bid_quantity = kUnknownQuantity, ask_quantity = kUnknownQuantity;
  [[nodiscard]] bool has_both() const { return bid_nanos > 0 && ask_nanos > 0; }
};

// A billionth of a basis point. The bars that are compared stay within ±kLargestBar, so that no product leaves 128 bits.
using NanoBps = int64_t;
inline constexpr int kNanoBpsScale = 9;
inline constexpr NanoBps kLargestBar = 3'000'000'000'000'000;  // 300 times the price

enum class EdgeDirection : uint8_t { kSellABuyB, kSellBBuyA };

// Selling at one venue's bid what is bought at the other's ask.
struct VenueEdge {
  EdgeDirection direction = EdgeDirection::kSellABuyB;
  PriceNanos bid_nanos = 0, ask_nanos = 1;
  Quantity size = kUnknownQuantity;  // what both quotes hold

  [[nodiscard]] bool Above(NanoBps bar) const {
    constexpr __int128 kNanoBpsOfOne = 10'000'000'000'000;
    return (static_cast<__int128>(bid_nanos) - ask_nanos) * kNanoBpsOfOne > static_cast<__int128>(bar) * ask_nanos;
  }
  [[nodiscard]] bool LargerThan(const VenueEdge& other) const {
    return static_cast<__int128>(bid_nanos) * other.ask_nanos > static_cast<__int128>(other.bid_nanos) * ask_nanos;
  }
  [[nodiscard]] double bps() const { return static_cast<double>(bid_nanos - ask_nanos) * 1e4 / static_cast<double>(ask_nanos); }
};

// The better of the two directions; of equals, selling on A. Both quotes have both sides.
inline VenueEdge EdgeOf(const BestQuote& a, const BestQuote& b) {
  const VenueEdge sell_a{EdgeDirection::kSellABuyB, a.bid_nanos, b.ask_nanos, std::min(a.bid_quantity, b.ask_quantity)};
  const VenueEdge sell_b{EdgeDirection::kSellBBuyA, b.bid_nanos, a.ask_nanos, std::min(b.bid_quantity, a.ask_quantity)};
  return sell_b.LargerThan(sell_a) ? sell_b : sell_a;
}

// How far B's middle stands above A's, in basis points of A's. Both quotes have both sides.
inline double BasisBps(const BestQuote& a, const BestQuote& b) {
  const __int128 middle_a = static_cast<__int128>(a.bid_nanos) + a.ask_nanos, middle_b = static_cast<__int128>(b.bid_nanos) + b.ask_nanos;
  return static_cast<double>(middle_b - middle_a) * 1e4 / static_cast<double>(middle_a);
}

// Calls `on_event(ts_ns, a, b)` after each quote of either venue, in the order of their times (of equals: A's first), wherever all four
// sides are known. Each list is in the order of its own times.
template <class OnEvent>
void MergeQuotes(std::span<const BestQuote> a, std::span<const BestQuote> b, OnEvent&& on_event) {
  BestQuote last_a, last_b;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool of_a = j == b.size() || (i < a.size() && a[i].ts_ns <= b[j].ts_ns);
    const BestQuote& next = of_a ? a[i++] : b[j++];
    (of_a ? last_a : last_b) = next;
    if (last_a.has_both() && last_b.has_both()) on_event(next.ts_ns, last_a, last_b);
  }
}

}  // namespace tickgraph
