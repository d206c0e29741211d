// Databento DBN v1 to v3: every record but the definitions, the schemas' names, and which layout a record has.
//
// In the flow: read by dbn.h through DbnGet; tests and the inspector walk the tables. Constant tables, no state.
#pragma once

#include "net/proto/dbn_definitions.h"

namespace tickgraph {
namespace dbn_layout {

inline constexpr auto kDbnMbo = LayOut(56, {U("order_id", 8), I("price", 8), U("size", 4), U("flags", 1), U("channel_id", 1),
                                            C("action", 1), C("side", 1), U("ts_recv", 8), I("ts_in_delta", 4), U("sequence", 4)});

inline constexpr auto kDbnTrade = LayOut(48, {I("price", 8), U("size", 4), C("action", 1), C("side", 1), U("flags", 1), U("depth", 1),
                                              U("ts_recv", 8), I("ts_in_delta", 4), U("sequence", 4)});

inline constexpr auto kDbnMbp1 = LayOut(
    80, {I("price", 8), U("size", 4), C("action", 1), C("side", 1), U("flags", 1), U("depth", 1), U("ts_recv", 8), I("ts_in_delta", 4),
         U("sequence", 4), I("bid_px_0", 8), I("ask_px_0", 8), U("bid_sz_0", 4), U("ask_sz_0", 4), U("bid_ct_0", 4), U("ask_ct_0", 4)});

inline constexpr auto kDbnMbp10 = LayOut(
    368, {I("price", 8),       U("size", 4),     C("action", 1),   C("side", 1),     U("flags", 1),    U("depth", 1),    U("ts_recv", 8),
          I("ts_in_delta", 4), U("sequence", 4), I("bid_px_0", 8), I("ask_px_0", 8), U("bid_sz_0", 4), U("ask_sz_0", 4), U("bid_ct_0", 4),
          U("ask_ct_0", 4),    I("bid_px_1", 8), I("ask_px_1", 8), U("bid_sz_1", 4), U("ask_sz_1", 4), U("bid_ct_1", 4), U("ask_ct_1", 4),
          I("bid_px_2", 8),    I("ask_px_2", 8), U("bid_sz_2", 4), U("ask_sz_2", 4), U("bid_ct_2", 4), U("ask_ct_2", 4), I("bid_px_3", 8),
          I("ask_px_3", 8),    U("bid_sz_3", 4), U("ask_sz_3", 4), U("bid_ct_3", 4), U("ask_ct_3", 4), I("bid_px_4", 8), I("ask_px_4", 8),
          U("bid_sz_4", 4),    U("ask_sz_4", 4), U("bid_ct_4", 4), U("ask_ct_4", 4), I("bid_px_5", 8), I("ask_px_5", 8), U("bid_sz_5", 4),
          U("ask_sz_5", 4),    U("bid_ct_5", 4), U("ask_ct_5", 4), I("bid_px_6", 8), I("ask_px_6", 8), U("bid_sz_6", 4), U("ask_sz_6", 4),
          U("bid_ct_6", 4),    U("ask_ct_6", 4), I("bid_px_7", 8), I("ask_px_7", 8), U("bid_sz_7", 4), U("ask_sz_7", 4), U("bid_ct_7", 4),
          U("ask_ct_7", 4),    I("bid_px_8", 8), I("ask_px_8", 8), U("bid_sz_8", 4), U("ask_sz_8", 4), U("bid_ct_8", 4), U("ask_ct_8", 4),
          I("bid_px_9", 8),    I("ask_px_9", 8), U("bid_sz_9", 4), U("ask_sz_9", 4), U("bid_ct_9", 4), U("ask_ct_9", 4)});

inline constexpr auto kDbnBbo =
    LayOut(80, {I("price", 8), U("size", 4), B("reserved_action", 1), C("side", 1), U("flags", 1), B("reserved_depth", 1), U("ts_recv", 8),
                B("reserved_ts_in_delta", 4), U("sequence", 4), I("bid_px_0", 8), I("ask_px_0", 8), U("bid_sz_0", 4), U("ask_sz_0", 4),
                U("bid_ct_0", 4), U("ask_ct_0", 4)});

inline constexpr auto kDbnCmbp1 =
    LayOut(80, {I("price", 8), U("size", 4), C("action", 1), C("side", 1), U("flags", 1), B("reserved_depth", 1), U("ts_recv", 8),
                I("ts_in_delta", 4), B("reserved_sequence", 4), I("bid_px_0", 8), I("ask_px_0", 8), U("bid_sz_0", 4), U("ask_sz_0", 4),
                U("bid_pb_0", 2), B("reserved_1", 2), U("ask_pb_0", 2), B("reserved_2", 2)});

inline constexpr auto kDbnCbbo =
    LayOut(80, {I("price", 8), U("size", 4), B("reserved_action", 1), C("side", 1), U("flags", 1), B("reserved_depth", 1), U("ts_recv", 8),
                B("reserved_ts_in_delta", 4), B("reserved_sequence", 4), I("bid_px_0", 8), I("ask_px_0", 8), U("bid_sz_0", 4),
                U("ask_sz_0", 4), U("bid_pb_0", 2), B("reserved_1", 2), U("ask_pb_0", 2), B("reserved_2", 2)});

inline constexpr auto kDbnBar = LayOut(56, {I("open", 8), I("high", 8), I("low", 8), I("close", 8), U("volume", 8)});

inline constexpr auto kDbnStatus = LayOut(40, {U("ts_recv", 8), U("action", 2), U("reason", 2), U("trading_event", 2), C("is_trading", 1),
                                               C("is_quoting", 1), C("is_short_sell_restricted", 1), B("reserved", 7)});

inline constexpr auto kDbnImbalance = LayOut(112, {U("ts_recv", 8),
                                                   I("ref_price", 8),
                                                   U("auction_time", 8),
                                                   I("cont_book_clr_price", 8),
                                                   I("auct_interest_clr_price", 8),
                                                   I("ssr_filling_price", 8),
                                                   I("ind_match_price", 8),
                                                   I("upper_collar", 8),
                                                   I("lower_collar", 8),
                                                   U("paired_qty", 4),
                                                   U("total_imbalance_qty", 4),
                                                   U("market_imbalance_qty", 4),
                                                   U("unpaired_qty", 4),
                                                   C("auction_type", 1),
                                                   C("side", 1),
                                                   U("auction_status", 1),
                                                   U("freeze_status", 1),
                                                   U("num_extensions", 1),
                                                   C("unpaired_side", 1),
                                                   C("significant_imbalance", 1),
                                                   B("reserved", 1)});

inline constexpr auto kDbnStatistics1 =
    LayOut(64, {U("ts_recv", 8), U("ts_ref", 8), I("price", 8), I("quantity", 4), U("sequence", 4), I("ts_in_delta", 4), U("stat_type", 2),
                U("channel_id", 2), U("update_action", 1), U("stat_flags", 1), B("reserved", 6)});

inline constexpr auto kDbnStatistics3 =
    LayOut(80, {U("ts_recv", 8), U("ts_ref", 8), I("price", 8), I("quantity", 8), U("sequence", 4), I("ts_in_delta", 4), U("stat_type", 2),
                U("channel_id", 2), U("update_action", 1), U("stat_flags", 1), B("reserved", 18)});

inline constexpr auto kDbnSymbolMapping1 =
    LayOut(80, {A("stype_in_symbol", 22), A("stype_out_symbol", 22), B("dummy", 4), U("start_ts", 8), U("end_ts", 8)});

inline constexpr auto kDbnSymbolMapping2 = LayOut(
    176, {U("stype_in", 1), A("stype_in_symbol", 71), U("stype_out", 1), A("stype_out_symbol", 71), U("start_ts", 8), U("end_ts", 8)});

inline constexpr auto kDbnText1 = LayOut(80, {A("text", 64)});

inline constexpr auto kDbnError = LayOut(320, {A("text", 302), U("code", 1), U("is_last", 1)});

inline constexpr auto kDbnSystem = LayOut(320, {A("text", 303), U("code", 1)});

}  // namespace dbn_layout

inline constexpr uint32_t kDbnHeaderBytes = 16;
inline constexpr uint16_t kDbnMixedSchema = 0xFFFF;
inline constexpr uint64_t kDbnNoTime = ~uint64_t{0};
inline constexpr int64_t kDbnNoPrice = 0x7FFFFFFFFFFFFFFF;

enum class DbnType : uint8_t {
  kTrade = 0x00,
  kMbp1 = 0x01,
  kMbp10 = 0x0A,
  kOldBar = 0x11,
  kStatus = 0x12,
  kDefinition = 0x13,
  kImbalance = 0x14,
  kError = 0x15,
  kSymbolMapping = 0x16,
  kSystem = 0x17,
  kStatistics = 0x18,
  kBar1s = 0x20,
  kBar1m = 0x21,
  kBar1h = 0x22,
  kBar1d = 0x23,
  kBarEod = 0x24,
  kMbo = 0xA0,
  kCmbp1 = 0xB1,
  kCbbo1s = 0xC0,
  kCbbo1m = 0xC1,
  kTcbbo = 0xC2,
  kBbo1s = 0xC3,
  kBbo1m = 0xC4,
};

// By schema id; empty: no such schema.
inline constexpr std::string_view kDbnSchemas[] = {"mbo",      "mbp-1",    "mbp-10",     "tbbo",       "trades", "ohlcv-1s",  "ohlcv-1m",
                                                   "ohlcv-1h", "ohlcv-1d", "definition", "statistics", "status", "imbalance", "ohlcv-eod",
                                                   "cmbp-1",   "cbbo-1s",  "cbbo-1m",    "tcbbo",      "bbo-1s", "bbo-1m"};

constexpr std::string_view DbnSchemaName(uint16_t schema) {
  if (schema == kDbnMixedSchema) return "mixed";
  return schema < std::size(kDbnSchemas) ? kDbnSchemas[schema] : std::string_view("unknown");
}

// The schema that a record belongs to; "" for a type that no specification names. `schema` is the metadata's: one record type serves mbp-1
// and tbbo, and another every bar of old files.
constexpr std::string_view DbnRecordSchema(uint8_t rtype, uint16_t schema) {
  switch (static_cast<DbnType>(rtype)) {
    case DbnType::kTrade:
      return "trades";
    case DbnType::kMbp1:
      return schema == 3 ? "tbbo" : "mbp-1";
    case DbnType::kMbp10:
      return "mbp-10";
    case DbnType::kOldBar:
      return (schema >= 5 && schema <= 8) || schema == 13 ? kDbnSchemas[schema] : "ohlcv";
    case DbnType::kStatus:
      return "status";
    case DbnType::kDefinition:
      return "definition";
    case DbnType::kImbalance:
      return "imbalance";
    case DbnType::kError:
      return "error";
    case DbnType::kSymbolMapping:
      return "symbol-mapping";
    case DbnType::kSystem:
      return "system";
    case DbnType::kStatistics:
      return "statistics";
    case DbnType::kBar1s:
      return "ohlcv-1s";
    case DbnType::kBar1m:
      return "ohlcv-1m";
    case DbnType::kBar1h:
      return "ohlcv-1h";
    case DbnType::kBar1d:
      return "ohlcv-1d";
    case DbnType::kBarEod:
      return "ohlcv-eod";
    case DbnType::kMbo:
      return "mbo";
    case DbnType::kCmbp1:
      return schema == 17 ? "tcbbo" : "cmbp-1";
    case DbnType::kCbbo1s:
      return "cbbo-1s";
    case DbnType::kCbbo1m:
      return "cbbo-1m";
    case DbnType::kTcbbo:
      return "tcbbo";
    case DbnType::kBbo1s:
      return "bbo-1s";
    case DbnType::kBbo1m:
      return "bbo-1m";
  }
  return "";
}

// The fields of a record type in a version of the format; empty for an unknown type.
constexpr std::span<const DbnField> DbnLayoutOf(uint8_t rtype, uint8_t version) {
  using namespace dbn_layout;
  switch (static_cast<DbnType>(rtype)) {
    case DbnType::kTrade:
      return kDbnTrade;
    case DbnType::kMbp1:
      return kDbnMbp1;
    case DbnType::kMbp10:
      return kDbnMbp10;
    case DbnType::kStatus:
      return kDbnStatus;
    case DbnType::kDefinition:
      if (version == 1) return kDbnDefinition1;
      if (version == 2) return kDbnDefinition2;
      return kDbnDefinition3;
    case DbnType::kImbalance:
      return kDbnImbalance;
    case DbnType::kError:
      if (version == 1) return kDbnText1;
      return kDbnError;
    case DbnType::kSymbolMapping:
      if (version == 1) return kDbnSymbolMapping1;
      return kDbnSymbolMapping2;
    case DbnType::kSystem:
      if (version == 1) return kDbnText1;
      return kDbnSystem;
    case DbnType::kStatistics:
      if (version == 3) return kDbnStatistics3;
      return kDbnStatistics1;
    case DbnType::kOldBar:
    case DbnType::kBar1s:
    case DbnType::kBar1m:
    case DbnType::kBar1h:
    case DbnType::kBar1d:
    case DbnType::kBarEod:
      return kDbnBar;
    case DbnType::kMbo:
      return kDbnMbo;
    case DbnType::kCmbp1:
    case DbnType::kTcbbo:
      return kDbnCmbp1;
    case DbnType::kCbbo1s:
    case DbnType::kCbbo1m:
      return kDbnCbbo;
    case DbnType::kBbo1s:
    case DbnType::kBbo1m:
      return kDbnBbo;
  }
  return {};
}

// Bytes of a record without the send time that some streams append; 0 for an unknown type.
constexpr uint32_t DbnRecordBytes(uint8_t rtype, uint8_t version) {
  const auto layout = DbnLayoutOf(rtype, version);
  return layout.empty() ? 0 : layout.back().offset + layout.back().size;
}

}  // namespace tickgraph
