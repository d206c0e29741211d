// Chains, quotes and the national best; see generator_options.h.
#include "replay/generator_options.h"

#include <algorithm>
#include <cmath>

#include "hot/signal.h"
#include "kernels/european.h"
#include "net/proto/new_york_time.h"

namespace tickgraph {
namespace {

constexpr uint64_t kOptionStream = 4;
constexpr std::array<uint32_t, 4> kExpirations = {20240322, 20240419, 20240621, 20250117};

double StrikeStep(double spot) { return spot < 100 ? 1.0 : (spot < 200 ? 2.5 : 5.0); }

int32_t FloorCents(double cents) {
  const auto whole = static_cast<int32_t>(cents);
  return static_cast<double>(whole) > cents ? whole - 1 : whole;
}
int32_t CeilCents(double cents) { return -FloorCents(-cents); }

OptionSide MakeSide(int32_t cents, uint32_t size, int participant) {
  if (size == 0) return {};
  return {cents * kTickNanos, static_cast<Quantity>(size), kOptionParticipants[static_cast<size_t>(participant)]};
}

}  // namespace

OptionMarket::OptionMarket(OpraFeed& feed, EquityMarket& equities, uint64_t seed, const ChainShape& shape, uint32_t session_date)
    : feed_(feed), equities_(equities), random_(seed, kOptionStream), shape_(shape), queues_(shape.underlyings) {
  contracts_.resize(size_t{shape_.underlyings} * shape_.expirations * shape_.strikes * 2);
  for (uint32_t u = 0; u < shape_.underlyings; ++u) BuildChain(u, session_date);
}

void OptionMarket::BuildChain(uint32_t underlying, uint32_t session_date) {
  const MarketSymbol& s = equities_.symbol(underlying);
  const double spot = s.FairPrice(), step = StrikeStep(spot);
  const auto middle = static_cast<int32_t>(std::lround(spot / step));
  const double level = 0.24 + 0.01 * static_cast<double>(random_.Below(15));
  const int64_t today = DaysFromCivil(FromYyyymmdd(session_date));
  for (uint32_t e = 0; e < shape_.expirations; ++e) {
    const int64_t days = DaysFromCivil(FromYyyymmdd(kExpirations[e])) - today;
    for (uint32_t k = 0; k < shape_.strikes; ++k) {
      const double strike = (middle - static_cast<int32_t>(shape_.strikes / 2) + static_cast<int32_t>(k)) * step;
      const double away = (strike - spot) / spot;
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) {
        GeneratedContract& c = contracts_[IndexOf(underlying, e, k, right)];
        c.key = {s.name, kExpirations[e], right, std::lround(strike * 10) * (kNanosPerUnit / 10)};
        c.underlying = underlying;
        c.strike = strike;
        c.time_years = static_cast<double>(days) / 365.0;
        // A skew and a smile; call and put share them, or parity would not hold.
        c.volatility = level - 0.12 * away + 0.5 * away * away;
      }
    }
  }
}

double OptionMarket::Theoretical(uint32_t index) const {
  const GeneratedContract& c = contracts_[index];
  const EngineConfig defaults;
  return European<double>(c.key.right, equities_.symbol(c.underlying).FairPrice(), c.strike, defaults.rate, defaults.dividend_yield,
                          c.volatility, c.time_years)
      .price;
}

double OptionMarket::HalfSpreadCents(double theoretical) { return kMinHalfSpreadCents + std::min(2.0 * theoretical, 15.0); }

ParticipantQuote OptionMarket::DrawQuote(double theoretical, int participant) {
  const double half = HalfSpreadCents(theoretical) + participant * static_cast<double>(random_.Below(3));
  ParticipantQuote quote;
  quote.bid = FloorCents(theoretical * 100 - half);
  quote.ask = CeilCents(theoretical * 100 + half);
  quote.bid_size = 1 + random_.LogUniform(200);
  quote.ask_size = 1 + random_.LogUniform(200);
  if (quote.bid < 1) quote.bid = 0, quote.bid_size = 0;
  return quote;
}

bool OptionMarket::UpdateBest(GeneratedContract& c, Side side) {
  const bool buy = side == Side::kBuy;
  const auto price = [&](int p) { return buy ? c.quotes[static_cast<size_t>(p)].bid : c.quotes[static_cast<size_t>(p)].ask; };
  const auto size = [&](int p) { return buy ? c.quotes[static_cast<size_t>(p)].bid_size : c.quotes[static_cast<size_t>(p)].ask_size; };
  OptionSide& best = buy ? c.best_bid : c.best_ask;
  int chosen = -1, incumbent = -1;
  for (int p = 0; p < shape_.participants; ++p) {
    if (size(p) == 0) continue;
    if (kOptionParticipants[static_cast<size_t>(p)] == best.participant) incumbent = p;
    const bool better_price = chosen < 0 || (buy ? price(p) > price(chosen) : price(p) < price(chosen));
    if (better_price || (price(p) == price(chosen) && size(p) > size(chosen))) chosen = p;
  }
  if (chosen >= 0 && incumbent >= 0 && price(incumbent) == price(chosen) && size(chosen) < size(incumbent) + 10) chosen = incumbent;
  const OptionSide next = chosen < 0 ? OptionSide{} : MakeSide(price(chosen), size(chosen), chosen);
  const bool changed = next.price_nanos != best.price_nanos || next.quantity != best.quantity || next.participant != best.participant;
  best = next;
  return changed;
}

