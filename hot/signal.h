// What goes into a signal engine and what comes out; the table through which the loop calls the engine chosen at start.
//
// The loop hands over, at the end of a packet, the rows of the instruments whose top of book or state changed. The engine
// keeps its own copy of every row, and returns the signals of the products that those rows touch. Everything that can
// reach a signal is an integer or made of IEEE + - x / sqrt fma, so every engine gives the same bits.
#pragma once

#include <cstdint>
#include <type_traits>

#include "hot/event.h"
#include "hot/top_of_book.h"

namespace tickgraph {

enum class InstrumentKind : uint8_t { kEquity = 0, kOption = 1 };

// Sent to the engine once per instrument, before its first row.
struct EngineInstrument {
  InstrumentIndex instrument = kNoInstrument;
  ProductIndex product = kNoProduct;
  InstrumentKind kind = InstrumentKind::kEquity;
  OptionRight right = OptionRight::kCall;
  VenueIndex venue = 0;
  uint32_t expiration = 0;  // yyyymmdd
  PriceNanos strike_nanos = 0;
};

// The state of one instrument at the end of a packet. 48 bytes, copied to the device as it is.
struct alignas(16) EngineRow {
  InstrumentIndex instrument = kNoInstrument;
  uint32_t tradable = 0;  // 1: book live, trading, not halted. 0: its quotes count as absent
  TopOfBook top;
  uint64_t reserved = 0;
};
static_assert(sizeof(EngineRow) == 48 && std::is_trivially_copyable_v<EngineRow>);

enum class SignalKind : uint8_t {
  kCrossVenue = 0,  // buy on one venue, sell on another: legs 0 buy, 1 sell
  kConversion = 1,  // buy the stock, sell the call, buy the put: legs stock, call, put
  kReversal = 2,    // sell the stock, buy the call, sell the put
  kBox = 3,  // buy the synthetic forward at one strike, sell it at another: legs call K1 (buy), put K1 (sell), call K2 (sell), put K2 (buy)
  // Looked for where the configuration asks for them (SpreadKinds):
  kVertical = 4,   // two strikes of one right and expiry: legs 0 buy, 1 sell
  kButterfly = 5,  // three strikes of one right and expiry: legs low wing (buy), body (sell), high wing (buy), with ratios
  kCalendar = 6,   // two expiries of one right and strike: legs later (buy), sooner (sell)
};
inline constexpr int kSignalKinds = 4;  // those that are always looked for
inline constexpr int kAllSignalKinds = 7;
inline constexpr const char* kSignalKindNames[kAllSignalKinds] = {"cross_venue", "conversion", "reversal", "box",
                                                                  "vertical",    "butterfly",  "calendar"};
inline constexpr int kMaxLegs = 4;

struct SignalLeg {
  PriceNanos price_nanos = 0;  // the quote it was seen at
  InstrumentIndex instrument = kNoInstrument;
  Side side = Side::kBuy;
  uint8_t ratio = 1;  // how often one bundle trades this leg
  uint8_t reserved[2] = {};
};
static_assert(sizeof(SignalLeg) == 16);

// One opportunity, as seen at one decision. Emitted when it appears and whenever its edge, quantity or a leg changes; not
// repeated while it stands unchanged, and emitted anew when it returns after it was gone.
struct Signal {
  SignalLeg legs[kMaxLegs];
  PriceNanos edge_nanos = 0;  // per unit of the underlying, after fees; of a whole bundle where legs have ratios
  PriceNanos theo_edge_nanos =
      0;                  // option legs: sum over legs of (sold at - theo) or (theo - bought at); 0 where a theo is missing or for equities
  Quantity quantity = 0;  // executable: the smallest of the legs' sizes, each over its ratio, in units of the underlying (100 per contract)
  int32_t imbalance_ppm = 0;  // of the first leg's book: (bid size - ask size) / (bid size + ask size), parts per million, towards zero
  ProductIndex product = kNoProduct;
  SignalKind kind = SignalKind::kCrossVenue;
  uint8_t leg_count = 0;
  uint8_t reserved[6] = {};
};
static_assert(sizeof(Signal) == 104 && std::is_trivially_copyable_v<Signal>);

// Which spreads of options are looked for beside parity and boxes: bits.
enum SpreadKinds : uint32_t { kVerticals = 1, kButterflies = 2, kCalendars = 4, kAllSpreads = 7 };

// What every engine is configured with. Money in nanos per unit of the underlying; `rate` continuous, per year.
struct EngineConfig {
  uint32_t max_instruments = 1 << 16;
  uint32_t max_products = 1 << 14;
  uint32_t max_contracts = 1 << 15;
  uint32_t max_signals = 4096;  // per decision; more are counted in `dropped_signals`
  uint32_t session_date = 0;    // yyyymmdd: time to expiry is counted from here, actual days / 365
  double rate = 0.05;
  double dividend_yield = 0;
  PriceNanos equity_fee_nanos = 3'000'000;      // per share and leg
  PriceNanos option_fee_nanos = 5'000'000;      // per underlying share and leg (a contract's fee / 100)
  PriceNanos min_edge_cross_nanos = 1'000'000;  // an edge after fees must exceed this
  PriceNanos min_edge_parity_nanos = 1'000'000;
  PriceNanos min_edge_box_nanos = 1'000'000;
  PriceNanos min_edge_spread_nanos = 1'000'000;  // of verticals, butterflies and calendars
  uint32_t spreads = 0;                          // SpreadKinds
  uint32_t american = 1;                         // options may be exercised before they expire: see arbitrage_spreads.h
};

struct EngineCounters {
  uint64_t submissions = 0, rows = 0, contracts_priced = 0, signals = 0, dropped_signals = 0, rejected_instruments = 0;
};

// One submission at a time: Submit, then Poll until it returns true; `rows` stay as they are until then, `signals` until the next Submit.
struct SignalEngine {
  void* self = nullptr;
  const char* name = "";  // "cpu-avx512", "cuda-graph", ...
  // Returns false when a configured capacity is reached (counted).
  bool (*define)(void* self, const EngineInstrument& instrument) = nullptr;
  void (*submit)(void* self, const EngineRow* rows, uint32_t count) = nullptr;
  // True when the last submission is done: its signals in a fixed order (product, kind, then as documented in kernels/).
  bool (*poll)(void* self, const Signal** signals, uint32_t* count) = nullptr;
  const EngineCounters& (*counters)(void* self) = nullptr;
  // Why the last submission will never be answered; null where nothing is known against it. Null function: the engine cannot fail.
  const char* (*problem)(void* self) = nullptr;
};

}  // namespace tickgraph
