// Best bid and offer of one instrument on one venue.
#pragma once

#include <cstddef>
#include <cstring>

#include "hot/types.h"

namespace tickgraph {

struct BestOfSide {
  PriceNanos nanos = kNoPrice;
  Quantity quantity = 0;
};

struct TopOfBook {
  PriceNanos bid_nanos = kNoPrice;  // kNoPrice: that side is empty
  PriceNanos ask_nanos = kNoPrice;
  Quantity bid_quantity = 0;
  Quantity ask_quantity = 0;
  friend bool operator==(const TopOfBook&, const TopOfBook&) = default;
  [[nodiscard]] bool has_both() const { return bid_nanos != kNoPrice && ask_nanos != kNoPrice; }
  // Crossed or locked.
  [[nodiscard]] bool crossed() const { return (bid_nanos >= ask_nanos) & (ask_nanos != kNoPrice); }

  // One side, found by its number: which it is nobody can predict, so there must be no branch on it.
  [[nodiscard]] BestOfSide best(Side side) const;
  void SetBest(Side side, const BestOfSide& best);
};
static_assert(offsetof(TopOfBook, ask_nanos) == sizeof(PriceNanos) &&
              offsetof(TopOfBook, ask_quantity) == offsetof(TopOfBook, bid_quantity) + sizeof(Quantity));

inline BestOfSide TopOfBook::best(Side side) const {
  const char* const at = reinterpret_cast<const char*>(this) + static_cast<size_t>(side) * sizeof(PriceNanos);
  BestOfSide out;
  std::memcpy(&out.nanos, at, sizeof(out.nanos));
  std::memcpy(&out.quantity, at + offsetof(TopOfBook, bid_quantity), sizeof(out.quantity));
  return out;
}

inline void TopOfBook::SetBest(Side side, const BestOfSide& best) {
  char* const at = reinterpret_cast<char*>(this) + static_cast<size_t>(side) * sizeof(PriceNanos);
  std::memcpy(at, &best.nanos, sizeof(best.nanos));
  std::memcpy(at + offsetof(TopOfBook, bid_quantity), &best.quantity, sizeof(best.quantity));
}

}  // namespace tickgraph
