// How Databento's records are described: a table of fields a record, offsets computed from the sizes. Little-endian.
//
// In the flow: dbn_messages.h and dbn_definitions.h are tables of these; they drive the decoder (DbnGet, offsets folded at compile time),
// the encoder (DbnPut) and the tests. Everything here is constant; a wrong field name does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "net/proto/message_registry.h"

namespace tickgraph {

struct DbnField {
  std::string_view name;
  uint16_t size = 0;
  FieldKind kind = FieldKind::kReserved;
  uint16_t offset = 0;
};

namespace dbn_layout {

constexpr DbnField U(std::string_view name, uint16_t size) { return {name, size, FieldKind::kUnsigned}; }
constexpr DbnField I(std::string_view name, uint16_t size) { return {name, size, FieldKind::kSigned}; }
constexpr DbnField A(std::string_view name, uint16_t size) { return {name, size, FieldKind::kText}; }
constexpr DbnField C(std::string_view name, uint16_t size) { return {name, size, FieldKind::kChar}; }
constexpr DbnField B(std::string_view name, uint16_t size) { return {name, size, FieldKind::kReserved}; }

// Lays `fields` out behind the record header. A layout that does not add up to `size` fails to compile.
template <size_t N>
consteval auto LayOut(uint16_t size, const DbnField (&fields)[N]) {
  constexpr size_t kHeaderFields = 5;
  std::array<DbnField, N + kHeaderFields> out{U("length", 1), U("rtype", 1), U("publisher_id", 2), U("instrument_id", 4), U("ts_event", 8)};
  for (size_t i = 0; i < N; ++i) out[kHeaderFields + i] = fields[i];
  uint16_t offset = 0;
  for (DbnField& field : out) {
    field.offset = offset;
    offset = static_cast<uint16_t>(offset + field.size);
  }
  if (offset != size) throw "the fields of a record do not add up to its size";
  return out;
}

}  // namespace dbn_layout

template <const auto& kLayout, FieldName kName>
constexpr DbnField DbnFieldOf() {
  for (const DbnField& field : kLayout) {
    if (field.name == kName.view()) return field;
  }
  throw "no such field";
}

template <const auto& kLayout>
inline constexpr uint32_t kDbnSize = kLayout.back().offset + kLayout.back().size;

// As a number of the field's own size and sign.
template <const auto& kLayout, FieldName kName>
constexpr auto DbnGet(const uint8_t* record) {
  constexpr DbnField kField = DbnFieldOf<kLayout, kName>();
  constexpr bool kSigned = kField.kind == FieldKind::kSigned;
  static_assert(kField.kind != FieldKind::kText && kField.kind != FieldKind::kReserved);
  static_assert(kField.size == 1 || kField.size == 2 || kField.size == 4 || kField.size == 8);
  const uint8_t* p = record + kField.offset;
  if constexpr (kField.size == 1 && kSigned) return static_cast<int8_t>(*p);
  if constexpr (kField.size == 1 && !kSigned) return *p;
  if constexpr (kField.size == 2 && kSigned) return LoadLe<int16_t>(p);
  if constexpr (kField.size == 2 && !kSigned) return LoadLe<uint16_t>(p);
  if constexpr (kField.size == 4 && kSigned) return LoadLe<int32_t>(p);
  if constexpr (kField.size == 4 && !kSigned) return LoadLe<uint32_t>(p);
  if constexpr (kField.size == 8 && kSigned) return LoadLe<int64_t>(p);
  if constexpr (kField.size == 8 && !kSigned) return LoadLe<uint64_t>(p);
}

template <const auto& kLayout, FieldName kName>
constexpr void DbnPut(uint8_t* record, uint64_t value) {
  constexpr DbnField kField = DbnFieldOf<kLayout, kName>();
  for (uint16_t i = 0; i < kField.size; ++i) record[kField.offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

// A text up to its first NUL.
template <const auto& kLayout, FieldName kName>
std::string_view DbnText(const uint8_t* record) {
  constexpr DbnField kField = DbnFieldOf<kLayout, kName>();
  static_assert(kField.kind == FieldKind::kText);
  const char* text = reinterpret_cast<const char*>(record) + kField.offset;
  return {text, strnlen(text, kField.size)};
}

}  // namespace tickgraph
