// The books of a session: L3 by order reference for every instrument of every venue, and best quotes for options.
//
// In the flow: the loop (and the simulated exchange, and `book`) applies each decoded event here and learns what it
// touched; strategies and engines read the tops. An order's record leads to its level, the level to its book, and a
// book's top, ladders and marks share one cache line.
//
// Thread rule: one thread. Memory is taken at construction from the configured limits; a full store rejects with a counter.
// Invariants, whatever is applied: every order stands in the queue of one level; a level's quantity and count are those of
// its queue and are never zero; the top is the last rung of each ladder. Crossed books are legal. Input that
// contradicts the book is counted by kind and marks its instrument.
#pragma once

#include <cstdint>

#include "hot/arena.h"
#include "hot/event.h"
#include "hot/hash.h"
#include "hot/level_store.h"
#include "hot/order_store.h"
#include "hot/quote_book.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

enum class BookResult : uint8_t { kOk, kUnknownOrder, kDuplicateOrder, kOverExecuted, kBadOrder, kNoRoom };

// What a message touched. Prices and quantities are those of the order that it names, whatever the result.
struct BookUpdate {
  InstrumentIndex instrument = kNoInstrument;  // kNoInstrument: the order is unknown
  BookResult result = BookResult::kOk;
  Side side = Side::kBuy;
  bool top_changed = false;
  PriceNanos price_nanos = kNoPrice;      // where the order rests (a replace: where it rests now)
  Quantity quantity_left = 0;             // 0: it is gone
  PriceNanos old_price_nanos = kNoPrice;  // replace: where it rested before
  Quantity quantity_removed = 0;          // taken off (a replace: all the old order had)
};

struct BookSetConfig {
  uint32_t max_instruments = 1 << 16;
  uint32_t max_orders = 1 << 20;
  uint32_t max_levels = 1 << 19;
};

struct BookCounters {
  uint64_t unknown_references = 0, duplicate_references = 0, over_executions = 0;
  uint64_t bad_orders = 0;  // quantity of zero or below, price below zero, or either absurd
  uint64_t no_room_orders = 0, no_room_levels = 0, no_room_instruments = 0;
};

class BookSet {
 public:
  // Beyond these a message is damaged: a billion units of the currency, and 10^17 lots.
  static constexpr PriceNanos kMaxPriceNanos = 1'000'000'000 * kNanosPerUnit;
  static constexpr Quantity kMaxQuantity = 100'000'000'000'000'000;

  explicit BookSet(const BookSetConfig& config)
      : orders_(config.max_orders), levels_(config.max_levels, config.max_instruments), books_(config.max_instruments) {}

  BookUpdate Apply(InstrumentIndex instrument, const AddOrder& add) {
    BookUpdate update;
    update.instrument = instrument;
    update.side = add.side;
    update.price_nanos = add.price_nanos;
    if (instrument >= books_.size()) {
      ++counters_.no_room_instruments;
      update.instrument = kNoInstrument;
      update.result = BookResult::kNoRoom;
      return update;
    }
    Insert(add.header.venue, add.order_ref, add.quantity, &update);
    return update;
  }

  BookUpdate Apply(const ExecuteOrder& execute) { return Take(execute.header.venue, execute.order_ref, execute.quantity); }
  BookUpdate Apply(const ReduceOrder& reduce) { return Take(reduce.header.venue, reduce.order_ref, reduce.quantity); }

  BookUpdate Apply(const DeleteOrder& remove) {
    BookUpdate update;
    if (const uint32_t order = Locate(remove.header.venue, remove.order_ref, &update); order != 0) {
      update.quantity_removed = orders_[order].quantity;
      Remove(order, &update);
    }
    return update;
  }

  // The old order goes in any case: the venue no longer has it, whatever is wrong with the new one.
  BookUpdate Apply(const ReplaceOrder& replace) {
    BookUpdate update;
    const uint32_t order = Locate(replace.header.venue, replace.order_ref, &update);
    if (order == 0) return update;
    const TopOfBook before = books_[update.instrument].top;
    update.quantity_removed = orders_[order].quantity;
    update.old_price_nanos = update.price_nanos;
    Remove(order, &update);
    update.price_nanos = replace.price_nanos;
    Insert(replace.header.venue, replace.new_order_ref, replace.quantity, &update);
    update.top_changed = !(before == books_[update.instrument].top);
    return update;
  }

