// The best bid and offer of each product over all its equity venues, and which venue's instrument holds each.
//
// In the flow: the loop updates a product at the end of a packet that touched one of its books; strategies and the marking of
// positions read it. Only believable, trading books count. One thread, no allocation after construction.
#pragma once

#include "hot/arena.h"
#include "hot/signal.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

struct ConsolidatedBest {
  TopOfBook top;  // of equal prices the first-listed instrument's: sizes of other venues are not added
  InstrumentIndex bid_instrument = kNoInstrument, ask_instrument = kNoInstrument;

  [[nodiscard]] bool locked() const { return top.has_both() && top.bid_nanos == top.ask_nanos; }
  [[nodiscard]] bool crossed() const { return top.has_both() && top.bid_nanos > top.ask_nanos; }
};

class ConsolidatedBook {
 public:
  ConsolidatedBook(uint32_t max_instruments, uint32_t max_products) : next_(max_instruments), products_(max_products) {}

  // Once for each equity instrument, in order of index.
  void AddInstrument(InstrumentIndex instrument, ProductIndex product) {
    Product& p = products_[product];
    (p.last == kNoInstrument ? p.first : next_[p.last].instrument) = instrument;
    p.last = instrument;
  }

  // `row_of(instrument)` gives a row as it is now.
  template <class RowOf>
  void Update(ProductIndex product, RowOf&& row_of) {
    Product& p = products_[product];
    p.best = {};
    TopOfBook& top = p.best.top;
    for (InstrumentIndex i = p.first; i != kNoInstrument; i = next_[i].instrument) {
      const EngineRow row = row_of(i);
      if (row.tradable == 0) continue;
      if (row.top.bid_nanos != kNoPrice && row.top.bid_nanos > top.bid_nanos) {  // kNoPrice is below every price
        top.bid_nanos = row.top.bid_nanos;
        top.bid_quantity = row.top.bid_quantity;
        p.best.bid_instrument = i;
      }
      if (row.top.ask_nanos != kNoPrice && (top.ask_nanos == kNoPrice || row.top.ask_nanos < top.ask_nanos)) {
        top.ask_nanos = row.top.ask_nanos;
        top.ask_quantity = row.top.ask_quantity;
        p.best.ask_instrument = i;
      }
    }
  }

  [[nodiscard]] const ConsolidatedBest& best(ProductIndex product) const { return products_[product].best; }

 private:
  struct Next {
    InstrumentIndex instrument = kNoInstrument;
  };
  struct Product {
    InstrumentIndex first = kNoInstrument, last = kNoInstrument;
    ConsolidatedBest best;
  };

  HugeArray<Next> next_;
  HugeArray<Product> products_;
};

}  // namespace tickgraph
