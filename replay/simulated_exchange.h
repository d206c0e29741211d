// The exchange of a replay: takes our orders as bytes, fills them against the replayed books, answers in bytes.
//
// In the flow: an OrderGateway. An order that the loop sends reaches the exchange `order_latency_ns` of session time later, is
// matched against the book as it stands then, and each answer reaches us `report_latency_ns` after it was given. The loop polls
// before each packet, so the books are those of the moment. Both ways are real OUCH encoding and decoding.
// Rules:
//   - marketable quantity takes the displayed levels in order of price, at their prices, up to the limit; of an option the best quote;
//   - shares that we took once are not filled again (TakenLiquidity);
//   - the rest of an immediate-or-cancel order is cancelled (reason I); the rest of a day order rests, invisible to the replayed book,
//     and is filled at its own price when the opposite touch reaches or passes it, for what is displayed at its price or better. No
//     queue is modelled: a resting order is never filled by trades at its own price;
//   - Cancel works; Replace is refused (ReplaceNotAllowed) and leaves the original; our own orders do not meet each other.
// A venue's session carries no venue name, as in life: an order goes out in the session of its instrument's venue.
// One thread. Memory is taken at construction; with no room for an order's answers Send refuses it. Deterministic.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "hot/arena.h"
#include "hot/instrument.h"
#include "hot/order.h"
#include "hot/top_of_book.h"
#include "net/proto/ouch.h"
#include "replay/simulated_exchange_queue.h"
#include "replay/simulated_exchange_taken.h"

namespace tickgraph {

struct SimulatedExchangeConfig {
  uint64_t order_latency_ns = 50'000;
  uint64_t report_latency_ns = 50'000;
  uint64_t midnight_ns = 0;          // what OUCH's times of day count from; 0: midnight UTC of the first order's day
  uint32_t max_in_flight = 1 << 14;  // orders and answers under way, each
  uint32_t max_resting = 1 << 12;
  uint32_t max_taken_levels = 1 << 14;
  uint32_t max_instruments = 1 << 16;
};

struct SimulatedExchangeCounters {
  uint64_t received = 0, accepted = 0, rejected = 0, fills = 0, passive_fills = 0, canceled = 0;  // messages
  uint64_t refused_full = 0;                                                                      // Send without room
  uint64_t bad_messages = 0;  // not decodable; repeated or foreign numbers; cancels of nothing
  uint64_t no_room = 0;       // matching or resting ended early for want of memory
  Quantity filled_lots = 0;
};

// Books as the exchange sees them: best first, until `f(price_nanos, quantity, order_count)` returns false.
template <class M>
concept SimulatedMarket = requires(const M& market, InstrumentIndex i, bool (*f)(PriceNanos, Quantity, uint32_t)) {
  { market.top(i) } -> std::convertible_to<TopOfBook>;
  market.ForEachLevel(i, Side::kBuy, f);
};

template <SimulatedMarket Market>
class SimulatedExchange {
 public:
  SimulatedExchange(const SimulatedExchangeConfig& config, const InstrumentTable& instruments, const Market& market)
      : config_(config),
        instruments_(instruments),
        market_(market),
        orders_(config.max_in_flight),
        answers_(config.max_in_flight),
        taken_(config.max_taken_levels, config.max_instruments),
        resting_(config.max_resting + size_t{1}),
        first_resting_(config.max_instruments) {
    for (uint32_t i = 1; i <= config.max_resting; ++i) resting_[i].next = i < config.max_resting ? i + 1 : 0;
    free_resting_ = config.max_resting > 0 ? 1 : 0;
  }
  SimulatedExchange(const SimulatedExchange&) = delete;
  SimulatedExchange& operator=(const SimulatedExchange&) = delete;

