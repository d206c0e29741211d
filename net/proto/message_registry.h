// How a protocol's messages are described: a table of messages, each a table of fields, offsets computed from the sizes.
//
// One table a protocol drives its decoder (GetField, offsets folded at compile time), its encoder (PutField), the names that
// `inspect` prints, and the tests. Everything here is constant; a wrong field name does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "net/proto/wire.h"

namespace tickgraph {

enum class FieldKind : uint8_t { kChar, kText, kUnsigned, kSigned, kPrice4, kPrice8, kTime, kReserved };

struct FieldSpec {
  std::string_view name;
  uint16_t size = 0;
  FieldKind kind = FieldKind::kReserved;
  uint16_t offset = 0;
};

struct MessageSpec {
  static constexpr size_t kMaxFields = 24;
  char type = 0;
  uint16_t length = 0;  // bytes of the message, or of its fixed part
  std::string_view name;
  uint16_t field_count = 0;
  std::array<FieldSpec, kMaxFields> fields{};
};

// Lays `fields` out one after the other behind `header`. A layout that does not add up to `length` fails to compile.
consteval MessageSpec DefineMessage(char type, uint16_t length, std::string_view name, std::initializer_list<FieldSpec> header,
                                    std::initializer_list<FieldSpec> fields) {
  MessageSpec out{type, length, name, 0, {}};
  uint16_t offset = 0;
  for (const auto& part : {header, fields}) {
    for (FieldSpec field : part) {
      field.offset = offset;
      offset = static_cast<uint16_t>(offset + field.size);
      out.fields[out.field_count++] = field;
    }
  }
  if (offset != length) throw "the fields of a message do not add up to its length";
  return out;
}

// A field's name as a template argument.
template <size_t N>
struct FieldName {
  char text[N];
  consteval FieldName(const char (&name)[N]) {  // NOLINT(google-explicit-constructor)
    for (size_t i = 0; i < N; ++i) text[i] = name[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

template <size_t N>
constexpr const MessageSpec* FindMessage(const std::array<MessageSpec, N>& registry, char type) {
  for (const MessageSpec& message : registry) {
    if (message.type == type) return &message;
  }
  return nullptr;
}

// By index, not by pointer: with sanitizers on, gcc takes no comparison of a pointer with null for constant.
template <const auto& kRegistry, char kType>
consteval const MessageSpec& MessageOf() {
  for (size_t i = 0; i < kRegistry.size(); ++i) {
    if (kRegistry[i].type == kType) return kRegistry[i];
  }
  throw "no such message";
}

template <const auto& kRegistry, char kType, FieldName kName>
consteval FieldSpec FieldOf() {
  const MessageSpec& message = MessageOf<kRegistry, kType>();
  for (uint16_t i = 0; i < message.field_count; ++i) {
    if (message.fields[i].name == kName.view()) return message.fields[i];
  }
  throw "no such field";
}

// Big-endian load and store of 1, 2, 4, 6 or 8 bytes.
template <uint16_t kSize>
constexpr uint64_t LoadBeSized(const uint8_t* p) {
  static_assert(kSize == 1 || kSize == 2 || kSize == 4 || kSize == 6 || kSize == 8);
  if constexpr (kSize == 1) return *p;
  if constexpr (kSize == 2) return LoadBe16(p);
  if constexpr (kSize == 4) return LoadBe32(p);
  if constexpr (kSize == 6) return LoadBe48(p);
  if constexpr (kSize == 8) return LoadBe64(p);
}

template <uint16_t kSize>
constexpr void StoreBeSized(uint8_t* p, uint64_t v) {
  static_assert(kSize == 1 || kSize == 2 || kSize == 4 || kSize == 6 || kSize == 8);
  if constexpr (kSize == 1) *p = static_cast<uint8_t>(v);
  if constexpr (kSize == 2) StoreBe16(p, static_cast<uint16_t>(v));
  if constexpr (kSize == 4) StoreBe32(p, static_cast<uint32_t>(v));
  if constexpr (kSize == 6) StoreBe48(p, v);
  if constexpr (kSize == 8) StoreBe64(p, v);
}

template <const auto& kRegistry, char kType, FieldName kName>
constexpr uint64_t GetField(const uint8_t* message) {
  constexpr FieldSpec kField = FieldOf<kRegistry, kType, kName>();
  return LoadBeSized<kField.size>(message + kField.offset);
}

template <const auto& kRegistry, char kType, FieldName kName>
constexpr void PutField(uint8_t* message, uint64_t value) {
  constexpr FieldSpec kField = FieldOf<kRegistry, kType, kName>();
  StoreBeSized<kField.size>(message + kField.offset, value);
}

// A field read without knowing its message at compile time: integers as numbers, texts and reserved bytes as a view.
struct FieldValue {
  uint64_t number = 0;             // kSigned: two's complement of the field's own size
  const uint8_t* bytes = nullptr;  // kText, kReserved: `size` bytes of the message
};

constexpr bool IsNumber(const FieldSpec& field) { return field.kind != FieldKind::kText && field.kind != FieldKind::kReserved; }

constexpr FieldValue ReadField(const FieldSpec& field, const uint8_t* message) {
  FieldValue out;
  if (!IsNumber(field)) {
    out.bytes = message + field.offset;
    return out;
  }
  for (uint16_t i = 0; i < field.size; ++i) out.number = out.number << 8 | message[field.offset + i];
  return out;
}

constexpr void WriteField(const FieldSpec& field, const FieldValue& value, uint8_t* message) {
  for (uint16_t i = 0; i < field.size; ++i) {
    message[field.offset + i] = IsNumber(field) ? static_cast<uint8_t>(value.number >> (8 * (field.size - 1 - i))) : value.bytes[i];
  }
}

enum class DecodeStatus : uint8_t {
  kOk,           // the handler was called once
  kUnknownType,  // skipped by its framed length
  kBadLength,    // the length is not the type's
  kBadValue,     // a field holds what it cannot
};

constexpr const char* Name(DecodeStatus status) {
  constexpr const char* kNames[] = {"ok", "unknown message type", "wrong message length", "impossible field value"};
  return kNames[static_cast<uint8_t>(status)];
}

}  // namespace tickgraph
