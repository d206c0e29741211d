// Hands packets to the loop: as fast as it takes them, or at their recorded pace; and holds them back while the archiver is behind.
//
// In the flow: between a PacketSource and TradingLoop. It is the player that waits, sleeps and looks at the wall clock, never
// the loop: what the loop sees is the packets in their order, so the result is the same at every speed.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "hot/packet.h"
#include "hot/tape.h"
#include "hot/tsc.h"
#include "replay/pacer.h"

namespace tickgraph {

struct PlayerConfig {
  double speed = 0;                     // times the recorded pace; 0: as fast as possible
  double packets_per_second = 0;        // evenly spaced whatever the stamps say; 0: by `speed`
  uint64_t idle_ns = 2'000'000'000;     // a source without an end is over when it was silent for so long,
  uint64_t ended_idle_ns = 20'000'000;  // or for so long once every stream has ended
  bool wait_for_archiver = true;
  uint32_t min_streams = 0;  // so many streams have to be heard before their ends end the session
};

enum class PlayerEnd { kEndOfInput, kDamagedInput, kIdle, kStopped, kArchiverFailed };

struct PlayerResult {
  PlayerEnd end = PlayerEnd::kEndOfInput;
  uint64_t packets = 0;
  uint64_t first_stamp_ns = 0, last_stamp_ns = 0;
  uint64_t wall_ns = 0;    // from the first packet to the last, waits included
  uint64_t waited_ns = 0;  // of which for the archiver
};

// `tend()` looks after the archiver and what else is not a packet's, some twenty times a second, also while nothing comes; it returns
// false when the archiver is gone for good; `ended()` is true when every stream has
// ended.
template <class Loop, class Tend, class Ended>
class Player {
 public:
  Player(const PlayerConfig& config, Loop& loop, const TapeWriter& tape, const TscScale& tsc, const std::atomic<bool>& stop, Tend tend,
         Ended ended)
      : config_(config), loop_(loop), tape_(tape), tsc_(tsc), stop_(stop), tend_(tend), ended_(ended) {}

  // Plays `burst`, then all that `source` has.
  PlayerResult Run(const PacketSource& source, PacketBurst burst) {
    const uint64_t start_ns = MonotonicNanos();
    if (config_.speed > 0 || config_.packets_per_second > 0) pacer_.emplace(config_.speed, config_.packets_per_second, tsc_, stop_);
    uint64_t idle_since_ns = start_ns;
    for (;; burst = source.Poll()) {
      if (!Play(burst, source.has_end)) break;
      if (burst.state == SourceState::kEnd || burst.state == SourceState::kDamaged) {
        result_.end = burst.state == SourceState::kEnd ? PlayerEnd::kEndOfInput : PlayerEnd::kDamagedInput;
        break;
      }
      if (stop_.load(std::memory_order_relaxed)) {
        result_.end = PlayerEnd::kStopped;
        break;
      }
      if (burst.count != 0) {
        idle_since_ns = 0;
        continue;
      }
      if (const uint64_t now_tsc = ReadTsc(); now_tsc >= next_tend_tsc_ && !TendArchiver(now_tsc)) break;
      const uint64_t now_ns = MonotonicNanos();
      if (idle_since_ns == 0) idle_since_ns = now_ns;
      if (now_ns - idle_since_ns >= (ended_() ? config_.ended_idle_ns : config_.idle_ns)) {
        result_.end = PlayerEnd::kIdle;
        break;
      }
    }
    result_.wall_ns = MonotonicNanos() - start_ns;
    return result_;
  }

 private:
  // False: stop, and `result_.end` says why.
  bool Play(const PacketBurst& burst, bool from_file) {
    const uint64_t burst_tsc = ReadTsc();
    for (uint32_t i = 0; i < burst.count; ++i) {
      const PacketView& packet = burst.packets[i];
      if (const uint64_t now_tsc = ReadTsc(); now_tsc >= next_tend_tsc_ && !TendArchiver(now_tsc)) return false;
      if (config_.wait_for_archiver && !WaitForArchiver()) return false;
      const uint64_t rx_tsc = pacer_.has_value() ? pacer_->Wait(packet.ts_recv_ns, [this] { TendWhileWaiting(); })
                              : from_file        ? ReadTsc()
                                                 : burst_tsc;
      if (stop_.load(std::memory_order_relaxed)) {
        result_.end = PlayerEnd::kStopped;
        return false;
      }
      if (result_.first_stamp_ns == 0) result_.first_stamp_ns = packet.ts_recv_ns;
      loop_.OnPacket(packet, rx_tsc);
      ++result_.packets;
      if (packet.ts_recv_ns > result_.last_stamp_ns) result_.last_stamp_ns = packet.ts_recv_ns;
    }
    return true;
  }

  bool TendArchiver(uint64_t now_tsc) {
    constexpr uint64_t kTendNanos = 50'000'000;
    next_tend_tsc_ = now_tsc + tsc_.ToTicks(kTendNanos);
    if (tend_()) return true;
    result_.end = PlayerEnd::kArchiverFailed;
    return false;
  }

  // One that is gone for good is found again at the next packet.
  void TendWhileWaiting() {
    if (const uint64_t now = ReadTsc(); now >= next_tend_tsc_) (void)TendArchiver(now);
  }

  bool WaitForArchiver() {
    if (tape_.written() - tape_.archived() <= tape_.capacity() / 2) return true;
    const uint64_t from_ns = MonotonicNanos();
    while (tape_.written() - tape_.archived() > tape_.capacity() / 2) {
      if (!tend_()) {
        result_.end = PlayerEnd::kArchiverFailed;
        return false;
      }
      if (stop_.load(std::memory_order_relaxed)) break;
      Pacer::Sleep(200'000);
    }
    const uint64_t waited_ns = MonotonicNanos() - from_ns;
    result_.waited_ns += waited_ns;
    if (pacer_.has_value()) pacer_->Shift(waited_ns);
    return true;
  }

  const PlayerConfig config_;
  Loop& loop_;
  const TapeWriter& tape_;
  const TscScale& tsc_;
  const std::atomic<bool>& stop_;
  Tend tend_;
  Ended ended_;
  PlayerResult result_;
  std::optional<Pacer> pacer_;
  uint64_t next_tend_tsc_ = 0;
};

}  // namespace tickgraph
