// American options by a Leisen-Reimer tree with Richardson extrapolation: a method that shares nothing with kernels/american*.h. Two sizes
// of odd steps, extrapolated in 1/n, the order of the error that early exercise brings; about 1e-5 of the strike is left at 1001 steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "hot/event.h"

namespace tickgraph {

struct TreeContract {
  OptionRight right;
  double spot, strike, rate, dividend_yield, volatility, time_years;
};

inline double PeizerPratt(double z, int n) {
  const double q = z / (n + 1.0 / 3.0 + 0.1 / (n + 1.0));
  return 0.5 + std::copysign(0.5, z) * std::sqrt(1.0 - std::exp(-q * q * (n + 1.0 / 6.0)));
}

inline double LeisenReimer(const TreeContract& c, int steps) {
  const double step = c.time_years / steps, deviation = c.volatility * std::sqrt(c.time_years);
  const double carry = c.rate - c.dividend_yield;
  const double d1 = (std::log(c.spot / c.strike) + carry * c.time_years) / deviation + 0.5 * deviation;
  const double p = PeizerPratt(d1 - deviation, steps), p1 = PeizerPratt(d1, steps);
  const double up = std::exp(carry * step) * p1 / p, down = std::exp(carry * step) * (1.0 - p1) / (1.0 - p);
  const double discount = std::exp(-c.rate * step), sign = c.right == OptionRight::kCall ? 1.0 : -1.0;
  std::vector<double> value(static_cast<size_t>(steps) + 1);
  for (int level = steps; level >= 0; --level) {
    double spot = c.spot * std::pow(down, level);
    for (size_t i = 0; i <= static_cast<size_t>(level); ++i, spot *= up / down) {
      const double held = level == steps ? 0.0 : discount * (p * value[i + 1] + (1.0 - p) * value[i]);
      value[i] = std::max(held, sign * (spot - c.strike));
    }
  }
  return value[0];
}

inline double BinomialAmerican(const TreeContract& c, int steps = 1001) {
  const int half = (steps / 2) | 1;
  const double coarse = LeisenReimer(c, half), fine = LeisenReimer(c, steps);
  return fine + (fine - coarse) * half / (steps - half);
}

}  // namespace tickgraph
