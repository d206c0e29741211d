// OPRA binary recipient 6.2: a block of messages in, events out.
//
// In the flow: behind frame.h; blocks go through line arbitration whole, since a message inside one has no length prefix, then each
// message is decoded. Lengths, checksum and letters are checked here, once. No state, no allocation. The registry stands in
// opra_messages.h, the encoder in opra_encode.h.
#pragma once

#include "hot/event.h"
#include "net/proto/opra_encode.h"
#include "net/proto/opra_messages.h"

namespace tickgraph {

struct OpraBlock {
  bool good = false;
  const char* problem = "";  // why not
  bool retransmitted = false;
  uint8_t count = 0;            // messages
  char control = 0;             // type letter of the control message that the block holds, 0 if none
  uint32_t sequence = 0;        // number of the first message
  uint32_t messages_bytes = 0;  // with the pad byte
  uint64_t ts_ns = 0;
  const uint8_t* messages = nullptr;
};

// Whether a payload claims to be an OPRA block of this version.
inline bool LooksLikeOpra(const uint8_t* payload, uint32_t size) {
  return size >= kOpraBlockHeaderBytes && payload[0] == 6 && payload[3] == 'O' && LoadBe16(payload + 1) == size;
}

inline uint16_t OpraChecksum(const uint8_t* block, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < size; ++i) sum += block[i];
  return static_cast<uint16_t>(sum - block[19] - block[20]);
}

inline OpraBlock ParseOpraBlock(const uint8_t* payload, uint32_t size) {
  OpraBlock out;
  if (size < kOpraBlockHeaderBytes || GetField<kOpraFraming, 'B', "BlockSize">(payload) != size) {
    out.problem = "OPRA block size differs from its datagram";
    return out;
  }
  if (GetField<kOpraFraming, 'B', "Version">(payload) != 6 || GetField<kOpraFraming, 'B', "DataFeed">(payload) != 'O') {
    out.problem = "not an OPRA block of version 6";
    return out;
  }
  if (OpraChecksum(payload, size) != GetField<kOpraFraming, 'B', "Checksum">(payload)) {
    out.problem = "OPRA block checksum";
    return out;
  }
  out.good = true;
  out.retransmitted = GetField<kOpraFraming, 'B', "Retransmission">(payload) == 'V';
  out.sequence = static_cast<uint32_t>(GetField<kOpraFraming, 'B', "BlockSequence">(payload));
  out.count = static_cast<uint8_t>(GetField<kOpraFraming, 'B', "Messages">(payload));
  out.ts_ns = GetField<kOpraFraming, 'B', "Seconds">(payload) * 1'000'000'000 + GetField<kOpraFraming, 'B', "Nanos">(payload);
  out.messages = payload + kOpraBlockHeaderBytes;
  out.messages_bytes = size - kOpraBlockHeaderBytes;
  // Controls always stand alone in their block.
  if (out.count == 1 && out.messages_bytes >= kOpraMessageHeaderBytes && out.messages[1] == 'H')
    out.control = static_cast<char>(out.messages[2]);
  return out;
}

