// The signal engine on the calling core: a submission is done when Submit returns.
//
// In the flow: the loop hands it the rows of a decision; its signals are those documented in arbitrage_scan.h, in the order of products,
// then items. One thread. All memory is taken at construction. The instruction set is chosen at construction and does not change a bit.
#pragma once

#include "hot/arena.h"
#include "kernels/engine_state.h"
#include "kernels/simd_kernels.h"

namespace tickgraph {

struct BookFeatures {
  PriceNanos microprice_nanos, spread_nanos;  // kNoPrice unless both sides are present
  int32_t imbalance_ppm;
  int64_t order_flow_imbalance;
};
struct ContractGreeks {
  double volatility;      // 0: none
  PriceNanos theo_nanos;  // kNoPrice: none
  double delta, gamma, vega, theta, rho;
};

BookFeatures FeaturesOf(const EngineState& state, InstrumentIndex instrument);
ContractGreeks GreeksOf(const EngineState& state, InstrumentIndex instrument);

class CpuEngine {
 public:
  CpuEngine(const EngineConfig& config, SimdLevel level);

  bool Define(const EngineInstrument& instrument);
  void Submit(const EngineRow* rows, uint32_t count);
  [[nodiscard]] const Signal* signals() const { return signals_.data(); }
  [[nodiscard]] uint32_t signal_count() const { return signal_count_; }
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  [[nodiscard]] const EngineState& state() const { return state_; }
  // The table of calls; valid as long as this object stays where it is.
  SignalEngine engine();

 private:
  void CollectTouched(const EngineRow* rows, uint32_t count);
  void Touch(ProductIndex product);
  void PriceProduct(ProductState& product);
  void PriceRow(const EngineRow& row);
  void ScanProduct(ProductIndex index);
  void ScanSpreads(ProductIndex index, uint32_t e);
  uint32_t ScanPairs(ProductIndex index, ExpiryState& expiry, PriceNanos stock_bid, PriceNanos stock_ask);
  void Emit(const Signal* signals, uint32_t count);

  HugeArray<char> memory_;
  HugeArray<Signal> signals_;
  EngineState state_;
  const SimdKernels* simd_;
  EngineCounters counters_;
  uint32_t signal_count_ = 0;
};

}  // namespace tickgraph
