// Stages one and two of an engine, as functions of the state: book features of a changed instrument, and the value of a contract.
//
// In the flow: rows of a submission -> ApplyRow (each) -> UpdateUnderlying (each touched product) -> contracts priced -> arbitrage_scan.h.
// The CPU engine and the CUDA kernels call the same functions; order of calls within a stage does not matter, since each writes its own
// instrument, product or contract. A submission holds at most one row an instrument.
#pragma once

#include "kernels/book_features.h"
#include "kernels/engine_state.h"
#include "kernels/european.h"
#include "kernels/implied_volatility.h"

namespace tickgraph {

TICKGRAPH_HD bool UsableQuote(PriceNanos price, Quantity quantity) { return quantity > 0 && price > -kPriceLimit && price < kPriceLimit; }

// Takes a row over: the instrument's quote and features, and an option's quote in its pair. False: the instrument was never defined.
TICKGRAPH_HD bool ApplyRow(EngineState& s, const EngineRow& row) {
  if (row.instrument >= s.config.max_instruments || s.instruments[row.instrument].kind == 0) return false;
  InstrumentState& x = s.instruments[row.instrument];
  const bool has_bid = row.tradable != 0 && UsableQuote(row.top.bid_nanos, row.top.bid_quantity);
  const bool has_ask = row.tradable != 0 && UsableQuote(row.top.ask_nanos, row.top.ask_quantity);
  const PriceNanos bid = has_bid ? row.top.bid_nanos : kAbsentBid, ask = has_ask ? row.top.ask_nanos : kAbsentAsk;
  const Quantity bid_quantity = has_bid ? (row.top.bid_quantity < kQuantityLimit ? row.top.bid_quantity : kQuantityLimit) : 0;
  const Quantity ask_quantity = has_ask ? (row.top.ask_quantity < kQuantityLimit ? row.top.ask_quantity : kQuantityLimit) : 0;
  if (x.seen != 0) {
    const int64_t change =
        OrderFlowImbalance({x.bid_nanos, x.bid_quantity}, {x.ask_nanos, x.ask_quantity}, {bid, bid_quantity}, {ask, ask_quantity});
    x.order_flow_imbalance = AddOrderFlow(x.order_flow_imbalance, change);
  }
  const bool changed = bid != x.bid_nanos || ask != x.ask_nanos;
  x.seen = 1;
  x.bid_nanos = bid;
  x.ask_nanos = ask;
  x.bid_quantity = bid_quantity;
  x.ask_quantity = ask_quantity;
  x.imbalance_ppm = ImbalancePpm(bid_quantity, ask_quantity);
  x.microprice_nanos = has_bid && has_ask ? Microprice(bid, bid_quantity, ask, ask_quantity) : kNoPrice;
  if (x.pair != kNoPair) {
    s.pair.bid[x.right][x.pair] = bid;
    s.pair.ask[x.right][x.pair] = ask;
    if (changed) s.pair.meta[x.pair].volatility_due[x.right] = 1;
  }
  return true;
}

// The consolidated best of a touched product; ties go to the lowest venue, then instrument.
TICKGRAPH_HD void UpdateUnderlying(EngineState& s, ProductState& product) {
  PriceNanos bid = kAbsentBid, ask = kAbsentAsk;
  InstrumentIndex bid_instrument = kNoInstrument, ask_instrument = kNoInstrument;
  for (uint32_t i = 0; i < product.equity_count; ++i) {
    const InstrumentState& x = s.instruments[product.equities[i]];
    if (x.bid_nanos > bid) {
      bid = x.bid_nanos;
      bid_instrument = product.equities[i];
    }
    if (x.ask_nanos < ask) {
      ask = x.ask_nanos;
      ask_instrument = product.equities[i];
    }
  }
  const bool both = bid_instrument != kNoInstrument && ask_instrument != kNoInstrument;
  const PriceNanos twice_mid = both && bid + ask > 0 ? bid + ask : 0;
  product.mid_changed = twice_mid != product.twice_mid_nanos;
  product.twice_mid_nanos = twice_mid;
  product.best_bid_nanos = bid;
  product.best_ask_nanos = ask;
  product.best_bid_instrument = bid_instrument;
  product.best_ask_instrument = ask_instrument;
}

// What a pricing lane reads that all contracts of a chain share.
struct ChainInput {
  double spot, rate, dividend_yield;
};
TICKGRAPH_HD ChainInput MakeChainInput(const EngineState& s, const ProductState& product) {
  return {static_cast<double>(product.twice_mid_nanos) * 0.5e-9, s.config.rate, s.config.dividend_yield};
}

// Where a contract's own quote changed: its implied volatility at the current underlying mid. Kept where the quote has no mid; dropped
// where the mid has no volatility.
TICKGRAPH_HD void ReviseVolatility(const PairColumns& c, const ChainInput& in, uint32_t p, int side) {
  if (c.meta[p].volatility_due[side] == 0) return;
  c.meta[p].volatility_due[side] = 0;
  const PriceNanos bid = c.bid[side][p], ask = c.ask[side][p];
  if (bid == kAbsentBid || ask == kAbsentAsk) return;
  const double price = static_cast<double>(bid + ask) * 0.5e-9;
  const ImpliedVolatilityResult found =
      ImpliedVolatilityFrom(side == 0 ? 1.0 : -1.0, price, in.spot * c.dividend_factor[p], c.discounted_strike[p], c.time[p]);
  c.volatility[side][p] = found.status == ImpliedVolatilityStatus::kOk ? found.volatility : 0.0;
}

struct ContractValue {
  PriceNanos theo_nanos;
  EuropeanGreeks<double> greeks;
};

TICKGRAPH_HD ContractValue ValueContract(double sign, const ChainInput& in, double discounted_strike, double dividend_factor, double time,
                                         double sqrt_time, double volatility) {
  const EuropeanTerms<double> terms = {sign, in.spot,  in.spot * dividend_factor, discounted_strike, in.rate, in.dividend_yield, volatility,
                                       time, sqrt_time};
  ContractValue value;
  value.greeks = GreeksFromParts(terms, MakeEuropeanParts(terms));
  const double nanos = Smaller(Larger(value.greeks.price * 1e9, 0.0), static_cast<double>(2 * kPriceLimit));
  value.theo_nanos = volatility > 0.0 ? RoundToInt64(nanos) : kNoPrice;
  return value;
}

TICKGRAPH_HD void PriceContract(const PairColumns& c, const ChainInput& in, uint32_t p, int side) {
  const ContractValue value = ValueContract(side == 0 ? 1.0 : -1.0, in, c.discounted_strike[p], c.dividend_factor[p], c.time[p],
                                            c.sqrt_time[p], c.volatility[side][p]);
  c.theo[side][p] = value.theo_nanos;
  c.greeks[side][0][p] = value.greeks.delta;
  c.greeks[side][1][p] = value.greeks.gamma;
  c.greeks[side][2][p] = value.greeks.vega;
  c.greeks[side][3][p] = value.greeks.theta;
  c.greeks[side][4][p] = value.greeks.rho;
}

}  // namespace tickgraph
