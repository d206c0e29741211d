// The engine from rows to signals, and its scan alone. Each compares with the scalar engine or a plain loop before it is timed.
#include <cstring>
#include <memory>
#include <vector>

#include "bench/bench_common.h"
#include "hot/hash.h"
#include "kernels/arbitrage_scan.h"
#include "kernels/cpu_engine.h"
#include "kernels/engine_definitions.h"

namespace tickgraph {
namespace {

constexpr uint32_t kExpirations[] = {20260116, 20260220, 20260320, 20260417, 20260619, 20260918, 20261218, 20270115};

struct Session {
  Session(uint32_t expiries, uint32_t strikes) {
    for (VenueIndex v = 0; v < 2; ++v) Add({v, 0, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0}, 100 * kNanosPerUnit);
    for (uint32_t e = 0; e < expiries; ++e) {
      for (uint32_t k = 0; k < strikes; ++k) {
        const PriceNanos strike = 84 * kNanosPerUnit + PriceNanos{k} * 32 * kNanosPerUnit / strikes;
        for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) {
          int32_t today = 0, last = 0;
          DaysFromDate(20260105, &today);
          DaysFromDate(kExpirations[e], &last);
          const double time = (last - today) / 365.0;
          const double fair = European(right, 100.0, FromNanos(strike), 0.05, 0.0, 0.25, time).price;
          Add({0, 0, InstrumentKind::kOption, right, 2, kExpirations[e], strike}, static_cast<PriceNanos>(fair * 1e9) + 50'000'000);
        }
      }
    }
    // Two states of the first equity, between which the consolidated mid moves.
    ticks[0] = ticks[1] = rows[0];
    ticks[1].top.bid_nanos += 5'000'000;
  }
  void Add(EngineInstrument x, PriceNanos mid) {
    x.instrument = static_cast<InstrumentIndex>(market.size());
    market.push_back(x);
    EngineRow row;
    row.instrument = x.instrument;
    row.tradable = 1;
    row.top = {mid - 10'000'000, mid + 10'000'000, 100, 100};
    rows.push_back(row);
  }
  std::unique_ptr<CpuEngine> Engine(SimdLevel level) const {
    EngineConfig config;
    config.max_instruments = 4096;
    config.max_products = 16;
    config.max_contracts = 4096;
    config.session_date = 20260105;
    config.min_edge_box_nanos = config.min_edge_parity_nanos = kNanosPerUnit;
    auto engine = std::make_unique<CpuEngine>(config, level);
    for (const EngineInstrument& x : market) engine->Define(x);
    engine->Submit(rows.data(), static_cast<uint32_t>(rows.size()));
    return engine;
  }
  std::vector<EngineInstrument> market;
  std::vector<EngineRow> rows;
  EngineRow ticks[2];
};

bool SameAsScalar(const Session& session, CpuEngine& engine) {
  const std::unique_ptr<CpuEngine> scalar = session.Engine(SimdLevel::kScalar);
  for (int i = 0; i < 8; ++i) {
    scalar->Submit(&session.ticks[i % 2], 1);
    engine.Submit(&session.ticks[i % 2], 1);
    if (scalar->signal_count() != engine.signal_count() ||
        std::memcmp(scalar->signals(), engine.signals(), engine.signal_count() * sizeof(Signal)) != 0)
      return false;
  }
  for (const EngineInstrument& x : session.market) {
    if (x.kind != InstrumentKind::kOption) continue;
    const ContractGreeks a = GreeksOf(scalar->state(), x.instrument), b = GreeksOf(engine.state(), x.instrument);
    if (std::memcmp(&a, &b, sizeof a) != 0 || a.theo_nanos == kNoPrice) return false;
  }
  return true;
}

void TickToSignals(benchmark::State& state, uint32_t expiries, uint32_t strikes) {
  const Session session(expiries, strikes);
  const std::unique_ptr<CpuEngine> engine = session.Engine(BestSimdLevel());
  if (!SameAsScalar(session, *engine)) return state.SkipWithError("the engine differs from the scalar one");
  uint32_t tick = 0;
  AllocationScope allocations;
  for (auto _ : state) {
    engine->Submit(&session.ticks[tick ^= 1], 1);
    benchmark::DoNotOptimize(engine->signal_count());
  }
  ReportItems(state, 1, allocations.count());
  state.SetLabel(engine->engine().name);
}
void Chain256(benchmark::State& state) { TickToSignals(state, 8, 16); }
void EquityOnly(benchmark::State& state) { TickToSignals(state, 0, 0); }
BENCHMARK(Chain256)->Name("engine/chain_256");
BENCHMARK(EquityOnly)->Name("engine/equity_only");

// An option quote on a chain whose underlying stands: its volatility, its value, and the scan of the chain.
void OptionQuote(benchmark::State& state) {
  const Session session(8, 16);
  const std::unique_ptr<CpuEngine> engine = session.Engine(BestSimdLevel());
  if (!SameAsScalar(session, *engine)) return state.SkipWithError("the engine differs from the scalar one");
  EngineRow rows[2] = {session.rows[40], session.rows[40]};
  rows[1].top.bid_nanos -= 10'000'000;
  uint32_t tick = 0;
  AllocationScope allocations;
  for (auto _ : state) {
    engine->Submit(&rows[tick ^= 1], 1);
    benchmark::DoNotOptimize(engine->signal_count());
  }
  ReportItems(state, 1, allocations.count());
  state.SetLabel(engine->engine().name);
}
BENCHMARK(OptionQuote)->Name("engine/option_quote");

// Conversion, reversal and box of every expiry of a quiet 256-contract chain: one pass for the extremes decides all of them.
void ParityBox(benchmark::State& state) {
  const Session session(4, 32);
  const std::unique_ptr<CpuEngine> engine = session.Engine(BestSimdLevel());
  const SimdKernels& kernels = SimdKernelsFor(BestSimdLevel());
  const EngineState& s = engine->state();
  const ProductState& product = s.products[0];
  for (uint32_t e = 0; e < product.expiry_count; ++e) {
    const ExpiryState& x = s.expiries[product.expiry_first + e];
    const uint32_t first = product.pair_first + x.first;
    PriceNanos highest = 2 * kAbsentBid, lowest = 2 * kAbsentAsk;
    for (uint32_t p = first; p < first + x.count; ++p) {
      if (SyntheticBid(s.pair, p) > highest) highest = SyntheticBid(s.pair, p);
      if (SyntheticAsk(s.pair, p) < lowest) lowest = SyntheticAsk(s.pair, p);
    }
    const SyntheticExtremes got = kernels.synthetic_extremes(s.pair, first, x.count);
    if (got.highest_bid != highest || got.lowest_ask != lowest) return state.SkipWithError("the scan differs from a plain loop");
  }
  AllocationScope allocations;
  for (auto _ : state) {
    uint32_t found = 0;
    for (uint32_t e = 0; e < product.expiry_count; ++e) {
      const ExpiryState& x = s.expiries[product.expiry_first + e];
      const PriceNanos bid = DiscountedSpot(product.best_bid_nanos, x.dividend_factor),
                       ask = DiscountedSpot(product.best_ask_nanos, x.dividend_factor);
      const SyntheticExtremes extremes = kernels.synthetic_extremes(s.pair, product.pair_first + x.first, x.count);
      found += extremes.highest_bid - ask > kNanosPerUnit;
      found += bid - extremes.lowest_ask > kNanosPerUnit;
      found += extremes.highest_bid - extremes.lowest_ask > kNanosPerUnit;
    }
    benchmark::DoNotOptimize(found);
  }
  ReportItems(state, product.contract_count, allocations.count());
  state.SetLabel(kernels.name);
}
BENCHMARK(ParityBox)->Name("arbitrage/parity_box");

}  // namespace
}  // namespace tickgraph
