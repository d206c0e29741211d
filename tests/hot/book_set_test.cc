// BookSet, rule by rule: queues, damage, limits, hashes, quotes.
#include "hot/book_set.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tickgraph {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;

AddOrder Add(OrderRef ref, Side side, PriceNanos price, Quantity quantity, VenueIndex venue = 0) {
  AddOrder add;
  add.header.venue = venue;
  add.order_ref = ref;
  add.side = side;
  add.price_nanos = price;
  add.quantity = quantity;
  return add;
}
ExecuteOrder Execute(OrderRef ref, Quantity quantity, VenueIndex venue = 0) {
  ExecuteOrder execute;
  execute.header.venue = venue;
  execute.order_ref = ref;
  execute.quantity = quantity;
  return execute;
}
DeleteOrder Delete(OrderRef ref, VenueIndex venue = 0) {
  DeleteOrder remove;
  remove.header.venue = venue;
  remove.order_ref = ref;
  return remove;
}
ReplaceOrder Replace(OrderRef ref, OrderRef with, PriceNanos price, Quantity quantity) {
  ReplaceOrder replace;
  replace.order_ref = ref;
  replace.new_order_ref = with;
  replace.price_nanos = price;
  replace.quantity = quantity;
  return replace;
}
std::vector<std::pair<OrderRef, Quantity>> Queue(const BookSet& book, InstrumentIndex instrument, Side side, PriceNanos price) {
  std::vector<std::pair<OrderRef, Quantity>> queue;
  book.ForEachOrder(instrument, side, price, [&](OrderRef ref, Quantity quantity) {
    queue.emplace_back(ref, quantity);
    return true;
  });
  return queue;
}
using Refs = std::vector<std::pair<OrderRef, Quantity>>;

TEST(BookSetTest, ReplaceLosesPriorityAndKeepsSideAndInstrument) {
  BookSet book({2, 16, 16});
  book.Apply(1, Add(1, Side::kSell, 10 * kDollar, 100));
  book.Apply(1, Add(2, Side::kSell, 10 * kDollar, 200));
  const BookUpdate update = book.Apply(Replace(1, 3, 10 * kDollar, 50));
  EXPECT_EQ(update.result, BookResult::kOk);
  EXPECT_EQ(update.instrument, 1u);
  EXPECT_EQ(update.side, Side::kSell);
  EXPECT_EQ(update.old_price_nanos, 10 * kDollar);
  EXPECT_EQ(update.quantity_removed, 100);
  EXPECT_EQ(update.quantity_left, 50);
  EXPECT_EQ(Queue(book, 1, Side::kSell, 10 * kDollar), (Refs{{2, 200}, {3, 50}}));
  EXPECT_TRUE(book.CheckInvariants(1));
}

TEST(BookSetTest, ReplaceBySameTermsLeavesTheTopUnchanged) {
  BookSet book({1, 16, 16});
  book.Apply(0, Add(1, Side::kBuy, 10 * kDollar, 100));
  EXPECT_FALSE(book.Apply(Replace(1, 2, 10 * kDollar, 100)).top_changed);
  EXPECT_TRUE(book.Apply(Replace(2, 2, 9 * kDollar, 100)).top_changed);  // a reference may replace itself
  EXPECT_EQ(book.top(0).bid_nanos, 9 * kDollar);
  EXPECT_EQ(book.order_count(), 1u);
}

TEST(BookSetTest, ExecutionNamesTheRestingOrder) {
  BookSet book({1, 16, 16});
  book.Apply(0, Add(1, Side::kBuy, 10 * kDollar, 100));
  BookUpdate update = book.Apply(Execute(1, 30));
  EXPECT_EQ(update.price_nanos, 10 * kDollar);
  EXPECT_EQ(update.side, Side::kBuy);
  EXPECT_EQ(update.quantity_left, 70);
  EXPECT_TRUE(update.top_changed);
  update = book.Apply(Execute(1, 70));
  EXPECT_EQ(update.quantity_left, 0);
  EXPECT_EQ(book.top(0), TopOfBook{});
  EXPECT_EQ(book.order_count(), 0u);
  EXPECT_EQ(book.level_count(), 0u);
}

