// Little-endian blocks whose fields are stated once: a Fields(visitor, block) function that is read, checked, written and listed here.
//
// In the flow: the registries of IEX and CME are such functions; their decoders and encoders run them through these visitors, which fold to
// loads and stores at fixed offsets. A layout is a struct with `Block`, `kBytes` and `static Fields(visitor, block)`. The caller has
// checked that the bytes are there. No state beyond a visit; no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "hot/types.h"
#include "net/proto/wire.h"

namespace tickgraph {

// How a protocol writes prices and texts.
struct BlockFormat {
  PriceNanos price_unit = 1;  // nanos of one on the wire
  bool null_prices = false;   // whether the largest int64 means "none"
  char padding = ' ';         // behind a text
};

// A quantity that is absent.
inline constexpr Quantity kNoQuantity = std::numeric_limits<int64_t>::min();

namespace block_internal {

inline constexpr int64_t kNullPrice = std::numeric_limits<int64_t>::max();
inline constexpr int32_t kNullSize = std::numeric_limits<int32_t>::max();
inline constexpr uint64_t kNullLongSize = std::numeric_limits<uint64_t>::max();

template <BlockFormat kFormat>
constexpr bool PriceFits(int64_t wire) {
  constexpr int64_t kLimit = std::numeric_limits<int64_t>::max() / kFormat.price_unit;
  return (kFormat.null_prices && wire == kNullPrice) || (wire >= -kLimit && wire <= kLimit);
}

template <BlockFormat kFormat>
constexpr PriceNanos PriceFromWire(int64_t wire) {
  if (kFormat.null_prices && wire == kNullPrice) return kNoPrice;
  return wire * kFormat.price_unit;
}

}  // namespace block_internal

// Reads a block of `size` bytes. Not kWhole: fields that the block is too short for keep what the struct holds (SBE: older schemas).
template <BlockFormat kFormat, bool kWhole>
class BlockReader {
 public:
  constexpr BlockReader(const uint8_t* bytes, uint32_t size, uint16_t version) : bytes_(bytes), size_(size), version_(version) {}
  [[nodiscard]] constexpr bool Has(uint16_t since) const { return version_ >= since; }
  template <class T>
  constexpr void Number(std::string_view, T& value) {
    if (Next(sizeof(T))) value = LoadLe<T>(At(sizeof(T)));
  }
  constexpr void Price(std::string_view, PriceNanos& value) {
    if (Next(8)) value = block_internal::PriceFromWire<kFormat>(LoadLe<int64_t>(At(8)));
  }
  constexpr void Size(std::string_view, Quantity& value) {
    if (!Next(4)) return;
    const auto wire = LoadLe<int32_t>(At(4));
    value = wire == block_internal::kNullSize ? kNoQuantity : wire;
  }
  constexpr void LongSize(std::string_view, Quantity& value) {
    if (!Next(8)) return;
    const auto wire = LoadLe<uint64_t>(At(8));
    value = wire == block_internal::kNullLongSize ? kNoQuantity : static_cast<Quantity>(wire);
  }
  template <size_t N>
  void Text(std::string_view, FixedText<N>& value) {
    if (!Next(N)) return;
    if constexpr (N <= 8) {
      const Symbol text = LoadSymbol<N>(At(N));
      std::copy_n(text.chars.begin(), N, value.chars.begin());
    } else {
      value = FixedText<N>::FromPadded(At(N), N);
    }
  }
  template <size_t N>
  constexpr void Raw(std::string_view, std::array<uint8_t, N>& value) {
    if (Next(N)) std::copy_n(At(N), N, value.begin());
  }
  constexpr void Pad(uint16_t size) { at_ += size; }

 private:
  constexpr bool Next(uint32_t size) {
    at_ += size;
    return kWhole || at_ <= size_;
  }
  [[nodiscard]] constexpr const uint8_t* At(uint32_t size) const { return bytes_ + at_ - size; }

  const uint8_t* bytes_;
  uint32_t size_, at_ = 0;
  uint16_t version_;
};

// Whether every price and every quantity of a block has a place in 64 signed bits.
template <BlockFormat kFormat, bool kWhole>
class BlockChecker {
 public:
  constexpr BlockChecker(const uint8_t* bytes, uint32_t size, uint16_t version) : bytes_(bytes), size_(size), version_(version) {}
  [[nodiscard]] constexpr bool good() const { return good_; }
  [[nodiscard]] constexpr bool Has(uint16_t since) const { return version_ >= since; }
  template <class T>
  constexpr void Number(std::string_view, T&) {
    at_ += sizeof(T);
  }
  constexpr void Price(std::string_view, PriceNanos&) {
    at_ += 8;
    if (kWhole || at_ <= size_) good_ &= block_internal::PriceFits<kFormat>(LoadLe<int64_t>(bytes_ + at_ - 8));
  }
  constexpr void Size(std::string_view, Quantity&) { at_ += 4; }
  constexpr void LongSize(std::string_view, Quantity&) {
    at_ += 8;
    if (!kWhole && at_ > size_) return;
    const auto wire = LoadLe<uint64_t>(bytes_ + at_ - 8);
    good_ &= wire <= static_cast<uint64_t>(INT64_MAX) || wire == block_internal::kNullLongSize;
  }
  template <size_t N>
  constexpr void Text(std::string_view, FixedText<N>&) {
    at_ += N;
  }
  template <size_t N>
  constexpr void Raw(std::string_view, std::array<uint8_t, N>&) {
    at_ += N;
  }
  constexpr void Pad(uint16_t size) { at_ += size; }

