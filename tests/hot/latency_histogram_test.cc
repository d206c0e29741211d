// The histogram against the values themselves, sorted.
#include "hot/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tickgraph {
namespace {

std::vector<uint64_t> Values(uint64_t seed, size_t count) {
  std::mt19937_64 random(seed);
  std::vector<uint64_t> values(count);
  for (uint64_t& v : values) v = random() >> (22 + random() % 42);
  return values;
}

LatencyHistogram Recorded(const std::vector<uint64_t>& values) {
  LatencyHistogram histogram;
  for (const uint64_t v : values) histogram.Record(v);
  return histogram;
}

TEST(LatencyHistogramTest, BucketsMeetWithoutGapOrOverlap) {
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
    const uint64_t upper = LatencyHistogram::UpperBound(i);
    ASSERT_EQ(LatencyHistogram::Index(upper), i);
    if (i + 1 == LatencyHistogram::kBuckets) break;
    ASSERT_EQ(LatencyHistogram::Index(upper + 1), i + 1);
  }
  EXPECT_EQ(LatencyHistogram::UpperBound(LatencyHistogram::kBuckets - 1), (uint64_t{1} << LatencyHistogram::kValueBits) - 1);
}

TEST(LatencyHistogramTest, QuantileIsTheSortedValueWithinOnePartIn128) {
  for (const size_t count : {1, 2, 3, 100, 1000, 100'000}) {
    std::vector<uint64_t> values = Values(count, count);
    const LatencyHistogram histogram = Recorded(values);
    std::ranges::sort(values);
    EXPECT_EQ(histogram.count(), count);
    EXPECT_EQ(histogram.max(), values.back());
    // Per mille of the count: whole numbers, so that the rank is beyond dispute.
    for (const size_t mille : {1, 10, 500, 900, 990, 999, 1000}) {
      const size_t rank = std::max<size_t>(1, (count * mille + 999) / 1000);
      const uint64_t exact = values[rank - 1], got = histogram.Quantile(static_cast<double>(mille) / 1000);
      EXPECT_GE(got, exact) << mille << " of " << count;
      EXPECT_LE(got - exact, exact / 128) << mille << " of " << count;
    }
  }
  EXPECT_EQ(LatencyHistogram().Quantile(0.5), 0u);
}

TEST(LatencyHistogramTest, SumAndDifferenceAreThoseOfTheValues) {
  const std::vector<uint64_t> first = Values(1, 5000), second = Values(2, 7000);
  const LatencyHistogram before = Recorded(first);
  LatencyHistogram all = before;
  all.Add(Recorded(second));
  EXPECT_EQ(all.count(), 12'000u);
  EXPECT_EQ(all.max(), std::max(std::ranges::max(first), std::ranges::max(second)));
  const LatencyHistogram later = all.Since(before), wanted = Recorded(second);
  EXPECT_EQ(later.count(), wanted.count());
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) ASSERT_EQ(later.count_at(i), wanted.count_at(i));
  EXPECT_EQ(LatencyHistogram::Index(later.max()), LatencyHistogram::Index(wanted.max()));
}

TEST(LatencyHistogramTest, WhatHasNoBucketIsCountedAsOverflow) {
  LatencyHistogram histogram;
  histogram.Record((uint64_t{1} << LatencyHistogram::kValueBits) - 1);
  EXPECT_EQ(histogram.overflow(), 0u);
  const LatencyHistogram before = histogram;
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.overflow(), 1u);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.Quantile(1), UINT64_MAX);
  EXPECT_EQ(histogram.Since(before).overflow(), 1u);
  EXPECT_EQ(histogram.Since(before).max(), UINT64_MAX);
}

}  // namespace
}  // namespace tickgraph
