// The fixed-size records of the tape: one record is one row of one archive table.
//
// Written by the hot loop, read by the cold process through shared memory, so every struct is trivially copyable and its
// size and alignment are part of the format.
#pragma once

#include <cstdint>
#include <type_traits>

#include "hot/signal.h"
#include "hot/types.h"

namespace tickgraph {

enum class TapeTable : uint8_t { kEvents = 0, kSignals, kOrders, kFills, kRisk, kGaps, kLatency };
inline constexpr int kTapeTables = 7;
inline constexpr const char* kTapeTableNames[kTapeTables] = {"events", "signals", "orders", "fills", "risk", "gaps", "latency"};

// events: a row a message, of one that carries several levels or entries a row each.
struct EventPayload {
  uint64_t feed_sequence;
  uint64_t order_ref;     // 0: none
  uint64_t order_ref_2;   // new reference of a replace, or the match number of E C P Q B
  int64_t price_nanos;    // kNoPrice: none. Quotes: bid
  int64_t quantity;       // lots. Quotes: bid size; a level: its new total
  int64_t price_2_nanos;  // quotes: ask
  int64_t quantity_2;     // quotes: ask size
  int64_t price_3_nanos;
  char detail[8];      // one-letter fields, MPID, participant and condition; NUL-padded
  char side;           // 'B', 'S' or 0
  uint8_t book_state;  // BookState of the instrument after the message
  uint8_t line;        // Line it arrived on
  uint8_t held;        // 1: its book was not ready for it, it was applied later or never
  uint8_t reserved[4];
};
// signals: a row a signal.
struct SignalPayload {
  int64_t edge_nanos, theo_edge_nanos, quantity;
  int64_t leg_price_nanos[kMaxLegs];
  uint32_t leg_instrument[kMaxLegs];
  uint8_t kind;  // SignalKind
  uint8_t leg_count;
  uint8_t leg_sides;  // bit i: leg i sells
  uint8_t reserved;
  int32_t imbalance_ppm;
  uint8_t leg_ratio[kMaxLegs];  // how often a bundle trades the leg
  uint8_t reserved_2[4];
  uint64_t event_sequence;  // the tape's number of the last message before the decision: its row has venue, line and feed sequence
};
// orders: a row an order sent and a row an answer that is not a fill (accepted, cancelled, rejected).
struct OrderPayload {
  int64_t price_nanos, quantity;
  uint64_t order_ref;  // the venue's, once accepted
  uint64_t decision;   // number of the decision that sent it
  uint32_t token;
  uint16_t reason;
  char side;      // 'B' or 'S'
  uint8_t state;  // 0 sent, then 1 + ReportKind
  uint8_t strategy;
  uint8_t time_in_force;
  uint8_t reserved[6];
};
// fills: a row a fill.
struct FillPayload {
  int64_t price_nanos, quantity;
  uint64_t match_number;
  int64_t position;        // of the instrument after the fill, lots
  int64_t realized_nanos;  // profit of the instrument so far
  uint32_t token;
  char side;
  uint8_t strategy;
  uint8_t reserved[2];
};
// risk: a row an order that risk refused.
struct RiskPayload {
  int64_t price_nanos, quantity;
  int64_t limit;  // what the check allows; 0 where it has no number
  int64_t value;  // what the order would have made of it
  char side;
  uint8_t reason;  // RejectReason
  uint8_t strategy;
  uint8_t reserved[5];
};
// gaps: a row a run of messages that stayed missing in a stream, or of tape records that were overwritten before they were read.
struct GapPayload {
  uint64_t first_sequence, last_sequence;
  uint8_t kind;  // 0 feed, 1 tape
  uint8_t reserved[7];
};
// latency: a row a decision that gave a signal. Nanoseconds since the packet was received; 0: stage not reached.
struct LatencyPayload {
  uint64_t decision;
  uint32_t decoded_ns, booked_ns, submitted_ns, signal_ns, risk_ns, encoded_ns;
  uint32_t signal_count, order_count, row_count;
  uint32_t reserved;
};

struct alignas(64) TapeRecord {
  uint64_t sequence;     // of the tape, from 1, no holes
  uint64_t ts_recv_ns;   // session clock
  uint64_t ts_event_ns;  // venue's time; 0: none
  uint32_t instrument;   // kNoInstrument: none
  TapeTable table;
  uint8_t venue;  // index in the tape's directory; 0xFF: none
  char type;      // events: the type letter, or the number that the venue's protocol has in its place
  uint8_t reserved;
  union {
    EventPayload event;
    SignalPayload signal;
    OrderPayload order;
    FillPayload fill;
    RiskPayload risk;
    GapPayload gap;
    LatencyPayload latency;
    uint64_t words[12];
  };
};
static_assert(sizeof(TapeRecord) == 128 && alignof(TapeRecord) == 64 && std::is_trivially_copyable_v<TapeRecord>);
static_assert(sizeof(EventPayload) <= 96 && sizeof(SignalPayload) <= 96 && sizeof(OrderPayload) <= 96);

}  // namespace tickgraph
