// Pre-trade risk: the last thing an order passes before it is encoded.
//
// In the flow: strategy -> RiskGate -> encoder -> gateway. One thread calls Check; the kill switch alone may be thrown from another.
// Invariants: the checks run in the order of RejectReason (kNoGateway apart) and the first that refuses names the reason; an order that is
// refused uses up nothing (no rate, no place among the duplicates). All times are the session clock's. Nothing allocates after
// construction.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include "hot/arena.h"
#include "hot/hash.h"
#include "hot/instrument.h"
#include "hot/order.h"
#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

enum class RejectReason : uint8_t {
  kPass = 0,
  kKillSwitch,
  kUnknownInstrument,
  kBookNotLive,  // messages of its stream are missing
  kBookStale,    // its stream has been silent for longer than max_book_age_ns
  kNotTrading,   // halted, paused or quote only
  kMalformed,    // side, time in force, sign of price or quantity, or a price between the venue's ticks of 0.0001
  kQuantity,
  kNotional,
  kPriceCollar,  // also: the book has no quote to hold the price against
  kDuplicate,
  kMessageRate,
  kPosition,   // the position with all working orders of that side filled
  kNoGateway,  // no gateway takes orders for the instrument; asked right after kUnknownInstrument
};
inline constexpr int kRejectReasons = 14;

constexpr const char* RejectReasonName(RejectReason reason) {
  constexpr const char* kNames[kRejectReasons] = {"pass",        "kill_switch",  "unknown_instrument", "book_not_live", "book_stale",
                                                  "not_trading", "malformed",    "quantity",           "notional",      "price_collar",
                                                  "duplicate",   "message_rate", "position",           "no_gateway"};
  return static_cast<int>(reason) < kRejectReasons ? kNames[static_cast<int>(reason)] : "unknown";
}

// What one order may do, by kind of instrument. Every limit is inclusive.
struct RiskLimits {
  Quantity max_quantity = 10'000;                          // lots an order
  int64_t max_notional_nanos = 2'000'000 * kNanosPerUnit;  // price x quantity x multiplier of an order
  uint32_t collar_bps = 500;                               // how far a price may reach through the opposite touch
  Quantity max_long = 100'000;                             // lots, working orders included
  Quantity max_short = 100'000;
};

struct RiskConfig {
  RiskLimits equity;
  RiskLimits option = {1'000, 2'000'000 * kNanosPerUnit, 2'000, 5'000, 5'000};
  uint64_t max_book_age_ns = 5'000'000'000;
  uint64_t duplicate_window_ns = 1'000'000;   // 0: no check
  uint32_t max_messages_per_second = 10'000;  // refills the bucket; 0: no check
  uint32_t message_burst = 1'000;             // depth of the bucket
};

// Everything the checks look at. `instrument` is null where the order names none that is known; the rest may then be anything.
struct RiskInput {
  uint64_t now_ns = 0;
  Order order;
  const Instrument* instrument = nullptr;  // trading state, kind and multiplier come from here
  TopOfBook top;
  BookState state = BookState::kLive;
  uint64_t last_activity_ns = 0;               // when the instrument's stream was last heard
  Quantity position = 0;                       // lots, signed
  Quantity working_buy = 0, working_sell = 0;  // open lots
};

class RiskGate {
 public:
  explicit RiskGate(const RiskConfig& config) : config_(config), recent_(kSets * kWays) {
    if (config_.max_messages_per_second > 0) full_ns_ = uint64_t{config_.message_burst} * kTokenCost / config_.max_messages_per_second + 1;
    bucket_ = uint64_t{config_.message_burst} * kTokenCost;
    // Keeps price x quantity x multiplier below 63 + 32 + 32 bits.
    for (RiskLimits* limits : {&config_.equity, &config_.option}) limits->max_quantity = std::min(limits->max_quantity, Quantity{1} << 32);
  }

