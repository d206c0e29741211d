// The signal engine as a textbook would write it: maps, every pair of venues, every strike, every pair of strikes. Slow, and without any of
// the engines' state or shortcuts; only the closed-form option formulas are theirs. Tests compare engines with it signal for signal.
#pragma once

#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

#include "hot/signal.h"
#include "kernels/european.h"
#include "kernels/implied_volatility.h"

namespace tickgraph {

class TextbookScan {
 public:
  explicit TextbookScan(const EngineConfig& config) : config_(config) {}

  // The caller defines only what fits an engine's capacities.
  void Define(const EngineInstrument& x) {
    instruments_[x.instrument] = x;
    if (x.kind == InstrumentKind::kEquity) {
      equities_[x.product][{x.venue, x.instrument}] = x.instrument;
    } else {
      chains_[x.product][x.expiration][x.strike_nanos][x.right] = x.instrument;
    }
  }

  std::vector<Signal> Submit(const EngineRow* rows, uint32_t count) {
    std::set<ProductIndex> touched;
    for (uint32_t i = 0; i < count; ++i) {
      const auto found = instruments_.find(rows[i].instrument);
      if (found == instruments_.end()) continue;
      touched.insert(found->second.product);
      Quote& quote = quotes_[rows[i].instrument];
      const Quote fresh = FromRow(rows[i], quote);
      if (fresh.bid_there != quote.bid_there || fresh.ask_there != quote.ask_there || (fresh.bid_there && fresh.bid != quote.bid) ||
          (fresh.ask_there && fresh.ask != quote.ask))
        volatility_due_.insert(rows[i].instrument);
      quote = fresh;
    }
    std::vector<Signal> out;
    for (const ProductIndex product : touched) {
      Value(product);
      Cross(product, &out);
      for (const auto& [expiration, strikes] : chains_[product]) {
        for (const auto& [strike, contracts] : strikes) Parity(product, expiration, strike, contracts, &out);
        Box(product, expiration, strikes, &out);
        Spreads(product, expiration, strikes, &out);
      }
    }
    return out;
  }

 private:
  struct Quote {
    bool bid_there = false, ask_there = false;
    PriceNanos bid = 0, ask = 0;
    Quantity bid_quantity = 0, ask_quantity = 0;
  };
  using Contracts = std::map<OptionRight, InstrumentIndex>;
  using Strikes = std::map<PriceNanos, Contracts>;
  using Slot = std::tuple<ProductIndex, SignalKind, uint32_t, PriceNanos>;  // expiration, strike or which spread, where they apply
  struct Leg {
    InstrumentIndex instrument;
    Side side;
    int64_t ratio = 1;
  };

  static Quote FromRow(const EngineRow& row, const Quote&) {
    const PriceNanos limit = PriceNanos{1} << 50;
    const Quantity most = Quantity{1} << 40;
    Quote q;
    q.bid_there = row.tradable && row.top.bid_nanos != kNoPrice && row.top.bid_quantity > 0 && row.top.bid_nanos > -limit &&
                  row.top.bid_nanos < limit;
    q.ask_there = row.tradable && row.top.ask_nanos != kNoPrice && row.top.ask_quantity > 0 && row.top.ask_nanos > -limit &&
                  row.top.ask_nanos < limit;
    if (q.bid_there) q.bid = row.top.bid_nanos, q.bid_quantity = std::min(row.top.bid_quantity, most);
    if (q.ask_there) q.ask = row.top.ask_nanos, q.ask_quantity = std::min(row.top.ask_quantity, most);
    return q;
  }

