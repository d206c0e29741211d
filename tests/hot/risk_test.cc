// Each check of pre-trade risk at its limit and one step past it, their order, and what a refusal leaves untouched.
#include "hot/risk.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tickgraph {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;

class RiskTest : public ::testing::Test {
 protected:
  RiskTest() {
    config_.equity = {1'000, 200'000 * kDollar, 100, 5'000, 3'000};
    config_.option = {50, 100'000 * kDollar, 1'000, 200, 100};
    config_.max_book_age_ns = 1'000'000;
    config_.duplicate_window_ns = 500;
    config_.max_messages_per_second = 1'000;
    config_.message_burst = 3;
  }

  // A buy of 100 at the ask, which every check lets pass.
  RiskInput Good() const {
    RiskInput in;
    in.now_ns = 10'000'000'000;
    in.last_activity_ns = in.now_ns;
    in.instrument = &equity_;
    in.order.instrument = 0;
    in.order.side = Side::kBuy;
    in.order.quantity = 100;
    in.order.price_nanos = 100 * kDollar;
    in.top = {99 * kDollar, 100 * kDollar, 500, 500};
    return in;
  }

  // A fresh gate's answer, so that rate and duplicates of other cases do not matter.
  RejectReason Ask(const RiskInput& in) const {
    RiskGate gate(config_);
    return gate.Check(in);
  }

  RiskConfig config_;
  Instrument equity_;
};

TEST_F(RiskTest, PassesAGoodOrder) { EXPECT_EQ(Ask(Good()), RejectReason::kPass); }

TEST_F(RiskTest, KillSwitchStopsEverythingAndIsReleased) {
  RiskGate gate(config_);
  gate.SetKillSwitch(true);
  EXPECT_EQ(gate.Check(Good()), RejectReason::kKillSwitch);
  gate.SetKillSwitch(false);
  EXPECT_EQ(gate.Check(Good()), RejectReason::kPass);
  EXPECT_EQ(gate.count(RejectReason::kKillSwitch), 1u);
  EXPECT_EQ(gate.count(RejectReason::kPass), 1u);
  EXPECT_EQ(gate.rejects(), 1u);
}

TEST_F(RiskTest, UnknownInstrument) {
  RiskInput in = Good();
  in.instrument = nullptr;
  EXPECT_EQ(Ask(in), RejectReason::kUnknownInstrument);
  in = Good();
  in.order.instrument = kNoInstrument;
  EXPECT_EQ(Ask(in), RejectReason::kUnknownInstrument);
}

TEST_F(RiskTest, BookMustBeLive) {
  for (const BookState state : {BookState::kGapped, BookState::kRecovering}) {
    RiskInput in = Good();
    in.state = state;
    EXPECT_EQ(Ask(in), RejectReason::kBookNotLive);
  }
}

TEST_F(RiskTest, BookMustBeFresh) {
  RiskInput in = Good();
  in.last_activity_ns = in.now_ns - config_.max_book_age_ns;
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  --in.last_activity_ns;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kBookStale);
  EXPECT_EQ(gate.limit(), 1'000'000);
  EXPECT_EQ(gate.value(), 1'000'001);
  in.last_activity_ns = in.now_ns + 5;  // heard in this very packet
  EXPECT_EQ(Ask(in), RejectReason::kPass);
}

TEST_F(RiskTest, InstrumentMustTrade) {
  for (const TradingState state : {TradingState::kHalted, TradingState::kPaused, TradingState::kQuoteOnly}) {
    equity_.trading = state;
    EXPECT_EQ(Ask(Good()), RejectReason::kNotTrading);
  }
}

TEST_F(RiskTest, MalformedOrders) {
  const auto with = [this](auto change) {
    RiskInput in = Good();
    change(in.order);
    return Ask(in);
  };
  EXPECT_EQ(with([](Order& o) { o.quantity = 0; }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.quantity = -5; }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.price_nanos = 0; }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.price_nanos = kNoPrice; }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.price_nanos -= 50'000; }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.price_nanos -= 100'000; }), RejectReason::kPass);
  EXPECT_EQ(with([](Order& o) { o.side = static_cast<Side>(2); }), RejectReason::kMalformed);
  EXPECT_EQ(with([](Order& o) { o.time_in_force = static_cast<TimeInForce>(5); }), RejectReason::kMalformed);
}

