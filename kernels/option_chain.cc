// The steps of EvaluateChain, an expiry at a time; see the header.
#include "kernels/option_chain.h"

#include <algorithm>

#include "kernels/parity_forward.h"

namespace tickgraph {
namespace {

constexpr int kPremiumRounds = 3;
constexpr double kTrustedRateError = 2.5e-3;  // a year; beyond it an expiry takes the rate of all together
constexpr double kUsableRateError = 0.05;     // beyond it a rate says nothing
constexpr double kNearDeviations = 2.0;       // strikes of American parity, in standard deviations from the forward
constexpr double kLeastNear = 0.02;           // and in shares of the forward
constexpr double kNarrowSpread = 1e-4;        // volatility: a narrower quote weighs no more in the smile

bool IsNumber(double x) { return x == x; }

ChainStatus QuoteStatus(const ChainContract& c) {
  const auto finite = [](double x) { return x - x == 0.0; };
  const bool absurd = (IsNumber(c.bid) && !finite(c.bid)) || (IsNumber(c.ask) && !finite(c.ask));
  if (!(c.strike > 0.0) || !finite(c.strike) || !finite(c.time_years) || absurd || c.bid < 0.0 || c.ask < 0.0) return ChainStatus::kInvalid;
  if (!(c.time_years > 0.0)) return ChainStatus::kExpired;
  const bool bid = c.bid > 0.0, ask = c.ask > 0.0;
  if (!bid) return ask ? ChainStatus::kNoBid : ChainStatus::kNoQuote;
  if (!ask) return ChainStatus::kNoAsk;
  return c.bid > c.ask ? ChainStatus::kCrossed : ChainStatus::kOk;
}

struct Chain {
  std::span<const ChainContract> contracts;
  const ChainSettings& settings;
  std::vector<uint32_t> order;  // by time, strike, right
  std::vector<uint32_t> begin;  // of each expiry in `order`, and the end
  ChainResult result;

