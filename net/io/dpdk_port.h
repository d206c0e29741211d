// A DPDK port made from `--vdev`-style arguments ("net_pcap0,rx_pcap=FILE"), as a PacketSource.
//
// Flow: PMD -> here -> the loop. No huge pages, no PCI, no files: the environment is started once a process, its log goes to stderr.
// Thread rule: Open and destruction outside the loop; Poll by one thread. Invariants: packets of a burst live until the next Poll, which
// gives their mbufs back; no allocation after Open. A kernel-served PMD (net_pcap, net_af_packet) makes its own system calls inside
// rte_eth_rx_burst; Poll itself makes none but the vDSO's clock, and that only where the port does not stamp. A port never says "end".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hot/packet.h"

struct rte_mbuf;
struct rte_mempool;

namespace tickgraph {

struct DpdkPortConfig {
  std::string device;  // as after --vdev: the name, then its arguments
  uint32_t mbuf_count = 4095;
  uint16_t rx_descriptors = 512;
};

struct DpdkPortStats {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t joined_packets = 0;     // came in several segments and were copied into one piece
  uint64_t oversized_packets = 0;  // did not fit the room for such copies: dropped
};

class DpdkPort {
 public:
  static constexpr uint16_t kBurstSize = 32;

  // Null and `error` where the environment does not start, the driver is unknown, or the driver refuses its arguments.
  static std::unique_ptr<DpdkPort> Open(const DpdkPortConfig& config, std::string* error);
  DpdkPort(const DpdkPort&) = delete;
  DpdkPort& operator=(const DpdkPort&) = delete;
  ~DpdkPort();

  PacketBurst Poll();
  PacketSource source() {
    return {this, [](void* self) { return static_cast<DpdkPort*>(self)->Poll(); }, false};
  }

  [[nodiscard]] const DpdkPortStats& stats() const { return stats_; }
  // Packets that the driver could not deliver (no mbuf, errors), from its own counters. Not for the loop.
  [[nodiscard]] uint64_t MissedPackets() const;
  [[nodiscard]] uint16_t port_id() const { return port_id_; }
  [[nodiscard]] const std::string& driver_name() const { return driver_name_; }
  // True where the driver's own stamp is used (net_pcap: whole microseconds), false where the clock is read once a burst.
  [[nodiscard]] bool port_stamps() const { return port_stamps_; }

 private:
  explicit DpdkPort(std::string device) : device_(std::move(device)) {}
  bool Start(const DpdkPortConfig& config, std::string* error);
  bool StartQueues(const DpdkPortConfig& config, std::string* error);
  const uint8_t* Join(const rte_mbuf* mbuf);
  void FreeBurst();

  std::string device_, device_name_, driver_name_;
  bool probed_ = false, started_ = false, port_stamps_ = false;
  uint16_t port_id_ = 0;
  rte_mempool* pool_ = nullptr;
  int timestamp_offset_ = -1;
  uint64_t timestamp_flag_ = 0;
  uint16_t held_ = 0;
  std::array<rte_mbuf*, kBurstSize> mbufs_{};
  std::array<PacketView, kBurstSize> packets_{};
  std::vector<uint8_t> join_room_;
  size_t join_used_ = 0;
  DpdkPortStats stats_;
};

}  // namespace tickgraph
