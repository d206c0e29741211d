// `replay`: a capture, or what a DPDK port delivers, through the whole hot path, archived by a cold process, with a report.
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "hot/tape.h"
#include "net/io/dpdk_port.h"
#include "net/io/file_player.h"
#include "net/proto/new_york_time.h"
#include "replay/retransmit_server.h"
#include "tools/archive_folder.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/hot_archiver.h"
#include "tools/hot_command.h"
#include "tools/hot_config.h"
#include "tools/hot_report.h"
#include "tools/hot_session.h"
#include "tools/line_pair.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

std::atomic<bool> g_stop{false};

void OnStopSignal(int) { g_stop.store(true, std::memory_order_relaxed); }

struct ReplayOptions {
  CommonOptions common;
  std::string file, port, retransmit, folder, engine = "auto", speed = "max", config, tape_full = "wait", tape_name;
  std::vector<std::string> settings, pairs;
  uint32_t date = 0;
  uint64_t idle_ms = 2000;
};

std::optional<int> ParseOptions(int argc, char** argv, ReplayOptions* o) {
  CLI::App app("Replays a capture through the whole hot path and archives everything to Parquet");
  auto* file = app.add_option("FILE", o->file, "capture: pcap, pcapng, raw ITCH, Databento DBN or JSON lines, plain or .gz, .xz, .zst");
  app.add_option("--port", o->port, "take packets from this DPDK port instead, such as net_pcap0,rx_pcap=FILE")->excludes(file);
  app.add_option("--retransmit", o->retransmit, "a whole capture of the session: what both lines lost is asked for, and answered from it");
  app.add_option("--out", o->folder, "folder of the archive")->required();
  app.add_option("--engine", o->engine, "auto, cpu or cuda-graph")->check(CLI::IsMember({"auto", "cpu", "cuda-graph"}));
  app.add_option("--speed", o->speed, "max, or a number: times the recorded pace");
  app.add_option("--config", o->config, "TOML file; tools/config/replay.toml lists the keys");
  app.add_option("--set", o->settings, "KEY=VALUE: one key of the configuration");
  app.add_option("--pair", o->pairs, "ADDRESS:PORT,ADDRESS:PORT: two destinations of CME packets that are lines A and B of one feed")
      ->check(CheckLinePair);
  app.add_option("--date", o->date, "the session's day, YYYYMMDD, where the capture does not tell")->check(CheckDay);
  app.add_option("--idle-ms", o->idle_ms, "a port is over when it was silent for so long");
  app.add_option("--tape-full", o->tape_full, "wait: hold packets back while the archiver is behind; gap: never wait, count what is lost")
      ->check(CLI::IsMember({"wait", "gap"}));
  app.add_option("--tape", o->tape_name, "name of the shared-memory tape; by default made from the process id");
  AddCommonOptions(app, o->common, kJson | kQuiet | kForce);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  if (o->file.empty() == o->port.empty()) {
    std::cerr << "tickgraph replay: give a capture FILE, or --port\n";
    return kExitUsage;
  }
  if (o->tape_name.empty()) o->tape_name = "replay-" + std::to_string(getpid());
  return std::nullopt;
}

// Times the recorded pace; 0: as fast as possible.
double SpeedOf(const std::string& text) {
  if (text == "max") return 0;
  size_t used = 0;
  double speed = 0;
  try {
    speed = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used != text.size() || !(speed > 0) || speed > 1e9) throw ConfigError("--speed " + text + ": 'max' or a number above 0 is expected");
  return speed;
}

// The source of a run and the first burst it gave: its first stamp dates the session.
struct OpenSource {
  std::unique_ptr<FilePlayer> file;
  std::unique_ptr<DpdkPort> port;
  PacketSource source;
  PacketBurst first;
  std::string name;
  uint32_t date = 0;
};

