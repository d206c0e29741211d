// Engines against the textbook scan and each other, signal for signal and bit for bit, on random quotes of random chains.
#include <gtest/gtest.h>

#include <cstring>

#include "kernels/cpu_engine.h"
#include "kernels/cuda_device.h"
#include "kernels/engine_factory.h"
#include "tests/kernels/engine_market.h"
#include "tests/kernels/grid_emulator.h"
#include "tests/kernels/textbook_scan.h"

namespace tickgraph {
namespace {

struct Tally {
  uint64_t by_kind[kAllSignalKinds] = {};
  uint64_t uneven = 0;  // butterflies of other than 1 : 2 : 1
  uint64_t valued = 0;
};

void Compare(uint64_t seed, uint32_t products, uint32_t venues, uint32_t expiries, uint32_t strikes, int rounds, uint32_t most_rows,
             uint64_t spread, Tally* tally, const EngineConfig& config = SmallConfig()) {
  Dice dice{seed};
  const std::vector<EngineInstrument> market = Market(dice, products, venues, expiries, strikes);
  ASSERT_LE(market.size(), config.max_instruments);
  std::vector<std::unique_ptr<CpuEngine>> engines;
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level)
    engines.push_back(std::make_unique<CpuEngine>(config, static_cast<SimdLevel>(level)));
  GridEmulator grid(config, 3, static_cast<FiberOrder>(seed % 3));
  TextbookScan textbook(config);
  size_t defined = 0;
  for (int round = 0; round < rounds; ++round) {
    // Definitions arrive as the session goes, among quotes.
    for (const size_t until = std::min(market.size(), defined + market.size() / 8 + 1); defined < until; ++defined) {
      for (auto& engine : engines) ASSERT_TRUE(engine->Define(market[defined]));
      grid.Define(market[defined]);
      textbook.Define(market[defined]);
    }
    const std::vector<EngineRow> rows = RandomRows(dice, market, defined, dice(most_rows + 1), spread);
    const auto count = static_cast<uint32_t>(rows.size());
    const std::vector<Signal> want = textbook.Submit(rows.data(), count);
    for (auto& engine : engines) {
      engine->Submit(rows.data(), count);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(want, engine->signals(), engine->signal_count(), engine->engine().name)) << "round " << round;
    }
    const std::vector<Signal> emulated = grid.Submit(rows.data(), count);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(want, emulated.data(), static_cast<uint32_t>(emulated.size()), "emulated grid"))
        << "round " << round;
    for (const Signal& s : want) {
      ++tally->by_kind[static_cast<int>(s.kind)];
      tally->valued += s.theo_edge_nanos != 0;
      tally->uneven += s.kind == SignalKind::kButterfly && s.legs[0].ratio != s.legs[2].ratio;
    }
  }
  for (size_t i = 0; i < defined; ++i) {
    const BookFeatures a = FeaturesOf(engines[0]->state(), market[i].instrument), b = FeaturesOf(grid.state(), market[i].instrument);
    EXPECT_EQ(a.microprice_nanos, b.microprice_nanos);
    EXPECT_EQ(a.order_flow_imbalance, b.order_flow_imbalance);
    if (market[i].kind != InstrumentKind::kOption) continue;
    const ContractGreeks want = GreeksOf(engines[0]->state(), market[i].instrument);
    for (const EngineState* s : {&engines.back()->state(), &grid.state()}) {
      const ContractGreeks got = GreeksOf(*s, market[i].instrument);
      EXPECT_EQ(want.theo_nanos, got.theo_nanos);
      if (want.theo_nanos != kNoPrice) {
        EXPECT_EQ(0, std::memcmp(&want, &got, sizeof want)) << i;
      }
    }
  }
}

