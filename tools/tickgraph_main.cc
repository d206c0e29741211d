// The front: `tickgraph COMMAND …` becomes the program beside it that has the command. It execs and never spawns, so signals,
// exit codes and the process number are the command's own.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "tools/exit_code.h"

namespace tickgraph {
namespace {

struct Command {
  std::string_view name;
  const char* program;
  const char* text;
};

constexpr Command kCommands[] = {
    {"inspect", "tickgraph-cold", "what a capture holds: messages, gaps, duplicates, damage"},
    {"book", "tickgraph-cold", "one symbol's order book after each message, as CSV"},
    {"book-features", "tickgraph-cold", "a book's microprice, imbalance, order flow, slope, sweep prices and volatility"},
    {"generate", "tickgraph-cold", "a synthetic session: equities on two venues, option quotes, lines A and B"},
    {"replay", "tickgraph-hot", "a capture through the whole hot path, archived, with a report"},
    {"run", "tickgraph-hot", "the same on live ports: sockets, DPDK, libpcap"},
    {"record", "tickgraph-cold", "the packets of a live run to a pcapng file; run --record starts it"},
    {"serve", "tickgraph-cold", "answers re-requests and snapshot logins from a capture"},
    {"archive", "tickgraph-cold", "a tape to Parquet files"},
    {"verify", "tickgraph-cold", "an archive checked: changed bytes, missing files, missing ranges"},
    {"options", "tickgraph-cold", "prices, Greeks and implied volatilities of a table of contracts"},
    {"arbitrage", "tickgraph-cold", "captured quotes against each other: two venues, the book of many, cycles of currencies"},
    {"doctor", "tickgraph-cold", "what of this machine disturbs a pinned hot thread, and the fix; --jitter measures it"},
    {"stat", "tickgraph-cold", "live counters, rates and latencies of a running hot process"},
    {"bench", "tickgraph-bench", "the benchmarks, each checked against a reference before it is timed"},
    {"report", "tickgraph-cold", "a page of a run's latencies, or of a run and the one before it"},
};

void PrintUsage(std::FILE* out) {
  std::fputs("Usage: tickgraph COMMAND [OPTIONS]\n\nCommands:\n", out);
  for (const Command& command : kCommands) std::fprintf(out, "  %-13s %s\n", command.name.data(), command.text);
  std::fputs(
      "\n'tickgraph COMMAND --help' tells a command's options. Exit codes: 0 done, 1 failed, 2 usage or configuration,\n"
      "3 done, but something was lost or damaged on the way in.\n",
      out);
}

int Exec(const char* program, char** argv) {
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
  if (length <= 0) {
    std::fprintf(stderr, "tickgraph: /proc/self/exe: %s\n", std::strerror(errno));
    return kExitFailed;
  }
  std::string path(self, static_cast<size_t>(length));
  path.resize(path.rfind('/') + 1);
  path += program;
  std::string name = program;
  argv[0] = name.data();
  execv(path.c_str(), argv);
  std::fprintf(stderr, "tickgraph: %s: %s\n", path.c_str(), std::strerror(errno));
  return kExitFailed;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    PrintUsage(stderr);
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    PrintUsage(stdout);
    return kExitDone;
  }
  if (name == "--version") {
    std::puts("tickgraph " TICKGRAPH_VERSION);
    return kExitDone;
  }
  const auto* command = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& c) { return c.name == name; });
  if (command == std::end(kCommands)) {
    std::fprintf(stderr, "tickgraph: unknown command '%s'; 'tickgraph --help' lists the commands\n", argv[1]);
    return kExitUsage;
  }
  return Exec(command->program, argv);
}

}  // namespace
}  // namespace tickgraph

int main(int argc, char** argv) { return tickgraph::Main(argc, argv); }
