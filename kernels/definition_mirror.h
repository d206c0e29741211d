// The definitions of a device engine, kept on the host as well, so that Define answers without asking the device.
//
// In the flow: an engine on a device defines here first; what is taken waits until the next submission carries it over, where the same
// function takes it again. One thread; all memory at construction.
#pragma once

#include "hot/arena.h"
#include "kernels/engine_definitions.h"

namespace tickgraph {

class DefinitionMirror {
 public:
  explicit DefinitionMirror(const EngineConfig& config) : waiting_(config.max_instruments) {
    memory_.Allocate(LayoutEngineState(&state_, config, nullptr));
    LayoutEngineState(&state_, config, memory_.data());
  }

  // A known instrument is refused, so at most max_instruments ever wait.
  bool Define(const EngineInstrument& instrument) {
    if (!DefineInstrument(state_, instrument)) return false;
    waiting_[count_++] = instrument;
    return true;
  }
  [[nodiscard]] const EngineInstrument* waiting() const { return waiting_.data(); }
  [[nodiscard]] uint32_t waiting_count() const { return count_; }
  void CarriedOver() { count_ = 0; }

  // An upper bound of the lanes that pricing has for these rows: every chain whose stock is quoted may move.
  [[nodiscard]] uint64_t MostPricingLanes(const EngineRow* rows, uint32_t count) const {
    uint64_t lanes = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (rows[i].instrument >= state_.config.max_instruments) continue;
      const InstrumentState& x = state_.instruments[rows[i].instrument];
      lanes += x.kind == 0 ? 0 : (x.pair == kNoPair ? uint64_t{2} * state_.products[x.product].pair_count : 1);
    }
    return lanes;
  }

 private:
  HugeArray<char> memory_;
  HugeArray<EngineInstrument> waiting_;
  EngineState state_ = {};
  uint32_t count_ = 0;
};

}  // namespace tickgraph
