// The registry of the OPRA binary recipient interface 6.2 (category R: 6.3): block header, every category, every field.
//
// Drives the decoder (opra.h), the encoder (opra_encode.h), the names in `inspect`, and the tests. Constant data.
#pragma once

#include "net/proto/message_registry.h"

namespace tickgraph {

namespace opra_internal {

consteval FieldSpec Char(std::string_view name) { return {name, 1, FieldKind::kChar, 0}; }
consteval FieldSpec Text(std::string_view name, uint16_t size) { return {name, size, FieldKind::kText, 0}; }
consteval FieldSpec Number(std::string_view name, uint16_t size) { return {name, size, FieldKind::kUnsigned, 0}; }
consteval FieldSpec Signed(std::string_view name, uint16_t size) { return {name, size, FieldKind::kSigned, 0}; }
consteval FieldSpec Bytes(std::string_view name, uint16_t size) { return {name, size, FieldKind::kReserved, 0}; }

consteval MessageSpec Message(char category, uint16_t length, std::string_view name, std::initializer_list<FieldSpec> fields) {
  return DefineMessage(
      category, length, name,
      {Char("Participant"), Char("Category"), Char("Type"), Char("Indicator"), Number("TransactionID", 4), Number("PRN", 4)}, fields);
}

}  // namespace opra_internal

inline constexpr uint32_t kOpraBlockHeaderBytes = 21;
inline constexpr uint32_t kOpraMessageHeaderBytes = 12;
inline constexpr uint32_t kOpraAppendageBytes = 10;
inline constexpr uint32_t kOpraMaxBlockBytes = 1000;

// 'B' the block header, '+' one best-bid-or-offer appendage.
inline constexpr std::array<MessageSpec, 2> kOpraFraming = [] {
  using namespace opra_internal;  // NOLINT(google-build-using-namespace)
  return std::array<MessageSpec, 2>{
      DefineMessage('B', 21, "Block Header", {},
                    {Number("Version", 1), Number("BlockSize", 2), Char("DataFeed"), Char("Retransmission"), Number("Session", 1),
                     Number("BlockSequence", 4), Number("Messages", 1), Number("Seconds", 4), Number("Nanos", 4), Number("Checksum", 2)}),
      DefineMessage('+', 10, "BBO Appendage", {}, {Char("Participant"), Char("Denom"), Signed("Price", 4), Number("Size", 4)}),
  };
}();

// By category. 'y' stands for category Y of type I, whose layout is its own. The length of C is its fixed part's.
inline constexpr std::array<MessageSpec, 10> kOpraRegistry = [] {
  using namespace opra_internal;  // NOLINT(google-build-using-namespace)
  return std::array<MessageSpec, 10>{
      Message('a', 43, "Last Sale",
              {Text("Symbol", 5), Bytes("Reserved", 1), Bytes("Expiration", 3), Char("StrikeDenom"), Signed("Strike", 4),
               Number("Volume", 4), Char("PremiumDenom"), Signed("Premium", 4), Number("TradeID", 4), Bytes("Reserved2", 4)}),
      Message('d', 30, "Open Interest",
              {Text("Symbol", 5), Bytes("Reserved", 1), Bytes("Expiration", 3), Char("StrikeDenom"), Signed("Strike", 4),
               Number("OpenInterest", 4)}),
      Message(
          'f', 72, "End of Day Summary",
          {Text("Symbol", 5), Bytes("Reserved", 1), Bytes("Expiration", 3), Char("StrikeDenom"), Signed("Strike", 4), Number("Volume", 4),
           Number("OpenInterest", 4), Char("PremiumDenom"), Signed("Open", 4), Signed("High", 4), Signed("Low", 4), Signed("Last", 4),
           Signed("NetChange", 4), Char("UnderlyingDenom"), Signed("UnderlyingPrice", 8), Signed("Bid", 4), Signed("Offer", 4)}),
      Message('k', 43, "Long Quote",
              {Text("Symbol", 5), Bytes("Reserved", 1), Bytes("Expiration", 3), Char("StrikeDenom"), Signed("Strike", 4),
               Char("PremiumDenom"), Signed("Bid", 4), Number("BidSize", 4), Signed("Offer", 4), Number("OfferSize", 4)}),
      Message('q', 29, "Short Quote",
              {Text("Symbol", 4), Bytes("Expiration", 3), Number("Strike", 2), Number("Bid", 2), Number("BidSize", 2), Number("Offer", 2),
               Number("OfferSize", 2)}),
      Message('C', 14, "Administrative", {Number("DataLength", 2)}),
      Message('H', 12, "Control", {}),
      Message('Y', 27, "Underlying Value",
              {Text("Symbol", 5), Bytes("Reserved", 1), Char("IndexDenom"), Signed("Value", 4), Bytes("Reserved2", 4)}),
      Message('y', 27, "Underlying Value, Bid and Offer",
              {Text("Symbol", 5), Bytes("Reserved", 1), Char("IndexDenom"), Signed("BidValue", 4), Signed("OfferValue", 4)}),
      Message(
          'R', 155, "Series Mapping",
          {Text("Symbol", 5), Bytes("Expiration", 3), Char("StrikeDenom"), Signed("Strike", 4), Number("Line", 2), Bytes("Reserved", 128)}),
  };
}();

// Fixed length by category; 0: no such category on the wire.
inline constexpr std::array<uint8_t, 256> kOpraLengths = [] {
  std::array<uint8_t, 256> out{};
  for (const MessageSpec& message : kOpraRegistry) {
    if (message.type != 'y') out[static_cast<uint8_t>(message.type)] = static_cast<uint8_t>(message.length);
  }
  return out;
}();

// Nanos per unit of a price by denominator letter: A 1/10 … H 1/1e8, I whole; 0: no such letter.
inline constexpr std::array<uint32_t, 256> kOpraDenominators = [] {
  std::array<uint32_t, 256> out{};
  uint32_t nanos = 100'000'000;
  for (char letter = 'A'; letter <= 'H'; ++letter, nanos /= 10) out[static_cast<uint8_t>(letter)] = nanos;
  out['I'] = 1'000'000'000;
  return out;
}();

template <char kCategory, FieldName kName>
constexpr uint64_t OpraGet(const uint8_t* message) {
  return GetField<kOpraRegistry, kCategory, kName>(message);
}
template <char kCategory, FieldName kName>
constexpr void OpraPut(uint8_t* message, uint64_t value) {
  PutField<kOpraRegistry, kCategory, kName>(message, value);
}
template <char kCategory, FieldName kName>
constexpr uint32_t OpraOffset() {
  return FieldOf<kOpraRegistry, kCategory, kName>().offset;
}

}  // namespace tickgraph
