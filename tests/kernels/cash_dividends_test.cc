// Cash dividends against published values of the escrowed model, a plain tree over the same model, and the edges.
#include "kernels/cash_dividends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tickgraph {
namespace {

constexpr OptionRight kCall = OptionRight::kCall;
constexpr OptionRight kPut = OptionRight::kPut;

TEST(CashDividendsTest, PublishedCalls) {
  // Hull, "Options, Futures and Other Derivatives": dividends of 0.50 in two and five months.
  const std::vector<CashDividend> two = {{2.0 / 12, 0.5}, {5.0 / 12, 0.5}};
  EXPECT_NEAR(EuropeanWithDividends({kCall, 40, 40, 0.09, 0, 0.3, 0.5}, two).price, 3.67, 5e-3);
  // Haug (2007), Roll-Geske-Whaley, which is exact for one dividend.
  const std::vector<CashDividend> one = {{0.25, 4}};
  EXPECT_NEAR(EuropeanWithDividends({kCall, 80, 82, 0.06, 0, 0.3, 1.0 / 3}, one).price, 3.5107, 5e-5);
  EXPECT_NEAR(AmericanWithDividends({kCall, 80, 82, 0.06, 0, 0.3, 1.0 / 3}, one).price, 4.3860, 2e-3);
}

// Cox, Ross and Rubinstein over the escrowed spot; every dividend falls on a step.
double PlainTree(const AmericanContract& c, const std::vector<CashDividend>& dividends, int steps) {
  const double step = c.time_years / steps, up = std::exp(c.volatility * std::sqrt(step)), discount = std::exp(-c.rate * step);
  const double p = (std::exp((c.rate - c.dividend_yield) * step) - 1 / up) / (up - 1 / up), sign = c.right == kCall ? 1 : -1;
  const auto value_at = [&](double t, bool before) {
    double sum = 0;
    for (const CashDividend& d : dividends) {
      if (d.time_years <= c.time_years && (before ? d.time_years > t - 1e-9 : d.time_years > t + 1e-9))
        sum += d.amount * std::exp(-c.rate * (d.time_years - t));
    }
    return sum;
  };
  const double start = c.spot - value_at(0, false);
  std::vector<double> value(static_cast<size_t>(steps) + 1);
  for (int level = steps; level >= 0; --level) {
    const double before = value_at(level * step, level > 0), after = value_at(level * step, false);
    for (int i = 0; i <= level; ++i) {
      const double x = start * std::pow(up, 2 * i - level);
      const double held = level == steps ? std::max(0.0, sign * (x - c.strike))
                                         : discount * (p * value[static_cast<size_t>(i) + 1] + (1 - p) * value[static_cast<size_t>(i)]);
      value[static_cast<size_t>(i)] = std::max({held, sign * (x + before - c.strike), sign * (x + after - c.strike)});
    }
  }
  return value[0];
}

TEST(CashDividendsTest, MatchesAPlainTree) {
  const std::vector<CashDividend> dividends = {{0.2, 1.5}, {0.7, 2.0}, {1.5, 9.0}};
  for (const OptionRight right : {kCall, kPut}) {
    for (const double spot : {80.0, 100.0, 125.0}) {
      for (const double volatility : {0.15, 0.4}) {
        const AmericanContract c{right, spot, 100, 0.05, 0, volatility, 1.0};
        EXPECT_NEAR(AmericanWithDividends(c, dividends).price, PlainTree(c, dividends, 1600), 6e-3) << spot << " " << volatility;
      }
    }
  }
}

TEST(CashDividendsTest, WithoutDividendsItIsTheAmericanOption) {
  for (const OptionRight right : {kCall, kPut}) {
    const AmericanContract c{right, 95, 100, 0.05, 0.03, 0.25, 0.8};
    const std::vector<CashDividend> after = {{0.9, 3}, {-0.1, 3}};
    EXPECT_NEAR(AmericanWithDividends(c, after).price, American(c).price, 3e-3);
    EXPECT_NEAR(AmericanWithDividends(c, after).delta, American(c).delta, 1e-3);
    EXPECT_EQ(EuropeanWithDividends(c, after).price, European(right, 95.0, 100.0, 0.05, 0.03, 0.25, 0.8).price);
  }
}

TEST(CashDividendsTest, GreeksAreTheSlopesOfThePrice) {
  const std::vector<CashDividend> dividends = {{0.3, 2}, {0.6, 2}};
  for (const bool american : {false, true}) {
    const AmericanContract c{kPut, 100, 100, 0.04, 0, 0.25, 1};
    const auto price = [&](AmericanContract x, double passed) {
      std::vector<CashDividend> moved = dividends;
      for (CashDividend& d : moved) d.time_years -= passed;
      x.time_years -= passed;
      return american ? AmericanWithDividends(x, moved).price : EuropeanWithDividends(x, moved).price;
    };
    const AmericanGreeks g = american ? AmericanWithDividends(c, dividends) : EuropeanWithDividends(c, dividends);
    const auto slope = [&](double AmericanContract::*field, double h) {
      AmericanContract up = c, down = c;
      up.*field += h, down.*field -= h;
      return (price(up, 0) - price(down, 0)) / (2 * h);
    };
    EXPECT_NEAR(g.delta, slope(&AmericanContract::spot, 1), 3e-3);
    EXPECT_NEAR(g.vega, slope(&AmericanContract::volatility, 0.01), 0.2);
    EXPECT_NEAR(g.rho, slope(&AmericanContract::rate, 0.004), 0.3);
    EXPECT_NEAR(g.theta, (price(c, 0.02) - price(c, -0.02)) / 0.04, 0.05);
  }
}

TEST(CashDividendsTest, ImpliedVolatilityComesBackOrSaysWhyNot) {
  const std::vector<CashDividend> dividends = {{0.25, 4}};
  for (const OptionRight right : {kCall, kPut}) {
    const AmericanContract c{right, 80, 82, 0.06, 0, 0.3, 1.0 / 3};
    const double european = EuropeanWithDividends(c, dividends).price, american = AmericanWithDividends(c, dividends).price;
    EXPECT_NEAR(ImpliedVolatilityWithDividends(c, false, european, dividends).volatility, 0.3, 1e-12);
    EXPECT_NEAR(ImpliedVolatilityWithDividends(c, true, american, dividends).volatility, 0.3, 1e-7);
    EXPECT_EQ(ImpliedVolatilityWithDividends(c, true, 90, dividends).status, ImpliedVolatilityStatus::kAboveMaximum);
  }
  EXPECT_EQ(ImpliedVolatilityWithDividends({kPut, 60, 82, 0.06, 0, 0, 0.3}, true, 21, dividends).status,
            ImpliedVolatilityStatus::kBelowIntrinsic);
  EXPECT_EQ(ImpliedVolatilityWithDividends({kPut, 60, 82, 0.06, 0, 0, 0}, true, 23, dividends).status, ImpliedVolatilityStatus::kExpired);
  const std::vector<CashDividend> all = {{0.1, 100}};
  EXPECT_TRUE(std::isnan(AmericanWithDividends({kCall, 80, 82, 0.06, 0, 0.3, 1}, all).vega));
  EXPECT_EQ(ImpliedVolatilityWithDividends({kCall, 80, 82, 0.06, 0, 0.3, 1}, true, 3, all).status, ImpliedVolatilityStatus::kInvalid);
}

}  // namespace
}  // namespace tickgraph
