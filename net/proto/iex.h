// IEX TOPS and DEEP: bytes of one message in, one struct out, and back.
//
// In the flow: behind IEX-TP (iex_tp.h); hands the structs of iex_messages.h to a handler. Type, length and values are checked here, once.
// Messages may grow at their end: what lies behind the known fields is ignored. No state, no allocation.
#pragma once

#include "net/proto/iex_messages.h"
#include "net/proto/iex_tp.h"

namespace tickgraph::iex {

namespace iex_internal {

template <class Type, class Handler>
inline DecodeStatus DecodeAs(const uint8_t* message, uint32_t size, Handler& handler) {
  if (size < Type::kBytes) return DecodeStatus::kBadLength;
  if (!CheckBlock<kFormat, Type>(message, size, 0)) return DecodeStatus::kBadValue;
  typename Type::Block body;
  ReadBlock<kFormat, Type>(message, size, 0, &body);
  handler.On(static_cast<const typename Type::Block&>(body));
  return DecodeStatus::kOk;
}

template <class Handler, class... Types>
inline DecodeStatus DecodeOneOf(MessageList<Types...>, const uint8_t* message, uint32_t size, Handler& handler) {
  const char type = static_cast<char>(message[0]);
  DecodeStatus status = DecodeStatus::kUnknownType;
  (void)((type == Types::kType && (status = DecodeAs<Types>(message, size, handler), true)) || ...);
  return status;
}

constexpr char TypeOf(const SystemEvent& body) { return body.type; }
constexpr char TypeOf(const auto& body) { return body.header.type; }

}  // namespace iex_internal

// Calls handler.On(body) exactly once where the status is kOk, and not at all otherwise.
template <class Handler>
inline DecodeStatus Decode(const uint8_t* message, uint32_t size, Handler& handler) {
  if (size == 0) return DecodeStatus::kUnknownType;
  return iex_internal::DecodeOneOf(Messages{}, message, size, handler);
}

// Writes a message of the type that its header names into `out`, which holds kMaxMessageBytes. Returns its size; 0 where the type is not
// one of this struct's or a price is no multiple of 0.0001.
template <class Body>
inline uint32_t Encode(const Body& body, uint8_t* out) {
  uint32_t size = 0;
  ForEachType(Messages{}, [&]<class Type>() {
    if constexpr (std::is_same_v<typename Type::Block, Body>) {
      if (Type::kType == iex_internal::TypeOf(body) && WriteBlock<kFormat, Type>(body, 0, out)) size = Type::kBytes;
    }
  });
  return size;
}

}  // namespace tickgraph::iex
