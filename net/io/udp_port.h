// Multicast (and unicast) UDP through the kernel's sockets, as a PacketSource.
//
// Flow: one socket a group -> here -> the loop. A datagram is handed on as the Ethernet frame it came in, rebuilt in front of its payload
// (the kernel has checked its sums, so the UDP sum stands at 0), because lines and streams are told apart by address.
// System calls of Poll: recvmmsg, once for each socket whose last batch is used up, and once more for those that were empty when another
// was not; of Ask: send. They are counted. Order: datagrams of all sockets are merged by the kernel's receive stamp, and one is handed on
// only when every other socket has been read after it was. Where several cores receive, the system itself may deliver out of order.
// Thread rule: Open and destruction outside the loop; Poll by one thread. Invariants: packets of a burst live until the next Poll; no
// allocation after Open; a datagram longer than max_datagram_bytes is handed on cut, with its true size. A port never says "end".
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hot/arena.h"
#include "hot/packet.h"
#include "net/io/udp_address.h"

namespace tickgraph {

struct UdpPortConfig {
  std::string interface;  // whose groups are joined; empty: the system chooses
  std::vector<UdpAddress> groups;
  uint32_t receive_buffer_bytes = 16u << 20;  // of each socket
  uint32_t busy_poll_us = 0;                  // SO_BUSY_POLL: a receive call drives the driver itself for so long
  uint32_t max_datagram_bytes = 9000;
};

struct UdpPortStats {
  uint64_t packets = 0, bytes = 0;
  uint64_t kernel_drops = 0;   // as the sockets said with the last datagrams (SO_RXQ_OVFL)
  uint64_t cut_datagrams = 0;  // longer than max_datagram_bytes
  uint64_t unstamped = 0;      // came without the kernel's stamp: the clock stands in
  uint64_t receive_calls = 0;  // recvmmsg
  uint64_t send_calls = 0, send_errors = 0;
  uint64_t receive_errors = 0;  // of these, failed for another reason than that nothing was there
};

class UdpPort {
 public:
  static constexpr uint32_t kBurstSize = 32;

  // Null and `error` where a group cannot be bound or joined, or the interface does not exist.
  static std::unique_ptr<UdpPort> Open(const UdpPortConfig& config, std::string* error);
  UdpPort(const UdpPort&) = delete;
  UdpPort& operator=(const UdpPort&) = delete;
  ~UdpPort();

  // Instead of groups: a socket of its own that asks `server`, and hands on what that sends back as recovered packets.
  static std::unique_ptr<UdpPort> Connect(const UdpAddress& server, const UdpPortConfig& config, std::string* error);
  // For a connected port: send, once, without waiting. False where the system refuses it.
  bool Ask(const uint8_t* message, uint32_t size);

  PacketBurst Poll();
  PacketSource source() {
    return {this, [](void* self) { return static_cast<UdpPort*>(self)->Poll(); }, false};
  }

  [[nodiscard]] const UdpPortStats& stats() const { return stats_; }
  // Datagrams that the kernel dropped because a socket's buffer was full, up to now. Asks the system: not for the loop.
  [[nodiscard]] uint64_t MissedPackets() const;
  // The smallest buffer that a socket was given; less than asked for where the system's limit is lower.
  [[nodiscard]] uint32_t receive_buffer_bytes() const { return receive_buffer_bytes_; }

 private:
  static constexpr uint32_t kHeadroom = 64, kFrameOffset = 22;  // the payload starts on a cache line
  static constexpr size_t kControlBytes = CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(uint32_t));

  struct Group {
    int socket = -1;
    UdpAddress address;
    uint32_t first = 0;  // of its kBurstSize slots
    uint32_t next = 0, filled = 0;
    uint64_t complete_ns = 0;  // nothing that was stamped earlier is still in the socket
    uint32_t drops = 0;
  };
  struct Slot {
    sockaddr_in sender{};
    iovec room{};
    alignas(cmsghdr) std::array<uint8_t, kControlBytes> control{};
    uint64_t ts_recv_ns = 0;
  };

  UdpPort() = default;
  bool OpenGroup(const UdpPortConfig& config, const UdpAddress& address, unsigned interface_index, std::string* error);
  bool SetOptions(const UdpPortConfig& config, int socket, std::string* error);
  void TakeRoom(const UdpPortConfig& config);
  void Receive(Group& group);
  void ReadControl(Group& group, uint32_t slot);
  Group* Earliest(uint64_t until_ns);
  PacketView HandOn(Group& group);

  std::vector<Group> groups_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> headers_;
  HugeArray<uint8_t> room_;
  std::array<PacketView, kBurstSize> packets_{};
  uint64_t latest_ns_ = 0;  // stamp of the latest datagram read
  uint32_t receive_buffer_bytes_ = 0;
  bool answers_ = false;
  UdpPortStats stats_;
};

}  // namespace tickgraph
