// The book as a textbook would write it: maps of levels, lists of orders. Slow and plain; the reference of tests and benchmarks.
//
// It states the rules once more, sharing no code with hot/book_set.h but the event types: what each message does, which
// input is refused and with what result. One thread.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>

#include "hot/book_set.h"

namespace tickgraph::testing {

class TextbookBook {
 public:
  struct Entry {
    OrderRef ref;
    Quantity quantity;
  };
  using Queue = std::list<Entry>;
  using Levels = std::map<PriceNanos, Queue>;

  BookResult Apply(InstrumentIndex instrument, const AddOrder& add) {
    return Insert(instrument, add.side, {add.header.venue, add.order_ref}, add.price_nanos, add.quantity);
  }
  BookResult Apply(const ExecuteOrder& execute) { return Take({execute.header.venue, execute.order_ref}, execute.quantity); }
  BookResult Apply(const ReduceOrder& reduce) { return Take({reduce.header.venue, reduce.order_ref}, reduce.quantity); }
  BookResult Apply(const DeleteOrder& remove) {
    const auto found = orders_.find({remove.header.venue, remove.order_ref});
    if (found == orders_.end()) return BookResult::kUnknownOrder;
    Remove(found);
    return BookResult::kOk;
  }
  BookResult Apply(const ReplaceOrder& replace) {
    const auto found = orders_.find({replace.header.venue, replace.order_ref});
    if (found == orders_.end()) return BookResult::kUnknownOrder;
    const Place place = found->second;
    Remove(found);
    return Insert(place.instrument, place.side, {replace.header.venue, replace.new_order_ref}, replace.price_nanos, replace.quantity);
  }

  // Every order of one instrument goes.
  void Clear(InstrumentIndex instrument) {
    for (auto at = orders_.begin(); at != orders_.end();) at = at->second.instrument == instrument ? orders_.erase(at) : std::next(at);
    for (const Side side : {Side::kBuy, Side::kSell}) books_[{instrument, side}].clear();
  }

  const Levels& levels(InstrumentIndex instrument, Side side) { return books_[{instrument, side}]; }
  [[nodiscard]] size_t order_count() const { return orders_.size(); }

  TopOfBook Top(InstrumentIndex instrument) {
    TopOfBook top;
    if (const Levels& bids = levels(instrument, Side::kBuy); !bids.empty()) {
      top.bid_nanos = bids.rbegin()->first;
      top.bid_quantity = Total(bids.rbegin()->second);
    }
    if (const Levels& asks = levels(instrument, Side::kSell); !asks.empty()) {
      top.ask_nanos = asks.begin()->first;
      top.ask_quantity = Total(asks.begin()->second);
    }
    return top;
  }

  static Quantity Total(const Queue& queue) {
    Quantity total = 0;
    for (const Entry& entry : queue) total += entry.quantity;
    return total;
  }

 private:
  using Key = std::pair<VenueIndex, OrderRef>;
  struct KeyHash {
    size_t operator()(const Key& key) const { return std::hash<OrderRef>()(key.second * kMaxVenues + key.first); }
  };
  struct Place {
    InstrumentIndex instrument;
    Side side;
    PriceNanos price_nanos;
    Queue::iterator entry;
  };
  using Orders = std::unordered_map<Key, Place, KeyHash>;

  BookResult Insert(InstrumentIndex instrument, Side side, Key key, PriceNanos price_nanos, Quantity quantity) {
    if (quantity <= 0 || quantity > BookSet::kMaxQuantity || price_nanos < 0 || price_nanos > BookSet::kMaxPriceNanos)
      return BookResult::kBadOrder;
    if (orders_.contains(key)) return BookResult::kDuplicateOrder;
    Queue& queue = books_[{instrument, side}][price_nanos];
    queue.push_back({key.second, quantity});
    orders_[key] = {instrument, side, price_nanos, std::prev(queue.end())};
    return BookResult::kOk;
  }

  BookResult Take(Key key, Quantity quantity) {
    const auto found = orders_.find(key);
    if (found == orders_.end()) return BookResult::kUnknownOrder;
    if (quantity <= 0) return BookResult::kBadOrder;
    Entry& entry = *found->second.entry;
    const Quantity before = entry.quantity;
    entry.quantity -= std::min(quantity, before);
    if (entry.quantity == 0) Remove(found);
    return quantity > before ? BookResult::kOverExecuted : BookResult::kOk;
  }

  void Remove(Orders::iterator found) {
    const Place& place = found->second;
    Levels& levels = books_[{place.instrument, place.side}];
    const auto level = levels.find(place.price_nanos);
    level->second.erase(place.entry);
    if (level->second.empty()) levels.erase(level);
    orders_.erase(found);
  }

  std::map<std::pair<InstrumentIndex, Side>, Levels> books_;
  Orders orders_;
};

}  // namespace tickgraph::testing
