// What a book set is asked for and what it answers: limits, results, counters.
//
// In the flow: BookSet returns a BookUpdate for every message; the loop, the simulated exchange and the commands read it. No state.
#pragma once

#include <cstdint>

#include "hot/types.h"

namespace tickgraph {

enum class BookResult : uint8_t { kOk, kUnknownOrder, kDuplicateOrder, kOverExecuted, kBadOrder, kNoRoom };

// The message contradicted its book or found no room in it: from here on the book is not the venue's. An unknown order is none of
// these, since a capture may begin in mid-session.
constexpr bool LeavesBookInDoubt(BookResult result) { return result > BookResult::kUnknownOrder; }

// What a message touched. Prices and quantities are those of the order (or of the venue's level) that it names, whatever the result.
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
  uint64_t bad_orders = 0;  // quantity of zero or below, price below zero, either absurd, or of another kind than the book
  uint64_t no_room_orders = 0, no_room_levels = 0, no_room_instruments = 0;
  uint64_t crossed_books = 0;  // times that an order or level made a best bid reach the best ask; legal, but worth knowing
};

// Messages after which a book was in doubt, or had none.
constexpr uint64_t LeftBooksInDoubt(const BookCounters& c) {
  return c.duplicate_references + c.over_executions + c.bad_orders + c.no_room_orders + c.no_room_levels + c.no_room_instruments;
}

// What makes up a book; the first message decides, ClearBook undoes. A message of another kind is damaged.
enum class BookKind : uint8_t {
  kEmpty,
  kOrders,  // orders by reference
  kLevels,  // totals that the venue states (SetLevel)
  kQuotes,  // the best alone, as the venue or the consolidated tape states it
};

// Where an order stands in the queue of its level.
struct QueuePosition {
  uint32_t orders_ahead = 0;
  uint32_t orders_behind = 0;
  Quantity quantity_ahead = 0;
  Quantity quantity_behind = 0;
};

}  // namespace tickgraph