  // Valid as long as the exchange stays where it is.
  OrderGateway gateway() {
    using Self = SimulatedExchange;
    OrderGateway out;
    out.self = this;
    out.send = [](void* s, uint64_t now_ns, const Order& order, const uint8_t* message, uint32_t size) {
      return static_cast<Self*>(s)->Send(now_ns, order.instrument, message, size);
    };
    out.next_due_ns = [](void* s) { return static_cast<Self*>(s)->next_due_ns(); };
    out.poll = [](void* s, uint64_t now_ns, ExecutionReport* report) { return static_cast<Self*>(s)->Poll(now_ns, report); };
    out.top_changed = [](void* s, uint64_t now_ns, InstrumentIndex i) { static_cast<Self*>(s)->TopChanged(now_ns, i); };
    return out;
  }

  // `instrument` tells the venue whose session the message goes out in.
  bool Send(uint64_t now_ns, InstrumentIndex instrument, const uint8_t* message, uint32_t size) {
    // Every order under way keeps kAnswersKept slots for its answers, so none is ever lost.
    const uint64_t kept = uint64_t{orders_.size() + 1} * kAnswersKept + answers_.size();
    const bool room = instrument < instruments_.size() && instrument < config_.max_instruments && size <= ouch::kMaxEncodedSize &&
                      kept <= answers_.capacity() && orders_.size() < orders_.capacity();
    if (!room) {
      ++counters_.refused_full;
      return false;
    }
    Advance(now_ns);
    SimulatedExchangeQueue::Slot* slot = orders_.Push(clock_ns_ + config_.order_latency_ns);
    slot->instrument = instrument;
    slot->size = size;
    std::memcpy(slot->bytes, message, size);
    return true;
  }

  [[nodiscard]] uint64_t next_due_ns() const { return std::min(orders_.next_due_ns(), answers_.next_due_ns()); }

  bool Poll(uint64_t now_ns, ExecutionReport* report) {
    while (true) {
      const uint64_t order_due = orders_.next_due_ns(), answer_due = answers_.next_due_ns();
      if (std::min(order_due, answer_due) > now_ns) return false;
      if (order_due <= answer_due) {
        const SimulatedExchangeQueue::Slot& slot = orders_.front();
        orders_.Pop();  // an order that is matched has no claim on answers any more; its slot stays, since nothing is sent meanwhile
        Advance(order_due);
        Receive(slot);
        continue;
      }
      const SimulatedExchangeQueue::Slot& slot = answers_.front();
      const ouch::ReportResult result = ouch::DecodeReport(slot.bytes, slot.size, midnight_ns_, report);
      answers_.Pop();
      if (result.has_report) return true;
      ++counters_.bad_messages;
    }
  }

  // The top of the instrument or its trading state changed: resting orders may trade, and what we took of a level may be gone with it.
  void TopChanged(uint64_t now_ns, InstrumentIndex instrument) {
    if (instrument >= config_.max_instruments || (!taken_.Any(instrument) && first_resting_[instrument] == 0)) return;
    Advance(now_ns);
    if (taken_.Any(instrument)) ForgetGone(instrument);
    if (instruments_[instrument].trading == TradingState::kTrading) FillResting(instrument);
  }

  [[nodiscard]] const SimulatedExchangeCounters& counters() const { return counters_; }
  [[nodiscard]] uint32_t resting_count() const { return resting_count_; }

 private:
  static constexpr uint32_t kAnswersKept = 3;  // accepted, one fill, the cancel of the rest
  static constexpr uint64_t kDayNs = 86'400'000'000'000;

  struct Resting {
    PriceNanos price_nanos = 0;
    Quantity open = 0, executed = 0;
    OrderToken token = 0;
    uint32_t next = 0;  // of the same instrument, in order of price for its side, then of arrival; 0: none
    Side side = Side::kBuy;
  };

  // An inbound message at the exchange's door.
  struct Door {
    SimulatedExchange* exchange;
    InstrumentIndex instrument;
    void On(const ouch::in::EnterOrder& m, ouch::AppendageView) { exchange->Enter(m, instrument); }
    void On(const ouch::in::CancelOrder& m, ouch::AppendageView) { exchange->Cancel(m, instrument); }
    void On(const ouch::in::ReplaceOrder& m, ouch::AppendageView) { exchange->RefuseReplace(m, instrument); }
    template <class Other>
    void On(const Other&, ouch::AppendageView) {
      ++exchange->counters_.bad_messages;
    }
  };

