// One CME book by price as the channel keeps it: levels by rank, and what is known of the instrument's own numbers.
//
// In the flow: CmeIntake applies entries here and tells the loop which totals by price follow. Ranks count from the best. No I/O, no
// allocation. Invariant: a book is whole when every number of its instrument since a reset or a snapshot was applied.
#pragma once

#include <algorithm>
#include <array>

#include "net/proto/cme_blocks.h"

namespace tickgraph::cme {

struct BookLevel {
  PriceNanos price_nanos = kNoPrice;  // kNoPrice: not known, or none
  Quantity quantity = 0;
  uint32_t order_count = 0;
};

struct Book {
  static constexpr uint32_t kDepth = 10;
  using Levels = std::array<BookLevel, kDepth>;

  std::array<Levels, 2> sides{};
  uint32_t rpt_seq = 0;                      // the last number of the instrument that was applied
  uint32_t through_sequence = 0;             // the snapshot that made it whole reflects packets up to here
  uint32_t losses = 0;                       // of its stream, when it was last said to be whole
  uint32_t queue_first = 0, queue_last = 0;  // what waits for its snapshot; 0: nothing
  bool started = false, whole = false;
  bool updating = false, listed_open = false;  // in the middle of an event; among those that the event's end looks at

  void Clear() { sides = {}; }
};

constexpr bool IsBookSide(char entry_type) { return entry_type == '0' || entry_type == '1'; }
constexpr Side SideOf(char entry_type) { return entry_type == '0' ? Side::kBuy : Side::kSell; }

// What an entry did to a side: which prices have lost their level (at most all), and which level is new or other.
struct LevelChange {
  bool understood = true;  // false: nothing was done, and the book can no longer be known
  uint32_t gone_count = 0;
  std::array<PriceNanos, Book::kDepth> gone;
  BookLevel now;  // price kNoPrice: none

  void Gone(const BookLevel& level) {
    if (level.price_nanos != kNoPrice) gone[gone_count++] = level.price_nanos;
  }
};

inline LevelChange ApplyEntry(const BookEntry& entry, Book::Levels* levels) {
  LevelChange out;
  const bool thru = entry.action == UpdateAction::kDeleteThru;
  if (!thru && (entry.level == 0 || entry.level > Book::kDepth)) {
    out.understood = false;
    return out;
  }
  const uint32_t at = entry.level - 1u;
  const BookLevel level{entry.price_nanos, std::max<Quantity>(entry.size, 0),
                        static_cast<uint32_t>(std::max<Quantity>(entry.number_of_orders, 0))};
  switch (entry.action) {
    case UpdateAction::kNew:
      out.Gone(levels->back());
      std::move_backward(levels->begin() + at, levels->end() - 1, levels->end());
      (*levels)[at] = out.now = level;
      break;
    case UpdateAction::kChange:
    case UpdateAction::kOverlay:
      if ((*levels)[at].price_nanos != level.price_nanos) out.Gone((*levels)[at]);
      (*levels)[at] = out.now = level;
      break;
    case UpdateAction::kDelete:
      out.Gone((*levels)[at]);
      std::move(levels->begin() + at + 1, levels->end(), levels->begin() + at);
      levels->back() = {};
      break;
    case UpdateAction::kDeleteThru:
      for (BookLevel& gone : *levels) out.Gone(gone);
      levels->fill({});
      break;
    default:
      out.understood = false;
  }
  return out;
}

}  // namespace tickgraph::cme
