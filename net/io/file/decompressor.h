// Streaming decoders for .gz, .xz and .zst behind one method, chosen from the file's first bytes.
//
// Flow: compressed bytes -> byte_source. Thread rule: one owner. Invariants: a decoder never reads past its input nor writes past its
// output; several members, streams or frames one after another read as one; memory is bounded whatever the header asks for.
#pragma once

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

namespace tickgraph {

enum class Compression : uint8_t { kNone, kGzip, kXz, kZstd };

// From magic bytes; a file shorter than them is plain.
Compression DetectCompression(const uint8_t* data, size_t size);
std::string_view CompressionName(Compression compression);

struct DecodeStep {
  size_t consumed = 0, produced = 0;
  const char* error = nullptr;  // static text; null while all is well
};

// Each Decode takes what it can of `in`, puts what it can into `out`. `AtBoundary` tells a whole end from a cut one once the input is used
// up.
class GzipDecoder {
 public:
  GzipDecoder();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  DecodeStep Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last_input);
  [[nodiscard]] bool AtBoundary() const { return at_boundary_; }

 private:
  z_stream stream_{};
  bool at_boundary_ = false;
};

class XzDecoder {
 public:
  XzDecoder();
  ~XzDecoder();
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  DecodeStep Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last_input);
  [[nodiscard]] bool AtBoundary() const { return at_boundary_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  const char* init_error_ = nullptr;
  bool at_boundary_ = false;
};

class ZstdDecoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {}
  ~ZstdDecoder() { ZSTD_freeDCtx(context_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;
  DecodeStep Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last_input);
  [[nodiscard]] bool AtBoundary() const { return at_boundary_; }

 private:
  ZSTD_DCtx* context_;
  bool at_boundary_ = false;
};

// Bytes as they are: pipes and other files that cannot be mapped.
class PlainDecoder {
 public:
  DecodeStep Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last_input);
  [[nodiscard]] bool AtBoundary() const { return true; }
};

using Decompressor = std::variant<PlainDecoder, GzipDecoder, XzDecoder, ZstdDecoder>;
std::unique_ptr<Decompressor> MakeDecompressor(Compression compression);

}  // namespace tickgraph
