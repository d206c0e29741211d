// Chebyshev points, Gauss-Legendre and tanh-sinh rules and the matrices made of them; see the header.
#include "kernels/american_tables.h"

#include "kernels/math.h"

namespace tickgraph {
namespace {

constexpr double kPi = 3.141592653589793;

// cos(pi x) for 0 <= x <= 1.
double CosPi(double x) {
  if (x > 0.5) return -CosPi(1.0 - x);
  const double square = kPi * x * (kPi * x);
  double term = 1.0, sum = 1.0;
  for (int n = 1; n < 16; ++n) {
    term *= -square / ((2.0 * n - 1.0) * (2.0 * n));
    sum += term;
  }
  return sum;
}

// Gauss-Legendre on [0, 1].
void GaussLegendre(int count, double* node, double* weight) {
  for (int i = 0; i < count; ++i) {
    double x = CosPi((i + 0.75) / (count + 0.5)), slope = 0.0;
    for (int step = 0; step < 8; ++step) {
      double previous = 1.0, value = x;
      for (int n = 2; n <= count; ++n) {
        const double next = ((2.0 * n - 1.0) * x * value - (n - 1.0) * previous) / n;
        previous = value;
        value = next;
      }
      slope = count * (x * value - previous) / (x * x - 1.0);
      x -= value / slope;
    }
    node[i] = 0.5 * (1.0 - x);
    weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
}

// Tanh-sinh on [0, 1]: nodes crowd at both ends, where the integrands have their layers.
void TanhSinh(int count, double* node, double* weight) {
  const double reach = 3.0, step = 2.0 * reach / (count - 1);
  for (int i = 0; i < count; ++i) {
    const double t = -reach + step * i, grow = Exp(t), shrink = Exp(-t);
    const double x = 1.0 / (1.0 + Exp(-0.5 * kPi * (grow - shrink)));
    const double rest = 1.0 / (1.0 + Exp(0.5 * kPi * (grow - shrink)));
    node[i] = x;
    weight[i] = 0.5 * kPi * (grow + shrink) * x * rest * step;
  }
}

// The weights with which the values at the Chebyshev points (point 0 left out: the function is 0 there) give that at root time `root`.
void Interpolate(const AmericanTables& t, double root, double* out, int stride) {
  const double x = 2.0 * root - 1.0;
  double sum = 0.0;
  for (int j = 0; j <= t.boundary_nodes; ++j) {
    if (x == t.chebyshev[j]) {
      for (int i = 1; i <= t.boundary_nodes; ++i) out[(i - 1) * stride] = i == j ? 1.0 : 0.0;
      return;
    }
    sum += t.barycentric_weight[j] / (x - t.chebyshev[j]);
  }
  for (int j = 1; j <= t.boundary_nodes; ++j) out[(j - 1) * stride] = t.barycentric_weight[j] / (x - t.chebyshev[j]) / sum;
}

void Fill(AmericanTables& t) {
  const int n = t.boundary_nodes;
  for (int j = 0; j <= n; ++j) {
    t.chebyshev[j] = -CosPi(static_cast<double>(j) / n);
    t.barycentric_weight[j] = (j % 2 == 0 ? 1.0 : -1.0) * (j == 0 || j == n ? 0.5 : 1.0);
    if (j > 0) t.root_time[j - 1] = 0.5 * (1.0 + t.chebyshev[j]);
  }
  GaussLegendre(t.kernel_nodes, t.half.data(), t.weight.data());
  for (int k = 0; k < t.kernel_nodes; ++k) {
    const QuarterTurn turn = QuarterTurnAt(t.half[k]);
    for (int i = 0; i < n; ++i) Interpolate(t, t.root_time[i] * turn.rest, &t.interpolation[size_t(k) * n * n + i], n);
    t.half[k] = turn.half;
    t.weight[k] *= turn.slope;
  }
  if (t.split_price) return TanhSinh(t.price_nodes, t.price_half.data(), t.price_weight.data());
  GaussLegendre(t.price_nodes, t.price_half.data(), t.price_weight.data());
  for (int p = 0; p < t.price_nodes; ++p) {
    const QuarterTurn turn = QuarterTurnAt(t.price_half[p]);
    Interpolate(t, turn.rest, &t.price_interpolation[p], t.price_nodes);
    t.price_half[p] = turn.half;
    t.price_weight[p] *= turn.slope;
  }
}

struct PresetTables : AmericanTables {
  PresetTables(int boundary, int kernel, int price, int steps, bool split) : AmericanTables{} {
    boundary_nodes = boundary, kernel_nodes = kernel, price_nodes = price, iterations = steps, split_price = split;
    Fill(*this);
  }
};

}  // namespace

const AmericanTables& AmericanTablesFor(AmericanPreset preset) {
  if (preset == AmericanPreset::kFast) {
    static const PresetTables kFast(8, 8, 32, 4, false);
    return kFast;
  }
  if (preset == AmericanPreset::kAccurate) {
    static const PresetTables kAccurate(24, 40, 64, 60, true);
    return kAccurate;
  }
  static const PresetTables kPrecise(48, 96, 128, 100, true);
  return kPrecise;
}

}  // namespace tickgraph
