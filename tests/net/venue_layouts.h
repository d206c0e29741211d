// Layouts of IEX-TP, TOPS and DEEP, and of CME MDP 3.0 as rows (message or block, offset, length, field), transcribed from the venues'
// documents apart from the registries, which tests compare with them. Reserved bytes are "pad". Constant data.
#pragma once

#include <gtest/gtest.h>

#include "net/proto/block_fields.h"
#include "tests/net/protocol_layouts.h"

namespace tickgraph {

// Compares the rows of `message` with a layout, its `skip` first fields aside; returns how many rows there were.
template <class Layout, size_t N>
size_t ExpectLayout(const LayoutRow (&rows)[N], std::string_view message, size_t skip = 0) {
  const BlockLister listed = ListFields<Layout>();
  size_t i = skip, found = 0;
  for (const LayoutRow& row : rows) {
    if (row.message != message) continue;
    ++found;
    EXPECT_LT(i, listed.count) << message;
    if (i >= listed.count) break;
    EXPECT_EQ(row.field, listed.fields[i].name) << message;
    EXPECT_EQ(row.offset, listed.fields[i].offset) << message << " " << row.field;
    EXPECT_EQ(row.length, listed.fields[i].size) << message << " " << row.field;
    ++i;
  }
  EXPECT_EQ(i, listed.count) << message;
  return found;
}

// Several rows a line.
// clang-format off
inline constexpr LayoutRow kIexTpLayout[] = {
    {"HDR", 0, 1, "Version"}, {"HDR", 1, 1, "pad"}, {"HDR", 2, 2, "ProtocolID"}, {"HDR", 4, 4, "ChannelID"}, {"HDR", 8, 4, "SessionID"},
    {"HDR", 12, 2, "PayloadLength"}, {"HDR", 14, 2, "MessageCount"}, {"HDR", 16, 8, "StreamOffset"}, {"HDR", 24, 8, "FirstSequence"},
    {"HDR", 32, 8, "SendTime"}, {"GAP", 0, 1, "Version"}, {"GAP", 1, 1, "RequestType"}, {"GAP", 2, 2, "ProtocolID"},
    {"GAP", 4, 4, "ChannelID"}, {"GAP", 8, 4, "SessionID"}, {"GAP", 12, 4, "RangeCount"}, {"RANGE", 0, 8, "First"},
    {"RANGE", 8, 8, "Last"},
};

inline constexpr LayoutRow kIexLayout[] = {
    {"S", 0, 1, "Type"}, {"S", 1, 1, "Event"}, {"S", 2, 8, "Timestamp"}, {"HDR", 0, 1, "Type"}, {"HDR", 1, 1, "Flags"},
    {"HDR", 2, 8, "Timestamp"}, {"HDR", 10, 8, "Symbol"}, {"D", 18, 4, "RoundLot"}, {"D", 22, 8, "AdjPOCPrice"}, {"D", 30, 1, "LULDTier"},
    {"H", 18, 4, "Reason"}, {"P", 18, 1, "Detail"}, {"Q", 18, 4, "BidSize"}, {"Q", 22, 8, "BidPrice"}, {"Q", 30, 8, "AskPrice"},
    {"Q", 38, 4, "AskSize"}, {"8", 18, 4, "Size"}, {"8", 22, 8, "Price"}, {"5", 18, 4, "Size"}, {"5", 22, 8, "Price"},
    {"T", 18, 4, "Size"}, {"T", 22, 8, "Price"}, {"T", 30, 8, "TradeID"}, {"B", 18, 4, "Size"}, {"B", 22, 8, "Price"},
    {"B", 30, 8, "TradeID"}, {"X", 18, 8, "Price"}, {"A", 18, 4, "Paired"}, {"A", 22, 8, "RefPrice"}, {"A", 30, 8, "IndicativePrice"},
    {"A", 38, 4, "Imbalance"}, {"A", 42, 1, "ImbalanceSide"}, {"A", 43, 1, "Extensions"}, {"A", 44, 4, "ScheduledTime"},
    {"A", 48, 8, "BookClearingPrice"}, {"A", 56, 8, "CollarRef"}, {"A", 64, 8, "LowerCollar"}, {"A", 72, 8, "UpperCollar"},
};

// Roots and entries; 54, 55 and 56 are the roots of those templates.
inline constexpr LayoutRow kCmeLayout[] = {
    {"ROOT", 0, 8, "TransactTime"}, {"ROOT", 8, 1, "MatchEventIndicator"}, {"ROOT", 9, 2, "pad"}, {"G32", 0, 8, "MDEntryPx"},
    {"G32", 8, 4, "MDEntrySize"}, {"G32", 12, 4, "SecurityID"}, {"G32", 16, 4, "RptSeq"}, {"G32", 20, 4, "NumberOfOrders"},
    {"G32", 24, 1, "MDPriceLevel"}, {"G32", 25, 1, "MDUpdateAction"}, {"G32", 26, 1, "MDEntryType"}, {"G32", 27, 5, "pad"},
    {"R38", 0, 4, "LastMsgSeqNumProcessed"}, {"R38", 4, 4, "TotNumReports"}, {"R38", 8, 4, "SecurityID"}, {"R38", 12, 4, "RptSeq"},
    {"R38", 16, 8, "TransactTime"}, {"R38", 24, 8, "LastUpdateTime"}, {"R38", 32, 2, "TradeDate"}, {"R38", 34, 1, "TradingStatus"},
    {"R38", 35, 8, "HighLimit"}, {"R38", 43, 8, "LowLimit"}, {"R38", 51, 8, "MaxPriceVariation"}, {"G38", 0, 8, "MDEntryPx"},
    {"G38", 8, 4, "MDEntrySize"}, {"G38", 12, 4, "NumberOfOrders"}, {"G38", 16, 1, "MDPriceLevel"},
    {"G38", 17, 2, "TradingReferenceDate"}, {"G38", 19, 1, "OpenCloseSettlFlag"}, {"G38", 20, 1, "SettlPriceType"},
    {"G38", 21, 1, "MDEntryType"}, {"G42", 0, 8, "MDEntryPx"}, {"G42", 8, 4, "MDEntrySize"}, {"G42", 12, 4, "SecurityID"},
    {"G42", 16, 4, "RptSeq"}, {"G42", 20, 4, "NumberOfOrders"}, {"G42", 24, 1, "AggressorSide"}, {"G42", 25, 1, "MDUpdateAction"},
    {"G42", 26, 6, "pad"}, {"GOID", 0, 8, "OrderID"}, {"GOID", 8, 4, "LastQty"}, {"GOID", 12, 4, "pad"}, {"G43", 0, 8, "OrderID"},
    {"G43", 8, 8, "MDOrderPriority"}, {"G43", 16, 8, "MDEntryPx"}, {"G43", 24, 4, "MDDisplayQty"}, {"G43", 28, 4, "SecurityID"},
    {"G43", 32, 1, "MDUpdateAction"}, {"G43", 33, 1, "MDEntryType"}, {"G43", 34, 6, "pad"}, {"G46", 0, 8, "MDEntryPx"},
    {"G46", 8, 4, "MDEntrySize"}, {"G46", 12, 4, "SecurityID"}, {"G46", 16, 4, "RptSeq"}, {"G46", 20, 4, "NumberOfOrders"},
    {"G46", 24, 1, "MDPriceLevel"}, {"G46", 25, 1, "MDUpdateAction"}, {"G46", 26, 1, "MDEntryType"}, {"G46", 27, 4, "TradeableSize"},
    {"G46", 31, 1, "pad"}, {"GORD", 0, 8, "OrderID"}, {"GORD", 8, 8, "MDOrderPriority"}, {"GORD", 16, 4, "MDDisplayQty"},
    {"GORD", 20, 1, "ReferenceID"}, {"GORD", 21, 1, "OrderUpdateAction"}, {"GORD", 22, 2, "pad"}, {"ROOT9", 0, 8, "TransactTime"},
    {"ROOT9", 8, 1, "MatchEventIndicator"}, {"G4", 0, 2, "ApplID"}, {"R30", 0, 8, "TransactTime"}, {"R30", 8, 6, "SecurityGroup"},
    {"R30", 14, 6, "Asset"}, {"R30", 20, 4, "SecurityID"}, {"R30", 24, 2, "TradeDate"}, {"R30", 26, 1, "MatchEventIndicator"},
    {"R30", 27, 1, "TradingStatus"}, {"R30", 28, 1, "HaltReason"}, {"R30", 29, 1, "TradingEvent"}, {"G33", 0, 8, "MDEntryPx"},
    {"G33", 8, 4, "MDEntrySize"}, {"G33", 12, 4, "SecurityID"}, {"G33", 16, 4, "RptSeq"}, {"G33", 20, 2, "TradingReferenceDate"},
    {"G33", 22, 1, "SettlPriceType"}, {"G33", 23, 1, "MDUpdateAction"}, {"G33", 24, 1, "MDEntryType"}, {"G33", 25, 7, "pad"},
    {"G34", 0, 8, "HighLimit"}, {"G34", 8, 8, "LowLimit"}, {"G34", 16, 8, "MaxPriceVariation"}, {"G34", 24, 4, "SecurityID"},
    {"G34", 28, 4, "RptSeq"}, {"G35", 0, 8, "MDEntryPx"}, {"G35", 8, 4, "SecurityID"}, {"G35", 12, 4, "RptSeq"},
    {"G35", 16, 1, "OpenCloseSettlFlag"}, {"G35", 17, 1, "MDUpdateAction"}, {"G35", 18, 1, "MDEntryType"}, {"G35", 19, 5, "pad"},
    {"G51", 0, 8, "MDEntryPx"}, {"G51", 8, 4, "SecurityID"}, {"G51", 12, 4, "RptSeq"}, {"G51", 16, 1, "OpenCloseSettlFlag"},
    {"G51", 17, 1, "MDUpdateAction"}, {"G51", 18, 1, "MDEntryType"}, {"G51", 19, 4, "MDEntrySize"}, {"G51", 23, 1, "pad"},
    {"G36", 0, 8, "MDEntryPx"}, {"G36", 8, 4, "MDEntrySize"}, {"G36", 12, 4, "SecurityID"}, {"G36", 16, 4, "RptSeq"},
    {"G36", 20, 4, "NumberOfOrders"}, {"G36", 24, 4, "TradeID"}, {"G36", 28, 1, "AggressorSide"}, {"G36", 29, 1, "MDUpdateAction"},
    {"G36", 30, 2, "pad"}, {"G37", 0, 4, "MDEntrySize"}, {"G37", 4, 4, "SecurityID"}, {"G37", 8, 4, "RptSeq"},
    {"G37", 12, 1, "MDUpdateAction"}, {"G37", 13, 3, "pad"}, {"R39", 0, 8, "TransactTime"}, {"R39", 8, 23, "QuoteReqID"},
    {"R39", 31, 1, "MatchEventIndicator"}, {"R39", 32, 3, "pad"}, {"G39", 0, 20, "Symbol"}, {"G39", 20, 4, "SecurityID"},
    {"G39", 24, 4, "OrderQty"}, {"G39", 28, 1, "QuoteType"}, {"G39", 29, 1, "Side"}, {"G39", 30, 2, "pad"},
    {"R44", 0, 4, "LastMsgSeqNumProcessed"}, {"R44", 4, 4, "TotNumReports"}, {"R44", 8, 4, "SecurityID"}, {"R44", 12, 4, "NoChunks"},
    {"R44", 16, 4, "CurrentChunk"}, {"R44", 20, 8, "TransactTime"}, {"G44", 0, 8, "OrderID"}, {"G44", 8, 8, "MDOrderPriority"},
    {"G44", 16, 8, "MDEntryPx"}, {"G44", 24, 4, "MDDisplayQty"}, {"G44", 28, 1, "MDEntryType"}, {"G48", 0, 8, "MDEntryPx"},
    {"G48", 8, 4, "MDEntrySize"}, {"G48", 12, 4, "SecurityID"}, {"G48", 16, 4, "RptSeq"}, {"G48", 20, 4, "NumberOfOrders"},
    {"G48", 24, 1, "AggressorSide"}, {"G48", 25, 1, "MDUpdateAction"}, {"G48", 26, 4, "MDTradeEntryID"}, {"G48", 30, 2, "pad"},
    {"G64", 0, 8, "MDEntryPx"}, {"G64", 8, 8, "MDEntrySize"}, {"G64", 16, 4, "SecurityID"}, {"G64", 20, 4, "RptSeq"},
    {"G64", 24, 4, "NumberOfOrders"}, {"G64", 28, 1, "MDPriceLevel"}, {"G64", 29, 1, "MDUpdateAction"}, {"G64", 30, 1, "MDEntryType"},
    {"G64", 31, 1, "pad"}, {"G65", 0, 8, "MDEntryPx"}, {"G65", 8, 8, "MDEntrySize"}, {"G65", 16, 4, "SecurityID"},
    {"G65", 20, 4, "RptSeq"}, {"G65", 24, 4, "NumberOfOrders"}, {"G65", 28, 4, "MDTradeEntryID"}, {"G65", 32, 1, "AggressorSide"},
    {"G65", 33, 1, "MDUpdateAction"}, {"G65", 34, 6, "pad"}, {"G66", 0, 8, "MDEntrySize"}, {"G66", 8, 4, "SecurityID"},
    {"G66", 12, 4, "RptSeq"}, {"G66", 16, 1, "MDUpdateAction"}, {"G66", 17, 7, "pad"}, {"R61", 0, 8, "TransactTime"},
    {"R61", 8, 1, "MatchEventIndicator"}, {"R61", 9, 4, "SecurityID"}, {"R61", 13, 8, "HighLimit"}, {"R61", 21, 8, "LowLimit"},
    {"R61", 29, 8, "MaxPriceVariation"}, {"G61", 0, 8, "MDEntryPx"}, {"G61", 8, 4, "MDEntrySize"}, {"G61", 12, 4, "TradeableSize"},
    {"G61", 16, 4, "NumberOfOrders"}, {"G61", 20, 1, "MDPriceLevel"}, {"G61", 21, 1, "OpenCloseSettlFlag"}, {"G61", 22, 1, "MDEntryType"},
    {"G61", 23, 2, "TradingReferenceDate"}, {"G61", 25, 1, "SettlPriceType"}, {"G68", 0, 8, "MDEntryPx"}, {"G68", 8, 8, "MDEntrySize"},
    {"G68", 16, 4, "NumberOfOrders"}, {"G68", 20, 1, "MDPriceLevel"}, {"G68", 21, 1, "OpenCloseSettlFlag"}, {"G68", 22, 1, "MDEntryType"},
    {"54", 0, 1, "MatchEventIndicator"}, {"54", 1, 4, "TotNumReports"}, {"54", 5, 1, "SecurityUpdateAction"},
    {"54", 6, 8, "LastUpdateTime"}, {"54", 14, 1, "MDSecurityTradingStatus"}, {"54", 15, 2, "ApplID"}, {"54", 17, 1, "MarketSegmentID"},
    {"54", 18, 1, "UnderlyingProduct"}, {"54", 19, 4, "SecurityExchange"}, {"54", 23, 6, "SecurityGroup"}, {"54", 29, 6, "Asset"},
    {"54", 35, 20, "Symbol"}, {"54", 55, 4, "SecurityID"}, {"54", 59, 6, "SecurityType"}, {"54", 65, 6, "CFICode"},
    {"54", 71, 5, "MaturityMonthYear"}, {"54", 76, 3, "Currency"}, {"54", 79, 3, "SettlCurrency"}, {"54", 82, 1, "MatchAlgorithm"},
    {"54", 83, 4, "MinTradeVol"}, {"54", 87, 4, "MaxTradeVol"}, {"54", 91, 8, "MinPriceIncrement"}, {"54", 99, 8, "DisplayFactor"},
    {"54", 107, 1, "MainFraction"}, {"54", 108, 1, "SubFraction"}, {"54", 109, 1, "PriceDisplayFormat"}, {"54", 110, 30, "UnitOfMeasure"},
    {"54", 140, 8, "UnitOfMeasureQty"}, {"54", 148, 8, "TradingReferencePrice"}, {"54", 156, 1, "SettlPriceType"},
    {"54", 157, 4, "OpenInterestQty"}, {"54", 161, 4, "ClearedVolume"}, {"54", 165, 8, "HighLimitPrice"}, {"54", 173, 8, "LowLimitPrice"},
    {"54", 181, 8, "MaxPriceVariation"}, {"54", 189, 4, "DecayQuantity"}, {"54", 193, 2, "DecayStartDate"},
    {"54", 195, 4, "OriginalContractSize"}, {"54", 199, 4, "ContractMultiplier"}, {"54", 203, 1, "ContractMultiplierUnit"},
    {"54", 204, 1, "FlowScheduleType"}, {"54", 205, 8, "MinPriceIncrementAmount"}, {"54", 213, 1, "UserDefinedInstrument"},
    {"54", 214, 2, "TradingReferenceDate"}, {"54", 216, 8, "InstrumentGUID"}, {"55", 0, 1, "MatchEventIndicator"},
    {"55", 1, 4, "TotNumReports"}, {"55", 5, 1, "SecurityUpdateAction"}, {"55", 6, 8, "LastUpdateTime"},
    {"55", 14, 1, "MDSecurityTradingStatus"}, {"55", 15, 2, "ApplID"}, {"55", 17, 1, "MarketSegmentID"},
    {"55", 18, 1, "UnderlyingProduct"}, {"55", 19, 4, "SecurityExchange"}, {"55", 23, 6, "SecurityGroup"}, {"55", 29, 6, "Asset"},
    {"55", 35, 20, "Symbol"}, {"55", 55, 4, "SecurityID"}, {"55", 59, 6, "SecurityType"}, {"55", 65, 6, "CFICode"},
    {"55", 71, 1, "PutOrCall"}, {"55", 72, 5, "MaturityMonthYear"}, {"55", 77, 3, "Currency"}, {"55", 80, 8, "StrikePrice"},
    {"55", 88, 3, "StrikeCurrency"}, {"55", 91, 3, "SettlCurrency"}, {"55", 94, 8, "MinCabPrice"}, {"55", 102, 1, "MatchAlgorithm"},
    {"55", 103, 4, "MinTradeVol"}, {"55", 107, 4, "MaxTradeVol"}, {"55", 111, 8, "MinPriceIncrement"},
    {"55", 119, 8, "MinPriceIncrementAmount"}, {"55", 127, 8, "DisplayFactor"}, {"55", 135, 1, "TickRule"},
    {"55", 136, 1, "MainFraction"}, {"55", 137, 1, "SubFraction"}, {"55", 138, 1, "PriceDisplayFormat"}, {"55", 139, 30, "UnitOfMeasure"},
    {"55", 169, 8, "UnitOfMeasureQty"}, {"55", 177, 8, "TradingReferencePrice"}, {"55", 185, 1, "SettlPriceType"},
    {"55", 186, 4, "ClearedVolume"}, {"55", 190, 4, "OpenInterestQty"}, {"55", 194, 8, "LowLimitPrice"}, {"55", 202, 8, "HighLimitPrice"},
    {"55", 210, 1, "UserDefinedInstrument"}, {"55", 211, 2, "TradingReferenceDate"}, {"55", 213, 8, "InstrumentGUID"},
    {"56", 0, 1, "MatchEventIndicator"}, {"56", 1, 4, "TotNumReports"}, {"56", 5, 1, "SecurityUpdateAction"},
    {"56", 6, 8, "LastUpdateTime"}, {"56", 14, 1, "MDSecurityTradingStatus"}, {"56", 15, 2, "ApplID"}, {"56", 17, 1, "MarketSegmentID"},
    {"56", 18, 1, "UnderlyingProduct"}, {"56", 19, 4, "SecurityExchange"}, {"56", 23, 6, "SecurityGroup"}, {"56", 29, 6, "Asset"},
    {"56", 35, 20, "Symbol"}, {"56", 55, 4, "SecurityID"}, {"56", 59, 6, "SecurityType"}, {"56", 65, 6, "CFICode"},
    {"56", 71, 5, "MaturityMonthYear"}, {"56", 76, 3, "Currency"}, {"56", 79, 5, "SecuritySubType"},
    {"56", 84, 1, "UserDefinedInstrument"}, {"56", 85, 1, "MatchAlgorithm"}, {"56", 86, 4, "MinTradeVol"}, {"56", 90, 4, "MaxTradeVol"},
    {"56", 94, 8, "MinPriceIncrement"}, {"56", 102, 8, "DisplayFactor"}, {"56", 110, 1, "PriceDisplayFormat"},
    {"56", 111, 8, "PriceRatio"}, {"56", 119, 1, "TickRule"}, {"56", 120, 30, "UnitOfMeasure"}, {"56", 150, 8, "TradingReferencePrice"},
    {"56", 158, 1, "SettlPriceType"}, {"56", 159, 4, "OpenInterestQty"}, {"56", 163, 4, "ClearedVolume"},
    {"56", 167, 8, "HighLimitPrice"}, {"56", 175, 8, "LowLimitPrice"}, {"56", 183, 8, "MaxPriceVariation"},
    {"56", 191, 1, "MainFraction"}, {"56", 192, 1, "SubFraction"}, {"56", 193, 2, "TradingReferenceDate"},
    {"56", 195, 5, "PriceQuoteMethod"}, {"56", 200, 6, "RiskSet"}, {"56", 206, 6, "MarketSet"}, {"56", 212, 8, "InstrumentGUID"},
    {"56", 220, 35, "FinancialInstrumentFullName"},
};
// clang-format on

}  // namespace tickgraph
