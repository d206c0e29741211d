// A seeded synthetic session of exchange packets: equities on two venues and options on some of them, on lines A and B, as a pcap.
//
// In the flow: the command line gives options and an open PcapWriter; the session is written as it is made, in memory that does not grow
// with it, and what was planted comes back. Below it: generator_equities.h and generator_options.h make the messages, generator_feeds.h the
// packets, generator_lines.h the two lines, generator_plants.h the mispricings. Thread rule: one call, one thread.
// Invariants: the same options give the same bytes on every machine; loss options decide which packets are there and change nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/io/file/pcap_writer.h"
#include "replay/generator_lines.h"
#include "replay/generator_plants.h"

namespace tickgraph {

inline constexpr uint32_t kGeneratedDate = 20240314;  // a Thursday; the session opens at 09:30 in New York

struct GeneratorOptions {
  static constexpr uint64_t kLeastMessages = 500;
  static constexpr uint64_t kMostSkewNs = 10'000'000'000;

  uint64_t seed = 1;
  uint64_t messages = 200'000;  // of all feeds together, each once; OPRA's control messages are not counted
  double rate = 50'000;         // messages a second, on average
  LineOptions lines;
};

struct GeneratedSession {
  uint64_t messages = 0, packets = 0, lost_packets = 0;
  uint64_t duration_ns = 0;                 // first stamp to last
  std::map<std::string, uint64_t> by_type;  // "itch:A", "opra:q"
  std::vector<std::string> feed_names;      // by feed: MoldUDP64 sessions, "OPRA"
  std::vector<PlantedMispricing> planted;
  bool written = true;  // false: the writer failed, and the session was given up
};

// Empty, or what is wrong with them.
std::string ProblemWith(const GeneratorOptions& options);

// `progress` is called now and then with the messages made so far. Options must be sound.
GeneratedSession GenerateSession(const GeneratorOptions& options, PcapWriter& writer, const std::function<void(uint64_t)>& progress = {});

}  // namespace tickgraph
