// `tickgraph arbitrage --cycles` as a user meets it: which quotes it takes, what it tells of a cycle, and what it cannot answer.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "tests/tools/command_run.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Ticker(uint64_t ts_ns, const std::string& symbol, const char* bid, const char* bid_size, const char* ask, const char* ask_size,
                   const char* event = "") {
  return std::to_string(ts_ns) + R"( {"stream":"x@bookTicker","data":{)" + event + R"("u":1,"s":")" + symbol + R"(","b":")" + bid +
         R"(","B":")" + bid_size + R"(","a":")" + ask + R"(","A":")" + ask_size + "\"}}\n";
}

class ArbitrageCyclesTest : public CommandRun {
 protected:
  int Cycles(const std::vector<std::string>& texts, const std::string& arguments) {
    std::string files;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string path = File(std::to_string(i) + ".jsonl");
      std::ofstream(path, std::ios::binary) << texts[i];
      files += path + " ";
    }
    return Run("arbitrage --cycles " + files + arguments);
  }
};

const std::string kTriangle = Ticker(1, "BTCUSDT", "30000", "2", "30000", "2") + Ticker(2, "ETHUSDT", "1499", "10", "1500", "10") +
                              Ticker(3, "ETHBTC", "0.06", "4", "0.07", "4");

TEST_F(ArbitrageCyclesTest, TellsATriangleWithItsLegsSizeAndGain) {
  ASSERT_EQ(Cycles({kTriangle}, "--csv"), 0) << err;
  // 4 ether are 0.24 bitcoin are 7200 dollars are 4.8 ether.
  EXPECT_EQ(out,
            "ts_ns,file,line,length,currency,legs,edge_bps,amount,gain\n"
            "3,1,3,3,ETH,sell ETHBTC at 0.06 of line 3; sell BTCUSDT at 30000 of line 1; buy ETHUSDT at 1500 of line 2," +
                out.substr(out.find("line 2,") + 7, out.rfind(",4,0.8") - out.find("line 2,") - 7) + ",4,0.8\n");
  EXPECT_NEAR(std::stod(out.substr(out.find("line 2,") + 7)), 2000.0, 1e-6);
}

TEST_F(ArbitrageCyclesTest, FeesAreTakenOnEachConversionAndTheBarIsExact) {
  const std::string even = Ticker(1, "BTCUSDT", "30000", "2", "30000", "2") + Ticker(2, "ETHUSDT", "1500", "1", "1500", "1") +
                           Ticker(3, "ETHBTC", "0.05005", "4", "0.06", "4");
  const auto found = [&](const std::string& arguments) {
    EXPECT_EQ(Cycles({even}, "--json " + arguments), 0) << err;
    return nlohmann::json::parse(out)["opportunities"].get<int>();
  };
  EXPECT_EQ(found("--min-edge-bps 10"), 0);  // a thousandth and no more
  EXPECT_EQ(found("--min-edge-bps 9.999999999"), 1);
  EXPECT_EQ(found("--fee-bps 3.33"), 1);  // (1 - 0.000333)^3 1.001 = 1.0000003…
  EXPECT_EQ(found("--fee-bps 3.34"), 0);
}

TEST_F(ArbitrageCyclesTest, LongerCyclesNeedTheirDepthAndSeveralFilesAreOneMarket) {
  const std::string b = Ticker(3, "SKLEUR", "0.3001", "500", "0.29", "0") + Ticker(4, "EURUSDT", "1.1", "800", "1.2", "800");
  const std::string a = Ticker(1, "BTCUSDT", "30000", "1", "30001", "1") + Ticker(2, "SKLBTC", "0.00001", "900", "0.000011", "900");
  ASSERT_EQ(Cycles({a, b}, "--depth 3 --json"), 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out)["opportunities"], 0);
  ASSERT_EQ(Cycles({a, b}, "--depth 4 --json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_THAT(report["currencies"], ElementsAre("BTC", "USDT", "SKL", "EUR"));
  EXPECT_EQ(report["rings"]["3"]["count"], 0);
  EXPECT_EQ(report["rings"]["4"]["count"], 1);
  EXPECT_EQ(report["by_length"]["4"], 1);  // 0.3001 1.1 against 0.000011 30001
  EXPECT_EQ(report["events"], 4);
}

TEST_F(ArbitrageCyclesTest, TwoVenuesOfOneProductAreACycleOfTwo) {
  const std::string coinbase =
      R"(1618677817.5: {"type":"ticker","sequence":1,"product_id":"BTC-USDT","price":"100","best_bid":"101","best_ask":"102"})"
      "\n";
  ASSERT_EQ(Cycles({Ticker(1, "BTCUSDT", "99", "1", "100", "1"), coinbase}, "--csv --depth 2"), 0) << err;
  EXPECT_THAT(out, HasSubstr(",2,BTC,sell BTC-USDT at 101 of line 1; buy BTCUSDT at 100 of line 1,"));
}

TEST_F(ArbitrageCyclesTest, FuturesAndUnknownPairsArePassedOver) {
  const std::string future = Ticker(4, "ETHBTC", "0.2", "4", "0.3", "4", R"("e":"bookTicker","E":1,"T":1,)");
  ASSERT_EQ(Cycles({kTriangle + future + Ticker(5, "NOSUCHPAIR", "1", "1", "2", "1")}, "--json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["events"], 3);
  EXPECT_EQ(report["passed_over"].size(), 2u);
}

TEST_F(ArbitrageCyclesTest, DamageAndUsageAreTold) {
  EXPECT_EQ(Cycles({kTriangle + "7 {\"stream\":\n" + kTriangle}, "--json"), 3);
  EXPECT_THAT(err, HasSubstr("1 malformed lines; the first: broken JSON in line 4"));
  EXPECT_EQ(nlohmann::json::parse(out)["opportunities"], 1) << "quotes that say the same again are no events";
  EXPECT_EQ(Cycles({Ticker(1, "NOSUCHPAIR", "1", "1", "2", "1")}, "--json"), 1);
  EXPECT_THAT(err, HasSubstr("no best quotes of a spot product"));
  for (const char* arguments : {"--depth 1", "--depth 7", "--fee-bps -1", "--fee-bps 10000", "--min-edge-bps -10000", "--csv --json"})
    EXPECT_EQ(Cycles({kTriangle}, arguments), 2) << arguments;
  EXPECT_EQ(Run("arbitrage --cycles"), 2);
}

TEST_F(ArbitrageCyclesTest, RealCaptures) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string data = folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data";
  const std::string coinbase = data + "/crypto/coinbase_20210417.jsonl", binance = data + "/crypto/binance_20210417.jsonl";
  if (!std::filesystem::exists(coinbase) || !std::filesystem::exists(binance)) GTEST_SKIP() << "no captures in " << data;
  ASSERT_EQ(Run("arbitrage --cycles " + coinbase + " " + binance + " --depth 4 --json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  // Its ten products: SKL in USD, BTC and GBP; BAND in GBP and BTC; NMR and CRV in EUR; YFI and DASH in BTC; NU in GBP.
  EXPECT_EQ(report["rings"]["3"]["count"], 0);
  EXPECT_THAT(report["rings"]["4"]["first"], ElementsAre("BAND GBP SKL BTC BAND"));
  EXPECT_GT(report["events"], 1'000);
  EXPECT_EQ(report["opportunities"], 0);
  ASSERT_EQ(Run("arbitrage --cycles " + coinbase + " --depth 4 --min-edge-bps -100 --json"), 0) << err;
  EXPECT_GT(nlohmann::json::parse(out)["opportunities"], 0);
}

}  // namespace
}  // namespace tickgraph
