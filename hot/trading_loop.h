// The loop: packets in, orders out, run to completion on one thread, the same for live ports and replayed files.
//
// In the flow: a PacketSource's packets -> Feed (framing, arbitration, decoding) -> On(event) -> books -> SignalEngine ->
// strategies -> RiskGate -> Encoder -> OrderGateway; every stage writes rows to the tape.
// Rules: the session clock (`now_ns`) alone drives decisions and never goes back; a decision falls at the end of a packet;
// before a packet, timers and the gateway deliver all that is due. Nothing allocates, locks, throws or calls the system
// after construction. `Feed<TradingLoop>` and `Encoder` are template parameters because hot/ knows no protocol.
#pragma once

#include <span>

#include "hot/book_set.h"
#include "hot/consolidated_book.h"
#include "hot/engine_rows.h"
#include "hot/event.h"
#include "hot/instrument.h"
#include "hot/latency_histogram.h"
#include "hot/liveness.h"
#include "hot/order_state.h"
#include "hot/packet.h"
#include "hot/position.h"
#include "hot/recovery.h"
#include "hot/risk.h"
#include "hot/signal.h"
#include "hot/strategy.h"
#include "hot/tape.h"
#include "hot/tape_rows.h"
#include "hot/tsc.h"

namespace tickgraph {

struct TradingLoopConfig {
  BookSetConfig books;
  uint32_t max_products = 1 << 14;
  uint32_t max_orders = 1 << 18;  // of our own, a session
  RiskConfig risk;
  FeeSchedule fees;
};

struct LoopCounters {
  uint64_t packets = 0;
  uint64_t messages = 0;   // decoded, each once: rows in `events`
  uint64_t decisions = 0;  // submissions to the engine
  uint64_t signals = 0;
  uint64_t orders = 0;              // sent to a gateway
  uint64_t refused_by_gateway = 0;  // or by a full order table
  uint64_t fills = 0;
  uint64_t rejected_instruments = 0;  // a full instrument table or engine
};

// Nanoseconds from the packet's hand-over to each stage. `to_signal` and `to_order`: of decisions that gave a signal, an order;
// `to_decision`: of every decision.
struct LoopLatency {
  LatencyHistogram decoded, booked, submitted, to_decision, to_signal, risk, to_order;
};

// Equities by symbol, options by contract, each with its venue: the same whatever the order of discovery.
inline uint64_t InstrumentKey(const Instrument& x, const VenueName& venue) {
  uint64_t key = Combine(HashText(venue.view()), HashText(x.symbol.view()));
  if (x.kind == InstrumentKind::kOption)
    key = Combine(Combine(key, x.expiration), static_cast<uint64_t>(x.strike_nanos) * 2 + static_cast<uint64_t>(x.right));
  return key;
}

template <template <class> class Feed, class Strategies, class Encoder>
class TradingLoop {
 public:
  using FeedType = Feed<TradingLoop>;

  TradingLoop(const TradingLoopConfig& config, FeedType& feed, const SignalEngine& engine, Strategies& strategies, TapeWriter& tape,
              const TscScale& tsc)
      : feed_(feed),
        engine_(engine),
        strategies_(strategies),
        tape_(tape),
        tsc_(tsc),
        instruments_(config.books.max_instruments, config.max_products),
        books_(config.books),
        rows_(config.books.max_instruments, config.max_products),
        liveness_(config.books.max_instruments, config.risk.max_book_age_ns),
        consolidated_(config.books.max_instruments, config.max_products),
        risk_(config.risk),
        orders_(config.max_orders, config.books.max_instruments),
        positions_(config.fees, instruments_, config.books.max_instruments) {}

  // Before the first packet. The gateway may look at `books()` and `instruments()`.
  void SetGateway(const OrderGateway& gateway) { gateway_ = gateway; }
  // Before the first packet: whom the feed asks for what both lines lost. Without one, what is lost stays lost.
  void SetRecovery(const RecoveryService& recovery) {
    recovery_ = recovery;
    feed_.SetRecovery(recovery);
  }

