// The launches of the captured graph on the host: its three kernels one after the other, each on the launch emulator.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/grid_stages.h"
#include "tests/kernels/launch_emulator.h"

namespace tickgraph {

class GridEmulator {
 public:
  explicit GridEmulator(const EngineConfig& config, uint32_t pricing_blocks = 3, FiberOrder order = FiberOrder::kBackward)
      : block_(1, kBlockThreads, order), pricing_(pricing_blocks, kPricingThreads, order) {
    const size_t bytes = LayoutEngineState(&state_, config, nullptr);
    memory_.resize(bytes / 64 + 1);
    LayoutEngineState(&state_, config, reinterpret_cast<char*>(memory_.data()));
    signals_.resize(config.max_signals);
  }

  void Define(const EngineInstrument& x) { definitions_.push_back(x); }

  std::vector<Signal> Submit(const EngineRow* rows, uint32_t count) {
    const GridInput in{++sequence_, count, static_cast<uint32_t>(definitions_.size()), rows, definitions_.data()};
    block_.RunShared<FeaturesShared>([&](EmulatedBlock& b, FeaturesShared& shared) { FeaturesBody(b, state_, in, shared); });
    definitions_.clear();
    pricing_.Run([&](EmulatedBlock& b) { PriceChains(b.block() * b.threads() + b.thread(), b.blocks() * b.threads(), state_, in); });
    ScanTotals totals = {};
    block_.RunShared<ScanShared>([&](EmulatedBlock& b, ScanShared& shared) {
      const ScanTotals mine = ScanBody(b, state_, shared, [this](uint32_t at, const Signal& signal) { signals_[at] = signal; });
      if (b.thread() == 0) totals = mine;
    });
    return {signals_.begin(), signals_.begin() + std::min(totals.found, state_.config.max_signals)};
  }
  [[nodiscard]] const EngineState& state() const { return state_; }

 private:
  struct alignas(64) Line {
    char bytes[64] = {};
  };
  LaunchEmulator block_, pricing_;
  std::vector<Line> memory_;
  std::vector<EngineInstrument> definitions_;
  std::vector<Signal> signals_;
  EngineState state_;
  uint64_t sequence_ = 0;
};

}  // namespace tickgraph
