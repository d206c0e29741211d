// What the books of a whole market take: two million orders alive at once, whose references are hashes and so have no neighbours.
#include <gtest/gtest.h>

#include "hot/book_set.h"
#include "hot/hash.h"

namespace tickgraph::testing {
namespace {

constexpr uint32_t kOrders = 2'000'000, kInstruments = 8'713;
constexpr size_t kMostBytes = size_t{3} << 29;  // 1.5 GiB

// Mix is a permutation, so every reference is used once.
OrderRef RefOf(uint64_t i) { return Mix(i); }

AddOrder Order(uint64_t i) {
  AddOrder add;
  add.order_ref = RefOf(i);
  add.side = i % 2 == 0 ? Side::kBuy : Side::kSell;
  const auto away = static_cast<PriceNanos>(Mix(i * 3) % 40);
  add.price_nanos = (100 * kNanosPerUnit) + (add.side == Side::kBuy ? -1 - away : away) * 10'000'000;
  add.quantity = static_cast<Quantity>(1 + i % 900);
  return add;
}

TEST(BookMemoryTest, TwoMillionOrdersWithHashedReferencesTakeLessThanTheLimit) {
  BookSet books({kInstruments, kOrders, 1 << 20});
  for (uint64_t i = 0; i < kOrders; ++i) {
    ASSERT_EQ(books.Apply(static_cast<InstrumentIndex>(i % kInstruments), Order(i)).result, BookResult::kOk) << i;
  }
  EXPECT_EQ(books.order_count(), kOrders);
  EXPECT_GT(books.level_count(), 400'000u);
  EXPECT_LE(books.size_bytes(), kMostBytes);
  EXPECT_EQ(books.Apply(0, Order(kOrders)).result, BookResult::kNoRoom);
  for (InstrumentIndex i = 0; i < kInstruments; i += 97) ASSERT_TRUE(books.CheckInvariants(i)) << i;
  // A third goes, in another order than it came, and as many come in their place: nothing has to grow.
  uint64_t next = kOrders;
  for (uint64_t i = 0; i < kOrders; i += 3) {
    DeleteOrder gone;
    gone.order_ref = RefOf((i * 7'919) % (kOrders / 3 * 3));
    const BookResult result = books.Apply(gone).result;
    if (result == BookResult::kUnknownOrder) continue;
    ASSERT_EQ(books.Apply(static_cast<InstrumentIndex>(next % kInstruments), Order(next)).result, BookResult::kOk) << next;
    ++next;
  }
  EXPECT_GT(next, kOrders + kOrders / 4);
  EXPECT_EQ(books.order_count(), kOrders);
  EXPECT_LE(books.size_bytes(), kMostBytes);
  RecordProperty("book_bytes", std::to_string(books.size_bytes()));
}

}  // namespace
}  // namespace tickgraph::testing
