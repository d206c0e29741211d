#include "replay/market_stream.h"

#include <algorithm>

namespace tickgraph {

namespace {

constexpr PriceNanos kCentNanos = 10'000'000;
constexpr uint64_t kHourNs = 3'600'000'000'000;
constexpr uint64_t kDirectoryNs = 3 * kHourNs, kFirstOrderNs = 4 * kHourNs, kOpenNs = 9 * kHourNs + kHourNs / 2, kCloseNs = 16 * kHourNs;
constexpr uint32_t kRing = 1 << 22;  // arrivals whose age is known
constexpr uint32_t kShareSum = 1000;

struct TypeShare {
  char type;
  uint32_t share;  // in thousandths
};
constexpr TypeShare kShares[] = {{'A', 445}, {'D', 430}, {'U', 70}, {'E', 20}, {'X', 13}, {'I', 10}, {'F', 5}, {'P', 4}, {'C', 3}};
static_assert([] {
  uint32_t sum = 0;
  for (const TypeShare& x : kShares) sum += x.share;
  return sum;
}() == kShareSum);

// Age in arrivals at which this share (in percent) of all cancels, replaces and executions have come: AMZN's quantiles in seconds times
// 5,900.
struct AgeQuantile {
  uint32_t percent;
  uint64_t arrivals;
};
constexpr AgeQuantile kAges[] = {{0, 0},       {5, 1},       {10, 4},      {20, 62},      {30, 680},     {40, 3'200},     {50, 7'700},
                                 {60, 17'700}, {70, 36'200}, {80, 76'500}, {90, 235'000}, {95, 676'000}, {98, 2'380'000}, {100, kRing}};

BookSetConfig BooksFor(const MarketStreamOptions& options) {
  BookSetConfig config;
  config.max_instruments = options.instruments;
  // The shares let the population grow by half a percent of the messages at most.
  config.max_orders = options.standing_orders + static_cast<uint32_t>(std::min<uint64_t>(options.day_messages / 50, 4'000'000)) + 1'000;
  config.max_levels = config.max_orders;
  return config;
}

Symbol NameOf(uint32_t instrument) {
  Symbol name;
  for (int i = 3; i >= 0; --i, instrument /= 26) name.chars[static_cast<size_t>(i)] = static_cast<char>('A' + instrument % 26);
  return name;
}

}  // namespace

MarketStream::MarketStream(const MarketStreamOptions& options)
    : options_(options), random_(options.seed, 1), books_(BooksFor(options)), arrivals_(kRing) {
  double sum = 0;
  for (uint32_t i = 0; i < options.instruments; ++i) {
    cumulative_.push_back(sum += 1.0 / (i + 20.0));
    base_ticks_.push_back(500 + static_cast<int32_t>(random_.Below(30'000)));
  }
  opening_messages_ = uint64_t{options.instruments} + options.standing_orders;
}

uint32_t MarketStream::Next(uint8_t* out) {
  if (made_ == total()) return 0;
  const uint32_t size = made_ < opening_messages_ ? MakeOpening(out) : MakeDay(out);
  ++made_;
  ++by_type_[out[0]];
  return size;
}

uint32_t MarketStream::MakeOpening(uint8_t* out) {
  if (made_ < options_.instruments) return MakeDirectory(static_cast<uint32_t>(made_), out);
  // Market makers quote every name, everybody else the big ones.
  const uint32_t instrument = random_.Below(2) == 0 ? random_.Below(options_.instruments) : PickInstrument();
  return MakeAdd('A', instrument, true, out);
}

uint32_t MarketStream::MakeDay(uint8_t* out) {
  uint32_t at = random_.Below(kShareSum);
  char type = 'A';
  for (const TypeShare& x : kShares) {
    type = x.type;
    if (at < x.share) break;
    at -= x.share;
  }
  if (books_.order_count() < 2 && type != 'I' && type != 'P') type = 'A';
  switch (type) {
    case 'D':
      return MakeDelete(out);
    case 'U':
      return MakeReplace(out);
    case 'E':
    case 'C':
      return MakeExecute(type, out);
    case 'X':
      return MakeReduce(out);
    case 'I':
    case 'P':
      return MakeOther(type, out);
    default:
      return MakeAdd(type, PickInstrument(), false, out);
  }
}

EventHeader MarketStream::Header(char type, uint32_t instrument) {
  EventHeader header;
  header.type = type;
  header.locate = instrument + 1;
  if (made_ < options_.instruments) {
    header.ts_event_ns = kDirectoryNs + made_ * 1'000;
  } else if (made_ < opening_messages_) {
    header.ts_event_ns = kFirstOrderNs + (made_ - options_.instruments) * ((kOpenNs - kFirstOrderNs) / options_.standing_orders);
  } else {
    header.ts_event_ns = kOpenNs + (made_ - opening_messages_) * ((kCloseNs - kOpenNs) / options_.day_messages);
  }
  return header;
}

uint32_t MarketStream::PickInstrument() {
  const double at = random_.Uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return static_cast<uint32_t>(std::min<ptrdiff_t>(found - cumulative_.begin(), options_.instruments - 1));
}

// Never at or through the other side. Standing orders are spread deep, others mostly join or improve the touch.
PriceNanos MarketStream::PickPrice(uint32_t instrument, Side side, bool standing) {
  const TopOfBook& top = books_.top(instrument);
  const bool buys = side == Side::kBuy;
  const PriceNanos own = buys ? top.bid_nanos : top.ask_nanos, other = buys ? top.ask_nanos : top.bid_nanos;
  const int64_t sign = buys ? 1 : -1;
  const int64_t limit = other == kNoPrice ? base_ticks_[instrument] : other / kCentNanos - sign;
  const int64_t touch = own == kNoPrice ? limit : own / kCentNanos;
  const uint32_t kind = random_.Below(100);
  int64_t worse;  // ticks behind the touch
  if (standing) {
    worse = kind < 60 ? random_.LogUniform(100) : random_.LogUniform(1500);
  } else if (kind < 8) {
    worse = touch == limit ? 0 : -1;
  } else if (kind < 38) {
    worse = 0;
  } else if (kind < 85) {
    worse = random_.Geometric(0.7, 40);
  } else {
    worse = random_.LogUniform(kind < 97 ? 100 : 1500);
  }
  return std::max<int64_t>(touch - sign * worse, 1) * kCentNanos;
}

OrderRef MarketStream::Arrive() {
  // References have gaps: those of orders that nobody is shown.
  last_ref_ += 1 + random_.Below(4);
  OrderRef& slot = arrivals_[arrived_++ % kRing];
  if (slot != 0 && books_.Find(0, slot).result == BookResult::kOk) old_.push_back(slot);
  slot = last_ref_;
  return last_ref_;
}

uint64_t MarketStream::PickAge() {
  const uint32_t at = random_.Below(100);
  size_t i = 1;
  while (kAges[i].percent <= at) ++i;
  const uint64_t low = kAges[i - 1].arrivals, high = kAges[i].arrivals;
  return low + random_.Below(static_cast<uint32_t>(high - low + 1));
}

int64_t MarketStream::TicksFromTouch(const BookUpdate& where) const {
  const TopOfBook& top = books_.top(where.instrument);
  const PriceNanos away = where.side == Side::kBuy ? top.bid_nanos - where.price_nanos : where.price_nanos - top.ask_nanos;
  return away / kCentNanos;
}

OrderRef MarketStream::PickOrder(BookUpdate* where) {
  constexpr uint64_t kScan = 256;
  const auto alive = [&](OrderRef ref) { return (*where = books_.Find(0, ref)).result == BookResult::kOk; };
  for (int tries = 0; tries < 64; ++tries) {
    // One in two hundred is older than the ring knows.
    if (!old_.empty() && random_.Below(200) == 0) {
      const uint32_t at = random_.Below(static_cast<uint32_t>(old_.size()));
      const OrderRef ref = old_[at];
      if (alive(ref)) return ref;
      old_[at] = old_.back();
      old_.pop_back();
      continue;
    }
    const uint64_t known = std::min<uint64_t>(arrived_, kRing);
    const uint64_t age = PickAge();
    for (uint64_t i = age; i < known && i < age + kScan; ++i) {
      const OrderRef ref = arrivals_[(arrived_ - 1 - i) % kRing];
      if (!alive(ref)) continue;
      if (TicksFromTouch(*where) > 10 && random_.Below(4) != 0) break;
      return ref;
    }
  }
  // Hardly anything lives: whatever does, the youngest first.
  for (uint64_t i = 0; i < std::min<uint64_t>(arrived_, kRing); ++i) {
    const OrderRef ref = arrivals_[(arrived_ - 1 - i) % kRing];
    if (alive(ref)) return ref;
  }
  return 0;
}

uint32_t MarketStream::MakeDirectory(uint32_t instrument, uint8_t* out) {
  InstrumentDefinition definition;
  definition.header = Header('R', instrument);
  definition.symbol = NameOf(instrument);
  definition.round_lot = 100;
  return EncodeItch(definition, 0, out);
}

uint32_t MarketStream::MakeAdd(char type, uint32_t instrument, bool standing, uint8_t* out) {
  AddOrder add;
  add.header = Header(type, instrument);
  add.symbol = NameOf(instrument);
  add.order_ref = Arrive();
  add.side = random_.Below(2) == 0 ? Side::kBuy : Side::kSell;
  add.price_nanos = PickPrice(instrument, add.side, standing);
  add.quantity = 100 * (1 + random_.Below(5));
  if (type == 'F') add.attribution = FixedText<4>::From("MMKR");
  (void)books_.Apply(instrument, add);
  return EncodeItch(add, 0, out);
}

uint32_t MarketStream::MakeDelete(uint8_t* out) {
  BookUpdate where;
  DeleteOrder remove;
  remove.order_ref = PickOrder(&where);
  remove.header = Header('D', where.instrument);
  (void)books_.Apply(remove);
  return EncodeItch(remove, 0, out);
}

uint32_t MarketStream::MakeReplace(uint8_t* out) {
  BookUpdate where;
  ReplaceOrder replace;
  replace.order_ref = PickOrder(&where);
  replace.header = Header('U', where.instrument);
  replace.new_order_ref = Arrive();
  replace.price_nanos = PickPrice(where.instrument, where.side, false);
  replace.quantity = 100 * (1 + random_.Below(5));
  (void)books_.Apply(replace);
  return EncodeItch(replace, 0, out);
}

// The front of the best level of a side that has an order: half of the time all of it.
uint32_t MarketStream::MakeExecute(char type, uint8_t* out) {
  BookUpdate where;
  (void)PickOrder(&where);
  const TopOfBook& top = books_.top(where.instrument);
  ExecuteOrder execute;
  execute.header = Header(type, where.instrument);
  const PriceNanos best = where.side == Side::kBuy ? top.bid_nanos : top.ask_nanos;
  books_.ForEachOrder(where.instrument, where.side, best, [&](OrderRef ref, Quantity quantity) {
    execute.order_ref = ref;
    execute.quantity = quantity < 2 || random_.Below(2) == 0 ? quantity : quantity / 2;
    return false;
  });
  execute.match_number = made_;
  if (type == 'C') execute.price_nanos = best;
  (void)books_.Apply(execute);
  return EncodeItch(execute, 0, out);
}

uint32_t MarketStream::MakeReduce(uint8_t* out) {
  BookUpdate where;
  ReduceOrder reduce;
  reduce.order_ref = PickOrder(&where);
  reduce.header = Header('X', where.instrument);
  reduce.quantity = std::max<Quantity>(where.quantity_left / 2, 1);
  (void)books_.Apply(reduce);
  return EncodeItch(reduce, 0, out);
}

uint32_t MarketStream::MakeOther(char type, uint8_t* out) {
  const uint32_t instrument = PickInstrument();
  if (type == 'P') {
    Trade trade;
    trade.header = Header('P', instrument);
    trade.symbol = NameOf(instrument);
    trade.price_nanos = base_ticks_[instrument] * kCentNanos;
    trade.quantity = 100;
    trade.match_number = made_;
    return EncodeItch(trade, 0, out);
  }
  Notice notice;
  notice.header = Header('I', instrument);
  notice.symbol = NameOf(instrument);
  notice.price_nanos = notice.price_2_nanos = notice.price_3_nanos = base_ticks_[instrument] * kCentNanos;
  notice.detail = FixedText<8>::From("BO1");
  return EncodeItch(notice, 0, out);
}

}  // namespace tickgraph
