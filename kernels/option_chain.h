// A whole chain of quotes at one moment: forwards and rates per expiry, a volatility per contract, a smile per expiry, what each contract
// is worth under it, and which quotes that makes worth taking.
//
// In the flow: `options chain`, and whatever sets up an engine before its session; never inside the loop. One thread; the same bits on
// every machine. Steps: parity_forward.h over the strikes that have four prices (American ones freed of their early-exercise premium, over
// three rounds, near the money); rates that the spreads leave open are replaced by what all expiries say together; implied volatilities of
// bid, mid and ask; svi.h over the out-of-the-money mids; value and Greeks at the smile's volatility.
//
// Units: prices in money, rates continuous per year, volatilities per year, time in years. A price that is not there is NaN, in and out.
#pragma once

#include <span>
#include <vector>

#include "hot/event.h"
#include "kernels/american.h"
#include "kernels/svi.h"

namespace tickgraph {

// What keeps a contract from having a volatility. The first five are those of ImpliedVolatilityStatus.
enum class ChainStatus : uint8_t {
  kOk = 0,
  kBelowIntrinsic,
  kAboveMaximum,
  kExpired,
  kInvalid,
  kCrossed,  // bid above ask
  kNoBid,    // one-sided: no mid
  kNoAsk,
  kNoQuote,
  kOneStrike,    // parity at one strike alone, and no rate to go with it
  kMissingRate,  // no strike with all four prices, and no spot or rate to go by
};
inline constexpr const char* kChainStatusNames[] = {"ok",     "below_intrinsic", "above_maximum", "expired",    "invalid",     "crossed",
                                                    "no_bid", "no_ask",          "no_quote",      "one_strike", "missing_rate"};
inline constexpr int kChainStatuses = 11;

struct ChainContract {
  OptionRight right;
  bool american;
  double strike, time_years, bid, ask;
};

struct ChainSettings {
  double spot = NotANumber<double>();            // of the underlying; NaN: the forward discounted
  double rate = NotANumber<double>();            // NaN: implied
  double dividend_yield = NotANumber<double>();  // NaN: implied; used where an expiry has no parity
  double fee = 0.0;                              // on each unit traded
  double least_edge = 0.0;                       // after the fee
  AmericanPreset preset = AmericanPreset::kFast;
};

enum class RateSource : uint8_t { kNone = 0, kGiven, kParity, kPooled };
inline constexpr const char* kRateSourceNames[] = {"none", "given", "parity", "pooled"};
enum class ForwardSource : uint8_t { kNone = 0, kParity, kCarry };
inline constexpr const char* kForwardSourceNames[] = {"none", "parity", "carry"};

struct ChainExpiry {
  double time_years;
  double forward, discount, rate, rate_error, dividend_yield;
  double spot;  // that prices this expiry
  RateSource rate_source;
  ForwardSource forward_source;
  int contracts, parity_strikes, parity_outside;
  double lowest, highest;  // ln(strike / forward) of the smile's points
  SviSmile smile;
  double smile_rms;     // in volatility, over the smile's points
  double calendar_gap;  // the least rise of total variance from the expiry before; NaN for the first
};

struct ChainValue {
  int expiry;  // index
  ChainStatus status;
  double mid, volatility, bid_volatility, ask_volatility;
  double smile_volatility, theo;
  double edge;                            // of the better side after the fee: theo - ask - fee, or bid - theo - fee
  int signal;                             // 1 buy, -1 sell, 0 none
  double delta, gamma, vega, theta, rho;  // at the contract's own volatility
};

struct ChainResult {
  std::vector<ChainExpiry> expiries;  // by time
  std::vector<ChainValue> values;     // in the order given
};

ChainResult EvaluateChain(std::span<const ChainContract> contracts, const ChainSettings& settings);

}  // namespace tickgraph
