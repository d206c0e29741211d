// Sockets, their options, and the merge by stamp; see udp_port.h.
#include "net/io/udp_port.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "net/proto/frame.h"

namespace tickgraph {
namespace {

uint64_t Nanoseconds(const timespec& t) { return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec); }

uint64_t WallClockNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

bool SetFlag(int socket, int level, int option, int value) { return setsockopt(socket, level, option, &value, sizeof(value)) == 0; }

// The first socket of the machine that asks for stamps gets them a moment later; until then a datagram is stamped when it is read. Waits
// until one that a socket sends to itself was stamped before it was read, for a tenth of a second at most.
void AwaitStamps() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(here);
  bool usable = fd >= 0 && SetFlag(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) && bind(fd, reinterpret_cast<sockaddr*>(&here), size) == 0 &&
                getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) == 0 &&
                connect(fd, reinterpret_cast<sockaddr*>(&here), size) == 0;
  for (int attempt = 0; usable && attempt < 100; ++attempt) {
    uint8_t byte = 0;
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(timespec))> control{};
    iovec room = {&byte, 1};
    msghdr header{};
    header.msg_iov = &room;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    usable = send(fd, &byte, 1, 0) == 1;
    const uint64_t read_ns = WallClockNanoseconds();
    if (!usable || recvmsg(fd, &header, 0) != 1) break;
    const cmsghdr* const c = CMSG_FIRSTHDR(&header);
    timespec stamp{};
    if (c != nullptr && c->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
    if (c != nullptr && Nanoseconds(stamp) <= read_ns) break;
    usleep(1000);
  }
  if (fd >= 0) close(fd);
}

}  // namespace

std::unique_ptr<UdpPort> UdpPort::Open(const UdpPortConfig& config, std::string* error) {
  unsigned interface_index = 0;
  if (!config.interface.empty() && (interface_index = InterfaceIndex(config.interface, error)) == 0) return nullptr;
  std::unique_ptr<UdpPort> port(new UdpPort);
  port->groups_.reserve(config.groups.size());
  for (const UdpAddress& address : config.groups) {
    if (port->OpenGroup(config, address, interface_index, error)) continue;
    *error = "UDP " + ToText(address) + ": " + *error;
    return nullptr;
  }
  port->TakeRoom(config);
  AwaitStamps();
  return port;
}

