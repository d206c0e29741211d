// The loops of the CPU engine that gain from wide instructions, compiled once per instruction set and chosen at start.
//
// In the flow: the CPU engine calls them through the table returned by SimdKernelsFor; batch commands and benchmarks use the same table.
// Any thread. Every table gives the same bits: the loops hold element-wise IEEE operations and integer reductions only.
#pragma once

#include "kernels/engine_stages.h"

namespace tickgraph {

enum class SimdLevel : uint8_t { kScalar = 0, kAvx2 = 1, kAvx512 = 2 };
inline constexpr int kSimdLevels = 3;

// Columns of European contracts; outputs may be any of distinct arrays. `sign` is 1 for a call, -1 for a put.
template <class T>
struct EuropeanBatch {
  const T *sign, *spot, *strike, *rate, *dividend_yield, *volatility, *time_years;
  T *price, *delta, *gamma, *vega, *theta, *rho;
};

struct ImpliedVolatilityBatch {
  const double *sign, *price, *spot, *strike, *rate, *dividend_yield, *time_years;
  double* volatility;
  uint8_t* status;
};

struct SyntheticExtremes {
  PriceNanos highest_bid, lowest_ask;  // max Fb, min Fa of arbitrage_scan.h
};

struct SimdKernels {
  const char* name;  // "scalar", "avx2", "avx512"
  void (*price_greeks_double)(const EuropeanBatch<double>& batch, size_t count);
  void (*price_greeks_float)(const EuropeanBatch<float>& batch, size_t count);
  void (*implied_volatility)(const ImpliedVolatilityBatch& batch, size_t count);
  // Revises what is due and prices every contract of pairs [first, first + count).
  void (*price_chain)(const PairColumns& columns, const ChainInput& input, uint32_t first, uint32_t count);
  void (*price_contract)(const PairColumns& columns, const ChainInput& input, uint32_t pair, int side);
  SyntheticExtremes (*synthetic_extremes)(const PairColumns& columns, uint32_t first, uint32_t count);
};

const SimdKernels& ScalarKernels();
const SimdKernels& Avx2Kernels();
const SimdKernels& Avx512Kernels();

// The widest level that this processor runs.
SimdLevel BestSimdLevel();
// The table of a level; the level must be at most BestSimdLevel().
const SimdKernels& SimdKernelsFor(SimdLevel level);

}  // namespace tickgraph
