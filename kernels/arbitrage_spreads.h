// Stage three of an engine, the spreads of options: verticals, butterflies and calendars of an expiry, where the configuration asks for
// them.
//
// In the flow: behind the box of each expiry of a touched product, a slot each (SpreadSlot), in the engines as arbitrage_scan.h's. None has
// a leg in the stock, so an expiry whose option quotes stand has nothing new. Per unit of the underlying, K1 < K2 < K3, x the strike's
// weight:
//   flat       call: K2 bid - K1 ask; put: K1 bid - K2 ask; less 2 option fees. A call is worth no less than one of a higher strike
//   steep      call: K1 bid - K2 ask - (x2 - x1); put: K2 bid - K1 ask - (x2 - x1); less 2 option fees
//   butterfly  b K2 bid - a K1 ask - c K3 ask - 2 b option fees, a : b : c = K3 - K2 : K3 - K1 : K2 - K1 in lowest terms
//   calendar   sooner bid - later ask of one strike - 2 option fees
// Two strikes are worth at most their difference: x is the strike times the discount factor of the expiry where the option is exercised at
// its end only, and the larger of that and the strike where it may be exercised before (EngineConfig::american). A later American option
// holds a sooner one. A later European one does where waiting costs its holder nothing: calls with rate >= 0 and dividend yield <= 0, puts
// with rate <= 0 and dividend yield >= 0; other calendars are not looked for.
//
// A slot holds the best of its expiry. Verticals and calendars: the highest edge; of equal ones the lowest upper strike, then the lowest
// lower one (calendars: the first later expiry, then the lowest strike). Butterflies: the highest edge over b; of equal ones the lowest
// body, and wings as near to it as they come. The wings of a body are the edge of the lower convex hull of the other strikes' asks that
// stands under it, so all bodies together take one pass over the hull; a body whose own quote is crossed gets a hull of its own. A body
// whose cheapest wings need more than kMaxRatio contracts is passed over, and an opportunity of less than one bundle is none.
#pragma once

#include "kernels/arbitrage_scan.h"

