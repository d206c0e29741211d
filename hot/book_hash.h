// The hash of one book: every level's price, total and count and every order's quantity and reference in queue order, best to worst,
// bids then asks; of a quoted book its best. Without queues, the levels alone.
//
// In the flow: BookSet::BookHash, and so `book_hash` and `state_hash`. Cold. Invariant: the way a book came about does not matter, nor
// do indices; an empty book is 0.
#pragma once

#include <cstdint>

#include "hot/book_update.h"
#include "hot/hash.h"
#include "hot/top_of_book.h"

namespace tickgraph {

// `key` is the caller's for the instrument: of its venue and symbol or contract.
template <class Books>
[[nodiscard]] uint64_t HashBook(const Books& books, InstrumentIndex instrument, uint64_t key) {
  const auto fold = [](uint64_t hash, int64_t value) { return Combine(hash, static_cast<uint64_t>(value)); };
  const TopOfBook& top = books.top(instrument);
  if (top == TopOfBook{}) return 0;
  uint64_t hash = Mix(key);
  if (books.kind(instrument) == BookKind::kQuotes) {
    for (const int64_t x : {top.bid_nanos, top.bid_quantity, top.ask_nanos, top.ask_quantity}) hash = fold(hash, x);
    return hash;
  }
  for (const Side side : {Side::kBuy, Side::kSell}) {
    hash = Combine(hash, books.Depth(instrument, side));
    books.ForEachLevel(instrument, side, [&](PriceNanos price_nanos, Quantity quantity, uint32_t order_count) {
      hash = fold(fold(Combine(hash, order_count), price_nanos), quantity);
      if constexpr (Books::kQueues) {
        books.ForEachOrder(instrument, side, price_nanos, [&](OrderRef ref, Quantity left) {
          hash = Combine(fold(hash, left), ref);
          return true;
        });
      }
      return true;
    });
  }
  return hash;
}

}  // namespace tickgraph