  // `rx_tsc`: when the packet was there to be taken (its due time in a paced replay).
  void OnPacket(const PacketView& packet, uint64_t rx_tsc) {
    ++counters_.packets;
    AdvanceTo(packet.ts_recv_ns);
    first_event_tsc_ = 0;
    feed_.OnPacket(packet, *this);
    Decide(rx_tsc);
    tape_.Publish();
  }

  // Delivers every timer and answer due at or before `until_ns`, in order of time, and moves the clock there.
  void AdvanceTo(uint64_t until_ns) {
    while (DeliverNext(until_ns)) {
    }
    if (until_ns > now_ns_) now_ns_ = until_ns;
  }

  // The input is over: all that is still under way arrives in order of time; holes that nothing will fill are declared lost.
  void Finish() {
    while (DeliverNext(UINT64_MAX - 1)) {
    }
    feed_.Finish(now_ns_, *this);
    Decide(ReadTsc());
    while (DeliverNext(UINT64_MAX - 1)) {
    }
    tape_.Publish();
  }

  // ---- what the feed calls ----
  void OnStream(VenueIndex venue, const VenueName& name, bool is_options, uint32_t date) {
    venues_[venue] = name;
    tape_.SetVenue(venue, name, date, is_options);
  }
  // A packet of the stream, heartbeats included.
  void OnStreamActivity(VenueIndex venue) { liveness_.Activity(venue, now_ns_); }
  void OnStreamState(VenueIndex venue, BookState state) {
    liveness_.SetStream(venue, state);
    rows_.LivenessChanged();
  }
  void OnGap(VenueIndex venue, uint64_t first, uint64_t last) {
    liveness_.Lost(venue);
    rows_.LivenessChanged();
    TapeRecord& record = NextRecord(TapeTable::kGaps, kNoInstrument, now_ns_);
    record.venue = venue;
    record.gap = {first, last, 0, {}};
  }
  void OnStreamEnd(VenueIndex) {}

  void On(const SystemEvent& e) { Record(e, kNoInstrument); }
  void On(const InstrumentDefinition& e) { Record(e, Equity(e.header, e.symbol)); }
  void On(const TradingStatus& e) {
    const InstrumentIndex i = Equity(e.header, e.symbol);
    if (i != kNoInstrument && instruments_[i].trading != e.state) {
      instruments_[i].trading = e.state;
      rows_.Touch(i);
    }
    Record(e, i);
  }
  void On(const AddOrder& e) {
    const InstrumentIndex i = Equity(e.header, e.symbol);
    const BookUpdate update = books_.Apply(i, e);
    Record(e, i);
    Touch(update);
  }
  void On(const ExecuteOrder& e) { OnOrder(e); }
  void On(const ReduceOrder& e) { OnOrder(e); }
  void On(const DeleteOrder& e) { OnOrder(e); }
  void On(const ReplaceOrder& e) { OnOrder(e); }
  void On(const Trade& e) { Record(e, Equity(e.header, e.symbol)); }
  void On(const Notice& e) { Record(e, e.header.locate != 0 ? Equity(e.header, e.symbol) : kNoInstrument); }
  void On(const OptionQuote& e) {
    const InstrumentIndex i = Option(e.header, e.key);
    const BookUpdate update = books_.Apply(i, e);
    // A quote that states both sides of the national best says all there is to know of the contract.
    if (i != kNoInstrument && e.best_bid_change != BestChange::kNoChange && e.best_ask_change != BestChange::kNoChange) {
      if (liveness_.State(i, e.header.venue, now_ns_) != BookState::kLive) rows_.Touch(i);
      liveness_.Healed(i, e.header.venue);
    }
    Record(e, i);
    Touch(update);
  }
  void On(const OptionTrade& e) { Record(e, Option(e.header, e.key)); }

