// Layouts of ITCH 5.0 and OPRA 6.2 as rows (message, offset, length, field), transcribed from the exchanges' documents apart from
// the registries, which tests compare with them. Constant data.
#pragma once

#include <cstdint>
#include <string_view>

namespace tickgraph {

struct LayoutRow {
  std::string_view message;  // type letter; HDR: every message; BLOCK, APP, YI: OPRA's block header, appendage, Y of type I
  uint16_t offset, length;
  std::string_view field;
};

inline constexpr LayoutRow kItchLayout[] = {
    {"HDR", 0, 1, "Type"}, {"HDR", 1, 2, "StockLocate"}, {"HDR", 3, 2, "Tracking"}, {"HDR", 5, 6, "Timestamp"}, {"S", 11, 1, "Event"},
    {"R", 11, 8, "Stock"}, {"R", 19, 1, "MarketCategory"}, {"R", 20, 1, "FinancialStatus"}, {"R", 21, 4, "RoundLotSize"},
    {"R", 25, 1, "RoundLotsOnly"}, {"R", 26, 1, "IssueClass"}, {"R", 27, 2, "IssueSubType"}, {"R", 29, 1, "Authenticity"},
    {"R", 30, 1, "ShortSaleThreshold"}, {"R", 31, 1, "IPOFlag"}, {"R", 32, 1, "LULDTier"}, {"R", 33, 1, "ETPFlag"},
    {"R", 34, 4, "ETPLeverage"}, {"R", 38, 1, "Inverse"}, {"H", 11, 8, "Stock"}, {"H", 19, 1, "State"}, {"H", 20, 1, "Reserved"},
    {"H", 21, 4, "Reason"}, {"Y", 11, 8, "Stock"}, {"Y", 19, 1, "Action"}, {"L", 11, 4, "MPID"}, {"L", 15, 8, "Stock"},
    {"L", 23, 1, "PrimaryMM"}, {"L", 24, 1, "MMMode"}, {"L", 25, 1, "State"}, {"V", 11, 8, "Level1"}, {"V", 19, 8, "Level2"},
    {"V", 27, 8, "Level3"}, {"W", 11, 1, "BreachedLevel"}, {"K", 11, 8, "Stock"}, {"K", 19, 4, "ReleaseTime"}, {"K", 23, 1, "Qualifier"},
    {"K", 24, 4, "IPOPrice"}, {"J", 11, 8, "Stock"}, {"J", 19, 4, "ReferencePrice"}, {"J", 23, 4, "UpperCollar"},
    {"J", 27, 4, "LowerCollar"}, {"J", 31, 4, "Extension"}, {"h", 11, 8, "Stock"}, {"h", 19, 1, "MarketCode"}, {"h", 20, 1, "Action"},
    {"A", 11, 8, "OrderRef"}, {"A", 19, 1, "Side"}, {"A", 20, 4, "Shares"}, {"A", 24, 8, "Stock"}, {"A", 32, 4, "Price"},
    {"F", 11, 8, "OrderRef"}, {"F", 19, 1, "Side"}, {"F", 20, 4, "Shares"}, {"F", 24, 8, "Stock"}, {"F", 32, 4, "Price"},
    {"F", 36, 4, "Attribution"}, {"E", 11, 8, "OrderRef"}, {"E", 19, 4, "Executed"}, {"E", 23, 8, "Match"}, {"C", 11, 8, "OrderRef"},
    {"C", 19, 4, "Executed"}, {"C", 23, 8, "Match"}, {"C", 31, 1, "Printable"}, {"C", 32, 4, "Price"}, {"X", 11, 8, "OrderRef"},
    {"X", 19, 4, "Cancelled"}, {"D", 11, 8, "OrderRef"}, {"U", 11, 8, "OldRef"}, {"U", 19, 8, "NewRef"}, {"U", 27, 4, "Shares"},
    {"U", 31, 4, "Price"}, {"P", 11, 8, "OrderRef"}, {"P", 19, 1, "Side"}, {"P", 20, 4, "Shares"}, {"P", 24, 8, "Stock"},
    {"P", 32, 4, "Price"}, {"P", 36, 8, "Match"}, {"Q", 11, 8, "Shares"}, {"Q", 19, 8, "Stock"}, {"Q", 27, 4, "CrossPrice"},
    {"Q", 31, 8, "Match"}, {"Q", 39, 1, "CrossType"}, {"B", 11, 8, "Match"}, {"I", 11, 8, "Paired"}, {"I", 19, 8, "Imbalance"},
    {"I", 27, 1, "Direction"}, {"I", 28, 8, "Stock"}, {"I", 36, 4, "FarPrice"}, {"I", 40, 4, "NearPrice"}, {"I", 44, 4, "RefPrice"},
    {"I", 48, 1, "CrossType"}, {"I", 49, 1, "Variation"}, {"N", 11, 8, "Stock"}, {"N", 19, 1, "Interest"}, {"O", 11, 8, "Stock"},
    {"O", 19, 1, "OpenEligible"}, {"O", 20, 4, "MinPrice"}, {"O", 24, 4, "MaxPrice"}, {"O", 28, 4, "NearExecPrice"},
    {"O", 32, 8, "NearExecTime"}, {"O", 40, 4, "LowerCollar"}, {"O", 44, 4, "UpperCollar"},
};

inline constexpr LayoutRow kOpraLayout[] = {
    {"BLOCK", 0, 1, "Version"}, {"BLOCK", 1, 2, "BlockSize"}, {"BLOCK", 3, 1, "DataFeed"}, {"BLOCK", 4, 1, "Retransmission"},
    {"BLOCK", 5, 1, "Session"}, {"BLOCK", 6, 4, "BlockSequence"}, {"BLOCK", 10, 1, "Messages"}, {"BLOCK", 11, 4, "Seconds"},
    {"BLOCK", 15, 4, "Nanos"}, {"BLOCK", 19, 2, "Checksum"}, {"HDR", 0, 1, "Participant"}, {"HDR", 1, 1, "Category"},
    {"HDR", 2, 1, "Type"}, {"HDR", 3, 1, "Indicator"}, {"HDR", 4, 4, "TransactionID"}, {"HDR", 8, 4, "PRN"}, {"a", 12, 5, "Symbol"},
    {"a", 17, 1, "Reserved"}, {"a", 18, 3, "Expiration"}, {"a", 21, 1, "StrikeDenom"}, {"a", 22, 4, "Strike"}, {"a", 26, 4, "Volume"},
    {"a", 30, 1, "PremiumDenom"}, {"a", 31, 4, "Premium"}, {"a", 35, 4, "TradeID"}, {"a", 39, 4, "Reserved2"}, {"d", 12, 5, "Symbol"},
    {"d", 17, 1, "Reserved"}, {"d", 18, 3, "Expiration"}, {"d", 21, 1, "StrikeDenom"}, {"d", 22, 4, "Strike"},
    {"d", 26, 4, "OpenInterest"}, {"f", 12, 5, "Symbol"}, {"f", 17, 1, "Reserved"}, {"f", 18, 3, "Expiration"},
    {"f", 21, 1, "StrikeDenom"}, {"f", 22, 4, "Strike"}, {"f", 26, 4, "Volume"}, {"f", 30, 4, "OpenInterest"},
    {"f", 34, 1, "PremiumDenom"}, {"f", 35, 4, "Open"}, {"f", 39, 4, "High"}, {"f", 43, 4, "Low"}, {"f", 47, 4, "Last"},
    {"f", 51, 4, "NetChange"}, {"f", 55, 1, "UnderlyingDenom"}, {"f", 56, 8, "UnderlyingPrice"}, {"f", 64, 4, "Bid"},
    {"f", 68, 4, "Offer"}, {"k", 12, 5, "Symbol"}, {"k", 17, 1, "Reserved"}, {"k", 18, 3, "Expiration"}, {"k", 21, 1, "StrikeDenom"},
    {"k", 22, 4, "Strike"}, {"k", 26, 1, "PremiumDenom"}, {"k", 27, 4, "Bid"}, {"k", 31, 4, "BidSize"}, {"k", 35, 4, "Offer"},
    {"k", 39, 4, "OfferSize"}, {"q", 12, 4, "Symbol"}, {"q", 16, 3, "Expiration"}, {"q", 19, 2, "Strike"}, {"q", 21, 2, "Bid"},
    {"q", 23, 2, "BidSize"}, {"q", 25, 2, "Offer"}, {"q", 27, 2, "OfferSize"}, {"APP", 0, 1, "Participant"}, {"APP", 1, 1, "Denom"},
    {"APP", 2, 4, "Price"}, {"APP", 6, 4, "Size"}, {"C", 12, 2, "DataLength"}, {"H", 12, 0, "none"}, {"Y", 12, 5, "Symbol"},
    {"Y", 17, 1, "Reserved"}, {"Y", 18, 1, "IndexDenom"}, {"Y", 19, 4, "Value"}, {"Y", 23, 4, "Reserved2"}, {"YI", 12, 5, "Symbol"},
    {"YI", 17, 1, "Reserved"}, {"YI", 18, 1, "IndexDenom"}, {"YI", 19, 4, "BidValue"}, {"YI", 23, 4, "OfferValue"},
    {"R", 12, 5, "Symbol"}, {"R", 17, 3, "Expiration"}, {"R", 20, 1, "StrikeDenom"}, {"R", 21, 4, "Strike"}, {"R", 25, 2, "Line"},
    {"R", 27, 128, "Reserved"},
};

}  // namespace tickgraph
