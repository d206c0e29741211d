// The loop: packets in, orders out, run to completion on one thread, the same for live ports and replayed files.
//
// In the flow: a PacketSource's packets -> Feed (framing, arbitration, decoding) -> On(event) -> books -> SignalEngine ->
// strategies -> RiskGate -> Encoder -> OrderGateway; every stage writes rows to the tape.
// Rules: the session clock (`now_ns`) alone drives decisions and never goes back; a decision falls at the end of a packet;
// before a packet, timers and the gateway deliver all that is due. Nothing allocates, locks, throws or calls the system
// after construction. `Feed<TradingLoop>` and `Encoder` are template parameters because hot/ knows no protocol.
#pragma once

#include <span>

#include "hot/event.h"
#include "hot/latency_histogram.h"
#include "hot/loop_tape.h"
#include "hot/market_state.h"
#include "hot/order_message.h"
#include "hot/order_modify.h"
#include "hot/order_state.h"
#include "hot/packet.h"
#include "hot/position.h"
#include "hot/recovery.h"
#include "hot/risk.h"
#include "hot/signal.h"
#include "hot/strategy.h"
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
  uint64_t messages = 0;   // rows in `events`: one a message, of one that carries several entries a row each
  uint64_t decisions = 0;  // submissions to the engine
  uint64_t signals = 0;
  uint64_t orders = 0;              // sent to a gateway
  uint64_t refused_by_gateway = 0;  // or by a full order table
  uint64_t fills = 0;
};

