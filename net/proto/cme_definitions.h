// The registry of CME MDP 3.0's instrument definitions: futures, options, spreads, and the groups that follow them.
//
// Drives the decoder and encoder with the rest of the registry (cme_messages.h). Templates 27, 41 and 29 are the short forms, with prices
// of 1e-7, and 54, 55 and 56 the long ones, of 1e-9; the unit is the template's. Constant data.
#pragma once

#include <array>

#include "net/proto/cme_blocks.h"

namespace tickgraph::cme {

enum class InstrumentKind : uint8_t { kFuture, kOption, kSpread };

// A future, an option or a spread; what its template does not carry is null, 0 or empty. Prices need display_factor to be shown.
struct InstrumentDefinition {
  InstrumentKind kind = InstrumentKind::kFuture;
  uint8_t match_event_indicator = 0;
  uint32_t report_count = kNullUint32;
  char security_update_action = 0;
  uint64_t ts_last_update_ns = 0;
  uint8_t trading_status = 0;
  int16_t channel_id = 0;
  uint8_t market_segment_id = 0;
  uint8_t underlying_product = kNullUint8;
  FixedText<4> security_exchange;
  FixedText<6> security_group;
  FixedText<6> asset;
  FixedText<20> symbol;
  int32_t security_id = kNullInt32;
  FixedText<6> security_type;
  FixedText<6> cfi_code;
  std::array<uint8_t, 5> maturity_month_year{};
  FixedText<3> currency;
  FixedText<3> settle_currency;
  char match_algorithm = 0;
  uint32_t min_trade_volume = 0;
  uint32_t max_trade_volume = 0;
  PriceNanos min_price_increment_nanos = kNoPrice;
  PriceNanos display_factor_nanos = kNoPrice;
  uint8_t main_fraction = kNullUint8;
  uint8_t sub_fraction = kNullUint8;
  uint8_t price_display_format = kNullUint8;
  FixedText<30> unit_of_measure;
  PriceNanos unit_of_measure_quantity_nanos = kNoPrice;
  PriceNanos trading_reference_price_nanos = kNoPrice;
  uint8_t settle_price_type = 0;
  Quantity open_interest_quantity = kNoQuantity;
  Quantity cleared_volume = kNoQuantity;
  PriceNanos high_limit_price_nanos = kNoPrice;
  PriceNanos low_limit_price_nanos = kNoPrice;
  PriceNanos max_price_variation_nanos = kNoPrice;
  Quantity decay_quantity = kNoQuantity;
  uint16_t decay_start_date = kNullUint16;
  Quantity original_contract_size = kNoQuantity;
  Quantity contract_multiplier = kNoQuantity;
  int8_t contract_multiplier_unit = kNullInt8;
  int8_t flow_schedule_type = kNullInt8;
  PriceNanos min_price_increment_amount_nanos = kNoPrice;
  char user_defined_instrument = 0;
  uint16_t trading_reference_date = kNullUint16;
  uint64_t instrument_guid = kNullUint64;
  uint8_t put_or_call = 0;
  PriceNanos strike_price_nanos = kNoPrice;
  FixedText<3> strike_currency;
  PriceNanos min_cabinet_price_nanos = kNoPrice;
  int8_t tick_rule = kNullInt8;
  FixedText<5> security_sub_type;
  PriceNanos price_ratio_nanos = kNoPrice;
  FixedText<5> price_quote_method;
  FixedText<6> risk_set;
  FixedText<6> market_set;
  FixedText<35> financial_instrument_full_name;
};
struct InstrumentEvent {
  uint8_t type = 0;  // 5 activation, 7 last trade
  uint64_t ts_ns = 0;
};
struct FeedType {
  FixedText<3> type;  // GBX: the book of real orders; GBI: the implied book
  int8_t depth = 0;
};
struct InstrumentAttribute {
  uint32_t bits = 0;
};
struct LotTypeRule {
  int8_t lot_type = 0;
  int32_t min_lot_size = 0;  // 1e-4
};
struct Underlying {
  int32_t security_id = kNullInt32;
  FixedText<20> symbol;
};
struct RelatedInstrument : Underlying {};
struct Leg {
  int32_t security_id = kNullInt32;
  uint8_t side = 0;  // 1 buy, 2 sell
  int8_t ratio = 0;
  PriceNanos price_nanos = kNoPrice;
  int32_t option_delta = kNullInt32;  // 1e-4
};

// kLong: the template's form from schema 9 on.
template <bool kLong>
struct FutureLayout {
  using Block = InstrumentDefinition;
  static constexpr InstrumentKind kKind = InstrumentKind::kFuture;
  static constexpr uint16_t kBytes = kLong ? 224 : 216;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Number("TotNumReports", b.report_count);
    v.Number("SecurityUpdateAction", b.security_update_action);
    v.Number("LastUpdateTime", b.ts_last_update_ns);
    v.Number("MDSecurityTradingStatus", b.trading_status);
    v.Number("ApplID", b.channel_id);
    v.Number("MarketSegmentID", b.market_segment_id);
    v.Number("UnderlyingProduct", b.underlying_product);
    v.Text("SecurityExchange", b.security_exchange);
    v.Text("SecurityGroup", b.security_group);
    v.Text("Asset", b.asset);
    v.Text("Symbol", b.symbol);
    v.Number("SecurityID", b.security_id);
    v.Text("SecurityType", b.security_type);
    v.Text("CFICode", b.cfi_code);
    v.Raw("MaturityMonthYear", b.maturity_month_year);
    v.Text("Currency", b.currency);
    v.Text("SettlCurrency", b.settle_currency);
    v.Number("MatchAlgorithm", b.match_algorithm);
    v.Number("MinTradeVol", b.min_trade_volume);
    v.Number("MaxTradeVol", b.max_trade_volume);
    v.Price("MinPriceIncrement", b.min_price_increment_nanos);
    v.Price("DisplayFactor", b.display_factor_nanos);
    v.Number("MainFraction", b.main_fraction);
    v.Number("SubFraction", b.sub_fraction);
    v.Number("PriceDisplayFormat", b.price_display_format);
    v.Text("UnitOfMeasure", b.unit_of_measure);
    v.Price("UnitOfMeasureQty", b.unit_of_measure_quantity_nanos);
    v.Price("TradingReferencePrice", b.trading_reference_price_nanos);
    v.Number("SettlPriceType", b.settle_price_type);
    v.Size("OpenInterestQty", b.open_interest_quantity);
    v.Size("ClearedVolume", b.cleared_volume);
    v.Price("HighLimitPrice", b.high_limit_price_nanos);
    v.Price("LowLimitPrice", b.low_limit_price_nanos);
    v.Price("MaxPriceVariation", b.max_price_variation_nanos);
    v.Size("DecayQuantity", b.decay_quantity);
    v.Number("DecayStartDate", b.decay_start_date);
    v.Size("OriginalContractSize", b.original_contract_size);
    v.Size("ContractMultiplier", b.contract_multiplier);
    v.Number("ContractMultiplierUnit", b.contract_multiplier_unit);
    v.Number("FlowScheduleType", b.flow_schedule_type);
    v.Price("MinPriceIncrementAmount", b.min_price_increment_amount_nanos);
    v.Number("UserDefinedInstrument", b.user_defined_instrument);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    if constexpr (kLong) {
      v.Number("InstrumentGUID", b.instrument_guid);
    }
  }
};
template <bool kLong>
struct OptionLayout {
  using Block = InstrumentDefinition;
  static constexpr InstrumentKind kKind = InstrumentKind::kOption;
  static constexpr uint16_t kBytes = kLong ? 221 : 213;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Number("TotNumReports", b.report_count);
    v.Number("SecurityUpdateAction", b.security_update_action);
    v.Number("LastUpdateTime", b.ts_last_update_ns);
    v.Number("MDSecurityTradingStatus", b.trading_status);
    v.Number("ApplID", b.channel_id);
    v.Number("MarketSegmentID", b.market_segment_id);
    v.Number("UnderlyingProduct", b.underlying_product);
    v.Text("SecurityExchange", b.security_exchange);
    v.Text("SecurityGroup", b.security_group);
    v.Text("Asset", b.asset);
    v.Text("Symbol", b.symbol);
    v.Number("SecurityID", b.security_id);
    v.Text("SecurityType", b.security_type);
    v.Text("CFICode", b.cfi_code);
    v.Number("PutOrCall", b.put_or_call);
    v.Raw("MaturityMonthYear", b.maturity_month_year);
    v.Text("Currency", b.currency);
    v.Price("StrikePrice", b.strike_price_nanos);
    v.Text("StrikeCurrency", b.strike_currency);
    v.Text("SettlCurrency", b.settle_currency);
    v.Price("MinCabPrice", b.min_cabinet_price_nanos);
    v.Number("MatchAlgorithm", b.match_algorithm);
    v.Number("MinTradeVol", b.min_trade_volume);
    v.Number("MaxTradeVol", b.max_trade_volume);
    v.Price("MinPriceIncrement", b.min_price_increment_nanos);
    v.Price("MinPriceIncrementAmount", b.min_price_increment_amount_nanos);
    v.Price("DisplayFactor", b.display_factor_nanos);
    v.Number("TickRule", b.tick_rule);
    v.Number("MainFraction", b.main_fraction);
    v.Number("SubFraction", b.sub_fraction);
    v.Number("PriceDisplayFormat", b.price_display_format);
    v.Text("UnitOfMeasure", b.unit_of_measure);
    v.Price("UnitOfMeasureQty", b.unit_of_measure_quantity_nanos);
    v.Price("TradingReferencePrice", b.trading_reference_price_nanos);
    v.Number("SettlPriceType", b.settle_price_type);
    v.Size("ClearedVolume", b.cleared_volume);
    v.Size("OpenInterestQty", b.open_interest_quantity);
    v.Price("LowLimitPrice", b.low_limit_price_nanos);
    v.Price("HighLimitPrice", b.high_limit_price_nanos);
    v.Number("UserDefinedInstrument", b.user_defined_instrument);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    if constexpr (kLong) {
      v.Number("InstrumentGUID", b.instrument_guid);
    }
  }
};
template <bool kLong>
struct SpreadLayout {
  using Block = InstrumentDefinition;
  static constexpr InstrumentKind kKind = InstrumentKind::kSpread;
  static constexpr uint16_t kBytes = kLong ? 255 : 195;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("MatchEventIndicator", b.match_event_indicator);
    v.Number("TotNumReports", b.report_count);
    v.Number("SecurityUpdateAction", b.security_update_action);
    v.Number("LastUpdateTime", b.ts_last_update_ns);
    v.Number("MDSecurityTradingStatus", b.trading_status);
    v.Number("ApplID", b.channel_id);
    v.Number("MarketSegmentID", b.market_segment_id);
    v.Number("UnderlyingProduct", b.underlying_product);
    v.Text("SecurityExchange", b.security_exchange);
    v.Text("SecurityGroup", b.security_group);
    v.Text("Asset", b.asset);
    v.Text("Symbol", b.symbol);
    v.Number("SecurityID", b.security_id);
    v.Text("SecurityType", b.security_type);
    v.Text("CFICode", b.cfi_code);
    v.Raw("MaturityMonthYear", b.maturity_month_year);
    v.Text("Currency", b.currency);
    v.Text("SecuritySubType", b.security_sub_type);
    v.Number("UserDefinedInstrument", b.user_defined_instrument);
    v.Number("MatchAlgorithm", b.match_algorithm);
    v.Number("MinTradeVol", b.min_trade_volume);
    v.Number("MaxTradeVol", b.max_trade_volume);
    v.Price("MinPriceIncrement", b.min_price_increment_nanos);
    v.Price("DisplayFactor", b.display_factor_nanos);
    v.Number("PriceDisplayFormat", b.price_display_format);
    v.Price("PriceRatio", b.price_ratio_nanos);
    v.Number("TickRule", b.tick_rule);
    v.Text("UnitOfMeasure", b.unit_of_measure);
    v.Price("TradingReferencePrice", b.trading_reference_price_nanos);
    v.Number("SettlPriceType", b.settle_price_type);
    v.Size("OpenInterestQty", b.open_interest_quantity);
    v.Size("ClearedVolume", b.cleared_volume);
    v.Price("HighLimitPrice", b.high_limit_price_nanos);
    v.Price("LowLimitPrice", b.low_limit_price_nanos);
    v.Price("MaxPriceVariation", b.max_price_variation_nanos);
    v.Number("MainFraction", b.main_fraction);
    v.Number("SubFraction", b.sub_fraction);
    v.Number("TradingReferenceDate", b.trading_reference_date);
    if constexpr (kLong) {
      v.Text("PriceQuoteMethod", b.price_quote_method);
      v.Text("RiskSet", b.risk_set);
      v.Text("MarketSet", b.market_set);
      v.Number("InstrumentGUID", b.instrument_guid);
      v.Text("FinancialInstrumentFullName", b.financial_instrument_full_name);
    }
  }
};
struct EventLayout {
  using Block = InstrumentEvent;
  static constexpr uint16_t kBytes = 9;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("EventType", b.type);
    v.Number("EventTime", b.ts_ns);
  }
};
struct FeedTypeLayout {
  using Block = FeedType;
  static constexpr uint16_t kBytes = 4;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Text("MDFeedType", b.type);
    v.Number("MarketDepth", b.depth);
  }
};
struct AttributeLayout {
  using Block = InstrumentAttribute;
  static constexpr uint16_t kBytes = 4;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("InstAttribValue", b.bits);
  }
};
struct LotTypeLayout {
  using Block = LotTypeRule;
  static constexpr uint16_t kBytes = 5;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("LotType", b.lot_type);
    v.Number("MinLotSize", b.min_lot_size);
  }
};
struct LegLayout {
  using Block = Leg;
  static constexpr uint16_t kBytes = 18;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("LegSecurityID", b.security_id);
    v.Number("LegSide", b.side);
    v.Number("LegRatioQty", b.ratio);
    v.Price("LegPrice", b.price_nanos);
    v.Number("LegOptionDelta", b.option_delta);
  }
};
template <class Instrument>
struct InstrumentLayout {
  using Block = Instrument;
  static constexpr uint16_t kBytes = 24;
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("SecurityID", b.security_id);
    v.Text("Symbol", b.symbol);
  }
};

}  // namespace tickgraph::cme
