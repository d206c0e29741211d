// Books out of records: Binance's join rules, Coinbase's two feeds, Databento's orders and levels.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tools/book_writer.h"
#include "tools/dbn_book.h"
#include "tools/depth_join.h"
#include "tools/json_book.h"
#include "tools/mbo_book.h"

namespace tickgraph {
namespace {

constexpr int64_t kUnit = kNanosPerUnit, kCoin = 100'000'000;
using Cells = std::vector<int64_t>;

struct Rows {
  struct Row {
    uint64_t index;
    Cells cells;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> rows;
  void operator()(const BookRow& row) { rows.push_back({row.message_index, row.cells}); }
};
const Cells kNothing{kNoPrice, 0, kNoPrice, 0};

// A capture of JSON lines and its view, one level deep.
struct JsonCapture {
  explicit JsonCapture(const char* symbol, const char* venue = "") : view({symbol, venue, 1}, rows) {}
  void Line(const std::string& line) {
    PacketView packet;
    packet.data = reinterpret_cast<const uint8_t*>(line.data());
    packet.size = packet.original_size = static_cast<uint32_t>(line.size());
    packet.number = ++count;
    packet.layer = PacketLayer::kJsonLine;
    view.Add(packet);
  }
  void Spot(uint64_t first, uint64_t last, const std::string& bids, const std::string& asks, const char* symbol = "BTCUSDT") {
    Line(R"({"e":"depthUpdate","E":1,"s":")" + std::string(symbol) + R"(","U":)" + std::to_string(first) + R"(,"u":)" +
         std::to_string(last) + R"(,"b":[)" + bids + R"(],"a":[)" + asks + "]}");
  }
  void Future(uint64_t first, uint64_t last, uint64_t previous, const std::string& bids) {
    Line(R"({"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":)" + std::to_string(first) + R"(,"u":)" + std::to_string(last) + R"(,"pu":)" +
         std::to_string(previous) + R"(,"b":[)" + bids + R"(],"a":[]})");
  }
  void Snapshot(uint64_t id, const std::string& bids, const std::string& asks, const std::string& more = "") {
    Line(R"({"lastUpdateId":)" + std::to_string(id) + more + R"(,"bids":[)" + bids + R"(],"asks":[)" + asks + "]}");
  }
  // The answer to a request that names the symbol.
  void Named(uint64_t id, const std::string& bids) {
    Line(R"(https://host/depth?symbol=BTCUSDT -> 1618677817: {"lastUpdateId":)" + std::to_string(id) + R"(,"bids":[)" + bids +
         R"(],"asks":[]})");
  }
  Rows rows;
  JsonBookView<Rows> view;
  uint64_t count = 0;
};

std::string Level(const char* price, const char* quantity) { return std::string(R"([")") + price + R"(",")" + quantity + R"("])"; }

// Without the waiting updates the bid of 12 would be missing; with the one before the snapshot, 9 would stand.
TEST(BookRecordsTest, SpotUpdatesThatCameBeforeTheSnapshotAreAppliedToIt) {
  JsonCapture capture("BTCUSDT");
  capture.Spot(98, 100, Level("9", "1"), "");
  capture.Spot(101, 105, Level("11", "2"), "");
  capture.Spot(106, 108, Level("12", "3.5"), "");
  EXPECT_TRUE(capture.rows.rows.empty());
  capture.Snapshot(103, Level("10", "1"), Level("20", "1"));
  ASSERT_EQ(capture.rows.rows.size(), 1u);
  EXPECT_EQ(capture.rows.rows[0], (Rows::Row{3, {12 * kUnit, 7 * kCoin / 2, 20 * kUnit, kCoin}}));
  EXPECT_EQ(capture.view.join().gaps(), 0u);
  Cells bids;
  capture.view.join().levels().ForEach(Side::kBuy, [&](PriceNanos price, Quantity) {
    bids.push_back(price / kUnit);
    return true;
  });
  EXPECT_EQ(bids, (Cells{12, 11, 10}));
}

TEST(BookRecordsTest, SpotFirstUpdateHoldsTheNumberBehindTheSnapshot) {
  JsonCapture fits("BTCUSDT");
  fits.Snapshot(100, Level("10", "1"), "");
  fits.Spot(101, 103, Level("11", "1"), "");
  EXPECT_EQ(fits.view.join().gaps(), 0u);
  EXPECT_EQ(fits.view.cells()[0], 11 * kUnit);

  JsonCapture breaks("BTCUSDT");
  breaks.Named(100, Level("10", "1"));
  breaks.Spot(102, 103, Level("11", "1"), "");
  EXPECT_EQ(breaks.view.join().gaps(), 1u);
  EXPECT_EQ(breaks.view.cells(), kNothing);
}

TEST(BookRecordsTest, FuturesFirstUpdateHoldsTheSnapshotsNumberAndThenNamesTheOneBefore) {
  JsonCapture capture("BTCUSDT");
  capture.Future(90, 99, 80, Level("9", "1"));
  capture.Future(97, 100, 99, Level("10", "4"));  // a spot feed would drop it
  capture.Snapshot(100, Level("8", "1"), "", R"(,"E":1,"T":1)");
  EXPECT_EQ(capture.view.cells()[0], 10 * kUnit);
  capture.Future(150, 160, 100, Level("11", "1"));  // its numbers do not follow on, and need not
  EXPECT_EQ(capture.view.cells()[0], 11 * kUnit);
  EXPECT_EQ(capture.view.join().gaps(), 0u);
  capture.Future(161, 170, 158, Level("12", "1"));
  EXPECT_EQ(capture.view.join().gaps(), 1u);
  EXPECT_EQ(capture.view.cells(), kNothing);
  EXPECT_EQ(capture.view.venue(), JsonVenue::kBinanceUsdm);
}

TEST(BookRecordsTest, ABreakDiscardsTheBookUntilASnapshotJoinsWhatFollowed) {
  JsonCapture capture("BTCUSDT");
  capture.Snapshot(100, Level("10", "1"), Level("20", "1"));
  capture.Spot(101, 101, Level("11", "1"), "");
  capture.Spot(101, 101, Level("15", "1"), "");  // a copy
  EXPECT_EQ(capture.view.cells()[0], 11 * kUnit);
  capture.Spot(105, 106, Level("12", "1"), "");
  EXPECT_EQ(capture.view.cells(), kNothing);
  EXPECT_EQ(capture.view.join().gap_after(), 101u);
  EXPECT_EQ(capture.view.join().gap_until(), 105u);
  EXPECT_FALSE(capture.view.has_book());
  capture.Named(103, Level("13", "1"));  // too old for the update that waits
  EXPECT_EQ(capture.view.cells(), kNothing);
  EXPECT_EQ(capture.view.join().refused_snapshots(), 1u);
  capture.Named(104, Level("10", "1"));
  EXPECT_EQ(capture.view.cells(), (Cells{12 * kUnit, kCoin, kNoPrice, 0}));
  EXPECT_EQ(capture.view.join().gaps(), 1u);
  EXPECT_TRUE(capture.view.has_book());
}

TEST(BookRecordsTest, ANamelessSnapshotIsOfTheSymbolAmongWhoseUpdatesItFalls) {
  JsonCapture capture("BTCUSDT");
  capture.Spot(1000, 1001, "", "");
  capture.Spot(5000, 5001, "", "", "ETHUSDT");
  capture.Snapshot(1009, Level("9", "1"), "");  // near, and of nobody who was heard: a third symbol's
  capture.Snapshot(5000, Level("3", "1"), "");
  EXPECT_FALSE(capture.view.had_book());
  EXPECT_EQ(capture.view.unclaimed_snapshots(), 2u);
  capture.Snapshot(1000, Level("10", "1"), "");
  EXPECT_EQ(capture.view.cells()[0], 10 * kUnit);
  capture.Spot(1002, 1010, Level("11", "1"), "");
  EXPECT_EQ(capture.view.cells()[0], 11 * kUnit);
  EXPECT_EQ(capture.view.join().gaps(), 0u);
}

TEST(BookRecordsTest, ANamelessSnapshotIsTakenByTheUpdateThatFollowsIt) {
  JsonCapture capture("BTCUSDT");
  capture.Snapshot(7000, Level("3", "1"), "");
  capture.Snapshot(1001, Level("10", "1"), "");
  capture.Spot(990, 1001, "", "");  // the last that the snapshot knows
  EXPECT_FALSE(capture.view.had_book());
  capture.Spot(1002, 1003, Level("11", "1"), "");
  EXPECT_EQ(capture.view.cells()[0], 11 * kUnit);
  EXPECT_EQ(capture.view.join().gaps(), 0u);
  EXPECT_EQ(capture.view.unclaimed_snapshots(), 1u);
}

TEST(BookRecordsTest, ASnapshotOfARequestIsOfTheSymbolThatItNames) {
  JsonCapture asked("ETHUSDT");
  asked.Line(R"(https://host/depth?symbol=BTCUSDT&limit=5 -> 1618677817: {"lastUpdateId":7,"bids":[["9","1"]],"asks":[]})");
  EXPECT_FALSE(asked.view.named());
  asked.Line(R"(https://host/depth?symbol=ETHUSDT -> 1618677817: {"lastUpdateId":7,"bids":[["3","1"]],"asks":[]})");
  EXPECT_EQ(asked.view.cells()[0], 3 * kUnit);
}

TEST(BookRecordsTest, CoinbaseSetsAndRemovesLevelsAndCountsLostTrades) {
  JsonCapture capture("BTC-USD");
  capture.Line(R"({"type":"l2update","product_id":"BTC-USD","changes":[["buy","9","1"]],"time":"2021-04-17T16:43:37.000000Z"})");
  capture.Line(R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10","1"],["8","2"]],"asks":[["12","0.5"]]})");
  capture.Line(R"({"type":"l2update","product_id":"ETH-USD","changes":[["buy","11","1"]],"time":"2021-04-17T16:43:38.000000Z"})");
  capture.Line(R"({"type":"l2update","product_id":"BTC-USD","changes":[["buy","10","0.00000000"],["sell","99","0"]],)"
               R"("time":"2021-04-17T16:43:38.000000Z"})");
  ASSERT_EQ(capture.rows.rows.size(), 2u);
  EXPECT_EQ(capture.rows.rows[0], (Rows::Row{1, {10 * kUnit, kCoin, 12 * kUnit, kCoin / 2}}));
  EXPECT_EQ(capture.rows.rows[1], (Rows::Row{3, {8 * kUnit, 2 * kCoin, 12 * kUnit, kCoin / 2}}));
  EXPECT_EQ(capture.view.early_updates(), 1u);
  for (const char* id : {"5", "6", "9"}) {
    capture.Line(R"({"type":"match","trade_id":)" + std::string(id) +
                 R"(,"side":"buy","size":"1","price":"10","product_id":"BTC-USD","sequence":1,"time":"2021-04-17T16:43:39.000000Z"})");
  }
  EXPECT_EQ(capture.view.trade_gaps(), 1u);
  EXPECT_EQ(capture.view.missing_trades(), 2u);
}

TEST(BookRecordsTest, AdvancedTradeDiscardsTheBookAfterAMissingFrame) {
  JsonCapture capture("BTC-USD");
  const auto frame = [&](int number, const char* type, const char* price, const char* quantity) {
    capture.Line(R"({"channel":"l2_data","timestamp":"2026-08-24T22:34:13.793075885Z","sequence_num":)" + std::to_string(number) +
                 R"(,"events":[{"type":")" + type + R"(","product_id":"BTC-USD","updates":[{"side":"bid","event_time":)" +
                 R"("2026-08-24T22:34:13.483122Z","price_level":")" + price + R"(","new_quantity":")" + quantity + R"("}]}]})");
  };
  frame(0, "snapshot", "10", "1");
  frame(1, "update", "11", "1");
  frame(1, "update", "12", "1");  // a copy of the number is not applied
  EXPECT_EQ(capture.view.cells()[0], 11 * kUnit);
  capture.Line(R"({"channel":"subscriptions","timestamp":"2026-08-24T22:34:14Z","sequence_num":2,"events":[{"subscriptions":{}}]})");
  frame(3, "update", "11", "0");
  EXPECT_EQ(capture.view.cells()[0], 10 * kUnit);
  EXPECT_EQ(capture.view.frame_gaps(), 0u);
  frame(5, "update", "12", "1");
  EXPECT_EQ(capture.view.frame_gaps(), 1u);
  EXPECT_EQ(capture.view.cells(), kNothing);
  frame(6, "snapshot", "13", "1");
  EXPECT_EQ(capture.view.cells()[0], 13 * kUnit);
}

TEST(BookRecordsTest, ABrokenLastLineIsACut) {
  JsonCapture capture("BTC-USD");
  capture.Line(R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10","1"]],"asks":[]})");
  EXPECT_FALSE(capture.view.last_bad_offset().has_value());
  capture.Line(R"({"type":"l2update","product_id":"BTC-U)");
  EXPECT_EQ(capture.view.bad_lines(), 1u);
  EXPECT_TRUE(capture.view.last_bad_offset().has_value());
}

DbnOrder Order(char action, char side, OrderRef id, int64_t price, Quantity quantity, uint8_t flags = kDbnLast) {
  DbnOrder order;
  order.action = action;
  order.side = side;
  order.order_id = id;
  order.price_nanos = price == kNoPrice ? kNoPrice : price * kUnit;
  order.quantity = quantity;
  order.flags = flags;
  return order;
}

std::vector<OrderRef> Queue(const MboBook& book, int64_t price, Side side = Side::kBuy) {
  std::vector<OrderRef> out;
  book.ForEachOrder(side, price * kUnit, [&](OrderRef ref, Quantity) {
    out.push_back(ref);
    return true;
  });
  return out;
}
Cells Levels(const MboBook& book, Side side) {
  Cells out;
  book.ForEachLevel(side, [&](PriceNanos price, Quantity quantity, uint32_t) {
    out.push_back(price / kUnit);
    out.push_back(quantity);
    return true;
  });
  return out;
}

using Refs = std::vector<OrderRef>;

TEST(MboBookTest, AModificationKeepsItsPlaceOnlyWhereItShrinks) {
  MboBook book;
  for (const OrderRef id : {1, 2, 3}) book.Apply(Order('A', 'B', id, 10, 5));
  book.Apply(Order('M', 'B', 1, 10, 4));
  EXPECT_EQ(Queue(book, 10), (Refs{1, 2, 3}));
  book.Apply(Order('M', 'B', 1, 10, 6));
  EXPECT_EQ(Queue(book, 10), (Refs{2, 3, 1}));
  book.Apply(Order('M', 'A', 2, 11, 5));  // the side never changes
  EXPECT_EQ(Queue(book, 11), (Refs{2}));
  book.Apply(Order('M', 'B', 2, 10, 5));
  EXPECT_EQ(Queue(book, 10), (Refs{3, 1, 2}));
  book.Apply(Order('M', 'B', 9, 10, 1));  // unknown: added
  EXPECT_EQ(Queue(book, 10), (Refs{3, 1, 2, 9}));
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{10, 17}));
  EXPECT_TRUE(Levels(book, Side::kSell).empty());
}

TEST(MboBookTest, ARefreshAfterItsFillsGoesToTheBack) {
  MboBook book;
  for (const OrderRef id : {1, 2}) book.Apply(Order('A', 'B', id, 10, 5));
  book.Apply(Order('T', 'A', 0, 10, 5, 0));
  book.Apply(Order('F', 'B', 1, 10, 5, 0));
  book.Apply(Order('M', 'B', 1, 10, 5));  // its display is full again
  EXPECT_EQ(Queue(book, 10), (Refs{2, 1}));
  book.Apply(Order('T', 'A', 0, 10, 2, 0));
  book.Apply(Order('F', 'B', 2, 10, 2, 0));
  book.Apply(Order('M', 'B', 2, 10, 3));  // what the fill left
  EXPECT_EQ(Queue(book, 10), (Refs{2, 1}));
  book.Apply(Order('T', 'B', 0, 10, 2, 0));
  book.Apply(Order('F', 'B', 2, 10, 2, 0));  // the aggressor itself, not a resting order
  book.Apply(Order('M', 'B', 2, 10, 3));
  EXPECT_EQ(Queue(book, 10), (Refs{2, 1}));
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{10, 8}));
}

