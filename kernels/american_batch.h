// A batch of American options as the body of a kernel: eight lanes a contract, a lane a collocation time of the fast preset.
//
// In the flow: cuda_batches.cu launches it; the tests run it on the host (block_context.h) and compare with American(contract, kFast),
// whose bits it gives: the same functions (american_math.h, american_unit.h), and every sum in the same order. What lanes tell each other
// goes by shuffles, so that nothing but the two weights of each quadrature node is kept in shared memory. Contracts that the integral
// equation does not price (american.h says which) are left to the host: FinishAmericanBatch.
#pragma once

#include "kernels/american_loops.h"
#include "kernels/american_math.h"
#include "kernels/american_unit.h"
#include "kernels/block_context.h"

namespace tickgraph {

// Columns of American contracts; outputs may be any of distinct arrays. `sign` is 1 for a call, -1 for a put.
struct AmericanBatch {
  const double *sign, *spot, *strike, *rate, *dividend_yield, *volatility, *time_years;
  double *price, *delta, *gamma, *theta;
  uint8_t* status;  // AmericanBatchStatus
};
enum AmericanBatchStatus : uint8_t { kPricedByKernel = 0, kLeftToHost = 1 };

inline constexpr uint32_t kAmericanLanes = 8;
inline constexpr uint32_t kAmericanThreads = 128;
inline constexpr uint32_t kFastKernelNodes = 8, kFastPriceNodes = 32;

// Those numbers of AmericanTables that the fast preset uses, in the same order.
struct AmericanFastTables {
  double root_time[kAmericanLanes];
  double half[kFastKernelNodes], weight[kFastKernelNodes];
  double interpolation[kFastKernelNodes * kAmericanLanes * kAmericanLanes];
  double price_half[kFastPriceNodes], price_weight[kFastPriceNodes];
  double price_interpolation[kFastPriceNodes * kAmericanLanes];
  int64_t iterations;
};
AmericanFastTables MakeAmericanFastTables();

// Prices on the CPU what the kernel has left.
void FinishAmericanBatch(const AmericanBatch& batch, size_t count);

TICKGRAPH_HD AmericanContract ContractAt(const AmericanBatch& b, size_t i) {
  return {b.sign[i] > 0.0 ? OptionRight::kCall : OptionRight::kPut,
          b.spot[i],
          b.strike[i],
          b.rate[i],
          b.dividend_yield[i],
          b.volatility[i],
          b.time_years[i]};
}

// Of a block of at most kAmericanThreads.
struct AmericanShared {
  AmericanFastTables tables;
  double cash_weight[kFastKernelNodes][kAmericanThreads], spot_weight[kFastKernelNodes][kAmericanThreads];
};

// A lane's part of the boundary; `first` is the first lane of its contract in the warp.
template <class Block>
struct AmericanLane {
  Block& block;
  AmericanShared& shared;
  uint32_t first, node;
  double rate, yield, volatility, time_years;
  double limit, drift, root_all;
  double root, discount, yield_discount, distance;

  // The other lanes' value, in the order of their times.
  template <class F>
  TICKGRAPH_BODY void ForEachNode(double value, F f) {
    for (uint32_t j = 0; j < kAmericanLanes; ++j) f(j, block.Shuffle(value, first + j));
  }

  TICKGRAPH_BODY void Start(double floor) {
    const AmericanFastTables& t = shared.tables;
    root = root_all * t.root_time[node];
    const double time = root * root;
    discount = Exp(-rate * time);
    yield_discount = Exp(-yield * time);
    const double start = QdPlusBoundary(rate, yield, volatility, limit, floor, time, root, discount, yield_discount);
    distance = Larger(Log(limit / start), 0.0);
    for (uint32_t k = 0; k < kFastKernelNodes; ++k) {
      const double back = root * t.half[k], w = back * back;
      shared.cash_weight[k][block.thread()] = rate * time * t.weight[k] * Exp(-rate * w);
      shared.spot_weight[k][block.thread()] = yield * time * t.weight[k] * Exp(-yield * w);
    }
  }

  // The distance after one step of the iteration.
  TICKGRAPH_BODY double Step(double longest, double relaxation) {
    const AmericanFastTables& t = shared.tables;
    const double log_limit = Log(limit);
    BoundaryTerms sum = FirstTerms(log_limit - distance, volatility, drift, root, discount, yield_discount);
    for (uint32_t k = 0; k < kFastKernelNodes; ++k) {
      double there = 0.0;
      ForEachNode(distance * distance, [&](uint32_t j, double value) {
        there = Fma(t.interpolation[(k * kAmericanLanes + j) * kAmericanLanes + node], value, there);
      });
      const double back = root * t.half[k];
      sum = AddNode(sum, there, distance, volatility * back, 1.0 / (volatility * back), drift * back, shared.cash_weight[k][block.thread()],
                    shared.spot_weight[k][block.thread()]);
    }
    return NextDistance(sum, log_limit, longest, relaxation, distance);
  }

