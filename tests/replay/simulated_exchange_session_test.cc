// Whole sessions on the simulated exchange: random ones that have to add up, and one against the real books.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "hot/book_set.h"
#include "hot/order_state.h"
#include "hot/position.h"
#include "tests/replay/simulated_exchange_market.h"

namespace tickgraph {
namespace {

// A random market and random orders through order state and positions, as the loop drives them. Checked throughout: no level gives more
// than was ever displayed there since it appeared, every order ends complete, positions are the sum of fills; and a second run is equal.
class RandomSession : public SimulatedExchangeTest {
 protected:
  struct Shown {
    Quantity added = 0, filled = 0;
  };

  void Display(uint64_t now_ns, InstrumentIndex i, Side side, PriceNanos price, Quantity quantity) {
    auto& levels = market_.levels[{i, side}];
    const Quantity before = levels.count(price) ? levels[price] : 0;
    Shown& shown = shown_[{i, side, price}];
    if (before == 0) shown = {};
    shown.added += std::max<Quantity>(0, quantity - before);
    Change(now_ns, i, side, price, quantity);
  }

  uint64_t Run(uint64_t seed) {
    std::mt19937_64 random(seed);
    market_.levels.clear();
    shown_.clear();
    token_ = 0;
    Restart();
    OrderManager orders(4'096, 16);
    PositionBook positions({0, 0}, instruments_, 16);
    std::map<InstrumentIndex, Quantity> lots;
    uint64_t now_ns = kStart, hash = 0;
    const auto deliver = [&](uint64_t until_ns) {
      for (const ExecutionReport& r : PollAll(until_ns)) {
        EXPECT_EQ(orders.Apply(r), ReportOutcome::kApplied);
        hash = Combine(Combine(Combine(hash, r.token), r.ts_event_ns), static_cast<uint64_t>(r.price_nanos + r.quantity));
        if (r.kind != ReportKind::kFilled) continue;
        const Order& order = orders.Find(r.token)->order;
        positions.ApplyFill(order.instrument, order.side, r.quantity, r.price_nanos);
        lots[order.instrument] += order.side == Side::kBuy ? r.quantity : -r.quantity;
        EXPECT_TRUE(order.side == Side::kBuy ? r.price_nanos <= order.price_nanos : r.price_nanos >= order.price_nanos);
        if (order.time_in_force != TimeInForce::kImmediateOrCancel) continue;
        Shown& shown = shown_[{order.instrument, Opposite(order.side), r.price_nanos}];
        shown.filled += r.quantity;
        EXPECT_LE(shown.filled, shown.added);
      }
    };
    const InstrumentIndex all[] = {stock_, other_venue_, call_};
    for (int step = 0; step < 4'000; ++step) {
      now_ns += random() % 60'000;
      deliver(now_ns);
      const InstrumentIndex i = all[random() % 3];
      if (random() % 2 == 0) {
        const bool bid = random() % 2 == 0;
        const PriceNanos price = static_cast<PriceNanos>(bid ? 990 + random() % 10 : 1'000 + random() % 10) * kCent;
        Display(now_ns, i, bid ? Side::kBuy : Side::kSell, price, static_cast<Quantity>(random() % 5) * 10);
      } else {
        Order order;
        order.instrument = i;
        order.side = random() % 2 == 0 ? Side::kBuy : Side::kSell;
        order.price_nanos = static_cast<PriceNanos>(990 + random() % 20) * kCent;
        order.quantity = static_cast<Quantity>(random() % 80 + 1);
        order.time_in_force = day_orders_ && random() % 4 == 0 ? TimeInForce::kDay : TimeInForce::kImmediateOrCancel;
        EXPECT_NE(orders.Open(&order, now_ns), 0u);
        uint8_t bytes[ouch::kMaxEncodedSize];
        EXPECT_TRUE(gateway_.send(gateway_.self, now_ns, order, bytes, ouch::EncodeEnterOrder(order, instruments_[i], bytes)));
      }
    }
    deliver(UINT64_MAX - 1);
    EXPECT_EQ(orders.open_count(), exchange_->resting_count());
    EXPECT_GT(exchange_->counters().fills, 200u);
    EXPECT_EQ(exchange_->counters().no_room + exchange_->counters().bad_messages, 0u);
    Quantity filled = 0;
    for (OrderToken t = 1; t <= orders.count(); ++t) filled += orders.Find(t)->filled;
    EXPECT_EQ(filled, exchange_->counters().filled_lots);
    for (const InstrumentIndex i : all) EXPECT_EQ(positions.lots(i), lots[i]);
    return positions.Hash(orders.Hash(hash));
  }

  std::map<std::tuple<InstrumentIndex, Side, PriceNanos>, Shown> shown_;
  bool day_orders_ = false;
};

TEST_F(RandomSession, NoShareTwiceAndEverythingAddsUp_property) {
  config_.order_latency_ns = config_.report_latency_ns = 0;  // a fill is seen before its level changes
  for (uint64_t seed = 1; seed <= 5; ++seed) Run(seed);
}

TEST_F(RandomSession, SameSessionSameBits) {
  day_orders_ = true;
  const uint64_t first = Run(9);
  EXPECT_EQ(Run(9), first);
  EXPECT_NE(Run(10), first);
}

// The same through the real books, where levels come from orders.
TEST(SimulatedExchangeBookTest, FillsAgainstTheBookSet) {
  InstrumentTable instruments(4, 4);
  bool made = false;
  const InstrumentIndex stock = instruments.Equity(0, 1, Symbol::From("ACME"), &made);
  BookSet books({4, 64, 64});
  AddOrder add;
  add.side = Side::kSell;
  for (int i = 0; i < 3; ++i) {
    add.order_ref = static_cast<OrderRef>(i + 1);
    add.price_nanos = (1'000 + i / 2) * kCent;  // two at 10.00, one at 10.01
    add.quantity = 50;
    books.Apply(stock, add);
  }
  SimulatedExchangeConfig config;
  config.max_instruments = 4;
  SimulatedExchange<BookSet> exchange(config, instruments, books);
  Order order;
  order.token = 1;
  order.instrument = stock;
  order.price_nanos = 1'001 * kCent;
  order.quantity = 120;
  uint8_t bytes[ouch::kMaxEncodedSize];
  ASSERT_TRUE(exchange.Send(kStart, stock, bytes, ouch::EncodeEnterOrder(order, instruments[stock], bytes)));
  std::vector<Quantity> fills;
  ExecutionReport report;
  while (exchange.Poll(kStart + 100'000, &report)) {
    if (report.kind == ReportKind::kFilled) fills.push_back(report.quantity);
  }
  EXPECT_EQ(fills, (std::vector<Quantity>{100, 20}));
}

}  // namespace
}  // namespace tickgraph
