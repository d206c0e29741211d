// What our simulated fills took from displayed levels. A replayed book does not know of our fills, so the shares stay displayed;
// this remembers them, so that they are not filled twice.
//
// Rule: of a level that displays D and of which we took T, D - T may be filled. When D grows, the growth is new; when D is seen to have
// shrunk, T is at most D; when a level is seen to be gone, because a worse one is the best or the next, T is forgotten. What stands
// behind the best of an option is not seen, so it is kept. Never to the advantage of a second fill.
// Each side's levels are a list, best first, walked together with the book's. One thread. Memory is taken at construction; when it is
// full, Take refuses and the caller fills no more.
#pragma once

#include <algorithm>
#include <cstdint>

#include "hot/arena.h"
#include "hot/types.h"

namespace tickgraph {

class TakenLiquidity {
 public:
  // A place in one side's list, moved along with a walk of the book's levels from the best.
  struct Cursor {
    uint32_t* link;
    Side side;
    PriceNanos visited = kNoPrice;
  };

  TakenLiquidity(uint32_t max_levels, uint32_t max_instruments) : nodes_(max_levels + size_t{1}), first_(size_t{max_instruments} * 2) {
    for (uint32_t i = 1; i <= max_levels; ++i) nodes_[i].next = i < max_levels ? i + 1 : 0;
    free_ = max_levels > 0 ? 1 : 0;
  }

  [[nodiscard]] bool Any(InstrumentIndex i) const { return first_[size_t{i} * 2] != 0 || first_[size_t{i} * 2 + 1] != 0; }
  Cursor Begin(InstrumentIndex i, Side side) { return {&first_[size_t{i} * 2 + static_cast<size_t>(side)], side, kNoPrice}; }

  // The walk is at a level: what lies between the level before and this one is gone, and this is what we took of it.
  Quantity Visit(Cursor* cursor, PriceNanos price_nanos, Quantity displayed) {
    if (*cursor->link != 0 && nodes_[*cursor->link].price_nanos == cursor->visited) cursor->link = &nodes_[*cursor->link].next;
    cursor->visited = price_nanos;
    while (*cursor->link != 0 && Better(cursor->side, nodes_[*cursor->link].price_nanos, price_nanos)) Erase(cursor->link);
    if (*cursor->link == 0) return 0;
    Node& node = nodes_[*cursor->link];
    if (node.price_nanos != price_nanos) return 0;
    return node.taken = std::min(node.taken, displayed);
  }

  // Takes of the level that was visited last. False when nothing more can be remembered.
  bool Take(Cursor* cursor, Quantity quantity) {
    if (*cursor->link != 0 && nodes_[*cursor->link].price_nanos == cursor->visited) {
      nodes_[*cursor->link].taken += quantity;
      return true;
    }
    if (free_ == 0) return false;
    const uint32_t n = free_;
    free_ = nodes_[n].next;
    nodes_[n] = {cursor->visited, quantity, *cursor->link};
    *cursor->link = n;
    return true;
  }

  // A side without any level: all of it is gone.
  void Clear(InstrumentIndex i, Side side) {
    for (const Cursor cursor = Begin(i, side); *cursor.link != 0;) Erase(cursor.link);
  }

 private:
  struct Node {
    PriceNanos price_nanos = 0;
    Quantity taken = 0;
    uint32_t next = 0;  // 0: none
  };

  static bool Better(Side side, PriceNanos a, PriceNanos b) { return side == Side::kBuy ? a > b : a < b; }
  void Erase(uint32_t* link) {
    const uint32_t gone = *link;
    *link = nodes_[gone].next;
    nodes_[gone].next = free_;
    free_ = gone;
  }

  HugeArray<Node> nodes_;
  HugeArray<uint32_t> first_;
  uint32_t free_ = 0;
};

}  // namespace tickgraph
