// The CPU engine: rows applied one by one, chains priced and scanned by the loops of the chosen instruction set. See cpu_engine.h.
#include "kernels/cpu_engine.h"

#include <algorithm>

#include "kernels/arbitrage_spreads.h"
#include "kernels/engine_definitions.h"

namespace tickgraph {
namespace {

constexpr const char* kNames[kSimdLevels] = {"cpu-scalar", "cpu-avx2", "cpu-avx512"};
// Up to here the touched products are kept sorted as they come; beyond, they are sorted once.
constexpr uint32_t kInsertionLimit = 32;

}  // namespace

BookFeatures FeaturesOf(const EngineState& state, InstrumentIndex instrument) {
  const InstrumentState& x = state.instruments[instrument];
  const bool both = x.microprice_nanos != kNoPrice;
  return {x.microprice_nanos, both ? x.ask_nanos - x.bid_nanos : kNoPrice, x.imbalance_ppm, x.order_flow_imbalance};
}

ContractGreeks GreeksOf(const EngineState& state, InstrumentIndex instrument) {
  const InstrumentState& x = state.instruments[instrument];
  const PairColumns& c = state.pair;
  const uint32_t p = x.pair, side = x.right;
  return {c.volatility[side][p], c.theo[side][p],      c.greeks[side][0][p], c.greeks[side][1][p],
          c.greeks[side][2][p],  c.greeks[side][3][p], c.greeks[side][4][p]};
}

CpuEngine::CpuEngine(const EngineConfig& config, SimdLevel level) : signals_(config.max_signals), simd_(&SimdKernelsFor(level)) {
  memory_.Allocate(LayoutEngineState(&state_, config, nullptr));
  LayoutEngineState(&state_, config, memory_.data());
}

bool CpuEngine::Define(const EngineInstrument& instrument) {
  const bool taken = DefineInstrument(state_, instrument);
  counters_.rejected_instruments += !taken;
  return taken;
}

void CpuEngine::Touch(ProductIndex product) {
  ProductState& p = state_.products[product];
  uint32_t& count = state_.scalars->touched_count;
  if (p.epoch == state_.scalars->epoch) return;
  p.epoch = state_.scalars->epoch;
  uint32_t at = count++;
  for (; count <= kInsertionLimit && at > 0 && state_.touched[at - 1] > product; --at) state_.touched[at] = state_.touched[at - 1];
  state_.touched[at] = product;
}

void CpuEngine::CollectTouched(const EngineRow* rows, uint32_t count) {
  ++state_.scalars->epoch;
  state_.scalars->touched_count = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (!ApplyRow(state_, rows[i])) continue;
    const InstrumentState& x = state_.instruments[rows[i].instrument];
    Touch(x.product);
    if (x.pair != kNoPair) state_.expiries[state_.products[x.product].expiry_first + state_.pair.meta[x.pair].expiry].spreads_due = 1;
  }
  if (state_.scalars->touched_count > kInsertionLimit) std::sort(state_.touched, state_.touched + state_.scalars->touched_count);
}

void CpuEngine::PriceProduct(ProductState& product) {
  if (product.mid_changed == 0 || product.pair_count == 0) return;
  if (product.twice_mid_nanos == 0) {
    for (int side = 0; side < 2; ++side) std::fill_n(state_.pair.theo[side] + product.pair_first, product.pair_count, kNoPrice);
    return;
  }
  simd_->price_chain(state_.pair, MakeChainInput(state_, product), product.pair_first, product.pair_count);
  counters_.contracts_priced += product.contract_count;
}

// A quote that changed on an underlying that did not move.
void CpuEngine::PriceRow(const EngineRow& row) {
  if (row.instrument >= state_.config.max_instruments) return;
  const InstrumentState& x = state_.instruments[row.instrument];
  if (x.kind == 0 || x.pair == kNoPair) return;
  const ProductState& product = state_.products[x.product];
  if (product.mid_changed != 0 || product.twice_mid_nanos == 0 || state_.pair.meta[x.pair].volatility_due[x.right] == 0) return;
  simd_->price_contract(state_.pair, MakeChainInput(state_, product), x.pair, x.right);
}

void CpuEngine::Emit(const Signal* signals, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (signal_count_ == state_.config.max_signals) {
      ++counters_.dropped_signals;
      continue;
    }
    signals_[signal_count_++] = signals[i];
  }
}

