// Our orders by token: what each became, and how much of it still works in the market.
//
// In the flow: the loop opens an order after risk let it pass, and applies every report a gateway delivers. One thread.
// Invariants: tokens run from 1 without holes; 0 <= open quantity <= order quantity; working(i, side) is the sum of the open
// quantities of that instrument and side. Memory is taken at construction; a full table refuses (counted) and never grows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "hot/arena.h"
#include "hot/hash.h"
#include "hot/order.h"
#include "hot/types.h"

namespace tickgraph {

enum class OrderStatus : uint8_t { kNone = 0, kSent, kAccepted, kPartiallyFilled, kFilled, kCancelled, kRejected };

struct OrderState {
  Order order;
  OrderRef order_ref = 0;  // the venue's, once accepted
  uint64_t sent_ns = 0;
  Quantity filled = 0;
  Quantity open = 0;  // still working
  OrderStatus status = OrderStatus::kNone;

  [[nodiscard]] bool is_open() const {
    return status == OrderStatus::kSent || status == OrderStatus::kAccepted || status == OrderStatus::kPartiallyFilled;
  }
};

// What became of a report. A fill that is kApplied or kLate happened, and changes the position either way.
enum class ReportOutcome : uint8_t {
  kApplied,
  kLate,          // the order was already closed, or the report says more than was open
  kUnknownToken,  // no order of ours
};

struct OrderCounters {
  uint64_t opened = 0, accepted = 0, filled = 0, cancelled = 0, rejected = 0;  // orders; `filled` completely
  uint64_t fills = 0, late_reports = 0, unknown_reports = 0, table_full = 0;
};

class OrderManager {
 public:
  OrderManager(uint32_t max_orders, uint32_t max_instruments) : orders_(max_orders), working_(size_t{max_instruments} * 2) {}

  // Gives the order its token and counts it as working; 0 when the table is full or the instrument is out of range.
  OrderToken Open(Order* order, uint64_t now_ns) {
    if (count_ >= orders_.size() || size_t{order->instrument} * 2 >= working_.size()) {
      ++counters_.table_full;
      return 0;
    }
    order->token = ++count_;
    OrderState& s = orders_[count_ - 1];
    s = OrderState{*order, 0, now_ns, 0, order->quantity, OrderStatus::kSent};
    Working(s) += order->quantity;
    ++counters_.opened;
    ++open_count_;
    return order->token;
  }

  // An order that the gateway could not take: it never reached a venue.
  void Abandon(OrderToken token) {
    if (OrderState* s = Mutable(token); s != nullptr && s->is_open()) {
      Close(s, OrderStatus::kRejected);
      ++counters_.rejected;
    }
  }

  ReportOutcome Apply(const ExecutionReport& report) {
    OrderState* s = Mutable(report.token);
    if (s == nullptr) {
      ++counters_.unknown_reports;
      return ReportOutcome::kUnknownToken;
    }
    const bool late = !s->is_open() || (report.kind == ReportKind::kAccepted && s->status != OrderStatus::kSent) ||
                      (report.kind == ReportKind::kFilled && report.quantity > s->open);
    counters_.late_reports += late;
    switch (report.kind) {
      case ReportKind::kAccepted:
        if (!late) s->status = OrderStatus::kAccepted;
        s->order_ref = report.order_ref;
        counters_.accepted += !late;
        break;
      case ReportKind::kFilled:
        ApplyFill(s, report.quantity);
        break;
      case ReportKind::kCanceled:
        if (late) break;
        Reduce(s, std::min(report.quantity, s->open));
        if (s->open == 0) {
          Close(s, OrderStatus::kCancelled);
          ++counters_.cancelled;
        }
        break;
      case ReportKind::kRejected:
        if (late) break;
        Close(s, OrderStatus::kRejected);
        ++counters_.rejected;
        break;
    }
    return late ? ReportOutcome::kLate : ReportOutcome::kApplied;
  }

  // Null for a token that was never given.
  [[nodiscard]] const OrderState* Find(OrderToken token) const { return token >= 1 && token <= count_ ? &orders_[token - 1] : nullptr; }
  // Open lots of an instrument and side.
  [[nodiscard]] Quantity working(InstrumentIndex i, Side side) const {
    const size_t at = size_t{i} * 2 + static_cast<size_t>(side);
    return at < working_.size() ? working_[at] : 0;
  }
  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] uint32_t open_count() const { return open_count_; }
  [[nodiscard]] const OrderCounters& counters() const { return counters_; }

  // Folds every order and what became of it into `seed`.
  [[nodiscard]] uint64_t Hash(uint64_t seed) const {
    for (uint32_t i = 0; i < count_; ++i) {
      const OrderState& s = orders_[i];
      seed = Combine(seed, uint64_t{s.order.instrument} << 16 | static_cast<uint64_t>(s.order.side) << 8 | static_cast<uint64_t>(s.status));
      seed = Combine(seed, static_cast<uint64_t>(s.order.price_nanos));
      seed = Combine(seed, static_cast<uint64_t>(s.order.quantity));
      seed = Combine(seed, static_cast<uint64_t>(s.filled));
      seed = Combine(seed, s.order_ref);
      seed = Combine(seed, s.sent_ns);
    }
    return seed;
  }

 private:
  OrderState* Mutable(OrderToken token) { return token >= 1 && token <= count_ ? &orders_[token - 1] : nullptr; }
  Quantity& Working(const OrderState& s) { return working_[size_t{s.order.instrument} * 2 + static_cast<size_t>(s.order.side)]; }

  void Reduce(OrderState* s, Quantity quantity) {
    s->open -= quantity;
    Working(*s) -= quantity;
  }
  void Close(OrderState* s, OrderStatus status) {
    Reduce(s, s->open);
    s->status = status;
    --open_count_;
  }
  void ApplyFill(OrderState* s, Quantity quantity) {
    ++counters_.fills;
    s->filled += quantity;
    if (!s->is_open()) return;
    Reduce(s, std::min(quantity, s->open));
    s->status = OrderStatus::kPartiallyFilled;
    if (s->open == 0) {
      Close(s, OrderStatus::kFilled);
      ++counters_.filled;
    }
  }

  HugeArray<OrderState> orders_;
  HugeArray<Quantity> working_;
  OrderCounters counters_;
  uint32_t count_ = 0, open_count_ = 0;
};

}  // namespace tickgraph
