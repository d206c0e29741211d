// MoldUDP64: the framing of numbered messages in UDP datagrams, and its packets as the generator and re-requests write them.
//
// In the flow: behind frame.h, before line arbitration. A parsed packet is a view of the datagram; it is consistent as a whole
// (header and blocks fill the payload exactly), so its messages are walked without further checks. No state.
#pragma once

#include <string_view>

#include "net/proto/wire.h"

namespace tickgraph {

inline constexpr uint32_t kMoldHeaderBytes = 20;
inline constexpr uint32_t kMoldSessionBytes = 10;
inline constexpr uint16_t kMoldEndOfSession = 0xFFFF;

enum class MoldStatus : uint8_t {
  kData,
  kHeartbeat,     // sequence is the next number
  kEndOfSession,  // same
  kBad,           // too short, blocks and payload differ in length, or the numbers pass 2^64 - 1
};

struct MoldPacket {
  MoldStatus status = MoldStatus::kBad;
  uint16_t count = 0;  // messages; 0 unless kData
  uint32_t blocks_bytes = 0;
  uint64_t sequence = 0;             // number of the first message
  const uint8_t* session = nullptr;  // 10 bytes
  const uint8_t* blocks = nullptr;   // [u16 length][message] repeated
};

inline MoldPacket ParseMoldPacket(const uint8_t* payload, uint32_t size) {
  MoldPacket out;
  if (size < kMoldHeaderBytes) return out;
  const uint16_t count = LoadBe16(payload + 18);
  out.session = payload;
  out.sequence = LoadBe64(payload + kMoldSessionBytes);
  out.blocks = payload + kMoldHeaderBytes;
  out.blocks_bytes = size - kMoldHeaderBytes;
  if (count == 0 || count == kMoldEndOfSession) {
    if (out.blocks_bytes == 0) out.status = count == 0 ? MoldStatus::kHeartbeat : MoldStatus::kEndOfSession;
    return out;
  }
  if (out.sequence > UINT64_MAX - count) return out;
  uint32_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (out.blocks_bytes - at < 2) return out;
    const uint32_t length = LoadBe16(out.blocks + at);
    at += 2;
    if (out.blocks_bytes - at < length) return out;
    at += length;
  }
  if (at != out.blocks_bytes) return out;
  out.count = count;
  out.status = MoldStatus::kData;
  return out;
}

// Calls visit(message, size, number) for each message of checked `blocks` whose number lies in [from, end); `base` is the first block's.
template <class Visit>
inline void ForEachMoldMessage(const uint8_t* blocks, uint64_t base, uint64_t from, uint64_t end, Visit&& visit) {
  for (uint64_t number = base; number < end; ++number) {
    const uint32_t length = LoadBe16(blocks);
    if (number >= from) visit(blocks + 2, length, number);
    blocks += 2 + length;
  }
}

// Whether ten bytes can name a session: letters and digits, padded with spaces on either side.
inline bool IsMoldSession(const uint8_t* session) {
  bool any = false;
  for (uint32_t i = 0; i < kMoldSessionBytes; ++i) {
    const uint8_t c = session[i];
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!alphanumeric && c != ' ') return false;
    any |= alphanumeric;
  }
  return any;
}

inline VenueName MoldVenueName(const uint8_t* session) {
  uint32_t from = 0;
  while (from < kMoldSessionBytes && session[from] == ' ') ++from;
  return VenueName::FromPadded(session + from, kMoldSessionBytes - from);
}

// Builds data packets in a caller's buffer: Begin, Add until it returns false, Finish.
class MoldPacketBuilder {
 public:
  // `buffer` holds at least `capacity` >= 20 bytes: the largest payload.
  MoldPacketBuilder(uint8_t* buffer, uint32_t capacity) : buffer_(buffer), capacity_(capacity) {}

  void Begin(std::string_view session, uint64_t sequence) {
    WriteHeader(buffer_, session, sequence, 0);
    size_ = kMoldHeaderBytes;
    count_ = 0;
  }
  // False, and nothing added, when the message does not fit.
  [[nodiscard]] bool Add(const uint8_t* message, uint32_t size) {
    if (size > 0xFFFF || count_ == kMoldEndOfSession - 1 || capacity_ - size_ < size + 2) return false;
    StoreBe16(buffer_ + size_, static_cast<uint16_t>(size));
    if (size > 0) std::memcpy(buffer_ + size_ + 2, message, size);
    size_ += 2 + size;
    ++count_;
    return true;
  }
  // Returns the payload's size.
  uint32_t Finish() {
    StoreBe16(buffer_ + 18, count_);
    return size_;
  }
  [[nodiscard]] uint16_t count() const { return count_; }
  [[nodiscard]] uint32_t size() const { return size_; }

  static void WriteHeader(uint8_t* out, std::string_view session, uint64_t sequence, uint16_t count) {
    StorePadded(out, kMoldSessionBytes, VenueName::From(session.substr(0, kMoldSessionBytes)));
    StoreBe64(out + kMoldSessionBytes, sequence);
    StoreBe16(out + 18, count);
  }

 private:
  uint8_t* buffer_;
  uint32_t capacity_;
  uint32_t size_ = 0;
  uint16_t count_ = 0;
};

// The packets without blocks, 20 bytes each; they return the size. `next` is the number that the next message will have.
inline uint32_t EncodeMoldHeartbeat(std::string_view session, uint64_t next, uint8_t* out) {
  MoldPacketBuilder::WriteHeader(out, session, next, 0);
  return kMoldHeaderBytes;
}
inline uint32_t EncodeMoldEndOfSession(std::string_view session, uint64_t next, uint8_t* out) {
  MoldPacketBuilder::WriteHeader(out, session, next, kMoldEndOfSession);
  return kMoldHeaderBytes;
}
// Asks a re-request server for `count` messages from `first`.
inline uint32_t EncodeMoldRequest(std::string_view session, uint64_t first, uint16_t count, uint8_t* out) {
  MoldPacketBuilder::WriteHeader(out, session, first, count);
  return kMoldHeaderBytes;
}

struct MoldRequest {
  const uint8_t* session = nullptr;  // 10 bytes
  uint64_t first = 0;
  uint16_t count = 0;
};

// False where the bytes are no request: another length, nothing asked for, or numbers past 2^64 - 1.
inline bool ParseMoldRequest(const uint8_t* bytes, uint32_t size, MoldRequest* out) {
  if (size != kMoldHeaderBytes) return false;
  *out = {bytes, LoadBe64(bytes + kMoldSessionBytes), LoadBe16(bytes + 18)};
  return out->count != 0 && out->first <= UINT64_MAX - out->count;
}

}  // namespace tickgraph
