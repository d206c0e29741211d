// The head of a DBN stream: version, dataset, schema, and which symbol stood for which instrument on which days.
//
// In the flow: the DBN reader checks it once at the start; decoders need its version, schema and whether records carry a send time. No
// allocation: lists are walked in the bytes given. Invariant: a metadata that ParseDbnMetadata takes can be walked without further checks.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "net/proto/wire.h"

namespace tickgraph {

inline constexpr uint32_t kDbnPreludeBytes = 8, kDbnFixedMetadataBytes = 100;

struct DbnMapping {
  std::string_view symbol;                // as the query named it
  std::string_view interval_symbol;       // what it stood for: an instrument id, or a raw symbol
  uint32_t start_date = 0, end_date = 0;  // [start, end), yyyymmdd
};

struct DbnMetadata {
  uint8_t version = 0;
  uint16_t schema = 0;
  uint64_t start_ns = 0, end_ns = 0, limit = 0;
  uint8_t stype_in = 0, stype_out = 0;
  bool ts_out = false;  // every record has 8 more bytes
  uint32_t symbol_bytes = 0;
  std::string_view dataset;
  uint32_t symbol_count = 0, partial_count = 0, not_found_count = 0, mapping_count = 0;
  const uint8_t* symbols = nullptr;   // the first of the three lists
  const uint8_t* mappings = nullptr;  // behind their count

  [[nodiscard]] static std::string_view TextOf(const uint8_t* p, size_t size) {
    const char* text = reinterpret_cast<const char*>(p);
    return {text, strnlen(text, size)};
  }

  // Calls visit(const DbnMapping&) for each interval of each mapping.
  template <class Visit>
  void ForEachMapping(Visit&& visit) const {
    const uint8_t* p = mappings;
    for (uint32_t i = 0; i < mapping_count; ++i) {
      DbnMapping mapping;
      mapping.symbol = TextOf(p, symbol_bytes);
      const auto intervals = LoadLe<uint32_t>(p + symbol_bytes);
      p += symbol_bytes + 4;
      for (uint32_t k = 0; k < intervals; ++k, p += 8 + symbol_bytes) {
        mapping.start_date = LoadLe<uint32_t>(p);
        mapping.end_date = LoadLe<uint32_t>(p + 4);
        mapping.interval_symbol = TextOf(p + 8, symbol_bytes);
        visit(mapping);
      }
    }
  }
};

namespace dbn_internal {

// A cursor over bytes that may end anywhere.
struct BoundedCursor {
  const uint8_t* p;
  uint64_t left;
  bool Take(uint64_t size) {
    if (size > left) return false;
    p += size;
    left -= size;
    return true;
  }
  bool Number(uint32_t* out) {
    if (left < 4) return false;
    *out = LoadLe<uint32_t>(p);
    return Take(4);
  }
};

inline bool WalkLists(BoundedCursor cursor, DbnMetadata* out) {
  uint32_t schema_definition = 0;
  if (!cursor.Number(&schema_definition) || schema_definition != 0) return false;
  out->symbols = cursor.p;
  for (uint32_t* count : {&out->symbol_count, &out->partial_count, &out->not_found_count}) {
    if (!cursor.Number(count) || !cursor.Take(uint64_t{*count} * out->symbol_bytes)) return false;
  }
  if (!cursor.Number(&out->mapping_count)) return false;
  out->mappings = cursor.p;
  for (uint32_t i = 0; i < out->mapping_count; ++i) {
    uint32_t intervals = 0;
    if (!cursor.Take(out->symbol_bytes) || !cursor.Number(&intervals) || !cursor.Take(uint64_t{intervals} * (8 + out->symbol_bytes)))
      return false;
  }
  return cursor.left < 8;  // padding at most
}

}  // namespace dbn_internal

// True where the first 8 bytes can be a DBN stream's.
inline bool IsDbnPrelude(const uint8_t* p) { return std::memcmp(p, "DBN", 3) == 0 && p[3] >= 1 && p[3] <= 3; }
// Of a prelude: the bytes of metadata behind it.
inline uint32_t DbnMetadataBytes(const uint8_t* prelude) { return LoadLe<uint32_t>(prelude + 4); }

// `p` is the whole prelude and metadata, `size` bytes. Null, or what is wrong with it. Views in `out` point into `p`.
inline const char* ParseDbnMetadata(const uint8_t* p, uint64_t size, DbnMetadata* out) {
  *out = {};
  if (size < kDbnPreludeBytes || !IsDbnPrelude(p)) return "no DBN prelude of version 1, 2 or 3";
  if (DbnMetadataBytes(p) < kDbnFixedMetadataBytes || DbnMetadataBytes(p) > size - kDbnPreludeBytes)
    return "the metadata's length is impossible";
  out->version = p[3];
  const uint64_t length = DbnMetadataBytes(p);
  p += kDbnPreludeBytes;
  out->dataset = DbnMetadata::TextOf(p, 16);
  out->schema = LoadLe<uint16_t>(p + 16);
  out->start_ns = LoadLe<uint64_t>(p + 18);
  out->end_ns = LoadLe<uint64_t>(p + 26);
  out->limit = LoadLe<uint64_t>(p + 34);
  const uint32_t stypes = out->version == 1 ? 50 : 42;  // version 1 has a record count before them
  out->stype_in = p[stypes];
  out->stype_out = p[stypes + 1];
  if (p[stypes + 2] > 1) return "the metadata's send time flag is neither 0 nor 1";
  out->ts_out = p[stypes + 2] == 1;
  out->symbol_bytes = out->version == 1 ? 22 : LoadLe<uint16_t>(p + 45);
  if (out->symbol_bytes == 0) return "the metadata's symbols have no length";
  const bool whole = dbn_internal::WalkLists({p + kDbnFixedMetadataBytes, length - kDbnFixedMetadataBytes}, out);
  return whole ? nullptr : "the metadata's lists do not fit its length";
}

}  // namespace tickgraph
