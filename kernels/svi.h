// The smile of one expiry: Gatheral's raw SVI, total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)) with
// k = ln(strike / forward), its fit to implied volatilities, and its tests for static arbitrage.
//
// In the flow: option_chain.cc, once an expiry. Pure functions, any thread, nothing allocated; the same bits on every machine. Method: for
// given m and sigma the other three are linear in the variance and bounded by a few planes (Zeliade 2009, "Quasi-explicit calibration of
// Gatheral's SVI model"), here with the slope of both wings at most 2 (Lee 2004); m and sigma by Nelder and Mead from the best of a grid.
// A density below 0 (Gatheral and Jacquier 2014, g(k) < 0) within two ranges of the quoted strikes costs, so a smile free of butterflies
// is found where one fits nearly as well. Below five points the smile is flat.
#pragma once

#include <span>

#include "kernels/math.h"

namespace tickgraph {

struct SviPoint {
  double log_moneyness, total_variance, weight;
};

struct SviSmile {
  double a, b, rho, m, sigma;
  double least_density;  // the least g(k) over the tested strikes: not below 0 where there is no butterfly arbitrage
  double rms_variance;   // weighted root mean square of what is left, in total variance
  int points;            // 0: no smile
};

inline constexpr int kSviLeastPoints = 5;

TICKGRAPH_HD double SviVariance(const SviSmile& s, double k) {
  const double x = k - s.m;
  return s.a + s.b * (s.rho * x + Sqrt(x * x + s.sigma * s.sigma));
}

// The risk-neutral density at k, but for a positive factor.
inline double SviDensity(const SviSmile& s, double k) {
  const double x = k - s.m, root = Sqrt(x * x + s.sigma * s.sigma);
  const double w = SviVariance(s, k), slope = s.b * (s.rho + x / root), bend = s.b * s.sigma * s.sigma / (root * root * root);
  const double drift = 1.0 - 0.5 * k * slope / w;
  return drift * drift - 0.25 * slope * slope * (1.0 / w + 0.25) + 0.5 * bend;
}

SviSmile FitSvi(std::span<const SviPoint> points);

// The least of w(later, k) - w(earlier, k) over strikes from `low` to `high`: below 0 is calendar arbitrage.
double SviCalendarGap(const SviSmile& earlier, const SviSmile& later, double low, double high);

}  // namespace tickgraph