void OpenPort(const ReplayOptions& o, OpenSource* out) {
  std::string error;
  out->port = DpdkPort::Open({.device = o.port}, &error);
  if (out->port == nullptr) throw std::runtime_error(error);
  out->source = out->port->source();
  out->name = o.port;
  const uint64_t from_ns = MonotonicNanos();
  while (out->first.count == 0 && !g_stop.load() && MonotonicNanos() - from_ns < o.idle_ms * 1'000'000) out->first = out->source.Poll();
}

void OpenFile(const ReplayOptions& o, OpenSource* out) {
  std::string error;
  out->file = FilePlayer::Open(o.file, &error);
  if (out->file == nullptr) throw std::runtime_error(error);
  const CaptureFormat format = out->file->format();
  out->source = out->file->source();
  out->name = o.file;
  if (format == CaptureFormat::kItchFile) {
    out->date = o.date != 0 ? o.date : DayInFileName(o.file);
    if (out->date == 0) throw ConfigError(o.file + ": raw ITCH does not tell its day, and the file's name has none: give --date YYYYMMDD");
    out->file->SetMidnight(NewYorkMidnightNs(out->date));
  }
  out->first = out->source.Poll();
}

OpenSource Open(const ReplayOptions& o) {
  OpenSource out;
  o.port.empty() ? OpenFile(o, &out) : OpenPort(o, &out);
  if (o.date != 0) out.date = o.date;
  if (out.date == 0 && out.first.count != 0) out.date = NewYorkDateOf(out.first.packets[0].ts_recv_ns);
  return out;
}

FeedInput InputOf(const ReplayOptions& o, const OpenSource& source) {
  FeedInput input;
  const CaptureFormat format = source.file == nullptr ? CaptureFormat::kPcap : source.file->format();
  if (format == CaptureFormat::kDbn) input.dbn = &source.file->reader().dbn_metadata();
  input.json = format == CaptureFormat::kJsonLines;
  for (const std::string& text : o.pairs) {
    const auto pair = ParseLinePair(text);
    input.line_pairs.push_back({pair->first.key(), pair->second.key()});
  }
  if (input.line_pairs.size() > FeedConfig::kMaxLinePairs)
    throw ConfigError("--pair: at most " + std::to_string(FeedConfig::kMaxLinePairs) + " pairs of lines");
  return input;
}

void PinTo(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    throw ConfigError("loop.core = " + std::to_string(core) + ": the system has no such core to pin to");
}

// Null where there is nobody to ask.
std::unique_ptr<RetransmitServer> OpenRetransmit(const ReplayOptions& o, const HotConfig& config) {
  if (o.retransmit.empty()) return nullptr;
  std::string error;
  auto server = RetransmitServer::Open(o.retransmit, config.retransmit, &error);
  if (server == nullptr) throw std::runtime_error("--retransmit " + error);
  if (const std::string& damage = server->index().damage(); !damage.empty()) {
    std::cerr << "tickgraph replay: --retransmit " << o.retransmit << ": " << damage << "; what comes before it can be asked for\n";
  }
  return server;
}

// What the archiver wrote about itself.
void ReadArchiveTotals(const std::string& folder, HotReport* report) {
  std::ifstream in(std::filesystem::path(folder) / kArchiveManifestName);
  const auto manifest = nlohmann::json::parse(in, nullptr, false);
  if (manifest.is_discarded()) throw std::runtime_error(folder + ": the archiver left no readable " + std::string(kArchiveManifestName));
  report->archived_records = manifest.value("archived_records", uint64_t{0});
  report->gapped_records = manifest.value("gapped_records", uint64_t{0});
  for (const char* table : kTapeTableNames) {
    const uint64_t rows = manifest.value("tables", nlohmann::json::object()).value(table, uint64_t{0});
    if (rows != 0) report->archived_by_table.emplace_back(table, rows);
  }
}

