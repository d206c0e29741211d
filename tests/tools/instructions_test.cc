// The ratchet of perf/instructions.json: no benchmark in it may need more instructions per item than when it was written, within the
// tolerance. A rise that is meant is written with `make bench-ratchet`.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

struct Outcome {
  int exit_code = -1;
  Json json;
  std::string errors;
};

Outcome RunCheck(const TemporaryFolder& folder, const std::string& ratchet) {
  const std::string command = std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph-bench bench --instructions --json --check " + ratchet + " >" +
                              folder.File("out") + " 2>" + folder.File("err");
  Outcome outcome;
  const int status = std::system(command.c_str());
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  std::ifstream out(folder.File("out")), errors(folder.File("err"));
  outcome.json = Json::parse(out, nullptr, false);
  outcome.errors = {std::istreambuf_iterator<char>(errors), {}};
  return outcome;
}

constexpr char kRatchet[] = TICKGRAPH_SOURCE_DIR "/perf/instructions.json";

Json ReadRatchet() {
  std::ifstream in(kRatchet);
  return Json::parse(in, nullptr, false);
}

bool IsBuilt() { return std::filesystem::exists(std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph-bench"); }

TEST(InstructionsTest, NoBenchmarkNeedsMoreThanTheRatchetSays) {
  if (!IsBuilt()) GTEST_SKIP() << "tickgraph-bench is not built";
  const TemporaryFolder folder;
  const Outcome outcome = RunCheck(folder, kRatchet);
  if (outcome.json.is_object() && outcome.json.contains("skipped")) GTEST_SKIP() << outcome.json["skipped"].get<std::string>();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors << "\nwhere the rise is meant: make bench-ratchet";
}

// The same figures with one lowered by a tenth: what the check would see after a slowdown of that size.
TEST(InstructionsTest, ARiseOfATenthFails) {
  if (!IsBuilt()) GTEST_SKIP() << "tickgraph-bench is not built";
  const TemporaryFolder folder;
  Json ratchet = ReadRatchet();
  ASSERT_TRUE(ratchet.is_object() && ratchet["instructions_per_item"].contains("decode/itch"));
  const double now = ratchet["instructions_per_item"]["decode/itch"].get<double>();
  ratchet["instructions_per_item"] = {{"decode/itch", now / 1.1}};
  std::ofstream(folder.File("ratchet.json")) << ratchet.dump();
  const Outcome outcome = RunCheck(folder, folder.File("ratchet.json"));
  if (outcome.json.is_object() && outcome.json.contains("skipped")) GTEST_SKIP() << outcome.json["skipped"].get<std::string>();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("decode/itch ROSE from"));
}

TEST(InstructionsTest, AMissingOrForeignRatchetIsSaid) {
  if (!IsBuilt()) GTEST_SKIP() << "tickgraph-bench is not built";
  const TemporaryFolder folder;
  const Outcome missing = RunCheck(folder, folder.File("absent.json"));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.errors, HasSubstr("absent.json: there is no such ratchet"));
  Json ratchet = ReadRatchet();
  ratchet["build"]["compiler"] = "another compiler";
  std::ofstream(folder.File("foreign.json")) << ratchet.dump();
  const Outcome foreign = RunCheck(folder, folder.File("foreign.json"));
  EXPECT_EQ(foreign.exit_code, 0);
  EXPECT_THAT(foreign.errors, HasSubstr("not checked: "));
}

}  // namespace
}  // namespace tickgraph
