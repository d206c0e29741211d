// Integers and short texts as they stand on the wire: unaligned, of either byte order.
//
// In the flow: every decoder and encoder of net/proto reads and writes through these. The caller has checked the length.
// No state; usable in constant expressions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hot/types.h"

namespace tickgraph {

static_assert(std::endian::native == std::endian::little, "byte swaps below assume a little-endian host");

namespace wire_internal {

constexpr uint8_t Swap(uint8_t v) { return v; }
constexpr uint16_t Swap(uint16_t v) { return __builtin_bswap16(v); }
constexpr uint32_t Swap(uint32_t v) { return __builtin_bswap32(v); }
constexpr uint64_t Swap(uint64_t v) { return __builtin_bswap64(v); }

}  // namespace wire_internal

template <class T>
constexpr T LoadLe(const uint8_t* p) {
  using U = std::make_unsigned_t<T>;
  U v = 0;
  if (std::is_constant_evaluated()) {
    for (size_t i = 0; i < sizeof(U); ++i) v = static_cast<U>(v | static_cast<U>(U{p[i]} << (8 * i)));
  } else {
    std::memcpy(&v, p, sizeof(U));
  }
  return static_cast<T>(v);
}

template <class T>
constexpr void StoreLe(uint8_t* p, T value) {
  const auto v = static_cast<std::make_unsigned_t<T>>(value);
  if (std::is_constant_evaluated()) {
    for (size_t i = 0; i < sizeof(T); ++i) p[i] = static_cast<uint8_t>(v >> (8 * i));
  } else {
    std::memcpy(p, &v, sizeof(T));
  }
}

template <class T>
constexpr T LoadBe(const uint8_t* p) {
  return static_cast<T>(wire_internal::Swap(LoadLe<std::make_unsigned_t<T>>(p)));
}

template <class T>
constexpr void StoreBe(uint8_t* p, T value) {
  StoreLe(p, wire_internal::Swap(static_cast<std::make_unsigned_t<T>>(value)));
}

constexpr uint16_t LoadBe16(const uint8_t* p) { return LoadBe<uint16_t>(p); }
constexpr uint32_t LoadBe32(const uint8_t* p) { return LoadBe<uint32_t>(p); }
constexpr uint64_t LoadBe64(const uint8_t* p) { return LoadBe<uint64_t>(p); }
constexpr uint64_t LoadBe48(const uint8_t* p) { return uint64_t{LoadBe16(p)} << 32 | LoadBe32(p + 2); }

constexpr void StoreBe16(uint8_t* p, uint16_t v) { StoreBe(p, v); }
constexpr void StoreBe32(uint8_t* p, uint32_t v) { StoreBe(p, v); }
constexpr void StoreBe64(uint8_t* p, uint64_t v) { StoreBe(p, v); }
constexpr void StoreBe48(uint8_t* p, uint64_t v) {
  StoreBe16(p, static_cast<uint16_t>(v >> 32));
  StoreBe32(p + 2, static_cast<uint32_t>(v));
}

// A text of N <= 8 bytes, padded with spaces or NULs on the right: as Symbol::FromPadded, without its loop.
template <size_t N>
inline Symbol LoadSymbol(const uint8_t* p) {
  static_assert(N <= 8);
  uint64_t word = 0;
  std::memcpy(&word, p, N);
  // A byte is padding exactly where it is 0x20 or 0: the highest byte that is neither ends the text.
  const uint64_t text = word & 0xDFDFDFDFDFDFDFDFULL;
  const int padding_bits = std::countl_zero(text) & ~7;
  word = padding_bits == 64 ? 0 : word & (~uint64_t{0} >> padding_bits);
  Symbol out;
  std::memcpy(out.chars.data(), &word, 8);
  return out;
}

// Writes `text` left-justified into `size` bytes, padded with spaces on the right; what does not fit is cut.
template <size_t N>
inline void StorePadded(uint8_t* p, size_t size, const FixedText<N>& text) {
  for (size_t i = 0; i < size; ++i) p[i] = i < N && text.chars[i] != '\0' ? static_cast<uint8_t>(text.chars[i]) : static_cast<uint8_t>(' ');
}

}  // namespace tickgraph
