// A DPDK port as a PacketSource, and as a sender: a device of the environment by its name ("0000:03:00.0"), or one made from
// `--vdev`-style arguments ("net_pcap0,rx_pcap=FILE", "net_af_packet0,iface=eth0", "net_af_xdp0,iface=eth0").
//
// Flow: PMD -> here -> the loop; a player -> Send -> PMD. Thread rule: Open and destruction outside the loop; Poll and Send by one thread.
// Invariants: packets of a burst live until the next Poll, which gives their mbufs back; no allocation after Open. A port never says "end".
// System calls of Poll: its own are none but the vDSO's clock, where the port does not stamp, and, where the card stamps in ticks, a
// reading of its clock each second. Inside rte_eth_rx_burst a kernel-served PMD makes its own: net_pcap reads the file; net_af_packet none
// (it looks at a shared ring); net_af_xdp recvfrom or poll to wake the kernel where that is needed. Calls of rte_eth_rx_burst are counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hot/packet.h"
#include "net/io/port_clock.h"

struct rte_mbuf;
struct rte_mempool;

namespace tickgraph {

struct DpdkPortConfig {
  std::string device;                 // a name that the environment knows, or as after --vdev: the name, then its arguments
  std::vector<std::string> eal = {};  // arguments of the environment; only the first port opened has a say
  uint32_t mbuf_count = 4095;         // of each receive queue
  uint16_t rx_descriptors = 512;      // of each queue; fewer where the driver has fewer
  uint16_t queues = 1;                // receive queues, polled in turn; the card spreads flows over them (RSS) where it can
  bool hardware_stamps = true;        // take the driver's stamps where it has any
};

struct DpdkPortStats {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t joined_packets = 0;     // came in several segments and were copied into one piece
  uint64_t oversized_packets = 0;  // did not fit the room for such copies: dropped
  uint64_t rx_bursts = 0;          // calls of rte_eth_rx_burst
  uint64_t sent_packets = 0;
  uint64_t unsendable_packets = 0;  // longer than an mbuf
};

enum class PortStamps : uint8_t {
  kClock,   // none of the driver's: the clock, once a burst
  kMicros,  // net_pcap: whole microseconds since 1970
  kNanos,   // nanoseconds since 1970
  kTicks,   // of the card's own clock
};
constexpr const char* Name(PortStamps stamps) {
  constexpr const char* kNames[] = {"clock", "driver, microseconds", "driver, nanoseconds", "card"};
  return kNames[static_cast<uint8_t>(stamps)];
}

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

  // Queues frames for sending and returns how many of them the driver has taken, from the first; a frame longer than an mbuf counts as
  // taken and is left out. The bytes are copied.
  uint32_t Send(const PacketView* packets, uint32_t count);

  [[nodiscard]] const DpdkPortStats& stats() const { return stats_; }
  // Packets that the driver could not deliver (no mbuf, errors), from its own counters. Not for the loop.
  [[nodiscard]] uint64_t MissedPackets() const;
  [[nodiscard]] uint16_t port_id() const { return port_id_; }
  [[nodiscard]] const std::string& driver_name() const { return driver_name_; }
  [[nodiscard]] PortStamps stamps() const { return stamps_; }
  [[nodiscard]] uint16_t queue_count() const { return queue_count_; }
  // True where the card spreads flows over the queues.
  [[nodiscard]] bool rss() const { return rss_; }

 private:
  explicit DpdkPort(std::string device) : device_(std::move(device)) {}
  bool Start(const DpdkPortConfig& config, std::string* error);
  bool StartQueues(const DpdkPortConfig& config, std::string* error);
  bool SetUpQueues(const DpdkPortConfig& config, uint16_t tx_queues, uint16_t rx_descriptors, uint16_t tx_descriptors, std::string* error);
  void ChooseStamps(bool offload);
  void AnchorClock();
  uint64_t StampOf(const rte_mbuf* mbuf, uint64_t now_ns);
  const uint8_t* Join(const rte_mbuf* mbuf);
  void FreeBurst();

  std::string device_, device_name_, driver_name_;
  bool probed_ = false, started_ = false, rss_ = false;
  PortStamps stamps_ = PortStamps::kClock;
  PortClock clock_;
  uint16_t port_id_ = 0, queue_count_ = 1, next_queue_ = 0;
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
