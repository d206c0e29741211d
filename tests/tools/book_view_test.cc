// BookView: which stream, which rows, which numbers.
#include "tools/book_view.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickgraph {
namespace {

struct Rows {
  struct Row {
    uint64_t index;
    std::vector<int64_t> cells;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> rows;
  void operator()(const BookRow& row) { rows.push_back({row.message_index, row.cells}); }
};

EventHeader Header(uint64_t number, uint32_t locate, VenueIndex venue = 0) {
  EventHeader header;
  header.feed_sequence = number;
  header.locate = locate;
  header.venue = venue;
  return header;
}
AddOrder Add(EventHeader header, const char* symbol, OrderRef ref, Side side, PriceNanos price, Quantity quantity) {
  AddOrder add;
  add.header = header;
  add.symbol = Symbol::From(symbol);
  add.order_ref = ref;
  add.side = side;
  add.price_nanos = price;
  add.quantity = quantity;
  return add;
}

TEST(BookViewTest, ARowForEachMessageThatChangesWhatIsShown) {
  Rows rows;
  BookView<Rows> view({"AAPL", "", 1}, rows);
  view.OnStream(0, VenueName::From("ONE"), FeedProtocol::kItch, 0);
  view.On(InstrumentDefinition{Header(100, 7), Symbol::From("AAPL"), 100});
  view.On(Add(Header(101, 7), "AAPL", 1, Side::kBuy, 10, 5));
  view.On(Add(Header(102, 8), "MSFT", 2, Side::kBuy, 11, 5));
  view.On(Add(Header(103, 7), "AAPL", 3, Side::kBuy, 9, 5));  // below the one level that is shown
  view.On(DeleteOrder{Header(104, 8), 1});                    // another instrument's message
  view.On(DeleteOrder{Header(105, 7), 1});
  view.On(DeleteOrder{Header(106, 7), 99});
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0], (Rows::Row{1, {10, 5, kNoPrice, 0}}));
  EXPECT_EQ(rows.rows[1], (Rows::Row{5, {9, 5, kNoPrice, 0}}));
  EXPECT_EQ(view.counters().unknown_references, 1u);
}

TEST(BookViewTest, LearnsALocateCodeFromTheFirstOrder) {
  Rows rows;
  BookQuery query{"AAPL", "", 1};
  query.raw_file = true;
  BookView<Rows> view(query, rows);
  view.On(DeleteOrder{Header(1, 7), 1});
  view.On(Add(Header(2, 7), "AAPL", 1, Side::kSell, 10, 5));
  view.On(DeleteOrder{Header(3, 7), 1});
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0].index, 1u);
  EXPECT_EQ(rows.rows[1], (Rows::Row{2, {kNoPrice, 0, kNoPrice, 0}}));
}

TEST(BookViewTest, KeepsToTheFirstStreamOrToTheOneThatIsNamed) {
  for (const char* venue : {"", "TWO"}) {
    Rows rows;
    BookView<Rows> view({"AAPL", venue, 1}, rows);
    view.OnStream(0, VenueName::From("ONE"), FeedProtocol::kItch, 0);
    view.OnStream(1, VenueName::From("TWO"), FeedProtocol::kItch, 0);
    view.On(Add(Header(1, 7, 0), "AAPL", 1, Side::kBuy, 10, 1));
    view.On(Add(Header(1, 9, 1), "AAPL", 1, Side::kBuy, 20, 2));
    view.On(DeleteOrder{Header(2, 7, 1), 1});  // the other stream's locate code
    ASSERT_EQ(rows.rows.size(), 1u);
    EXPECT_EQ(rows.rows[0].cells[0], *venue == '\0' ? 10 : 20);
  }
  Rows rows;
  BookView<Rows> view({"AAPL", "THREE", 1}, rows);
  view.OnStream(0, VenueName::From("ONE"), FeedProtocol::kItch, 0);
  view.On(Add(Header(1, 7), "AAPL", 1, Side::kBuy, 10, 1));
  EXPECT_FALSE(view.found());
}

TEST(BookViewTest, RemembersWhatItsStreamLost) {
  Rows rows;
  BookView<Rows> view({"AAPL", "", 1}, rows);
  view.On(Add(Header(10, 7), "AAPL", 1, Side::kBuy, 10, 1));
  view.OnGap(0, 11, 15);
  view.OnGap(0, 20, 20);
  EXPECT_EQ(view.stream().gaps, 2u);
  EXPECT_EQ(view.stream().missing, 6u);
  EXPECT_EQ(view.stream().first_gap, std::pair(uint64_t{11}, uint64_t{15}));
}

TEST(BookViewTest, ShowsAnOptionsBestQuote) {
  Rows rows;
  BookView<Rows> view({"SPY   240119C00150500", "", 2}, rows);
  OptionQuote quote;
  quote.header = Header(1, 0);
  quote.key = {Symbol::From("SPY"), 20240119, OptionRight::kCall, 150'500'000'000};
  quote.best_bid_change = BestChange::kSet;
  quote.best_bid = {3, 4, 'C'};
  view.On(quote);
  quote.key.right = OptionRight::kPut;
  quote.best_bid.price_nanos = 5;
  view.On(quote);
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.rows[0].cells, (std::vector<int64_t>{3, 4, kNoPrice, 0, kNoPrice, 0, kNoPrice, 0}));
}

TEST(BookViewTest, OccSymbols) {
  const auto key = ParseOccSymbol("AAPL240119P00150000");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(*key, (OptionKey{Symbol::From("AAPL"), 20240119, OptionRight::kPut, 150'000'000'000}));
  for (const char* text :
       {"AAPL", "240119P00150000", "AAPL240119X00150000", "AAPL24O119P00150000", "AAPL240119P0015000-", "TOOLONGROOT240119P00150000", ""})
    EXPECT_FALSE(ParseOccSymbol(text).has_value()) << text;
}

}  // namespace
}  // namespace tickgraph
