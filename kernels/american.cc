// From contracts to the solver's unit puts and back: symmetry, degenerate cases, Greeks by differences, implied volatility by bracketing.
#include "kernels/american.h"

#include "kernels/american_lattice.h"

namespace tickgraph {

using namespace american_internal;  // NOLINT(google-build-using-namespace)

namespace {

constexpr double kVolatilityShare = 2e-3;  // steps of the differences: of the volatility, of the time, and of a rate
constexpr double kTimeShare = 2e-3;
constexpr double kRateStep = 2e-4;
constexpr double kLargestVolatility = 64.0;
constexpr int kRootSteps = 100;

AmericanValue European4(const AmericanContract& c) {
  const auto g = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years);
  return {g.price, g.delta, g.gamma, g.theta};
}

// The future without chance: exercise when the discounted payoff is largest.
struct CertainValue {
  double price, time;
};
CertainValue Certain(const AmericanContract& c) {
  const auto payoff = [&](double t) { return Larger(Sign(c) * (c.spot * Exp(-c.dividend_yield * t) - c.strike * Exp(-c.rate * t)), 0.0); };
  CertainValue best{payoff(0.0), 0.0};
  const double turn = Log(c.rate * c.strike / (c.dividend_yield * c.spot)) / (c.rate - c.dividend_yield);
  for (const double t : {turn > 0.0 && turn < c.time_years ? turn : 0.0, c.time_years}) {
    if (payoff(t) > best.price) best = {payoff(t), t};
  }
  return best;
}

AmericanValue CertainGreeks(const AmericanContract& c) {
  const CertainValue best = Certain(c);
  if (best.time >= c.time_years) return European4(c);
  return {best.price, best.price > 0.0 ? Sign(c) * Exp(-c.dividend_yield * best.time) : 0.0, 0.0, 0.0};
}

AmericanValue Lattice(const AmericanContract& c, const UnitPut& put) {
  const LatticeValue v = ExtrapolatedLatticePut(put.moneyness, 1.0, put.rate, put.yield, c.volatility, c.time_years);
  const double exercise = 1.0 - put.moneyness;
  if (v.price <= exercise + 1e-9) return Exercised(c);
  return FromUnit(c, put, v.price, v.delta, v.gamma);
}

double UnitCritical(const AmericanBoundary& boundary, AmericanPreset preset) {
  const int nodes = AmericanTablesFor(preset).boundary_nodes;
  return CriticalMoneyness(boundary.limit, boundary.log_square[static_cast<size_t>(nodes) - 1]);
}

// f(x - 2h), f(x - h), f(x), f(x + h), f(x + 2h).
double Slope(const double (&f)[5], double h) { return (8.0 * (f[3] - f[1]) - (f[4] - f[0])) / (12.0 * h); }
double Bend(const double (&f)[5], double h) { return (16.0 * (f[3] + f[1]) - (f[4] + f[0]) - 30.0 * f[2]) / (12.0 * h * h); }

struct Differences {
  double price[5], delta[5];
};
Differences Around(const AmericanContract& centre, const AmericanValue& value, double AmericanContract::*field, double h,
                   AmericanPreset preset) {
  Differences d;
  for (int i = 0; i < 5; ++i) {
    AmericanContract c = centre;
    c.*field += (i - 2) * h;
    const AmericanValue v = i == 2 ? value : American(c, preset);
    d.price[i] = v.price;
    d.delta[i] = v.delta;
  }
  return d;
}

}  // namespace

const AmericanLoops& AmericanLoopsFor(SimdLevel level) {
  switch (level) {
    case SimdLevel::kAvx512:
      return Avx512AmericanLoops();
    case SimdLevel::kAvx2:
      return Avx2AmericanLoops();
    case SimdLevel::kScalar:
      break;
  }
  return ScalarAmericanLoops();
}

bool IsRegularAmerican(const AmericanContract& contract) { return IsRegular(contract); }

AmericanBoundary SolveAmericanBoundary(const AmericanContract& contract, AmericanPreset preset, SimdLevel level) {
  const UnitPut put = ToUnitPut(contract);
  AmericanBoundary boundary;
  boundary.rate = put.rate;
  boundary.dividend_yield = put.yield;
  boundary.volatility = contract.volatility;
  boundary.time_years = contract.time_years;
  AmericanLoopsFor(level).solve(AmericanTablesFor(preset), boundary);
  return boundary;
}

double CriticalSpot(const AmericanContract& contract, const AmericanBoundary& boundary, AmericanPreset preset) {
  const double unit = UnitCritical(boundary, preset);
  return contract.right == OptionRight::kPut ? contract.strike * unit : contract.strike / unit;
}

AmericanValue AmericanFromBoundary(const AmericanContract& contract, const AmericanBoundary& boundary, AmericanPreset preset,
                                   SimdLevel level) {
  const UnitPut put = ToUnitPut(contract);
  const double critical = UnitCritical(boundary, preset);
  if (put.moneyness <= critical) return Exercised(contract);
  const AmericanUnitValue early = AmericanLoopsFor(level).premium(AmericanTablesFor(preset), boundary, put.moneyness);
  return ValueWithPremium(contract, put, critical, early.premium, early.delta, early.gamma);
}

