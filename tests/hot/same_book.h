// Whether a BookSet and the textbook book hold the same: every level and every order of one instrument, in order, on both sides.
#pragma once

#include <gtest/gtest.h>

#include "hot/book_set.h"
#include "tests/hot/textbook_book.h"

namespace tickgraph::testing {

// Says where they differ.
inline ::testing::AssertionResult SameBook(const BookSet& book, TextbookBook& textbook, InstrumentIndex instrument) {
  for (const Side side : {Side::kBuy, Side::kSell}) {
    const TextbookBook::Levels& levels = textbook.levels(instrument, side);
    if (book.Depth(instrument, side) != levels.size())
      return ::testing::AssertionFailure() << "depth " << book.Depth(instrument, side) << " not " << levels.size();
    auto up = levels.begin();
    auto down = levels.rbegin();
    bool same = true;
    book.ForEachLevel(instrument, side, [&](PriceNanos price, Quantity quantity, uint32_t count) {
      const auto& [want_price, queue] = side == Side::kBuy ? *down++ : *up++;
      same = price == want_price && quantity == TextbookBook::Total(queue) && count == queue.size();
      auto entry = queue.begin();
      book.ForEachOrder(instrument, side, price, [&](OrderRef ref, Quantity left) {
        same = same && entry != queue.end() && ref == entry->ref && left == entry->quantity;
        if (same) ++entry;
        return same;
      });
      same = same && entry == queue.end();
      return same;
    });
    if (!same) return ::testing::AssertionFailure() << "levels differ on side " << static_cast<int>(side);
  }
  return ::testing::AssertionSuccess();
}

}  // namespace tickgraph::testing
