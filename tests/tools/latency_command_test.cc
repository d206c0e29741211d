// `bench latency` from outside: what it counts, that its histograms are those it prints, and that its files are HdrHistogram's.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/tools/session_files.h"
#include "tools/measure/hdr_histogram.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string Read(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LatencyCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(Program())) GTEST_SKIP() << "tickgraph-bench is not built";
  }
  static std::string Program() { return std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph-bench"; }
  Json Run(const std::string& arguments) {
    const std::string command = Program() + " bench latency --quiet --json " + arguments + " >" + folder_.File("out.json");
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return Json::parse(Read(folder_.File("out.json")), nullptr, false);
  }
  TemporaryFolder folder_;
};

TEST_F(LatencyCommandTest, StampsEveryPacketAndEveryStage) {
  const Json json = Run("--messages 20000 --no-sweep --hlog " + folder_.File("run.hlog") + " --hgrm " + folder_.File("run"));
  const Json& run = json["runs"][0];
  const uint64_t packets = run["packets"];
  EXPECT_GT(packets, 5000u);
  std::vector<std::string> stages;
  for (const auto& [name, q] : run["latency_ns"].items()) {
    stages.push_back(name);
    LatencyHistogram histogram;
    std::string error;
    ASSERT_TRUE(DecodeHdr(q["hdr"].get<std::string>(), &histogram, &error)) << name << ": " << error;
    EXPECT_EQ(histogram.count(), q["count"]) << name;
    EXPECT_EQ(LatencyHistogram::Index(histogram.Quantile(.999)), LatencyHistogram::Index(q["p999"])) << name;
    EXPECT_THAT(Read(folder_.File("run.hlog")), HasSubstr("Tag=" + name + ",0.000,")) << name;
    EXPECT_THAT(Read(folder_.File("run-" + name + ".hgrm")), HasSubstr("#[Mean    =")) << name;
  }
  EXPECT_THAT(stages, ElementsAre("rx", "decoded", "booked", "submitted", "signal", "risk", "encoded", "tape"));
  // What stands for every packet is counted for every packet; a later stage is never earlier.
  EXPECT_EQ(run["latency_ns"]["rx"]["count"], packets);
  EXPECT_EQ(run["latency_ns"]["tape"]["count"], packets);
  EXPECT_GT(run["latency_ns"]["signal"]["count"], 0u);
  EXPECT_GE(run["latency_ns"]["tape"]["p50"], run["latency_ns"]["rx"]["p50"]);
  EXPECT_GE(run["latency_ns"]["signal"]["max"], run["latency_ns"]["booked"]["max"]);
  uint64_t counted = 0;
  for (const Json& slot : run["timeline"]["packets"]) counted += slot.get<uint64_t>();
  EXPECT_EQ(counted, packets);
  EXPECT_GT(run["warm_up_packets"], packets / 20);
}

TEST_F(LatencyCommandTest, FixedRateTakesTheTimeThatItsPacketsNeed) {
  const Json run = Run("--messages 20000 --no-sweep --warm-up 50 --rate 40000")["runs"][0];
  EXPECT_EQ(run["mode"], "fixed");
  // The last packet cannot be played before it is due; on a busy machine it may be later.
  const double seconds = 20000 * 0.5 / 40000;
  EXPECT_GE(run["duration_s"].get<double>(), 0.98 * seconds);
  EXPECT_LE(run["achieved_messages_per_second"].get<double>(), 1.03 * 40000);
}

// Ten times the rate that the loop can take: every packet waits for those before it, and that wait is in the figures.
TEST_F(LatencyCommandTest, ALoopThatIsTooSlowIsLateForEveryPacket) {
  const Json run = Run("--messages 20000 --no-sweep --rate 50000000")["runs"][0];
  const double behind_ns = 1e9 * run["duration_s"].get<double>();
  EXPECT_LT(run["achieved_messages_per_second"].get<double>(), 5e7);
  EXPECT_GT(run["latency_ns"]["tape"]["p50"].get<double>(), 0.1 * behind_ns);
  EXPECT_GT(run["latency_ns"]["tape"]["max"].get<double>(), 0.8 * behind_ns);
}

TEST_F(LatencyCommandTest, RefusesRatesThatExcludeEachOther) {
  EXPECT_NE(std::system((Program() + " bench latency --rate 10 --speed 2 >/dev/null 2>&1").c_str()), 0);
}

}  // namespace
}  // namespace tickgraph
