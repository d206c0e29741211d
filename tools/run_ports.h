// The ports of a live run, whatever their kind, as one source; and what each of them reports when it is over.
//
// Opened and destroyed outside the loop; the source is polled by one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hot/recovery.h"
#include "net/io/glimpse_port.h"
#include "net/io/packet_ring.h"
#include "net/io/port_set.h"
#include "net/io/udp_address.h"
#include "tools/hot_report.h"
#include "tools/run_config.h"

namespace tickgraph {

class LivePorts {
 public:
  // Throws std::runtime_error with the port's own words where one cannot be opened.
  explicit LivePorts(const RunConfig& run);

  [[nodiscard]] PacketSource source() { return set_.source(); }
  // Asks the configured re-request server; empty where there is none. Answers come as packets of the source.
  [[nodiscard]] RecoveryService recovery();
  // Asks the configured GLIMPSE servers, on a thread of its own; empty where there is none. What comes of it are packets of the source.
  [[nodiscard]] SnapshotService snapshots();
  // One line for people: what is listened to. `complaints`: what the system gave less of than was asked for.
  [[nodiscard]] std::string Describe(std::vector<std::string>* complaints) const;
  // Names of ports and groups, for the ring of `--record`.
  void DescribeForRecord(PacketRingConfig* ring) const;
  // Asks drivers and system for their counters: after the loop.
  [[nodiscard]] std::vector<PortReport> Reports() const;
  [[nodiscard]] bool any_dpdk() const;

 private:
  struct Port {
    RunPortConfig config;
    std::unique_ptr<UdpPort> udp;
    std::unique_ptr<DpdkPort> dpdk;
    std::unique_ptr<PcapPort> pcap;
    GroupMembership membership;
  };
  PacketSource Open(Port* port);
  void OpenRetransmit(const UdpAddress& server);
  static PortReport ReportOf(const std::string& name, const UdpPort& port);
  static PortReport ReportOf(const Port& port);
  static PortReport ReportOf(const GlimpsePort& port);

  std::vector<Port> ports_;
  std::unique_ptr<UdpPort> retransmit_;
  std::string retransmit_name_;
  std::unique_ptr<GlimpsePort> glimpse_;
  PortSet set_;
};

}  // namespace tickgraph
