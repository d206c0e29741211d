// What happens to an equity book, one ITCH message at a time; see generator_equities.h.
#include "replay/generator_equities.h"

#include <algorithm>
#include <string_view>

namespace tickgraph {
namespace {

constexpr uint64_t kEquityStream = 3;
constexpr uint32_t kLadderLevels = 10;
constexpr int32_t kDeepestOffset = 45;
// The fair price stays this far from the ends of the window.
constexpr int32_t kMarginTicks = 400;

struct Listing {
  std::string_view symbol;
  int32_t price_cents;
  int32_t half_width;
};
// The first four carry options.
constexpr Listing kListings[] = {
    {"ALDR", 18'240, 1}, {"BRNT", 9'615, 1},  {"CORVX", 14'270, 1}, {"DUNE", 24'805, 1}, {"EMBR", 5'312, 0},
    {"FERN", 7'745, 0},  {"GALE", 11'830, 1}, {"HELX", 3'908, 0},   {"IRIS", 16'125, 1}, {"JADE", 4'480, 0},
    {"KITE", 6'255, 0},  {"LARK", 8'890, 0},  {"MESA", 10'150, 0},  {"NOVA", 20'760, 1}, {"OPAL", 2'995, 0},
    {"PINE", 5'870, 0},  {"QUAY", 9'220, 0},  {"RIDG", 12'640, 1},  {"SILT", 3'455, 0},  {"TERN", 7'180, 0},
};

}  // namespace

EquityMarket::EquityMarket(std::array<MoldFeed*, kGeneratorVenues> feeds, uint64_t seed, uint32_t symbol_count, uint32_t live_orders)
    : feeds_(feeds), random_(seed, kEquityStream), live_target_(live_orders), next_ref_{1'000, 500'000}, next_match_{1, 1} {
  const uint32_t count = std::min<uint32_t>(symbol_count, std::size(kListings));
  symbols_.reserve(count);
  double total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    // Activity falls with rank, as on a real day; what has options trades most.
    const double weight = 1.0 / (3.0 + i);
    const auto drift = static_cast<int32_t>(random_.Between(-60, 60));
    symbols_.emplace_back(kListings[i].symbol, kListings[i].price_cents + drift, kListings[i].half_width, weight, 4 * live_orders + 64);
    symbols_.back().locate = {i * 3 + 11, i * 5 + 402};
    cumulative_weight_.push_back(total += weight);
  }
}

EventHeader EquityMarket::Header(uint32_t symbol, int venue) const {
  EventHeader header;
  header.locate = symbols_[symbol].locate[static_cast<size_t>(venue)];
  return header;
}

void EquityMarket::Touching(uint32_t symbol, int venue, bool improves) {
  MarketSymbol& s = symbols_[symbol];
  MoldFeed& other = *feeds_[static_cast<size_t>(1 - venue)];
  if (improves && other.pending() && s.pending_epoch[static_cast<size_t>(1 - venue)] == other.state().epoch + 1) other.Flush();
  s.pending_epoch[static_cast<size_t>(venue)] = feeds_[static_cast<size_t>(venue)]->state().epoch + 1;
}

uint32_t EquityMarket::PickSymbol() {
  for (int attempt = 0; attempt < 16; ++attempt) {
    const double at = random_.Uniform() * cumulative_weight_.back();
    const auto found = std::upper_bound(cumulative_weight_.begin(), cumulative_weight_.end(), at);
    const auto index = static_cast<uint32_t>(std::min<std::ptrdiff_t>(found - cumulative_weight_.begin(), std::ssize(symbols_) - 1));
    if (!symbols_[index].frozen) return index;
  }
  for (uint32_t i = 0; i < symbols_.size(); ++i) {
    if (!symbols_[i].frozen) return i;
  }
  return 0;
}

uint32_t EquityMarket::DrawShares() {
  const double u = random_.Uniform();
  if (u < 0.12) return 1 + random_.Below(99);
  if (u < 0.70) return 100;
  return 100 * (1 + random_.LogUniform(30));
}

int32_t EquityMarket::DrawTick(const MarketSymbol& s, int venue, Side side) {
  const int32_t touch = s.Touch(side);
  const bool at_touch = s.books[static_cast<size_t>(venue)].Best(side) == touch;
  int32_t offset = 0;
  if (random_.Chance(at_touch ? 0.85 : 0.45)) offset = static_cast<int32_t>(random_.Geometric(0.84, kDeepestOffset));
  return side == Side::kBuy ? touch - offset : touch + offset;
}

uint32_t EquityMarket::PickOrder(const GeneratorBook& book) {
  // Most orders live shortly and some for the whole day: the age of what goes is heavy-tailed.
  return book.ByAge(random_.LogUniform(book.size()));
}

void EquityMarket::AddOrderAt(uint32_t symbol, int venue, Side side, int32_t tick, uint32_t shares, bool attributed) {
  MarketSymbol& s = symbols_[symbol];
  GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  const int32_t best = book.Best(side);
  Touching(symbol, venue, best == GeneratorBook::kNoTick || (side == Side::kBuy ? tick > best : tick < best));
  AddOrder event;
  event.header = Header(symbol, venue);
  event.header.type = attributed ? 'F' : 'A';
  event.symbol = s.name;
  event.order_ref = next_ref_[static_cast<size_t>(venue)]++;
  event.price_nanos = s.Price(tick);
  event.quantity = shares;
  event.side = side;
  if (attributed) event.attribution = FixedText<4>::From("MMKR");
  book.Insert(event.order_ref, side, tick, shares);
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

uint32_t EquityMarket::AddAt(uint32_t symbol, int venue, Side side, int32_t tick, uint32_t shares) {
  AddOrderAt(symbol, venue, side, tick, shares, false);
  return symbols_[symbol].books[static_cast<size_t>(venue)].ByAge(0);
}

void EquityMarket::Add(uint32_t symbol, int venue) {
  MarketSymbol& s = symbols_[symbol];
  const GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  const uint32_t bids = book.SideSize(Side::kBuy), offers = book.SideSize(Side::kSell);
  // The thinner side is refilled first.
  const double buy_share = bids * 3 < offers * 2 ? 0.8 : (offers * 3 < bids * 2 ? 0.2 : 0.5);
  const Side side = random_.Chance(buy_share) ? Side::kBuy : Side::kSell;
  AddOrderAt(symbol, venue, side, DrawTick(s, venue, side), DrawShares(), random_.Chance(0.03));
}

void EquityMarket::Withdraw(uint32_t symbol, int venue, uint32_t handle) {
  GeneratorBook& book = symbols_[symbol].books[static_cast<size_t>(venue)];
  Touching(symbol, venue, false);
  DeleteOrder event;
  event.header = Header(symbol, venue);
  event.order_ref = book[handle].order_ref;
  book.Remove(handle);
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

void EquityMarket::Delete(uint32_t symbol, int venue) {
  const GeneratorBook& book = symbols_[symbol].books[static_cast<size_t>(venue)];
  const uint32_t handle = PickOrder(book);
  if (book.SideSize(book[handle].side) <= kLadderLevels) return Add(symbol, venue);
  Withdraw(symbol, venue, handle);
}

void EquityMarket::Replace(uint32_t symbol, int venue, uint32_t handle, int32_t tick) {
  MarketSymbol& s = symbols_[symbol];
  GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  const GeneratorBook::Resting old = book[handle];
  const int32_t best = book.Best(old.side);
  Touching(symbol, venue, old.side == Side::kBuy ? tick > best : tick < best);
  ReplaceOrder event;
  event.header = Header(symbol, venue);
  event.order_ref = old.order_ref;
  event.new_order_ref = next_ref_[static_cast<size_t>(venue)]++;
  event.price_nanos = s.Price(tick);
  event.quantity = random_.Chance(0.7) ? old.shares : DrawShares();
  book.Remove(handle);
  book.Insert(event.new_order_ref, old.side, tick, static_cast<uint32_t>(event.quantity));
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

void EquityMarket::Execute(uint32_t symbol, int venue, uint32_t handle, uint32_t shares, bool with_price) {
  MarketSymbol& s = symbols_[symbol];
  GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  Touching(symbol, venue, false);
  ExecuteOrder event;
  event.header = Header(symbol, venue);
  event.order_ref = book[handle].order_ref;
  event.quantity = shares;
  event.match_number = next_match_[static_cast<size_t>(venue)]++;
  if (with_price) {
    event.price_nanos = s.Price(book[handle].tick);
    event.printable = random_.Chance(0.7);
  }
  book[handle].shares -= shares;
  if (book[handle].shares == 0) book.Remove(handle);
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

// An aggressor takes from the front of the queue at the touch, sometimes through several orders.
void EquityMarket::Trade(uint32_t symbol, int venue) {
  GeneratorBook& book = symbols_[symbol].books[static_cast<size_t>(venue)];
  const Side side = random_.Chance(0.5) ? Side::kBuy : Side::kSell;
  uint32_t left = random_.Chance(0.85) ? 1 + random_.Below(100) : DrawShares();
  while (left > 0 && book.SideSize(side) > kLadderLevels) {
    const uint32_t handle = book.BestOrder(side);
    const uint32_t shares = std::min(left, book[handle].shares);
    left -= shares;
    Execute(symbol, venue, handle, shares, random_.Chance(0.06));
  }
  if (book.SideSize(side) <= kLadderLevels) Add(symbol, venue);
}

void EquityMarket::Reduce(uint32_t symbol, int venue) {
  GeneratorBook& book = symbols_[symbol].books[static_cast<size_t>(venue)];
  for (int attempt = 0; attempt < 8; ++attempt) {
    const uint32_t handle = PickOrder(book);
    if (book[handle].shares < 2) continue;
    Touching(symbol, venue, false);
    const uint32_t lots = (book[handle].shares - 1) / 100;
    ReduceOrder event;
    event.header = Header(symbol, venue);
    event.order_ref = book[handle].order_ref;
    event.quantity = lots > 0 ? 100 * (1 + random_.Below(lots)) : 1 + random_.Below(book[handle].shares - 1);
    book[handle].shares -= static_cast<uint32_t>(event.quantity);
    feeds_[static_cast<size_t>(venue)]->Send(event);
    return;
  }
  Add(symbol, venue);
}

void EquityMarket::HiddenTrade(uint32_t symbol, int venue) {
  const MarketSymbol& s = symbols_[symbol];
  tickgraph::Trade event;
  event.header = Header(symbol, venue);
  event.symbol = s.name;
  event.price_nanos = s.Price(s.fair) + kTickNanos / 2;
  event.quantity = DrawShares();
  event.match_number = next_match_[static_cast<size_t>(venue)]++;
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

EquityMarket::Action EquityMarket::DrawAction(const GeneratorBook& book) {
  const double u = random_.Uniform();
  // Adds and removals balance where the book holds its target.
  const double fill = static_cast<double>(book.size()) / live_target_;
  const double add = std::clamp(0.455 + 0.12 * (1.0 - fill), 0.36, 0.515);
  if (u < add) return Action::kAdd;
  if (u < 0.890) return Action::kDelete;
  if (u < 0.949) return Action::kReplace;
  if (u < 0.975) return Action::kExecute;
  if (u < 0.989) return Action::kReduce;
  if (u < 0.997) return Action::kHiddenTrade;
  return Action::kAdd;
}

void EquityMarket::Act(uint32_t symbol) {
  const int venue = random_.Chance(0.58) ? 0 : 1;
  MarketSymbol& s = symbols_[symbol];
  GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  if (s.frozen) return HiddenTrade(symbol, venue);
  const Action action = book.size() < 2 * kLadderLevels ? Action::kAdd : DrawAction(book);
  if (book.full()) return Withdraw(symbol, venue, PickOrder(book));
  switch (action) {
    case Action::kAdd:
      return Add(symbol, venue);
    case Action::kDelete:
      return Delete(symbol, venue);
    case Action::kReplace: {
      const uint32_t handle = PickOrder(book);
      return Replace(symbol, venue, handle, DrawTick(s, venue, book[handle].side));
    }
    case Action::kExecute:
      return Trade(symbol, venue);
    case Action::kReduce:
      return Reduce(symbol, venue);
    case Action::kHiddenTrade:
      return HiddenTrade(symbol, venue);
  }
}

int EquityMarket::DrawMove(uint32_t symbol) {
  const MarketSymbol& s = symbols_[symbol];
  if (s.frozen || !random_.Chance(1.0 / 110)) return 0;
  if (s.fair < kMarginTicks) return 1;
  if (s.fair > GeneratorBook::kWindowTicks - kMarginTicks) return -1;
  return random_.Chance(0.5) ? 1 : -1;
}

void EquityMarket::ClearThrough(uint32_t symbol, int venue, Side side, int32_t tick) {
  MarketSymbol& s = symbols_[symbol];
  GeneratorBook& book = s.books[static_cast<size_t>(venue)];
  for (uint32_t handle = book.BestOrder(side); handle != GeneratorBook::kNone; handle = book.BestOrder(side)) {
    const int32_t at = book[handle].tick;
    if (side == Side::kBuy ? at < tick : at > tick) break;
    const double u = random_.Uniform();
    const int32_t away = side == Side::kBuy ? tick - 1 : tick + 1;
    if (u < 0.20) {
      Execute(symbol, venue, handle, book[handle].shares, false);
    } else if (u < 0.68) {
      Withdraw(symbol, venue, handle);
    } else {
      Replace(symbol, venue, handle,
              side == Side::kBuy ? away - static_cast<int32_t>(random_.Below(3)) : away + static_cast<int32_t>(random_.Below(3)));
    }
  }
}

void EquityMarket::MoveFair(uint32_t symbol, int direction) {
  MarketSymbol& s = symbols_[symbol];
  const Side given_up = direction > 0 ? Side::kSell : Side::kBuy, advancing = Opposite(given_up);
  const int first = static_cast<int>(random_.Below(kGeneratorVenues));
  for (int i = 0; i < kGeneratorVenues; ++i) ClearThrough(symbol, (first + i) % kGeneratorVenues, given_up, s.Touch(given_up));
  s.fair += direction;
  for (int i = 0; i < kGeneratorVenues; ++i) {
    const int venue = (first + i) % kGeneratorVenues;
    if (!s.books[static_cast<size_t>(venue)].full()) AddOrderAt(symbol, venue, advancing, s.Touch(advancing), DrawShares(), false);
  }
}

void EquityMarket::System(char code) {
  for (MoldFeed* feed : feeds_) {
    SystemEvent event;
    event.header.type = 'S';
    event.code = code;
    feed->Send(event);
  }
}

void EquityMarket::Announce() {
  System('O');
  for (int venue = 0; venue < kGeneratorVenues; ++venue) {
    MoldFeed& feed = *feeds_[static_cast<size_t>(venue)];
    for (uint32_t i = 0; i < symbols_.size(); ++i) {
      InstrumentDefinition definition;
      definition.header = Header(i, venue);
      definition.symbol = symbols_[i].name;
      definition.round_lot = 100;
      feed.Send(definition);
    }
    for (uint32_t i = 0; i < symbols_.size(); ++i) {
      TradingStatus status;
      status.header = Header(i, venue);
      status.header.type = 'H';
      status.symbol = symbols_[i].name;
      feed.Send(status);
    }
    for (uint32_t i = 0; i < symbols_.size(); ++i) {
      Notice notice;
      notice.header = Header(i, venue);
      notice.header.type = 'Y';
      notice.symbol = symbols_[i].name;
      notice.detail = FixedText<8>::From("0");
      feed.Send(notice);
    }
  }
  System('S');
}

void EquityMarket::Imbalance(uint32_t symbol, int venue) {
  const MarketSymbol& s = symbols_[symbol];
  Notice notice;
  notice.header = Header(symbol, venue);
  notice.header.type = 'I';
  notice.symbol = s.name;
  notice.quantity = 100 * (1 + random_.Below(500));
  notice.quantity_2 = 100 * random_.Below(50);
  notice.price_nanos = notice.price_2_nanos = notice.price_3_nanos = s.Price(s.fair);
  notice.detail = FixedText<8>::From(notice.quantity_2 == 0 ? "NOL" : "BOL");
  feeds_[static_cast<size_t>(venue)]->Send(notice);
}

void EquityMarket::Cross(uint32_t symbol, int venue, char type) {
  const MarketSymbol& s = symbols_[symbol];
  tickgraph::Trade event;
  event.header = Header(symbol, venue);
  event.symbol = s.name;
  event.price_nanos = s.Price(s.fair);
  event.quantity = 100 * (1 + random_.Below(2000));
  event.match_number = next_match_[static_cast<size_t>(venue)]++;
  event.cross_type = type;
  feeds_[static_cast<size_t>(venue)]->Send(event);
}

void EquityMarket::Open() {
  System('Q');
  for (uint32_t i = 0; i < symbols_.size(); ++i) {
    for (int venue = 0; venue < kGeneratorVenues; ++venue) {
      if (i < 4) Imbalance(i, venue);
      Cross(i, venue, 'O');
      for (uint32_t level = 0; level < kLadderLevels; ++level) {
        const auto offset = static_cast<int32_t>(level);
        AddOrderAt(i, venue, Side::kBuy, symbols_[i].Touch(Side::kBuy) - offset, DrawShares(), false);
        AddOrderAt(i, venue, Side::kSell, symbols_[i].Touch(Side::kSell) + offset, DrawShares(), false);
      }
    }
  }
}

void EquityMarket::Close() {
  for (uint32_t i = 0; i < symbols_.size(); ++i) {
    for (int venue = 0; venue < kGeneratorVenues; ++venue) Cross(i, venue, 'C');
  }
  System('M');
  System('E');
  System('C');
}

}  // namespace tickgraph
