// Thin wrappers over zlib, liblzma and libzstd; see decompressor.h.
#include "net/io/file/decompressor.h"

#include <algorithm>
#include <cstring>

namespace tickgraph {
namespace {

// A dictionary of xz -9 is 64 MiB; what asks for more is refused rather than believed.
constexpr uint64_t kXzMemoryLimit = uint64_t{256} << 20;
constexpr size_t kMaxStep = size_t{1} << 30;  // zlib counts in 32 bits

const char* XzError(lzma_ret code) {
  switch (code) {
    case LZMA_MEMLIMIT_ERROR:
      return "its dictionary is larger than 256 MiB";
    case LZMA_MEM_ERROR:
      return "out of memory";
    case LZMA_FORMAT_ERROR:
      return "unknown bytes between or after its streams";
    case LZMA_OPTIONS_ERROR:
      return "it uses unknown options";
    default:
      return "corrupt data";
  }
}

}  // namespace

Compression DetectCompression(const uint8_t* data, size_t size) {
  const auto starts_with = [&](std::initializer_list<uint8_t> magic) {
    return size >= magic.size() && std::equal(magic.begin(), magic.end(), data);
  };
  if (starts_with({0x1f, 0x8b, 0x08})) return Compression::kGzip;
  if (starts_with({0xfd, '7', 'z', 'X', 'Z', 0x00})) return Compression::kXz;
  if (starts_with({0x28, 0xb5, 0x2f, 0xfd})) return Compression::kZstd;
  return Compression::kNone;
}

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "gzip";
    case Compression::kXz:
      return "xz";
    case Compression::kZstd:
      return "zstd";
    case Compression::kNone:
      break;
  }
  return "none";
}

GzipDecoder::GzipDecoder() { inflateInit2(&stream_, 15 + 16); }
GzipDecoder::~GzipDecoder() { inflateEnd(&stream_); }

DecodeStep GzipDecoder::Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) {
  DecodeStep step;
  if (at_boundary_) {
    // Tapes and block devices pad the last member with zeros.
    while (step.consumed < in_size && in[step.consumed] == 0) ++step.consumed;
    if (step.consumed == in_size) return step;
    inflateReset(&stream_);
    at_boundary_ = false;
  }
  stream_.next_in = const_cast<Bytef*>(in + step.consumed);
  stream_.avail_in = static_cast<uInt>(std::min(in_size - step.consumed, kMaxStep));
  stream_.next_out = out;
  stream_.avail_out = static_cast<uInt>(std::min(out_size, kMaxStep));
  const int code = inflate(&stream_, Z_NO_FLUSH);
  step.consumed = static_cast<size_t>(stream_.next_in - in);
  step.produced = static_cast<size_t>(stream_.next_out - out);
  if (code == Z_STREAM_END) {
    at_boundary_ = true;
  } else if (code != Z_OK && code != Z_BUF_ERROR) {
    step.error = stream_.msg != nullptr ? stream_.msg : "corrupt data";
  }
  return step;
}

XzDecoder::XzDecoder() {
  const lzma_ret code = lzma_stream_decoder(&stream_, kXzMemoryLimit, LZMA_CONCATENATED);
  if (code != LZMA_OK) init_error_ = XzError(code);
}
XzDecoder::~XzDecoder() { lzma_end(&stream_); }

DecodeStep XzDecoder::Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last_input) {
  DecodeStep step;
  step.error = init_error_;
  if (at_boundary_ || step.error != nullptr) return step;
  stream_.next_in = in;
  stream_.avail_in = in_size;
  stream_.next_out = out;
  stream_.avail_out = out_size;
  const lzma_ret code = lzma_code(&stream_, last_input ? LZMA_FINISH : LZMA_RUN);
  step.consumed = in_size - stream_.avail_in;
  step.produced = out_size - stream_.avail_out;
  if (code == LZMA_STREAM_END) {
    at_boundary_ = true;
  } else if (code != LZMA_OK && code != LZMA_BUF_ERROR) {
    step.error = XzError(code);
  }
  return step;
}

DecodeStep ZstdDecoder::Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) {
  DecodeStep step;
  if (at_boundary_ && in_size == 0) return step;
  ZSTD_inBuffer input{in, in_size, 0};
  ZSTD_outBuffer output{out, out_size, 0};
  const size_t code = ZSTD_decompressStream(context_, &output, &input);
  step.consumed = input.pos;
  step.produced = output.pos;
  if (ZSTD_isError(code) != 0) {
    step.error = ZSTD_getErrorName(code);
  } else {
    at_boundary_ = code == 0;
  }
  return step;
}

DecodeStep PlainDecoder::Decode(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) {
  const size_t n = std::min(in_size, out_size);
  if (n != 0) std::memcpy(out, in, n);
  return {n, n, nullptr};
}

std::unique_ptr<Decompressor> MakeDecompressor(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<Decompressor>(std::in_place_type<GzipDecoder>);
    case Compression::kXz:
      return std::make_unique<Decompressor>(std::in_place_type<XzDecoder>);
    case Compression::kZstd:
      return std::make_unique<Decompressor>(std::in_place_type<ZstdDecoder>);
    case Compression::kNone:
      break;
  }
  return std::make_unique<Decompressor>(std::in_place_type<PlainDecoder>);
}

}  // namespace tickgraph
