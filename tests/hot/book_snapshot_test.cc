// Books as bytes: they come back the same, and no bytes do harm.
#include "hot/book_snapshot.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/hot/book_stream.h"

namespace tickgraph::testing {
namespace {

constexpr PriceNanos kDollar = kNanosPerUnit;

std::vector<uint8_t> Bytes(const BookSet& books, InstrumentIndex instrument) {
  std::vector<uint8_t> bytes(WriteBookSnapshot(books, instrument, nullptr, 0));
  EXPECT_EQ(WriteBookSnapshot(books, instrument, bytes.data(), bytes.size()), bytes.size());
  return bytes;
}

void Fill(BookSet* books, PricePattern pattern) {
  StreamConfig config;
  config.pattern = pattern;
  config.instruments = 2;
  config.many_orders = 400;  // one of the two books finds room in a small store
  BookStream stream(config);
  for (int step = 0; step < 3'000; ++step) ApplyCommand(*books, stream.Next());
}

TEST(BookSnapshotTest, OrdersComeBackWithTheirQueues) {
  for (const PricePattern pattern : {PricePattern::kDayLike, PricePattern::kFar, PricePattern::kOneLevel}) {
    BookSet books({2, 4096, 4096}), other({2, 4096, 4096});
    Fill(&books, pattern);
    other.Apply(0, OptionQuote{});  // replaced, whatever it was
    for (InstrumentIndex i = 0; i < 2; ++i) {
      const std::vector<uint8_t> bytes = Bytes(books, i);
      ASSERT_EQ(ReadBookSnapshot(bytes.data(), bytes.size(), i, &other), SnapshotResult::kOk);
      EXPECT_TRUE(other.CheckInvariants(i));
      EXPECT_EQ(other.BookHash(i, 5), books.BookHash(i, 5));
      EXPECT_EQ(other.marked(i), books.marked(i));
      EXPECT_EQ(Bytes(other, i), bytes);
    }
    EXPECT_EQ(other.order_count(), books.order_count());
    EXPECT_GT(books.order_count(), 20u);
  }
}

TEST(BookSnapshotTest, LevelsQuotesAndEmptyBooksComeBack) {
  BookSet books({3, 16, 16}), other({3, 16, 16});
  books.SetLevel(0, Side::kSell, -2 * kDollar, 7, 0);
  books.SetLevel(0, Side::kSell, 3 * kDollar, 8, 2);
  books.SetQuote(1, {kDollar, 2 * kDollar, 3, 4}, {'C', 'N'});
  other.SetLevel(2, Side::kBuy, kDollar, 7, 1);
  for (InstrumentIndex i = 0; i < 3; ++i) {
    const std::vector<uint8_t> bytes = Bytes(books, i);
    ASSERT_EQ(ReadBookSnapshot(bytes.data(), bytes.size(), i, &other), SnapshotResult::kOk);
    EXPECT_EQ(other.kind(i), books.kind(i));
    EXPECT_EQ(other.top(i), books.top(i));
    EXPECT_EQ(other.BookHash(i, 5), books.BookHash(i, 5));
    EXPECT_TRUE(other.CheckInvariants(i));
  }
  EXPECT_EQ(other.holders(1).ask, 'N');
  EXPECT_EQ(other.level_count(), 2u);
}

TEST(BookSnapshotTest, CutAndChangedBytesChangeNothing) {
  BookSet books({2, 4096, 4096}), other({2, 4096, 4096});
  Fill(&books, PricePattern::kDayLike);
  other.Apply(0, AddOrder{});
  const std::vector<uint8_t> bytes = Bytes(books, 0);
  const uint64_t before = other.BookHash(0, 1);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    ASSERT_EQ(ReadBookSnapshot(cut.data(), cut.size(), 0, &other), SnapshotResult::kCut) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::vector<uint8_t> changed = bytes;
    changed[at] ^= 0x10;
    ASSERT_NE(ReadBookSnapshot(changed.data(), changed.size(), 0, &other), SnapshotResult::kOk) << at;
  }
  EXPECT_EQ(other.BookHash(0, 1), before);
}

// Wrong contents under a right hash: somebody means harm. Whatever they are, the books stay whole.
TEST(BookSnapshotTest, HostileBytesWithARightHashDoNoHarm) {
  BookSet books({2, 4096, 4096}), other({2, 300, 200});
  Fill(&books, PricePattern::kDayLike);
  const std::vector<uint8_t> bytes = Bytes(books, 0);
  std::mt19937_64 random(9);
  uint64_t results[5] = {};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<uint8_t> hostile = bytes;
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = 16 + random() % (hostile.size() - 24);
      hostile[at] = static_cast<uint8_t>(random() % 2 == 0 ? random() : hostile[at] ^ 1u);
    }
    const uint64_t hash = snapshot_internal::HashOf(hostile.data(), hostile.size() - 8);
    std::memcpy(hostile.data() + hostile.size() - 8, &hash, 8);
    ++results[static_cast<int>(ReadBookSnapshot(hostile.data(), hostile.size(), i % 2, &other))];
    ASSERT_TRUE(other.CheckInvariants(0) && other.CheckInvariants(1)) << i;
  }
  for (const SnapshotResult result : {SnapshotResult::kOk, SnapshotResult::kDamaged, SnapshotResult::kRefused}) {
    EXPECT_GT(results[static_cast<int>(result)], 0u) << static_cast<int>(result);
  }
}

TEST(BookSnapshotTest, ABookThatFindsNoRoomIsLeftEmpty) {
  BookSet books({1, 64, 64}), small({1, 2, 64});
  for (OrderRef ref = 1; ref <= 3; ++ref) books.Add(0, 0, ref, Side::kBuy, kDollar, 10);
  const std::vector<uint8_t> bytes = Bytes(books, 0);
  EXPECT_EQ(ReadBookSnapshot(bytes.data(), bytes.size(), 0, &small), SnapshotResult::kRefused);
  EXPECT_EQ(small.order_count() + small.level_count(), 0u);
  EXPECT_EQ(small.kind(0), BookKind::kEmpty);
}

}  // namespace
}  // namespace tickgraph::testing
