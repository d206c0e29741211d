// IEX-TP 1: segments of numbered messages over UDP, heartbeats, and the gap fill request.
//
// In the flow: between the UDP payload and the messages of TOPS and DEEP (iex.h). Every length is checked here against the datagram.
// Little-endian. No state but the builder's.
#pragma once

#include <cstdint>

#include "net/proto/block_fields.h"

namespace tickgraph::iex {

inline constexpr uint16_t kTops15 = 0x8002, kTops16 = 0x8003, kDeep10 = 0x8004;
inline constexpr uint32_t kSegmentHeaderBytes = 40, kGapFillHeaderBytes = 16, kGapFillRangeBytes = 16;

struct SegmentHeader {
  uint8_t version = 1;
  uint16_t protocol = kTops16;
  uint32_t channel = 1, session = 0;
  uint16_t payload_bytes = 0, count = 0;
  int64_t stream_offset = 0, first_sequence = 0;
  uint64_t ts_send_ns = 0;
};

struct SegmentHeaderLayout {
  using Block = SegmentHeader;
  static constexpr uint16_t kBytes = kSegmentHeaderBytes;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("Version", b.version);
    v.Pad(1);
    v.Number("ProtocolID", b.protocol);
    v.Number("ChannelID", b.channel);
    v.Number("SessionID", b.session);
    v.Number("PayloadLength", b.payload_bytes);
    v.Number("MessageCount", b.count);
    v.Number("StreamOffset", b.stream_offset);
    v.Number("FirstSequence", b.first_sequence);
    v.Number("SendTime", b.ts_send_ns);
  }
};

enum class GapFillKind : uint8_t { kMessages = 1, kBytes = 2 };

struct GapFillHeader {
  uint8_t version = 1, kind = static_cast<uint8_t>(GapFillKind::kMessages);
  uint16_t protocol = kTops16;
  uint32_t channel = 1, session = 0, range_count = 0;  // no ranges: a test request
};

struct GapFillHeaderLayout {
  using Block = GapFillHeader;
  static constexpr uint16_t kBytes = kGapFillHeaderBytes;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("Version", b.version);
    v.Number("RequestType", b.kind);
    v.Number("ProtocolID", b.protocol);
    v.Number("ChannelID", b.channel);
    v.Number("SessionID", b.session);
    v.Number("RangeCount", b.range_count);
  }
};

struct GapFillRange {
  int64_t first = 0, last = 0;  // both belong to it
};

struct GapFillRangeLayout {
  using Block = GapFillRange;
  static constexpr uint16_t kBytes = kGapFillRangeBytes;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("First", b.first);
    v.Number("Last", b.last);
  }
};

inline constexpr BlockFormat kFormat{100'000, false, ' '};

enum class SegmentStatus : uint8_t {
  kData,
  kHeartbeat,  // first_sequence is the next one
  kForeign,    // not IEX-TP
  kBad,        // IEX-TP by its header, but lengths or numbers disagree
};

struct Segment {
  SegmentStatus status = SegmentStatus::kForeign;
  SegmentHeader header;
  const uint8_t* blocks = nullptr;  // payload_bytes of [u16 length][message]
};

// Whether `count` blocks fill `bytes` exactly.
inline bool BlocksFill(const uint8_t* blocks, uint32_t bytes, uint32_t count) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes - at < 2) return false;
    const uint32_t length = LoadLe<uint16_t>(blocks + at);
    if (bytes - at - 2 < length) return false;
    at += 2 + length;
  }
  return at == bytes;
}

inline Segment ParseSegment(const uint8_t* payload, uint32_t size) {
  Segment out;
  if (size < kSegmentHeaderBytes) return out;
  ReadBlock<kFormat, SegmentHeaderLayout>(payload, size, 0, &out.header);
  const SegmentHeader& header = out.header;
  if (header.version != 1 || payload[1] != 0 || header.protocol < kTops15 || header.protocol > kDeep10) return out;
  out.status = SegmentStatus::kBad;
  if (size != kSegmentHeaderBytes + header.payload_bytes) return out;
  if (header.first_sequence < 0 || header.stream_offset < 0 || header.first_sequence > INT64_MAX - header.count) return out;
  if (!BlocksFill(payload + kSegmentHeaderBytes, header.payload_bytes, header.count)) return out;
  out.blocks = payload + kSegmentHeaderBytes;
  out.status = header.count == 0 ? SegmentStatus::kHeartbeat : SegmentStatus::kData;
  return out;
}

