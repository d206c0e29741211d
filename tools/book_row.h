// What `book` was asked for, and a row of its answer: the same for every kind of capture.
//
// In the flow: BookView, JsonBookView and DbnBookView fill a ShownLevels, which hands a row to the sink when a shown cell changed. Offline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hot/types.h"

namespace tickgraph {

struct BookQuery {
  std::string symbol;  // a stock's, a product's, a future's; or an option's in OCC form: root, yymmdd, C or P, strike with 8 digits
  std::string venue;   // stream, publisher or exchange; empty: the first that carries the symbol
  uint32_t depth = 1;
  bool raw_file = false;  // a message's number is its place in the file, from 1, whatever came before it
};

// Of one row: `cells` are price and quantity of the bid, then of the ask, level after level; kNoPrice and 0 where there is none.
struct BookRow {
  uint64_t message_index = 0;  // from 0, each message once
  uint64_t ts_ns = 0;
  const std::vector<int64_t>& cells;
};

// `Sink`: void operator()(const BookRow&).
template <class Sink>
class ShownLevels {
 public:
  ShownLevels(uint32_t depth, Sink& sink) : sink_(sink), cells_(size_t{depth} * 4, 0) {
    for (size_t i = 0; i < cells_.size(); i += 2) cells_[i] = kNoPrice;
    next_cells_ = cells_;
  }

  // fill(side, put) hands its levels, best first, to put(price, quantity), until that returns false.
  template <class Fill>
  void Show(uint64_t message_index, uint64_t ts_ns, Fill fill) {
    for (const Side side : {Side::kBuy, Side::kSell}) {
      size_t at = side == Side::kBuy ? 0 : 2;
      const auto put = [&](PriceNanos price, Quantity quantity) {
        if (at >= next_cells_.size()) return false;
        next_cells_[at] = price;
        next_cells_[at + 1] = quantity;
        at += 4;
        return at < next_cells_.size();
      };
      fill(side, put);
      while (at < next_cells_.size()) put(kNoPrice, 0);
    }
    if (next_cells_ == cells_) return;
    cells_.swap(next_cells_);
    sink_(BookRow{message_index, ts_ns, cells_});
  }

  // What is shown now, as in BookRow.
  [[nodiscard]] const std::vector<int64_t>& cells() const { return cells_; }

 private:
  Sink& sink_;
  std::vector<int64_t> cells_, next_cells_;
};

}  // namespace tickgraph
