// Pre-trade risk: every check of one order, most of which pass all of them.
#include <vector>

#include "bench/bench_common.h"
#include "hot/risk.h"

namespace tickgraph {
namespace {

constexpr PriceNanos kCent = kNanosPerUnit / 100;

struct RiskCase {
  RiskInput input;
  RejectReason expected;
};

RiskConfig BenchConfig() {
  RiskConfig config;
  config.max_messages_per_second = 1'000'000;
  return config;
}

// One in sixteen is refused, each for another of the late reasons: those that cost most to reach.
std::vector<RiskCase> Cases(const Instrument& instrument) {
  std::vector<RiskCase> cases;
  for (uint32_t i = 0; i < 4096; ++i) {
    RiskCase c;
    c.expected = RejectReason::kPass;
    c.input.instrument = &instrument;
    c.input.order.instrument = i;
    c.input.order.side = i % 2 == 0 ? Side::kBuy : Side::kSell;
    c.input.order.quantity = 100 + i % 7;
    c.input.top = {(5'000 + i) * kCent, (5'001 + i) * kCent, 300, 300};
    c.input.order.price_nanos = c.input.order.side == Side::kBuy ? c.input.top.ask_nanos : c.input.top.bid_nanos;
    if (i % 64 == 15) {
      c.input.order.quantity = 20'000;
      c.expected = RejectReason::kQuantity;
    } else if (i % 64 == 31) {
      c.input.order.price_nanos =
          c.input.order.side == Side::kBuy ? c.input.top.ask_nanos * 2 : c.input.top.bid_nanos / 20'000'000 * 10'000'000;
      c.expected = RejectReason::kPriceCollar;
    } else if (i % 64 == 47) {
      c.input.position = 200'000;
      c.input.order.side = Side::kBuy;
      c.input.order.price_nanos = c.input.top.ask_nanos;
      c.expected = RejectReason::kPosition;
    }
    cases.push_back(c);
  }
  return cases;
}

void RiskAll(benchmark::State& state) {
  const Instrument instrument;
  std::vector<RiskCase> cases = Cases(instrument);
  RiskGate gate(BenchConfig());
  uint64_t now_ns = 1'000'000'000;
  const auto check = [&](RiskCase& c) {
    now_ns += 1'000;
    c.input.now_ns = c.input.last_activity_ns = now_ns;
    return gate.Check(c.input);
  };
  for (RiskCase& c : cases) {
    if (check(c) != c.expected) return state.SkipWithError("a reason differs from the expected one");
  }
  AllocationScope allocations;
  uint64_t passed = 0;
  for (auto _ : state) {
    for (RiskCase& c : cases) passed += check(c) == RejectReason::kPass;
  }
  benchmark::DoNotOptimize(passed);
  ReportItems(state, static_cast<int64_t>(cases.size()), allocations.count());
}
BENCHMARK(RiskAll)->Name("risk/all");

}  // namespace
}  // namespace tickgraph
