// Databento DBN v1, v2 and v3: bytes of one record in, one event out.
//
// In the flow: behind the DBN reader of net/io/file; hands dbn_events.h structs to a handler. Length and type are checked here, once. No
// state, no allocation. The tables stand in dbn_messages.h, the stream's head in dbn_metadata.h.
#pragma once

#include "net/proto/dbn_events.h"
#include "net/proto/dbn_messages.h"
#include "net/proto/dbn_metadata.h"

namespace tickgraph {

// What of the metadata a record's meaning depends on.
struct DbnFormat {
  uint8_t version = 3;
  bool ts_out = false;
};

namespace dbn_internal {

constexpr uint32_t kSendTimeBytes = 8;

constexpr PriceNanos PriceOf(int64_t price) { return price == kDbnNoPrice ? kNoPrice : price; }
constexpr uint64_t TimeOf(uint64_t time) { return time == kDbnNoTime ? 0 : time; }

// Where a record type has its receive time; 0: it has none.
constexpr uint32_t ReceiveTimeOffset(DbnType type) {
  switch (type) {
    case DbnType::kMbo:
      return DbnFieldOf<dbn_layout::kDbnMbo, "ts_recv">().offset;
    case DbnType::kTrade:
    case DbnType::kMbp1:
    case DbnType::kMbp10:
    case DbnType::kCmbp1:
    case DbnType::kTcbbo:
    case DbnType::kCbbo1s:
    case DbnType::kCbbo1m:
    case DbnType::kBbo1s:
    case DbnType::kBbo1m:
      return DbnFieldOf<dbn_layout::kDbnTrade, "ts_recv">().offset;
    case DbnType::kStatus:
    case DbnType::kDefinition:
    case DbnType::kImbalance:
    case DbnType::kStatistics:
      return DbnFieldOf<dbn_layout::kDbnStatus, "ts_recv">().offset;
    default:
      return 0;
  }
}

template <class Handler>
inline void DecodeOrder(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  using namespace dbn_layout;
  DbnOrder event;
  event.header = header;
  event.order_id = DbnGet<kDbnMbo, "order_id">(r);
  event.price_nanos = PriceOf(DbnGet<kDbnMbo, "price">(r));
  event.quantity = DbnGet<kDbnMbo, "size">(r);
  event.flags = DbnGet<kDbnMbo, "flags">(r);
  event.channel_id = DbnGet<kDbnMbo, "channel_id">(r);
  event.action = static_cast<char>(DbnGet<kDbnMbo, "action">(r));
  event.side = static_cast<char>(DbnGet<kDbnMbo, "side">(r));
  event.ts_in_delta_ns = DbnGet<kDbnMbo, "ts_in_delta">(r);
  event.sequence = DbnGet<kDbnMbo, "sequence">(r);
  handler.On(event);
}

inline DbnLevel LevelAt(const uint8_t* p, bool consolidated) {
  DbnLevel level;
  level.bid_price_nanos = PriceOf(LoadLe<int64_t>(p));
  level.ask_price_nanos = PriceOf(LoadLe<int64_t>(p + 8));
  level.bid_quantity = LoadLe<uint32_t>(p + 16);
  level.ask_quantity = LoadLe<uint32_t>(p + 20);
  if (consolidated) {
    level.bid_publisher = LoadLe<uint16_t>(p + 24);
    level.ask_publisher = LoadLe<uint16_t>(p + 28);
  } else {
    level.bid_orders = LoadLe<uint32_t>(p + 24);
    level.ask_orders = LoadLe<uint32_t>(p + 28);
  }
  return level;
}

// Sampled records (bbo, cbbo) leave reserved what belongs to a single event.
template <class Handler>
inline void DecodeQuote(const uint8_t* r, const DbnHeader& header, uint32_t levels, bool consolidated, bool sampled, Handler& handler) {
  using namespace dbn_layout;
  DbnQuote event;
  event.header = header;
  event.price_nanos = PriceOf(DbnGet<kDbnTrade, "price">(r));
  event.quantity = DbnGet<kDbnTrade, "size">(r);
  event.side = static_cast<char>(DbnGet<kDbnTrade, "side">(r));
  event.flags = DbnGet<kDbnTrade, "flags">(r);
  if (!sampled) {
    event.action = static_cast<char>(DbnGet<kDbnTrade, "action">(r));
    event.ts_in_delta_ns = DbnGet<kDbnTrade, "ts_in_delta">(r);
  }
  if (!sampled && !consolidated) event.depth = DbnGet<kDbnTrade, "depth">(r);
  if (!consolidated) event.sequence = DbnGet<kDbnTrade, "sequence">(r);
  event.level_count = levels;
  constexpr uint32_t kLevelBytes = 32;
  for (uint32_t i = 0; i < levels; ++i) event.levels[i] = LevelAt(r + kDbnSize<kDbnTrade> + i * kLevelBytes, consolidated);
  handler.On(event);
}

template <const auto& kLayout, class Handler>
inline void DecodeDefinition(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  DbnDefinition event;
  event.header = header;
  event.raw_symbol = DbnText<kLayout, "raw_symbol">(r);
  event.underlying = DbnText<kLayout, "underlying">(r);
  event.exchange = DbnText<kLayout, "exchange">(r);
  event.asset = DbnText<kLayout, "asset">(r);
  event.group = DbnText<kLayout, "group">(r);
  event.currency = DbnText<kLayout, "currency">(r);
  event.security_type = DbnText<kLayout, "security_type">(r);
  event.activation_ns = TimeOf(DbnGet<kLayout, "activation">(r));
  event.expiration_ns = TimeOf(DbnGet<kLayout, "expiration">(r));
  event.strike_price_nanos = PriceOf(DbnGet<kLayout, "strike_price">(r));
  event.min_price_increment_nanos = PriceOf(DbnGet<kLayout, "min_price_increment">(r));
  event.display_factor_nanos = DbnGet<kLayout, "display_factor">(r);
  event.unit_of_measure_quantity_nanos = DbnGet<kLayout, "unit_of_measure_qty">(r);
  event.underlying_id = DbnGet<kLayout, "underlying_id">(r);
  event.contract_multiplier = DbnGet<kLayout, "contract_multiplier">(r);
  event.instrument_class = static_cast<char>(DbnGet<kLayout, "instrument_class">(r));
  event.update_action = static_cast<char>(DbnGet<kLayout, "security_update_action">(r));
  handler.On(event);
}

template <const auto& kLayout, class Handler>
inline void DecodeStatistic(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  DbnStatistic event;
  event.header = header;
  event.ts_ref_ns = TimeOf(DbnGet<kLayout, "ts_ref">(r));
  event.price_nanos = PriceOf(DbnGet<kLayout, "price">(r));
  const auto quantity = DbnGet<kLayout, "quantity">(r);
  event.has_quantity = quantity != std::numeric_limits<decltype(+quantity)>::max();
  event.quantity = event.has_quantity ? quantity : 0;
  event.sequence = DbnGet<kLayout, "sequence">(r);
  event.type = DbnGet<kLayout, "stat_type">(r);
  event.channel_id = DbnGet<kLayout, "channel_id">(r);
  event.update_action = DbnGet<kLayout, "update_action">(r);
  event.flags = DbnGet<kLayout, "stat_flags">(r);
  handler.On(event);
}

template <class Handler>
inline void DecodeStatus(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  using namespace dbn_layout;
  handler.On(DbnStatus{header, DbnGet<kDbnStatus, "action">(r), DbnGet<kDbnStatus, "reason">(r), DbnGet<kDbnStatus, "trading_event">(r),
                       static_cast<char>(DbnGet<kDbnStatus, "is_trading">(r)), static_cast<char>(DbnGet<kDbnStatus, "is_quoting">(r)),
                       static_cast<char>(DbnGet<kDbnStatus, "is_short_sell_restricted">(r))});
}

template <class Handler>
inline void DecodeImbalance(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  using namespace dbn_layout;
  handler.On(DbnImbalance{header, PriceOf(DbnGet<kDbnImbalance, "ref_price">(r)), PriceOf(DbnGet<kDbnImbalance, "cont_book_clr_price">(r)),
                          PriceOf(DbnGet<kDbnImbalance, "ind_match_price">(r)), DbnGet<kDbnImbalance, "paired_qty">(r),
                          DbnGet<kDbnImbalance, "total_imbalance_qty">(r), static_cast<char>(DbnGet<kDbnImbalance, "auction_type">(r)),
                          static_cast<char>(DbnGet<kDbnImbalance, "side">(r))});
}

template <class Handler>
inline void DecodeBar(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  using namespace dbn_layout;
  handler.On(DbnBar{header, PriceOf(DbnGet<dbn_layout::kDbnBar, "open">(r)), PriceOf(DbnGet<dbn_layout::kDbnBar, "high">(r)),
                    PriceOf(DbnGet<dbn_layout::kDbnBar, "low">(r)), PriceOf(DbnGet<dbn_layout::kDbnBar, "close">(r)),
                    DbnGet<dbn_layout::kDbnBar, "volume">(r)});
}

template <const auto& kLayout, class Handler>
inline void DecodeMapping(const uint8_t* r, const DbnHeader& header, Handler& handler) {
  handler.On(DbnSymbolMapping{header, DbnText<kLayout, "stype_in_symbol">(r), DbnText<kLayout, "stype_out_symbol">(r),
                              TimeOf(DbnGet<kLayout, "start_ts">(r)), TimeOf(DbnGet<kLayout, "end_ts">(r))});
}

// `r` has the length of its type.
template <class Handler>
inline void Dispatch(const uint8_t* r, uint8_t version, const DbnHeader& header, Handler& handler) {
  using namespace dbn_layout;
  switch (static_cast<DbnType>(header.rtype)) {
    case DbnType::kMbo:
      return DecodeOrder(r, header, handler);
    case DbnType::kTrade:
      return DecodeQuote(r, header, 0, false, false, handler);
    case DbnType::kMbp1:
      return DecodeQuote(r, header, 1, false, false, handler);
    case DbnType::kMbp10:
      return DecodeQuote(r, header, DbnQuote::kMaxLevels, false, false, handler);
    case DbnType::kBbo1s:
    case DbnType::kBbo1m:
      return DecodeQuote(r, header, 1, false, true, handler);
    case DbnType::kCmbp1:
    case DbnType::kTcbbo:
      return DecodeQuote(r, header, 1, true, false, handler);
    case DbnType::kCbbo1s:
    case DbnType::kCbbo1m:
      return DecodeQuote(r, header, 1, true, true, handler);
    case DbnType::kOldBar:
    case DbnType::kBar1s:
    case DbnType::kBar1m:
    case DbnType::kBar1h:
    case DbnType::kBar1d:
    case DbnType::kBarEod:
      return DecodeBar(r, header, handler);
    case DbnType::kStatus:
      return DecodeStatus(r, header, handler);
    case DbnType::kDefinition:
      if (version == 1) return DecodeDefinition<kDbnDefinition1>(r, header, handler);
      if (version == 2) return DecodeDefinition<kDbnDefinition2>(r, header, handler);
      return DecodeDefinition<kDbnDefinition3>(r, header, handler);
    case DbnType::kImbalance:
      return DecodeImbalance(r, header, handler);
    case DbnType::kStatistics:
      if (version == 3) return DecodeStatistic<kDbnStatistics3>(r, header, handler);
      return DecodeStatistic<kDbnStatistics1>(r, header, handler);
    case DbnType::kSymbolMapping:
      if (version == 1) return DecodeMapping<kDbnSymbolMapping1>(r, header, handler);
      return DecodeMapping<kDbnSymbolMapping2>(r, header, handler);
    case DbnType::kError:
    case DbnType::kSystem:
      // The text stands first in every version and ends with a NUL.
      const bool is_error = header.rtype == static_cast<uint8_t>(DbnType::kError);
      handler.On(DbnNotice{header, version == 1 ? DbnText<kDbnText1, "text">(r) : DbnText<kDbnError, "text">(r), is_error});
  }
}

}  // namespace dbn_internal

// The times of a record of at least kDbnHeaderBytes: when it was received, else when it happened, else 0.
inline uint64_t DbnReceiveTime(const uint8_t* record, uint32_t size) {
  const uint32_t offset = dbn_internal::ReceiveTimeOffset(static_cast<DbnType>(record[1]));
  const uint64_t received = offset != 0 && offset + 8 <= size ? dbn_internal::TimeOf(LoadLe<uint64_t>(record + offset)) : 0;
  return received != 0 ? received : dbn_internal::TimeOf(LoadLe<uint64_t>(record + 8));
}

// One record with its header. Never reads behind `size` bytes.
template <class Handler>
inline DecodeStatus DecodeDbn(const uint8_t* record, uint32_t size, DbnFormat format, Handler& handler) {
  if (size < kDbnHeaderBytes || uint32_t{record[0]} * 4 != size) return DecodeStatus::kBadLength;
  const uint32_t expected = DbnRecordBytes(record[1], format.version);
  if (expected == 0) return DecodeStatus::kUnknownType;
  if (size != expected + (format.ts_out ? dbn_internal::kSendTimeBytes : 0)) return DecodeStatus::kBadLength;
  DbnHeader header;
  header.rtype = record[1];
  header.publisher_id = LoadLe<uint16_t>(record + 2);
  header.instrument_id = LoadLe<uint32_t>(record + 4);
  header.ts_event_ns = dbn_internal::TimeOf(LoadLe<uint64_t>(record + 8));
  header.ts_recv_ns = DbnReceiveTime(record, size);
  dbn_internal::Dispatch(record, format.version, header, handler);
  return DecodeStatus::kOk;
}

}  // namespace tickgraph
