// How a decoded event becomes the payload of an `events` row: one overload an event, nothing else.
//
// Called by the loop for every message, so each writes the whole payload once and reads nothing back.
#pragma once

#include <cstring>

#include "hot/event.h"
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

inline EventPayload ToRow(const AddOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.side = SideLetter(e.side);
  std::memcpy(out.detail, e.attribution.chars.data(), e.attribution.chars.size());
  return out;
}

inline EventPayload ToRow(const ExecuteOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  out.order_ref_2 = e.match_number;
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
  out.detail[0] = e.printable ? 'Y' : 'N';
  return out;
}

inline EventPayload ToRow(const ReduceOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  out.quantity = e.quantity;
  return out;
}

inline EventPayload ToRow(const DeleteOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  return out;
}

inline EventPayload ToRow(const ReplaceOrder& e) {
  EventPayload out = EmptyEventPayload(e.header);
  out.order_ref = e.order_ref;
  out.order_ref_2 = e.new_order_ref;
  out.price_nanos = e.price_nanos;
  out.quantity = e.quantity;
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
