// Captured venues through the feed handler: counts that other parsers gave, books that never cross, ends that are known, losses said.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "net/io/file_player.h"
#include "net/proto/feed_handler.h"
#include "net/proto/iex.h"
#include "tests/net/cme_venue.h"
#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

// A recorder that looks at the books after each message.
class Watcher : public MarketRecorder {
 public:
  void OnMessageEnd(VenueIndex venue, uint64_t index, uint64_t ts_ns) {
    MarketRecorder::OnMessageEnd(venue, index, ts_ns);
    if (!watch_crossing) return;
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
      const TopOfBook& top = books.top(i);
      crossed += top.has_both() && top.bid_nanos >= top.ask_nanos;
      live += State(i) == BookState::kLive && top.has_both();
      shown_while_gapped += State(i) == BookState::kGapped && top.has_both();
    }
  }
  bool watch_crossing = false;
  uint64_t crossed = 0, live = 0, shown_while_gapped = 0;
};

class VenueFeedTest : public testing::Test {
 protected:
  // False where the capture is not here.
  bool Play(const std::string& path, FeedConfig config = {}) {
    std::string error;
    player_ = FilePlayer::Open(path, &error);
    if (player_ == nullptr) return false;
    if (player_->format() == CaptureFormat::kDbn) config.dbn = &player_->reader().dbn_metadata();
    config.json = player_->format() == CaptureFormat::kJsonLines;
    feed_ = std::make_unique<FeedHandler<Watcher>>(config);
    for (;;) {
      const PacketBurst burst = player_->Poll();
      if (burst.count == 0) break;
      for (uint32_t i = 0; i < burst.count; ++i) feed_->OnPacket(burst.packets[i], *market_);
    }
    feed_->Finish(feed_->session_time_ns(), *market_);
    counters_ = feed_->counters();
    return true;
  }
  bool PlayData(const std::string& name) {
    const std::string path = DataPath(name);
    return std::filesystem::exists(path) && Play(path);
  }
  // Lines of a JSON capture that this test wrote.
  void PlayLines(const std::vector<std::string>& lines) {
    const std::string path = testing::TempDir() + "venue_feed_" + std::to_string(getpid()) + ".jsonl";
    std::ofstream out(path, std::ios::binary);
    for (const std::string& line : lines) out << line << "\n";
    out.close();
    ASSERT_TRUE(Play(path));
    std::filesystem::remove(path);
  }
  [[nodiscard]] uint64_t Rows(JsonMessage message) { return market_->rows[static_cast<int>(message)]; }

  std::unique_ptr<FilePlayer> player_;
  std::unique_ptr<FeedHandler<Watcher>> feed_;
  std::unique_ptr<Watcher> market_ = std::make_unique<Watcher>();
  FeedCounters counters_;
};

TEST_F(VenueFeedTest, IexTopsHasItsCounts_golden) {
  if (!PlayData("pcap/iex_tops16.pcapng.gz")) GTEST_SKIP() << "no capture of IEX TOPS here";
  const std::map<char, uint64_t> want = {{'Q', 27217}, {'H', 7803}, {'P', 7802}, {'O', 7801}, {'T', 6390},
                                         {'A', 642},   {'D', 10},   {'S', 6},    {'B', 3}};
  for (const auto& [type, count] : want) EXPECT_EQ(market_->rows[type], count) << type;
  EXPECT_EQ(counters_.messages, 57674u);
  EXPECT_EQ(counters_.gaps, 0u);
  EXPECT_EQ(counters_.bad_messages, 0u);
  EXPECT_EQ(market_->venues[0], "IEX-TOPS");
  EXPECT_EQ(market_->dates[0], 20170710u);
}

TEST_F(VenueFeedTest, DatabentoOrdersEndWhereTheyShould_golden) {
  if (!PlayData("dbn/orderbooks_mbo_2024-05-08T00-00-00_2024-05-08T00-00-02.dbn.zst")) GTEST_SKIP() << "no Databento capture here";
  EXPECT_EQ(counters_.messages, 13796u);
  EXPECT_EQ(counters_.bad_messages, 0u);
  ASSERT_EQ(market_->instruments.size(), 1u);
  EXPECT_EQ(market_->books.top(0).bid_nanos, 5214 * kNanosPerUnit);
  EXPECT_EQ(market_->books.top(0).ask_nanos, 5214 * kNanosPerUnit + kNanosPerUnit / 4);
  EXPECT_EQ(market_->books.counters().unknown_references, 0u);
  EXPECT_EQ(market_->books.counters().duplicate_references, 0u);
  EXPECT_TRUE(market_->books.CheckInvariants(0));
  EXPECT_EQ(market_->State(0), BookState::kLive);
}

