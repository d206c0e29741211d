// What a capture file is and how its reading ended: shared by the readers, the player and the command line.
//
// Invariants: Damage is made once, at the end of reading, without allocation; its text is put together only when asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hot/packet.h"

namespace tickgraph {

enum class CaptureFormat : uint8_t { kPcap, kPcapng, kItchFile, kDbn, kJsonLines, kLobster };

constexpr std::string_view CaptureFormatName(CaptureFormat format) {
  constexpr std::string_view kNames[] = {"pcap", "pcapng", "itch", "dbn", "json", "lobster"};
  return kNames[static_cast<size_t>(format)];
}

// Of packets with network headers, that is with a link type.
constexpr bool IsPacketCapture(CaptureFormat format) { return format == CaptureFormat::kPcap || format == CaptureFormat::kPcapng; }

// Of lines of text: what a reader is told of is a line, not a packet or record.
constexpr bool IsTextCapture(CaptureFormat format) { return format == CaptureFormat::kJsonLines || format == CaptureFormat::kLobster; }

// Of messages that say no more than the time of day.
constexpr bool HasTimesOfDay(CaptureFormat format) { return format == CaptureFormat::kItchFile || format == CaptureFormat::kLobster; }

// No packet of a capture may hold more (libpcap's own limit): a longer one is a damaged length, refused before it is believed.
inline constexpr uint32_t kMaxPacketBytes = 262'144;

struct Damage {
  uint64_t offset = 0;           // of the record or frame that cannot be used, in the file as read (decompressed); all before it was good
  const char* reason = nullptr;  // static text
  uint64_t value = 0;            // the number that was wrong, where `has_value`
  bool has_value = false;
  bool truncated = false;  // the file ends before it should
};

// The packet layer of a pcap link type, where it is one that net/proto can read.
constexpr std::optional<PacketLayer> LayerOfLinkType(uint32_t link_type) {
  switch (link_type) {
    case 0:
      return PacketLayer::kLoopback;
    case 1:
      return PacketLayer::kEthernet;
    case 101:
      return PacketLayer::kRawIp;
    case 113:
      return PacketLayer::kLinuxCooked;
    case 276:
      return PacketLayer::kLinuxCooked2;
    default:
      return std::nullopt;
  }
}

// The other way round; none for what has no network headers.
constexpr std::optional<uint16_t> LinkTypeOfLayer(PacketLayer layer) {
  constexpr uint16_t kLinkTypes[] = {0, 1, 101, 113, 276};
  for (const uint16_t link_type : kLinkTypes) {
    if (LayerOfLinkType(link_type) == layer) return link_type;
  }
  return std::nullopt;
}

}  // namespace tickgraph
