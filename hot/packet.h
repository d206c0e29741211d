// A unit of arrival and where it comes from.
//
// PacketView does not own its bytes: they live until the next Poll of the source. A PacketSource is chosen at start and
// called once a burst, so it is a table of function pointers, not a template.
#pragma once

#include <cstdint>

namespace tickgraph {

enum class PacketLayer : uint8_t {
  kEthernet,      // link types 1
  kRawIp,         // 101
  kLinuxCooked,   // 113
  kLinuxCooked2,  // 276
  kLoopback,      // 0
  kUdpPayload,    // a datagram's payload: sockets
  kItchMessage,   // one ITCH message without framing: raw ITCH files
  kDbnRecord,     // one Databento record: .dbn files
  kJsonLine,      // one line of a JSON capture without its line end
  kLobsterRow,    // one row of a LOBSTER message file, likewise
};

struct PacketView {
  const uint8_t* data = nullptr;
  uint32_t size = 0;           // bytes present
  uint32_t original_size = 0;  // bytes on the wire; larger than `size` when the capture cut the packet
  uint64_t ts_recv_ns = 0;     // receive stamp, ns since 1970 UTC; 0 = none: the message's own time stands in
  uint64_t number = 0;         // 1-based number of the packet (raw files: message) in its source
  uint64_t file_offset = 0;    // where the packet's bytes start in the (decompressed) file; 0 on a port
  PacketLayer layer = PacketLayer::kEthernet;
  bool recovered = false;  // came in answer to a request of ours, on neither line
  uint16_t port = 0;       // which of a live run's ports it came from
};

enum class SourceState : uint8_t { kMore, kIdle, kEnd, kDamaged };

// What Poll returned: `count` packets in `packets`, and whether more may come.
struct PacketBurst {
  const PacketView* packets = nullptr;
  uint32_t count = 0;
  SourceState state = SourceState::kMore;
};

struct PacketSource {
  void* self = nullptr;
  PacketBurst (*poll)(void* self) = nullptr;
  // True where the source knows its own end (files); a port does not.
  bool has_end = false;

  PacketBurst Poll() const { return poll(self); }
};

}  // namespace tickgraph
