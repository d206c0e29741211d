// Conversions through several currencies and back that bring more than they took, looked for again wherever a quote changed.
//
// In the flow: a quote of one market -> Update -> Scan, which looks only at cycles through the two conversions of that market's pair. One
// thread; all memory is taken at construction. A conversion from x to y is selling at a bid what y prices, or buying at an ask what x pays
// for; between two currencies the best of all their markets counts (of equal ones the first market's), a direction each.
//
// Which cycles are found: every simple one of at most `max_length` conversions through a changed one whose product of rates, each less the
// fee, exceeds 1 + min_edge. That is decided on integers, exactly (WideProduct). Before it a bound in floating point throws out what
// cannot be: a rate is made of four roundings and a product of L of them of L - 1 more, which is below 2^-47 for every length allowed, so a
// cycle whose computed product is not above (1 + min_edge) (1 - 2^-40) has no exact product above 1 + min_edge. Longer cycles than three
// are searched depth first under the bounded Bellman-Ford values of what is left, so nothing is walked that cannot close with a gain. Two
// conversions in one market, which its own crossed quote would make, are no cycle.
#pragma once

#include <cstdint>

#include "hot/arena.h"
#include "hot/types.h"

namespace tickgraph {

inline constexpr uint32_t kMaxCurrencies = 64;
inline constexpr int kMaxCycleLength = 6;
inline constexpr int64_t kWholeShare = 10'000'000'000'000;  // 1 in units of a billionth of a basis point
inline constexpr int64_t kUnknownAmount = -1;

struct CycleConfig {
  uint32_t max_markets = 4096;
  int max_length = 3;    // 2 to kMaxCycleLength conversions
  int64_t fee = 0;       // of what a conversion brings, 0 to below kWholeShare
  int64_t min_edge = 0;  // above -kWholeShare
};

// Prices in nanos of the quote currency for one of the base, sizes in nanos of the base. A price of 0 or less, or a size of 0: no such
// side.
struct MarketQuote {
  PriceNanos bid_nanos = 0, ask_nanos = 0;
  int64_t bid_size_nanos = kUnknownAmount, ask_size_nanos = kUnknownAmount;
  uint64_t sequence = 0;  // the caller's number of this quote
};

struct CycleLeg {
  uint32_t market = 0;
  uint8_t from = 0;  // currency
  bool sells = false;
  PriceNanos price_nanos = 0;
  uint64_t sequence = 0;
};

struct Cycle {
  CycleLeg legs[kMaxCycleLength];
  int length = 0;
  // What all the quotes' sizes let through, in nanos of the first leg's currency, and what is gained on it; each conversion is rounded
  // down.
  int64_t amount_nanos = kUnknownAmount, gain_nanos = kUnknownAmount;
  double edge = 0;  // the product of the rates less 1, for people
};

struct CycleCounters {
  uint64_t quotes = 0, searched = 0, found = 0, dropped = 0, rejected_markets = 0;
};

class CurrencyCycles {
 public:
  static constexpr uint32_t kNoMarket = 0xFFFFFFFFu;

  explicit CurrencyCycles(const CycleConfig& config);

  // kNoMarket where a currency is out of range, both are one, or no room is left (counted).
  uint32_t AddMarket(uint32_t base, uint32_t quote);
  void Update(uint32_t market, const MarketQuote& quote);
  // The cycles through the market's conversions as they are now, at most `max`; more are counted as dropped. In order: from base to quote
  // first, then those that close soonest, then by currency.
  uint32_t Scan(uint32_t market, Cycle* out, uint32_t max);
  [[nodiscard]] const CycleCounters& counters() const { return counters_; }

 private:
  struct Market {
    uint32_t base = 0, quote = 0;
    uint32_t next = kNoMarket;  // of the same two currencies
    MarketQuote now;
  };
  struct Conversion {
    uint32_t market = kNoMarket;
    bool sells = false;
  };
  struct Found {
    Cycle* out;
    uint32_t max, count;
  };

  void Choose(uint32_t from, uint32_t to, uint32_t first);
  void ScanThrough(uint32_t from, uint32_t to, bool pairs, Found* found);
  [[nodiscard]] bool MayGain(uint32_t from, uint32_t to, double rate);
  void Extend(int length, double product, bool pairs, Found* found);
  void Judge(int length, Found* found);
  void Measure(Cycle* cycle) const;

  CycleConfig config_;
  double bound_, after_fee_;
  alignas(64) double rate_[kMaxCurrencies][kMaxCurrencies] = {};     // [from][to]; 0: none
  alignas(64) double rate_to_[kMaxCurrencies][kMaxCurrencies] = {};  // [to][from]
  alignas(64) double left_[kMaxCycleLength][kMaxCurrencies] = {};    // [n]: the best way home in at most n + 1 conversions
  Conversion best_[kMaxCurrencies][kMaxCurrencies];
  uint32_t first_[kMaxCurrencies][kMaxCurrencies];  // market of the pair, lower currency first
  uint8_t path_[kMaxCycleLength + 1] = {};
  uint64_t on_path_ = 0;
  HugeArray<Market> markets_;
  uint32_t market_count_ = 0;
  CycleCounters counters_;
};

}  // namespace tickgraph
