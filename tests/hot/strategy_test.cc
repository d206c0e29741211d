// The two takers on hand-made signals: legs, sizes in whole contracts, books that may not be believed, refusals, and the set that
// marks and routes.
#include "hot/strategy.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "hot/strategies/cross_venue_taker.h"
#include "hot/strategies/options_parity_taker.h"

namespace tickgraph {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;
using Set = StrategySet<CrossVenueTaker, OptionsParityTaker>;

struct FakeMarket {
  std::map<InstrumentIndex, TopOfBook> tops;
  std::map<InstrumentIndex, BookState> states;
  std::vector<Order> sent;
  size_t refuse_at = SIZE_MAX;

  [[nodiscard]] uint64_t now_ns() const { return 1; }
  [[nodiscard]] TopOfBook top(InstrumentIndex i) const { return tops.count(i) ? tops.at(i) : TopOfBook{}; }
  [[nodiscard]] BookState state(InstrumentIndex i) const { return states.count(i) ? states.at(i) : BookState::kLive; }
  [[nodiscard]] Quantity position(InstrumentIndex) const { return 0; }
  OrderToken Submit(const Order& order) {
    if (sent.size() == refuse_at) return 0;
    sent.push_back(order);
    return static_cast<OrderToken>(sent.size());
  }
};
static_assert(StrategyContext<FakeMarket>);

SignalLeg Leg(InstrumentIndex instrument, Side side, PriceNanos price_nanos) {
  SignalLeg leg;
  leg.instrument = instrument;
  leg.side = side;
  leg.price_nanos = price_nanos;
  return leg;
}

class StrategyTest : public ::testing::Test {
 protected:
  StrategyTest() : set_({true, 500, 0}, {true, true, true, 10, 0}) {
    for (InstrumentIndex i = 0; i < 8; ++i) market_.tops[i] = {(10 + i) * kDollar, (11 + i) * kDollar, 100, 100};
  }

  // Legs at the tops, alternately buying and selling as `sides` says.
  Signal Make(SignalKind kind, Quantity quantity, std::vector<std::pair<InstrumentIndex, Side>> legs) {
    Signal signal;
    signal.kind = kind;
    signal.quantity = quantity;
    signal.edge_nanos = kDollar;
    for (const auto& [instrument, side] : legs) {
      const TopOfBook top = market_.top(instrument);
      signal.legs[signal.leg_count++] = Leg(instrument, side, side == Side::kBuy ? top.ask_nanos : top.bid_nanos);
    }
    return signal;
  }
  Signal Cross(Quantity quantity) { return Make(SignalKind::kCrossVenue, quantity, {{0, Side::kBuy}, {3, Side::kSell}}); }
  Signal Conversion(Quantity quantity) {
    return Make(SignalKind::kConversion, quantity, {{0, Side::kBuy}, {1, Side::kSell}, {2, Side::kBuy}});
  }
  void Give(Signal signal) { set_.OnSignals(std::span<const Signal>(&signal, 1), market_); }

