// Line arbitration alone: what merging lines A and B adds to a packet, without loss and with loss on A.
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/line_arbiter.h"

namespace tickgraph {
namespace {

struct CountingSink {
  uint64_t messages = 0, numbers = 0, gaps = 0;
  void Deliver(const SequencedUnit&, uint64_t from, uint64_t end) {
    messages += end - from;
    numbers += from;
  }
  void OnStreamState(BookState) {}
  void OnGap(uint64_t, uint64_t) { ++gaps; }
  uint64_t Request(uint64_t first, uint64_t) { return first; }
};

// B's copy of a packet comes two packets after A's; `loss` of a hundred are lost on A.
void ArbitratePackets(benchmark::State& state, uint32_t loss) {
  constexpr uint64_t kPackets = 8192, kBehind = 2;
  std::vector<SequencedUnit> units;
  std::vector<uint8_t> bytes(180);
  uint64_t messages = 0, random = 1;
  std::vector<SequencedUnit> all;
  for (uint64_t i = 0; i < kPackets; ++i) {
    SequencedUnit unit;
    unit.bytes = bytes.data();
    unit.size = static_cast<uint32_t>(bytes.size());
    unit.count = 1 + static_cast<uint32_t>(i % 9);
    unit.sequence = 1 + messages;
    messages += unit.count;
    all.push_back(unit);
    random = random * 6364136223846793005u + 1442695040888963407u;
    if (i == 0 || (random >> 33) % 100 >= loss) units.push_back(unit);
    if (i < kBehind) continue;
    unit = all[i - kBehind];
    unit.line = Line::kB;
    units.push_back(unit);
  }
  for (uint64_t i = kPackets - kBehind; i < kPackets; ++i) units.push_back(all[i]);
  ReorderPool pool(64, 1536);
  LineArbiter arbiter(&pool, {5'000'000, 64});
  const auto run = [&](CountingSink& sink) {
    arbiter.Restart(1, sink);
    uint64_t now_ns = 0;
    for (const SequencedUnit& unit : units) arbiter.OnUnit(unit, now_ns += 1000, sink);
  };
  CountingSink sink;
  run(sink);
  if (sink.messages != messages || sink.gaps != 0 || arbiter.gapped()) return state.SkipWithError("not every message came out once");
  AllocationScope allocations;
  for (auto _ : state) {
    run(sink);
    benchmark::DoNotOptimize(sink);
  }
  ReportItems(state, static_cast<int64_t>(units.size()), allocations.count());
}
BENCHMARK_CAPTURE(ArbitratePackets, lossless, 0)->Name("arbiter/packet");
BENCHMARK_CAPTURE(ArbitratePackets, loss, 20)->Name("arbiter/packet_20_percent_lost_on_a");

}  // namespace
}  // namespace tickgraph
