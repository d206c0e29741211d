// The registry of IEX TOPS 1.6 and DEEP 1.0: every message as a struct and the layout of its fields, from the specifications 1.66 and 1.08.
//
// Drives the decoder and the encoder (iex.h), the names in `inspect`, and the tests. TOPS 1.5 is a subset. Constant data.
#pragma once

#include <cstdint>

#include "net/proto/block_fields.h"
#include "net/proto/message_registry.h"

namespace tickgraph::iex {

// What opens every message but the system event. The meaning of `flags` is the type's.
struct Header {
  char type = 0;
  uint8_t flags = 0;
  uint64_t ts_event_ns = 0;  // since 1970 UTC
  Symbol symbol;
};

inline constexpr uint8_t kQuoteNotAvailable = 0x80, kQuoteOutsideRegularHours = 0x40;
inline constexpr uint8_t kTradeIso = 0x80, kTradeExtendedHours = 0x40, kTradeOddLot = 0x20, kTradeThroughExempt = 0x10,
                         kTradeSinglePriceCross = 0x08;

struct SystemEvent {
  char type = 'S';
  char event = 0;  // O S R M E C
  uint64_t ts_event_ns = 0;
};
struct SecurityDirectory {
  Header header;  // flags: 0x80 test, 0x40 when issued, 0x20 ETP
  uint32_t round_lot = 0;
  PriceNanos adjusted_close_nanos = 0;
  uint8_t luld_tier = 0;
};
struct TradingStatus {
  Header header;  // flags: H halted, O order acceptance, P paused, T trading
  FixedText<4> reason;
};
struct RetailLiquidity {
  Header header;  // flags: space none, A buy, B sell, C both
};
struct OperationalHalt {
  Header header;  // flags: O halted on IEX, N not
};
struct ShortSaleTest {
  Header header;  // flags: 0 not in effect, 1 in effect
  char detail = ' ';
};
struct SecurityEvent {
  Header header;  // flags: O opening process complete, C closing process complete
};
struct QuoteUpdate {
  Header header;
  uint32_t bid_size = 0;
  PriceNanos bid_price_nanos = 0, ask_price_nanos = 0;
  uint32_t ask_size = 0;
};
// Types 8 and 5. A size of 0 removes the level; flags 1 ends the event, before which the book holds a state that never was.
struct PriceLevelUpdate {
  Header header;
  uint32_t size = 0;
  PriceNanos price_nanos = 0;

  [[nodiscard]] Side side() const { return header.type == '8' ? Side::kBuy : Side::kSell; }
  [[nodiscard]] bool event_complete() const { return (header.flags & 1) != 0; }
};
struct TradeReport {
  Header header;
  uint32_t size = 0;
  PriceNanos price_nanos = 0;
  uint64_t trade_id = 0;
};
struct TradeBreak : TradeReport {};
struct OfficialPrice {
  Header header;  // flags: Q opening, M closing
  PriceNanos price_nanos = 0;
};
struct AuctionInformation {
  Header header;  // flags: O open, C close, I IPO, H halt, V volatility
  uint32_t paired_shares = 0;
  PriceNanos reference_price_nanos = 0, indicative_price_nanos = 0;
  uint32_t imbalance_shares = 0;
  char imbalance_side = 'N';
  uint8_t extensions = 0;
  uint32_t scheduled_seconds = 0;
  PriceNanos book_clearing_price_nanos = 0, collar_reference_price_nanos = 0, lower_collar_nanos = 0, upper_collar_nanos = 0;
};

// A message type: its letter, name and length, and the struct that holds it.
template <char kLetter, FieldName kText, uint16_t kLength, class Body>
struct MessageType {
  using Block = Body;
  static constexpr char kType = kLetter;
  static constexpr uint16_t kBytes = kLength;
  static constexpr std::string_view name() { return kText.view(); }
};

namespace iex_internal {

template <class V, class H>
constexpr void HeaderFields(V& v, H& header) {
  v.Number("Type", header.type);
  v.Number("Flags", header.flags);
  v.Number("Timestamp", header.ts_event_ns);
  v.Text("Symbol", header.symbol);
}

template <char kLetter, FieldName kText, class Body>
struct HeaderOnly : MessageType<kLetter, kText, 18, Body> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
  }
};

