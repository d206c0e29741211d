// Two samples of times compared by ranks: the Mann-Whitney test, and how many times larger one is, with its confidence interval.
//
// Ranks and not means, because times on a shared machine have a long tail on one side only. Used by `bench compare`; one thread.
// Sources: Mann and Whitney, Annals of Mathematical Statistics 18 (1947); Hodges and Lehmann, ibid. 34 (1963).
#pragma once

#include <cstdint>
#include <vector>

namespace tickgraph {

struct RankTest {
  double u = 0;        // of the second sample: pairs in which it is larger, ties counted half
  double p_value = 1;  // two-sided
  bool exact = false;  // from the distribution of U itself; otherwise the normal approximation, corrected for ties and continuity
};

// p is 1 where a sample is empty. Exact up to 50 values a side without ties.
[[nodiscard]] RankTest MannWhitney(const std::vector<double>& first, const std::vector<double>& second);

// The second sample over the first: the median of all pairwise ratios, and the ratios between which the true one lies with `confidence`.
// The interval is (0, infinity) where the samples are too small to bound it. Values must be above 0.
struct RatioInterval {
  double estimate = 1, low = 0, high = 0;
};
[[nodiscard]] RatioInterval PairwiseRatio(const std::vector<double>& first, const std::vector<double>& second, double confidence);

[[nodiscard]] double Median(std::vector<double> values);
// Half the width of the middle half of the values, over their median: how far apart they lie, outliers left out.
[[nodiscard]] double RelativeSpread(std::vector<double> values);

}  // namespace tickgraph
