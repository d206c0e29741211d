// The metadata's bytes are kept, because its mappings are needed for as long as the records are; see dbn_reader.h.
#include "net/io/file/dbn_reader.h"

#include <algorithm>

namespace tickgraph {

DbnReader::Outcome DbnReader::ReadMetadata(ByteSource& bytes) {
  constexpr size_t kPiece = size_t{1} << 16;
  const Outcome cut{.end = End::kCut, .offset = 0, .reason = "the metadata is cut"};
  if (!bytes.Fill(kDbnPreludeBytes)) return cut;
  const uint32_t length = DbnMetadataBytes(bytes.data());
  if (length < kDbnFixedMetadataBytes)
    return {.end = End::kBad, .offset = 4, .reason = "the metadata's length is impossible:", .value = length};
  // By the piece: a length that lies must not take memory that the file cannot fill.
  const uint64_t total = uint64_t{kDbnPreludeBytes} + length;
  while (head_.size() < total) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kPiece, total - head_.size()));
    if (!bytes.Fill(wanted)) return cut;
    head_.insert(head_.end(), bytes.data(), bytes.data() + wanted);
    bytes.Advance(wanted);
  }
  const char* problem = ParseDbnMetadata(head_.data(), head_.size(), &metadata_);
  if (problem != nullptr) return {.end = End::kBad, .offset = kDbnPreludeBytes, .reason = problem, .value = 0};
  return {};
}

DbnReader::Outcome DbnReader::Read(ByteSource& bytes, PacketView* packets, uint32_t max, uint64_t* packet_count) {
  uint32_t count = 0;
  while (count < max) {
    if (bytes.available() < kDbnHeaderBytes) {
      if (count != 0) break;
      if (!bytes.Fill(kDbnHeaderBytes)) {
        if (bytes.available() == 0) return {};
        return {.end = End::kCut, .offset = bytes.offset(), .reason = "a record header is cut"};
      }
    }
    const uint32_t size = uint32_t{bytes.data()[0]} * 4;
    if (size < kDbnHeaderBytes) {
      if (count != 0) break;
      return {.end = End::kBad, .offset = bytes.offset(), .reason = "a record's length in words is under 4:", .value = size / 4};
    }
    if (bytes.available() < size) {
      if (count != 0) break;
      if (!bytes.Fill(size)) return {.end = End::kCut, .offset = bytes.offset(), .reason = "a record is cut"};
    }
    packets[count++] = {.data = bytes.data(),
                        .size = size,
                        .original_size = size,
                        .ts_recv_ns = DbnReceiveTime(bytes.data(), size),
                        .number = ++*packet_count,
                        .file_offset = bytes.offset(),
                        .layer = PacketLayer::kDbnRecord};
    bytes.Advance(size);
  }
  return {.count = count};
}

}  // namespace tickgraph
