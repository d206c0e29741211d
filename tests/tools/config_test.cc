// Configuration errors name the file, the line and the key; nothing misspelt passes.
#include "tools/config.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kText[] =
    "name = \"session\"\n"
    "[risk]\n"
    "max_quantity = 500\n"
    "collar = 0.05\n"
    "armed = true\n"
    "symbols = [\"AAPL\", \"MSFT\"]\n";

template <class Function>
std::string ErrorOf(Function function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ConfigTest, ReadsEveryType) {
  Config config = Config::Parse(kText, "a.toml");
  std::string name;
  uint32_t max_quantity = 0;
  double collar = 0;
  bool armed = false;
  std::vector<std::string> symbols;
  int64_t absent = 7;
  config.Read("name", name);
  config.Read("risk.max_quantity", max_quantity);
  config.Read("risk.collar", collar);
  config.Read("risk.armed", armed);
  config.Read("risk.symbols", symbols);
  config.Read("risk.absent", absent);
  config.RejectUnknownKeys();
  EXPECT_EQ(name, "session");
  EXPECT_EQ(max_quantity, 500u);
  EXPECT_EQ(collar, 0.05);
  EXPECT_TRUE(armed);
  EXPECT_THAT(symbols, ElementsAre("AAPL", "MSFT"));
  EXPECT_EQ(absent, 7);
}

TEST(ConfigTest, NamesFileLineAndKeyOfAnUnknownKey) {
  Config config = Config::Parse("[risk]\nmax_quantity = 1\nmax_quantty = 2\n", "a.toml");
  int64_t value = 0;
  config.Read("risk.max_quantity", value);
  EXPECT_EQ(ErrorOf([&] { config.RejectUnknownKeys(); }), "a.toml:3: risk.max_quantty: unknown key");
}

TEST(ConfigTest, RejectsAnUnknownEmptyTable) {
  const Config config = Config::Parse("[rsk]\n", "a.toml");
  EXPECT_EQ(ErrorOf([&] { config.RejectUnknownKeys(); }), "a.toml:1: rsk: unknown key");
}

TEST(ConfigTest, RejectsAWrongType) {
  Config config = Config::Parse(kText, "a.toml");
  int64_t number = 0;
  EXPECT_THAT(ErrorOf([&] { config.Read("name", number); }), StartsWith("a.toml:1: name: expected a whole number, found string"));
  bool flag = false;
  EXPECT_THAT(ErrorOf([&] { config.Read("risk.max_quantity", flag); }), StartsWith("a.toml:3: risk.max_quantity: expected true or false"));
}

TEST(ConfigTest, RejectsANumberThatDoesNotFit) {
  Config config = Config::Parse("a = 300\nb = -1\nc = 11\n", "a.toml");
  uint8_t small = 0;
  uint64_t positive = 0;
  int ranged = 0;
  EXPECT_EQ(ErrorOf([&] { config.Read("a", small); }), "a.toml:1: a: 300 is not between 0 and 255");
  EXPECT_THAT(ErrorOf([&] { config.Read("b", positive); }), StartsWith("a.toml:2: b: -1 is not between 0 and"));
  EXPECT_EQ(ErrorOf([&] { config.Read("c", ranged, 1, 10); }), "a.toml:3: c: 11 is not between 1 and 10");
}

TEST(ConfigTest, RejectsBrokenToml) {
  EXPECT_THAT(ErrorOf([] { (void)Config::Parse("a = 1\nb = = 2\n", "a.toml"); }), StartsWith("a.toml:2: "));
}

TEST(ConfigTest, RejectsAnAbsentFile) {
  EXPECT_THAT(ErrorOf([] { (void)Config::Load("no/such/file.toml"); }), HasSubstr("no/such/file.toml"));
}

TEST(ConfigTest, SetReplacesOneValue) {
  Config config = Config::Parse(kText, "a.toml");
  config.Set("risk.max_quantity=9");
  config.Set("extra.depth.deep=word");
  int64_t max_quantity = 0;
  std::string word;
  config.Read("risk.max_quantity", max_quantity);
  config.Read("extra.depth.deep", word);
  EXPECT_EQ(max_quantity, 9);
  EXPECT_EQ(word, "word");
  EXPECT_THAT(ErrorOf([&] { config.Set("no value"); }), HasSubstr("expected KEY=VALUE"));
  EXPECT_THAT(ErrorOf([&] { config.Set("name.inner=1"); }), HasSubstr("name is a value, not a table"));
}

}  // namespace
}  // namespace tickgraph