TEST(MboBookTest, CancelsClearsAndPricesBelowZero) {
  MboBook book;
  book.Apply(Order('A', 'B', 1, -3, 5));
  book.Apply(Order('A', 'A', 2, -1, 7));
  book.Apply(Order('A', 'B', 3, -2, 1));
  book.Apply(Order('C', 'B', 1, -3, 2));
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{-2, 1, -3, 3}));
  book.Apply(Order('C', 'B', 1, -3, 3));
  book.Apply(Order('C', 'B', 77, -3, 3));
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{-2, 1}));
  EXPECT_EQ(book.counters().unknown_references, 1u);
  EXPECT_EQ(book.counters().bad_orders, 0u);
  book.Apply(Order('R', 'N', 0, kNoPrice, 0));
  EXPECT_TRUE(Levels(book, Side::kBuy).empty());
  EXPECT_TRUE(Levels(book, Side::kSell).empty());
  book.Apply(Order('A', 'B', 1, 4, 5));  // its number is free again
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{4, 5}));
  book.Apply(Order('X', 'B', 1, 4, 5));
  book.Apply(Order('A', 'N', 5, 4, 5));
  EXPECT_EQ(book.bad_records(), 2u);
}

TEST(MboBookTest, ATopOfBookRecordReplacesItsSide) {
  MboBook book;
  constexpr uint8_t kTop = kDbnLast | kDbnTopOfBook;
  book.Apply(Order('A', 'B', 0, 10, 5, kTop));
  book.Apply(Order('A', 'A', 0, 12, 6, kTop));
  book.Apply(Order('A', 'B', 0, 9, 4, kTop));
  EXPECT_EQ(Levels(book, Side::kBuy), (Cells{9, 4}));
  EXPECT_EQ(Levels(book, Side::kSell), (Cells{12, 6}));
  book.Apply(Order('A', 'A', 0, kNoPrice, 0, kTop));
  EXPECT_TRUE(Levels(book, Side::kSell).empty());
}

