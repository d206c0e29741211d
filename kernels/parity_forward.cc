// Reweighted least squares in one and two unknowns; see the header.
#include "kernels/parity_forward.h"

namespace tickgraph {
namespace {

constexpr int kReweightings = 40;
constexpr double kUniformDeviation = 0.5773502691896258;  // of a value that may be anywhere within +-1

double Mid(const ParityQuote& q) { return 0.5 * ((q.call_bid + q.call_ask) - (q.put_bid + q.put_ask)); }
double Reach(const ParityQuote& q) { return Larger(0.5 * ((q.call_ask - q.call_bid) + (q.put_ask - q.put_bid)), 1e-9 * q.strike); }

// C - P = level - discount (K - pivot).
struct Line {
  double level, discount;
};

double Weight(const ParityQuote& q, const Line& line, double pivot, bool late) {
  const double reach = Reach(q), miss = Larger(Abs(Mid(q) - line.level + line.discount * (q.strike - pivot)) / reach, 1.0);
  return 1.0 / (reach * reach * (late ? miss * miss * miss * miss : miss));
}

struct Moments {
  double weight = 0.0, strike = 0.0, value = 0.0, square = 0.0, product = 0.0;  // strikes from the pivot
};
Moments MomentsOf(std::span<const ParityQuote> quotes, const Line& line, double pivot, int step) {
  Moments m;
  for (const ParityQuote& q : quotes) {
    const double reach = Reach(q), w = step == 0 ? 1.0 / reach : Weight(q, line, pivot, step > kReweightings / 2), k = q.strike - pivot,
                 y = Mid(q);
    m.weight += w;
    m.strike += w * k;
    m.value += w * y;
    m.square += w * k * k;
    m.product += w * k * y;
  }
  return m;
}

}  // namespace

ParityForward FitParityForward(std::span<const ParityQuote> quotes, double time_years, double rate) {
  const bool fixed = rate == rate;
  const double nan = NotANumber<double>();
  ParityForward fit{nan, nan, rate, Infinity<double>(), static_cast<int>(quotes.size()), 0};
  if (quotes.empty() || (quotes.size() == 1 && !fixed) || !(time_years > 0.0)) return fit;
  double pivot = 0.0;
  for (const ParityQuote& q : quotes) pivot += q.strike / static_cast<double>(quotes.size());
  Line line{0.0, fixed ? Exp(-rate * time_years) : 1.0};
  double spread = 0.0;
  for (int step = 0; step <= kReweightings; ++step) {
    const Moments m = MomentsOf(quotes, line, pivot, step);
    const double centre = m.strike / m.weight;
    spread = m.square - centre * m.strike;
    if (!fixed) {
      if (!(spread > 0.0)) return fit;
      line.discount = -(m.product - centre * m.value) / spread;
    }
    line.level = m.value / m.weight + line.discount * centre;
  }
  if (!(line.discount > 0.0)) return fit;
  fit.discount = line.discount;
  fit.forward = pivot + line.level / line.discount;
  if (!fixed) {
    fit.rate = -Log(line.discount) / time_years;
    fit.rate_error = kUniformDeviation / (Sqrt(spread) * line.discount * time_years);
  }
  for (const ParityQuote& q : quotes) {
    const double value = line.level - line.discount * (q.strike - pivot), slack = 1e-12 * q.strike;
    fit.outside += value < q.call_bid - q.put_ask - slack || value > q.call_ask - q.put_bid + slack ? 1 : 0;
  }
  return fit;
}

}  // namespace tickgraph
