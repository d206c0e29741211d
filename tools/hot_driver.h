// Drives one session from start to report: tape, cold processes, the loop, and what was lost. `replay` and `run` are the same session;
// only the source that they open and the moment at which they open it differ.
//
// Called in this order: MakeTape, then MakeSession, PrepareFolder (and Record), StartCold in the order that suits the source, then Play.
// One thread; a live session has a second one that looks after the cold processes, so that the loop makes no system call for them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "hot/tape.h"
#include "net/io/packet_recorder.h"
#include "tools/command_line.h"
#include "tools/hot_child.h"
#include "tools/hot_config.h"
#include "tools/hot_report.h"
#include "tools/hot_session.h"

namespace tickgraph {

struct DriverOptions {
  std::string command;  // how its lines on stderr begin
  CommonOptions common;
  std::string folder, engine = "auto", tape_name;
  bool live = false;  // a cold process that fails for good does not end the session
  PlayerConfig player;
};

class HotDriver {
 public:
  // From here on SIGTERM and SIGINT ask the session to end. Tapes of dead processes are removed.
  HotDriver(DriverOptions options, HotConfig config);
  HotDriver(const HotDriver&) = delete;
  HotDriver& operator=(const HotDriver&) = delete;
  ~HotDriver();

  // Each throws ConfigError or std::runtime_error where it cannot be done.
  void MakeTape();
  // `session_date` dates the engine, `feed_date` (0: none) overrides the day of the packets, `input` is what the feed must know of a file.
  // Called again it starts over.
  void MakeSession(uint32_t session_date, uint32_t feed_date, const FeedInput& input = {});
  void PrepareFolder();
  // Every packet that the loop takes is kept in `file`, by a cold process of its own.
  void Record(const PacketRingConfig& ring, const std::string& file);
  void StartCold();
  HotReport Play(const PacketSource& source, const PacketBurst& first);

  [[nodiscard]] HotSession& session() { return *session_; }
  // `source` as the loop has to be given it: with the recorder in between, where there is one.
  [[nodiscard]] PacketSource Wrap(const PacketSource& source);
  [[nodiscard]] bool stopped() const;
  // A line on stderr, unless --quiet.
  void Say(const std::string& text) const;

 private:
  bool Tend();
  void TendInTheBackground();
  void WaitForCold(HotReport* report);

  const DriverOptions options_;
  HotConfig config_;
  const uint64_t start_ns_;
  std::unique_ptr<TapeWriter> tape_;
  std::unique_ptr<HotSession> session_;
  std::unique_ptr<PacketRingWriter> ring_;
  std::unique_ptr<PacketRecorder> recorder_;
  std::string record_file_;
  ColdChild archiver_, keeper_;
  bool archiver_failed_ = false, keeper_failed_ = false;
  std::atomic<bool> tend_over_{false};
  std::thread tender_;
};

// Everything that was lost or damaged on the way in, a line each on stderr. True where there was anything.
bool TellLosses(const std::string& command, const HotReport& report);

}  // namespace tickgraph