TEST(BookSetTest, SameReferenceOnTwoVenuesIsTwoOrders) {
  BookSet book({2, 16, 16});
  book.Apply(0, Add(7, Side::kBuy, 10 * kDollar, 100, 0));
  EXPECT_EQ(book.Apply(1, Add(7, Side::kSell, 11 * kDollar, 300, 15)).result, BookResult::kOk);
  EXPECT_EQ(book.Apply(Delete(7, 15)).instrument, 1u);
  EXPECT_EQ(book.Apply(Delete(7, 3)).result, BookResult::kUnknownOrder);
  EXPECT_EQ(book.top(0).bid_quantity, 100);
}

TEST(BookSetTest, DamagedInputIsCountedByKindAndMarksItsInstrument) {
  BookSet book({6, 16, 16});
  for (InstrumentIndex i = 0; i < 4; ++i) book.Apply(i, Add(1 + i, Side::kBuy, 10 * kDollar, 100));
  EXPECT_EQ(book.Apply(0, Add(2, Side::kBuy, 9 * kDollar, 5)).result, BookResult::kDuplicateOrder);
  const BookUpdate over = book.Apply(Execute(2, 101));
  EXPECT_EQ(over.result, BookResult::kOverExecuted);
  EXPECT_EQ(over.quantity_removed, 100);
  EXPECT_EQ(book.Apply(Execute(3, 0)).result, BookResult::kBadOrder);
  EXPECT_EQ(book.Apply(4, Add(9, Side::kSell, -1, 5)).result, BookResult::kBadOrder);
  EXPECT_EQ(book.Apply(Delete(99)).result, BookResult::kUnknownOrder);
  for (const InstrumentIndex i : {0, 1, 2, 4}) EXPECT_TRUE(book.marked(i)) << i;
  for (const InstrumentIndex i : {3, 5}) EXPECT_FALSE(book.marked(i)) << i;
  EXPECT_EQ(book.counters().duplicate_references, 1u);
  EXPECT_EQ(book.counters().over_executions, 1u);
  EXPECT_EQ(book.counters().bad_orders, 2u);
  EXPECT_EQ(book.counters().unknown_references, 1u);
  EXPECT_EQ(book.order_count(), 3u);
  EXPECT_EQ(Queue(book, 0, Side::kBuy, 10 * kDollar), (Refs{{1, 100}}));
}

TEST(BookSetTest, CrossedBooksAreKept) {
  BookSet book({1, 16, 16});
  book.Apply(0, Add(1, Side::kBuy, 11 * kDollar, 100));
  book.Apply(0, Add(2, Side::kSell, 10 * kDollar, 100));
  EXPECT_EQ(book.top(0), (TopOfBook{11 * kDollar, 10 * kDollar, 100, 100}));
  EXPECT_FALSE(book.marked(0));
}

TEST(BookSetTest, LevelTotalNeverOverflows) {
  BookSet book({1, 128, 16});
  Quantity total = 0;
  for (OrderRef ref = 1; ref <= 100; ++ref) {
    if (book.Apply(0, Add(ref, Side::kBuy, kDollar, BookSet::kMaxQuantity)).result == BookResult::kOk) total += BookSet::kMaxQuantity;
    ASSERT_TRUE(book.CheckInvariants(0));
  }
  EXPECT_EQ(book.top(0).bid_quantity, total);
  EXPECT_EQ(book.counters().bad_orders, 8u);  // 92 times 10^17 is the last sum below 2^63
}

TEST(BookSetTest, OrdersBeyondTheLimitAreRefusedAndRoomComesBack) {
  BookSet book({1, 3, 16});
  for (OrderRef ref = 1; ref <= 3; ++ref) EXPECT_EQ(book.Apply(0, Add(ref, Side::kBuy, kDollar, 10)).result, BookResult::kOk);
  EXPECT_EQ(book.Apply(0, Add(4, Side::kBuy, kDollar, 10)).result, BookResult::kNoRoom);
  EXPECT_EQ(book.counters().no_room_orders, 1u);
  EXPECT_FALSE(book.marked(0));
  EXPECT_EQ(book.Apply(Replace(1, 4, 2 * kDollar, 10)).result, BookResult::kOk);
  book.Apply(Delete(4));
  EXPECT_EQ(book.Apply(0, Add(5, Side::kBuy, kDollar, 10)).result, BookResult::kOk);
  EXPECT_EQ(Queue(book, 0, Side::kBuy, kDollar), (Refs{{2, 10}, {3, 10}, {5, 10}}));
}

