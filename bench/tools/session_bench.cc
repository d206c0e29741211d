// Whole sessions through the hot path as `replay` composes it, with a reader that drains the tape on another core.
//
// At full speed: items are messages, the time is the loop's own (waits for the reader left out). At the recorded pace (open loop: a latency
// counts from the moment at which its packet was due): percentiles from packet to signal and to order; `unqueued_` are those of a run at
// full speed, where each packet comes when the one before it is done. Every run is checked against the first run's state_hash; allocations
// are those of the loop's thread.
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/wire.h"
#include "tests/tools/session_files.h"
#include "tools/hot_session.h"

namespace tickgraph {
namespace {

constexpr uint16_t kOptionPort = 45901;  // of the generator's OPRA feed
constexpr size_t kUdpPortAt = 14 + 20 + 2;

bool IsOptions(const PacketView& packet) { return packet.size > kUdpPortAt + 2 && LoadBe16(packet.data + kUdpPortAt) == kOptionPort; }

PacketsInMemory MakeSession(uint64_t messages, double rate, bool with_options) {
  const TemporaryFolder folder("/dev/shm");
  GeneratorOptions options;
  options.seed = 1;
  options.messages = messages;
  options.rate = rate;
  WriteSession(options, folder.File("session.pcap"));
  return PacketsInMemory(folder.File("session.pcap"),
                         [with_options](const PacketView& packet) { return with_options || !IsOptions(packet); });
}

HotConfig DefaultConfig() {
  Config none;
  HotConfig config = ReadHotConfig(none);
  config.engine.session_date = kGeneratedDate;
  return config;
}

// Reads the tape as an archiver would, and keeps nothing.
class Drain {
 public:
  explicit Drain(const std::string& tape) {
    std::string error;
    reader_ = TapeReader::Open(tape, TapeReader::Mode::kArchive, 1, &error);
    if (reader_ == nullptr) throw std::runtime_error(error);
    thread_ = std::thread([this] { Read(); });
  }
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;
  ~Drain() { thread_.join(); }  // once the tape is closed

 private:
  void Read() {
    std::vector<TapeRecord> out(4096);
    TapeGap gap;
    for (;;) {
      const bool closed = reader_->closed();
      if (reader_->Read(out, &gap) > 0) {
        reader_->SetArchived(reader_->next() - 1);
      } else if (gap.first == 0) {
        if (closed) return;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    }
  }

  std::unique_ptr<TapeReader> reader_;
  std::thread thread_;
};

struct SessionRun {
  HotReport report;
  uint64_t allocations = 0;
};

SessionRun RunSession(const HotConfig& config, PacketsInMemory& packets, double speed) {
  std::string error;
  const auto tape =
      TapeWriter::Create({"session-bench-" + std::to_string(getpid()), config.tape_records, config.loop.books.max_instruments}, &error);
  if (tape == nullptr) throw std::runtime_error(error);
  HotSession session(config, "cpu", *tape, 0);
  const Drain drain(tape->name());
  const std::atomic<bool> stop{false};
  const AllocationScope allocations;
  const PlayerResult result = session.Run(packets.source(), {}, {.speed = speed}, stop, [] { return true; });
  const uint64_t allocated = allocations.count();
  tape->Close();
  return {session.Report(result), allocated};
}

bool Same(const HotReport& a, const HotReport& b) {
  return a.state_hash == b.state_hash && a.messages == b.messages && b.messages != 0 && b.gaps == 0 && b.bad_messages == 0;
}

void FullSpeed(benchmark::State& state, PacketsInMemory& packets) {
  const HotConfig config = DefaultConfig();
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

// An edge counts from two cents and a half below zero on, so that there are orders enough for a percentile: thousands in two seconds.
void PacedCross(benchmark::State& state) {
  HotConfig config = DefaultConfig();
  config.engine.min_edge_cross_nanos = config.cross_venue_taker.min_edge_nanos = -25'000'000;
  Paced(state, config);
}
BENCHMARK(PacedCross)->Name("session/paced/50k")->UseManualTime()->Iterations(1);

// The same for parity, on the names with options: each order follows a valuation and a scan of a chain of 256 contracts, in double.
void PacedChain(benchmark::State& state) {
  HotConfig config = DefaultConfig();
  config.engine.min_edge_parity_nanos = config.options_parity_taker.min_edge_nanos = -205'000'000;
  Paced(state, config);
}
BENCHMARK(PacedChain)->Name("session/paced/chain_256")->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace tickgraph
