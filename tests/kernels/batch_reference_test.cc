// Batches of a million contracts: every instruction set and the emulated grid give the same bits, at sizes around a warp too, and those
// bits are right to what a double or a float can carry, against the C library's long doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "hot/hash.h"
#include "kernels/batch_bodies.h"
#include "tests/kernels/launch_emulator.h"
#include "tests/kernels/long_double_option.h"

namespace tickgraph {
namespace {

constexpr size_t kSizes[] = {0, 1, 31, 32, 33, 1'000'000};
constexpr size_t kMost = 1'000'000;
constexpr int kInputs = 7, kOutputs = 6;

// Contracts as they are quoted: sign, spot, strike, rate, dividend yield, volatility, time.
template <class T>
std::vector<std::vector<T>> QuotedContracts(size_t count) {
  constexpr double kLow[] = {0, 20, .5, -.02, 0, .03, .01}, kHigh[] = {0, 500, 2, .1, .05, 1.5, 3};
  std::vector<std::vector<T>> columns(kInputs, std::vector<T>(count));
  for (size_t i = 0; i < count; ++i) {
    for (int c = 0; c < kInputs; ++c) {
      const double share = static_cast<double>(Mix(i * kInputs + static_cast<size_t>(c) + 1) >> 11) * 0x1p-53;
      columns[static_cast<size_t>(c)][i] = static_cast<T>(kLow[c] + (kHigh[c] - kLow[c]) * share);
    }
    columns[0][i] = Mix(i) % 2 == 0 ? T(1) : T(-1);
    columns[2][i] *= columns[1][i];
  }
  return columns;
}

// Whoever prices a batch: each instruction set's loop, then the body of the device's kernel.
struct Pricer {
  std::string name;
  int level;  // -1: the emulated grid
};
std::vector<Pricer> Pricers() {
  std::vector<Pricer> out;
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level)
    out.push_back({SimdKernelsFor(static_cast<SimdLevel>(level)).name, level});
  out.push_back({"emulated grid", -1});
  return out;
}

void Price(const Pricer& pricer, const EuropeanBatch<double>& batch, size_t count) {
  if (pricer.level >= 0) return SimdKernelsFor(static_cast<SimdLevel>(pricer.level)).price_greeks_double(batch, count);
  LaunchEmulator(3, 64).Run([&](EmulatedBlock& b) { PriceBatchBody(b, batch, count); });
}
void Price(const Pricer& pricer, const EuropeanBatch<float>& batch, size_t count) {
  if (pricer.level >= 0) return SimdKernelsFor(static_cast<SimdLevel>(pricer.level)).price_greeks_float(batch, count);
  LaunchEmulator(3, 64).Run([&](EmulatedBlock& b) { PriceBatchBody(b, batch, count); });
}
void Invert(const Pricer& pricer, const ImpliedVolatilityBatch& batch, size_t count) {
  if (pricer.level >= 0) return SimdKernelsFor(static_cast<SimdLevel>(pricer.level)).implied_volatility(batch, count);
  LaunchEmulator(3, 64).Run([&](EmulatedBlock& b) { InvertBatchBody(b, batch, count); });
}

template <class T>
std::vector<T> Priced(const Pricer& pricer, const std::vector<std::vector<T>>& in, size_t count) {
  std::vector<T> out(kOutputs * count + 1, T(17));
  T* y = out.data();
  const size_t n = count;
  Price(pricer,
        EuropeanBatch<T>{in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), in[5].data(), in[6].data(), y, y + n,
                         y + 2 * n, y + 3 * n, y + 4 * n, y + 5 * n},
        count);
  EXPECT_EQ(out.back(), T(17)) << pricer.name << " wrote past the end";
  return out;
}

