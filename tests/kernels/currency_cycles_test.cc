// Cycles of conversions against a textbook search with long integers of its own, and the sizes and gains of single ones by hand.
#include "kernels/currency_cycles.h"

#include <gtest/gtest.h>

#include <memory>

#include "hot/hash.h"
#include "tests/kernels/textbook_cycles.h"

namespace tickgraph {
namespace {

struct Dice {
  uint64_t state;
  uint64_t operator()(uint64_t sides) { return (state = Mix(state + 0x9e3779b97f4a7c15ULL)) % sides; }
};

constexpr int64_t kBps = 1'000'000'000;

std::vector<std::vector<uint32_t>> MarketsOf(const Cycle* cycles, uint32_t count) {
  std::vector<std::vector<uint32_t>> out;
  for (uint32_t i = 0; i < count; ++i) {
    out.emplace_back();
    for (int leg = 0; leg < cycles[i].length; ++leg) out.back().push_back(cycles[i].legs[leg].market);
  }
  return out;
}

// Coarse prices round a value of each currency: ties, locked, crossed, one-sided and sizeless quotes all occur.
MarketQuote RandomQuote(Dice& dice, uint32_t base, uint32_t quote, int spread) {
  const int64_t values[] = {100, 200, 50, 400, 25, 100, 300, 600};
  const int64_t fair = values[base % 8] * 1'000'000 / values[quote % 8];
  MarketQuote q;
  const auto step = static_cast<int64_t>(dice(21)) - 10;
  q.bid_nanos = (fair + fair * step / 1000) * 1000;
  q.ask_nanos = q.bid_nanos + fair * static_cast<int64_t>(dice(static_cast<uint64_t>(spread))) - (dice(15) == 0 ? fair : 0);
  if (dice(12) == 0) q.bid_nanos = 0;
  if (dice(12) == 0) q.ask_nanos = static_cast<int64_t>(dice(2)) * -5;
  q.bid_size_nanos = static_cast<int64_t>(dice(9)) * kNanosPerUnit;
  q.ask_size_nanos = static_cast<int64_t>(dice(9)) * kNanosPerUnit - (dice(20) == 0 ? 1 : 0);
  return q;
}

uint64_t Compare(uint64_t seed, uint32_t currencies, uint32_t market_count, const CycleConfig& config, int spread, int rounds) {
  Dice dice{seed};
  const auto cycles = std::make_unique<CurrencyCycles>(config);
  TextbookCycles textbook(config);
  for (uint32_t i = 0; i < market_count; ++i) {
    const auto base = static_cast<uint32_t>(dice(currencies));
    const uint32_t quote = (base + 1 + static_cast<uint32_t>(dice(currencies - 1))) % currencies;
    EXPECT_EQ(cycles->AddMarket(base, quote), i);
    textbook.markets.push_back({base, quote, {0, 0, 0, 0, 0}});
  }
  std::vector<Cycle> found(100'000);
  uint64_t total = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto changed = static_cast<uint32_t>(dice(market_count));
    TextbookCycles::Market& market = textbook.markets[changed];
    market.now = RandomQuote(dice, market.base, market.quote, spread);
    cycles->Update(changed, market.now);
    const uint32_t count = cycles->Scan(changed, found.data(), static_cast<uint32_t>(found.size()));
    EXPECT_EQ(MarketsOf(found.data(), count), textbook.Scan(changed)) << "seed " << seed << " round " << round;
    if (::testing::Test::HasFailure()) return total;
    for (uint32_t i = 0; i < count; ++i) {
      const Cycle& cycle = found[i];
      for (int leg = 0; leg < cycle.length; ++leg) {
        const MarketQuote& quote = textbook.markets[cycle.legs[leg].market].now;
        EXPECT_EQ(cycle.legs[leg].price_nanos, cycle.legs[leg].sells ? quote.bid_nanos : quote.ask_nanos);
      }
      if (cycle.amount_nanos > 1'000'000) {
        EXPECT_NEAR(static_cast<double>(cycle.gain_nanos) / static_cast<double>(cycle.amount_nanos), cycle.edge, 1e-4);
      }
    }
    total += count;
  }
  EXPECT_EQ(cycles->counters().dropped, 0u);
  return total;
}

TEST(CurrencyCyclesTest, EqualTheTextbookForEveryLength) {
  for (int length = 2; length <= 5; ++length) {
    CycleConfig config;
    config.max_length = length;
    uint64_t found = 0;
    for (uint64_t seed = 1; seed <= 3; ++seed) found += Compare(seed * 10 + static_cast<uint64_t>(length), 6, 11, config, 24, 150);
    EXPECT_GT(found, 20u) << length;
  }
}

TEST(CurrencyCyclesTest, EqualTheTextbookWithFeesAndABar) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    CycleConfig config;
    config.max_length = 4;
    config.fee = static_cast<int64_t>(seed) * 3 * kBps + 7;
    config.min_edge = (static_cast<int64_t>(seed) - 2) * 5 * kBps;
    EXPECT_GT(Compare(seed, 7, 14, config, 20, 100), 10u);
  }
}

TEST(CurrencyCyclesTest, EqualTheTextbookWhereSeveralMarketsTradeOnePair) {
  CycleConfig config;
  EXPECT_GT(Compare(5, 3, 9, config, 24, 300), 50u);
  config.max_length = 2;
  EXPECT_GT(Compare(6, 2, 4, config, 24, 300), 10u);
}

