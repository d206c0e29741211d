#include "tools/measure/rank_test.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tickgraph {
namespace {

constexpr size_t kExactLimit = 50;

// P(U <= u) for all u when every order of n + m distinct values is as likely: counts by the recurrence
// c(n, m, u) = c(n - 1, m, u - m) + c(n, m - 1, u), as shares so that nothing overflows.
std::vector<double> CumulativeU(size_t n, size_t m) {
  std::vector<std::vector<double>> row(m + 1), previous;
  for (size_t j = 0; j <= m; ++j) row[j] = {1.0};
  for (size_t i = 1; i <= n; ++i) {
    previous.swap(row);
    row.assign(m + 1, {});
    row[0] = {1.0};
    for (size_t j = 1; j <= m; ++j) {
      row[j].assign(i * j + 1, 0.0);
      const double with_first = static_cast<double>(i) / static_cast<double>(i + j);
      for (size_t u = 0; u < previous[j].size(); ++u) row[j][u + j] += with_first * previous[j][u];
      for (size_t u = 0; u < row[j - 1].size(); ++u) row[j][u] += (1 - with_first) * row[j - 1][u];
    }
  }
  std::vector<double> out = row[m];
  for (size_t u = 1; u < out.size(); ++u) out[u] += out[u - 1];
  return out;
}

double NormalTail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

// The z that a standard normal value exceeds with probability `tail`.
double NormalQuantile(double tail) {
  double low = 0, high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (NormalTail(middle) > tail ? low : high) = middle;
  }
  return low;
}

// Sum over runs of equal values of t^3 - t.
double TieTerm(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  double term = 0;
  for (size_t from = 0, to; from < all.size(); from = to) {
    for (to = from; to < all.size() && all[to] == all[from];) ++to;
    const double t = static_cast<double>(to - from);
    term += t * t * t - t;
  }
  return term;
}

}  // namespace

RankTest MannWhitney(const std::vector<double>& first, const std::vector<double>& second) {
  RankTest out;
  if (first.empty() || second.empty()) return out;
  for (const double a : first)
    for (const double b : second) out.u += b > a ? 1.0 : b == a ? 0.5 : 0.0;
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const double n = static_cast<double>(first.size()), m = static_cast<double>(second.size()), ties = TieTerm(std::move(all));
  const double smaller = std::min(out.u, n * m - out.u);
  if (ties == 0 && first.size() <= kExactLimit && second.size() <= kExactLimit) {
    out.exact = true;
    out.p_value = std::min(1.0, 2 * CumulativeU(first.size(), second.size())[static_cast<size_t>(smaller)]);
    return out;
  }
  const double variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (variance > 0) out.p_value = std::min(1.0, 2 * NormalTail(std::max(0.0, n * m / 2 - smaller - 0.5) / std::sqrt(variance)));
  return out;
}

RatioInterval PairwiseRatio(const std::vector<double>& first, const std::vector<double>& second, double confidence) {
  RatioInterval out;
  out.high = std::numeric_limits<double>::infinity();
  if (first.empty() || second.empty()) return out;
  std::vector<double> ratios;
  ratios.reserve(first.size() * second.size());
  for (const double a : first)
    for (const double b : second) ratios.push_back(b / a);
  std::sort(ratios.begin(), ratios.end());
  out.estimate = Median(ratios);
  // The ratios of ranks k and nm + 1 - k bound the true one with confidence 1 - 2 P(U <= k - 1).
  const double tail = (1 - confidence) / 2, n = static_cast<double>(first.size()), m = static_cast<double>(second.size());
  size_t k = 0;
  if (first.size() <= kExactLimit && second.size() <= kExactLimit) {
    const std::vector<double> cumulative = CumulativeU(first.size(), second.size());
    while (k < cumulative.size() && cumulative[k] <= tail) ++k;
  } else {
    const double rank = n * m / 2 - NormalQuantile(tail) * std::sqrt(n * m * (n + m + 1) / 12);
    k = rank < 1 ? 0 : static_cast<size_t>(rank);
  }
  if (k == 0) return out;
  out.low = ratios[k - 1];
  out.high = ratios[ratios.size() - k];
  return out;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

double RelativeSpread(std::vector<double> values) {
  if (values.size() < 2) return 0;
  std::sort(values.begin(), values.end());
  const double quarter = values[(values.size() - 1) / 4], three_quarters = values[3 * (values.size() - 1) / 4];
  const double median = Median(values);
  return median == 0 ? 0 : 0.5 * (three_quarters - quarter) / median;
}

}  // namespace tickgraph
