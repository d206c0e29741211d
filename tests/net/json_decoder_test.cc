// JSON messages of Binance and Coinbase: fields, missing, reordered and huge ones, cuts and changed bytes, and real captures' counts.
#include "net/proto/json/json_decoder.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "net/io/file_player.h"
#include "net/proto/json/capture_line.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

// Keeps copies of what it is told.
struct Keep {
  std::vector<JsonBook> books;
  std::vector<JsonLevel> levels;
  std::vector<JsonQuote> quotes;
  std::vector<JsonTrade> trades;
  std::vector<JsonTicker> tickers;
  std::vector<JsonOther> others;
  void On(const JsonBook& e) {
    books.push_back(e);
    levels.insert(levels.end(), e.levels, e.levels + e.level_count);
  }
  void On(const JsonQuote& e) { quotes.push_back(e); }
  void On(const JsonTrade& e) { trades.push_back(e); }
  void On(const JsonTicker& e) { tickers.push_back(e); }
  void On(const JsonOther& e) { others.push_back(e); }
  [[nodiscard]] size_t calls() const { return books.size() + quotes.size() + trades.size() + tickers.size() + others.size(); }
};

constexpr JsonDecoderLimits kSmall{.line_bytes = 1 << 16, .levels = 1024, .events = 16};

const char kDepth[] =
    R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,)"
    R"("b":[["61737.63000000","0.00000000"]],"a":[["61837.64000000","1.54698000"],["61839.85000000","0.00000001"]]}})";
const char kFuturesDepth[] =
    R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":2,"s":"BTCUSDT","U":10,"u":20,"pu":7,"b":[],"a":[["1.5","2"]]}})";
const char kMatch[] = R"({"type":"match","trade_id":280232,"maker_order_id":"2a0d","taker_order_id":"3c82","side":"sell","size":"985",)"
                      R"("price":"0.00001305","product_id":"SKL-BTC","sequence":177100030,"time":"2021-04-17T16:43:37.089723Z"})";
const char kFrame[] =
    R"({"channel":"l2_data","client_id":"","timestamp":"2026-08-24T22:34:13.793075885Z","sequence_num":4,"events":[)"
    R"({"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-08-24T22:34:13.483122Z","price_level":"78856.05",)"
    R"("new_quantity":"0.0476177"},{"side":"offer","event_time":"x","price_level":"78856.06","new_quantity":"1"}]},)"
    R"({"type":"update","product_id":"ETH-USD","updates":[]}]})";

// One of each event that has fields of its own.
const char* const kEveryKind[] = {
    kDepth,
    kFuturesDepth,
    kMatch,
    kFrame,
    R"({"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]})",
    R"({"lastUpdateId":160,"E":1,"T":2,"bids":[],"asks":[["1","2"]]})",
    R"({"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.3519","B":"31.21","a":"25.3652","A":"40.66"}})",
    R"({"e":"bookTicker","u":4,"E":1,"T":2,"s":"BTCUSDT","b":"25.3","B":"31","a":"25.4","A":"40"})",
    R"({"e":"trade","E":1,"s":"X","t":12345,"p":"0.001","q":"100","T":1,"m":true})",
    R"({"e":"aggTrade","E":1,"s":"X","a":26129,"p":"0.01","q":"4","f":100,"l":105,"T":1,"m":false})",
    R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10101.10","0.45"]],"asks":[["10102.55","0.57"]]})",
    R"({"type":"l2update","product_id":"BTC-USD","time":"2019-08-14T20:42:27.265Z","changes":[["buy","10101.8","0.162567"]]})",
    R"({"type":"ticker","sequence":3,"product_id":"BTC-USD","price":"1.5","best_bid":"1.4","best_ask":"1.6","side":"buy",)"
    R"("time":"2021-04-17T16:43:37.1Z","trade_id":20,"last_size":"5"})",
    R"({"type":"open","sequence":10,"product_id":"BTC-USD","order_id":"d5","price":"2","remaining_size":"1","side":"sell"})",
    R"({"channel":"market_trades","sequence_num":1,"events":[{"type":"update","trades":[{"trade_id":"7","product_id":"ETH-USD",)"
    R"("price":"1260.01","size":"0.3","side":"BUY","time":"2019-08-14T20:42:27.265Z"}]}]})",
};