TEST(EngineTest, EqualsTextbookOnWildQuotes) {
  Tally tally;
  for (uint64_t seed = 1; seed <= 12; ++seed) Compare(seed, 3, 3, 3, 6, 150, 8, 60, &tally);
  for (int kind = 0; kind < kAllSignalKinds; ++kind) EXPECT_EQ(tally.by_kind[kind] > 100u, kind < kSignalKinds) << kind;
  EXPECT_GT(tally.valued, 100u);
}

TEST(EngineTest, EqualsTextbookOnQuietQuotes) {
  Tally tally;
  for (uint64_t seed = 101; seed <= 106; ++seed) Compare(seed, 2, 2, 4, 9, 200, 5, 6, &tally);
}

TEST(EngineTest, EqualsTextbookAtSizesAroundAWarp) {
  Tally tally;
  for (const uint32_t strikes : {0u, 1u, 31u, 32u, 33u}) Compare(200 + strikes, 2, 2, strikes == 0 ? 0 : 2, strikes, 40, 40, 40, &tally);
}

TEST(EngineTest, EqualsTextbookOnManyProductsAndMoreRowsThanABlock) {
  Tally tally;
  Compare(301, 300, 3, 1, 2, 12, 1200, 60, &tally);
  Compare(302, 60, 16, 0, 0, 12, 700, 30, &tally);
}

EngineConfig SpreadConfig(bool american, double rate, double dividend_yield) {
  EngineConfig config = SmallConfig();
  config.spreads = kAllSpreads;
  config.american = american ? 1 : 0;
  config.rate = rate;
  config.dividend_yield = dividend_yield;
  return config;
}

TEST(EngineTest, SpreadsEqualTheTextbookOnWildQuotes) {
  Tally tally;
  for (uint64_t seed = 401; seed <= 408; ++seed) Compare(seed, 2, 2, 4, 7, 100, 12, 40, &tally, SpreadConfig(seed % 2 == 0, 0.05, 0.013));
  for (uint64_t seed = 411; seed <= 413; ++seed) Compare(seed, 2, 1, 3, 6, 60, 12, 40, &tally, SpreadConfig(false, -0.02, 0));
  for (uint64_t seed = 421; seed <= 423; ++seed) Compare(seed, 2, 1, 3, 6, 60, 12, 40, &tally, SpreadConfig(false, 0.03, 0));
  for (const uint64_t count : tally.by_kind) EXPECT_GT(count, 50u);
  EXPECT_GT(tally.uneven, 30u);
}

TEST(EngineTest, SpreadsEqualTheTextbookOnQuietQuotesAndLongChains) {
  Tally tally;
  for (uint64_t seed = 431; seed <= 434; ++seed) Compare(seed, 2, 2, 4, 9, 100, 6, 6, &tally, SpreadConfig(true, 0.05, 0.013));
  for (const uint32_t strikes : {0u, 1u, 2u, 31u, 33u})
    Compare(440 + strikes, 1, 1, strikes == 0 ? 0 : 3, strikes, 25, 40, 30, &tally, SpreadConfig(true, 0.05, 0));
  for (const SpreadKinds only : {kVerticals, kButterflies, kCalendars}) {
    Tally one;
    EngineConfig config = SpreadConfig(true, 0.05, 0);
    config.spreads = only;
    Compare(450 + only, 2, 1, 3, 6, 60, 12, 40, &one, config);
    EXPECT_EQ(one.by_kind[4] != 0, only == kVerticals);
    EXPECT_EQ(one.by_kind[5] != 0, only == kButterflies);
    EXPECT_EQ(one.by_kind[6] != 0, only == kCalendars);
  }
}

EngineRow QuoteRow(InstrumentIndex instrument, PriceNanos bid_cents, PriceNanos ask_cents, Quantity bid_quantity = 100,
                   Quantity ask_quantity = 100) {
  EngineRow row;
  row.instrument = instrument;
  row.tradable = 1;
  row.top = {bid_cents * 10'000'000, ask_cents * 10'000'000, bid_quantity, ask_quantity};
  return row;
}

