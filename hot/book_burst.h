// A burst of order messages applied to the books, with everything that they will touch fetched first.
//
// In the flow: records of a decoder (net/proto/itch_orders.h) -> here -> BookSet. A message takes one to five cache lines, each found by
// reading another, so a burst is walked a few times: every pass reads what the pass before it fetched, for all messages at once. What the
// next message is nobody can predict, so each kind has a list of its own and passes do not branch on it; the only such branch is
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
    a.home = books_.orders_.Home(venue_, m.order_ref);
    a.joins = 0;
    a.side = m.side;
    books_.orders_.PrefetchRecord(a.home);
    Prefetch(&BookOf(count_));
    adds_.PutIf(m.effect == OrderEffect::kAdd, count_);
    leaves_.PutIf(m.effect > OrderEffect::kAdd, count_);
    replaces_.PutIf(m.effect == OrderEffect::kReplace, count_);
    if (++count_ == kMessages) Flush(on_update);
  }

  // Applies what has been pushed.
  template <class F>
  void Flush(F&& on_update) {
    FetchLevelsLeft();
    FetchTouches();
    FetchLevelsJoined();
    FetchRest();
    for (uint32_t i = 0; i < count_; ++i) {
      if (messages_[i].effect != OrderEffect::kNone) on_update(messages_[i], ApplyMessage(books_, venue_, messages_[i], ahead_[i].joins));
    }
    count_ = 0;
    for (List* list : {&adds_, &leaves_, &replaces_, &heirs_, &far_}) list->count = 0;
  }

 private:
  using Queues = typename Books::QueuePolicy;

  struct Ahead {
    uint32_t home = 0;
    uint32_t leaves = 0;  // the level that the order stands in
    uint32_t joins = 0;   // the level that a new order will stand in
    Side side = Side::kBuy;
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

  static constexpr uint32_t kFar = UINT32_MAX;  // of LevelStore::PeekNear

  // The homes are here: the level that an order stands in, and its neighbours in a long queue. Record 0 and level 0 are always there, so
  // that nobody has to ask whether there is one.
  void FetchLevelsLeft() {
    for (const uint32_t i : leaves_) {
      const uint32_t order = books_.orders_.Peek(ahead_[i].home, venue_, messages_[i].order_ref);
      ahead_[i].leaves = books_.orders_[order].level();
      books_.levels_.PrefetchLevel(ahead_[i].leaves);
      Queues::PrefetchNeighbours(books_.orders_, order);
    }
    for (const uint32_t i : replaces_) books_.orders_.PrefetchRecord(books_.orders_.Home(venue_, messages_[i].second));
  }
  // Books and levels are here: ladders' best lines; a queue's list. Where there is a list, or a level that ends, there is more to fetch.
  void FetchTouches() {
    for (const uint32_t i : adds_) books_.levels_.PrefetchTouch(LadderOf(i));
    for (const uint32_t i : leaves_) {
      const auto& level = books_.levels_[ahead_[i].leaves];
      ahead_[i].side = static_cast<Side>(level.book_side & 1);
      heirs_.PutIf(Queues::PrefetchFront(books_.orders_, level) | (level.order_count <= 1), i);
    }
    for (const List* list : {&heirs_, &replaces_}) {
      for (const uint32_t i : *list) books_.levels_.PrefetchTouch(LadderOf(i));
    }
  }
  // Ladders and lists are here: the level that an order joins, or the lines before where it lies there; the second in a list, and the
  // level that may become the best.
  void FetchLevelsJoined() {
    for (const List* list : {&adds_, &replaces_}) {
      for (const uint32_t i : *list) {
        const uint32_t level = books_.levels_.PeekNear(LadderOf(i), ahead_[i].side, messages_[i].price_nanos);
        far_.PutIf(level == kFar, i);
        ahead_[i].joins = level == kFar ? 0 : level;
        books_.levels_.PrefetchLevel(ahead_[i].joins);
      }
    }
    for (const uint32_t i : far_) books_.levels_.PrefetchBefore(LadderOf(i));
    for (const uint32_t i : heirs_) {
      const auto& level = books_.levels_[ahead_[i].leaves];
      Queues::PrefetchSecond(books_.orders_, level);
      if (level.order_count <= 1) books_.levels_.PrefetchLevel(books_.levels_.PeekSecond(LadderOf(i)));
    }
  }
  // All lines of the ladders are here, and the levels near the touch: the last levels, and the backs of their lists.
  void FetchRest() {
    for (const uint32_t i : far_) {
      ahead_[i].joins = books_.levels_.PeekFar(LadderOf(i), ahead_[i].side, messages_[i].price_nanos);
      books_.levels_.PrefetchLevel(ahead_[i].joins);
    }
    for (const List* list : {&adds_, &replaces_}) {
      for (const uint32_t i : *list) Queues::PrefetchBack(books_.orders_, books_.levels_[ahead_[i].joins]);
    }
  }

  // A message may name a book that there is not.
  [[nodiscard]] const auto& BookOf(uint32_t i) const {
    const InstrumentIndex instrument = messages_[i].instrument;
    return books_.books_[instrument < books_.books_.size() ? instrument : 0];
  }
  [[nodiscard]] const Ladder& LadderOf(uint32_t i) const { return BookOf(i).ladder(ahead_[i].side); }

  Books& books_;
  VenueIndex venue_;
  uint32_t count_ = 0;
  std::array<OrderMessage, kMessages> messages_{};
  std::array<Ahead, kMessages> ahead_{};
  List adds_, leaves_, replaces_, heirs_, far_;
};

}  // namespace tickgraph