template <char kLetter, FieldName kText>
struct PriceLevel : MessageType<kLetter, kText, 30, PriceLevelUpdate> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("Size", b.size);
    v.Price("Price", b.price_nanos);
  }
};

template <char kLetter, FieldName kText, class Body>
struct Execution : MessageType<kLetter, kText, 38, Body> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("Size", b.size);
    v.Price("Price", b.price_nanos);
    v.Number("TradeID", b.trade_id);
  }
};

struct System : MessageType<'S', "System Event", 10, SystemEvent> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    v.Number("Type", b.type);
    v.Number("Event", b.event);
    v.Number("Timestamp", b.ts_event_ns);
  }
};
struct Directory : MessageType<'D', "Security Directory", 31, SecurityDirectory> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("RoundLot", b.round_lot);
    v.Price("AdjPOCPrice", b.adjusted_close_nanos);
    v.Number("LULDTier", b.luld_tier);
  }
};
struct Status : MessageType<'H', "Trading Status", 22, TradingStatus> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Text("Reason", b.reason);
  }
};
struct ShortSale : MessageType<'P', "Short Sale Price Test Status", 19, ShortSaleTest> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("Detail", b.detail);
  }
};
struct Quote : MessageType<'Q', "Quote Update", 42, QuoteUpdate> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("BidSize", b.bid_size);
    v.Price("BidPrice", b.bid_price_nanos);
    v.Price("AskPrice", b.ask_price_nanos);
    v.Number("AskSize", b.ask_size);
  }
};
struct Official : MessageType<'X', "Official Price", 26, OfficialPrice> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Price("Price", b.price_nanos);
  }
};
struct Auction : MessageType<'A', "Auction Information", 80, AuctionInformation> {
  template <class V, class B>
  static constexpr void Fields(V& v, B& b) {
    HeaderFields(v, b.header);
    v.Number("Paired", b.paired_shares);
    v.Price("RefPrice", b.reference_price_nanos);
    v.Price("IndicativePrice", b.indicative_price_nanos);
    v.Number("Imbalance", b.imbalance_shares);
    v.Number("ImbalanceSide", b.imbalance_side);
    v.Number("Extensions", b.extensions);
    v.Number("ScheduledTime", b.scheduled_seconds);
    v.Price("BookClearingPrice", b.book_clearing_price_nanos);
    v.Price("CollarRef", b.collar_reference_price_nanos);
    v.Price("LowerCollar", b.lower_collar_nanos);
    v.Price("UpperCollar", b.upper_collar_nanos);
  }
};

}  // namespace iex_internal

template <class... Types>
struct MessageList {};

// Most frequent first.
using Messages =
    MessageList<iex_internal::PriceLevel<'8', "Price Level Update Buy">, iex_internal::PriceLevel<'5', "Price Level Update Sell">,
                iex_internal::Quote, iex_internal::Execution<'T', "Trade Report", TradeReport>, iex_internal::Status,
                iex_internal::ShortSale, iex_internal::HeaderOnly<'O', "Operational Halt Status", OperationalHalt>, iex_internal::Auction,
                iex_internal::Directory, iex_internal::Execution<'B', "Trade Break", TradeBreak>, iex_internal::Official,
                iex_internal::HeaderOnly<'E', "Security Event", SecurityEvent>,
                iex_internal::HeaderOnly<'I', "Retail Liquidity Indicator", RetailLiquidity>, iex_internal::System>;

inline constexpr uint32_t kMaxMessageBytes = 80;

// Calls visit.template operator()<Type>() for each message type.
template <class Visit, class... Types>
constexpr void ForEachType(MessageList<Types...>, Visit&& visit) {
  (visit.template operator()<Types>(), ...);
}

// A type letter's name; empty where there is no such type.
constexpr std::string_view MessageName(char type) {
  std::string_view out;
  ForEachType(Messages{}, [&]<class Type>() {
    if (Type::kType == type) out = Type::name();
  });
  return out;
}

}  // namespace tickgraph::iex
