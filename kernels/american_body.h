// The loops of american_loops.h: the method of Andersen, Lake and Offengenden (2016), "High-performance American option pricing".
//
// The boundary B(t) of a unit put, t the time to expiry, is a fixed point of value matching and smooth pasting (their system FP-A),
// B = e^(-(r-q)t) N / D with s(t) = volatility sqrt(t), n and Phi the normal density and distribution,
//   N = n(d-(t, B))/s(t) + r int_0^t e^(ru) n(d-(t-u, B/B(u)))/s(t-u) du,
//   D = n(d+)/s(t) + Phi(d+) + q int_0^t e^(qu) (n(d+)/s(t-u) + Phi(d+)) du,
// iterated from the QD+ boundary (Li 2010) at Chebyshev points of sqrt(t) for ln^2(B / limit), which is t times powers of ln t near 0 and
// nearly straight. Included once by each of american_scalar.cc, american_avx2.cc and american_avx512.cc, so that no symbol of a wider set
// replaces one of a narrower.
#include "kernels/american_loops.h"
#include "kernels/american_math.h"

// NOLINTBEGIN(google-build-namespaces,misc-definitions-in-headers): it stands once in a file
namespace tickgraph {
namespace TICKGRAPH_AMERICAN_NAMESPACE {
namespace {

constexpr int kMaxGrid = kMaxKernelNodes * kMaxBoundaryNodes;

// Arrays over the collocation times.
struct Nodes {
  double time[kMaxBoundaryNodes], root[kMaxBoundaryNodes];
  double discount[kMaxBoundaryNodes], yield_discount[kMaxBoundaryNodes];  // e^(-rt), e^(-qt)
  double distance[kMaxBoundaryNodes];                                     // ln(limit / boundary) >= 0
};

// What does not change over the iterations, for every time i and quadrature node k at [k nodes + i].
struct Grid {
  double moneyness_scale[kMaxGrid];  // 1 / (volatility sqrt(w))
  double drift[kMaxGrid];            // d+ of a boundary that stays where it is
  double deviation[kMaxGrid];
  double cash_weight[kMaxGrid], spot_weight[kMaxGrid];  // r e^(-rw) dw, q e^(-qw) dw
};

void FillGrid(const AmericanTables& t, const AmericanBoundary& c, const Nodes& nodes, Grid& grid) {
  const int n = t.boundary_nodes;
  const double rate = c.rate, yield = c.dividend_yield, volatility = c.volatility;
  const double drift = BoundaryDrift(rate, yield, volatility);
  for (int k = 0; k < t.kernel_nodes; ++k) {
    const double half = t.half[k], weight = t.weight[k];
#pragma omp simd
    for (int i = 0; i < n; ++i) {
      const double root = nodes.root[i] * half, w = root * root;
      const int at = k * n + i;
      grid.deviation[at] = volatility * root;
      grid.moneyness_scale[at] = 1.0 / (volatility * root);
      grid.drift[at] = drift * root;
      grid.cash_weight[at] = rate * nodes.time[i] * weight * Exp(-rate * w);
      grid.spot_weight[at] = yield * nodes.time[i] * weight * Exp(-yield * w);
    }
  }
}

// One fixed-point step of all nodes at once; returns the largest change of ln(boundary).
double Step(const AmericanTables& t, const AmericanBoundary& c, double floor, double relaxation, const Grid& grid, Nodes& nodes) {
  const int n = t.boundary_nodes;
  double square[kMaxBoundaryNodes], numerator[kMaxBoundaryNodes], denominator[kMaxBoundaryNodes], change[kMaxBoundaryNodes];
  const double log_limit = Log(c.limit), longest = log_limit - Log(floor);
  const double drift = BoundaryDrift(c.rate, c.dividend_yield, c.volatility);
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    square[i] = nodes.distance[i] * nodes.distance[i];
    const BoundaryTerms first =
        FirstTerms(log_limit - nodes.distance[i], c.volatility, drift, nodes.root[i], nodes.discount[i], nodes.yield_discount[i]);
    numerator[i] = first.numerator;
    denominator[i] = first.denominator;
  }
  for (int k = 0; k < t.kernel_nodes; ++k) {
    double there[kMaxBoundaryNodes];
    for (int i = 0; i < n; ++i) there[i] = 0.0;
    for (int j = 0; j < n; ++j) {
      const double* matrix = &t.interpolation[(size_t(k) * n + j) * n];
      const double value = square[j];
#pragma omp simd
      for (int i = 0; i < n; ++i) there[i] = Fma(matrix[i], value, there[i]);
    }
#pragma omp simd
    for (int i = 0; i < n; ++i) {
      const int at = k * n + i;
      const BoundaryTerms sum = AddNode({numerator[i], denominator[i]}, there[i], nodes.distance[i], grid.deviation[at],
                                        grid.moneyness_scale[at], grid.drift[at], grid.cash_weight[at], grid.spot_weight[at]);
      numerator[i] = sum.numerator;
      denominator[i] = sum.denominator;
    }
  }
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const double kept = NextDistance({numerator[i], denominator[i]}, log_limit, longest, relaxation, nodes.distance[i]);
    change[i] = Abs(kept - nodes.distance[i]);
    nodes.distance[i] = kept;
  }
  double largest = 0.0;
  for (int i = 0; i < n; ++i) largest = Larger(largest, change[i]);
  return largest;
}

void Solve(const AmericanTables& t, AmericanBoundary& c) {
  const int n = t.boundary_nodes;
  const double rate = c.rate, yield = c.dividend_yield, volatility = c.volatility;
  c.limit = BoundaryLimit(rate, yield);
  const double limit = c.limit;
  const double floor = Larger(PerpetualBoundary(rate, yield, volatility * volatility), 1e-300);
  const double root_all = Sqrt(c.time_years);
  Nodes nodes;
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const double root = root_all * t.root_time[i], time = root * root;
    nodes.root[i] = root;
    nodes.time[i] = time;
    nodes.discount[i] = Exp(-rate * time);
    nodes.yield_discount[i] = Exp(-yield * time);
    const double start = QdPlusBoundary(rate, yield, volatility, limit, floor, time, root, nodes.discount[i], nodes.yield_discount[i]);
    nodes.distance[i] = Larger(Log(limit / start), 0.0);
  }
  Grid grid;
  FillGrid(t, c, nodes, grid);
  // Where volatility is small against |r - q| the plain iteration swings: it is then damped.
  double relaxation = 1.0, last = Infinity<double>();
  for (c.iterations = 1; c.iterations < t.iterations; ++c.iterations) {
    const double change = Step(t, c, floor, relaxation, grid, nodes);
    if (change < 1e-14) break;
    if (change > 0.7 * last) relaxation = Larger(0.5 * relaxation, 0.25);
    last = change;
  }
  for (int i = 0; i < n; ++i) c.log_square[i] = nodes.distance[i] * nodes.distance[i];
}

