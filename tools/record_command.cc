// `tickgraph record --ring NAME --out FILE`: the cold process that writes what a live run received. `run --record` starts it as its child.
#include <atomic>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "cold/packet_record.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

void RequestStop(int) { stop_requested.store(true, std::memory_order_relaxed); }

}  // namespace

int RecordCommand(int argc, char** argv) {
  CLI::App app("Writes the packets of a live run to a pcapng file until the run ends");
  CommonOptions common;
  PacketRecordOptions options;
  AddCommonOptions(app, common, kJson | kQuiet | kForce);
  app.add_option("--ring", options.ring, "name of the run's tape")->required();
  app.add_option("--out", options.file, "the pcapng file")->required();
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  std::signal(SIGTERM, RequestStop);
  std::signal(SIGINT, RequestStop);
  options.force = common.force;
  options.stop = &stop_requested;
  const auto done = RecordPackets(options);
  if (!done.ok()) {
    std::cerr << "record: " << std::string(done.status().message()) << "\n";
    return kExitFailed;
  }
  if (common.json) {
    const nlohmann::ordered_json out = {
        {"packets", done->packets}, {"bytes", done->bytes}, {"lost_packets", done->lost}, {"whole", done->whole}, {"file", options.file}};
    std::cout << out.dump(2) << "\n";
  } else if (!common.quiet) {
    std::cout << done->packets << " packets, " << done->bytes << " bytes in " << options.file << "\n";
  }
  if (!done->writer_died) return kExitDone;
  std::cerr << "record: the run died; the " << done->packets << " packets that it had handed over are in " << options.file << "\n";
  return kExitDamaged;
}

}  // namespace tickgraph
