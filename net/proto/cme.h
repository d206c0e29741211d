// CME MDP 3.0: bytes of a packet in, its messages as structs out.
//
// In the flow: behind the UDP payload or the TCP stream; hands the structs of cme_blocks.h and cme_definitions.h to a handler. The lengths
// of packet, messages, blocks and groups are checked here against the bytes, and all values before the first call. Block lengths are the
// wire's: fields that an older schema lacks hold their null, what a newer one adds is skipped. Little-endian SBE. No state, no allocation.
#pragma once

#include "net/proto/cme_messages.h"

namespace tickgraph::cme {

struct Message {
  uint16_t template_id = 0, schema_id = kSchema, version = 0;
  uint16_t block_bytes = 0;       // of the root block
  const uint8_t* body = nullptr;  // root block and groups
  uint32_t body_bytes = 0;
};

struct Packet {
  bool good = false;
  uint32_t sequence = 0;
  uint64_t ts_send_ns = 0;
  const uint8_t* messages = nullptr;
  uint32_t messages_bytes = 0, count = 0;
};

// One message at the start of `size` bytes; false where its lengths disagree with each other or with `size`.
inline bool ParseMessage(const uint8_t* bytes, uint32_t size, Message* message, uint32_t* message_bytes) {
  if (size < kMessageHeaderBytes) return false;
  *message_bytes = LoadLe<uint16_t>(bytes);
  if (*message_bytes < kMessageHeaderBytes || *message_bytes > size) return false;
  message->block_bytes = LoadLe<uint16_t>(bytes + 2);
  message->template_id = LoadLe<uint16_t>(bytes + 4);
  message->schema_id = LoadLe<uint16_t>(bytes + 6);
  message->version = LoadLe<uint16_t>(bytes + 8);
  message->body = bytes + kMessageHeaderBytes;
  message->body_bytes = *message_bytes - kMessageHeaderBytes;
  return message->block_bytes <= message->body_bytes;
}

// A datagram; good where its messages fill it exactly.
inline Packet ParsePacket(const uint8_t* payload, uint32_t size) {
  Packet out;
  if (size < kPacketHeaderBytes) return out;
  out.sequence = LoadLe<uint32_t>(payload);
  out.ts_send_ns = LoadLe<uint64_t>(payload + 4);
  out.messages = payload + kPacketHeaderBytes;
  out.messages_bytes = size - kPacketHeaderBytes;
  for (uint32_t at = 0; at < out.messages_bytes;) {
    Message message;
    uint32_t bytes = 0;
    if (!ParseMessage(out.messages + at, out.messages_bytes - at, &message, &bytes)) return out;
    at += bytes;
    ++out.count;
  }
  out.good = true;
  return out;
}

// Whether a datagram of an unknown sender is one of MDP 3.0: a send time of this century and a first message of a known template.
inline bool LooksLikePacket(const uint8_t* payload, uint32_t size) {
  constexpr uint64_t kYear2000 = 946'684'800'000'000'000, kYear2100 = 4'102'444'800'000'000'000;
  Message message;
  uint32_t bytes = 0;
  if (size < kPacketHeaderBytes || !ParseMessage(payload + kPacketHeaderBytes, size - kPacketHeaderBytes, &message, &bytes)) return false;
  const auto ts_send_ns = LoadLe<uint64_t>(payload + 4);
  return ts_send_ns >= kYear2000 && ts_send_ns < kYear2100 && message.schema_id == kSchema && IsKnownTemplate(message.template_id);
}

// Calls visit(message) for each message of a good packet.
template <class Visit>
inline void ForEachMessage(const Packet& packet, Visit&& visit) {
  for (uint32_t at = 0; at < packet.messages_bytes;) {
    Message message;
    uint32_t bytes = 0;
    if (!ParseMessage(packet.messages + at, packet.messages_bytes - at, &message, &bytes)) return;
    visit(static_cast<const Message&>(message));
    at += bytes;
  }
}

namespace cme_internal {

struct Entries {
  const uint8_t* first = nullptr;
  uint32_t bytes = 0, count = 0;  // bytes of one
};

// The next group of a message from *at on; false where it does not fit.
template <class GroupOf>
inline bool FindEntries(const Message& message, uint32_t* at, Entries* out) {
  if (message.version < GroupOf::kSince) return true;
  if (message.body_bytes - *at < GroupOf::kDimensionBytes) return false;
  const uint8_t* dimension = message.body + *at;
  out->bytes = LoadLe<uint16_t>(dimension);
  out->count = dimension[GroupOf::kDimensionBytes - 1];
  *at += GroupOf::kDimensionBytes;
  if (message.body_bytes - *at < out->bytes * out->count) return false;
  out->first = message.body + *at;
  *at += out->bytes * out->count;
  return true;
}

template <BlockFormat kFormat, class GroupOf>
inline bool CheckEntries(const Entries& entries, uint16_t version) {
  for (uint32_t i = 0; i < entries.count; ++i) {
    if (!CheckBlock<kFormat, typename GroupOf::Layout>(entries.first + i * entries.bytes, entries.bytes, version)) return false;
  }
  return true;
}

template <BlockFormat kFormat, class GroupOf, class Handler>
inline void DeliverEntries(const Message& message, const Entries& entries, Handler& handler) {
  for (uint32_t i = 0; i < entries.count; ++i) {
    typename GroupOf::Block entry;
    ReadBlock<kFormat, typename GroupOf::Layout>(entries.first + i * entries.bytes, entries.bytes, message.version, &entry);
    handler.On(message, static_cast<const typename GroupOf::Block&>(entry));
  }
}

template <class T, class Handler, class... GroupsOf>
inline DecodeStatus DecodeAs(TypeList<GroupsOf...>, const Message& message, Handler& handler) {
  constexpr BlockFormat kFormat = T::kFormat;
  [[maybe_unused]] std::array<Entries, sizeof...(GroupsOf) + 1> entries{};
  [[maybe_unused]] uint32_t at = message.block_bytes;
  size_t group = 0;
  if (!(FindEntries<GroupsOf>(message, &at, &entries[group++]) && ...)) return DecodeStatus::kBadLength;
  group = 0;
  if (!CheckBlock<kFormat, typename T::Layout>(message.body, message.block_bytes, message.version) ||
      !(CheckEntries<kFormat, GroupsOf>(entries[group++], message.version) && ...)) {
    return DecodeStatus::kBadValue;
  }
  typename T::Root root;
  if constexpr (requires { T::Layout::kKind; }) root.kind = T::Layout::kKind;
  ReadBlock<kFormat, typename T::Layout>(message.body, message.block_bytes, message.version, &root);
  handler.On(message, static_cast<const typename T::Root&>(root));
  group = 0;
  (DeliverEntries<kFormat, GroupsOf>(message, entries[group++], handler), ...);
  return DecodeStatus::kOk;
}

template <class Handler, class... Members>
inline DecodeStatus DecodeOneOf(TypeList<Members...>, const Message& message, Handler& handler) {
  DecodeStatus status = DecodeStatus::kUnknownType;
  (void)((message.template_id == Members::kId && (status = DecodeAs<Members>(typename Members::Groups{}, message, handler), true)) || ...);
  return status;
}

}  // namespace cme_internal

// As Decode, for a message known to be of template T.
template <class T, class Handler>
inline DecodeStatus DecodeTemplate(const Message& message, Handler& handler) {
  return cme_internal::DecodeAs<T>(typename T::Groups{}, message, handler);
}

// Calls handler.On(message, block) for the root and then for each entry of each group, in the wire's order, where the status is kOk; makes
// no call otherwise. A book must not be used before the last message of an event (Incremental::end_of_event) is applied.
template <class Handler>
inline DecodeStatus Decode(const Message& message, Handler& handler) {
  if (message.schema_id != kSchema) return DecodeStatus::kUnknownType;
  return cme_internal::DecodeOneOf(Templates{}, message, handler);
}

}  // namespace tickgraph::cme
