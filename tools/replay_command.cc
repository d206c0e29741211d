// `replay`: a capture, or what a DPDK port delivers, through the whole hot path, archived by a cold process, with a report; or, with --to,
// a capture onto a wire.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <stdexcept>

#include "net/io/dpdk_port.h"
#include "net/io/file_player.h"
#include "net/proto/new_york_time.h"
#include "replay/recorded_answers.h"
#include "replay/retransmit_server.h"
#include "tools/exit_code.h"
#include "tools/hot_command.h"
#include "tools/hot_config.h"
#include "tools/hot_driver.h"
#include "tools/hot_report.h"
#include "tools/replay_wire.h"
#include "tools/session_day.h"
#include "tools/session_options.h"

namespace tickgraph {
namespace {

struct ReplayOptions {
  SessionOptions session;
  std::string file, port, retransmit, speed = "max", tape_full = "wait";
  std::vector<std::string> to;
  uint64_t idle_ms = 2000;
};

std::optional<int> ParseOptions(int argc, char** argv, ReplayOptions* o) {
  CLI::App app("Replays a capture through the whole hot path and archives everything to Parquet");
  auto* file = app.add_option("FILE", o->file,
                              "capture: pcap, pcapng, raw ITCH, Databento DBN, JSON lines or LOBSTER messages, plain or .gz, .xz, .zst");
  app.add_option("--port", o->port, "take packets from this DPDK port instead, such as net_pcap0,rx_pcap=FILE")->excludes(file);
  app.add_option("--retransmit", o->retransmit, "a whole capture of the session: what both lines lost is asked for, and answered from it");
  auto* to = app.add_option("--to", o->to,
                            "send the packets instead, at --speed: udp://GROUP:PORT[%INTERFACE] for each of the capture's destinations in "
                            "turn, udp://capture[%INTERFACE] for its own addresses, or a DPDK port");
  app.add_option("--speed", o->speed,
                 "max (the default), or a number: times the recorded pace; latencies then count from when a packet was due");
  app.add_option("--config", o->session.config, "TOML file; tools/config/replay.toml lists the keys");
  app.add_option("--idle-ms", o->idle_ms, "a port is over when it was silent for so long")->check(CLI::Range(int64_t{0}, kLongestMillis));
  app.add_option("--tape-full", o->tape_full, "wait: hold packets back while the archiver is behind; gap: never wait, count what is lost")
      ->check(CLI::IsMember({"wait", "gap"}));
  AddSessionOptions(app, &o->session, false);
  // What is sent goes through no session.
  for (const char* of_sessions : {"--port", "--retransmit", "--out", "--engine", "--config", "--set", "--pair", "--date", "--idle-ms",
                                  "--tape-full", "--tape", "--metrics", "--force"})
    to->excludes(app.get_option(of_sessions));
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  if (o->file.empty() == o->port.empty()) {
    std::cerr << "tickgraph replay: give a capture FILE, or --port\n";
    return kExitUsage;
  }
  if (o->to.empty() && o->session.folder.empty()) {
    std::cerr << "tickgraph replay: --out is required: the folder of the archive\n";
    return kExitUsage;
  }
  if (o->session.tape_name.empty()) o->session.tape_name = "replay-" + std::to_string(getpid());
  if (o->session.engine.empty()) o->session.engine = "auto";
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

void OpenPort(const ReplayOptions& o, const HotDriver& driver, OpenSource* out) {
  std::string error;
  out->port = DpdkPort::Open({.device = o.port}, &error);
  if (out->port == nullptr) throw std::runtime_error(error);
  out->source = out->port->source();
  out->name = o.port;
  const uint64_t from_ns = MonotonicNanos();
  while (out->first.count == 0 && !driver.stopped() && MonotonicNanos() - from_ns < o.idle_ms * 1'000'000) out->first = out->source.Poll();
}

void OpenFile(const ReplayOptions& o, OpenSource* out) {
  std::string error;
  out->file = FilePlayer::Open(o.file, &error);
  if (out->file == nullptr) throw std::runtime_error(error);
  const CaptureFormat format = out->file->format();
  out->source = out->file->source();
  out->name = o.file;
  if (HasTimesOfDay(format)) {
    out->date = o.session.date != 0 ? o.session.date : DayInFileName(o.file);
    if (out->date == 0)
      throw ConfigError(o.file + ": a file of the format " + std::string(CaptureFormatName(format)) +
                        " does not tell its day, and its name has none: give --date YYYYMMDD");
    out->file->SetMidnight(NewYorkMidnightNs(out->date));
  }
  out->first = out->source.Poll();
}

OpenSource Open(const ReplayOptions& o, const HotDriver& driver) {
  OpenSource out;
  o.port.empty() ? OpenFile(o, &out) : OpenPort(o, driver, &out);
  if (o.session.date != 0) out.date = o.session.date;
  // Some lines of a capture, such as its first ones, may have no time.
  for (uint32_t i = 0; i < out.first.count && out.date == 0; ++i) {
    if (out.first.packets[i].ts_recv_ns != 0) out.date = NewYorkDateOf(out.first.packets[i].ts_recv_ns);
  }
  return out;
}

FeedInput InputOf(const ReplayOptions& o, const OpenSource& source) {
  FeedInput input;
  const CaptureFormat format = source.file == nullptr ? CaptureFormat::kPcap : source.file->format();
  if (format == CaptureFormat::kDbn) input.dbn = &source.file->reader().dbn_metadata();
  if (format == CaptureFormat::kLobster) input.lobster = &source.file->reader().lobster_file();
  input.json = format == CaptureFormat::kJsonLines;
  input.line_pairs = LinePairKeys(o.session.pairs);
  return input;
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

// Where the file ended before it should, in words.
std::string DamageOf(const OpenSource& source) {
  if (source.file == nullptr || !source.file->reader().damage().has_value()) return "";
  const CaptureReader& reader = source.file->reader();
  return "damaged at byte " + std::to_string(reader.damage()->offset) + ": " + reader.DamageText() + "; what came before it is kept";
}

int Replay(const ReplayOptions& o) {
  const double speed = SpeedOf(o.speed);
  Config file = o.session.ReadConfig();
  const HotConfig config = ReadHotConfig(file);
  HotDriver driver({.command = "replay",
                    .common = o.session.common,
                    .folder = o.session.folder,
                    .engine = o.session.engine,
                    .tape_name = o.session.tape_name,
                    .player = {.speed = speed, .idle_ns = o.idle_ms * 1'000'000, .wait_for_archiver = o.tape_full == "wait"}},
                   config);
  const auto retransmit = OpenRetransmit(o, config);
  OpenSource source = Open(o, driver);
  driver.PrepareFolder();
  driver.MakeTape();
  driver.StartCold();
  const bool undated = source.file != nullptr && HasTimesOfDay(source.file->format());
  driver.MakeSession(source.date, o.session.date != 0 ? o.session.date : undated ? source.date : 0, InputOf(o, source));
  if (retransmit != nullptr) {
    driver.session().SetRecovery(retransmit->service());
  } else if (source.file != nullptr && source.file->reader().holds_answers()) {
    driver.session().SetRecovery(RecordedAnswers());
  }
  if (source.file != nullptr && source.file->reader().holds_snapshots()) driver.session().SetSnapshots(RecordedSnapshots());
  if (!o.session.common.json) driver.Say("engine " + driver.session().engine_name() + ": " + driver.session().engine_reason());

  HotReport report = driver.Play(source.source, source.first);
  report.source = source.name;
  if (speed > 0) report.latency_since = "due";
  report.damage = DamageOf(source);
  if (source.file != nullptr && IsTextCapture(source.file->format())) report.packet_name = "line";
  if (!report.archive_error.empty()) throw std::runtime_error(report.archive_error);
  std::cout << (o.session.common.json ? ReportJson(report) : ReportTable(report));
  return TellLosses("replay", report) ? kExitDamaged : kExitDone;
}

}  // namespace

int ReplayCommand(int argc, char** argv) {
  ReplayOptions options;
  if (const auto exit_code = ParseOptions(argc, argv, &options)) return *exit_code;
  if (options.to.empty()) return Replay(options);
  return ReplayTo({options.file, options.to, SpeedOf(options.speed), options.session.common.json, options.session.common.quiet});
}

}  // namespace tickgraph