  // kPass, and the order counts towards rate and duplicates; or why not, with `limit()` and `value()` saying what was allowed and
  // what the order would have made of it (0 where the check has no number).
  RejectReason Check(const RiskInput& in) {
    const RejectReason reason = FirstRefusal(in);
    ++counts_[static_cast<int>(reason)];
    return reason;
  }
  [[nodiscard]] int64_t limit() const { return limit_; }
  [[nodiscard]] int64_t value() const { return value_; }
  [[nodiscard]] uint64_t count(RejectReason reason) const { return counts_[static_cast<int>(reason)]; }
  [[nodiscard]] uint64_t rejects() const {
    uint64_t sum = 0;
    for (int i = 1; i < kRejectReasons; ++i) sum += counts_[i];
    return sum;
  }
  // Live entries of the duplicate check that had to make room: each could hide one duplicate.
  [[nodiscard]] uint64_t duplicate_evictions() const { return evictions_; }

  // Any thread. Relaxed on both sides: the flag orders nothing but itself.
  void SetKillSwitch(bool on) { killed_.store(on, std::memory_order_relaxed); }
  [[nodiscard]] bool killed() const { return killed_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint64_t kTokenCost = 1'000'000'000;  // a message, in ns x messages per second
  static constexpr size_t kSets = 1024, kWays = 4;
  static constexpr PriceNanos kVenueTick = 100'000;  // OUCH carries four decimals
  using Wide = __int128;

  struct Recent {
    PriceNanos price_nanos = 0;
    Quantity quantity = 0;
    uint64_t until_ns = 0;  // last instant at which it still counts; 0: free
    InstrumentIndex instrument = kNoInstrument;
    Side side = Side::kBuy;
  };

  RejectReason Refuse(RejectReason reason, Wide limit = 0, Wide value = 0) {
    constexpr Wide kMax = std::numeric_limits<int64_t>::max(), kMin = std::numeric_limits<int64_t>::min();
    limit_ = static_cast<int64_t>(std::clamp(limit, kMin, kMax));
    value_ = static_cast<int64_t>(std::clamp(value, kMin, kMax));
    return reason;
  }

  RejectReason FirstRefusal(const RiskInput& in) {
    limit_ = value_ = 0;
    if (killed()) return Refuse(RejectReason::kKillSwitch);
    if (in.instrument == nullptr || in.order.instrument == kNoInstrument) return Refuse(RejectReason::kUnknownInstrument);
    if (!in.instrument->routable) return Refuse(RejectReason::kNoGateway);
    if (in.state != BookState::kLive && in.state != BookState::kStale)
      return Refuse(RejectReason::kBookNotLive, 0, static_cast<int>(in.state));
    const uint64_t age_ns = in.now_ns > in.last_activity_ns ? in.now_ns - in.last_activity_ns : 0;
    if (in.state == BookState::kStale || age_ns > config_.max_book_age_ns)
      return Refuse(RejectReason::kBookStale, config_.max_book_age_ns, age_ns);
    if (in.instrument->trading != TradingState::kTrading)
      return Refuse(RejectReason::kNotTrading, 0, static_cast<int>(in.instrument->trading));
    if (!WellFormed(in.order)) return Refuse(RejectReason::kMalformed);

    const RiskLimits& limits = in.instrument->kind == InstrumentKind::kOption ? config_.option : config_.equity;
    if (in.order.quantity > limits.max_quantity) return Refuse(RejectReason::kQuantity, limits.max_quantity, in.order.quantity);
    const Wide notional = Wide{in.order.price_nanos} * in.order.quantity * in.instrument->multiplier;
    if (notional > limits.max_notional_nanos) return Refuse(RejectReason::kNotional, limits.max_notional_nanos, notional);
    if (const RejectReason r = CheckCollar(in, limits); r != RejectReason::kPass) return r;
    Recent* slot = nullptr;
    if (config_.duplicate_window_ns > 0) {
      slot = FindRecent(in);
      if (slot == nullptr) return Refuse(RejectReason::kDuplicate, config_.duplicate_window_ns);
    }
    Refill(in.now_ns);
    if (config_.max_messages_per_second > 0 && bucket_ < kTokenCost)
      return Refuse(RejectReason::kMessageRate, config_.max_messages_per_second, Wide{config_.max_messages_per_second} + 1);
    if (const RejectReason r = CheckPosition(in, limits); r != RejectReason::kPass) return r;

    if (config_.max_messages_per_second > 0) bucket_ -= kTokenCost;
    if (slot != nullptr) Remember(in, slot);
    return RejectReason::kPass;
  }

  static bool WellFormed(const Order& order) {
    return order.quantity > 0 && order.price_nanos > 0 && order.price_nanos % kVenueTick == 0 && static_cast<uint8_t>(order.side) <= 1 &&
           (order.time_in_force == TimeInForce::kDay || order.time_in_force == TimeInForce::kImmediateOrCancel);
  }

  RejectReason CheckCollar(const RiskInput& in, const RiskLimits& limits) {
    const bool buy = in.order.side == Side::kBuy;
    PriceNanos touch = buy ? in.top.ask_nanos : in.top.bid_nanos;
    if (touch == kNoPrice) touch = buy ? in.top.bid_nanos : in.top.ask_nanos;
    if (touch == kNoPrice) return Refuse(RejectReason::kPriceCollar, 0, in.order.price_nanos);
    const Wide reach = Wide{touch} * limits.collar_bps / 10'000;
    const Wide bound = buy ? touch + reach : touch - reach;
    const bool through = buy ? in.order.price_nanos > bound : in.order.price_nanos < bound;
    return through ? Refuse(RejectReason::kPriceCollar, bound, in.order.price_nanos) : RejectReason::kPass;
  }

  RejectReason CheckPosition(const RiskInput& in, const RiskLimits& limits) {
    if (in.order.side == Side::kBuy) {
      const Wide after = Wide{in.position} + in.working_buy + in.order.quantity;
      return after > limits.max_long ? Refuse(RejectReason::kPosition, limits.max_long, after) : RejectReason::kPass;
    }
    const Wide after = Wide{in.position} - in.working_sell - in.order.quantity;
    return after < -Wide{limits.max_short} ? Refuse(RejectReason::kPosition, -Wide{limits.max_short}, after) : RejectReason::kPass;
  }

  // The place for the order among the recent ones, or null when the same order already stands there.
  Recent* FindRecent(const RiskInput& in) {
    const Order& o = in.order;
    const uint64_t key = uint64_t{o.instrument} << 1 | static_cast<uint64_t>(o.side);
    const uint64_t hash = Combine(Combine(key, static_cast<uint64_t>(o.price_nanos)), static_cast<uint64_t>(o.quantity));
    Recent* set = &recent_[(hash & (kSets - 1)) * kWays];
    Recent* oldest = set;
    for (size_t i = 0; i < kWays; ++i) {
      Recent& r = set[i];
      if (r.until_ns >= in.now_ns && r.until_ns != 0 && r.instrument == o.instrument && r.side == o.side &&
          r.price_nanos == o.price_nanos && r.quantity == o.quantity)
        return nullptr;
      if (r.until_ns < oldest->until_ns) oldest = &r;
    }
    return oldest;
  }

  void Remember(const RiskInput& in, Recent* slot) {
    evictions_ += slot->until_ns != 0 && slot->until_ns >= in.now_ns;
    *slot = {in.order.price_nanos, in.order.quantity, in.now_ns + config_.duplicate_window_ns, in.order.instrument, in.order.side};
  }

  void Refill(uint64_t now_ns) {
    if (now_ns <= refilled_ns_) return;
    // A wait long enough to fill the bucket is cut there, so the product below cannot overflow.
    const uint64_t elapsed_ns = std::min(now_ns - refilled_ns_, full_ns_);
    refilled_ns_ = now_ns;
    bucket_ = std::min(bucket_ + elapsed_ns * config_.max_messages_per_second, uint64_t{config_.message_burst} * kTokenCost);
  }

  RiskConfig config_;
  HugeArray<Recent> recent_;
  uint64_t counts_[kRejectReasons] = {};
  uint64_t bucket_ = 0, refilled_ns_ = 0, full_ns_ = 0, evictions_ = 0;
  int64_t limit_ = 0, value_ = 0;
  std::atomic<bool> killed_{false};
};

}  // namespace tickgraph