  // ---- what a strategy sees (StrategyContext) ----
  [[nodiscard]] uint64_t now_ns() const { return now_ns_; }
  [[nodiscard]] const TopOfBook& top(InstrumentIndex i) const { return books_.top(i); }
  [[nodiscard]] BookState state(InstrumentIndex i) const { return liveness_.State(i, instruments_[i].venue, now_ns_); }
  // Over all venues of a product, as of the end of the last packet that touched one of its books.
  [[nodiscard]] const ConsolidatedBest& consolidated(ProductIndex product) const { return consolidated_.best(product); }
  [[nodiscard]] Quantity position(InstrumentIndex i) const { return positions_.lots(i); }

  // Risk, encoding, sending. The token, or 0 where risk, a full table or the gateway refused the order.
  OrderToken Submit(const Order& wanted) {
    Order order = wanted;
    const RejectReason reason = risk_.Check(RiskView(order));
    if (risk_tsc_ == 0) risk_tsc_ = ReadTsc();
    if (reason != RejectReason::kPass) {
      RecordRefusal(order, reason);
      return 0;
    }
    if (orders_.Open(&order, now_ns_) == 0) {
      ++counters_.refused_by_gateway;
      return 0;
    }
    const uint32_t size = Encoder::Encode(order, instruments_[order.instrument], message_);
    const bool sent = size != 0 && gateway_.send(gateway_.self, now_ns_, order, message_, size);
    if (encoded_tsc_ == 0) encoded_tsc_ = ReadTsc();
    if (!sent) {
      orders_.Abandon(order.token);
      ++counters_.refused_by_gateway;
      RecordOrder(order, 1 + static_cast<uint8_t>(ReportKind::kRejected), order.price_nanos, order.quantity, 0, 0);
      return 0;
    }
    ++counters_.orders;
    ++orders_of_decision_;
    RecordOrder(order, 0, order.price_nanos, order.quantity, 0, 0);
    return order.token;
  }

  // ---- what is left when it is over ----
  [[nodiscard]] uint64_t book_hash() const {
    return books_.TotalHash(instruments_.size(),
                            [this](InstrumentIndex i) { return InstrumentKey(instruments_[i], venues_[instruments_[i].venue]); });
  }
  // Books, signals, orders and positions.
  [[nodiscard]] uint64_t state_hash() const { return positions_.Hash(orders_.Hash(Combine(signal_hash_, book_hash()))); }
  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  [[nodiscard]] const LoopLatency& latency() const { return latency_; }
  [[nodiscard]] const BookSet& books() const { return books_; }
  [[nodiscard]] const InstrumentTable& instruments() const { return instruments_; }
  [[nodiscard]] const VenueName& venue(VenueIndex i) const { return venues_[i]; }
  [[nodiscard]] BookState venue_state(VenueIndex i) const { return liveness_.StreamState(i, now_ns_); }
  [[nodiscard]] const RiskGate& risk() const { return risk_; }
  [[nodiscard]] RiskGate& risk() { return risk_; }
  [[nodiscard]] const OrderManager& orders() const { return orders_; }
  [[nodiscard]] const PositionBook& positions() const { return positions_; }
  // Equities are marked at the consolidated mid where there is one, options at their own.
  [[nodiscard]] PositionTotals Totals() const {
    return positions_.Totals([this](InstrumentIndex i) {
      const ConsolidatedBest& best = consolidated(instruments_[i].product);
      return instruments_[i].kind == InstrumentKind::kEquity && best.top.has_both() ? best.top : books_.top(i);
    });
  }

