// European options with a continuous dividend yield: price and Greeks in closed form (Black-Scholes-Merton; Haug 2007, sections 1.1 and 2).
//
// In the flow: the pricing stage of every engine, and `options price`. Pure functions, any thread, one source for CPU and GPU (math.h).
// Units: money per unit of the underlying, rates and yields continuous per year, vega per 1.00 of volatility, rho per 1.00 of rate,
// theta and charm per year of passing time. Defined everywhere: at zero (or negative) time or zero volatility the price is the discounted
// intrinsic value, and what has no limit there (gamma, vanna, volga) is 0; a spot or strike that is not positive, a negative volatility or
// a NaN gives NaN in every field.
#pragma once

#include "hot/event.h"
#include "kernels/math.h"

namespace tickgraph {

template <class T>
struct EuropeanGreeks {
  T price, delta, gamma, vega, theta, rho;
};
template <class T>
struct EuropeanHigherGreeks {
  T vanna, volga, charm;
};

// What a contract shares with its expiry and strike; an engine keeps it, so that a tick of the underlying costs no discounting.
template <class T>
struct EuropeanTerms {
  T sign;  // 1 call, -1 put
  T spot;
  T spot_discounted;    // spot e^(-dividend_yield time)
  T strike_discounted;  // strike e^(-rate time)
  T rate, dividend_yield, volatility;
  T time, sqrt_time;
};

template <class T>
TICKGRAPH_HD EuropeanTerms<T> MakeEuropeanTerms(T sign, T spot, T strike, T rate, T dividend_yield, T volatility, T time_years) {
  const T time = Larger(time_years, T(0));
  // A NaN in the discounted spot reaches every field.
  const bool valid = spot > T(0) && strike > T(0) && volatility >= T(0);
  const T checked = valid ? spot : NotANumber<T>();
  return {sign, spot,      checked * Exp(-dividend_yield * time), strike * Exp(-rate * time), rate, dividend_yield, volatility,
          time, Sqrt(time)};
}

// The quantities that price and Greeks are made of.
template <class T>
struct EuropeanParts {
  T d1, d2, inverse_deviation, inverse_spot;
  T density;   // discounted spot x n(d1) = discounted strike x n(d2)
  T spot_leg;  // discounted spot x N(sign d1)
  T cash_leg;  // discounted strike x N(sign d2)
};

// `moneyness` is ln(discounted spot / discounted strike).
template <class T>
TICKGRAPH_HD EuropeanParts<T> MakeEuropeanParts(const EuropeanTerms<T>& c, T moneyness) {
  EuropeanParts<T> p;
  const T deviation = c.volatility * c.sqrt_time;
  const bool random = deviation > T(0);
  const T inverse = T(1) / deviation;
  p.inverse_spot = T(1) / c.spot;
  p.inverse_deviation = random ? inverse : T(0);
  // Without chance d1 is beyond 64 deviations, where both probabilities are exactly 0 or 1; or 0, where both legs are the same.
  p.d1 = random ? Fma(moneyness, inverse, T(0.5) * deviation) : moneyness * T(1e30);
  p.d2 = p.d1 - deviation;
  const T scale = c.spot_discounted * ExpMinusHalfSquare(p.d1);
  p.density = scale * kInverseSqrtTwoPi<T>;
  // Both tails share `scale`, since spot n(d1) = strike n(d2): one exponential, and one division, for both probabilities.
  const TailFraction<T> tail1 = ScaledTailFraction(Smaller(Abs(p.d1), T(64)));
  const TailFraction<T> tail2 = ScaledTailFraction(Smaller(Abs(p.d2), T(64)));
  const T share = scale / (tail1.below * tail2.below);
  const T spot_tail = tail1.above * tail2.below * share;
  const T cash_tail = tail2.above * tail1.below * share;
  p.spot_leg = c.sign * p.d1 > T(0) ? c.spot_discounted - spot_tail : spot_tail;
  p.cash_leg = c.sign * p.d2 > T(0) ? c.strike_discounted - cash_tail : cash_tail;
  return p;
}
template <class T>
TICKGRAPH_HD EuropeanParts<T> MakeEuropeanParts(const EuropeanTerms<T>& c) {
  return MakeEuropeanParts(c, LogRatio(c.spot_discounted, c.strike_discounted));
}

template <class T>
TICKGRAPH_HD EuropeanGreeks<T> GreeksFromParts(const EuropeanTerms<T>& c, const EuropeanParts<T>& p) {
  EuropeanGreeks<T> g;
  g.price = c.sign * (p.spot_leg - p.cash_leg);
  g.delta = c.sign * p.spot_leg * p.inverse_spot;
  const T curvature = p.density * p.inverse_deviation;
  g.gamma = curvature * p.inverse_spot * p.inverse_spot;
  g.vega = p.density * c.sqrt_time;
  g.theta = Fma(c.sign, Fma(c.dividend_yield, p.spot_leg, -c.rate * p.cash_leg), T(-0.5) * c.volatility * c.volatility * curvature);
  g.rho = c.sign * c.time * p.cash_leg;
  return g;
}

template <class T>
TICKGRAPH_HD EuropeanHigherGreeks<T> HigherGreeksFromParts(const EuropeanTerms<T>& c, const EuropeanParts<T>& p) {
  const T density = p.density * p.inverse_spot;  // e^(-q time) n(d1)
  const T inverse_volatility = c.sqrt_time * p.inverse_deviation;
  const T inverse_time = c.volatility * p.inverse_deviation * (c.volatility * p.inverse_deviation);
  const T drift = T(2) * (c.rate - c.dividend_yield) * c.time - p.d2 * c.volatility * c.sqrt_time;
  EuropeanHigherGreeks<T> g;
  g.vanna = -density * p.d2 * inverse_volatility;
  g.volga = p.density * c.sqrt_time * p.d1 * p.d2 * inverse_volatility;
  g.charm = c.sign * c.dividend_yield * p.spot_leg * p.inverse_spot - T(0.5) * density * drift * p.inverse_deviation * inverse_time;
  return g;
}

template <class T>
TICKGRAPH_HD T OptionSign(OptionRight right) {
  return right == OptionRight::kCall ? T(1) : T(-1);
}

template <class T>
struct EuropeanContract {
  EuropeanTerms<T> terms;
  EuropeanParts<T> parts;
};
template <class T>
TICKGRAPH_HD EuropeanContract<T> MakeEuropeanContract(T sign, T spot, T strike, T rate, T dividend_yield, T volatility, T time_years) {
  const EuropeanTerms<T> terms = MakeEuropeanTerms(sign, spot, strike, rate, dividend_yield, volatility, time_years);
  // From the prices themselves: the logarithm then need not wait for the discounting.
  return {terms, MakeEuropeanParts(terms, Fma(rate - dividend_yield, terms.time, LogRatio(spot, strike)))};
}

template <class T>
TICKGRAPH_HD EuropeanGreeks<T> European(OptionRight right, T spot, T strike, T rate, T dividend_yield, T volatility, T time_years) {
  const EuropeanContract<T> c = MakeEuropeanContract(OptionSign<T>(right), spot, strike, rate, dividend_yield, volatility, time_years);
  return GreeksFromParts(c.terms, c.parts);
}

template <class T>
TICKGRAPH_HD EuropeanHigherGreeks<T> EuropeanHigher(OptionRight right, T spot, T strike, T rate, T dividend_yield, T volatility,
                                                    T time_years) {
  const EuropeanContract<T> c = MakeEuropeanContract(OptionSign<T>(right), spot, strike, rate, dividend_yield, volatility, time_years);
  return HigherGreeksFromParts(c.terms, c.parts);
}

}  // namespace tickgraph