AmericanValue American(const AmericanContract& contract, AmericanPreset preset) {
  const double nan = NotANumber<double>();
  if (!IsValid(contract)) return {nan, nan, nan, nan};
  if (!(contract.time_years > 0.0)) return Exercised(contract);
  const UnitPut put = ToUnitPut(contract);
  if (IsNeverExercised(put)) return European4(contract);
  if (contract.volatility * Sqrt(contract.time_years) <= 1e-7) return CertainGreeks(contract);
  if (HasTwoBoundaries(put)) return Lattice(contract, put);
  return AmericanFromBoundary(contract, SolveAmericanBoundary(contract, preset), preset);
}

AmericanGreeks AmericanAllGreeks(const AmericanContract& contract, AmericanPreset preset) {
  const AmericanValue v = American(contract, preset);
  AmericanGreeks g{v.price, v.delta, v.gamma, 0.0, v.theta, 0.0, 0.0, 0.0, 0.0};
  if (v.price != v.price) {
    g.vega = g.rho = g.vanna = g.volga = g.charm = v.price;
    return g;
  }
  if (!(contract.time_years > 0.0)) return g;
  if (IsNeverExercised(ToUnitPut(contract))) {
    const auto e = European(contract.right, contract.spot, contract.strike, contract.rate, contract.dividend_yield, contract.volatility,
                            contract.time_years);
    const auto h = EuropeanHigher(contract.right, contract.spot, contract.strike, contract.rate, contract.dividend_yield,
                                  contract.volatility, contract.time_years);
    return {e.price, e.delta, e.gamma, e.vega, e.theta, e.rho, h.vanna, h.volga, h.charm};
  }
  const bool exercised = v.price == Intrinsic(contract) && v.gamma == 0.0 && v.price > 0.0;
  if (exercised) return g;
  const double rate_step = kRateStep;
  const Differences by_rate = Around(contract, v, &AmericanContract::rate, rate_step, preset);
  g.rho = Slope(by_rate.price, rate_step);
  const double time_step = kTimeShare * contract.time_years;
  g.charm = -Slope(Around(contract, v, &AmericanContract::time_years, time_step, preset).delta, time_step);
  if (contract.volatility * Sqrt(contract.time_years) <= 1e-7) return g;
  const double volatility_step = kVolatilityShare * contract.volatility;
  const Differences by_volatility = Around(contract, v, &AmericanContract::volatility, volatility_step, preset);
  g.vega = Slope(by_volatility.price, volatility_step);
  g.volga = Bend(by_volatility.price, volatility_step);
  g.vanna = Slope(by_volatility.delta, volatility_step);
  return g;
}

ImpliedVolatilityResult AmericanImpliedVolatility(const AmericanContract& contract, double price, AmericanPreset preset) {
  const auto none = [](ImpliedVolatilityStatus status) { return ImpliedVolatilityResult{NotANumber<double>(), status}; };
  AmericanContract c = contract;
  c.volatility = 0.0;
  if (!IsValid(c) || !IsFinite(price)) return none(ImpliedVolatilityStatus::kInvalid);
  if (!(c.time_years > 0.0)) return none(ImpliedVolatilityStatus::kExpired);
  const UnitPut put = ToUnitPut(c);
  if (IsNeverExercised(put)) return ImpliedVolatility(c.right, price, c.spot, c.strike, c.rate, c.dividend_yield, c.time_years);
  const double least = Certain(c).price;
  const double most = put.scale * Larger(1.0, Exp(-put.rate * c.time_years));
  if (price < least) return none(ImpliedVolatilityStatus::kBelowIntrinsic);
  if (price >= most) return none(ImpliedVolatilityStatus::kAboveMaximum);
  if (price == least) return {0.0, ImpliedVolatilityStatus::kOk};
  const auto excess = [&](double volatility) {
    c.volatility = volatility;
    return American(c, preset).price - price;
  };
  // The European volatility is the highest there can be: from it downwards by the premium over vega. Then secants, and a
  // halving where one would leave the bracket.
  const double guess = ImpliedVolatility(c.right, price, c.spot, c.strike, c.rate, c.dividend_yield, c.time_years).volatility;
  const bool guessed = guess * Sqrt(c.time_years) > 1e-6 && guess * Sqrt(c.time_years) < kLargestVolatility;
  double high = guessed ? guess : 0.25 / Sqrt(c.time_years), at_high = excess(high);
  const double vega = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, high, c.time_years).vega;
  double reach = Smaller(Larger(1.5 * Abs(at_high) / vega, 1e-9 * high), 0.5 * high), low = high, at_low = at_high;
  while (at_high < 0.0 && high * Sqrt(c.time_years) < kLargestVolatility) {
    low = high, at_low = at_high, high += reach, reach *= 4.0, at_high = excess(high);
  }
  while (at_low > 0.0 && low > 1e-12) {
    high = low, at_high = at_low, low = Larger(low - reach, 0.5 * low), reach *= 4.0, at_low = excess(low);
  }
  if (at_high < 0.0) return none(ImpliedVolatilityStatus::kAboveMaximum);
  const double tolerance = preset == AmericanPreset::kFast ? 1e-6 : 1e-9;
  double x = high, fx = at_high, last = low, f_last = at_low;
  for (int step = 0; step < kRootSteps && fx != 0.0; ++step) {
    const double secant = x - fx * (x - last) / (fx - f_last);
    const double next = secant > low && secant < high ? secant : 0.5 * (low + high);
    last = x, f_last = fx;
    x = next, fx = excess(x);
    (fx > 0.0 ? high : low) = x;
    // The next secant would move by far less than the last one did.
    if (Abs(x - last) <= tolerance * x) break;
  }
  return {x, ImpliedVolatilityStatus::kOk};
}

}  // namespace tickgraph
