// What arbitrage costs apart from the engine's own: cycles of currencies looked for again after a change. It compares
// with a textbook search before it is timed.
#include <cstring>
#include <memory>
#include <vector>

#include "bench/bench_common.h"
#include "hot/hash.h"
#include "kernels/currency_cycles.h"
#include "tests/kernels/textbook_cycles.h"

namespace tickgraph {
namespace {

constexpr uint64_t kChanges = 4096;
constexpr uint32_t kMostFound = 1024;

// Every pair of currencies has a market, quoted within a few basis points of what the currencies are worth.
class CurrencyMarket {
 public:
  explicit CurrencyMarket(const CycleConfig& config) : cycles(std::make_unique<CurrencyCycles>(config)), textbook(config) {
    for (uint32_t base = 0; base < kMaxCurrencies; ++base) {
      for (uint32_t quote = 0; quote < base; ++quote) {
        const uint32_t market = cycles->AddMarket(base, quote);
        textbook.markets.push_back({base, quote, Quote(market, base, quote)});
        cycles->Update(market, textbook.markets.back().now);
      }
    }
    for (uint64_t i = 0; i < kChanges; ++i) {
      const auto market = static_cast<uint32_t>(Mix(i + 1) % textbook.markets.size());
      const TextbookCycles::Market& m = textbook.markets[market];
      changes.emplace_back(market, Quote(1'000'000 + i, m.base, m.quote));
    }
  }

  // The search equals the textbook's on the first changes, and some of these find something.
  bool Check(uint64_t count) {
    std::vector<Cycle> found(kMostFound);
    uint64_t total = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const auto& [market, quote] = changes[i];
      textbook.markets[market].now = quote;
      cycles->Update(market, quote);
      const uint32_t n = cycles->Scan(market, found.data(), kMostFound);
      const std::vector<std::vector<uint32_t>> want = textbook.Scan(market);
      if (want.size() != n) return false;
      for (uint32_t k = 0; k < n; ++k) {
        for (size_t leg = 0; leg < want[k].size(); ++leg) {
          if (found[k].legs[leg].market != want[k][leg]) return false;
        }
      }
      total += n;
    }
    return total != 0;
  }

  std::unique_ptr<CurrencyCycles> cycles;
  TextbookCycles textbook;
  std::vector<std::pair<uint32_t, MarketQuote>> changes;

 private:
  static MarketQuote Quote(uint64_t seed, uint32_t base, uint32_t quote) {
    const auto worth = [](uint32_t currency) { return static_cast<int64_t>(Mix(currency + 77) % 1'000'000 + 1'000); };
    const int64_t fair = worth(base) * kNanosPerUnit / worth(quote);
    const auto parts = [&](uint64_t i) { return fair / 1'000'000 * static_cast<int64_t>(Mix(seed * 4 + i) % 400); };  // to 4 basis points
    const int64_t middle = fair + parts(0) - parts(1);
    return {middle - parts(2) - fair / 6'000, middle + parts(3) + fair / 6'000, 5 * kNanosPerUnit, 5 * kNanosPerUnit, seed};
  }
};

void Rescan(benchmark::State& state, int max_length, uint64_t checked) {
  CycleConfig config;
  config.max_length = max_length;
  CurrencyMarket market(config);
  if (!market.Check(checked)) return state.SkipWithError("the cycles differ from a textbook search");
  std::vector<Cycle> found(kMostFound);
  AllocationScope allocations;
  uint64_t total = 0;
  for (auto _ : state) {
    for (const auto& [id, quote] : market.changes) {
      market.cycles->Update(id, quote);
      total += market.cycles->Scan(id, found.data(), kMostFound);
    }
    benchmark::DoNotOptimize(total);
  }
  ReportItems(state, kChanges, allocations.count());
  state.counters["cycles_per_change"] = static_cast<double>(total) / static_cast<double>(state.iterations() * kChanges);
}

void TriangleRescan(benchmark::State& state) { Rescan(state, 3, 64); }
BENCHMARK(TriangleRescan)->Name("arbitrage/triangle_rescan/64");

}  // namespace
}  // namespace tickgraph
