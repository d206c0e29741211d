// Our orders by token: each way an order can end, late and unknown reports, the table's limit, and working quantities that add up.
#include "hot/order_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tickgraph {
namespace {

class OrderStateTest : public ::testing::Test {
 protected:
  OrderStateTest() : orders_(8, 4) {}

  OrderToken Open(InstrumentIndex instrument, Side side, Quantity quantity) {
    Order order;
    order.instrument = instrument;
    order.side = side;
    order.quantity = quantity;
    order.price_nanos = kNanosPerUnit;
    const OrderToken token = orders_.Open(&order, 5);
    EXPECT_EQ(order.token, token);
    return token;
  }
  ReportOutcome Apply(OrderToken token, ReportKind kind, Quantity quantity = 0) {
    ExecutionReport report;
    report.token = token;
    report.kind = kind;
    report.quantity = quantity;
    report.order_ref = 1000 + token;
    return orders_.Apply(report);
  }

  OrderManager orders_;
};

TEST_F(OrderStateTest, FillsInParts) {
  const OrderToken token = Open(1, Side::kBuy, 100);
  EXPECT_EQ(token, 1u);
  EXPECT_EQ(orders_.working(1, Side::kBuy), 100);
  EXPECT_EQ(Apply(token, ReportKind::kAccepted), ReportOutcome::kApplied);
  EXPECT_EQ(orders_.Find(token)->status, OrderStatus::kAccepted);
  EXPECT_EQ(orders_.Find(token)->order_ref, 1001u);
  EXPECT_EQ(Apply(token, ReportKind::kFilled, 40), ReportOutcome::kApplied);
  EXPECT_EQ(orders_.Find(token)->status, OrderStatus::kPartiallyFilled);
  EXPECT_EQ(orders_.working(1, Side::kBuy), 60);
  EXPECT_EQ(Apply(token, ReportKind::kFilled, 60), ReportOutcome::kApplied);
  EXPECT_EQ(orders_.Find(token)->status, OrderStatus::kFilled);
  EXPECT_EQ(orders_.working(1, Side::kBuy), 0);
  EXPECT_EQ(orders_.open_count(), 0u);
  EXPECT_EQ(orders_.counters().filled, 1u);
  EXPECT_EQ(orders_.counters().fills, 2u);
}

TEST_F(OrderStateTest, CancelTakesTheRest) {
  const OrderToken token = Open(2, Side::kSell, 100);
  Apply(token, ReportKind::kAccepted);
  Apply(token, ReportKind::kFilled, 30);
  EXPECT_EQ(Apply(token, ReportKind::kCanceled, 20), ReportOutcome::kApplied);  // part of it
  EXPECT_TRUE(orders_.Find(token)->is_open());
  EXPECT_EQ(orders_.working(2, Side::kSell), 50);
  EXPECT_EQ(Apply(token, ReportKind::kCanceled, 50), ReportOutcome::kApplied);
  EXPECT_EQ(orders_.Find(token)->status, OrderStatus::kCancelled);
  EXPECT_EQ(orders_.working(2, Side::kSell), 0);
}

TEST_F(OrderStateTest, RejectedAndAbandonedFreeTheirQuantity) {
  const OrderToken rejected = Open(0, Side::kBuy, 10), abandoned = Open(0, Side::kBuy, 20);
  EXPECT_EQ(Apply(rejected, ReportKind::kRejected), ReportOutcome::kApplied);
  orders_.Abandon(abandoned);
  orders_.Abandon(abandoned);
  EXPECT_EQ(orders_.working(0, Side::kBuy), 0);
  EXPECT_EQ(orders_.counters().rejected, 2u);
  EXPECT_EQ(orders_.open_count(), 0u);
}

TEST_F(OrderStateTest, LateAndUnknownReportsAreCounted) {
  EXPECT_EQ(Apply(0, ReportKind::kAccepted), ReportOutcome::kUnknownToken);
  EXPECT_EQ(Apply(1, ReportKind::kFilled, 5), ReportOutcome::kUnknownToken);
  const OrderToken token = Open(0, Side::kBuy, 10);
  Apply(token, ReportKind::kRejected);
  EXPECT_EQ(Apply(token, ReportKind::kFilled, 5), ReportOutcome::kLate);
  EXPECT_EQ(orders_.Find(token)->filled, 5);
  EXPECT_EQ(orders_.working(0, Side::kBuy), 0);
  const OrderToken other = Open(0, Side::kBuy, 10);
  Apply(other, ReportKind::kAccepted);
  EXPECT_EQ(Apply(other, ReportKind::kAccepted), ReportOutcome::kLate);
  EXPECT_EQ(Apply(other, ReportKind::kFilled, 11), ReportOutcome::kLate);  // more than was open
  EXPECT_EQ(orders_.working(0, Side::kBuy), 0);
  EXPECT_EQ(orders_.Find(other)->status, OrderStatus::kFilled);
  EXPECT_EQ(Apply(other, ReportKind::kCanceled, 1), ReportOutcome::kLate);
  EXPECT_EQ(Apply(other, ReportKind::kRejected), ReportOutcome::kLate);
  EXPECT_EQ(orders_.counters().unknown_reports, 2u);
  EXPECT_EQ(orders_.counters().late_reports, 5u);
}

TEST_F(OrderStateTest, FullTableRefuses) {
  for (int i = 0; i < 8; ++i) EXPECT_NE(Open(0, Side::kBuy, 1), 0u);
  Order order;
  order.instrument = 0;
  order.quantity = 1;
  EXPECT_EQ(orders_.Open(&order, 0), 0u);
  EXPECT_EQ(order.token, 0u);
  EXPECT_EQ(orders_.counters().table_full, 1u);
  EXPECT_EQ(orders_.working(0, Side::kBuy), 8);
}

TEST_F(OrderStateTest, InstrumentOutOfRangeIsRefused) {
  Order order;
  order.instrument = 4;
  order.quantity = 1;
  EXPECT_EQ(orders_.Open(&order, 0), 0u);
  EXPECT_EQ(orders_.working(4, Side::kBuy), 0);
  EXPECT_EQ(orders_.working(kNoInstrument, Side::kSell), 0);
}

TEST_F(OrderStateTest, HashSeesEveryChange) {
  const uint64_t empty = orders_.Hash(1);
  const OrderToken token = Open(0, Side::kBuy, 10);
  const uint64_t sent = orders_.Hash(1);
  Apply(token, ReportKind::kAccepted);
  const uint64_t accepted = orders_.Hash(1);
  Apply(token, ReportKind::kFilled, 1);
  EXPECT_NE(empty, sent);
  EXPECT_NE(sent, accepted);
  EXPECT_NE(accepted, orders_.Hash(1));
}

// Any reports whatever: working quantity stays the sum of what is open, and never goes below zero.
TEST_F(OrderStateTest, WorkingIsTheSumOfOpen_property) {
  std::mt19937_64 random(23);
  for (int round = 0; round < 200; ++round) {
    OrderManager orders(64, 4);
    for (int step = 0; step < 400; ++step) {
      if (random() % 4 == 0) {
        Order order;
        order.instrument = static_cast<InstrumentIndex>(random() % 4);
        order.side = static_cast<Side>(random() % 2);
        order.quantity = static_cast<Quantity>(random() % 50 + 1);
        orders.Open(&order, 0);
      } else {
        ExecutionReport report;
        report.token = static_cast<OrderToken>(random() % 70);
        report.kind = static_cast<ReportKind>(random() % 4);
        report.quantity = static_cast<Quantity>(random() % 40);
        orders.Apply(report);
      }
      Quantity open[4][2] = {};
      uint32_t open_count = 0;
      for (OrderToken t = 1; t <= orders.count(); ++t) {
        const OrderState& s = *orders.Find(t);
        ASSERT_GE(s.open, 0);
        ASSERT_EQ(s.open > 0, s.is_open());
        open[s.order.instrument][static_cast<int>(s.order.side)] += s.open;
        open_count += s.is_open();
      }
      ASSERT_EQ(orders.open_count(), open_count);
      for (InstrumentIndex i = 0; i < 4; ++i) {
        ASSERT_EQ(orders.working(i, Side::kBuy), open[i][0]);
        ASSERT_EQ(orders.working(i, Side::kSell), open[i][1]);
      }
    }
  }
}

}  // namespace
}  // namespace tickgraph
