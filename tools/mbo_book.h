// The book of one instrument and publisher out of Databento MBO records, in a BookSet.
//
// In the flow: DbnBookView applies its records and reads levels and queues. The rules: a modification that changes the price or enlarges
// the order sends it to the back of its level, one that shrinks it keeps its place, one of an unknown order adds it, and none changes the
// side; trades and fills change nothing, but a modification to more than its fills left is a refresh and goes to the back. A record flagged
// top of book replaces its side. Offline.
#pragma once

#include <map>
#include <vector>

#include "hot/book_set.h"
#include "net/proto/dbn_events.h"

namespace tickgraph {

class MboBook {
 public:
  MboBook() : books_({1, 1 << 20, 1 << 18}) {}

  void Apply(const DbnOrder& record) {
    switch (record.action) {
      case 'A':
        (record.flags & kDbnTopOfBook) != 0 ? ReplaceSide(record) : Add(record);
        break;
      case 'M':
        Modify(record);
        break;
      case 'C':
        books_.Apply(ReduceOrder{{}, record.order_id, record.quantity});
        fills_.erase(record.order_id);
        break;
      case 'R':
        Clear(Side::kBuy);
        Clear(Side::kSell);
        fills_.clear();
        break;
      case 'T':
        aggressor_ = record.side;
        break;
      case 'F':
        // On the aggressor's own side it is the aggressor itself, whose modification follows with what it has left.
        if (record.side != aggressor_ || record.side == 'N') fills_[record.order_id] += record.quantity;
        break;
      case 'N':
        break;
      default:
        ++bad_records_;
    }
    if ((record.flags & kDbnLast) != 0) {
      fills_.clear();
      aggressor_ = 'N';
    }
  }

  // f(price_nanos, quantity, order_count) -> bool, best first, until it returns false.
  template <class F>
  void ForEachLevel(Side side, F f) const {
    books_.ForEachLevel(0, side, [&](PriceNanos price, Quantity quantity, uint32_t orders) { return f(price - kShift, quantity, orders); });
  }
  // f(order_id, quantity) -> bool, in queue order, until it returns false.
  template <class F>
  void ForEachOrder(Side side, PriceNanos price, F f) const {
    books_.ForEachOrder(0, side, Shifted(price), f);
  }
  [[nodiscard]] const BookCounters& counters() const { return books_.counters(); }
  [[nodiscard]] uint64_t bad_records() const { return bad_records_; }  // an action or side that no record can have

 private:
  // Spreads trade below zero, where a BookSet has no prices: here all stand higher by half its range.
  static constexpr PriceNanos kShift = BookSet::kMaxPriceNanos / 2;
  static PriceNanos Shifted(PriceNanos price) { return price < -kShift || price > kShift ? -1 : price + kShift; }

  bool HasSide(const DbnOrder& record) {
    const bool has_side = record.side == 'B' || record.side == 'A';
    bad_records_ += has_side ? 0 : 1;
    return has_side;
  }
  static Side SideOf(const DbnOrder& record) { return record.side == 'B' ? Side::kBuy : Side::kSell; }

  void Insert(Side side, OrderRef ref, const DbnOrder& record) {
    AddOrder add;
    add.order_ref = ref;
    add.price_nanos = Shifted(record.price_nanos);
    add.quantity = record.quantity;
    add.side = side;
    books_.Apply(0, add);
  }
  void Add(const DbnOrder& record) {
    if (HasSide(record)) Insert(SideOf(record), record.order_id, record);
  }

  // Such venues have no order ids.
  void ReplaceSide(const DbnOrder& record) {
    if (!HasSide(record)) return;
    const Side side = SideOf(record);
    Clear(side);
    if (record.price_nanos != kNoPrice) Insert(side, static_cast<OrderRef>(side), record);
  }

  void Modify(const DbnOrder& record) {
    const BookUpdate now = books_.Find(0, record.order_id);
    if (now.result == BookResult::kUnknownOrder) return Add(record);
    Quantity left = now.quantity_left;
    if (const auto fill = fills_.find(record.order_id); fill != fills_.end()) {
      left -= fill->second;
      fills_.erase(fill);
    }
    const PriceNanos price = Shifted(record.price_nanos);
    if (price != now.price_nanos || record.quantity > left) {
      books_.Apply(ReplaceOrder{{}, record.order_id, record.order_id, price, record.quantity});
    } else if (record.quantity < now.quantity_left) {
      books_.Apply(ReduceOrder{{}, record.order_id, now.quantity_left - record.quantity});
    }
  }

  void Clear(Side side) {
    std::vector<PriceNanos> prices;
    books_.ForEachLevel(0, side, [&](PriceNanos price, Quantity, uint32_t) {
      prices.push_back(price);
      return true;
    });
    std::vector<OrderRef> refs;
    for (const PriceNanos price : prices) {
      books_.ForEachOrder(0, side, price, [&](OrderRef ref, Quantity) {
        refs.push_back(ref);
        return true;
      });
    }
    for (const OrderRef ref : refs) books_.Apply(DeleteOrder{{}, ref});
  }

  BookSet books_;
  std::map<OrderRef, Quantity> fills_;  // of resting orders, in the event that is under way
  char aggressor_ = 'N';
  uint64_t bad_records_ = 0;
};

}  // namespace tickgraph