namespace opra_internal {

// What the indicator says of one side.
enum class BestFrom : uint8_t { kNoChange, kInQuote, kAppendage, kNone };
struct Indication {
  BestFrom bid = BestFrom::kNoChange, ask = BestFrom::kNoChange;
};

// A to P: rows of four by bid (no change, in quote, none, appendage), columns by offer (no change, in quote, appendage, none).
constexpr bool IndicationOf(char indicator, Indication* out) {
  constexpr BestFrom kBids[] = {BestFrom::kNoChange, BestFrom::kInQuote, BestFrom::kNone, BestFrom::kAppendage};
  constexpr BestFrom kAsks[] = {BestFrom::kNoChange, BestFrom::kInQuote, BestFrom::kAppendage, BestFrom::kNone};
  *out = {};
  if (indicator == ' ') return true;
  if (indicator < 'A' || indicator > 'P') return false;
  out->bid = kBids[(indicator - 'A') / 4];
  out->ask = kAsks[(indicator - 'A') % 4];
  return true;
}

constexpr uint32_t AppendageBytes(const Indication& indication) {
  return (indication.bid == BestFrom::kAppendage ? kOpraAppendageBytes : 0) +
         (indication.ask == BestFrom::kAppendage ? kOpraAppendageBytes : 0);
}

// A negative price or an unknown denominator is impossible.
inline bool PriceOf(uint32_t wire, uint8_t denominator, PriceNanos* out) {
  const uint32_t nanos = kOpraDenominators[denominator];
  if (nanos == 0 || wire > INT32_MAX) return false;
  *out = static_cast<PriceNanos>(wire) * nanos;
  return true;
}

inline bool ExpirationOf(const uint8_t* p, OptionKey* key) {
  const uint8_t letter = p[0], day = p[1];
  if (letter < 'A' || letter > 'X' || day < 1 || day > 31) return false;
  const uint32_t month = letter - 'A';
  key->right = month < 12 ? OptionRight::kCall : OptionRight::kPut;
  key->expiration = (2000u + p[2]) * 10000 + (month % 12 + 1) * 100 + day;
  return true;
}

// Root, expiration and strike of a message whose symbol has five characters.
template <char kCategory>
inline bool KeyOf(const uint8_t* m, OptionKey* key) {
  key->root = LoadSymbol<5>(m + OpraOffset<kCategory, "Symbol">());
  const auto denominator = static_cast<uint8_t>(OpraGet<kCategory, "StrikeDenom">(m));
  return ExpirationOf(m + OpraOffset<kCategory, "Expiration">(), key) &&
         PriceOf(static_cast<uint32_t>(OpraGet<kCategory, "Strike">(m)), denominator, &key->strike_nanos) && key->root.chars[0] != '\0';
}

// A side without size is withdrawn, and an offer at 0 is none; a bid at 0 with a size is a bid.
constexpr OptionSide MakeSide(PriceNanos price, uint64_t size, char participant, bool offer) {
  if (size == 0 || (offer && price == 0)) return {};
  return {price, static_cast<Quantity>(size), participant};
}

// By the quote's type: whether its own sides may be the best.
constexpr bool BidEligible(char type) { return type == ' ' || type == 'A' || type == 'B' || type == 'O' || type == 'C' || type == 'X'; }
constexpr bool AskEligible(char type) { return type == ' ' || type == 'A' || type == 'B' || type == 'O' || type == 'C' || type == 'Y'; }

inline bool ReadAppendage(const uint8_t* p, bool offer, OptionSide* out) {
  PriceNanos price = 0;
  if (!PriceOf(static_cast<uint32_t>(GetField<kOpraFraming, '+', "Price">(p)),
               static_cast<uint8_t>(GetField<kOpraFraming, '+', "Denom">(p)), &price)) {
    return false;
  }
  *out = MakeSide(price, GetField<kOpraFraming, '+', "Size">(p), static_cast<char>(p[0]), offer);
  return true;
}

inline bool ResolveSide(BestFrom from, const OptionSide& own, bool eligible, bool offer, const uint8_t** appendage, BestChange* change,
                        OptionSide* best) {
  if (from == BestFrom::kNoChange) return true;
  if (from == BestFrom::kInQuote && eligible) *best = own;
  if (from == BestFrom::kAppendage) {
    if (!ReadAppendage(*appendage, offer, best)) return false;
    *appendage += kOpraAppendageBytes;
  }
  *change = best->price_nanos == kNoPrice ? BestChange::kNone : BestChange::kSet;
  return true;
}

// Reads both sides' best from the indicator and the appendages behind the fixed part.
inline bool ResolveBest(const Indication& indication, const uint8_t* appendage, OptionQuote* event) {
  return ResolveSide(indication.bid, event->bid, BidEligible(event->condition), false, &appendage, &event->best_bid_change,
                     &event->best_bid) &&
         ResolveSide(indication.ask, event->ask, AskEligible(event->condition), true, &appendage, &event->best_ask_change,
                     &event->best_ask);
}

inline bool ReadLongQuote(const uint8_t* m, OptionQuote* event) {
  const auto denominator = static_cast<uint8_t>(OpraGet<'k', "PremiumDenom">(m));
  PriceNanos bid = 0, ask = 0;
  if (!KeyOf<'k'>(m, &event->key) || !PriceOf(static_cast<uint32_t>(OpraGet<'k', "Bid">(m)), denominator, &bid) ||
      !PriceOf(static_cast<uint32_t>(OpraGet<'k', "Offer">(m)), denominator, &ask)) {
    return false;
  }
  event->bid = MakeSide(bid, OpraGet<'k', "BidSize">(m), event->participant, false);
  event->ask = MakeSide(ask, OpraGet<'k', "OfferSize">(m), event->participant, true);
  return true;
}

inline bool ReadShortQuote(const uint8_t* m, OptionQuote* event) {
  event->key.root = LoadSymbol<4>(m + OpraOffset<'q', "Symbol">());
  if (!ExpirationOf(m + OpraOffset<'q', "Expiration">(), &event->key) || event->key.root.chars[0] == '\0') return false;
  event->key.strike_nanos = static_cast<PriceNanos>(OpraGet<'q', "Strike">(m)) * kOpraDenominators['A'];
  const PriceNanos cent = kOpraDenominators['B'];
  event->bid = MakeSide(static_cast<PriceNanos>(OpraGet<'q', "Bid">(m)) * cent, OpraGet<'q', "BidSize">(m), event->participant, false);
  event->ask = MakeSide(static_cast<PriceNanos>(OpraGet<'q', "Offer">(m)) * cent, OpraGet<'q', "OfferSize">(m), event->participant, true);
  return true;
}

template <char kCategory, class Handler>
inline DecodeStatus DecodeQuote(const uint8_t* m, const EventHeader& header, Handler& handler) {
  Indication indication;
  if (!IndicationOf(static_cast<char>(OpraGet<kCategory, "Indicator">(m)), &indication)) return DecodeStatus::kBadValue;
  OptionQuote event;
  event.header = header;
  event.participant = static_cast<char>(OpraGet<kCategory, "Participant">(m));
  event.condition = static_cast<char>(OpraGet<kCategory, "Type">(m));
  const bool good = kCategory == 'k' ? ReadLongQuote(m, &event) : ReadShortQuote(m, &event);
  if (!good || !ResolveBest(indication, m + MessageOf<kOpraRegistry, kCategory>().length, &event)) return DecodeStatus::kBadValue;
  handler.On(event);
  return DecodeStatus::kOk;
}

template <class Handler>
inline DecodeStatus DecodeSale(const uint8_t* m, const EventHeader& header, Handler& handler) {
  OptionTrade event;
  event.header = header;
  const auto denominator = static_cast<uint8_t>(OpraGet<'a', "PremiumDenom">(m));
  if (!KeyOf<'a'>(m, &event.key) || !PriceOf(static_cast<uint32_t>(OpraGet<'a', "Premium">(m)), denominator, &event.price_nanos)) {
    return DecodeStatus::kBadValue;
  }
  event.quantity = static_cast<Quantity>(OpraGet<'a', "Volume">(m));
  event.participant = static_cast<char>(OpraGet<'a', "Participant">(m));
  event.condition = static_cast<char>(OpraGet<'a', "Type">(m));
  handler.On(event);
  return DecodeStatus::kOk;
}

// C d f Y R. detail: participant and type. An unknown denominator leaves a price out: nothing acts on these.
template <class Handler>
inline DecodeStatus DecodeNotice(const uint8_t* m, const EventHeader& header, Handler& handler) {
  Notice event;
  event.header = header;
  event.detail.chars[0] = static_cast<char>(m[0]);
  event.detail.chars[1] = static_cast<char>(m[2]);
  if (header.type != 'C') event.symbol = LoadSymbol<5>(m + OpraOffset<'d', "Symbol">());
  if (header.type == 'd') event.quantity = static_cast<Quantity>(OpraGet<'d', "OpenInterest">(m));
  if (header.type == 'f') {
    event.quantity = static_cast<Quantity>(OpraGet<'f', "Volume">(m));
    event.quantity_2 = static_cast<Quantity>(OpraGet<'f', "OpenInterest">(m));
    const auto denominator = static_cast<uint8_t>(OpraGet<'f', "PremiumDenom">(m));
    if (!PriceOf(static_cast<uint32_t>(OpraGet<'f', "Last">(m)), denominator, &event.price_nanos)) event.price_nanos = kNoPrice;
  }
  if (header.type == 'Y') {
    const auto denominator = static_cast<uint8_t>(OpraGet<'Y', "IndexDenom">(m));
    if (!PriceOf(static_cast<uint32_t>(OpraGet<'Y', "Value">(m)), denominator, &event.price_nanos)) event.price_nanos = kNoPrice;
    if (m[2] == 'I' && !PriceOf(static_cast<uint32_t>(OpraGet<'y', "OfferValue">(m)), denominator, &event.price_2_nanos)) {
      event.price_2_nanos = kNoPrice;
    }
  }
  handler.On(event);
  return DecodeStatus::kOk;
}

}  // namespace opra_internal

