// The books of a session: L3 by order reference for every instrument of every venue, totals by price where a venue states those, and
// best quotes for options.
//
// In the flow: the loop (and the simulated exchange, and `book`) applies each decoded event here and learns what it
// touched; strategies and engines read the tops. An order's record leads to its level, the level to its book, and a
// book's top, ladders and marks share one cache line. BookSet keeps every queue; LevelBookSet keeps the totals alone (order_queue.h).
//
// Lines touched by a message that finds nothing in cache: its order, its level and its book, of which a delete or execution learns its
// level from its order, and an add can fetch all three at once; a birth or death of a level a line of the ladder more.
//
// Thread rule: one thread. Memory is taken at construction from the configured limits; a full store rejects with a counter.
// Invariants, whatever is applied: every order stands in the queue of one level; a level's quantity and count are those of
// its queue and are never zero; the top is the last rung of each ladder. Crossed books are legal. Input that
// contradicts the book is counted by kind and marks its instrument.
#pragma once

#include <cstdint>
#include <utility>

#include "hot/arena.h"
#include "hot/book_hash.h"
#include "hot/book_update.h"
#include "hot/event.h"
#include "hot/level_store.h"
#include "hot/order_message.h"
#include "hot/order_queue.h"
#include "hot/order_store.h"
#include "hot/prefetch.h"
#include "hot/quote_book.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

template <class Queues>
class BasicBookSet {
 public:
  using QueuePolicy = Queues;
  using Level = typename Queues::Level;
  static constexpr bool kQueues = Queues::kQueues;

  // Beyond these a message is damaged: a billion units of the currency, and 10^17 lots.
  static constexpr PriceNanos kMaxPriceNanos = 1'000'000'000 * kNanosPerUnit;
  static constexpr Quantity kMaxQuantity = 100'000'000'000'000'000;

  explicit BasicBookSet(const BookSetConfig& config)
      : orders_(config.max_orders),
        levels_(config.max_levels, config.max_instruments),
        books_(config.max_instruments),
        hashes_(config.max_instruments) {}

  BookUpdate Apply(InstrumentIndex instrument, const AddOrder& add) {
    return Add(instrument, add.header.venue, add.order_ref, add.side, add.price_nanos, add.quantity);
  }
  BookUpdate Apply(const ExecuteOrder& execute) { return Take(execute.header.venue, execute.order_ref, execute.quantity); }
  BookUpdate Apply(const ReduceOrder& reduce) { return Take(reduce.header.venue, reduce.order_ref, reduce.quantity); }
  BookUpdate Apply(const DeleteOrder& remove) { return Delete(remove.header.venue, remove.order_ref); }
  BookUpdate Apply(const ReplaceOrder& replace) {
    return Replace(replace.header.venue, replace.order_ref, replace.new_order_ref, replace.price_nanos, replace.quantity);
  }

