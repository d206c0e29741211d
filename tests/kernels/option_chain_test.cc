// Forwards, smiles and whole chains against chains made from known ones, the published counter-example of a smile, and bad quotes.
#include "kernels/option_chain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/parity_forward.h"

namespace tickgraph {
namespace {

constexpr OptionRight kCall = OptionRight::kCall;
constexpr OptionRight kPut = OptionRight::kPut;

std::vector<ParityQuote> LineOf(double forward, double discount, int strikes) {
  std::vector<ParityQuote> quotes;
  for (int i = 0; i < strikes; ++i) {
    const double strike = 80 + 5 * i, value = discount * (forward - strike), put = 10 + 0.3 * strike;
    quotes.push_back({strike, put + value - 0.05, put + value + 0.05, put - 0.1, put + 0.1});
  }
  return quotes;
}

TEST(ParityForwardTest, StaleQuotesDoNotMoveTheLine) {
  std::vector<ParityQuote> quotes = LineOf(101.3, 0.97, 11);
  quotes[2].call_bid += 4, quotes[2].call_ask += 4;
  quotes[9].put_bid += 7, quotes[9].put_ask += 7;
  const ParityForward fit = FitParityForward(quotes, 0.5, NAN);
  EXPECT_NEAR(fit.forward, 101.3, 0.02);
  EXPECT_NEAR(fit.rate, -std::log(0.97) / 0.5, 1e-3);
  EXPECT_LT(fit.rate_error, 0.01);
  EXPECT_EQ(fit.outside, 2);
}

TEST(ParityForwardTest, OneStrikeNeedsARate) {
  const std::vector<ParityQuote> quotes = LineOf(101.3, std::exp(-0.02), 1);
  EXPECT_TRUE(std::isnan(FitParityForward(quotes, 1, NAN).forward));
  EXPECT_NEAR(FitParityForward(quotes, 1, 0.02).forward, 101.3, 1e-9);
  EXPECT_TRUE(std::isnan(FitParityForward({}, 1, 0.02).forward));
}

TEST(SviTest, PublishedButterflyIsSeen) {
  // Vogt's example; Gatheral and Jacquier (2014), section 5.1: its density is negative near k = 0.8.
  const SviSmile vogt{-0.0410, 0.1331, 0.3060, 0.3586, 0.4153, 0, 0, 1};
  EXPECT_LT(SviDensity(vogt, 0.8), 0);
  EXPECT_GT(SviDensity(vogt, 0.0), 0);
}

TEST(SviTest, FindsTheSmileThatThePointsLieOn) {
  for (const SviSmile& want : {SviSmile{0.02, 0.1, -0.4, 0.05, 0.2, 0, 0, 1}, SviSmile{0.001, 0.02, -0.8, -0.02, 0.05, 0, 0, 1},
                               SviSmile{0.04, 0.3, 0.3, 0.1, 0.5, 0, 0, 1}}) {
    std::vector<SviPoint> points;
    for (int i = 0; i < 31; ++i) points.push_back({-0.45 + 0.03 * i, SviVariance(want, -0.45 + 0.03 * i), 1});
    const SviSmile found = FitSvi(points);
    for (const SviPoint& p : points) EXPECT_NEAR(SviVariance(found, p.log_moneyness), p.total_variance, 2e-5 * p.total_variance);
    EXPECT_GE(found.least_density, 0);
  }
}

TEST(SviTest, FewPointsAreFlatAndCalendarsAreSeen) {
  const std::vector<SviPoint> points = {{-0.1, 0.03, 1}, {0.1, 0.05, 1}};
  const SviSmile flat = FitSvi(points);
  EXPECT_NEAR(SviVariance(flat, 0.7), 0.04, 1e-15);
  EXPECT_EQ(FitSvi({}).points, 0);
  SviSmile later = flat;
  later.a = 0.03;
  EXPECT_NEAR(SviCalendarGap(flat, later, -1, 1), -0.01, 1e-15);
}

struct MadeChain {
  std::vector<ChainContract> contracts;
  std::vector<double> volatilities;
};

// Two expiries, a skew, quotes 2 % wide around the value.
MadeChain MakeChain(bool american, double spot, double rate, double yield) {
  MadeChain made;
  for (const double time : {0.25, 1.0}) {
    for (int i = 0; i < 17; ++i) {
      const double strike = spot * (0.8 + 0.025 * i), k = std::log(strike / (spot * std::exp((rate - yield) * time)));
      const double volatility = std::sqrt((0.04 + 0.1 * (-0.5 * k + std::sqrt(k * k + 0.01)) * 0.3) / 1.0);
      for (const OptionRight right : {kCall, kPut}) {
        const double value = american ? American({right, spot, strike, rate, yield, volatility, time}).price
                                      : European(right, spot, strike, rate, yield, volatility, time).price;
        made.contracts.push_back({right, american, strike, time, 0.99 * value, 1.01 * value});
        made.volatilities.push_back(volatility);
      }
    }
  }
  return made;
}

TEST(OptionChainTest, EuropeanChainComesBackFromItsQuotes) {
  const MadeChain made = MakeChain(false, 100, 0.03, 0.01);
  const ChainResult result = EvaluateChain(made.contracts, {});
  ASSERT_EQ(result.expiries.size(), 2u);
  for (const ChainExpiry& e : result.expiries) {
    EXPECT_NEAR(e.forward, 100 * std::exp(0.02 * e.time_years), 1e-9);
    EXPECT_NEAR(e.rate, 0.03, e.rate_source == RateSource::kParity ? 1e-9 : 1e-3);
    EXPECT_LT(e.smile_rms, 2e-4);
    EXPECT_GE(e.smile.least_density, 0);
  }
  for (size_t i = 0; i < made.contracts.size(); ++i) {
    const ChainValue& v = result.values[i];
    ASSERT_EQ(v.status, ChainStatus::kOk);
    EXPECT_NEAR(v.volatility, made.volatilities[i], 1e-9);
    EXPECT_FALSE(v.bid_volatility >= v.volatility);  // a bid may lie under the intrinsic value
    EXPECT_GT(v.ask_volatility, v.volatility);
    EXPECT_EQ(v.signal, 0) << i << " edge " << v.edge;
  }
}

TEST(OptionChainTest, OneCheapQuoteIsWorthTaking) {
  MadeChain made = MakeChain(false, 100, 0.03, 0.01);
  ChainContract& cheap = made.contracts[2 * 10];
  cheap.bid -= 0.5, cheap.ask -= 0.5;
  ChainSettings settings;
  settings.fee = 0.02;
  settings.least_edge = 0.1;
  const ChainResult result = EvaluateChain(made.contracts, settings);
  for (size_t i = 0; i < made.contracts.size(); ++i) EXPECT_EQ(result.values[i].signal, i == 20 ? 1 : 0) << i;
  EXPECT_NEAR(result.values[20].edge, 0.5 - 0.02 - 0.01 * (cheap.ask + 0.5), 0.2);
}

TEST(OptionChainTest, AmericanChainIsFreedOfItsExercise) {
  const MadeChain made = MakeChain(true, 100, 0.05, 0.02);
  ChainSettings settings;
  settings.spot = 100;
  const ChainResult result = EvaluateChain(made.contracts, settings);
  for (const ChainExpiry& e : result.expiries) {
    EXPECT_NEAR(e.forward, 100 * std::exp(0.03 * e.time_years), 0.02);
    EXPECT_NEAR(e.rate, 0.05, 3e-3);
  }
  int priced = 0;
  for (size_t i = 0; i < made.contracts.size(); ++i) {
    const ChainValue& v = result.values[i];
    const bool outside = (made.contracts[i].right == kCall) == (made.contracts[i].strike >= 100);
    if (v.status != ChainStatus::kOk || !outside) continue;
    ++priced;
    EXPECT_NEAR(v.volatility, made.volatilities[i], 1e-3) << i;
  }
  EXPECT_GT(priced, 30);
}

TEST(OptionChainTest, BadQuotesHaveTheirStatus) {
  const auto status = [](const ChainContract& odd) {
    MadeChain made = MakeChain(false, 100, 0.03, 0.01);
    made.contracts.push_back(odd);
    return EvaluateChain(made.contracts, {}).values.back().status;
  };
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, 7, 6}), ChainStatus::kCrossed);
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, 0, 6}), ChainStatus::kNoBid);
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, 5, NAN}), ChainStatus::kNoAsk);
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, NAN, NAN}), ChainStatus::kNoQuote);
  EXPECT_EQ(status({kCall, false, -1, 0.25, 5, 6}), ChainStatus::kInvalid);
  EXPECT_EQ(status({kCall, false, NAN, 0.25, 5, 6}), ChainStatus::kInvalid);
  EXPECT_EQ(status({kCall, false, 97.3, NAN, 5, 6}), ChainStatus::kInvalid);
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, -5, 6}), ChainStatus::kInvalid);
  EXPECT_EQ(status({kCall, false, 97.3, 0.25, 5, INFINITY}), ChainStatus::kInvalid);
  EXPECT_EQ(status({kCall, false, 97.3, 0, 5, 6}), ChainStatus::kExpired);
  EXPECT_EQ(status({kCall, false, 97.3, -1, 5, 6}), ChainStatus::kExpired);
  EXPECT_EQ(status({kCall, false, 60, 0.25, 30, 31}), ChainStatus::kBelowIntrinsic);
  EXPECT_EQ(status({kCall, false, 60, 0.25, 120, 121}), ChainStatus::kAboveMaximum);
}

