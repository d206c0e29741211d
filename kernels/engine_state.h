// The state of a signal engine: products, their chains as columns, and what each opportunity last emitted.
//
// In the flow: every engine owns one EngineState, in one block of memory that is all zero at first (huge pages on the host, device memory
// in the CUDA engine). Only the functions of engine_definitions.h, engine_stages.h and arbitrage_scan.h write it, and these compile for
// both. Invariants:
// - A product's pairs (call and put of one expiry and strike) lie in one region of every column, sorted by expiry, then strike; its
//   expiries lie in one region, sorted. A region that is full moves to one of twice the size at the arena's end, so insertion never
//   allocates.
// - An absent quote has the price kAbsentBid or kAbsentAsk and quantity 0. Sums of three such prices and a present one do not overflow, and
//   no edge that uses one can exceed a threshold; so no scan tests for presence.
// - Prices are smaller than kPriceLimit in absolute value: exact as double, and products with a discount factor round by one addition.
#pragma once

#include <type_traits>

#include "hot/signal.h"
#include "kernels/math.h"

namespace tickgraph {

inline constexpr PriceNanos kAbsentBid = -(int64_t{1} << 60);
inline constexpr PriceNanos kAbsentAsk = int64_t{1} << 60;
inline constexpr PriceNanos kPriceLimit = int64_t{1} << 50;   // 1.1 million; a quote beyond it counts as absent
inline constexpr Quantity kQuantityLimit = int64_t{1} << 40;  // larger sizes count as this
inline constexpr Quantity kContractUnits = 100;
inline constexpr uint32_t kNoPair = 0xFFFFFFFFu;
inline constexpr uint32_t kFirstRegion = 4;

// What an opportunity's slot last emitted; quantity 0: nothing since it was last gone.
struct OpportunityMemory {
  PriceNanos edge_nanos;
  Quantity quantity;
  PriceNanos price_nanos[kMaxLegs];
  InstrumentIndex instrument[kMaxLegs];
};
static_assert(sizeof(OpportunityMemory) == 64);

struct alignas(64) InstrumentState {
  PriceNanos bid_nanos, ask_nanos;  // kAbsentBid, kAbsentAsk: none
  Quantity bid_quantity, ask_quantity;
  int64_t order_flow_imbalance;  // sum over the session, in lots (Cont, Kukanov, Stoikov)
  PriceNanos microprice_nanos;   // kNoPrice unless both sides are present
  ProductIndex product;
  uint32_t pair;  // options: index into the columns
  int32_t imbalance_ppm;
  uint8_t right;  // 0 call, 1 put
  VenueIndex venue;
  uint8_t kind;  // 1 + InstrumentKind; 0: not defined
  uint8_t seen;  // a row has come
};
static_assert(sizeof(InstrumentState) == 64);

struct alignas(64) ProductState {
  uint32_t pair_first, pair_count, pair_capacity;
  uint32_t expiry_first, expiry_count, expiry_capacity;
  uint32_t contract_count, equity_count;
  InstrumentIndex equities[kMaxVenues];  // by venue, then instrument
  PriceNanos best_bid_nanos, best_ask_nanos;
  InstrumentIndex best_bid_instrument, best_ask_instrument;
  PriceNanos twice_mid_nanos;  // 0: no mid
  uint64_t epoch;              // last submission that touched it
  uint32_t mid_changed;        // in the last submission that touched it
  uint32_t expiry_items;       // opportunity slots of an expiry besides those of its pairs: 1 (box), or 1 + kSpreadSlots
  OpportunityMemory cross;
};

// Slots of an expiry behind its box, in the order of their signals. Flat: the difference of two prices has the wrong sign; steep: it is
// more than that of the strikes.
enum SpreadSlot : uint32_t {
  kCallFlat,
  kCallSteep,
  kPutFlat,
  kPutSteep,
  kCallButterfly,
  kPutButterfly,
  kCallCalendar,
  kPutCalendar,
  kSpreadSlots
};

struct ExpiryState {
  uint32_t expiration;    // yyyymmdd
  uint32_t first, count;  // of its pairs, relative to the product's region
  // Kept by the CPU engine alone, to skip quiet expiries: conversions and reversals standing; quotes changed since spreads were looked for.
  uint32_t active, spreads_due;
  uint32_t reserved;
  double discount, dividend_factor, time, sqrt_time;
  OpportunityMemory box;
};

struct PairContracts {
  InstrumentIndex instrument[2];  // call, put; kNoInstrument: none
};
struct PairMeta {
  uint32_t expiry;            // relative to the product's region
  uint8_t volatility_due[2];  // the contract's quote changed since its volatility was last found
  uint8_t reserved[2];
};
inline constexpr int kPairGreeks = 5;  // delta, gamma, vega, theta, rho

// The columns of the chains, all of 8-byte words.
struct PairColumns {
  PriceNanos *bid[2], *ask[2];  // [call, put]
  PriceNanos* discounted_strike_nanos;
  PriceNanos* strike_nanos;
  PairContracts* contracts;
  PairMeta* meta;
  double *discounted_strike, *dividend_factor, *sqrt_time, *time;
  double* volatility[2];  // 0: none
  PriceNanos* theo[2];    // kNoPrice: none
  double* greeks[2][kPairGreeks];
  OpportunityMemory *conversion, *reversal;
};
inline constexpr int kColumnCount = 26;

struct Column {
  uint64_t* words;
  uint32_t width;  // words an element
};

struct EngineScalars {
  uint32_t pairs_used, expiries_used, contracts, touched_count;
  uint64_t epoch;
};

struct EngineState {
  EngineConfig config;
  uint32_t pair_capacity, expiry_capacity;
  InstrumentState* instruments;
  ProductState* products;
  ExpiryState* expiries;
  OpportunityMemory* spreads;  // kSpreadSlots an expiry; nothing where spreads are off
  uint32_t* hull[2];           // room for the hull of each right's asks, an element a pair; nothing where spreads are off
  ProductIndex* touched;       // products of the last submission, ascending
  EngineScalars* scalars;
  PairColumns pair;
  Column columns[kColumnCount];
};

// Lays the state out in a block at `base` (64-byte aligned; null to measure) and returns the block's size. Start only.
inline size_t LayoutEngineState(EngineState* state, const EngineConfig& config, char* base) {
  size_t used = 0;
  const auto take = [&](auto** pointer, size_t count) {
    using Element = std::remove_reference_t<decltype(**pointer)>;
    *pointer = base == nullptr ? nullptr : reinterpret_cast<Element*>(base + used);
    used += (count * sizeof(Element) + 63) & ~size_t{63};
  };
  int column = 0;
  const auto take_column = [&](auto** pointer) {
    take(pointer, state->pair_capacity);
    state->columns[column++] = {reinterpret_cast<uint64_t*>(*pointer), static_cast<uint32_t>(sizeof(**pointer) / sizeof(uint64_t))};
  };
  state->config = config;
  // Regions double, so those given up and the unused halves together stay below three times what is held, and small chains below 4 pairs.
  state->pair_capacity = 4 * config.max_contracts + 2 * kFirstRegion;
  state->expiry_capacity = state->pair_capacity;
  take(&state->scalars, 1);
  take(&state->instruments, config.max_instruments);
  take(&state->products, config.max_products);
  take(&state->expiries, state->expiry_capacity);
  const size_t spreads = config.spreads == 0 ? 0 : 1;
  take(&state->spreads, spreads * kSpreadSlots * state->expiry_capacity);
  for (uint32_t*& hull : state->hull) take(&hull, spreads * state->pair_capacity);
  take(&state->touched, config.max_products);
  PairColumns& p = state->pair;
  for (int side = 0; side < 2; ++side) {
    take_column(&p.bid[side]);
    take_column(&p.ask[side]);
    take_column(&p.volatility[side]);
    take_column(&p.theo[side]);
    for (int g = 0; g < kPairGreeks; ++g) take_column(&p.greeks[side][g]);
  }
  take_column(&p.discounted_strike_nanos);
  take_column(&p.strike_nanos);
  take_column(&p.contracts);
  take_column(&p.meta);
  take_column(&p.discounted_strike);
  take_column(&p.dividend_factor);
  take_column(&p.sqrt_time);
  take_column(&p.time);
  // Memories are taken last and by name: a slot is a cache line.
  take(&p.conversion, state->pair_capacity);
  take(&p.reversal, state->pair_capacity);
  return used;
}

// Money as a double in units of the currency.
TICKGRAPH_HD double FromNanos(PriceNanos nanos) { return static_cast<double>(nanos) * 1e-9; }

}  // namespace tickgraph
