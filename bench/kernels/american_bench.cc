// American options on one core: the fast preset over contracts of every kind, boundary and price of each solved anew. Compared with the
// accurate preset before it is timed: root mean square and largest difference are reported in units of the strike.
#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/bench_common.h"
#include "hot/hash.h"
#include "kernels/american.h"

namespace tickgraph {
namespace {

constexpr size_t kContracts = 512;
constexpr double kAccuracy = 1e-5;  // of the strike

std::vector<AmericanContract> MakeContracts() {
  std::vector<AmericanContract> contracts;
  for (size_t i = 0; i < kContracts; ++i) {
    const auto uniform = [&](uint64_t what, double low, double high) {
      return low + (high - low) * static_cast<double>(Mix(i * 16 + what) >> 11) * 0x1p-53;
    };
    contracts.push_back({i % 2 == 0 ? OptionRight::kCall : OptionRight::kPut, uniform(1, 80, 120), 100, uniform(2, 0.01, 0.08),
                         uniform(3, 0.01, 0.08), uniform(4, 0.15, 0.6), uniform(5, 0.05, 2)});
  }
  return contracts;
}

void AmericanPrices(benchmark::State& state) {
  const std::vector<AmericanContract> contracts = MakeContracts();
  double largest = 0, squares = 0;
  for (const AmericanContract& c : contracts) {
    const double error = std::fabs(American(c, AmericanPreset::kFast).price - American(c).price) / c.strike;
    largest = std::max(largest, error);
    squares += error * error;
  }
  if (!(largest < kAccuracy)) return state.SkipWithError("the fast preset is further than 1e-5 of the strike from the accurate one");
  AllocationScope allocations;
  for (auto _ : state) {
    double sum = 0;
    for (const AmericanContract& c : contracts) sum += American(c, AmericanPreset::kFast).price;
    benchmark::DoNotOptimize(sum);
  }
  ReportItems(state, kContracts, allocations.count());
  state.counters["rms_error"] = std::sqrt(squares / kContracts);
  state.counters["largest_error"] = largest;
}
BENCHMARK(AmericanPrices)->Name("options/american");

}  // namespace
}  // namespace tickgraph