  static int64_t Days(uint32_t date) {
    static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const auto leap = [](uint32_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
    int64_t days = 0;
    for (uint32_t y = 1900; y < date / 10000; ++y) days += leap(y) ? 366 : 365;
    for (uint32_t m = 1; m < date / 100 % 100; ++m) days += kDays[m - 1] + (m == 2 && leap(date / 10000) ? 1 : 0);
    return days + date % 100;
  }
  double Time(uint32_t expiration) const {
    return static_cast<double>(std::max<int64_t>(0, Days(expiration) - Days(config_.session_date))) / 365.0;
  }
  static PriceNanos Times(PriceNanos price, double factor) {
    return static_cast<PriceNanos>(std::nearbyint(static_cast<double>(price) * factor));
  }

  // Best of the product's venues, earliest on ties; null where none.
  const InstrumentIndex* Best(ProductIndex product, bool bid) {
    const InstrumentIndex* best = nullptr;
    for (const auto& [key, instrument] : equities_[product]) {
      const Quote& q = quotes_[instrument];
      if (!(bid ? q.bid_there : q.ask_there)) continue;
      if (best == nullptr || (bid ? q.bid > quotes_[*best].bid : q.ask < quotes_[*best].ask)) best = &instrument;
    }
    return best;
  }

  void Value(ProductIndex product) {
    const InstrumentIndex *bid = Best(product, true), *ask = Best(product, false);
    const PriceNanos twice = bid != nullptr && ask != nullptr ? quotes_[*bid].bid + quotes_[*ask].ask : 0;
    for (const auto& [expiration, strikes] : chains_[product]) {
      for (const auto& [strike, contracts] : strikes) {
        for (const auto& [right, instrument] : contracts) {
          theo_.erase(instrument);
          if (twice <= 0) continue;
          const double spot = static_cast<double>(twice) * 0.5e-9, k = static_cast<double>(strike) * 1e-9;
          const Quote& q = quotes_[instrument];
          if (volatility_due_.erase(instrument) != 0 && q.bid_there && q.ask_there) {
            const auto found = ImpliedVolatility(right, static_cast<double>(q.bid + q.ask) * 0.5e-9, spot, k, config_.rate,
                                                 config_.dividend_yield, Time(expiration));
            volatility_[instrument] = found.status == ImpliedVolatilityStatus::kOk ? found.volatility : 0;
          }
          if (!(volatility_[instrument] > 0)) continue;
          const double price =
              European(right, spot, k, config_.rate, config_.dividend_yield, volatility_[instrument], Time(expiration)).price;
          theo_[instrument] = std::max<PriceNanos>(0, static_cast<PriceNanos>(std::nearbyint(price * 1e9)));
        }
      }
    }
  }

  void Judge(const Slot& slot, bool there, PriceNanos edge, const std::vector<Leg>& legs, std::vector<Signal>* out) {
    if (!there) {
      last_.erase(slot);
      return;
    }
    Signal s;
    for (SignalLeg& leg : s.legs) leg.instrument = kNoInstrument;
    s.kind = std::get<1>(slot);
    s.product = std::get<0>(slot);
    s.edge_nanos = edge;
    s.leg_count = static_cast<uint8_t>(legs.size());
    bool valued = true;
    for (size_t i = 0; i < legs.size(); ++i) {
      const Quote& q = quotes_[legs[i].instrument];
      const bool buy = legs[i].side == Side::kBuy, option = instruments_[legs[i].instrument].kind == InstrumentKind::kOption;
      const Quantity units = (buy ? q.ask_quantity : q.bid_quantity) / legs[i].ratio * (option ? 100 : 1);
      s.legs[i].price_nanos = buy ? q.ask : q.bid;
      s.legs[i].instrument = legs[i].instrument;
      s.legs[i].side = legs[i].side;
      s.legs[i].ratio = static_cast<uint8_t>(legs[i].ratio);
      s.quantity = i == 0 ? units : std::min(s.quantity, units);
      if (!option) continue;
      const auto theo = theo_.find(legs[i].instrument);
      if (theo == theo_.end()) {
        valued = false;
      } else {
        s.theo_edge_nanos += legs[i].ratio * (buy ? theo->second - s.legs[i].price_nanos : s.legs[i].price_nanos - theo->second);
      }
    }
    if (!valued) s.theo_edge_nanos = 0;
    if (s.quantity == 0) {
      last_.erase(slot);
      return;
    }
    const Quote& first = quotes_[legs[0].instrument];
    s.imbalance_ppm =
        static_cast<int32_t>((first.bid_quantity - first.ask_quantity) * 1'000'000 / (first.bid_quantity + first.ask_quantity));
    const auto was = last_.find(slot);
    bool same = was != last_.end() && was->second.edge_nanos == s.edge_nanos && was->second.quantity == s.quantity;
    for (size_t i = 0; same && i < legs.size(); ++i)
      same = was->second.legs[i].price_nanos == s.legs[i].price_nanos && was->second.legs[i].instrument == s.legs[i].instrument;
    last_[slot] = s;
    if (!same) out->push_back(s);
  }

  void Cross(ProductIndex product, std::vector<Signal>* out) {
    bool there = false;
    PriceNanos edge = 0;
    InstrumentIndex buyer = 0, seller = 0;
    for (const auto& [sell_key, sell] : equities_[product]) {
      for (const auto& [buy_key, buy] : equities_[product]) {
        if (sell == buy || !quotes_[sell].bid_there || !quotes_[buy].ask_there) continue;
        const PriceNanos e = quotes_[sell].bid - quotes_[buy].ask - 2 * config_.equity_fee_nanos;
        if (there && (e < edge || (e == edge && quotes_[sell].bid <= quotes_[seller].bid))) continue;
        there = true;
        edge = e;
        buyer = buy;
        seller = sell;
      }
    }
    there = there && edge > config_.min_edge_cross_nanos;
    Judge({product, SignalKind::kCrossVenue, 0, 0}, there, edge, {{buyer, Side::kBuy}, {seller, Side::kSell}}, out);
  }

  void Parity(ProductIndex product, uint32_t expiration, PriceNanos strike, const Contracts& contracts, std::vector<Signal>* out) {
    const InstrumentIndex *bid = Best(product, true), *ask = Best(product, false);
    const Slot conversion{product, SignalKind::kConversion, expiration, strike},
        reversal{product, SignalKind::kReversal, expiration, strike};
    if (contracts.size() < 2) return;
    const InstrumentIndex call = contracts.at(OptionRight::kCall), put = contracts.at(OptionRight::kPut);
    const Quote &c = quotes_[call], &p = quotes_[put];
    const double t = Time(expiration), dividend = Exp(-config_.dividend_yield * t);
    const PriceNanos kd = Times(strike, Exp(-config_.rate * t)), fees = config_.equity_fee_nanos + 2 * config_.option_fee_nanos;
    PriceNanos edge = 0;
    bool there = ask != nullptr && c.bid_there && p.ask_there;
    if (there) edge = c.bid - p.ask + kd - Times(quotes_[*ask].ask, dividend) - fees;
    there = there && edge > config_.min_edge_parity_nanos;
    Judge(conversion, there, edge,
          there ? std::vector<Leg>{{*ask, Side::kBuy}, {call, Side::kSell}, {put, Side::kBuy}} : std::vector<Leg>{}, out);
    there = bid != nullptr && c.ask_there && p.bid_there;
    if (there) edge = Times(quotes_[*bid].bid, dividend) - kd + p.bid - c.ask - fees;
    there = there && edge > config_.min_edge_parity_nanos;
    Judge(reversal, there, edge, there ? std::vector<Leg>{{*bid, Side::kSell}, {call, Side::kBuy}, {put, Side::kSell}} : std::vector<Leg>{},
          out);
  }

  void Box(ProductIndex product, uint32_t expiration, const Strikes& strikes, std::vector<Signal>* out) {
    const double discount = Exp(-config_.rate * Time(expiration));
    bool there = false;
    PriceNanos edge = 0, sold_at = 0;
    std::vector<Leg> legs;
    for (const auto& [k2, sells] : strikes) {
      for (const auto& [k1, buys] : strikes) {
        if (k1 == k2 || buys.size() < 2 || sells.size() < 2) continue;
        const InstrumentIndex c1 = buys.at(OptionRight::kCall), p1 = buys.at(OptionRight::kPut);
        const InstrumentIndex c2 = sells.at(OptionRight::kCall), p2 = sells.at(OptionRight::kPut);
        if (!quotes_[c1].ask_there || !quotes_[p1].bid_there || !quotes_[c2].bid_there || !quotes_[p2].ask_there) continue;
        const PriceNanos sold = Times(k2, discount) + quotes_[c2].bid - quotes_[p2].ask;
        const PriceNanos e = sold - (Times(k1, discount) + quotes_[c1].ask - quotes_[p1].bid) - 4 * config_.option_fee_nanos;
        if (there && (e < edge || (e == edge && sold <= sold_at))) continue;
        there = true;
        edge = e;
        sold_at = sold;
        legs = {{c1, Side::kBuy}, {p1, Side::kSell}, {c2, Side::kSell}, {p2, Side::kBuy}};
      }
    }
    Judge({product, SignalKind::kBox, expiration, 0}, there && edge > config_.min_edge_box_nanos, edge, legs, out);
  }

  // A contract of the expiry by strike, those quoted on the wanted side.
  struct Offer {
    PriceNanos strike;
    InstrumentIndex instrument;
    PriceNanos price;
  };
  std::vector<Offer> Offers(const Strikes& strikes, OptionRight right, bool bid) {
    std::vector<Offer> out;
    for (const auto& [strike, contracts] : strikes) {
      const auto found = contracts.find(right);
      if (found == contracts.end()) continue;
      const Quote& q = quotes_[found->second];
      if (bid ? q.bid_there : q.ask_there) out.push_back({strike, found->second, bid ? q.bid : q.ask});
    }
    return out;
  }

  void Spreads(ProductIndex product, uint32_t expiration, const Strikes& strikes, std::vector<Signal>* out) {
    if (config_.spreads & kVerticals) {
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) {
        for (const bool steep : {false, true}) Vertical(product, expiration, strikes, right, steep, out);
      }
    }
    if (config_.spreads & kButterflies) {
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) Butterfly(product, expiration, strikes, right, out);
    }
    if (config_.spreads & kCalendars) {
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) Calendar(product, expiration, strikes, right, out);
    }
  }

  // Every pair of strikes. What two strikes may be worth at most is owed at once if the option is American and rates are above 0.
  void Vertical(ProductIndex product, uint32_t expiration, const Strikes& strikes, OptionRight right, bool steep,
                std::vector<Signal>* out) {
    const bool call = right == OptionRight::kCall;
    const double factor = config_.american != 0 && config_.rate > 0 ? 1.0 : Exp(-config_.rate * Time(expiration));
    bool there = false;
    std::tuple<PriceNanos, PriceNanos, PriceNanos> best;  // edge; upper and lower strike, negated
    std::vector<Leg> legs;
    for (const Offer& sold : Offers(strikes, right, true)) {
      for (const Offer& bought : Offers(strikes, right, false)) {
        if (sold.strike == bought.strike || (sold.strike > bought.strike) != (call != steep)) continue;
        const PriceNanos high = std::max(sold.strike, bought.strike), low = std::min(sold.strike, bought.strike);
        const PriceNanos width = steep ? Times(high, factor) - Times(low, factor) : 0;
        const std::tuple<PriceNanos, PriceNanos, PriceNanos> now = {sold.price - bought.price - width - 2 * config_.option_fee_nanos, -high,
                                                                    -low};
        if (there && now < best) continue;
        there = true;
        best = now;
        legs = {{bought.instrument, Side::kBuy}, {sold.instrument, Side::kSell}};
      }
    }
    Judge({product, SignalKind::kVertical, expiration, 2 * static_cast<int>(right) + steep},
          there && std::get<0>(best) > config_.min_edge_spread_nanos, std::get<0>(best), legs, out);
  }

  // Every triple of strikes: of a body, the wings that cost least at it, then the nearest; of bodies, the highest edge for one of them.
  void Butterfly(ProductIndex product, uint32_t expiration, const Strikes& strikes, OptionRight right, std::vector<Signal>* out) {
    __extension__ using Wide = __int128;
    bool there = false;
    PriceNanos edge = 0, best_gross = 0;
    int64_t best_b = 1;
    std::vector<Leg> legs;
    const std::vector<Offer> wings = Offers(strikes, right, false);
    for (const Offer& body : Offers(strikes, right, true)) {
      const Offer *low = nullptr, *high = nullptr;
      int64_t a = 0, b = 0, c = 0;
      const auto cost = [&](const Offer& x, const Offer& z) -> Wide {  // of the wings at the body, times z.strike - x.strike
        return static_cast<Wide>(x.price) * (z.strike - body.strike) + static_cast<Wide>(z.price) * (body.strike - x.strike);
      };
      for (const Offer& x : wings) {
        for (const Offer& z : wings) {
          if (x.strike >= body.strike || z.strike <= body.strike) continue;
          if (low != nullptr) {
            const Wide now = cost(x, z) * ((high->strike - low->strike) / kTick), was = cost(*low, *high) * ((z.strike - x.strike) / kTick);
            if (now > was || (now == was && (x.strike < low->strike || z.strike > high->strike))) continue;
          }
          low = &x;
          high = &z;
        }
      }
      if (low == nullptr) continue;
      const PriceNanos unit = std::gcd(high->strike - body.strike, body.strike - low->strike);
      a = (high->strike - body.strike) / unit;
      c = (body.strike - low->strike) / unit;
      b = a + c;
      const PriceNanos gross = b * body.price - a * low->price - c * high->price;
      if (b > 255 || gross <= 0 || (there && static_cast<Wide>(gross) * best_b <= static_cast<Wide>(best_gross) * b)) continue;
      there = true;
      best_gross = gross;
      best_b = b;
      edge = gross - 2 * b * config_.option_fee_nanos;
      legs = {{low->instrument, Side::kBuy, a}, {body.instrument, Side::kSell, b}, {high->instrument, Side::kBuy, c}};
    }
    Judge({product, SignalKind::kButterfly, expiration, static_cast<int>(right)}, there && edge > config_.min_edge_spread_nanos, edge, legs,
          out);
  }

  void Calendar(ProductIndex product, uint32_t expiration, const Strikes& strikes, OptionRight right, std::vector<Signal>* out) {
    const bool call = right == OptionRight::kCall;
    const bool carried = call ? config_.rate >= 0 && config_.dividend_yield <= 0 : config_.rate <= 0 && config_.dividend_yield >= 0;
    bool there = false;
    PriceNanos edge = 0;
    std::vector<Leg> legs;
    for (const auto& [later, later_strikes] : chains_[product]) {
      if (later <= expiration || (config_.american == 0 && !carried)) continue;
      for (const Offer& sold : Offers(strikes, right, true)) {
        for (const Offer& bought : Offers(later_strikes, right, false)) {
          if (sold.strike != bought.strike) continue;
          const PriceNanos e = sold.price - bought.price - 2 * config_.option_fee_nanos;
          if (there && e <= edge) continue;
          there = true;
          edge = e;
          legs = {{bought.instrument, Side::kBuy}, {sold.instrument, Side::kSell}};
        }
      }
    }
    Judge({product, SignalKind::kCalendar, expiration, static_cast<int>(right)}, there && edge > config_.min_edge_spread_nanos, edge, legs,
          out);
  }

  static constexpr PriceNanos kTick = 10'000'000;  // strikes of the tests are whole cents: 128 bits then hold the products

  EngineConfig config_;
  std::map<InstrumentIndex, EngineInstrument> instruments_;
  std::map<ProductIndex, std::map<std::pair<VenueIndex, InstrumentIndex>, InstrumentIndex>> equities_;
  std::map<ProductIndex, std::map<uint32_t, Strikes>> chains_;
  std::map<InstrumentIndex, Quote> quotes_;
  std::map<InstrumentIndex, double> volatility_;
  std::map<InstrumentIndex, PriceNanos> theo_;
  std::set<InstrumentIndex> volatility_due_;
  std::map<Slot, Signal> last_;
};

}  // namespace tickgraph
