// Batch option math on one core: price and five Greeks in both widths, and implied volatility. Each compares the loop's bits with the
// scalar one's, and these with a put-call parity or a round trip, before it is timed.
#include <cmath>
#include <cstring>
#include <vector>

#include "bench/bench_common.h"
#include "hot/hash.h"
#include "kernels/simd_kernels.h"

namespace tickgraph {
namespace {

constexpr size_t kContracts = 1024;  // inputs and outputs stay in the second-level cache

template <class T>
struct OptionColumns {
  OptionColumns() : values(13, std::vector<T>(kContracts)) {
    for (size_t i = 0; i < kContracts; ++i) {
      const auto uniform = [&](uint64_t what, double low, double high) {
        return static_cast<T>(low + (high - low) * static_cast<double>(Mix(i * 16 + what) >> 11) * 0x1p-53);
      };
      values[0][i] = i % 2 == 0 ? T(1) : T(-1);
      values[1][i] = uniform(1, 90, 110);
      values[2][i] = uniform(2, 70, 130);
      values[3][i] = uniform(3, 0, 0.06);
      values[4][i] = uniform(4, 0, 0.03);
      values[5][i] = uniform(5, 0.1, 0.6);
      values[6][i] = uniform(6, 0.02, 2);
    }
  }
  EuropeanBatch<T> batch() {
    return {values[0].data(), values[1].data(), values[2].data(), values[3].data(),  values[4].data(),  values[5].data(), values[6].data(),
            values[7].data(), values[8].data(), values[9].data(), values[10].data(), values[11].data(), values[12].data()};
  }
  std::vector<std::vector<T>> values;
};

// Call and put of one strike: C - P = S e^(-qT) - K e^(-rT), computed by the standard library.
template <class T>
bool KeepsParity(OptionColumns<T>& c, void (*loop)(const EuropeanBatch<T>&, size_t), double tolerance) {
  loop(c.batch(), kContracts);
  const std::vector<T> priced = c.values[7];
  for (T& sign : c.values[0]) sign = -sign;
  loop(c.batch(), kContracts);
  for (size_t i = 0; i < kContracts; ++i) {
    auto& v = c.values;
    const double forward =
        double(v[1][i]) * std::exp(-double(v[4][i]) * double(v[6][i])) - double(v[2][i]) * std::exp(-double(v[3][i]) * double(v[6][i]));
    if (!(std::fabs(double(v[0][i]) * (double(v[7][i]) - double(priced[i])) - forward) < tolerance)) return false;
  }
  for (T& sign : c.values[0]) sign = -sign;
  return true;
}

template <class T>
void PriceGreeks(benchmark::State& state, void (*SimdKernels::*member)(const EuropeanBatch<T>&, size_t), double tolerance) {
  const SimdKernels& kernels = SimdKernelsFor(BestSimdLevel());
  OptionColumns<T> c, scalar;
  if (!KeepsParity(scalar, ScalarKernels().*member, tolerance)) return state.SkipWithError("put-call parity does not hold");
  (ScalarKernels().*member)(scalar.batch(), kContracts);
  (kernels.*member)(c.batch(), kContracts);
  if (c.values != scalar.values) return state.SkipWithError("the vector loop differs from the scalar one");
  const EuropeanBatch<T> batch = c.batch();
  AllocationScope allocations;
  for (auto _ : state) {
    (kernels.*member)(batch, kContracts);
    benchmark::ClobberMemory();
  }
  ReportItems(state, kContracts, allocations.count());
  state.SetLabel(kernels.name);
}

void PriceGreeksDouble(benchmark::State& state) { PriceGreeks<double>(state, &SimdKernels::price_greeks_double, 1e-11); }
void PriceGreeksFloat(benchmark::State& state) { PriceGreeks<float>(state, &SimdKernels::price_greeks_float, 2e-4); }
BENCHMARK(PriceGreeksDouble)->Name("options/price_greeks/double");
BENCHMARK(PriceGreeksFloat)->Name("options/price_greeks/float");

void ImpliedVolatilityLoop(benchmark::State& state) {
  const SimdKernels& kernels = SimdKernelsFor(BestSimdLevel());
  OptionColumns<double> c;
  auto& v = c.values;
  ScalarKernels().price_greeks_double(c.batch(), kContracts);
  std::vector<double> found(kContracts), scalar(kContracts);
  std::vector<uint8_t> status(kContracts);
  ImpliedVolatilityBatch batch = {v[0].data(), v[7].data(), v[1].data(),   v[2].data(),  v[3].data(),
                                  v[4].data(), v[6].data(), scalar.data(), status.data()};
  ScalarKernels().implied_volatility(batch, kContracts);
  batch.volatility = found.data();
  kernels.implied_volatility(batch, kContracts);
  for (size_t i = 0; i < kContracts; ++i) {
    // A price carries its volatility to about 1e-16 of the spot over vega.
    const double carried = 1e-13 * v[1][i] / (v[10][i] + 1e-300);
    if (status[i] == 0 && std::memcmp(&found[i], &scalar[i], sizeof(double)) != 0)
      return state.SkipWithError("the vector loop differs from the scalar one");
    if (status[i] == 0 && !(std::fabs(found[i] - v[5][i]) < 1e-12 + carried)) return state.SkipWithError("a volatility does not come back");
  }
  AllocationScope allocations;
  for (auto _ : state) {
    kernels.implied_volatility(batch, kContracts);
    benchmark::ClobberMemory();
  }
  ReportItems(state, kContracts, allocations.count());
  state.SetLabel(kernels.name);
}
BENCHMARK(ImpliedVolatilityLoop)->Name("options/implied_volatility");

}  // namespace
}  // namespace tickgraph
