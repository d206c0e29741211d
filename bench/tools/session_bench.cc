// Whole sessions through the hot path as `replay` composes it, with a reader that drains the tape on another core.
//
// At full speed: items are messages, the time is the loop's own (waits for the reader left out). At the recorded pace (open loop: a latency
// counts from the moment at which its packet was due): percentiles from packet to signal and to order; `unqueued_` are those of a run at
// full speed, where each packet comes when the one before it is done. Every run is checked against the first run's state_hash; allocations
// are those of the loop's thread.
#include <string>

#include "bench/bench_common.h"
#include "bench/tools/session_run.h"

namespace tickgraph {
namespace {

bool Same(const HotReport& a, const HotReport& b) {
  return a.state_hash == b.state_hash && a.messages == b.messages && b.messages != 0 && b.gaps == 0 && b.bad_messages == 0;
}

void FullSpeed(benchmark::State& state, PacketsInMemory& packets) {
  const HotConfig config = DefaultHotConfig();
  const HotReport first = RunSession(config, packets, 0).report;
  uint64_t allocations = 0;
  for (auto _ : state) {
    const SessionRun run = RunSession(config, packets, 0);
    if (!Same(first, run.report)) return state.SkipWithError("state_hash differs from that of the first run");
    state.SetIterationTime(static_cast<double>(run.report.loop_ns) * 1e-9);
    allocations += run.allocations;
  }
  ReportItems(state, static_cast<int64_t>(first.messages), allocations);
  state.counters["decisions_per_item"] = static_cast<double>(first.decisions) / static_cast<double>(first.messages);
}

void HotLoop(benchmark::State& state) {
  static PacketsInMemory packets = MakeSession(400'000, 50'000, true);
  FullSpeed(state, packets);
}
BENCHMARK(HotLoop)->Name("session/hot_loop")->UseManualTime()->Iterations(3);

void ItchOnly(benchmark::State& state) {
  static PacketsInMemory packets = MakeSession(600'000, 50'000, false);
  FullSpeed(state, packets);
}
BENCHMARK(ItchOnly)->Name("session/itch_only")->UseManualTime()->Iterations(3);

void ReportQuantiles(benchmark::State& state, const HotReport& report, const std::string& stage, const std::string& prefix) {
  for (const auto& [name, q] : report.latency) {
    if (name != stage) continue;
    state.counters[prefix + stage + "_count"] = static_cast<double>(q.count);
    state.counters[prefix + stage + "_p50_ns"] = static_cast<double>(q.p50);
    state.counters[prefix + stage + "_p99_ns"] = static_cast<double>(q.p99);
    state.counters[prefix + stage + "_p999_ns"] = static_cast<double>(q.p999);
    state.counters[prefix + stage + "_max_ns"] = static_cast<double>(q.max);
  }
}

void Paced(benchmark::State& state, const HotConfig& config) {
  static PacketsInMemory packets = MakeSession(100'000, 50'000, true);
  const HotReport first = RunSession(config, packets, 0).report;
  SessionRun run;
  for (auto _ : state) {
    run = RunSession(config, packets, 1);
    state.SetIterationTime(static_cast<double>(run.report.loop_ns) * 1e-9);
  }
  if (!Same(first, run.report)) return state.SkipWithError("state_hash differs between full speed and the recorded pace");
  ReportItems(state, static_cast<int64_t>(first.messages), run.allocations);
  for (const char* stage : {"tick_to_decision", "tick_to_signal", "tick_to_order"}) {
    ReportQuantiles(state, run.report, stage, "");
    ReportQuantiles(state, first, stage, "unqueued_");
  }
  state.counters["signals"] = static_cast<double>(run.report.signals);
  state.counters["orders"] = static_cast<double>(run.report.orders);
}

void PacedCross(benchmark::State& state) { Paced(state, ManyOrdersConfig()); }
BENCHMARK(PacedCross)->Name("session/paced/50k")->UseManualTime()->Iterations(1);

// The same for parity, on the names with options: each order follows a valuation and a scan of a chain of 256 contracts, in double.
void PacedChain(benchmark::State& state) {
  HotConfig config = DefaultHotConfig();
  config.engine.min_edge_parity_nanos = config.options_parity_taker.min_edge_nanos = -205'000'000;
  Paced(state, config);
}
BENCHMARK(PacedChain)->Name("session/paced/chain_256")->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace tickgraph
