// A book of price levels alone, as venues without orders send it: a quantity replaces the level's, zero removes it.
//
// In the flow: JsonBookView sets levels, ShownLevels reads them. Offline: grows as it must. Invariant: no level has quantity zero.
#pragma once

#include <functional>
#include <map>

#include "hot/types.h"

namespace tickgraph {

class LevelMap {
 public:
  // Removing a level that is not there is normal: it was deeper than the snapshot.
  void Set(Side side, PriceNanos price, Quantity quantity) {
    side == Side::kBuy ? Put(bids_, price, quantity) : Put(asks_, price, quantity);
  }
  void Clear() {
    bids_.clear();
    asks_.clear();
  }
  [[nodiscard]] bool empty() const { return bids_.empty() && asks_.empty(); }

  // f(price, quantity) -> bool, best first, until it returns false.
  template <class F>
  void ForEach(Side side, F f) const {
    side == Side::kBuy ? Walk(bids_, f) : Walk(asks_, f);
  }

 private:
  template <class Levels>
  static void Put(Levels& levels, PriceNanos price, Quantity quantity) {
    if (quantity == 0) {
      levels.erase(price);
    } else {
      levels[price] = quantity;
    }
  }
  template <class Levels, class F>
  static void Walk(const Levels& levels, F& f) {
    for (const auto& [price, quantity] : levels) {
      if (!f(price, quantity)) return;
    }
  }

  std::map<PriceNanos, Quantity, std::greater<>> bids_;
  std::map<PriceNanos, Quantity> asks_;
};

}  // namespace tickgraph
