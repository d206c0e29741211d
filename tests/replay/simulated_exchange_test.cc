// The simulated exchange from the loop's side of the gateway: latencies, fills against displayed levels and rests, and that no displayed
// share is filled twice.
#include <gtest/gtest.h>

#include <vector>

#include "hot/book_set.h"
#include "tests/replay/simulated_exchange_market.h"

namespace tickgraph {
namespace {

static_assert(SimulatedMarket<BookSet>);

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

}  // namespace
}  // namespace tickgraph