TEST_F(RiskTest, Quantity) {
  RiskInput in = Good();
  in.order.quantity = 1'000;
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.order.quantity = 1'001;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kQuantity);
  EXPECT_EQ(gate.limit(), 1'000);
  EXPECT_EQ(gate.value(), 1'001);
}

TEST_F(RiskTest, Notional) {
  RiskInput in = Good();
  in.order.quantity = 1'000;
  in.order.price_nanos = 200 * kDollar;
  in.top.ask_nanos = in.order.price_nanos;
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.order.price_nanos += 100'000;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kNotional);
  EXPECT_EQ(gate.limit(), 200'000 * kDollar);
  EXPECT_EQ(gate.value(), 200'000 * kDollar + 100'000'000);
}

TEST_F(RiskTest, NotionalCountsTheMultiplierAndDoesNotOverflow) {
  Instrument option;
  option.kind = InstrumentKind::kOption;
  option.multiplier = 100;
  RiskInput in = Good();
  in.instrument = &option;
  in.order.quantity = 10;
  EXPECT_EQ(Ask(in), RejectReason::kPass);  // 10 x 100 x 100 = the limit
  in.order.quantity = 11;
  EXPECT_EQ(Ask(in), RejectReason::kNotional);
  config_.equity.max_quantity = INT64_MAX;
  equity_.multiplier = UINT32_MAX;
  in.instrument = &equity_;
  in.order.quantity = Quantity{1} << 32;
  in.order.price_nanos = INT64_MAX / 100'000 * 100'000;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kNotional);
  EXPECT_EQ(gate.value(), INT64_MAX);
}

TEST_F(RiskTest, PriceCollarHoldsAgainstTheOppositeTouch) {
  RiskInput in = Good();
  in.order.price_nanos = 101 * kDollar;  // 1 % through the ask
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.order.price_nanos += 100'000;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kPriceCollar);
  EXPECT_EQ(gate.limit(), 101 * kDollar);
  in.order.side = Side::kSell;
  in.order.price_nanos = 98'010'000'000;  // 1 % through the bid
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.order.price_nanos -= 100'000;
  EXPECT_EQ(Ask(in), RejectReason::kPriceCollar);
}

TEST_F(RiskTest, PriceCollarWithoutAQuote) {
  RiskInput in = Good();
  in.top.ask_nanos = kNoPrice;  // the bid stands in
  in.order.price_nanos = 99'990'000'000;
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.order.price_nanos += 100'000;
  EXPECT_EQ(Ask(in), RejectReason::kPriceCollar);
  in.top = {};
  EXPECT_EQ(Ask(in), RejectReason::kPriceCollar);
}

TEST_F(RiskTest, DuplicateWithinTheWindowOnly) {
  RiskGate gate(config_);
  RiskInput in = Good();
  EXPECT_EQ(gate.Check(in), RejectReason::kPass);
  in.now_ns += 500;
  EXPECT_EQ(gate.Check(in), RejectReason::kDuplicate);
  in.now_ns += 1;
  EXPECT_EQ(gate.Check(in), RejectReason::kPass);
}

TEST_F(RiskTest, DuplicateNeedsEveryPartTheSame) {
  const auto second = [this](auto change) {
    RiskGate gate(config_);
    RiskInput in = Good();
    EXPECT_EQ(gate.Check(in), RejectReason::kPass);
    change(in.order);
    return gate.Check(in);
  };
  EXPECT_EQ(second([](Order&) {}), RejectReason::kDuplicate);
  EXPECT_EQ(second([](Order& o) { o.instrument = 1; }), RejectReason::kPass);
  EXPECT_EQ(second([](Order& o) { o.side = Side::kSell; }), RejectReason::kPass);
  EXPECT_EQ(second([](Order& o) { o.quantity = 99; }), RejectReason::kPass);
  EXPECT_EQ(second([](Order& o) { o.price_nanos -= 100'000; }), RejectReason::kPass);
}

TEST_F(RiskTest, MessageRateIsATokenBucket) {
  RiskGate gate(config_);
  RiskInput in = Good();
  const auto next = [&] {
    ++in.order.instrument;  // never a duplicate
    return gate.Check(in);
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next(), RejectReason::kPass);
  EXPECT_EQ(next(), RejectReason::kMessageRate);
  in.now_ns += 999'999;  // 1,000 a second: one token takes a million ns
  EXPECT_EQ(next(), RejectReason::kMessageRate);
  in.now_ns += 1;
  in.last_activity_ns = in.now_ns;
  EXPECT_EQ(next(), RejectReason::kPass);
  EXPECT_EQ(next(), RejectReason::kMessageRate);
  in.now_ns += 3'600'000'000'000;  // a long wait fills the bucket and no more
  in.last_activity_ns = in.now_ns;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next(), RejectReason::kPass);
  EXPECT_EQ(next(), RejectReason::kMessageRate);
  EXPECT_EQ(gate.limit(), 1'000);
}

TEST_F(RiskTest, PositionCountsWorkingOrders) {
  RiskInput in = Good();
  in.position = 4'000;
  in.working_buy = 900;
  in.working_sell = 2'000;  // the other side's working orders are no credit
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.working_buy = 901;
  RiskGate gate(config_);
  EXPECT_EQ(gate.Check(in), RejectReason::kPosition);
  EXPECT_EQ(gate.limit(), 5'000);
  EXPECT_EQ(gate.value(), 5'001);

  in = Good();
  in.order.side = Side::kSell;
  in.position = -2'000;
  in.working_sell = 900;
  EXPECT_EQ(Ask(in), RejectReason::kPass);
  in.working_sell = 901;
  EXPECT_EQ(gate.Check(in), RejectReason::kPosition);
  EXPECT_EQ(gate.limit(), -3'000);
  EXPECT_EQ(gate.value(), -3'001);
}

TEST_F(RiskTest, RefusedOrdersUseNothingUp) {
  RiskGate gate(config_);
  RiskInput in = Good();
  in.position = 5'000;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(gate.Check(in), RejectReason::kPosition);
  in.position = 0;
  EXPECT_EQ(gate.Check(in), RejectReason::kPass);
}

// Makes an order fail every check from the k-th on: the k-th must be the one that is named.
TEST_F(RiskTest, ChecksRunInTheOrderOfTheirReasons) {
  RiskGate gate(config_);
  RiskInput in = Good();
  EXPECT_EQ(gate.Check(in), RejectReason::kPass);  // stands as the duplicate
  for (int i = 0; i < 2; ++i) {
    in.order.instrument = static_cast<InstrumentIndex>(5 + i);
    EXPECT_EQ(gate.Check(in), RejectReason::kPass);  // the burst is used up
  }
  in = Good();
  in.position = 5'000;
  RiskInput unlike = in;
  unlike.order.quantity = 101;
  EXPECT_EQ(gate.Check(unlike), RejectReason::kMessageRate);
  EXPECT_EQ(gate.Check(in), RejectReason::kDuplicate);
  in.order.price_nanos = 102 * kDollar;
  EXPECT_EQ(gate.Check(in), RejectReason::kPriceCollar);
  in.order.price_nanos = 3'000 * kDollar;
  EXPECT_EQ(gate.Check(in), RejectReason::kNotional);
  in.order.quantity = 1'001;
  EXPECT_EQ(gate.Check(in), RejectReason::kQuantity);
  in.order.price_nanos += 1;
  EXPECT_EQ(gate.Check(in), RejectReason::kMalformed);
  equity_.trading = TradingState::kHalted;
  EXPECT_EQ(gate.Check(in), RejectReason::kNotTrading);
  in.last_activity_ns = 0;
  EXPECT_EQ(gate.Check(in), RejectReason::kBookStale);
  in.state = BookState::kGapped;
  EXPECT_EQ(gate.Check(in), RejectReason::kBookNotLive);
  in.order.instrument = kNoInstrument;
  EXPECT_EQ(gate.Check(in), RejectReason::kUnknownInstrument);
  gate.SetKillSwitch(true);
  EXPECT_EQ(gate.Check(in), RejectReason::kKillSwitch);
}

TEST_F(RiskTest, EveryReasonHasItsOwnName) {
  for (int i = 0; i < kRejectReasons; ++i) {
    for (int j = 0; j < i; ++j)
      EXPECT_STRNE(RejectReasonName(static_cast<RejectReason>(i)), RejectReasonName(static_cast<RejectReason>(j)));
  }
  EXPECT_STREQ(RejectReasonName(RejectReason::kPosition), "position");
  EXPECT_STREQ(RejectReasonName(static_cast<RejectReason>(200)), "unknown");
}

// Whatever the stream of orders, no second of it lets more pass than the burst and a second's refill.
TEST_F(RiskTest, RateHoldsOverAnyWindow_property) {
  config_.message_burst = 20;
  config_.duplicate_window_ns = 0;
  RiskGate gate(config_);
  std::mt19937_64 random(3);
  std::vector<uint64_t> passed;
  RiskInput in = Good();
  for (int i = 0; i < 50'000; ++i) {
    in.now_ns += random() % 3 == 0 ? random() % 2'000'000 : random() % 1'000;
    in.last_activity_ns = in.now_ns;
    if (gate.Check(in) == RejectReason::kPass) passed.push_back(in.now_ns);
  }
  ASSERT_GT(passed.size(), 2'000u);
  for (size_t first = 0, last = 0; last < passed.size(); ++last) {
    while (passed[last] - passed[first] > 1'000'000'000) ++first;
    ASSERT_LE(last - first + 1, 20u + 1'000u);
  }
}

}  // namespace
}  // namespace tickgraph
