// The simulated exchange from the loop's side of the gateway: latencies, fills against displayed levels, rests, cancels, rejects, and
// that no displayed share is filled twice.
#include "replay/simulated_exchange.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "hot/book_set.h"
#include "hot/order_state.h"
#include "hot/position.h"

namespace tickgraph {
namespace {

constexpr PriceNanos kCent = kNanosPerUnit / 100;
constexpr uint64_t kStart = 1'577'716'200'000'000'000;  // 2019-12-30 14:30 UTC
constexpr uint64_t kMidnight = 1'577'664'000'000'000'000;
static_assert(SimulatedMarket<BookSet>);

// Books as maps, so that a test states what is displayed.
struct FakeMarket {
  std::map<std::pair<InstrumentIndex, Side>, std::map<PriceNanos, Quantity>> levels;

  template <class F>
  void ForEachLevel(InstrumentIndex i, Side side, F f) const {
    const auto found = levels.find({i, side});
    if (found == levels.end()) return;
    if (side == Side::kBuy) {
      for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
        if (!f(at->first, at->second, 1u)) return;
      }
    } else {
      for (const auto& [price, quantity] : found->second) {
        if (!f(price, quantity, 1u)) return;
      }
    }
  }
  [[nodiscard]] TopOfBook top(InstrumentIndex i) const {
    TopOfBook out;
    ForEachLevel(i, Side::kBuy,
                 [&](PriceNanos price, Quantity quantity, uint32_t) { return out.bid_nanos = price, out.bid_quantity = quantity, false; });
    ForEachLevel(i, Side::kSell,
                 [&](PriceNanos price, Quantity quantity, uint32_t) { return out.ask_nanos = price, out.ask_quantity = quantity, false; });
    return out;
  }
};

class SimulatedExchangeTest : public ::testing::Test {
 protected:
  SimulatedExchangeTest() : instruments_(16, 16) {
    bool made = false;
    stock_ = instruments_.Equity(0, 1, Symbol::From("ACME"), &made);
    other_venue_ = instruments_.Equity(1, 1, Symbol::From("ACME"), &made);
    OptionKey key;
    key.root = Symbol::From("ACME");
    key.strike_nanos = 100 * kNanosPerUnit;
    call_ = instruments_.Option(2, key, &made);
    config_.max_instruments = 16;
    Restart();
  }

  void Restart() {
    exchange_ = std::make_unique<SimulatedExchange<FakeMarket>>(config_, instruments_, market_);
    gateway_ = exchange_->gateway();
  }
  void Show(InstrumentIndex i, Side side, PriceNanos price, Quantity quantity) {
    if (quantity == 0) {
      market_.levels[{i, side}].erase(price);
    } else {
      market_.levels[{i, side}][price] = quantity;
    }
  }
  // As Show, and the loop tells the gateway at the end of the packet.
  void Change(uint64_t now_ns, InstrumentIndex i, Side side, PriceNanos price, Quantity quantity) {
    Show(i, side, price, quantity);
    gateway_.top_changed(gateway_.self, now_ns, i);
  }

  bool Send(uint64_t now_ns, InstrumentIndex i, Side side, PriceNanos price, Quantity quantity,
            TimeInForce time_in_force = TimeInForce::kImmediateOrCancel) {
    Order order;
    order.token = ++token_;
    order.instrument = i;
    order.side = side;
    order.price_nanos = price;
    order.quantity = quantity;
    order.time_in_force = time_in_force;
    uint8_t bytes[ouch::kMaxEncodedSize];
    const uint32_t size = ouch::EncodeEnterOrder(order, instruments_[i], bytes);
    EXPECT_NE(size, 0u);
    return gateway_.send(gateway_.self, now_ns, order, bytes, size);
  }
  bool SendRaw(uint64_t now_ns, InstrumentIndex i, const ouch::in::EnterOrder& message) {
    uint8_t bytes[ouch::kMaxEncodedSize];
    Order route;
    route.instrument = i;
    return gateway_.send(gateway_.self, now_ns, route, bytes, ouch::Encode(message, {}, bytes));
  }
  bool SendCancel(uint64_t now_ns, InstrumentIndex i, OrderToken token, uint32_t intended) {
    uint8_t bytes[ouch::kMaxEncodedSize];
    Order route;
    route.instrument = i;
    return gateway_.send(gateway_.self, now_ns, route, bytes, ouch::EncodeCancel(token, intended, bytes));
  }