std::unique_ptr<UdpPort> UdpPort::Connect(const UdpAddress& server, const UdpPortConfig& config, std::string* error) {
  std::unique_ptr<UdpPort> port(new UdpPort);
  Group& group = port->groups_.emplace_back();
  group.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in there{}, here{};
  there.sin_family = AF_INET;
  there.sin_port = htons(server.port);
  there.sin_addr.s_addr = htonl(server.address);
  socklen_t size = sizeof(here);
  if (group.socket < 0 || connect(group.socket, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) != 0 ||
      getsockname(group.socket, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    *error = "UDP " + ToText(server) + ": cannot connect: " + std::strerror(errno);
    return nullptr;
  }
  if (!port->SetOptions(config, group.socket, error)) {
    *error = "UDP " + ToText(server) + ": " + *error;
    return nullptr;
  }
  group.address = {ntohl(here.sin_addr.s_addr), ntohs(here.sin_port)};
  port->answers_ = true;
  port->TakeRoom(config);
  return port;
}

bool UdpPort::Ask(const uint8_t* message, uint32_t size) {
  ++stats_.send_calls;
  const bool sent = send(groups_.front().socket, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(size);
  stats_.send_errors += !sent;
  return sent;
}

UdpPort::~UdpPort() {
  for (const Group& group : groups_) close(group.socket);
}

bool UdpPort::OpenGroup(const UdpPortConfig& config, const UdpAddress& address, unsigned interface_index, std::string* error) {
  const auto failed = [error](const char* what) {
    *error = std::string(what) + ": " + std::strerror(errno);
    return false;
  };
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed("cannot open a socket");
  Group& group = groups_.emplace_back();
  group.socket = fd;
  group.address = address;
  if (!SetOptions(config, fd, error)) return false;
  // Bound to the group itself, so that another group on the same port stays away.
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(address.port);
  here.sin_addr.s_addr = htonl(address.address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) return failed("cannot bind");
  return !address.is_multicast() || JoinGroup(fd, address.address, interface_index, error);
}

bool UdpPort::SetOptions(const UdpPortConfig& config, int fd, std::string* error) {
  const auto failed = [error](const char* what) {
    *error = std::string(what) + ": " + std::strerror(errno);
    return false;
  };
  const auto wanted = static_cast<int>(std::min<uint32_t>(config.receive_buffer_bytes, INT32_MAX / 2));
  if (!SetFlag(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted) && !SetFlag(fd, SOL_SOCKET, SO_RCVBUF, wanted)) return failed("SO_RCVBUF");
  int granted = 0;
  socklen_t size = sizeof(granted);
  getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
  const auto usable = static_cast<uint32_t>(granted / 2);  // the system doubles what it is asked for
  receive_buffer_bytes_ = groups_.size() == 1 ? usable : std::min(receive_buffer_bytes_, usable);
  if (!SetFlag(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return failed("SO_REUSEADDR");
  if (!SetFlag(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1)) return failed("SO_TIMESTAMPNS");
  if (!SetFlag(fd, SOL_SOCKET, SO_RXQ_OVFL, 1)) return failed("SO_RXQ_OVFL");
  // Groups that other sockets of the machine joined on other interfaces are not ours.
  if (!SetFlag(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0)) return failed("IP_MULTICAST_ALL");
  if (config.busy_poll_us != 0 && !SetFlag(fd, SOL_SOCKET, SO_BUSY_POLL, static_cast<int>(config.busy_poll_us)))
    return failed("SO_BUSY_POLL");
  return true;
}

void UdpPort::TakeRoom(const UdpPortConfig& config) {
  const size_t count = groups_.size() * kBurstSize;
  const size_t stride = (kHeadroom + size_t{config.max_datagram_bytes} + 63) & ~size_t{63};
  room_.Allocate(count * stride);
  slots_.resize(count);
  headers_.resize(count);
  for (size_t i = 0; i < groups_.size(); ++i) groups_[i].first = static_cast<uint32_t>(i * kBurstSize);
  for (size_t i = 0; i < count; ++i) {
    Slot& slot = slots_[i];
    slot.room = {room_.data() + i * stride + kHeadroom, config.max_datagram_bytes};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &slot.sender;
    header.msg_iov = &slot.room;
    header.msg_iovlen = 1;
    header.msg_control = slot.control.data();
  }
}

PacketBurst UdpPort::Poll() {
  // The system stamps datagrams and puts them into their sockets in one order, so what a socket gives after a datagram was seen elsewhere
  // includes all that came before that one. The second pass asks the sockets that were empty again.
  for (int pass = 0; pass < 2; ++pass) {
    bool any = false;
    for (Group& group : groups_) {
      if (group.next == group.filled) Receive(group);
      any |= group.next != group.filled;
    }
    if (!any) return {packets_.data(), 0, SourceState::kIdle};
  }
  uint64_t complete_ns = UINT64_MAX;
  for (const Group& group : groups_) complete_ns = std::min(complete_ns, group.complete_ns);
  uint32_t count = 0;
  for (Group* group; count < kBurstSize && (group = Earliest(complete_ns)) != nullptr;) packets_[count++] = HandOn(*group);
  return {packets_.data(), count, count != 0 ? SourceState::kMore : SourceState::kIdle};
}

void UdpPort::Receive(Group& group) {
  group.complete_ns = latest_ns_;
  group.next = group.filled = 0;
  mmsghdr* const headers = headers_.data() + group.first;
  for (uint32_t i = 0; i < kBurstSize; ++i) {
    headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    headers[i].msg_hdr.msg_controllen = kControlBytes;
  }
  ++stats_.receive_calls;
  const int got = recvmmsg(group.socket, headers, kBurstSize, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got < 0) {
    stats_.receive_errors += errno != EAGAIN && errno != EINTR;
    return;
  }
  group.filled = static_cast<uint32_t>(got);
  for (uint32_t i = 0; i < group.filled; ++i) ReadControl(group, group.first + i);
  const uint64_t last_ns = slots_[group.first + group.filled - 1].ts_recv_ns;
  latest_ns_ = std::max(latest_ns_, last_ns);
  // Behind a full batch the socket may hold more.
  group.complete_ns = group.filled == kBurstSize ? last_ns : std::max(group.complete_ns, last_ns);
}

void UdpPort::ReadControl(Group& group, uint32_t slot) {
  msghdr& header = headers_[slot].msg_hdr;
  uint64_t stamp_ns = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
      stamp_ns = Nanoseconds(stamp);
    } else if (c->cmsg_type == SO_RXQ_OVFL) {
      uint32_t drops = 0;
      std::memcpy(&drops, CMSG_DATA(c), sizeof(drops));
      stats_.kernel_drops += drops - group.drops;  // a 32-bit counter that wraps
      group.drops = drops;
    }
  }
  stats_.unstamped += stamp_ns == 0;
  slots_[slot].ts_recv_ns = stamp_ns != 0 ? stamp_ns : WallClockNanoseconds();
}

// The group whose next datagram is the earliest, not later than `until_ns`; null where there is none.
UdpPort::Group* UdpPort::Earliest(uint64_t until_ns) {
  Group* earliest = nullptr;
  for (Group& group : groups_) {
    if (group.next == group.filled) continue;
    const uint64_t stamp_ns = slots_[group.first + group.next].ts_recv_ns;
    if (stamp_ns > until_ns) continue;
    if (earliest == nullptr || stamp_ns < slots_[earliest->first + earliest->next].ts_recv_ns) earliest = &group;
  }
  return earliest;
}

PacketView UdpPort::HandOn(Group& group) {
  const uint32_t index = group.first + group.next++;
  const Slot& slot = slots_[index];
  const uint32_t true_size = headers_[index].msg_len;
  const auto size = std::min(true_size, static_cast<uint32_t>(slot.room.iov_len));
  stats_.cut_datagrams += true_size > size;
  ++stats_.packets;
  stats_.bytes += size;
  uint8_t* const frame = static_cast<uint8_t*>(slot.room.iov_base) - kUdpFrameHeaderBytes;
  static_assert(kHeadroom - kFrameOffset == kUdpFrameHeaderBytes);
  const FrameAddress address{ntohl(slot.sender.sin_addr.s_addr), group.address.address, ntohs(slot.sender.sin_port), group.address.port};
  PacketView out;
  out.data = frame;
  out.size = EncodeUdpFrameUnsummed(address, size, frame);
  out.original_size = kUdpFrameHeaderBytes + true_size;
  out.ts_recv_ns = slot.ts_recv_ns;
  out.number = stats_.packets;
  out.layer = PacketLayer::kEthernet;
  out.recovered = answers_;
  return out;
}

uint64_t UdpPort::MissedPackets() const {
  uint64_t drops = 0;
  for (const Group& group : groups_) {
    std::array<uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof(memory);
    if (getsockopt(group.socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0) drops += memory[SK_MEMINFO_DROPS];
  }
  return drops;
}

}  // namespace tickgraph