TEST(CurrencyCyclesTest, EqualTheTextbookOnManyCurrencies) {
  CycleConfig config;
  EXPECT_GT(Compare(7, 64, 500, config, 12, 600), 10u);
}

// Dollars 0, bitcoin 1, ether 2. A product of exactly 1 is no gain, and a ten-thousand-millionth more is one.
TEST(CurrencyCyclesTest, DecidesExactlyAtTheBar) {
  CurrencyCycles cycles({});
  const uint32_t btc = cycles.AddMarket(1, 0), eth = cycles.AddMarket(2, 0), cross = cycles.AddMarket(2, 1);
  cycles.Update(btc, {30'000 * kNanosPerUnit, 30'000 * kNanosPerUnit, 2 * kNanosPerUnit, 2 * kNanosPerUnit, 7});
  cycles.Update(eth, {1'500 * kNanosPerUnit, 1'500 * kNanosPerUnit, 10 * kNanosPerUnit, 10 * kNanosPerUnit, 8});
  cycles.Update(cross, {kNanosPerUnit / 20, kNanosPerUnit / 20, 4 * kNanosPerUnit, 4 * kNanosPerUnit, 9});
  Cycle found[4];
  EXPECT_EQ(cycles.Scan(cross, found, 4), 0u);
  cycles.Update(cross, {kNanosPerUnit / 20 + 1, kNanosPerUnit / 20 + 2, 4 * kNanosPerUnit, 4 * kNanosPerUnit, 10});
  ASSERT_EQ(cycles.Scan(cross, found, 4), 1u);
  // Sells ether for bitcoin, bitcoin for dollars, and buys ether back: 4 ether go in.
  const Cycle& c = found[0];
  ASSERT_EQ(c.length, 3);
  EXPECT_EQ(c.legs[0].market, cross);
  EXPECT_TRUE(c.legs[0].sells);
  EXPECT_EQ(c.legs[0].sequence, 10u);
  EXPECT_EQ(c.legs[1].market, btc);
  EXPECT_TRUE(c.legs[1].sells);
  EXPECT_EQ(c.legs[1].sequence, 7u);
  EXPECT_EQ(c.legs[2].market, eth);
  EXPECT_FALSE(c.legs[2].sells);
  EXPECT_EQ(c.amount_nanos, 4 * kNanosPerUnit);
  EXPECT_EQ(c.gain_nanos, 80);  // 0.200000004 bitcoin are 6000.00012 dollars are 4.00000008 ether
}

TEST(CurrencyCyclesTest, TheSmallestLegBoundsTheAmount) {
  CurrencyCycles cycles({});
  const uint32_t btc = cycles.AddMarket(1, 0), eth = cycles.AddMarket(2, 0), cross = cycles.AddMarket(2, 1);
  cycles.Update(btc, {30'000 * kNanosPerUnit, 0, kNanosPerUnit / 10, 0, 1});
  cycles.Update(eth, {0, 1'500 * kNanosPerUnit, 0, kUnknownAmount, 2});
  cycles.Update(cross, {kNanosPerUnit / 16, 0, 40 * kNanosPerUnit, 0, 3});
  Cycle found[4];
  ASSERT_EQ(cycles.Scan(cross, found, 4), 1u);
  EXPECT_EQ(found[0].amount_nanos, kUnknownAmount);
  cycles.Update(eth, {0, 1'500 * kNanosPerUnit, 0, 50 * kNanosPerUnit, 4});
  ASSERT_EQ(cycles.Scan(eth, found, 4), 1u);
  EXPECT_EQ(found[0].legs[0].from, 0);                      // through the changed one, from what it takes
  EXPECT_EQ(found[0].amount_nanos, 2'400 * kNanosPerUnit);  // a tenth of a bitcoin is 1.6 ether
  EXPECT_EQ(found[0].gain_nanos, 600 * kNanosPerUnit);
}

TEST(CurrencyCyclesTest, LimitsAreCounted) {
  CycleConfig config;
  config.max_markets = 2;
  CurrencyCycles cycles(config);
  EXPECT_EQ(cycles.AddMarket(0, 0), CurrencyCycles::kNoMarket);
  EXPECT_EQ(cycles.AddMarket(0, kMaxCurrencies), CurrencyCycles::kNoMarket);
  EXPECT_EQ(cycles.AddMarket(0, 1), 0u);
  EXPECT_EQ(cycles.AddMarket(0, 1), 1u);
  EXPECT_EQ(cycles.AddMarket(1, 2), CurrencyCycles::kNoMarket);
  EXPECT_EQ(cycles.counters().rejected_markets, 3u);
  cycles.Update(0, {100, 110, kUnknownAmount, kUnknownAmount, 0});
  cycles.Update(1, {120, 130, kUnknownAmount, kUnknownAmount, 0});
  Cycle found[1];
  EXPECT_EQ(cycles.Scan(1, found, 0), 0u);
  EXPECT_EQ(cycles.counters().dropped, 1u);
  EXPECT_EQ(cycles.Scan(1, found, 1), 1u);
  EXPECT_EQ(found[0].length, 2);
}

}  // namespace
}  // namespace tickgraph