// Bytes of the message at `p` of which `room` are left in the block. 0: `status` says why, and the block cannot be walked further.
inline uint32_t OpraMessageBytes(const uint8_t* p, uint32_t room, DecodeStatus* status) {
  *status = DecodeStatus::kBadLength;
  if (room < kOpraMessageHeaderBytes) return 0;
  uint32_t bytes = kOpraLengths[p[1]];
  opra_internal::Indication indication;
  if (bytes == 0) {
    *status = DecodeStatus::kUnknownType;
    return 0;
  }
  if (p[1] == 'k' || p[1] == 'q') {
    if (!opra_internal::IndicationOf(static_cast<char>(p[3]), &indication)) {
      *status = DecodeStatus::kBadValue;
      return 0;
    }
    bytes += opra_internal::AppendageBytes(indication);
  } else if (p[1] == 'C') {
    if (room < bytes) return 0;
    bytes += LoadBe16(p + OpraOffset<'C', "DataLength">());
  }
  if (bytes > room) return 0;
  *status = DecodeStatus::kOk;
  return bytes;
}

struct OpraWalk {
  uint32_t walked = 0;                      // messages visited or skipped
  DecodeStatus status = DecodeStatus::kOk;  // of the message that ended the walk; kBadLength with walked == count: bytes were left over
};

