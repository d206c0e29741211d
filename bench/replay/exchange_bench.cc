// The simulated exchange in a replay of one busy instrument: an item is a market message applied to the book, with the exchange polled
// before it and told of the new top after it; every 32nd sends an order through the touch.
#include <deque>
#include <map>
#include <tuple>
#include <vector>

#include "bench/bench_common.h"
#include "bench/hot/market_stream.h"
#include "hot/book_set.h"
#include "hot/hash.h"
#include "net/proto/itch.h"
#include "net/proto/ouch.h"
#include "replay/simulated_exchange.h"

namespace tickgraph {
namespace {

constexpr uint64_t kStart = 1'577'716'200'000'000'000;
constexpr uint64_t kStepNs = 2'000;
constexpr InstrumentIndex kInstrument = 0;
constexpr uint32_t kStandingOrders = 5'000;
constexpr BookSetConfig kBooks = {4, 3 * kStandingOrders, kStandingOrders};

// What a message does to a book, decoded ahead and kept small: the benchmark is of the exchange, not of memory.
struct Step {
  OrderRef order_ref = 0, new_order_ref = 0;
  PriceNanos price_nanos = 0;
  int32_t quantity = 0;
  Side side = Side::kBuy;
  char kind = 0;  // A, R (execution or cancel), D, U or 0 (nothing)
};

struct StepDecoder {
  Step step;
  void On(const AddOrder& e) { step = {e.order_ref, 0, e.price_nanos, static_cast<int32_t>(e.quantity), e.side, 'A'}; }
  void On(const ExecuteOrder& e) { step = {e.order_ref, 0, 0, static_cast<int32_t>(e.quantity), Side::kBuy, 'R'}; }
  void On(const ReduceOrder& e) { step = {e.order_ref, 0, 0, static_cast<int32_t>(e.quantity), Side::kBuy, 'R'}; }
  void On(const DeleteOrder& e) { step = {e.order_ref, 0, 0, 0, Side::kBuy, 'D'}; }
  void On(const ReplaceOrder& e) {
    step = {e.order_ref, e.new_order_ref, e.price_nanos, static_cast<int32_t>(e.quantity), Side::kBuy, 'U'};
  }
  template <class Other>
  void On(const Other&) {}
};

std::vector<Step> Decode(const MessageBytes& messages) {
  std::vector<Step> steps;
  for (size_t at = 0; at + 2 <= messages.bytes.size();) {
    const uint32_t size = LoadBe16(&messages.bytes[at]);
    StepDecoder decoder;
    if (DecodeItch(&messages.bytes[at + 2], size, EventHeader{}, 0, decoder) == DecodeStatus::kOk) steps.push_back(decoder.step);
    at += 2 + size;
  }
  return steps;
}

BookUpdate Apply(const Step& step, BookSet* books) {
  switch (step.kind) {
    case 'A': {
      AddOrder add;
      add.order_ref = step.order_ref;
      add.price_nanos = step.price_nanos;
      add.quantity = step.quantity;
      add.side = step.side;
      return books->Apply(kInstrument, add);
    }
    case 'R':
      return books->Apply(ReduceOrder{{}, step.order_ref, step.quantity});
    case 'D':
      return books->Apply(DeleteOrder{{}, step.order_ref});
    case 'U':
      return books->Apply(ReplaceOrder{{}, step.order_ref, step.new_order_ref, step.price_nanos, step.quantity});
    default:
      return {};
  }
}

// An order through the touch, so that it takes a level or two; none where that side is empty.
bool OrderAt(size_t step, const TopOfBook& top, OrderToken* token, Order* order) {
  if (step % 32 != 0 || !top.has_both()) return false;
  order->token = ++*token;
  order->instrument = kInstrument;
  order->side = step % 64 == 0 ? Side::kBuy : Side::kSell;
  const PriceNanos through = 2 * kNanosPerUnit / 100;
  order->price_nanos =
      order->side == Side::kBuy ? top.ask_nanos + through : std::max<PriceNanos>(top.bid_nanos - through, ouch::kNanosPerTick);
  order->quantity = 150;
  return true;
}

uint64_t FoldFill(uint64_t hash, OrderToken token, PriceNanos price, Quantity quantity) {
  return Combine(Combine(Combine(hash, token), static_cast<uint64_t>(price)), static_cast<uint64_t>(quantity));
}

struct Result {
  uint64_t fills_hash = 0, fills = 0;
};

class Replay {
 public:
  Replay(const std::vector<Step>& warm_up, const std::vector<Step>& timed)
      : timed_(timed), instruments_(4, 4), books_(kBooks), exchange_(Config(), instruments_, books_), gateway_(exchange_.gateway()) {
    bool made = false;
    instruments_.Equity(0, 1, Symbol::From("ACME"), &made);
    for (const Step& step : warm_up) Apply(step, &books_);
  }

  // Whether the books took every message.
  [[nodiscard]] bool whole() const { return LeftBooksInDoubt(books_.counters()) == 0; }

