// What a feed handler is told at start, and what it counts.
#pragma once

#include <cstdint>

#include "net/proto/dbn_metadata.h"
#include "net/proto/lobster.h"

namespace tickgraph {

struct RecoveryLimits {
  uint32_t messages_per_mold_request = 27;  // ITCH messages have at most 50 bytes: so many fit any datagram of 1,472
  uint32_t requests_at_once = 64;           // for one hole
};

// Two destinations, address << 16 | port, that carry one stream.
struct LinePairKey {
  uint64_t a = 0, b = 0;
};

struct FeedConfig {
  static constexpr uint32_t kMaxLinePairs = 8;

  uint32_t date = 0;  // yyyymmdd; 0: the day of a stream's first packet in New York
  bool verify_udp_checksum = true;
  uint64_t reorder_window_ns = 5'000'000;  // session time; UINT64_MAX: holes wait until Finish
  uint32_t reorder_slots_per_stream = 4096;
  uint32_t reorder_slots = 16384;      // of all streams together
  uint32_t reorder_slot_bytes = 1536;  // a larger packet that comes ahead of a hole ends the wait for it
  // With a recovery service: a request that brought nothing is made again after so long, so often, before the hole is declared lost.
  uint64_t recovery_timeout_ns = 2'000'000;
  uint32_t recovery_attempts = 5;
  RecoveryLimits recovery;
  const DbnMetadata* dbn = nullptr;            // of the DBN file that is read; it must outlive the feed
  const LobsterFile* lobster = nullptr;        // of the LOBSTER message file that is read; likewise
  bool json = false;                           // lines of JSON will come: takes the parser's memory
  uint32_t max_listed = 1 << 14;               // instruments of venues whose own identifiers are no small numbers, a protocol
  uint32_t queued_updates = 1 << 16;           // that wait for their book's snapshot, of all books
  uint32_t queued_levels = 1 << 18;            // of such updates, JSON
  LinePairKey line_pairs[kMaxLinePairs] = {};  // CME: which destinations are lines A and B of one feed; elsewhere the packets tell
};

struct FeedCounters {
  uint64_t packets = 0;
  uint64_t messages = 0;      // decoded, each once; one that carries several entries is a handler.On each
  uint64_t bad_messages = 0;  // malformed packets, blocks and messages
  uint64_t unknown_types = 0;
  uint64_t duplicates = 0, late = 0, gaps = 0, missing_messages = 0, reorder_overflows = 0;
  uint64_t recovered_messages = 0;                   // of the messages, those that came because they were asked for
  uint64_t recovery_requests = 0;                    // holes asked for, each time
  uint64_t dropped_messages = 0;                     // found no room while holes were being recovered; asked for again
  uint64_t queued_updates = 0, waiting_dropped = 0;  // for a book's snapshot; of those, that made room
  uint64_t unasked_messages = 0;                     // in answers, but never heard of; and packets of answers to no question
  uint64_t snapshot_requests = 0, snapshots = 0;     // asked for; those that closed a hole
  uint64_t useless_snapshots = 0;                    // that came, older than what was there or ahead of what any line brought
  uint64_t snapshot_messages = 0;                    // in snapshots; they are not among `messages`
  uint64_t not_market_data = 0;                      // packets of anything else
  uint64_t dropped_streams = 0;                      // packets of streams past kMaxVenues
  uint64_t first_bad_packet = 0;                     // its number in the source; 0: none
  uint64_t first_bad_offset = 0;                     // of that packet in the file
  const char* first_bad_reason = "";
};

}  // namespace tickgraph
