// The slots in which line arbiters keep packets that arrived ahead of a hole.
//
// In the flow: one pool a feed handler, shared by its arbiters; each may take a bounded part. Memory is taken at construction; an empty
// pool says so. Invariant: a slot is either free or held by exactly one arbiter. One thread.
#pragma once

#include "hot/arena.h"
#include "hot/types.h"

namespace tickgraph {

// A packet of numbered messages, as framing hands it to arbitration.
struct SequencedUnit {
  const uint8_t* bytes = nullptr;
  uint32_t size = 0;
  uint32_t count = 0;     // messages
  uint64_t sequence = 0;  // number of the first message in `bytes`
  uint64_t ts_recv_ns = 0;
  uint64_t ts_block_ns = 0;  // the venue's stamp of the whole unit (OPRA)
  uint64_t packet_number = 0;
  uint64_t file_offset = 0;
  Line line = Line::kA;
  bool recovered = false;  // came because it was asked for
};

// What is done about a hole.
struct Hole {
  uint64_t deadline_ns = 0;  // session time at which the wait for it is over: for the other line, then for an answer
  uint64_t asked_end = 0;    // numbers below it were asked for; 0: none
  uint32_t attempts = 0;     // requests without an answer so far
};

// Messages [from, end) of a unit whose bytes stand in a slot.
struct BufferedUnit {
  SequencedUnit unit;
  uint64_t from = 0, end = 0;
  Hole hole;  // in front of it, where there is one
};

class ReorderPool {
 public:
  static constexpr uint32_t kNoSlot = 0xFFFFFFFFu;

  // Throws std::runtime_error when memory is short (start only).
  ReorderPool(uint32_t slots, uint32_t slot_bytes)
      : slot_bytes_(slot_bytes), bytes_(size_t{slots} * slot_bytes), units_(slots), free_(slots), free_count_(slots) {
    for (uint32_t i = 0; i < slots; ++i) free_[i] = slots - 1 - i;
  }

  uint32_t Take() { return free_count_ == 0 ? kNoSlot : free_[--free_count_]; }
  void GiveBack(uint32_t slot) { free_[free_count_++] = slot; }
  BufferedUnit& operator[](uint32_t slot) { return units_[slot]; }
  const BufferedUnit& operator[](uint32_t slot) const { return units_[slot]; }
  uint8_t* Bytes(uint32_t slot) { return bytes_.data() + size_t{slot} * slot_bytes_; }
  [[nodiscard]] uint32_t slot_bytes() const { return slot_bytes_; }
  [[nodiscard]] uint32_t free_count() const { return free_count_; }
  [[nodiscard]] uint32_t capacity() const { return static_cast<uint32_t>(free_.size()); }

 private:
  uint32_t slot_bytes_;
  HugeArray<uint8_t> bytes_;
  HugeArray<BufferedUnit> units_;
  HugeArray<uint32_t> free_;
  uint32_t free_count_;
};

}  // namespace tickgraph
