// The registry of CME MDP 3.0's market data blocks: roots and group entries of the SBE templates as structs.
//
// In the flow: what the decoder (cme.h) hands to a handler. A struct holds what the layouts (cme_layouts.h) of its kind carry: price_nanos
// from mantissas of 1e-7 (templates below 46) or 1e-9, and "none" as kNoPrice and kNoQuantity whatever the wire's null.
#pragma once

#include <cstdint>
#include <limits>

#include "net/proto/block_fields.h"

namespace tickgraph::cme {

inline constexpr int8_t kNullInt8 = 127;
inline constexpr uint8_t kNullUint8 = 255;
inline constexpr uint16_t kNullUint16 = 65535;
inline constexpr int32_t kNullInt32 = std::numeric_limits<int32_t>::max();
inline constexpr uint32_t kNullUint32 = std::numeric_limits<uint32_t>::max();
inline constexpr uint64_t kNullUint64 = std::numeric_limits<uint64_t>::max();

// Bits of match_event_indicator.
inline constexpr uint8_t kLastTrade = 1, kLastVolume = 2, kLastQuote = 4, kLastStatistic = 8, kLastImplied = 16, kRecoveryMessage = 32,
                         kEndOfEvent = 128;

enum class UpdateAction : uint8_t { kNew = 0, kChange = 1, kDelete = 2, kDeleteThru = 3, kDeleteFrom = 4, kOverlay = 5 };

struct Heartbeat {};
struct Login {
  int8_t heartbeat_seconds = 0;
};
struct Logout {
  FixedText<180> text;
};
struct ChannelReset {
  uint64_t ts_transact_ns = 0;
  uint8_t match_event_indicator = 0;
};
struct ResetChannel {
  int16_t channel_id = 0;
};
struct SecurityStatus {
  uint64_t ts_transact_ns = 0;
  FixedText<6> security_group, asset;
  int32_t security_id = kNullInt32;  // null: the whole group
  uint16_t trade_date = kNullUint16;
  uint8_t match_event_indicator = 0;
  uint8_t trading_status = kNullUint8, halt_reason = kNullUint8, trading_event = kNullUint8;
};
// The root of every incremental refresh.
struct Incremental {
  uint64_t ts_transact_ns = 0;
  uint8_t match_event_indicator = 0;

  [[nodiscard]] bool end_of_event() const { return (match_event_indicator & kEndOfEvent) != 0; }
};
// A level of a book by price (32, 46, 64).
struct BookEntry {
  PriceNanos price_nanos = kNoPrice;
  Quantity size = kNoQuantity;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  Quantity number_of_orders = kNoQuantity;  // none: implied
  uint8_t level = 0;                        // 1 is the best
  UpdateAction action = UpdateAction::kNew;
  char entry_type = 0;  // 0 bid, 1 offer, E F implied bid and offer, J reset, w x market best offer and bid
  Quantity tradeable_size = kNoQuantity;
};
// An order behind the book entries of the same message.
struct OrderOfEntry {
  uint64_t order_id = 0, priority = kNullUint64;
  Quantity display_size = kNoQuantity;
  uint8_t reference_id = kNullUint8;  // 1-based index of its entry in the first group
  uint8_t action = 0;                 // 0 new, 1 update, 2 delete
};
struct TradeEntry {
  PriceNanos price_nanos = kNoPrice;
  Quantity size = kNoQuantity;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  Quantity number_of_orders = kNoQuantity;
  int32_t trade_id = 0;        // 36 alone
  uint8_t aggressor_side = 0;  // 1 buy, 2 sell
  UpdateAction action = UpdateAction::kNew;
  uint32_t trade_entry_id = kNullUint32;
};
struct OrderOfTrade {
  uint64_t order_id = 0;
  Quantity last_size = kNoQuantity;
};
struct DailyStatistic {
  PriceNanos price_nanos = kNoPrice;
  Quantity size = kNoQuantity;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  uint16_t trading_reference_date = kNullUint16;
  uint8_t settle_price_type = 0;
  UpdateAction action = UpdateAction::kNew;
  char entry_type = 0;  // 6 settlement, B cleared volume, C open interest, W fixing
};
struct PriceLimits {
  PriceNanos high_nanos = kNoPrice, low_nanos = kNoPrice, max_variation_nanos = kNoPrice;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
};
struct SessionStatistic {
  PriceNanos price_nanos = kNoPrice;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  uint8_t open_close_settle = kNullUint8;
  UpdateAction action = UpdateAction::kNew;
  char entry_type = 0;  // 4 open, 7 high, 8 low, N highest bid, O lowest offer, 9 VWAP
  Quantity size = kNoQuantity;
};
struct VolumeEntry {
  Quantity size = kNoQuantity;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  UpdateAction action = UpdateAction::kNew;
};
// An order of the book by order (43, 47).
struct OrderEntry {
  uint64_t order_id = kNullUint64, priority = kNullUint64;  // lower is earlier, within one price and side
  PriceNanos price_nanos = kNoPrice;
  Quantity display_size = kNoQuantity;
  int32_t security_id = kNullInt32;
  UpdateAction action = UpdateAction::kNew;
  char entry_type = 0;
};
struct QuoteRequest {
  uint64_t ts_transact_ns = 0;
  FixedText<23> request_id;
  uint8_t match_event_indicator = 0;
};
struct QuoteRequestEntry {
  FixedText<20> symbol;
  int32_t security_id = kNullInt32;
  Quantity size = kNoQuantity;
  int8_t quote_type = 0, side = kNullInt8;
};
// The root of a book's snapshot (38, 52), which reflects the increments up to last_sequence and the instrument's rpt_seq.
struct Snapshot {
  uint32_t last_sequence = 0, report_count = 0;
  int32_t security_id = kNullInt32;
  uint32_t rpt_seq = 0;
  uint64_t ts_transact_ns = 0, ts_last_update_ns = 0;
  uint16_t trade_date = kNullUint16;
  uint8_t trading_status = kNullUint8;
  PriceNanos high_limit_nanos = kNoPrice, low_limit_nanos = kNoPrice, max_variation_nanos = kNoPrice;
};
struct SnapshotEntry {
  PriceNanos price_nanos = kNoPrice;
  Quantity size = kNoQuantity, tradeable_size = kNoQuantity, number_of_orders = kNoQuantity;
  uint8_t level = 0;  // null as on the wire: 127, and 255 in 68
  uint16_t trading_reference_date = kNullUint16;
  uint8_t open_close_settle = kNullUint8, settle_price_type = 0;
  char entry_type = 0;
};
// The root of a full refresh over TCP (61, 68).
struct FullRefresh {
  uint64_t ts_transact_ns = 0;
  uint8_t match_event_indicator = 0;
  int32_t security_id = kNullInt32;
  PriceNanos high_limit_nanos = kNoPrice, low_limit_nanos = kNoPrice, max_variation_nanos = kNoPrice;
};
// A chunk of the snapshot of a book by order (44, 53).
struct OrderSnapshot {
  uint32_t last_sequence = 0, report_count = 0;
  int32_t security_id = kNullInt32;
  uint32_t chunk_count = 0, chunk = 0;
  uint64_t ts_transact_ns = 0;
};
struct OrderSnapshotEntry {
  uint64_t order_id = 0, priority = kNullUint64;
  PriceNanos price_nanos = kNoPrice;
  Quantity display_size = kNoQuantity;
  char entry_type = 0;
};

}  // namespace tickgraph::cme
