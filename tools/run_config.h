// What `run` is configured with beside the session itself: its ports, and where everything goes. tools/config/run.toml lists every key.
//
// Start only. Every error names the file, the line and the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/io/dpdk_port.h"
#include "net/io/glimpse_fetch.h"
#include "net/io/pcap_port.h"
#include "net/io/udp_port.h"
#include "tools/config.h"

namespace tickgraph {

enum class RunPortKind : uint8_t { kUdp, kDpdk, kPcap };

struct RunPortConfig {
  RunPortKind kind = RunPortKind::kUdp;
  std::string name;       // in reports and records: the device, or the interface
  std::string interface;  // empty: none is named
  std::vector<UdpAddress> line_a, line_b;
  UdpPortConfig udp;
  DpdkPortConfig dpdk{.device = "", .mbuf_count = 8191, .rx_descriptors = 2048};
  PcapPortConfig pcap;
};

struct RunConfig {
  std::string tape, archive, engine = "auto", record;
  uint64_t record_ring_bytes = uint64_t{64} << 20;
  std::vector<std::string> pairs;            // CME destinations that are lines A and B of one feed, as --pair takes them
  uint32_t date = 0;                         // yyyymmdd; 0: the packets'
  uint64_t idle_ms = 0;                      // silence that ends the run; 0: none does
  uint32_t streams = 0;                      // so many have to be heard before their ends end the run
  std::optional<UdpAddress> retransmit;      // the MoldUDP64 re-request server that is asked for what both lines lost
  std::vector<GlimpseServerConfig> glimpse;  // snapshots for streams that are joined late or lose what nobody sends again
  std::vector<RunPortConfig> ports;
};

// The keys of [run], [dpdk], [[port]] and [[glimpse]]; ReadHotConfig reads the rest and refuses what is left. Throws ConfigError.
RunConfig ReadRunConfig(Config& file);

}  // namespace tickgraph
