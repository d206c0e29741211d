// `tickgraph options chain` on captured chains: volatilities that reprice inside bid and ask, Greeks against those of the chain's own
// file, and what is said of chains that lack something.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/american.h"
#include "tests/kernels/binomial.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

using Row = std::map<std::string, std::string>;

std::vector<Row> ParseCsv(const std::string& text) {
  std::vector<Row> rows;
  std::vector<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream in(line + ',');
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < names.size() && i < cells.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

double Value(const Row& row, const char* name) {
  const std::string& cell = row.at(name);
  return cell.empty() ? NAN : std::strtod(cell.c_str(), nullptr);
}

class OptionsChainTest : public ::testing::Test {
 protected:
  OptionsChainTest() : folder_(fs::temp_directory_path() / ("tickgraph-chain-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    const char* data = std::getenv("TICKGRAPH_DATA");
    data_ = (data != nullptr ? fs::path(data) : fs::path(TICKGRAPH_SOURCE_DIR) / "../shared/data") / "options";
  }
  ~OptionsChainTest() override { fs::remove_all(folder_); }

  int Run(const std::string& arguments) {
    const std::string error_path = (folder_ / "err").string();
    const std::string command = std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph options chain " + arguments + " 2>" + error_path;
    std::FILE* pipe = popen(command.c_str(), "r");
    out.clear();
    std::array<char, 4096> buffer;
    for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    const int status = pclose(pipe);
    std::ifstream in(error_path);
    err.assign(std::istreambuf_iterator<char>(in), {});
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string File(const char* name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  std::string Data(const char* name) const { return (data_ / name).string(); }
  [[nodiscard]] bool HasData() const { return fs::exists(data_); }

  fs::path folder_, data_;
  std::string out, err;
};

AmericanContract ContractOf(const Row& row) {
  return {row.at("right") == "call" ? OptionRight::kCall : OptionRight::kPut,
          Value(row, "spot"),
          Value(row, "strike"),
          Value(row, "rate"),
          Value(row, "dividend_yield"),
          Value(row, "implied_volatility"),
          Value(row, "time_years")};
}

struct Distribution {
  std::vector<double> values;
  double At(double share) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
  }
};

TEST_F(OptionsChainTest, GoogRepricesInsideBidAndAsk) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  EXPECT_EQ(Run(Data("goog_20151224_quote_american.zip") + " " + Data("goog_20151224_underlying_quote.zip") + " --csv"), 3);
  EXPECT_THAT(err, HasSubstr("of 2192 contracts have no volatility"));
  const std::vector<Row> rows = ParseCsv(out);
  ASSERT_EQ(rows.size(), 2192u);
  int priced = 0, by_tree = 0;
  for (const Row& row : rows) {
    const double bid = Value(row, "bid"), ask = Value(row, "ask");
    if (row.at("status") != "ok") {
      EXPECT_EQ(row.at("implied_volatility"), "");
      continue;
    }
    ++priced;
    const AmericanContract c = ContractOf(row);
    EXPECT_EQ(c.spot, 748.24);
    const double price = American(c, priced % 3 == 0 ? AmericanPreset::kAccurate : AmericanPreset::kFast).price;
    EXPECT_TRUE(price > bid && price < ask) << row.at("expiry") << " " << c.strike << " " << price << " in " << bid << " " << ask;
    EXPECT_NEAR(price, 0.5 * (bid + ask), 2e-6 * c.strike);
    if (priced % 40 == 0 && c.time_years > 0.01 && ++by_tree > 0) {
      const double tree = BinomialAmerican({c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years}, 501);
      EXPECT_TRUE(tree > bid && tree < ask) << row.at("expiry") << " " << c.strike << " " << tree << " in " << bid << " " << ask;
    }
  }
  EXPECT_GT(priced, 1400);
  EXPECT_GT(by_tree, 25);
}

TEST_F(OptionsChainTest, GoogForwardsSmilesAndParquet) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  const std::string files = Data("goog_20151224_quote_american.zip") + " " + Data("goog_20151224_underlying_quote.zip");
  const std::string parquet = (folder_ / "chain.parquet").string();
  EXPECT_EQ(Run(files + " --json --out " + parquet), 3);
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["contracts"], 2192);
  ASSERT_EQ(json["expiries"].size(), 12u);
  for (const auto& e : json["expiries"]) {
    // No dividend was expected; one-year dollars cost 0.8 to 1.2 % that day.
    EXPECT_NEAR(e["rate"].get<double>(), 0.010, 0.005) << e["expiry"];
    // The quotes carry .75 % a year whatever the expiry: less than the dollar, since borrowed stock costs.
    EXPECT_NEAR(e["forward"].get<double>() / 748.24, std::exp(0.0075 * e["time_years"].get<double>()), 1e-3) << e["expiry"];
    EXPECT_LT(e["smile"]["rms_volatility"].get<double>(), 0.006) << e["expiry"];
    EXPECT_LE(e["parity_outside"].get<int>(), 1) << e["expiry"];
  }
  EXPECT_GT(fs::file_size(parquet), 10'000u);
  EXPECT_EQ(Run(files + " --json --out " + parquet), 1);
  EXPECT_THAT(err, HasSubstr("--force"));
}

// The command's own Greeks beside those of the chain's file, by contract. The file's volatilities are not those of its day's quotes (the
// median lies .2 from them), and Greeks follow: over all contracts the median of |delta - file's| is .07. Where the two volatilities agree
// to a twentieth, some 220 contracts, it is .001 and nine in ten are within .007; what is left is early exercise, a rate of its own for
// each expiry, and a day of time.
TEST_F(OptionsChainTest, GoogGreeksBesideThoseOfTheChainFile) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  ASSERT_EQ(Run(Data("goog_20151224_quote_american.zip") + " " + Data("goog_20151224_underlying_quote.zip") + " --csv"), 3);
  const auto key = [](const std::string& expiry, char right, double strike) {
    return expiry + right + std::to_string(std::lround(strike * 1000));
  };
  std::map<std::string, Row> ours;
  for (const Row& row : ParseCsv(out)) {
    if (row.at("status") == "ok") ours[key(row.at("expiry"), row.at("right") == "call" ? 'C' : 'P', Value(row, "strike"))] = row;
  }
  struct Differences {
    Distribution delta, gamma, vega, theta, rho;
  } all, agreeing;
  std::ifstream in(Data("goog_20151224_chain_greeks.csv"));
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream split(line);
    for (std::string cell; std::getline(split, cell, ',');) cells.push_back(cell);
    if (cells.size() != 15 || cells[2].size() != 1) continue;
    const auto file = [&](size_t i) { return std::strtod(cells[i].c_str(), nullptr); };
    const auto found = ours.find(key(cells[0], cells[2][0], file(1)));
    if (found == ours.end() || !(file(9) > 0) || !(file(11) > 0)) continue;
    const Row& row = found->second;
    const auto add = [&](Differences& to) {
      to.delta.values.push_back(std::fabs(Value(row, "delta") - file(10)));
      to.gamma.values.push_back(std::fabs(Value(row, "gamma") / file(11) - 1));
      to.vega.values.push_back(std::fabs(Value(row, "vega") / 100 / file(12) - 1));
      to.theta.values.push_back(std::fabs(Value(row, "theta") / 365 / file(13) - 1));
      to.rho.values.push_back(std::fabs(Value(row, "rho") / 100 / file(14) - 1));
    };
    add(all);
    if (std::fabs(Value(row, "implied_volatility") / file(9) - 1) < 0.05) add(agreeing);
  }
  ASSERT_GT(all.delta.values.size(), 1200u);
  EXPECT_LT(all.delta.At(.5), 0.08);
  ASSERT_GT(agreeing.delta.values.size(), 200u);
  EXPECT_LT(agreeing.delta.At(.5), 0.0015);
  EXPECT_LT(agreeing.delta.At(.9), 0.008);
  EXPECT_LT(agreeing.delta.At(1), 0.03);
  EXPECT_LT(agreeing.gamma.At(.5), 0.01);
  EXPECT_LT(agreeing.vega.At(.5), 0.02);
  EXPECT_LT(agreeing.theta.At(.5), 0.04);
  EXPECT_LT(agreeing.rho.At(.5), 0.05);
}

