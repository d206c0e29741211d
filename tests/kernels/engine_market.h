// A random market for tests of engines: instruments of a few products, and quotes of them that make every kind of signal.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

#include "hot/hash.h"
#include "hot/signal.h"

namespace tickgraph {

struct Dice {
  uint64_t state;
  uint64_t operator()(uint64_t sides) { return (state = Mix(state + 0x9e3779b97f4a7c15ULL)) % sides; }
};

inline EngineConfig SmallConfig() {
  EngineConfig config;
  config.max_instruments = 4096;
  config.max_products = 512;
  config.max_contracts = 2048;
  config.session_date = 20260105;
  config.dividend_yield = 0.013;
  return config;
}

inline std::vector<EngineInstrument> Market(Dice& dice, uint32_t products, uint32_t venues, uint32_t expiries, uint32_t strikes) {
  static constexpr uint32_t kExpirations[] = {20260116, 20260105, 20260918, 20260220, 20280121, 20260619};
  std::vector<EngineInstrument> out;
  for (ProductIndex p = 0; p < products; ++p) {
    for (uint32_t v = 0; v < venues; ++v)
      out.push_back({0, p, InstrumentKind::kEquity, OptionRight::kCall, static_cast<VenueIndex>(v), 0, 0});
    for (uint32_t e = 0; e < expiries; ++e) {
      for (uint32_t k = 0; k < strikes; ++k) {
        const PriceNanos strike = (80'000'000'000 + 1'250'000'000 * static_cast<PriceNanos>(k * 40 / strikes));
        if (dice(12) != 0) out.push_back({0, p, InstrumentKind::kOption, OptionRight::kCall, 14, kExpirations[e], strike});
        if (dice(12) != 0) out.push_back({0, p, InstrumentKind::kOption, OptionRight::kPut, 14, kExpirations[e], strike});
      }
    }
  }
  for (size_t i = out.size(); i-- > 1;) std::swap(out[i], out[dice(i + 1)]);  // chains grow from any side
  for (size_t i = 0; i < out.size(); ++i) out[i].instrument = static_cast<InstrumentIndex>(i);
  return out;
}

// Coarse prices make ties; about one quote in ten is absent, crossed or not tradable.
inline EngineRow RandomRow(Dice& dice, const EngineInstrument& x, uint64_t spread) {
  const PriceNanos cent = 10'000'000, spot = 100'000'000'000;
  const PriceNanos intrinsic = x.right == OptionRight::kCall ? spot - x.strike_nanos : x.strike_nanos - spot;
  const PriceNanos fair = x.kind == InstrumentKind::kEquity ? spot : std::max<PriceNanos>(intrinsic, 0) + 200 * cent;
  EngineRow row;
  row.instrument = x.instrument;
  row.tradable = dice(30) != 0;
  const PriceNanos bid = fair + static_cast<PriceNanos>(dice(spread)) * cent - static_cast<PriceNanos>(spread / 2) * cent;
  row.top.bid_nanos = dice(25) == 0 ? kNoPrice : bid;
  row.top.ask_nanos = dice(25) == 0 ? kNoPrice : bid + static_cast<PriceNanos>(dice(12)) * cent - (dice(20) == 0 ? 10 * cent : 0);
  row.top.bid_quantity = static_cast<Quantity>(dice(4) * 100);
  row.top.ask_quantity = static_cast<Quantity>(1 + dice(300));
  return row;
}

inline void ExpectSame(const std::vector<Signal>& want, const Signal* got, uint32_t count, const char* who) {
  ASSERT_EQ(want.size(), count) << who;
  for (uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(0, std::memcmp(&want[i], &got[i], sizeof(Signal)))
        << who << " signal " << i << " kind " << int(want[i].kind) << "/" << int(got[i].kind) << " edge " << want[i].edge_nanos << "/"
        << got[i].edge_nanos << " theo " << want[i].theo_edge_nanos << "/" << got[i].theo_edge_nanos << " quantity " << want[i].quantity
        << "/" << got[i].quantity;
  }
}

// Some of the instruments, each with a quote: at most one row an instrument.
inline std::vector<EngineRow> RandomRows(Dice& dice, const std::vector<EngineInstrument>& market, size_t defined, uint64_t wanted,
                                         uint64_t spread) {
  std::vector<EngineRow> rows;
  std::set<InstrumentIndex> used;
  for (uint64_t i = 0; i < wanted; ++i) {
    const EngineInstrument& x = market[dice(defined)];
    if (used.insert(x.instrument).second) rows.push_back(RandomRow(dice, x, spread));
  }
  return rows;
}

}  // namespace tickgraph
