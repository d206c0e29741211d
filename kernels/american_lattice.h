// A binomial lattice for the American puts that have two exercise boundaries (yield < rate < 0), where the integral equation of
// american_body.h does not hold.
//
// In the flow: american.cc alone calls it. Any thread; works in a fixed array on the stack. The step before expiry is the European value
// in closed form, which takes the saw-tooth out of the error, and two sizes are extrapolated (Broadie and Detemple 1996).
#pragma once

#include "kernels/european.h"

namespace tickgraph {

inline constexpr int kLatticeSteps = 1000;

struct LatticeValue {
  double price, delta, gamma;
};

inline LatticeValue LatticePut(double spot, double strike, double rate, double yield, double volatility, double time, int steps) {
  double value[kLatticeSteps + 3];
  const double step = time / steps, up = Exp(volatility * Sqrt(step)), discount = Exp(-rate * step);
  const double probability = (Exp((rate - yield) * step) - 1.0 / up) / (up - 1.0 / up);
  const double rise = discount * probability, fall = discount * (1.0 - probability);
  // Two steps earlier than now, so that now has three nodes to take differences of.
  const int last = steps + 1;
  double lowest = spot;
  for (int i = 0; i < last; ++i) lowest /= up;
  double s = lowest;
  for (int i = 0; i <= last; ++i, s *= up * up) {
    const double held = European(OptionRight::kPut, s, strike, rate, yield, volatility, step).price;
    value[i] = Larger(held, strike - s);
  }
  for (int level = last - 1; level >= 2; --level) {
    lowest *= up;
    s = lowest;
    for (int i = 0; i <= level; ++i, s *= up * up) value[i] = Larger(Fma(rise, value[i + 1], fall * value[i]), strike - s);
  }
  const double low = spot / (up * up), high = spot * up * up;
  const double below = (value[1] - value[0]) / (spot - low), above = (value[2] - value[1]) / (high - spot);
  return {value[1], (below * (high - spot) + above * (spot - low)) / (high - low), 2.0 * (above - below) / (high - low)};
}

inline LatticeValue ExtrapolatedLatticePut(double spot, double strike, double rate, double yield, double volatility, double time) {
  constexpr int kSteps = kLatticeSteps / 2;
  const LatticeValue coarse = LatticePut(spot, strike, rate, yield, volatility, time, kSteps);
  const LatticeValue fine = LatticePut(spot, strike, rate, yield, volatility, time, 2 * kSteps);
  return {2.0 * fine.price - coarse.price, 2.0 * fine.delta - coarse.delta, 2.0 * fine.gamma - coarse.gamma};
}

}  // namespace tickgraph
