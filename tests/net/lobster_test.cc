// LOBSTER rows: the real sample byte for byte and against the ITCH that was rebuilt from it, each type's event, every cut and every byte.
#include "net/proto/lobster.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "net/io/file_player.h"
#include "net/proto/itch.h"
#include "tests/net/lobster_files.h"
#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

using test::ForEachLine;

LobsterStatus Parse(std::string_view line) {
  LobsterRow row;
  return ParseLobsterRow(line, &row);
}

// The counts are those of `cut -d, -f2 | sort | uniq -c`.
TEST(LobsterTest, RealRowsComeBackByteForByte_golden) {
  const std::string text = test::LobsterText(test::kLobsterMessages);
  if (text.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  std::map<char, uint64_t> types;
  uint64_t finer = 0;
  ForEachLine(text, [&](std::string_view line, uint64_t number) {
    LobsterRow row;
    ASSERT_EQ(ParseLobsterRow(line, &row), LobsterStatus::kOk) << "line " << number;
    ++types[row.type];
    char written[kLobsterRowBytes];
    const std::string_view again(written, EncodeLobsterRow(row, written));
    if (again == line) return;
    // A time that was printed as a binary fraction: "43002.632812672004" is 43002.632812672.
    ++finer;
    const size_t comma = again.find(',');
    ASSERT_EQ(again.substr(0, comma), line.substr(0, comma)) << "line " << number;
    ASSERT_EQ(again.substr(comma), line.substr(line.find(','))) << "line " << number;
  });
  EXPECT_LT(finer, 100u);
  EXPECT_EQ(types, (std::map<char, uint64_t>{{'1', 77381}, {'2', 450}, {'3', 66685}, {'4', 8974}, {'5', 2445}}));
}

struct Executions {
  std::vector<std::tuple<uint64_t, OrderRef>> all;
  void On(const ExecuteOrder& e) { all.emplace_back(e.header.ts_event_ns, e.order_ref); }
  template <class Event>
  void On(const Event&) {}
};

// Somebody else rebuilt ITCH from the same rows: its executions are theirs, one by one.
TEST(LobsterTest, ExecutionsAreThoseOfTheItchRebuiltFromThem_golden) {
  const std::string text = test::LobsterText(test::kLobsterMessages);
  const Bytes itch = ReadFileBytes(DataPath("itch/lobster_AMZN_20120621_L5.itch"));
  if (text.empty() || itch.empty()) GTEST_SKIP() << "captured data is absent";
  Executions ours, theirs;
  ForEachLine(text, [&](std::string_view line, uint64_t) {
    LobsterRow row;
    if (ParseLobsterRow(line, &row) == LobsterStatus::kOk) EmitLobster(row, {}, 0, Symbol::From("AMZN"), ours);
  });
  WalkItch(itch.data(), itch.size(), [&](const uint8_t* message, uint32_t size) { (void)DecodeItch(message, size, {}, 0, theirs); });
  EXPECT_EQ(ours.all.size(), 8974u);
  EXPECT_EQ(ours.all, theirs.all);
}

template <class Event>
Event EventOf(std::string_view line) {
  LobsterRow row;
  EXPECT_EQ(ParseLobsterRow(line, &row), LobsterStatus::kOk) << line;
  KeepOne<Event> handler;
  EmitLobster(row, {}, 1'000'000'000'000'000, Symbol::From("AMZN"), handler);
  EXPECT_EQ(handler.calls, 1) << line;
  EXPECT_EQ(handler.others, 0) << line;
  return handler.last;
}

TEST(LobsterTest, EveryTypeIsItsEvent) {
  const auto add = EventOf<AddOrder>("34200.18960767,1,11885113,21,2238100,1");
  EXPECT_EQ(add.header.ts_event_ns, 1'000'000'000'000'000u + 34'200'189'607'670);
  EXPECT_EQ(add.header.type, '1');
  EXPECT_EQ(add.symbol.view(), "AMZN");
  EXPECT_EQ(add.order_ref, 11'885'113u);
  EXPECT_EQ(add.price_nanos, 223'810'000'000);
  EXPECT_EQ(add.quantity, 21);
  EXPECT_EQ(add.side, Side::kBuy);
  EXPECT_EQ(EventOf<AddOrder>("0,1,1,1,1,-1").side, Side::kSell);
  const auto reduce = EventOf<ReduceOrder>("34200,2,7,5,2238100,1");
  EXPECT_EQ(reduce.order_ref, 7u);
  EXPECT_EQ(reduce.quantity, 5);
  EXPECT_EQ(EventOf<DeleteOrder>("34200,3,8,5,2238100,1").order_ref, 8u);
  const auto execute = EventOf<ExecuteOrder>("34200,4,9,5,2238100,1");
  EXPECT_EQ(execute.price_nanos, 223'810'000'000);
  EXPECT_EQ(execute.quantity, 5);
  // A hidden sell order was executed: the buyer came.
  const auto hidden = EventOf<Trade>("34200.017459617,5,0,1,2238200,-1");
  EXPECT_EQ(hidden.side, Side::kBuy);
  EXPECT_TRUE(hidden.side_known);
  EXPECT_EQ(hidden.cross_type, '\0');
  const auto cross = EventOf<Trade>("34200,6,-1,50000,2238200,-1");
  EXPECT_FALSE(cross.side_known);
  EXPECT_EQ(cross.cross_type, 'X');
  // The three of a halt, as the sample's description has them.
  EXPECT_EQ(EventOf<TradingStatus>("36023,7,0,0,-1,-1").state, TradingState::kHalted);
  EXPECT_EQ(EventOf<TradingStatus>("36323,7,0,0,0,-1").state, TradingState::kQuoteOnly);
  EXPECT_EQ(EventOf<TradingStatus>("36723,7,0,0,1,-1").state, TradingState::kTrading);
}

TEST(LobsterTest, BadRowsAreRefusedByTheirReason) {
  const std::pair<const char*, LobsterStatus> cases[] = {
      {"", LobsterStatus::kEmpty},
      {"\r", LobsterStatus::kEmpty},
      {",,,,,", LobsterStatus::kNotANumber},
      {"34200,1,1,1,1", LobsterStatus::kColumns},
      {"34200,1,1,1,1,1,", LobsterStatus::kColumns},
      {"34200,1,1,1,1,1,1", LobsterStatus::kColumns},
      {"34200;1;1;1;1;1", LobsterStatus::kColumns},
      {"34200,1,1,1,1,", LobsterStatus::kNotANumber},
      {"34200,1,1,1,1,-", LobsterStatus::kNotANumber},
      {"34200,1,1,1,1,+1", LobsterStatus::kNotANumber},
      {"34200,1,1,1,1, 1", LobsterStatus::kNotANumber},
      {"34200,1,1,1,1.5,1", LobsterStatus::kNotANumber},
      {"34200,1,1,0x10,1,1", LobsterStatus::kNotANumber},
      {"34200,1,99999999999999999999,1,1,1", LobsterStatus::kNotANumber},
      {"-1,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"3.42e4,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"nan,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"1.2.3,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"1.0123456789.3,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"34200.,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"86400,1,1,1,1,1", LobsterStatus::kBadValue},
      {"18446744073709551616,1,1,1,1,1", LobsterStatus::kNotANumber},
      {"34200,0,1,1,1,1", LobsterStatus::kUnknownType},
      {"34200,8,1,1,1,1", LobsterStatus::kUnknownType},
      {"34200,257,1,1,1,1", LobsterStatus::kUnknownType},
      {"34200,-1,1,1,1,1", LobsterStatus::kUnknownType},
      {"34200,1,0,1,1,1", LobsterStatus::kBadValue},
      {"34200,1,-5,1,1,1", LobsterStatus::kBadValue},
      {"34200,1,1,0,1,1", LobsterStatus::kBadValue},
      {"34200,1,1,-100,1,1", LobsterStatus::kBadValue},
      {"34200,1,1,4294967296,1,1", LobsterStatus::kBadValue},
      {"34200,1,1,9223372036854775807,1,1", LobsterStatus::kBadValue},
      {"34200,1,1,1,0,1", LobsterStatus::kBadValue},
      {"34200,1,1,1,-1,1", LobsterStatus::kBadValue},
      {"34200,1,1,1,10000000000001,1", LobsterStatus::kBadValue},
      {"34200,1,1,1,1,0", LobsterStatus::kBadValue},
      {"34200,1,1,1,1,2", LobsterStatus::kBadValue},
      {"34200,7,0,0,2,-1", LobsterStatus::kBadValue},
      {"34200,7,0,0,-2,-1", LobsterStatus::kBadValue},
  };
  for (const auto& [line, status] : cases) EXPECT_EQ(Parse(line), status) << line << ": " << Name(Parse(line));
  EXPECT_EQ(Parse("34200,1,1,1,1,1\r"), LobsterStatus::kOk);
  EXPECT_EQ(Parse("86399.999999999,1,9223372036854775807,4294967295,10000000000000,-1"), LobsterStatus::kOk);
  LobsterRow row;
  ASSERT_EQ(ParseLobsterRow("34200.0174596170023,1,1,1,1,1", &row), LobsterStatus::kOk);
  EXPECT_EQ(row.time_ns, 34'200'017'459'617u);
}

// A row cut anywhere is no row, and no byte makes one that cannot be written again.
TEST(LobsterTest, EveryCutAndEveryByteOfEveryType) {
  ForEachLine(test::kSmallMessages, [](std::string_view line, uint64_t) {
    for (size_t size = 0; size < line.size(); ++size) {
      const std::string cut(line.substr(0, size));
      EXPECT_NE(Parse(cut), LobsterStatus::kOk) << cut;
    }
    for (size_t at = 0; at < line.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string changed(line);
        changed[at] = static_cast<char>(value);
        LobsterRow row, again;
        if (ParseLobsterRow(changed, &row) != LobsterStatus::kOk) continue;
        char written[kLobsterRowBytes];
        ASSERT_EQ(ParseLobsterRow({written, EncodeLobsterRow(row, written)}, &again), LobsterStatus::kOk) << changed;
        EXPECT_EQ(std::tie(row.time_ns, row.type, row.order_id, row.size, row.price, row.direction),
                  std::tie(again.time_ns, again.type, again.order_id, again.size, again.price, again.direction));
      }
    }
  });
}

TEST(LobsterTest, NamesOfFiles) {
  const LobsterFile file = ParseLobsterName("/data/AMZN_2012-06-21_34200000_57600000_message_5.csv.gz");
  EXPECT_TRUE(file.named);
  EXPECT_EQ(file.symbol.view(), "AMZN");
  EXPECT_EQ(file.levels, 5u);
  for (const char* name : {"messages.csv", "_message_5.csv", "AMZN_message_.csv", "AMZN_x_message_5x.csv", "TOOLONGNAME_x_message_5.csv",
                           "", "AMZN_2012-06-21_34200000_57600000_orderbook_5.csv", "_", "AMZN_2012_message_99999999999999999999.csv"})
    EXPECT_FALSE(ParseLobsterName(name).named) << name;
  using std::string_view_literals::operator""sv;
  for (const std::string_view ticker : {"\0AMZN"sv, "AM\0ZN"sv, "AM ZN"sv, "AM\nZ"sv, "AM\xFFZ"sv}) {
    EXPECT_FALSE(ParseLobsterName(std::string(ticker) + "_2012-06-21_34200000_57600000_message_5.csv").named) << ticker;
  }
}

TEST(LobsterTest, BookRowsAreCheckedWhole) {
  const std::pair<const char*, LobsterStatus> cases[] = {
      {"", LobsterStatus::kEmpty},
      {"10,1,9", LobsterStatus::kColumns},
      {"10,1,9,2,11", LobsterStatus::kColumns},
      {"10,1,9,x", LobsterStatus::kNotANumber},
      {"10,1,9,", LobsterStatus::kNotANumber},
      {"10,1,9,-2", LobsterStatus::kBadValue},
      {"10,0,9,2", LobsterStatus::kBadValue},
      {"10,1,9,2,10,1,8,1", LobsterStatus::kBadValue},
      {"10,1,9,2,11,1,9,1", LobsterStatus::kBadValue},
      {"10,1,9,2,9,1,8,1", LobsterStatus::kBadValue},
      {"9999999999,0,9,2,11,1,8,1", LobsterStatus::kBadValue},
      {"10,1,9,2,11,1,8,1\r", LobsterStatus::kOk},
      {"9999999999,0,-9999999999,0", LobsterStatus::kOk},
  };
  LobsterBookRow row;
  for (const auto& [line, status] : cases) EXPECT_EQ(ParseLobsterBookRow(line, &row), status) << line;
  ASSERT_EQ(ParseLobsterBookRow("10,1,9,2,11,3,-9999999999,0", &row), LobsterStatus::kOk);
  EXPECT_EQ(row.levels, 2u);
  EXPECT_EQ(row.counts, (std::array<uint32_t, 2>{1, 2}));
  EXPECT_EQ(row.sides[0][0], (LobsterLevel{900'000, 2}));
  EXPECT_EQ(row.sides[1][1], (LobsterLevel{1'100'000, 3}));
  std::string wide = "1,1,1,1";
  for (uint32_t i = 0; i < LobsterBookRow::kMaxLevels; ++i) wide += ",9999999999,0,-9999999999,0";
  EXPECT_EQ(ParseLobsterBookRow(wide, &row), LobsterStatus::kColumns);
}

// A file through the reader and the feed handler into books.
class LobsterFeedTest : public test::CaptureFileTest {
 protected:
  // Counts alone: MarketRecorder takes much memory, and a file cut at every length needs many of them.
  bool Count(const std::string& name, const std::string& text) {
    RecordingHandler handler;
    return FeedTo(handler, name, text);
  }
  bool Feed(const std::string& name, const std::string& text) {
    market = std::make_unique<MarketRecorder>();
    return FeedTo(*market, name, text);
  }
  std::unique_ptr<MarketRecorder> market;
  FeedCounters counters;
  uint64_t last_ns = 0;

 private:
  // False where the file is not taken for one.
  template <class Handler>
  bool FeedTo(Handler& handler, const std::string& name, const std::string& text) {
    std::string error;
    const auto player = FilePlayer::Open(Put(name, test::BytesOf(text)), &error);
    if (player == nullptr || player->format() != CaptureFormat::kLobster) return false;
    FeedConfig config;
    config.max_listed = config.queued_updates = config.reorder_slots = config.reorder_slots_per_stream = 16;
    config.date = 20120621;
    player->SetMidnight(NewYorkMidnightNs(config.date));
    const LobsterFile file = player->reader().lobster_file();
    config.lobster = &file;
    FeedHandler<Handler> feed(config);
    for (;;) {
      const PacketBurst burst = player->Poll();
      if (burst.count == 0) break;
      for (uint32_t i = 0; i < burst.count; ++i) feed.OnPacket(burst.packets[i], handler);
    }
    feed.Finish(feed.session_time_ns(), handler);
    counters = feed.counters();
    last_ns = feed.session_time_ns();
    return true;
  }
};

TEST_F(LobsterFeedTest, RealFile_golden) {
  const std::string text = test::LobsterText(test::kLobsterMessages);
  if (text.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  ASSERT_TRUE(Feed(test::kLobsterMessages, text));
  EXPECT_EQ(counters.messages, 155'935u);
  EXPECT_EQ(counters.bad_messages, 0u);
  EXPECT_EQ(market->rows, (std::map<int, uint64_t>{{'1', 77381}, {'2', 450}, {'3', 66685}, {'4', 8974}, {'5', 2445}}));
  EXPECT_EQ(market->Find("AMZN"), 0u);
  // New York was four hours behind UTC.
  EXPECT_EQ(last_ns, 1'340'251'200'000'000'000u + 57'599'959'359'650);
  // Of orders that no row adds, counted by a set of the ids.
  EXPECT_EQ(market->books.counters().unknown_references, 8491u);
  EXPECT_EQ(market->books.counters().over_executions + market->books.counters().bad_orders + market->books.counters().duplicate_references,
            0u);
}

TEST_F(LobsterFeedTest, SmallBookEndsAsItsOrderbookSays) {
  ASSERT_TRUE(Feed("x.csv", test::kSmallMessages));
  EXPECT_EQ(market->Find("LOBSTER"), 0u);
  EXPECT_EQ(market->books.top(0), (TopOfBook{100'000'000'000, 102'000'000'000, 100, 50}));
  EXPECT_EQ(market->venues[0], "LOBSTER");
}

// What is good is kept; the first bad row is named by its line.
TEST_F(LobsterFeedTest, EveryCutKeepsTheRowsBeforeIt) {
  for (size_t size = test::kSmallMessages.find('\n') + 1; size < test::kSmallMessages.size(); ++size) {
    const std::string text = test::kSmallMessages.substr(0, size);
    ASSERT_TRUE(Count("cut.csv", text)) << size;
    const auto whole = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    const bool ended = test::kSmallMessages[size - 1] == '\n' || test::kSmallMessages[size] == '\n';
    const uint64_t rows = whole + (test::kSmallMessages[size] == '\n' ? 1 : 0);
    EXPECT_EQ(counters.messages, rows) << size;
    EXPECT_EQ(counters.bad_messages, ended ? 0u : 1u) << size;
    if (!ended) {
      EXPECT_EQ(counters.first_bad_packet, whole + 1) << size;
    }
  }
}

TEST_F(LobsterFeedTest, HeaderLineEndsAndGarbage) {
  std::string crlf = "time,type,order_id,size,price,direction\r\n";
  ForEachLine(test::kSmallMessages, [&](std::string_view line, uint64_t) { crlf += std::string(line) + "\r\n"; });
  ASSERT_TRUE(Count("crlf.csv", crlf));
  EXPECT_EQ(counters.messages, 11u);
  EXPECT_EQ(counters.bad_messages, 0u);
  const std::string bad = "34200,1,1,1,1,1\n\n34200,9,1,1,1,1\n" + std::string("\0\xFF,,\n", 5) + test::kSmallMessages;
  ASSERT_TRUE(Count("bad.csv", bad));
  EXPECT_EQ(counters.messages, 12u);
  EXPECT_EQ(counters.bad_messages, 3u);
  EXPECT_EQ(counters.first_bad_packet, 2u);
  EXPECT_STREQ(counters.first_bad_reason, Name(LobsterStatus::kEmpty));
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text = test::kSmallMessages + test::kSmallMessages;
    for (int i = 0; i < 8; ++i) text[random() % text.size()] = static_cast<char>(random());
    if (!Count("random.csv", text)) continue;
    EXPECT_EQ(counters.messages + counters.bad_messages, static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) +
                                                             (text.back() == '\n' ? 0u : 1u) - (IsLobsterHeader(text) ? 1u : 0u));
  }
}

TEST_F(LobsterFeedTest, OtherTablesAreNone) {
  for (const std::string text : {"1,2,3,4,5,6\n7,8,9,1,2,3\n", "time,type,order_id,size,price,direction\n", "34200,1,1,1,1,1", "\n\n\n"})
    EXPECT_EQ(Count("other.csv", text), text == "34200,1,1,1,1,1") << text;
  EXPECT_FALSE(Count("book.csv", test::kSmallOrderbook));
}

}  // namespace
}  // namespace tickgraph
