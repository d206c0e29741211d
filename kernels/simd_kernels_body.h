// The loops of simd_kernels.h. Included once by each of simd_scalar.cc, simd_avx2.cc and simd_avx512.cc, which are compiled with different
// instruction sets and name their functions by TICKGRAPH_SIMD_NAMESPACE, so that no symbol of a wider set replaces one of a narrower.
#include "kernels/simd_kernels.h"

// NOLINTBEGIN(google-build-namespaces,misc-definitions-in-headers): it stands once in a file
namespace tickgraph {
namespace TICKGRAPH_SIMD_NAMESPACE {
namespace {

template <class T>
inline __attribute__((always_inline)) void PriceGreeks(const EuropeanBatch<T>& b, size_t count) {
  const T* __restrict sign = b.sign;
  const T* __restrict spot = b.spot;
  const T* __restrict strike = b.strike;
  const T* __restrict rate = b.rate;
  const T* __restrict dividend_yield = b.dividend_yield;
  const T* __restrict volatility = b.volatility;
  const T* __restrict time_years = b.time_years;
  T* __restrict price = b.price;
  T* __restrict delta = b.delta;
  T* __restrict gamma = b.gamma;
  T* __restrict vega = b.vega;
  T* __restrict theta = b.theta;
  T* __restrict rho = b.rho;
#pragma omp simd
  for (size_t i = 0; i < count; ++i) {
    const EuropeanContract<T> c =
        MakeEuropeanContract(sign[i], spot[i], strike[i], rate[i], dividend_yield[i], volatility[i], time_years[i]);
    const EuropeanGreeks<T> g = GreeksFromParts(c.terms, c.parts);
    price[i] = g.price;
    delta[i] = g.delta;
    gamma[i] = g.gamma;
    vega[i] = g.vega;
    theta[i] = g.theta;
    rho[i] = g.rho;
  }
}

void PriceGreeksDouble(const EuropeanBatch<double>& batch, size_t count) { PriceGreeks(batch, count); }
void PriceGreeksFloat(const EuropeanBatch<float>& batch, size_t count) { PriceGreeks(batch, count); }

constexpr size_t kStatusChunk = 256;

void ImpliedVolatilities(const ImpliedVolatilityBatch& b, size_t count) {
  alignas(64) double codes[kStatusChunk];
  for (size_t base = 0; base < count; base += kStatusChunk) {
    const size_t n = count - base < kStatusChunk ? count - base : kStatusChunk;
    const double* __restrict sign = b.sign + base;
    const double* __restrict price = b.price + base;
    const double* __restrict spot = b.spot + base;
    const double* __restrict strike = b.strike + base;
    const double* __restrict rate = b.rate + base;
    const double* __restrict dividend_yield = b.dividend_yield + base;
    const double* __restrict time_years = b.time_years + base;
    double* __restrict volatility = b.volatility + base;
#pragma omp simd
    for (size_t i = 0; i < n; ++i) {
      const CodedVolatility r = CodedVolatilityFrom(sign[i], price[i], spot[i] * Exp(-dividend_yield[i] * time_years[i]),
                                                    strike[i] * Exp(-rate[i] * time_years[i]), time_years[i]);
      volatility[i] = r.volatility;
      codes[i] = r.status;
    }
    for (size_t i = 0; i < n; ++i) b.status[base + i] = static_cast<uint8_t>(codes[i]);
  }
}

inline __attribute__((always_inline)) void PriceSide(const PairColumns& c, const ChainInput& in, uint32_t first, uint32_t count, int side) {
  const double sign = side == 0 ? 1.0 : -1.0;
  const double* __restrict discounted_strike = c.discounted_strike + first;
  const double* __restrict dividend_factor = c.dividend_factor + first;
  const double* __restrict time = c.time + first;
  const double* __restrict sqrt_time = c.sqrt_time + first;
  const double* __restrict volatility = c.volatility[side] + first;
  PriceNanos* __restrict theo = c.theo[side] + first;
  double* __restrict delta = c.greeks[side][0] + first;
  double* __restrict gamma = c.greeks[side][1] + first;
  double* __restrict vega = c.greeks[side][2] + first;
  double* __restrict theta = c.greeks[side][3] + first;
  double* __restrict rho = c.greeks[side][4] + first;
  const ChainInput input = in;
#pragma omp simd
  for (uint32_t i = 0; i < count; ++i) {
    const ContractValue v = ValueContract(sign, input, discounted_strike[i], dividend_factor[i], time[i], sqrt_time[i], volatility[i]);
    theo[i] = v.theo_nanos;
    delta[i] = v.greeks.delta;
    gamma[i] = v.greeks.gamma;
    vega[i] = v.greeks.vega;
    theta[i] = v.greeks.theta;
    rho[i] = v.greeks.rho;
  }
}

void PriceChain(const PairColumns& c, const ChainInput& in, uint32_t first, uint32_t count) {
  for (uint32_t p = first; p < first + count; ++p) {
    // Quotes that are due are few: one test of both flags, and a scalar inversion for each.
    if ((c.meta[p].volatility_due[0] | c.meta[p].volatility_due[1]) == 0) continue;
    for (int side = 0; side < 2; ++side) ReviseVolatility(c, in, p, side);
  }
  PriceSide(c, in, first, count, 0);
  PriceSide(c, in, first, count, 1);
}

void PriceOne(const PairColumns& c, const ChainInput& in, uint32_t p, int side) {
  ReviseVolatility(c, in, p, side);
  PriceContract(c, in, p, side);
}

SyntheticExtremes Extremes(const PairColumns& c, uint32_t first, uint32_t count) {
  const PriceNanos* __restrict discounted = c.discounted_strike_nanos + first;
  const PriceNanos* __restrict call_bid = c.bid[0] + first;
  const PriceNanos* __restrict call_ask = c.ask[0] + first;
  const PriceNanos* __restrict put_bid = c.bid[1] + first;
  const PriceNanos* __restrict put_ask = c.ask[1] + first;
  PriceNanos highest = 2 * kAbsentBid, lowest = 2 * kAbsentAsk;
#pragma omp simd reduction(max : highest) reduction(min : lowest)
  for (uint32_t i = 0; i < count; ++i) {
    const PriceNanos bid = discounted[i] + call_bid[i] - put_ask[i];
    const PriceNanos ask = discounted[i] + call_ask[i] - put_bid[i];
    highest = bid > highest ? bid : highest;
    lowest = ask < lowest ? ask : lowest;
  }
  return {highest, lowest};
}

}  // namespace

const SimdKernels kTable = {TICKGRAPH_SIMD_NAME, PriceGreeksDouble, PriceGreeksFloat, ImpliedVolatilities, PriceChain, PriceOne, Extremes};

}  // namespace TICKGRAPH_SIMD_NAMESPACE
}  // namespace tickgraph
// NOLINTEND(google-build-namespaces,misc-definitions-in-headers)
