// An American contract in the units of its solver, a put of strike 1, and back.
//
// In the flow: american.cc and the kernel body of american_batch.h both go this way. Pure functions, any thread, CPU and GPU. Units and
// what is defined where: american.h.
#pragma once

#include "kernels/european.h"

namespace tickgraph {

struct AmericanContract {
  OptionRight right;
  double spot, strike, rate, dividend_yield, volatility, time_years;
};

struct AmericanValue {
  double price, delta, gamma, theta;
};

namespace american_internal {

TICKGRAPH_HD bool IsFinite(double x) { return x - x == 0.0; }

TICKGRAPH_HD bool IsValid(const AmericanContract& c) {
  return c.spot > 0.0 && c.strike > 0.0 && c.volatility >= 0.0 && IsFinite(c.spot) && IsFinite(c.strike) && IsFinite(c.rate) &&
         IsFinite(c.dividend_yield) && IsFinite(c.volatility) && IsFinite(c.time_years);
}

TICKGRAPH_HD double Sign(const AmericanContract& c) { return OptionSign<double>(c.right); }
TICKGRAPH_HD double Intrinsic(const AmericanContract& c) { return Larger(Sign(c) * (c.spot - c.strike), 0.0) + 0.0; }

// The put that a contract is worth, in units where a call's strike is its spot.
struct UnitPut {
  double scale, moneyness, rate, yield;
};
TICKGRAPH_HD UnitPut ToUnitPut(const AmericanContract& c) {
  if (c.right == OptionRight::kPut) return {c.strike, c.spot / c.strike, c.rate, c.dividend_yield};
  return {c.spot, c.strike / c.spot, c.dividend_yield, c.rate};
}

TICKGRAPH_HD bool IsNeverExercised(const UnitPut& put) { return put.rate <= 0.0 && put.yield >= put.rate; }
TICKGRAPH_HD bool HasTwoBoundaries(const UnitPut& put) { return put.rate < 0.0 && put.yield < put.rate; }

// The integral equation prices it.
TICKGRAPH_HD bool IsRegular(const AmericanContract& c) {
  const UnitPut put = ToUnitPut(c);
  return IsValid(c) && c.time_years > 0.0 && c.volatility * Sqrt(c.time_years) > 1e-7 && !IsNeverExercised(put) && !HasTwoBoundaries(put);
}

// Derivatives by the contract's spot from those of the unit put, and theta from the pricing equation.
TICKGRAPH_HD AmericanValue FromUnit(const AmericanContract& c, const UnitPut& put, double price, double delta, double gamma) {
  AmericanValue v;
  v.price = put.scale * price;
  v.delta = c.right == OptionRight::kPut ? delta : price - put.moneyness * delta;
  v.gamma = (c.right == OptionRight::kPut ? gamma : put.moneyness * put.moneyness * gamma) / put.scale;
  v.theta =
      c.rate * v.price - (c.rate - c.dividend_yield) * c.spot * v.delta - 0.5 * c.volatility * c.volatility * c.spot * c.spot * v.gamma;
  return v;
}

TICKGRAPH_HD AmericanValue Exercised(const AmericanContract& c) { return {Intrinsic(c), Intrinsic(c) > 0.0 ? Sign(c) : 0.0, 0.0, 0.0}; }

// What a regular contract is worth where its unit put's early exercise adds this to the European value; `critical` is the unit spot at
// which exercise at once begins to pay.
TICKGRAPH_HD AmericanValue ValueWithPremium(const AmericanContract& c, const UnitPut& put, double critical, double premium, double delta,
                                            double gamma) {
  if (put.moneyness <= critical) return Exercised(c);
  const auto unit = European(OptionRight::kPut, put.moneyness, 1.0, put.rate, put.yield, c.volatility, c.time_years);
  AmericanValue v = FromUnit(c, put, unit.price + premium, unit.delta + delta, unit.gamma + gamma);
  v.price = Larger(v.price, Intrinsic(c));
  return v;
}

// From the boundary at the longest time.
TICKGRAPH_HD double CriticalMoneyness(double limit, double log_square) { return limit * Exp(-Sqrt(log_square)); }

}  // namespace american_internal
}  // namespace tickgraph