// The Greeks of the chain's file are those of a European option at the file's own volatility, a rate of 0.88 %, no dividend, and a day
// less to expiry. Its volatilities are not those of its closing prices (repricing misses by dollars), so Greeks are compared at them.
TEST_F(OptionsChainTest, GreeksAreCloseToThoseOfTheChainFile) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  constexpr double kRate = 0.0088;
  for (const auto& [file, spot] :
       {std::pair{"goog_20151224_chain_greeks.csv", 748.40}, std::pair{"goog_20151223_chain_greeks.csv", 750.31}}) {
    std::ifstream in(Data(file));
    std::string line;
    std::getline(in, line), std::getline(in, line);
    Distribution delta, gamma, vega, rho, missed;
    while (std::getline(in, line)) {
      std::vector<double> cells;
      std::istringstream split(line);
      std::string cell, right;
      for (int i = 0; std::getline(split, cell, ','); ++i) {
        if (i == 2) right = cell;
        cells.push_back(std::strtod(cell.c_str(), nullptr));
      }
      ASSERT_EQ(cells.size(), 15u);
      const double volatility = cells[9];
      if (!(volatility > 0) || !(cells[11] > 0)) continue;
      const auto days = [](int date) {
        const std::chrono::year_month_day day{std::chrono::year(date / 10000), std::chrono::month(static_cast<unsigned>(date / 100 % 100)),
                                              std::chrono::day(static_cast<unsigned>(date % 100))};
        return std::chrono::sys_days(day).time_since_epoch().count();
      };
      const double time = (days(static_cast<int>(cells[0])) - days(std::atoi(file + 5)) - 1) / 365.0;
      if (!(time > 0)) continue;
      const auto g = European(right == "C" ? OptionRight::kCall : OptionRight::kPut, spot, cells[1], kRate, 0.0, volatility, time);
      delta.values.push_back(std::fabs(g.delta - cells[10]));
      gamma.values.push_back(std::fabs(g.gamma / cells[11] - 1));
      vega.values.push_back(std::fabs(g.vega / 100 / cells[12] - 1));
      rho.values.push_back(std::fabs(g.rho / 100 / cells[14] - 1));
      missed.values.push_back(std::fabs(g.price - cells[6]));
    }
    EXPECT_GT(delta.values.size(), 1600u);
    for (auto& [name, of, median, p95, most] :
         {std::tuple{"delta", &delta, 1e-4, 1.5e-3, 6e-3}, std::tuple{"gamma", &gamma, 1e-4, 1e-3, 0.02},
          std::tuple{"vega", &vega, 3e-4, 3e-3, 0.01}, std::tuple{"rho", &rho, 3e-4, 4e-3, 0.02}}) {
      EXPECT_LT(of->At(0.5), median) << name;
      EXPECT_LT(of->At(0.95), p95) << name;
      EXPECT_LT(of->At(1), most) << name;
    }
    EXPECT_GT(missed.At(0.5), 5) << "the file's volatilities do reprice its closes: compare with them too";
  }
}