  BookUpdate Apply(InstrumentIndex instrument, const OptionQuote& quote) {
    BookUpdate update;
    if (instrument >= books_.size()) {
      ++counters_.no_room_instruments;
      update.result = BookResult::kNoRoom;
      return update;
    }
    update.instrument = instrument;
    Book& book = books_[instrument];
    book.quoted = true;
    update.top_changed = ApplyBest(quote, &book.top, &book.holders);
    return update;
  }

  // The total at a price of a book that its venue aggregates; 0 removes the level.
  BookUpdate SetLevel(InstrumentIndex instrument, Side side, PriceNanos price_nanos, Quantity quantity, uint32_t order_count) {
    BookUpdate update;
    update.instrument = instrument;
    update.side = side;
    update.price_nanos = price_nanos;
    if (!HasBook(&update)) return update;
    if (quantity < 0 || quantity > kMaxQuantity || price_nanos < -kMaxPriceNanos || price_nanos > kMaxPriceNanos) {
      Reject(BookResult::kBadOrder, &counters_.bad_orders, &update);
      return update;
    }
    Book& book = books_[instrument];
    book.aggregated = true;
    Ladder& ladder = book.ladders[static_cast<int>(side)];
    const int64_t key = LadderKey(side, price_nanos);
    uint32_t at = levels_.Find(ladder, key);
    if (quantity == 0) {
      if (at == 0) return update;
      update.quantity_removed = levels_[at].quantity;
      levels_.Erase(ladder, key);
    } else {
      if (at == 0) at = levels_.FindOrMake(ladder, key, price_nanos, BookSide(instrument, side));
      if (at == 0) {
        Reject(BookResult::kNoRoom, &counters_.no_room_levels, &update);
        return update;
      }
      levels_[at].quantity = quantity;
      levels_[at].order_count = order_count;
    }
    update.quantity_left = quantity;
    const TopOfBook before = book.top;
    TakeTop(&book, side);
    update.top_changed = !(before == book.top);
    return update;
  }

  // A quoted top, without ladders.
  BookUpdate SetQuote(InstrumentIndex instrument, const TopOfBook& top) {
    BookUpdate update;
    update.instrument = instrument;
    if (!HasBook(&update)) return update;
    Book& book = books_[instrument];
    book.quoted = true;
    update.top_changed = !(book.top == top);
    book.top = top;
    return update;
  }

  // Every order, level and quote of the instrument is gone.
  void ClearBook(InstrumentIndex instrument) {
    if (instrument >= books_.size()) return;
    Book& book = books_[instrument];
    for (const Side side : {Side::kBuy, Side::kSell}) {
      Ladder& ladder = book.ladders[static_cast<int>(side)];
      for (uint32_t at = levels_.Best(ladder); at != 0; at = levels_.Best(ladder)) {
        for (uint32_t order = levels_[at].first, next = 0; order != 0; order = next) {
          next = orders_[order].next;
          orders_.Remove(order);
        }
        levels_.Erase(ladder, LadderKey(side, levels_[at].price_nanos));
      }
    }
    book.top = {};
    book.holders = {};
    book.quoted = book.aggregated = false;
  }

  [[nodiscard]] const TopOfBook& top(InstrumentIndex instrument) const { return books_[instrument].top; }
  // Options: which participants hold the best.
  [[nodiscard]] BestHolders holders(InstrumentIndex instrument) const { return books_[instrument].holders; }
  // Damaged input touched this book; set here, and by the caller where only it knows the instrument.
  [[nodiscard]] bool marked(InstrumentIndex instrument) const { return books_[instrument].marked; }
  void Mark(InstrumentIndex instrument) { books_[instrument].marked = true; }
  [[nodiscard]] size_t Depth(InstrumentIndex instrument, Side side) const { return books_[instrument].ladder(side).count; }

  // f(price_nanos, quantity, order_count) -> bool, best first, until it returns false.
  template <class F>
  void ForEachLevel(InstrumentIndex instrument, Side side, F f) const {
    const Ladder& ladder = books_[instrument].ladder(side);
    const Rung* rungs = levels_.rungs(ladder);
    for (uint32_t i = ladder.count; i-- > 0;) {
      const PriceLevel& level = levels_[rungs[i].level];
      if (!f(level.price_nanos, level.quantity, level.order_count)) return;
    }
  }

