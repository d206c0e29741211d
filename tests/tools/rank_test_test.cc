// The rank statistics against SciPy's (scipy.stats.mannwhitneyu 1.17) and the printed tables of the Mann-Whitney distribution.
#include "tools/measure/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tickgraph {
namespace {

struct Golden {
  std::vector<double> first, second;
  double u, p_value;
  bool exact;
};

// The values i^2 mod m + shift + i / scale: enough of them for the normal approximation.
std::vector<double> Scattered(int count, int modulus, double shift, double scale) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(i * i % modulus + shift + i / scale);
  return out;
}

TEST(RankTestTest, AgreesWithSciPy) {
  const Golden goldens[] = {
      {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}, 36, 0.0021645021645021645, true},
      {{10.1, 10.4, 9.9, 11.2, 10.0, 10.3, 15.5}, {10.2, 10.9, 11.4, 11.0, 12.1, 10.6, 10.8, 30.2}, 42, 0.1205905205905206, true},
      {{5, 5, 6, 7, 7, 8, 9}, {6, 7, 7, 8, 9, 9, 10, 11}, 43, 0.08835973681189323, false},
      {{3.1, 2.7, 4.4}, {1.9, 2.2, 5.0, 2.9}, 4, 0.6285714285714286, true},
      {Scattered(60, 97, 0, 1000), Scattered(55, 89, 9, 999), 1808, 0.37786836461512807, false},
  };
  for (const Golden& golden : goldens) {
    const RankTest test = MannWhitney(golden.first, golden.second);
    EXPECT_DOUBLE_EQ(test.u, golden.u);
    EXPECT_NEAR(test.p_value, golden.p_value, 1e-12);
    EXPECT_EQ(test.exact, golden.exact);
  }
}

// The bounds are the ratios of ranks c + 1 from either end, c the table's critical value.
TEST(RankTestTest, IntervalHasTheTabledRanks) {
  struct Row {
    size_t n, critical;
    double confidence;
  };
  for (const Row& row : {Row{6, 5, 0.95}, Row{6, 2, 0.99}, Row{12, 37, 0.95}, Row{12, 27, 0.99}, Row{20, 127, 0.95}, Row{20, 105, 0.99}}) {
    std::vector<double> first, second, ratios;
    for (size_t i = 0; i < row.n; ++i) {
      first.push_back(100 + std::sqrt(static_cast<double>(i * 37 % 41)));
      second.push_back(104 + std::cbrt(static_cast<double>(i * 29 % 43)));
    }
    for (const double a : first)
      for (const double b : second) ratios.push_back(b / a);
    std::ranges::sort(ratios);
    const RatioInterval interval = PairwiseRatio(first, second, row.confidence);
    EXPECT_EQ(interval.low, ratios[row.critical]) << row.n << " at " << row.confidence;
    EXPECT_EQ(interval.high, ratios[ratios.size() - 1 - row.critical]) << row.n << " at " << row.confidence;
  }
}

TEST(RankTestTest, NormalApproximationMeetsTheExactIntervalWhereTheySwitch) {
  const auto width = [](size_t n) {
    std::vector<double> first, second;
    for (size_t i = 0; i < n; ++i) {
      first.push_back(100 + static_cast<double>(i) / static_cast<double>(n));
      second.push_back(110 + static_cast<double>(i) / static_cast<double>(n));
    }
    const RatioInterval interval = PairwiseRatio(first, second, 0.995);
    EXPECT_NEAR(interval.estimate, 1.0995, 1e-3);
    return interval.high - interval.low;
  };
  EXPECT_NEAR(width(50) / width(51), 1, 0.05);
}

TEST(RankTestTest, TooFewValuesBoundNothing) {
  const RatioInterval interval = PairwiseRatio({1, 2, 3}, {4, 5, 6}, 0.99);
  EXPECT_EQ(interval.low, 0);
  EXPECT_TRUE(std::isinf(interval.high));
  EXPECT_EQ(MannWhitney({}, {1}).p_value, 1);
  EXPECT_EQ(MannWhitney({2, 2, 2}, {2, 2, 2}).p_value, 1);
}

TEST(RankTestTest, MedianAndSpread) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(RelativeSpread({10}), 0);
  EXPECT_DOUBLE_EQ(RelativeSpread({8, 9, 10, 11, 500}), 0.1);
}

}  // namespace
}  // namespace tickgraph
