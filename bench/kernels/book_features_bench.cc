// Every feature of a ten-level book for one update. Compared with the sums of a plain loop before it is timed.
#include <vector>

#include "bench/bench_common.h"
#include "hot/hash.h"
#include "kernels/book_features.h"

namespace tickgraph {
namespace {

constexpr int kLevels = 10;
constexpr uint64_t kBooks = 256;

struct Book {
  FeatureLevel bids[kLevels], asks[kLevels];
};

std::vector<Book> Books() {
  std::vector<Book> out(kBooks);
  for (uint64_t i = 0; i < kBooks; ++i) {
    const auto mid = static_cast<PriceNanos>(100 * kNanosPerUnit + static_cast<PriceNanos>(Mix(i) % 16) * 10'000'000);
    for (int level = 0; level < kLevels; ++level) {
      out[i].bids[level] = {mid - (level + 1) * 10'000'000, static_cast<Quantity>(1 + Mix(i * 64 + static_cast<uint64_t>(level)) % 900)};
      out[i].asks[level] = {mid + (level + 1) * 10'000'000,
                            static_cast<Quantity>(1 + Mix(i * 64 + 32 + static_cast<uint64_t>(level)) % 900)};
    }
  }
  return out;
}

struct Sums {
  int64_t flow = 0, imbalance = 0, sweep = 0, microprice = 0;
  double slope = 0, variance = 0;
};

void Add(const Book& was, const Book& now, Sums* sums) {
  const PriceNanos twice_mid = now.bids[0].price_nanos + now.asks[0].price_nanos;
  sums->microprice += Microprice(now.bids[0].price_nanos, now.bids[0].quantity, now.asks[0].price_nanos, now.asks[0].quantity);
  for (int i = 0; i < kLevels; ++i) {
    sums->imbalance += ImbalancePpm(now.bids[i].quantity, now.asks[i].quantity);
    sums->flow += OrderFlowImbalance(was.bids[i], was.asks[i], now.bids[i], now.asks[i]);
  }
  sums->slope += BookSlope(now.bids, kLevels, twice_mid) + BookSlope(now.asks, kLevels, twice_mid);
  sums->sweep += SweepPrice(now.asks, kLevels, 1'000, Side::kBuy) - SweepPrice(now.bids, kLevels, 1'000, Side::kSell);
  sums->variance = NextVariance(sums->variance, was.bids[0].price_nanos + was.asks[0].price_nanos, twice_mid, 0.94);
}

// What the flows of all books must come to, level by level and case by case.
int64_t PlainFlow(const std::vector<Book>& books) {
  int64_t sum = 0;
  for (uint64_t i = 1; i < kBooks; ++i) {
    for (int level = 0; level < kLevels; ++level) {
      const FeatureLevel &b0 = books[i - 1].bids[level], &b1 = books[i].bids[level];
      const FeatureLevel &a0 = books[i - 1].asks[level], &a1 = books[i].asks[level];
      sum += b1.price_nanos > b0.price_nanos ? b1.quantity : b1.price_nanos < b0.price_nanos ? -b0.quantity : b1.quantity - b0.quantity;
      sum -= a1.price_nanos < a0.price_nanos ? a1.quantity : a1.price_nanos > a0.price_nanos ? -a0.quantity : a1.quantity - a0.quantity;
    }
  }
  return sum;
}

void BookFeatureUpdate(benchmark::State& state) {
  const std::vector<Book> books = Books();
  Sums checked;
  for (uint64_t i = 1; i < kBooks; ++i) Add(books[i - 1], books[i], &checked);
  if (checked.flow != PlainFlow(books)) return state.SkipWithError("order flow differs from a plain loop");
  AllocationScope allocations;
  for (auto _ : state) {
    Sums sums;
    for (uint64_t i = 1; i < kBooks; ++i) Add(books[i - 1], books[i], &sums);
    benchmark::DoNotOptimize(sums);
  }
  ReportItems(state, kBooks - 1, allocations.count());
}
BENCHMARK(BookFeatureUpdate)->Name("features/book/10_levels");

}  // namespace
}  // namespace tickgraph
