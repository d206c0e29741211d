// The bytes of a tape: /dev/shm/tickgraph-<name>.tape, shared by the hot process (writer) and the cold one (reader).
//
// A page-aligned header, the directory that names venues and instruments, then a ring of TapeRecord. Each counter has one
// writer and a cache line of its own. Sequence s stands in slot (s - 1) & (capacity - 1); a slot's `sequence` word is
// stored before its payload changes, so a reader that copies a slot and finds the word unchanged has a whole record.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "hot/instrument.h"
#include "hot/tape_record.h"
#include "hot/types.h"

namespace tickgraph {

inline constexpr uint64_t kTapeMagic = 0x3130455041544754ULL;  // "TGTAPE01"
inline constexpr uint32_t kTapeVersion = 2;
inline constexpr uint8_t kNoVenue = 0xFF;

// A venue of the session. Written once, then `ready` is stored.
struct TapeVenue {
  VenueName name;
  uint32_t date;  // yyyymmdd, the venue's own day; 0: not known
  FeedProtocol protocol;
  uint8_t reserved[3];
  std::atomic<uint32_t> ready;
  uint32_t reserved_2;
};
static_assert(sizeof(TapeVenue) == 32);

// What a reader needs to name an instrument. Written once, before `instrument_count` passes it.
struct TapeInstrument {
  InstrumentName symbol;
  InstrumentName product;
  PriceNanos strike_nanos;
  uint32_t expiration;  // yyyymmdd, options
  InstrumentKind kind;
  OptionRight right;
  VenueIndex venue;
  uint8_t quantity_decimals;
};
static_assert(sizeof(TapeInstrument) == 80 && std::is_trivially_copyable_v<TapeInstrument>);

struct TapeHeader {
  std::atomic<uint64_t> magic;  // stored last at creation
  uint32_t version;
  uint32_t record_bytes;
  uint64_t capacity;           // records, a power of two
  uint64_t session_id;         // of this tape, never twice
  uint64_t records_offset;     // bytes from the start of the file
  uint64_t writer_start_time;  // clock ticks since boot: with the pid it names one process
  uint32_t writer_pid;
  uint32_t max_instruments;

  alignas(64) std::atomic<uint64_t> written;  // writer: last published sequence
  std::atomic<uint32_t> closed;
  std::atomic<uint32_t> instrument_count;
  alignas(64) std::atomic<uint64_t> archived;  // reader: every sequence up to this one is durable
  alignas(64) TapeVenue venues[kMaxVenues];
};
static_assert(sizeof(TapeHeader) <= 4096 && std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

inline constexpr uint64_t kTapeDirectoryOffset = 4096;

// The file of a tape, and the process that writes it; used at start and end only.
std::string TapePath(const std::string& name);
// Clock ticks since boot at which a live process started; 0 when there is no such process or it is a zombie.
uint64_t ProcessStartTime(uint32_t pid);

}  // namespace tickgraph