TEST(JsonDecoderTest, BinanceDepth) {
  JsonDecoder decoder(kSmall);
  Keep keep;
  ASSERT_EQ(decoder.Decode(kDepth, 77, keep), JsonStatus::kMessage);
  ASSERT_EQ(keep.books.size(), 1u);
  const JsonBook& book = keep.books[0];
  EXPECT_EQ(book.header.venue, JsonVenue::kBinanceSpot);
  EXPECT_EQ(book.header.event, "depthUpdate");
  EXPECT_EQ(book.header.product, "BTCUSDT");
  EXPECT_EQ(book.header.ts_event_ns, 1'723'161'255'208'000'000u);
  EXPECT_EQ(book.header.ts_recv_ns, 77u);
  EXPECT_EQ(book.first_id, 50'093'239'189u);
  EXPECT_EQ(book.last_id, 50'093'239'202u);
  EXPECT_FALSE(book.has_previous_id);
  EXPECT_FALSE(book.snapshot);
  ASSERT_EQ(keep.levels.size(), 3u);
  EXPECT_EQ(keep.levels[0].side, Side::kBuy);
  EXPECT_EQ(keep.levels[0].price_nanos, 61'737'630'000'000);
  EXPECT_EQ(keep.levels[0].quantity, 0);
  EXPECT_EQ(keep.levels[1].side, Side::kSell);
  EXPECT_EQ(keep.levels[1].quantity, 154'698'000);
  EXPECT_EQ(keep.levels[2].quantity, 1);
}

TEST(JsonDecoderTest, FuturesAreToldByTheirFields) {
  JsonDecoder decoder(kSmall);
  Keep keep;
  ASSERT_EQ(decoder.Decode(kFuturesDepth, 0, keep), JsonStatus::kMessage);
  EXPECT_EQ(keep.books[0].header.venue, JsonVenue::kBinanceUsdm);
  EXPECT_TRUE(keep.books[0].has_previous_id);
  EXPECT_EQ(keep.books[0].previous_id, 7u);
  ASSERT_EQ(
      decoder.Decode(R"({"e":"depthUpdate","E":1,"T":2,"s":"BTCUSD_PERP","ps":"BTCUSD","U":10,"u":20,"pu":7,"b":[],"a":[]})", 0, keep),
      JsonStatus::kMessage);
  EXPECT_EQ(keep.books[1].header.venue, JsonVenue::kBinanceCoinm);
  ASSERT_EQ(
      decoder.Decode(R"({"lastUpdateId":9,"E":1,"T":2,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[["1","2"]],"asks":[]})", 0, keep),
      JsonStatus::kMessage);
  EXPECT_EQ(keep.books[2].header.venue, JsonVenue::kBinanceCoinm);
  EXPECT_TRUE(keep.books[2].snapshot);
  EXPECT_EQ(keep.books[2].last_id, 9u);
  EXPECT_EQ(decoder.header().event, "snapshot");
  ASSERT_EQ(decoder.Decode(R"({"e":"trade","E":1,"T":2,"s":"BTCUSDT","t":3,"p":"1.5","q":"2","X":"INSURANCE_FUND","m":true})", 0, keep),
            JsonStatus::kMessage);
  EXPECT_FALSE(keep.trades[0].of_book);
  EXPECT_EQ(keep.trades[0].aggressor, Side::kSell);
  EXPECT_EQ(keep.trades[0].header.ts_event_ns, 2'000'000u);
}

TEST(JsonDecoderTest, OrderOfMembersDoesNotMatter) {
  JsonDecoder decoder(kSmall);
  Keep keep;
  ASSERT_EQ(
      decoder.Decode(
          R"( {"data" : {"a":[ ["2" , "3"] ],"new":{"b":[1,{"x":[]}]},"b":[["1","4","5"]],"u":20,"s":"X","U":10,"e":"depthUpdate"},"stream":"x"} )",
          0, keep),
      JsonStatus::kMessage);
  EXPECT_EQ(keep.levels.size(), 2u);
  EXPECT_EQ(keep.books[0].header.stream, "x");
  ASSERT_EQ(decoder.Decode(R"({"A":"1","a":"2","B":"3","b":"4","s":"Y","u":5})", 0, keep), JsonStatus::kMessage);
  ASSERT_EQ(keep.quotes.size(), 1u);
  EXPECT_EQ(decoder.header().event, "bookTicker");
  EXPECT_EQ(keep.quotes[0].bid_price_nanos, 4'000'000'000);
  EXPECT_EQ(keep.quotes[0].ask_quantity, 100'000'000);
}

TEST(JsonDecoderTest, CoinbaseMatchNamesTheMaker) {
  JsonDecoder decoder(kSmall);
  Keep keep;
  ASSERT_EQ(decoder.Decode(kMatch, 0, keep), JsonStatus::kMessage);
  EXPECT_EQ(keep.trades[0].aggressor, Side::kBuy);
  EXPECT_EQ(keep.trades[0].trade_id, 280'232u);
  EXPECT_EQ(keep.trades[0].sequence, 177'100'030u);
  EXPECT_EQ(keep.trades[0].price_nanos, 13'050);
  EXPECT_EQ(keep.trades[0].quantity, 98'500'000'000);
  ASSERT_EQ(
      decoder.Decode(
          R"({"type":"l2update","product_id":"A-B","changes":[["buy","0.7885","0.0"],["sell","1","2"]],"time":"2021-04-17T16:43:37Z"})", 0,
          keep),
      JsonStatus::kMessage);
  EXPECT_EQ(keep.levels[1].side, Side::kSell);
  EXPECT_EQ(decoder.Decode(R"({"type":"subscriptions","channels":[]})", 0, keep), JsonStatus::kControl);
  EXPECT_EQ(decoder.Decode(R"({"result":null,"id":1})", 0, keep), JsonStatus::kControl);
  ASSERT_EQ(decoder.Decode(R"({"type":"open","sequence":5,"product_id":"A-B","order_id":"x"})", 0, keep), JsonStatus::kMessage);
  EXPECT_TRUE(keep.others[0].has_sequence);
}

TEST(JsonDecoderTest, AdvancedTradeFrameOfSeveralEvents) {
  JsonDecoder decoder(kSmall);
  Keep keep;
  ASSERT_EQ(decoder.Decode(kFrame, 0, keep), JsonStatus::kMessage);
  ASSERT_EQ(keep.books.size(), 2u);
  EXPECT_TRUE(keep.books[0].snapshot);
  EXPECT_EQ(keep.books[0].header.product, "BTC-USD");
  EXPECT_EQ(keep.books[0].level_count, 2u);
  EXPECT_EQ(keep.levels[1].price_nanos, 78'856'060'000'000);
  EXPECT_EQ(keep.levels[1].side, Side::kSell);
  EXPECT_EQ(keep.books[1].header.product, "ETH-USD");
  EXPECT_EQ(keep.books[1].level_count, 0u);
  EXPECT_EQ(decoder.frame_number(), 4u);
  ASSERT_EQ(
      decoder.Decode(
          R"({"channel":"market_trades","sequence_num":5,"events":[{"type":"update","trades":[{"trade_id":"9","product_id":"ETH-USD",)"
          R"("price":"1260.01","size":"0.3","side":"BUY","time":"2019-08-14T20:42:27.265Z"}]}]})",
          0, keep),
      JsonStatus::kMessage);
  EXPECT_EQ(keep.trades[0].trade_id, 9u);
  EXPECT_EQ(keep.trades[0].aggressor, Side::kSell);
}

TEST(JsonDecoderTest, MissingAndWrongMembersAreRefused) {
  JsonDecoder decoder(kSmall);
  const std::pair<const char*, JsonStatus> cases[] = {
      {R"({"e":"depthUpdate","s":"X","u":2,"b":[],"a":[]})", JsonStatus::kMissingField},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[]})", JsonStatus::kMissingField},
      {R"({"e":"depthUpdate","s":"X","U":3,"u":2,"b":[],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":99999999999999999999,"b":[],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":18446744073709551615,"b":[],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"u":3,"b":[],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[["1"]],"a":[]})", JsonStatus::kMissingField},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[["1","-2"]],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[["1","0.000000001"]],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[[["1"],"1"]],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[1],"a":[]})", JsonStatus::kBadValue},
      {R"({"e":"trade","s":"X","t":1,"p":"1","q":"1","m":"maybe"})", JsonStatus::kBadValue},
      {R"({"e":"trade","s":"X","t":1,"p":"1","q":"1"})", JsonStatus::kMissingField},
      {R"({"type":"l2update","changes":[]})", JsonStatus::kMissingField},
      {R"({"type":"l2update","product_id":"X","changes":[["up","1","1"]]})", JsonStatus::kBadValue},
      {R"({"type":"match","product_id":"X","trade_id":1,"price":"1","size":"1","side":"buy","time":"yesterday"})", JsonStatus::kBadValue},
      {R"({"channel":"l2_data","events":[]})", JsonStatus::kMissingField},
      {R"({"channel":"l2_data","sequence_num":1,"events":[{"updates":[]}]})", JsonStatus::kMissingField},
      {R"({"channel":"l2_data","sequence_num":1,"events":[3]})", JsonStatus::kBadValue},
      {R"({})", JsonStatus::kUnknownObject},
      {R"({"hello":1})", JsonStatus::kUnknownObject},
      {R"([1])", JsonStatus::kNotJson},
      {R"({"e":"kline"} {"e":"kline"})", JsonStatus::kNotJson},
      {R"({"e":"kline"}})", JsonStatus::kNotJson},
      {R"({"e":"depthUpdate","b":[["618u":1,"b":[["1"u"x","E"':1,"3"],["1","0"]]})", JsonStatus::kNotJson},
      {"", JsonStatus::kNotJson},
      {"{", JsonStatus::kNotJson},
      {"{\"e\":\"kl\xff\xff\"}", JsonStatus::kNotJson},
  };
  for (const auto& [text, expected] : cases) {
    Keep keep;
    EXPECT_EQ(decoder.Decode(text, 0, keep), expected) << text;
    EXPECT_EQ(keep.calls(), 0u) << text;
  }
}

TEST(JsonDecoderTest, HugeInputIsBounded) {
  JsonDecoder decoder({.line_bytes = 1 << 16, .levels = 100, .events = 4});
  Keep keep;
  std::string levels;
  for (int i = 0; i < 101; ++i) levels += std::string(i == 0 ? "" : ",") + "[\"1\",\"1\"]";
  EXPECT_EQ(decoder.Decode("{\"lastUpdateId\":1,\"bids\":[" + levels + "],\"asks\":[]}", 0, keep), JsonStatus::kTooManyLevels);
  std::string events;
  for (int i = 0; i < 5; ++i) events += std::string(i == 0 ? "" : ",") + R"({"type":"update","product_id":"X","updates":[]})";
  EXPECT_EQ(decoder.Decode(R"({"channel":"l2_data","sequence_num":1,"events":[)" + events + "]}", 0, keep), JsonStatus::kTooManyLevels);
  EXPECT_EQ(decoder.Decode("{\"e\":\"" + std::string(1 << 16, 'x') + "\"}", 0, keep), JsonStatus::kTooLong);
  std::string deep = "{\"x\":" + std::string(5000, '[') + std::string(5000, ']') + "}";
  EXPECT_NE(decoder.Decode(deep, 0, keep), JsonStatus::kMessage);
  EXPECT_EQ(keep.calls(), 0u);
  EXPECT_EQ(decoder.Decode("{\"e\":\"" + std::string(60'000, 'x') + "\",\"s\":\"" + std::string(1000, 'y') + "\"}", 0, keep),
            JsonStatus::kMessage);
  EXPECT_EQ(decoder.Decode(kMatch, 0, keep), JsonStatus::kMessage);
}

TEST(JsonDecoderTest, EveryCutIsRefusedAndNoByteBreaksIt) {
  JsonDecoder decoder(kSmall);
  for (const char* text : kEveryKind) {
    const std::string whole = text;
    Keep good;
    ASSERT_EQ(decoder.Decode(whole, 0, good), JsonStatus::kMessage) << text;
    for (size_t size = 0; size < whole.size(); ++size) {
      // A block of its own size lets a sanitizer see a read behind the cut.
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      Keep keep;
      ASSERT_NE(decoder.Decode({cut.data(), cut.size()}, 0, keep), JsonStatus::kMessage) << whole.substr(0, size);
      ASSERT_EQ(keep.calls(), 0u);
    }
    std::string changed = whole;
    for (size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        changed[at] = static_cast<char>(byte);
        Keep keep;
        const JsonStatus status = decoder.Decode(changed, 0, keep);
        ASSERT_EQ(keep.calls() != 0, status == JsonStatus::kMessage);
      }
      changed[at] = whole[at];
    }
  }
}

// The same with padding behind the line, where the decoder reads in place.
TEST(JsonDecoderTest, ReadsInPlaceWhereThereIsPadding) {
  JsonDecoder decoder(kSmall);
  const std::string padded = std::string(kDepth) + std::string(JsonDecoder::kPaddingBytes, '}');
  Keep keep;
  ASSERT_EQ(decoder.Decode({padded.data(), sizeof(kDepth) - 1}, padded.size(), 0, keep), JsonStatus::kMessage);
  EXPECT_EQ(keep.books[0].header.product.data(), padded.data() + std::string_view(padded).find("BTCUSDT"));
}

std::map<std::string, uint64_t> CountLines(const std::string& path) {
  std::map<std::string, uint64_t> out;
  std::string error;
  const auto player = FilePlayer::Open(path, &error);
  EXPECT_NE(player, nullptr) << error;
  if (player == nullptr) return out;
  EXPECT_EQ(player->format(), CaptureFormat::kJsonLines);
  JsonDecoder decoder;
  Keep keep;
  while (true) {
    const PacketBurst burst = player->Poll();
    if (burst.count == 0) return out;
    for (uint32_t i = 0; i < burst.count; ++i) {
      const CaptureLine line = ParseCaptureLine({reinterpret_cast<const char*>(burst.packets[i].data), burst.packets[i].size});
      if (line.kind != CaptureLineKind::kJson) continue;
      const JsonStatus status = decoder.Decode(line.json, line.ts_recv_ns, keep);
      ++out[status == JsonStatus::kMessage ? std::string(decoder.header().event) : Name(status)];
      keep = {};
    }
  }
}

using Counts = std::map<std::string, uint64_t>;

TEST(RealJsonTest, BinanceSpotAndFutures) {
  TICKGRAPH_DATA_OR_SKIP(spot, "crypto/binance_spot_btcusdt_20240808.gz");
  EXPECT_EQ(CountLines(spot), (Counts{{"depthUpdate", 3451}, {"bookTicker", 28040}, {"trade", 9757}, {"snapshot", 1}}));
  TICKGRAPH_DATA_OR_SKIP(futures, "crypto/binance_usdm_btcusdt_20240808.gz");
  EXPECT_EQ(CountLines(futures), (Counts{{"depthUpdate", 6551}, {"bookTicker", 66089}, {"trade", 21313}, {"snapshot", 1}}));
}

TEST(RealJsonTest, CoinbaseOldAndAdvanced) {
  TICKGRAPH_DATA_OR_SKIP(old_feed, "crypto/coinbase_20210417.jsonl");
  EXPECT_EQ(CountLines(old_feed),
            (Counts{{"snapshot", 10}, {"l2update", 9719}, {"ticker", 107}, {"match", 97}, {"last_match", 10}, {"a subscription line", 3}}));
  TICKGRAPH_DATA_OR_SKIP(advanced, "crypto/coinbase_l2_advanced_trade.jsonl");
  EXPECT_EQ(CountLines(advanced), (Counts{{"l2_data", 11}, {"subscriptions", 1}}));
}

}  // namespace
}  // namespace tickgraph
