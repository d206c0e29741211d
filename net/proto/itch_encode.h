// NASDAQ TotalView-ITCH 5.0: events out as bytes, through the same registry that the decoder reads.
//
// In the flow: the session generator and the tests. Every overload writes one message to `out` (room for kItchMaxMessageBytes) and
// returns its size; `midnight_ns` is New York midnight in UTC. The tracking number is 0. What an event does not carry is written as
// the specification's neutral value. Prices are cut to 4 decimals (V: 8). No state.
#pragma once

#include "hot/event.h"
#include "net/proto/itch_messages.h"

namespace tickgraph {

namespace itch_internal {

constexpr uint64_t NanosToPrice4(PriceNanos nanos) { return nanos == kNoPrice ? 0 : static_cast<uint64_t>(nanos / 100'000); }
constexpr uint64_t NanosToPrice8(PriceNanos nanos) { return nanos == kNoPrice ? 0 : static_cast<uint64_t>(nanos / 10); }
constexpr uint64_t LetterOf(Side side) { return side == Side::kBuy ? 'B' : 'S'; }
constexpr uint64_t LetterAt(const FixedText<8>& text, size_t i) {
  return text.chars[i] == '\0' ? ' ' : static_cast<uint8_t>(text.chars[i]);
}

inline void PutHeader(char type, const EventHeader& header, uint64_t midnight_ns, uint8_t* out) {
  out[0] = static_cast<uint8_t>(type);
  StoreBe16(out + 1, static_cast<uint16_t>(header.locate));
  StoreBe16(out + 3, 0);
  StoreBe48(out + 5, header.ts_event_ns - midnight_ns);
}

template <char kType, FieldName kName, size_t N>
inline void PutText(uint8_t* out, const FixedText<N>& text) {
  constexpr FieldSpec kField = FieldOf<kItchRegistry, kType, kName>();
  StorePadded(out + kField.offset, kField.size, text);
}

template <char kType>
inline uint32_t EncodeAdd(const AddOrder& event, uint64_t midnight_ns, uint8_t* out) {
  PutHeader(kType, event.header, midnight_ns, out);
  ItchPut<kType, "OrderRef">(out, event.order_ref);
  ItchPut<kType, "Side">(out, LetterOf(event.side));
  ItchPut<kType, "Shares">(out, static_cast<uint64_t>(event.quantity));
  PutText<kType, "Stock">(out, event.symbol);
  ItchPut<kType, "Price">(out, NanosToPrice4(event.price_nanos));
  if constexpr (kType == 'F') PutText<'F', "Attribution">(out, event.attribution);
  return kItchLength<kType>;
}

template <char kType>
inline uint32_t EncodeExecute(const ExecuteOrder& event, uint64_t midnight_ns, uint8_t* out) {
  PutHeader(kType, event.header, midnight_ns, out);
  ItchPut<kType, "OrderRef">(out, event.order_ref);
  ItchPut<kType, "Executed">(out, static_cast<uint64_t>(event.quantity));
  ItchPut<kType, "Match">(out, event.match_number);
  if constexpr (kType == 'C') {
    ItchPut<'C', "Printable">(out, event.printable ? 'Y' : 'N');
    ItchPut<'C', "Price">(out, NanosToPrice4(event.price_nanos));
  }
  return kItchLength<kType>;
}

inline uint32_t EncodeImbalance(const Notice& event, uint8_t* out) {
  ItchPut<'I', "Paired">(out, static_cast<uint64_t>(event.quantity));
  ItchPut<'I', "Imbalance">(out, static_cast<uint64_t>(event.quantity_2));
  ItchPut<'I', "Direction">(out, LetterAt(event.detail, 0));
  PutText<'I', "Stock">(out, event.symbol);
  ItchPut<'I', "FarPrice">(out, NanosToPrice4(event.price_nanos));
  ItchPut<'I', "NearPrice">(out, NanosToPrice4(event.price_2_nanos));
  ItchPut<'I', "RefPrice">(out, NanosToPrice4(event.price_3_nanos));
  ItchPut<'I', "CrossType">(out, LetterAt(event.detail, 1));
  ItchPut<'I', "Variation">(out, LetterAt(event.detail, 2));
  return kItchLength<'I'>;
}

inline uint32_t EncodeCollar(const Notice& event, uint8_t* out) {
  PutText<'J', "Stock">(out, event.symbol);
  ItchPut<'J', "ReferencePrice">(out, NanosToPrice4(event.price_nanos));
  ItchPut<'J', "UpperCollar">(out, NanosToPrice4(event.price_2_nanos));
  ItchPut<'J', "LowerCollar">(out, NanosToPrice4(event.price_3_nanos));
  ItchPut<'J', "Extension">(out, static_cast<uint64_t>(event.quantity));
  return kItchLength<'J'>;
}

inline uint32_t EncodeQuotingPeriod(const Notice& event, uint8_t* out) {
  PutText<'K', "Stock">(out, event.symbol);
  ItchPut<'K', "ReleaseTime">(out, static_cast<uint64_t>(event.quantity));
  ItchPut<'K', "Qualifier">(out, LetterAt(event.detail, 0));
  ItchPut<'K', "IPOPrice">(out, NanosToPrice4(event.price_nanos));
  return kItchLength<'K'>;
}

inline uint32_t EncodeDeclineLevels(const Notice& event, uint8_t* out) {
  ItchPut<'V', "Level1">(out, NanosToPrice8(event.price_nanos));
  ItchPut<'V', "Level2">(out, NanosToPrice8(event.price_2_nanos));
  ItchPut<'V', "Level3">(out, NanosToPrice8(event.price_3_nanos));
  return kItchLength<'V'>;
}

inline uint32_t EncodeDirectListing(const Notice& event, uint8_t* out) {
  PutText<'O', "Stock">(out, event.symbol);
  ItchPut<'O', "OpenEligible">(out, LetterAt(event.detail, 0));
  ItchPut<'O', "MinPrice">(out, NanosToPrice4(event.price_nanos));
  ItchPut<'O', "MaxPrice">(out, NanosToPrice4(event.price_2_nanos));
  ItchPut<'O', "NearExecPrice">(out, NanosToPrice4(event.price_3_nanos));
  ItchPut<'O', "NearExecTime">(out, static_cast<uint64_t>(event.quantity));
  ItchPut<'O', "LowerCollar">(out, 0);
  ItchPut<'O', "UpperCollar">(out, 0);
  return kItchLength<'O'>;
}

}  // namespace itch_internal

inline uint32_t EncodeItch(const SystemEvent& event, uint64_t midnight_ns, uint8_t* out) {
  itch_internal::PutHeader('S', event.header, midnight_ns, out);
  ItchPut<'S', "Event">(out, static_cast<uint8_t>(event.code));
  return kItchLength<'S'>;
}

inline uint32_t EncodeItch(const InstrumentDefinition& event, uint64_t midnight_ns, uint8_t* out) {
  itch_internal::PutHeader('R', event.header, midnight_ns, out);
  itch_internal::PutText<'R', "Stock">(out, event.symbol);
  ItchPut<'R', "MarketCategory">(out, 'Q');
  ItchPut<'R', "FinancialStatus">(out, 'N');
  ItchPut<'R', "RoundLotSize">(out, event.round_lot);
  ItchPut<'R', "RoundLotsOnly">(out, 'N');
  ItchPut<'R', "IssueClass">(out, 'C');
  itch_internal::PutText<'R', "IssueSubType">(out, FixedText<2>::From("Z"));
  ItchPut<'R', "Authenticity">(out, 'P');
  ItchPut<'R', "ShortSaleThreshold">(out, 'N');
  ItchPut<'R', "IPOFlag">(out, 'N');
  ItchPut<'R', "LULDTier">(out, '1');
  ItchPut<'R', "ETPFlag">(out, 'N');
  ItchPut<'R', "ETPLeverage">(out, 0);
  ItchPut<'R', "Inverse">(out, 'N');
  return kItchLength<'R'>;
}

// header.type 'h': an operational halt, the market code first in `reason`; otherwise H.
inline uint32_t EncodeItch(const TradingStatus& event, uint64_t midnight_ns, uint8_t* out) {
  constexpr char kStates[] = {'T', 'H', 'P', 'Q'};
  const uint8_t state = static_cast<uint8_t>(kStates[static_cast<uint8_t>(event.state)]);
  if (event.header.type == 'h') {
    itch_internal::PutHeader('h', event.header, midnight_ns, out);
    itch_internal::PutText<'h', "Stock">(out, event.symbol);
    ItchPut<'h', "MarketCode">(out, event.reason.chars[0] == '\0' ? 'Q' : static_cast<uint8_t>(event.reason.chars[0]));
    ItchPut<'h', "Action">(out, state);
    return kItchLength<'h'>;
  }
  itch_internal::PutHeader('H', event.header, midnight_ns, out);
  itch_internal::PutText<'H', "Stock">(out, event.symbol);
  ItchPut<'H', "State">(out, state);
  ItchPut<'H', "Reserved">(out, ' ');
  itch_internal::PutText<'H', "Reason">(out, event.reason);
  return kItchLength<'H'>;
}

// With an attribution, or header.type 'F': F; otherwise A.
inline uint32_t EncodeItch(const AddOrder& event, uint64_t midnight_ns, uint8_t* out) {
  const bool attributed = event.header.type == 'F' || event.attribution.chars[0] != '\0';
  return attributed ? itch_internal::EncodeAdd<'F'>(event, midnight_ns, out) : itch_internal::EncodeAdd<'A'>(event, midnight_ns, out);
}

// Without a price: E; otherwise C.
inline uint32_t EncodeItch(const ExecuteOrder& event, uint64_t midnight_ns, uint8_t* out) {
  return event.price_nanos == kNoPrice ? itch_internal::EncodeExecute<'E'>(event, midnight_ns, out)
                                       : itch_internal::EncodeExecute<'C'>(event, midnight_ns, out);
}

inline uint32_t EncodeItch(const ReduceOrder& event, uint64_t midnight_ns, uint8_t* out) {
  itch_internal::PutHeader('X', event.header, midnight_ns, out);
  ItchPut<'X', "OrderRef">(out, event.order_ref);
  ItchPut<'X', "Cancelled">(out, static_cast<uint64_t>(event.quantity));
  return kItchLength<'X'>;
}

inline uint32_t EncodeItch(const DeleteOrder& event, uint64_t midnight_ns, uint8_t* out) {
  itch_internal::PutHeader('D', event.header, midnight_ns, out);
  ItchPut<'D', "OrderRef">(out, event.order_ref);
  return kItchLength<'D'>;
}

inline uint32_t EncodeItch(const ReplaceOrder& event, uint64_t midnight_ns, uint8_t* out) {
  itch_internal::PutHeader('U', event.header, midnight_ns, out);
  ItchPut<'U', "OldRef">(out, event.order_ref);
  ItchPut<'U', "NewRef">(out, event.new_order_ref);
  ItchPut<'U', "Shares">(out, static_cast<uint64_t>(event.quantity));
  ItchPut<'U', "Price">(out, itch_internal::NanosToPrice4(event.price_nanos));
  return kItchLength<'U'>;
}

// With a cross type: Q; otherwise P.
inline uint32_t EncodeItch(const Trade& event, uint64_t midnight_ns, uint8_t* out) {
  if (event.cross_type != 0) {
    itch_internal::PutHeader('Q', event.header, midnight_ns, out);
    ItchPut<'Q', "Shares">(out, static_cast<uint64_t>(event.quantity));
    itch_internal::PutText<'Q', "Stock">(out, event.symbol);
    ItchPut<'Q', "CrossPrice">(out, itch_internal::NanosToPrice4(event.price_nanos));
    ItchPut<'Q', "Match">(out, event.match_number);
    ItchPut<'Q', "CrossType">(out, static_cast<uint8_t>(event.cross_type));
    return kItchLength<'Q'>;
  }
  itch_internal::PutHeader('P', event.header, midnight_ns, out);
  ItchPut<'P', "OrderRef">(out, 0);
  ItchPut<'P', "Side">(out, itch_internal::LetterOf(event.side));
  ItchPut<'P', "Shares">(out, static_cast<uint64_t>(event.quantity));
  itch_internal::PutText<'P', "Stock">(out, event.symbol);
  ItchPut<'P', "Price">(out, itch_internal::NanosToPrice4(event.price_nanos));
  ItchPut<'P', "Match">(out, event.match_number);
  return kItchLength<'P'>;
}

// By header.type: Y L V W K J B I N O; 0 for any other. Fields as the decoder fills them.
inline uint32_t EncodeItch(const Notice& event, uint64_t midnight_ns, uint8_t* out) {
  using namespace itch_internal;  // NOLINT(google-build-using-namespace)
  PutHeader(event.header.type, event.header, midnight_ns, out);
  switch (event.header.type) {
    case 'Y':
      PutText<'Y', "Stock">(out, event.symbol);
      ItchPut<'Y', "Action">(out, LetterAt(event.detail, 0));
      return kItchLength<'Y'>;
    case 'L':
      PutText<'L', "Stock">(out, event.symbol);
      for (size_t i = 0; i < 4; ++i) out[ItchOffset<'L', "MPID">() + i] = static_cast<uint8_t>(LetterAt(event.detail, i));
      for (size_t i = 0; i < 3; ++i) out[ItchOffset<'L', "PrimaryMM">() + i] = static_cast<uint8_t>(LetterAt(event.detail, 4 + i));
      return kItchLength<'L'>;
    case 'W':
      ItchPut<'W', "BreachedLevel">(out, LetterAt(event.detail, 0));
      return kItchLength<'W'>;
    case 'B':
      ItchPut<'B', "Match">(out, event.match_number);
      return kItchLength<'B'>;
    case 'N':
      PutText<'N', "Stock">(out, event.symbol);
      ItchPut<'N', "Interest">(out, LetterAt(event.detail, 0));
      return kItchLength<'N'>;
    case 'V':
      return EncodeDeclineLevels(event, out);
    case 'K':
      return EncodeQuotingPeriod(event, out);
    case 'J':
      return EncodeCollar(event, out);
    case 'I':
      return EncodeImbalance(event, out);
    case 'O':
      return EncodeDirectListing(event, out);
    default:
      return 0;
  }
}

}  // namespace tickgraph
