// `tickgraph book-features` on a book by hand and on real captures, whose numbers come from outside.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/tools/command_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class BookFeaturesTest : public CommandRun {
 protected:
  std::string Write(const std::string& text) {
    std::ofstream(File("book.csv"), std::ios::binary) << text;
    return File("book.csv");
  }
  static std::string Data(const char* name) {
    const char* folder = std::getenv("TICKGRAPH_DATA");
    return (folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data") + std::string("/") + name;
  }
};

constexpr const char* kHeader =
    "message_index,ts_ns,bid_price_1,bid_size_1,ask_price_1,ask_size_1,bid_price_2,bid_size_2,ask_price_2,ask_size_2\n";

TEST_F(BookFeaturesTest, ABookByHand) {
  const std::string path = Write(std::string(kHeader) + "4,10,100,3,102,1,99,5,103,7\n5,20,100,1,102,1,99,5,,\n9,30,,,102,2,,,104,7\n");
  ASSERT_EQ(Run("book-features " + path + " --csv --sweep 4"), 0) << err;
  std::istringstream lines(out);
  std::string header, first, second, third;
  std::getline(lines, header);
  std::getline(lines, first);
  std::getline(lines, second);
  std::getline(lines, third);
  EXPECT_EQ(header,
            "message_index,ts_ns,spread,mid,microprice,imbalance_ppm_1,imbalance_ppm_2,order_flow_1,order_flow_2,bid_slope,ask_slope,"
            "sweep_buy,sweep_sell,volatility");
  // 8 within 2 of the mid on both sides; 1 at 102 and 3 at 103; 3 at 100 and 1 at 99.
  EXPECT_THAT(first, StartsWith("4,10,2,101,101.5,500000,-166666,,,"));
  EXPECT_THAT(first, HasSubstr(",102.75,99.75,"));
  // Two were taken from the bid; the ask's second level went: 7 that leave it.
  EXPECT_THAT(second, StartsWith("5,20,2,101,101,0,1000000,-2,7,"));
  EXPECT_THAT(second, HasSubstr(",,99.25,0"));
  // Without a bid there is no mid: its one is gone, and one more is offered; 4 cost 2 at 102 and 2 at 104.
  EXPECT_THAT(third, StartsWith("9,30,,,,-1000000,-1000000,-2,-12,,,103,,"));
}

TEST_F(BookFeaturesTest, BadRowsAreLeftOutAndCounted) {
  const std::string good = "4,10,100,3,102,1,99,5,103,7\n";
  for (const char* bad : {"5,20,nan,3,102,1,99,5,103,7", "5,20,100,-3,102,1,99,5,103,7", "5,20,100,,102,1,99,5,103,7", "5,20,100,3,102",
                          "x,20,100,3,102,1,99,5,103,7", "5,20,100,3,1e400,1,99,5,103,7", "5,20,0,3,102,1,99,5,103,7"}) {
    ASSERT_EQ(Run("book-features " + Write(kHeader + good + bad + "\n" + good) + " --json"), 3) << bad;
    EXPECT_EQ(nlohmann::json::parse(out)["rows"], 2) << bad;
    EXPECT_EQ(nlohmann::json::parse(out)["bad_rows"], 1) << bad;
    EXPECT_THAT(err, HasSubstr("book.csv:3: ")) << bad;
  }
  EXPECT_EQ(Run("book-features " + Write("message_index,ts_ns,bid_price_1\n")), 2);
  EXPECT_THAT(err, HasSubstr("no column 'bid_size_1'"));
  EXPECT_EQ(Run("book-features " + File("none.csv")), 1);
  EXPECT_EQ(Run("book-features " + Write(kHeader + good) + " --sweep 0"), 2);
  ASSERT_EQ(Run("book-features " + Write(kHeader + std::string("1,1,103,1,102,1,,,,\n")) + " --json"), 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out)["crossed"], 1);
}

double RSquared(const std::vector<double>& x, const std::vector<double>& y) {
  double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    n += 1;
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    syy += y[i] * y[i];
    sxy += x[i] * y[i];
  }
  const double covariance = sxy - sx * sy / n;
  return covariance * covariance / ((sxx - sx * sx / n) * (syy - sy * sy / n));
}

// Sums of order flow, and changes of the last mid, in bins of time from the first row.
double RSquaredOfBins(const std::string& csv, double seconds) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  std::vector<double> flow, change;
  double start = 0, last_mid = 0, mid_before = 0, sum = 0;
  size_t bin = 0;
  const auto close = [&](size_t until) {
    for (; bin < until; ++bin) {
      flow.push_back(sum);
      change.push_back(last_mid - mid_before);
      mid_before = last_mid;
      sum = 0;
    }
  };
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    const double ts = std::stod(cells[1]) / 1e9, mid = std::stod(cells[3]);
    if (start == 0) {
      start = ts;
      mid_before = last_mid = mid;
    }
    close(static_cast<size_t>((ts - start) / seconds));
    last_mid = mid;
    if (!cells[6].empty()) sum += std::stod(cells[6]);
  }
  close(bin + 1);
  return RSquared(flow, change);
}

TEST_F(BookFeaturesTest, OrderFlowOfARealCapture) {
  const std::string path = Data("crypto/binance_usdm_btcusdt_20240808.gz");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  ASSERT_EQ(Run("book-features " + path + " --symbol BTCUSDT --json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["rows"], 66'089);
  EXPECT_NEAR(report["order_flow"][0].get<double>(), -108.356, 5e-4);
  EXPECT_NEAR(report["mean_bid_share"].get<double>(), 0.499035, 5e-7);
  EXPECT_NEAR(report["mean_spread"].get<double>(), 0.20428, 5e-6);
  ASSERT_EQ(Run("book-features " + path + " --symbol BTCUSDT --csv"), 0) << err;
  EXPECT_NEAR(RSquaredOfBins(out, 1), 0.3798, 5e-4);
  EXPECT_NEAR(RSquaredOfBins(out, 10), 0.5219, 5e-4);
}

TEST_F(BookFeaturesTest, TakesTheRowsOfBook) {
  const std::string path = Data("crypto/coinbase_20210417.jsonl");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const std::string book = File("skl.csv");
  ASSERT_EQ(Run("book " + path + " --symbol SKL-USD --depth 10 --csv >" + book), 0) << err;
  ASSERT_EQ(Run("book-features " + book + " --sweep 1000 --json"), 0) << err;
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["depth"], 10);
  EXPECT_GT(report["rows"], 500);
  EXPECT_EQ(report["crossed"], 0);
  ASSERT_EQ(Run("book-features " + book + " --sweep 1000 --out " + File("f.parquet")), 0) << err;
  EXPECT_TRUE(std::filesystem::exists(File("f.parquet")));
}

}  // namespace
}  // namespace tickgraph
