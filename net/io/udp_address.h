// An IPv4 address and UDP port as configurations write them ("239.1.1.1:30001"), network interfaces by name, and multicast membership.
//
// In the flow: how a live port is told what to listen to, and a sender where to send. Start only, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

struct UdpAddress {
  uint32_t address = 0;  // IPv4, host order
  uint16_t port = 0;
  [[nodiscard]] bool is_multicast() const { return address >> 28 == 0xE; }
  // As the feed handler names a destination.
  [[nodiscard]] uint64_t key() const { return uint64_t{address} << 16 | port; }
  friend auto operator<=>(const UdpAddress&, const UdpAddress&) = default;  // NOLINT(modernize-use-nullptr): the 0 is the compiler's
};

// "ADDRESS:PORT", four decimal numbers and a port above 0.
std::optional<UdpAddress> ParseUdpAddress(std::string_view text);
std::string ToText(const UdpAddress& address);

// The system's number of an interface; 0 and `error` where there is none of that name.
unsigned InterfaceIndex(const std::string& name, std::string* error);

// Joins `group` with `socket` on an interface (0: the system's choice). False and `error` where the system refuses.
bool JoinGroup(int socket, uint32_t group, unsigned interface_index, std::string* error);

// Membership without reading: for ports that take packets past the sockets, but on an interface that the system serves, so that the
// switch sends the groups there. Left when destroyed.
class GroupMembership {
 public:
  GroupMembership() = default;
  GroupMembership(const GroupMembership&) = delete;
  GroupMembership& operator=(const GroupMembership&) = delete;
  GroupMembership(GroupMembership&& other) noexcept : sockets_(std::move(other.sockets_)) { other.sockets_.clear(); }
  ~GroupMembership();

  // Addresses that are no groups are passed over.
  bool Join(const std::string& interface, const std::vector<UdpAddress>& groups, std::string* error);

 private:
  std::vector<int> sockets_;
};

}  // namespace tickgraph
