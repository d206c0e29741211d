// Replaces operator new and delete in the benchmark program: malloc and a count. Every form is here, since a library's own
// replacement (mimalloc's) must not take the ones that were left out.
#include "bench/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace tickgraph {
namespace {

thread_local uint64_t allocation_count = 0;

void* Allocate(size_t size) noexcept {
  ++allocation_count;
  return std::malloc(size == 0 ? 1 : size);
}

void* Allocate(size_t size, std::align_val_t align) noexcept {
  ++allocation_count;
  const auto alignment = static_cast<size_t>(align);
  return std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

uint64_t AllocationCount() { return allocation_count; }

}  // namespace tickgraph

using tickgraph::Allocate;
using tickgraph::OrThrow;

void* operator new(size_t size) { return OrThrow(Allocate(size)); }
void* operator new[](size_t size) { return OrThrow(Allocate(size)); }
void* operator new(size_t size, std::align_val_t align) { return OrThrow(Allocate(size, align)); }
void* operator new[](size_t size, std::align_val_t align) { return OrThrow(Allocate(size, align)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new(size_t size, std::align_val_t align, const std::nothrow_t&) noexcept { return Allocate(size, align); }
void* operator new[](size_t size, std::align_val_t align, const std::nothrow_t&) noexcept { return Allocate(size, align); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }
