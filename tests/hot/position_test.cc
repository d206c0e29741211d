// Positions by hand and by property: average cost, shorts, crossing zero, multipliers, fees, marks, and cash that always adds up.
#include "hot/position.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tickgraph {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;

class PositionTest : public ::testing::Test {
 protected:
  PositionTest() : instruments_(16, 16), book_({3'000'000, 5'000'000}, instruments_, 16) {
    bool made = false;
    stock_ = instruments_.Equity(0, 1, Symbol::From("ACME"), &made);
    OptionKey key;
    key.root = Symbol::From("ACME");
    key.expiration = 20200117;
    key.strike_nanos = 100 * kDollar;
    call_ = instruments_.Option(1, key, &made);
  }

  InstrumentTable instruments_;
  PositionBook book_;
  InstrumentIndex stock_ = 0, call_ = 0;
};

TEST_F(PositionTest, LongAtAverageCost) {
  EXPECT_TRUE(book_.ApplyFill(stock_, Side::kBuy, 100, 10 * kDollar));
  EXPECT_TRUE(book_.ApplyFill(stock_, Side::kBuy, 300, 14 * kDollar));  // average 13
  EXPECT_EQ(book_.lots(stock_), 400);
  EXPECT_EQ(book_.realized_nanos(stock_), 0);
  EXPECT_TRUE(book_.ApplyFill(stock_, Side::kSell, 100, 15 * kDollar));
  EXPECT_EQ(book_.lots(stock_), 300);
  EXPECT_EQ(book_.realized_nanos(stock_), 200 * kDollar);
  EXPECT_EQ(book_.MarkedNanos(stock_, {12 * kDollar, 13 * kDollar, 1, 1}), -150 * kDollar);  // 300 at 12.50 against 13
}

TEST_F(PositionTest, ShortAtAverageCost) {
  book_.ApplyFill(stock_, Side::kSell, 200, 20 * kDollar);
  EXPECT_EQ(book_.lots(stock_), -200);
  EXPECT_EQ(book_.MarkedNanos(stock_, {21 * kDollar, 21 * kDollar, 1, 1}), -200 * kDollar);
  book_.ApplyFill(stock_, Side::kBuy, 50, 18 * kDollar);
  EXPECT_EQ(book_.lots(stock_), -150);
  EXPECT_EQ(book_.realized_nanos(stock_), 100 * kDollar);
}

TEST_F(PositionTest, CrossingZeroOpensTheRestAtTheNewPrice) {
  book_.ApplyFill(stock_, Side::kBuy, 100, 10 * kDollar);
  book_.ApplyFill(stock_, Side::kSell, 250, 11 * kDollar);
  EXPECT_EQ(book_.lots(stock_), -150);
  EXPECT_EQ(book_.realized_nanos(stock_), 100 * kDollar);
  EXPECT_EQ(book_[stock_].cost_nanos, -__int128{1'650} * kDollar);
  book_.ApplyFill(stock_, Side::kBuy, 200, 9 * kDollar);
  EXPECT_EQ(book_.lots(stock_), 50);
  EXPECT_EQ(book_.realized_nanos(stock_), 400 * kDollar);
  EXPECT_EQ(book_[stock_].cost_nanos, __int128{450} * kDollar);
}

TEST_F(PositionTest, OptionsCountAHundredUnits) {
  book_.ApplyFill(call_, Side::kBuy, 2, 3 * kDollar);
  book_.ApplyFill(call_, Side::kSell, 2, 4 * kDollar);
  EXPECT_EQ(book_.lots(call_), 0);
  EXPECT_EQ(book_.realized_nanos(call_), 200 * kDollar);
  book_.ApplyFill(stock_, Side::kBuy, 10, kDollar);
  const PositionTotals totals = book_.Totals([](InstrumentIndex) { return TopOfBook{}; });
  EXPECT_EQ(totals.fee_nanos, 4 * 100 * 5'000'000LL + 10 * 3'000'000LL);
  EXPECT_EQ(totals.fills, 3u);
  EXPECT_EQ(totals.bought, 12);
  EXPECT_EQ(totals.sold, 2);
  EXPECT_EQ(totals.net_nanos(), 200 * kDollar - totals.fee_nanos);
}

TEST_F(PositionTest, MarksAtTheSideThatIsThere) {
  book_.ApplyFill(stock_, Side::kBuy, 10, 10 * kDollar);
  EXPECT_EQ(book_.MarkedNanos(stock_, {kNoPrice, 12 * kDollar, 0, 1}), 20 * kDollar);
  EXPECT_EQ(book_.MarkedNanos(stock_, {11 * kDollar, kNoPrice, 1, 0}), 10 * kDollar);
  EXPECT_EQ(book_.MarkedNanos(stock_, {}), 0);
}

TEST_F(PositionTest, FillsOutOfRangeAreCounted) {
  EXPECT_FALSE(book_.ApplyFill(99, Side::kBuy, 1, kDollar));
  EXPECT_FALSE(book_.ApplyFill(kNoInstrument, Side::kBuy, 1, kDollar));
  EXPECT_FALSE(book_.ApplyFill(stock_, Side::kBuy, 0, kDollar));
  EXPECT_EQ(book_.rejected_fills(), 3u);
  EXPECT_EQ(book_.lots(kNoInstrument), 0);
  EXPECT_EQ(book_.Hash(1), 1u);
}

TEST_F(PositionTest, HugeFillsDoNotOverflow) {
  for (int i = 0; i < 100; ++i) book_.ApplyFill(call_, Side::kBuy, 999'999, 199'999'990'000'000);
  for (int i = 0; i < 100; ++i) book_.ApplyFill(call_, Side::kSell, 999'999, 100'000);
  EXPECT_EQ(book_.lots(call_), 0);
  EXPECT_EQ(book_[call_].realized_nanos, __int128{100'000 - 199'999'990'000'000} * 99'999'900 * 100);
  EXPECT_EQ(book_.realized_nanos(call_), INT64_MIN);  // held at the end of the range
}

// After every fill: the position is the sum of fills, and realised profit less open cost is exactly the cash that moved.
TEST_F(PositionTest, CashAndLotsAddUp_property) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 50; ++round) {
    PositionBook book({0, 0}, instruments_, 16);
    __int128 cash[2] = {};
    Quantity lots[2] = {};
    for (int i = 0; i < 2'000; ++i) {
      const InstrumentIndex at = random() % 2 == 0 ? stock_ : call_;
      const Side side = random() % 2 == 0 ? Side::kBuy : Side::kSell;
      const Quantity quantity = static_cast<Quantity>(random() % 997 + 1);
      const PriceNanos price = static_cast<PriceNanos>(random() % 2'000'000 + 1) * 100'000;
      ASSERT_TRUE(book.ApplyFill(at, side, quantity, price));
      const Quantity delta = side == Side::kBuy ? quantity : -quantity;
      lots[at] += delta;
      cash[at] -= __int128{delta} * price * instruments_[at].multiplier;
      ASSERT_EQ(book.lots(at), lots[at]);
      ASSERT_EQ(book[at].realized_nanos - book[at].cost_nanos, cash[at]);
      if (lots[at] == 0) {
        ASSERT_EQ(book[at].cost_nanos, 0);
      }
      ASSERT_EQ(book[at].bought - book[at].sold, lots[at]);
    }
  }
}

}  // namespace
}  // namespace tickgraph