uint32_t CpuEngine::ScanPairs(ProductIndex index, ExpiryState& expiry, PriceNanos stock_bid, PriceNanos stock_ask) {
  const uint32_t first = state_.products[index].pair_first + expiry.first;
  uint32_t active = 0;
  for (uint32_t p = first; p < first + expiry.count; ++p) {
    Signal signals[2];
    uint32_t count = ScanConversion(state_, index, p, stock_ask, signals);
    count += ScanReversal(state_, index, p, stock_bid, signals + count);
    Emit(signals, count);
    active += (state_.pair.conversion[p].quantity != 0) + (state_.pair.reversal[p].quantity != 0);
  }
  return active;
}

// A calendar's later leg may be the one that changed.
void CpuEngine::ScanSpreads(ProductIndex index, uint32_t e) {
  const ProductState& product = state_.products[index];
  ExpiryState* expiries = state_.expiries + product.expiry_first;
  bool later_due = false;
  for (uint32_t later = e + 1; later < product.expiry_count; ++later) later_due = later_due || expiries[later].spreads_due != 0;
  if (expiries[e].spreads_due == 0 && !later_due) return;
  for (uint32_t slot = expiries[e].spreads_due != 0 ? 0 : uint32_t{kCallCalendar}; slot < kSpreadSlots; ++slot) {
    Signal signal;
    Emit(&signal, ScanSpread(state_, index, e, slot, &signal));
  }
  expiries[e].spreads_due = 0;
}

void CpuEngine::ScanProduct(ProductIndex index) {
  ProductState& product = state_.products[index];
  Signal signal;
  Emit(&signal, ScanCross(state_, index, &signal));
  const EngineConfig& config = state_.config;
  const PriceNanos parity = ParityFees(config) + config.min_edge_parity_nanos;
  const PriceNanos box = 4 * config.option_fee_nanos + config.min_edge_box_nanos;
  for (uint32_t e = 0; e < product.expiry_count; ++e) {
    ExpiryState& expiry = state_.expiries[product.expiry_first + e];
    const PriceNanos stock_bid = DiscountedSpot(product.best_bid_nanos, expiry.dividend_factor);
    const PriceNanos stock_ask = DiscountedSpot(product.best_ask_nanos, expiry.dividend_factor);
    const SyntheticExtremes x = simd_->synthetic_extremes(state_.pair, product.pair_first + expiry.first, expiry.count);
    if (x.highest_bid - stock_ask > parity || stock_bid - x.lowest_ask > parity || expiry.active != 0)
      expiry.active = ScanPairs(index, expiry, stock_bid, stock_ask);
    if (x.highest_bid - x.lowest_ask > box || expiry.box.quantity != 0) Emit(&signal, ScanBox(state_, index, expiry, &signal));
    if (product.expiry_items != 1) ScanSpreads(index, e);
  }
}

void CpuEngine::Submit(const EngineRow* rows, uint32_t count) {
  signal_count_ = 0;
  ++counters_.submissions;
  counters_.rows += count;
  CollectTouched(rows, count);
  const uint32_t touched = state_.scalars->touched_count;
  for (uint32_t i = 0; i < touched; ++i) {
    ProductState& product = state_.products[state_.touched[i]];
    UpdateUnderlying(state_, product);
    PriceProduct(product);
  }
  for (uint32_t i = 0; i < count; ++i) PriceRow(rows[i]);
  for (uint32_t i = 0; i < touched; ++i) ScanProduct(state_.touched[i]);
  counters_.signals += signal_count_;
}

SignalEngine CpuEngine::engine() {
  SignalEngine table;
  table.self = this;
  table.name = kNames[simd_ == &Avx512Kernels() ? 2 : (simd_ == &Avx2Kernels() ? 1 : 0)];
  table.define = [](void* self, const EngineInstrument& x) { return static_cast<CpuEngine*>(self)->Define(x); };
  table.submit = [](void* self, const EngineRow* rows, uint32_t count) { static_cast<CpuEngine*>(self)->Submit(rows, count); };
  table.poll = [](void* self, const Signal** signals, uint32_t* count) {
    const auto* engine = static_cast<CpuEngine*>(self);
    *signals = engine->signals();
    *count = engine->signal_count();
    return true;
  };
  table.counters = [](void* self) -> const EngineCounters& { return static_cast<CpuEngine*>(self)->counters(); };
  return table;
}

}  // namespace tickgraph
