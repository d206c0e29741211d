// Batches of options as bodies of kernels: the math of european.h and implied_volatility.h, a thread a contract, a grid's stride on.
//
// In the flow: cuda_batches.cu launches them; the tests run them on the host (block_context.h) and compare with the vector loops of
// simd_kernels_body.h, whose columns they take. No thread reads what another wrote.
#pragma once

#include "kernels/block_context.h"
#include "kernels/simd_kernels.h"

namespace tickgraph {

template <class Block, class T>
TICKGRAPH_BODY void PriceBatchBody(Block& block, const EuropeanBatch<T>& b, size_t count) {
  const size_t stride = size_t{block.blocks()} * block.threads();
  for (size_t i = size_t{block.block()} * block.threads() + block.thread(); i < count; i += stride) {
    const OptionRight right = b.sign[i] > T(0) ? OptionRight::kCall : OptionRight::kPut;
    const EuropeanGreeks<T> g = European(right, b.spot[i], b.strike[i], b.rate[i], b.dividend_yield[i], b.volatility[i], b.time_years[i]);
    b.price[i] = g.price;
    b.delta[i] = g.delta;
    b.gamma[i] = g.gamma;
    b.vega[i] = g.vega;
    b.theta[i] = g.theta;
    b.rho[i] = g.rho;
  }
}

template <class Block>
TICKGRAPH_BODY void InvertBatchBody(Block& block, const ImpliedVolatilityBatch& b, size_t count) {
  const size_t stride = size_t{block.blocks()} * block.threads();
  for (size_t i = size_t{block.block()} * block.threads() + block.thread(); i < count; i += stride) {
    const CodedVolatility r = CodedVolatilityFrom(b.sign[i], b.price[i], b.spot[i] * Exp(-b.dividend_yield[i] * b.time_years[i]),
                                                  b.strike[i] * Exp(-b.rate[i] * b.time_years[i]), b.time_years[i]);
    b.volatility[i] = r.volatility;
    b.status[i] = static_cast<uint8_t>(r.status);
  }
}

}  // namespace tickgraph
