// A snapshot of a stream's books on its way to the loop: datagrams of our own, so that a record of the session keeps them as packets.
//
// In the flow: whoever took a venue's snapshot writes these -> the source hands them out as recovered packets -> SnapshotIntake. A part is
// [magic 4][kind 1][0][count u16][request u32][number u32][session 10][next u64][u16 length, message]*, big-endian, numbered from 0: one
// kBegin, the messages, one kEnd; or a kFailed at any place. A parsed part is consistent as a whole. No state.
#pragma once

#include "net/proto/moldudp64.h"
#include "net/proto/wire.h"

namespace tickgraph {

// Where the frames of parts say to come from (RFC 5737: nobody's): what a network brings is no part, whatever its bytes.
inline constexpr uint32_t kSnapshotSource = 0xC0000203u;

inline constexpr uint32_t kSnapshotPartHeaderBytes = 34;

enum class SnapshotPartKind : uint8_t { kBegin = 'B', kMessages = 'M', kEnd = 'E', kFailed = 'F' };

struct SnapshotPart {
  SnapshotPartKind kind = SnapshotPartKind::kFailed;
  uint16_t count = 0;  // messages; 0 unless kMessages
  uint32_t request = 0, number = 0;
  uint64_t next = 0;                 // the number with which the stream goes on behind the snapshot
  const uint8_t* session = nullptr;  // 10 bytes
  const uint8_t* blocks = nullptr;   // [u16 length][message] repeated
};

inline constexpr uint8_t kSnapshotMagic[4] = {0, 'T', 'G', 'S'};

// False where the bytes are no part.
inline bool ParseSnapshotPart(const uint8_t* payload, uint32_t size, SnapshotPart* out) {
  if (size < kSnapshotPartHeaderBytes || std::memcmp(payload, kSnapshotMagic, sizeof(kSnapshotMagic)) != 0) return false;
  out->kind = static_cast<SnapshotPartKind>(payload[4]);
  out->count = LoadBe16(payload + 6);
  out->request = LoadBe32(payload + 8);
  out->number = LoadBe32(payload + 12);
  out->session = payload + 16;
  out->next = LoadBe64(payload + 26);
  out->blocks = payload + kSnapshotPartHeaderBytes;
  const uint32_t blocks_bytes = size - kSnapshotPartHeaderBytes;
  uint32_t at = 0;
  for (uint32_t i = 0; i < out->count; ++i) {
    if (blocks_bytes - at < 2) return false;
    const uint32_t length = LoadBe16(out->blocks + at);
    at += 2;
    if (blocks_bytes - at < length) return false;
    at += length;
  }
  switch (out->kind) {
    case SnapshotPartKind::kMessages:
      return out->count != 0 && at == blocks_bytes;
    case SnapshotPartKind::kBegin:
    case SnapshotPartKind::kEnd:
    case SnapshotPartKind::kFailed:
      return out->count == 0 && blocks_bytes == 0;
  }
  return false;
}

// Writes the header alone; the blocks follow it.
inline void EncodeSnapshotPart(const SnapshotPart& part, uint8_t* out) {
  std::memcpy(out, kSnapshotMagic, sizeof(kSnapshotMagic));
  out[4] = static_cast<uint8_t>(part.kind);
  out[5] = 0;
  StoreBe16(out + 6, part.count);
  StoreBe32(out + 8, part.request);
  StoreBe32(out + 12, part.number);
  std::memcpy(out + 16, part.session, kMoldSessionBytes);
  StoreBe64(out + 26, part.next);
}

}  // namespace tickgraph
