// Stage three of an engine: each opportunity of a product judged on integers, and its signal emitted when it changed.
//
// In the flow: after pricing, for each touched product in ascending order. An opportunity slot is the product's cross-venue pair, a
// conversion and a reversal per strike, a box per expiry; their order is that of the signals (see ItemCount). The CPU engine skips slots
// that cannot have changed; the scan kernel gives each item a thread. Money is in nanos per unit of the underlying. With K D the strike
// times the discount factor of the expiry and S q the stock's price times its dividend factor, each rounded to a nano once (ties to even),
// and synthetic forwards Fb = K D + call bid - put ask (sold), Fa = K D + call ask - put bid (bought):
//   cross       best bid of one instrument - best ask of another - 2 equity fees
//   conversion  Fb - S_ask q - equity fee - 2 option fees
//   reversal    S_bid q - Fa - equity fee - 2 option fees
//   box         max Fb - min Fa over different strikes - 4 option fees
// Verticals, butterflies and calendars, where they are asked for, stand in arbitrage_spreads.h.
// An opportunity is there when its edge exceeds the configured minimum. Ties: the higher selling price, then the lowest seller, then the
// lowest buyer (venue and instrument, or strike).
#pragma once

#include "kernels/engine_state.h"

namespace tickgraph {

TICKGRAPH_HD Quantity Least(Quantity a, Quantity b) { return a < b ? a : b; }

TICKGRAPH_HD PriceNanos SyntheticBid(const PairColumns& c, uint32_t p) { return c.discounted_strike_nanos[p] + c.bid[0][p] - c.ask[1][p]; }
TICKGRAPH_HD PriceNanos SyntheticAsk(const PairColumns& c, uint32_t p) { return c.discounted_strike_nanos[p] + c.ask[0][p] - c.bid[1][p]; }

// A stock price times its dividend factor, rounded; absent prices stay absent.
TICKGRAPH_HD PriceNanos DiscountedSpot(PriceNanos price, double dividend_factor) {
  if (price <= -kPriceLimit || price >= kPriceLimit) return price;
  return RoundToInt64(static_cast<double>(price) * dividend_factor);
}

// The two largest values with where they stand; the earliest wins a tie.
struct BestTwo {
  PriceNanos value[2] = {2 * kAbsentBid, 2 * kAbsentBid};
  uint32_t at[2] = {kNoPair, kNoPair};
  TICKGRAPH_HD void Offer(PriceNanos x, uint32_t index) {
    if (x > value[0]) {
      value[1] = value[0];
      at[1] = at[0];
      value[0] = x;
      at[0] = index;
    } else if (x > value[1]) {
      value[1] = x;
      at[1] = index;
    }
  }
};

struct BestPair {
  PriceNanos edge;
  uint32_t seller, buyer;
};
// The best (seller, buyer) with seller != buyer, of selling prices and negated buying prices.
TICKGRAPH_HD BestPair Match(const BestTwo& sell, const BestTwo& buy) {
  if (sell.at[0] != buy.at[0]) return {sell.value[0] + buy.value[0], sell.at[0], buy.at[0]};
  const PriceNanos first = sell.value[0] + buy.value[1], second = sell.value[1] + buy.value[0];
  return first >= second ? BestPair{first, sell.at[0], buy.at[1]} : BestPair{second, sell.at[1], buy.at[0]};
}

TICKGRAPH_HD SignalLeg MakeLeg(PriceNanos price, InstrumentIndex instrument, Side side) {
  SignalLeg leg = {};
  leg.price_nanos = price;
  leg.instrument = instrument;
  leg.side = side;
  return leg;
}

// A leg that trades at the instrument's own quote, `ratio` times a bundle.
TICKGRAPH_HD void AddLeg(const EngineState& s, Signal* signal, InstrumentIndex instrument, Side side, uint32_t ratio = 1) {
  const InstrumentState& x = s.instruments[instrument];
  const bool buy = side == Side::kBuy;
  const Quantity size = buy ? x.ask_quantity : x.bid_quantity;
  const Quantity units = (ratio == 1 ? size : size / ratio) * (x.pair == kNoPair ? 1 : kContractUnits);
  signal->quantity = signal->leg_count == 0 ? units : Least(signal->quantity, units);
  signal->legs[signal->leg_count] = MakeLeg(buy ? x.ask_nanos : x.bid_nanos, instrument, side);
  signal->legs[signal->leg_count++].ratio = static_cast<uint8_t>(ratio);
}

// Sum over the option legs, each as often as its ratio, of (sold at - theo) or (theo - bought at); 0 unless every one has a theo.
TICKGRAPH_HD PriceNanos TheoEdge(const EngineState& s, const Signal& signal) {
  PriceNanos sum = 0;
  for (int i = 0; i < signal.leg_count; ++i) {
    const InstrumentState& x = s.instruments[signal.legs[i].instrument];
    if (x.pair == kNoPair) continue;
    const PriceNanos theo = s.pair.theo[x.right][x.pair];
    if (theo == kNoPrice) return 0;
    const PriceNanos gain = signal.legs[i].side == Side::kSell ? signal.legs[i].price_nanos - theo : theo - signal.legs[i].price_nanos;
    sum += gain * signal.legs[i].ratio;
  }
  return sum;
}

// True when the opportunity differs from what its slot last emitted, which it then becomes.
TICKGRAPH_HD bool Remember(OpportunityMemory* memory, const Signal& signal) {
  bool same = memory->quantity == signal.quantity && memory->edge_nanos == signal.edge_nanos;
  for (int i = 0; i < signal.leg_count; ++i)
    same = same && memory->price_nanos[i] == signal.legs[i].price_nanos && memory->instrument[i] == signal.legs[i].instrument;
  if (same) return false;
  memory->quantity = signal.quantity;
  memory->edge_nanos = signal.edge_nanos;
  for (int i = 0; i < signal.leg_count; ++i) {
    memory->price_nanos[i] = signal.legs[i].price_nanos;
    memory->instrument[i] = signal.legs[i].instrument;
  }
  return true;
}

TICKGRAPH_HD Signal NewSignal(ProductIndex product, SignalKind kind, PriceNanos edge) {
  Signal signal = {};
  for (int i = 0; i < kMaxLegs; ++i) signal.legs[i].instrument = kNoInstrument;
  signal.product = product;
  signal.kind = kind;
  signal.edge_nanos = edge;
  return signal;
}

TICKGRAPH_HD uint32_t Finish(const EngineState& s, Signal* signal, OpportunityMemory* memory) {
  signal->theo_edge_nanos = TheoEdge(s, *signal);
  signal->imbalance_ppm = s.instruments[signal->legs[0].instrument].imbalance_ppm;
  return Remember(memory, *signal) ? 1 : 0;
}

// The Scan functions write `*signal` and return 1 when the slot emits, else 0. A slot whose opportunity is gone forgets.
TICKGRAPH_HD uint32_t ScanCross(EngineState& s, ProductIndex index, Signal* signal) {
  ProductState& product = s.products[index];
  if (product.equity_count < 2) return 0;
  BestTwo sell, buy;
  for (uint32_t i = 0; i < product.equity_count; ++i) {
    const InstrumentState& x = s.instruments[product.equities[i]];
    sell.Offer(x.bid_nanos, i);
    buy.Offer(-x.ask_nanos, i);
  }
  const BestPair best = Match(sell, buy);
  const PriceNanos edge = best.edge - 2 * s.config.equity_fee_nanos;
  if (edge <= s.config.min_edge_cross_nanos) {
    product.cross.quantity = 0;
    return 0;
  }
  *signal = NewSignal(index, SignalKind::kCrossVenue, edge);
  AddLeg(s, signal, product.equities[best.buyer], Side::kBuy);
  AddLeg(s, signal, product.equities[best.seller], Side::kSell);
  return Finish(s, signal, &product.cross);
}

TICKGRAPH_HD PriceNanos ParityFees(const EngineConfig& config) { return config.equity_fee_nanos + 2 * config.option_fee_nanos; }

TICKGRAPH_HD uint32_t ScanConversion(EngineState& s, ProductIndex index, uint32_t p, PriceNanos stock_ask, Signal* signal) {
  const PriceNanos edge = SyntheticBid(s.pair, p) - stock_ask - ParityFees(s.config);
  if (edge <= s.config.min_edge_parity_nanos) {
    s.pair.conversion[p].quantity = 0;
    return 0;
  }
  const PairContracts c = s.pair.contracts[p];
  *signal = NewSignal(index, SignalKind::kConversion, edge);
  AddLeg(s, signal, s.products[index].best_ask_instrument, Side::kBuy);
  AddLeg(s, signal, c.instrument[0], Side::kSell);
  AddLeg(s, signal, c.instrument[1], Side::kBuy);
  return Finish(s, signal, &s.pair.conversion[p]);
}

TICKGRAPH_HD uint32_t ScanReversal(EngineState& s, ProductIndex index, uint32_t p, PriceNanos stock_bid, Signal* signal) {
  const PriceNanos edge = stock_bid - SyntheticAsk(s.pair, p) - ParityFees(s.config);
  if (edge <= s.config.min_edge_parity_nanos) {
    s.pair.reversal[p].quantity = 0;
    return 0;
  }
  const PairContracts c = s.pair.contracts[p];
  *signal = NewSignal(index, SignalKind::kReversal, edge);
  AddLeg(s, signal, s.products[index].best_bid_instrument, Side::kSell);
  AddLeg(s, signal, c.instrument[0], Side::kBuy);
  AddLeg(s, signal, c.instrument[1], Side::kSell);
  return Finish(s, signal, &s.pair.reversal[p]);
}

TICKGRAPH_HD uint32_t ScanBox(EngineState& s, ProductIndex index, ExpiryState& expiry, Signal* signal) {
  const uint32_t first = s.products[index].pair_first + expiry.first;
  BestTwo sell, buy;
  for (uint32_t i = 0; i < expiry.count; ++i) {
    sell.Offer(SyntheticBid(s.pair, first + i), i);
    buy.Offer(-SyntheticAsk(s.pair, first + i), i);
  }
  const BestPair best = Match(sell, buy);
  const PriceNanos edge = best.edge - 4 * s.config.option_fee_nanos;
  if (expiry.count < 2 || edge <= s.config.min_edge_box_nanos) {
    expiry.box.quantity = 0;
    return 0;
  }
  const PairContracts buys = s.pair.contracts[first + best.buyer], sells = s.pair.contracts[first + best.seller];
  *signal = NewSignal(index, SignalKind::kBox, edge);
  AddLeg(s, signal, buys.instrument[0], Side::kBuy);
  AddLeg(s, signal, buys.instrument[1], Side::kSell);
  AddLeg(s, signal, sells.instrument[0], Side::kSell);
  AddLeg(s, signal, sells.instrument[1], Side::kBuy);
  return Finish(s, signal, &expiry.box);
}

}  // namespace tickgraph