 private:
  bool DeliverNext(uint64_t until_ns) {
    const uint64_t timer_ns = feed_.next_timer_ns(), due_ns = gateway_.next_due_ns(gateway_.self);
    const uint64_t answer_ns = recovery_.there() ? recovery_.next_due_ns(recovery_.self) : UINT64_MAX;
    const uint64_t other_ns = timer_ns < due_ns ? timer_ns : due_ns;
    const uint64_t next_ns = answer_ns < other_ns ? answer_ns : other_ns;
    if (next_ns > until_ns) return false;
    if (next_ns > now_ns_) now_ns_ = next_ns;
    // What comes back goes first: it may fill the hole whose time is over.
    if (answer_ns <= other_ns) {
      PacketView packet;
      if (recovery_.poll(recovery_.self, now_ns_, &packet)) OnAnswer(packet);
      return true;
    }
    if (timer_ns <= due_ns) {
      first_event_tsc_ = 0;
      const uint64_t rx_tsc = ReadTsc();
      feed_.OnTimer(now_ns_, *this);
      Decide(rx_tsc);
      return true;
    }
    ExecutionReport report;
    if (gateway_.poll(gateway_.self, now_ns_, &report)) OnReport(report);
    return true;
  }

  void OnAnswer(const PacketView& packet) {
    first_event_tsc_ = 0;
    const uint64_t rx_tsc = ReadTsc();
    feed_.OnPacket(packet, *this);
    Decide(rx_tsc);
  }

  template <class Event>
  void OnOrder(const Event& e) {
    const BookUpdate update = books_.Apply(e);
    const bool known = update.instrument != kNoInstrument;
    TapeRecord& record = Record(e, known ? update.instrument : instruments_.ByLocate(e.header.venue, e.header.locate));
    if (!known) return;
    // What the message leaves unsaid, the book knows.
    record.event.side = SideLetter(update.side);
    if (record.event.price_nanos == kNoPrice) record.event.price_nanos = update.price_nanos;
    if constexpr (std::is_same_v<Event, DeleteOrder>) record.event.quantity = update.quantity_removed;
    Touch(update);
  }

  void Touch(const BookUpdate& update) {
    if (update.top_changed && update.instrument != kNoInstrument) rows_.Touch(update.instrument);
  }

  InstrumentIndex Equity(const EventHeader& header, const Symbol& symbol) {
    const InstrumentIndex known = instruments_.ByLocate(header.venue, header.locate);
    if (known != kNoInstrument || symbol.view().empty()) return known;
    bool made = false;
    const InstrumentIndex i = instruments_.Equity(header.venue, header.locate, symbol, &made);
    if (made) Welcome(i);
    counters_.rejected_instruments += i == kNoInstrument && header.locate != 0;
    return i;
  }

  InstrumentIndex Option(const EventHeader& header, const OptionKey& key) {
    bool made = false;
    const InstrumentIndex i = instruments_.Option(header.venue, key, &made);
    if (made) Welcome(i);
    counters_.rejected_instruments += i == kNoInstrument;
    return i;
  }

  void Welcome(InstrumentIndex i) {
    const Instrument& x = instruments_[i];
    tape_.SetInstrument(i, x, instruments_.product(x.product));
    rows_.AddInstrument(i, x.product);
    if (x.kind == InstrumentKind::kEquity) consolidated_.AddInstrument(i, x.product);
    if (!engine_.define(engine_.self, instruments_.ForEngine(i))) ++counters_.rejected_instruments;
  }

  template <class Event>
  TapeRecord& Record(const Event& e, InstrumentIndex i) {
    if (first_event_tsc_ == 0) first_event_tsc_ = ReadTsc();
    ++counters_.messages;
    TapeRecord& record = NextRecord(TapeTable::kEvents, i, e.header.ts_event_ns);
    record.venue = e.header.venue;
    record.type = e.header.type;
    record.event = ToRow(e);
    last_event_sequence_ = record.sequence;
    record.event.book_state = i == kNoInstrument ? 0 : static_cast<uint8_t>(state(i));
    return record;
  }

  TapeRecord& NextRecord(TapeTable table, InstrumentIndex i, uint64_t ts_event_ns) {
    TapeRecord& record = tape_.Next();
    record.ts_recv_ns = now_ns_;
    record.ts_event_ns = ts_event_ns;
    record.instrument = i;
    record.table = table;
    if (i != kNoInstrument) record.venue = instruments_[i].venue;
    return record;
  }