  void Advance(uint64_t now_ns) {
    clock_ns_ = std::max(clock_ns_, now_ns);
    if (midnight_ns_ == UINT64_MAX) midnight_ns_ = config_.midnight_ns != 0 ? config_.midnight_ns : clock_ns_ / kDayNs * kDayNs;
  }

  void Receive(const SimulatedExchangeQueue::Slot& slot) {
    ++counters_.received;
    Door door{this, slot.instrument};
    if (ouch::Decode(ouch::InboundMessages{}, slot.bytes, slot.size, door) != ouch::DecodeStatus::kOk) ++counters_.bad_messages;
  }

  // OUCH takes a number not above the last one for a retransmission and ignores it. Each venue's session counts for itself.
  bool IsNewNumber(uint32_t user_ref_num, InstrumentIndex instrument) {
    uint32_t& last = last_number_[instruments_[instrument].venue % kMaxVenues];
    if (user_ref_num <= last) {
      ++counters_.bad_messages;
      return false;
    }
    last = user_ref_num;
    return true;
  }

  void Enter(const ouch::in::EnterOrder& m, InstrumentIndex session) {
    if (!IsNewNumber(m.user_ref_num, session)) return;
    const InstrumentIndex instrument = Listed(m.symbol, session);
    if (const uint16_t code = Fault(m, instrument); code != 0) return Reject(m.user_ref_num, code, m.client_order_id);
    const Side side = m.side == 'B' ? Side::kBuy : Side::kSell;
    const PriceNanos limit = static_cast<PriceNanos>(m.price) * ouch::kNanosPerTick;
    Accept(m);
    Quantity executed = 0;
    const bool whole = TakeLevels(m.user_ref_num, instrument, side, limit, m.quantity, &executed);
    const Quantity left = m.quantity - executed;
    if (left == 0) return;
    if (m.time_in_force == '3') return SendCanceled(m.user_ref_num, left, whole ? 'I' : 'Z');
    if (!whole || !Rest(m, instrument, side, limit, left, executed)) {
      ++counters_.no_room;
      SendCanceled(m.user_ref_num, left, 'Z');
    }
  }

  // The instrument of a symbol in the session's venue, kNoInstrument where that venue does not list it. A share's session was found by
  // the instrument that the order was routed by, so it is enough to see whether the text names that one.
  [[nodiscard]] InstrumentIndex Listed(const ouch::Alpha<8>& symbol, InstrumentIndex session) const {
    const Instrument& routed = instruments_[session];
    if (routed.kind == InstrumentKind::kEquity) return ouch::SymbolOf(routed, session) == symbol ? session : kNoInstrument;
    const InstrumentIndex i = ouch::ContractOf(symbol);
    const bool listed = i < instruments_.size() && i < config_.max_instruments && instruments_[i].kind == InstrumentKind::kOption &&
                        instruments_[i].venue == routed.venue;
    return listed ? i : kNoInstrument;
  }

  [[nodiscard]] uint16_t Fault(const ouch::in::EnterOrder& m, InstrumentIndex instrument) const {
    using ouch::RejectCode;
    RejectCode code{};
    if (instrument == kNoInstrument) {
      code = RejectCode::kInvalidSymbol;
    } else if (m.side != 'B' && m.side != 'S' && m.side != 'T' && m.side != 'E') {
      code = RejectCode::kInvalidSide;
    } else if (m.quantity == 0 || m.quantity > ouch::kMaxQuantity) {
      code = RejectCode::kInvalidQuantity;
    } else if (m.price == 0 || m.price > ouch::kMaxPrice) {
      code = RejectCode::kInvalidPrice;
    } else if (instruments_[instrument].trading != TradingState::kTrading) {
      code = RejectCode::kHalted;
    } else if (m.time_in_force != '0' && m.time_in_force != '3') {
      code = RejectCode::kOther;
    }
    return static_cast<uint16_t>(code);
  }