  // The same without an event around them, for those that hold decoded fields only (order_message.h).
  BookUpdate Add(InstrumentIndex instrument, VenueIndex venue, OrderRef ref, Side side, PriceNanos price_nanos, Quantity quantity) {
    BookUpdate update;
    update.instrument = instrument;
    update.side = side;
    update.price_nanos = price_nanos;
    if (!Known(instrument, &update)) return update;
    Insert(venue, ref, quantity, &update);
    return update;
  }
  // Executes or reduces.
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
    Level& level = levels_[resting.level()];
    level.quantity -= quantity;
    SetTopQuantity(level, &update);
    return update;
  }
  BookUpdate Delete(VenueIndex venue, OrderRef ref) {
    BookUpdate update;
    if (const uint32_t order = Locate(venue, ref, &update); order != 0) {
      update.quantity_removed = orders_[order].quantity;
      Remove(order, &update);
    }
    return update;
  }
  // The old order goes in any case: the venue no longer has it, whatever is wrong with the new one.
  BookUpdate Replace(VenueIndex venue, OrderRef ref, OrderRef new_ref, PriceNanos price_nanos, Quantity quantity) {
    BookUpdate update;
    const uint32_t order = Locate(venue, ref, &update);
    if (order == 0) return update;
    const TopOfBook before = books_[update.instrument].top;
    update.quantity_removed = orders_[order].quantity;
    update.old_price_nanos = update.price_nanos;
    Remove(order, &update);
    update.price_nanos = price_nanos;
    Insert(venue, new_ref, quantity, &update);
    update.top_changed = !(before == books_[update.instrument].top);
    return update;
  }

  // Asks for the lines of the orders that a message will name, of its book, and of the level that it adds to. Any values do; nothing
  // changes.
  void LookAhead(InstrumentIndex instrument, VenueIndex venue, const OrderGlance& glance) const {
    orders_.PrefetchRecord(orders_.Home(venue, glance.order_ref));
    Prefetch(&books_[instrument < books_.size() ? instrument : 0]);
    if (glance.effect == OrderEffect::kAdd) {
      levels_.PrefetchLevel(levels_.Home(BookSideOf(instrument, glance.side), glance.price_nanos));
    } else if (glance.effect == OrderEffect::kReplace) {
      orders_.PrefetchRecord(orders_.Home(venue, glance.new_order_ref));
    }
  }
  // Once the line of an order is here: the level that it stands in.
  void LookFurther(VenueIndex venue, OrderRef ref) const {
    levels_.PrefetchLevel(orders_[orders_.Peek(orders_.Home(venue, ref), venue, ref)].level());
  }

  BookUpdate Apply(InstrumentIndex instrument, const OptionQuote& quote) {
    BookUpdate update;
    update.instrument = instrument;
    if (!Known(instrument, &update) || !Is(BookKind::kQuotes, &update)) return update;
    Book& book = books_[instrument];
    update.top_changed = ApplyBest(quote, &book.top, &book.holders);
    return update;
  }

  // The best of both sides as the venue states it.
  BookUpdate SetQuote(InstrumentIndex instrument, const TopOfBook& top) { return SetQuote(instrument, top, BestHolders{}); }
  BookUpdate SetQuote(InstrumentIndex instrument, const TopOfBook& top, BestHolders holders) {
    BookUpdate update;
    update.instrument = instrument;
    if (!Known(instrument, &update) || !Is(BookKind::kQuotes, &update)) return update;
    Book& book = books_[instrument];
    update.top_changed = !(book.top == top);
    book.top = top;
    book.holders = holders;
    return update;
  }

  // The total at a price of a book that the venue states by price; 0 takes the level away. Prices below zero are legal here.
  BookUpdate SetLevel(InstrumentIndex instrument, Side side, PriceNanos price_nanos, Quantity quantity, uint32_t order_count) {
    BookUpdate update;
    update.instrument = instrument;
    update.side = side;
    update.price_nanos = price_nanos;
    if (!Known(instrument, &update) || !Is(BookKind::kLevels, &update)) return update;
    if (quantity < 0 || price_nanos < -kMaxPriceNanos || price_nanos > kMaxPriceNanos) {
      Reject(BookResult::kBadOrder, &counters_.bad_orders, &update);
      return update;
    }
    Book& book = books_[instrument];
    const TopOfBook before = book.top;
    Ladder& ladder = book.ladders[static_cast<int>(side)];
    const uint32_t book_side = BookSideOf(instrument, side);
    const uint32_t at = quantity == 0 ? levels_.Find(book_side, price_nanos) : levels_.FindOrMake(ladder, book_side, price_nanos);
    if (at == 0) {
      if (quantity != 0) Reject(BookResult::kNoRoom, &counters_.no_room_levels, &update);
      return update;
    }
    Level& level = levels_[at];
    update.quantity_left = quantity;
    update.quantity_removed = level.quantity > quantity ? level.quantity - quantity : 0;
    level.quantity = quantity;
    level.order_count = order_count;
    if (quantity == 0) levels_.Erase(ladder, at);
    ReadTop(book, side);
    counters_.crossed_books += !before.crossed() && book.top.crossed();
    update.top_changed = !(before == book.top);
    return update;
  }

  // Forgets all that a book holds, marks and kind included, so that a snapshot can fill it. Without queues it walks every order.
  void ClearBook(InstrumentIndex instrument) {
    if (instrument >= books_.size()) return;
    Book& book = books_[instrument];
    if (book.kind == BookKind::kOrders) RemoveOrders(instrument);
    for (Ladder& ladder : book.ladders) levels_.Clear(ladder);
    marked_count_ -= book.marked;
    book = Book{};
  }

  [[nodiscard]] const TopOfBook& top(InstrumentIndex instrument) const { return books_[instrument].top; }
  // Options: which participants hold the best.
  [[nodiscard]] BestHolders holders(InstrumentIndex instrument) const { return books_[instrument].holders; }
  [[nodiscard]] BookKind kind(InstrumentIndex instrument) const { return books_[instrument].kind; }
  // Damaged input touched this book; set here, and by the caller where only it knows the instrument.
  [[nodiscard]] bool marked(InstrumentIndex instrument) const { return books_[instrument].marked; }
  void Mark(InstrumentIndex instrument) { marked_count_ += !std::exchange(books_[instrument].marked, true); }
  [[nodiscard]] uint32_t marked_count() const { return marked_count_; }
  [[nodiscard]] size_t Depth(InstrumentIndex instrument, Side side) const { return books_[instrument].ladder(side).count; }

  // f(price_nanos, quantity, order_count) -> bool, best first, until it returns false.
  template <class F>
  void ForEachLevel(InstrumentIndex instrument, Side side, F f) const {
    const Ladder& ladder = books_[instrument].ladder(side);
    for (uint32_t i = ladder.count; i-- > 0;) {
      const Level& level = levels_[levels_.At(ladder, i)];
      if (!f(level.price_nanos, level.quantity, level.order_count)) return;
    }
  }

  // f(order_ref, quantity) -> bool, in queue order, until it returns false.
  template <class F>
  void ForEachOrder(InstrumentIndex instrument, Side side, PriceNanos price_nanos, F f) const {
    ForEachResting(instrument, side, price_nanos, [&](const RestingOrder& order) { return f(order.ref, order.quantity); });
  }
  // f(const RestingOrder&) -> bool, likewise.
  template <class F>
  void ForEachResting(InstrumentIndex instrument, Side side, PriceNanos price_nanos, F f) const {
    static_assert(Queues::kQueues, "this book set keeps no queues");
    if (price_nanos == kNoPrice || books_[instrument].kind != BookKind::kOrders) return;
    const uint32_t level = levels_.Find(BookSideOf(instrument, side), price_nanos);
    if (level != 0) Queues::ForEach(orders_, levels_[level], [&](uint32_t i) { return f(orders_[i]); });
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

  // Who is before and behind an order in its queue, by walking that queue; false when there is no such order.
  [[nodiscard]] bool FindPosition(VenueIndex venue, OrderRef ref, QueuePosition* position) const {
    static_assert(Queues::kQueues, "this book set keeps no queues");
    const uint32_t order = orders_.Find(venue, ref);
    if (order == 0) return false;
    const Level& level = levels_[orders_[order].level()];
    *position = QueuePosition{};
    Queues::ForEach(orders_, level, [&](uint32_t i) {
      if (i == order) return false;
      ++position->orders_ahead;
      position->quantity_ahead += orders_[i].quantity;
      return true;
    });
    position->orders_behind = level.order_count - 1 - position->orders_ahead;
    position->quantity_behind = level.quantity - orders_[order].quantity - position->quantity_ahead;
    return true;
  }

  [[nodiscard]] uint64_t BookHash(InstrumentIndex instrument, uint64_t instrument_key_hash) const {
    return HashBook(*this, instrument, instrument_key_hash);
  }

  // Of the first `instrument_count` books, key_hash(instrument) each: a sum, so the order of discovery does not matter. Only books
  // that changed since they were last asked for are walked: a message sets a bit in its book's line, and costs nothing more.
  template <class F>
  [[nodiscard]] uint64_t TotalHash(uint32_t instrument_count, F key_hash) const {
    uint64_t total = 0;
    for (InstrumentIndex i = 0; i < instrument_count; ++i) {
      const uint64_t key = key_hash(i);
      KeptHash& kept = hashes_[i];
      if (books_[i].changed || kept.key != key) kept = {key, BookHash(i, key)};
      books_[i].changed = false;
      total += kept.hash;
    }
    return total;
  }

  [[nodiscard]] const BookCounters& counters() const { return counters_; }
  [[nodiscard]] uint32_t order_count() const { return orders_.size(); }
  [[nodiscard]] uint32_t level_count() const { return levels_.size(); }
  [[nodiscard]] size_t size_bytes() const {
    return orders_.size_bytes() + levels_.size_bytes() + books_.size_bytes() + hashes_.size_bytes();
  }

  // For tests: every invariant of one book, by walking it.
  [[nodiscard]] bool CheckInvariants(InstrumentIndex instrument) const {
    const Book& book = books_[instrument];
    if (book.kind == BookKind::kEmpty && !(book.top == TopOfBook{})) return false;
    if (book.kind == BookKind::kQuotes || book.kind == BookKind::kEmpty) return book.ladders[0].count + book.ladders[1].count == 0;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const Ladder& ladder = book.ladder(side);
      const uint32_t book_side = BookSideOf(instrument, side);
      if (!levels_.Check(ladder, book_side)) return false;
      for (uint32_t i = 0; i < ladder.count; ++i) {
        const uint32_t at = levels_.At(ladder, i);
        if (levels_[at].book_side != book_side || levels_[at].quantity <= 0) return false;
        if (book.kind == BookKind::kOrders && !CheckQueue(at)) return false;
      }
      Book shown = book;
      ReadTop(shown, side);
      if (!(shown.top == book.top)) return false;
    }
    return true;
  }

 private:
  template <class Books>
  friend class BookBurst;  // looks ahead into the stores, and changes nothing there

  struct alignas(64) Book {
    TopOfBook top;
    Ladder ladders[2];
    BestHolders holders;
    BookKind kind = BookKind::kEmpty;
    bool marked = false;
    mutable bool changed = true;  // since TotalHash last walked it
    [[nodiscard]] const Ladder& ladder(Side side) const { return ladders[static_cast<int>(side)]; }
  };
  static_assert(sizeof(Book) == 64);
  struct KeptHash {
    uint64_t key = 0, hash = 0;
  };

  bool Known(InstrumentIndex instrument, BookUpdate* update) {
    if (instrument < books_.size()) [[likely]]
      return true;
    ++counters_.no_room_instruments;
    update->instrument = kNoInstrument;
    update->result = BookResult::kNoRoom;
    return false;
  }
  // An empty book becomes one of this kind.
  bool Is(BookKind kind, BookUpdate* update) {
    Book& book = books_[update->instrument];
    book.changed = true;
    if (book.kind == kind) [[likely]]
      return true;
    if (book.kind == BookKind::kEmpty) {
      book.kind = kind;
      return true;
    }
    Reject(BookResult::kBadOrder, &counters_.bad_orders, update);
    return false;
  }

  // Finds the order and says where it rests; counts it as unknown when it does not.
  uint32_t Locate(VenueIndex venue, OrderRef ref, BookUpdate* update) {
    const uint32_t order = orders_.Find(venue, ref);
    if (order == 0) [[unlikely]] {
      ++counters_.unknown_references;
      update->result = BookResult::kUnknownOrder;
    } else {
      Describe(order, update);
      books_[update->instrument].changed = true;
    }
    return order;
  }

  void Describe(uint32_t order, BookUpdate* update) const {
    const Level& level = levels_[orders_[order].level()];
    update->instrument = InstrumentOf(level.book_side);
    update->side = SideOf(level.book_side);
    update->price_nanos = level.price_nanos;
    update->quantity_left = orders_[order].quantity;
  }

  void Reject(BookResult result, uint64_t* counter, BookUpdate* update) {
    ++*counter;
    update->result = result;
    if (result != BookResult::kNoRoom) Mark(update->instrument);
  }

  // Puts an order at the back of its level. `update` names instrument, side and price.
  void Insert(VenueIndex venue, OrderRef ref, Quantity quantity, BookUpdate* update) {
    const PriceNanos price = update->price_nanos;
    if (static_cast<uint64_t>(quantity) - 1 >= uint64_t{kMaxQuantity} || static_cast<uint64_t>(price) > uint64_t{kMaxPriceNanos})
        [[unlikely]]
      return Reject(BookResult::kBadOrder, &counters_.bad_orders, update);
    const uint32_t home = orders_.Home(venue, ref);
    if (orders_.FindFrom(home, venue, ref) != 0) [[unlikely]]
      return Reject(BookResult::kDuplicateOrder, &counters_.duplicate_references, update);
    if (orders_.full()) [[unlikely]]
      return Reject(BookResult::kNoRoom, &counters_.no_room_orders, update);
    if (!Is(BookKind::kOrders, update)) return;
    Book& book = books_[update->instrument];
    const uint32_t at =
        levels_.FindOrMake(book.ladders[static_cast<int>(update->side)], BookSideOf(update->instrument, update->side), price);
    if (at == 0) [[unlikely]]
      return Reject(BookResult::kNoRoom, &counters_.no_room_levels, update);
    Level& level = levels_[at];
    if (level.quantity > INT64_MAX - quantity) [[unlikely]]
      return Reject(BookResult::kBadOrder, &counters_.bad_orders, update);
    const uint32_t order = orders_.Add(home, venue, ref, quantity, at);
    Queues::Append(orders_, level, order);
    level.quantity += quantity;
    ++level.order_count;
    update->quantity_left = quantity;
    RaiseTop(book, update->side, price, level.quantity, update);
  }

  // If `which`, then `yes`, else `no`, of what nobody can predict.
  static int64_t Choose(bool which, int64_t yes, int64_t no) { return no ^ ((yes ^ no) & -static_cast<int64_t>(which)); }

  // After an add to a level that now has this quantity.
  void RaiseTop(Book& book, Side side, PriceNanos price_nanos, Quantity quantity, BookUpdate* update) {
    const bool was_crossed = book.top.crossed();
    const BestOfSide before = book.top.best(side);
    const bool best = Goodness(side, price_nanos) >= Goodness(side, before.nanos);
    book.top.SetBest(side, {Choose(best, price_nanos, before.nanos), Choose(best, quantity, before.quantity)});
    update->top_changed = best;
    counters_.crossed_books += !was_crossed & book.top.crossed();
  }

  // Takes an order out of its queue and the store, and its level with it when it was the last.
  void Remove(uint32_t order, BookUpdate* update) {
    const uint32_t at = orders_[order].level();
    Level& level = levels_[at];
    level.quantity -= orders_[order].quantity;
    --level.order_count;
    update->quantity_left = 0;
    Queues::Remove(orders_, level, order);
    orders_.Remove(order);
    if (level.order_count > 0) return SetTopQuantity(level, update);
    Book& book = books_[update->instrument];
    const bool best = level.price_nanos == book.top.best(update->side).nanos;
    levels_.Erase(book.ladders[static_cast<int>(update->side)], at);
    if (best) ReadTop(book, update->side);
    update->top_changed = best;
  }

  // After a change of quantity alone: the top shows it where the level is the best.
  void SetTopQuantity(const Level& level, BookUpdate* update) {
    TopOfBook& top = books_[update->instrument].top;
    const BestOfSide before = top.best(update->side);
    const bool best = level.price_nanos == before.nanos;
    top.SetBest(update->side, {before.nanos, Choose(best, level.quantity, before.quantity)});
    update->top_changed = best;
  }

  // One side's best from its ladder.
  void ReadTop(Book& book, Side side) const {
    const uint32_t best = levels_.Best(book.ladder(side));
    book.top.SetBest(side, best == 0 ? BestOfSide{} : BestOfSide{levels_[best].price_nanos, levels_[best].quantity});
  }

  void RemoveOrders(InstrumentIndex instrument) {
    if constexpr (Queues::kQueues) {
      for (const Ladder& ladder : books_[instrument].ladders) {
        for (uint32_t i = 0; i < ladder.count; ++i) {
          uint32_t gone = 0;  // one behind, since removing an order ends its links
          Queues::ForEach(orders_, levels_[levels_.At(ladder, i)], [&](uint32_t order) {
            if (gone != 0) orders_.Remove(gone);
            gone = order;
            return true;
          });
          if (gone != 0) orders_.Remove(gone);
        }
      }
    } else {
      orders_.ForEach([&](uint32_t order) {
        if (InstrumentOf(levels_[orders_[order].level()].book_side) == instrument) orders_.Remove(order);
      });
    }
  }

  [[nodiscard]] bool CheckQueue(uint32_t at) const {
    const Level& level = levels_[at];
    if (level.order_count == 0) return false;
    if constexpr (Queues::kQueues) {
      if (!Queues::Check(orders_, level)) return false;
      Quantity total = 0;
      bool good = true;
      Queues::ForEach(orders_, level, [&](uint32_t o) {
        const RestingOrder& order = orders_[o];
        good = order.level() == at && order.quantity > 0 && orders_.Find(order.venue(), order.ref) == o;
        total += order.quantity;
        return good;
      });
      return good && total == level.quantity;
    }
    return true;
  }

  OrderStore orders_;
  LevelStore<Level> levels_;
  HugeArray<Book> books_;
  mutable HugeArray<KeptHash> hashes_;
  BookCounters counters_;
  uint32_t marked_count_ = 0;
};

using BookSet = BasicBookSet<WithQueues>;
using LevelBookSet = BasicBookSet<WithoutQueues>;

}  // namespace tickgraph
