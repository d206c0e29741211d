// What the loop writes on the tape, a function a row, and the running hash of its signals and refusals.
//
// In the flow: TradingLoop says what happened, here it becomes a TapeRecord. Nothing here decides anything. One thread, no allocation.
#pragma once

#include "hot/event.h"
#include "hot/hash.h"
#include "hot/order.h"
#include "hot/order_message.h"
#include "hot/position.h"
#include "hot/risk.h"
#include "hot/signal.h"
#include "hot/tape.h"
#include "hot/tape_rows.h"

namespace tickgraph {

class LoopTape {
 public:
  explicit LoopTape(TapeWriter& tape) : tape_(tape) {}

  [[nodiscard]] TapeWriter& tape() { return tape_; }
  // Of every signal and refusal so far.
  [[nodiscard]] uint64_t signal_hash() const { return signal_hash_; }

  // The next record, without a venue.
  TapeRecord& Next(TapeTable table, uint64_t now_ns, uint64_t ts_event_ns, InstrumentIndex i) {
    TapeRecord& record = tape_.Next();
    record.ts_recv_ns = now_ns;
    record.ts_event_ns = ts_event_ns;
    record.instrument = i;
    record.table = table;
    return record;
  }

  template <class Event>
  void AddEvent(const Event& e, uint64_t now_ns, InstrumentIndex i, BookState state) {
    TapeRecord& record = Next(TapeTable::kEvents, now_ns, e.header.ts_event_ns, i);
    record.venue = e.header.venue;
    record.type = e.header.type;
    record.event = ToRow(e);
    record.event.book_state = static_cast<uint8_t>(state);
    last_event_sequence_ = record.sequence;
  }

  void AddOrderMessage(const EventHeader& base, const OrderMessage& m, const BookUpdate& update, uint64_t now_ns, BookState state) {
    TapeRecord& record = Next(TapeTable::kEvents, now_ns, m.ts_event_ns, m.instrument);
    record.venue = base.venue;
    record.type = m.type;
    record.event = ToRow(base, m, update);
    record.event.book_state = static_cast<uint8_t>(state);
    last_event_sequence_ = record.sequence;
  }

  void AddGap(uint64_t now_ns, VenueIndex venue, InstrumentIndex i, uint64_t first, uint64_t last) {
    TapeRecord& record = Next(TapeTable::kGaps, now_ns, now_ns, i);
    record.venue = venue;
    record.gap = {first, last, 0, {}};
  }

  void AddSignal(uint64_t now_ns, VenueIndex venue, const Signal& signal) {
    TapeRecord& record = Next(TapeTable::kSignals, now_ns, now_ns, signal.legs[0].instrument);
    record.venue = venue;
    SignalPayload& out = record.signal;
    out.edge_nanos = signal.edge_nanos;
    out.theo_edge_nanos = signal.theo_edge_nanos;
    out.quantity = signal.quantity;
    out.event_sequence = last_event_sequence_;
    out.imbalance_ppm = signal.imbalance_ppm;
    out.kind = static_cast<uint8_t>(signal.kind);
    out.leg_count = signal.leg_count;
    uint64_t hash = Combine(signal_hash_, now_ns);
    for (int leg = 0; leg < kMaxLegs; ++leg) {
      const bool used = leg < signal.leg_count;
      out.leg_instrument[leg] = used ? signal.legs[leg].instrument : kNoInstrument;
      out.leg_price_nanos[leg] = used ? signal.legs[leg].price_nanos : kNoPrice;
      out.leg_ratio[leg] = used ? signal.legs[leg].ratio : 0;
      if (used && signal.legs[leg].side == Side::kSell) out.leg_sides |= static_cast<uint8_t>(1u << leg);
      hash = Combine(Combine(hash, out.leg_instrument[leg]), static_cast<uint64_t>(out.leg_price_nanos[leg]));
    }
    hash = Combine(Combine(hash, static_cast<uint64_t>(out.edge_nanos)), static_cast<uint64_t>(out.theo_edge_nanos));
    hash = Combine(Combine(hash, static_cast<uint64_t>(out.quantity)), static_cast<uint64_t>(static_cast<int64_t>(out.imbalance_ppm)));
    signal_hash_ = Combine(hash, uint64_t{out.kind} << 8 | out.leg_sides);
  }

  void AddRefusal(uint64_t now_ns, uint8_t venue, const Order& order, RejectReason reason, int64_t limit, int64_t value) {
    TapeRecord& record = Next(TapeTable::kRisk, now_ns, now_ns, venue == kNoVenue ? kNoInstrument : order.instrument);
    record.venue = venue;
    record.risk = {
        order.price_nanos, order.quantity, limit, value, SideLetter(order.side), static_cast<uint8_t>(reason), order.strategy, {}};
    signal_hash_ = Combine(Combine(signal_hash_, static_cast<uint64_t>(reason)), static_cast<uint64_t>(order.price_nanos));
  }

  // What an order has become: `state` 0 sent, then 1 + ReportKind.
  struct OrderStep {
    uint8_t state = 0;
    Quantity quantity = 0;
    OrderRef order_ref = 0;
    uint16_t reason = 0;
  };
  void AddOrderStep(uint64_t now_ns, VenueIndex venue, uint64_t decision, const Order& order, const OrderStep& step) {
    TapeRecord& record = Next(TapeTable::kOrders, now_ns, now_ns, order.instrument);
    record.venue = venue;
    OrderPayload& out = record.order;
    out.price_nanos = order.price_nanos;
    out.quantity = step.quantity;
    out.order_ref = step.order_ref;
    out.decision = decision;
    out.token = order.token;
    out.reason = step.reason;
    out.side = SideLetter(order.side);
    out.state = step.state;
    out.strategy = order.strategy;
    out.time_in_force = static_cast<uint8_t>(order.time_in_force);
  }

  void AddFill(uint64_t now_ns, VenueIndex venue, const Order& order, const ExecutionReport& report, const PositionBook& positions) {
    TapeRecord& record = Next(TapeTable::kFills, now_ns, report.ts_event_ns, order.instrument);
    record.venue = venue;
    record.fill = {report.price_nanos,
                   report.quantity,
                   report.match_number,
                   positions.lots(order.instrument),
                   positions.realized_nanos(order.instrument),
                   order.token,
                   SideLetter(order.side),
                   order.strategy,
                   {}};
  }

  void AddLatency(uint64_t now_ns, const LatencyPayload& row) { Next(TapeTable::kLatency, now_ns, now_ns, kNoInstrument).latency = row; }

 private:
  TapeWriter& tape_;
  uint64_t signal_hash_ = 0, last_event_sequence_ = 0;
};

}  // namespace tickgraph