  // Fills against displayed levels. False where memory ended it before the book did.
  bool TakeLevels(OrderToken token, InstrumentIndex instrument, Side side, PriceNanos limit, Quantity wanted, Quantity* executed) {
    bool whole = true;
    TakenLiquidity::Cursor taken = taken_.Begin(instrument, Opposite(side));
    ForEachDisplayed(instrument, Opposite(side), [&](PriceNanos price, Quantity displayed) {
      if (side == Side::kBuy ? price > limit : price < limit) return false;
      const Quantity quantity = std::min(wanted - *executed, displayed - taken_.Visit(&taken, price, displayed));
      if (quantity <= 0) return *executed < wanted;
      // The last slot kept for this order is for the cancel of its rest.
      whole = AnswersFree() > 1 && taken_.Take(&taken, quantity);
      if (!whole) return false;
      *executed += quantity;
      SendExecuted(token, quantity, price, 'R');
      return *executed < wanted;
    });
    return whole;
  }

  bool Rest(const ouch::in::EnterOrder& m, InstrumentIndex instrument, Side side, PriceNanos limit, Quantity open, Quantity executed) {
    if (free_resting_ == 0) return false;
    const uint32_t at = free_resting_;
    free_resting_ = resting_[at].next;
    uint32_t* link = &first_resting_[instrument];
    while (*link != 0 && !(resting_[*link].side == side &&
                           (side == Side::kBuy ? resting_[*link].price_nanos < limit : resting_[*link].price_nanos > limit)))
      link = &resting_[*link].next;
    resting_[at] = {limit, open, executed, m.user_ref_num, *link, side};
    *link = at;
    ++resting_count_;
    return true;
  }

  void FillResting(InstrumentIndex instrument) {
    for (uint32_t* link = &first_resting_[instrument]; *link != 0;) {
      Resting& r = resting_[*link];
      TakenLiquidity::Cursor taken = taken_.Begin(instrument, Opposite(r.side));
      ForEachDisplayed(instrument, Opposite(r.side), [&](PriceNanos price, Quantity displayed) {
        if (r.side == Side::kBuy ? price > r.price_nanos : price < r.price_nanos) return false;
        const Quantity quantity = std::min(r.open, displayed - taken_.Visit(&taken, price, displayed));
        if (quantity <= 0) return r.open > 0;
        // Without room it waits for the next change of the top.
        if (AnswersFree() == 0 || !taken_.Take(&taken, quantity)) {
          ++counters_.no_room;
          return false;
        }
        r.open -= quantity;
        r.executed += quantity;
        ++counters_.passive_fills;
        SendExecuted(r.token, quantity, r.price_nanos, 'A');
        return r.open > 0;
      });
      if (r.open == 0) {
        Unlink(link);
      } else {
        link = &r.next;
      }
    }
  }

  void Unlink(uint32_t* link) {
    const uint32_t at = *link;
    *link = resting_[at].next;
    resting_[at].next = free_resting_;
    free_resting_ = at;
    --resting_count_;
  }

  void Cancel(const ouch::in::CancelOrder& m, InstrumentIndex instrument) {
    uint32_t* link = &first_resting_[instrument];
    while (*link != 0 && resting_[*link].token != m.user_ref_num) link = &resting_[*link].next;
    if (*link == 0) {
      ++counters_.bad_messages;  // superfluous: ignored silently
      return;
    }
    Resting& r = resting_[*link];
    const Quantity stays = std::clamp<Quantity>(Quantity{m.quantity} - r.executed, 0, r.open);
    if (stays == r.open) return;
    SendCanceled(r.token, r.open - stays, 'U');
    r.open = stays;
    if (stays == 0) Unlink(link);
  }

  void RefuseReplace(const ouch::in::ReplaceOrder& m, InstrumentIndex session) {
    if (IsNewNumber(m.user_ref_num, session))
      Reject(m.user_ref_num, static_cast<uint16_t>(ouch::RejectCode::kReplaceNotAllowed), m.client_order_id);
  }

