// A burst of order messages applied to the books, with everything that they will touch fetched first.
//
// In the flow: records of a decoder (net/proto/itch_orders.h) -> here -> BookSet. A message takes three to six cache lines, and some are
// found by reading another, so a burst is walked a few times: every pass reads what the pass before it fetched, for all messages at once.
// What the next message is nobody can predict, so each kind has a list of its own and passes do not branch on it; the only such branch is
// taken when a message is applied. Thread rule: one thread. Nothing is allocated. Invariant: messages are applied in their order, and the
// passes before change nothing.
#pragma once

#include <array>
#include <cstdint>

#include "hot/book_set.h"
#include "hot/order_message.h"
#include "hot/prefetch.h"

namespace tickgraph {

template <class Books>
class BookBurst {
 public:
  // About two full packets; the lines of so many stay in the first two caches.
  static constexpr uint32_t kMessages = 64;

  BookBurst(Books& books, VenueIndex venue) : books_(books), venue_(venue) {}

  // Where to write the next message; it counts once it is pushed.
  [[nodiscard]] OrderMessage& Next() { return messages_[count_]; }

  // on_update(const OrderMessage&, const BookUpdate&) for each message of a burst that this one made full.
  template <class F>
  void Push(F&& on_update) {
    const OrderMessage& m = messages_[count_];
    Ahead& a = ahead_[count_];
    a.order = books_.orders_.Home(venue_, m.order_ref);
    a.book_side = BookSideOf(m.instrument, m.side);
    a.joins = books_.levels_.Home(a.book_side, m.price_nanos);
    books_.orders_.PrefetchRecord(a.order);
    books_.levels_.PrefetchLevel(m.effect == OrderEffect::kAdd ? a.joins : 0);
    Prefetch(&BookOf(count_));
    adds_.PutIf(m.effect == OrderEffect::kAdd, count_);
    leaves_.PutIf(m.effect > OrderEffect::kAdd, count_);
    replaces_.PutIf(m.effect == OrderEffect::kReplace, count_);
    if (++count_ == kMessages) Flush(on_update);
  }

  // Applies what has been pushed.
  template <class F>
  void Flush(F&& on_update) {
    FetchLevels();
    FetchLadders();
    FetchHeirs();
    for (uint32_t i = 0; i < count_; ++i) {
      if (messages_[i].effect != OrderEffect::kNone) on_update(messages_[i], ApplyMessage(books_, venue_, messages_[i]));
    }
    count_ = 0;
    for (List* list : {&adds_, &births_, &leaves_, &replaces_, &heirs_, &deaths_}) list->count = 0;
  }

 private:
  using Queues = typename Books::QueuePolicy;

  struct Ahead {
    uint32_t order = 0;      // its home
    uint32_t book_side = 0;  // the message's (adds), or that of the level that the order stands in
    uint32_t leaves = 0;     // that level
    uint32_t joins = 0;      // the home of the level that a new order goes to
  };
  struct List {
    std::array<uint8_t, kMessages + 1> at;
    uint32_t count = 0;
    void PutIf(bool put, uint32_t i) {
      at[count] = static_cast<uint8_t>(i);
      count += put;
    }
    [[nodiscard]] const uint8_t* begin() const { return at.data(); }
    [[nodiscard]] const uint8_t* end() const { return at.data() + count; }
  };

  // Books are here, the homes of orders, and those of the levels that adds go to. What comes next: the level that an order stands in and
  // its neighbours in a long queue, a replacement's home, and that of its level on either side. Record 0 and level 0 are always there, so
  // that nobody has to ask whether there is one.
  void FetchLevels() {
    for (const uint32_t i : leaves_) {
      const uint32_t order = books_.orders_.Peek(ahead_[i].order, venue_, messages_[i].order_ref);
      ahead_[i].leaves = books_.orders_[order].level();
      books_.levels_.PrefetchLevel(ahead_[i].leaves);
      Queues::PrefetchNeighbours(books_.orders_, order);
    }
    for (const uint32_t i : replaces_) {
      const OrderMessage& m = messages_[i];
      books_.orders_.PrefetchRecord(books_.orders_.Home(venue_, m.second));
      for (const Side side : {Side::kBuy, Side::kSell}) {
        books_.levels_.PrefetchLevel(books_.levels_.Home(BookSideOf(m.instrument, side), m.price_nanos));
      }
    }
    for (const uint32_t i : adds_) Join(i);
  }
  // The levels left are here, and those that replacements go to. What comes next: the front of a queue's list, and the ladder of a level
  // that ends or begins.
  void FetchLadders() {
    for (const uint32_t i : leaves_) {
      const auto& level = books_.levels_[ahead_[i].leaves];
      ahead_[i].book_side = level.book_side;
      heirs_.PutIf(Queues::PrefetchFront(books_.orders_, level), i);
      deaths_.PutIf(level.order_count <= 1, i);
    }
    for (const uint32_t i : replaces_) {
      ahead_[i].joins = books_.levels_.Home(ahead_[i].book_side, messages_[i].price_nanos);
      Join(i);
    }
    for (const uint32_t i : births_) {
      books_.levels_.PrefetchLevel(books_.levels_[ahead_[i].joins].chain);
      books_.levels_.PrefetchLadder(LadderOf(i));
    }
    for (const uint32_t i : deaths_) books_.levels_.PrefetchLadder(LadderOf(i));
  }
  // Ladders and lists are here: the second in a list, and the level that may become the best.
  void FetchHeirs() {
    for (const uint32_t i : heirs_) Queues::PrefetchSecond(books_.orders_, books_.levels_[ahead_[i].leaves]);
    for (const uint32_t i : deaths_) books_.levels_.PrefetchLevel(books_.levels_.PeekSecond(LadderOf(i)));
  }

  // The home of the level that an order goes to is here: the back of a long queue; a level that is not at home may have to be made.
  void Join(uint32_t i) {
    const Ahead& a = ahead_[i];
    Queues::PrefetchBack(books_.orders_, books_.levels_[a.joins]);
    births_.PutIf(!books_.levels_.Holds(a.joins, a.book_side, messages_[i].price_nanos), i);
  }

  // A message may name a book that there is not.
  [[nodiscard]] const auto& BookOf(uint32_t i) const {
    const InstrumentIndex instrument = messages_[i].instrument;
    return books_.books_[instrument < books_.books_.size() ? instrument : 0];
  }
  [[nodiscard]] const Ladder& LadderOf(uint32_t i) const { return BookOf(i).ladder(SideOf(ahead_[i].book_side)); }

  Books& books_;
  VenueIndex venue_;
  uint32_t count_ = 0;
  std::array<OrderMessage, kMessages> messages_{};
  std::array<Ahead, kMessages> ahead_{};
  List adds_, births_, leaves_, replaces_, heirs_, deaths_;
};

}  // namespace tickgraph
