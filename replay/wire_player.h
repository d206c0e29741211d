// Sends what a source has onto a wire: with the recording's own gaps at a speed, or as fast as it goes.
//
// In the flow: capture file -> here -> Wire. It waits and looks at the clock; one thread. Invariant: packets leave in their order, none
// before it is due.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "hot/packet.h"
#include "hot/tsc.h"
#include "replay/pacer.h"
#include "replay/wire.h"

namespace tickgraph {

enum class WireEnd { kEndOfInput, kDamagedInput, kStopped, kFailed };

struct WireResult {
  WireEnd end = WireEnd::kEndOfInput;
  uint64_t packets = 0;  // taken from the source
  uint64_t first_stamp_ns = 0, last_stamp_ns = 0;
  uint64_t wall_ns = 0;
  uint64_t max_late_ns = 0;  // how far behind its due time a packet was handed over, at most; 0 at full speed
  std::string error;         // of kFailed
};

// `speed`: times the recorded pace; 0: as fast as possible.
inline WireResult PlayOnWire(const PacketSource& source, const Wire& wire, double speed, const std::atomic<bool>& stop) {
  WireResult result;
  const TscScale tsc;
  std::optional<Pacer> pacer;
  if (speed > 0) pacer.emplace(speed, 0, tsc, stop);
  const uint32_t at_once = speed > 0 ? 1 : kWireBurst;
  const uint64_t start_ns = MonotonicNanos();
  const auto play = [&](const PacketBurst& burst) {
    for (uint32_t i = 0; i < burst.count; i += at_once) {
      const PacketView& packet = burst.packets[i];
      const uint64_t due_tsc = pacer.has_value() ? pacer->Wait(packet.ts_recv_ns, [] {}) : UINT64_MAX, now_tsc = ReadTsc();
      if (stop.load(std::memory_order_relaxed)) {
        result.end = WireEnd::kStopped;
        return false;
      }
      if (now_tsc > due_tsc) result.max_late_ns = std::max(result.max_late_ns, tsc.ToNanos(now_tsc - due_tsc));
      if (result.first_stamp_ns == 0) result.first_stamp_ns = packet.ts_recv_ns;
      const uint32_t count = std::min(at_once, burst.count - i);
      result.packets += count;
      result.last_stamp_ns = std::max({result.last_stamp_ns, result.first_stamp_ns, burst.packets[i + count - 1].ts_recv_ns});
      if (!wire.send(wire.self, &packet, count, &result.error)) {
        result.end = WireEnd::kFailed;
        return false;
      }
    }
    return true;
  };
  for (;;) {
    const PacketBurst burst = source.Poll();
    if (!play(burst)) break;
    if (burst.state == SourceState::kMore || burst.state == SourceState::kIdle) continue;
    result.end = burst.state == SourceState::kEnd ? WireEnd::kEndOfInput : WireEnd::kDamagedInput;
    break;
  }
  result.wall_ns = MonotonicNanos() - start_ns;
  return result;
}

}  // namespace tickgraph
