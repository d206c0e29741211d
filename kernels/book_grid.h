// L2 books by the thousand in device memory, one warp a book: a batch of level changes goes in, tops of books come out.
//
// In the flow: a batch is sorted by book on the host (SortDeltas), then each warp takes its book's ladders into registers, applies the
// book's changes in their order, and writes them back. cuda_book_grid.cu launches it; the tests run it on the host (block_context.h) and
// compare with plain books. Invariants:
// - A ladder has at most kLadderLevels levels, best first, prices distinct, quantities positive. Level i of a side is in lane i mod 32.
// - A change sets the whole quantity of a level; 0 takes it away. A full ladder keeps its best levels: a better one pushes the worst out, a
//   worse one is refused, and both are counted, since such a book is then complete only down to its worst level.
// - Nothing in a delta is trusted: what makes no sense is counted and changes nothing.
#pragma once

#include "hot/top_of_book.h"
#include "kernels/block_context.h"

namespace tickgraph {

inline constexpr uint32_t kLadderLevels = 64;
inline constexpr uint32_t kSlots = kLadderLevels / kWarpLanes;  // levels of a side in a lane
inline constexpr uint32_t kBookBlockThreads = 128;
inline constexpr PriceNanos kLadderPriceLimit = int64_t{1} << 60;
inline constexpr int64_t kNoLevel = INT64_MAX;  // as a key: behind every price

struct alignas(8) BookDelta {
  uint32_t book;
  uint32_t side;  // 0 bid, 1 ask
  PriceNanos price_nanos;
  Quantity quantity;  // 0: the level is gone
};
static_assert(sizeof(BookDelta) == 24);

// Keys order both sides best first: the ask's price, the bid's negated.
struct alignas(128) GridBook {
  int64_t key[2][kLadderLevels];
  Quantity quantity[2][kLadderLevels];
  uint32_t levels[2];
  uint32_t applied;  // changes that did something
  uint32_t unknown;  // levels to take away that were not there
  uint32_t invalid;  // no such side, a price beyond 2^60 nanos, or a negative quantity
  uint32_t refused;  // worse than all levels of a full ladder
  uint32_t evicted;  // worst levels that a better one pushed out of a full ladder
  uint32_t crossed;  // batches that left the bid at or above the ask
};

// Changes of book b: deltas [first[b], first[b + 1]).
struct DeltaBatch {
  const uint32_t* first;
  const BookDelta* deltas;
};

TICKGRAPH_HD void ClearBook(GridBook* book) {
  *book = {};
  for (int side = 0; side < 2; ++side) {
    for (uint32_t i = 0; i < kLadderLevels; ++i) book->key[side][i] = kNoLevel;
  }
}

// A lane's part of one ladder. All of the functions below are called by the 32 lanes together.
struct LadderLane {
  int64_t key[kSlots];
  Quantity quantity[kSlots];
};

struct LadderPlace {
  uint32_t before;  // levels better than the price
  bool found;       // the level after them has it
};

template <class Block>
TICKGRAPH_BODY LadderPlace FindLevel(Block& block, const LadderLane& l, int64_t key) {
  LadderPlace place = {0, false};
  for (uint32_t s = 0; s < kSlots; ++s) {
    place.before += CountBits(block.Ballot(l.key[s] < key));
    place.found = block.Ballot(l.key[s] == key) != 0 || place.found;
  }
  return place;
}

// Moves the levels from `at` on one place down, to make room; the worst of a full ladder falls out.
template <class Block>
TICKGRAPH_BODY void InsertLevel(Block& block, LadderLane* l, uint32_t at, int64_t key, Quantity quantity) {
  const uint32_t lane = block.thread() % kWarpLanes;
  for (uint32_t s = kSlots; s-- > 0;) {
    // Lane 0 takes over from lane 31 of the slot before.
    const int64_t key_here = block.Shuffle(l->key[s], lane - 1), key_before = s == 0 ? 0 : block.Shuffle(l->key[s - 1], 31);
    const Quantity quantity_here = block.Shuffle(l->quantity[s], lane - 1),
                   quantity_before = s == 0 ? 0 : block.Shuffle(l->quantity[s - 1], 31);
    const uint32_t level = s * kWarpLanes + lane;
    if (level > at) {
      l->key[s] = lane == 0 ? key_before : key_here;
      l->quantity[s] = lane == 0 ? quantity_before : quantity_here;
    } else if (level == at) {
      l->key[s] = key;
      l->quantity[s] = quantity;
    }
  }
}

template <class Block>
TICKGRAPH_BODY void RemoveLevel(Block& block, LadderLane* l, uint32_t at) {
  const uint32_t lane = block.thread() % kWarpLanes;
  for (uint32_t s = 0; s < kSlots; ++s) {
    const bool last = s + 1 == kSlots;
    const int64_t key_here = block.Shuffle(l->key[s], lane + 1), key_after = last ? kNoLevel : block.Shuffle(l->key[last ? s : s + 1], 0);
    const Quantity quantity_here = block.Shuffle(l->quantity[s], lane + 1),
                   quantity_after = last ? 0 : block.Shuffle(l->quantity[last ? s : s + 1], 0);
    if (s * kWarpLanes + lane < at) continue;
    l->key[s] = lane == 31 ? key_after : key_here;
    l->quantity[s] = lane == 31 ? quantity_after : quantity_here;
  }
}

// What a batch did to a book, the same in every lane.
struct BookTally {
  uint32_t levels[2], applied, unknown, invalid, refused, evicted;
};

template <class Block>
TICKGRAPH_BODY void ChangeLadder(Block& block, LadderLane* l, uint32_t* levels, int64_t key, Quantity quantity, BookTally* tally) {
  const uint32_t lane = block.thread() % kWarpLanes;
  const LadderPlace place = FindLevel(block, *l, key);
  if (quantity == 0) {
    if (!place.found) {
      ++tally->unknown;
      return;
    }
    RemoveLevel(block, l, place.before);
    --*levels;
  } else if (place.found) {
    for (uint32_t s = 0; s < kSlots; ++s) {
      if (s * kWarpLanes + lane == place.before) l->quantity[s] = quantity;
    }
  } else if (place.before == kLadderLevels) {
    ++tally->refused;
    return;
  } else {
    InsertLevel(block, l, place.before, key, quantity);
    *levels == kLadderLevels ? ++tally->evicted : ++*levels;
  }
  ++tally->applied;
}

template <class Block>
TICKGRAPH_BODY void ApplyDelta(Block& block, LadderLane (&ladder)[2], const BookDelta& d, BookTally* tally) {
  if (d.side > 1 || d.quantity < 0 || d.price_nanos <= -kLadderPriceLimit || d.price_nanos >= kLadderPriceLimit) {
    ++tally->invalid;
  } else if (d.side == 0) {
    ChangeLadder(block, &ladder[0], &tally->levels[0], -d.price_nanos, d.quantity, tally);
  } else {
    ChangeLadder(block, &ladder[1], &tally->levels[1], d.price_nanos, d.quantity, tally);
  }
}

template <class Block>
TICKGRAPH_BODY void WriteTop(Block& block, const LadderLane (&ladder)[2], GridBook* book, TopOfBook* top) {
  if (block.thread() % kWarpLanes != 0) return;
  const bool bid = ladder[0].key[0] != kNoLevel, ask = ladder[1].key[0] != kNoLevel;
  top->bid_nanos = bid ? -ladder[0].key[0] : kNoPrice;
  top->ask_nanos = ask ? ladder[1].key[0] : kNoPrice;
  top->bid_quantity = bid ? ladder[0].quantity[0] : 0;
  top->ask_quantity = ask ? ladder[1].quantity[0] : 0;
  book->crossed += bid && ask && top->bid_nanos >= top->ask_nanos;
}

// One book by one warp. Deltas come 32 at a time, one a lane, and are handed round.
template <class Block>
TICKGRAPH_BODY void UpdateBook(Block& block, GridBook* book, const BookDelta* deltas, uint32_t count, TopOfBook* top) {
  const uint32_t lane = block.thread() % kWarpLanes;
  LadderLane ladder[2];
  BookTally tally = {{book->levels[0], book->levels[1]}, 0, 0, 0, 0, 0};
  for (int side = 0; side < 2; ++side) {
    for (uint32_t s = 0; s < kSlots; ++s) {
      ladder[side].key[s] = book->key[side][s * kWarpLanes + lane];
      ladder[side].quantity[s] = book->quantity[side][s * kWarpLanes + lane];
    }
  }
  for (uint32_t base = 0; base < count; base += kWarpLanes) {
    BookDelta mine = {};
    if (base + lane < count) mine = deltas[base + lane];
    const uint32_t here = count - base < kWarpLanes ? count - base : kWarpLanes;
    for (uint32_t i = 0; i < here; ++i) {
      const BookDelta d = {mine.book, block.Shuffle(mine.side, i), block.Shuffle(mine.price_nanos, i), block.Shuffle(mine.quantity, i)};
      ApplyDelta(block, ladder, d, &tally);
    }
  }
  for (int side = 0; side < 2; ++side) {
    for (uint32_t s = 0; s < kSlots; ++s) {
      book->key[side][s * kWarpLanes + lane] = ladder[side].key[s];
      book->quantity[side][s * kWarpLanes + lane] = ladder[side].quantity[s];
    }
  }
  WriteTop(block, ladder, book, top);
  if (lane != 0) return;
  for (int side = 0; side < 2; ++side) book->levels[side] = tally.levels[side];
  book->applied += tally.applied;
  book->unknown += tally.unknown;
  book->invalid += tally.invalid;
  book->refused += tally.refused;
  book->evicted += tally.evicted;
}

// The kernel: a warp takes every book that has changes, one grid's stride after the other.
template <class Block>
TICKGRAPH_BODY void UpdateBooks(Block& block, GridBook* books, TopOfBook* tops, uint32_t book_count, const DeltaBatch& batch) {
  const uint32_t warps = block.threads() / kWarpLanes;
  for (uint32_t b = block.block() * warps + block.thread() / kWarpLanes; b < book_count; b += block.blocks() * warps) {
    const uint32_t first = batch.first[b], count = batch.first[b + 1] - first;
    if (count != 0) UpdateBook(block, books + b, batch.deltas + first, count, tops + b);
  }
}

// Sorts changes by book, those of a book in their order: `first` gets book_count + 1 entries, `sorted` room for all. Returns how many named
// no book and were left out.
inline uint32_t SortDeltas(const BookDelta* deltas, uint32_t count, uint32_t book_count, uint32_t* first, BookDelta* sorted) {
  for (uint32_t b = 0; b <= book_count; ++b) first[b] = 0;
  uint32_t strays = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (deltas[i].book < book_count) {
      ++first[deltas[i].book + 1];
    } else {
      ++strays;
    }
  }
  for (uint32_t b = 0; b < book_count; ++b) first[b + 1] += first[b];
  for (uint32_t i = 0; i < count; ++i) {
    if (deltas[i].book < book_count) sorted[first[deltas[i].book]++] = deltas[i];
  }
  // Each start has moved on to the next one's.
  for (uint32_t b = book_count; b > 0; --b) first[b] = first[b - 1];
  first[0] = 0;
  return strays;
}

}  // namespace tickgraph
