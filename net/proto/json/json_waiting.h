// Updates of Binance books that came before their snapshot, and snapshots that came before any update named their product.
//
// In the flow: JsonIntake keeps them here, in one log for all products, until the join. One thread; memory is taken at construction. A log
// without room for one more is emptied and everything in it counted as dropped: its products wait for a later snapshot. Invariant: the
// updates of a product form a chain in order of arrival.
#pragma once

#include <algorithm>

#include "hot/arena.h"
#include "net/proto/json/json_events.h"

namespace tickgraph {

// A chain of entries of one product, or of the snapshots without a name; 0: empty.
struct JsonWaitingChain {
  uint32_t first = 0, last = 0, log = 0;  // `log`: it is of the log's time of that number, else it is gone
};

class JsonWaiting {
 public:
  struct Entry {
    JsonBook book;  // its views of names are not valid; its levels stand in the log
    uint32_t next = 0;
  };

  JsonWaiting(uint32_t max_updates, uint32_t max_levels) : entries_(size_t{max_updates} + 1), levels_(std::max(max_levels, 1u)) {}

  void Push(const JsonBook& book, JsonWaitingChain* chain) {
    if (count_ + 1 >= entries_.size() || levels_.size() - level_count_ < book.level_count) Empty();
    if (count_ + 1 >= entries_.size() || levels_.size() < book.level_count) {
      ++dropped_;
      return;
    }
    if (chain->log != log_) *chain = {0, 0, log_};
    Entry& entry = entries_[++count_];
    entry.book = book;
    entry.book.header = {};
    entry.book.header.venue = book.header.venue;
    entry.book.levels = levels_.data() + level_count_;
    std::copy_n(book.levels, book.level_count, levels_.data() + level_count_);
    level_count_ += book.level_count;
    entry.next = 0;
    (chain->first == 0 ? chain->first : entries_[chain->last].next) = count_;
    chain->last = count_;
    ++queued_;
    ++open_;
  }

  // The first of a chain, and the one behind another; null: none.
  [[nodiscard]] const Entry* First(const JsonWaitingChain& chain) const {
    return chain.log == log_ && chain.first != 0 ? &entries_[chain.first] : nullptr;
  }
  [[nodiscard]] const Entry* Last(const JsonWaitingChain& chain) const {
    return chain.log == log_ && chain.last != 0 ? &entries_[chain.last] : nullptr;
  }
  [[nodiscard]] const Entry* Next(const Entry& entry) const { return entry.next != 0 ? &entries_[entry.next] : nullptr; }

  void PopFirst(JsonWaitingChain* chain) {
    chain->first = entries_[chain->first].next;
    if (chain->first == 0) chain->last = 0;
    Close(1);
  }
  // Takes one entry out of its chain, wherever it stands in it.
  void Remove(JsonWaitingChain* chain, const Entry* gone) {
    const auto index = static_cast<uint32_t>(gone - entries_.data());
    uint32_t before = 0;
    while ((before == 0 ? chain->first : entries_[before].next) != index) before = before == 0 ? chain->first : entries_[before].next;
    (before == 0 ? chain->first : entries_[before].next) = gone->next;
    if (chain->last == index) chain->last = before;
    Close(1);
  }
  void Clear(JsonWaitingChain* chain) {
    uint32_t count = 0;
    for (const Entry* entry = First(*chain); entry != nullptr; entry = Next(*entry)) ++count;
    *chain = {};
    Close(count);
  }

  [[nodiscard]] uint64_t queued() const { return queued_; }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  void Close(uint32_t count) {
    open_ -= count;
    if (open_ == 0) Rewind();
  }
  void Empty() {
    dropped_ += open_;
    open_ = 0;
    Rewind();
  }
  // Chains of the time before end with it.
  void Rewind() {
    count_ = level_count_ = 0;
    ++log_;
  }

  HugeArray<Entry> entries_;  // from 1 on
  HugeArray<JsonLevel> levels_;
  uint32_t count_ = 0, level_count_ = 0, open_ = 0, log_ = 1;
  uint64_t queued_ = 0, dropped_ = 0;
};

}  // namespace tickgraph
