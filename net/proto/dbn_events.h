// Decoded Databento records: what DecodeDbn hands to its handler, the same structs for every version of the format.
//
// Prices are nanos, kNoPrice where the record leaves them undefined; sizes are the venue's lots. Views live as long as the record.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "hot/types.h"

namespace tickgraph {

struct DbnHeader {
  uint64_t ts_event_ns = 0;
  uint64_t ts_recv_ns = 0;  // of records without one: ts_event
  uint32_t instrument_id = 0;
  uint16_t publisher_id = 0;
  uint8_t rtype = 0;
};

// Bits of a record's flags.
inline constexpr uint8_t kDbnLast = 0x80;  // of its event, for its instrument
inline constexpr uint8_t kDbnTopOfBook = 0x40, kDbnSnapshot = 0x20, kDbnAggregated = 0x10, kDbnBadReceiveTime = 0x08,
                         kDbnMaybeBadBook = 0x04;

struct DbnOrder {  // mbo
  DbnHeader header;
  OrderRef order_id = 0;
  PriceNanos price_nanos = kNoPrice;
  Quantity quantity = 0;
  uint32_t sequence = 0;
  int32_t ts_in_delta_ns = 0;
  uint8_t flags = 0, channel_id = 0;
  char action = 0;  // A add, C cancel, M modify, T trade, F fill, R clear, N none
  char side = 0;    // B, A, N
};

struct DbnLevel {
  PriceNanos bid_price_nanos = kNoPrice, ask_price_nanos = kNoPrice;
  Quantity bid_quantity = 0, ask_quantity = 0;
  uint32_t bid_orders = 0, ask_orders = 0;        // 0 in consolidated records
  uint16_t bid_publisher = 0, ask_publisher = 0;  // of consolidated records alone
};

// trades (no level), mbp-1, tbbo, bbo, cmbp-1, tcbbo, cbbo (one), mbp-10 (ten).
struct DbnQuote {
  static constexpr uint32_t kMaxLevels = 10;
  DbnHeader header;
  PriceNanos price_nanos = kNoPrice;
  Quantity quantity = 0;
  uint32_t sequence = 0;
  int32_t ts_in_delta_ns = 0;
  uint8_t flags = 0, depth = 0;
  char action = 0, side = 0;  // 0 where the schema has none
  uint32_t level_count = 0;
  std::array<DbnLevel, kMaxLevels> levels;
};

struct DbnBar {  // ohlcv
  DbnHeader header;
  PriceNanos open_nanos = kNoPrice, high_nanos = kNoPrice, low_nanos = kNoPrice, close_nanos = kNoPrice;
  uint64_t volume = 0;
};

struct DbnDefinition {
  DbnHeader header;
  std::string_view raw_symbol, underlying, exchange, asset, group, currency, security_type;
  uint64_t activation_ns = 0, expiration_ns = 0;
  PriceNanos strike_price_nanos = kNoPrice, min_price_increment_nanos = kNoPrice;
  int64_t display_factor_nanos = 0, unit_of_measure_quantity_nanos = 0;
  uint32_t underlying_id = 0;
  int32_t contract_multiplier = 0;
  char instrument_class = 0, update_action = 0;
};

struct DbnStatus {
  DbnHeader header;
  uint16_t action = 0, reason = 0, trading_event = 0;
  char is_trading = 0, is_quoting = 0, is_short_sell_restricted = 0;
};

struct DbnImbalance {
  DbnHeader header;
  PriceNanos reference_price_nanos = kNoPrice, clearing_price_nanos = kNoPrice, match_price_nanos = kNoPrice;
  Quantity paired_quantity = 0, imbalance_quantity = 0;
  char auction_type = 0, side = 0;
};

struct DbnStatistic {
  DbnHeader header;
  uint64_t ts_ref_ns = 0;
  PriceNanos price_nanos = kNoPrice;
  int64_t quantity = 0;
  bool has_quantity = false;
  uint32_t sequence = 0;
  uint16_t type = 0, channel_id = 0;
  uint8_t update_action = 0, flags = 0;
};

struct DbnSymbolMapping {  // in live streams
  DbnHeader header;
  std::string_view in_symbol, out_symbol;
  uint64_t start_ns = 0, end_ns = 0;
};

struct DbnNotice {  // error, system
  DbnHeader header;
  std::string_view text;
  bool is_error = false;
};

}  // namespace tickgraph
