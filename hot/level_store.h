// The price levels of every book: records at fixed places, and per book side a ladder, the sorted index of them.
//
// In the flow: BookSet finds, makes and erases levels here. A ladder is one contiguous run of 16-byte rungs, the best at
// the end, so that births and deaths near the touch move a few bytes in a line or two. A rung's key is the price with the
// sign turned for asks: the best is the greatest on both sides and one code serves both.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows.
// Invariants: keys of a ladder strictly ascend; each rung's level has that price; level 0 is none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "hot/arena.h"
#include "hot/block_pool.h"
#include "hot/order_store.h"
#include "hot/types.h"

namespace tickgraph {

struct alignas(32) PriceLevel {
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;  // of all its orders
  uint32_t first = 0;     // front of the queue
  uint32_t last = 0;
  uint32_t order_count = 0;
  uint32_t book_side = 0;  // instrument * 2 + side; next free record while free
};
static_assert(sizeof(PriceLevel) == 32);

struct Rung {
  int64_t key = 0;
  uint32_t level = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(Rung) == 16);

struct Ladder {
  uint32_t first_unit = 0;
  uint32_t count = 0;
  uint32_t capacity = 0;  // rungs; 0: no run yet
};

constexpr int64_t LadderKey(Side side, PriceNanos price_nanos) { return side == Side::kBuy ? price_nanos : -price_nanos; }

class LevelStore {
 public:
  LevelStore(uint32_t max_levels, uint32_t max_instruments)
      : levels_(size_t{Checked(max_levels)} + 1),
        runs_(Units(max_levels, max_instruments)),
        rungs_(Units(max_levels, max_instruments) * size_t{kUnit}) {
    for (uint32_t i = max_levels; i > 0; --i) {
      levels_[i].book_side = free_;
      free_ = i;
    }
  }

  PriceLevel& operator[](uint32_t i) { return levels_[i]; }
  const PriceLevel& operator[](uint32_t i) const { return levels_[i]; }
  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] size_t size_bytes() const { return levels_.size_bytes() + rungs_.size_bytes() + runs_.size_bytes(); }
  [[nodiscard]] const Rung* rungs(const Ladder& ladder) const { return &rungs_[ladder.first_unit * size_t{kUnit}]; }
  // The best level, 0 when the side is empty.
  [[nodiscard]] uint32_t Best(const Ladder& ladder) const { return ladder.count == 0 ? 0 : rungs(ladder)[ladder.count - 1].level; }

  [[nodiscard]] uint32_t Find(const Ladder& ladder, int64_t key) const {
    const uint32_t at = LowerBound(ladder, key);
    return at < ladder.count && rungs(ladder)[at].key == key ? rungs(ladder)[at].level : 0;
  }

  // The level at this price, made when it is not there; 0 when there is no room for it.
  uint32_t FindOrMake(Ladder& ladder, int64_t key, PriceNanos price_nanos, uint32_t book_side) {
    const uint32_t at = LowerBound(ladder, key);
    if (at < ladder.count && rungs(ladder)[at].key == key) return rungs(ladder)[at].level;
    if (free_ == 0 || (ladder.count == ladder.capacity && !Grow(ladder))) return 0;
    const uint32_t i = free_;
    free_ = levels_[i].book_side;
    levels_[i] = {price_nanos, 0, 0, 0, 0, book_side};
    Rung* rung = mutable_rungs(ladder) + at;
    std::memmove(rung + 1, rung, (ladder.count - at) * sizeof(Rung));
    *rung = {key, i, 0};
    ++ladder.count;
    ++size_;
    return i;
  }

  // Gives back an empty level.
  void Erase(Ladder& ladder, int64_t key) {
    const uint32_t at = LowerBound(ladder, key);
    Rung* rung = mutable_rungs(ladder) + at;
    levels_[rung->level].book_side = free_;
    free_ = rung->level;
    std::memmove(rung, rung + 1, (ladder.count - at - 1) * sizeof(Rung));
    --ladder.count;
    --size_;
    if (ladder.count <= ladder.capacity / 4) Shrink(ladder);
  }

