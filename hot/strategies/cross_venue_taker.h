// Takes both sides of a crossed market: buys at the venue that offers lower, sells at the one that bids higher.
//
// In the flow: a Strategy. One IOC order a leg, for the signal's quantity up to the largest clip.
#pragma once

#include <algorithm>

#include "hot/strategies/leg_sender.h"

namespace tickgraph {

class CrossVenueTaker {
 public:
  struct Config {
    bool enabled = true;
    Quantity max_clip = 500;        // shares
    PriceNanos min_edge_nanos = 0;  // per share after fees; the engine has its own minimum as well
  };
  static constexpr const char* kName = "cross_venue_taker";

  explicit CrossVenueTaker(const Config& config) : config_(config) {}

  template <StrategyContext C>
  void OnSignals(std::span<const Signal> signals, C& context) {
    if (!config_.enabled) return;
    for (const Signal& signal : signals) {
      if (signal.kind == SignalKind::kCrossVenue) Take(signal, context);
    }
  }

  template <StrategyContext C>
  void OnReport(const ExecutionReport& report, const Order&, C&) {
    CountReport(report, &counters_);
  }

  [[nodiscard]] const StrategyCounters& counters() const { return counters_; }

 private:
  template <StrategyContext C>
  void Take(const Signal& signal, C& context) {
    ++counters_.signals;
    if (signal.edge_nanos < config_.min_edge_nanos) {
      ++counters_.skipped_edge;
      return;
    }
    const Quantity clip = std::min(signal.quantity, config_.max_clip);
    if (clip <= 0) {
      ++counters_.skipped_small;
      return;
    }
    if (!LegsStand(signal, context, &counters_)) return;
    SendLegs(signal, context, &counters_, [clip](int) { return clip; });
  }

  Config config_;
  StrategyCounters counters_;
};
static_assert(Strategy<CrossVenueTaker>);

}  // namespace tickgraph
