#include "hot/consolidated_book.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickgraph {
namespace {

class ConsolidatedBookTest : public ::testing::Test {
 protected:
  void Add(InstrumentIndex i, ProductIndex product) {
    book_.AddInstrument(i, product);
    if (rows_.size() <= i) rows_.resize(i + 1);
    rows_[i].instrument = i;
  }
  void Quote(InstrumentIndex i, PriceNanos bid, Quantity bid_quantity, PriceNanos ask, Quantity ask_quantity, bool tradable = true) {
    rows_[i].tradable = tradable;
    rows_[i].top = {bid, ask, bid_quantity, ask_quantity};
  }
  const ConsolidatedBest& Best(ProductIndex product) {
    book_.Update(product, [this](InstrumentIndex i) { return rows_[i]; });
    return book_.best(product);
  }

  ConsolidatedBook book_{16, 8};
  std::vector<EngineRow> rows_;
};

TEST_F(ConsolidatedBookTest, TakesTheBestOfEachSideOverVenues) {
  Add(0, 3);
  Add(1, 3);
  Add(2, 4);
  Quote(0, 100, 5, 103, 7);
  Quote(1, 101, 6, 104, 8);
  Quote(2, 999, 1, 1000, 1);
  const ConsolidatedBest& best = Best(3);
  EXPECT_EQ(best.top, (TopOfBook{101, 103, 6, 7}));
  EXPECT_EQ(best.bid_instrument, 1u);
  EXPECT_EQ(best.ask_instrument, 0u);
  EXPECT_FALSE(best.locked());
  EXPECT_FALSE(best.crossed());
  Quote(1, 103, 6, 104, 8);
  EXPECT_TRUE(Best(3).locked());
  Quote(1, 105, 6, 106, 8);
  EXPECT_TRUE(Best(3).crossed());
}

TEST_F(ConsolidatedBookTest, LeavesOutWhatMayNotBeBelieved) {
  Add(0, 0);
  Add(1, 0);
  Quote(0, 100, 5, kNoPrice, 0);
  Quote(1, 101, 6, 104, 8, false);
  const ConsolidatedBest& best = Best(0);
  EXPECT_EQ(best.top, (TopOfBook{100, kNoPrice, 5, 0}));
  EXPECT_EQ(best.ask_instrument, kNoInstrument);
  Quote(0, 100, 5, 102, 1, false);
  EXPECT_EQ(Best(0).top, TopOfBook{});
}

TEST_F(ConsolidatedBookTest, KeepsTheFirstListedOfEqualPrices) {
  Add(2, 1);
  Add(5, 1);
  Quote(2, -7, 1, -3, 1);
  Quote(5, -7, 9, -3, 9);
  EXPECT_EQ(Best(1).bid_instrument, 2u);
  EXPECT_EQ(Best(1).ask_instrument, 2u);
  EXPECT_EQ(Best(6).top, TopOfBook{}) << "a product without venues has no quote";
}

}  // namespace
}  // namespace tickgraph
