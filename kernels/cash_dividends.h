// Options on an underlying that pays known cash dividends: the escrowed model, in which the spot less the value of the dividends to come
// moves like a price without them.
//
// In the flow: `options price|iv` with dividends. Pure functions, any thread; fixed arrays on the stack. European options are those on the
// escrowed spot. American ones are exercised into the whole spot, so a lattice prices them (1,000 steps, extrapolated from 500; the last
// step in closed form): within about 3e-5 of the strike. Exercise just before and just after each dividend is valued at its own time, not
// at the lattice's. Units as in european.h; a dividend after expiry, or not after now, does not count.
//
// Dividends worth as much as the spot, or what american.h refuses: NaN in every field.
#pragma once

#include <span>

#include "kernels/american.h"

namespace tickgraph {

inline constexpr size_t kMaxDividends = 64;  // of one contract; more are not counted

struct CashDividend {
  double time_years, amount;
};

// Of what is paid after `from` and not after `to`, at `from`.
double DividendValue(std::span<const CashDividend> dividends, double rate, double from, double to);

// In both, `contract.spot` is the spot as quoted, and derivatives by rate and time include what they do to the dividends' value.
AmericanGreeks EuropeanWithDividends(const AmericanContract& contract, std::span<const CashDividend> dividends);
AmericanGreeks AmericanWithDividends(const AmericanContract& contract, std::span<const CashDividend> dividends);

// The contract's own volatility is not read.
ImpliedVolatilityResult ImpliedVolatilityWithDividends(const AmericanContract& contract, bool american, double price,
                                                       std::span<const CashDividend> dividends);

}  // namespace tickgraph