// The largest distance from the long doubles, each number in units of the largest that a contract of its spot, time and volatility has.
template <class T>
double WorstError(const std::vector<std::vector<T>>& in, const std::vector<T>& out, size_t count) {
  constexpr size_t kCompared = 200'000;  // long doubles take their time
  double worst = 0;
  for (size_t i = 0; i < std::min(count, kCompared); ++i) {
    const double spot = in[1][i], strike = in[2][i], rate = in[3][i], yield = in[4][i], volatility = in[5][i], time = in[6][i];
    const LongDoubleOption want = LongDoubleEuropean(in[0][i], spot, strike, rate, yield, volatility, time);
    const long double numbers[] = {want.price, want.delta, want.gamma, want.vega, want.theta, want.rho};
    const double most = std::max(spot, strike), deviation = volatility * std::sqrt(time);
    const double units[] = {most,       1, 1 / (spot * deviation), spot * std::sqrt(time), most * (1 + volatility / std::sqrt(time)),
                            most * time};
    for (size_t f = 0; f < kOutputs; ++f)
      worst = std::max(worst, static_cast<double>(fabsl(numbers[f] - static_cast<long double>(out[f * count + i]))) / units[f]);
  }
  return worst;
}

template <class T>
void ExpectSameBitsAndRight(double largest_error) {
  const auto in = QuotedContracts<T>(kMost);
  for (const size_t count : kSizes) {
    const std::vector<T> scalar = Priced(Pricers().front(), in, count);
    for (const Pricer& pricer : Pricers()) {
      const std::vector<T> got = Priced(pricer, in, count);
      EXPECT_EQ(0, std::memcmp(scalar.data(), got.data(), got.size() * sizeof(T))) << pricer.name << " at size " << count;
    }
    EXPECT_LE(WorstError(in, scalar, count), largest_error) << count;
  }
}

TEST(BatchReferenceTest, GreeksInDouble) { ExpectSameBitsAndRight<double>(5e-14); }
TEST(BatchReferenceTest, GreeksInFloat) { ExpectSameBitsAndRight<float>(2e-5); }

// Prices by long double, rounded to double, give their volatility back to 1e-12 wherever one rounding of the price moves it by less.
TEST(BatchReferenceTest, ImpliedVolatilities) {
  auto in = QuotedContracts<double>(kMost);
  std::vector<double> price(kMost), carried(kMost);
  for (size_t i = 0; i < kMost; ++i) {
    const LongDoubleOption o = LongDoubleEuropean(in[0][i], in[1][i], in[2][i], in[3][i], in[4][i], in[5][i], in[6][i]);
    price[i] = static_cast<double>(o.price);
    // The inverter subtracts a discounted intrinsic value, whose rounding counts as the price's own.
    carried[i] = static_cast<double>(0x1p-52L * static_cast<long double>(std::max(in[1][i], in[2][i])) / (o.vega * in[5][i]));
  }
  for (const size_t count : kSizes) {
    std::vector<double> scalar, volatility(count);
    std::vector<uint8_t> scalar_status, status(count);
    for (const Pricer& pricer : Pricers()) {
      Invert(pricer,
             {in[0].data(), price.data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), in[6].data(), volatility.data(),
              status.data()},
             count);
      if (pricer.level == 0) scalar = volatility, scalar_status = status;
      EXPECT_TRUE(count == 0 || std::memcmp(scalar.data(), volatility.data(), count * sizeof(double)) == 0)
          << pricer.name << " at size " << count;
      EXPECT_EQ(scalar_status, status) << pricer.name << " at size " << count;
    }
    size_t carrying = 0;
    double worst = 0;
    for (size_t i = 0; i < count; ++i) {
      if (!(carried[i] < 1e-13)) continue;
      ++carrying;
      ASSERT_EQ(scalar_status[i], 0) << i;
      worst = std::max(worst, std::fabs(scalar[i] / in[5][i] - 1));
    }
    EXPECT_LE(worst, 1e-12) << count;
    EXPECT_GE(carrying, count / 2);
  }
}

}  // namespace
}  // namespace tickgraph