  FakeMarket market_;
  Set set_;
};

TEST_F(StrategyTest, CrossVenueSendsBothLegs) {
  Give(Cross(300));
  ASSERT_EQ(market_.sent.size(), 2u);
  const Order& buy = market_.sent[0];
  EXPECT_EQ(buy.instrument, 0u);
  EXPECT_EQ(buy.side, Side::kBuy);
  EXPECT_EQ(buy.price_nanos, 11 * kDollar);
  EXPECT_EQ(buy.quantity, 300);
  EXPECT_EQ(buy.time_in_force, TimeInForce::kImmediateOrCancel);
  EXPECT_EQ(buy.strategy, 0);
  const Order& sell = market_.sent[1];
  EXPECT_EQ(sell.instrument, 3u);
  EXPECT_EQ(sell.side, Side::kSell);
  EXPECT_EQ(sell.price_nanos, 13 * kDollar);
  EXPECT_EQ(sell.quantity, 300);
  EXPECT_EQ(set_.counters(0).orders, 2u);
  EXPECT_EQ(set_.counters(1).signals, 0u);
}

TEST_F(StrategyTest, ClipsAtTheLargestSize) {
  Give(Cross(501));
  ASSERT_EQ(market_.sent.size(), 2u);
  EXPECT_EQ(market_.sent[0].quantity, 500);
  EXPECT_EQ(market_.sent[1].quantity, 500);
}

TEST_F(StrategyTest, ConversionSendsStockInUnitsAndOptionsInContracts) {
  Give(Conversion(399));
  ASSERT_EQ(market_.sent.size(), 3u);
  EXPECT_EQ(market_.sent[0].quantity, 300);
  EXPECT_EQ(market_.sent[1].quantity, 3);
  EXPECT_EQ(market_.sent[2].quantity, 3);
  EXPECT_EQ(market_.sent[1].side, Side::kSell);
  for (const Order& order : market_.sent) EXPECT_EQ(order.strategy, 1);
  EXPECT_EQ(set_.counters(1).orders, 3u);
}

TEST_F(StrategyTest, BoxSendsFourOptionLegs) {
  Give(Make(SignalKind::kBox, 5'000, {{1, Side::kBuy}, {2, Side::kSell}, {3, Side::kSell}, {4, Side::kBuy}}));
  ASSERT_EQ(market_.sent.size(), 4u);
  for (const Order& order : market_.sent) EXPECT_EQ(order.quantity, 10);
}

TEST_F(StrategyTest, LessThanAContractIsLeft) {
  Give(Conversion(99));
  EXPECT_TRUE(market_.sent.empty());
  EXPECT_EQ(set_.counters(1).skipped_small, 1u);
  Give(Conversion(100));
  EXPECT_EQ(market_.sent.size(), 3u);
}

TEST_F(StrategyTest, ActsOnLiveBooksAlone) {
  for (const BookState state : {BookState::kGapped, BookState::kRecovering, BookState::kStale}) {
    market_.states[2] = state;
    Give(Conversion(100));
  }
  EXPECT_TRUE(market_.sent.empty());
  EXPECT_EQ(set_.counters(1).skipped_not_live, 3u);
}

TEST_F(StrategyTest, LeavesAQuoteThatMovedAway) {
  const Signal signal = Cross(100);
  market_.tops[3].bid_nanos -= 100'000;
  Give(signal);
  market_.tops[3].bid_nanos = kNoPrice;
  Give(signal);
  EXPECT_TRUE(market_.sent.empty());
  EXPECT_EQ(set_.counters(0).skipped_moved, 2u);
  market_.tops[3].bid_nanos = 14 * kDollar;  // better than it was
  Give(signal);
  EXPECT_EQ(market_.sent.size(), 2u);
}

TEST_F(StrategyTest, RefusedLegStopsTheRest) {
  market_.refuse_at = 1;
  Give(Conversion(100));
  EXPECT_EQ(market_.sent.size(), 1u);
  EXPECT_EQ(set_.counters(1).refused, 1u);
  EXPECT_EQ(set_.counters(1).broken, 1u);
  market_.sent.clear();
  market_.refuse_at = 0;
  Give(Conversion(100));
  EXPECT_TRUE(market_.sent.empty());
  EXPECT_EQ(set_.counters(1).broken, 1u);  // nothing was sent: not broken
}

TEST_F(StrategyTest, FlagsAndMinimumEdges) {
  Set off({false, 500, 0}, {true, false, true, 10, 2 * kDollar});
  const Signal signals[] = {Cross(100), Conversion(100),
                            Make(SignalKind::kBox, 100, {{1, Side::kBuy}, {2, Side::kSell}, {3, Side::kSell}, {4, Side::kBuy}})};
  off.OnSignals(signals, market_);
  EXPECT_TRUE(market_.sent.empty());
  EXPECT_EQ(off.counters(0).signals, 0u);
  EXPECT_EQ(off.counters(1).signals, 1u);  // the box
  EXPECT_EQ(off.counters(1).skipped_edge, 1u);
}

TEST_F(StrategyTest, ReportsGoToTheSenderAlone) {
  ExecutionReport report;
  report.kind = ReportKind::kFilled;
  report.quantity = 7;
  Order order;
  order.strategy = 1;
  set_.OnReport(report, order, market_);
  report.kind = ReportKind::kRejected;
  set_.OnReport(report, order, market_);
  EXPECT_EQ(set_.counters(0).fills, 0u);
  EXPECT_EQ(set_.counters(1).fills, 1u);
  EXPECT_EQ(set_.counters(1).filled_lots, 7);
  EXPECT_EQ(set_.counters(1).rejects, 1u);
  EXPECT_STREQ(Set::kNames[1], "options_parity_taker");
}

}  // namespace
}  // namespace tickgraph
