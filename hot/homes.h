// Records found by a hash: each has a home, known from its key alone, and a pool stands behind for those whose home is taken.
//
// In the flow: OrderStore and LevelStore keep their records here. One cache line answers nearly every search, since there are more homes
// than records; a record of the pool is chained to the home that it would have had. Nothing moves, so an index stays valid while its
// record lives. What a key is, and whether a record holds one, the store knows.
// Thread rule: the owner's. Memory is taken at construction. Invariants: record 0 is nobody's; a record's chain names the next of its home,
// or, in the pool, the next that is free; 0 ends both.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "hot/arena.h"

namespace tickgraph {

// Record: `chain`, a uint32_t.
template <class Record>
class Homes {
 public:
  static constexpr uint32_t kAligned = 16;  // the first home's number is a multiple, so that blocks of homes lie in whole cache lines

  // As many records may live as the pool has. `homes`: a power of two, 2 at least.
  Homes(uint32_t pool, size_t homes)
      : first_(pool / kAligned * kAligned + kAligned),
        shift_(64u - static_cast<uint32_t>(std::countr_zero(homes))),
        max_(pool),
        records_(first_ + homes) {
    for (uint32_t i = pool; i > 0; --i) {
      records_[i].chain = free_;
      free_ = i;
    }
  }

  Record& operator[](uint32_t i) { return records_[i]; }
  const Record& operator[](uint32_t i) const { return records_[i]; }
  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == max_; }
  [[nodiscard]] uint32_t end() const { return static_cast<uint32_t>(records_.size()); }
  [[nodiscard]] size_t size_bytes() const { return records_.size_bytes(); }

  // The home of a key whose hash is spread over the upper bits; `within` turns it among its neighbours.
  [[nodiscard]] uint32_t Home(uint64_t scattered, uint32_t within = 0) const {
    return first_ + (static_cast<uint32_t>(scattered >> shift_) ^ within);
  }

  // The record of this home for which holds(index); 0 when there is none.
  template <class Holds>
  [[nodiscard]] uint32_t Find(uint32_t home, Holds holds) const {
    for (uint32_t i = home;;) {
      if (holds(i)) [[likely]]
        return i;
      i = records_[i].chain;
      if (i == 0) return 0;
    }
  }

  // A record for a key of this home, which is `taken` or not. The caller has asked full().
  uint32_t Take(uint32_t home, bool taken) {
    ++size_;
    if (!taken) [[likely]]
      return home;
    const uint32_t i = free_;
    free_ = records_[i].chain;
    records_[i].chain = records_[home].chain;
    records_[home].chain = i;
    return i;
  }

  // home_of() is asked for where the record is one of the pool.
  template <class HomeOf>
  void Give(uint32_t i, HomeOf home_of) {
    --size_;
    if (i >= first_) [[likely]]
      return;
    uint32_t before = home_of();
    while (records_[before].chain != i) before = records_[before].chain;
    records_[before].chain = records_[i].chain;
    records_[i].chain = free_;
    free_ = i;
  }

 private:
  uint32_t first_;  // the pool stands before the homes
  uint32_t shift_;
  uint32_t max_;
  HugeArray<Record> records_;
  uint32_t free_ = 0, size_ = 0;
};

}  // namespace tickgraph
