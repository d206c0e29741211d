// One run of the hot path with everything wired together: feed, loop, engine, strategies, the simulated exchange.
//
// What differs between a replay and a live run is the source and the gateway alone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "hot/packet.h"
#include "hot/recovery.h"
#include "hot/tape.h"
#include "kernels/engine_factory.h"
#include "replay/packet_probe.h"
#include "replay/player.h"
#include "tools/hot_config.h"
#include "tools/hot_report.h"

namespace tickgraph {

class HotSession {
 public:
  // `date` (yyyymmdd) overrides the day of the packets; 0: it does not. Throws std::runtime_error where the engine cannot be had.
  HotSession(const HotConfig& config, const std::string& engine, TapeWriter& tape, uint32_t date);
  // With an engine that the caller made.
  HotSession(const HotConfig& config, EngineChoice engine, TapeWriter& tape, uint32_t date);
  ~HotSession();
  HotSession(const HotSession&) = delete;
  HotSession& operator=(const HotSession&) = delete;

  [[nodiscard]] const std::string& engine_name() const;
  [[nodiscard]] const std::string& engine_reason() const;

  // Before Run: `tell` is called at once when an engine on a device is given up for the CPU engine, with what went wrong.
  void OnEngineSwitch(EngineGuard::Tell tell, void* self);

  // Before Run: whom to ask for what both lines lost.
  void SetRecovery(const RecoveryService& recovery);
  // And for the books of a stream that is joined late, or has lost what nobody sends again.
  void SetSnapshots(const SnapshotService& snapshots);

  // Plays `first`, then all that `source` has; `tend` looks after the archiver while the player waits.
  PlayerResult Run(const PacketSource& source, const PacketBurst& first, const PlayerConfig& player, const std::atomic<bool>& stop,
                   const std::function<bool()>& tend);

  // In parts, for measuring: a warm-up, then what counts, then the end that Run adds by itself. `probe` stamps every packet; may be null.
  PlayerResult Play(const PacketSource& source, const PacketBurst& first, const PlayerConfig& player, const std::atomic<bool>& stop,
                    const std::function<bool()>& tend, PacketProbe* probe);
  void Finish();
  [[nodiscard]] const LoopLatency& latency() const;

  // All but what only the caller knows: source, archive, its totals.
  [[nodiscard]] HotReport Report(const PlayerResult& result) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickgraph
