// SoupBinTCP 3.00, 4.00 and 4.10: the frames of a TCP byte stream, and the packets of a session.
//
// In the flow: stands between a TCP stream and the messages in it (OUCH, ITCH); sans I/O. Pure functions, any thread. A frame is
// [u16 length = 1 + payload][type][payload]; TCP may cut it anywhere, so a walk tells how far whole frames reach.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "net/proto/wire.h"

namespace tickgraph::soup {

enum class Sender : uint8_t { kBoth, kServer, kClient };

struct PacketType {
  char type;
  Sender sender;
  const char* name;
  uint16_t min_length, max_length;  // of the length field
};
inline constexpr uint16_t kAnyLength = 0xFFFF;
inline constexpr PacketType kPacketTypes[] = {
    {'+', Sender::kBoth, "debug", 1, kAnyLength},
    {'A', Sender::kServer, "login_accepted", 31, 31},
    {'J', Sender::kServer, "login_rejected", 2, 2},
    {'S', Sender::kServer, "sequenced_data", 1, kAnyLength},
    {'U', Sender::kBoth, "unsequenced_data", 1, kAnyLength},
    {'H', Sender::kServer, "server_heartbeat", 1, 1},
    {'R', Sender::kClient, "client_heartbeat", 1, 1},
    {'Z', Sender::kServer, "end_of_session", 1, 1},
    {'L', Sender::kClient, "login_request", 47, 52},
    {'O', Sender::kClient, "logout_request", 1, 1},
};

constexpr const PacketType* FindPacketType(char type) {
  for (const PacketType& p : kPacketTypes) {
    if (p.type == type) return &p;
  }
  return nullptr;
}

inline constexpr size_t kHeaderSize = 3;
inline constexpr size_t kMaxPayload = 65'534;

enum class WalkStatus : uint8_t {
  kWhole,        // every byte belongs to a whole packet
  kPartial,      // the last packet goes on after these bytes
  kBadLength,    // a length of 0, or one that the packet's type does not have
  kUnknownType,  // a letter the protocol does not know
};

struct WalkResult {
  WalkStatus status = WalkStatus::kWhole;
  size_t consumed = 0;  // bytes of the packets that were visited: where the rest, or the fault, starts
};

// Calls `visit(type, payload, payload_size)` for each whole packet. Stops at the first fault.
template <class Visit>
WalkResult Walk(const uint8_t* data, size_t size, Visit&& visit) {
  size_t at = 0;
  while (at < size) {
    if (size - at < 2) return {WalkStatus::kPartial, at};
    const size_t length = LoadBe16(data + at);
    if (length == 0) return {WalkStatus::kBadLength, at};
    if (size - at < kHeaderSize) return {WalkStatus::kPartial, at};
    const char type = static_cast<char>(data[at + 2]);
    const PacketType* known = FindPacketType(type);
    if (known == nullptr) return {WalkStatus::kUnknownType, at};
    const bool fits = length >= known->min_length && length <= known->max_length && (type != 'L' || length == 47 || length == 52);
    if (!fits) return {WalkStatus::kBadLength, at};
    if (size - at - 2 < length) return {WalkStatus::kPartial, at};
    visit(type, data + at + kHeaderSize, length - 1);
    at += 2 + length;
  }
  return {WalkStatus::kWhole, at};
}

// Writes a packet around `payload`; `out` holds kHeaderSize + payload_size. Returns the bytes written, 0 where the payload is too long.
inline size_t Encode(char type, const uint8_t* payload, size_t payload_size, uint8_t* out) {
  if (payload_size > kMaxPayload) return 0;
  const size_t length = payload_size + 1;
  StoreBe16(out, static_cast<uint16_t>(length));
  out[2] = static_cast<uint8_t>(type);
  if (payload_size > 0) std::memcpy(out + kHeaderSize, payload, payload_size);
  return kHeaderSize + payload_size;
}

namespace detail {

inline void PadRight(std::string_view text, size_t width, uint8_t* out) {
  std::memset(out, ' ', width);
  std::memcpy(out, text.data(), text.size() < width ? text.size() : width);
}

inline void PadLeft(uint64_t number, size_t width, uint8_t* out) {
  std::memset(out, ' ', width);
  do {
    out[--width] = static_cast<uint8_t>('0' + number % 10);
    number /= 10;
  } while (number > 0 && width > 0);
}

}  // namespace detail

inline constexpr size_t kLoginRequestSize = 49, kLoginAcceptedSize = 33;

// Login Request of 3.00 and 4.00. A blank session asks for the active one; sequence 1 for all of it, 0 for what is newest.
inline size_t EncodeLoginRequest(std::string_view user, std::string_view password, std::string_view session, uint64_t sequence,
                                 uint8_t* out) {
  std::array<uint8_t, 46> payload;
  detail::PadRight(user, 6, payload.data());
  detail::PadRight(password, 10, payload.data() + 6);
  detail::PadRight(session, 10, payload.data() + 16);
  detail::PadLeft(sequence, 20, payload.data() + 26);
  return Encode('L', payload.data(), payload.size(), out);
}

// `next_sequence` is the number of the next sequenced packet.
inline size_t EncodeLoginAccepted(std::string_view session, uint64_t next_sequence, uint8_t* out) {
  std::array<uint8_t, 30> payload;
  detail::PadRight(session, 10, payload.data());
  detail::PadLeft(next_sequence, 20, payload.data() + 10);
  return Encode('A', payload.data(), payload.size(), out);
}

// A padded number of a login packet; false where it holds anything but digits with blanks on either side, or overflows.
inline bool ParseNumber(const uint8_t* text, size_t size, uint64_t* number) {
  size_t first = 0, last = size;
  while (first < last && text[first] == ' ') ++first;
  while (last > first && text[last - 1] == ' ') --last;
  if (first == last) return false;
  uint64_t value = 0;
  for (size_t i = first; i < last; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    if (__builtin_mul_overflow(value, uint64_t{10}, &value) || __builtin_add_overflow(value, uint64_t{text[i]} - '0', &value)) return false;
  }
  *number = value;
  return true;
}

}  // namespace tickgraph::soup
