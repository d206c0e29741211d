// Every instruction set gives the bits of the scalar loops, which are those of the functions of one contract.
#include "kernels/simd_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "hot/hash.h"

namespace tickgraph {
namespace {

template <class T>
struct Columns {
  explicit Columns(size_t n) : values(15, std::vector<T>(n + 1)) {
    for (size_t i = 0; i < n; ++i) {
      auto uniform = [&, at = uint64_t{0}](double low, double high) mutable {
        return static_cast<T>(low + (high - low) * static_cast<double>(Mix(i * 16 + at++) >> 11) * 0x1p-53);
      };
      values[0][i] = Mix(i) % 2 == 0 ? T(1) : T(-1);
      values[1][i] = uniform(i % 50 == 7 ? -1 : 20, 200);
      values[2][i] = uniform(10, 400);
      values[3][i] = uniform(-0.02, 0.1);
      values[4][i] = uniform(0, 0.05);
      values[5][i] = i % 41 == 3 ? T(0) : uniform(0.01, 1.5);
      values[6][i] = i % 37 == 5 ? T(0) : uniform(0.001, 3);
    }
  }
  EuropeanBatch<T> batch() {
    return {values[0].data(), values[1].data(), values[2].data(), values[3].data(),  values[4].data(),  values[5].data(), values[6].data(),
            values[7].data(), values[8].data(), values[9].data(), values[10].data(), values[11].data(), values[12].data()};
  }
  std::vector<std::vector<T>> values;
};

template <class T>
bool SameBits(const std::vector<T>& a, const std::vector<T>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    // NaNs are equal whatever their sign and payload: x86 leaves these to the operand order.
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && !(a[i] != a[i] && b[i] != b[i])) return false;
  }
  return true;
}

template <class T>
void CheckGreeks(void (*SimdKernels::*loop)(const EuropeanBatch<T>&, size_t)) {
  for (const size_t n : {size_t{0}, size_t{1}, size_t{31}, size_t{32}, size_t{33}, size_t{100'003}}) {
    Columns<T> want(n);
    for (size_t i = 0; i < n; ++i) {
      auto& v = want.values;
      const auto g =
          European<T>(v[0][i] > 0 ? OptionRight::kCall : OptionRight::kPut, v[1][i], v[2][i], v[3][i], v[4][i], v[5][i], v[6][i]);
      const T fields[] = {g.price, g.delta, g.gamma, g.vega, g.theta, g.rho};
      for (int f = 0; f < 6; ++f) v[7 + f][i] = fields[f];
    }
    for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
      Columns<T> got(n);
      (SimdKernelsFor(static_cast<SimdLevel>(level)).*loop)(got.batch(), n);
      for (int c = 7; c < 13; ++c)
        EXPECT_TRUE(SameBits(got.values[c], want.values[c])) << "level " << level << " column " << c << " size " << n;
    }
  }
}

TEST(SimdKernelsTest, GreeksInDoubleAreTheSameBits) { CheckGreeks<double>(&SimdKernels::price_greeks_double); }
TEST(SimdKernelsTest, GreeksInFloatAreTheSameBits) { CheckGreeks<float>(&SimdKernels::price_greeks_float); }

TEST(SimdKernelsTest, ImpliedVolatilitiesAreTheSameBits) {
  for (const size_t n : {size_t{0}, size_t{1}, size_t{31}, size_t{32}, size_t{33}, size_t{20'011}}) {
    Columns<double> c(n);
    auto& v = c.values;
    ScalarKernels().price_greeks_double(c.batch(), n);
    for (size_t i = 0; i < n; ++i) v[7][i] += i % 19 == 0 ? -3.0 : (i % 23 == 0 ? 300.0 : 0.0);
    std::vector<double> want(n);
    std::vector<uint8_t> want_status(n);
    for (size_t i = 0; i < n; ++i) {
      const auto r =
          ImpliedVolatility(v[0][i] > 0 ? OptionRight::kCall : OptionRight::kPut, v[7][i], v[1][i], v[2][i], v[3][i], v[4][i], v[6][i]);
      want[i] = r.volatility;
      want_status[i] = static_cast<uint8_t>(r.status);
    }
    for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
      std::vector<double> got(n);
      std::vector<uint8_t> status(n);
      SimdKernelsFor(static_cast<SimdLevel>(level))
          .implied_volatility(
              {v[0].data(), v[7].data(), v[1].data(), v[2].data(), v[3].data(), v[4].data(), v[6].data(), got.data(), status.data()}, n);
      EXPECT_TRUE(SameBits(got, want)) << level << " " << n;
      EXPECT_EQ(status, want_status) << level << " " << n;
    }
  }
}

// MMX registers are the x87 unit's: a loop that touches them turns every long double after it into NaN.
TEST(SimdKernelsTest, LongDoublesWorkAfterTheExtremes) {
  std::vector<PriceNanos> prices(100, 5);
  PairColumns c = {};
  for (PriceNanos** column : {&c.discounted_strike_nanos, &c.bid[0], &c.bid[1], &c.ask[0], &c.ask[1]}) *column = prices.data();
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
    const SimdKernels& kernels = SimdKernelsFor(static_cast<SimdLevel>(level));
    EXPECT_EQ(kernels.synthetic_extremes(c, 0, 100).highest_bid, 5);
    const volatile long double three = 3;
    const volatile long double product = three * three;
    EXPECT_EQ(product, 9) << kernels.name;
  }
}

}  // namespace
}  // namespace tickgraph
