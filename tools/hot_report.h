// What a run of the hot program reports: one struct, printed as one JSON object or as a table for people.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hot/book_update.h"

namespace tickgraph {

struct Quantiles {
  uint64_t count = 0, p50 = 0, p99 = 0, p999 = 0, max = 0;
};

// A live port, when it was over.
struct PortReport {
  std::string name, driver, stamps;
  uint64_t packets = 0, bytes = 0;
  uint64_t missed_packets = 0;                             // dropped by the system or the card, because nobody took them in time
  std::vector<std::pair<std::string, uint64_t>> counters;  // its own; the calls it made are among them
};

// `run --record`. `file` is empty where nothing was recorded.
struct RecordReport {
  std::string file;
  uint64_t packets = 0, lost_packets = 0;
  bool failed = false;
};

struct HotReport {
  std::string source, engine, engine_reason, archive, end;
  uint64_t engine_switches = 0;  // from an engine on a device to the CPU engine, which `engine` then names
  std::string engine_failure;    // why
  bool interrupted = false;
  std::string stopped_by;  // of one that was interrupted: the signal, and the process that sent it
  uint64_t first_bad_packet = 0;
  std::string packet_name = "packet";  // what the source calls one
  std::string first_bad_reason;
  std::string damage;         // of the input; empty: none
  std::string archive_error;  // why the archive is not whole; empty: it is
  std::vector<PortReport> ports;
  std::string gpudev;  // what DPDK knows of GPUs; empty: not asked
  RecordReport record;
  uint64_t other_packets = 0;  // of no protocol that is taken
  uint64_t packets = 0, messages = 0, bad_messages = 0, unknown_types = 0, duplicates = 0;
  BookCounters books;
  uint64_t marked_books = 0;  // of instruments whose messages contradicted them
  uint64_t gaps = 0, missing_messages = 0, recovered_messages = 0;
  uint64_t snapshot_requests = 0, snapshots = 0, useless_snapshots = 0, snapshot_messages = 0;
  uint64_t event_rows = 0;                           // a message of several levels or entries has a row each
  uint64_t queued_updates = 0, waiting_dropped = 0;  // for their book's snapshot; of those, that made room
  uint64_t instruments = 0, decisions = 0, signals = 0, orders = 0, fills = 0;
  uint64_t risk_rejects = 0, venue_rejects = 0, refused = 0;
  uint64_t duplicate_evictions = 0;                                 // of the risk gate's duplicate check: each could hide one duplicate
  std::vector<std::pair<std::string, uint64_t>> rejects_by_reason;  // those that occurred
  int64_t realized_nanos = 0, marked_nanos = 0, fee_nanos = 0;
  uint64_t state_hash = 0, book_hash = 0;
  uint64_t tape_records = 0, archived_records = 0, gapped_records = 0;
  std::vector<std::pair<std::string, uint64_t>> archived_by_table;
  int archiver_restarts = 0;
  uint64_t duration_ns = 0;  // of the session
  uint64_t loop_ns = 0;      // wall time of the loop, waits for the archiver left out
  uint64_t whole_ns = 0;     // wall time until everything was archived
  // Where latencies begin: when a packet was taken, or in a paced replay when it was due, so that a loop that lags is late for all behind
  // it.
  const char* latency_since = "taken";
  std::vector<std::pair<std::string, Quantiles>> latency;  // stage, nanoseconds

  [[nodiscard]] uint64_t rejects() const { return risk_rejects + venue_rejects + refused; }
};

std::string ReportJson(const HotReport& report);
std::string ReportTable(const HotReport& report);

}  // namespace tickgraph
