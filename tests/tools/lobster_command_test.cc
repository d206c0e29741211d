// LOBSTER files through the program: what inspect counts, the book that the orderbook file states, replays, and damaged rows.
#include <gtest/gtest.h>

#include "net/proto/new_york_time.h"
#include "tests/net/lobster_files.h"
#include "tests/tools/archive_rows.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

constexpr const char* kSmallName = "XYZ_2012-06-21_34200000_57600000_message_2.csv";

class LobsterCommandTest : public ReplayProgramTest {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(File(name), std::ios::binary) << text;
    return File(name);
  }
  // The path of the messages; empty where the sample is absent.
  std::string WriteSample() {
    const std::string messages = test::LobsterText(test::kLobsterMessages), orderbook = test::LobsterText(test::kLobsterOrderbook);
    if (messages.empty() || orderbook.empty()) return "";
    Write(test::kLobsterOrderbook, orderbook);
    return Write(test::kLobsterMessages, messages);
  }
  std::string WriteSmall(const std::string& messages = test::kSmallMessages) {
    Write("XYZ_2012-06-21_34200000_57600000_orderbook_2.csv", test::kSmallOrderbook);
    return Write(kSmallName, messages);
  }
};

TEST_F(LobsterCommandTest, InspectCountsTheSampleAndFindsItsOrderbookRight_golden) {
  const std::string path = WriteSample();
  if (path.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  const Outcome run = Run({"inspect", path, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = run.json();
  EXPECT_EQ(report["format"], "lobster");
  EXPECT_EQ(report["messages"], 155935);
  EXPECT_EQ(report["by_type"].dump(), R"({"1":77381,"2":450,"3":66685,"4":8974,"5":2445})");
  EXPECT_EQ(report["bad_messages"], 0);
  EXPECT_EQ(report["symbol"], "AMZN");
  EXPECT_EQ(report["orderbook"]["rows"], 155935);
  EXPECT_EQ(report["orderbook"]["different_rows"], 0);
  const uint64_t midnight_ns = NewYorkMidnightNs(20120621);
  EXPECT_EQ(report["first_ts_ns"], midnight_ns + 34'200'017'459'617);
  EXPECT_EQ(report["last_ts_ns"], midnight_ns + 57'599'959'359'650);
}

// The levels of row k of the orderbook file are those shown after message k.
TEST_F(LobsterCommandTest, BookIsTheOrderbookRowByRow_golden) {
  const std::string path = WriteSample();
  if (path.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  const Outcome run = Run({"book", path, "--symbol", "AMZN", "--depth", "5", "--csv"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::map<uint64_t, std::string> shown;
  test::ForEachLine(run.out, [&](std::string_view line, uint64_t number) {
    if (number == 1) return;
    const size_t index_end = line.find(',');
    shown[std::stoull(std::string(line.substr(0, index_end)))] = line.substr(line.find(',', index_end + 1) + 1);
  });
  ASSERT_FALSE(shown.empty());
  std::string last;
  test::ForEachLine(ReadFile(File(test::kLobsterOrderbook)), [&](std::string_view line, uint64_t number) {
    // The file has asks before bids, and prices times 10,000.
    std::vector<std::string> cells;
    for (size_t at = 0; at < line.size();) {
      const size_t end = std::min(line.find(',', at), line.size());
      cells.emplace_back(line.substr(at, end - at));
      at = end + 1;
    }
    std::string expected;
    for (size_t i = 0; i < cells.size(); i += 4) {
      for (const size_t at : {i + 2, i}) {
        std::string price = cells[at].substr(0, cells[at].size() - 4) + "." + cells[at].substr(cells[at].size() - 4);
        while (price.back() == '0') price.pop_back();
        if (price.back() == '.') price.pop_back();
        expected += (expected.empty() ? "" : ",") + price + "," + cells[at + 1];
      }
    }
    if (const auto row = shown.find(number - 1); row != shown.end()) last = row->second;
    ASSERT_EQ(last, expected) << "row " << number;
  });
}

TEST_F(LobsterCommandTest, ReplayTwiceIsOneStateAndTheArchiveHoldsEveryRow_golden) {
  const std::string path = WriteSample();
  if (path.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  const Outcome first = Replay(path, "first", {"--quiet"}), second = Replay(path, "second", {"--quiet"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto a = first.json(), b = second.json();
  EXPECT_EQ(a["messages"], 155935);
  EXPECT_EQ(a["archived_by_table"]["events"], 155935);
  EXPECT_EQ(a["tape_records"], a["archived_records"]);
  EXPECT_EQ(a["unknown_references"], 8491);
  EXPECT_EQ(a["bad_messages"], 0);
  EXPECT_EQ(a["state_hash"], b["state_hash"]);
  EXPECT_EQ(a["book_hash"], b["book_hash"]);
  EXPECT_NE(a["book_hash"], "0000000000000000");
  ExpectEqualTables(File("first"), File("second"), 0);
  EXPECT_TRUE(std::filesystem::exists(File("first") + "/events/date=2012-06-21/product=AMZN"));
}

TEST_F(LobsterCommandTest, ChangedOrderbookIsToldByItsLine) {
  std::string orderbook = test::kSmallOrderbook;
  orderbook.replace(orderbook.find("1020000,70"), 10, "1020000,71");
  const std::string path = WriteSmall(), other = Write("other.csv", orderbook);
  EXPECT_EQ(Run({"inspect", path}).exit_code, 0);
  const Outcome inspect = Run({"inspect", path, "--orderbook", other, "--json"});
  EXPECT_EQ(inspect.exit_code, 3);
  EXPECT_EQ(inspect.json()["orderbook"]["different_rows"], 2);
  EXPECT_NE(inspect.err.find("in line 3"), std::string::npos) << inspect.err;
  const Outcome book = Run({"book", path, "--symbol", "XYZ", "--orderbook", other, "--csv"});
  EXPECT_EQ(book.exit_code, 3);
  EXPECT_NE(book.err.find("2 rows differ"), std::string::npos) << book.err;
  EXPECT_EQ(Run({"book", path, "--symbol", "XYZ", "--orderbook", File("none.csv")}).exit_code, 1);
}

// Without an orderbook file the book is made of the messages, and of those alone.
TEST_F(LobsterCommandTest, BookOfMessagesAlone) {
  const std::string path = Write("messages.csv", test::kSmallMessages + "34210,3,99,5,1010000,-1\n");
  const Outcome run = Run({"book", path, "--symbol", "ANY", "--depth", "2", "--csv"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.err.find("1 messages name orders from before"), std::string::npos) << run.err;
  EXPECT_EQ(run.out,
            "message_index,ts_ns,bid_price_1,bid_size_1,ask_price_1,ask_size_1,bid_price_2,bid_size_2,ask_price_2,ask_size_2\n"
            "0,34200500000000,100,100,,,,,,\n"
            "1,34200500000001,100,100,101,50,,,,\n"
            "2,34201000000000,100,100,101,50,,,102,70\n"
            "3,34202250000000,100,100,101,50,,,102,50\n"
            "4,34203000000000,100,100,101,20,,,102,50\n"
            "10,34209000000000,100,100,102,50,,,,\n");
  EXPECT_EQ(Run({"book", WriteSmall(), "--symbol", "ABC"}).exit_code, 1);
}

TEST_F(LobsterCommandTest, BadRowsAreCountedAndTheFirstIsNamed) {
  const std::string bad = "34200.1,1,7,10,-5,1\n\ngarbage\n34200.2,1,8,999999999999,10,1\n34200.3,1,9\n";
  const size_t at = test::kSmallMessages.find('\n') + 1;
  const std::string path = WriteSmall(test::kSmallMessages.substr(0, at) + bad + test::kSmallMessages.substr(at));
  std::filesystem::remove(File("XYZ_2012-06-21_34200000_57600000_orderbook_2.csv"));
  for (const Outcome& run : {Run({"inspect", path, "--json"}), Replay(path, "out", {"--quiet"})}) {
    EXPECT_EQ(run.exit_code, 3);
    EXPECT_EQ(run.json()["messages"], 11);
    EXPECT_EQ(run.json()["bad_messages"], 5);
    EXPECT_NE(run.err.find("in line 2"), std::string::npos) << run.err;
  }
  const Outcome book = Run({"book", path, "--symbol", "XYZ", "--csv"});
  EXPECT_EQ(book.exit_code, 3);
  EXPECT_NE(book.err.find("in line 2"), std::string::npos) << book.err;
  const Outcome cut = Run({"inspect", Write("cut_message_.csv", test::kSmallMessages.substr(0, 200)), "--json"});
  EXPECT_EQ(cut.exit_code, 3);
  EXPECT_EQ(cut.json()["truncated"], true);
  EXPECT_EQ(cut.json()["messages"], 7);
}

TEST_F(LobsterCommandTest, AReplayNeedsADay) {
  const std::string path = Write("messages.csv", test::kSmallMessages);
  const Outcome undated = Replay(path, "undated", {"--quiet"});
  EXPECT_EQ(undated.exit_code, 2);
  EXPECT_NE(undated.err.find("--date"), std::string::npos) << undated.err;
  const Outcome dated = Replay(path, "dated", {"--quiet", "--date", "20120621"});
  EXPECT_EQ(dated.exit_code, 0) << dated.err;
  EXPECT_TRUE(std::filesystem::exists(File("dated") + "/events/date=2012-06-21/product=LOBSTER"));
}

}  // namespace
}  // namespace tickgraph