  void PrefetchLevel(uint32_t i) const { __builtin_prefetch(&levels_[i], 1); }
  void PrefetchBest(const Ladder& ladder) const { __builtin_prefetch(rungs(ladder) + (ladder.count > 0 ? ladder.count - 1 : 0), 1); }

 private:
  static constexpr uint32_t kUnit = 8;  // rungs: two cache lines
  static constexpr uint32_t kNear = 8;

  static uint32_t Checked(uint32_t max_levels) {
    if (max_levels == 0 || max_levels >= OrderStore::kMaxLevels) throw std::runtime_error("max_levels must be between 1 and 2^28 - 1");
    return max_levels;
  }
  // A run is at most four times what its ladder holds, or one unit. Runs of many sizes may leave holes, so the last levels
  // of an extreme mixture may not fit.
  static uint32_t Units(uint32_t max_levels, uint32_t max_instruments) {
    return max_levels / (kUnit / 4) + 2 * std::min(max_levels, max_instruments) + 1;
  }

  Rung* mutable_rungs(const Ladder& ladder) { return &rungs_[ladder.first_unit * size_t{kUnit}]; }

  static uint32_t Order(uint32_t capacity) { return static_cast<uint32_t>(std::countr_zero(capacity / kUnit)); }

  // Most messages touch one of the first levels, and which one nobody can predict: those are counted without branches. Then
  // strides that double, so that the lines which are read are those near the touch, then halving.
  [[nodiscard]] uint32_t LowerBound(const Ladder& ladder, int64_t key) const {
    const Rung* rung = rungs(ladder);
    if (ladder.count < kNear) return ladder.count - CountFrom(rung, ladder.count, key);
    uint32_t at = ladder.count - kNear;
    if (const uint32_t above = CountFrom(rung + at, kNear, key); above < kNear) return ladder.count - above;
    uint32_t low = at, stride = kNear;
    while (low > 0 && rung[low - 1].key >= key) {
      at = low;
      low = low > stride ? low - stride : 0;
      stride *= 2;
    }
    while (low < at) {
      const uint32_t middle = (low + at) / 2;
      if (rung[middle].key < key) {
        low = middle + 1;
      } else {
        at = middle;
      }
    }
    return at;
  }

  // How many of `count` rungs have this key or a better one.
  static uint32_t CountFrom(const Rung* rung, uint32_t count, int64_t key) {
    uint32_t above = 0;
    for (uint32_t i = 0; i < count; ++i) above += rung[i].key >= key;
    return above;
  }

  bool Grow(Ladder& ladder) {
    const uint32_t capacity = ladder.capacity == 0 ? kUnit : ladder.capacity * 2;
    const uint32_t unit = runs_.Take(Order(capacity));
    if (unit == BlockPool::kNone) return false;
    if (ladder.capacity > 0) {
      std::memcpy(&rungs_[unit * size_t{kUnit}], rungs(ladder), ladder.count * sizeof(Rung));
      runs_.Give(ladder.first_unit, Order(ladder.capacity));
    }
    ladder.first_unit = unit;
    ladder.capacity = capacity;
    return true;
  }

  // The rungs stand at the front of the run, so its rear half is free as it is. An empty side keeps nothing: a unit left
  // behind by each of many books would cut the range into pieces.
  void Shrink(Ladder& ladder) {
    if (ladder.capacity > kUnit) {
      ladder.capacity /= 2;
      runs_.Give(ladder.first_unit + ladder.capacity / kUnit, Order(ladder.capacity));
    } else if (ladder.count == 0) {
      runs_.Give(ladder.first_unit, 0);
      ladder.capacity = 0;
    }
  }

  HugeArray<PriceLevel> levels_;
  BlockPool runs_;
  HugeArray<Rung> rungs_;
  uint32_t free_ = 0, size_ = 0;
};

}  // namespace tickgraph
