// How often this thread has asked operator new for memory. The benchmark program counts every call (allocation_counter.cc).
#pragma once

#include <cstdint>

#include "bench/instruction_counter.h"

namespace tickgraph {

[[nodiscard]] uint64_t AllocationCount();

// The allocations of this thread since the scope began. Instructions are counted from there too.
class AllocationScope {
 public:
  AllocationScope() : start_(AllocationCount()) { BeginInstructionCount(); }
  [[nodiscard]] uint64_t count() const { return AllocationCount() - start_; }

 private:
  uint64_t start_;
};

}  // namespace tickgraph
