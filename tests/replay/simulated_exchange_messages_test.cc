// What the simulated exchange answers to each message: cancels, rejects, replacements, damaged bytes, and orders beyond its room.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/replay/simulated_exchange_market.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMidnight = 1'577'664'000'000'000'000;

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

}  // namespace
}  // namespace tickgraph
