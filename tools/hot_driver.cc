#include "tools/hot_driver.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "net/io/file/output_file.h"
#include "tools/archive_folder.h"
#include "tools/config.h"

namespace tickgraph {
namespace {

// A signal handler sets them. Who stopped the session is told with it: a stop that nobody remembers is otherwise hard to explain.
std::atomic<bool> g_stop{false};
std::atomic<int> g_stop_signal{0}, g_stop_sender{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void OnStopSignal(int signal, siginfo_t* info, void*) {
  int none = 0;
  if (g_stop_signal.compare_exchange_strong(none, signal, std::memory_order_relaxed) && info->si_code <= 0)
    g_stop_sender.store(info->si_pid, std::memory_order_relaxed);
  g_stop.store(true, std::memory_order_relaxed);
}

std::string StoppedBy() {
  const int signal = g_stop_signal.load(std::memory_order_relaxed), sender = g_stop_sender.load(std::memory_order_relaxed);
  return std::string(signal == SIGINT ? "SIGINT" : "SIGTERM") + (sender == 0 ? "" : " of process " + std::to_string(sender));
}

// Pins the calling thread while it lives.
class Pinned {
 public:
  explicit Pinned(int core) : pinned_(core >= 0) {
    if (!pinned_) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_getaffinity(0, sizeof before_, &before_) != 0 || sched_setaffinity(0, sizeof set, &set) != 0)
      throw ConfigError("loop.core = " + std::to_string(core) + ": the system has no such core to pin to");
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  ~Pinned() {
    if (pinned_) sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  const bool pinned_;
  cpu_set_t before_;
};

// What the archiver wrote about itself. False: nothing readable.
bool ReadArchiveTotals(const std::string& folder, HotReport* report) {
  std::ifstream in(std::filesystem::path(folder) / kArchiveManifestName);
  const auto manifest = nlohmann::json::parse(in, nullptr, false);
  if (manifest.is_discarded()) return false;
  report->archived_records = manifest.value("archived_records", uint64_t{0});
  report->gapped_records = manifest.value("gapped_records", uint64_t{0});
  for (const char* table : kTapeTableNames) {
    const uint64_t rows = manifest.value("tables", nlohmann::json::object()).value(table, uint64_t{0});
    if (rows != 0) report->archived_by_table.emplace_back(table, rows);
  }
  return true;
}

}  // namespace

HotDriver::HotDriver(DriverOptions options, HotConfig config)
    : options_(std::move(options)), config_(std::move(config)), start_ns_(MonotonicNanos()) {
  struct sigaction action = {};
  action.sa_sigaction = OnStopSignal;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  signal(SIGCHLD, SIG_DFL);  // where it is ignored, and that is inherited, nobody learns how a cold process ended
  for (const std::string& dead : RemoveDeadTapes())
    std::cerr << "tickgraph " << options_.command << ": removed the tape '" << dead << "' of a process that died\n";
  for (const std::string& dead : RemoveDeadPacketRings())
    std::cerr << "tickgraph " << options_.command << ": removed the packet ring '" << dead << "' of a process that died\n";
}

HotDriver::~HotDriver() {
  tend_over_.store(true, std::memory_order_relaxed);
  if (tender_.joinable()) tender_.join();
}

bool HotDriver::stopped() const { return g_stop.load(std::memory_order_relaxed); }

void HotDriver::Say(const std::string& text) const {
  if (!options_.common.quiet) std::cerr << "tickgraph " << options_.command << ": " << text << "\n";
}

void HotDriver::MakeTape() {
  std::string error;
  tape_ = TapeWriter::Create({options_.tape_name, config_.tape_records, config_.loop.books.max_instruments}, &error);
  if (tape_ == nullptr) throw std::runtime_error(error);
}

void HotDriver::MakeSession(uint32_t session_date, uint32_t feed_date, const FeedInput& input) {
  config_.engine.session_date = session_date;
  config_.input = input;
  const Pinned pinned(config_.core);  // so that memory is taken where it will be used
  session_.reset();                   // its memory first: there may not be room for two
  session_ = std::make_unique<HotSession>(config_, options_.engine, *tape_, feed_date);
  session_->OnEngineSwitch(
      [](void* self, const char* what) {
        std::cerr << "tickgraph " << static_cast<HotDriver*>(self)->options_.command << ": " << what << "\n";
      },
      this);
}

void HotDriver::PrepareFolder() {
  std::string error;
  if (!PrepareArchiveFolder(options_.folder, options_.common.force, &error)) throw ConfigError(error);
}

void HotDriver::Record(const PacketRingConfig& ring, const std::string& file) {
  std::string error = OutputFile::Problem(file, options_.common.force);
  if (!error.empty()) throw ConfigError(error);
  ring_ = PacketRingWriter::Create(ring, &error);
  if (ring_ == nullptr) throw std::runtime_error(error);
  record_file_ = file;
}

void HotDriver::StartCold() {
  if (!archiver_.Start({"archive", "--tape", options_.tape_name, "--out", options_.folder, "--quiet"}, options_.folder))
    throw std::runtime_error(archiver_.error());
  if (ring_ != nullptr && !keeper_.Start({"record", "--ring", options_.tape_name, "--out", record_file_, "--quiet", "--force"},
                                         OutputFile::PartialName(record_file_)))
    throw std::runtime_error(keeper_.error());
  if (options_.live) tender_ = std::thread([this] { TendInTheBackground(); });
}

PacketSource HotDriver::Wrap(const PacketSource& source) {
  if (ring_ == nullptr) return source;
  recorder_ = std::make_unique<PacketRecorder>(source, *ring_);
  return recorder_->source();
}

// False where the session has to end: nobody archives it any more.
bool HotDriver::Tend() {
  const auto tend = [this](ColdChild& child, bool* failed) {
    if (*failed || child.Tend(false)) return;
    *failed = true;
    if (options_.live) std::cerr << "tickgraph " << options_.command << ": " << child.error() << "\n";
  };
  tend(archiver_, &archiver_failed_);
  if (ring_ != nullptr) tend(keeper_, &keeper_failed_);
  return !archiver_failed_;
}

void HotDriver::TendInTheBackground() {
  while (!tend_over_.load(std::memory_order_relaxed)) {
    (void)Tend();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

HotReport HotDriver::Play(const PacketSource& source, const PacketBurst& first) {
  const Pinned pinned(config_.core);
  const PlayerResult result = session_->Run(source, first, options_.player, g_stop, [this] { return options_.live || Tend(); });
  tape_->Close();
  if (recorder_ != nullptr) recorder_->Finish(result.packets);
  tend_over_.store(true, std::memory_order_relaxed);
  if (tender_.joinable()) tender_.join();
  HotReport report = session_->Report(result);
  if (report.interrupted) report.stopped_by = StoppedBy();
  report.archive = options_.folder;
  WaitForCold(&report);
  report.archiver_restarts = archiver_.restarts();
  report.whole_ns = MonotonicNanos() - start_ns_;
  report.tape_records = tape_->written();
  return report;
}

void HotDriver::WaitForCold(HotReport* report) {
  if (archiver_failed_) report->archive_error = archiver_.error();
  while (report->archive_error.empty() && !archiver_.done()) {
    if (!archiver_.Tend(tape_->archived() == tape_->written())) report->archive_error = archiver_.error();
    if (!archiver_.done()) usleep(500);
  }
  if (!ReadArchiveTotals(options_.folder, report) && report->archive_error.empty())
    report->archive_error = options_.folder + ": the archiver left no readable " + std::string(kArchiveManifestName);
  if (ring_ == nullptr) return;
  while (!keeper_failed_ && !keeper_.done()) {
    if (!keeper_.Tend(true)) {
      keeper_failed_ = true;
      std::cerr << "tickgraph " << options_.command << ": " << keeper_.error() << "\n";
    }
    if (!keeper_.done()) usleep(500);
  }
  report->record = {record_file_, ring_->committed_packets(), ring_->lost(), keeper_failed_};
}

bool TellLosses(const std::string& command, const HotReport& report) {
  bool lost = false;
  const auto tell = [&](const std::string& text) {
    std::cerr << "tickgraph " << command << ": " << report.source << ": " << text << "\n";
    lost = true;
  };
  if (!report.damage.empty()) tell(report.damage);
  if (report.bad_messages != 0)
    tell(std::to_string(report.bad_messages) + " malformed messages or packets were skipped, the first in " + report.packet_name + " " +
         std::to_string(report.first_bad_packet) + ": " + report.first_bad_reason);
  if (report.messages == 0 && report.other_packets != 0)
    tell("none of its " + std::to_string(report.other_packets) + " packets holds a protocol that " + command +
         " takes (ITCH over MoldUDP64, OPRA, IEX-TP, CME MDP 3.0)");
  if (report.gaps != 0)
    tell(std::to_string(report.gaps) + " gaps stayed open, " + std::to_string(report.missing_messages) + " messages are missing");
  if (LeftBooksInDoubt(report.books) != 0)
    tell(std::to_string(LeftBooksInDoubt(report.books)) +
         " messages contradicted their book or found no room in it; such books are GAPPED and not traded on (book_damage)");
  if (report.gaps != 0 && report.snapshots < report.snapshot_requests)
    tell(std::to_string(report.snapshot_requests - report.snapshots) + " snapshots were asked for in vain" +
         (report.useless_snapshots == 0 ? ""
                                        : ", " + std::to_string(report.useless_snapshots) +
                                              " of which came, older than what was there or ahead of what any line brought"));
  if (report.waiting_dropped != 0)
    tell(std::to_string(report.waiting_dropped) + " updates found no room while they waited for their book's snapshot");
  if (report.gapped_records != 0) tell(std::to_string(report.gapped_records) + " tape records were overwritten before they were archived");
  for (const PortReport& port : report.ports) {
    if (port.missed_packets != 0) tell("port " + port.name + " had no room for " + std::to_string(port.missed_packets) + " packets");
  }
  if (report.record.lost_packets != 0)
    tell(std::to_string(report.record.lost_packets) +
         " packets found no room in the ring of the record: a replay of it is another session");
  if (report.record.failed) tell("the record is not whole; what there is of it: " + OutputFile::PartialName(report.record.file));
  return lost;
}

}  // namespace tickgraph
