// The generated market: a day's shares, no message that contradicts the books, the same bytes for a seed.
#include "replay/market_stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "hot/book_burst.h"
#include "net/proto/itch.h"
#include "net/proto/itch_orders.h"
#include "tests/hot/textbook_book.h"

namespace tickgraph {
namespace {

constexpr MarketStreamOptions kSmall{.seed = 3, .instruments = 300, .standing_orders = 20'000, .day_messages = 150'000};

// Applies events to any book; a locate code less one is the instrument.
template <class Book>
struct Applier {
  Book& book;
  uint64_t bad = 0;

  static BookResult ResultOf(BookResult result) { return result; }
  static BookResult ResultOf(const BookUpdate& update) { return update.result; }
  void Count(const auto& update) { bad += ResultOf(update) != BookResult::kOk; }
  void On(const AddOrder& e) { Count(book.Apply(e.header.locate - 1, e)); }
  void On(const ExecuteOrder& e) { Count(book.Apply(e)); }
  void On(const ReduceOrder& e) { Count(book.Apply(e)); }
  void On(const DeleteOrder& e) { Count(book.Apply(e)); }
  void On(const ReplaceOrder& e) { Count(book.Apply(e)); }
  void On(const auto&) {}
};

std::vector<std::vector<uint8_t>> AllMessages(const MarketStreamOptions& options) {
  MarketStream stream(options);
  std::vector<std::vector<uint8_t>> messages;
  uint8_t message[kItchMaxMessageBytes];
  while (const uint32_t size = stream.Next(message)) messages.emplace_back(message, message + size);
  return messages;
}

TEST(MarketStreamTest, AnotherBookAgreesWithEveryMessage) {
  MarketStream stream(kSmall);
  testing::TextbookBook textbook;
  Applier<testing::TextbookBook> applier{textbook};
  uint8_t message[kItchMaxMessageBytes];
  uint64_t last_ns = 0, made = 0;
  while (const uint32_t size = stream.Next(message)) {
    ASSERT_EQ(DecodeItch(message, size, EventHeader{}, 0, applier), DecodeStatus::kOk) << made;
    ASSERT_GE(LoadBe48(message + 5), last_ns);
    last_ns = LoadBe48(message + 5);
    ++made;
  }
  EXPECT_EQ(applier.bad, 0u);
  EXPECT_EQ(made, stream.total());
  EXPECT_EQ(textbook.order_count(), stream.books().order_count());
  EXPECT_EQ(stream.books().counters().crossed_books, 0u);
  for (InstrumentIndex i = 0; i < kSmall.instruments; ++i) EXPECT_EQ(textbook.Top(i), stream.books().top(i));
}

TEST(MarketStreamTest, TypesHaveTheSharesOfADay) {
  MarketStream stream(kSmall);
  uint8_t message[kItchMaxMessageBytes];
  std::map<char, uint64_t> day;
  while (true) {
    const bool opening = stream.made() < kSmall.instruments + kSmall.standing_orders;
    if (stream.Next(message) == 0) break;
    if (!opening) ++day[static_cast<char>(message[0])];
  }
  const std::map<char, double> shares = {{'A', .445}, {'D', .43},  {'U', .07},  {'E', .02}, {'X', .013},
                                         {'I', .01},  {'F', .005}, {'P', .004}, {'C', .003}};
  for (const auto& [type, share] : shares) {
    EXPECT_NEAR(static_cast<double>(day[type]) / static_cast<double>(kSmall.day_messages), share, .005) << type;
  }
}

TEST(MarketStreamTest, ASeedGivesTheSameBytesAndAnotherSeedOthers) {
  MarketStreamOptions options = kSmall;
  options.day_messages = 5'000;
  const auto one = AllMessages(options);
  EXPECT_EQ(one, AllMessages(options));
  options.seed = 4;
  EXPECT_NE(one, AllMessages(options));
}

// Records applied in bursts of every size leave the books that events one by one leave.
template <class Books>
void BurstsEqualEvents() {
  const auto messages = AllMessages(kSmall);
  Books ahead({kSmall.instruments, 1 << 16, 1 << 16}), in_order({kSmall.instruments, 1 << 16, 1 << 16});
  Applier<Books> applier{in_order};
  BookBurst<Books> bursts(ahead, 0);
  uint64_t updates = 0, bad = 0;
  const auto on_update = [&](const OrderMessage&, const BookUpdate& update) {
    ++updates;
    bad += update.result != BookResult::kOk;
  };
  size_t burst = 1, in_burst = 0;
  for (const auto& message : messages) {
    const auto size = static_cast<uint32_t>(message.size());
    DecodeItch(message.data(), size, EventHeader{}, 0, applier);
    OrderMessage& next = bursts.Next();
    if (DecodeItchOrder(message.data(), size, 0, &next) == DecodeStatus::kOk) {
      next.instrument = next.locate - 1;
      bursts.Push(on_update);
    }
    if (++in_burst < burst) continue;
    bursts.Flush(on_update);
    in_burst = 0;
    burst = burst % 70 + 1;
  }
  bursts.Flush(on_update);
  EXPECT_EQ(bad, 0u);
  EXPECT_GT(updates, 160'000u);
  EXPECT_EQ(ahead.order_count(), in_order.order_count());
  const auto key = [](InstrumentIndex i) { return uint64_t{i}; };
  EXPECT_EQ(ahead.TotalHash(kSmall.instruments, key), in_order.TotalHash(kSmall.instruments, key));
}
TEST(BookBurstTest, LeavesTheBooksThatEventsOneByOneLeave) {
  BurstsEqualEvents<BookSet>();
  BurstsEqualEvents<LevelBookSet>();
}

// Orders, books and prices that there are not: counted as the same messages one by one are.
TEST(BookBurstTest, TakesMessagesThatContradictTheBooks) {
  BookSet burst_books({2, 64, 64}), books({2, 64, 64});
  BookBurst<BookSet> burst(burst_books, 0);
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    OrderMessage& m = burst.Next();
    m = OrderMessage{};
    m.effect = static_cast<OrderEffect>(random() % 6);
    m.order_ref = random() % 100;
    m.second = random() % 100;
    m.instrument = random() % 8 == 0 ? static_cast<InstrumentIndex>(random()) : static_cast<InstrumentIndex>(random() % 2);
    m.side = static_cast<Side>(random() % 2);
    m.price_nanos = static_cast<PriceNanos>(random() % 30) * 10'000'000 - 20'000'000;
    m.quantity = static_cast<Quantity>(random() % 10) - 1;
    ApplyMessage(books, 0, m);
    burst.Push([](const OrderMessage&, const BookUpdate&) {});
  }
  burst.Flush([](const OrderMessage&, const BookUpdate&) {});
  for (InstrumentIndex i = 0; i < 2; ++i) EXPECT_TRUE(burst_books.CheckInvariants(i));
  EXPECT_EQ(burst_books.TotalHash(2, [](InstrumentIndex i) { return uint64_t{i}; }),
            books.TotalHash(2, [](InstrumentIndex i) { return uint64_t{i}; }));
  const BookCounters &a = burst_books.counters(), &b = books.counters();
  EXPECT_EQ(std::memcmp(&a, &b, sizeof(a)), 0);
  EXPECT_GT(a.unknown_references, 0u);
  EXPECT_GT(a.no_room_instruments, 0u);
  EXPECT_GT(a.over_executions, 0u);
}

}  // namespace
}  // namespace tickgraph
