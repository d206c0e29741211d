// How a decoded event becomes the payload of an `events` row: one overload an event, one for all messages of orders, nothing else.
//
// Called by the loop for every message, so each writes the whole payload once and reads nothing back.
#pragma once

#include <cstring>

#include "hot/book_update.h"
#include "hot/event.h"
#include "hot/order_message.h"
#include "hot/tape_record.h"

namespace tickgraph {

inline EventPayload EmptyEventPayload(const EventHeader& header) {
  EventPayload out{};
  out.feed_sequence = header.feed_sequence;
  out.price_nanos = out.price_2_nanos = out.price_3_nanos = kNoPrice;
  out.line = static_cast<uint8_t>(header.line);
  return out;
}

constexpr char SideLetter(Side side) { return side == Side::kBuy ? 'B' : 'S'; }

inline EventPayload ToRow(const SystemEvent& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.detail[0] = e.code;
  return out;
}

inline EventPayload ToRow(const InstrumentDefinition& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.quantity = e.round_lot;
  return out;
}

inline EventPayload ToRow(const TradingStatus& e) {
  static constexpr char kLetters[] = {'T', 'H', 'P', 'Q'};
  EventPayload out = EmptyEventPayload(e.header);
  out.detail[0] = kLetters[static_cast<int>(e.state)];
  std::memcpy(out.detail + 1, e.reason.chars.data(), e.reason.chars.size());
  return out;
}

// An order's message and what the book made of it: what the message leaves unsaid, the book knows.
inline EventPayload ToRow(const EventHeader& base, const OrderMessage& m, const BookUpdate& update) {
  const bool known = update.instrument != kNoInstrument;
  EventPayload out = EmptyEventPayload(base);
  out.order_ref = m.order_ref;
  out.order_ref_2 = m.second;
  out.price_nanos = m.price_nanos == kNoPrice && known ? update.price_nanos : m.price_nanos;
  out.quantity = m.effect == OrderEffect::kDelete ? update.quantity_removed : m.quantity;
  out.side = known || m.effect == OrderEffect::kAdd ? SideLetter(update.side) : '\0';
  std::memcpy(out.detail, m.attribution.chars.data(), m.attribution.chars.size());
  if (m.effect == OrderEffect::kExecute) out.detail[0] = m.printable ? 'Y' : 'N';
  return out;
}

inline EventPayload ToRow(const ModifyOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.side = SideLetter(e.side);
  return out;
}

inline EventPayload ToRow(const LevelUpdate& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.quantity_2 = e.order_count;
  out.side = SideLetter(e.side);
  out.held = e.use == EventUse::kRecordOnly;
  return out;
}

inline EventPayload ToRow(const QuoteUpdate& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.price_nanos = e.top.bid_nanos;
  out.quantity = e.top.bid_quantity;
  out.price_2_nanos = e.top.ask_nanos;
  out.quantity_2 = e.top.ask_quantity;
  out.held = e.use == EventUse::kRecordOnly;
  return out;
}

inline EventPayload ToRow(const BookClear& e) { return EmptyEventPayload(e.header); }

inline EventPayload ToRow(const Trade& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref_2 = e.match_number;
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.side = e.side_known ? SideLetter(e.side) : '\0';
  out.detail[0] = e.cross_type;
  return out;
}

inline EventPayload ToRow(const Notice& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref_2 = e.match_number;
  out.price_nanos = e.price_nanos;
  out.price_2_nanos = e.price_2_nanos;
  out.price_3_nanos = e.price_3_nanos;
  out.quantity = e.quantity;
  out.quantity_2 = e.quantity_2;
  std::memcpy(out.detail, e.detail.chars.data(), e.detail.chars.size());
  return out;
}

inline EventPayload ToRow(const OptionQuote& e) {
  static constexpr char kBest[] = {'.', 'S', 'N'};  // no change, set, none
  EventPayload out = EmptyEventPayload(e.header);
  out.price_nanos = e.bid.price_nanos;
  out.quantity = e.bid.quantity;
  out.price_2_nanos = e.ask.price_nanos;
  out.quantity_2 = e.ask.quantity;
  out.detail[0] = e.participant;
  out.detail[1] = e.condition;
  out.detail[2] = kBest[static_cast<int>(e.best_bid_change)];
  out.detail[3] = kBest[static_cast<int>(e.best_ask_change)];
  return out;
}

inline EventPayload ToRow(const OptionTrade& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.detail[0] = e.participant;
  out.detail[1] = e.condition;
  return out;
}

}  // namespace tickgraph
