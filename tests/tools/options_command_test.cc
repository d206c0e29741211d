// `tickgraph options price|iv` as a user meets it: columns, full precision, statuses, exit codes and what is said of bad rows.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kPriceHeader[] = "right,style,spot,strike,rate,dividend_yield,volatility,time_years\n";
constexpr char kVolatilityHeader[] = "right,style,spot,strike,rate,dividend_yield,price,time_years\n";

class OptionsCommandTest : public ::testing::Test {
 protected:
  OptionsCommandTest() : path_(std::filesystem::temp_directory_path() / ("tickgraph-options-" + std::to_string(getpid()) + ".csv")) {}
  ~OptionsCommandTest() override { std::filesystem::remove(path_); }

  // Runs `tickgraph options ARGUMENTS` on a file of that text; stdout in `out`, stderr in `err`.
  int Run(const std::string& arguments, const std::string& text) {
    std::ofstream(path_) << text;
    const std::string error_path = path_.string() + ".err";
    const std::string command =
        std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph options " + arguments + " " + path_.string() + " 2>" + error_path;
    std::FILE* pipe = popen(command.c_str(), "r");
    out.clear();
    std::array<char, 4096> buffer;
    for (size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    const int status = pclose(pipe);
    std::ifstream in(error_path);
    err.assign(std::istreambuf_iterator<char>(in), {});
    std::filesystem::remove(error_path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::filesystem::path path_;
  std::string out, err;
};

TEST_F(OptionsCommandTest, KeepsTheRowsAndAddsColumns) {
  EXPECT_EQ(Run("price --csv", std::string(kPriceHeader) + "call,european,60,65,0.08,0,0.3,0.25\r\n\nput,american,36,40,.06,0,.2,1\n"), 0);
  EXPECT_THAT(
      out,
      StartsWith("right,style,spot,strike,rate,dividend_yield,volatility,time_years,price,delta,gamma,vega,theta,rho,vanna,volga,charm\n"
                 "call,european,60,65,0.08,0,0.3,0.25,2.13336844"));
  EXPECT_THAT(out, HasSubstr("\nput,american,36,40,.06,0,.2,1,4.48667"));
  EXPECT_EQ(err, "");
}

TEST_F(OptionsCommandTest, CashDividends) {
  const std::string header = "right,style,spot,strike,rate,dividend_yield,volatility,time_years,dividends\n";
  // Haug (2007): one dividend of 4 in three months.
  EXPECT_EQ(Run("price --csv", header + "call,european,80,82,0.06,0,0.3,0.33333333333333,0.25:4\n"), 0);
  EXPECT_THAT(out, HasSubstr(",0.25:4,3.510"));
  EXPECT_EQ(Run("price --csv --dividends 0.25:4", header + "call,american,80,82,0.06,0,0.3,0.33333333333333,\n"), 0);
  EXPECT_THAT(out, HasSubstr(",,4.38"));
  EXPECT_EQ(Run("price --csv", header + "call,american,80,82,0.06,0,0.3,0.33,0.25-4\n"), 3);
  EXPECT_THAT(err, HasSubstr("column dividends: '0.25-4' is not TIME:AMOUNT"));
  EXPECT_EQ(Run("price --dividends 4", header), 2);
}

TEST_F(OptionsCommandTest, VolatilitiesAndStatuses) {
  EXPECT_EQ(Run("iv --csv", std::string(kVolatilityHeader) +
                                "call,european,60,65,0.08,0,2.1333684449,0.25\ncall,european,100,90,0,0,5,1\n"
                                "call,european,100,90,0,0,101,1\ncall,american,100,100,0,0,5,0\nput,american,100,100,0.05,0,nan,1\n"),
            3);
  EXPECT_THAT(out, HasSubstr(",0.25,0.299999999998"));
  EXPECT_THAT(out, HasSubstr(",5,1,,below_intrinsic\n"));
  EXPECT_THAT(out, HasSubstr(",101,1,,above_maximum\n"));
  EXPECT_THAT(out, HasSubstr(",5,0,,expired\n"));
  EXPECT_THAT(out, HasSubstr(",nan,1,,invalid\n"));
  EXPECT_THAT(err, HasSubstr(path_.string() + ":3: column price: no volatility: below_intrinsic\n"));
  EXPECT_THAT(err, HasSubstr(path_.string() + ":6: column price: 'nan' is not a finite number\n"));
}

TEST_F(OptionsCommandTest, BadRowsAreNamedAndTheRestIsPriced) {
  EXPECT_EQ(Run("price --csv", std::string(kPriceHeader) +
                                   "call,european,60,65,0.08,0,0.3,0.25\ncall,european,60,x,0.08,0,0.3,0.25\n"
                                   "straddle,european,60,65,0,0,1,1\ncall,bermudan,60,65,0,0,1,1\ncall,european,0,65,0,0,1,1\n"
                                   "call,european,60,65,0,0,-1,1\ncall,european,60,65,0,0,1,-1\ncall,european,60\n"),
            3);
  EXPECT_THAT(out, HasSubstr(",0.25,2.133"));
  EXPECT_THAT(out, HasSubstr("call,european,60,x,0.08,0,0.3,0.25,nan,nan,"));
  for (const char* line :
       {":3: column strike: 'x' is not", ":4: column right: 'straddle'", ":5: column style: 'bermudan'", ":6: column spot: must",
        ":7: column volatility: ", ":8: column time_years: ", ":9: column strike: the line ends"})
    EXPECT_THAT(err, HasSubstr(path_.string() + line));
}

TEST_F(OptionsCommandTest, MissingColumnIsAUsageError) {
  EXPECT_EQ(Run("price --csv", "right,style,spot\ncall,european,1\n"), 2);
  EXPECT_EQ(out, "");
  EXPECT_THAT(err, HasSubstr(path_.string() + ":1: no column 'strike'"));
  EXPECT_EQ(Run("price", ""), 2);
  EXPECT_EQ(Run("", kPriceHeader), 2);
}

TEST_F(OptionsCommandTest, JsonIsOneObject) {
  EXPECT_EQ(
      Run("iv --json", std::string(kVolatilityHeader) + "call,european,60,65,0.08,0,2.1333684449,0.25\nput,european,100,90,0,0,-1,1\n"), 3);
  const auto report = nlohmann::json::parse(out);
  EXPECT_EQ(report["contracts"], 2);
  EXPECT_EQ(report["without_answer"], 1);
  EXPECT_NEAR(report["rows"][0]["implied_volatility"].get<double>(), 0.3, 1e-10);
  EXPECT_TRUE(report["rows"][1]["implied_volatility"].is_null());
  EXPECT_EQ(report["rows"][1]["status"], "below_intrinsic");
}

}  // namespace
}  // namespace tickgraph