// Calls visit(message, size, sequence) for each message of a good segment.
template <class Visit>
inline void ForEachMessage(const Segment& segment, Visit&& visit) {
  const uint8_t* at = segment.blocks;
  for (uint32_t i = 0; i < segment.header.count; ++i) {
    const uint32_t length = LoadLe<uint16_t>(at);
    visit(at + 2, length, static_cast<uint64_t>(segment.header.first_sequence) + i);
    at += 2 + length;
  }
}

// Fills a caller's buffer with one segment; what does not fit is refused and belongs in the next.
class SegmentBuilder {
 public:
  SegmentBuilder(uint8_t* buffer, uint32_t capacity) : buffer_(buffer), capacity_(capacity) {}
  // `header` gives protocol, channel, session, offset, number and time; lengths are counted.
  void Begin(const SegmentHeader& header) {
    header_ = header;
    header_.payload_bytes = header_.count = 0;
  }
  [[nodiscard]] bool Add(const uint8_t* message, uint32_t size) {
    const uint32_t payload = header_.payload_bytes + 2 + size;
    if (payload > 0xFFFF || kSegmentHeaderBytes + payload > capacity_ || header_.count == 0xFFFF) return false;
    uint8_t* at = buffer_ + kSegmentHeaderBytes + header_.payload_bytes;
    StoreLe(at, static_cast<uint16_t>(size));
    std::copy_n(message, size, at + 2);
    header_.payload_bytes = static_cast<uint16_t>(payload);
    ++header_.count;
    return true;
  }
  // The segment's size; without messages it is a heartbeat.
  uint32_t Finish() {
    (void)WriteBlock<kFormat, SegmentHeaderLayout>(header_, 0, buffer_);
    return kSegmentHeaderBytes + header_.payload_bytes;
  }

 private:
  uint8_t* buffer_;
  uint32_t capacity_;
  SegmentHeader header_;
};

// Writes a request for the messages of `count` rising ranges that do not overlap; `out` holds 16 bytes more than 16 a range.
inline uint32_t EncodeGapFillRequest(GapFillHeader header, const GapFillRange* ranges, uint32_t count, uint8_t* out) {
  header.range_count = count;
  (void)WriteBlock<kFormat, GapFillHeaderLayout>(header, 0, out);
  for (uint32_t i = 0; i < count; ++i) {
    (void)WriteBlock<kFormat, GapFillRangeLayout>(ranges[i], 0, out + kGapFillHeaderBytes + i * kGapFillRangeBytes);
  }
  return kGapFillHeaderBytes + count * kGapFillRangeBytes;
}

// False where `size` is not that of the header's ranges, or a range ends before it begins.
template <class Visit>
inline bool ParseGapFillRequest(const uint8_t* request, uint32_t size, GapFillHeader* header, Visit&& visit) {
  if (size < kGapFillHeaderBytes) return false;
  ReadBlock<kFormat, GapFillHeaderLayout>(request, size, 0, header);
  const uint32_t room = size - kGapFillHeaderBytes;
  if (header->version != 1 || room % kGapFillRangeBytes != 0 || room / kGapFillRangeBytes != header->range_count) return false;
  int64_t before = -1;
  for (const bool visiting : {false, true}) {
    for (uint32_t i = 0; i < header->range_count; ++i) {
      GapFillRange range;
      ReadBlock<kFormat, GapFillRangeLayout>(request + kGapFillHeaderBytes + i * kGapFillRangeBytes, kGapFillRangeBytes, 0, &range);
      if (visiting) {
        visit(range);
      } else if (range.first <= before || range.last < range.first) {
        return false;
      } else {
        before = range.last;
      }
    }
  }
  return true;
}

}  // namespace tickgraph::iex
