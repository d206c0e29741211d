// BookSet against the textbook book, message by message, over seeded streams of every kind: a slice in `make test`, 100 million
// commands in `make soak`.
#include <gtest/gtest.h>

#include <set>

#include "hot/book_set.h"
#include "tests/hot/book_stream.h"
#include "tests/hot/same_book.h"
#include "tests/hot/textbook_book.h"
#include "tests/soak.h"

namespace tickgraph::testing {
namespace {

class BookSetPropertyTest : public ::testing::TestWithParam<PricePattern> {};

TEST_P(BookSetPropertyTest, EqualsTheTextbookAfterEveryMessage) {
  const uint64_t steps = SliceOrSoak(15'000, 6'666'667);  // of each of 3 seeds and 5 patterns
  const uint64_t check_every = SliceOrSoak(1, 1'000), compare_every = SliceOrSoak(16, 1'000);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    StreamConfig config;
    config.seed = seed;
    config.pattern = GetParam();
    BookStream stream(config);
    BookSet book({config.instruments, 4096, 4096});
    TextbookBook textbook;
    uint64_t counts[6] = {};
    std::set<InstrumentIndex> contradicted;
    for (uint64_t step = 0; step < steps; ++step) {
      const BookCommand command = stream.Next();
      const InstrumentIndex changed = std::visit(
          [&](const auto& event) {
            if constexpr (requires { event.first; }) {
              return event.first;
            } else {
              return book.Find(event.header.venue, event.order_ref).instrument;
            }
          },
          command);
      const TopOfBook before = changed == kNoInstrument ? TopOfBook{} : book.top(changed);
      const BookResult expected = ApplyCommand(textbook, command);
      const BookUpdate update = ApplyCommand(book, command);
      ASSERT_EQ(static_cast<int>(update.result), static_cast<int>(expected)) << "seed " << seed << " step " << step;
      ++counts[static_cast<int>(expected)];
      ASSERT_EQ(update.instrument, changed);
      if (changed == kNoInstrument) continue;
      if (expected != BookResult::kOk) contradicted.insert(changed);
      ASSERT_EQ(book.marked(changed), contradicted.contains(changed)) << "seed " << seed << " step " << step;
      ASSERT_EQ(book.top(changed), textbook.Top(changed)) << "seed " << seed << " step " << step;
      ASSERT_EQ(update.top_changed, !(before == book.top(changed))) << "seed " << seed << " step " << step;
      ASSERT_TRUE(step % check_every != 0 || book.CheckInvariants(changed)) << "seed " << seed << " step " << step;
      ASSERT_TRUE(step % compare_every != 0 || SameBook(book, textbook, changed)) << "seed " << seed << " step " << step;
    }
    for (InstrumentIndex i = 0; i < config.instruments; ++i) ASSERT_TRUE(SameBook(book, textbook, i));
    EXPECT_EQ(book.order_count(), textbook.order_count());
    EXPECT_EQ(book.marked_count(), contradicted.size());
    for (const BookResult result :
         {BookResult::kOk, BookResult::kUnknownOrder, BookResult::kDuplicateOrder, BookResult::kOverExecuted, BookResult::kBadOrder})
      EXPECT_GT(counts[static_cast<int>(result)], 0u) << "the stream never gave result " << static_cast<int>(result);
    EXPECT_EQ(book.counters().unknown_references, counts[static_cast<int>(BookResult::kUnknownOrder)]);
    EXPECT_EQ(book.counters().duplicate_references, counts[static_cast<int>(BookResult::kDuplicateOrder)]);
    EXPECT_EQ(book.counters().over_executions, counts[static_cast<int>(BookResult::kOverExecuted)]);
    EXPECT_EQ(book.counters().bad_orders, counts[static_cast<int>(BookResult::kBadOrder)]);
  }
}

INSTANTIATE_TEST_SUITE_P(Patterns, BookSetPropertyTest,
                         ::testing::Values(PricePattern::kDayLike, PricePattern::kFar, PricePattern::kLadder, PricePattern::kTouch,
                                           PricePattern::kOneLevel));

// Limits far below what the stream wants: messages are refused, and every book stays whole.
TEST(BookSetPropertyTest, StaysConsistentWhenEveryStoreIsFull) {
  for (const BookSetConfig& limits : {BookSetConfig{4, 50, 1000}, BookSetConfig{4, 1000, 40}, BookSetConfig{2, 1000, 1000}}) {
    StreamConfig config;
    config.pattern = PricePattern::kFar;
    BookStream stream(config);
    BookSet book(limits);
    for (int step = 0; step < 20'000; ++step) {
      ApplyCommand(book, stream.Next());
      for (InstrumentIndex i = 0; i < limits.max_instruments; ++i) ASSERT_TRUE(book.CheckInvariants(i)) << "step " << step;
      ASSERT_LE(book.order_count(), limits.max_orders);
      ASSERT_LE(book.level_count(), limits.max_levels);
    }
    const BookCounters& counters = book.counters();
    EXPECT_GT(counters.no_room_orders + counters.no_room_levels + counters.no_room_instruments, 100u);
  }
}

}  // namespace
}  // namespace tickgraph::testing
