// How each kind of mispricing is made and taken away; see generator_plants.h.
#include "replay/generator_plants.h"

#include <algorithm>

#include "kernels/math.h"

namespace tickgraph {
namespace {

constexpr uint64_t kPlantStream = 5;
constexpr uint64_t kShortestNs = 500'000, kLongestNs = 5'000'000;
constexpr PriceNanos kCentNanos = kTickNanos;
// Options further from the money than this (cents) are too cheap to be moved by a mispricing.
constexpr double kLeastValueCents = 40;
// A box's halves stay below what stock and one pair would gain after fees.
constexpr PriceNanos kBoxHalfNanos = 2'000'000;

PriceNanos Fees(SignalKind kind) {
  const EngineConfig config;
  switch (kind) {
    case SignalKind::kCrossVenue:
      return 2 * config.equity_fee_nanos;
    case SignalKind::kConversion:
    case SignalKind::kReversal:
      return config.equity_fee_nanos + 2 * config.option_fee_nanos;
    case SignalKind::kBox:
      return 4 * config.option_fee_nanos;
    case SignalKind::kVertical:
    case SignalKind::kButterfly:
    case SignalKind::kCalendar:
      break;  // not planted
  }
  return 0;
}

int32_t CentsUp(PriceNanos nanos) { return static_cast<int32_t>((nanos + kCentNanos - 1) / kCentNanos); }

}  // namespace

MispricingPlanter::MispricingPlanter(EquityMarket& equities, OptionMarket& options, std::array<MoldFeed*, kGeneratorVenues> venues,
                                     OpraFeed& opra, uint64_t seed, uint64_t messages, double rate)
    : equities_(equities), options_(options), venues_(venues), opra_(opra), random_(seed, kPlantStream), longest_ns_(kLongestNs) {
  MakePlan(messages);
  if (plan_.empty()) return;
  // Half the time from one to the next at most, so that all of them come to pass.
  const double spacing_ns = static_cast<double>(messages) / static_cast<double>(plan_.size()) / rate * 1e9;
  longest_ns_ = std::clamp(static_cast<uint64_t>(std::min(spacing_ns / 2, 1e9)), kShortestNs, kLongestNs);
}

void MispricingPlanter::MakePlan(uint64_t messages) {
  if (messages < 20'000) return;
  const auto add = [&](SignalKind kind, uint64_t every) {
    plan_.insert(plan_.end(), std::max<uint64_t>(1, messages / every), Planned{0, kind});
  };
  add(SignalKind::kCrossVenue, 25'000);
  add(SignalKind::kConversion, 40'000);
  add(SignalKind::kReversal, 40'000);
  add(SignalKind::kBox, 40'000);
  for (size_t i = plan_.size() - 1; i > 0; --i) std::swap(plan_[i], plan_[random_.Below(static_cast<uint32_t>(i + 1))]);
  // The first eighth builds the books; the last bit is the close's.
  const double from = 0.18 * static_cast<double>(messages), each = 0.76 * static_cast<double>(messages) / static_cast<double>(plan_.size());
  for (size_t i = 0; i < plan_.size(); ++i)
    plan_[i].at_message = static_cast<uint64_t>(from + each * (static_cast<double>(i) + 0.5 * random_.Uniform()));
}

void MispricingPlanter::Freeze(uint32_t symbol) {
  symbol_ = symbol;
  equities_.symbol(symbol).frozen = true;
}

void MispricingPlanter::AddStockLeg(int venue, Side side, int32_t tick) {
  const MarketSymbol& s = equities_.symbol(symbol_);
  current_.legs[static_cast<size_t>(current_.leg_count++)] = {venue, side, s.Price(tick), s.name, {}};
}

void MispricingPlanter::AddOptionLeg(uint32_t contract, Side side) {
  const GeneratedContract& c = options_.contract(contract);
  const PriceNanos price = side == Side::kBuy ? c.best_ask.price_nanos : c.best_bid.price_nanos;
  current_.legs[static_cast<size_t>(current_.leg_count++)] = {kOptionFeed, side, price, c.key.root, c.key};
}

void MispricingPlanter::Start(uint64_t now_ns) {
  const SignalKind kind = plan_[next_++].kind;
  current_ = {};
  current_.kind = kind;
  order_venue_ = -1;
  contracts_.clear();
  bool made = false;
  switch (kind) {
    case SignalKind::kCrossVenue:
      made = PlantCrossVenue();
      break;
    case SignalKind::kConversion:
      made = PlantParity(true);
      break;
    case SignalKind::kReversal:
      made = PlantParity(false);
      break;
    case SignalKind::kBox:
      made = PlantBox();
      break;
    case SignalKind::kVertical:
    case SignalKind::kButterfly:
    case SignalKind::kCalendar:
      break;  // never planned
  }
  if (!made) return;
  active_ = true;
  current_.net_edge_nanos = current_.gross_edge_nanos - Fees(kind);
  current_.start_ns = now_ns;
  current_.end_ns = now_ns + static_cast<uint64_t>(random_.Between(kShortestNs, static_cast<int64_t>(longest_ns_)));
}

bool MispricingPlanter::PlantCrossVenue() {
  const uint32_t chains = options_.shape().underlyings;
  if (equities_.symbol_count() <= chains) return false;
  Freeze(chains + random_.Below(equities_.symbol_count() - chains));
  const MarketSymbol& s = equities_.symbol(symbol_);
  const int rich = static_cast<int>(random_.Below(kGeneratorVenues)), cheap = 1 - rich;
  const int32_t offer = s.Touch(Side::kSell), bid = offer + static_cast<int32_t>(random_.Between(2, 4));
  const uint32_t shares = 100 * (1 + random_.Below(5));
  equities_.AddAt(symbol_, cheap, Side::kSell, offer, shares);
  venues_[static_cast<size_t>(cheap)]->Flush();
  equities_.ClearThrough(symbol_, rich, Side::kSell, bid);
  order_ = equities_.AddAt(symbol_, rich, Side::kBuy, bid, shares);
  order_venue_ = rich;
  venues_[static_cast<size_t>(rich)]->Flush();
  for (int venue : {cheap, rich}) {
    current_.first_sequence[static_cast<size_t>(venue)] = venues_[static_cast<size_t>(venue)]->state().next_sequence - 1;
  }
  AddStockLeg(cheap, Side::kBuy, offer);
  AddStockLeg(rich, Side::kSell, bid);
  current_.gross_edge_nanos = s.Price(bid) - s.Price(offer);
  current_.size = shares;
  return true;
}

bool MispricingPlanter::PickPair(uint32_t underlying, uint32_t expiration, Pair* pair) {
  const uint32_t half = options_.shape().strikes / 2, reach = std::min(half, 6u);
  const EngineConfig config;
  for (int attempt = 0; attempt < 32; ++attempt) {
    const uint32_t strike = half - reach + random_.Below(2 * reach);
    pair->call = options_.IndexOf(underlying, expiration, strike, OptionRight::kCall);
    pair->put = options_.IndexOf(underlying, expiration, strike, OptionRight::kPut);
    pair->call_cents = options_.Theoretical(pair->call) * 100;
    pair->put_cents = options_.Theoretical(pair->put) * 100;
    if (pair->call_cents < kLeastValueCents || pair->put_cents < kLeastValueCents) continue;
    const GeneratedContract& c = options_.contract(pair->call);
    if (c.frozen) continue;
    pair->discounted_strike_nanos = static_cast<PriceNanos>(c.strike * Exp(-config.rate * c.time_years) * 1e9);
    options_.contract(pair->call).frozen = options_.contract(pair->put).frozen = true;
    contracts_.push_back(pair->call);
    contracts_.push_back(pair->put);
    return true;
  }
  return false;
}

void MispricingPlanter::PostPair(const Pair& pair, int32_t call_bid, int32_t call_ask, int32_t put_bid, int32_t put_ask,
                                 uint32_t contracts) {
  const auto post = [&](uint32_t index, int32_t bid, int32_t ask) {
    options_.PostAll(index, {std::max(bid, 0), ask, bid > 0 ? contracts : 0, contracts});
  };
  post(pair.call, call_bid, call_ask);
  post(pair.put, put_bid, put_ask);
}

void MispricingPlanter::QuoteRich(const Pair& pair, PriceNanos stock_nanos, PriceNanos least, uint32_t contracts) {
  const auto put_ask = static_cast<int32_t>(pair.put_cents) - 2;
  const int32_t call_bid = CentsUp(least + put_ask * kCentNanos + stock_nanos - pair.discounted_strike_nanos);
  const auto wide = [](double cents) { return static_cast<int32_t>(2 * OptionMarket::HalfSpreadCents(cents / 100)); };
  PostPair(pair, call_bid, call_bid + wide(pair.call_cents), put_ask - wide(pair.put_cents), put_ask, contracts);
}

void MispricingPlanter::QuoteCheap(const Pair& pair, PriceNanos stock_nanos, PriceNanos least, uint32_t contracts) {
  const auto call_ask = static_cast<int32_t>(pair.call_cents) - 2;
  const int32_t put_bid = CentsUp(least + call_ask * kCentNanos - stock_nanos + pair.discounted_strike_nanos);
  const auto wide = [](double cents) { return static_cast<int32_t>(2 * OptionMarket::HalfSpreadCents(cents / 100)); };
  PostPair(pair, call_ask - wide(pair.call_cents), call_ask, put_bid, put_bid + wide(pair.put_cents), contracts);
}

bool MispricingPlanter::PlantParity(bool conversion) {
  const uint32_t underlying = random_.Below(options_.shape().underlyings);
  options_.Drain(underlying);
  const MarketSymbol& s = equities_.symbol(underlying);
  Pair pair;
  if (!PickPair(underlying, random_.Below(options_.shape().expirations), &pair)) return false;
  Freeze(underlying);
  const uint32_t contracts = 1 + random_.Below(8);
  // One tick inside the others' quotes: this venue alone is best.
  const Side quoted = conversion ? Side::kSell : Side::kBuy;
  const int32_t tick = conversion ? s.Touch(quoted) - 1 : s.Touch(quoted) + 1;
  order_venue_ = static_cast<int>(random_.Below(kGeneratorVenues));
  order_ = equities_.AddAt(underlying, order_venue_, quoted, tick, contracts * 100);
  MoldFeed& venue = *venues_[static_cast<size_t>(order_venue_)];
  venue.Flush();
  opra_.Flush();
  const PriceNanos stock = s.Price(tick), least = Fees(current_.kind) + 15'000'000;
  conversion ? QuoteRich(pair, stock, least, contracts) : QuoteCheap(pair, stock, least, contracts);
  opra_.Flush();
  current_.first_sequence[static_cast<size_t>(order_venue_)] = venue.state().next_sequence - 1;
  current_.first_sequence[kOptionFeed] = opra_.state().next_sequence - 1;
  AddStockLeg(order_venue_, conversion ? Side::kBuy : Side::kSell, tick);
  AddOptionLeg(pair.call, conversion ? Side::kSell : Side::kBuy);
  AddOptionLeg(pair.put, conversion ? Side::kBuy : Side::kSell);
  const PriceNanos synthetic = current_.legs[1].price_nanos - current_.legs[2].price_nanos + pair.discounted_strike_nanos;
  current_.gross_edge_nanos = conversion ? synthetic - stock : stock - synthetic;
  current_.size = contracts * 100;
  return true;
}

bool MispricingPlanter::PlantBox() {
  const uint32_t underlying = random_.Below(options_.shape().underlyings), expiration = random_.Below(options_.shape().expirations);
  options_.Drain(underlying);
  Pair cheap, rich;
  if (!PickPair(underlying, expiration, &cheap) || !PickPair(underlying, expiration, &rich)) {
    for (uint32_t index : contracts_) options_.contract(index).frozen = false;
    return false;
  }
  Freeze(underlying);
  const MarketSymbol& s = equities_.symbol(underlying);
  const uint32_t contracts = 1 + random_.Below(8);
  opra_.Flush();
  QuoteCheap(cheap, s.Price(s.Touch(Side::kBuy)), kBoxHalfNanos, contracts);
  QuoteRich(rich, s.Price(s.Touch(Side::kSell)), kBoxHalfNanos, contracts);
  opra_.Flush();
  current_.first_sequence[kOptionFeed] = opra_.state().next_sequence - 1;
  AddOptionLeg(cheap.call, Side::kBuy);
  AddOptionLeg(cheap.put, Side::kSell);
  AddOptionLeg(rich.call, Side::kSell);
  AddOptionLeg(rich.put, Side::kBuy);
  current_.gross_edge_nanos = rich.discounted_strike_nanos - cheap.discounted_strike_nanos;
  for (const PlantedLeg& leg : current_.legs) current_.gross_edge_nanos += leg.side == Side::kSell ? leg.price_nanos : -leg.price_nanos;
  current_.size = contracts * 100;
  return true;
}

void MispricingPlanter::End(uint64_t now_ns) {
  for (MoldFeed* venue : venues_) venue->Flush();
  opra_.Flush();
  for (size_t feed = 0; feed < kGeneratorFeeds; ++feed) {
    const uint64_t next = feed == kOptionFeed ? opra_.state().next_sequence : venues_[feed]->state().next_sequence;
    if (current_.first_sequence[feed] != 0) current_.last_sequence[feed] = next - 1;
  }
  current_.end_ns = now_ns;
  for (uint32_t index : contracts_) {
    options_.contract(index).frozen = false;
    options_.Refresh(index);
  }
  opra_.Flush();
  if (order_venue_ >= 0) {
    equities_.Withdraw(symbol_, order_venue_, order_);
    venues_[static_cast<size_t>(order_venue_)]->Flush();
  }
  equities_.symbol(symbol_).frozen = false;
  active_ = false;
  planted_.push_back(current_);
}

}  // namespace tickgraph
