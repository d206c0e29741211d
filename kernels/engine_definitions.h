// Putting an instrument into an engine's state: the chain of its product grows in place, sorted.
//
// In the flow: called once per instrument, before its first row, by the CPU engine on its own state and by one thread of the features
// kernel on the device's; no allocation, so the loop may call it. Constant for a contract from then on: its time to expiry and discount
// factors.
#pragma once

#include "kernels/engine_state.h"

namespace tickgraph {

// Days since 1970-01-01 of a proleptic Gregorian date; false unless yyyymmdd names a day of 1900 to 2299.
TICKGRAPH_HD bool DaysFromDate(uint32_t yyyymmdd, int32_t* days) {
  const int32_t year = static_cast<int32_t>(yyyymmdd / 10000), month = static_cast<int32_t>(yyyymmdd / 100 % 100),
                day = static_cast<int32_t>(yyyymmdd % 100);
  if (year < 1900 || year > 2299 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const int32_t y = month > 2 ? year : year - 1;  // years start in March, so that the leap day is a year's last
  const int32_t m = month > 2 ? month - 3 : month + 9;
  *days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
  return true;
}

// Moves `count` elements of every column from `from` to `to`; regions may overlap where to > from.
TICKGRAPH_HD void MovePairs(EngineState& s, uint32_t from, uint32_t to, uint32_t count) {
  for (int c = 0; c < kColumnCount; ++c) {
    const uint32_t width = s.columns[c].width;
    uint64_t* source = s.columns[c].words + size_t{from} * width;
    uint64_t* target = s.columns[c].words + size_t{to} * width;
    for (size_t i = size_t{count} * width; i-- > 0;) target[i] = source[i];
  }
  for (uint32_t i = count; i-- > 0;) {
    s.pair.conversion[to + i] = s.pair.conversion[from + i];
    s.pair.reversal[to + i] = s.pair.reversal[from + i];
  }
  for (uint32_t i = 0; i < count; ++i) {
    for (int side = 0; side < 2; ++side) {
      const InstrumentIndex x = s.pair.contracts[to + i].instrument[side];
      if (x != kNoInstrument) s.instruments[x].pair = to + i;
    }
  }
}

TICKGRAPH_HD bool GrowPairs(EngineState& s, ProductState& product) {
  if (product.pair_count < product.pair_capacity) return true;
  const uint32_t capacity = product.pair_capacity == 0 ? kFirstRegion : 2 * product.pair_capacity;
  if (s.pair_capacity - s.scalars->pairs_used < capacity) return false;
  MovePairs(s, product.pair_first, s.scalars->pairs_used, product.pair_count);
  product.pair_first = s.scalars->pairs_used;
  product.pair_capacity = capacity;
  s.scalars->pairs_used += capacity;
  return true;
}

// An expiry with what its spreads remember.
TICKGRAPH_HD void MoveExpiry(EngineState& s, uint32_t from, uint32_t to) {
  s.expiries[to] = s.expiries[from];
  if (s.config.spreads == 0) return;
  for (uint32_t i = 0; i < kSpreadSlots; ++i) s.spreads[to * kSpreadSlots + i] = s.spreads[from * kSpreadSlots + i];
}

TICKGRAPH_HD bool GrowExpiries(EngineState& s, ProductState& product) {
  if (product.expiry_count < product.expiry_capacity) return true;
  const uint32_t capacity = product.expiry_capacity == 0 ? kFirstRegion : 2 * product.expiry_capacity;
  if (s.expiry_capacity - s.scalars->expiries_used < capacity) return false;
  for (uint32_t i = 0; i < product.expiry_count; ++i) MoveExpiry(s, product.expiry_first + i, s.scalars->expiries_used + i);
  product.expiry_first = s.scalars->expiries_used;
  product.expiry_capacity = capacity;
  s.scalars->expiries_used += capacity;
  return true;
}

// The index, relative to the product, of an expiry: found, or inserted. kNoPair when memory is short or the date is none.
TICKGRAPH_HD uint32_t FindOrAddExpiry(EngineState& s, ProductState& product, uint32_t expiration) {
  uint32_t at = 0;
  while (at < product.expiry_count && s.expiries[product.expiry_first + at].expiration < expiration) ++at;
  if (at < product.expiry_count && s.expiries[product.expiry_first + at].expiration == expiration) return at;
  int32_t today = 0, last = 0;
  if (!DaysFromDate(s.config.session_date, &today) || !DaysFromDate(expiration, &last) || !GrowExpiries(s, product)) return kNoPair;
  ExpiryState* list = s.expiries + product.expiry_first;
  for (uint32_t i = product.expiry_first + product.expiry_count; i > product.expiry_first + at; --i) MoveExpiry(s, i - 1, i);
  ExpiryState fresh = {};
  fresh.expiration = expiration;
  fresh.first = at == product.expiry_count ? product.pair_count : list[at].first;
  fresh.time = last > today ? static_cast<double>(last - today) / 365.0 : 0.0;
  fresh.sqrt_time = Sqrt(fresh.time);
  fresh.discount = Exp(-s.config.rate * fresh.time);
  fresh.dividend_factor = Exp(-s.config.dividend_yield * fresh.time);
  list[at] = fresh;
  for (uint32_t i = 0; s.config.spreads != 0 && i < kSpreadSlots; ++i) s.spreads[(product.expiry_first + at) * kSpreadSlots + i] = {};
  ++product.expiry_count;
  for (uint32_t i = fresh.first; i < product.pair_count; ++i) ++s.pair.meta[product.pair_first + i].expiry;
  return at;
}

TICKGRAPH_HD void ResetPair(EngineState& s, uint32_t at, uint32_t expiry, const ExpiryState& e, PriceNanos strike, PriceNanos discounted) {
  for (int c = 0; c < kColumnCount; ++c) {
    for (uint32_t w = 0; w < s.columns[c].width; ++w) s.columns[c].words[size_t{at} * s.columns[c].width + w] = 0;
  }
  s.pair.conversion[at] = {};
  s.pair.reversal[at] = {};
  for (int side = 0; side < 2; ++side) {
    s.pair.bid[side][at] = kAbsentBid;
    s.pair.ask[side][at] = kAbsentAsk;
    s.pair.theo[side][at] = kNoPrice;
    s.pair.contracts[at].instrument[side] = kNoInstrument;
  }
  s.pair.meta[at].expiry = expiry;
  s.pair.strike_nanos[at] = strike;
  s.pair.discounted_strike_nanos[at] = discounted;
  s.pair.discounted_strike[at] = FromNanos(strike) * e.discount;
  s.pair.dividend_factor[at] = e.dividend_factor;
  s.pair.sqrt_time[at] = e.sqrt_time;
  s.pair.time[at] = e.time;
}

TICKGRAPH_HD uint32_t FindOrAddPair(EngineState& s, ProductState& product, uint32_t expiry, PriceNanos strike) {
  ExpiryState& e = s.expiries[product.expiry_first + expiry];
  uint32_t at = e.first;
  while (at < e.first + e.count && s.pair.strike_nanos[product.pair_first + at] < strike) ++at;
  if (at < e.first + e.count && s.pair.strike_nanos[product.pair_first + at] == strike) return product.pair_first + at;
  const double discounted = static_cast<double>(strike) * e.discount;
  if (!(discounted < static_cast<double>(2 * kPriceLimit)) || !GrowPairs(s, product)) return kNoPair;
  const uint32_t pair = product.pair_first + at;
  MovePairs(s, pair, pair + 1, product.pair_count - at);
  ResetPair(s, pair, expiry, e, strike, RoundToInt64(discounted));
  ++product.pair_count;
  ++e.count;
  for (uint32_t i = expiry + 1; i < product.expiry_count; ++i) ++s.expiries[product.expiry_first + i].first;
  return pair;
}

TICKGRAPH_HD bool DefineEquity(EngineState& s, ProductState& product, const EngineInstrument& x) {
  if (product.equity_count == kMaxVenues) return false;
  uint32_t at = product.equity_count;
  for (; at > 0; --at) {
    const InstrumentIndex before = product.equities[at - 1];
    const VenueIndex venue = s.instruments[before].venue;
    if (venue < x.venue || (venue == x.venue && before < x.instrument)) break;
    product.equities[at] = before;
  }
  product.equities[at] = x.instrument;
  ++product.equity_count;
  return true;
}

TICKGRAPH_HD bool DefineOption(EngineState& s, ProductState& product, const EngineInstrument& x, uint32_t* pair) {
  if (s.scalars->contracts == s.config.max_contracts || x.strike_nanos <= 0 || x.strike_nanos >= kPriceLimit) return false;
  const uint32_t expiry = FindOrAddExpiry(s, product, x.expiration);
  if (expiry == kNoPair) return false;
  *pair = FindOrAddPair(s, product, expiry, x.strike_nanos);
  if (*pair == kNoPair) return false;
  InstrumentIndex& slot = s.pair.contracts[*pair].instrument[static_cast<int>(x.right)];
  if (slot != kNoInstrument) return false;  // the contract is quoted under another number already
  slot = x.instrument;
  ++product.contract_count;
  ++s.scalars->contracts;
  return true;
}

// False, and nothing a row can reach has changed, when a capacity is reached, the instrument is known or the definition makes no sense.
TICKGRAPH_HD bool DefineInstrument(EngineState& s, const EngineInstrument& x) {
  if (x.instrument >= s.config.max_instruments || x.product >= s.config.max_products || s.instruments[x.instrument].kind != 0) return false;
  ProductState& product = s.products[x.product];
  if (product.equity_count + product.contract_count == 0) {
    product.best_bid_nanos = kAbsentBid;
    product.best_ask_nanos = kAbsentAsk;
    product.expiry_items = s.config.spreads == 0 ? 1 : 1 + kSpreadSlots;
  }
  uint32_t pair = kNoPair;
  const bool option = x.kind == InstrumentKind::kOption;
  if (option ? !DefineOption(s, product, x, &pair) : !DefineEquity(s, product, x)) return false;
  InstrumentState fresh = {};
  fresh.bid_nanos = kAbsentBid;
  fresh.ask_nanos = kAbsentAsk;
  fresh.microprice_nanos = kNoPrice;
  fresh.product = x.product;
  fresh.pair = pair;
  fresh.right = static_cast<uint8_t>(x.right);
  fresh.venue = x.venue;
  fresh.kind = static_cast<uint8_t>(1 + static_cast<int>(x.kind));
  s.instruments[x.instrument] = fresh;
  return true;
}

}  // namespace tickgraph