TEST_F(VenueFeedTest, EveryDatabentoSchemaIsTaken) {
  const std::string folder = DataPath("dbn");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no Databento captures here";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    market_ = std::make_unique<Watcher>();
    ASSERT_TRUE(Play(entry.path()));
    EXPECT_EQ(counters_.bad_messages + counters_.unknown_types, 0u) << entry.path();
    EXPECT_EQ(counters_.messages, market_->messages) << entry.path();
    EXPECT_EQ(counters_.messages, player_->reader().packet_count()) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 20);
}

TEST_F(VenueFeedTest, CoinbaseNeverCrosses_golden) {
  market_->watch_crossing = true;
  if (!PlayData("crypto/coinbase_20210417.jsonl")) GTEST_SKIP() << "no Coinbase capture here";
  EXPECT_EQ(counters_.messages, 10u + 9719u + 107u + 97u + 10u);
  EXPECT_EQ(counters_.gaps, 0u);
  EXPECT_EQ(market_->instruments.size(), 10u);
  EXPECT_EQ(market_->crossed, 0u);
  EXPECT_GT(market_->live, 0u);
  EXPECT_EQ(Rows(JsonMessage::kTicker), 107u);
  EXPECT_EQ(Rows(JsonMessage::kMatch), 97u);
  for (InstrumentIndex i = 0; i < 10; ++i) EXPECT_EQ(market_->State(i), BookState::kLive);
}

TEST_F(VenueFeedTest, CoinbaseAdvancedIsWholeFromItsSnapshot_golden) {
  market_->watch_crossing = true;
  if (!PlayData("crypto/coinbase_l2_advanced_trade.jsonl")) GTEST_SKIP() << "no Advanced Trade capture here";
  EXPECT_EQ(counters_.messages, 12u);
  EXPECT_EQ(counters_.gaps, 0u);
  EXPECT_EQ(market_->crossed, 0u);
  ASSERT_EQ(market_->instruments.size(), 1u);
  EXPECT_EQ(market_->State(0), BookState::kLive);
}

TEST_F(VenueFeedTest, BinanceJoinsItsSnapshotAndNeverCrosses_golden) {
  for (const char* name : {"crypto/binance_spot_btcusdt_20240808.gz", "crypto/binance_usdm_btcusdt_20240808.gz"}) {
    market_ = std::make_unique<Watcher>();
    market_->watch_crossing = true;
    if (!PlayData(name)) GTEST_SKIP() << "no Binance captures here";
    EXPECT_EQ(counters_.gaps, 0u) << name;
    EXPECT_EQ(counters_.bad_messages, 0u) << name;
    EXPECT_EQ(market_->crossed, 0u) << name;
    EXPECT_GT(market_->live, 10'000u) << name;
    EXPECT_EQ(market_->shown_while_gapped, 0u) << name;
    ASSERT_EQ(market_->instruments.size(), 1u) << name;
    EXPECT_EQ(market_->instruments[0].name.view(), "BTCUSDT");
    EXPECT_EQ(market_->instruments[0].quantity_decimals, 8);
    EXPECT_TRUE(market_->books.CheckInvariants(0));
    EXPECT_EQ(market_->dates[0], 0u) << "each record has its own UTC day";
  }
}

TEST_F(VenueFeedTest, BinanceBreakIsGappedUntilTheNextSnapshot) {
  const auto depth = [](int first, int last, const std::string& bid) {
    return R"({"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1723161253937,"s":"BTCUSDT","U":)" + std::to_string(first) +
           R"(,"u":)" + std::to_string(last) + R"(,"b":[[")" + bid + R"(","1.0"]],"a":[]}})";
  };
  const auto snapshot = [](int last) {
    return R"({"lastUpdateId":)" + std::to_string(last) + R"(,"bids":[["10.0","2.0"]],"asks":[["11.0","2.0"]]})";
  };
  PlayLines({depth(1, 5, "9.1"), depth(6, 8, "9.2"), snapshot(6), depth(9, 9, "9.3"), depth(12, 13, "9.4")});
  EXPECT_EQ(counters_.gaps, 1u);
  EXPECT_EQ(counters_.missing_messages, 2u);
  ASSERT_EQ(market_->gaps.size(), 1u);
  EXPECT_EQ(market_->gaps[0].first, 10u);
  EXPECT_EQ(market_->gaps[0].last, 11u);
  EXPECT_EQ(market_->State(0), BookState::kGapped);
  EXPECT_EQ(market_->books.level_count(), 0u);

  market_ = std::make_unique<Watcher>();
  PlayLines(
      {depth(1, 5, "9.1"), depth(6, 8, "9.2"), snapshot(6), depth(9, 9, "9.3"), depth(12, 13, "9.4"), snapshot(12), depth(14, 14, "9.5")});
  EXPECT_EQ(market_->State(0), BookState::kLive);
  // The second snapshot's levels, the update that waited, and the one behind it.
  EXPECT_EQ(market_->books.Depth(0, Side::kBuy), 3u);
  EXPECT_EQ(counters_.queued_updates, 3u);
  EXPECT_EQ(counters_.messages, 7u);
}

