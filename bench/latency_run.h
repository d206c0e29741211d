// One open-loop run of a session through the hot path with every stage stamped, and a sweep of rates that finds the knee.
//
// A packet is due when its time has come, whatever the loop is doing, and every latency counts from then. Stages `rx` (due until taken) and
// `tape` (due until the packet's last row stands on the tape) are of every packet; the others, of those decisions that gave a signal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/tools/session_run.h"

namespace tickgraph {

// In the order in which a packet passes them.
inline constexpr const char* kLatencyStages[] = {"rx", "decoded", "booked", "submitted", "signal", "risk", "encoded", "tape"};

struct LatencyPlan {
  double messages_per_second = 0;  // evenly spaced; 0: at the recorded pace
  double speed = 1;                // times the recorded pace
  double warm_up_share = 0.1;      // of the packets, in front, at full speed and not counted
  double seconds = 0;              // stop after so long; 0: with the session
};

struct LatencyRun {
  std::string mode;                                  // "fixed" or "recorded"
  double offered = 0, achieved = 0, duration_s = 0;  // messages a second, both lines counted once
  uint64_t packets = 0, messages = 0, warm_up_packets = 0, signals = 0, orders = 0;
  uint64_t tape_wait_ns = 0;  // time held back for the tape's reader: what it shifted is in no latency
  std::vector<std::pair<std::string, LatencyHistogram>> stages;
  uint64_t slot_ns = 0;
  std::vector<PacketProbe::Slot> timeline;

  [[nodiscard]] const LatencyHistogram& stage(const std::string& name) const;
};

[[nodiscard]] LatencyRun RunLatency(const HotConfig& config, PacketsInMemory& packets, uint64_t messages, const LatencyPlan& plan);

// The last of `sweep` (rising rates) that keeps up and whose p99 is at most kKneeFactor that of the first; -1 where none does.
inline constexpr double kKneeFactor = 4, kKeepsUp = 0.99;
[[nodiscard]] int KneeOf(const std::vector<LatencyRun>& sweep);

[[nodiscard]] nlohmann::ordered_json LatencyJson(const LatencyRun& run);

}  // namespace tickgraph