  // The iteration of american_body.h's Solve. A contract that has settled keeps what it has while others of its warp go on.
  TICKGRAPH_BODY void Solve() {
    const double floor = Larger(PerpetualBoundary(rate, yield, volatility * volatility), 1e-300);
    Start(floor);
    const double longest = Log(limit) - Log(floor);
    double relaxation = 1.0, last = Infinity<double>();
    bool settled = false;
    for (int64_t iteration = 1; iteration < shared.tables.iterations && block.Ballot(!settled) != 0; ++iteration) {
      const double next = Step(longest, relaxation);
      double largest = 0.0;
      ForEachNode(Abs(next - distance), [&](uint32_t, double change) { largest = Larger(largest, change); });
      distance = settled ? distance : next;
      settled = settled || largest < 1e-14;
      relaxation = largest > 0.7 * last ? Larger(0.5 * relaxation, 0.25) : relaxation;
      last = largest;
    }
  }

  TICKGRAPH_BODY AmericanUnitValue Premium(double moneyness) {
    const AmericanFastTables& t = shared.tables;
    const double log_moneyness = Log(moneyness / limit);
    AmericanUnitValue sum{0.0, 0.0, 0.0};
    for (uint32_t p = node; p < kFastPriceNodes; p += kAmericanLanes) {
      double square = 0.0;
      ForEachNode(distance * distance,
                  [&](uint32_t j, double value) { square = Fma(t.price_interpolation[j * kFastPriceNodes + p], value, square); });
      const PremiumTerms mine = PremiumAt(t.price_half[p], t.price_weight[p], square, root_all, time_years, rate, yield, volatility, drift,
                                          moneyness, log_moneyness);
      ForEachNode(mine.premium, [&](uint32_t, double x) { sum.premium += x; });
      ForEachNode(mine.delta, [&](uint32_t, double x) { sum.delta += x; });
      ForEachNode(mine.gamma, [&](uint32_t, double x) { sum.gamma += x; });
    }
    return sum;
  }
};

template <class Block>
TICKGRAPH_BODY AmericanValue AmericanOnLanes(Block& block, AmericanShared& shared, const AmericanContract& c, uint32_t lane) {
  using namespace american_internal;  // NOLINT(google-build-using-namespace)
  const UnitPut put = ToUnitPut(c);
  const uint32_t node = lane % kAmericanLanes;
  AmericanLane<Block> own{block, shared, lane - node, node, put.rate, put.yield, c.volatility, c.time_years, 0, 0, 0, 0, 0, 0, 0};
  own.limit = BoundaryLimit(put.rate, put.yield);
  own.drift = BoundaryDrift(put.rate, put.yield, c.volatility);
  own.root_all = Sqrt(c.time_years);
  own.Solve();
  const double last = block.Shuffle(own.distance * own.distance, own.first + kAmericanLanes - 1);
  const AmericanUnitValue early = own.Premium(put.moneyness);
  return ValueWithPremium(c, put, CriticalMoneyness(own.limit, last), early.premium, early.delta, early.gamma);
}

template <class Block>
TICKGRAPH_BODY void AmericanBatchBody(Block& block, const AmericanFastTables& tables, const AmericanBatch& b, size_t count,
                                      AmericanShared& shared) {
  using namespace american_internal;  // NOLINT(google-build-using-namespace)
  const auto* from = reinterpret_cast<const uint64_t*>(&tables);
  auto* to = reinterpret_cast<uint64_t*>(&shared.tables);
  for (uint32_t i = block.thread(); i < sizeof(AmericanFastTables) / sizeof(uint64_t); i += block.threads()) to[i] = from[i];
  block.Barrier();
  constexpr uint32_t kOfWarp = kWarpLanes / kAmericanLanes;
  const uint32_t warps = block.threads() / kWarpLanes, lane = block.thread() % kWarpLanes;
  const size_t stride = size_t{block.blocks()} * warps * kOfWarp;
  // All lanes of a warp go round together: they shuffle. Those without a contract of their own do a harmless one.
  for (size_t at = (size_t{block.block()} * warps + block.thread() / kWarpLanes) * kOfWarp; at < count; at += stride) {
    const size_t i = at + lane / kAmericanLanes;
    const bool regular = i < count && IsRegular(ContractAt(b, i));
    const AmericanContract c = regular ? ContractAt(b, i) : AmericanContract{OptionRight::kPut, 1.0, 1.0, 0.05, 0.05, 0.25, 1.0};
    const AmericanValue v = AmericanOnLanes(block, shared, c, lane);
    if (i >= count || lane % kAmericanLanes != 0) continue;
    b.status[i] = regular ? kPricedByKernel : kLeftToHost;
    b.price[i] = v.price;
    b.delta[i] = v.delta;
    b.gamma[i] = v.gamma;
    b.theta[i] = v.theta;
  }
}

}  // namespace tickgraph
