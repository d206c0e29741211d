// BookSet where the venue states levels or quotes, cleared books, queue positions, and books without queues.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "hot/book_set.h"
#include "tests/hot/book_stream.h"
#include "tests/hot/textbook_book.h"

namespace tickgraph::testing {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;

AddOrder Add(OrderRef ref, Side side, PriceNanos price, Quantity quantity) {
  AddOrder add;
  add.order_ref = ref;
  add.side = side;
  add.price_nanos = price;
  add.quantity = quantity;
  return add;
}

TEST(BookLevelsTest, StatedLevelsFollowAMapThroughRandomChanges) {
  std::mt19937_64 random(7);
  BookSet book({2, 16, 4096});
  std::map<PriceNanos, std::pair<Quantity, uint32_t>> levels[2];
  for (int step = 0; step < 60'000; ++step) {
    const Side side = random() % 2 == 0 ? Side::kBuy : Side::kSell;
    auto& wanted = levels[static_cast<int>(side)];
    // Prices of both signs, some a nano apart, so that many share a rung's key.
    const PriceNanos price = static_cast<PriceNanos>(random() % 300) * kDollar - 150 * kDollar + static_cast<PriceNanos>(random() % 3);
    const Quantity quantity = random() % 3 == 0 ? 0 : static_cast<Quantity>(1 + random() % 1000);
    const auto count = static_cast<uint32_t>(random() % 5);
    const TopOfBook before = book.top(1);
    const BookUpdate update = book.SetLevel(1, side, price, quantity, count);
    ASSERT_EQ(update.result, BookResult::kOk);
    ASSERT_EQ(update.top_changed, !(before == book.top(1)));
    ASSERT_EQ(update.quantity_left, wanted.contains(price) || quantity != 0 ? quantity : 0);
    if (quantity == 0) {
      wanted.erase(price);
    } else {
      wanted[price] = {quantity, count};
    }
    if (step % 50 != 0) continue;
    ASSERT_TRUE(book.CheckInvariants(1)) << step;
    ASSERT_EQ(book.Depth(1, side), wanted.size());
    std::vector<PriceNanos> prices;
    book.ForEachLevel(1, side, [&](PriceNanos at, Quantity total, uint32_t orders) {
      prices.push_back(at);
      EXPECT_EQ(std::pair(total, orders), wanted[at]);
      return true;
    });
    if (side == Side::kBuy) std::reverse(prices.begin(), prices.end());
    auto expected = wanted.begin();
    for (const PriceNanos at : prices) ASSERT_EQ(at, (expected++)->first);
  }
}

TEST(BookLevelsTest, RemovingALevelThatIsNotThereChangesNothing) {
  BookSet book({1, 16, 16});
  const BookUpdate update = book.SetLevel(0, Side::kBuy, kDollar, 0, 0);
  EXPECT_EQ(update.result, BookResult::kOk);
  EXPECT_FALSE(update.top_changed);
  EXPECT_EQ(book.level_count(), 0u);
  EXPECT_FALSE(book.marked(0));
}

TEST(BookLevelsTest, AbsurdLevelsAndFullStoresAreRefused) {
  BookSet book({1, 16, 2});
  EXPECT_EQ(book.SetLevel(0, Side::kBuy, kDollar, -1, 1).result, BookResult::kBadOrder);
  EXPECT_EQ(book.SetLevel(0, Side::kBuy, kNoPrice, 1, 1).result, BookResult::kBadOrder);
  EXPECT_TRUE(book.marked(0));
  EXPECT_EQ(book.SetLevel(1, Side::kBuy, kDollar, 1, 1).result, BookResult::kNoRoom);
  for (int i = 1; i <= 2; ++i) EXPECT_EQ(book.SetLevel(0, Side::kBuy, i * kDollar, 1, 1).result, BookResult::kOk);
  EXPECT_EQ(book.SetLevel(0, Side::kBuy, 3 * kDollar, 1, 1).result, BookResult::kNoRoom);
  EXPECT_EQ(book.counters().bad_orders, 2u);
  EXPECT_EQ(book.counters().no_room_levels, 1u);
  EXPECT_EQ(book.counters().no_room_instruments, 1u);
  EXPECT_TRUE(book.CheckInvariants(0));
}

TEST(BookLevelsTest, ABookIsOfOneKindUntilItIsCleared) {
  BookSet book({1, 16, 16});
  book.Apply(0, Add(1, Side::kBuy, kDollar, 100));
  EXPECT_EQ(book.SetLevel(0, Side::kBuy, kDollar, 5, 1).result, BookResult::kBadOrder);
  EXPECT_EQ(book.SetQuote(0, {kDollar, 2 * kDollar, 1, 1}).result, BookResult::kBadOrder);
  EXPECT_TRUE(book.marked(0));
  EXPECT_EQ(book.top(0).bid_quantity, 100);
  book.ClearBook(0);
  EXPECT_FALSE(book.marked(0));
  EXPECT_EQ(book.top(0), TopOfBook{});
  EXPECT_EQ(book.order_count() + book.level_count(), 0u);
  EXPECT_EQ(book.SetLevel(0, Side::kBuy, kDollar, 5, 1).result, BookResult::kOk);
  EXPECT_EQ(book.Apply(0, Add(1, Side::kBuy, kDollar, 100)).result, BookResult::kBadOrder);
  book.ClearBook(0);
  EXPECT_TRUE(book.SetQuote(0, {kDollar, 2 * kDollar, 1, 1}).top_changed);
  EXPECT_FALSE(book.SetQuote(0, {kDollar, 2 * kDollar, 1, 1}).top_changed);
  EXPECT_EQ(book.top(0).ask_nanos, 2 * kDollar);
  EXPECT_NE(book.BookHash(0, 1), 0u);
  EXPECT_TRUE(book.CheckInvariants(0));
}

// One book among four is cleared again and again; the textbook forgets its orders one by one.
template <class Books>
void ClearsOneBookOfMany() {
  StreamConfig config;
  config.pattern = PricePattern::kOneLevel;  // queues that are longer than a level's own line
  config.few_orders = 400;
  BookStream stream(config);
  Books book({config.instruments, 4096, 4096});
  TextbookBook textbook;
  for (int step = 0; step < 20'000; ++step) {
    const BookCommand command = stream.Next();
    ASSERT_EQ(ApplyCommand(book, command).result, ApplyCommand(textbook, command)) << step;
    if (step % 500 != 499) continue;
    const InstrumentIndex gone = static_cast<InstrumentIndex>(step / 500) % config.instruments;
    book.ClearBook(gone);
    textbook.Clear(gone);
    ASSERT_EQ(book.order_count(), textbook.order_count());
    for (InstrumentIndex i = 0; i < config.instruments; ++i) {
      ASSERT_TRUE(book.CheckInvariants(i));
      ASSERT_EQ(book.top(i), textbook.Top(i));
    }
  }
}
TEST(BookLevelsTest, ClearingABookFreesItsOrdersAndNoOthers) {
  ClearsOneBookOfMany<BookSet>();
  ClearsOneBookOfMany<LevelBookSet>();
}

TEST(QueuePositionTest, CountsWhoIsAheadAndBehindInShortAndLongQueues) {
  BookSet book({1, 256, 16});
  for (OrderRef ref = 1; ref <= 100; ++ref) book.Apply(0, Add(ref, Side::kBuy, kDollar, static_cast<Quantity>(ref)));
  for (OrderRef gone = 3; gone <= 90; gone += 3) book.Delete(0, gone);
  uint32_t orders = 0;
  Quantity quantity = 0;
  const Quantity total = book.top(0).bid_quantity;
  const uint32_t count = book.order_count();
  for (OrderRef ref = 1; ref <= 100; ++ref) {
    QueuePosition at;
    const bool gone = ref % 3 == 0 && ref <= 90;
    ASSERT_EQ(book.FindPosition(0, ref, &at), !gone) << ref;
    if (gone) continue;
    EXPECT_EQ(at.orders_ahead, orders) << ref;
    EXPECT_EQ(at.quantity_ahead, quantity) << ref;
    EXPECT_EQ(at.orders_behind, count - orders - 1) << ref;
    EXPECT_EQ(at.quantity_behind, total - quantity - static_cast<Quantity>(ref)) << ref;
    ++orders;
    quantity += static_cast<Quantity>(ref);
  }
  QueuePosition at;
  EXPECT_FALSE(book.FindPosition(1, 1, &at));
}

TEST(BookCountersTest, CountsEachTimeABookBecomesCrossed) {
  BookSet book({1, 16, 16});
  book.Apply(0, Add(1, Side::kSell, 10 * kDollar, 100));
  book.Apply(0, Add(2, Side::kBuy, 9 * kDollar, 100));
  EXPECT_EQ(book.counters().crossed_books, 0u);
  book.Apply(0, Add(3, Side::kBuy, 10 * kDollar, 100));
  book.Apply(0, Add(4, Side::kBuy, 11 * kDollar, 100));
  EXPECT_EQ(book.counters().crossed_books, 1u);
  book.Delete(0, 3);
  book.Delete(0, 4);
  book.Apply(0, Add(5, Side::kBuy, 11 * kDollar, 100));
  EXPECT_EQ(book.counters().crossed_books, 2u);
}

// Levels without queues are the same levels.
TEST(LevelBookSetTest, HasTheLevelsOfTheTextbookAfterEveryMessage) {
  for (const PricePattern pattern :
       {PricePattern::kDayLike, PricePattern::kFar, PricePattern::kLadder, PricePattern::kTouch, PricePattern::kOneLevel}) {
    StreamConfig config;
    config.pattern = pattern;
    BookStream stream(config);
    LevelBookSet book({config.instruments, 4096, 4096});
    TextbookBook textbook;
    for (int step = 0; step < 20'000; ++step) {
      const BookCommand command = stream.Next();
      const BookUpdate update = ApplyCommand(book, command);
      ASSERT_EQ(update.result, ApplyCommand(textbook, command)) << step;
      if (update.instrument == kNoInstrument) continue;
      ASSERT_EQ(book.top(update.instrument), textbook.Top(update.instrument)) << step;
      ASSERT_TRUE(book.CheckInvariants(update.instrument)) << step;
      if (step % 20 != 0) continue;
      for (const Side side : {Side::kBuy, Side::kSell}) {
        const TextbookBook::Levels& levels = textbook.levels(update.instrument, side);
        ASSERT_EQ(book.Depth(update.instrument, side), levels.size());
        book.ForEachLevel(update.instrument, side, [&](PriceNanos price, Quantity quantity, uint32_t count) {
          const auto level = levels.find(price);
          EXPECT_TRUE(level != levels.end() && quantity == TextbookBook::Total(level->second) && count == level->second.size());
          return true;
        });
      }
    }
  }
}

TEST(BookHashTest, KeptHashesAreThoseOfAFullWalk) {
  StreamConfig config;
  BookStream stream(config);
  BookSet book({config.instruments, 4096, 4096});
  const auto key = [](InstrumentIndex i) { return uint64_t{i} + 77; };
  for (int step = 0; step < 5'000; ++step) {
    ApplyCommand(book, stream.Next());
    uint64_t walked = 0;
    for (InstrumentIndex i = 0; i < config.instruments; ++i) walked += book.BookHash(i, key(i));
    ASSERT_EQ(book.TotalHash(config.instruments, key), walked) << step;
  }
  book.ClearBook(2);
  uint64_t walked = 0;
  for (InstrumentIndex i = 0; i < config.instruments; ++i) walked += book.BookHash(i, key(i));
  EXPECT_EQ(book.TotalHash(config.instruments, key), walked);
}

}  // namespace
}  // namespace tickgraph::testing
