// The price levels of every book: records at fixed places, and per book side a ladder, the sorted index of them.
//
// In the flow: BookSet finds, makes and erases levels here. A ladder is one contiguous run of 8-byte rungs, the best at the end, in
// whole cache lines of eight: most messages read the last line alone, and births and deaths near the touch move a few rungs within it.
// A rung is 32 bits of key above the level's number; the better the price, the greater the key, so one code serves both sides.
// The key is the price rounded to a float, which tells any two prices apart that differ by a tick of up to 16 million; where two
// prices of a ladder share a key, the levels themselves decide.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows.
// Invariants: the prices of a ladder strictly improve; rungs behind the last of its line are kNoRung; level 0 is none.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "hot/arena.h"
#include "hot/block_pool.h"
#include "hot/order_store.h"
#include "hot/prefetch.h"
#include "hot/types.h"

namespace tickgraph {

using Rung = int64_t;

struct Ladder {
  uint32_t first_line = 0;
  uint32_t count = 0;
  uint32_t capacity = 0;  // rungs; 0: no run yet
};

// Orders two prices of one side: the better is the greater. kNoPrice is the worst on both.
constexpr int64_t Goodness(Side side, PriceNanos price_nanos) {
  const auto flip = -static_cast<uint64_t>(side);
  return static_cast<int64_t>((static_cast<uint64_t>(price_nanos) ^ flip) - flip);
}

template <class Level>
class LevelStore {
 public:
  LevelStore(uint32_t max_levels, uint32_t max_instruments)
      : levels_(size_t{Checked(max_levels)} + 1),
        runs_(Lines(max_levels, max_instruments)),
        rungs_(Lines(max_levels, max_instruments) * size_t{kLine}) {
    for (uint32_t i = max_levels; i > 0; --i) Free(i);
    size_ = 0;
  }

  Level& operator[](uint32_t i) { return levels_[i]; }
  const Level& operator[](uint32_t i) const { return levels_[i]; }
  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] size_t size_bytes() const { return levels_.size_bytes() + rungs_.size_bytes() + runs_.size_bytes(); }

  // The level on a rung, the worst first.
  [[nodiscard]] uint32_t At(const Ladder& ladder, uint32_t rung) const { return LevelOf(rungs(ladder)[rung]); }
  // The best level, 0 when the side is empty.
  [[nodiscard]] uint32_t Best(const Ladder& ladder) const { return ladder.count == 0 ? 0 : At(ladder, ladder.count - 1); }

  // 0 when there is none.
  [[nodiscard]] uint32_t Find(const Ladder& ladder, Side side, PriceNanos price_nanos) const {
    uint32_t found = 0;
    (void)Search(ladder, side, price_nanos, &found);
    return found;
  }

  // The level at this price, made (of no quantity) when it is not there; 0 when there is no room for it.
  uint32_t FindOrMake(Ladder& ladder, Side side, PriceNanos price_nanos, uint32_t book_side) {
    uint32_t found = 0;
    const uint32_t at = Search(ladder, side, price_nanos, &found);
    if (found != 0) return found;
    if (free_ == 0 || (ladder.count == ladder.capacity && !Grow(ladder))) return 0;
    const uint32_t i = free_;
    free_ = levels_[i].book_side;
    levels_[i] = Level{};
    levels_[i].price_nanos = price_nanos;
    levels_[i].book_side = book_side;
    InsertRung(ladder, at, Probe(side, price_nanos) | i);
    ++size_;
    return i;
  }

  // Gives back a level that is nobody's any more.
  void Erase(Ladder& ladder, Side side, uint32_t level) {
    uint32_t at = LowerBound(ladder, Probe(side, levels_[level].price_nanos));
    while (At(ladder, at) != level) ++at;
    Free(level);
    EraseRung(ladder, at);
    if (ladder.count <= ladder.capacity / 4) Shrink(ladder);
  }

  // Gives back every level of a ladder and its run.
  void Clear(Ladder& ladder) {
    for (uint32_t i = 0; i < ladder.count; ++i) Free(At(ladder, i));
    if (ladder.capacity > 0) runs_.Give(ladder.first_line, Order(ladder.capacity));
    ladder = Ladder{};
  }