  std::vector<ExecutionReport> PollAll(uint64_t now_ns) {
    std::vector<ExecutionReport> out;
    ExecutionReport report;
    while (gateway_.poll(gateway_.self, now_ns, &report)) out.push_back(report);
    return out;
  }
  // Everything still under way, as a word a report: "A", "F100@10.01", "C50I", "J23".
  std::string Outcome() {
    std::string out;
    for (const ExecutionReport& r : PollAll(UINT64_MAX - 1)) {
      if (!out.empty()) out += ' ';
      out += "AFCJ"[static_cast<int>(r.kind)];
      if (r.kind == ReportKind::kFilled) out += std::to_string(r.quantity) + "@" + std::to_string(r.price_nanos / kCent);
      if (r.kind == ReportKind::kCanceled) out += std::to_string(r.quantity) + static_cast<char>(r.reason);
      if (r.kind == ReportKind::kRejected) out += std::to_string(r.reason);
    }
    return out;
  }

  InstrumentTable instruments_;
  FakeMarket market_;
  SimulatedExchangeConfig config_;
  std::unique_ptr<SimulatedExchange<FakeMarket>> exchange_;
  OrderGateway gateway_;
  InstrumentIndex stock_ = 0, other_venue_ = 0, call_ = 0;
  OrderToken token_ = 0;
};

TEST_F(SimulatedExchangeTest, OrderAndAnswersTakeTheirTime) {
  Show(stock_, Side::kSell, 1'000 * kCent, 500);
  ASSERT_TRUE(Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 100));
  EXPECT_EQ(gateway_.next_due_ns(gateway_.self), kStart + 50'000);
  EXPECT_TRUE(PollAll(kStart + 49'999).empty());
  EXPECT_EQ(exchange_->counters().received, 0u);
  EXPECT_TRUE(PollAll(kStart + 50'000).empty());  // it is there; the answers are not yet here
  EXPECT_EQ(exchange_->counters().fills, 1u);
  EXPECT_EQ(gateway_.next_due_ns(gateway_.self), kStart + 100'000);
  EXPECT_TRUE(PollAll(kStart + 99'999).empty());
  const std::vector<ExecutionReport> reports = PollAll(kStart + 100'000);
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].kind, ReportKind::kAccepted);
  EXPECT_EQ(reports[0].order_ref, 1u);
  EXPECT_EQ(reports[0].ts_event_ns, kStart + 50'000);
  EXPECT_EQ(reports[1].kind, ReportKind::kFilled);
  EXPECT_EQ(reports[1].match_number, 1u);
  EXPECT_EQ(reports[1].quantity, 100);
  EXPECT_EQ(gateway_.next_due_ns(gateway_.self), UINT64_MAX);
}

TEST_F(SimulatedExchangeTest, MatchesTheBookAsItStandsOnArrival) {
  Show(stock_, Side::kSell, 1'000 * kCent, 500);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 100);
  PollAll(kStart + 49'999);
  Show(stock_, Side::kSell, 1'000 * kCent, 0);  // gone one nanosecond before it arrives
  EXPECT_EQ(Outcome(), "A C100I");
}

TEST_F(SimulatedExchangeTest, AnswersComeInOrderOfTime) {
  config_.order_latency_ns = 10;
  config_.report_latency_ns = 100;
  Restart();
  Show(stock_, Side::kSell, 1'000 * kCent, 10);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10);
  Send(kStart + 5, stock_, Side::kBuy, 1'000 * kCent, 10);
  const std::vector<ExecutionReport> reports = PollAll(kStart + 1'000);
  ASSERT_EQ(reports.size(), 4u);
  EXPECT_EQ(reports[0].token, 1u);
  EXPECT_EQ(reports[1].token, 1u);
  EXPECT_EQ(reports[2].token, 2u);
  EXPECT_EQ(reports[3].token, 2u);
  for (size_t i = 1; i < reports.size(); ++i) EXPECT_LE(reports[i - 1].ts_event_ns, reports[i].ts_event_ns);
}

TEST_F(SimulatedExchangeTest, WalksLevelsUpToTheLimit) {
  Show(stock_, Side::kSell, 1'000 * kCent, 100);
  Show(stock_, Side::kSell, 1'001 * kCent, 50);
  Show(stock_, Side::kSell, 1'002 * kCent, 500);
  Send(kStart, stock_, Side::kBuy, 1'001 * kCent, 400);
  EXPECT_EQ(Outcome(), "A F100@1000 F50@1001 C250I");
  Show(stock_, Side::kBuy, 999 * kCent, 30);
  Show(stock_, Side::kBuy, 998 * kCent, 30);
  Send(kStart + 1, stock_, Side::kSell, 998 * kCent, 40);
  EXPECT_EQ(Outcome(), "A F30@999 F10@998");
}

TEST_F(SimulatedExchangeTest, NothingWithinTheLimitIsCancelled) {
  Show(stock_, Side::kSell, 1'001 * kCent, 100);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10);
  EXPECT_EQ(Outcome(), "A C10I");
}

TEST_F(SimulatedExchangeTest, OptionsFillAtTheBestQuoteAlone) {
  Show(call_, Side::kSell, 250 * kCent, 5);
  Show(call_, Side::kSell, 255 * kCent, 50);
  Send(kStart, call_, Side::kBuy, 260 * kCent, 8);
  EXPECT_EQ(Outcome(), "A F5@250 C3I");
}

TEST_F(SimulatedExchangeTest, DisplayedSharesAreFilledOnce) {
  Show(stock_, Side::kSell, 1'000 * kCent, 100);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A F60@1000");
  Send(kStart + 1, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A F40@1000 C20I");
  Send(kStart + 2, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A C60I");
  Change(kStart + 1'000'000, stock_, Side::kSell, 1'000 * kCent, 130);  // 30 more came
  Send(kStart + 1'000'001, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A F30@1000 C30I");
  Change(kStart + 2'000'000, stock_, Side::kSell, 1'000 * kCent, 90);  // less is displayed than we took
  Send(kStart + 2'000'001, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A C60I");
  Change(kStart + 3'000'000, stock_, Side::kSell, 1'000 * kCent, 100);  // 10 are new
  Send(kStart + 3'000'001, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A F10@1000 C50I");
  Change(kStart + 4'000'000, stock_, Side::kSell, 1'000 * kCent, 0);   // gone
  Change(kStart + 4'000'001, stock_, Side::kSell, 1'000 * kCent, 20);  // and back: all of it is new
  Send(kStart + 4'000'002, stock_, Side::kBuy, 1'000 * kCent, 60);
  EXPECT_EQ(Outcome(), "A F20@1000 C40I");
}

TEST_F(SimulatedExchangeTest, OptionQuoteThatComesBackFromBehindABetterOneIsNotFilledTwice) {
  Show(call_, Side::kSell, 250 * kCent, 5);
  Send(kStart, call_, Side::kBuy, 250 * kCent, 5);
  EXPECT_EQ(Outcome(), "A F5@250");
  Change(kStart + 1'000'000, call_, Side::kSell, 245 * kCent, 2);
  Change(kStart + 1'000'001, call_, Side::kSell, 245 * kCent, 0);
  Send(kStart + 1'000'002, call_, Side::kBuy, 250 * kCent, 5);
  EXPECT_EQ(Outcome(), "A C5I");
  Change(kStart + 2'000'000, call_, Side::kSell, 250 * kCent, 0);  // the best is gone, so it is too
  Change(kStart + 2'000'001, call_, Side::kSell, 250 * kCent, 5);
  Send(kStart + 2'000'002, call_, Side::kBuy, 250 * kCent, 5);
  EXPECT_EQ(Outcome(), "A F5@250");
}

TEST_F(SimulatedExchangeTest, WhatWasTakenIsKeptPerInstrumentSideAndPrice) {
  Show(stock_, Side::kSell, 1'000 * kCent, 100);
  Show(other_venue_, Side::kSell, 1'000 * kCent, 100);
  Show(stock_, Side::kSell, 1'001 * kCent, 100);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 100);
  EXPECT_EQ(Outcome(), "A F100@1000");
  Send(kStart, other_venue_, Side::kBuy, 1'000 * kCent, 100);
  EXPECT_EQ(Outcome(), "A F100@1000");
  Send(kStart, stock_, Side::kBuy, 1'001 * kCent, 120);
  EXPECT_EQ(Outcome(), "A F100@1001 C20I");
}

TEST_F(SimulatedExchangeTest, DayOrderRestsAndFillsWhenTheTouchReachesIt) {
  Show(stock_, Side::kSell, 1'000 * kCent, 40);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 100, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A F40@1000");
  EXPECT_EQ(exchange_->resting_count(), 1u);
  Change(kStart + 1'000'000, stock_, Side::kSell, 1'000 * kCent, 0);
  Change(kStart + 1'000'001, stock_, Side::kSell, 1'001 * kCent, 70);
  EXPECT_EQ(Outcome(), "");
  Change(kStart + 1'000'002, stock_, Side::kSell, 999 * kCent, 35);  // passes it: filled at the order's own price
  EXPECT_EQ(gateway_.next_due_ns(gateway_.self), kStart + 1'000'002 + 50'000);
  EXPECT_EQ(Outcome(), "F35@1000");
  Change(kStart + 1'000'003, stock_, Side::kSell, 999 * kCent, 35);  // the same shares
  EXPECT_EQ(Outcome(), "");
  Change(kStart + 1'000'004, stock_, Side::kSell, 1'000 * kCent, 500);  // reaches it
  EXPECT_EQ(Outcome(), "F25@1000");
  EXPECT_EQ(exchange_->resting_count(), 0u);
  EXPECT_EQ(exchange_->counters().passive_fills, 2u);
}

TEST_F(SimulatedExchangeTest, RestingOrdersKeepPriceThenTimePriority) {
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10, TimeInForce::kDay);
  Send(kStart, stock_, Side::kBuy, 1'001 * kCent, 10, TimeInForce::kDay);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A A A");
  Change(kStart + 1'000'000, stock_, Side::kSell, 1'000 * kCent, 25);
  const std::vector<ExecutionReport> fills = PollAll(UINT64_MAX - 1);
  ASSERT_EQ(fills.size(), 3u);
  EXPECT_EQ(fills[0].token, 2u);
  EXPECT_EQ(fills[1].token, 1u);
  EXPECT_EQ(fills[2].token, 3u);
  EXPECT_EQ(fills[2].quantity, 5);
}

TEST_F(SimulatedExchangeTest, HaltedInstrumentFillsNothing) {
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A");
  instruments_[stock_].trading = TradingState::kHalted;
  Change(kStart + 1'000'000, stock_, Side::kSell, 990 * kCent, 25);
  EXPECT_EQ(Outcome(), "");
  instruments_[stock_].trading = TradingState::kTrading;
  Change(kStart + 1'000'001, stock_, Side::kSell, 990 * kCent, 25);
  EXPECT_EQ(Outcome(), "F10@1000");
}

TEST_F(SimulatedExchangeTest, CancelsWholeAndInPart) {
  Show(stock_, Side::kSell, 1'000 * kCent, 30);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 100, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A F30@1000");
  SendCancel(kStart + 1, stock_, 1, 80);  // intends 80 in all: 30 done, so 50 stay
  EXPECT_EQ(Outcome(), "C20U");
  SendCancel(kStart + 2, stock_, 1, 90);  // more than is left: superfluous
  EXPECT_EQ(Outcome(), "");
  SendCancel(kStart + 3, stock_, 1, 0);
  EXPECT_EQ(Outcome(), "C50U");
  EXPECT_EQ(exchange_->resting_count(), 0u);
  SendCancel(kStart + 4, stock_, 1, 0);
  SendCancel(kStart + 5, stock_, 99, 0);
  EXPECT_EQ(Outcome(), "");
}

TEST_F(SimulatedExchangeTest, RejectsWhatItCannotTrade) {
  ouch::in::EnterOrder good;
  good.quantity = 10;
  good.price = 100'000;
  good.time_in_force = '3';
  good.symbol = ouch::Alpha<8>::From("ACME");
  const auto outcome = [&](InstrumentIndex i, const std::function<void(ouch::in::EnterOrder*)>& change) {
    ouch::in::EnterOrder m = good;
    m.user_ref_num = ++token_;
    change(&m);
    EXPECT_TRUE(SendRaw(kStart, i, m));
    return Outcome();
  };
  EXPECT_EQ(outcome(stock_, [](auto*) {}), "A C10I");
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->symbol = ouch::Alpha<8>::From("OTHER"); }), "J" + std::to_string(0x17));
  EXPECT_EQ(outcome(call_, [](auto*) {}), "J" + std::to_string(0x17));
  EXPECT_EQ(outcome(call_, [&](auto* m) { m->symbol = ouch::ContractSymbol(call_); }), "A C10I");
  EXPECT_EQ(outcome(call_, [&](auto* m) { m->symbol = ouch::ContractSymbol(call_ + 1); }), "J" + std::to_string(0x17));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->side = 'X'; }), "J" + std::to_string(0x09));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->quantity = 0; }), "J" + std::to_string(0x13));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->quantity = 1'000'000; }), "J" + std::to_string(0x13));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->price = 0; }), "J" + std::to_string(0x1D));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->price = ouch::kMaxPrice + 1; }), "J" + std::to_string(0x1D));
  EXPECT_EQ(outcome(stock_, [](auto* m) { m->time_in_force = '6'; }), "J" + std::to_string(0x0F));
  for (const TradingState state : {TradingState::kHalted, TradingState::kPaused, TradingState::kQuoteOnly}) {
    instruments_[stock_].trading = state;
    EXPECT_EQ(outcome(stock_, [](auto*) {}), "J" + std::to_string(0x07));
  }
  EXPECT_EQ(exchange_->counters().rejected, 12u);
}

TEST_F(SimulatedExchangeTest, ReplaceIsRefusedAndTheOriginalStays) {
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A");
  Order replacement;
  replacement.token = ++token_;
  replacement.instrument = stock_;
  replacement.quantity = 20;
  replacement.price_nanos = 999 * kCent;
  uint8_t bytes[ouch::kMaxEncodedSize];
  const uint32_t size = ouch::EncodeReplace(1, replacement, bytes);
  ASSERT_EQ(size, 40u);
  EXPECT_TRUE(gateway_.send(gateway_.self, kStart, replacement, bytes, size));
  EXPECT_EQ(Outcome(), "J" + std::to_string(0x15));
  EXPECT_EQ(exchange_->resting_count(), 1u);
}

TEST_F(SimulatedExchangeTest, RetransmissionsAndDamagedBytesAreCountedAndIgnored) {
  Show(stock_, Side::kSell, 1'000 * kCent, 500);
  Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10);
  EXPECT_EQ(Outcome(), "A F10@1000");
  token_ = 0;
  Send(kStart + 1, stock_, Side::kBuy, 1'000 * kCent, 10);  // number 1 again
  EXPECT_EQ(Outcome(), "");
  const uint8_t junk[] = {'O', 1, 2, 3};
  Order route;
  route.instrument = stock_;
  EXPECT_TRUE(gateway_.send(gateway_.self, kStart + 2, route, junk, sizeof junk));
  EXPECT_EQ(Outcome(), "");
  EXPECT_EQ(exchange_->counters().bad_messages, 2u);
  token_ = 0;
  Show(other_venue_, Side::kSell, 1'000 * kCent, 500);
  Send(kStart + 3, other_venue_, Side::kBuy, 1'000 * kCent, 10);  // another venue's session has its own numbers
  EXPECT_EQ(Outcome(), "A F10@1000");
}

TEST_F(SimulatedExchangeTest, RefusesWhenFullAndTakesOrdersAgainAfterwards) {
  config_.max_in_flight = 8;  // answers of two orders
  Restart();
  EXPECT_TRUE(Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10));
  EXPECT_TRUE(Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10));
  EXPECT_FALSE(Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 10));
  EXPECT_EQ(exchange_->counters().refused_full, 1u);
  EXPECT_EQ(Outcome(), "A C10I A C10I");
  EXPECT_TRUE(Send(kStart + 1, stock_, Side::kBuy, 1'000 * kCent, 10));
}

TEST_F(SimulatedExchangeTest, WithoutRoomForMoreFillsTheRestIsCancelledBySystem) {
  config_.max_in_flight = 8;
  Restart();
  for (int i = 0; i < 20; ++i) Show(stock_, Side::kSell, (1'000 + i) * kCent, 1);
  Send(kStart, stock_, Side::kBuy, 2'000 * kCent, 20);
  EXPECT_EQ(Outcome(), "A F1@1000 F1@1001 F1@1002 F1@1003 F1@1004 F1@1005 C14Z");
  config_.max_in_flight = 64;
  config_.max_resting = 0;
  config_.max_taken_levels = 2;
  token_ = 0;
  Restart();
  Send(kStart, stock_, Side::kBuy, 2'000 * kCent, 20);
  EXPECT_EQ(Outcome(), "A F1@1000 F1@1001 C18Z");
  Send(kStart, stock_, Side::kBuy, 900 * kCent, 20, TimeInForce::kDay);
  EXPECT_EQ(Outcome(), "A C20Z");
}

TEST_F(SimulatedExchangeTest, TimesOfDayComeBackWhole) {
  Show(stock_, Side::kSell, 1'000 * kCent, 500);
  for (const uint64_t midnight : {uint64_t{0}, kMidnight, kMidnight - 5 * 3'600'000'000'000}) {
    config_.midnight_ns = midnight;
    token_ = 0;
    Restart();
    Send(kStart, stock_, Side::kBuy, 1'000 * kCent, 1);
    const std::vector<ExecutionReport> reports = PollAll(UINT64_MAX - 1);
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[1].ts_event_ns, kStart + 50'000);
  }
}

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