  template <class F>
  void ForEachDisplayed(InstrumentIndex instrument, Side side, F&& f) const {
    if (instruments_[instrument].kind == InstrumentKind::kOption) {
      const TopOfBook top = market_.top(instrument);
      const PriceNanos price = side == Side::kBuy ? top.bid_nanos : top.ask_nanos;
      if (price != kNoPrice) f(price, side == Side::kBuy ? top.bid_quantity : top.ask_quantity);
      return;
    }
    market_.ForEachLevel(instrument, side, [&f](PriceNanos price, Quantity quantity, uint32_t) { return f(price, quantity); });
  }

  // What we took of levels better than the best that is now shown is gone with them.
  void ForgetGone(InstrumentIndex instrument) {
    const TopOfBook top = market_.top(instrument);
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const PriceNanos price = side == Side::kBuy ? top.bid_nanos : top.ask_nanos;
      if (price == kNoPrice) {
        taken_.Clear(instrument, side);
      } else {
        TakenLiquidity::Cursor taken = taken_.Begin(instrument, side);
        taken_.Visit(&taken, price, side == Side::kBuy ? top.bid_quantity : top.ask_quantity);
      }
    }
  }

  // Slots that no order still under way has a claim on.
  [[nodiscard]] uint32_t AnswersFree() const {
    return answers_.capacity() - answers_.size() - std::min(answers_.capacity() - answers_.size(), orders_.size() * kAnswersKept);
  }

  template <class M>
  void Answer(const M& message) {
    SimulatedExchangeQueue::Slot* slot = answers_.Push(clock_ns_ + config_.report_latency_ns);
    if (slot == nullptr) {
      ++counters_.no_room;
      return;
    }
    slot->size = ouch::Encode(message, {}, slot->bytes);
  }

  [[nodiscard]] uint64_t TimeOfDay() const { return clock_ns_ - midnight_ns_; }

  void Accept(const ouch::in::EnterOrder& m) {
    ouch::out::Accepted a;
    a.timestamp_ns = TimeOfDay();
    a.user_ref_num = m.user_ref_num;
    a.side = m.side;
    a.quantity = m.quantity;
    a.symbol = m.symbol;
    a.price = m.price;
    a.time_in_force = m.time_in_force;
    a.display = m.display;
    a.order_ref = ++last_order_ref_;
    a.capacity = m.capacity;
    a.intermarket_sweep = m.intermarket_sweep;
    a.cross_type = m.cross_type;
    a.client_order_id = m.client_order_id;
    Answer(a);
    ++counters_.accepted;
  }
  void SendExecuted(OrderToken token, Quantity quantity, PriceNanos price, char liquidity) {
    Answer(ouch::out::Executed{TimeOfDay(), token, static_cast<uint32_t>(quantity), static_cast<uint64_t>(price / ouch::kNanosPerTick),
                               liquidity, ++last_match_number_});
    ++counters_.fills;
    counters_.filled_lots += quantity;
  }
  void SendCanceled(OrderToken token, Quantity quantity, char reason) {
    Answer(ouch::out::Canceled{TimeOfDay(), token, static_cast<uint32_t>(quantity), reason});
    ++counters_.canceled;
  }
  void Reject(OrderToken token, uint16_t code, const ouch::Alpha<14>& client_order_id) {
    Answer(ouch::out::Rejected{TimeOfDay(), token, code, client_order_id});
    ++counters_.rejected;
  }

  SimulatedExchangeConfig config_;
  const InstrumentTable& instruments_;
  const Market& market_;
  SimulatedExchangeQueue orders_, answers_;
  TakenLiquidity taken_;
  HugeArray<Resting> resting_;  // 0 is nobody
  HugeArray<uint32_t> first_resting_;
  std::array<uint32_t, kMaxVenues> last_number_{};
  SimulatedExchangeCounters counters_;
  uint64_t clock_ns_ = 0, midnight_ns_ = UINT64_MAX;
  OrderRef last_order_ref_ = 0;
  uint64_t last_match_number_ = 0;
  uint32_t free_resting_ = 0, resting_count_ = 0;
};

}  // namespace tickgraph