// The 56 bytes of an MBO record.
struct Wire {
  uint8_t bytes[56] = {};
  template <class T>
  void Put(size_t at, T value) {
    std::memcpy(bytes + at, &value, sizeof(value));
  }
  Wire(char action, char side, uint64_t id, int64_t price, uint32_t size, uint8_t flags, uint16_t publisher = 1, uint32_t instrument = 7) {
    Put<uint8_t>(0, sizeof(bytes) / 4);
    Put<uint8_t>(1, 0xA0);
    Put(2, publisher);
    Put(4, instrument);
    Put<uint64_t>(8, 5);
    Put(16, id);
    Put(24, price * kUnit);
    Put(32, size);
    Put(36, flags);
    Put(38, action);
    Put(39, side);
    Put<uint64_t>(40, 1'715'126'400'000'000'000);  // 2024-05-08
  }
};

struct DbnCapture {
  explicit DbnCapture(const BookQuery& query, const DbnMetadata& metadata = Plain()) : view(query, metadata, rows) {}
  static DbnMetadata Plain() {
    DbnMetadata metadata;
    metadata.version = 3;
    return metadata;
  }
  void Add(const Wire& wire) {
    PacketView packet;
    packet.data = wire.bytes;
    packet.size = packet.original_size = sizeof(wire.bytes);
    packet.number = ++count;
    packet.layer = PacketLayer::kDbnRecord;
    view.Add(packet);
  }
  Rows rows;
  DbnBookView<Rows> view;
  uint64_t count = 0;
};

