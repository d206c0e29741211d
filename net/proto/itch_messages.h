// The registry of NASDAQ TotalView-ITCH 5.0: every message, every field, from the specification of 2026-02-19.
//
// Drives the decoder (itch.h), the encoder (itch_encode.h), the names in `inspect`, and the tests. Constant data.
#pragma once

#include "net/proto/message_registry.h"

namespace tickgraph {

namespace itch_internal {

consteval FieldSpec Char(std::string_view name) { return {name, 1, FieldKind::kChar, 0}; }
consteval FieldSpec Text(std::string_view name, uint16_t size) { return {name, size, FieldKind::kText, 0}; }
consteval FieldSpec Number(std::string_view name, uint16_t size) { return {name, size, FieldKind::kUnsigned, 0}; }
consteval FieldSpec Price4(std::string_view name) { return {name, 4, FieldKind::kPrice4, 0}; }
consteval FieldSpec Price8(std::string_view name) { return {name, 8, FieldKind::kPrice8, 0}; }

consteval MessageSpec Message(char type, uint16_t length, std::string_view name, std::initializer_list<FieldSpec> fields) {
  return DefineMessage(type, length, name,
                       {Char("Type"), Number("StockLocate", 2), Number("Tracking", 2), {"Timestamp", 6, FieldKind::kTime, 0}}, fields);
}

}  // namespace itch_internal

inline constexpr uint32_t kItchMaxMessageBytes = 50;

inline constexpr std::array<MessageSpec, 23> kItchRegistry = [] {
  using namespace itch_internal;  // NOLINT(google-build-using-namespace)
  return std::array<MessageSpec, 23>{
      Message('S', 12, "System Event", {Char("Event")}),
      Message('R', 39, "Stock Directory",
              {Text("Stock", 8), Char("MarketCategory"), Char("FinancialStatus"), Number("RoundLotSize", 4), Char("RoundLotsOnly"),
               Char("IssueClass"), Text("IssueSubType", 2), Char("Authenticity"), Char("ShortSaleThreshold"), Char("IPOFlag"),
               Char("LULDTier"), Char("ETPFlag"), Number("ETPLeverage", 4), Char("Inverse")}),
      Message('H', 25, "Trading Action", {Text("Stock", 8), Char("State"), {"Reserved", 1, FieldKind::kReserved, 0}, Text("Reason", 4)}),
      Message('Y', 20, "Reg SHO", {Text("Stock", 8), Char("Action")}),
      Message('L', 26, "Market Participant Position",
              {Text("MPID", 4), Text("Stock", 8), Char("PrimaryMM"), Char("MMMode"), Char("State")}),
      Message('V', 35, "MWCB Decline Level", {Price8("Level1"), Price8("Level2"), Price8("Level3")}),
      Message('W', 12, "MWCB Status", {Char("BreachedLevel")}),
      Message('K', 28, "IPO Quoting Period", {Text("Stock", 8), Number("ReleaseTime", 4), Char("Qualifier"), Price4("IPOPrice")}),
      Message('J', 35, "LULD Auction Collar",
              {Text("Stock", 8), Price4("ReferencePrice"), Price4("UpperCollar"), Price4("LowerCollar"), Number("Extension", 4)}),
      Message('h', 21, "Operational Halt", {Text("Stock", 8), Char("MarketCode"), Char("Action")}),
      Message('A', 36, "Add Order", {Number("OrderRef", 8), Char("Side"), Number("Shares", 4), Text("Stock", 8), Price4("Price")}),
      Message('F', 40, "Add Order with MPID",
              {Number("OrderRef", 8), Char("Side"), Number("Shares", 4), Text("Stock", 8), Price4("Price"), Text("Attribution", 4)}),
      Message('E', 31, "Order Executed", {Number("OrderRef", 8), Number("Executed", 4), Number("Match", 8)}),
      Message('C', 36, "Order Executed With Price",
              {Number("OrderRef", 8), Number("Executed", 4), Number("Match", 8), Char("Printable"), Price4("Price")}),
      Message('X', 23, "Order Cancel", {Number("OrderRef", 8), Number("Cancelled", 4)}),
      Message('D', 19, "Order Delete", {Number("OrderRef", 8)}),
      Message('U', 35, "Order Replace", {Number("OldRef", 8), Number("NewRef", 8), Number("Shares", 4), Price4("Price")}),
      Message('P', 44, "Trade",
              {Number("OrderRef", 8), Char("Side"), Number("Shares", 4), Text("Stock", 8), Price4("Price"), Number("Match", 8)}),
      Message('Q', 40, "Cross Trade", {Number("Shares", 8), Text("Stock", 8), Price4("CrossPrice"), Number("Match", 8), Char("CrossType")}),
      Message('B', 19, "Broken Trade", {Number("Match", 8)}),
      Message('I', 50, "Net Order Imbalance Indicator",
              {Number("Paired", 8), Number("Imbalance", 8), Char("Direction"), Text("Stock", 8), Price4("FarPrice"), Price4("NearPrice"),
               Price4("RefPrice"), Char("CrossType"), Char("Variation")}),
      Message('N', 20, "Retail Price Improvement Indicator", {Text("Stock", 8), Char("Interest")}),
      Message('O', 48, "DLCR Price Discovery",
              {Text("Stock", 8), Char("OpenEligible"), Price4("MinPrice"), Price4("MaxPrice"), Price4("NearExecPrice"),
               Number("NearExecTime", 8), Price4("LowerCollar"), Price4("UpperCollar")}),
  };
}();

// Length by type letter; 0: no such type.
inline constexpr std::array<uint8_t, 256> kItchLengths = [] {
  std::array<uint8_t, 256> out{};
  for (const MessageSpec& message : kItchRegistry) out[static_cast<uint8_t>(message.type)] = static_cast<uint8_t>(message.length);
  return out;
}();

template <char kType>
inline constexpr uint32_t kItchLength = kItchLengths[static_cast<uint8_t>(kType)];

template <char kType, FieldName kName>
constexpr uint64_t ItchGet(const uint8_t* message) {
  return GetField<kItchRegistry, kType, kName>(message);
}

template <char kType, FieldName kName>
constexpr void ItchPut(uint8_t* message, uint64_t value) {
  PutField<kItchRegistry, kType, kName>(message, value);
}

// Where a text field stands.
template <char kType, FieldName kName>
constexpr uint32_t ItchOffset() {
  return FieldOf<kItchRegistry, kType, kName>().offset;
}

}  // namespace tickgraph
