// Whole sessions for benchmarks: one is generated into memory, a tape is read as an archiver would, and the loop runs between them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "tests/tools/session_files.h"
#include "tools/hot_session.h"

namespace tickgraph {

// Equities on two venues on lines A and B, and option quotes where they are wanted.
[[nodiscard]] PacketsInMemory MakeSession(uint64_t messages, double rate, bool with_options);

[[nodiscard]] HotConfig DefaultHotConfig();
// An edge between venues counts from two cents and a half below zero on, so that there are orders enough for a percentile.
[[nodiscard]] HotConfig ManyOrdersConfig();

// A tape of this process, named after it.
[[nodiscard]] std::unique_ptr<TapeWriter> MakeTape(const HotConfig& config);

// Reads the tape as an archiver would, on any core but that of the loop where there is one, and keeps nothing.
class Drain {
 public:
  explicit Drain(const std::string& tape);
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;
  ~Drain() { thread_.join(); }  // once the tape is closed

 private:
  void Read();

  std::unique_ptr<TapeReader> reader_;
  std::thread thread_;
};

struct SessionRun {
  HotReport report;
  uint64_t allocations = 0;  // of the loop's thread
};

[[nodiscard]] SessionRun RunSession(const HotConfig& config, PacketsInMemory& packets, double speed);

}  // namespace tickgraph