// Snapshots that name no symbol, of two symbols that number for themselves: each goes where it fits, and nowhere else.
TEST_F(VenueFeedTest, BinanceSnapshotWithoutANameMakesNoOtherSymbolsBook) {
  const auto depth = [](const std::string& symbol, int first, int last) {
    return R"({"stream":"x@depth","data":{"e":"depthUpdate","E":1723161253937,"s":")" + symbol + R"(","U":)" + std::to_string(first) +
           R"(,"u":)" + std::to_string(last) + R"(,"b":[],"a":[]}})";
  };
  const auto snapshot = [](int last, const std::string& bid) {
    return R"({"lastUpdateId":)" + std::to_string(last) + R"(,"bids":[[")" + bid + R"(","2.0"]],"asks":[]})";
  };
  const auto bid = [this](const char* symbol) { return market_->books.top(market_->Find(symbol)).bid_nanos / kNanosPerUnit; };
  // Both snapshots first; only the second symbol's is known when the first update comes.
  PlayLines({snapshot(1000, "70"), snapshot(50, "3"), depth("AAUSDT", 40, 45), depth("BBUSDT", 990, 1001), depth("AAUSDT", 46, 51)});
  EXPECT_EQ(market_->State(market_->Find("AAUSDT")), BookState::kLive);
  EXPECT_EQ(market_->State(market_->Find("BBUSDT")), BookState::kLive);
  EXPECT_EQ(bid("AAUSDT"), 3);
  EXPECT_EQ(bid("BBUSDT"), 70);

  // The other symbol's comes while one is followed, or waits.
  market_ = std::make_unique<Watcher>();
  PlayLines({depth("AAUSDT", 40, 45), snapshot(44, "3"), depth("AAUSDT", 46, 47), depth("BBUSDT", 900, 910), snapshot(920, "70"),
             depth("AAUSDT", 48, 49), depth("BBUSDT", 911, 920), depth("BBUSDT", 921, 930)});
  EXPECT_EQ(market_->State(market_->Find("AAUSDT")), BookState::kLive);
  EXPECT_EQ(bid("AAUSDT"), 3);
  EXPECT_EQ(market_->State(market_->Find("BBUSDT")), BookState::kLive);
  EXPECT_EQ(bid("BBUSDT"), 70);
  EXPECT_EQ(counters_.waiting_dropped, 0u);

  // Of a symbol that nobody hears of: the one book is not touched.
  market_ = std::make_unique<Watcher>();
  PlayLines({depth("AAUSDT", 40, 45), snapshot(44, "3"), snapshot(1000, "70"), depth("AAUSDT", 46, 47)});
  EXPECT_EQ(market_->State(market_->Find("AAUSDT")), BookState::kLive);
  EXPECT_EQ(bid("AAUSDT"), 3);
}

