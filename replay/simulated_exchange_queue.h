// Messages under way between us and the simulated exchange: a ring of fixed-size slots with the time each is due.
//
// In the flow: one ring holds orders on their way out, another answers on their way back. Each latency is constant and the session
// clock never goes back, so a ring is in order of time by itself. One thread. Memory is taken at construction; full refuses.
#pragma once

#include <cstdint>
#include <cstring>

#include "hot/arena.h"
#include "hot/types.h"
#include "net/proto/ouch.h"

namespace tickgraph {

class SimulatedExchangeQueue {
 public:
  struct Slot {
    uint64_t due_ns = 0;
    InstrumentIndex instrument = kNoInstrument;  // whose venue's session carries it
    uint32_t size = 0;
    uint8_t bytes[ouch::kMaxEncodedSize] = {};
  };

  explicit SimulatedExchangeQueue(uint32_t capacity) : slots_(RoundUp(capacity)) {}

  [[nodiscard]] uint32_t capacity() const { return static_cast<uint32_t>(slots_.size()); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(tail_ - head_); }
  [[nodiscard]] bool empty() const { return head_ == tail_; }
  [[nodiscard]] uint64_t next_due_ns() const { return empty() ? UINT64_MAX : front().due_ns; }
  [[nodiscard]] const Slot& front() const { return slots_[head_ & (slots_.size() - 1)]; }
  void Pop() { ++head_; }

  // The slot to fill, or null when full.
  Slot* Push(uint64_t due_ns) {
    if (size() == capacity()) return nullptr;
    Slot& slot = slots_[tail_++ & (slots_.size() - 1)];
    slot.due_ns = due_ns;
    return &slot;
  }

 private:
  static uint32_t RoundUp(uint32_t n) {
    uint32_t size = 8;
    while (size < n) size *= 2;
    return size;
  }
  HugeArray<Slot> slots_;
  uint64_t head_ = 0, tail_ = 0;
};

}  // namespace tickgraph