 private:
  const uint8_t* bytes_;
  uint32_t size_, at_ = 0;
  uint16_t version_;
  bool good_ = true;
};

// Writes a block; reserved bytes become 0. good() is false where a price is no multiple of the wire's unit or a size too large for it.
template <BlockFormat kFormat>
class BlockWriter {
 public:
  BlockWriter(uint8_t* out, uint16_t version) : out_(out), version_(version) {}
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool Has(uint16_t since) const { return version_ >= since; }
  template <class T>
  void Number(std::string_view, const T& value) {
    StoreLe(out_ + at_, value);
    at_ += sizeof(T);
  }
  void Price(std::string_view, const PriceNanos& value) {
    const bool none = value == kNoPrice;
    good_ &= none ? kFormat.null_prices : value % kFormat.price_unit == 0;
    StoreLe(out_ + at_, none ? block_internal::kNullPrice : value / kFormat.price_unit);
    at_ += 8;
  }
  void Size(std::string_view, const Quantity& value) {
    const bool none = value == kNoQuantity;
    good_ &= none || (value >= INT32_MIN && value < INT32_MAX);
    StoreLe(out_ + at_, none ? block_internal::kNullSize : static_cast<int32_t>(value));
    at_ += 4;
  }
  void LongSize(std::string_view, const Quantity& value) {
    const bool none = value == kNoQuantity;
    good_ &= none || value >= 0;
    StoreLe(out_ + at_, none ? block_internal::kNullLongSize : static_cast<uint64_t>(value));
    at_ += 8;
  }
  template <size_t N>
  void Text(std::string_view, const FixedText<N>& value) {
    for (const char c : value.chars) out_[at_++] = static_cast<uint8_t>(c == '\0' ? kFormat.padding : c);
  }
  template <size_t N>
  void Raw(std::string_view, const std::array<uint8_t, N>& value) {
    std::copy_n(value.begin(), N, out_ + at_);
    at_ += N;
  }
  void Pad(uint16_t size) {
    std::fill_n(out_ + at_, size, uint8_t{0});
    at_ += size;
  }

 private:
  uint8_t* out_;
  uint32_t at_ = 0;
  uint16_t version_;
  bool good_ = true;
};

struct BlockField {
  std::string_view name;
  uint16_t offset = 0, size = 0;
};

// The fields of a layout in its newest version; reserved bytes are listed as "pad".
class BlockLister {
 public:
  static constexpr size_t kMaxFields = 56;
  [[nodiscard]] constexpr bool Has(uint16_t) const { return true; }
  template <class T>
  constexpr void Number(std::string_view name, const T&) {
    Add(name, sizeof(T));
  }
  constexpr void Price(std::string_view name, const PriceNanos&) { Add(name, 8); }
  constexpr void Size(std::string_view name, const Quantity&) { Add(name, 4); }
  constexpr void LongSize(std::string_view name, const Quantity&) { Add(name, 8); }
  template <size_t N>
  constexpr void Text(std::string_view name, const FixedText<N>&) {
    Add(name, N);
  }
  template <size_t N>
  constexpr void Raw(std::string_view name, const std::array<uint8_t, N>&) {
    Add(name, N);
  }
  constexpr void Pad(uint16_t size) { Add("pad", size); }

  std::array<BlockField, kMaxFields> fields{};
  uint16_t count = 0, bytes = 0;

 private:
  constexpr void Add(std::string_view name, uint16_t size) {
    fields[count++] = {name, bytes, size};
    bytes = static_cast<uint16_t>(bytes + size);
  }
};

template <class Layout>
constexpr BlockLister ListFields() {
  BlockLister out;
  const typename Layout::Block block{};
  Layout::Fields(out, block);
  return out;
}

template <class Layout>
concept BlockLayout = ListFields<Layout>()
.bytes == Layout::kBytes;

template <BlockFormat kFormat, BlockLayout Layout>
inline bool CheckBlock(const uint8_t* bytes, uint32_t size, uint16_t version) {
  typename Layout::Block unused;
  if (size >= Layout::kBytes) [[likely]] {
    BlockChecker<kFormat, true> checker(bytes, size, version);
    Layout::Fields(checker, unused);
    return checker.good();
  }
  BlockChecker<kFormat, false> checker(bytes, size, version);
  Layout::Fields(checker, unused);
  return checker.good();
}

// `block` comes with what absent fields shall hold.
template <BlockFormat kFormat, BlockLayout Layout>
inline void ReadBlock(const uint8_t* bytes, uint32_t size, uint16_t version, typename Layout::Block* block) {
  if (size >= Layout::kBytes) [[likely]] {
    BlockReader<kFormat, true> reader(bytes, size, version);
    Layout::Fields(reader, *block);
  } else {
    BlockReader<kFormat, false> reader(bytes, size, version);
    Layout::Fields(reader, *block);
  }
}

// Writes Layout::kBytes; false where a value does not fit the wire.
template <BlockFormat kFormat, BlockLayout Layout>
inline bool WriteBlock(const typename Layout::Block& block, uint16_t version, uint8_t* out) {
  BlockWriter<kFormat> writer(out, version);
  Layout::Fields(writer, block);
  return writer.good();
}

}  // namespace tickgraph
