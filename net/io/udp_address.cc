#include "net/io/udp_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace tickgraph {
namespace {

std::string AddressText(uint32_t address) {
  char text[INET_ADDRSTRLEN];
  const in_addr raw{htonl(address)};
  return inet_ntop(AF_INET, &raw, text, sizeof(text));
}

}  // namespace

std::optional<UdpAddress> ParseUdpAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string host(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  in_addr raw{};
  UdpAddress out;
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (failure != std::errc() || end != port.data() + port.size() || out.port == 0) return std::nullopt;
  if (inet_pton(AF_INET, host.c_str(), &raw) != 1) return std::nullopt;
  out.address = ntohl(raw.s_addr);
  return out;
}

std::string ToText(const UdpAddress& address) { return AddressText(address.address) + ":" + std::to_string(address.port); }

unsigned InterfaceIndex(const std::string& name, std::string* error) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) *error = "interface " + name + ": " + std::strerror(errno);
  return index;
}

bool JoinGroup(int socket, uint32_t group, unsigned interface_index, std::string* error) {
  ip_mreqn request{};
  request.imr_multiaddr.s_addr = htonl(group);
  request.imr_ifindex = static_cast<int>(interface_index);
  if (setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0) return true;
  *error = "cannot join group " + AddressText(group) + ": " + std::strerror(errno);
  return false;
}

GroupMembership::~GroupMembership() {
  for (const int socket : sockets_) close(socket);
}

// A socket may join only so many groups (net.ipv4.igmp_max_memberships), so each has its own.
bool GroupMembership::Join(const std::string& interface, const std::vector<UdpAddress>& groups, std::string* error) {
  const unsigned index = InterfaceIndex(interface, error);
  if (index == 0) return false;
  for (const UdpAddress& group : groups) {
    if (!group.is_multicast()) continue;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      *error = std::string("cannot open a socket: ") + std::strerror(errno);
      return false;
    }
    sockets_.push_back(fd);
    if (!JoinGroup(fd, group.address, index, error)) return false;
  }
  return true;
}

}  // namespace tickgraph
