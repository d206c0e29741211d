// Files that the benchmarks' commands write: none takes the place of another without --force, and that is said before anything is measured.
#include <gmock/gmock.h>

#include "tests/tools/command_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

class BenchOutputsTest : public CommandRun {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph-bench")) GTEST_SKIP() << "tickgraph-bench is not built";
  }
  std::string Put(const std::string& name, const std::string& text) {
    std::ofstream(File(name)) << text;
    return File(name);
  }
  static std::string Get(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A recorded result with eight samples of one benchmark.
  std::string Recorded(const std::string& name) {
    std::string rows;
    for (int i = 0; i < 8; ++i) rows += std::string(i == 0 ? "" : ",") + R"({"name": "a/b", "checked": true, "ns_per_item": 10})";
    return Put(name, R"({"machine": {}, "benchmarks": [)" + rows + "]}");
  }
};

TEST_F(BenchOutputsTest, NoFileIsReplacedWithoutForce) {
  const std::string old = Put("old", "kept"), base = Recorded("a.json"), stage = Put("old-tape.hgrm", "kept");
  for (const std::string& command : {"bench latency --out " + old, "bench latency --hlog " + old, "bench latency --hgrm " + old,
                                     "bench compare " + base + " " + base + " --out " + old, "bench --instructions --write " + old}) {
    EXPECT_EQ(Run(command), 2) << command;
    EXPECT_THAT(err, HasSubstr("exists; --force replaces it")) << command;
  }
  EXPECT_EQ(Get(old), "kept");
  EXPECT_EQ(Get(stage), "kept");
}

TEST_F(BenchOutputsTest, ForceReplacesThem) {
  const std::string old = Put("old", "kept"), base = Recorded("a.json");
  ASSERT_EQ(Run("bench compare " + base + " " + base + " --force --out " + old), 0) << err;
  EXPECT_THAT(Get(old), HasSubstr("a/b"));
  const std::string page = Put("page", "kept"), stage = Put("page-tape.hgrm", "kept");
  ASSERT_EQ(Run("bench latency --messages 10000 --no-sweep --quiet --force --out " + page + " --hgrm " + File("page")), 0) << err;
  EXPECT_THAT(Get(page), HasSubstr("\"kind\":\"latency\""));
  EXPECT_THAT(Get(stage), HasSubstr("#[Mean"));
}

}  // namespace
}  // namespace tickgraph
