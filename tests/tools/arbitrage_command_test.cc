// `tickgraph arbitrage` and what it counts with: the merge of two venues' quotes, the edge and its bar, and the command as a user meets it.
// The counts on the real captures come from outside.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tools/venue_edges.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr NanoBps kBps = 1'000'000'000;

BestQuote Quote(uint64_t ts_ns, int64_t bid, int64_t ask) { return {ts_ns, bid * kNanosPerUnit, ask * kNanosPerUnit, 1, 1}; }

TEST(VenueEdgesTest, QuotesOfOneTimeComeInTheOrderOfTheFilesAThenB) {
  const std::vector<BestQuote> a = {Quote(5, 100, 101), Quote(7, 102, 103), Quote(7, 104, 105)};
  const std::vector<BestQuote> b = {Quote(7, 200, 201), Quote(7, 202, 203), Quote(9, 204, 205)};
  std::vector<std::pair<int64_t, int64_t>> bids;
  MergeQuotes(a, b, [&](uint64_t, const BestQuote& x, const BestQuote& y) {
    bids.emplace_back(x.bid_nanos / kNanosPerUnit, y.bid_nanos / kNanosPerUnit);
  });
  EXPECT_THAT(bids, ElementsAre(Pair(104, 200), Pair(104, 202), Pair(104, 204)));
}

TEST(VenueEdgesTest, NoEventWhileASideIsUnknown) {
  BestQuote no_ask = Quote(3, 100, 0);
  BestQuote no_bid = Quote(4, 100, 101);
  no_bid.bid_nanos = kNoPrice;
  const std::vector<BestQuote> a = {Quote(1, 100, 101), no_ask, no_bid, Quote(6, 100, 101)};
  const std::vector<BestQuote> b = {Quote(2, 100, 101), Quote(5, 100, 101)};
  std::vector<uint64_t> times;
  MergeQuotes(a, b, [&](uint64_t ts_ns, const BestQuote&, const BestQuote&) { times.push_back(ts_ns); });
  EXPECT_THAT(times, ElementsAre(2, 6));
}

TEST(VenueEdgesTest, TakesTheBetterDirectionAndTheSmallerSize) {
  BestQuote a = Quote(1, 110, 111), b = Quote(1, 99, 100);
  a.bid_quantity = 7;
  b.ask_quantity = 4;
  const VenueEdge sell_a = EdgeOf(a, b);
  EXPECT_EQ(sell_a.direction, EdgeDirection::kSellABuyB);
  EXPECT_EQ(sell_a.size, 4);
  EXPECT_DOUBLE_EQ(sell_a.bps(), 1000);
  const VenueEdge sell_b = EdgeOf(b, a);
  EXPECT_EQ(sell_b.direction, EdgeDirection::kSellBBuyA);
  EXPECT_DOUBLE_EQ(sell_b.bps(), 1000);
  b.ask_quantity = kUnknownQuantity;
  EXPECT_EQ(EdgeOf(a, b).size, kUnknownQuantity);
  // No gain either way: the smaller loss. Equal ones: selling on A.
  EXPECT_EQ(EdgeOf(Quote(1, 100, 103), Quote(1, 101, 104)).direction, EdgeDirection::kSellBBuyA);
  EXPECT_EQ(EdgeOf(Quote(1, 100, 101), Quote(1, 100, 101)).direction, EdgeDirection::kSellABuyB);
}

// 0.1 and 0.3 have no binary fraction: rounded numbers would fall on either side of the bar.
TEST(VenueEdgesTest, AnEdgeAtTheBarIsNotAboveIt) {
  const VenueEdge edge{EdgeDirection::kSellABuyB, 100'003'000'000, 100'000'000'000, 1};
  EXPECT_FALSE(edge.Above(3 * kBps / 10));
  EXPECT_TRUE(edge.Above(3 * kBps / 10 - 1));
  const VenueEdge loss{EdgeDirection::kSellABuyB, 99'999'000'000, 100'000'000'000, 1};
  EXPECT_FALSE(loss.Above(-kBps / 10));
  EXPECT_TRUE(loss.Above(-kBps / 10 - 1));
}

