// How often this thread has asked operator new for memory. The benchmark program counts every call (allocation_counter.cc).
#pragma once

#include <cstdint>

namespace tickgraph {

[[nodiscard]] uint64_t AllocationCount();

// The allocations of this thread since the scope began.
class AllocationScope {
 public:
  [[nodiscard]] uint64_t count() const { return AllocationCount() - start_; }

 private:
  uint64_t start_ = AllocationCount();
};

}  // namespace tickgraph