TEST(EngineTest, EmitsOnAppearanceChangeAndReturnOnly) {
  CpuEngine engine(SmallConfig(), BestSimdLevel());
  for (VenueIndex v = 0; v < 2; ++v) ASSERT_TRUE(engine.Define({v, 0, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0}));
  const auto submit = [&](const EngineRow& row) {
    engine.Submit(&row, 1);
    return engine.signal_count();
  };
  EXPECT_EQ(submit(QuoteRow(0, 10000, 10001)), 0u);
  EXPECT_EQ(submit(QuoteRow(1, 10003, 10004, 50)), 1u);
  const Signal s = engine.signals()[0];
  EXPECT_EQ(s.kind, SignalKind::kCrossVenue);
  EXPECT_EQ(s.edge_nanos, 20'000'000 - 6'000'000);
  EXPECT_EQ(s.quantity, 50);
  EXPECT_EQ(s.legs[0].instrument, 0u);
  EXPECT_EQ(s.legs[0].side, Side::kBuy);
  EXPECT_EQ(s.legs[1].instrument, 1u);
  EXPECT_EQ(submit(QuoteRow(1, 10003, 10009, 50)), 0u);  // the leg that changed is none of it
  EXPECT_EQ(submit(QuoteRow(1, 10003, 10009, 60)), 1u);  // quantity
  EXPECT_EQ(submit(QuoteRow(1, 10001, 10009, 60)), 0u);  // gone
  EXPECT_EQ(submit(QuoteRow(1, 10003, 10009, 60)), 1u);  // back
}

// Calls at 100, 105 and 115: the body's one contract is worth two thirds of the lower wing and a third of the upper one.
TEST(EngineTest, AButterflyTradesWholeBundlesInLowestTerms) {
  EngineConfig config = SpreadConfig(true, 0.05, 0);
  config.spreads = kButterflies;
  CpuEngine engine(config, BestSimdLevel());
  const PriceNanos strikes[] = {100, 105, 115};
  for (InstrumentIndex i = 0; i < 3; ++i)
    ASSERT_TRUE(engine.Define({i, 0, InstrumentKind::kOption, OptionRight::kCall, 3, 20260619, strikes[i] * kNanosPerUnit}));
  const EngineRow rows[] = {QuoteRow(0, 800, 900, 10, 5), QuoteRow(1, 700, 720, 7, 10), QuoteRow(2, 200, 210, 10, 10)};
  engine.Submit(rows, 3);
  ASSERT_EQ(engine.signal_count(), 1u);
  const Signal s = engine.signals()[0];
  EXPECT_EQ(s.kind, SignalKind::kButterfly);
  EXPECT_EQ(s.legs[0].ratio, 2);
  EXPECT_EQ(s.legs[1].ratio, 3);
  EXPECT_EQ(s.legs[2].ratio, 1);
  EXPECT_EQ(s.legs[1].side, Side::kSell);
  EXPECT_EQ(s.edge_nanos, (3 * 700 - 2 * 900 - 210) * PriceNanos{10'000'000} - 6 * config.option_fee_nanos);
  EXPECT_EQ(s.quantity, 200);  // 5 / 2, 7 / 3 and 10 / 1 bundles of 100
  const EngineRow two = QuoteRow(1, 700, 720, 2, 10);
  engine.Submit(&two, 1);
  EXPECT_EQ(engine.signal_count(), 0u);  // not one whole bundle
}