  // f(order_ref, quantity) -> bool, in queue order, until it returns false.
  template <class F>
  void ForEachOrder(InstrumentIndex instrument, Side side, PriceNanos price_nanos, F f) const {
    if (price_nanos == kNoPrice) return;
    const uint32_t level = levels_.Find(books_[instrument].ladder(side), LadderKey(side, price_nanos));
    for (uint32_t i = level == 0 ? 0 : levels_[level].first; i != 0; i = orders_[i].next) {
      if (!f(orders_[i].ref, orders_[i].quantity)) return;
    }
  }

  // Where an order rests; result kUnknownOrder (uncounted) when it does not.
  [[nodiscard]] BookUpdate Find(VenueIndex venue, OrderRef ref) const {
    BookUpdate update;
    const uint32_t order = orders_.Find(venue, ref);
    if (order == 0) {
      update.result = BookResult::kUnknownOrder;
    } else {
      Describe(order, &update);
    }
    return update;
  }

  // Every level's price and total and every order's quantity and reference in queue order, best to worst, bids then asks;
  // an option's best quote. The caller's key (venue and symbol or contract) makes it independent of indices. An empty book is 0.
  [[nodiscard]] uint64_t BookHash(InstrumentIndex instrument, uint64_t instrument_key_hash) const {
    const Book& book = books_[instrument];
    if (book.top == TopOfBook{}) return 0;
    uint64_t hash = Mix(instrument_key_hash);
    if (book.quoted) {
      for (const int64_t x : {book.top.bid_nanos, book.top.bid_quantity, book.top.ask_nanos, book.top.ask_quantity}) hash = Fold(hash, x);
      return hash;
    }
    for (const Side side : {Side::kBuy, Side::kSell}) {
      hash = Combine(hash, book.ladder(side).count);
      const Rung* rungs = levels_.rungs(book.ladder(side));
      for (uint32_t i = book.ladder(side).count; i-- > 0;) {
        const PriceLevel& level = levels_[rungs[i].level];
        hash = Fold(Fold(Combine(hash, level.order_count), level.price_nanos), level.quantity);
        for (uint32_t o = level.first; o != 0; o = orders_[o].next) hash = Combine(Fold(hash, orders_[o].quantity), orders_[o].ref);
      }
    }
    return hash;
  }

  // Of the first `instrument_count` books, key_hash(instrument) each: a sum, so the order of discovery does not matter.
  template <class F>
  [[nodiscard]] uint64_t TotalHash(uint32_t instrument_count, F key_hash) const {
    uint64_t total = 0;
    for (InstrumentIndex i = 0; i < instrument_count; ++i) total += BookHash(i, key_hash(i));
    return total;
  }

  [[nodiscard]] const BookCounters& counters() const { return counters_; }
  [[nodiscard]] uint32_t order_count() const { return orders_.size(); }
  [[nodiscard]] uint32_t level_count() const { return levels_.size(); }
  [[nodiscard]] size_t size_bytes() const { return orders_.size_bytes() + levels_.size_bytes() + books_.size_bytes(); }

  // Look-ahead over a burst. For a message that names an order: its bucket first, some messages later its record, then its
  // level; each step reads what the one before fetched. For an add: its book, then the touch of its side.
  void PrefetchBucket(VenueIndex venue, OrderRef ref) const { orders_.PrefetchBucket(venue, ref); }
  void PrefetchOrder(VenueIndex venue, OrderRef ref) const { (void)orders_.PrefetchOrder(venue, ref); }
  void PrefetchLevel(VenueIndex venue, OrderRef ref) const {
    const uint32_t order = orders_.PrefetchOrder(venue, ref);
    levels_.PrefetchLevel(orders_[order].level());
    orders_.PrefetchNeighbours(order);
  }
  void PrefetchBook(InstrumentIndex instrument) const {
    if (instrument < books_.size()) __builtin_prefetch(&books_[instrument], 1);
  }
  void PrefetchTouch(InstrumentIndex instrument) const {
    if (instrument >= books_.size()) return;
    levels_.PrefetchBest(books_[instrument].ladders[0]);
    levels_.PrefetchBest(books_[instrument].ladders[1]);
  }