TEST(OptionChainTest, OneStrikeAndMissingRates) {
  const std::vector<ChainContract> one = {{kCall, false, 100, 0.5, 5.9, 6.1}, {kPut, false, 100, 0.5, 4.9, 5.1}};
  EXPECT_EQ(EvaluateChain(one, {}).values[0].status, ChainStatus::kOneStrike);
  ChainSettings settings;
  settings.rate = 0.02;
  const ChainResult with_rate = EvaluateChain(one, settings);
  EXPECT_EQ(with_rate.values[0].status, ChainStatus::kOk);
  EXPECT_NEAR(with_rate.expiries[0].forward, 100 + std::exp(0.01), 1e-12);
  EXPECT_NEAR(with_rate.values[0].volatility, with_rate.values[1].volatility, 1e-9);
  const std::vector<ChainContract> calls = {{kCall, false, 100, 0.5, 5.9, 6.1}, {kCall, false, 110, 0.5, 1.9, 2.1}};
  EXPECT_EQ(EvaluateChain(calls, settings).values[0].status, ChainStatus::kMissingRate);
  settings.spot = 100;
  EXPECT_EQ(EvaluateChain(calls, settings).values[0].status, ChainStatus::kOk);
  EXPECT_TRUE(EvaluateChain({}, {}).values.empty());
}

}  // namespace
}  // namespace tickgraph
