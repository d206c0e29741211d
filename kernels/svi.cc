// Bounded least squares inside, a simplex search outside; see the header.
#include "kernels/svi.h"

#include <array>

namespace tickgraph {
namespace {

constexpr int kDensityPoints = 61;
constexpr int kCalendarPoints = 81;
constexpr int kSearchSteps = 160;
constexpr double kDensityPenalty = 10.0;

// w = a + d y + c z with y = (k - m) / sigma, z = sqrt(y^2 + 1): d = rho b sigma, c = b sigma.
struct Linear {
  double a, d, c, cost;
};

// Weighted sums of products of 1, y, z and w.
struct Sums {
  double n = 0, y = 0, z = 0, w = 0, yy = 0, yz = 0, zz = 0, yw = 0, zw = 0, ww = 0;
};

double Cost(const Sums& s, double a, double d, double c) {
  return s.ww + a * a * s.n + d * d * s.yy + c * c * s.zz +
         2.0 * (a * d * s.y + a * c * s.z + d * c * s.yz - a * s.w - d * s.yw - c * s.zw);
}

Sums SumsOf(std::span<const SviPoint> points, double m, double sigma) {
  Sums s;
  for (const SviPoint& p : points) {
    const double y = (p.log_moneyness - m) / sigma, z = Sqrt(y * y + 1.0), w = p.total_variance, g = p.weight;
    s.n += g, s.y += g * y, s.z += g * z, s.w += g * w;
    s.yy += g * y * y, s.yz += g * y * z, s.zz += g * z * z, s.yw += g * y * w, s.zw += g * z * w, s.ww += g * w * w;
  }
  return s;
}

// The (d, c) that the wings allow: a square on its corner, c from |d| to 2 sigma - |d|.
struct Corner {
  double d, c;
};
std::array<Corner, 4> Corners(double sigma) { return {{{0.0, 0.0}, {sigma, sigma}, {0.0, 2.0 * sigma}, {-sigma, sigma}}}; }
bool Allowed(double d, double c, double sigma) { return c >= Abs(d) && c <= 2.0 * sigma - Abs(d); }

// Keeps the better of two candidates, moving `a` into its bounds first, where the cost is a parabola in it.
void Consider(const Sums& s, double d, double c, double highest, Linear& best) {
  const double a = Smaller(Larger((s.w - d * s.y - c * s.z) / s.n, 0.0), highest);
  const double cost = Cost(s, a, d, c);
  if (cost < best.cost) best = {a, d, c, cost};
}

// Stationary points over the whole plane, then over each edge and corner, with `a` free (subtracting means) or held at a bound.
void ConsiderHeld(const Sums& s, bool free, double held, double sigma, double highest, Linear& best) {
  const double mean_y = free ? s.y / s.n : 0.0, mean_z = free ? s.z / s.n : 0.0, mean_w = free ? s.w / s.n : held;
  const double yy = s.yy - mean_y * s.y, yz = s.yz - mean_y * s.z, zz = s.zz - mean_z * s.z;
  const double yw = s.yw - mean_w * s.y, zw = s.zw - mean_w * s.z;
  const double determinant = yy * zz - yz * yz;
  if (determinant > 0.0) {
    const double d = (yw * zz - zw * yz) / determinant, c = (zw * yy - yw * yz) / determinant;
    if (Allowed(d, c, sigma)) Consider(s, d, c, highest, best);
  }
  const std::array<Corner, 4> corners = Corners(sigma);
  for (size_t i = 0; i < corners.size(); ++i) {
    const Corner from = corners[i], to = corners[(i + 1) % corners.size()];
    const double ud = to.d - from.d, uc = to.c - from.c;
    const double gradient = ud * (yw - yy * from.d - yz * from.c) + uc * (zw - yz * from.d - zz * from.c);
    const double curvature = ud * ud * yy + 2.0 * ud * uc * yz + uc * uc * zz;
    const double t = curvature > 0.0 ? Smaller(Larger(gradient / curvature, 0.0), 1.0) : 0.0;
    Consider(s, from.d + t * ud, from.c + t * uc, highest, best);
  }
}

class SviFit {
 public:
  explicit SviFit(std::span<const SviPoint> points) : points_(points) {
    low_ = high_ = points.front().log_moneyness;
    for (const SviPoint& p : points) {
      low_ = Smaller(low_, p.log_moneyness), high_ = Larger(high_, p.log_moneyness);
      highest_ = Larger(highest_, p.total_variance);
      scale_ += p.weight * p.total_variance * p.total_variance;
    }
    range_ = Larger(high_ - low_, 1e-3);
  }

