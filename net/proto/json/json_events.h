// Decoded messages of the crypto venues' JSON feeds: what JsonDecoder hands to its handler.
//
// Prices are nanos, quantities 1e-8 of a coin (contracts for COIN-M), both read exactly from decimal text. Views and level pointers live
// until the decoder's next line. Invariant: a level with quantity 0 removes its price; every quantity is absolute.
#pragma once

#include <cstdint>
#include <string_view>

#include "hot/types.h"

namespace tickgraph {

inline constexpr int kJsonPriceScale = 9, kJsonQuantityScale = 8;

enum class JsonVenue : uint8_t { kUnknown, kBinanceSpot, kBinanceUsdm, kBinanceCoinm, kCoinbaseExchange, kCoinbaseAdvanced };

constexpr std::string_view Name(JsonVenue venue) {
  constexpr std::string_view kNames[] = {"unknown", "binance-spot", "binance-usdm", "binance-coinm", "coinbase", "coinbase-advanced"};
  return kNames[static_cast<size_t>(venue)];
}
constexpr bool IsBinanceFutures(JsonVenue venue) { return venue == JsonVenue::kBinanceUsdm || venue == JsonVenue::kBinanceCoinm; }

// The messages that the loop knows by name; any other is kOther.
enum class JsonMessage : uint8_t {
  kOther,
  kSnapshot,
  kDepthUpdate,
  kBookTicker,
  kTrade,
  kAggTrade,
  kL2Update,
  kTicker,
  kMatch,
  kLastMatch,
  kHeartbeat,
  kL2Data,
  kMarketTrades,
  kHeartbeats,
  kSubscriptions,
};
inline constexpr size_t kJsonMessageKinds = 15;

constexpr std::string_view JsonMessageName(JsonMessage message) {
  constexpr std::string_view kNames[kJsonMessageKinds] = {"other",     "snapshot", "depthUpdate",   "bookTicker", "trade",
                                                          "aggTrade",  "l2update", "ticker",        "match",      "last_match",
                                                          "heartbeat", "l2_data",  "market_trades", "heartbeats", "subscriptions"};
  return kNames[static_cast<size_t>(message)];
}
constexpr JsonMessage JsonMessageOf(std::string_view event) {
  for (size_t i = 1; i < kJsonMessageKinds; ++i) {
    if (JsonMessageName(static_cast<JsonMessage>(i)) == event) return static_cast<JsonMessage>(i);
  }
  return JsonMessage::kOther;
}

struct JsonHeader {
  uint64_t ts_event_ns = 0;  // the venue's time, 0 where the message has none (spot bookTicker)
  uint64_t ts_recv_ns = 0;   // the capture's stamp, 0 where it has none
  std::string_view event;    // the venue's own name: depthUpdate, l2update, l2_data…
  std::string_view stream;   // of Binance's combined streams, else empty
  std::string_view product;  // BTCUSDT, BTC-USD; empty where the message names none (a REST snapshot of spot)
  JsonVenue venue = JsonVenue::kUnknown;
};

struct JsonLevel {
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  Side side = Side::kBuy;
};

// depthUpdate, a REST snapshot, l2update, a Coinbase snapshot, one event of an l2_data frame.
struct JsonBook {
  JsonHeader header;
  bool snapshot = false;  // clear the book first
  // Binance: U, u (of a snapshot lastUpdateId) and, of futures alone, pu. Advanced Trade: sequence_num in last_id. Else 0.
  uint64_t first_id = 0, last_id = 0, previous_id = 0;
  bool has_previous_id = false;
  const JsonLevel* levels = nullptr;  // bids and asks
  uint32_t level_count = 0;
};

struct JsonQuote {  // bookTicker
  JsonHeader header;
  uint64_t update_id = 0;
  PriceNanos bid_price_nanos = 0, ask_price_nanos = 0;
  Quantity bid_quantity = 0, ask_quantity = 0;
};

struct JsonTrade {  // trade, aggTrade, match, last_match, one trade of a market_trades frame
  JsonHeader header;
  uint64_t trade_id = 0;
  uint64_t sequence = 0;  // Coinbase Exchange: of the product
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  Side aggressor = Side::kBuy;
  bool of_book = true;  // false: an insurance fund or liquidation print, which took nothing from the book
};

struct JsonTicker {  // Coinbase Exchange
  JsonHeader header;
  uint64_t trade_id = 0, sequence = 0;
  PriceNanos price_nanos = 0;
  Quantity quantity = 0;
  PriceNanos bid_price_nanos = kNoPrice, ask_price_nanos = kNoPrice;
  Side aggressor = Side::kBuy;
};

// Every other message of a venue: counted by its name.
struct JsonOther {
  JsonHeader header;
  uint64_t sequence = 0;  // Coinbase Exchange: of the product
  bool has_sequence = false;
};

enum class JsonStatus : uint8_t {
  kMessage,        // the handler was called
  kControl,        // a subscription or its answer: neither a message nor bad
  kNotJson,        // broken JSON, or no object
  kUnknownObject,  // an object that no known venue sends
  kMissingField,
  kBadValue,
  kTooManyLevels,
  kTooLong,
};

constexpr const char* Name(JsonStatus status) {
  constexpr const char* kNames[] = {"a message",
                                    "a subscription line",
                                    "broken JSON",
                                    "an object that no known venue sends",
                                    "a field that the event needs is missing",
                                    "a field holds what it cannot",
                                    "more levels than the decoder holds",
                                    "a line longer than the decoder takes"};
  return kNames[static_cast<uint8_t>(status)];
}

}  // namespace tickgraph