TEST_F(VenueFeedTest, AdvancedTradeFrameGapBreaksEveryBookUntilItsSnapshot) {
  const auto frame = [](int number, const std::string& type) {
    return R"({"channel":"l2_data","timestamp":"2024-01-01T00:00:00Z","sequence_num":)" + std::to_string(number) +
           R"(,"events":[{"type":")" + type +
           R"(","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2024-01-01T00:00:00Z","price_level":"10","new_quantity":"1"}]}]})";
  };
  PlayLines({frame(0, "snapshot"), frame(1, "update"), frame(3, "update")});
  EXPECT_EQ(counters_.gaps, 1u);
  EXPECT_EQ(counters_.missing_messages, 1u);
  EXPECT_EQ(market_->State(0), BookState::kGapped);
  EXPECT_EQ(market_->books.level_count(), 0u);
  market_ = std::make_unique<Watcher>();
  PlayLines({frame(0, "snapshot"), frame(1, "update"), frame(3, "update"), frame(3, "update"), frame(4, "snapshot")});
  EXPECT_EQ(market_->State(0), BookState::kLive);
  EXPECT_EQ(counters_.duplicates, 1u);
}

TEST_F(VenueFeedTest, CoinbaseMissingTradeIsAGap) {
  const auto match = [](int id) {
    return R"({"type":"match","trade_id":)" + std::to_string(id) +
           R"(,"maker_order_id":"m","taker_order_id":"t","side":"buy","size":"1","price":"10","product_id":"BTC-USD","sequence":1,"time":"2021-04-17T00:00:00Z"})";
  };
  PlayLines({R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10","1"]],"asks":[["11","1"]]})", match(5), match(6), match(9)});
  EXPECT_EQ(counters_.gaps, 1u);
  EXPECT_EQ(counters_.missing_messages, 2u);
  EXPECT_EQ(market_->State(0), BookState::kGapped);
}

TEST_F(VenueFeedTest, CmeCapturesKeepTheirGapsPerLine) {
  if (!PlayData("pcap/cme_mdp3_volume.pcap")) GTEST_SKIP() << "no CME captures here";
  EXPECT_EQ(counters_.bad_messages, 0u);
  EXPECT_GT(counters_.messages, 0u);
  EXPECT_GT(counters_.gaps, 0u);
  EXPECT_EQ(market_->venues[0].substr(0, 4), "CME:");
  for (InstrumentIndex i = 0; i < market_->instruments.size(); ++i)
    EXPECT_NE(market_->State(i), BookState::kLive) << "nothing made it whole";
}

// Names tell destinations apart where the short form would not: the port cut short, or groups that differ in front.
TEST_F(VenueFeedTest, CmeDestinationsHaveNamesOfTheirOwn) {
  const Bytes payload = CmeVenue(1).Packet();
  const std::pair<uint32_t, uint16_t> destinations[] = {{0xE0001F01, 14310}, {0xE0801F01, 14310}, {0xE9001F01, 14310},
                                                        {0xE00080FE, 14310}, {0xE00080FE, 14319}, {0xE000FFFF, 9999}};
  feed_ = std::make_unique<FeedHandler<Watcher>>(FeedConfig{});
  uint64_t number = 0;
  for (const auto& [group, port] : destinations) feed_->OnPacket(ViewOf(UdpPacket(payload, group, port, kCmeStart), ++number), *market_);
  std::set<std::string> names(market_->venues.begin(), market_->venues.end());
  names.erase("");
  EXPECT_EQ(names.size(), std::size(destinations));
  for (const char* name : {"CME:31.1:14310", "CME:E0801F0137E6", "CME:E00080FE37EF", "CME:255.255:9999"})
    EXPECT_TRUE(names.contains(name)) << name;
}

// ---- IEX by our own encoder ----

constexpr uint32_t kIexGroup = 0xE9D78B01;
constexpr uint64_t kIexStart = 1'499'700'000'000'000'000;

class IexFeedTest : public VenueFeedTest {
 protected:
  void SetUp() override { feed_ = std::make_unique<FeedHandler<Watcher>>(FeedConfig{}); }

