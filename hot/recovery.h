// Asking for lost messages again, and what comes back.
//
// In the flow: the feed asks for what neither line brought in time; the loop polls, and hands what comes to the feed like any packet.
// Chosen at start, called once a request and once a packet, so it is a table of function pointers. Empty where there is nobody to ask.
#pragma once

#include <cstdint>

#include "hot/packet.h"
#include "hot/types.h"

namespace tickgraph {

// Messages [first, first + count) of one stream, numbered as on the wire.
struct RecoveryRequest {
  VenueIndex venue = 0;
  bool is_options = false;
  uint16_t port = 0;  // of the stream's lines, where the port is what names it (OPRA)
  uint32_t count = 0;
  uint64_t first = 0;
  const uint8_t* message = nullptr;  // MoldUDP64: the request packet as it goes on the wire; the service copies it. Null for OPRA
  uint32_t message_size = 0;
};

struct RecoveryService {
  void* self = nullptr;
  // False: it cannot be asked now.
  bool (*request)(void* self, uint64_t now_ns, const RecoveryRequest& request) = nullptr;
  // The session time at which something next comes back; UINT64_MAX: nothing is under way.
  uint64_t (*next_due_ns)(void* self) = nullptr;
  // Delivers what is due at or before `now_ns`, one packet a call, in order of time, with PacketView::recovered set; false when there is
  // none. The bytes live until the next poll.
  bool (*poll)(void* self, uint64_t now_ns, PacketView* packet) = nullptr;

  [[nodiscard]] bool there() const { return request != nullptr; }
};

// For a stream whose messages up to some number cannot be had any more: its books as they are.
struct SnapshotRequest {
  VenueIndex venue = 0;
  uint32_t number = 0;               // of the request; the stream's older ones are void
  uint64_t first = 0;                // from this message on the stream is held back
  const uint8_t* session = nullptr;  // ten bytes that name the stream; the service copies them
};

// Never waits and never refuses: what comes of it, a failure as well, comes as recovered packets of the source (net/proto/snapshot_part.h).
struct SnapshotService {
  void* self = nullptr;
  void (*request)(void* self, const SnapshotRequest& request) = nullptr;

  [[nodiscard]] bool there() const { return request != nullptr; }
};

}  // namespace tickgraph
