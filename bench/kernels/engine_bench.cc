// The engine from rows to signals, and its scan alone. Each compares with the scalar engine or a plain loop before it is timed.
#include <cstring>
#include <memory>
#include <vector>

#include "bench/bench_common.h"
#include "bench/kernels/chain_session.h"
#include "bench/percentiles.h"
#include "kernels/arbitrage_scan.h"

namespace tickgraph {
namespace {

bool SameAsScalar(const ChainSession& session, CpuEngine& engine) {
  const std::unique_ptr<CpuEngine> scalar = session.MakeCpu(SimdLevel::kScalar);
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

// Each submission by itself, from the rows to the signals, the clock's own time included.
template <class Submit>
void ReportOneByOne(benchmark::State& state, Submit&& submit) {
  constexpr int kSubmissions = 20'000;
  const TscScale tsc;
  std::vector<uint64_t> ticks;
  ticks.reserve(kSubmissions);
  for (int i = 0; i < kSubmissions; ++i) {
    const uint64_t from = ReadTsc();
    submit();
    ticks.push_back(ReadTsc() - from);
  }
  ReportPercentiles(state, ticks, tsc);
}

void TickToSignals(benchmark::State& state, uint32_t expiries, uint32_t strikes) {
  const ChainSession session(expiries, strikes);
  const std::unique_ptr<CpuEngine> engine = session.MakeCpu(BestSimdLevel());
  if (!SameAsScalar(session, *engine)) return state.SkipWithError("the engine differs from the scalar one");
  uint32_t tick = 0;
  AllocationScope allocations;
  const auto submit = [&] {
    engine->Submit(&session.ticks[tick ^= 1], 1);
    benchmark::DoNotOptimize(engine->signal_count());
  };
  for (auto _ : state) submit();
  ReportItems(state, 1, allocations.count());
  ReportOneByOne(state, submit);
  state.SetLabel(engine->engine().name);
}
void Chain256(benchmark::State& state) { TickToSignals(state, 8, 16); }
void EquityOnly(benchmark::State& state) { TickToSignals(state, 0, 0); }
BENCHMARK(Chain256)->Name("engine/chain_256");
BENCHMARK(EquityOnly)->Name("engine/equity_only");

// An option quote on a chain whose underlying stands: its volatility, its value, and the scan of the chain.
void OptionQuote(benchmark::State& state) {
  const ChainSession session(8, 16);
  const std::unique_ptr<CpuEngine> engine = session.MakeCpu(BestSimdLevel());
  if (!SameAsScalar(session, *engine)) return state.SkipWithError("the engine differs from the scalar one");
  EngineRow rows[2] = {session.rows[40], session.rows[40]};
  rows[1].top.bid_nanos -= 10'000'000;
  uint32_t tick = 0;
  AllocationScope allocations;
  const auto submit = [&] {
    engine->Submit(&rows[tick ^= 1], 1);
    benchmark::DoNotOptimize(engine->signal_count());
  };
  for (auto _ : state) submit();
  ReportItems(state, 1, allocations.count());
  ReportOneByOne(state, submit);
  state.SetLabel(engine->engine().name);
}
BENCHMARK(OptionQuote)->Name("engine/option_quote");

// Conversion, reversal and box of every expiry of a quiet 256-contract chain: one pass for the extremes decides all of them.
void ParityBox(benchmark::State& state) {
  const ChainSession session(4, 32);
  const std::unique_ptr<CpuEngine> engine = session.MakeCpu(BestSimdLevel());
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