  EngineRow RowOf(InstrumentIndex i) const {
    EngineRow row;
    row.instrument = i;
    row.tradable = instruments_[i].trading == TradingState::kTrading && state(i) == BookState::kLive;
    row.top = books_.top(i);
    return row;
  }

  void Decide(uint64_t rx_tsc) {
    if (!rows_.touched()) return;
    const uint64_t booked_tsc = ReadTsc();
    rows_.ForEachTouched([this](InstrumentIndex i) {
      if (gateway_.top_changed != nullptr) gateway_.top_changed(gateway_.self, now_ns_, i);
      if (instruments_[i].kind == InstrumentKind::kEquity)
        consolidated_.Update(instruments_[i].product, [this](InstrumentIndex x) { return RowOf(x); });
    });
    const uint32_t row_count = rows_.Build([this](InstrumentIndex i) { return RowOf(i); });
    if (row_count == 0) return;
    ++counters_.decisions;
    const uint64_t submitted_tsc = ReadTsc();
    engine_.submit(engine_.self, rows_.rows(), row_count);
    const Signal* signals = nullptr;
    uint32_t signal_count = 0;
    while (!engine_.poll(engine_.self, &signals, &signal_count)) _mm_pause();
    const uint64_t signal_tsc = ReadTsc();
    latency_.to_decision.Record(tsc_.ToNanos(signal_tsc - rx_tsc));
    if (signal_count == 0) return;

    for (uint32_t s = 0; s < signal_count; ++s) RecordSignal(signals[s]);
    risk_tsc_ = encoded_tsc_ = 0;
    orders_of_decision_ = 0;
    strategies_.OnSignals(std::span<const Signal>(signals, signal_count), *this);
    RecordLatency(rx_tsc, booked_tsc, submitted_tsc, signal_tsc, signal_count, row_count);
  }

