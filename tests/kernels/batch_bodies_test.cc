// Batches as a device would work on them, run on the host, against the vector loops: bit for bit, and nothing written past the end.
#include "kernels/batch_bodies.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "hot/hash.h"
#include "tests/kernels/launch_emulator.h"

namespace tickgraph {
namespace {

constexpr int kColumns = 7;

// Random contracts, some of which make no sense: sign, spot, strike, rate, dividend yield, volatility or price, time.
template <class T>
std::vector<T> Contracts(size_t count, double most_of_sixth) {
  const double low[] = {0, 50, 40, -.02, 0, 0, 0}, high[] = {0, 150, 180, .08, .04, most_of_sixth, 3};
  std::vector<T> out(kColumns * count);
  for (size_t c = 0; c < kColumns; ++c) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t dice = Mix(c * 1'000'003 + i);
      const double x = low[c] + (high[c] - low[c]) * static_cast<double>(dice >> 11) * 0x1p-53;
      T value = c == 0 ? (dice % 2 == 0 ? T(1) : T(-1)) : T(x);
      if (c != 0 && dice % 211 == 0) value = dice % 3 == 0 ? T(0) : (dice % 3 == 1 ? -value : T(NAN));
      out[c * count + i] = value;
    }
  }
  return out;
}

template <class T>
void ComparePrices(size_t count, void (*loop)(const EuropeanBatch<T>&, size_t)) {
  const std::vector<T> in = Contracts<T>(count, .9);
  const auto batch = [&](std::vector<T>& out) {
    const T* x = in.data();
    T* y = out.data();
    const size_t n = count;
    return EuropeanBatch<T>{x, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n, x + 6 * n,
                            y, y + n, y + 2 * n, y + 3 * n, y + 4 * n, y + 5 * n};
  };
  std::vector<T> want(6 * count + 1, T(17)), got(6 * count + 1, T(17));
  loop(batch(want), count);
  LaunchEmulator(3, 64).Run([&](EmulatedBlock& b) { PriceBatchBody(b, batch(got), count); });
  size_t different = 0;
  for (size_t i = 0; i <= 6 * count; ++i) {
    // A NaN is a NaN: its sign and payload are the processor's affair.
    different += std::memcmp(&want[i], &got[i], sizeof(T)) != 0 && !(std::isnan(want[i]) && std::isnan(got[i]));
  }
  EXPECT_EQ(different, 0u) << count;
}

TEST(BatchBodiesTest, PricesEqualTheVectorLoops) {
  const SimdKernels& loops = SimdKernelsFor(BestSimdLevel());
  for (const size_t count : {0, 1, 31, 32, 33, 191, 193, 1'000'000}) {
    ComparePrices<double>(count, loops.price_greeks_double);
    ComparePrices<float>(count, loops.price_greeks_float);
  }
}

TEST(BatchBodiesTest, VolatilitiesEqualTheVectorLoops) {
  const SimdKernels& loops = SimdKernelsFor(BestSimdLevel());
  for (const size_t n : {0, 1, 31, 32, 33, 50'000}) {
    const std::vector<double> in = Contracts<double>(n, 60);
    const auto batch = [&](std::vector<double>& volatility, std::vector<uint8_t>& status) {
      const double* x = in.data();
      return ImpliedVolatilityBatch{x, x + 5 * n, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 6 * n, volatility.data(), status.data()};
    };
    std::vector<double> want(n + 1, 17), got(n + 1, 17);
    std::vector<uint8_t> want_status(n + 1, 99), got_status(n + 1, 99);
    loops.implied_volatility(batch(want, want_status), n);
    LaunchEmulator(2, 32).Run([&](EmulatedBlock& b) { InvertBatchBody(b, batch(got, got_status), n); });
    EXPECT_EQ(want_status, got_status) << n;
    size_t different = 0, found = 0;
    for (size_t i = 0; i <= n; ++i) {
      different += std::memcmp(&want[i], &got[i], sizeof want[i]) != 0 && !(std::isnan(want[i]) && std::isnan(got[i]));
      found += i < n && !std::isnan(want[i]);
    }
    EXPECT_EQ(different, 0u) << n;
    if (n > 1000) {
      EXPECT_GT(found, n / 10);
    }
  }
}

}  // namespace
}  // namespace tickgraph