  void Send(uint64_t first, const std::vector<iex::PriceLevelUpdate>& levels, uint32_t session = 1, uint32_t group = kIexGroup) {
    Bytes payload(1400);
    iex::SegmentBuilder builder(payload.data(), 1400);
    iex::SegmentHeader header;
    header.protocol = iex::kDeep10;
    header.session = session;
    header.first_sequence = static_cast<int64_t>(first);
    header.ts_send_ns = now_ += 1000;
    builder.Begin(header);
    for (const auto& level : levels) {
      uint8_t message[iex::kMaxMessageBytes];
      EXPECT_TRUE(builder.Add(message, iex::Encode(level, message)));
    }
    payload.resize(builder.Finish());
    const TestPacket packet = UdpPacket(payload, group, 10378, now_);
    feed_->OnPacket(ViewOf(packet, ++number_), *market_);
  }
  static iex::PriceLevelUpdate Level(Side side, int price, uint32_t size, bool complete = true) {
    iex::PriceLevelUpdate m;
    m.header.type = side == Side::kBuy ? '8' : '5';
    m.header.flags = complete ? 1 : 0;
    m.header.ts_event_ns = kIexStart;
    m.header.symbol = Symbol::From("ZIEXT");
    m.price_nanos = price * kNanosPerUnit;
    m.size = size;
    return m;
  }

  uint64_t now_ = kIexStart, number_ = 0;
};

TEST_F(IexFeedTest, DeepBookIsUpdatingUntilItsEventIsComplete) {
  Send(1, {Level(Side::kBuy, 10, 100), Level(Side::kSell, 11, 200, false)});
  EXPECT_EQ(market_->State(0), BookState::kUpdating);
  Send(3, {Level(Side::kSell, 12, 300)});
  EXPECT_EQ(market_->State(0), BookState::kLive);
  EXPECT_EQ(market_->books.top(0), (TopOfBook{10 * kNanosPerUnit, 11 * kNanosPerUnit, 100, 200}));
  Send(4, {Level(Side::kSell, 11, 0)});
  EXPECT_EQ(market_->books.top(0).ask_nanos, 12 * kNanosPerUnit);
}

TEST_F(IexFeedTest, LossLeavesDeepGappedAndLinesFillEachOther) {
  Send(1, {Level(Side::kBuy, 10, 100)});
  Send(3, {Level(Side::kBuy, 9, 100)});
  EXPECT_EQ(market_->State(0), BookState::kGapped);
  Send(2, {Level(Side::kBuy, 8, 100)}, 1, kIexGroup + 1);
  EXPECT_EQ(market_->State(0), BookState::kLive);
  EXPECT_EQ(market_->books.Depth(0, Side::kBuy), 3u);
  Send(6, {Level(Side::kBuy, 7, 100)});
  feed_->Finish(now_, *market_);
  EXPECT_EQ(feed_->counters().gaps, 1u);
  EXPECT_EQ(feed_->counters().missing_messages, 2u);
  EXPECT_EQ(market_->State(0), BookState::kGapped);
}

TEST_F(IexFeedTest, WhatNobodyCanBeAskedForIsLostWhenItsWindowIsOver) {
  int asked = 0;
  RecoveryService service;
  service.self = &asked;
  service.request = [](void* self, uint64_t, const RecoveryRequest&) { return ++*static_cast<int*>(self) > 0; };
  feed_->SetRecovery(service);
  Send(1, {Level(Side::kBuy, 10, 100)});
  Send(3, {Level(Side::kBuy, 9, 100)});
  const uint64_t due = feed_->next_timer_ns();
  ASSERT_NE(due, UINT64_MAX);
  feed_->OnTimer(due, *market_);
  EXPECT_EQ(feed_->counters().gaps, 1u);
  EXPECT_EQ(feed_->next_timer_ns(), UINT64_MAX);
  EXPECT_EQ(asked, 0);
}

TEST_F(IexFeedTest, NewSessionAndNumbersThatFallBackClearTheBooks) {
  Send(1, {Level(Side::kBuy, 10, 100)});
  Send(2, {Level(Side::kBuy, 9, 100)});
  Send(1, {Level(Side::kBuy, 5, 100)});  // sent later, numbered lower
  EXPECT_EQ(market_->books.Depth(0, Side::kBuy), 1u);
  EXPECT_EQ(market_->books.top(0).bid_nanos, 5 * kNanosPerUnit);
  Send(1, {Level(Side::kBuy, 6, 100)}, 2);
  EXPECT_EQ(market_->books.Depth(0, Side::kBuy), 1u);
  EXPECT_EQ(market_->books.top(0).bid_nanos, 6 * kNanosPerUnit);
  EXPECT_EQ(feed_->counters().gaps, 0u);
  EXPECT_EQ(market_->State(0), BookState::kLive);
}

}  // namespace
}  // namespace tickgraph
