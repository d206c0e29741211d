// The price levels of every book: records found by book side and price, and per book side a ladder, the sorted index of them.
//
// In the flow: BookSet finds, makes and erases levels here. A level's home (homes.h) is known from its book side and its price alone, so
// that a look-ahead can fetch it before anything else is known.
// A ladder is read where the order of prices matters: where a level comes or goes, for the next best, and for depth. It is one contiguous
// run of 8-byte rungs, the best at the end, in whole cache lines of eight, so births and deaths near the touch move a few rungs of the
// last line. A rung is 32 bits of key above the level's number; the better the price, the greater the key, so one code serves both sides.
// The key is the price rounded to a float, which tells any two prices apart that differ by a tick of up to 16 million; where two
// prices of a ladder share a key, the levels themselves decide.
//
// Thread rule: one thread. Memory is taken at construction; a full store says so and never grows.
// Invariants: the prices of a ladder strictly improve; rungs behind the last of its line are kNoRung; level 0 is none; a record whose
// book side is 0 holds no level.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "hot/arena.h"
#include "hot/block_pool.h"
#include "hot/homes.h"
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

// Never 0.
constexpr uint32_t BookSideOf(uint32_t instrument, Side side) { return (instrument + 1) * 2 + static_cast<uint32_t>(side); }
constexpr uint32_t InstrumentOf(uint32_t book_side) { return book_side / 2 - 1; }
constexpr Side SideOf(uint32_t book_side) { return static_cast<Side>(book_side & 1); }

template <class Level>
class LevelStore {
 public:
  static constexpr uint32_t kMaxLevels = uint32_t{1} << 26;  // so that pool and homes together are numbered below 2^28

  LevelStore(uint32_t max_levels, uint32_t max_instruments)
      : levels_(Checked(max_levels), std::bit_ceil(std::max<size_t>(size_t{max_levels} * 2, 64))),
        runs_(Lines(max_levels, max_instruments)),
        rungs_(Lines(max_levels, max_instruments) * size_t{kLine}) {}

  Level& operator[](uint32_t i) { return levels_[i]; }
  const Level& operator[](uint32_t i) const { return levels_[i]; }
  [[nodiscard]] uint32_t size() const { return levels_.size(); }
  [[nodiscard]] size_t size_bytes() const { return levels_.size_bytes() + rungs_.size_bytes() + runs_.size_bytes(); }

  // The level on a rung, the worst first.
  [[nodiscard]] uint32_t At(const Ladder& ladder, uint32_t rung) const { return LevelOf(rungs(ladder)[rung]); }
  // The best level, 0 when the side is empty.
  [[nodiscard]] uint32_t Best(const Ladder& ladder) const { return ladder.count == 0 ? 0 : At(ladder, ladder.count - 1); }

  // The record that a level has or would have its place at.
  [[nodiscard]] uint32_t Home(uint32_t book_side, PriceNanos price_nanos) const {
    // Two odd multipliers: 2^64 over the golden ratio (Knuth, The Art of Computer Programming, 6.4), and 2^64 over the square root of
    // two, so that neither the ticks of a book nor the books of a price meet.
    const uint64_t scattered = (static_cast<uint64_t>(price_nanos) + book_side * 0xB504F333F9DE6485u) * 0x9E3779B97F4A7C15u;
    return levels_.Home(scattered);
  }
  // 0 when there is none.
  [[nodiscard]] uint32_t Find(uint32_t book_side, PriceNanos price_nanos) const {
    return FindFrom(Home(book_side, price_nanos), book_side, price_nanos);
  }

  // The level at this price, made (of no quantity) when it is not there; 0 when there is no room for it.
  uint32_t FindOrMake(Ladder& ladder, uint32_t book_side, PriceNanos price_nanos) {
    const uint32_t home = Home(book_side, price_nanos);
    const uint32_t found = FindFrom(home, book_side, price_nanos);
    return found != 0 ? found : Make(home, ladder, book_side, price_nanos);
  }

