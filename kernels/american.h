// American options with a continuous dividend yield: price, Greeks, exercise boundary, implied volatility.
//
// In the flow: `options price|iv`; whatever prices an American chain. Pure functions, any thread; nothing is allocated.
// Method: american_body.h (Andersen, Lake and Offengenden 2016); calls are puts with spot and strike, rate and yield exchanged. The same
// bits on every machine. Units as in european.h.
//
// Defined everywhere. Zero (or negative) time: the intrinsic value. Zero volatility: the best of the certain payoffs. A put with rate <= 0
// and yield >= rate (a call with the two exchanged) is never exercised early: the European value. A put with yield < rate < 0 is exercised
// between two boundaries: there a lattice prices it, to about 2e-5 of the strike. In the exercise region the price is the intrinsic value
// and only delta is not 0. A spot or strike that is not positive and finite, a negative volatility, anything that is not a number: NaN.
#pragma once

#include "kernels/american_loops.h"
#include "kernels/american_unit.h"
#include "kernels/implied_volatility.h"
#include "kernels/simd_kernels.h"

namespace tickgraph {

const AmericanLoops& AmericanLoopsFor(SimdLevel level);

// One boundary serves every spot and strike of the same right, rate, yield, volatility and time. The three functions that take or give a
// boundary are for regular contracts only: those that the integral equation prices.
bool IsRegularAmerican(const AmericanContract& contract);
AmericanBoundary SolveAmericanBoundary(const AmericanContract& contract, AmericanPreset preset, SimdLevel level = BestSimdLevel());
// The spot at which exercise at once begins to pay.
double CriticalSpot(const AmericanContract& contract, const AmericanBoundary& boundary, AmericanPreset preset);
AmericanValue AmericanFromBoundary(const AmericanContract& contract, const AmericanBoundary& boundary, AmericanPreset preset,
                                   SimdLevel level = BestSimdLevel());

AmericanValue American(const AmericanContract& contract, AmericanPreset preset = AmericanPreset::kAccurate);

struct AmericanGreeks {
  double price, delta, gamma, vega, theta, rho, vanna, volga, charm;
};
// Vega, rho, vanna, volga and charm are central differences of fourth order over whole solutions.
AmericanGreeks AmericanAllGreeks(const AmericanContract& contract, AmericanPreset preset = AmericanPreset::kAccurate);

// The contract's own volatility is not read. 0 where the price is what a certain future is worth; kBelowIntrinsic under that.
ImpliedVolatilityResult AmericanImpliedVolatility(const AmericanContract& contract, double price,
                                                  AmericanPreset preset = AmericanPreset::kAccurate);

}  // namespace tickgraph
