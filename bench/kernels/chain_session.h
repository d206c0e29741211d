// One underlying on two venues and its chain of options, quoted around fair values: what the benchmarks of engines tick.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cpu_engine.h"
#include "kernels/engine_definitions.h"

namespace tickgraph {

inline constexpr uint32_t kChainExpirations[] = {20260116, 20260220, 20260320, 20260417, 20260619, 20260918, 20261218, 20270115};

struct ChainSession {
  ChainSession(uint32_t expiries, uint32_t strikes) {
    for (VenueIndex v = 0; v < 2; ++v) Add({v, 0, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0}, 100 * kNanosPerUnit);
    for (uint32_t e = 0; e < expiries; ++e) {
      for (uint32_t k = 0; k < strikes; ++k) {
        const PriceNanos strike = 84 * kNanosPerUnit + PriceNanos{k} * 32 * kNanosPerUnit / strikes;
        for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) {
          int32_t today = 0, last = 0;
          DaysFromDate(20260105, &today);
          DaysFromDate(kChainExpirations[e], &last);
          const double time = (last - today) / 365.0;
          const double fair = European(right, 100.0, FromNanos(strike), 0.05, 0.0, 0.25, time).price;
          Add({0, 0, InstrumentKind::kOption, right, 2, kChainExpirations[e], strike}, static_cast<PriceNanos>(fair * 1e9) + 50'000'000);
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
  static EngineConfig Config() {
    EngineConfig config;
    config.max_instruments = 4096;
    config.max_products = 16;
    config.max_contracts = 4096;
    config.session_date = 20260105;
    config.min_edge_box_nanos = config.min_edge_parity_nanos = kNanosPerUnit;
    return config;
  }
  std::unique_ptr<CpuEngine> MakeCpu(SimdLevel level) const {
    auto engine = std::make_unique<CpuEngine>(Config(), level);
    for (const EngineInstrument& x : market) engine->Define(x);
    engine->Submit(rows.data(), static_cast<uint32_t>(rows.size()));
    return engine;
  }
  std::vector<EngineInstrument> market;
  std::vector<EngineRow> rows;
  EngineRow ticks[2];
};

}  // namespace tickgraph
