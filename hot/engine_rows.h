// Chooses what the signal engine is told at the end of a packet: the rows that differ from those it was last given.
//
// The loop touches an instrument when its top of book or trading state may have changed. When a venue's liveness changes,
// every instrument of a product is looked at again the next time that product is touched; products that were handed over
// as untradable are touched by themselves when liveness returns. One thread, no allocation after construction.
#pragma once

#include "hot/arena.h"
#include "hot/signal.h"
#include "hot/types.h"

namespace tickgraph {

class EngineRows {
 public:
  EngineRows(uint32_t max_instruments, uint32_t max_products)
      : given_(max_instruments),
        next_of_product_(max_instruments),
        product_of_(max_instruments),
        touched_(max_instruments),
        is_touched_(max_instruments),
        rows_(max_instruments),
        products_(max_products),
        suspended_(max_products) {}

  void AddInstrument(InstrumentIndex instrument, ProductIndex product) {
    product_of_[instrument] = product;
    next_of_product_[instrument] = products_[product].first;
    products_[product].first = instrument;
  }

  void Touch(InstrumentIndex instrument) {
    if (is_touched_[instrument]) return;
    is_touched_[instrument] = 1;
    touched_[touched_count_++] = instrument;
  }

  // Some venue's books became believable or ceased to be.
  void LivenessChanged() {
    ++liveness_version_;
    for (uint32_t i = 0; i < suspended_count_; ++i) {
      Product& product = products_[suspended_[i]];
      product.suspended = false;
      Touch(product.first);
    }
    suspended_count_ = 0;
  }

  [[nodiscard]] bool touched() const { return touched_count_ != 0; }
  template <class F>
  void ForEachTouched(F f) const {
    for (uint32_t i = 0; i < touched_count_; ++i) f(touched_[i]);
  }

  // Fills `rows()` with the changed rows; `row_of(instrument)` gives a row as it is now. Returns their number.
  template <class RowOf>
  uint32_t Build(RowOf&& row_of) {
    count_ = 0;
    for (uint32_t i = 0; i < touched_count_; ++i) {
      const InstrumentIndex instrument = touched_[i];
      is_touched_[instrument] = 0;
      Product& product = products_[product_of_[instrument]];
      if (product.version == liveness_version_) {
        Give(row_of(instrument));
        continue;
      }
      product.version = liveness_version_;
      bool all_tradable = true;
      for (InstrumentIndex x = product.first; x != kNoInstrument; x = next_of_product_[x]) {
        const EngineRow row = row_of(x);
        all_tradable = all_tradable && row.tradable != 0;
        Give(row);
      }
      if (!all_tradable && !product.suspended) {
        product.suspended = true;
        suspended_[suspended_count_++] = product_of_[instrument];
      }
    }
    touched_count_ = 0;
    return count_;
  }

  [[nodiscard]] const EngineRow* rows() const { return rows_.data(); }

 private:
  struct Product {
    InstrumentIndex first = kNoInstrument;
    uint32_t version = 0;
    bool suspended = false;
  };

  void Give(const EngineRow& row) {
    EngineRow& given = given_[row.instrument];
    if (given.instrument == row.instrument && given.tradable == row.tradable && given.top == row.top) return;
    given = row;
    rows_[count_++] = row;
  }

  HugeArray<EngineRow> given_;
  HugeArray<InstrumentIndex> next_of_product_;
  HugeArray<ProductIndex> product_of_;
  HugeArray<InstrumentIndex> touched_;
  HugeArray<uint8_t> is_touched_;
  HugeArray<EngineRow> rows_;
  HugeArray<Product> products_;
  HugeArray<ProductIndex> suspended_;
  uint32_t touched_count_ = 0, count_ = 0, suspended_count_ = 0, liveness_version_ = 0;
};

}  // namespace tickgraph
