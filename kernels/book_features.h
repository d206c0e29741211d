// Book features: what the first levels of a book say beyond its prices, as functions that every engine and command shares.
//
// In the flow: engine_stages.h keeps those of the best quote for each instrument; `tickgraph book-features` gives all of them for each row
// of a book. No state, any thread. Numbers are integers, or made of IEEE + - x / sqrt, so that g++ and nvcc give the same bits. Levels come
// best first; one that is not there has quantity 0.
//   microprice   the mid weighted by the other side's size (Gatheral and Oomen 2010): bid + (ask - bid) bid size / (bid size + ask size)
//   imbalance    (bid size - ask size) / (bid size + ask size), of a level
//   order flow   e = B 1(b >= b') - B' 1(b <= b') - A 1(a <= a') + A' 1(a >= a') (Cont, Kukanov and Stoikov 2014), of the best level and,
//                level against level, of those behind it (Xu, Gould and Howison 2018)
//   slope        the quantity of a side's levels over the distance of the last of them from the mid: what a move by one unit meets
//   sweep price  the mean price of taking a quantity from the book, rounded away from the mid
//   volatility   sqrt of v, v = l v + (1 - l) r^2 with r the mid's relative change from row to row (RiskMetrics 1996, l = 0.94)
#pragma once

#include "hot/types.h"
#include "kernels/math.h"

namespace tickgraph {

struct FeatureLevel {
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
};

// In parts per million, towards zero; 0 where both sides are absent.
TICKGRAPH_HD int32_t ImbalancePpm(Quantity bid_quantity, Quantity ask_quantity) {
  const Quantity sum = bid_quantity + ask_quantity;
  if (sum == 0) return 0;
  __extension__ typedef __int128 Wide;
  constexpr Quantity kNarrow = Quantity{1} << 42;
  const Quantity difference = bid_quantity - ask_quantity;
  if (sum < kNarrow) return static_cast<int32_t>(difference * 1'000'000 / sum);
  return static_cast<int32_t>(static_cast<Wide>(difference) * 1'000'000 / sum);
}

// Of a side that is not there the price must be beyond any (bid: lowest, ask: highest) and the quantity 0.
TICKGRAPH_HD int64_t OrderFlowImbalance(FeatureLevel bid_was, FeatureLevel ask_was, FeatureLevel bid, FeatureLevel ask) {
  return (bid.price_nanos >= bid_was.price_nanos ? bid.quantity : 0) - (bid.price_nanos <= bid_was.price_nanos ? bid_was.quantity : 0) -
         (ask.price_nanos <= ask_was.price_nanos ? ask.quantity : 0) + (ask.price_nanos >= ask_was.price_nanos ? ask_was.quantity : 0);
}

// A session's flow with one more change; it stops at 2^62 either way.
TICKGRAPH_HD int64_t AddOrderFlow(int64_t sum, int64_t change) {
  constexpr int64_t kMost = int64_t{1} << 62;
  const int64_t next = sum + change;
  return next > kMost ? kMost : next < -kMost ? -kMost : next;
}

// The price at which the next trade is expected, rounded to a nano.
TICKGRAPH_HD PriceNanos Microprice(PriceNanos bid, Quantity bid_quantity, PriceNanos ask, Quantity ask_quantity) {
  const double share = static_cast<double>(bid_quantity) / static_cast<double>(bid_quantity + ask_quantity);
  return bid + RoundToInt64(static_cast<double>(ask - bid) * share);
}

// Quantity for a price's move by one whole unit; 0 where the side has no level, or the last lies on the mid.
TICKGRAPH_HD double BookSlope(const FeatureLevel* levels, int count, PriceNanos twice_mid_nanos) {
  Quantity sum = 0;
  PriceNanos twice_last = twice_mid_nanos;
  for (int i = 0; i < count; ++i) {
    if (levels[i].quantity == 0) continue;
    sum += levels[i].quantity;
    twice_last = 2 * levels[i].price_nanos;
  }
  const PriceNanos distance = twice_last > twice_mid_nanos ? twice_last - twice_mid_nanos : twice_mid_nanos - twice_last;
  return distance == 0 ? 0.0 : static_cast<double>(sum) * (2.0 * kNanosPerUnit) / static_cast<double>(distance);
}

// kNoPrice where the levels do not hold the quantity, which is above 0. Prices are above 0. A purchase is rounded up, a sale down.
TICKGRAPH_HD PriceNanos SweepPrice(const FeatureLevel* levels, int count, Quantity quantity, Side taker) {
  __extension__ typedef __int128 Wide;
  Wide paid = 0;
  Quantity left = quantity;
  for (int i = 0; i < count && left > 0; ++i) {
    const Quantity taken = levels[i].quantity < left ? levels[i].quantity : left;
    paid += static_cast<Wide>(taken) * levels[i].price_nanos;
    left -= taken;
  }
  if (left > 0) return kNoPrice;
  return static_cast<PriceNanos>((paid + (taker == Side::kBuy ? quantity - 1 : 0)) / quantity);
}

// The variance after one more mid.
TICKGRAPH_HD double NextVariance(double variance, PriceNanos twice_mid_was, PriceNanos twice_mid, double decay) {
  const double change = static_cast<double>(twice_mid - twice_mid_was) / static_cast<double>(twice_mid_was);
  return decay * variance + (1.0 - decay) * (change * change);
}

}  // namespace tickgraph
