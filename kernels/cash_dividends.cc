// The lattice over the escrowed spot; see the header.
#include "kernels/cash_dividends.h"

namespace tickgraph {
namespace {

constexpr int kSteps = 1000;
constexpr int kRootSteps = 80;
constexpr double kLargestVolatility = 16.0;
// Steps of the differences, wide against the lattice's own error.
constexpr double kVolatilityShare = 0.02, kRateStep = 2e-3, kTimeShare = 0.01;

double Sign(OptionRight right) { return right == OptionRight::kCall ? 1.0 : -1.0; }

struct Node {
  double price, delta, gamma;
};

// What exercise is worth at time t with the escrowed spot x: at once, or at the dividends of the step that begins there, for a call before
// the payment and for a put after it. Each is linear in x: intercept + sign x.
double ExerciseIntercept(const AmericanContract& c, std::span<const CashDividend> dividends, double t, double step) {
  const double sign = Sign(c.right), end = c.time_years;
  // What is paid at t itself is still to come for a call exercised at t.
  double best = sign * (DividendValue(dividends, c.rate, t, end) - c.strike);
  for (const CashDividend& d : dividends) {
    if (d.time_years < t || d.time_years >= t + step || d.time_years > end || !(d.time_years > 0.0)) continue;
    const double wait = d.time_years - t;
    const double later = DividendValue(dividends, c.rate, d.time_years, end) + (c.right == OptionRight::kCall ? d.amount : 0.0);
    best = Larger(best, sign * Exp(-c.rate * wait) * (later - c.strike));
  }
  return best;
}

Node Lattice(const AmericanContract& c, std::span<const CashDividend> dividends, double escrowed, int steps) {
  double value[kSteps + 3];
  const double sign = Sign(c.right), step = c.time_years / steps;
  // Below this volatility the drift leaves the lattice.
  const double volatility = Larger(c.volatility, 1.01 * Abs(c.rate - c.dividend_yield) * Sqrt(step) + 1e-9);
  const double up = Exp(volatility * Sqrt(step)), discount = Exp(-c.rate * step);
  const double probability = (Exp((c.rate - c.dividend_yield) * step) - 1.0 / up) / (up - 1.0 / up);
  const double rise = discount * probability, fall = discount * (1.0 - probability);
  // Two steps earlier than now, so that now has three nodes to take differences of.
  const int last = steps + 1;
  double lowest = escrowed;
  for (int i = 0; i < last; ++i) lowest /= up;
  for (int level = last; level >= 2; --level) {
    if (level < last) lowest *= up;
    const double exercise = ExerciseIntercept(c, dividends, step * (level - 2), step);
    double x = lowest;
    for (int i = 0; i <= level; ++i, x *= up * up) {
      const double held = level == last ? European(c.right, x, c.strike, c.rate, c.dividend_yield, volatility, step).price
                                        : Fma(rise, value[i + 1], fall * value[i]);
      value[i] = Larger(held, exercise + sign * x);
    }
  }
  const double low = escrowed / (up * up), high = escrowed * up * up;
  const double below = (value[1] - value[0]) / (escrowed - low), above = (value[2] - value[1]) / (high - escrowed);
  return {value[1], (below * (high - escrowed) + above * (escrowed - low)) / (high - low), 2.0 * (above - below) / (high - low)};
}

Node American3(const AmericanContract& c, std::span<const CashDividend> dividends) {
  const double escrowed = c.spot - DividendValue(dividends, c.rate, 0.0, c.time_years);
  const double nan = NotANumber<double>();
  if (!(escrowed > 0.0) || !(c.volatility >= 0.0) || !(c.strike > 0.0)) return {nan, nan, nan};
  const double now = Larger(Sign(c.right) * (c.spot - c.strike), 0.0);
  if (!(c.time_years > 0.0)) return {now, now > 0.0 ? Sign(c.right) : 0.0, 0.0};
  const Node coarse = Lattice(c, dividends, escrowed, kSteps / 2), fine = Lattice(c, dividends, escrowed, kSteps);
  const double price = 2.0 * fine.price - coarse.price;
  if (price <= now + 1e-9 * c.strike) return {now, Sign(c.right), 0.0};
  return {price, 2.0 * fine.delta - coarse.delta, 2.0 * fine.gamma - coarse.gamma};
}

// The contract as it is `passed` years later.
struct Shifted {
  Shifted(const AmericanContract& from, std::span<const CashDividend> all, double passed) : contract(from) {
    contract.time_years -= passed;
    for (const CashDividend& d : all) {
      if (count < kMaxDividends && d.time_years > 0.0) dividends[count++] = {d.time_years - passed, d.amount};
    }
  }
  AmericanContract contract;
  CashDividend dividends[kMaxDividends];
  size_t count = 0;
};
Node Later(const AmericanContract& c, std::span<const CashDividend> dividends, double passed) {
  const Shifted later(c, dividends, passed);
  return American3(later.contract, {later.dividends, later.count});
}

}  // namespace

double DividendValue(std::span<const CashDividend> dividends, double rate, double from, double to) {
  double value = 0.0;
  for (const CashDividend& d : dividends) {
    if (d.time_years > from && d.time_years <= to) value += d.amount * Exp(-rate * (d.time_years - from));
  }
  return value;
}

AmericanGreeks EuropeanWithDividends(const AmericanContract& c, std::span<const CashDividend> dividends) {
  const double value = DividendValue(dividends, c.rate, 0.0, c.time_years), spot = c.spot - value;
  double by_rate = 0.0;  // of the dividends' value, negated
  for (const CashDividend& d : dividends) {
    if (d.time_years > 0.0 && d.time_years <= c.time_years) by_rate += d.time_years * d.amount * Exp(-c.rate * d.time_years);
  }
  const auto g = European(c.right, spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years);
  const auto h = EuropeanHigher(c.right, spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years);
  return {g.price,
          g.delta,
          g.gamma,
          g.vega,
          g.theta - g.delta * c.rate * value,
          g.rho + g.delta * by_rate,
          h.vanna,
          h.volga,
          h.charm - g.gamma * c.rate * value};
}

AmericanGreeks AmericanWithDividends(const AmericanContract& c, std::span<const CashDividend> dividends) {
  const Node v = American3(c, dividends);
  AmericanGreeks g{v.price, v.delta, v.gamma, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
  if (v.price != v.price) {
    g.vega = g.theta = g.rho = g.vanna = g.volga = g.charm = v.price;
    return g;
  }
  if (!(c.time_years > 0.0) || (v.gamma == 0.0 && v.price > 0.0)) return g;
  double passed = kTimeShare * c.time_years;
  // Not past the next payment, which the spot does not show.
  for (const CashDividend& d : dividends) passed = d.time_years > 0.0 ? Smaller(passed, 0.5 * d.time_years) : passed;
  const Node earlier = Later(c, dividends, -passed), later = Later(c, dividends, passed);
  g.theta = 0.5 * (later.price - earlier.price) / passed;
  g.charm = 0.5 * (later.delta - earlier.delta) / passed;
  AmericanContract low = c, high = c;
  low.rate -= kRateStep, high.rate += kRateStep;
  g.rho = 0.5 * (American3(high, dividends).price - American3(low, dividends).price) / kRateStep;
  const double h = kVolatilityShare * c.volatility;
  if (!(h > 0.0)) return g;
  low = high = c;
  low.volatility -= h, high.volatility += h;
  const Node below = American3(low, dividends), above = American3(high, dividends);
  g.vega = 0.5 * (above.price - below.price) / h;
  g.vanna = 0.5 * (above.delta - below.delta) / h;
  g.volga = (above.price - 2.0 * v.price + below.price) / (h * h);
  return g;
}

ImpliedVolatilityResult ImpliedVolatilityWithDividends(const AmericanContract& contract, bool american, double price,
                                                       std::span<const CashDividend> dividends) {
  AmericanContract c = contract;
  const double escrowed = c.spot - DividendValue(dividends, c.rate, 0.0, c.time_years);
  const auto european = ImpliedVolatility(c.right, price, escrowed, c.strike, c.rate, c.dividend_yield, c.time_years);
  if (!american || european.status == ImpliedVolatilityStatus::kInvalid || european.status == ImpliedVolatilityStatus::kExpired) {
    return european;
  }
  const auto none = [](ImpliedVolatilityStatus status) { return ImpliedVolatilityResult{NotANumber<double>(), status}; };
  const auto excess = [&](double volatility) {
    c.volatility = volatility;
    return American3(c, dividends).price - price;
  };
  const double most = c.right == OptionRight::kCall ? c.spot : c.strike * Larger(1.0, Exp(-c.rate * c.time_years));
  if (price >= most) return none(ImpliedVolatilityStatus::kAboveMaximum);
  double low = 0.0, at_low = excess(low);
  if (at_low > 1e-6 * c.strike) return none(ImpliedVolatilityStatus::kBelowIntrinsic);
  double high = Larger(european.volatility, 1e-3), at_high = excess(high);
  while (!(at_high >= 0.0) && high < kLargestVolatility) low = high, at_low = at_high, high *= 1.5, at_high = excess(high);
  if (!(at_high >= 0.0)) return none(ImpliedVolatilityStatus::kAboveMaximum);
  // Regula falsi, halving a side's weight that stays (Illinois).
  int kept = 0;
  for (int step = 0; step < kRootSteps && high - low > 1e-9 * high; ++step) {
    const double secant = high - at_high * (high - low) / (at_high - at_low);
    const double x = secant > low && secant < high ? secant : 0.5 * (low + high), fx = excess(x);
    if (fx > 0.0) {
      at_low *= kept == 1 ? 0.5 : 1.0;
      high = x, at_high = fx, kept = 1;
    } else {
      at_high *= kept == -1 ? 0.5 : 1.0;
      low = x, at_low = fx, kept = -1;
    }
    if (fx == 0.0) return {x, ImpliedVolatilityStatus::kOk};
  }
  return {0.5 * (low + high), ImpliedVolatilityStatus::kOk};
}

}  // namespace tickgraph
