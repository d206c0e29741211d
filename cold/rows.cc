// The tables, column by column.
#include "cold/rows.h"

#include "cold/message_type.h"

namespace tickgraph {
namespace {

using Type = Column::Type;

std::vector<std::string> RiskLabels() {
  std::vector<std::string> out;
  out.reserve(kRejectReasons);
  for (int i = 0; i < kRejectReasons; ++i) out.emplace_back(RejectReasonName(static_cast<RejectReason>(i)));
  return out;
}

}  // namespace

std::vector<std::string> VenueLabels(const TapeNames& names) {
  std::vector<std::string> out;
  for (uint8_t i = 0; i < kMaxVenues; ++i) {
    const TapeVenue* venue = names.venue(i);
    out.push_back(venue == nullptr ? std::string() : ToUtf8(venue->name.view()));
  }
  return out;
}

void ColumnSet::Start(int64_t rows, const TapeNames& names) {
  const std::vector<std::string> labels = VenueLabels(names);
  for (Column* venue : venues_) venue->SetLabels(labels);
  for (Column& column : columns_) column.Start(rows);
}

InstrumentColumns::InstrumentColumns(ColumnSet& set, const std::string& prefix)
    : venue_(set.AddVenue(prefix + "venue")),
      symbol_(set.Add(prefix + "symbol", Type::kText)),
      expiration_(set.Add(prefix + "expiration", Type::kDate)),
      right_(set.Add(prefix + "right", Type::kLabel, {"call", "put"})),
      strike_(set.Add(prefix + "strike", Type::kDecimal)) {}

void InstrumentColumns::Set(int64_t row, const TapeNames& names, uint8_t venue, InstrumentIndex instrument) {
  const TapeInstrument* x = instrument == kNoInstrument ? nullptr : names.instrument(instrument);
  venue_->SetLabel(row, venue);
  symbol_->SetText(row, x == nullptr ? InstrumentName() : x->symbol);
  const bool option = x != nullptr && x->kind == InstrumentKind::kOption;
  expiration_->SetDate(row, option ? x->expiration : 0);
  right_->SetLabel(row, option ? static_cast<int32_t>(x->right) : -1);
  strike_->SetPrice(row, option ? x->strike_nanos : kNoPrice);
}

CommonColumns::CommonColumns(ColumnSet& set, bool with_product)
    : sequence_(set.Add("sequence", Type::kInt64)),
      ts_recv_(set.Add("ts_recv", Type::kTimestamp)),
      ts_event_(set.Add("ts_event", Type::kTimestamp)),
      product_(with_product ? set.Add("product", Type::kText) : nullptr),
      instrument_(set, "") {}

void CommonColumns::Set(int64_t row, const TapeRecord& record, const TapeNames& names) {
  sequence_->SetInt(row, static_cast<int64_t>(record.sequence));
  ts_recv_->SetIntOrNull(row, static_cast<int64_t>(record.ts_recv_ns));
  ts_event_->SetIntOrNull(row, static_cast<int64_t>(record.ts_event_ns));
  if (product_ != nullptr) {
    const TapeInstrument* x = record.instrument == kNoInstrument ? nullptr : names.instrument(record.instrument);
    product_->SetText(row, x == nullptr ? InstrumentName() : x->product);
  }
  instrument_.Set(row, names, record.venue, record.instrument);
}

// An events row without a reference, side or text has none: zero says so on the tape.
EventColumns::EventColumns(ColumnSet& set)
    : type(set.Add("message_type", Type::kText)),
      feed_sequence(set.Add("feed_sequence", Type::kUint64)),
      line(set.Add("line", Type::kLabel, {"A", "B"})),
      side(set.Add("side", Type::kLabel, SideLabels())),
      order_ref(set.Add("order_ref", Type::kUint64)),
      order_ref_2(set.Add("order_ref_2", Type::kUint64)),
      price(set.Add("price", Type::kDecimal)),
      quantity(set.Add("quantity", Type::kInt64)),
      price_2(set.Add("price_2", Type::kDecimal)),
      quantity_2(set.Add("quantity_2", Type::kInt64)),
      price_3(set.Add("price_3", Type::kDecimal)),
      detail(set.Add("detail", Type::kText)),
      book_state(set.Add("book_state", Type::kLabel, {"live", "gapped", "recovering", "stale", "updating"})),
      held(set.Add("held", Type::kLabel, {"no", "yes"})),
      quantity_decimals(set.Add("quantity_decimals", Type::kInt64)) {}

void EventColumns::Set(int64_t row, const TapeRecord& record, const TapeNames& names) {
  const EventPayload& e = record.event;
  const TapeVenue* venue = names.venue(record.venue);
  type->SetText(row, MessageTypeName(venue == nullptr ? FeedProtocol::kItch : venue->protocol, record.type));
  feed_sequence->SetInt(row, static_cast<int64_t>(e.feed_sequence));
  line->SetLabel(row, e.line);
  side->SetLabel(row, SideCode(e.side));
  order_ref->SetIntOrNull(row, static_cast<int64_t>(e.order_ref));
  order_ref_2->SetIntOrNull(row, static_cast<int64_t>(e.order_ref_2));
  price->SetPrice(row, e.price_nanos);
  quantity->SetInt(row, e.quantity);
  price_2->SetPrice(row, e.price_2_nanos);
  quantity_2->SetInt(row, e.quantity_2);
  price_3->SetPrice(row, e.price_3_nanos);
  // A NUL inside (a flag that was not set) would end the text early.
  char text[8];
  bool any = false;
  for (size_t i = 0; i < sizeof(text); ++i) any |= (text[i] = e.detail[i]) != '\0';
  if (any) {
    size_t size = sizeof(text);
    while (text[size - 1] == '\0') --size;
    for (size_t i = 0; i < size; ++i) text[i] = text[i] == '\0' ? ' ' : text[i];
  }
  detail->SetText(row, ShortText(text));
  book_state->SetLabel(row, e.book_state);
  held->SetLabel(row, e.held);
  const TapeInstrument* x = record.instrument == kNoInstrument ? nullptr : names.instrument(record.instrument);
  quantity_decimals->SetInt(row, x == nullptr ? 0 : x->quantity_decimals);
}

SignalColumns::Leg::Leg(ColumnSet& set, const std::string& prefix)
    : instrument(set, prefix),
      side(set.Add(prefix + "side", Type::kLabel, SideLabels())),
      price(set.Add(prefix + "price", Type::kDecimal)),
      ratio(set.Add(prefix + "ratio", Type::kInt64)) {}

SignalColumns::SignalColumns(ColumnSet& set)
    : kind(set.Add("kind", Type::kLabel, {kSignalKindNames, kSignalKindNames + kAllSignalKinds})),
      edge(set.Add("edge", Type::kDecimal)),
      theo_edge(set.Add("theo_edge", Type::kDecimal)),
      quantity(set.Add("quantity", Type::kInt64)),
      imbalance_ppm(set.Add("imbalance_ppm", Type::kInt64)),
      leg_count(set.Add("leg_count", Type::kInt64)),
      event_sequence(set.Add("event_sequence", Type::kInt64)) {
  for (int i = 1; i <= kMaxLegs; ++i) legs.emplace_back(set, "leg_" + std::to_string(i) + "_");
}

void SignalColumns::Set(int64_t row, const TapeRecord& record, const TapeNames& names) {
  const SignalPayload& s = record.signal;
  kind->SetLabel(row, s.kind);
  edge->SetDecimal(row, s.edge_nanos);
  theo_edge->SetDecimal(row, s.theo_edge_nanos);
  quantity->SetInt(row, s.quantity);
  imbalance_ppm->SetInt(row, s.imbalance_ppm);
  leg_count->SetInt(row, s.leg_count);
  event_sequence->SetInt(row, static_cast<int64_t>(s.event_sequence));
  for (int i = 0; i < kMaxLegs; ++i) {
    const bool there = i < s.leg_count;
    const InstrumentIndex instrument = there ? s.leg_instrument[i] : kNoInstrument;
    const TapeInstrument* x = there ? names.instrument(instrument) : nullptr;
    Leg& leg = legs[static_cast<size_t>(i)];
    leg.instrument.Set(row, names, x == nullptr ? kNoVenue : x->venue, instrument);
    leg.side->SetLabel(row, there ? s.leg_sides >> i & 1 : -1);
    leg.price->SetPrice(row, there ? s.leg_price_nanos[i] : kNoPrice);
    leg.ratio->SetIntOrNull(row, there ? s.leg_ratio[i] : 0);
  }
}

OrderColumns::OrderColumns(ColumnSet& set)
    : token(set.Add("token", Type::kInt64)),
      state(set.Add("state", Type::kLabel, {"sent", "accepted", "filled", "canceled", "rejected"})),
      side(set.Add("side", Type::kLabel, SideLabels())),
      price(set.Add("price", Type::kDecimal)),
      quantity(set.Add("quantity", Type::kInt64)),
      time_in_force(set.Add("time_in_force", Type::kLabel, {"day", "1", "2", "immediate_or_cancel"})),
      order_ref(set.Add("order_ref", Type::kUint64)),
      decision(set.Add("decision", Type::kInt64)),
      strategy(set.Add("strategy", Type::kInt64)),
      reason(set.Add("reason", Type::kInt64)) {}

void OrderColumns::Set(int64_t row, const TapeRecord& record, const TapeNames&) {
  const OrderPayload& o = record.order;
  token->SetInt(row, o.token);
  state->SetLabel(row, o.state);
  side->SetLabel(row, SideCode(o.side));
  price->SetPrice(row, o.price_nanos);
  quantity->SetInt(row, o.quantity);
  time_in_force->SetLabel(row, o.time_in_force);
  order_ref->SetIntOrNull(row, static_cast<int64_t>(o.order_ref));
  decision->SetInt(row, static_cast<int64_t>(o.decision));
  strategy->SetInt(row, o.strategy);
  reason->SetIntOrNull(row, o.reason);
}

FillColumns::FillColumns(ColumnSet& set)
    : token(set.Add("token", Type::kInt64)),
      side(set.Add("side", Type::kLabel, SideLabels())),
      price(set.Add("price", Type::kDecimal)),
      quantity(set.Add("quantity", Type::kInt64)),
      match_number(set.Add("match_number", Type::kUint64)),
      position(set.Add("position", Type::kInt64)),
      realized(set.Add("realized", Type::kDecimal)),
      strategy(set.Add("strategy", Type::kInt64)) {}

void FillColumns::Set(int64_t row, const TapeRecord& record, const TapeNames&) {
  const FillPayload& f = record.fill;
  token->SetInt(row, f.token);
  side->SetLabel(row, SideCode(f.side));
  price->SetPrice(row, f.price_nanos);
  quantity->SetInt(row, f.quantity);
  match_number->SetInt(row, static_cast<int64_t>(f.match_number));
  position->SetInt(row, f.position);
  realized->SetDecimal(row, f.realized_nanos);
  strategy->SetInt(row, f.strategy);
}

RiskColumns::RiskColumns(ColumnSet& set)
    : reason(set.Add("reason", Type::kLabel, RiskLabels())),
      side(set.Add("side", Type::kLabel, SideLabels())),
      price(set.Add("price", Type::kDecimal)),
      quantity(set.Add("quantity", Type::kInt64)),
      limit(set.Add("limit", Type::kInt64)),
      value(set.Add("value", Type::kInt64)),
      strategy(set.Add("strategy", Type::kInt64)) {}

void RiskColumns::Set(int64_t row, const TapeRecord& record, const TapeNames&) {
  const RiskPayload& r = record.risk;
  reason->SetLabel(row, r.reason);
  side->SetLabel(row, SideCode(r.side));
  price->SetPrice(row, r.price_nanos);
  quantity->SetInt(row, r.quantity);
  limit->SetInt(row, r.limit);
  value->SetInt(row, r.value);
  strategy->SetInt(row, r.strategy);
}

GapColumns::GapColumns(ColumnSet& set)
    : kind(set.Add("kind", Type::kLabel, {"feed", "tape"})),
      first_sequence(set.Add("first_sequence", Type::kUint64)),
      last_sequence(set.Add("last_sequence", Type::kUint64)) {}

void GapColumns::Set(int64_t row, const TapeRecord& record, const TapeNames&) {
  kind->SetLabel(row, record.gap.kind);
  first_sequence->SetInt(row, static_cast<int64_t>(record.gap.first_sequence));
  last_sequence->SetInt(row, static_cast<int64_t>(record.gap.last_sequence));
}

LatencyColumns::LatencyColumns(ColumnSet& set)
    : decision(set.Add("decision", Type::kInt64)),
      decoded(set.Add("decoded_ns", Type::kInt64)),
      booked(set.Add("booked_ns", Type::kInt64)),
      submitted(set.Add("submitted_ns", Type::kInt64)),
      signal(set.Add("signal_ns", Type::kInt64)),
      risk(set.Add("risk_ns", Type::kInt64)),
      encoded(set.Add("encoded_ns", Type::kInt64)),
      signal_count(set.Add("signal_count", Type::kInt64)),
      order_count(set.Add("order_count", Type::kInt64)),
      row_count(set.Add("row_count", Type::kInt64)) {}

void LatencyColumns::Set(int64_t row, const TapeRecord& record, const TapeNames&) {
  const LatencyPayload& l = record.latency;
  decision->SetInt(row, static_cast<int64_t>(l.decision));
  // Zero on the tape: the decision did not come to that stage.
  decoded->SetIntOrNull(row, l.decoded_ns);
  booked->SetIntOrNull(row, l.booked_ns);
  submitted->SetIntOrNull(row, l.submitted_ns);
  signal->SetIntOrNull(row, l.signal_ns);
  risk->SetIntOrNull(row, l.risk_ns);
  encoded->SetIntOrNull(row, l.encoded_ns);
  signal_count->SetInt(row, l.signal_count);
  order_count->SetInt(row, l.order_count);
  row_count->SetInt(row, l.row_count);
}

}  // namespace tickgraph