// Calls visit(message, index) for the messages of a good block with index >= from.
template <class Visit>
inline OpraWalk ForEachOpraMessage(const uint8_t* messages, uint32_t bytes, uint32_t count, uint32_t from, Visit&& visit) {
  OpraWalk out;
  uint32_t at = 0;
  for (; out.walked < count; ++out.walked) {
    const uint32_t length = OpraMessageBytes(messages + at, bytes - at, &out.status);
    if (length == 0) return out;
    if (out.walked >= from) visit(messages + at, out.walked);
    at += length;
  }
  if (bytes - at > 1) out.status = DecodeStatus::kBadLength;  // one byte pads a block to an even size
  return out;
}

// Decodes one message whose bytes OpraMessageBytes found to be there. Calls handler.On(event) exactly once where the status is kOk, and
// not at all otherwise. `base` gives venue, line, feed_sequence and, from the block, ts_event_ns.
template <class Handler>
inline DecodeStatus DecodeOpra(const uint8_t* message, const EventHeader& base, Handler& handler) {
  EventHeader header = base;
  header.type = static_cast<char>(message[1]);
  switch (header.type) {
    case 'k':
      return opra_internal::DecodeQuote<'k'>(message, header, handler);
    case 'q':
      return opra_internal::DecodeQuote<'q'>(message, header, handler);
    case 'a':
      return opra_internal::DecodeSale(message, header, handler);
    case 'H':
      handler.On(SystemEvent{header, static_cast<char>(message[2])});
      return DecodeStatus::kOk;
    case 'C':
    case 'd':
    case 'f':
    case 'Y':
    case 'R':
      return opra_internal::DecodeNotice(message, header, handler);
    default:
      return DecodeStatus::kUnknownType;
  }
}

}  // namespace tickgraph
