// American options against published values, a tree that shares no method with them, their own symmetries, and at the edges.
#include "kernels/american.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "tests/kernels/binomial.h"

namespace tickgraph {
namespace {

constexpr OptionRight kPut = OptionRight::kPut;
constexpr OptionRight kCall = OptionRight::kCall;

double EuropeanPrice(const AmericanContract& c) {
  return European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years).price;
}

double TreePrice(const AmericanContract& c) {
  return BinomialAmerican({c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years});
}

class Contracts {
 public:
  double Uniform(double low, double high) { return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53; }
  AmericanContract Next() {
    const OptionRight right = random_() % 2 == 0 ? kPut : kCall;
    return {right, Uniform(70, 130), 100, Uniform(0.005, 0.1), Uniform(0.005, 0.1), Uniform(0.1, 0.6), Uniform(0.02, 3)};
  }

 private:
  std::mt19937_64 random_{20161};
};

// The contracts of table 1 of Longstaff and Schwartz (2001) with reference values of ten digits, of which seven or eight are right: see
// PreciseSolvesTheEquation.
TEST(AmericanTest, LongstaffSchwartzContracts) {
  struct Row {
    double spot, volatility, time, price;
  };
  constexpr Row kRows[] = {{36, .2, 1, 4.4866744190}, {36, .2, 2, 4.8483040334}, {36, .4, 1, 7.1089802871}, {36, .4, 2, 8.5141849148},
                           {40, .2, 1, 2.3195742639}, {40, .2, 2, 2.8899512534}, {40, .4, 1, 5.3182938386}, {40, .4, 2, 6.9234576351}};
  for (const Row& row : kRows) {
    const AmericanContract c{kPut, row.spot, 40, 0.06, 0, row.volatility, row.time};
    EXPECT_NEAR(American(c).price, row.price, 3e-7) << row.spot << " " << row.volatility << " " << row.time;
    EXPECT_NEAR(American(c, AmericanPreset::kFast).price, row.price, 1e-5);
  }
}

// Andersen, Lake and Offengenden (2016): premiums over the European put.
TEST(AmericanTest, PublishedPremiums) {
  const AmericanContract even{kPut, 100, 100, 0.05, 0.05, 0.25, 1};
  EXPECT_NEAR(American(even).price - EuropeanPrice(even), 0.1069527028, 1e-9);
  const AmericanContract steep{kPut, 100, 100, 0.075, 0.05, 0.25, 1};
  EXPECT_NEAR(American(steep).price - EuropeanPrice(steep), 0.3671112309, 2e-7);
}

// On the boundary a put is worth its exercise (Kim 1990), an equation that the iteration does not use; and the price of the first contract
// of Longstaff and Schwartz, integrated in 22-digit arithmetic by adaptive quadrature, is 4.4866743567.
TEST(AmericanTest, PreciseSolvesTheEquation) {
  for (const double yield : {0.0, 0.03, 0.06, 0.09}) {
    for (const double time : {0.05, 1.0, 2.0}) {
      AmericanContract c{kPut, 100, 100, 0.06, yield, 0.2, time};
      const AmericanBoundary boundary = SolveAmericanBoundary(c, AmericanPreset::kPrecise);
      c.spot = CriticalSpot(c, boundary, AmericanPreset::kPrecise) * (1 + 1e-9);
      const AmericanUnitValue early = ScalarAmericanLoops().premium(AmericanTablesFor(AmericanPreset::kPrecise), boundary, c.spot / 100);
      EXPECT_NEAR(EuropeanPrice(c) + 100 * early.premium, 100 - c.spot, 1e-10) << yield << " " << time;
    }
  }
  EXPECT_NEAR(American({kPut, 36, 40, 0.06, 0, 0.2, 1}, AmericanPreset::kPrecise).price, 4.4866743567325, 5e-10);
  Contracts contracts;
  for (int i = 0; i < 20; ++i) {
    const AmericanContract c = contracts.Next();
    EXPECT_NEAR(American(c, AmericanPreset::kPrecise).price, American(c).price, 2e-7) << i;
  }
}

TEST(AmericanTest, PerpetualLimit) {
  // (K - B) (S/B)^-3 with B = 3/4 K, since 2 r / volatility^2 = 3.
  EXPECT_NEAR(American({kPut, 40, 40, 0.06, 0, 0.2, 200}).price, 4.21875, 2e-6);
}

TEST(AmericanTest, MatchesTreeOverRandomContracts) {
  Contracts contracts;
  for (int i = 0; i < 60; ++i) {
    const AmericanContract c = contracts.Next();
    EXPECT_NEAR(American(c).price, TreePrice(c), 1e-3) << i;
    EXPECT_NEAR(American(c, AmericanPreset::kFast).price, American(c).price, 1e-3) << i;
  }
}

TEST(AmericanTest, TwoBoundariesMatchTheTree) {
  for (const double spot : {70.0, 90.0, 100.0, 120.0}) {
    const AmericanContract c{kPut, spot, 100, -0.01, -0.04, 0.15, 2};
    EXPECT_NEAR(American(c).price, TreePrice(c), 2e-3) << spot;
    EXPECT_GE(American(c).price, 100 - spot);
  }
}

TEST(AmericanTest, EveryInstructionSetGivesTheSameBits) {
  Contracts contracts;
  for (int i = 0; i < 20; ++i) {
    const AmericanContract c = contracts.Next();
    const auto preset = i % 4 == 0 ? AmericanPreset::kAccurate : AmericanPreset::kFast;
    const AmericanValue scalar = AmericanFromBoundary(c, SolveAmericanBoundary(c, preset, SimdLevel::kScalar), preset, SimdLevel::kScalar);
    for (int level = 1; level <= static_cast<int>(BestSimdLevel()); ++level) {
      const auto simd = static_cast<SimdLevel>(level);
      const AmericanValue wide = AmericanFromBoundary(c, SolveAmericanBoundary(c, preset, simd), preset, simd);
      EXPECT_EQ(std::memcmp(&scalar, &wide, sizeof(wide)), 0) << i << " level " << level;
    }
  }
}

TEST(AmericanTest, CallIsThePutWithEverythingExchanged) {
  const AmericanContract call{kCall, 105, 95, 0.03, 0.07, 0.3, 0.75}, put{kPut, 95, 105, 0.07, 0.03, 0.3, 0.75};
  EXPECT_DOUBLE_EQ(American(call).price, American(put).price);
  const AmericanContract undividended{kCall, 105, 95, 0.03, 0, 0.3, 0.75};
  EXPECT_EQ(American(undividended).price, EuropeanPrice(undividended));
}

TEST(AmericanTest, GreeksAreTheSlopesOfThePrice) {
  for (const AmericanContract& c :
       {AmericanContract{kPut, 95, 100, 0.05, 0.02, 0.25, 0.8}, AmericanContract{kCall, 100, 95, 0.02, 0.06, 0.3, 1.5}}) {
    const AmericanGreeks g = AmericanAllGreeks(c);
    const auto slope = [&](double AmericanContract::*field, double h, auto value) {
      AmericanContract up = c, down = c;
      up.*field += h;
      down.*field -= h;
      return (value(up) - value(down)) / (2 * h);
    };
    const auto price = [](const AmericanContract& x) { return American(x).price; };
    const auto delta = [](const AmericanContract& x) { return American(x).delta; };
    EXPECT_NEAR(g.delta, slope(&AmericanContract::spot, 0.05, price), 1e-5);
    EXPECT_NEAR(g.gamma, slope(&AmericanContract::spot, 0.05, delta), 1e-5);
    EXPECT_NEAR(g.theta, -slope(&AmericanContract::time_years, 1e-3, price), 1e-4);
    EXPECT_NEAR(g.vega, slope(&AmericanContract::volatility, 1e-3, price), 1e-3);
    EXPECT_NEAR(g.rho, slope(&AmericanContract::rate, 1e-4, price), 1e-2);
    EXPECT_NEAR(g.vanna, slope(&AmericanContract::volatility, 1e-3, delta), 1e-3);
    EXPECT_NEAR(g.charm, -slope(&AmericanContract::time_years, 1e-3, delta), 1e-4);
  }
}

TEST(AmericanTest, NeverBelowEuropeanOrIntrinsicAndMonotone) {
  for (const double volatility : {1e-6, 1e-4, 1e-2, 0.1, 0.5, 2.0}) {
    for (const double time : {1e-4, 0.01, 1.0, 30.0}) {
      for (const double rate : {0.0, 0.001, 0.05, 0.2}) {
        for (const double yield : {-0.02, 0.0, 0.03, 0.2}) {
          double last = INFINITY;
          for (const double spot : {5.0, 50.0, 90.0, 100.0, 111.0, 200.0, 2000.0}) {
            const AmericanContract c{kPut, spot, 100, rate, yield, volatility, time};
            const AmericanValue v = American(c);
            ASSERT_TRUE(std::isfinite(v.price) && std::isfinite(v.delta) && std::isfinite(v.gamma) && std::isfinite(v.theta))
                << volatility << " " << time << " " << rate << " " << yield << " " << spot;
            EXPECT_GE(v.price, std::max(100 - spot, EuropeanPrice(c)) - 2e-5)
                << volatility << " " << time << " " << rate << " " << yield << " " << spot;
            EXPECT_LE(v.price, last + 1e-6);
            last = v.price;
          }
        }
      }
    }
  }
}

TEST(AmericanTest, DegenerateContractsAreDefined) {
  EXPECT_EQ(American({kPut, 90, 100, 0.05, 0, 0.2, 0}).price, 10);
  EXPECT_EQ(American({kPut, 90, 100, 0.05, 0, 0.2, -1}).price, 10);
  EXPECT_EQ(American({kPut, 90, 100, 0.05, 0, 0, 1}).price, 10);
  EXPECT_NEAR(American({kCall, 100, 90, 0.05, 0, 0, 1}).price, 100 - 90 * std::exp(-0.05), 1e-12);
  const AmericanGreeks exercised = AmericanAllGreeks({kPut, 50, 100, 0.05, 0, 0.2, 1});
  EXPECT_EQ(exercised.price, 50);
  EXPECT_EQ(exercised.delta, -1);
  EXPECT_EQ(exercised.vega, 0);
  const AmericanContract negative{kPut, 90, 100, -0.02, 0.01, 0.2, 1};
  EXPECT_EQ(American(negative).price, EuropeanPrice(negative));
  for (const AmericanContract& bad : {AmericanContract{kPut, 0, 100, 0, 0, 0.2, 1}, AmericanContract{kPut, 100, -1, 0, 0, 0.2, 1},
                                      AmericanContract{kPut, 100, 100, NAN, 0, 0.2, 1}, AmericanContract{kPut, 100, 100, 0, 0, -0.2, 1}})
    EXPECT_TRUE(std::isnan(AmericanAllGreeks(bad).price) && std::isnan(American(bad).delta));
}

TEST(AmericanTest, ImpliedVolatilityComesBack) {
  Contracts contracts;
  for (int i = 0; i < 12; ++i) {
    const AmericanContract c = contracts.Next();
    const AmericanValue v = American(c);
    if (v.gamma == 0) continue;
    const ImpliedVolatilityResult result = AmericanImpliedVolatility(c, v.price);
    ASSERT_EQ(result.status, ImpliedVolatilityStatus::kOk);
    EXPECT_NEAR(result.volatility, c.volatility, 1e-8) << i;
  }
}

TEST(AmericanTest, ImpliedVolatilityWhereThereIsNone) {
  const AmericanContract c{kPut, 90, 100, 0.05, 0, 0, 1};
  EXPECT_EQ(AmericanImpliedVolatility(c, 9.99).status, ImpliedVolatilityStatus::kBelowIntrinsic);
  EXPECT_EQ(AmericanImpliedVolatility(c, 100).status, ImpliedVolatilityStatus::kAboveMaximum);
  EXPECT_EQ(AmericanImpliedVolatility(c, NAN).status, ImpliedVolatilityStatus::kInvalid);
  EXPECT_EQ(AmericanImpliedVolatility({kPut, 90, 100, 0.05, 0, 0, 0}, 12).status, ImpliedVolatilityStatus::kExpired);
}

}  // namespace
}  // namespace tickgraph
