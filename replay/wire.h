// Packets of a capture onto a wire: as datagrams of a socket, or as frames of a DPDK port.
//
// In the flow: WirePlayer -> here -> net/io. Which of the two is chosen at start, so a wire is a table of function pointers. Thread rule:
// one owner. Invariants: packets leave in their order; what cannot be sent is counted, never altered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hot/packet.h"
#include "net/io/dpdk_port.h"
#include "net/io/udp_sender.h"

namespace tickgraph {

struct WireCounters {
  uint64_t sent_packets = 0, sent_bytes = 0;  // bytes of payloads (UDP) or frames (DPDK)
  uint64_t cut_packets = 0;                   // the capture holds only a part of them
  uint64_t answers = 0;                       // to requests of a live run whose record this is: they came on no line
  uint64_t other_packets = 0;                 // no IPv4 UDP, where only that can be sent; or longer than the port takes
};

// `send` takes at most kWireBurst packets; false and `error` when no more can be sent.
struct Wire {
  void* self = nullptr;
  bool (*send)(void* self, const PacketView* packets, uint32_t count, std::string* error) = nullptr;
};
inline constexpr uint32_t kWireBurst = 32;

// Where the datagrams of one destination of the capture go.
struct WireRoute {
  UdpAddress from, to;
  uint64_t packets = 0;
};

class UdpWire {
 public:
  // `targets`: the capture's destinations, in the order of their appearance, go to them in turn, those past the last one to the last;
  // none: each datagram goes to the address that it bears.
  UdpWire(std::unique_ptr<UdpSender> sender, std::vector<UdpAddress> targets) : sender_(std::move(sender)), targets_(std::move(targets)) {}

  [[nodiscard]] Wire wire() {
    return {this, [](void* self, const PacketView* packets, uint32_t count, std::string* error) {
              return static_cast<UdpWire*>(self)->Send(packets, count, error);
            }};
  }
  bool Send(const PacketView* packets, uint32_t count, std::string* error);
  [[nodiscard]] const WireCounters& counters() const { return counters_; }
  [[nodiscard]] const std::vector<WireRoute>& routes() const { return routes_; }

 private:
  WireRoute& RouteOf(const UdpAddress& from);

  std::unique_ptr<UdpSender> sender_;
  std::vector<UdpAddress> targets_;
  std::vector<WireRoute> routes_;
  size_t last_route_ = 0;
  WireCounters counters_;
};

class DpdkWire {
 public:
  explicit DpdkWire(std::unique_ptr<DpdkPort> port);

  [[nodiscard]] Wire wire() {
    return {this, [](void* self, const PacketView* packets, uint32_t count, std::string* error) {
              return static_cast<DpdkWire*>(self)->Send(packets, count, error);
            }};
  }
  bool Send(const PacketView* packets, uint32_t count, std::string* error);
  [[nodiscard]] const WireCounters& counters() const { return counters_; }

 private:
  bool Frame(const PacketView& packet, PacketView* out);

  std::unique_ptr<DpdkPort> port_;
  std::vector<uint8_t> rebuilt_;  // frames of datagrams that were captured without an Ethernet header
  size_t rebuilt_used_ = 0;
  WireCounters counters_;
};

}  // namespace tickgraph
