// Our orders, what venues answer, and the gateway between the loop and a venue.
#pragma once

#include <cstdint>

#include "hot/types.h"

namespace tickgraph {

enum class TimeInForce : uint8_t { kDay = 0, kImmediateOrCancel = 3 };

struct Order {
  OrderToken token = 0;
  InstrumentIndex instrument = kNoInstrument;
  PriceNanos price_nanos = 0;  // limit
  Quantity quantity = 0;       // lots
  Side side = Side::kBuy;
  TimeInForce time_in_force = TimeInForce::kImmediateOrCancel;
  uint8_t strategy = 0;  // index of the strategy that sent it
};

enum class ReportKind : uint8_t { kAccepted, kFilled, kCanceled, kRejected };

// A venue's answer to one of our orders, already decoded.
struct ExecutionReport {
  uint64_t ts_event_ns = 0;  // venue's time
  OrderToken token = 0;
  ReportKind kind = ReportKind::kAccepted;
  PriceNanos price_nanos = 0;  // fills
  Quantity quantity = 0;       // filled or cancelled lots
  uint64_t match_number = 0;   // fills
  OrderRef order_ref = 0;      // accepted: the venue's reference
  uint16_t reason = 0;         // rejects: OUCH reason code; cancels: its letter
};

// The session with a venue. Chosen at start, called at most once per order and once per packet: a table of function pointers.
struct OrderGateway {
  void* self = nullptr;
  // `message` is the encoded order as it goes on the wire; the gateway copies it. False: the gateway cannot take it now.
  bool (*send)(void* self, uint64_t now_ns, const Order& order, const uint8_t* message, uint32_t size) = nullptr;
  // The session time at which the gateway next has something to deliver; UINT64_MAX: nothing is under way.
  uint64_t (*next_due_ns)(void* self) = nullptr;
  // Delivers what is due at or before `now_ns`, one report a call, in order of time; false when there is none.
  bool (*poll)(void* self, uint64_t now_ns, ExecutionReport* report) = nullptr;
  // Null where the venue is real. A simulated one is told, at the end of the packet that did it, that the top of `instrument` or its
  // trading state changed: orders that rest there may now trade.
  void (*top_changed)(void* self, uint64_t now_ns, InstrumentIndex instrument) = nullptr;
};

}  // namespace tickgraph
