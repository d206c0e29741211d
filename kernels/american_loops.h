// The solver of American options in its own units, compiled once per instruction set and chosen at start: a put with strike 1.
//
// In the flow: american.cc turns contracts into these units (calls by put-call symmetry) and takes the degenerate ones away: here
// volatility and time are positive, and rate >= 0 with rate > 0 or dividend_yield < rate, so that there is one exercise boundary.
// Any thread. Every table gives the same bits: element-wise operations, and sums in one order.
#pragma once

#include "kernels/american_tables.h"

namespace tickgraph {

// The exercise boundary of a unit put at the collocation times of its preset, good for every spot and strike.
struct AmericanBoundary {
  double rate, dividend_yield, volatility, time_years;
  double limit;  // the boundary just before expiry: min(1, rate / dividend_yield)
  int iterations;
  std::array<double, kMaxBoundaryNodes> log_square;  // ln^2(boundary / limit), longest time last
};

struct AmericanUnitValue {
  double premium, delta, gamma;  // what early exercise adds to the European price and its derivatives by the spot
};

struct AmericanLoops {
  void (*solve)(const AmericanTables& tables, AmericanBoundary& boundary);
  // Of a unit put at `moneyness` = spot / strike above the boundary.
  AmericanUnitValue (*premium)(const AmericanTables& tables, const AmericanBoundary& boundary, double moneyness);
};

const AmericanLoops& ScalarAmericanLoops();
const AmericanLoops& Avx2AmericanLoops();
const AmericanLoops& Avx512AmericanLoops();

}  // namespace tickgraph
