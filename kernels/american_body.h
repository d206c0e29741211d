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
#include "kernels/math.h"

namespace tickgraph {
namespace TICKGRAPH_AMERICAN_NAMESPACE {
namespace {

constexpr int kMaxGrid = kMaxKernelNodes * kMaxBoundaryNodes;
constexpr int kStartSteps = 5;

// Arrays over the collocation times.
struct Nodes {
  double time[kMaxBoundaryNodes], root[kMaxBoundaryNodes];
  double discount[kMaxBoundaryNodes], yield_discount[kMaxBoundaryNodes];  // e^(-rt), e^(-qt)
  double distance[kMaxBoundaryNodes];                                     // ln(limit / boundary) >= 0
};

// Phi(x) where e^(-x^2/2) is known.
TICKGRAPH_HD double Cdf(double x, double exponential) {
  const double tail = exponential * ScaledTail(Smaller(Abs(x), 64.0));
  return x > 0.0 ? 1.0 - tail : tail;
}

// (1 - e^(-x)) / x without cancellation near 0.
TICKGRAPH_HD double DecayRatio(double x) {
  const double series = Polynomial(x, 1.0, -1.0 / 2, 1.0 / 6, -1.0 / 24, 1.0 / 120, -1.0 / 720);
  const double safe = Abs(x) < 1e-2 ? 1.0 : x;
  return Abs(x) < 1e-2 ? series : (1.0 - Exp(-x)) / safe;
}

// The boundary of a put that never expires: below every other.
TICKGRAPH_HD double PerpetualBoundary(double rate, double yield, double variance) {
  const double drift = 2.0 * (rate - yield) / variance - 1.0;
  const double root = Sqrt(drift * drift + 8.0 * rate / variance);
  // The lower root of the characteristic equation, in the form that does not cancel.
  const double lambda = drift > 0.0 ? -0.5 * (drift + root) : -4.0 * rate / variance / (root - drift);
  return lambda / (lambda - 1.0);
}

// The QD+ boundary by Newton's method from that of Barone-Adesi and Whaley's closed-form guess.
TICKGRAPH_HD double QdPlusBoundary(double rate, double yield, double volatility, double limit, double perpetual, double time, double root,
                                   double discount, double yield_discount) {
  const double variance = volatility * volatility;
  const double deviation = volatility * root, inverse = 1.0 / deviation;
  const double decay = time * DecayRatio(rate * time);  // (1 - e^(-rt)) / r
  const double omega = 2.0 * (rate - yield) / variance - 1.0;
  const double discriminant = omega * omega + 8.0 / (variance * decay);
  const double spread = Sqrt(discriminant);
  const double exponent =
      -0.5 * (omega + spread) + 2.0 * discount / (variance * spread) * (1.0 / decay - 2.0 / (variance * decay * decay * discriminant));
  const double theta_weight = 2.0 / (variance * spread);
  const double room = limit - perpetual;
  double b = perpetual + room * Exp(Smaller(((rate - yield) * time - 2.0 * deviation) / Larger(room, 1e-12), 0.0));
  const double log_forward = (rate - yield + 0.5 * variance) * time;
  for (int step = 0; step < kStartSteps; ++step) {
    const double d1 = (Log(b) + log_forward) * inverse, d2 = d1 - deviation;
    const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
    const double spot_leg = yield_discount * Cdf(-d1, e1), cash_leg = discount * Cdf(-d2, e2);
    const double density = yield_discount * kInverseSqrtTwoPi<double> * e1;
    const double gain = 1.0 - b - (cash_leg - b * spot_leg);
    const double theta = rate * cash_leg - yield * b * spot_leg - 0.5 * volatility * b * density / root;
    const double theta_slope =
        density * inverse * (yield - rate) - yield * spot_leg - 0.5 * volatility * density / root * (1.0 - d1 * inverse);
    const double value = (1.0 - spot_leg) * b + exponent * gain - theta_weight * theta;
    const double slope = 1.0 - spot_leg + density * inverse + exponent * (spot_leg - 1.0) - theta_weight * theta_slope;
    const double next = b - value / slope;
    const double kept = next > 0.5 * b ? next : 0.5 * b;  // also where next is a NaN
    b = Smaller(Larger(kept, perpetual), limit);
  }
  return b;
}

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
  const double drift = (rate - yield) / volatility + 0.5 * volatility;
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
  const double drift = (c.rate - c.dividend_yield) / c.volatility + 0.5 * c.volatility;
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    square[i] = nodes.distance[i] * nodes.distance[i];
    const double deviation = c.volatility * nodes.root[i];
    const double d1 = (log_limit - nodes.distance[i]) / deviation + drift * nodes.root[i], d2 = d1 - deviation;
    const double scale = kInverseSqrtTwoPi<double> / deviation;
    const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
    numerator[i] = nodes.discount[i] * (scale * e2);
    denominator[i] = nodes.yield_discount[i] * Fma(scale, e1, Cdf(d1, e1));
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
      const double log_ratio = Sqrt(Larger(there[i], 0.0)) - nodes.distance[i];
      const double d1 = Fma(log_ratio, grid.moneyness_scale[at], grid.drift[at]), d2 = d1 - grid.deviation[at];
      const double scale = kInverseSqrtTwoPi<double> * grid.moneyness_scale[at];
      const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
      numerator[i] = Fma(grid.cash_weight[at], scale * e2, numerator[i]);
      denominator[i] = Fma(grid.spot_weight[at], Fma(scale, e1, Cdf(d1, e1)), denominator[i]);
    }
  }
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const double next = log_limit - Log(numerator[i] / denominator[i]);
    const double target = Smaller(next > 0.0 ? next : 0.0, longest);
    const double kept = Fma(relaxation, target - nodes.distance[i], nodes.distance[i]);
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
  c.limit = yield > rate && yield > 0.0 ? rate / yield : 1.0;
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
  const double drift = (rate - yield) / volatility + 0.5 * volatility;
  double premium[2 * kMaxPriceNodes], delta[2 * kMaxPriceNodes], gamma[2 * kMaxPriceNodes];
#pragma omp simd
  for (int p = 0; p < points.count; ++p) {
    const double root = root_all * points.half[p], w = root * root;
    const double deviation = volatility * root, inverse = 1.0 / deviation;
    const double d1 = Fma(log_moneyness + Sqrt(Larger(points.square[p], 0.0)), inverse, drift * root), d2 = d1 - deviation;
    const double e1 = ExpMinusHalfSquare(d1), e2 = ExpMinusHalfSquare(d2);
    const double weight = time * points.weight[p];
    const double cash = weight * rate * Exp(-rate * w), spot = weight * yield * Exp(-yield * w);
    const double cash_density = cash * kInverseSqrtTwoPi<double> * e2 * inverse / moneyness;
    const double spot_density = spot * kInverseSqrtTwoPi<double> * e1 * inverse;
    const double spot_probability = spot * Cdf(-d1, e1);
    premium[p] = cash * Cdf(-d2, e2) - moneyness * spot_probability;
    delta[p] = spot_density - cash_density - spot_probability;
    gamma[p] = (cash_density * Fma(d2, inverse, 1.0) + spot_density * (1.0 - d1 * inverse)) / moneyness;
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
