// The math against tables computed with 40-digit arithmetic (mpmath), and option values of Haug 2007 and Hull.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/european.h"
#include "kernels/implied_volatility.h"

namespace tickgraph {
namespace {

struct Reference {
  double x, value;
};
constexpr Reference kExp[] = {
    {-700.5, 5.9801961186397912064e-305}, {-87.25, 1.2817592313147442053e-38},    {-20.125, 1.8189616875530459008e-9},
    {-1.5, 0.22313016014842982893},       {-0.001953125, 0.99804878110747547271}, {0.3125, 1.3668379411737963628},
    {1, 2.7182818284590452354},           {7.75, 2321.5724146110567464},          {88.5, 2.7230878250681116121e+38},
    {700.25, 1.3022997366991783935e+304},
};
constexpr Reference kLog[] = {
    {1e-310, -713.8013788281541651},      {1e-30, -69.077552789821370437},      {0.125, -2.0794415416798359283},
    {0.70710678, -0.3465735919580041927}, {0.9999, -0.00010000500033334732082}, {1.0000001, 9.9999995058387045178e-8},
    {1.5, 0.40546510810816438198},        {2.7182818, 0.9999999895305023585},   {1e5, 11.51292546497022842},
    {1e300, 690.77552789821370526},
};
constexpr Reference kCdf[] = {
    {-37.5, 4.6053530095819548438e-308}, {-30, 4.9067139271481870595e-198}, {-20.25, 1.7761998649495700309e-91},
    {-8.5, 9.4795348222033183542e-18},   {-5, 2.8665157187919391167e-7},    {-2.5, 0.006209665325776135167},
    {-1, 0.15865525393145705141},        {-0.125, 0.45026177516988710702},  {0, 0.5},
    {0.5, 0.69146246127401310364},       {3, 0.99865010196836990547},       {6.25, 0.99999999979477365748},
};
struct EuropeanReference {
  double sign, spot, strike, rate, dividend_yield, volatility, time, price, vanna, volga, charm;
};
constexpr EuropeanReference kEuropean[] = {
    {1, 100, 100, 0.05, 0.02, 0.2, 0.5, 6.3076351549542003, -0.068739486029910958, 0.85924357537388701, -0.057449787340060539},
    {-1, 100, 80, 0.03, 0.01, 0.35, 1.25, 5.388094234331834, -0.34981881439191596, 32.453795970462139, 0.032695025500388225},
    {1, 100, 150, 0.01, 0, 0.25, 0.25, 0.0025887940116997419, 0.035452389656652844, 5.6036416945973127, -0.017941958717088085},
    {1, 100, 300, 0.02, 0, 0.2, 0.25, 6.0115534984852755e-28, 4.0467895891377439e-25, 2.2026924381947592e-22, -1.6334500221588508e-25},
    {-1, 50, 20, 0, 0.03, 0.3, 0.1, 9.3678754365072766e-23, -6.0297404605191843e-20, 9.2233998504518452e-18, 9.1037453382742784e-20},
};

double RelativeError(double got, double want) { return want == 0 ? std::fabs(got) : std::fabs(got / want - 1); }

TEST(MathTest, MatchesFortyDigitTables) {
  for (const auto& [x, value] : kExp) EXPECT_LT(RelativeError(Exp(x), value), 3e-16) << x;
  for (const auto& [x, value] : kLog) EXPECT_LT(RelativeError(Log(x), value), 3e-16) << x;
  for (const auto& [x, value] : kCdf) EXPECT_LT(RelativeError(NormalCdf(x), value), 2e-15) << x;
}

TEST(MathTest, LogarithmOfAQuotientByOneDivision) {
  constexpr double kQuotients[][3] = {{747.93, 750, -0.00276381582273112952974}, {3, 1e-300, 691.874140186881814872},
                                      {1e-100, 1e200, -690.775527898213705155},  {1.5, 1, 0.40546510810816438198},
                                      {1, 1.4999, -0.405398439219176730061},     {100, 100, 0}};
  for (const auto& [a, b, value] : kQuotients) EXPECT_LE(RelativeError(LogRatio(a, b), value), 4.5e-16) << a << " " << b;
  for (double a = 0.01; a < 100; a *= 1.0137) {
    EXPECT_NEAR(LogRatio(a, 1.7), std::log(a / 1.7), 2e-16 + 5e-16 * std::fabs(std::log(a / 1.7))) << a;
    EXPECT_NEAR(LogRatio(float(a), 1.7f), std::log(double{float(a)} / double{1.7f}), 2e-8 + 2e-7 * std::fabs(std::log(a / 1.7))) << a;
  }
}

TEST(MathTest, FloatMatchesDouble) {
  for (float x = -12.0f; x < 80.0f; x += 0.0371f) {
    EXPECT_LT(RelativeError(Exp(x), std::exp(double{x})), 2e-7) << x;
    EXPECT_LT(RelativeError(NormalCdf(x), 0.5 * std::erfc(-double{x} / std::sqrt(2.0))), 6e-7) << x;
    const float y = Exp(x);
    if (std::fabs(x) > 0.01f) {
      EXPECT_LT(RelativeError(Log(y), std::log(double{y})), 2e-7) << x;
    }
  }
}

TEST(MathTest, EndsAreDefined) {
  EXPECT_EQ(Exp(-1e9), 0.0);
  EXPECT_EQ(Exp(-745.0), 0.0);
  EXPECT_EQ(Exp(-100.0f), 0.0f);
  EXPECT_EQ(Exp(1000.0), INFINITY);
  EXPECT_TRUE(std::isnan(Exp(NAN)));
  EXPECT_EQ(Log(0.0), -INFINITY);
  EXPECT_EQ(Log(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(Log(-1.0)));
  EXPECT_EQ(NormalCdf(INFINITY), 1.0);
  EXPECT_EQ(NormalCdf(-INFINITY), 0.0);
  EXPECT_EQ(RoundToInt64(-2.5), -2);
  EXPECT_EQ(RoundToInt64(3.5), 4);
  EXPECT_EQ(ToDouble(-1234567890123), -1234567890123.0);
}

TEST(EuropeanTest, HaugAndHullValues) {
  EXPECT_NEAR(European(OptionRight::kCall, 60.0, 65.0, 0.08, 0.0, 0.3, 0.25).price, 2.1333684449, 5e-11);
  EXPECT_NEAR(European(OptionRight::kPut, 100.0, 95.0, 0.1, 0.05, 0.2, 0.5).price, 2.4647876468, 5e-11);
  EXPECT_NEAR(European(OptionRight::kCall, 42.0, 40.0, 0.1, 0.0, 0.2, 0.5).price, 4.7594223929, 5e-11);
  EXPECT_NEAR(European(OptionRight::kPut, 42.0, 40.0, 0.1, 0.0, 0.2, 0.5).price, 0.8085993729, 5e-11);
  const EuropeanGreeks<double> g = European(OptionRight::kCall, 49.0, 50.0, 0.05, 0.0, 0.2, 0.3846);
  EXPECT_NEAR(g.price, 2.4004610870, 5e-11);
  EXPECT_NEAR(g.delta, 0.5216016340, 5e-11);
  EXPECT_NEAR(g.gamma, 0.0655453773, 5e-11);
  EXPECT_NEAR(g.vega, 12.1052427542, 5e-11);
  EXPECT_NEAR(g.theta, -4.3053899645, 5e-11);
  EXPECT_NEAR(g.rho, 8.9065740988, 5e-11);
}

TEST(EuropeanTest, MatchesFortyDigitTables) {
  for (const EuropeanReference& r : kEuropean) {
    const OptionRight right = r.sign > 0 ? OptionRight::kCall : OptionRight::kPut;
    EXPECT_LT(RelativeError(European(right, r.spot, r.strike, r.rate, r.dividend_yield, r.volatility, r.time).price, r.price), 2e-13)
        << r.strike;
    const auto higher = EuropeanHigher(right, r.spot, r.strike, r.rate, r.dividend_yield, r.volatility, r.time);
    EXPECT_LT(RelativeError(higher.vanna, r.vanna), 2e-13) << r.strike;
    EXPECT_LT(RelativeError(higher.volga, r.volga), 2e-13) << r.strike;
    EXPECT_LT(RelativeError(higher.charm, r.charm), 2e-13) << r.strike;
    const float single =
        European<float>(right, float(r.spot), float(r.strike), float(r.rate), float(r.dividend_yield), float(r.volatility), float(r.time))
            .price;
    EXPECT_NEAR(single, r.price, 1e-6 * r.spot);
  }
}

TEST(EuropeanTest, DegenerateInputsAreDefined) {
  const auto expired = European(OptionRight::kCall, 110.0, 100.0, 0.05, 0.0, 0.2, 0.0);
  EXPECT_EQ(expired.price, 10.0);
  EXPECT_EQ(expired.delta, 1.0);
  EXPECT_EQ(expired.gamma, 0.0);
  EXPECT_EQ(expired.vega, 0.0);
  EXPECT_EQ(European(OptionRight::kPut, 110.0, 100.0, 0.05, 0.0, 0.2, -1.0).price, 0.0);
  EXPECT_NEAR(European(OptionRight::kCall, 100.0, 100.0, 0.05, 0.0, 0.0, 1.0).price, 100 - 100 * std::exp(-0.05), 1e-12);
  EXPECT_EQ(European(OptionRight::kCall, 100.0, 100.0, 0.0, 0.0, 0.2, 0.0).price, 0.0);
  // A NaN anywhere reaches every number, whatever the others are.
  for (const double volatility : {0.0, 0.2}) {
    for (const double time : {0.0, 1.0}) {
      for (int at = 0; at < 6; ++at) {
        double x[] = {100, 95, 0.05, 0.01, volatility, time};
        x[at] = NAN;
        const auto g = European(OptionRight::kPut, x[0], x[1], x[2], x[3], x[4], x[5]);
        for (const double number : {g.price, g.delta, g.gamma, g.vega, g.theta, g.rho}) EXPECT_TRUE(std::isnan(number)) << "input " << at;
        const auto single = European(OptionRight::kCall, float(x[0]), float(x[1]), float(x[2]), float(x[3]), float(x[4]), float(x[5]));
        EXPECT_TRUE(std::isnan(single.price) && std::isnan(single.vega)) << "input " << at;
        const auto h = EuropeanHigher(OptionRight::kCall, x[0], x[1], x[2], x[3], x[4], x[5]);
        EXPECT_TRUE(std::isnan(h.vanna) && std::isnan(h.volga) && std::isnan(h.charm)) << "input " << at;
      }
    }
  }
  for (const double bad : {0.0, -1.0, double{NAN}}) {
    const auto g = European(OptionRight::kCall, bad, 100.0, 0.05, 0.0, 0.2, 1.0);
    for (const double x : {g.price, g.delta, g.gamma, g.vega, g.theta, g.rho}) EXPECT_TRUE(std::isnan(x));
    EXPECT_TRUE(std::isnan(European(OptionRight::kPut, 100.0, bad, 0.05, 0.0, 0.2, 1.0).price));
  }
  EXPECT_TRUE(std::isnan(European(OptionRight::kCall, 100.0, 100.0, 0.05, 0.0, -0.2, 1.0).price));
}

TEST(ImpliedVolatilityTest, InvertsFortyDigitPrices) {
  for (const EuropeanReference& r : kEuropean) {
    const auto found =
        ImpliedVolatility(r.sign > 0 ? OptionRight::kCall : OptionRight::kPut, r.price, r.spot, r.strike, r.rate, r.dividend_yield, r.time);
    EXPECT_EQ(found.status, ImpliedVolatilityStatus::kOk);
    EXPECT_LT(RelativeError(found.volatility, r.volatility), 1e-12) << r.strike;
  }
}

TEST(ImpliedVolatilityTest, RoundTripsInNormalizedUnitsIncludingDeepWings) {
  for (double log_x = -12; log_x <= 5.5; log_x += 0.25) {
    const double x = -std::exp(log_x), maximum = Exp(0.5 * x);
    for (double log_s = -7; log_s <= 3.2; log_s += 0.1) {
      const double s = std::exp(log_s);
      const NormalizedBlack b = NormalizedBlackAt(x, s, maximum);
      if (!(b.price > 1e-290) || !(b.price < maximum)) continue;
      // What one rounding of the price does to s, where the price is near its maximum.
      const double carried = std::max(1.0, b.price / (b.scale * kInverseSqrtTwoPi<double> * s));
      EXPECT_LT(RelativeError(NormalizedImpliedDeviation(x, b.price, maximum), s), 1e-14 * carried) << x << " " << s;
    }
  }
}

TEST(ImpliedVolatilityTest, AtTheMoneyIsTheClosedForm) {
  for (const double volatility : {1e-5, 0.001, 0.2, 1.5}) {
    const double price = European(OptionRight::kCall, 100.0, 100.0, 0.0, 0.0, volatility, 1.0).price;
    // An at-the-money price of a small volatility is a difference of two halves: it carries about 1e-16 / volatility.
    EXPECT_LT(RelativeError(ImpliedVolatility(OptionRight::kCall, price, 100.0, 100.0, 0.0, 0.0, 1.0).volatility, volatility),
              4e-15 + 4e-15 / volatility);
  }
}

TEST(ImpliedVolatilityTest, StatusCodes) {
  using S = ImpliedVolatilityStatus;
  const auto status = [](OptionRight right, double price, double spot, double strike, double time) {
    const auto found = ImpliedVolatility(right, price, spot, strike, 0.0, 0.0, time);
    EXPECT_EQ(found.status != S::kOk, std::isnan(found.volatility));
    return found.status;
  };
  EXPECT_EQ(status(OptionRight::kCall, 5, 100, 90, 1), S::kBelowIntrinsic);
  EXPECT_EQ(status(OptionRight::kCall, 101, 100, 90, 1), S::kAboveMaximum);
  EXPECT_EQ(status(OptionRight::kPut, 90, 100, 90, 1), S::kAboveMaximum);
  EXPECT_EQ(status(OptionRight::kPut, -1, 100, 90, 1), S::kBelowIntrinsic);
  EXPECT_EQ(status(OptionRight::kCall, 5, 100, 100, 0), S::kExpired);
  EXPECT_EQ(status(OptionRight::kCall, 5, 100, 100, -1), S::kExpired);
  EXPECT_EQ(status(OptionRight::kCall, 5, 0, 100, 1), S::kInvalid);
  EXPECT_EQ(status(OptionRight::kCall, 5, 100, -3, 1), S::kInvalid);
  EXPECT_EQ(status(OptionRight::kCall, NAN, 100, 100, 1), S::kInvalid);
  EXPECT_EQ(status(OptionRight::kCall, 5, INFINITY, 100, 1), S::kInvalid);
  EXPECT_EQ(status(OptionRight::kCall, 5, 100, 100, NAN), S::kInvalid);
  EXPECT_EQ(ImpliedVolatility(OptionRight::kCall, 10, 100, 90, 0, 0, 1).volatility, 0.0);
}

}  // namespace
}  // namespace tickgraph