  void RecordSignal(const Signal& signal) {
    ++counters_.signals;
    TapeRecord& record = NextRecord(TapeTable::kSignals, signal.legs[0].instrument, now_ns_);
    SignalPayload& out = record.signal;
    out.edge_nanos = signal.edge_nanos;
    out.theo_edge_nanos = signal.theo_edge_nanos;
    out.quantity = signal.quantity;
    out.event_sequence = last_event_sequence_;
    out.imbalance_ppm = signal.imbalance_ppm;
    out.kind = static_cast<uint8_t>(signal.kind);
    out.leg_count = signal.leg_count;
    uint64_t hash = Combine(signal_hash_, now_ns_);
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

  void RecordLatency(uint64_t rx_tsc, uint64_t booked_tsc, uint64_t submitted_tsc, uint64_t signal_tsc, uint32_t signal_count,
                     uint32_t row_count) {
    const auto since = [&](uint64_t at) -> uint32_t {
      if (at <= rx_tsc) return at == 0 ? 0 : 1;
      const uint64_t nanos = tsc_.ToNanos(at - rx_tsc);
      return nanos > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(nanos);
    };
    const LatencyPayload row = {counters_.decisions,
                                since(first_event_tsc_),
                                since(booked_tsc),
                                since(submitted_tsc),
                                since(signal_tsc),
                                since(risk_tsc_),
                                since(encoded_tsc_),
                                signal_count,
                                orders_of_decision_,
                                row_count,
                                0};
    NextRecord(TapeTable::kLatency, kNoInstrument, now_ns_).latency = row;
    latency_.decoded.Record(row.decoded_ns);
    latency_.booked.Record(row.booked_ns);
    latency_.submitted.Record(row.submitted_ns);
    latency_.to_signal.Record(row.signal_ns);
    if (risk_tsc_ != 0) latency_.risk.Record(row.risk_ns);
    if (encoded_tsc_ != 0) latency_.to_order.Record(row.encoded_ns);
  }

  RiskInput RiskView(const Order& order) const {
    RiskInput in;
    in.now_ns = now_ns_;
    in.order = order;
    if (order.instrument >= instruments_.size()) return in;
    in.instrument = &instruments_[order.instrument];
    in.top = books_.top(order.instrument);
    in.state = state(order.instrument);
    in.last_activity_ns = liveness_.last_activity_ns(in.instrument->venue);
    in.position = positions_.lots(order.instrument);
    in.working_buy = orders_.working(order.instrument, Side::kBuy);
    in.working_sell = orders_.working(order.instrument, Side::kSell);
    return in;
  }

  void RecordRefusal(const Order& order, RejectReason reason) {
    TapeRecord& record = NextRecord(TapeTable::kRisk, order.instrument < instruments_.size() ? order.instrument : kNoInstrument, now_ns_);
    record.risk = {order.price_nanos,      order.quantity,
                   risk_.limit(),          risk_.value(),
                   SideLetter(order.side), static_cast<uint8_t>(reason),
                   order.strategy,         {}};
    signal_hash_ = Combine(Combine(signal_hash_, static_cast<uint64_t>(reason)), static_cast<uint64_t>(order.price_nanos));
  }

  void RecordOrder(const Order& order, uint8_t state, PriceNanos price_nanos, Quantity quantity, OrderRef order_ref, uint16_t reason) {
    OrderPayload& out = NextRecord(TapeTable::kOrders, order.instrument, now_ns_).order;
    out.price_nanos = price_nanos;
    out.quantity = quantity;
    out.order_ref = order_ref;
    out.decision = counters_.decisions;
    out.token = order.token;
    out.reason = reason;
    out.side = SideLetter(order.side);
    out.state = state;
    out.strategy = order.strategy;
    out.time_in_force = static_cast<uint8_t>(order.time_in_force);
  }

  void OnReport(const ExecutionReport& report) {
    const ReportOutcome outcome = orders_.Apply(report);
    const OrderState* known = orders_.Find(report.token);
    if (outcome == ReportOutcome::kUnknownToken || known == nullptr) return;
    const Order order = known->order;
    if (report.kind == ReportKind::kFilled) {
      ++counters_.fills;
      positions_.ApplyFill(order.instrument, order.side, report.quantity, report.price_nanos);
      FillPayload& out = NextRecord(TapeTable::kFills, order.instrument, report.ts_event_ns).fill;
      out = {report.price_nanos,
             report.quantity,
             report.match_number,
             positions_.lots(order.instrument),
             positions_.realized_nanos(order.instrument),
             order.token,
             SideLetter(order.side),
             order.strategy,
             {}};
    } else {
      RecordOrder(order, 1 + static_cast<uint8_t>(report.kind), order.price_nanos,
                  report.kind == ReportKind::kCanceled ? report.quantity : order.quantity, report.order_ref, report.reason);
    }
    strategies_.OnReport(report, order, *this);
  }

  FeedType& feed_;
  SignalEngine engine_;
  Strategies& strategies_;
  TapeWriter& tape_;
  const TscScale& tsc_;
  OrderGateway gateway_;
  RecoveryService recovery_;
  InstrumentTable instruments_;
  BookSet books_;
  EngineRows rows_;
  Liveness liveness_;
  ConsolidatedBook consolidated_;
  RiskGate risk_;
  OrderManager orders_;
  PositionBook positions_;
  std::array<VenueName, kMaxVenues> venues_{};
  LoopCounters counters_;
  LoopLatency latency_;
  uint64_t now_ns_ = 0, signal_hash_ = 0, last_event_sequence_ = 0;
  uint64_t first_event_tsc_ = 0, risk_tsc_ = 0, encoded_tsc_ = 0;
  uint32_t orders_of_decision_ = 0;
  alignas(64) uint8_t message_[256] = {};
};

}  // namespace tickgraph
