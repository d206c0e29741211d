// BookSet over real captures against the textbook book: results, tops and invariants after every message, every level and queue after
// each of a share of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

#include "hot/book_set.h"
#include "net/proto/itch.h"
#include "tests/hot/same_book.h"
#include "tests/hot/textbook_book.h"

namespace tickgraph::testing {
namespace {

std::vector<uint8_t> ReadCapture(const std::string& name) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  std::ifstream in((folder != nullptr ? std::string(folder) : std::string(TICKGRAPH_SOURCE_DIR) + "/../shared/data") + "/" + name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Feeds both books; instruments are the locate codes themselves.
class BothBooks {
 public:
  BothBooks() : book_({65536, 1 << 18, 1 << 17}) {}

  void On(const AddOrder& e) { Compare(book_.Apply(e.header.locate, e), textbook_.Apply(e.header.locate, e), e.header.locate); }
  void On(const ExecuteOrder& e) { Order(e); }
  void On(const ReduceOrder& e) { Order(e); }
  void On(const DeleteOrder& e) { Order(e); }
  void On(const ReplaceOrder& e) { Order(e); }
  template <class Event>
  void On(const Event&) {}

  void CheckAll() {
    EXPECT_EQ(book_.order_count(), textbook_.order_count());
    for (const InstrumentIndex i : seen_) EXPECT_TRUE(book_.CheckInvariants(i) && SameBook(book_, textbook_, i)) << "locate " << i;
  }

  [[nodiscard]] const BookSet& book() const { return book_; }
  [[nodiscard]] const std::unordered_set<InstrumentIndex>& seen() const { return seen_; }
  uint64_t applied = 0;

 private:
  static constexpr uint64_t kCompareEvery = 50;

  template <class Event>
  void Order(const Event& e) {
    Compare(book_.Apply(e), textbook_.Apply(e), e.header.locate);
  }
  void Compare(const BookUpdate& update, BookResult expected, InstrumentIndex instrument) {
    ++applied;
    seen_.insert(instrument);
    ASSERT_EQ(static_cast<int>(update.result), static_cast<int>(expected)) << "message " << applied;
    ASSERT_TRUE(update.instrument == kNoInstrument || update.instrument == instrument) << "message " << applied;
    ASSERT_EQ(book_.top(instrument), textbook_.Top(instrument)) << "message " << applied;
    ASSERT_TRUE(book_.CheckInvariants(instrument)) << "message " << applied;
    ASSERT_TRUE(applied % kCompareEvery != 0 || SameBook(book_, textbook_, instrument)) << "message " << applied;
  }

  BookSet book_;
  TextbookBook textbook_;
  std::unordered_set<InstrumentIndex> seen_;
};

void FeedAll(const std::vector<uint8_t>& bytes, BothBooks* books) {
  WalkItch(bytes.data(), bytes.size(), [&](const uint8_t* message, uint32_t size) {
    if (!::testing::Test::HasFatalFailure()) DecodeItch(message, size, EventHeader{}, 0, *books);
  });
  books->CheckAll();
}

TEST(BookSetGoldenTest, DayOfOneStock) {
  const std::vector<uint8_t> bytes = ReadCapture("itch/lobster_AMZN_20120621_L5.itch");
  if (bytes.empty()) GTEST_SKIP() << "the LOBSTER capture is not here: set TICKGRAPH_DATA";
  BothBooks books;
  FeedAll(bytes, &books);
  EXPECT_EQ(books.applied, 93128u + 85676 + 8974 + 3456);
  const BookCounters& counters = books.book().counters();
  EXPECT_EQ(counters.unknown_references + counters.duplicate_references + counters.over_executions + counters.bad_orders, 0u);
  // Row 155,935 of LOBSTER's order book.
  ASSERT_EQ(books.seen().size(), 1u);
  EXPECT_EQ(books.book().top(*books.seen().begin()), (TopOfBook{220'510'000'000, 220'640'000'000, 249, 100}));
}

TEST(BookSetGoldenTest, OpenOfManyStocksFromMidSession) {
  const std::vector<uint8_t> bytes = ReadCapture("itch/nasdaq_20191230_open.itch");
  if (bytes.empty()) GTEST_SKIP() << "the NASDAQ capture is not here: set TICKGRAPH_DATA";
  BothBooks books;
  FeedAll(bytes, &books);
  EXPECT_EQ(books.applied, 367u + 225 + 193 + 167 + 28 + 6 + 1);
  const BookCounters& counters = books.book().counters();
  EXPECT_GT(counters.unknown_references, 0u);
  EXPECT_EQ(counters.duplicate_references + counters.over_executions + counters.bad_orders, 0u);
}

}  // namespace
}  // namespace tickgraph::testing
