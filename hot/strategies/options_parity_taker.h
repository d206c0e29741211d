// Takes put-call parity and boxes apart: conversions and reversals with the stock, boxes with four options.
//
// In the flow: a Strategy. Signals count in units of the underlying; option legs go out in whole contracts of 100 and the stock leg
// in exactly as many shares, so what is not a whole contract is left.
#pragma once

#include <algorithm>

#include "hot/strategies/leg_sender.h"

namespace tickgraph {

class OptionsParityTaker {
 public:
  struct Config {
    bool enabled = true;
    bool parity = true, boxes = true;
    Quantity max_clip_contracts = 10;
    PriceNanos min_edge_nanos = 0;  // per unit of the underlying after fees; the engine has its own minimum as well
  };
  static constexpr const char* kName = "options_parity_taker";
  static constexpr Quantity kUnitsPerContract = 100;

  explicit OptionsParityTaker(const Config& config) : config_(config) {}

  template <StrategyContext C>
  void OnSignals(std::span<const Signal> signals, C& context) {
    if (!config_.enabled) return;
    for (const Signal& signal : signals) {
      const bool parity = signal.kind == SignalKind::kConversion || signal.kind == SignalKind::kReversal;
      if ((parity && config_.parity) || (signal.kind == SignalKind::kBox && config_.boxes)) Take(signal, parity, context);
    }
  }

  template <StrategyContext C>
  void OnReport(const ExecutionReport& report, const Order&, C&) {
    CountReport(report, &counters_);
  }

  [[nodiscard]] const StrategyCounters& counters() const { return counters_; }

 private:
  template <StrategyContext C>
  void Take(const Signal& signal, bool with_stock, C& context) {
    ++counters_.signals;
    if (signal.edge_nanos < config_.min_edge_nanos) {
      ++counters_.skipped_edge;
      return;
    }
    const Quantity contracts = std::min(signal.quantity / kUnitsPerContract, config_.max_clip_contracts);
    if (contracts <= 0) {
      ++counters_.skipped_small;
      return;
    }
    if (!LegsStand(signal, context, &counters_)) return;
    SendLegs(signal, context, &counters_,
             [contracts, with_stock](int leg) { return with_stock && leg == 0 ? contracts * kUnitsPerContract : contracts; });
  }

  Config config_;
  StrategyCounters counters_;
};
static_assert(Strategy<OptionsParityTaker>);

}  // namespace tickgraph
