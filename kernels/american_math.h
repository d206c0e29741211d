// The American solver's work at one collocation time, one quadrature node or one boundary: what the loops of american_body.h and the kernel
// body of american_batch.h both do, each over its own lanes.
//
// In the flow: pure functions, any thread, CPU and GPU, the same bits on both (math.h). A put of strike 1 throughout; notation and
// equations stand in american_body.h. `drift` is (rate - yield) / volatility + volatility / 2, distances are ln(limit / boundary) >= 0.
#pragma once

#include "kernels/math.h"

namespace tickgraph {

TICKGRAPH_HD double BoundaryDrift(double rate, double yield, double volatility) { return (rate - yield) / volatility + 0.5 * volatility; }

// The boundary just before expiry.
TICKGRAPH_HD double BoundaryLimit(double rate, double yield) { return yield > rate && yield > 0.0 ? rate / yield : 1.0; }

// (1 - e^(-x)) / x without cancellation near 0.
TICKGRAPH_HD double DecayRatio(double x) {
  const double series = Polynomial(x, 1.0, -1.0 / 2, 1.0 / 6, -1.0 / 24, 1.0 / 120, -1.0 / 720);
  const double safe = Abs(x) < 1e-2 ? 1.0 : x;
  return Abs(x) < 1e-2 ? series : (1.0 - Exp(-x)) / safe;
}

// The boundary of a put that never expires: below every other.
TICKGRAPH_HD double PerpetualBoundary(double rate, double yield, double variance) {
  const double drift = 2.0 * (rate - yield) / variance - 1.0;
  const double root = Sqrt(drift * drift + 8.0 * rate / variance);
  // The lower root of the characteristic equation, in the form that does not cancel.
  const double lambda = drift > 0.0 ? -0.5 * (drift + root) : -4.0 * rate / variance / (root - drift);
  return lambda / (lambda - 1.0);
}

// The QD+ boundary by Newton's method from that of Barone-Adesi and Whaley's closed-form guess.
TICKGRAPH_HD double QdPlusBoundary(double rate, double yield, double volatility, double limit, double perpetual, double time, double root,
                                   double discount, double yield_discount) {
  constexpr int kSteps = 5;
  const double variance = volatility * volatility;
  const double deviation = volatility * root, inverse = 1.0 / deviation;
  const double decay = time * DecayRatio(rate * time);  // (1 - e^(-rt)) / r
  const double omega = 2.0 * (rate - yield) / variance - 1.0;
  const double discriminant = omega * omega + 8.0 / (variance * decay);
  const double spread = Sqrt(discriminant);
  const double exponent =
      -0.5 * (omega + spread) + 2.0 * discount / (variance * spread) * (1.0 / decay - 2.0 / (variance * decay * decay * discriminant));
  const double theta_weight = 2.0 / (variance * spread);
  const double room = limit - perpetual;
  double b = perpetual + room * Exp(Smaller(((rate - yield) * time - 2.0 * deviation) / Larger(room, 1e-12), 0.0));
  const double log_forward = (rate - yield + 0.5 * variance) * time;
  for (int step = 0; step < kSteps; ++step) {
    const double d1 = (Log(b) + log_forward) * inverse, d2 = d1 - deviation;
    const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
    const double spot_leg = yield_discount * NormalCdfFrom(-d1, e1), cash_leg = discount * NormalCdfFrom(-d2, e2);
    const double density = yield_discount * kInverseSqrtTwoPi<double> * e1;
    const double gain = 1.0 - b - (cash_leg - b * spot_leg);
    const double theta = rate * cash_leg - yield * b * spot_leg - 0.5 * volatility * b * density / root;
    const double theta_slope =
        density * inverse * (yield - rate) - yield * spot_leg - 0.5 * volatility * density / root * (1.0 - d1 * inverse);
    const double value = (1.0 - spot_leg) * b + exponent * gain - theta_weight * theta;
    const double slope = 1.0 - spot_leg + density * inverse + exponent * (spot_leg - 1.0) - theta_weight * theta_slope;
    const double next = b - value / slope;
    const double kept = next > 0.5 * b ? next : 0.5 * b;  // also where next is a NaN
    b = Smaller(Larger(kept, perpetual), limit);
  }
  return b;
}

// N and D of a time: first without their integrals, then with one node more of them.
struct BoundaryTerms {
  double numerator, denominator;
};
TICKGRAPH_HD BoundaryTerms FirstTerms(double log_boundary, double volatility, double drift, double root, double discount,
                                      double yield_discount) {
  const double deviation = volatility * root;
  const double d1 = log_boundary / deviation + drift * root, d2 = d1 - deviation;
  const double scale = kInverseSqrtTwoPi<double> / deviation;
  const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
  return {discount * (scale * e2), yield_discount * Fma(scale, e1, NormalCdfFrom(d1, e1))};
}
// `square` is ln^2(boundary / limit) at the node; `inverse` 1 / deviation; `straight` d+ of a boundary that stays where it is.
TICKGRAPH_HD BoundaryTerms AddNode(const BoundaryTerms& sum, double square, double distance, double deviation, double inverse,
                                   double straight, double cash_weight, double spot_weight) {
  const double log_ratio = Sqrt(Larger(square, 0.0)) - distance;
  const double d1 = Fma(log_ratio, inverse, straight), d2 = d1 - deviation;
  const double scale = kInverseSqrtTwoPi<double> * inverse;
  const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
  return {Fma(cash_weight, scale * e2, sum.numerator), Fma(spot_weight, Fma(scale, e1, NormalCdfFrom(d1, e1)), sum.denominator)};
}
TICKGRAPH_HD double NextDistance(const BoundaryTerms& sum, double log_limit, double longest, double relaxation, double distance) {
  const double next = log_limit - Log(sum.numerator / sum.denominator);
  const double target = Smaller(next > 0.0 ? next : 0.0, longest);
  return Fma(relaxation, target - distance, distance);
}

// What one node of the price quadrature adds.
struct PremiumTerms {
  double premium, delta, gamma;
};
TICKGRAPH_HD PremiumTerms PremiumAt(double half, double weight_share, double square, double root_all, double time, double rate,
                                    double yield, double volatility, double drift, double moneyness, double log_moneyness) {
  const double root = root_all * half, w = root * root;
  const double deviation = volatility * root, inverse = 1.0 / deviation;
  const double d1 = Fma(log_moneyness + Sqrt(Larger(square, 0.0)), inverse, drift * root), d2 = d1 - deviation;
  const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
  const double weight = time * weight_share;
  const double cash = weight * rate * Exp(-rate * w), spot = weight * yield * Exp(-yield * w);
  const double cash_density = cash * kInverseSqrtTwoPi<double> * e2 * inverse / moneyness;
  const double spot_density = spot * kInverseSqrtTwoPi<double> * e1 * inverse;
  const double spot_probability = spot * NormalCdfFrom(-d1, e1);
  return {cash * NormalCdfFrom(-d2, e2) - moneyness * spot_probability, spot_density - cash_density - spot_probability,
          (cash_density * Fma(d2, inverse, 1.0) + spot_density * (1.0 - d1 * inverse)) / moneyness};
}

}  // namespace tickgraph
