// `tickgraph stat [NAME] [--json] [--watch] [--interval SECONDS]`: live counters, rates and latencies of a running hot process, read from
// shared memory without touching it. Ends with 0 when the process came to a clean end, with 1 when it died or is not there.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hot/counters_page.h"
#include "hot/tsc.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/stat_view.h"

namespace tickgraph {
namespace {

std::atomic<bool> g_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

void OnStopSignal(int) { g_stop.store(true, std::memory_order_relaxed); }

struct StatOptions {
  CommonOptions common;
  std::string name;
  bool watch = false;
  double interval_s = 1;
};

// The page that is meant, or an exit code.
std::unique_ptr<CountersReader> OpenPage(const StatOptions& o, int* exit_code) {
  std::string error;
  *exit_code = kExitFailed;
  if (!o.name.empty()) {
    auto reader = CountersReader::Open(o.name, &error);
    if (reader == nullptr) std::cerr << "tickgraph stat: no hot process named '" << o.name << "': " << error << "\n";
    return reader;
  }
  std::vector<std::unique_ptr<CountersReader>> running, dead;
  for (const std::string& name : CountersNames()) {
    auto reader = CountersReader::Open(name, &error);
    if (reader == nullptr) continue;
    auto& where = reader->state() == CountersState::kRunning ? running : dead;
    where.push_back(std::move(reader));
  }
  if (running.size() == 1) return std::move(running.front());
  if (running.empty() && dead.size() == 1) return std::move(dead.front());
  if (running.empty()) {
    std::cerr << "tickgraph stat: no hot process is running\n";
    return nullptr;
  }
  std::cerr << "tickgraph stat: several hot processes are running; name one:";
  for (const auto& reader : running) std::cerr << " " << reader->name();
  std::cerr << "\n";
  *exit_code = kExitUsage;
  return nullptr;
}

// Sleeps the interval in short naps; ends early with the process or a signal.
void Wait(const CountersReader& page, double seconds) {
  const uint64_t until_ns = MonotonicNanos() + static_cast<uint64_t>(seconds * 1e9);
  while (!g_stop.load(std::memory_order_relaxed)) {
    const uint64_t now_ns = MonotonicNanos();
    if (now_ns >= until_ns || page.state() != CountersState::kRunning) return;
    constexpr uint64_t kNapNanos = 20'000'000;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(kNapNanos, until_ns - now_ns)));
  }
}

void Show(const StatReading& reading, const StatOptions& o) {
  if (o.common.json) {
    std::cout << StatJson(reading).dump(o.watch ? -1 : 2) << std::endl;
    return;
  }
  const bool redraw = o.watch && isatty(STDOUT_FILENO) != 0;
  std::cout << (redraw ? "\033[H\033[2J" : "") << StatTable(reading) << (o.watch && !redraw ? "\n" : "") << std::flush;
}

// What is to be said of a process that is no more; and of one that runs and is silent.
int Conclude(const StatReading& reading) {
  if (reading.state == CountersState::kDied) {
    std::cerr << "tickgraph stat: the hot process " << reading.pid << " ('" << reading.name
              << "') died without a clean end; its last counters are those above\n";
    return kExitFailed;
  }
  if (reading.state == CountersState::kEnded)
    std::cerr << "tickgraph stat: the hot process " << reading.pid << " ('" << reading.name << "') has come to its end\n";
  return kExitDone;
}

void TellSilence(const StatReading& reading) {
  constexpr uint64_t kSilentNanos = 2'000'000'000;
  if (reading.state != CountersState::kRunning || reading.now_ns < reading.counters.published_ns + kSilentNanos) return;
  std::cerr << "tickgraph stat: the hot process " << reading.pid << " runs, but has published nothing for "
            << (reading.now_ns - reading.counters.published_ns) / 1'000'000'000 << " s: it is stopped or stuck\n";
}

int Watch(const CountersReader& page, const StatOptions& o) {
  StatReading reading;
  reading.name = page.name();
  reading.pid = page.writer_pid();
  bool have = page.Read(&reading.counters);
  if (page.state() == CountersState::kRunning) Wait(page, o.interval_s);
  for (;;) {
    if (have) reading.earlier = reading.counters;
    reading.state = page.state();  // before the counters: of an ended process they are the last
    const bool read = page.Read(&reading.counters);
    have = have || read;
    reading.now_ns = MonotonicNanos();
    if (have) {
      Show(reading, o);
      TellSilence(reading);
    } else {
      std::cerr << "tickgraph stat: '" << reading.name << "' has published nothing yet\n";
    }
    const bool go_on = o.watch && reading.state == CountersState::kRunning && !g_stop.load(std::memory_order_relaxed);
    if (!go_on) return Conclude(reading);
    Wait(page, o.interval_s);
  }
}

}  // namespace

int StatCommand(int argc, char** argv) {
  CLI::App app("Live counters, rates and latencies of a running hot process");
  StatOptions o;
  AddCommonOptions(app, o.common, kJson);
  app.add_option("NAME", o.name, "The process's tape; it may be left out where one hot process runs");
  app.add_flag("--watch", o.watch, "Go on until the process ends; with --json an object a line");
  app.add_option("--interval", o.interval_s, "Seconds between two readings, over which rates are taken")->check(CLI::Range(0.02, 3600.0));
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  std::signal(SIGTERM, OnStopSignal);
  std::signal(SIGINT, OnStopSignal);
  int exit_code = kExitFailed;
  const auto page = OpenPage(o, &exit_code);
  return page == nullptr ? exit_code : Watch(*page, o);
}

}  // namespace tickgraph
