// Best bid and offer of one instrument on one venue.
#pragma once

#include "hot/types.h"

namespace tickgraph {

struct TopOfBook {
  PriceNanos bid_nanos = kNoPrice;  // kNoPrice: that side is empty
  PriceNanos ask_nanos = kNoPrice;
  Quantity bid_quantity = 0;
  Quantity ask_quantity = 0;
  friend bool operator==(const TopOfBook&, const TopOfBook&) = default;
  [[nodiscard]] bool has_both() const { return bid_nanos != kNoPrice && ask_nanos != kNoPrice; }
};

}  // namespace tickgraph