// Quadrature points of the premium: `half`, weights of d(w/t), ln^2(boundary / limit) at each.
struct PricePoints {
  int count = 0;
  double half[2 * kMaxPriceNodes], weight[2 * kMaxPriceNodes], square[2 * kMaxPriceNodes];
};

void FixedPoints(const AmericanTables& t, const AmericanBoundary& c, PricePoints& points) {
  const int count = t.price_nodes;
  points.count = count;
  for (int p = 0; p < count; ++p) {
    points.half[p] = t.price_half[p];
    points.weight[p] = t.price_weight[p];
    points.square[p] = 0.0;
  }
  for (int j = 0; j < t.boundary_nodes; ++j) {
    const double value = c.log_square[j];
    const double* matrix = &t.price_interpolation[size_t(j) * count];
#pragma omp simd
    for (int p = 0; p < count; ++p) points.square[p] = Fma(matrix[p], value, points.square[p]);
  }
}

// Two parts that meet at `middle`; the barycentric formula instead of a matrix.
void SplitPoints(const AmericanTables& t, const AmericanBoundary& c, double middle, PricePoints& points) {
  const int n = t.price_nodes;
  points.count = 2 * n;
  const int nodes = t.boundary_nodes;
  for (int p = 0; p < 2 * n; ++p) {
    const bool upper = p >= n;
    const double node = t.price_half[upper ? 2 * n - 1 - p : p], length = upper ? 1.0 - middle : middle;
    const QuarterTurn turn = QuarterTurnAt(upper ? 1.0 - length * node : length * node);
    points.half[p] = turn.half;
    points.weight[p] = length * t.price_weight[upper ? 2 * n - 1 - p : p] * turn.slope;
    const double x = 2.0 * turn.rest - 1.0;
    double above = 0.0, below = 0.0, exact = -1.0;
    for (int j = 0; j <= nodes; ++j) {
      const double value = j == 0 ? 0.0 : c.log_square[j - 1];
      const double gap = x - t.chebyshev[j];
      if (gap == 0.0) exact = value;
      const double weight = t.barycentric_weight[j] / (gap == 0.0 ? 1.0 : gap);
      above += weight * value;
      below += weight;
    }
    points.square[p] = exact >= 0.0 ? exact : above / below;
  }
}

AmericanUnitValue Premium(const AmericanTables& t, const AmericanBoundary& c, double moneyness) {
  const double rate = c.rate, yield = c.dividend_yield, time = c.time_years, volatility = c.volatility;
  const double log_moneyness = Log(moneyness / c.limit);
  PricePoints points;
  if (t.split_price) {
    // Where the forward path meets the boundary the integrand steps; elsewhere the middle serves.
    const double meeting = log_moneyness / ((yield - rate) * time);
    const double middle = meeting > 0.0 && meeting < 1.0 ? Sqrt(meeting) / (1.0 + Sqrt(1.0 - meeting)) : 0.5;
    SplitPoints(t, c, Smaller(Larger(middle, 1e-3), 0.999), points);
  } else {
    FixedPoints(t, c, points);
  }
  const double root_all = Sqrt(time);
  const double drift = BoundaryDrift(rate, yield, volatility);
  double premium[2 * kMaxPriceNodes], delta[2 * kMaxPriceNodes], gamma[2 * kMaxPriceNodes];
#pragma omp simd
  for (int p = 0; p < points.count; ++p) {
    const PremiumTerms at = PremiumAt(points.half[p], points.weight[p], points.square[p], root_all, time, rate, yield, volatility, drift,
                                      moneyness, log_moneyness);
    premium[p] = at.premium;
    delta[p] = at.delta;
    gamma[p] = at.gamma;
  }
  AmericanUnitValue sum{0.0, 0.0, 0.0};
  for (int p = 0; p < points.count; ++p) {
    sum.premium += premium[p];
    sum.delta += delta[p];
    sum.gamma += gamma[p];
  }
  return sum;
}

constexpr AmericanLoops kTable = {Solve, Premium};

}  // namespace
}  // namespace TICKGRAPH_AMERICAN_NAMESPACE
}  // namespace tickgraph
// NOLINTEND(google-build-namespaces,misc-definitions-in-headers)
