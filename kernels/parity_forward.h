// The forward and the rate of one expiry, implied from put-call parity over its strikes.
//
// In the flow: option_chain.cc, once an expiry. Pure functions, any thread, nothing allocated. Method: C - P = D (F - K) is a line in the
// strike; each strike says where the line is to within the spreads of its two quotes. The line is fitted by least squares, reweighted so
// that a strike counts by its spread while the line is inside it and by its distance alone beyond (Huber); once
// settled, what is still beyond counts next to nothing. A few stale quotes cannot move it. Prices are European: those of American options
// come without their early-exercise premium.
#pragma once

#include <span>

#include "kernels/math.h"

namespace tickgraph {

struct ParityQuote {
  double strike, call_bid, call_ask, put_bid, put_ask;
};

struct ParityForward {
  double forward, discount;  // NaN where there is none
  double rate;               // continuous
  double rate_error;         // what the spreads leave open: one standard deviation; infinite where one strike, or none, was given
  int strikes;
  int outside;  // strikes whose bids and asks do not hold the line
};

// `rate` not NaN fixes the slope; then one strike is enough.
ParityForward FitParityForward(std::span<const ParityQuote> quotes, double time_years, double rate);

}  // namespace tickgraph