  // For tests: every invariant of one book, by walking it.
  [[nodiscard]] bool CheckInvariants(InstrumentIndex instrument) const {
    const Book& book = books_[instrument];
    if (book.quoted) return book.ladders[0].count + book.ladders[1].count == 0;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const Ladder& ladder = book.ladder(side);
      const Rung* rungs = levels_.rungs(ladder);
      if (ladder.count > ladder.capacity) return false;
      for (uint32_t i = 0; i < ladder.count; ++i) {
        if (i > 0 && rungs[i - 1].key >= rungs[i].key) return false;
        if (LadderKey(side, levels_[rungs[i].level].price_nanos) != rungs[i].key) return false;
        if (levels_[rungs[i].level].book_side != BookSide(instrument, side)) return false;
        if (book.aggregated ? levels_[rungs[i].level].quantity <= 0 : !CheckQueue(rungs[i].level)) return false;
      }
      const uint32_t best = levels_.Best(ladder);
      const PriceNanos price = side == Side::kBuy ? book.top.bid_nanos : book.top.ask_nanos;
      const Quantity quantity = side == Side::kBuy ? book.top.bid_quantity : book.top.ask_quantity;
      if (price != (best == 0 ? kNoPrice : levels_[best].price_nanos) || quantity != (best == 0 ? 0 : levels_[best].quantity)) return false;
    }
    return true;
  }

 private:
  struct alignas(64) Book {
    TopOfBook top;
    Ladder ladders[2];
    BestHolders holders;
    bool marked = false;
    bool quoted = false;      // its top comes from quotes; it has no ladders
    bool aggregated = false;  // its levels have totals alone, no orders
    [[nodiscard]] const Ladder& ladder(Side side) const { return ladders[static_cast<int>(side)]; }
  };
  static_assert(sizeof(Book) == 64);

  static uint32_t BookSide(InstrumentIndex instrument, Side side) { return instrument * 2 + static_cast<uint32_t>(side); }
  static uint64_t Fold(uint64_t hash, int64_t value) { return Combine(hash, static_cast<uint64_t>(value)); }

  BookUpdate Take(VenueIndex venue, OrderRef ref, Quantity quantity) {
    BookUpdate update;
    const uint32_t order = Locate(venue, ref, &update);
    if (order == 0) return update;
    if (quantity <= 0) {
      Reject(BookResult::kBadOrder, &counters_.bad_orders, &update);
      return update;
    }
    RestingOrder& resting = orders_[order];
    if (quantity >= resting.quantity) {
      if (quantity > resting.quantity) Reject(BookResult::kOverExecuted, &counters_.over_executions, &update);
      update.quantity_removed = resting.quantity;
      Remove(order, &update);
      return update;
    }
    resting.quantity -= quantity;
    update.quantity_left = resting.quantity;
    update.quantity_removed = quantity;
    PriceLevel& level = levels_[resting.level()];
    level.quantity -= quantity;
    SetTopQuantity(level, &update);
    return update;
  }

  // Finds the order and says where it rests; counts it as unknown when it does not.
  uint32_t Locate(VenueIndex venue, OrderRef ref, BookUpdate* update) {
    const uint32_t order = orders_.Find(venue, ref);
    if (order == 0) {
      ++counters_.unknown_references;
      update->result = BookResult::kUnknownOrder;
    } else {
      Describe(order, update);
    }
    return order;
  }

  void Describe(uint32_t order, BookUpdate* update) const {
    const PriceLevel& level = levels_[orders_[order].level()];
    update->instrument = level.book_side / 2;
    update->side = static_cast<Side>(level.book_side & 1);
    update->price_nanos = level.price_nanos;
    update->quantity_left = orders_[order].quantity;
  }

  void Reject(BookResult result, uint64_t* counter, BookUpdate* update) {
    ++*counter;
    update->result = result;
    if (result != BookResult::kNoRoom) books_[update->instrument].marked = true;
  }

  // Puts an order at the back of its level. `update` names instrument, side and price.
  void Insert(VenueIndex venue, OrderRef ref, Quantity quantity, BookUpdate* update) {
    const PriceNanos price = update->price_nanos;
    if (quantity <= 0 || quantity > kMaxQuantity || price < 0 || price > kMaxPriceNanos)
      return Reject(BookResult::kBadOrder, &counters_.bad_orders, update);
    if (orders_.Find(venue, ref) != 0) return Reject(BookResult::kDuplicateOrder, &counters_.duplicate_references, update);
    if (orders_.full()) return Reject(BookResult::kNoRoom, &counters_.no_room_orders, update);
    Ladder& ladder = books_[update->instrument].ladders[static_cast<int>(update->side)];
    const uint32_t at = levels_.FindOrMake(ladder, LadderKey(update->side, price), price, BookSide(update->instrument, update->side));
    if (at == 0) return Reject(BookResult::kNoRoom, &counters_.no_room_levels, update);
    PriceLevel& level = levels_[at];
    if (level.quantity > INT64_MAX - quantity) return Reject(BookResult::kBadOrder, &counters_.bad_orders, update);
    const uint32_t order = orders_.Add(venue, ref, quantity, at);
    orders_[order].previous = level.last;
    orders_[order].next = 0;
    orders_[level.last].next = order;  // an empty queue's last is record 0
    if (level.first == 0) level.first = order;
    level.last = order;
    level.quantity += quantity;
    ++level.order_count;
    update->quantity_left = quantity;
    TopOfBook& top = books_[update->instrument].top;
    const bool best = update->side == Side::kBuy ? price >= top.bid_nanos : price <= top.ask_nanos || top.ask_nanos == kNoPrice;
    if (best) {
      SetTop(&top, update->side, price, level.quantity);
      update->top_changed = true;
    }
  }

  // Takes an order out of its queue and the store, and its level with it when it was the last.
  void Remove(uint32_t order, BookUpdate* update) {
    const RestingOrder& gone = orders_[order];
    const uint32_t at = gone.level();
    PriceLevel& level = levels_[at];
    level.quantity -= gone.quantity;
    update->quantity_left = 0;
    if (--level.order_count > 0) {
      orders_[gone.previous].next = gone.next;
      orders_[gone.next].previous = gone.previous;
      if (level.first == order) level.first = gone.next;
      if (level.last == order) level.last = gone.previous;
      orders_.Remove(order);
      SetTopQuantity(level, update);
      return;
    }
    orders_.Remove(order);
    Book& book = books_[update->instrument];
    Ladder& ladder = book.ladders[static_cast<int>(update->side)];
    const PriceNanos price = level.price_nanos;
    levels_.Erase(ladder, LadderKey(update->side, price));
    if (price != (update->side == Side::kBuy ? book.top.bid_nanos : book.top.ask_nanos)) return;
    const uint32_t best = levels_.Best(ladder);
    SetTop(&book.top, update->side, best == 0 ? kNoPrice : levels_[best].price_nanos, best == 0 ? 0 : levels_[best].quantity);
    update->top_changed = true;
  }

  static void SetTop(TopOfBook* top, Side side, PriceNanos price_nanos, Quantity quantity) {
    (side == Side::kBuy ? top->bid_nanos : top->ask_nanos) = price_nanos;
    (side == Side::kBuy ? top->bid_quantity : top->ask_quantity) = quantity;
  }

  // Counts and says that there is no such book, where there is none.
  bool HasBook(BookUpdate* update) {
    if (update->instrument < books_.size()) return true;
    ++counters_.no_room_instruments;
    update->instrument = kNoInstrument;
    update->result = BookResult::kNoRoom;
    return false;
  }

  void TakeTop(Book* book, Side side) {
    const uint32_t best = levels_.Best(book->ladder(side));
    SetTop(&book->top, side, best == 0 ? kNoPrice : levels_[best].price_nanos, best == 0 ? 0 : levels_[best].quantity);
  }

  // After a change of quantity alone: the top shows it where the level is the best.
  void SetTopQuantity(const PriceLevel& level, BookUpdate* update) {
    TopOfBook& top = books_[update->instrument].top;
    if (level.price_nanos != (update->side == Side::kBuy ? top.bid_nanos : top.ask_nanos)) return;
    (update->side == Side::kBuy ? top.bid_quantity : top.ask_quantity) = level.quantity;
    update->top_changed = true;
  }

  [[nodiscard]] bool CheckQueue(uint32_t at) const {
    const PriceLevel& level = levels_[at];
    Quantity total = 0;
    uint32_t count = 0, previous = 0;
    for (uint32_t o = level.first; o != 0; previous = o, o = orders_[o].next, ++count) {
      const RestingOrder& order = orders_[o];
      if (order.previous != previous || order.level() != at || order.quantity <= 0 || count >= level.order_count) return false;
      if (orders_.Find(order.venue(), order.ref) != o) return false;
      total += order.quantity;
    }
    return count > 0 && count == level.order_count && previous == level.last && total == level.quantity;
  }

  OrderStore orders_;
  LevelStore levels_;
  HugeArray<Book> books_;
  BookCounters counters_;
};

}  // namespace tickgraph