TEST(BookSetTest, LevelsBeyondTheLimitAreRefusedAndRoomComesBack) {
  BookSet book({1, 64, 3});
  for (OrderRef ref = 1; ref <= 3; ++ref) EXPECT_EQ(book.Apply(0, Add(ref, Side::kBuy, ref * kDollar, 10)).result, BookResult::kOk);
  EXPECT_EQ(book.Apply(0, Add(4, Side::kSell, kDollar, 10)).result, BookResult::kNoRoom);
  EXPECT_EQ(book.counters().no_room_levels, 1u);
  EXPECT_EQ(book.Apply(0, Add(5, Side::kBuy, 3 * kDollar, 10)).result, BookResult::kOk);  // no new level
  book.Apply(Delete(2));
  EXPECT_EQ(book.Apply(0, Add(6, Side::kSell, kDollar, 10)).result, BookResult::kOk);
  EXPECT_TRUE(book.CheckInvariants(0));
  EXPECT_EQ(book.order_count(), 4u);
}

TEST(BookSetTest, InstrumentsBeyondTheLimitAreRefused) {
  BookSet book({2, 16, 16});
  EXPECT_EQ(book.Apply(2, Add(1, Side::kBuy, kDollar, 10)).result, BookResult::kNoRoom);
  EXPECT_EQ(book.Apply(kNoInstrument, Add(1, Side::kBuy, kDollar, 10)).result, BookResult::kNoRoom);
  EXPECT_EQ(book.Apply(2, OptionQuote{}).result, BookResult::kNoRoom);
  EXPECT_EQ(book.counters().no_room_instruments, 3u);
  EXPECT_EQ(book.order_count(), 0u);
}

// Every configured level can be used, wherever it stands: the runs of the ladders never run out first.
TEST(BookSetTest, EveryConfiguredLevelFits) {
  constexpr uint32_t kLevels = 5000, kInstruments = 20;
  BookSet book({kInstruments, kLevels, kLevels});
  OrderRef ref = 0;
  for (int round = 0; round < 6; ++round) {
    const uint32_t spread = round % 2 == 0 ? 1 : kInstruments * 2;  // one deep ladder, then all of them
    for (uint32_t i = 0; i < kLevels; ++i) {
      const Side side = i % spread % 2 == 0 ? Side::kBuy : Side::kSell;
      ASSERT_EQ(book.Apply(i % spread / 2, Add(++ref, side, PriceNanos{i} * kDollar, 10)).result, BookResult::kOk)
          << "round " << round << " level " << i;
    }
    EXPECT_EQ(book.level_count(), kLevels);
    for (InstrumentIndex i = 0; i < kInstruments; ++i) ASSERT_TRUE(book.CheckInvariants(i));
    for (OrderRef gone = ref - kLevels + 1; gone <= ref; ++gone) ASSERT_EQ(book.Apply(Delete(gone)).result, BookResult::kOk);
    EXPECT_EQ(book.level_count(), 0u);
  }
}

// Many references that fall into one hash bucket, which only a hostile or very unlucky venue gives.
TEST(BookSetTest, ReferencesFarApartAndExtremeAreFound) {
  BookSet book({1, 512, 512});
  std::vector<OrderRef> refs = {0, UINT64_MAX, UINT64_MAX - 1, uint64_t{1} << 63};
  for (uint64_t i = 1; i <= 400; ++i) refs.push_back(i << 32);
  for (const OrderRef ref : refs) ASSERT_EQ(book.Apply(0, Add(ref, Side::kBuy, kDollar, 10)).result, BookResult::kOk);
  ASSERT_TRUE(book.CheckInvariants(0));
  for (const OrderRef ref : refs) ASSERT_EQ(book.Apply(Delete(ref)).result, BookResult::kOk) << ref;
  EXPECT_EQ(book.order_count(), 0u);
}

