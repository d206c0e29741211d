// What a feed handler is told at start, and what it counts.
#pragma once

#include <cstdint>

namespace tickgraph {

struct FeedConfig {
  uint32_t date = 0;  // yyyymmdd; 0: the day of a stream's first packet in New York
  bool verify_udp_checksum = true;
  uint64_t reorder_window_ns = 5'000'000;  // session time; UINT64_MAX: holes wait until Finish
  uint32_t reorder_slots_per_stream = 4096;
  uint32_t reorder_slots = 16384;      // of all streams together
  uint32_t reorder_slot_bytes = 1536;  // a larger packet that comes ahead of a hole ends the wait for it
};

struct FeedCounters {
  uint64_t packets = 0;
  uint64_t messages = 0;      // handler.On calls
  uint64_t bad_messages = 0;  // malformed packets, blocks and messages
  uint64_t unknown_types = 0;
  uint64_t duplicates = 0, late = 0, gaps = 0, missing_messages = 0, reorder_overflows = 0;
  uint64_t not_market_data = 0;   // packets of anything else
  uint64_t dropped_streams = 0;   // packets of streams past kMaxVenues
  uint64_t first_bad_packet = 0;  // its number in the source; 0: none
  uint64_t first_bad_offset = 0;  // of that packet in the file
  const char* first_bad_reason = "";
};

}  // namespace tickgraph