void OptionMarket::Post(uint32_t index, int participant, const ParticipantQuote& quote) {
  GeneratedContract& c = contracts_[index];
  c.quotes[static_cast<size_t>(participant)] = quote;
  OptionQuote event;
  event.key = c.key;
  event.bid = MakeSide(quote.bid, quote.bid_size, participant);
  event.ask = MakeSide(quote.ask, quote.ask_size, participant);
  if (UpdateBest(c, Side::kBuy)) event.best_bid_change = c.best_bid.price_nanos == kNoPrice ? BestChange::kNone : BestChange::kSet;
  if (UpdateBest(c, Side::kSell)) event.best_ask_change = c.best_ask.price_nanos == kNoPrice ? BestChange::kNone : BestChange::kSet;
  event.best_bid = c.best_bid;
  event.best_ask = c.best_ask;
  event.participant = kOptionParticipants[static_cast<size_t>(participant)];
  event.condition = random_.Chance(0.1) ? 'A' : ' ';
  feed_.Send(event, random_.Chance(0.2));
}

void OptionMarket::Refresh(uint32_t index) {
  GeneratedContract& c = contracts_[index];
  const EngineConfig defaults;
  const MarketSymbol& s = equities_.symbol(c.underlying);
  const EuropeanGreeks<double> value =
      European<double>(c.key.right, s.FairPrice(), c.strike, defaults.rate, defaults.dividend_yield, c.volatility, c.time_years);
  c.delta = value.delta;
  c.quoted_at = s.fair;
  for (int p = 0; p < shape_.participants; ++p) {
    const ParticipantQuote& now = c.quotes[static_cast<size_t>(p)];
    const ParticipantQuote next = DrawQuote(value.price, p);
    if (next.bid != now.bid || next.ask != now.ask || now.ask_size == 0) Post(index, p, next);
  }
}

void OptionMarket::QueueAll() {
  for (uint32_t i = 0; i < contracts_.size(); ++i) {
    contracts_[i].queued = true;
    queues_[contracts_[i].underlying].contracts.push_back(i);
  }
  backlog_ = contracts_.size();
}

void OptionMarket::QuoteFrontOf(uint32_t underlying) {
  Queue& queue = queues_[underlying];
  const uint32_t index = queue.contracts[queue.front++];
  --backlog_;
  if (queue.front == queue.contracts.size()) {
    queue.contracts.clear();
    queue.front = 0;
  }
  contracts_[index].queued = false;
  if (!contracts_[index].frozen) Refresh(index);
}

void OptionMarket::QuoteNext() {
  for (uint32_t i = 0; i < shape_.underlyings; ++i) {
    const uint32_t underlying = next_queue_;
    next_queue_ = (next_queue_ + 1) % shape_.underlyings;
    if (!queues_[underlying].contracts.empty()) return QuoteFrontOf(underlying);
  }
}

void OptionMarket::Drain(uint32_t symbol) {
  while (!queues_[symbol].contracts.empty()) QuoteFrontOf(symbol);
}

void OptionMarket::FairMoved(uint32_t symbol) {
  const int32_t fair = equities_.symbol(symbol).fair;
  const uint32_t first = IndexOf(symbol, 0, 0, OptionRight::kCall), end = first + shape_.expirations * shape_.strikes * 2;
  for (uint32_t i = first; i < end; ++i) {
    GeneratedContract& c = contracts_[i];
    const double moved = c.delta * (fair - c.quoted_at);
    if (c.queued || c.frozen || (moved < kStaleCents && moved > -kStaleCents)) continue;
    c.queued = true;
    queues_[symbol].contracts.push_back(i);
    ++backlog_;
  }
}

void OptionMarket::Trade(uint32_t index) {
  const GeneratedContract& c = contracts_[index];
  const OptionSide& side = random_.Chance(0.5) && c.best_bid.price_nanos != kNoPrice ? c.best_bid : c.best_ask;
  OptionTrade event;
  event.key = c.key;
  event.price_nanos = side.price_nanos;
  event.quantity = 1 + random_.LogUniform(static_cast<uint32_t>(std::min<Quantity>(side.quantity, 50)));
  event.participant = side.participant;
  event.condition = random_.Chance(0.8) ? 'I' : 'S';
  feed_.Send(event);
}

void OptionMarket::Background() {
  // Near the money is where quotes flicker.
  const uint32_t underlying = random_.Below(shape_.underlyings);
  const uint32_t half = shape_.strikes / 2;
  const uint32_t off = random_.LogUniform(half);
  const uint32_t strike = random_.Chance(0.5) ? half + off : half - 1 - off;
  const OptionRight right = random_.Chance(0.5) ? OptionRight::kCall : OptionRight::kPut;
  const uint32_t index = IndexOf(underlying, random_.Below(shape_.expirations), strike, right);
  GeneratedContract& c = contracts_[index];
  if (c.frozen) return;
  if (random_.Chance(0.02)) return Trade(index);
  const int participant = static_cast<int>(random_.Below(static_cast<uint32_t>(shape_.participants)));
  ParticipantQuote quote = c.quotes[static_cast<size_t>(participant)];
  const uint32_t what = random_.Below(3);
  if (what == 0) {
    quote = DrawQuote(Theoretical(index), participant);
  } else if (what == 1 && quote.bid_size > 0) {
    quote.bid_size = 1 + random_.LogUniform(200);
  } else {
    quote.ask_size = 1 + random_.LogUniform(200);
  }
  Post(index, participant, quote);
}

void OptionMarket::PostAll(uint32_t index, const ParticipantQuote& quote) {
  for (int p = 0; p < shape_.participants; ++p) Post(index, p, quote);
}

}  // namespace tickgraph