TEST(DbnBookViewTest, ARowAfterEachEventOfOnePublishersInstrument) {
  DbnCapture capture({"7", "", 1});
  capture.Add(Wire('A', 'B', 1, 10, 5, 0));
  capture.Add(Wire('A', 'B', 2, 99, 5, kDbnLast, 1, 8));  // another instrument
  capture.Add(Wire('A', 'B', 3, 98, 5, kDbnLast, 2));     // another publisher
  EXPECT_TRUE(capture.rows.rows.empty());
  EXPECT_TRUE(capture.view.unfinished());
  capture.Add(Wire('A', 'A', 4, 12, 6, kDbnLast));
  ASSERT_EQ(capture.rows.rows.size(), 1u);
  EXPECT_EQ(capture.rows.rows[0], (Rows::Row{3, {10 * kUnit, 5, 12 * kUnit, 6}}));
  capture.Add(Wire('R', 'N', 0, 0, 0, kDbnLast | kDbnMaybeBadBook));
  EXPECT_EQ(capture.view.cells(), kNothing);
  EXPECT_EQ(capture.view.maybe_bad(), 1u);

  DbnCapture other({"7", "2", 1});
  other.Add(Wire('A', 'B', 1, 10, 5, kDbnLast));
  other.Add(Wire('A', 'B', 3, 98, 5, kDbnLast, 2));
  EXPECT_EQ(other.view.cells()[0], 98 * kUnit);
}

