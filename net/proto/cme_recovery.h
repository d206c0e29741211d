// What waits for a CME book's snapshot: the instruments' entries in order, bounded, and the join.
//
// In the flow: CmeIntake queues every numbered entry of a book that is not whole; a snapshot of the recovery channel, which reflects the
// instrument's number R, is whole with the entries R + 1 and on. One ring for all books: the oldest makes room, is counted, and its book
// waits for a later snapshot. One thread; memory is taken at construction.
#pragma once

#include "hot/arena.h"
#include "net/proto/cme_book.h"

namespace tickgraph::cme {

class RecoveryQueue {
 public:
  RecoveryQueue(uint32_t entries, HugeArray<Book>& books) : books_(books), ring_(size_t{std::max(entries, 1u)} + 1, kZeroed) {}

  // `entry`: a book's; any other numbered entry counts by its number alone.
  void Push(uint32_t locate, uint32_t rpt_seq, const BookEntry* entry) {
    next_ = next_ + 1 == ring_.size() ? 1 : next_ + 1;
    Waiting& slot = ring_[next_];
    if (slot.locate != 0) DropFirst(slot.locate);
    slot = {};
    slot.locate = locate;
    slot.rpt_seq = rpt_seq;
    slot.is_book = entry != nullptr;
    if (entry != nullptr) slot.entry = *entry;
    Book& book = books_[locate];
    if (book.queue_first == 0) {
      book.queue_first = next_;
    } else {
      ring_[book.queue_last].next = next_;
    }
    book.queue_last = next_;
    ++queued_;
  }

  void Clear(uint32_t locate) {
    Book& book = books_[locate];
    for (uint32_t i = book.queue_first; i != 0; i = ring_[i].next) ring_[i].locate = 0;
    book.queue_first = book.queue_last = 0;
  }

  // Brings `sides`, a snapshot's as of `rpt_seq`, up to the last number heard of. False where numbers between are not there.
  [[nodiscard]] bool Join(uint32_t locate, uint32_t rpt_seq, std::array<Book::Levels, 2>* sides) const {
    const Book& book = books_[locate];
    for (uint32_t i = book.queue_first; i != 0; i = ring_[i].next) {
      const Waiting& waiting = ring_[i];
      if (waiting.rpt_seq <= rpt_seq) continue;
      if (waiting.rpt_seq != rpt_seq + 1) return false;
      rpt_seq = waiting.rpt_seq;
      if (!waiting.is_book) continue;
      const LevelChange change = ApplyEntry(waiting.entry, &(*sides)[static_cast<size_t>(SideOf(waiting.entry.entry_type))]);
      if (!change.understood) return false;
    }
    return rpt_seq >= book.rpt_seq;
  }

  [[nodiscard]] uint64_t queued() const { return queued_; }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  struct Waiting {
    BookEntry entry;
    uint32_t locate = 0, rpt_seq = 0, next = 0;
    bool is_book = false;
  };

  // The oldest of the ring is the first of its book.
  void DropFirst(uint32_t locate) {
    Book& book = books_[locate];
    book.queue_first = ring_[book.queue_first].next;
    if (book.queue_first == 0) book.queue_last = 0;
    ++dropped_;
  }

  HugeArray<Book>& books_;
  HugeArray<Waiting> ring_;  // from 1 on
  uint32_t next_ = 0;
  uint64_t queued_ = 0, dropped_ = 0;
};

}  // namespace tickgraph::cme