TEST(EngineTest, CapacityLimitsRejectAndCount) {
  EngineConfig config = SmallConfig();
  config.max_contracts = 3;
  config.max_signals = 1;
  CpuEngine engine(config, BestSimdLevel());
  const auto option = [](InstrumentIndex i, PriceNanos strike, uint32_t expiration, OptionRight right = OptionRight::kCall) {
    return EngineInstrument{i, 0, InstrumentKind::kOption, right, 3, expiration, strike};
  };
  EXPECT_FALSE(engine.Define(option(0, 0, 20260116)));
  EXPECT_FALSE(engine.Define(option(0, kNanosPerUnit, 20261316)));
  EXPECT_TRUE(engine.Define(option(0, kNanosPerUnit, 20260116)));
  EXPECT_FALSE(engine.Define(option(0, kNanosPerUnit, 20260116)));  // known
  EXPECT_FALSE(engine.Define(option(1, kNanosPerUnit, 20260116)));  // the same contract under another number
  EXPECT_TRUE(engine.Define(option(1, 2 * kNanosPerUnit, 20260116)));
  EXPECT_TRUE(engine.Define(option(2, 3 * kNanosPerUnit, 20260116)));
  EXPECT_FALSE(engine.Define(option(3, 4 * kNanosPerUnit, 20260116)));  // full
  EXPECT_FALSE(engine.Define({config.max_instruments, 0, InstrumentKind::kEquity, OptionRight::kCall, 0, 0, 0}));
  EXPECT_FALSE(engine.Define({9, config.max_products, InstrumentKind::kEquity, OptionRight::kCall, 0, 0, 0}));
  EXPECT_EQ(engine.counters().rejected_instruments, 7u);
  for (VenueIndex v = 0; v < kMaxVenues; ++v)
    EXPECT_TRUE(engine.Define({10u + v, 1, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0}));
  EXPECT_FALSE(engine.Define({50, 1, InstrumentKind::kEquity, OptionRight::kCall, 0, 0, 0}));
  for (VenueIndex v = 0; v < 2; ++v) EXPECT_TRUE(engine.Define({60u + v, 2, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0}));
  const EngineRow rows[] = {QuoteRow(10, 100, 101), QuoteRow(11, 105, 106), QuoteRow(60, 100, 101),
                            QuoteRow(61, 105, 106), QuoteRow(4000, 1, 2),   QuoteRow(99999, 1, 2)};
  engine.Submit(rows, 6);
  EXPECT_EQ(engine.signal_count(), 1u);
  EXPECT_EQ(engine.counters().dropped_signals, 1u);
}

TEST(EngineTest, GreeksAreThoseOfTheContractsOwnVolatility) {
  CpuEngine engine(SmallConfig(), BestSimdLevel());
  ASSERT_TRUE(engine.Define({0, 0, InstrumentKind::kEquity, OptionRight::kCall, 0, 0, 0}));
  ASSERT_TRUE(engine.Define({1, 0, InstrumentKind::kOption, OptionRight::kPut, 3, 20260619, 95 * kNanosPerUnit}));
  EngineRow rows[] = {QuoteRow(0, 9990, 10010), QuoteRow(1, 300, 310)};
  engine.Submit(rows, 2);
  const double time = 165.0 / 365.0;
  ContractGreeks g = GreeksOf(engine.state(), 1);
  EXPECT_NEAR(static_cast<double>(g.theo_nanos), 3.05e9, 2.0);
  EXPECT_NEAR(European(OptionRight::kPut, 100.0, 95.0, 0.05, 0.013, g.volatility, time).price, 3.05, 1e-12);
  rows[0] = QuoteRow(0, 10090, 10110);
  engine.Submit(rows, 1);
  const auto moved = European(OptionRight::kPut, 101.0, 95.0, 0.05, 0.013, g.volatility, time);
  g = GreeksOf(engine.state(), 1);
  EXPECT_NEAR(static_cast<double>(g.theo_nanos), moved.price * 1e9, 2.0);
  EXPECT_NEAR(g.delta, moved.delta, 1e-14);
  rows[0] = QuoteRow(0, 10090, 10110, 0, 100);
  engine.Submit(rows, 1);
  EXPECT_EQ(GreeksOf(engine.state(), 1).theo_nanos, kNoPrice);
}