namespace tickgraph {

inline constexpr uint32_t kMaxRatio = 255;

// 128 bits: the product of a strike's and a price's difference. g++ and nvcc both have it.
__extension__ typedef __int128 Wide;

struct SpreadChain {
  const PriceNanos *bid, *ask, *strike;
  uint32_t first, count;  // of the expiry's pairs, in the columns
};
TICKGRAPH_HD SpreadChain ChainOf(const EngineState& s, const ProductState& product, const ExpiryState& expiry, int right) {
  const uint32_t first = product.pair_first + expiry.first;
  return {s.pair.bid[right] + first, s.pair.ask[right] + first, s.pair.strike_nanos + first, first, expiry.count};
}

// Forgets the slot's opportunity, or finishes the signal.
TICKGRAPH_HD uint32_t JudgeSpread(const EngineState& s, Signal* signal, OpportunityMemory* memory) {
  if (signal->leg_count != 0 && signal->edge_nanos > s.config.min_edge_spread_nanos && signal->quantity > 0)
    return Finish(s, signal, memory);
  memory->quantity = 0;
  return 0;
}

TICKGRAPH_HD uint32_t ScanVertical(EngineState& s, ProductIndex index, const ExpiryState& expiry, uint32_t slot, OpportunityMemory* memory,
                                   Signal* signal) {
  const int right = slot == kCallFlat || slot == kCallSteep ? 0 : 1;
  const bool buys_lower = slot == kCallFlat || slot == kPutSteep;
  const PriceNanos sign = slot == kCallSteep ? 1 : slot == kPutSteep ? -1 : 0;
  const SpreadChain c = ChainOf(s, s.products[index], expiry, right);
  const PriceNanos* weight = s.config.american != 0 && s.config.rate > 0 ? c.strike : s.pair.discounted_strike_nanos + c.first;
  PriceNanos best = 2 * kAbsentBid, lower_price = 2 * kAbsentBid;  // the lower strike's part of the edge: its bid, or its ask negated
  uint32_t lower = 0, best_lower = 0, best_upper = 0;
  for (uint32_t k = 0; k < c.count; ++k) {
    const PriceNanos bid = c.bid[k] + sign * weight[k], ask = -c.ask[k] - sign * weight[k];
    const PriceNanos edge = lower_price + (buys_lower ? bid : ask);
    if (k != 0 && edge > best) {
      best = edge;
      best_lower = lower;
      best_upper = k;
    }
    const PriceNanos own = buys_lower ? ask : bid;
    if (own > lower_price) {
      lower_price = own;
      lower = k;
    }
  }
  *signal = NewSignal(index, SignalKind::kVertical, best - 2 * s.config.option_fee_nanos);
  if (signal->edge_nanos > s.config.min_edge_spread_nanos) {
    AddLeg(s, signal, s.pair.contracts[c.first + (buys_lower ? best_lower : best_upper)].instrument[right], Side::kBuy);
    AddLeg(s, signal, s.pair.contracts[c.first + (buys_lower ? best_upper : best_lower)].instrument[right], Side::kSell);
  }
  return JudgeSpread(s, signal, memory);
}

// Twice the signed area of three asks: below 0 where the middle one lies above the line of the others, 0 where it lies on it.
TICKGRAPH_HD Wide Turn(const SpreadChain& c, uint32_t low, uint32_t middle, uint32_t high) {
  return static_cast<Wide>(c.strike[middle] - c.strike[low]) * (c.ask[high] - c.ask[low]) -
         static_cast<Wide>(c.strike[high] - c.strike[low]) * (c.ask[middle] - c.ask[low]);
}

// The lower hull of the asks that are there, without strike `left_out`; points on a line stay. Returns how many it has.
TICKGRAPH_HD uint32_t BuildHull(const SpreadChain& c, uint32_t left_out, uint32_t* hull) {
  uint32_t size = 0;
  for (uint32_t k = 0; k < c.count; ++k) {
    if (k == left_out || c.ask[k] == kAbsentAsk) continue;
    while (size >= 2 && Turn(c, hull[size - 2], hull[size - 1], k) < 0) --size;
    hull[size++] = k;
  }
  return size;
}

TICKGRAPH_HD PriceNanos GreatestDivisor(PriceNanos a, PriceNanos b) {
  while (b != 0) {
    const PriceNanos rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

struct ButterflyBundle {
  uint32_t low = 0, body = 0, high = 0;
  PriceNanos low_ratio = 0, high_ratio = 0;
  PriceNanos gross = 0;  // before fees; 0 where there is none
  [[nodiscard]] TICKGRAPH_HD PriceNanos body_ratio() const { return low_ratio + high_ratio; }
};

// Keeps the body with these wings where it brings more than what is kept.
TICKGRAPH_HD void OfferBody(const SpreadChain& c, uint32_t low, uint32_t body, uint32_t high, ButterflyBundle* best) {
  const PriceNanos below = c.strike[body] - c.strike[low], above = c.strike[high] - c.strike[body];
  // The sign first, in one subtraction of products: nearly every body ends here.
  if (static_cast<Wide>(c.bid[body] - c.ask[low]) * above + static_cast<Wide>(c.bid[body] - c.ask[high]) * below <= 0) return;
  const PriceNanos divisor = GreatestDivisor(below, above);
  if (below / divisor + above / divisor > PriceNanos{kMaxRatio}) return;
  ButterflyBundle x;
  x.low = low;
  x.body = body;
  x.high = high;
  x.low_ratio = above / divisor;
  x.high_ratio = below / divisor;
  x.gross = x.low_ratio * (c.bid[body] - c.ask[low]) + x.high_ratio * (c.bid[body] - c.ask[high]);
  if (best->gross == 0 || static_cast<Wide>(x.gross) * best->body_ratio() > static_cast<Wide>(best->gross) * x.body_ratio()) *best = x;
}

TICKGRAPH_HD ButterflyBundle BestButterfly(const SpreadChain& c, uint32_t* hull) {
  ButterflyBundle best;
  uint32_t size = BuildHull(c, c.count, hull), edge = 0;
  for (uint32_t k = 0; k < c.count; ++k) {
    if (c.bid[k] == kAbsentBid) continue;
    if (c.bid[k] > c.ask[k]) {
      size = BuildHull(c, k, hull);
      edge = 0;
    }
    while (edge < size && hull[edge] < k) ++edge;
    const bool on_hull = edge < size && hull[edge] == k;  // no edge of it stands under its own corner
    if (edge != 0 && edge < size && !on_hull) OfferBody(c, hull[edge - 1], k, hull[edge], &best);
    if (c.bid[k] > c.ask[k]) {
      size = BuildHull(c, c.count, hull);
      edge = 0;
    }
  }
  return best;
}

TICKGRAPH_HD uint32_t ScanButterfly(EngineState& s, ProductIndex index, const ExpiryState& expiry, uint32_t slot, OpportunityMemory* memory,
                                    Signal* signal) {
  const int right = slot == kCallButterfly ? 0 : 1;
  const SpreadChain c = ChainOf(s, s.products[index], expiry, right);
  const ButterflyBundle best = BestButterfly(c, s.hull[right] + c.first);
  *signal = NewSignal(index, SignalKind::kButterfly, best.gross - 2 * best.body_ratio() * s.config.option_fee_nanos);
  if (best.gross != 0) {
    const PairContracts* contracts = s.pair.contracts + c.first;
    AddLeg(s, signal, contracts[best.low].instrument[right], Side::kBuy, static_cast<uint32_t>(best.low_ratio));
    AddLeg(s, signal, contracts[best.body].instrument[right], Side::kSell, static_cast<uint32_t>(best.body_ratio()));
    AddLeg(s, signal, contracts[best.high].instrument[right], Side::kBuy, static_cast<uint32_t>(best.high_ratio));
  }
  return JudgeSpread(s, signal, memory);
}

TICKGRAPH_HD bool LaterHoldsSooner(const EngineConfig& config, int right) {
  if (config.american != 0) return true;
  return right == 0 ? config.rate >= 0 && config.dividend_yield <= 0 : config.rate <= 0 && config.dividend_yield >= 0;
}

TICKGRAPH_HD uint32_t ScanCalendar(EngineState& s, ProductIndex index, uint32_t sooner, uint32_t slot, OpportunityMemory* memory,
                                   Signal* signal) {
  const int right = slot == kCallCalendar ? 0 : 1;
  const ProductState& product = s.products[index];
  const SpreadChain a = ChainOf(s, product, s.expiries[product.expiry_first + sooner], right);
  PriceNanos best = 2 * kAbsentBid;
  InstrumentIndex bought = kNoInstrument, sold = kNoInstrument;
  for (uint32_t later = sooner + 1; later < product.expiry_count && LaterHoldsSooner(s.config, right); ++later) {
    const SpreadChain b = ChainOf(s, product, s.expiries[product.expiry_first + later], right);
    for (uint32_t i = 0, j = 0; i < a.count && j < b.count;) {
      if (a.strike[i] != b.strike[j]) {
        a.strike[i] < b.strike[j] ? ++i : ++j;
        continue;
      }
      const PriceNanos edge = a.bid[i] - b.ask[j];
      if (edge > best) {
        best = edge;
        bought = s.pair.contracts[b.first + j].instrument[right];
        sold = s.pair.contracts[a.first + i].instrument[right];
      }
      ++i;
      ++j;
    }
  }
  *signal = NewSignal(index, SignalKind::kCalendar, best - 2 * s.config.option_fee_nanos);
  if (signal->edge_nanos > s.config.min_edge_spread_nanos) {
    AddLeg(s, signal, bought, Side::kBuy);
    AddLeg(s, signal, sold, Side::kSell);
  }
  return JudgeSpread(s, signal, memory);
}

// A slot of the product's expiry `e`: writes `*signal` and returns 1 when it emits, else 0.
TICKGRAPH_HD uint32_t ScanSpread(EngineState& s, ProductIndex index, uint32_t e, uint32_t slot, Signal* signal) {
  const uint32_t at = s.products[index].expiry_first + e;
  OpportunityMemory* memory = s.spreads + size_t{at} * kSpreadSlots + slot;
  const uint32_t kind = slot <= kPutSteep ? kVerticals : slot <= kPutButterfly ? kButterflies : kCalendars;
  if ((s.config.spreads & kind) == 0) return 0;
  if (kind == kVerticals) return ScanVertical(s, index, s.expiries[at], slot, memory, signal);
  if (kind == kButterflies) return ScanButterfly(s, index, s.expiries[at], slot, memory, signal);
  return ScanCalendar(s, index, e, slot, memory, signal);
}

}  // namespace tickgraph
