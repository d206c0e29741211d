// `tickgraph generate --market` as a user meets it: a file that `inspect` counts the same, the same bytes for a seed, and what it refuses.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tools/command_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

class GenerateMarketTest : public CommandRun {
 protected:
  int Generate(const std::string& file, const std::string& arguments) {
    return Run("generate --market --out " + File(file) + " --json " + arguments);
  }
  std::string Bytes(const std::string& file) const {
    std::ifstream in(File(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(GenerateMarketTest, SaysWhatTheFileHolds) {
  ASSERT_EQ(Generate("m.itch", "--seed 5 --messages 60000"), 0) << err;
  const auto made = nlohmann::json::parse(out);
  EXPECT_EQ(made["messages"], 60'000);
  EXPECT_EQ(made["instruments"], 8'713);
  EXPECT_EQ(made["bytes"], Bytes("m.itch").size());
  EXPECT_EQ(made["at_open"]["live_orders"], (60'000 - 8'713) / 2);
  EXPECT_GT(made["at_open"]["levels"], 10'000);
  EXPECT_LE(made["at_end"]["levels"], made["at_end"]["live_orders"]);
  ASSERT_EQ(Run("inspect " + File("m.itch") + " --json"), 0) << err;
  const auto seen = nlohmann::json::parse(out);
  EXPECT_EQ(seen["messages"], made["messages"]);
  EXPECT_EQ(seen["by_type"], made["by_type"]);
  EXPECT_EQ(seen["bad_messages"], 0);
}

TEST_F(GenerateMarketTest, ASeedIsAFile) {
  ASSERT_EQ(Generate("a.itch", "--seed 5 --messages 20000"), 0) << err;
  const auto first = nlohmann::json::parse(out);
  ASSERT_EQ(Generate("b.itch", "--seed 5 --messages 20000"), 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out)["sha256"], first["sha256"]);
  EXPECT_EQ(Bytes("a.itch"), Bytes("b.itch"));
  ASSERT_EQ(Generate("c.itch", "--seed 6 --messages 20000"), 0) << err;
  EXPECT_NE(nlohmann::json::parse(out)["sha256"], first["sha256"]);
}

TEST_F(GenerateMarketTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(Generate("short.itch", "--messages 19999"), 2);
  EXPECT_THAT(err, HasSubstr("--messages 20000 or more"));
  ASSERT_EQ(Generate("m.itch", "--messages 20000"), 0) << err;
  EXPECT_NE(Generate("m.itch", "--messages 20000"), 0);
  EXPECT_THAT(err, HasSubstr("--force"));
  EXPECT_EQ(Generate("no/such/folder.itch", "--messages 20000"), 1);
  EXPECT_FALSE(std::filesystem::exists(File("short.itch")) || std::filesystem::exists(File("m.itch.partial")));
}

}  // namespace
}  // namespace tickgraph