TEST(EngineFactoryTest, ADeviceThatIsTooOldIsNamed) {
  EXPECT_EQ(CapabilityProblem("NVIDIA H100", 9), "");
  EXPECT_EQ(CapabilityProblem("NVIDIA B200", 10), "");
  EXPECT_EQ(CapabilityProblem("NVIDIA A100", 8), "CUDA device too old: NVIDIA A100 (compute capability 9.0 is needed)");
}

// Quotes and settings that make no sense reach neither a theo nor a signal.
TEST(EngineTest, WorthlessQuotesGiveNoValueAndNoSignal) {
  for (int level = 0; level <= static_cast<int>(BestSimdLevel()); ++level) {
    CpuEngine engine(SmallConfig(), static_cast<SimdLevel>(level));
    ASSERT_TRUE(engine.Define({0, 0, InstrumentKind::kEquity, OptionRight::kCall, 0, 0, 0}));
    ASSERT_TRUE(engine.Define({1, 0, InstrumentKind::kOption, OptionRight::kCall, 3, 20260619, 95 * kNanosPerUnit}));
    ASSERT_TRUE(engine.Define({2, 0, InstrumentKind::kOption, OptionRight::kPut, 3, 20260105, 95 * kNanosPerUnit}));  // ends today
    const auto theo = [&](const EngineRow& spot, const EngineRow& option) {
      const EngineRow rows[] = {spot, option};
      engine.Submit(rows, 2);
      EXPECT_EQ(engine.signal_count(), 0u);
      return GreeksOf(engine.state(), option.instrument).theo_nanos;
    };
    const EngineRow spot = QuoteRow(0, 9990, 10010);
    EXPECT_NE(theo(spot, QuoteRow(1, 800, 810)), kNoPrice);
    EXPECT_EQ(theo(spot, QuoteRow(1, 100, 110)), kNoPrice) << "under the intrinsic value";
    EXPECT_EQ(theo(spot, QuoteRow(1, 10100, 10110)), kNoPrice) << "more than the stock";
    EXPECT_EQ(theo(spot, QuoteRow(1, -800, -790)), kNoPrice) << "below zero";
    EXPECT_EQ(theo(spot, QuoteRow(1, 0, 0)), kNoPrice) << "at zero";
    EXPECT_EQ(theo(spot, QuoteRow(2, 10, 20)), kNoPrice) << "no time is left";
    EXPECT_NE(theo(spot, QuoteRow(1, 800, 810)), kNoPrice);
    EXPECT_EQ(theo(QuoteRow(0, 0, 0), QuoteRow(1, 800, 810)), kNoPrice) << "the stock is worth nothing";
    EXPECT_EQ(theo(QuoteRow(0, -10, 10), QuoteRow(1, 800, 810)), kNoPrice);
    EXPECT_EQ(theo(QuoteRow(0, int64_t{1} << 30, int64_t{1} << 31), QuoteRow(1, 800, 810)), kNoPrice) << "beyond every price";
  }
}

TEST(EngineFactoryTest, SaysWhichEngineAndWhy) {
  EngineConfig config = SmallConfig();
  std::string error;
  const EngineChoice cpu = MakeEngine(EngineKind::kCpu, config, &error);
  ASSERT_NE(cpu.owner, nullptr) << error;
  EXPECT_EQ(cpu.name.rfind("cpu-", 0), 0u);
  const EngineChoice any = MakeEngine(EngineKind::kAuto, config, &error);
  ASSERT_NE(any.owner, nullptr) << error;
  EXPECT_FALSE(any.reason.empty());
  const EngineChoice gpu = MakeEngine(EngineKind::kCudaGraph, config, &error);
  EXPECT_EQ(gpu.owner == nullptr, !error.empty());
  config.rate = std::nan("");
  EXPECT_EQ(MakeEngine(EngineKind::kCpu, config, &error).owner, nullptr);
  EXPECT_NE(error.find("rate"), std::string::npos);
}

}  // namespace
}  // namespace tickgraph