TEST_F(OptionsChainTest, SpxHasOneStrikeWithACallAndAPut) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  const std::string file = Data("spx_20210104_quote_european.zip");
  EXPECT_EQ(Run(file + " --csv"), 3);
  EXPECT_THAT(out, HasSubstr(",one_strike,"));
  EXPECT_THAT(out, HasSubstr(",no_bid,"));
  EXPECT_EQ(Run(file + " --rate 0.001 --csv"), 3);
  int priced = 0;
  for (const Row& row : ParseCsv(out)) {
    if (row.at("status") != "ok") continue;
    ++priced;
    const AmericanContract c = ContractOf(row);
    const double price = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years).price;
    EXPECT_TRUE(price > Value(row, "bid") && price < Value(row, "ask"));
    EXPECT_NEAR(Value(row, "forward"), 3700, 30);  // the index closed at 3700.65
  }
  EXPECT_GE(priced, 3);
}

TEST_F(OptionsChainTest, SemicolonsAndDecimalCommas) {
  if (!HasData()) GTEST_SKIP() << "no captured data in " << data_;
  const std::string file = Data("spx_chain.csv");
  EXPECT_EQ(Run(file + " --csv"), 3);
  EXPECT_THAT(err, HasSubstr("missing_rate 641"));
  EXPECT_EQ(Run(file + " --csv --spot 4522 --rate 0.001 --dividend-yield 0.013"), 3);
  EXPECT_THAT(err, HasSubstr("1 of 642 contracts have no volatility: crossed 1"));
  const std::vector<Row> rows = ParseCsv(out);
  ASSERT_EQ(rows.size(), 642u);
  for (const Row& row : rows) {
    if (row.at("status") != "ok") continue;
    const AmericanContract c = ContractOf(row);
    const double price = European(c.right, c.spot, c.strike, c.rate, c.dividend_yield, c.volatility, c.time_years).price;
    EXPECT_TRUE(price > Value(row, "bid") && price < Value(row, "ask")) << c.strike;
  }
}

TEST_F(OptionsChainTest, BadTablesAreNamed) {
  EXPECT_EQ(Run(File("a.csv", "strike,bid\n100,1\n")), 2);
  EXPECT_THAT(err, HasSubstr("no column 'ask'"));
  EXPECT_EQ(Run(File("b.csv", "strike,bid,ask,expiry\n100,1,2,2026-01-16\n")), 2);
  EXPECT_THAT(err, HasSubstr("--date"));
  EXPECT_EQ(Run("--csv --rate 0.01 --spot 100 " + File("c.csv",
                                                       "right,strike,bid,ask,time_years\ncall,100,5,6,0.5\nputt,100,5,6,0.5\n"
                                                       "put,x,5,6,0.5\nput,100,,6,0.5\n")),
            3);
  EXPECT_THAT(err, HasSubstr("c.csv:3: column right: 'putt' is neither call nor put"));
  EXPECT_THAT(err, HasSubstr("c.csv:4: column strike: 'x' is not a finite number"));
  EXPECT_THAT(err, HasSubstr("no_bid 1; 2 rows or files were not read"));
  EXPECT_EQ(ParseCsv(out).size(), 2u);
  EXPECT_EQ(Run(File("d.zip", "PK\3\4 cut")), 1);
  EXPECT_THAT(err, HasSubstr("d.zip"));
  EXPECT_EQ(Run("--date 20251224 --csv --rate 0.01 " +
                File("e.csv", "Right,Strike,Bid,Ask,Expiry\nC,100,5,5.2,2026-12-24\nP,100,4,4.2,20261224\n")),
            0);
  EXPECT_THAT(out, HasSubstr(",ok,"));
}

}  // namespace
}  // namespace tickgraph