TEST(BookHashTest, DoesNotDependOnTheOrderOfDiscovery) {
  BookSet one({2, 16, 16}), other({2, 16, 16});
  const uint64_t keys[] = {HashText("AAPL"), HashText("MSFT")};
  one.Apply(0, Add(1, Side::kBuy, 10 * kDollar, 100));
  one.Apply(1, Add(2, Side::kSell, 20 * kDollar, 200));
  other.Apply(0, Add(2, Side::kSell, 20 * kDollar, 200));
  other.Apply(1, Add(1, Side::kBuy, 10 * kDollar, 100));
  const uint64_t hash = one.TotalHash(2, [&](InstrumentIndex i) { return keys[i]; });
  EXPECT_EQ(hash, other.TotalHash(2, [&](InstrumentIndex i) { return keys[1 - i]; }));
  EXPECT_NE(hash, other.TotalHash(2, [&](InstrumentIndex i) { return keys[i]; }));
}

TEST(BookHashTest, SeesPriceSizeSideReferenceAndQueueOrder) {
  const auto hash = [](std::vector<AddOrder> adds) {
    BookSet book({1, 16, 16});
    for (const AddOrder& add : adds) book.Apply(0, add);
    return book.BookHash(0, 1);
  };
  const AddOrder a = Add(1, Side::kBuy, 10 * kDollar, 100), b = Add(2, Side::kBuy, 10 * kDollar, 100);
  const uint64_t base = hash({a, b});
  EXPECT_EQ(base, hash({a, b}));
  EXPECT_NE(base, hash({b, a}));
  EXPECT_NE(base, hash({a}));
  EXPECT_NE(base, hash({a, Add(2, Side::kBuy, 9 * kDollar, 100)}));
  EXPECT_NE(base, hash({a, Add(2, Side::kBuy, 10 * kDollar, 101)}));
  EXPECT_NE(base, hash({a, Add(2, Side::kSell, 10 * kDollar, 100)}));
  EXPECT_NE(base, hash({a, Add(3, Side::kBuy, 10 * kDollar, 100)}));
}

TEST(BookHashTest, ForgetsTheWayThere) {
  BookSet straight({1, 16, 16}), round_about({1, 16, 16});
  straight.Apply(0, Add(1, Side::kBuy, 10 * kDollar, 60));
  round_about.Apply(0, Add(5, Side::kBuy, 11 * kDollar, 60));
  round_about.Apply(0, Add(1, Side::kBuy, 10 * kDollar, 100));
  round_about.Apply(Execute(1, 40));
  round_about.Apply(Delete(5));
  EXPECT_EQ(straight.BookHash(0, 9), round_about.BookHash(0, 9));
  round_about.Apply(Delete(1));
  EXPECT_EQ(round_about.BookHash(0, 9), 0u);  // an emptied book is as one never seen
}

TEST(QuoteBookTest, KeepsTheNationalBestAndItsHolders) {
  BookSet book({1, 16, 16});
  OptionQuote quote;
  quote.bid = {3 * kDollar, 5, 'C'};
  quote.best_bid_change = BestChange::kSet;
  quote.best_bid = {3 * kDollar, 5, 'C'};
  EXPECT_TRUE(book.Apply(0, quote).top_changed);
  EXPECT_EQ(book.holders(0).bid, 'C');
  EXPECT_EQ(book.top(0).ask_nanos, kNoPrice);
  quote.best_bid_change = BestChange::kNoChange;
  quote.best_ask_change = BestChange::kSet;
  quote.best_ask = {4 * kDollar, 7, 'N'};
  EXPECT_TRUE(book.Apply(0, quote).top_changed);
  EXPECT_EQ(book.top(0), (TopOfBook{3 * kDollar, 4 * kDollar, 5, 7}));
  const uint64_t hash = book.BookHash(0, 1);
  quote.best_ask_change = BestChange::kNoChange;
  quote.bid.price_nanos = 2 * kDollar;  // a participant's own quote that leaves the best alone
  EXPECT_FALSE(book.Apply(0, quote).top_changed);
  EXPECT_EQ(book.BookHash(0, 1), hash);
  quote.best_bid_change = BestChange::kNone;
  EXPECT_TRUE(book.Apply(0, quote).top_changed);
  EXPECT_EQ(book.top(0), (TopOfBook{kNoPrice, 4 * kDollar, 0, 7}));
  EXPECT_NE(book.BookHash(0, 1), hash);
  EXPECT_TRUE(book.CheckInvariants(0));
}

}  // namespace
}  // namespace tickgraph