TEST(DbnBookViewTest, ASymbolStandsForItsInstrumentOnItsDays) {
  for (const uint32_t end : {20240508u, 20240509u}) {
    // One mapping of one interval: ESM4 is 7 from the sixth of May.
    std::vector<uint8_t> mappings(22 + 4 + 8 + 22);
    const auto put = [&](size_t at, uint32_t value) { std::memcpy(mappings.data() + at, &value, 4); };
    std::memcpy(mappings.data(), "ESM4", 4);
    put(22, 1);
    put(26, 20240506);
    put(30, end);
    mappings[34] = '7';
    DbnMetadata metadata = DbnCapture::Plain();
    metadata.symbol_bytes = 22;
    metadata.mapping_count = 1;
    metadata.mappings = mappings.data();
    DbnCapture capture({"ESM4", "", 1}, metadata);
    capture.Add(Wire('A', 'B', 1, 10, 5, kDbnLast));
    EXPECT_TRUE(capture.view.known());
    EXPECT_EQ(capture.view.named(), end == 20240509u);
    EXPECT_EQ(capture.rows.rows.size(), end == 20240509u ? 1u : 0u);
  }
}

TEST(BookWriterTest, DecimalsAreExactAndShort) {
  EXPECT_EQ(DecimalText(350'000'000, kCoin), "3.5");
  EXPECT_EQ(DecimalText(1, kCoin), "0.00000001");
  EXPECT_EQ(DecimalText(-250'000'000, kNanosPerUnit), "-0.25");
  EXPECT_EQ(DecimalText(42, 1), "42");
}

}  // namespace
}  // namespace tickgraph
