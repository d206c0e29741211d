// Network headers: from a captured frame to the payload of its UDP datagram or TCP segment.
//
// In the flow: first step of every packet, before MoldUDP64 and OPRA. Lengths are checked before each read; bytes behind the IPv4
// total length (padding, FCS, capture trailers) are ignored. RFC 791, 768, 1071; IEEE 802.1Q. No state.
#pragma once

#include "hot/packet.h"
#include "net/proto/wire.h"

namespace tickgraph {

enum class FrameStatus : uint8_t {
  kUdp,
  kTcp,
  kOtherProtocol,  // IPv4, neither UDP nor TCP
  kNotIp,          // ARP, IPv6, 802.3, unknown EtherType
  kFragment,
  kSnapped,  // the capture holds fewer bytes than the wire did
  kBadLength,
  kBadChecksum,
};

constexpr const char* Name(FrameStatus status) {
  constexpr const char* kNames[] = {"UDP",          "TCP",           "neither UDP nor TCP", "not IPv4", "a fragment", "cut by the capture",
                                    "wrong length", "wrong checksum"};
  return kNames[static_cast<uint8_t>(status)];
}

struct Frame {
  FrameStatus status = FrameStatus::kNotIp;
  uint8_t tcp_flags = 0;
  uint16_t source_port = 0, destination_port = 0;
  uint32_t source = 0, destination = 0;  // IPv4, host order
  uint32_t size = 0;
  const uint8_t* payload = nullptr;
};

namespace frame_internal {

// Adds with the carry brought round to the low end.
inline uint64_t AddAround(uint64_t sum, uint64_t word) {
  sum += word;
  return sum + (sum < word ? 1 : 0);
}

// Sum of the 16-bit words of `size` bytes, below 2^34 and not folded further, in the byte order of the host: it commutes with the swap,
// and words of any width give the same (RFC 1071, 2).
inline uint64_t SumWords(const uint8_t* p, uint32_t size) {
  uint64_t sum = 0;
  uint32_t i = 0;
  for (; i + 32 <= size; i += 32) {
    for (uint32_t word = 0; word < 32; word += 8) sum = AddAround(sum, LoadLe<uint64_t>(p + i + word));
  }
  for (; i + 8 <= size; i += 8) sum = AddAround(sum, LoadLe<uint64_t>(p + i));
  sum = (sum & 0xFFFFFFFFu) + (sum >> 32);
  for (; i + 2 <= size; i += 2) sum += LoadLe<uint16_t>(p + i);
  if (i < size) sum += p[i];
  return sum;
}

// Folded to 16 bits, in network order as a number.
inline uint16_t Fold(uint64_t sum) {
  sum = (sum & 0xFFFFFFFFu) + (sum >> 32);
  sum = (sum & 0xFFFFu) + (sum >> 16);
  sum = (sum & 0xFFFFu) + (sum >> 16);
  sum = (sum & 0xFFFFu) + (sum >> 16);
  return __builtin_bswap16(static_cast<uint16_t>(sum));
}

// Sum of the UDP pseudo header, not folded: `addresses` are the 8 bytes of the IPv4 header that hold both.
inline uint64_t PseudoHeaderSum(const uint8_t* addresses, uint16_t udp_length) {
  return SumWords(addresses, 8) + __builtin_bswap16(17) + __builtin_bswap16(udp_length);
}

inline bool UdpChecksumGood(const uint8_t* addresses, const uint8_t* udp, uint16_t length) {
  const uint16_t stored = LoadBe16(udp + 6);
  if (stored == 0) return true;
  const uint64_t pseudo = PseudoHeaderSum(addresses, length);
  if (Fold(pseudo + SumWords(udp, length)) == 0xFFFF) return true;
  // A sender that leaves the sum to its network card stores the pseudo header's sum alone, and a capture on that host sees this.
  return stored == Fold(pseudo);
}

// Where the network layer starts and what it is; false where the link layer is cut or unknown.
inline bool LinkLayer(const PacketView& packet, uint32_t* at, uint16_t* ether_type) {
  const uint8_t* p = packet.data;
  switch (packet.layer) {
    case PacketLayer::kEthernet:
      if (packet.size < 14) return false;
      *at = 14;
      *ether_type = LoadBe16(p + 12);
      return true;
    case PacketLayer::kLinuxCooked:
      if (packet.size < 16) return false;
      *at = 16;
      *ether_type = LoadBe16(p + 14);
      return true;
    case PacketLayer::kLinuxCooked2:
      if (packet.size < 20) return false;
      *at = 20;
      *ether_type = LoadBe16(p);
      return true;
    case PacketLayer::kLoopback: {
      if (packet.size < 4) return false;
      *at = 4;  // the address family, in the byte order of the capturing host: 2 is IPv4
      *ether_type = LoadLe<uint32_t>(p) == 2 || LoadBe32(p) == 2 ? 0x0800 : 0;
      return true;
    }
    case PacketLayer::kRawIp:
      if (packet.size < 1) return false;
      *at = 0;
      *ether_type = p[0] >> 4 == 4 ? 0x0800 : 0;
      return true;
    default:
      return false;
  }
}

inline bool SkipVlanTags(const PacketView& packet, uint32_t* at, uint16_t* ether_type) {
  for (int tags = 0; *ether_type == 0x8100 || *ether_type == 0x88A8 || *ether_type == 0x9100; ++tags) {
    if (tags == 4 || packet.size - *at < 4) return false;
    *ether_type = LoadBe16(packet.data + *at + 2);
    *at += 4;
  }
  return true;
}

inline FrameStatus ParseUdp(const uint8_t* ip, const uint8_t* udp, uint32_t room, bool verify_checksum, Frame* out) {
  if (room < 8) return FrameStatus::kBadLength;
  const uint16_t length = LoadBe16(udp + 4);
  if (length < 8 || length > room) return FrameStatus::kBadLength;
  out->source_port = LoadBe16(udp);
  out->destination_port = LoadBe16(udp + 2);
  if (verify_checksum && !UdpChecksumGood(ip + 12, udp, length)) return FrameStatus::kBadChecksum;
  out->payload = udp + 8;
  out->size = length - 8u;
  return FrameStatus::kUdp;
}

inline FrameStatus ParseTcp(const uint8_t* tcp, uint32_t room, Frame* out) {
  if (room < 20) return FrameStatus::kBadLength;
  const uint32_t header = (tcp[12] >> 4) * 4u;
  if (header < 20 || header > room) return FrameStatus::kBadLength;
  out->source_port = LoadBe16(tcp);
  out->destination_port = LoadBe16(tcp + 2);
  out->tcp_flags = tcp[13];
  out->payload = tcp + header;
  out->size = room - header;
  return FrameStatus::kTcp;
}

inline FrameStatus ParseIpv4(const uint8_t* ip, uint32_t room, bool verify_udp_checksum, Frame* out) {
  if (room < 20 || ip[0] >> 4 != 4) return FrameStatus::kBadLength;
  const uint32_t header = (ip[0] & 15u) * 4;
  const uint32_t total = LoadBe16(ip + 2);
  if (header < 20 || total < header || total > room) return FrameStatus::kBadLength;
  // 0 stands in captures of sent packets whose checksum the network card fills in.
  if (LoadBe16(ip + 10) != 0 && Fold(SumWords(ip, header)) != 0xFFFF) return FrameStatus::kBadChecksum;
  if ((LoadBe16(ip + 6) & 0x3FFF) != 0) return FrameStatus::kFragment;
  out->source = LoadBe32(ip + 12);
  out->destination = LoadBe32(ip + 16);
  if (ip[9] == 17) return ParseUdp(ip, ip + header, total - header, verify_udp_checksum, out);
  if (ip[9] == 6) return ParseTcp(ip + header, total - header, out);
  return FrameStatus::kOtherProtocol;
}

}  // namespace frame_internal

// A kUdpPayload packet is its own payload, with addresses and ports 0. `payload` is set for kUdp and kTcp alone.
inline Frame ParseFrame(const PacketView& packet, bool verify_udp_checksum = true) {
  Frame out;
  if (packet.size < packet.original_size) {
    out.status = FrameStatus::kSnapped;
    return out;
  }
  if (packet.layer == PacketLayer::kUdpPayload) {
    out.status = FrameStatus::kUdp;
    out.payload = packet.data;
    out.size = packet.size;
    return out;
  }
  uint32_t at = 0;
  uint16_t ether_type = 0;
  if (!frame_internal::LinkLayer(packet, &at, &ether_type) || !frame_internal::SkipVlanTags(packet, &at, &ether_type)) {
    out.status = FrameStatus::kBadLength;
    return out;
  }
  if (ether_type != 0x0800) return out;
  out.status = frame_internal::ParseIpv4(packet.data + at, packet.size - at, verify_udp_checksum, &out);
  return out;
}

// The ports, addresses and sizes of a frame to write: Ethernet, IPv4, UDP, no VLAN tag.
struct FrameAddress {
  uint32_t source = 0, destination = 0;  // IPv4, host order; a multicast destination gives the MAC address
  uint16_t source_port = 0, destination_port = 0;
};
inline constexpr uint32_t kUdpFrameHeaderBytes = 42;

// Writes the 42 bytes before a UDP payload that already stands at out + 42, without a UDP checksum (RFC 768: 0). Returns the frame's size.
inline uint32_t EncodeUdpFrameUnsummed(const FrameAddress& address, uint32_t payload_size, uint8_t* out) {
  const auto udp_length = static_cast<uint16_t>(8 + payload_size);
  const uint8_t macs[12] = {0x01,
                            0x00,
                            0x5E,
                            static_cast<uint8_t>(address.destination >> 16 & 0x7F),
                            static_cast<uint8_t>(address.destination >> 8),
                            static_cast<uint8_t>(address.destination),
                            0x02,
                            0,
                            0,
                            0,
                            0,
                            1};
  std::memcpy(out, macs, 12);
  StoreBe16(out + 12, 0x0800);
  uint8_t* ip = out + 14;
  const uint8_t fixed[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
  std::memcpy(ip, fixed, 12);
  StoreBe16(ip + 2, static_cast<uint16_t>(20 + udp_length));
  StoreBe32(ip + 12, address.source);
  StoreBe32(ip + 16, address.destination);
  StoreBe16(ip + 10, static_cast<uint16_t>(~frame_internal::Fold(frame_internal::SumWords(ip, 20))));
  uint8_t* udp = ip + 20;
  StoreBe16(udp, address.source_port);
  StoreBe16(udp + 2, address.destination_port);
  StoreBe16(udp + 4, udp_length);
  StoreBe16(udp + 6, 0);
  return kUdpFrameHeaderBytes + payload_size;
}

// The same with both checksums filled in.
inline uint32_t EncodeUdpFrame(const FrameAddress& address, uint32_t payload_size, uint8_t* out) {
  const uint32_t size = EncodeUdpFrameUnsummed(address, payload_size, out);
  uint8_t* const ip = out + 14;
  uint8_t* const udp = ip + 20;
  const auto udp_length = static_cast<uint16_t>(8 + payload_size);
  const uint64_t pseudo = frame_internal::PseudoHeaderSum(ip + 12, udp_length);
  const auto sum = static_cast<uint16_t>(~frame_internal::Fold(pseudo + frame_internal::SumWords(udp, udp_length)));
  StoreBe16(udp + 6, sum == 0 ? uint16_t{0xFFFF} : sum);
  return size;
}

}  // namespace tickgraph
