// Books that a venue aggregates or quotes: totals by price against a map, tops, clearing, and the limits.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "hot/book_set.h"

namespace tickgraph {
namespace {

BookSetConfig Small() { return {4, 64, 64}; }

TEST(BookLevelsTest, SetsChangesAndRemovesTotals) {
  BookSet books(Small());
  const BookUpdate made = books.SetLevel(1, Side::kBuy, 100, 7, 2);
  EXPECT_TRUE(made.top_changed);
  EXPECT_EQ(made.quantity_left, 7);
  EXPECT_FALSE(books.SetLevel(1, Side::kBuy, 90, 5, 1).top_changed);
  EXPECT_TRUE(books.SetLevel(1, Side::kBuy, 100, 3, 1).top_changed);
  EXPECT_EQ(books.top(1), (TopOfBook{100, kNoPrice, 3, 0}));
  EXPECT_TRUE(books.SetLevel(1, Side::kBuy, 100, 0, 0).top_changed);
  EXPECT_EQ(books.top(1), (TopOfBook{90, kNoPrice, 5, 0}));
  EXPECT_TRUE(books.SetLevel(1, Side::kSell, 95, 4, 1).top_changed);
  EXPECT_EQ(books.top(1), (TopOfBook{90, 95, 5, 4}));
  EXPECT_TRUE(books.CheckInvariants(1));
  EXPECT_EQ(books.top(0), TopOfBook{});
}

TEST(BookLevelsTest, RemovingWhatIsNotThereIsNothing) {
  BookSet books(Small());
  const BookUpdate update = books.SetLevel(0, Side::kSell, 5, 0, 0);
  EXPECT_EQ(update.result, BookResult::kOk);
  EXPECT_FALSE(update.top_changed);
  EXPECT_EQ(books.level_count(), 0u);
}

TEST(BookLevelsTest, PricesBelowZeroAreLevels) {
  BookSet books(Small());
  books.SetLevel(0, Side::kBuy, -30, 1, 1);
  books.SetLevel(0, Side::kBuy, -20, 2, 1);
  books.SetLevel(0, Side::kSell, -10, 3, 1);
  books.SetLevel(0, Side::kSell, 0, 4, 1);
  EXPECT_EQ(books.top(0), (TopOfBook{-20, -10, 2, 3}));
}

TEST(BookLevelsTest, RefusesTheAbsurd) {
  BookSet books(Small());
  EXPECT_EQ(books.SetLevel(0, Side::kBuy, 1, -1, 1).result, BookResult::kBadOrder);
  EXPECT_EQ(books.SetLevel(0, Side::kBuy, BookSet::kMaxPriceNanos + 1, 1, 1).result, BookResult::kBadOrder);
  EXPECT_EQ(books.SetLevel(0, Side::kBuy, kNoPrice, 1, 1).result, BookResult::kBadOrder);
  EXPECT_EQ(books.SetLevel(9, Side::kBuy, 1, 1, 1).result, BookResult::kNoRoom);
  EXPECT_EQ(books.SetQuote(9, {}).result, BookResult::kNoRoom);
  books.ClearBook(9);
  EXPECT_EQ(books.counters().bad_orders, 3u);
  EXPECT_EQ(books.counters().no_room_instruments, 2u);
}

TEST(BookLevelsTest, FullStoreRejectsAndCounts) {
  BookSet books({1, 16, 4});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(books.SetLevel(0, Side::kBuy, i, 1, 1).result, BookResult::kOk);
  EXPECT_EQ(books.SetLevel(0, Side::kBuy, 9, 1, 1).result, BookResult::kNoRoom);
  EXPECT_EQ(books.counters().no_room_levels, 1u);
  EXPECT_EQ(books.SetLevel(0, Side::kBuy, 3, 8, 1).result, BookResult::kOk);
  EXPECT_TRUE(books.CheckInvariants(0));
}

TEST(BookLevelsTest, ClearForgetsOrdersLevelsAndQuotes) {
  BookSet books(Small());
  AddOrder add;
  add.price_nanos = 10;
  add.quantity = 1;
  for (OrderRef ref = 1; ref <= 3; ++ref) {
    add.order_ref = ref;
    books.Apply(0, add);
  }
  books.SetLevel(1, Side::kBuy, 100, 7, 2);
  books.ClearBook(0);
  EXPECT_EQ(books.order_count(), 0u);
  EXPECT_EQ(books.level_count(), 1u);
  EXPECT_EQ(books.top(0), TopOfBook{});
  EXPECT_EQ(books.BookHash(0, 5), 0u);
  EXPECT_TRUE(books.SetQuote(0, {10, 11, 1, 2}).top_changed);
  EXPECT_FALSE(books.SetQuote(0, {10, 11, 1, 2}).top_changed);
  EXPECT_NE(books.BookHash(0, 5), 0u);
  books.ClearBook(0);
  books.SetLevel(0, Side::kSell, 12, 1, 0);
  EXPECT_EQ(books.top(0), (TopOfBook{kNoPrice, 12, 0, 1}));
  EXPECT_TRUE(books.CheckInvariants(0));
}

TEST(BookLevelsTest, LevelsAreAMapsWhateverComes_property) {
  BookSet books({2, 16, 256});
  std::map<PriceNanos, Quantity> want[2];
  std::mt19937_64 random(7);
  for (int step = 0; step < 20'000; ++step) {
    const auto side = static_cast<Side>(random() & 1);
    const auto price = static_cast<PriceNanos>(random() % 40) - 20;
    const auto quantity = static_cast<Quantity>(random() % 3);
    auto& levels = want[static_cast<size_t>(side)];
    quantity == 0 ? void(levels.erase(price)) : void(levels[price] = quantity);
    const TopOfBook before = books.top(1);
    const bool changed = books.SetLevel(1, side, price, quantity, 1).top_changed;
    ASSERT_EQ(changed, !(before == books.top(1)));
    TopOfBook top;
    if (!want[0].empty()) top = {want[0].rbegin()->first, top.ask_nanos, want[0].rbegin()->second, top.ask_quantity};
    if (!want[1].empty()) top = {top.bid_nanos, want[1].begin()->first, top.bid_quantity, want[1].begin()->second};
    ASSERT_EQ(books.top(1), top);
    ASSERT_EQ(books.Depth(1, side), levels.size());
    if (step % 997 == 0) {
      ASSERT_TRUE(books.CheckInvariants(1));
      books.ClearBook(1);
      want[0].clear();
      want[1].clear();
    }
  }
}

}  // namespace
}  // namespace tickgraph
