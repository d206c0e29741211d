// The contract-independent numbers of the American solver: collocation times, quadrature nodes, interpolation matrices.
//
// In the flow: american_body.h reads them; american_tables.cc makes each preset's once, at its first use, with math.h alone, so that
// every instruction set and machine has the same. Any thread; immutable. Units: a contract's own time to expiry is 1, boundary times are
// given by their square roots, and a quadrature over [0, t] runs in `half` = sqrt(w / t), w the time back from t.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/math.h"

namespace tickgraph {

enum class AmericanPreset : uint8_t {
  kFast = 0,      // within about 1e-6 of the strike
  kAccurate = 1,  // within about 1e-9 of the strike
  kPrecise = 2,   // within about 1e-11 of the strike: more nodes change no tenth digit
};
inline constexpr int kAmericanPresets = 3;
inline constexpr int kMaxBoundaryNodes = 48;
inline constexpr int kMaxKernelNodes = 96;
inline constexpr int kMaxPriceNodes = 128;

struct AmericanTables {
  int boundary_nodes;  // collocation times without 0: a multiple of 8, whole vectors
  int kernel_nodes;
  int price_nodes;
  int iterations;
  bool split_price;  // the price quadrature is split where its integrand steps, and interpolates by itself

  // Square roots of the collocation times: Chebyshev points of the second kind.
  std::array<double, kMaxBoundaryNodes> root_time;
  std::array<double, kMaxBoundaryNodes + 1> barycentric_weight;  // index 0: time 0
  std::array<double, kMaxBoundaryNodes + 1> chebyshev;           // the points in [-1, 1]
  // Over [0, t] of every collocation time: the integral of f(w) dw is t sum weight f(t half^2).
  std::array<double, kMaxKernelNodes> half, weight;
  // Boundary function at (time i, node k) = sum over j of interpolation[(k nodes + j) nodes + i] times its value at time j.
  std::array<double, kMaxKernelNodes * kMaxBoundaryNodes * kMaxBoundaryNodes> interpolation;
  // The same over [0, 1]; with split_price nodes and weights of a rule in s, to be laid on each part.
  std::array<double, kMaxPriceNodes> price_half, price_weight;
  std::array<double, kMaxPriceNodes * kMaxBoundaryNodes> price_interpolation;  // [j price_nodes + p]
};

// A variable s in [0, 1] in which both half = sqrt(w / t) and rest = sqrt(1 - w / t) are smooth: the boundary's own square root at
// expiry would otherwise spoil the quadrature at its end. w/t = half^2, and slope = d(w/t)/ds.
struct QuarterTurn {
  double half, rest, slope;
};
TICKGRAPH_HD QuarterTurn QuarterTurnAt(double s) {
  const double inverse = 1.0 / (1.0 + s * s);
  const double half = 2.0 * s * inverse, rest = (1.0 - s) * (1.0 + s) * inverse;
  return {half, rest, 4.0 * half * rest * inverse};
}

const AmericanTables& AmericanTablesFor(AmericanPreset preset);

}  // namespace tickgraph
