// `run`: the session of `replay`, fed by live ports. Simulated exchange; the cold processes archive it and, with --record, keep its
// packets.
#include <time.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>

#include "net/io/dpdk_environment.h"
#include "net/proto/new_york_time.h"
#include "tools/exit_code.h"
#include "tools/hot_command.h"
#include "tools/hot_config.h"
#include "tools/hot_driver.h"
#include "tools/run_config.h"
#include "tools/run_ports.h"
#include "tools/session_options.h"

namespace tickgraph {
namespace {

struct RunOptions {
  SessionOptions session;
  std::string record;
  std::optional<uint64_t> idle_ms;
};

std::optional<int> ParseOptions(int argc, char** argv, RunOptions* o) {
  CLI::App app("Runs the hot path on live ports and archives everything to Parquet, until SIGTERM or the end of every stream");
  app.add_option("--config", o->session.config, "TOML file; tools/config/run.toml lists the keys")->required();
  app.add_option("--record", o->record, "pcapng file that keeps the packets as received, in place of run.record");
  app.add_option("--idle-ms", o->idle_ms, "the run is over when every port was silent for so long, in place of run.idle_ms")
      ->check(CLI::Range(int64_t{0}, kLongestMillis));
  AddSessionOptions(app, &o->session, true);
  return ParseCommandLine(app, argc, argv);
}

// The file, and over it the command line.
RunConfig Configure(const RunOptions& o, Config& file) {
  RunConfig run = ReadRunConfig(file);
  const SessionOptions& session = o.session;
  if (!session.folder.empty()) run.archive = session.folder;
  if (!session.engine.empty()) run.engine = session.engine;
  if (!session.tape_name.empty()) run.tape = session.tape_name;
  if (!session.pairs.empty()) run.pairs = session.pairs;
  if (session.date != 0) run.date = session.date;
  if (!o.record.empty()) run.record = o.record;
  if (o.idle_ms.has_value()) run.idle_ms = *o.idle_ms;
  if (run.tape.empty()) run.tape = "run-" + std::to_string(getpid());
  if (run.archive.empty()) file.Fail("run.archive", "no folder for the archive is named, here or by --out");
  return run;
}

uint32_t TodayInNewYork() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return NewYorkDateOf(static_cast<uint64_t>(now.tv_sec) * 1'000'000'000);
}

constexpr uint64_t kForever = UINT64_MAX;

uint64_t IdleNanos(const RunConfig& run) { return run.idle_ms == 0 ? kForever : run.idle_ms * 1'000'000; }

// The first packets, or none where the run was stopped or idle before any came.
PacketBurst WaitForPackets(const PacketSource& source, const HotDriver& driver, uint64_t idle_ns) {
  const uint64_t from_ns = MonotonicNanos();
  PacketBurst burst;
  while (burst.count == 0 && !driver.stopped() && MonotonicNanos() - from_ns < idle_ns) burst = source.Poll();
  return burst;
}

HotReport RunSession(const RunConfig& run, HotDriver& driver) {
  // Memory is taken before the ports are opened: packets that wait while pages are touched would be lost.
  const uint32_t day = run.date != 0 ? run.date : TodayInNewYork();
  FeedInput input;
  input.line_pairs = LinePairKeys(run.pairs);
  driver.MakeTape();
  driver.MakeSession(day, run.date, input);
  LivePorts ports(run);
  driver.PrepareFolder();
  if (!run.record.empty()) {
    PacketRingConfig ring{.name = run.tape, .capacity_bytes = run.record_ring_bytes, .ports = {}, .groups = {}};
    ports.DescribeForRecord(&ring);
    driver.Record(ring, run.record);
  }
  driver.StartCold();
  std::vector<std::string> complaints;
  const std::string description = ports.Describe(&complaints);
  for (const std::string& complaint : complaints) driver.Say(complaint);
  const std::string gpudev = ports.any_dpdk() ? DescribeGpudev() : "";
  if (!gpudev.empty()) driver.Say("gpudev: " + gpudev);
  driver.Say("engine " + driver.session().engine_name() + ": " + driver.session().engine_reason());
  driver.Say("ready, tape " + run.tape + ": " + description);

  const PacketSource source = driver.Wrap(ports.source());
  PacketBurst first = WaitForPackets(source, driver, IdleNanos(run));
  // The packets date the session, so that a replay of the record finds the same day: midnight may have passed while waiting.
  if (run.date == 0 && first.count != 0) {
    const uint32_t first_day = NewYorkDateOf(first.packets[0].ts_recv_ns);
    if (first_day != day) driver.MakeSession(first_day, 0, input);
  }
  if (const RecoveryService recovery = ports.recovery(); recovery.there()) driver.session().SetRecovery(recovery);
  if (const SnapshotService snapshots = ports.snapshots(); snapshots.there()) driver.session().SetSnapshots(snapshots);
  // Decided here: a stop that comes while the archive is finished ended nothing.
  const bool silent = first.count == 0 && !driver.stopped();
  if (silent) first.state = SourceState::kEnd;
  HotReport report = driver.Play(source, first);
  if (silent) report.end = "source silent";
  report.ports = ports.Reports();
  report.gpudev = gpudev;
  for (const PortReport& port : report.ports) report.source += (report.source.empty() ? "" : ", ") + port.name;
  return report;
}

int Run(const RunOptions& o) {
  Config file = o.session.ReadConfig();
  const RunConfig run = Configure(o, file);
  const HotConfig config = ReadHotConfig(file);
  HotDriver driver({.command = "run",
                    .common = o.session.common,
                    .folder = run.archive,
                    .engine = run.engine,
                    .tape_name = run.tape,
                    .live = true,
                    .player = {.idle_ns = IdleNanos(run), .wait_for_archiver = false, .min_streams = run.streams}},
                   config);
  const HotReport report = RunSession(run, driver);
  std::cout << (o.session.common.json ? ReportJson(report) : ReportTable(report));
  const bool lost = TellLosses("run", report);
  if (report.archive_error.empty()) return lost ? kExitDamaged : kExitDone;
  std::cerr << "tickgraph run: " << report.archive_error << "\n";
  return kExitFailed;
}

}  // namespace

int RunLiveCommand(int argc, char** argv) {
  RunOptions options;
  if (const auto exit_code = ParseOptions(argc, argv, &options)) return *exit_code;
  return Run(options);
}

}  // namespace tickgraph