  // Gives back a level that is nobody's any more.
  void Erase(Ladder& ladder, uint32_t level) {
    uint32_t at = LowerBound(ladder, Probe(SideOf(levels_[level].book_side), levels_[level].price_nanos));
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
  // Whether the level that has its home at this record stands there.
  [[nodiscard]] bool Holds(uint32_t i, uint32_t book_side, PriceNanos price_nanos) const {
    return (levels_[i].price_nanos == price_nanos) & (levels_[i].book_side == book_side);
  }
  // The lines that a birth or death may read and move: the touch, and as many behind it as most ladders have.
  void PrefetchLadder(const Ladder& ladder) const {
    const uint32_t last = LastLine(ladder);
    for (uint32_t line = FirstFetched(last); line <= last; line += kLine) Prefetch(rungs(ladder) + line);
  }
  // The level behind the best.
  [[nodiscard]] uint32_t PeekSecond(const Ladder& ladder) const { return ladder.count < 2 ? 0 : At(ladder, ladder.count - 2); }

  // For tests: strictly improving prices, keys that are those of their prices, nothing but kNoRung behind the last, levels that are found.
  [[nodiscard]] bool Check(const Ladder& ladder, uint32_t book_side) const {
    const Side side = SideOf(book_side);
    if (ladder.count > ladder.capacity) return false;
    const Rung* rung = rungs(ladder);
    for (uint32_t i = 0; i < ladder.count; ++i) {
      const PriceNanos price = levels_[LevelOf(rung[i])].price_nanos;
      if (rung[i] != (Probe(side, price) | LevelOf(rung[i])) || Find(book_side, price) != LevelOf(rung[i])) return false;
      if (i > 0 && Goodness(side, levels_[LevelOf(rung[i - 1])].price_nanos) >= Goodness(side, price)) return false;
    }
    for (uint32_t i = ladder.count; i % kLine != 0; ++i) {
      if (rung[i] != kNoRung) return false;
    }
    return true;
  }

 private:
  static constexpr uint32_t kLine = 8;     // rungs in a cache line
  static constexpr uint32_t kFetched = 8;  // lines behind the touch
  static constexpr Rung kNoRung = INT64_MAX;

  static uint32_t Checked(uint32_t max_levels) {
    if (max_levels == 0 || max_levels > kMaxLevels) throw std::runtime_error("max_levels must be between 1 and 2^26");
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
  static uint32_t FirstFetched(uint32_t last_line) { return last_line < kFetched * kLine ? 0 : last_line - kFetched * kLine; }
  static uint32_t Order(uint32_t capacity) { return static_cast<uint32_t>(std::countr_zero(capacity / kLine)); }
  static uint32_t LevelOf(Rung rung) { return static_cast<uint32_t>(rung); }

  // The least rung that a level at this price can have: its key, and no level.
  static Rung Probe(Side side, PriceNanos price_nanos) {
    // The bits of a float, those of a negative one turned round, ascend with its value.
    const auto bits = std::bit_cast<int32_t>(static_cast<float>(price_nanos));
    const int32_t ascending = bits ^ static_cast<int32_t>(static_cast<uint32_t>(bits >> 31) >> 1);
    return static_cast<Rung>(ascending ^ -static_cast<int32_t>(side)) * (Rung{1} << 32);
  }

  [[nodiscard]] uint32_t FindFrom(uint32_t home, uint32_t book_side, PriceNanos price_nanos) const {
    return levels_.Find(home, [&](uint32_t i) { return Holds(i, book_side, price_nanos); });
  }

  uint32_t Make(uint32_t home, Ladder& ladder, uint32_t book_side, PriceNanos price_nanos) {
    if (levels_.full() || (ladder.count == ladder.capacity && !Grow(ladder))) return 0;
    const uint32_t i = levels_.Take(home, levels_[home].book_side != 0);
    levels_[i].price_nanos = price_nanos;
    levels_[i].book_side = book_side;
    const Rung probe = Probe(SideOf(book_side), price_nanos);
    InsertRung(ladder, PlaceOf(ladder, probe, SideOf(book_side), price_nanos), probe | i);
    return i;
  }

  // Where the rung of a price that has none belongs.
  [[nodiscard]] uint32_t PlaceOf(const Ladder& ladder, Rung probe, Side side, PriceNanos price_nanos) const {
    const Rung* const rung = rungs(ladder);
    uint32_t at = LowerBound(ladder, probe);
    while (at < ladder.count && rung[at] >> 32 == probe >> 32 &&
           Goodness(side, levels_[LevelOf(rung[at])].price_nanos) < Goodness(side, price_nanos)) {
      ++at;
    }
    return at;
  }

  // The first rung that is not below the probe. Which it is nobody can predict: the rungs of the last line are counted, those before it
  // halved, without branches on what they are.
  [[nodiscard]] uint32_t LowerBound(const Ladder& ladder, Rung probe) const {
    if (ladder.count == 0) return 0;
    const Rung* const rung = rungs(ladder);
    const uint32_t line = LastLine(ladder);
    const uint32_t above = CountFrom(rung + line, probe);
    if (above < kLine || line == 0) return line + kLine - above;
    // Most lie in the lines that a look-ahead has fetched.
    const uint32_t fetched = FirstFetched(line);
    const bool beyond = fetched > 0 && rung[fetched - 1] >= probe;
    uint32_t at = beyond ? 0 : fetched;
    for (uint32_t left = beyond ? fetched : line - fetched; left > 0;) {
      const uint32_t half = (left + 1) / 2;
      at += half & -static_cast<uint32_t>(rung[at + half - 1] < probe);
      left -= half;
    }
    return at;
  }

  // How many rungs of a line are not below the probe.
  static uint32_t CountFrom(const Rung* line, Rung probe) {
    uint32_t above = 0;
    for (uint32_t i = 0; i < kLine; ++i) above += line[i] >= probe;
    return above;
  }

  void Free(uint32_t i) {
    levels_.Give(i, [&] { return Home(levels_[i].book_side, levels_[i].price_nanos); });
    const uint32_t chain = levels_[i].chain;
    levels_[i] = Level{};
    levels_[i].chain = chain;
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
      for (uint32_t i = 0; i < kLine; ++i) {
        const Rung before = -Rung{i < place}, here = -Rung{i == place};
        rung[line + i] = (old[i + 1] & before) | (added & here) | (old[i] & ~(before | here));
      }
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

  Homes<Level> levels_;
  BlockPool runs_;
  HugeArray<Rung> rungs_;
};

}  // namespace tickgraph