// Everything that was lost or damaged on the way in, a line each.
bool TellLosses(const HotReport& report, const OpenSource& source, PlayerEnd end) {
  bool lost = false;
  const auto tell = [&](const std::string& text) {
    std::cerr << "tickgraph replay: " << source.name << ": " << text << "\n";
    lost = true;
  };
  if (end == PlayerEnd::kDamagedInput) {
    const CaptureReader& reader = source.file->reader();
    tell("damaged at byte " + std::to_string(reader.damage()->offset) + ": " + reader.DamageText() + "; what came before it is kept");
  }
  if (report.bad_messages != 0)
    tell(std::to_string(report.bad_messages) + " malformed messages or packets were skipped, the first in packet " +
         std::to_string(report.first_bad_packet) + ": " + report.first_bad_reason);
  if (report.messages == 0 && report.other_packets != 0)
    tell("none of its " + std::to_string(report.other_packets) +
         " packets holds a protocol that replay takes (ITCH over MoldUDP64, OPRA, IEX-TP, CME MDP 3.0)");
  if (report.gaps != 0)
    tell(std::to_string(report.gaps) + " gaps stayed open, " + std::to_string(report.missing_messages) + " messages are missing");
  if (report.waiting_dropped != 0)
    tell(std::to_string(report.waiting_dropped) + " updates found no room while they waited for their book's snapshot");
  if (report.gapped_records != 0) tell(std::to_string(report.gapped_records) + " tape records were overwritten before they were archived");
  return lost;
}

int Replay(const ReplayOptions& o) {
  const double speed = SpeedOf(o.speed);
  Config file = o.config.empty() ? Config() : Config::Load(o.config);
  for (const std::string& setting : o.settings) file.Set(setting);
  HotConfig config = ReadHotConfig(file);

  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);

  for (const std::string& dead : RemoveDeadTapes())
    std::cerr << "tickgraph replay: removed the tape '" << dead << "' of a process that died\n";
  const auto retransmit = OpenRetransmit(o, config);
  OpenSource source = Open(o);
  std::string error;
  if (!PrepareArchiveFolder(o.folder, o.common.force, &error)) throw ConfigError(error);
  const uint64_t start_ns = MonotonicNanos();
  auto tape = TapeWriter::Create({o.tape_name, config.tape_records, config.loop.books.max_instruments}, &error);
  if (tape == nullptr) throw std::runtime_error(error);
  ArchiverChild archiver;
  if (!archiver.Start(o.tape_name, o.folder)) throw std::runtime_error(archiver.error());
  PinTo(config.core);

  config.engine.session_date = source.date;
  config.input = InputOf(o, source);
  HotSession session(config, o.engine, *tape,
                     o.date != 0                                                                   ? o.date
                     : source.file != nullptr && source.file->format() == CaptureFormat::kItchFile ? source.date
                                                                                                   : 0);
  if (retransmit != nullptr) session.SetRecovery(retransmit->service());
  if (!o.common.quiet && !o.common.json)
    std::cerr << "tickgraph replay: engine " << session.engine_name() << ": " << session.engine_reason() << "\n";

  const PlayerConfig player = {speed, o.idle_ms * 1'000'000, 20'000'000, o.tape_full == "wait"};
  const PlayerResult result = session.Run(source.source, source.first, player, g_stop, [&] { return archiver.Tend(false); });
  tape->Close();
  while (!archiver.done()) {
    if (!archiver.Tend(tape->archived() == tape->written())) throw std::runtime_error(archiver.error());
    if (!archiver.done()) usleep(500);
  }

  HotReport report = session.Report(result);
  report.source = source.name;
  report.archive = o.folder;
  report.archiver_restarts = archiver.restarts();
  report.whole_ns = MonotonicNanos() - start_ns;
  report.tape_records = tape->written();
  ReadArchiveTotals(o.folder, &report);
  std::cout << (o.common.json ? ReportJson(report) : ReportTable(report));
  return TellLosses(report, source, result.end) ? kExitDamaged : kExitDone;
}

}  // namespace

int ReplayCommand(int argc, char** argv) {
  ReplayOptions options;
  if (const auto exit_code = ParseOptions(argc, argv, &options)) return *exit_code;
  return Replay(options);
}

}  // namespace tickgraph
