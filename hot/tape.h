// The tape: what every stage of the hot loop did, in a shared-memory ring that a separate process archives.
//
// In the flow: the loop fills Next() for each row and calls Publish() once a packet; TapeReader, in the cold process, copies
// what is published. The writer never waits and never looks at the reader: a reader that is lapped finds out by itself.
// One writing thread, one reading thread, any number of processes that look at the counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hot/tape_layout.h"

namespace tickgraph {

struct TapeConfig {
  std::string name;                      // letters, digits, '.', '_', '-'
  uint64_t capacity_records = 1u << 21;  // a power of two
  uint32_t max_instruments = 1u << 16;
};

class TapeWriter {
 public:
  // nullptr and a text when the name is in use or shared memory is too small. Takes over the name of a dead tape.
  static std::unique_ptr<TapeWriter> Create(const TapeConfig& config, std::string* error);
  TapeWriter(const TapeWriter&) = delete;
  TapeWriter& operator=(const TapeWriter&) = delete;
  // Removes the tape, unless an archiver is attached that has not read all of it.
  ~TapeWriter();

  // The next record: sequence set, no instrument, no venue, everything else zero.
  TapeRecord& Next() {
    TapeRecord& slot = records_[next_++ & mask_];
    // Pairs with the acquire fence of TapeReader::Read: whoever sees a byte of the new payload sees the new sequence too.
    __atomic_store_n(&slot.sequence, next_, __ATOMIC_RELAXED);
    std::atomic_thread_fence(std::memory_order_release);
    std::memset(reinterpret_cast<char*>(&slot) + sizeof(slot.sequence), 0, sizeof(slot) - sizeof(slot.sequence));
    slot.instrument = kNoInstrument;
    slot.venue = kNoVenue;
    return slot;
  }
  // Makes every record taken so far visible. Pairs with the acquire load in TapeReader::Read.
  void Publish() { header_->written.store(next_, std::memory_order_release); }

  [[nodiscard]] uint64_t written() const { return header_->written.load(std::memory_order_relaxed); }
  // Pairs with the release store of TapeReader::SetArchived.
  [[nodiscard]] uint64_t archived() const { return header_->archived.load(std::memory_order_acquire); }
  [[nodiscard]] uint64_t capacity() const { return mask_ + 1; }
  [[nodiscard]] uint64_t session_id() const { return header_->session_id; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Once for each venue, before the first record that names it is published.
  void SetVenue(VenueIndex venue, const VenueName& name, uint32_t date, FeedProtocol protocol) {
    if (venue >= kMaxVenues) return;
    TapeVenue& x = header_->venues[venue];
    if (x.ready.load(std::memory_order_relaxed) != 0) return;
    x.name = name;
    x.date = date;
    x.protocol = protocol;
    x.ready.store(1, std::memory_order_release);  // pairs with TapeReader::venue
  }
  // Once for each instrument in order of index, before the first record that names it is published. Ignored past max_instruments.
  void SetInstrument(InstrumentIndex index, const Instrument& instrument, const InstrumentName& product) {
    if (index >= header_->max_instruments) return;
    instruments_[index] = {instrument.name, product,          instrument.strike_nanos, instrument.expiration,
                           instrument.kind, instrument.right, instrument.venue,        instrument.quantity_decimals};
    header_->instrument_count.store(index + 1, std::memory_order_release);  // pairs with TapeReader::instrument
  }
  // Publishes what is left and says that no more will come.
  void Close() {
    Publish();
    header_->closed.store(1, std::memory_order_release);  // pairs with TapeReader::closed
  }

 private:
  TapeWriter() = default;
  [[nodiscard]] bool Map(const TapeConfig& config, int file, std::string* error);

  TapeRecord* records_ = nullptr;
  uint64_t mask_ = 0, next_ = 0;
  TapeHeader* header_ = nullptr;
  TapeInstrument* instruments_ = nullptr;
  size_t bytes_ = 0;
  std::string name_;
};

// Records that were overwritten before they were read; `first` 0: none.
struct TapeGap {
  uint64_t first = 0, last = 0;
};

class TapeReader {
 public:
  enum class Mode { kLook, kArchive };  // kArchive holds the tape's lock: one archiver at a time, and nobody removes the tape
  // `next` is the first sequence to read. nullptr and a text when there is no such tape or it has an archiver already.
  static std::unique_ptr<TapeReader> Open(const std::string& name, Mode mode, uint64_t next, std::string* error);
  TapeReader(const TapeReader&) = delete;
  TapeReader& operator=(const TapeReader&) = delete;
  ~TapeReader();

  // Copies the next published records, 0 when there are none. When records were lost, says which in `gap` and returns 0: what
  // follows comes with the next call.
  size_t Read(std::span<TapeRecord> out, TapeGap* gap);

  [[nodiscard]] uint64_t next() const { return next_; }
  void SetNext(uint64_t sequence) { next_ = sequence; }
  [[nodiscard]] uint64_t written() const { return header_->written.load(std::memory_order_acquire); }
  [[nodiscard]] uint64_t capacity() const { return capacity_; }
  [[nodiscard]] uint64_t session_id() const { return header_->session_id; }
  // True: `written` is final.
  [[nodiscard]] bool closed() const { return header_->closed.load(std::memory_order_acquire) != 0; }
  [[nodiscard]] bool writer_alive() const { return ProcessStartTime(header_->writer_pid) == header_->writer_start_time; }
  // From any thread of the archiver: every sequence up to `sequence` is durable.
  void SetArchived(uint64_t sequence) { header_->archived.store(sequence, std::memory_order_release); }
  // nullptr when the directory does not have it.
  [[nodiscard]] const TapeVenue* venue(uint8_t index) const {
    return index < kMaxVenues && header_->venues[index].ready.load(std::memory_order_acquire) != 0 ? &header_->venues[index] : nullptr;
  }
  [[nodiscard]] const TapeInstrument* instrument(InstrumentIndex index) const {
    return index < header_->instrument_count.load(std::memory_order_acquire) ? &instruments_[index] : nullptr;
  }

 private:
  TapeReader() = default;

  TapeHeader* header_ = nullptr;
  const TapeInstrument* instruments_ = nullptr;
  const TapeRecord* records_ = nullptr;
  uint64_t capacity_ = 0, next_ = 1;
  size_t bytes_ = 0;
  int file_ = -1;
};

// Removes the tapes whose writer is gone and to which no archiver is attached; returns their names.
std::vector<std::string> RemoveDeadTapes();

}  // namespace tickgraph