  // The best smile of a place, and what it costs.
  double At(double m, double log_sigma, SviSmile& smile) const {
    const double sigma = Exp(Smaller(Larger(log_sigma, -9.0), 3.0));
    const double place = Smaller(Larger(m, low_ - range_), high_ + range_);
    const Sums s = SumsOf(points_, place, sigma);
    Linear best{0.0, 0.0, 0.0, Infinity<double>()};
    ConsiderHeld(s, true, 0.0, sigma, highest_, best);
    ConsiderHeld(s, false, 0.0, sigma, highest_, best);
    ConsiderHeld(s, false, highest_, sigma, highest_, best);
    smile = {best.a,
             best.c / sigma,
             best.c > 0.0 ? best.d / best.c : 0.0,
             place,
             sigma,
             0.0,
             Sqrt(Larger(best.cost / s.n, 0.0)),
             static_cast<int>(points_.size())};
    smile.least_density = Infinity<double>();
    double negative = 0.0;
    for (int i = 0; i < kDensityPoints; ++i) {
      const double k = low_ - range_ + 3.0 * range_ * i / (kDensityPoints - 1);
      const double density = SviDensity(smile, k);
      smile.least_density = Smaller(smile.least_density, density);
      negative += Larger(-density, 0.0) / kDensityPoints;
    }
    // Both bounds of a search that wanders off cost as well.
    const double stray = Abs(m - place) / range_ + Larger(Abs(log_sigma + 3.0) - 6.0, 0.0);
    return best.cost / scale_ + kDensityPenalty * negative * negative + negative * 1e-6 + 1e-6 * stray;
  }

  SviSmile Search() const {
    SviSmile smile{};
    Vertex simplex[3] = {{0.0, 0.0, Infinity<double>()}, {}, {}};
    for (const double share : {0.1, 0.3, 0.5, 0.7, 0.9}) {
      for (const double width : {0.03, 0.1, 0.3, 1.0}) {
        const Vertex v = Make(low_ + share * range_, Log(width * range_), smile);
        if (v.cost < simplex[0].cost) simplex[0] = v;
      }
    }
    simplex[1] = Make(simplex[0].m + 0.1 * range_, simplex[0].log_sigma, smile);
    simplex[2] = Make(simplex[0].m, simplex[0].log_sigma + 0.5, smile);
    for (int step = 0; step < kSearchSteps; ++step) Improve(simplex, smile);
    Sort(simplex);
    At(simplex[0].m, simplex[0].log_sigma, smile);
    return smile;
  }

 private:
  struct Vertex {
    double m, log_sigma, cost;
  };

  Vertex Make(double m, double log_sigma, SviSmile& smile) const { return {m, log_sigma, At(m, log_sigma, smile)}; }

  static void Sort(Vertex (&v)[3]) {
    const auto order = [](Vertex& x, Vertex& y) {
      if (!(y.cost < x.cost)) return;
      const Vertex kept = x;
      x = y, y = kept;
    };
    order(v[0], v[1]), order(v[1], v[2]), order(v[0], v[1]);
  }

  // One step of Nelder and Mead: reflect, expand, contract, or shrink.
  void Improve(Vertex (&v)[3], SviSmile& smile) const {
    Sort(v);
    const double cm = 0.5 * (v[0].m + v[1].m), cs = 0.5 * (v[0].log_sigma + v[1].log_sigma);
    const auto along = [&](double t) { return Make(cm + t * (v[2].m - cm), cs + t * (v[2].log_sigma - cs), smile); };
    const Vertex reflected = along(-1.0);
    if (reflected.cost < v[0].cost) {
      const Vertex expanded = along(-2.0);
      v[2] = expanded.cost < reflected.cost ? expanded : reflected;
    } else if (reflected.cost < v[1].cost) {
      v[2] = reflected;
    } else {
      const Vertex contracted = along(reflected.cost < v[2].cost ? -0.5 : 0.5);
      if (contracted.cost < Smaller(reflected.cost, v[2].cost)) {
        v[2] = contracted;
      } else {
        for (int i = 1; i < 3; ++i) v[i] = Make(0.5 * (v[0].m + v[i].m), 0.5 * (v[0].log_sigma + v[i].log_sigma), smile);
      }
    }
  }

  std::span<const SviPoint> points_;
  double low_, high_, range_, highest_ = 0.0, scale_ = 0.0;
};

}  // namespace

SviSmile FitSvi(std::span<const SviPoint> points) {
  if (points.empty()) return {};
  if (points.size() >= kSviLeastPoints) return SviFit(points).Search();
  double weight = 0.0, sum = 0.0, rest = 0.0;
  for (const SviPoint& p : points) weight += p.weight, sum += p.weight * p.total_variance;
  const double level = sum / weight;
  for (const SviPoint& p : points) rest += p.weight * (p.total_variance - level) * (p.total_variance - level);
  return {level, 0.0, 0.0, 0.0, 1.0, 1.0, Sqrt(rest / weight), static_cast<int>(points.size())};
}

double SviCalendarGap(const SviSmile& earlier, const SviSmile& later, double low, double high) {
  double least = Infinity<double>();
  for (int i = 0; i < kCalendarPoints; ++i) {
    const double k = low + (high - low) * i / (kCalendarPoints - 1);
    least = Smaller(least, SviVariance(later, k) - SviVariance(earlier, k));
  }
  return least;
}

}  // namespace tickgraph
