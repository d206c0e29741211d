// NASDAQ TotalView-ITCH 5.0: bytes of one message in, one event out.
//
// In the flow: behind MoldUDP64 and line arbitration, or a raw file; hands hot/event.h structs to a handler. Length and type are
// checked here, once. No state, no allocation. The registry stands in itch_messages.h, the encoder in itch_encode.h.
#pragma once

#include "hot/event.h"
#include "net/proto/itch_encode.h"
#include "net/proto/itch_messages.h"
#include "net/proto/itch_orders.h"

namespace tickgraph {

namespace itch_internal {

constexpr PriceNanos Price4ToNanos(uint64_t price) { return static_cast<PriceNanos>(price) * 100'000; }

constexpr TradingState StateOf(uint64_t letter) {
  switch (letter) {
    case 'T':
      return TradingState::kTrading;
    case 'P':
      return TradingState::kPaused;
    case 'Q':
      return TradingState::kQuoteOnly;
    default:
      return TradingState::kHalted;  // a letter that we do not know must not let anyone trade
  }
}

// The event that a record stands for. `effect` is the record's, from where it is known sooner.
template <class Handler>
inline void EmitOrder(const OrderMessage& m, OrderEffect effect, const EventHeader& base, Handler& handler) {
  EventHeader header = base;
  header.type = m.type;
  header.locate = m.locate;
  header.ts_event_ns = m.ts_event_ns;
  switch (effect) {
    case OrderEffect::kAdd:
      return handler.On(AddOrder{header, m.symbol, m.order_ref, m.price_nanos, m.quantity, m.side, m.attribution});
    case OrderEffect::kDelete:
      return handler.On(DeleteOrder{header, m.order_ref});
    case OrderEffect::kReplace:
      return handler.On(ReplaceOrder{header, m.order_ref, m.second, m.price_nanos, m.quantity});
    case OrderEffect::kExecute:
      return handler.On(ExecuteOrder{header, m.order_ref, m.quantity, m.second, m.price_nanos, m.printable});
    case OrderEffect::kReduce:
      return handler.On(ReduceOrder{header, m.order_ref, m.quantity});
    case OrderEffect::kNone:
      return;
  }
}

template <class Handler>
inline DecodeStatus DecodeTrade(const uint8_t* m, const EventHeader& header, uint64_t midnight_ns, Handler& handler) {
  OrderMessage trade;
  if (!FillOrder(OrderFormOf('P'), m, kItchLength<'P'>, midnight_ns, &trade)) return DecodeStatus::kBadValue;
  handler.On(Trade{header, trade.symbol, trade.price_nanos, trade.quantity, trade.second, trade.side, 0});
  return DecodeStatus::kOk;
}

template <class Handler>
inline DecodeStatus DecodeCross(const uint8_t* m, const EventHeader& header, Handler& handler) {
  const uint64_t shares = ItchGet<'Q', "Shares">(m);
  if (shares > INT64_MAX) return DecodeStatus::kBadValue;
  Trade event;
  event.header = header;
  event.symbol = LoadSymbol<8>(m + ItchOffset<'Q', "Stock">());
  event.price_nanos = Price4ToNanos(ItchGet<'Q', "CrossPrice">(m));
  event.quantity = static_cast<Quantity>(shares);
  event.match_number = ItchGet<'Q', "Match">(m);
  event.cross_type = static_cast<char>(ItchGet<'Q', "CrossType">(m));
  handler.On(event);
  return DecodeStatus::kOk;
}

template <class Handler>
inline DecodeStatus DecodeDirectory(const uint8_t* m, const EventHeader& header, Handler& handler) {
  handler.On(
      InstrumentDefinition{header, LoadSymbol<8>(m + ItchOffset<'R', "Stock">()), static_cast<uint32_t>(ItchGet<'R', "RoundLotSize">(m))});
  return DecodeStatus::kOk;
}

// H, and h, whose reason is the market code.
template <char kType, class Handler>
inline DecodeStatus DecodeStatusChange(const uint8_t* m, const EventHeader& header, Handler& handler) {
  TradingStatus event;
  event.header = header;
  event.symbol = LoadSymbol<8>(m + ItchOffset<kType, "Stock">());
  if constexpr (kType == 'H') {
    event.state = StateOf(ItchGet<'H', "State">(m));
    event.reason = FixedText<4>::FromPadded(m + ItchOffset<'H', "Reason">(), 4);
  } else {
    event.state = StateOf(ItchGet<'h', "Action">(m));
    event.reason.chars[0] = static_cast<char>(ItchGet<'h', "MarketCode">(m));
  }
  handler.On(event);
  return DecodeStatus::kOk;
}

// Fills the fields of `event` that its type carries; false where a number does not fit.
bool FillNotice(const uint8_t* m, Notice* event);

template <class Handler>
inline DecodeStatus DecodeNotice(const uint8_t* m, const EventHeader& header, Handler& handler) {
  Notice event;
  event.header = header;
  if (!FillNotice(m, &event)) return DecodeStatus::kBadValue;
  handler.On(event);
  return DecodeStatus::kOk;
}

inline void FillPriceNotice(const uint8_t* m, Notice* event) {
  if (event->header.type == 'J') {
    event->symbol = LoadSymbol<8>(m + ItchOffset<'J', "Stock">());
    event->price_nanos = Price4ToNanos(ItchGet<'J', "ReferencePrice">(m));
    event->price_2_nanos = Price4ToNanos(ItchGet<'J', "UpperCollar">(m));
    event->price_3_nanos = Price4ToNanos(ItchGet<'J', "LowerCollar">(m));
    event->quantity = static_cast<Quantity>(ItchGet<'J', "Extension">(m));
  } else {
    event->symbol = LoadSymbol<8>(m + ItchOffset<'K', "Stock">());
    event->price_nanos = Price4ToNanos(ItchGet<'K', "IPOPrice">(m));
    event->quantity = static_cast<Quantity>(ItchGet<'K', "ReleaseTime">(m));
    event->detail.chars[0] = static_cast<char>(ItchGet<'K', "Qualifier">(m));
  }
}

inline bool FillImbalance(const uint8_t* m, Notice* event) {
  const uint64_t paired = ItchGet<'I', "Paired">(m), imbalance = ItchGet<'I', "Imbalance">(m);
  if (paired > INT64_MAX || imbalance > INT64_MAX) return false;
  event->symbol = LoadSymbol<8>(m + ItchOffset<'I', "Stock">());
  event->price_nanos = Price4ToNanos(ItchGet<'I', "FarPrice">(m));
  event->price_2_nanos = Price4ToNanos(ItchGet<'I', "NearPrice">(m));
  event->price_3_nanos = Price4ToNanos(ItchGet<'I', "RefPrice">(m));
  event->quantity = static_cast<Quantity>(paired);
  event->quantity_2 = static_cast<Quantity>(imbalance);
  event->detail.chars[0] = static_cast<char>(ItchGet<'I', "Direction">(m));
  event->detail.chars[1] = static_cast<char>(ItchGet<'I', "CrossType">(m));
  event->detail.chars[2] = static_cast<char>(ItchGet<'I', "Variation">(m));
  return true;
}

inline bool FillDeclineLevels(const uint8_t* m, Notice* event) {
  const uint64_t levels[] = {ItchGet<'V', "Level1">(m), ItchGet<'V', "Level2">(m), ItchGet<'V', "Level3">(m)};
  for (const uint64_t level : levels) {
    if (level > INT64_MAX / 10) return false;
  }
  event->price_nanos = static_cast<PriceNanos>(levels[0] * 10);
  event->price_2_nanos = static_cast<PriceNanos>(levels[1] * 10);
  event->price_3_nanos = static_cast<PriceNanos>(levels[2] * 10);
  return true;
}

// The two collars of O have no place in a Notice: its three prices are the range and the near execution price.
inline bool FillDirectListing(const uint8_t* m, Notice* event) {
  const uint64_t time = ItchGet<'O', "NearExecTime">(m);
  if (time > INT64_MAX) return false;
  event->symbol = LoadSymbol<8>(m + ItchOffset<'O', "Stock">());
  event->price_nanos = Price4ToNanos(ItchGet<'O', "MinPrice">(m));
  event->price_2_nanos = Price4ToNanos(ItchGet<'O', "MaxPrice">(m));
  event->price_3_nanos = Price4ToNanos(ItchGet<'O', "NearExecPrice">(m));
  event->quantity = static_cast<Quantity>(time);
  event->detail.chars[0] = static_cast<char>(ItchGet<'O', "OpenEligible">(m));
  return true;
}

inline bool FillNotice(const uint8_t* m, Notice* event) {
  switch (event->header.type) {
    case 'Y':
      event->symbol = LoadSymbol<8>(m + ItchOffset<'Y', "Stock">());
      event->detail.chars[0] = static_cast<char>(ItchGet<'Y', "Action">(m));
      return true;
    case 'L':
      event->symbol = LoadSymbol<8>(m + ItchOffset<'L', "Stock">());
      std::memcpy(event->detail.chars.data(), m + ItchOffset<'L', "MPID">(), 4);
      std::memcpy(event->detail.chars.data() + 4, m + ItchOffset<'L', "PrimaryMM">(), 3);
      return true;
    case 'V':
      return FillDeclineLevels(m, event);
    case 'W':
      event->detail.chars[0] = static_cast<char>(ItchGet<'W', "BreachedLevel">(m));
      return true;
    case 'B':
      event->match_number = ItchGet<'B', "Match">(m);
      return true;
    case 'N':
      event->symbol = LoadSymbol<8>(m + ItchOffset<'N', "Stock">());
      event->detail.chars[0] = static_cast<char>(ItchGet<'N', "Interest">(m));
      return true;
    case 'I':
      return FillImbalance(m, event);
    case 'O':
      return FillDirectListing(m, event);
    default:
      FillPriceNotice(m, event);
      return true;
  }
}

// All that changes no order. Not inlined: these are few, and the path of the others stays short.
template <class Handler>
[[gnu::noinline]] DecodeStatus DecodeOther(const uint8_t* message, const EventHeader& base, uint64_t midnight_ns, Handler& handler) {
  EventHeader header = base;
  header.type = static_cast<char>(message[0]);
  header.locate = LoadBe16(message + 1);
  header.ts_event_ns = midnight_ns + LoadBe48(message + 5);
  switch (header.type) {
    case 'P':
      return DecodeTrade(message, header, midnight_ns, handler);
    case 'Q':
      return DecodeCross(message, header, handler);
    case 'S':
      handler.On(SystemEvent{header, static_cast<char>(ItchGet<'S', "Event">(message))});
      return DecodeStatus::kOk;
    case 'R':
      return DecodeDirectory(message, header, handler);
    case 'H':
      return DecodeStatusChange<'H'>(message, header, handler);
    case 'h':
      return DecodeStatusChange<'h'>(message, header, handler);
    default:
      return DecodeNotice(message, header, handler);
  }
}

}  // namespace itch_internal

// A handler that takes an order's message as the record it was decoded into: On(base, message), with venue, line and feed_sequence in
// `base`; the record is its own to change. It spares a branch on the type, which nobody can predict. Trades come as events.
template <class Handler>
concept TakesOrderMessages = requires(Handler& handler, const EventHeader& base, OrderMessage& message) {
  handler.On(base, message);
};

// Decodes one message and calls handler.On(event) exactly once where the status is kOk, and not at all otherwise.
// `base` gives venue, line and feed_sequence; `midnight_ns` is New York midnight in UTC, 0 where no date is known.
template <class Handler>
inline DecodeStatus DecodeItch(const uint8_t* message, uint32_t size, const EventHeader& base, uint64_t midnight_ns, Handler& handler) {
  using namespace itch_internal;                     // NOLINT(google-build-using-namespace)
  if (size == 0) return DecodeStatus::kUnknownType;  // an empty block is legal in MoldUDP64
  const uint8_t length = kItchLengths[message[0]];
  if (length != size) [[unlikely]]
    return length == 0 ? DecodeStatus::kUnknownType : DecodeStatus::kBadLength;
  const OrderForm& form = OrderFormOf(message[0]);
  if (form.effect == OrderEffect::kNone) [[unlikely]]
    return DecodeOther(message, base, midnight_ns, handler);
  OrderMessage order;
  if (!FillOrder(form, message, size, midnight_ns, &order)) [[unlikely]]
    return DecodeStatus::kBadValue;
  if constexpr (TakesOrderMessages<Handler>) {
    handler.On(base, order);
  } else {
    EmitOrder(order, form.effect, base, handler);
  }
  return DecodeStatus::kOk;
}

struct ItchWalk {
  uint64_t messages = 0, unknown_types = 0, bad_lengths = 0;
  size_t bytes = 0;  // whole frames walked; less than the size given where a frame of length 0 or a cut frame ended the walk
};

// Walks [u16 length][message] frames and calls visit(message, length) for each whose length is its type's.
template <class Visit>
inline ItchWalk WalkItch(const uint8_t* data, size_t size, Visit&& visit) {
  ItchWalk out;
  const uint8_t* at = data;
  for (ptrdiff_t behind = 0; (behind = data + size - at - 2) >= 0;) {  // bytes behind the length
    const uint32_t length = LoadBe16(at);
    if (uint64_t{length} - 1 >= static_cast<uint64_t>(behind)) break;  // of length 0, or cut
    const uint8_t* message = at + 2;
    at = message + length;
    const uint8_t known = kItchLengths[message[0]];
    if (known == length) [[likely]] {
      ++out.messages;
      visit(message, length);
    } else {
      ++(known == 0 ? out.unknown_types : out.bad_lengths);
    }
  }
  out.bytes = static_cast<size_t>(at - data);
  return out;
}

}  // namespace tickgraph
