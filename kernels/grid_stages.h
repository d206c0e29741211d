// The three stages of an engine as bodies of kernels: features by one block, pricing by the grid, the scan by one block.
//
// In the flow: cuda_graph_engine.cu makes each a kernel of its graph; resident_kernel.h runs all three in one kernel; the tests run both on
// the host (block_context.h). Blocks of features and scan have kBlockThreads threads. What a stage writes the next reads after a barrier
// of the whole launch. Between two barriers a thread reads only what was written before the first, or by itself.
#pragma once

#include "kernels/arbitrage_spreads.h"
#include "kernels/block_context.h"
#include "kernels/engine_definitions.h"
#include "kernels/engine_stages.h"

namespace tickgraph {

inline constexpr uint32_t kBlockThreads = 256;
inline constexpr uint32_t kPricingThreads = 64;

// A submission as the kernels read it, in mapped host memory.
struct GridInput {
  uint64_t sequence;
  uint32_t row_count, definition_count;
  const EngineRow* rows;
  const EngineInstrument* definitions;
};

// What the block of the features stage shares.
struct FeaturesShared {
  ProductIndex product[kBlockThreads];
  uint32_t count[kBlockThreads];
};

// What the block of the scan shares: signals of each warp, of an even and an odd round.
struct ScanShared {
  uint32_t count[2][kBlockThreads / kWarpLanes];
};

TICKGRAPH_HD void FeaturesDefine(uint32_t thread, EngineState& s, const GridInput& in) {
  if (thread != 0) return;
  for (uint32_t i = 0; i < in.definition_count; ++i) DefineInstrument(s, in.definitions[i]);
  s.scalars->epoch = in.sequence;
}

// An instrument belongs to one thread, so its rows are taken in order even if there are several. A thread of a small submission notes the
// product of its row; in a large one products are marked in memory.
TICKGRAPH_HD void FeaturesApply(uint32_t thread, EngineState& s, const GridInput& in, FeaturesShared& shared) {
  for (uint32_t i = 0; i < in.row_count; ++i) {
    if (in.rows[i].instrument % kBlockThreads != thread) continue;
    if (ApplyRow(s, in.rows[i]) && in.row_count > kBlockThreads)
      s.products[s.instruments[in.rows[i].instrument].product].epoch = in.sequence;
  }
  shared.product[thread] = kNoProduct;
  if (in.row_count > kBlockThreads || thread >= in.row_count) return;
  const InstrumentIndex x = in.rows[thread].instrument;
  if (x < s.config.max_instruments && s.instruments[x].kind != 0) shared.product[thread] = s.instruments[x].product;
}

// Counts: small submission: 1 for the first row of a product; large: the marked products of the thread's slice.
TICKGRAPH_HD void FeaturesCount(uint32_t thread, EngineState& s, const GridInput& in, FeaturesShared& shared) {
  uint32_t count = 0;
  if (in.row_count <= kBlockThreads) {
    count = shared.product[thread] != kNoProduct;
    for (uint32_t j = 0; j < thread && count != 0; ++j) count = shared.product[j] != shared.product[thread];
  } else {
    const uint32_t slice = (s.config.max_products + kBlockThreads - 1) / kBlockThreads;
    for (uint32_t i = thread * slice; i < (thread + 1) * slice && i < s.config.max_products; ++i)
      count += s.products[i].epoch == in.sequence;
  }
  shared.count[thread] = count;
}

TICKGRAPH_HD void FeaturesRank(uint32_t thread, EngineState& s, const GridInput& in, FeaturesShared& shared) {
  uint32_t rank = 0, total = 0;
  if (in.row_count <= kBlockThreads) {
    for (uint32_t j = 0; j < in.row_count; ++j) {
      rank += shared.count[j] != 0 && shared.product[j] < shared.product[thread];
      total += shared.count[j];
    }
    if (shared.count[thread] != 0) {
      s.touched[rank] = shared.product[thread];
      s.products[shared.product[thread]].epoch = in.sequence;
    }
  } else {
    for (uint32_t j = 0; j < kBlockThreads; ++j) {
      rank += j < thread ? shared.count[j] : 0;
      total += shared.count[j];
    }
    const uint32_t slice = (s.config.max_products + kBlockThreads - 1) / kBlockThreads;
    for (uint32_t i = thread * slice; i < (thread + 1) * slice && i < s.config.max_products; ++i) {
      if (s.products[i].epoch == in.sequence) s.touched[rank++] = i;
    }
  }
  if (thread == 0) s.scalars->touched_count = total;
}

TICKGRAPH_HD void FeaturesUnderlying(uint32_t thread, EngineState& s) {
  for (uint32_t i = thread; i < s.scalars->touched_count; i += kBlockThreads) UpdateUnderlying(s, s.products[s.touched[i]]);
}

// Pricing, without a barrier: a lane a contract of each chain whose underlying moved, then a lane a changed quote.
TICKGRAPH_HD void PriceChains(uint32_t thread, uint32_t threads, EngineState& s, const GridInput& in) {
  for (uint32_t t = 0; t < s.scalars->touched_count; ++t) {
    const ProductState& product = s.products[s.touched[t]];
    if (product.mid_changed == 0) continue;
    const ChainInput chain = MakeChainInput(s, product);
    for (uint32_t lane = thread; lane < 2 * product.pair_count; lane += threads) {
      const int side = lane < product.pair_count ? 0 : 1;
      const uint32_t p = product.pair_first + (side == 0 ? lane : lane - product.pair_count);
      if (product.twice_mid_nanos == 0) {
        s.pair.theo[side][p] = kNoPrice;
        continue;
      }
      ReviseVolatility(s.pair, chain, p, side);
      PriceContract(s.pair, chain, p, side);
    }
  }
  for (uint32_t i = thread; i < in.row_count; i += threads) {
    const InstrumentIndex index = in.rows[i].instrument;
    if (index >= s.config.max_instruments || s.instruments[index].kind == 0 || s.instruments[index].pair == kNoPair) continue;
    const InstrumentState& x = s.instruments[index];
    const ProductState& product = s.products[x.product];
    if (product.mid_changed != 0 || product.twice_mid_nanos == 0 || s.pair.meta[x.pair].volatility_due[x.right] == 0) continue;
    const ChainInput chain = MakeChainInput(s, product);
    ReviseVolatility(s.pair, chain, x.pair, x.right);
    PriceContract(s.pair, chain, x.pair, x.right);
  }
}

// Contracts priced in a submission: those of chains whose mid moved to another mid. Quotes on an unmoved underlying are not in this count.
TICKGRAPH_HD uint32_t ContractsPriced(const ProductState& product) {
  return product.mid_changed != 0 && product.twice_mid_nanos != 0 ? product.contract_count : 0;
}

// Items of a product in the order of its signals: cross-venue, then for each expiry its pairs (conversion, then reversal), its box
// and the slots of its spreads where they are looked for.
TICKGRAPH_HD uint32_t ItemCount(const ProductState& product) {
  return 1 + product.pair_count + product.expiry_count * product.expiry_items;
}

TICKGRAPH_HD uint32_t ScanItem(EngineState& s, ProductIndex index, uint32_t item, Signal* signals) {
  if (item == 0) return ScanCross(s, index, signals);
  const ProductState& product = s.products[index];
  for (uint32_t e = 0; e < product.expiry_count; ++e) {
    ExpiryState& expiry = s.expiries[product.expiry_first + e];
    const uint32_t start = 1 + expiry.first + e * product.expiry_items;
    if (item < start || item >= start + expiry.count + product.expiry_items) continue;
    if (item > start + expiry.count) return ScanSpread(s, index, e, item - start - expiry.count - 1, signals);
    if (item == start + expiry.count) return ScanBox(s, index, expiry, signals);
    const uint32_t p = product.pair_first + expiry.first + (item - start);
    const uint32_t count = ScanConversion(s, index, p, DiscountedSpot(product.best_ask_nanos, expiry.dividend_factor), signals);
    return count + ScanReversal(s, index, p, DiscountedSpot(product.best_bid_nanos, expiry.dividend_factor), signals + count);
  }
  return 0;
}

// Where the signals of this thread stand among those of the block; `*total` is how many the block has.
template <class Block>
TICKGRAPH_BODY uint32_t RankSignals(Block& block, uint32_t count, uint32_t* warp_counts, uint32_t* total) {
  const uint32_t lane = block.thread() % kWarpLanes, warp = block.thread() / kWarpLanes;
  const uint32_t first = block.Ballot(count >= 1), second = block.Ballot(count == 2);
  if (lane == 0) warp_counts[warp] = CountBits(first) + CountBits(second);
  block.Barrier();
  uint32_t rank = CountBits(first & LanesBelow(lane)) + CountBits(second & LanesBelow(lane));
  *total = 0;
  for (uint32_t w = 0; w < kBlockThreads / kWarpLanes; ++w) {
    rank += w < warp ? warp_counts[w] : 0;
    *total += warp_counts[w];
  }
  return rank;
}

template <class Block>
TICKGRAPH_BODY void FeaturesBody(Block& block, EngineState& s, const GridInput& in, FeaturesShared& shared) {
  FeaturesDefine(block.thread(), s, in);
  block.Barrier();
  FeaturesApply(block.thread(), s, in, shared);
  block.Barrier();
  FeaturesCount(block.thread(), s, in, shared);
  block.Barrier();
  FeaturesRank(block.thread(), s, in, shared);
  block.Barrier();
  FeaturesUnderlying(block.thread(), s);
}

struct ScanTotals {
  uint32_t found, priced;  // signals, with those beyond max_signals; contracts
};

// Hands signal number `at` to `put(at, signal)` for every one that has room.
template <class Block, class Put>
TICKGRAPH_BODY ScanTotals ScanBody(Block& block, EngineState& s, ScanShared& shared, const Put& put) {
  ScanTotals totals = {0, 0};
  uint32_t round = 0;
  for (uint32_t t = 0; t < s.scalars->touched_count; ++t) {
    const ProductIndex index = s.touched[t];
    const uint32_t items = ItemCount(s.products[index]);
    totals.priced += ContractsPriced(s.products[index]);
    for (uint32_t base = 0; base < items; base += kBlockThreads, ++round) {
      Signal signals[2];
      const uint32_t item = base + block.thread();
      const uint32_t count = item < items ? ScanItem(s, index, item, signals) : 0;
      uint32_t more = 0;
      // Two rounds never share their counts, so one barrier a round is enough.
      const uint32_t at = totals.found + RankSignals(block, count, shared.count[round % 2], &more);
      if (count >= 1 && at < s.config.max_signals) put(at, signals[0]);
      if (count == 2 && at + 1 < s.config.max_signals) put(at + 1, signals[1]);
      totals.found += more;
    }
  }
  return totals;
}

}  // namespace tickgraph
