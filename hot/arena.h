// Preallocated memory for the hot path: anonymous mappings on huge pages where the system gives them, and the heap for what is small;
// zeroed, touched and, where allowed, locked at start.
//
// Thread rule: constructed before the loop starts; nothing is given back before its end.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tickgraph {

// The elements of an array are zeros, whatever their type's own default: their owner makes each one before it reads it.
struct ZeroedTag {};
inline constexpr ZeroedTag kZeroed;

// A typed, fixed-size array, zeroed and touched. Throws std::runtime_error when memory is short (start only).
template <class T>
class HugeArray {
 public:
  HugeArray() = default;
  explicit HugeArray(size_t count) { Allocate(count); }
  HugeArray(size_t count, ZeroedTag) { Map(count); }
  HugeArray(const HugeArray&) = delete;
  HugeArray& operator=(const HugeArray&) = delete;
  HugeArray(HugeArray&& other) noexcept : data_(other.data_), size_(other.size_), bytes_(other.bytes_) { other.data_ = nullptr; }
  HugeArray& operator=(HugeArray&&) = delete;
  ~HugeArray() {
    if (data_ == nullptr) return;
    if (bytes_ < kOwnMapping) {
      ::operator delete(data_, kAlignment);
    } else {
      munmap(data_, bytes_);
    }
  }

  void Allocate(size_t count) {
    Map(count);
    for (size_t i = 0; i < count; ++i) {
      new (data_ + i) T();
      // What was mapped is zero: where the default is, too, every other element stands there already.
      if (i == 0 && std::is_trivially_copyable_v<T> && IsZero(data_)) return;
    }
  }

  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t size_bytes() const { return bytes_; }

 private:
  static constexpr size_t kOwnMapping = size_t{64} << 10;  // smaller arrays come from the heap
  static constexpr std::align_val_t kAlignment{4096};      // as a mapping has

  void Map(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t need = count * sizeof(T) + 1;
    size_ = count;
    if (need < kOwnMapping) {
      bytes_ = need;
      data_ = static_cast<T*>(::operator new(bytes_, kAlignment, std::nothrow));
      if (data_ == nullptr) throw std::runtime_error("out of memory: could not allocate " + std::to_string(bytes_) + " bytes");
      std::memset(static_cast<void*>(data_), 0, bytes_);
      (void)mlock(data_, bytes_);
      return;
    }
    bytes_ = need >= kHugePage ? (need + kHugePage - 1) & ~(kHugePage - 1) : (need + 4095) & ~size_t{4095};
    void* p = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::runtime_error("out of memory: could not map " + std::to_string(bytes_) + " bytes");
    if (bytes_ >= kHugePage) madvise(p, bytes_, MADV_HUGEPAGE);
    (void)mlock(p, bytes_);  // best effort: an unprivileged user may not lock this much
    for (size_t i = 0; i < bytes_; i += 4096) static_cast<volatile char*>(p)[i] = 0;
    data_ = static_cast<T*>(p);
  }

  static bool IsZero(const void* element) {
    const auto* bytes = static_cast<const unsigned char*>(element);
    for (size_t i = 0; i < sizeof(T); ++i) {
      if (bytes[i] != 0) return false;
    }
    return true;
  }

  T* data_ = nullptr;
  size_t size_ = 0, bytes_ = 0;
};

}  // namespace tickgraph