  void PrefetchLevel(uint32_t i) const { Prefetch(&levels_[i]); }
  void PrefetchTouch(const Ladder& ladder) const { Prefetch(rungs(ladder) + LastLine(ladder)); }
  // The level whose rung the last line has at this price, or near it; UINT32_MAX where the price lies before that line.
  [[nodiscard]] uint32_t PeekNear(const Ladder& ladder, Side side, PriceNanos price_nanos) const {
    const uint32_t last = LastLine(ladder);
    const Rung* const line = rungs(ladder) + last;
    const uint32_t above = CountFrom(line, Probe(side, price_nanos));
    const Rung rung = line[(kLine - above) & (kLine - 1)];
    const uint32_t level = (above == 0) | (rung == kNoRung) | (ladder.count == 0) ? 0 : LevelOf(rung);
    return (above == kLine) & (last != 0) ? UINT32_MAX : level;
  }
  // The lines before the last.
  void PrefetchBefore(const Ladder& ladder) const {
    const uint32_t last = LastLine(ladder);
    const Rung* const line = rungs(ladder) + last;
    for (uint32_t before = kLine; before <= last && before <= 3 * kLine; before += kLine) Prefetch(line - before);
  }
  // The same by a search through all lines.
  [[nodiscard]] uint32_t PeekFar(const Ladder& ladder, Side side, PriceNanos price_nanos) const {
    const uint32_t at = LowerBound(ladder, Probe(side, price_nanos));
    return at < ladder.count ? At(ladder, at) : 0;
  }
  // The level behind the best.
  [[nodiscard]] uint32_t PeekSecond(const Ladder& ladder) const { return ladder.count < 2 ? 0 : At(ladder, ladder.count - 2); }

  // For tests: strictly improving prices, keys that are those of their prices, nothing but kNoRung behind the last.
  [[nodiscard]] bool Check(const Ladder& ladder, Side side) const {
    if (ladder.count > ladder.capacity) return false;
    const Rung* rung = rungs(ladder);
    for (uint32_t i = 0; i < ladder.count; ++i) {
      const PriceNanos price = levels_[LevelOf(rung[i])].price_nanos;
      if (rung[i] != (Probe(side, price) | LevelOf(rung[i]))) return false;
      if (i > 0 && Goodness(side, levels_[LevelOf(rung[i - 1])].price_nanos) >= Goodness(side, price)) return false;
    }
    for (uint32_t i = ladder.count; i % kLine != 0; ++i) {
      if (rung[i] != kNoRung) return false;
    }
    return true;
  }

 private:
  static constexpr uint32_t kLine = 8;  // rungs in a cache line
  static constexpr Rung kNoRung = INT64_MAX;

  static uint32_t Checked(uint32_t max_levels) {
    if (max_levels == 0 || max_levels >= OrderStore::kMaxLevels) throw std::runtime_error("max_levels must be between 1 and 2^28 - 1");
    return max_levels;
  }
  // A run is at most four times what its ladder holds, or one line. Runs of many sizes may leave holes, so the last levels
  // of an extreme mixture may not fit.
  static uint32_t Lines(uint32_t max_levels, uint32_t max_instruments) {
    return max_levels / (kLine / 4) + 2 * std::min(max_levels, max_instruments) + 1;
  }

  [[nodiscard]] const Rung* rungs(const Ladder& ladder) const { return &rungs_[ladder.first_line * size_t{kLine}]; }
  [[nodiscard]] Rung* rungs(const Ladder& ladder) { return &rungs_[ladder.first_line * size_t{kLine}]; }
  static uint32_t LastLine(const Ladder& ladder) { return ladder.count == 0 ? 0 : (ladder.count - 1) / kLine * kLine; }
  static uint32_t Order(uint32_t capacity) { return static_cast<uint32_t>(std::countr_zero(capacity / kLine)); }
  static uint32_t LevelOf(Rung rung) { return static_cast<uint32_t>(rung); }

  // The least rung that a level at this price can have: its key, and no level.
  static Rung Probe(Side side, PriceNanos price_nanos) {
    // The bits of a float, those of a negative one turned round, ascend with its value.
    const auto bits = std::bit_cast<int32_t>(static_cast<float>(price_nanos));
    const int32_t ascending = bits ^ static_cast<int32_t>(static_cast<uint32_t>(bits >> 31) >> 1);
    return static_cast<Rung>(ascending ^ -static_cast<int32_t>(side)) * (Rung{1} << 32);
  }

  // Where the price's rung is or belongs; `found` is its level, untouched where there is none.
  uint32_t Search(const Ladder& ladder, Side side, PriceNanos price_nanos, uint32_t* found) const {
    const Rung probe = Probe(side, price_nanos);
    const Rung* rung = rungs(ladder);
    uint32_t at = LowerBound(ladder, probe);
    for (; at < ladder.count && rung[at] >> 32 == probe >> 32; ++at) {
      const PriceNanos there = levels_[LevelOf(rung[at])].price_nanos;
      if (there == price_nanos) [[likely]] {
        *found = LevelOf(rung[at]);
        return at;
      }
      if (Goodness(side, there) > Goodness(side, price_nanos)) break;
    }
    return at;
  }

  // The first rung that is not below the probe. Which of the rungs near the touch it is nobody can predict: those are counted without
  // branches. Then strides that double, so that the lines which are read are those near the touch, then halving.
  [[nodiscard]] uint32_t LowerBound(const Ladder& ladder, Rung probe) const {
    if (ladder.count == 0) return 0;
    const Rung* rung = rungs(ladder);
    uint32_t line = LastLine(ladder);
    const uint32_t above = CountFrom(rung + line, probe);
    if (above < kLine || line == 0) return line + kLine - above;
    uint32_t at = line, stride = kLine;
    while (line > 0 && rung[line - 1] >= probe) {
      at = line;
      line = line > stride ? line - stride : 0;
      stride *= 2;
    }
    while (line < at) {
      const uint32_t middle = (line + at) / 2;
      if (rung[middle] < probe) {
        line = middle + 1;
      } else {
        at = middle;
      }
    }
    return at;
  }

  // How many rungs of a line are not below the probe.
  static uint32_t CountFrom(const Rung* line, Rung probe) {
    uint32_t above = 0;
    for (uint32_t i = 0; i < kLine; ++i) above += line[i] >= probe;
    return above;
  }

  void Free(uint32_t level) {
    levels_[level].book_side = free_;
    free_ = level;
    --size_;
  }

  void InsertRung(Ladder& ladder, uint32_t at, Rung added) {
    Rung* rung = rungs(ladder);
    const uint32_t line = ladder.count / kLine * kLine;
    if (ladder.count == line) std::fill_n(rung + line, kLine, kNoRung);
    ++ladder.count;
    if (at >= line) [[likely]] {
      Rung old[kLine + 1];
      old[0] = added;
      std::memcpy(old + 1, rung + line, sizeof(Rung) * kLine);
      const uint32_t place = at - line;
      for (uint32_t i = 0; i < kLine; ++i) rung[line + i] = i < place ? old[i + 1] : i == place ? added : old[i];
      return;
    }
    std::memmove(rung + at + 1, rung + at, (ladder.count - 1 - at) * sizeof(Rung));
    rung[at] = added;
  }

  void EraseRung(Ladder& ladder, uint32_t at) {
    Rung* rung = rungs(ladder);
    --ladder.count;
    const uint32_t line = ladder.count / kLine * kLine;
    if (at >= line) [[likely]] {
      Rung old[kLine + 1];
      std::memcpy(old, rung + line, sizeof(Rung) * kLine);
      old[kLine] = kNoRung;
      const uint32_t place = at - line;
      for (uint32_t i = 0; i < kLine; ++i) rung[line + i] = old[i + (i >= place)];
      return;
    }
    std::memmove(rung + at, rung + at + 1, (ladder.count - at) * sizeof(Rung));
    rung[ladder.count] = kNoRung;
  }

  bool Grow(Ladder& ladder) {
    const uint32_t capacity = ladder.capacity == 0 ? kLine : ladder.capacity * 2;
    const uint32_t line = runs_.Take(Order(capacity));
    if (line == BlockPool::kNone) return false;
    if (ladder.capacity > 0) {
      std::memcpy(&rungs_[line * size_t{kLine}], rungs(ladder), ladder.count * sizeof(Rung));
      runs_.Give(ladder.first_line, Order(ladder.capacity));
    }
    ladder.first_line = line;
    ladder.capacity = capacity;
    return true;
  }

  // The rungs stand at the front of the run, so its rear half is free as it is. An empty side keeps nothing: a line left
  // behind by each of many books would cut the range into pieces.
  void Shrink(Ladder& ladder) {
    if (ladder.capacity > kLine) {
      ladder.capacity /= 2;
      runs_.Give(ladder.first_line + ladder.capacity / kLine, Order(ladder.capacity));
    } else if (ladder.count == 0) {
      runs_.Give(ladder.first_line, 0);
      ladder.capacity = 0;
    }
  }

  HugeArray<Level> levels_;
  BlockPool runs_;
  HugeArray<Rung> rungs_;
  uint32_t free_ = 0, size_ = 0;
};

}  // namespace tickgraph
