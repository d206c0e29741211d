// Everything that the hot program is configured with, and how a TOML file fills it. tools/config/replay.toml lists every key
// with its default.
#pragma once

#include <cstdint>
#include <vector>

#include "hot/signal.h"
#include "hot/strategies/cross_venue_taker.h"
#include "hot/strategies/options_parity_taker.h"
#include "hot/trading_loop.h"
#include "kernels/engine_guard.h"
#include "net/proto/feed_config.h"
#include "replay/retransmit_server.h"
#include "replay/simulated_exchange.h"
#include "tools/config.h"

namespace tickgraph {

// What the feed must know of what is read beforehand.
struct FeedInput {
  const DbnMetadata* dbn = nullptr;      // of a DBN file; it outlives the session
  const LobsterFile* lobster = nullptr;  // of a LOBSTER message file, likewise
  bool json = false;
  std::vector<LinePairKey> line_pairs;  // CME
};

struct HotConfig {
  FeedInput input;
  TradingLoopConfig loop;
  EngineConfig engine;
  GuardConfig guard;  // of an engine on a device
  SimulatedExchangeConfig exchange;
  CrossVenueTaker::Config cross_venue_taker;
  OptionsParityTaker::Config options_parity_taker;
  uint64_t tape_records = uint64_t{1} << 21;
  uint64_t reorder_window_ns = 5'000'000;
  uint64_t recovery_timeout_ns = 2'000'000;
  uint32_t recovery_attempts = 5;
  RetransmitServerConfig retransmit;
  int core = -1;  // the core that the loop is pinned to; -1: wherever the system puts it
};

// Reads every key, then refuses what is left. Throws ConfigError.
HotConfig ReadHotConfig(Config& file);

}  // namespace tickgraph