TEST(VenueEdgesTest, LargestPricesDoNotOverflow) {
  constexpr PriceNanos kMost = std::numeric_limits<PriceNanos>::max();
  const BestQuote least{1, 1, 1, 1, 1}, most{1, kMost, kMost, 1, 1};
  EXPECT_EQ(EdgeOf(least, most).direction, EdgeDirection::kSellBBuyA);
  EXPECT_TRUE(EdgeOf(least, most).Above(kLargestBar));
  EXPECT_FALSE(EdgeOf(most, most).Above(kLargestBar));
  EXPECT_FALSE(EdgeOf(most, most).Above(0));
  EXPECT_TRUE(EdgeOf(most, most).Above(-kLargestBar));
  EXPECT_EQ(BasisBps(most, most), 0);
}

std::string Line(uint64_t ts_ns, const std::string& symbol, const char* bid, const char* ask, const char* size = "1.00000000") {
  return std::to_string(ts_ns) + R"( {"stream":"x@bookTicker","data":{"u":1,"s":")" + symbol + R"(","b":")" + bid + R"(","B":")" + size +
         R"(","a":")" + ask + R"(","A":")" + size + "\"}}\n";
}

class ArbitrageCommandTest : public ::testing::Test {
 protected:
  ArbitrageCommandTest() : folder_(std::filesystem::temp_directory_path() / ("tickgraph-arbitrage-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(folder_);
    a = (folder_ / "a.jsonl").string();
    b = (folder_ / "b.jsonl").string();
  }
  ~ArbitrageCommandTest() override { std::filesystem::remove_all(folder_); }

  int Run(const std::string& arguments) {
    const std::string error_path = (folder_ / "err").string();
    const std::string command =
        std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph arbitrage " + a + " " + b + " --symbol BTCUSDT " + arguments + " 2>" + error_path;
    std::FILE* pipe = popen(command.c_str(), "r");
    out.clear();
    std::array<char, 4096> buffer;
    for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    const int status = pclose(pipe);
    err = Text(error_path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int Run(const std::string& arguments, const std::string& text_a, const std::string& text_b) {
    std::ofstream(a) << text_a;
    std::ofstream(b) << text_b;
    return Run(arguments);
  }
  static std::string Text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] uint64_t Opportunities() const { return nlohmann::json::parse(out)["opportunities"].get<uint64_t>(); }

  std::filesystem::path folder_;
  std::string a, b, out, err;
};

TEST_F(ArbitrageCommandTest, CountsBothDirections) {
  const std::string of_a = Line(10, "BTCUSDT", "101", "102") + Line(11, "ETHUSDT", "1", "2") + Line(30, "BTCUSDT", "97", "98");
  const std::string of_b = Line(10, "BTCUSDT", "99", "100", "0.25") + Line(40, "BTCUSDT", "97.5", "98.5");
  ASSERT_EQ(Run("--min-edge-bps 0 --json", of_a, of_b), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["events"], 3);
  EXPECT_EQ(report["opportunities"], 2);
  EXPECT_EQ(report["sell_a_buy_b"], 1);
  EXPECT_EQ(report["sell_b_buy_a"], 1);
  EXPECT_DOUBLE_EQ(report["max_edge_bps"].get<double>(), 1e4 / 98);
  EXPECT_EQ(report["max_edge_ts_ns"], 30);
  EXPECT_EQ(report["a"]["quotes"], 2);
  const double basis = (-2 / 101.5 + 2 / 97.5 + 0.5 / 97.5) * 1e4 / 3;
  EXPECT_NEAR(report["mean_basis_bps"].get<double>(), basis, 1e-9);
  ASSERT_EQ(Run("--min-edge-bps 0 --csv"), 0);
  EXPECT_THAT(out, StartsWith("ts_ns,direction,bid,ask,edge_bps,size\n10,sell_a_buy_b,101,100,100,0.25\n30,sell_b_buy_a,99,98,102.04"));
}

TEST_F(ArbitrageCommandTest, FeesAreTakenTwiceAndTheBarIsExact) {
  const std::string of_a = Line(1, "BTCUSDT", "100.003", "100.01"), of_b = Line(2, "BTCUSDT", "99.99", "100.000");
  ASSERT_EQ(Run("--min-edge-bps 0.1 --fee-bps 0.1 --json", of_a, of_b), 0) << err;
  EXPECT_EQ(Opportunities(), 0u);
  ASSERT_EQ(Run("--min-edge-bps 0.1 --fee-bps 0.099999999 --json"), 0);
  EXPECT_EQ(Opportunities(), 1u);
  ASSERT_EQ(Run("--min-edge-bps 0.3 --json"), 0);
  EXPECT_EQ(Opportunities(), 0u);
  ASSERT_EQ(Run("--min-edge-bps 0.299999999 --json"), 0);
  EXPECT_EQ(Opportunities(), 1u);
}

TEST_F(ArbitrageCommandTest, PeopleGetATableAndAFileOfRows) {
  const std::string rows = (folder_ / "rows.csv").string();
  ASSERT_EQ(Run("--min-edge-bps 5 --out " + rows, Line(1, "BTCUSDT", "101", "102"), Line(2, "BTCUSDT", "99", "100")), 0) << err;
  EXPECT_THAT(out, HasSubstr("opportunities  1 with an edge above 5 bps after twice a fee of 0 bps\n"));
  EXPECT_THAT(out, HasSubstr("100.0000 bps before fees: bid 101 at A, ask 100 at B, at 2 ns\n"));
  EXPECT_EQ(Text(rows), "ts_ns,direction,bid,ask,edge_bps,size\n2,sell_a_buy_b,101,100,100,1\n");
  EXPECT_EQ(Run("--min-edge-bps 5 --out " + rows), 1);
  EXPECT_THAT(err, HasSubstr(rows + " exists; --force replaces it"));
  EXPECT_EQ(Run("--min-edge-bps 5 --force --out " + rows), 0);
  EXPECT_EQ(Run("--min-edge-bps 5 --force --out " + a), 2);
  EXPECT_THAT(err, HasSubstr("is one of the captures"));
  EXPECT_FALSE(std::filesystem::exists(rows + ".partial"));
}

TEST_F(ArbitrageCommandTest, CoinbaseTickersAreQuotesWithoutSizes) {
  const std::string ticker =
      R"(1618677817.5: {"type":"ticker","sequence":1,"product_id":"BTC-USD","price":"100","best_bid":"99","best_ask":"100"})"
      "\n";
  ASSERT_EQ(Run("--symbol-b BTC-USD --min-edge-bps 0 --csv", Line(1'618'677'818'000'000'000, "BTCUSDT", "101", "102"), ticker), 0) << err;
  EXPECT_THAT(out, HasSubstr("\n1618677818000000000,sell_a_buy_b,101,100,100,\n"));
}

TEST_F(ArbitrageCommandTest, QuotesOutOfOrderArePlacedByTheirTimes) {
  const std::string of_a = Line(30, "BTCUSDT", "101", "102") + Line(10, "BTCUSDT", "90", "91");
  ASSERT_EQ(Run("--min-edge-bps 0 --csv", of_a, Line(20, "BTCUSDT", "90", "91")), 0) << err;
  EXPECT_THAT(out, HasSubstr("size\n30,sell_a_buy_b,101,91,"));
}

TEST_F(ArbitrageCommandTest, DamageIsNamedAndTheRestIsCounted) {
  const std::string good = Line(1, "BTCUSDT", "101", "102");
  EXPECT_EQ(Run("--min-edge-bps 0 --json", good + "7 {\"stream\":\n" + good, Line(2, "BTCUSDT", "99", "100")), 3);
  EXPECT_EQ(Opportunities(), 1u);
  EXPECT_THAT(err, HasSubstr(a + ": 1 malformed lines; the first: broken JSON in line 2 at byte " + std::to_string(good.size())));
  EXPECT_EQ(Run("--min-edge-bps 0 --json", good, Line(2, "BTCUSDT", "99", "100") + good.substr(0, 40)), 3);
  EXPECT_EQ(Opportunities(), 1u);
  EXPECT_THAT(err, HasSubstr(b + ": cut at byte "));
}

TEST_F(ArbitrageCommandTest, WhatCannotBeAnsweredIsSaid) {
  const std::string good = Line(1, "BTCUSDT", "101", "102");
  EXPECT_EQ(Run("--min-edge-bps 0", good, Line(1, "ETHUSDT", "1", "2")), 1);
  EXPECT_THAT(err, HasSubstr(b + ": no message names the symbol BTCUSDT; it has: ETHUSDT\n"));
  EXPECT_EQ(out, "");
  EXPECT_EQ(Run("--min-edge-bps 0", R"(5 {"data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1,"m":true}})", good), 1);
  EXPECT_THAT(err, HasSubstr(a + ": no best quotes of BTCUSDT"));
  EXPECT_EQ(Run("--min-edge-bps 0", good.substr(2), good), 1);
  EXPECT_THAT(err, HasSubstr(a + ": line 1: the quote has neither a receive time nor the venue's own"));
  EXPECT_EQ(Run("--min-edge-bps 0", good, "no capture at all\n"), 1);
  EXPECT_THAT(err, HasSubstr(b));
  std::filesystem::remove(b);
  EXPECT_EQ(Run("--min-edge-bps 0"), 1);
  EXPECT_THAT(err, HasSubstr(b + ": "));
}

TEST_F(ArbitrageCommandTest, UsageErrors) {
  for (const auto& [arguments, text] :
       std::vector<std::pair<const char*, const char*>>{{"--min-edge-bps 1 --fee-bps -1", "a fee is not negative: -1"},
                                                        {"--min-edge-bps x", "--min-edge-bps: 'x' is not a number of basis points"},
                                                        {"--min-edge-bps nan", "is not a number"},
                                                        {"--min-edge-bps 1000001", "at most 1000000"},
                                                        {"--min-edge-bps 0.0000000001", "more than nine decimals"},
                                                        {"", "--min-edge-bps is required"},
                                                        {"--min-edge-bps 1 --csv --json", "--csv"}}) {
    EXPECT_EQ(Run(arguments, Line(1, "BTCUSDT", "1", "2"), Line(1, "BTCUSDT", "1", "2")), 2) << arguments;
    EXPECT_THAT(err, HasSubstr(text)) << arguments;
  }
}

TEST_F(ArbitrageCommandTest, BinanceSpotAgainstPerpetual) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string data = folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data";
  a = data + "/crypto/binance_spot_btcusdt_20240808.gz";
  b = data + "/crypto/binance_usdm_btcusdt_20240808.gz";
  if (!std::filesystem::exists(a) || !std::filesystem::exists(b)) GTEST_SKIP() << "no Binance captures in " << data;
  for (const auto& [arguments, count] :
       std::vector<std::pair<std::string, uint64_t>>{{"0", 93'804}, {"1", 93'614}, {"2", 93'146}, {"5", 3'723}, {"0 --fee-bps 7.5", 0}}) {
    ASSERT_EQ(Run("--json --min-edge-bps " + arguments), 0) << err;
    EXPECT_EQ(Opportunities(), count) << arguments;
    const auto report = nlohmann::json::parse(out);
    EXPECT_EQ(report["events"], 93'851);
    EXPECT_NEAR(report["max_edge_bps"].get<double>(), 11.0414, 5e-5);
    EXPECT_NEAR(report["mean_basis_bps"].get<double>(), -3.7636, 5e-5);
  }
}

}  // namespace
}  // namespace tickgraph
