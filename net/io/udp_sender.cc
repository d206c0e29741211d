#include "net/io/udp_sender.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tickgraph {

std::unique_ptr<UdpSender> UdpSender::Open(const std::string& interface, uint8_t hops, std::string* error) {
  std::unique_ptr<UdpSender> out(new UdpSender);
  out->socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int ttl = hops;
  if (out->socket_ < 0 || setsockopt(out->socket_, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) != 0) {
    *error = std::string("cannot open a socket: ") + std::strerror(errno);
    return nullptr;
  }
  if (!interface.empty()) {
    ip_mreqn request{};
    request.imr_ifindex = static_cast<int>(InterfaceIndex(interface, error));
    if (request.imr_ifindex == 0) return nullptr;
    if (setsockopt(out->socket_, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)) != 0) {
      *error = "interface " + interface + ": cannot send multicast: " + std::strerror(errno);
      return nullptr;
    }
  }
  for (uint32_t i = 0; i < kBurstSize; ++i) {
    out->addresses_[i].sin_family = AF_INET;
    msghdr& header = out->headers_[i].msg_hdr;
    header.msg_name = &out->addresses_[i];
    header.msg_namelen = sizeof(sockaddr_in);
    header.msg_iov = &out->pieces_[i];
    header.msg_iovlen = 1;
  }
  return out;
}

UdpSender::~UdpSender() {
  if (socket_ >= 0) close(socket_);
}

bool UdpSender::Send(const UdpDatagram* datagrams, uint32_t count, std::string* error) {
  for (uint32_t i = 0; i < count; ++i) {
    addresses_[i].sin_addr.s_addr = htonl(datagrams[i].to.address);
    addresses_[i].sin_port = htons(datagrams[i].to.port);
    pieces_[i] = {const_cast<uint8_t*>(datagrams[i].data), datagrams[i].size};
  }
  for (uint32_t done = 0; done < count;) {
    const int sent = sendmmsg(socket_, headers_.data() + done, count - done, 0);
    if (sent > 0) {
      done += static_cast<uint32_t>(sent);
    } else if (errno == ENOBUFS) {
      usleep(100);  // a full queue of the card: the socket does not wait for that one
    } else if (errno != EINTR && errno != ECONNREFUSED) {
      *error = "cannot send to " + ToText(datagrams[done].to) + ": " + std::strerror(errno);
      return false;
    }
  }
  return true;
}

}  // namespace tickgraph
