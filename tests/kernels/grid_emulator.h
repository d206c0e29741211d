// The launches of the CUDA engine on the host: each phase of grid_stages.h in a loop over its threads, where the device has a barrier.
#pragma once

#include <vector>

#include "kernels/grid_stages.h"

namespace tickgraph {

class GridEmulator {
 public:
  explicit GridEmulator(const EngineConfig& config, uint32_t pricing_threads = 2048) : pricing_threads_(pricing_threads) {
    const size_t bytes = LayoutEngineState(&state_, config, nullptr);
    memory_.resize(bytes / 64 + 1);
    LayoutEngineState(&state_, config, reinterpret_cast<char*>(memory_.data()));
    signals_.resize(config.max_signals);
  }

  void Define(const EngineInstrument& x) { definitions_.push_back(x); }

  std::vector<Signal> Submit(const EngineRow* rows, uint32_t count) {
    const GridInput in{++sequence_, count, static_cast<uint32_t>(definitions_.size()), rows, definitions_.data()};
    static FeaturesShared features;
    Each([&](uint32_t t) { FeaturesDefine(t, state_, in); });
    Each([&](uint32_t t) { FeaturesApply(t, state_, in, features); });
    Each([&](uint32_t t) { FeaturesCount(t, state_, in, features); });
    Each([&](uint32_t t) { FeaturesRank(t, state_, in, features); });
    Each([&](uint32_t t) { FeaturesUnderlying(t, state_); });
    definitions_.clear();
    // Backwards: no thread of the pricing grid may count on another.
    for (uint32_t t = pricing_threads_; t-- > 0;) PriceChains(t, pricing_threads_, state_, in);
    static ScanLane lanes[kBlockThreads];
    ScanShared scan;
    uint32_t found = 0;
    for (uint32_t i = 0; i < state_.scalars->touched_count; ++i) {
      const ProductIndex index = state_.touched[i];
      const uint32_t items = ItemCount(state_.products[index]);
      for (uint32_t base = 0; base < items; base += kBlockThreads) {
        Each([&](uint32_t t) { ScanItems(t, state_, index, base, lanes[t], scan); });
        uint32_t more = 0;
        Each([&](uint32_t t) { more = CompactSignals(t, lanes[t], scan, found, signals_.data(), state_.config.max_signals); });
        found += more;
      }
    }
    return {signals_.begin(), signals_.begin() + std::min(found, state_.config.max_signals)};
  }
  [[nodiscard]] const EngineState& state() const { return state_; }

 private:
  struct alignas(64) Line {
    char bytes[64] = {};
  };
  template <class Phase>
  static void Each(const Phase& phase) {
    for (uint32_t t = kBlockThreads; t-- > 0;) phase(t);
  }
  std::vector<Line> memory_;
  std::vector<EngineInstrument> definitions_;
  std::vector<Signal> signals_;
  EngineState state_;
  uint64_t sequence_ = 0;
  uint32_t pricing_threads_;
};

}  // namespace tickgraph
