// Live capture through libpcap, as a PacketSource: where neither a socket's nor a DPDK port's view of an interface will do.
//
// Flow: interface -> libpcap's ring -> a copy here -> the loop. System calls of Poll: libpcap's poll(2) without waiting, where its ring is
// empty; calls of pcap_dispatch are counted. Thread rule: Open and destruction outside the loop; Poll by one thread. Invariants: packets of
// a burst live until the next Poll; no allocation after Open; stamps are the kernel's, in nanoseconds. A port never says "end".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "hot/arena.h"
#include "hot/packet.h"

struct pcap;

namespace tickgraph {

struct PcapPortConfig {
  std::string interface;
  std::string filter;          // of libpcap, such as "udp"; empty: everything
  uint32_t snap_bytes = 9216;  // a longer packet is handed on cut, with its true size
  uint32_t buffer_bytes = 16u << 20;
};

struct PcapPortStats {
  uint64_t packets = 0, bytes = 0;
  uint64_t dispatch_calls = 0;
  uint64_t errors = 0;  // of these, failed
};

class PcapPort {
 public:
  static constexpr uint32_t kBurstSize = 32;

  // Null and `error` where libpcap cannot open the interface or does not understand the filter.
  static std::unique_ptr<PcapPort> Open(const PcapPortConfig& config, std::string* error);
  PcapPort(const PcapPort&) = delete;
  PcapPort& operator=(const PcapPort&) = delete;
  ~PcapPort();

  PacketBurst Poll();
  PacketSource source() {
    return {this, [](void* self) { return static_cast<PcapPort*>(self)->Poll(); }, false};
  }
  [[nodiscard]] const PcapPortStats& stats() const { return stats_; }
  // Packets for which the kernel's ring had no room. Asks the system: not for the loop.
  [[nodiscard]] uint64_t MissedPackets() const;
  [[nodiscard]] PacketLayer layer() const { return layer_; }

 private:
  PcapPort() = default;
  bool Start(const PcapPortConfig& config, std::string* error);
  bool SetFilter(const std::string& filter, std::string* error);
  void Keep(uint32_t seconds, uint32_t nanoseconds, uint32_t size, uint32_t original_size, const uint8_t* data);

  pcap* handle_ = nullptr;
  PacketLayer layer_ = PacketLayer::kEthernet;
  uint32_t snap_bytes_ = 0, count_ = 0;
  HugeArray<uint8_t> room_;
  std::array<PacketView, kBurstSize> packets_{};
  PcapPortStats stats_;
};

}  // namespace tickgraph
