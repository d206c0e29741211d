// Live counters of a running hot process, in shared memory: /dev/shm/tickgraph-<name>.counters, a few pages beside the tape.
//
// In the flow: the hot thread publishes a whole HotCounters now and then (the session decides when); `stat` and the metrics endpoint read
// them without touching the process. One writer, which never waits and never looks at a reader; any number of readers, which read again
// where a publication fell into their copy. The page is removed at a clean end; what a dead process left is removed by the next one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "hot/risk.h"
#include "hot/types.h"

namespace tickgraph {

inline constexpr uint32_t kCountedStages = 7;
inline constexpr const char* kCountedStageNames[kCountedStages] = {
    "tick_to_first_event", "tick_to_booked", "tick_to_submitted", "tick_to_signal", "tick_to_risk", "tick_to_order", "tick_to_decision"};

struct VenueCounters {
  std::array<char, 24> name{};  // ends with a zero byte
  uint64_t state = 0;           // BookState
  uint64_t ended = 0;           // its stream has said its end
  uint64_t messages = 0, duplicates = 0, gaps = 0, missing_messages = 0;
};

// Of everything since the session's start, in nanoseconds where not said otherwise.
struct StageCounters {
  uint64_t count = 0, p50_ns = 0, p99_ns = 0, p999_ns = 0, max_ns = 0;
};

struct HotCounters {
  uint64_t published_ns = 0;  // CLOCK_MONOTONIC, the same in every process
  uint64_t started_ns = 0;    // likewise: when the loop started
  uint64_t session_ns = 0;    // the session clock: since 1970 UTC
  uint64_t packets = 0, messages = 0, bad_messages = 0, recovered_messages = 0;
  uint64_t unknown_references = 0, duplicate_references = 0, over_executions = 0, bad_orders = 0, no_room = 0;  // of the books
  uint64_t crossed_books = 0, marked_books = 0;
  uint64_t instruments = 0, decisions = 0, signals = 0, orders = 0, fills = 0;
  uint64_t venue_rejects = 0, refused_by_gateway = 0;
  std::array<uint64_t, kRejectReasons> risk_rejects{};  // by RejectReason
  uint64_t open_positions = 0;                          // instruments
  int64_t net_lots = 0;
  uint64_t gross_lots = 0;
  int64_t realized_nanos = 0;
  uint64_t tape_records = 0, archived_records = 0, tape_capacity = 0;
  uint64_t venue_count = 0;
  std::array<VenueCounters, kMaxVenues> venues{};
  std::array<StageCounters, kCountedStages> stages{};
};
static_assert(sizeof(VenueCounters::name) > sizeof(VenueName), "names that are told apart stay so");
static_assert(std::is_trivially_copyable_v<HotCounters> && sizeof(HotCounters) % sizeof(uint64_t) == 0);

inline constexpr uint64_t kCountersMagic = 0x3130544e43544754ULL;  // "TGTCNT01"
inline constexpr size_t kCounterWords = sizeof(HotCounters) / sizeof(uint64_t);

struct CountersLayout {
  std::atomic<uint64_t> magic;  // stored last at creation
  uint64_t bytes;               // of this struct: a reader of another version keeps away
  uint64_t writer_start_time;   // clock ticks since boot: with the pid it names one process
  uint32_t writer_pid;
  uint32_t reserved;

  alignas(64) std::atomic<uint64_t> version;  // odd while a publication is under way
  std::atomic<uint64_t> closed;               // the writer has come to a clean end
  alignas(64) std::atomic<uint64_t> words[kCounterWords];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

class CountersWriter {
 public:
  // nullptr and a text when the name is in use or shared memory is too small. Takes over the name of a dead process.
  static std::unique_ptr<CountersWriter> Create(const std::string& name, std::string* error);
  CountersWriter(const CountersWriter&) = delete;
  CountersWriter& operator=(const CountersWriter&) = delete;
  // Says that the end was clean, and removes the page.
  ~CountersWriter();

  void Publish(const HotCounters& counters) {
    const auto* from = reinterpret_cast<const uint64_t*>(&counters);
    const uint64_t version = layout_->version.load(std::memory_order_relaxed);
    layout_->version.store(version + 1, std::memory_order_relaxed);
    // Pairs with the acquire fence of CountersReader::Read: whoever sees a new word sees the odd version too.
    std::atomic_thread_fence(std::memory_order_release);
    for (size_t i = 0; i < kCounterWords; ++i) layout_->words[i].store(from[i], std::memory_order_relaxed);
    layout_->version.store(version + 2, std::memory_order_release);  // pairs with the acquire load of CountersReader::Read
  }

 private:
  CountersWriter() = default;

  CountersLayout* layout_ = nullptr;
  std::string path_;
};

enum class CountersState : uint8_t { kRunning, kEnded, kDied };

class CountersReader {
 public:
  static std::unique_ptr<CountersReader> Open(const std::string& name, std::string* error);
  CountersReader(const CountersReader&) = delete;
  CountersReader& operator=(const CountersReader&) = delete;
  ~CountersReader();

  // A whole publication. False where there is none: nothing was published yet, or the writer died in the middle of one.
  [[nodiscard]] bool Read(HotCounters* out) const;
  [[nodiscard]] CountersState state() const;
  [[nodiscard]] uint32_t writer_pid() const { return layout_->writer_pid; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  CountersReader() = default;

  const CountersLayout* layout_ = nullptr;
  std::string name_;
};

std::string CountersPath(const std::string& name);
// The names of all pages, those of dead processes included, in order.
std::vector<std::string> CountersNames();

}  // namespace tickgraph
