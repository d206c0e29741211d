// Book features against slow references that share no line with them: order by order sweeps, flows by cases, long division.
#include "kernels/book_features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "hot/hash.h"

namespace tickgraph {
namespace {

struct Dice {
  uint64_t state;
  uint64_t operator()(uint64_t sides) { return (state = Mix(state + 0x9e3779b97f4a7c15ULL)) % sides; }
};

TEST(BookFeaturesTest, ImbalanceIsTheShareTowardsZero) {
  EXPECT_EQ(ImbalancePpm(0, 0), 0);
  EXPECT_EQ(ImbalancePpm(7, 0), 1'000'000);
  EXPECT_EQ(ImbalancePpm(0, 7), -1'000'000);
  EXPECT_EQ(ImbalancePpm(2, 1), 333'333);
  EXPECT_EQ(ImbalancePpm(1, 2), -333'333);
  constexpr Quantity kHuge = Quantity{1} << 61;  // beyond 64 bits once in millionths
  EXPECT_EQ(ImbalancePpm(kHuge, kHuge / 3), 500'000);
  EXPECT_EQ(ImbalancePpm(kHuge / 3, kHuge), -500'000);
}

// By cases: a better price adds its size, a worse one takes what was there away, an equal one counts the difference.
TEST(BookFeaturesTest, OrderFlowByCases) {
  Dice dice{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto level = [&] { return FeatureLevel{static_cast<PriceNanos>(100 + dice(3)), static_cast<Quantity>(1 + dice(9))}; };
    const FeatureLevel b0 = level(), a0 = level(), b1 = level(), a1 = level();
    int64_t want = 0;
    if (b1.price_nanos > b0.price_nanos) want += b1.quantity;
    if (b1.price_nanos == b0.price_nanos) want += b1.quantity - b0.quantity;
    if (b1.price_nanos < b0.price_nanos) want -= b0.quantity;
    if (a1.price_nanos < a0.price_nanos) want -= a1.quantity;
    if (a1.price_nanos == a0.price_nanos) want -= a1.quantity - a0.quantity;
    if (a1.price_nanos > a0.price_nanos) want += a0.quantity;
    ASSERT_EQ(OrderFlowImbalance(b0, a0, b1, a1), want);
  }
}

TEST(BookFeaturesTest, OrderFlowOfASessionStopsAtItsEnds) {
  constexpr int64_t kMost = int64_t{1} << 62, kChange = int64_t{1} << 42;
  EXPECT_EQ(AddOrderFlow(5, -7), -2);
  EXPECT_EQ(AddOrderFlow(kMost - 1, kChange), kMost);
  EXPECT_EQ(AddOrderFlow(kMost, kChange), kMost);
  EXPECT_EQ(AddOrderFlow(kMost, -kChange), kMost - kChange);
  EXPECT_EQ(AddOrderFlow(1 - kMost, -kChange), -kMost);
}

TEST(BookFeaturesTest, MicropriceLeansToTheThinnerSide) {
  EXPECT_EQ(Microprice(100, 1, 200, 1), 150);
  EXPECT_EQ(Microprice(100, 3, 200, 1), 175);
  EXPECT_EQ(Microprice(100, 1, 200, 3), 125);
  EXPECT_EQ(Microprice(100, 5, 100, 9), 100);
}

// One lot after the other.
TEST(BookFeaturesTest, SweepPriceLotByLot) {
  Dice dice{2};
  int filled = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::vector<FeatureLevel> levels;
    PriceNanos price = 1'000;
    for (uint64_t i = dice(6); i > 0; --i) {
      price += static_cast<PriceNanos>(dice(50));
      levels.push_back({price, static_cast<Quantity>(dice(8))});
    }
    const auto quantity = static_cast<Quantity>(1 + dice(20));
    int64_t paid = 0, taken = 0;
    for (const FeatureLevel& level : levels) {
      for (Quantity lot = 0; lot < level.quantity && taken < quantity; ++lot, ++taken) paid += level.price_nanos;
    }
    const PriceNanos buy = SweepPrice(levels.data(), static_cast<int>(levels.size()), quantity, Side::kBuy);
    const PriceNanos sell = SweepPrice(levels.data(), static_cast<int>(levels.size()), quantity, Side::kSell);
    if (taken < quantity) {
      EXPECT_EQ(buy, kNoPrice);
      EXPECT_EQ(sell, kNoPrice);
      continue;
    }
    ++filled;
    ASSERT_TRUE(buy * quantity >= paid && (buy - 1) * quantity < paid);
    ASSERT_TRUE(sell * quantity <= paid && (sell + 1) * quantity > paid);
  }
  EXPECT_GT(filled, 1'000);
}

TEST(BookFeaturesTest, SlopeIsQuantityOverDistance) {
  const FeatureLevel asks[] = {{102 * kNanosPerUnit, 5}, {104 * kNanosPerUnit, 15}, {}};
  EXPECT_EQ(BookSlope(asks, 3, 200 * kNanosPerUnit), 5.0);  // 20 within 4
  EXPECT_EQ(BookSlope(asks, 1, 200 * kNanosPerUnit), 2.5);
  EXPECT_EQ(BookSlope(asks, 0, 200 * kNanosPerUnit), 0.0);
  EXPECT_EQ(BookSlope(asks, 1, 204 * kNanosPerUnit), 0.0);
}

TEST(BookFeaturesTest, VarianceIsTheWeightedSumOfSquares) {
  Dice dice{3};
  std::vector<int64_t> mids = {200'000};
  double variance = 0;
  for (int i = 0; i < 50; ++i) {
    mids.push_back(200'000 + static_cast<int64_t>(dice(400)) - 200);
    variance = NextVariance(variance, mids[mids.size() - 2], mids.back(), 0.94);
  }
  double want = 0;
  for (size_t i = 1; i < mids.size(); ++i) {
    const double change = static_cast<double>(mids[i] - mids[i - 1]) / static_cast<double>(mids[i - 1]);
    want += 0.06 * std::pow(0.94, static_cast<double>(mids.size() - 1 - i)) * change * change;
  }
  EXPECT_NEAR(variance, want, 1e-12 * want);
}

}  // namespace
}  // namespace tickgraph