  // The steps as the loop drives them: what is due, then the message, then what it changed.
  Result Run() {
    Result result;
    ExecutionReport report;
    uint8_t bytes[ouch::kMaxEncodedSize];
    OrderToken token = 0;
    Order order;
    for (size_t i = 0; i < timed_.size(); ++i) {
      const uint64_t now_ns = kStart + i * kStepNs;
      while (gateway_.next_due_ns(gateway_.self) <= now_ns) {
        if (!gateway_.poll(gateway_.self, now_ns, &report) || report.kind != ReportKind::kFilled) continue;
        ++result.fills;
        result.fills_hash = FoldFill(result.fills_hash, report.token, report.price_nanos, report.quantity);
      }
      const BookUpdate update = Apply(timed_[i], &books_);
      if (update.top_changed) gateway_.top_changed(gateway_.self, now_ns, kInstrument);
      if (!OrderAt(i, books_.top(kInstrument), &token, &order)) continue;
      gateway_.send(gateway_.self, now_ns, order, bytes, ouch::EncodeEnterOrder(order, instruments_[kInstrument], bytes));
    }
    return result;
  }

 private:
  static SimulatedExchangeConfig Config() {
    SimulatedExchangeConfig config;
    config.max_instruments = 4;
    return config;
  }
  const std::vector<Step>& timed_;
  InstrumentTable instruments_;
  BookSet books_;
  SimulatedExchange<BookSet> exchange_;
  OrderGateway gateway_;
};

// The same rules the slow way: no bytes, no rings, and a map of every level that was taken from.
Result Reference(const std::vector<Step>& warm_up, const std::vector<Step>& timed) {
  BookSet books(kBooks);
  for (const Step& step : warm_up) Apply(step, &books);
  std::map<std::tuple<Side, PriceNanos>, Quantity> taken;
  std::deque<std::pair<uint64_t, Order>> under_way;
  std::deque<std::pair<uint64_t, Order>> fills;  // quantity and price of the fill
  Result result;
  OrderToken token = 0;
  // The book shows a level: what stood between the one `before` it (kNoPrice: none) and it is gone, and of it no more was taken than it
  // shows.
  const auto visit = [&](Side side, PriceNanos before, PriceNanos price, Quantity quantity) -> Quantity& {
    const auto better = [side](PriceNanos a, PriceNanos b) { return side == Side::kBuy ? a > b : a < b; };
    std::erase_if(taken, [&](const auto& t) {
      const auto [at_side, at_price] = t.first;
      return at_side == side && (before == kNoPrice || better(before, at_price)) && (price == kNoPrice || better(at_price, price));
    });
    Quantity& gone = taken[{side, price}];
    return gone = std::min(gone, quantity);
  };
  const SimulatedExchangeConfig config;
  for (size_t i = 0; i < timed.size(); ++i) {
    const uint64_t now_ns = kStart + i * kStepNs;
    for (; !under_way.empty() && under_way.front().first <= now_ns; under_way.pop_front()) {
      const Order& order = under_way.front().second;
      Quantity left = order.quantity;
      PriceNanos before = kNoPrice;
      books.ForEachLevel(kInstrument, Opposite(order.side), [&](PriceNanos price, Quantity quantity, uint32_t) {
        if (left == 0 || (order.side == Side::kBuy ? price > order.price_nanos : price < order.price_nanos)) return false;
        Quantity& gone = visit(Opposite(order.side), before, price, quantity);
        before = price;
        const Quantity fill = std::min(left, quantity - gone);
        if (fill == 0) return true;
        gone += fill;
        left -= fill;
        fills.emplace_back(under_way.front().first + config.report_latency_ns, order);
        fills.back().second.price_nanos = price;
        fills.back().second.quantity = fill;
        return true;
      });
    }
    for (; !fills.empty() && fills.front().first <= now_ns; fills.pop_front()) {
      ++result.fills;
      const Order& fill = fills.front().second;
      result.fills_hash = FoldFill(result.fills_hash, fill.token, fill.price_nanos, fill.quantity);
    }
    if (Apply(timed[i], &books).top_changed) {
      const TopOfBook top = books.top(kInstrument);
      visit(Side::kBuy, kNoPrice, top.bid_nanos, top.bid_quantity);
      visit(Side::kSell, kNoPrice, top.ask_nanos, top.ask_quantity);
    }
    Order order;
    if (OrderAt(i, books.top(kInstrument), &token, &order)) under_way.emplace_back(now_ns + config.order_latency_ns, order);
  }
  return result;
}

void ExchangeReplay(benchmark::State& state) {
  const MarketBytes stream({.instruments = 1, .standing_orders = kStandingOrders, .day_messages = 200'000}, 200'000);
  const std::vector<Step> warm_up = Decode(stream.warm_up), timed = Decode(stream.timed);
  const Result expected = Reference(warm_up, timed);
  {
    Replay replay(warm_up, timed);
    const Result got = replay.Run();
    if (!replay.whole() || got.fills == 0 || got.fills != expected.fills || got.fills_hash != expected.fills_hash)
      return state.SkipWithError("the fills differ from those of the slow exchange");
  }
  uint64_t allocated = 0;
  for (auto _ : state) {
    state.PauseTiming();
    {
      Replay replay(warm_up, timed);
      AllocationScope allocations;
      state.ResumeTiming();
      const Result result = replay.Run();
      state.PauseTiming();
      allocated += allocations.count();
      if (result.fills_hash != expected.fills_hash) state.SkipWithError("the fills differ from run to run");
    }
    state.ResumeTiming();
  }
  ReportItems(state, static_cast<int64_t>(timed.size()), allocated);
  state.counters["fills"] = static_cast<double>(expected.fills);
}
BENCHMARK(ExchangeReplay)->Name("exchange/replay");

}  // namespace
}  // namespace tickgraph
