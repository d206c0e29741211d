// Published option values on every engine that runs here: each instruction set's loops, and the bodies of the device's kernels on the
// emulated grid. Sources: Haug (2007), Hull, Longstaff and Schwartz (2001), Andersen, Lake and Offengenden (2016).
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "kernels/american.h"
#include "kernels/batch_bodies.h"
#include "tests/kernels/launch_emulator.h"

namespace tickgraph {
namespace {

struct Contract {
  double sign, spot, strike, rate, dividend_yield, volatility, time, price;
};
constexpr Contract kPublished[] = {{1, 60, 65, .08, 0, .3, .25, 2.1333684449},
                                   {-1, 100, 95, .1, .05, .2, .5, 2.4647876468},
                                   {1, 42, 40, .1, 0, .2, .5, 4.7594223929},
                                   {-1, 42, 40, .1, 0, .2, .5, .8085993729},
                                   {1, 49, 50, .05, 0, .2, .3846, 2.4004610870}};
// Of the last: delta, gamma, vega, theta, rho.
constexpr double kHullGreeks[] = {.5216016340, .0655453773, 12.1052427542, -4.3053899645, 8.9065740988};
constexpr size_t kCount = std::size(kPublished);

struct Engine {
  std::string name;
  std::function<void(const EuropeanBatch<double>&)> price;
  std::function<void(const ImpliedVolatilityBatch&)> invert;
};

std::vector<Engine> Engines() {
  std::vector<Engine> out;
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
    const SimdKernels& kernels = SimdKernelsFor(static_cast<SimdLevel>(level));
    out.push_back({kernels.name, [&kernels](const auto& batch) { kernels.price_greeks_double(batch, kCount); },
                   [&kernels](const auto& batch) { kernels.implied_volatility(batch, kCount); }});
  }
  out.push_back({"emulated grid",
                 [](const auto& batch) { LaunchEmulator(2, 32).Run([&](EmulatedBlock& b) { PriceBatchBody(b, batch, kCount); }); },
                 [](const auto& batch) { LaunchEmulator(2, 32).Run([&](EmulatedBlock& b) { InvertBatchBody(b, batch, kCount); }); }});
  return out;
}

struct Columns {
  Columns() {
    for (size_t i = 0; i < kCount; ++i) {
      const Contract& c = kPublished[i];
      const double numbers[] = {c.sign, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time, c.price};
      for (size_t k = 0; k < std::size(numbers); ++k) in[k][i] = numbers[k];
    }
  }
  double in[8][kCount], out[6][kCount] = {};
};

TEST(OptionGoldenTest, EuropeanPricesAndGreeksOnEveryEngine) {
  for (const Engine& engine : Engines()) {
    Columns c;
    engine.price(
        {c.in[0], c.in[1], c.in[2], c.in[3], c.in[4], c.in[5], c.in[6], c.out[0], c.out[1], c.out[2], c.out[3], c.out[4], c.out[5]});
    for (size_t i = 0; i < kCount; ++i) EXPECT_NEAR(c.out[0][i], kPublished[i].price, 5e-11) << engine.name << " contract " << i;
    for (size_t g = 0; g < std::size(kHullGreeks); ++g) EXPECT_NEAR(c.out[g + 1][kCount - 1], kHullGreeks[g], 5e-11) << engine.name;
  }
}

// Ten digits of a price carry this much of the volatility: half a unit of the last over vega.
TEST(OptionGoldenTest, VolatilitiesOfPublishedPricesOnEveryEngine) {
  for (const Engine& engine : Engines()) {
    Columns c;
    uint8_t status[kCount];
    engine.invert({c.in[0], c.in[7], c.in[1], c.in[2], c.in[3], c.in[4], c.in[6], c.out[0], status});
    for (size_t i = 0; i < kCount; ++i) {
      EXPECT_EQ(status[i], 0) << engine.name;
      EXPECT_NEAR(c.out[0][i], kPublished[i].volatility, 1e-10) << engine.name << " contract " << i;
    }
  }
}

TEST(OptionGoldenTest, AmericanPutsOnEveryInstructionSet) {
  struct Row {
    AmericanContract contract;
    double value, tolerance;
    bool premium;
  };
  const auto put = [](double spot, double strike, double rate, double yield, double volatility, double time) {
    return AmericanContract{OptionRight::kPut, spot, strike, rate, yield, volatility, time};
  };
  const Row rows[] = {
      {put(36, 40, .06, 0, .2, 1), 4.4866744190, 3e-7, false},    {put(36, 40, .06, 0, .2, 2), 4.8483040334, 3e-7, false},
      {put(36, 40, .06, 0, .4, 1), 7.1089802871, 3e-7, false},    {put(36, 40, .06, 0, .4, 2), 8.5141849148, 3e-7, false},
      {put(40, 40, .06, 0, .2, 1), 2.3195742639, 3e-7, false},    {put(40, 40, .06, 0, .2, 2), 2.8899512534, 3e-7, false},
      {put(40, 40, .06, 0, .4, 1), 5.3182938386, 3e-7, false},    {put(40, 40, .06, 0, .4, 2), 6.9234576351, 3e-7, false},
      {put(100, 100, .05, .05, .25, 1), .1069527028, 1e-9, true}, {put(100, 100, .075, .05, .25, 1), .3671112309, 2e-7, true}};
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
    const auto simd = static_cast<SimdLevel>(level);
    for (const Row& row : rows) {
      const AmericanContract& c = row.contract;
      const auto boundary = SolveAmericanBoundary(c, AmericanPreset::kAccurate, simd);
      const double price = AmericanFromBoundary(c, boundary, AmericanPreset::kAccurate, simd).price;
      const double european = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years).price;
      EXPECT_NEAR(row.premium ? price - european : price, row.value, row.tolerance) << "level " << level << " spot " << c.spot;
    }
  }
}

}  // namespace
}  // namespace tickgraph