  [[nodiscard]] std::span<const uint32_t> Members(size_t expiry) const {
    return std::span(order).subspan(begin[expiry], begin[expiry + 1] - begin[expiry]);
  }
};

AmericanContract Terms(const ChainContract& c, const ChainExpiry& e, double volatility) {
  return {c.right, e.spot, c.strike, e.rate, e.dividend_yield, volatility, c.time_years};
}

ImpliedVolatilityResult Volatility(const ChainContract& c, const ChainExpiry& e, double price, AmericanPreset preset) {
  if (c.american) return AmericanImpliedVolatility(Terms(c, e, 0.0), price, preset);
  return ImpliedVolatilityFrom(OptionSign<double>(c.right), price, e.forward * e.discount, c.strike * e.discount, c.time_years);
}

double EuropeanValue(const AmericanContract& c) {
  return European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years).price;
}

// What early exercise adds to the quote, at its own mid's volatility; NaN where it has none.
double ExercisePremium(const ChainContract& c, const ChainExpiry& e, AmericanPreset preset) {
  const ImpliedVolatilityResult found = Volatility(c, e, 0.5 * (c.bid + c.ask), preset);
  if (found.status != ImpliedVolatilityStatus::kOk) return NotANumber<double>();
  const AmericanContract terms = Terms(c, e, found.volatility);
  return American(terms, preset).price - EuropeanValue(terms);
}

struct StrikePair {
  const ChainContract *call, *put;
};

// Strikes of an expiry on which call and put both have a bid and an ask.
std::vector<StrikePair> PairsOf(const Chain& chain, size_t expiry) {
  std::vector<StrikePair> pairs;
  const auto members = chain.Members(expiry);
  for (size_t i = 0; i + 1 < members.size(); ++i) {
    const ChainContract &x = chain.contracts[members[i]], &y = chain.contracts[members[i + 1]];
    if (x.strike != y.strike || x.right == y.right) continue;
    if (QuoteStatus(x) == ChainStatus::kOk && QuoteStatus(y) == ChainStatus::kOk) pairs.push_back({&x, &y});
  }
  return pairs;
}

// Parity of American options holds near the money, where exercise is far off: at the strike where call and put are nearest lies the
// forward, and their sum there is a deviation.
void KeepNearTheMoney(std::vector<StrikePair>& pairs) {
  const auto gap = [](const StrikePair& p) { return Abs((p.call->bid + p.call->ask) - (p.put->bid + p.put->ask)); };
  const StrikePair centre = *std::min_element(pairs.begin(), pairs.end(), [&](auto& x, auto& y) { return gap(x) < gap(y); });
  const double straddle = 0.5 * (centre.call->bid + centre.call->ask + centre.put->bid + centre.put->ask);
  const double near = Larger(kNearDeviations * 1.2533141373155 * straddle, kLeastNear * centre.call->strike);
  std::erase_if(pairs, [&](const StrikePair& p) { return Abs(p.call->strike - centre.call->strike) > near; });
}

void TakeParity(const Chain& chain, const ParityForward& fit, ChainExpiry& e) {
  e.forward = fit.forward;
  e.discount = fit.discount;
  e.rate = fit.rate;
  e.forward_source = ForwardSource::kParity;
  e.spot = IsNumber(chain.settings.spot) ? chain.settings.spot : fit.forward * fit.discount;
  e.dividend_yield = fit.rate - Log(fit.forward / e.spot) / e.time_years;
  e.parity_outside = fit.outside;
}

// Forward and discount from parity; with a rate that is not NaN the forward alone.
void ImplyForward(const Chain& chain, size_t expiry, double rate, ChainExpiry& e) {
  std::vector<StrikePair> pairs = PairsOf(chain, expiry);
  e.parity_strikes = static_cast<int>(pairs.size());
  if (pairs.empty()) return;
  const bool american = pairs.front().call->american;
  if (american) KeepNearTheMoney(pairs);
  e.parity_strikes = static_cast<int>(pairs.size());
  std::vector<ParityQuote> quotes;
  for (int round = 0; round <= (american ? kPremiumRounds : 0); ++round) {
    quotes.clear();
    for (const StrikePair& p : pairs) {
      const double call = round == 0 ? 0.0 : ExercisePremium(*p.call, e, chain.settings.preset);
      const double put = round == 0 ? 0.0 : ExercisePremium(*p.put, e, chain.settings.preset);
      if (!IsNumber(call) || !IsNumber(put)) continue;
      quotes.push_back({p.call->strike, p.call->bid - call, p.call->ask - call, p.put->bid - put, p.put->ask - put});
    }
    const ParityForward fit = FitParityForward(quotes, e.time_years, rate);
    if (!(fit.forward > 0.0)) return;
    e.rate_error = IsNumber(rate) ? e.rate_error : fit.rate_error;
    TakeParity(chain, fit, e);
  }
}

// The rate on which expiries agree, each by what its spreads leave open; NaN where none says anything.
double PooledRate(const std::vector<ChainExpiry>& expiries) {
  double weight = 0.0, sum = 0.0;
  for (const ChainExpiry& e : expiries) {
    if (e.forward_source == ForwardSource::kNone || !(e.rate_error < kUsableRateError)) continue;
    const double w = 1.0 / (e.rate_error * e.rate_error + 1e-8);
    weight += w;
    sum += w * e.rate;
  }
  return weight > 0.0 ? sum / weight : NotANumber<double>();
}

void CarryForward(const Chain& chain, double rate, double yield, ChainExpiry& e) {
  if (!IsNumber(rate) || !(chain.settings.spot > 0.0)) return;
  e.rate = rate;
  e.dividend_yield = IsNumber(yield) ? yield : 0.0;
  e.spot = chain.settings.spot;
  e.discount = Exp(-rate * e.time_years);
  e.forward = e.spot * Exp((rate - e.dividend_yield) * e.time_years);
  e.forward_source = ForwardSource::kCarry;
}

void FindForwards(Chain& chain) {
  std::vector<ChainExpiry>& expiries = chain.result.expiries;
  const double given = chain.settings.rate;
  for (size_t i = 0; i < expiries.size(); ++i) {
    if (!(expiries[i].time_years > 0.0)) continue;
    if (IsNumber(given) && IsNumber(chain.settings.dividend_yield)) CarryForward(chain, given, chain.settings.dividend_yield, expiries[i]);
    if (expiries[i].forward_source == ForwardSource::kNone) ImplyForward(chain, i, given, expiries[i]);
    if (expiries[i].forward_source != ForwardSource::kNone) {
      expiries[i].rate_source = IsNumber(given) ? RateSource::kGiven : RateSource::kParity;
    }
  }
  const double pooled = IsNumber(given) ? given : PooledRate(expiries);
  double yield = chain.settings.dividend_yield;
  for (size_t i = 0; i < expiries.size(); ++i) {
    ChainExpiry& e = expiries[i];
    if (!(e.time_years > 0.0)) continue;
    const bool parity = e.forward_source == ForwardSource::kParity;
    if (parity && !IsNumber(given) && e.rate_error > kTrustedRateError) {
      e.forward_source = ForwardSource::kNone;
      e.rate = NotANumber<double>();
    }
    if (e.forward_source == ForwardSource::kNone && IsNumber(pooled)) {
      ImplyForward(chain, i, pooled, e);
      if (e.forward_source == ForwardSource::kNone) CarryForward(chain, pooled, yield, e);
      if (e.forward_source != ForwardSource::kNone) e.rate_source = IsNumber(given) ? RateSource::kGiven : RateSource::kPooled;
    }
    if (e.forward_source == ForwardSource::kParity && !IsNumber(chain.settings.dividend_yield)) yield = e.dividend_yield;
  }
}

void FindGreeks(const ChainContract& c, const ChainExpiry& e, AmericanPreset preset, ChainValue& v) {
  const AmericanContract terms = Terms(c, e, v.volatility);
  if (c.american) {
    const AmericanGreeks g = AmericanAllGreeks(terms, preset);
    v.delta = g.delta, v.gamma = g.gamma, v.vega = g.vega, v.theta = g.theta, v.rho = g.rho;
    return;
  }
  const EuropeanGreeks<double> g = European(c.right, e.spot, c.strike, e.rate, e.dividend_yield, v.volatility, c.time_years);
  v.delta = g.delta, v.gamma = g.gamma, v.vega = g.vega, v.theta = g.theta, v.rho = g.rho;
}

void FindVolatility(const Chain& chain, const ChainContract& c, const ChainExpiry& e, ChainValue& v) {
  const AmericanPreset preset = chain.settings.preset;
  const bool known = e.forward_source != ForwardSource::kNone;
  const bool priced = v.status == ChainStatus::kOk || v.status == ChainStatus::kNoBid || v.status == ChainStatus::kNoAsk;
  if (known && priced) {
    const auto one = [&](double price) { return price > 0.0 ? Volatility(c, e, price, preset).volatility : NotANumber<double>(); };
    v.bid_volatility = one(c.bid);
    v.ask_volatility = one(c.ask);
  }
  if (v.status != ChainStatus::kOk) return;
  if (!known) {
    v.status = e.parity_strikes == 1 ? ChainStatus::kOneStrike : ChainStatus::kMissingRate;
    return;
  }
  const ImpliedVolatilityResult found = Volatility(c, e, v.mid, preset);
  v.status = static_cast<ChainStatus>(found.status);
  // A price that is exactly the intrinsic value says nothing of volatility.
  if (found.status == ImpliedVolatilityStatus::kOk && !(found.volatility > 0.0)) v.status = ChainStatus::kBelowIntrinsic;
  if (v.status != ChainStatus::kOk) return;
  v.volatility = found.volatility;
  FindGreeks(c, e, preset, v);
}

// The out-of-the-money contract of each strike, or the other where that one has no volatility.
void FindSmile(const Chain& chain, size_t expiry, ChainExpiry& e) {
  std::vector<SviPoint> points;
  const auto members = chain.Members(expiry);
  for (size_t i = 0; i < members.size();) {
    const double strike = chain.contracts[members[i]].strike;
    const ChainValue* chosen = nullptr;
    do {
      const ChainValue& v = chain.result.values[members[i]];
      const bool outside = (chain.contracts[members[i]].right == OptionRight::kCall) == (strike >= e.forward);
      if (v.status == ChainStatus::kOk && (outside || chosen == nullptr)) chosen = &v;
    } while (++i < members.size() && chain.contracts[members[i]].strike == strike);  // a strike that is no number equals none
    if (chosen == nullptr || !IsNumber(chosen->ask_volatility)) continue;
    const double low = IsNumber(chosen->bid_volatility) ? chosen->bid_volatility : 0.0;
    const double reach = Larger(0.5 * (chosen->ask_volatility - low), kNarrowSpread) * 2.0 * chosen->volatility * e.time_years;
    points.push_back({LogRatio(strike, e.forward), chosen->volatility * chosen->volatility * e.time_years, 1.0 / (reach * reach)});
  }
  if (points.empty()) return;
  e.smile = FitSvi(points);
  e.lowest = points.front().log_moneyness;
  e.highest = points.back().log_moneyness;
  double weight = 0.0, squares = 0.0;
  for (const SviPoint& p : points) {
    const double miss = Sqrt(SviVariance(e.smile, p.log_moneyness) / e.time_years) - Sqrt(p.total_variance / e.time_years);
    weight += p.weight;
    squares += p.weight * miss * miss;
  }
  e.smile_rms = Sqrt(squares / weight);
}

void FindTheo(const Chain& chain, const ChainContract& c, const ChainExpiry& e, ChainValue& v) {
  if (e.smile.points == 0 || !(c.strike > 0.0) || v.status == ChainStatus::kInvalid) return;
  const double variance = SviVariance(e.smile, LogRatio(c.strike, e.forward));
  if (!(variance > 0.0)) return;
  v.smile_volatility = Sqrt(variance / e.time_years);
  const AmericanContract terms = Terms(c, e, v.smile_volatility);
  v.theo = c.american ? American(terms, chain.settings.preset).price : EuropeanValue(terms);
  if (v.status == ChainStatus::kCrossed) return;
  const double buy = c.ask > 0.0 ? v.theo - c.ask - chain.settings.fee : NotANumber<double>();
  const double sell = c.bid > 0.0 ? c.bid - v.theo - chain.settings.fee : NotANumber<double>();
  v.edge = !IsNumber(sell) || buy >= sell ? buy : sell;
  if (v.edge > 0.0 && v.edge >= chain.settings.least_edge) v.signal = v.edge == buy ? 1 : -1;
}

void Group(Chain& chain) {
  const auto& contracts = chain.contracts;
  for (uint32_t i = 0; i < contracts.size(); ++i) chain.order.push_back(i);
  const auto ordered = [](double x) { return IsNumber(x) ? x : -Infinity<double>(); };
  const auto before = [&](uint32_t x, uint32_t y) {
    const ChainContract &a = contracts[x], &b = contracts[y];
    if (ordered(a.time_years) != ordered(b.time_years)) return ordered(a.time_years) < ordered(b.time_years);
    if (ordered(a.strike) != ordered(b.strike)) return ordered(a.strike) < ordered(b.strike);
    return a.right != b.right ? a.right == OptionRight::kCall : x < y;
  };
  std::stable_sort(chain.order.begin(), chain.order.end(), before);
  const double nan = NotANumber<double>();
  chain.result.values.assign(contracts.size(), {});
  for (uint32_t at = 0; at < chain.order.size(); ++at) {
    const ChainContract& c = contracts[chain.order[at]];
    if (at == 0 || ordered(c.time_years) != ordered(contracts[chain.order[at - 1]].time_years)) {
      chain.begin.push_back(at);
      chain.result.expiries.push_back({c.time_years,
                                       nan,
                                       nan,
                                       nan,
                                       Infinity<double>(),
                                       nan,
                                       nan,
                                       RateSource::kNone,
                                       ForwardSource::kNone,
                                       0,
                                       0,
                                       0,
                                       nan,
                                       nan,
                                       {},
                                       nan,
                                       nan});
    }
    ++chain.result.expiries.back().contracts;
    const double mid = c.bid > 0.0 && c.ask > 0.0 ? 0.5 * (c.bid + c.ask) : nan;
    chain.result.values[chain.order[at]] = {
        static_cast<int>(chain.begin.size()) - 1, QuoteStatus(c), mid, nan, nan, nan, nan, nan, nan, 0, nan, nan, nan, nan, nan};
  }
  chain.begin.push_back(static_cast<uint32_t>(chain.order.size()));
}

}  // namespace

ChainResult EvaluateChain(std::span<const ChainContract> contracts, const ChainSettings& settings) {
  Chain chain{contracts, settings, {}, {}, {}};
  Group(chain);
  FindForwards(chain);
  std::vector<ChainExpiry>& expiries = chain.result.expiries;
  for (size_t i = 0; i < expiries.size(); ++i) {
    for (const uint32_t at : chain.Members(i)) FindVolatility(chain, contracts[at], expiries[i], chain.result.values[at]);
    if (expiries[i].forward_source == ForwardSource::kNone) continue;
    FindSmile(chain, i, expiries[i]);
    for (const uint32_t at : chain.Members(i)) FindTheo(chain, contracts[at], expiries[i], chain.result.values[at]);
    const ChainExpiry* last = nullptr;
    for (size_t k = 0; k < i; ++k) last = expiries[k].smile.points > 0 ? &expiries[k] : last;
    if (last != nullptr && expiries[i].smile.points > 0) {
      expiries[i].calendar_gap = SviCalendarGap(last->smile, expiries[i].smile, Larger(last->lowest, expiries[i].lowest),
                                                Smaller(last->highest, expiries[i].highest));
    }
  }
  return chain.result;
}

}  // namespace tickgraph
