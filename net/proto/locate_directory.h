// Small dense numbers for instruments whose venue names them by a symbol, a product or a large number.
//
// In the flow: a protocol's part of the feed asks for each message; the loop then finds the instrument by the number, as with ITCH's
// StockLocate. One thread. Memory is taken at construction; a full directory says 0. Invariant: a number means one (venue, key) for good.
#pragma once

#include <algorithm>

#include "hot/arena.h"
#include "hot/hash.h"
#include "hot/types.h"

namespace tickgraph {

class LocateDirectory {
 public:
  static constexpr uint32_t kMaxLocates = 65535;

  explicit LocateDirectory(uint32_t max)
      : entries_(size_t{std::min(max, kMaxLocates)} + 1), slots_(TableSize(std::min(max, kMaxLocates))) {}

  [[nodiscard]] uint32_t Find(VenueIndex venue, uint64_t key) const { return slots_[SlotOf(venue, key)]; }
  // `made`: it was not there. 0: there is no room.
  uint32_t FindOrAdd(VenueIndex venue, uint64_t key, bool* made) {
    uint32_t& slot = slots_[SlotOf(venue, key)];
    *made = slot == 0 && count_ + 1 < entries_.size();
    if (!*made) return slot;
    slot = ++count_;
    entries_[slot] = {key, venue};
    return slot;
  }

  // Locates are 1 to size().
  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] uint32_t capacity() const { return static_cast<uint32_t>(entries_.size()); }  // one more than the most locates
  [[nodiscard]] VenueIndex venue(uint32_t locate) const { return entries_[locate].venue; }
  [[nodiscard]] uint64_t key(uint32_t locate) const { return entries_[locate].key; }

 private:
  struct Entry {
    uint64_t key = 0;
    VenueIndex venue = 0;
  };
  static size_t TableSize(size_t entries) {
    size_t size = 16;
    while (size < 2 * entries) size *= 2;
    return size;
  }
  // Where it is, or the free place where it belongs.
  [[nodiscard]] size_t SlotOf(VenueIndex venue, uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = Combine(key, venue) & mask;
    while (slots_[at] != 0 && (entries_[slots_[at]].key != key || entries_[slots_[at]].venue != venue)) at = (at + 1) & mask;
    return at;
  }

  HugeArray<Entry> entries_;
  HugeArray<uint32_t> slots_;
  uint32_t count_ = 0;
};

}  // namespace tickgraph