// Nanoseconds from the packet's hand-over to each stage. `to_signal` and `to_order`: of decisions that gave a signal, an order;
// `to_decision`: of every decision.
struct LoopLatency {
  LatencyHistogram decoded, booked, submitted, to_decision, to_signal, risk, to_order;
};

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
        market_(config.books, config.max_products, config.risk.max_book_age_ns, engine, tape),
        risk_(config.risk),
        orders_(config.max_orders, config.books.max_instruments),
        positions_(config.fees, market_.instruments, config.books.max_instruments) {}

  // Before the first packet. The gateway may look at `books()` and `instruments()`.
  void SetGateway(const OrderGateway& gateway) { gateway_ = gateway; }
  // Before the first packet: whom the feed asks for what both lines lost. Without one, what is lost stays lost.
  void SetRecovery(const RecoveryService& recovery) {
    recovery_ = recovery;
    feed_.SetRecovery(recovery);
  }

  // Before the first packet: whom the feed asks for the books of a stream whose past it cannot have.
  void SetSnapshots(const SnapshotService& snapshots) { feed_.SetSnapshots(snapshots); }

  // `rx_tsc`: when the packet was there to be taken (its due time in a paced replay).
  void OnPacket(const PacketView& packet, uint64_t rx_tsc) {
    ++counters_.packets;
    AdvanceTo(packet.ts_recv_ns);
    first_event_tsc_ = 0;
    feed_.OnPacket(packet, *this);
    Decide(rx_tsc);
    tape_.tape().Publish();
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
    tape_.tape().Publish();
  }

  // ---- what the feed calls ----
  void OnStream(VenueIndex venue, const VenueName& name, FeedProtocol protocol, uint32_t date) {
    market_.AddVenue(venue, name, protocol, date);
  }
  // A packet of the stream, heartbeats included.
  void OnStreamActivity(VenueIndex venue) { market_.liveness.Activity(venue, now_ns_); }
  void OnStreamState(VenueIndex venue, BookState state) {
    market_.liveness.SetStream(venue, state);
    market_.rows.LivenessChanged();
  }
  void OnGap(VenueIndex venue, uint64_t first, uint64_t last) {
    market_.liveness.Lost(venue);
    market_.rows.LivenessChanged();
    tape_.AddGap(now_ns_, venue, kNoInstrument, first, last);
  }
  void OnStreamEnd(VenueIndex) {}
  void OnMessageEnd(VenueIndex, uint64_t, uint64_t) {}  // a decision falls at the end of a packet
  // One book alone: kLive where it is whole as of now, anything else where it is not until it is said to be.
  void OnBookState(VenueIndex venue, uint32_t locate, BookState state) {
    const InstrumentIndex i = market_.instruments.ByLocate(venue, locate);
    if (i == kNoInstrument) return;
    state == BookState::kLive ? market_.liveness.Whole(i, venue) : market_.liveness.Broken(i);
    market_.rows.Touch(i);
  }
  // An event of the venue that takes several messages has begun to change the book, or has ended.
  void OnBookUpdating(VenueIndex venue, uint32_t locate, bool updating) {
    const InstrumentIndex i = market_.instruments.ByLocate(venue, locate);
    if (i == kNoInstrument) return;
    market_.liveness.SetUpdating(i, updating);
    market_.rows.Touch(i);
  }
  // The venue's books are filled anew, from nothing; they are not live until the snapshot has ended.
  void OnSnapshotBegin(VenueIndex venue) {
    market_.ForEachOf(venue, [this](InstrumentIndex i) {
      Empty(i);
      market_.rows.Touch(i);
    });
  }
  void OnSnapshotEnd(VenueIndex venue) {
    market_.liveness.Rebuilt(venue);
    market_.ForEachOf(venue, [this, venue](InstrumentIndex i) {
      market_.liveness.Whole(i, venue);
      market_.rows.Touch(i);
    });
    market_.rows.LivenessChanged();
  }
  // Of one book's own numbers these were lost; OnBookState says what becomes of it.
  void OnBookGap(VenueIndex venue, uint32_t locate, uint64_t first, uint64_t last) {
    tape_.AddGap(now_ns_, venue, market_.instruments.ByLocate(venue, locate), first, last);
  }

  void On(const InstrumentListing& e) { market_.List(e); }
  void On(const SystemEvent& e) { Record(e, kNoInstrument); }
  void On(const InstrumentDefinition& e) { Record(e, market_.Equity(e.header, e.symbol)); }
  void On(const TradingStatus& e) {
    const InstrumentIndex i = market_.Equity(e.header, e.symbol);
    if (i != kNoInstrument && market_.instruments[i].trading != e.state) {
      market_.instruments[i].trading = e.state;
      market_.rows.Touch(i);
    }
    Record(e, i);
  }
  // Before a packet's messages are decoded.
  void LookAhead(VenueIndex venue, const OrderGlance& glance) const {
    market_.books.LookAhead(market_.instruments.ByLocate(venue, glance.locate), venue, glance);
  }
  void LookFurther(VenueIndex venue, OrderRef ref) const { market_.books.LookFurther(venue, ref); }
  // Orders come as records where the decoder makes them, as events else. `base` has venue, line and feed sequence.
  void On(const EventHeader& base, OrderMessage& m) {
    m.instrument = market_.instruments.ByLocate(base.venue, m.locate);
    if (m.instrument == kNoInstrument && m.effect == OrderEffect::kAdd) [[unlikely]]
      m.instrument = market_.Equity(base.venue, m.locate, m.symbol);
    const BookUpdate update = ApplyMessage(market_.books, base.venue, m);
    if (update.instrument != kNoInstrument) m.instrument = update.instrument;
    market_.Touch(update);
    CountMessage();
    tape_.AddOrderMessage(base, m, update, now_ns_, StateFor(m.instrument));
  }
  void On(const AddOrder& e) { OnOrder(e); }
  void On(const ExecuteOrder& e) { OnOrder(e); }
  void On(const ReduceOrder& e) { OnOrder(e); }
  void On(const DeleteOrder& e) { OnOrder(e); }
  void On(const ReplaceOrder& e) { OnOrder(e); }
  void On(const ModifyOrder& e) {
    const InstrumentIndex i = market_.ByLocate(e.header);
    market_.Touch(ApplyModify(market_.books, i, e));
    Record(e, i);
  }
  void On(const LevelUpdate& e) {
    OnWhole(e, [&](InstrumentIndex i) { return market_.books.SetLevel(i, e.side, e.price_nanos, e.quantity, e.order_count); });
  }
  void On(const QuoteUpdate& e) {
    OnWhole(e, [&](InstrumentIndex i) { return market_.books.SetQuote(i, e.top); });
  }
  void On(const BookClear& e) {
    OnWhole(e, [&](InstrumentIndex i) {
      BookUpdate update;
      update.instrument = i;
      update.top_changed = !(market_.books.top(i) == TopOfBook{});
      Empty(i);
      return update;
    });
  }
  void On(const Trade& e) { Record(e, market_.Equity(e.header, e.symbol)); }
  void On(const Notice& e) { Record(e, e.header.locate != 0 ? market_.Equity(e.header, e.symbol) : kNoInstrument); }
  void On(const OptionQuote& e) {
    const InstrumentIndex i = market_.Option(e.header, e.key);
    const BookUpdate update = market_.books.Apply(i, e);
    // A quote that states both sides of the national best says all there is to know of the contract, where the book took it.
    if (update.result == BookResult::kOk && e.best_bid_change != BestChange::kNoChange && e.best_ask_change != BestChange::kNoChange) {
      if (market_.liveness.State(i, e.header.venue, now_ns_) != BookState::kLive) market_.rows.Touch(i);
      market_.liveness.Healed(i, e.header.venue);
    }
    market_.Touch(update);
    Record(e, i);
  }
  void On(const OptionTrade& e) { Record(e, market_.Option(e.header, e.key)); }

  // ---- what a strategy sees (StrategyContext) ----
  [[nodiscard]] uint64_t now_ns() const { return now_ns_; }
  [[nodiscard]] const TopOfBook& top(InstrumentIndex i) const { return market_.books.top(i); }
  [[nodiscard]] BookState state(InstrumentIndex i) const { return market_.state(i, now_ns_); }
  // Over all venues of a product, as of the end of the last packet that touched one of its books.
  [[nodiscard]] const ConsolidatedBest& consolidated(ProductIndex product) const { return market_.consolidated.best(product); }
  [[nodiscard]] Quantity position(InstrumentIndex i) const { return positions_.lots(i); }

  // Risk, encoding, sending. The token, or 0 where risk, a full table or the gateway refused the order.
  OrderToken Submit(const Order& wanted) {
    Order order = wanted;
    const RejectReason reason = risk_.Check(RiskView(order));
    if (risk_tsc_ == 0) risk_tsc_ = ReadTsc();
    if (reason != RejectReason::kPass) {
      const bool known = order.instrument < market_.instruments.size();
      tape_.AddRefusal(now_ns_, known ? market_.instruments[order.instrument].venue : kNoVenue, order, reason, risk_.limit(),
                       risk_.value());
      return 0;
    }
    if (orders_.Open(&order, now_ns_) == 0) {
      ++counters_.refused_by_gateway;
      return 0;
    }
    const uint32_t size = Encoder::Encode(order, market_.instruments[order.instrument], message_);
    const bool sent = size != 0 && gateway_.send(gateway_.self, now_ns_, order, message_, size);
    if (encoded_tsc_ == 0) encoded_tsc_ = ReadTsc();
    if (!sent) {
      orders_.Abandon(order.token);
      ++counters_.refused_by_gateway;
      AddOrderStep(order, {1 + static_cast<uint8_t>(ReportKind::kRejected), order.quantity, 0, 0});
      return 0;
    }
    ++counters_.orders;
    ++orders_of_decision_;
    AddOrderStep(order, {0, order.quantity, 0, 0});
    return order.token;
  }

  // ---- what is left when it is over ----
  [[nodiscard]] uint64_t book_hash() const { return market_.BookHash(); }
  // Books, signals, orders and positions.
  [[nodiscard]] uint64_t state_hash() const { return positions_.Hash(orders_.Hash(Combine(tape_.signal_hash(), book_hash()))); }
  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  [[nodiscard]] const LoopLatency& latency() const { return latency_; }
  [[nodiscard]] const BookSet& books() const { return market_.books; }
  [[nodiscard]] const InstrumentTable& instruments() const { return market_.instruments; }
  [[nodiscard]] const VenueName& venue(VenueIndex i) const { return market_.venue(i); }
  [[nodiscard]] BookState venue_state(VenueIndex i) const { return market_.liveness.StreamState(i, now_ns_); }
  [[nodiscard]] const RiskGate& risk() const { return risk_; }
  [[nodiscard]] RiskGate& risk() { return risk_; }
  [[nodiscard]] const OrderManager& orders() const { return orders_; }
  [[nodiscard]] const PositionBook& positions() const { return positions_; }
  // Equities are marked at the consolidated mid where there is one, options at their own.
  [[nodiscard]] PositionTotals Totals() const {
    return positions_.Totals([this](InstrumentIndex i) {
      const Instrument& x = market_.instruments[i];
      const ConsolidatedBest& best = consolidated(x.product);
      return x.kind == InstrumentKind::kEquity && best.top.has_both() ? best.top : market_.books.top(i);
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

  void Empty(InstrumentIndex i) {
    market_.books.ClearBook(i);
    market_.liveness.Emptied(i);
  }

  template <class Event>
  void OnOrder(const Event& e) {
    OrderMessage m = ToMessage(e);
    On(e.header, m);
  }

  // An event that names its instrument by locate alone, and may be applied at another time than it is recorded.
  template <class Event, class Apply>
  void OnWhole(const Event& e, Apply&& apply) {
    const InstrumentIndex i = market_.ByLocate(e.header);
    const bool applies = e.use != EventUse::kRecordOnly && i != kNoInstrument;
    BookUpdate update;
    if (applies) update = apply(i);
    market_.Touch(update);
    if constexpr (std::is_same_v<Event, QuoteUpdate>) {
      if (applies && update.result == BookResult::kOk && state(i) == BookState::kGapped) {
        market_.liveness.Healed(i, e.header.venue);
        market_.rows.Touch(i);
      }
    }
    if (e.use != EventUse::kApplyOnly) Record(e, i);
  }

  template <class Event>
  void Record(const Event& e, InstrumentIndex i) {
    CountMessage();
    tape_.AddEvent(e, now_ns_, i, StateFor(i));
  }
  void CountMessage() {
    if (first_event_tsc_ == 0) first_event_tsc_ = ReadTsc();
    ++counters_.messages;
  }
  [[nodiscard]] BookState StateFor(InstrumentIndex i) const { return i == kNoInstrument ? BookState::kLive : state(i); }

  void AddOrderStep(const Order& order, const LoopTape::OrderStep& step) {
    tape_.AddOrderStep(now_ns_, market_.instruments[order.instrument].venue, counters_.decisions, order, step);
  }

  void Decide(uint64_t rx_tsc) {
    EngineRows& rows = market_.rows;
    if (!rows.touched()) return;
    const uint64_t booked_tsc = ReadTsc();
    const auto row_of = [this](InstrumentIndex i) { return market_.RowOf(i, now_ns_); };
    rows.ForEachTouched([&](InstrumentIndex i) {
      if (gateway_.top_changed != nullptr) gateway_.top_changed(gateway_.self, now_ns_, i);
      const Instrument& x = market_.instruments[i];
      if (x.kind == InstrumentKind::kEquity) market_.consolidated.Update(x.product, row_of);
    });
    const uint32_t row_count = rows.Build(row_of);
    if (row_count == 0) return;
    ++counters_.decisions;
    const uint64_t submitted_tsc = ReadTsc();
    engine_.submit(engine_.self, rows.rows(), row_count);
    const Signal* signals = nullptr;
    uint32_t signal_count = 0;
    while (!engine_.poll(engine_.self, &signals, &signal_count)) _mm_pause();
    const uint64_t signal_tsc = ReadTsc();
    latency_.to_decision.Record(signal_tsc > rx_tsc ? tsc_.ToNanos(signal_tsc - rx_tsc) : 0);
    if (signal_count == 0) return;

    for (uint32_t s = 0; s < signal_count; ++s) {
      ++counters_.signals;
      tape_.AddSignal(now_ns_, market_.instruments[signals[s].legs[0].instrument].venue, signals[s]);
    }
    risk_tsc_ = encoded_tsc_ = 0;
    orders_of_decision_ = 0;
    strategies_.OnSignals(std::span<const Signal>(signals, signal_count), *this);
    RecordLatency(rx_tsc, booked_tsc, submitted_tsc, signal_tsc, signal_count, row_count);
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
    tape_.AddLatency(now_ns_, row);
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
    if (order.instrument >= market_.instruments.size()) return in;
    in.instrument = &market_.instruments[order.instrument];
    in.top = market_.books.top(order.instrument);
    in.state = state(order.instrument);
    in.last_activity_ns = market_.liveness.last_activity_ns(in.instrument->venue);
    in.position = positions_.lots(order.instrument);
    in.working_buy = orders_.working(order.instrument, Side::kBuy);
    in.working_sell = orders_.working(order.instrument, Side::kSell);
    return in;
  }

  void OnReport(const ExecutionReport& report) {
    const ReportOutcome outcome = orders_.Apply(report);
    const OrderState* known = orders_.Find(report.token);
    if (outcome == ReportOutcome::kUnknownToken || known == nullptr) return;
    const Order order = known->order;
    if (report.kind == ReportKind::kFilled) {
      ++counters_.fills;
      positions_.ApplyFill(order.instrument, order.side, report.quantity, report.price_nanos);
      tape_.AddFill(now_ns_, market_.instruments[order.instrument].venue, order, report, positions_);
    } else {
      AddOrderStep(order, {static_cast<uint8_t>(1 + static_cast<uint8_t>(report.kind)),
                           report.kind == ReportKind::kCanceled ? report.quantity : order.quantity, report.order_ref, report.reason});
    }
    strategies_.OnReport(report, order, *this);
  }

  FeedType& feed_;
  SignalEngine engine_;
  Strategies& strategies_;
  LoopTape tape_;
  const TscScale& tsc_;
  OrderGateway gateway_;
  RecoveryService recovery_;
  MarketState market_;
  RiskGate risk_;
  OrderManager orders_;
  PositionBook positions_;
  LoopCounters counters_;
  LoopLatency latency_;
  uint64_t now_ns_ = 0;
  uint64_t first_event_tsc_ = 0, risk_tsc_ = 0, encoded_tsc_ = 0;
  uint32_t orders_of_decision_ = 0;
  alignas(64) uint8_t message_[256] = {};
};

}  // namespace tickgraph
