// What tests of book grids share: the same book as a plain pair of maps, and random changes, some of which make no sense.
#pragma once

#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include "hot/hash.h"
#include "kernels/book_grid.h"

namespace tickgraph {

// A plain L2 book under the same rules.
struct MapBook {
  std::map<int64_t, Quantity> side[2];
  uint32_t applied = 0, unknown = 0, invalid = 0, refused = 0, evicted = 0, crossed = 0;

  void Apply(const BookDelta& d) {
    const PriceNanos limit = int64_t{1} << 60;
    if (d.side > 1 || d.quantity < 0 || d.price_nanos >= limit || d.price_nanos <= -limit) {
      ++invalid;
      return;
    }
    auto& levels = side[d.side];
    const int64_t key = d.side == 0 ? -d.price_nanos : d.price_nanos;
    const auto found = levels.find(key);
    if (d.quantity == 0) {
      if (found == levels.end()) {
        ++unknown;
        return;
      }
      levels.erase(found);
    } else if (found != levels.end()) {
      found->second = d.quantity;
    } else if (levels.size() == kLadderLevels && key > levels.rbegin()->first) {
      ++refused;
      return;
    } else {
      levels.emplace(key, d.quantity);
      if (levels.size() > kLadderLevels) {
        levels.erase(std::prev(levels.end()));
        ++evicted;
      }
    }
    ++applied;
  }
  [[nodiscard]] TopOfBook top() const {
    TopOfBook t;
    if (!side[0].empty()) t.bid_nanos = -side[0].begin()->first, t.bid_quantity = side[0].begin()->second;
    if (!side[1].empty()) t.ask_nanos = side[1].begin()->first, t.ask_quantity = side[1].begin()->second;
    return t;
  }
  [[nodiscard]] GridBook AsGridBook() const {
    GridBook out;
    ClearBook(&out);
    for (int i = 0; i < 2; ++i) {
      for (const auto& [key, quantity] : side[i]) {
        out.key[i][out.levels[i]] = key;
        out.quantity[i][out.levels[i]++] = quantity;
      }
    }
    out.applied = applied;
    out.unknown = unknown;
    out.invalid = invalid;
    out.refused = refused;
    out.evicted = evicted;
    out.crossed = crossed;
    return out;
  }
};

// Every byte but the padding at the end.
inline bool SameBook(const GridBook& a, const GridBook& b) {
  return std::memcmp(&a, &b, offsetof(GridBook, crossed) + sizeof a.crossed) == 0;
}

// A change near a book's middle; `width` ticks to either side, `hostile` of a thousand make no sense.
inline BookDelta RandomDelta(uint64_t i, uint32_t books, uint64_t width, uint64_t hostile) {
  const uint64_t dice = Mix(i * 2 + 1);
  BookDelta d;
  d.book = static_cast<uint32_t>(dice % books);
  d.side = static_cast<uint32_t>(dice >> 20 & 1);
  const auto away = static_cast<PriceNanos>(Mix(dice) % width);
  const PriceNanos tick = 10'000'000, middle = 100'000'000'000;
  d.price_nanos = d.side == 0 ? middle - away * tick : middle + tick + away * tick;
  d.quantity = dice >> 24 & 1 ? static_cast<Quantity>(1 + (dice >> 30) % 900) : 0;
  if (dice >> 40 >= (uint64_t{1} << 24) / 1000 * hostile) return d;
  switch (dice >> 32 & 7) {
    case 0:
      d.side = 2 + static_cast<uint32_t>(dice);
      break;
    case 1:
      d.quantity = -1;
      break;
    case 2:
      d.price_nanos = INT64_MIN;
      break;
    case 3:
      d.price_nanos = INT64_MAX;
      break;
    case 4:
      d.book = books + static_cast<uint32_t>(dice >> 33);
      break;
    case 5:
      d.price_nanos = -(int64_t{1} << 60) + 1;
      break;
    default:
      d.price_nanos = 100'000'000'000;  // crosses the other side
  }
  return d;
}

inline std::vector<BookDelta> RandomDeltas(uint64_t from, uint32_t count, uint32_t books, uint64_t width, uint64_t hostile) {
  std::vector<BookDelta> out;
  for (uint64_t i = from; i < from + count; ++i) out.push_back(RandomDelta(i, books, width, hostile));
  return out;
}

}  // namespace tickgraph
