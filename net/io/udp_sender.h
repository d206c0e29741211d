// Datagrams out through a kernel socket, to multicast groups or hosts.
//
// In the flow: a player of captures -> here -> the wire. System calls of Send: sendmmsg, once a call and again where the system took only a
// part. Thread rule: one owner. No allocation after Open.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "net/io/udp_address.h"

namespace tickgraph {

struct UdpDatagram {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
  UdpAddress to;
};

class UdpSender {
 public:
  static constexpr uint32_t kBurstSize = 32;

  // `interface`: where multicast leaves; empty: the system chooses. Groups travel `hops` routers far. Null and `error` where there is none.
  static std::unique_ptr<UdpSender> Open(const std::string& interface, uint8_t hops, std::string* error);
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;
  ~UdpSender();

  // Sends at most kBurstSize datagrams in order; waits where the system's buffers are full. False and `error` where it refuses one.
  bool Send(const UdpDatagram* datagrams, uint32_t count, std::string* error);

 private:
  UdpSender() = default;

  int socket_ = -1;
  std::array<sockaddr_in, kBurstSize> addresses_{};
  std::array<iovec, kBurstSize> pieces_{};
  std::array<mmsghdr, kBurstSize> headers_{};
};

}  // namespace tickgraph
