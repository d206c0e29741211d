// Power-of-two runs of units from one fixed range, by the buddy method: which unit numbers are taken, not the memory itself.
//
// In the flow: LevelStore keeps each ladder in one run, so that its levels are contiguous. Freed buddies merge again, so
// a range never wears out. Thread rule: one thread. Nothing is allocated after construction; a full pool says so.
#pragma once

#include <bit>
#include <cstdint>

#include "hot/arena.h"

namespace tickgraph {

class BlockPool {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;
  static constexpr uint32_t kClasses = 31;

  explicit BlockPool(uint32_t units) : nodes_(units) {
    for (uint32_t& head : heads_) head = kNone;
    for (uint32_t at = 0; at < units;) {
      // The largest run that is aligned to its own size and still fits.
      uint32_t order = at == 0 ? kClasses - 1 : static_cast<uint32_t>(std::countr_zero(at));
      while ((uint64_t{1} << order) > units - at) --order;
      Push(at, order);
      at += uint32_t{1} << order;
    }
  }

  // The first unit of 2^order units, or kNone.
  uint32_t Take(uint32_t order) {
    uint32_t from = order;
    while (from < kClasses && heads_[from] == kNone) ++from;
    if (from >= kClasses) return kNone;
    const uint32_t unit = heads_[from];
    Unlink(unit);
    while (from > order) {
      --from;
      Push(unit + (uint32_t{1} << from), from);
    }
    return unit;
  }

  void Give(uint32_t unit, uint32_t order) {
    for (; order + 1 < kClasses; ++order) {
      const uint32_t buddy = unit ^ (uint32_t{1} << order);
      if (buddy >= nodes_.size() || nodes_[buddy].free_class != order + 1) break;
      Unlink(buddy);
      unit &= ~(uint32_t{1} << order);
    }
    Push(unit, order);
  }

  [[nodiscard]] size_t size_bytes() const { return nodes_.size_bytes(); }

 private:
  struct Node {
    uint32_t next = kNone, previous = kNone;
    uint32_t free_class = 0;  // 1 + order where a free run starts here
  };

  void Push(uint32_t unit, uint32_t order) {
    nodes_[unit] = {heads_[order], kNone, order + 1};
    if (heads_[order] != kNone) nodes_[heads_[order]].previous = unit;
    heads_[order] = unit;
  }
  void Unlink(uint32_t unit) {
    Node& node = nodes_[unit];
    if (node.previous == kNone) {
      heads_[node.free_class - 1] = node.next;
    } else {
      nodes_[node.previous].next = node.next;
    }
    if (node.next != kNone) nodes_[node.next].previous = node.previous;
    node.free_class = 0;
  }

  HugeArray<Node> nodes_;
  uint32_t heads_[kClasses];
};

}  // namespace tickgraph
