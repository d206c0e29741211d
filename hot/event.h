// Decoded market-data events: what a decoder hands to the loop, one struct a kind.
//
// A decoder is `template <class Handler>` and calls `handler.On(event)` with exactly one of these structs per wire message, or per
// level or entry where a message carries several; nothing here is virtual and nothing allocates. Bytes are checked by the decoder; what
// arrives here is well-formed (a quantity may still exceed what an order has left: that is the book's to judge).
#pragma once

#include "hot/top_of_book.h"
#include "hot/types.h"

namespace tickgraph {

// Common to every event.
struct EventHeader {
  uint64_t ts_event_ns = 0;    // venue's time, nanoseconds since 1970 UTC (since midnight where no date is known)
  uint64_t feed_sequence = 0;  // number of the message in its stream
  uint32_t locate = 0;         // the venue's own instrument number (ITCH StockLocate), 0 = none
  VenueIndex venue = 0;
  char type = 0;  // the specification's type letter
  Line line = Line::kA;
};

struct SystemEvent {  // ITCH S; OPRA H
  EventHeader header;
  char code = 0;
};

// An instrument of a venue whose own identifiers are no small numbers: the feed gives it a locate before its first event. Not a message:
// it makes no row.
struct InstrumentListing {
  EventHeader header;
  InstrumentName name;                              // the symbol, contract or product
  InstrumentName product;                           // what is traded under several names or on several venues
  uint64_t key = 0;                                 // names it in hashes, whatever the order of discovery
  uint8_t quantity_decimals = 0;                    // a lot is 10^-this: 8 for coins
  PriceNanos display_factor_nanos = kNanosPerUnit;  // price_nanos times this is the price as people read it
};

struct InstrumentDefinition {  // ITCH R, IEX D, CME 27 29 41 54 55 56, DBN definition
  EventHeader header;
  Symbol symbol;
  uint32_t round_lot = 0;
};

struct TradingStatus {  // ITCH H, h; IEX H O; CME 30; DBN status; LOBSTER 7
  EventHeader header;
  Symbol symbol;
  TradingState state = TradingState::kTrading;
  FixedText<4> reason;
};

struct AddOrder {  // ITCH A, F; LOBSTER 1
  EventHeader header;
  Symbol symbol;
  OrderRef order_ref = 0;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  Side side = Side::kBuy;
  FixedText<4> attribution;
};

struct ExecuteOrder {  // ITCH E, C; LOBSTER 4
  EventHeader header;
  OrderRef order_ref = 0;
  Quantity quantity = 0;
  uint64_t match_number = 0;
  PriceNanos price_nanos = kNoPrice;  // kNoPrice: at the order's own price
  bool printable = true;
};

struct ReduceOrder {  // ITCH X; LOBSTER 2
  EventHeader header;
  OrderRef order_ref = 0;
  Quantity quantity = 0;  // removed
};

struct DeleteOrder {  // ITCH D; LOBSTER 3
  EventHeader header;
  OrderRef order_ref = 0;
};

// An order as it is from now on. A new price or more than it had left sends it to the back of its level, less keeps its place; an order
// that is not there is added.
struct ModifyOrder {  // DBN mbo M
  EventHeader header;
  OrderRef order_ref = 0;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  Quantity filled = 0;  // of it in the same event of the venue, which its resting quantity does not show yet
  Side side = Side::kBuy;
};

struct ReplaceOrder {  // ITCH U: loses time priority, keeps side and instrument
  EventHeader header;
  OrderRef order_ref = 0;
  OrderRef new_order_ref = 0;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
};

// What becomes of an event: most are applied and recorded as they come. One that waits for its book's snapshot is recorded when it comes
// and applied when the book is whole.
enum class EventUse : uint8_t { kBoth = 0, kRecordOnly = 1, kApplyOnly = 2 };

// The total at one price of a book that the venue aggregates; quantity 0 removes it.
struct LevelUpdate {  // IEX 8 5, CME 32 38 46 52 64, DBN mbp-10, JSON depth
  EventHeader header;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  uint32_t order_count = 0;  // 0: not said
  Side side = Side::kBuy;
  EventUse use = EventUse::kBoth;
};

// Best bid and offer of a venue that states them whole.
struct QuoteUpdate {  // IEX Q; DBN mbp-1 tbbo bbo cmbp-1 cbbo; bookTicker
  EventHeader header;
  TopOfBook top;
  EventUse use = EventUse::kBoth;
};

// Every order and level of an instrument is gone.
struct BookClear {  // CME J and 4, DBN mbo R; before a snapshot
  EventHeader header;
  EventUse use = EventUse::kBoth;
};

struct Trade {  // ITCH P, Q; IEX T; CME 36 42 48 65; DBN T F; LOBSTER 5 6; trade, match: never changes the displayed book
  EventHeader header;
  Symbol symbol;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  uint64_t match_number = 0;
  Side side = Side::kBuy;
  char cross_type = 0;     // Q: O, C, H; X: the venue does not say which; 0: none
  bool side_known = true;  // false: the venue does not say who was the aggressor
};

// Everything that changes no book: ITCH Y L V W K J B I N O, OPRA C d f Y R, and what other venues say besides.
struct Notice {
  EventHeader header;
  Symbol symbol;  // empty where the message carries none
  PriceNanos price_nanos = kNoPrice;
  PriceNanos price_2_nanos = kNoPrice;
  PriceNanos price_3_nanos = kNoPrice;
  Quantity quantity = 0;
  Quantity quantity_2 = 0;
  uint64_t match_number = 0;
  FixedText<8> detail;  // the message's one-letter fields in order
};

enum class OptionRight : uint8_t { kCall = 0, kPut = 1 };

// (root symbol, expiration, right, strike): OPRA's option key.
struct OptionKey {
  Symbol root;
  uint32_t expiration = 0;  // yyyymmdd
  OptionRight right = OptionRight::kCall;
  PriceNanos strike_nanos = 0;
  friend bool operator==(const OptionKey&, const OptionKey&) = default;
};

struct OptionSide {
  PriceNanos price_nanos = kNoPrice;  // kNoPrice: none
  Quantity quantity = 0;
  char participant = 0;
};

// What a quote says of the national best on one side (OPRA's BBO indicator, appendages already resolved).
enum class BestChange : uint8_t { kNoChange = 0, kSet = 1, kNone = 2 };

struct OptionQuote {  // OPRA k, q
  EventHeader header;
  OptionKey key;
  OptionSide bid, ask;  // the participant's own quote
  BestChange best_bid_change = BestChange::kNoChange, best_ask_change = BestChange::kNoChange;
  OptionSide best_bid, best_ask;  // meaningful where the change is kSet
  char participant = 0;
  char condition = ' ';  // the message's type: quote condition
};

struct OptionTrade {  // OPRA a
  EventHeader header;
  OptionKey key;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  char participant = 0;
  char condition = ' ';
};

}  // namespace tickgraph
