// The blocks of a little-endian pcapng section, appended to a buffer: section header, interfaces with nanosecond stamps, packets.
//
// In the flow: the recorder of live packets -> a file that capture_reader reads back. Pure functions of their arguments; any thread.
// draft-ietf-opsawg-pcapng, sections 4.1 to 4.3.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hot/packet.h"

namespace tickgraph::pcapng {

void AppendSectionHeader(std::string_view application, std::vector<uint8_t>* out);

// The description of an interface whose packets are answers to requests: the reader hands those out as recovered.
inline constexpr std::string_view kAnswers = "tickgraph: answers to requests";
// Likewise, of snapshots that were asked for.
inline constexpr std::string_view kSnapshots = "tickgraph: snapshots asked for";

// The next interface of the section: they are numbered from 0. False where the layer has no link type.
bool AppendInterface(PacketLayer layer, std::string_view name, std::string_view description, std::vector<uint8_t>* out);

// An enhanced packet block.
void AppendPacket(uint32_t interface_id, const PacketView& packet, std::vector<uint8_t>* out);

}  // namespace tickgraph::pcapng
