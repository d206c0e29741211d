// One stream of numbered messages as the feed handler keeps it: whose it is, its lines, which of them have ended, its numbering.
//
// In the flow: found by session name (MoldUDP64), destination port (OPRA), protocol and channel (IEX-TP) or destination (CME) for each
// packet, then its arbiter takes over. One thread.
#pragma once

#include <string_view>

#include "net/proto/line_arbiter.h"

namespace tickgraph {

enum class StreamKind : uint8_t { kMold, kOpra, kRawItch, kIex, kCme, kDbn, kJson, kLobster };

// Whether anybody can be asked for messages by their numbers.
constexpr bool HasRequests(StreamKind kind) { return kind == StreamKind::kMold || kind == StreamKind::kOpra; }

// OPRA's 32-bit numbers, which roll from 2^32 - 1 to 1, counted on without end.
struct OpraNumbers {
  static constexpr uint64_t kCycle = 0xFFFFFFFFu;

  // As it is written.
  static constexpr uint32_t Wire(uint64_t number) { return number == 0 ? 0 : static_cast<uint32_t>((number - 1) % kCycle + 1); }

  // The number nearest to `expected` that is written as `raw`. False: it lies before the stream's first cycle.
  static constexpr bool Unwrap(uint32_t raw, uint64_t expected, uint64_t* out) {
    const uint64_t cycle = expected == 0 ? 0 : (expected - 1) / kCycle;
    const auto distance = static_cast<int64_t>(raw) - static_cast<int64_t>(expected - cycle * kCycle);
    *out = cycle * kCycle + raw;
    if (distance < -static_cast<int64_t>(kCycle / 2)) *out += kCycle;
    if (distance > static_cast<int64_t>(kCycle / 2)) {
      if (cycle == 0) return false;
      *out -= kCycle;
    }
    return true;
  }
};

struct FeedStream {
  static constexpr uint32_t kLines = 2;
  static constexpr uint32_t kOtherLine = 2;  // retransmissions: neither line

  FeedStream(ReorderPool* pool, const LineArbiter::Config& config) : arbiter(pool, config) {}

  // The line of a destination (address << 16 | port): first seen A, second B, all others kOtherLine. Only one kind of destination,
  // multicast or not, makes lines: a re-requested packet comes to our own address.
  uint32_t LineOf(uint64_t destination) {
    for (uint32_t i = 0; i < line_count; ++i) {
      if (lines[i] == destination) return i;
    }
    if (line_count == kLines || (line_count == 1 && IsMulticast(destination) != IsMulticast(lines[0]))) return kOtherLine;
    lines[line_count] = destination;
    line_epoch[line_count] = epoch;
    return line_count++;
  }

  [[nodiscard]] bool HasLine(uint64_t destination) const {
    for (uint32_t i = 0; i < line_count; ++i) {
      if (lines[i] == destination) return true;
    }
    return false;
  }

  // Of venues whose numbers may start again, which a line shows by a number that falls back though its send time goes on.
  enum class Turn : uint8_t { kGoesOn, kRestart, kOld };
  Turn Follow(uint32_t line, uint64_t number, uint64_t count, uint64_t ts_send_ns) {
    if (line >= kLines) return Turn::kGoesOn;
    const bool fell = number < line_next[line] && ts_send_ns > line_sent_ns[line];
    line_next[line] = fell ? number + count : std::max(line_next[line], number + count);
    line_sent_ns[line] = std::max(line_sent_ns[line], ts_send_ns);
    if (line_epoch[line] != epoch) {
      // The other line has restarted: what was sent before that is of the numbers before.
      if (ts_send_ns < restarted_ns) return Turn::kOld;
      line_epoch[line] = epoch;
      return Turn::kGoesOn;
    }
    if (!fell) return Turn::kGoesOn;
    line_epoch[line] = ++epoch;
    restarted_ns = ts_send_ns;
    return Turn::kRestart;
  }

  void EndLine(uint32_t line) {
    if (line < kLines) ended_lines |= 1u << line;
  }
  [[nodiscard]] bool LinesEnded() const { return ended_lines != 0 && ended_lines == (1u << line_count) - 1; }

  static bool IsMulticast(uint64_t destination) { return destination >> 44 == 0xE; }

  LineArbiter arbiter;
  StreamKind kind = StreamKind::kMold;
  VenueIndex venue = 0;
  bool ended = false;
  uint16_t port = 0;  // OPRA
  uint32_t date = 0;  // yyyymmdd in New York, 0 = not known
  uint64_t midnight_ns = 0;
  VenueName name;
  std::array<uint8_t, 10> session{};                 // MoldUDP64
  uint32_t snapshot_request = 0, snapshot_part = 0;  // MoldUDP64: the last asked for; the part of it that is next
  uint32_t line_count = 0, ended_lines = 0;
  std::array<uint64_t, kLines> lines{};
  // OPRA may start its numbers again. Each line says so itself, so a line that lags still brings numbers of the epoch before.
  uint32_t epoch = 0;
  std::array<uint32_t, kLines> line_epoch{}, restart_said{};  // the epoch that a line is in; the last whose restart it brought
  uint32_t restart_number = 0;
  uint64_t restarted_ns = 0;  // OPRA: session time; others: the send time of the first packet after it
  std::array<uint64_t, kLines> line_next{}, line_sent_ns{};
  uint64_t key = 0;                              // IEX-TP: protocol and channel; CME: the destination of line A
  uint64_t session_id = 0, session_sent_ns = 0;  // IEX-TP
  uint32_t losses = 0;                           // holes declared lost
  uint64_t lost_end = 0;                         // behind the last of them
  uint64_t messages = 0;                         // decoded so far, of the venues that OnMessageEnd is said of
  bool carries_books = false;                    // CME: updates, not only snapshots or definitions
};

}  // namespace tickgraph
