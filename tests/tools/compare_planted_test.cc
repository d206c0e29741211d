// `bench compare` on real builds: a decoder made ten percent slower must be called slower, and an unchanged one never anything but same or
// inconclusive, ten times of ten. Builds three commits and takes many minutes, so only `make soak` runs it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "hot/tsc.h"
#include "tests/soak.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using Json = nlohmann::ordered_json;

constexpr char kBenchmark[] = "json/decode";
constexpr char kDecoder[] = "net/proto/json/json_decoder.cc";
constexpr char kEntry[] = "JsonStatus JsonDecoder::Parse(std::string_view json, size_t readable, uint64_t ts_recv_ns) {\n";
constexpr int kEvery = 100;  // so seldom that the chain's latency cannot hide behind the messages around it

int Shell(const std::string& command) { return std::system(command.c_str()); }

std::string Commit(const std::string& tree) {
  const std::string file = tree + "/../commit";
  if (Shell("git -C " + tree + " rev-parse HEAD >" + file) != 0) return {};
  std::ifstream in(file);
  std::string commit;
  in >> commit;
  return commit;
}

// A chain of multiplications that each wait for the one before.
inline uint64_t Chain(uint64_t x, int steps) {
  for (int i = 0; i < steps; ++i) {
    x = x * x + 1;
    asm volatile("" : "+r"(x));
  }
  return x;
}

// Nanoseconds a step, the best of many blocks, as the benchmarks' own samples are.
double StepNanos() {
  constexpr int kSteps = 100'000;
  uint64_t best = UINT64_MAX, sink = 1;
  for (int block = 0; block < 500; ++block) {
    const uint64_t from = MonotonicNanos();
    sink = Chain(sink, kSteps);
    best = std::min(best, MonotonicNanos() - from);
  }
  return sink == 0 ? 0 : static_cast<double>(best) / kSteps;
}

double BenchmarkNanos(const TemporaryFolder& folder) {
  const std::string out = folder.File("base.json");
  if (Shell(std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph bench --json --repetitions 30 --min-time 0.02 --filter '^" + kBenchmark +
            "$' >" + out) != 0)
    return 0;
  std::ifstream in(out);
  const Json result = Json::parse(in);
  double best = 1e9;
  for (const Json& entry : result["benchmarks"]) best = std::min(best, entry["ns_per_item"].get<double>());
  return best;
}

// A tenth of a message's time a message, spent in one go now and then.
std::string Plant(const TemporaryFolder& folder) {
  const int steps = static_cast<int>(0.1 * kEvery * BenchmarkNanos(folder) / StepNanos());
  return "  static thread_local uint64_t planted = 0;\n  if (++planted % " + std::to_string(kEvery) +
         " == 0) {\n    uint64_t x = planted;\n    for (int i = 0; i < " + std::to_string(steps) +
         "; ++i) {\n      x = x * x + 1;\n      asm volatile(\"\" : \"+r\"(x));\n    }\n  }\n";
}

// A commit that no branch holds: HEAD with the plant. Empty, and why, where it could not be made.
std::string PlantedCommit(const TemporaryFolder& folder, std::string* base, std::string* why) {
  const std::string tree = folder.File("tree"), source = TICKGRAPH_SOURCE_DIR;
  if (Shell("git -C " + source + " worktree add --quiet --detach " + tree + " HEAD >/dev/null 2>&1") != 0) {
    *why = source + " is no git checkout";
    return {};
  }
  *base = Commit(tree);
  std::ifstream in(tree + "/" + kDecoder);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t at = text.find(kEntry);
  *why = std::string(kDecoder) + " has no longer the function that the plant goes into";
  if (at == std::string::npos) return {};
  text.insert(at + sizeof kEntry - 1, Plant(folder));
  std::ofstream(tree + "/" + kDecoder) << text;
  *why = "git commit failed";
  if (Shell("git -C " + tree + " -c user.name=test -c user.email=test@localhost commit --quiet --no-verify -am plant") != 0) return {};
  return Commit(tree);
}

Json RunCompare(const TemporaryFolder& folder, const std::string& base, const std::string& candidate, int seed) {
  const std::string out = folder.File("comparison.json");
  const std::string command = std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph bench compare " + base + " " + candidate +
                              " --quiet --force --filter '^" + kBenchmark + "$' --seed " + std::to_string(seed) + " --out " + out;
  EXPECT_EQ(Shell(command), 0);
  std::ifstream in(out);
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || json["comparisons"].size() != 1) return {};
  return json["comparisons"][0];
}

TEST(ComparePlantedStressTest, TenOfTen) {
  if (!testing::Soaking()) GTEST_SKIP() << "builds three commits; make soak runs it";
  if (!std::filesystem::exists(std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph-bench")) GTEST_SKIP() << "tickgraph-bench is not built";
  const TemporaryFolder folder;
  std::string base, why;
  const std::string planted = PlantedCommit(folder, &base, &why);
  std::vector<std::string> slowed, unchanged;
  for (int run = 1; run <= 10 && !planted.empty(); ++run) {
    const Json slower = RunCompare(folder, base, planted, run);
    slowed.push_back(slower.value("verdict", "none"));
    EXPECT_NEAR(slower.value("ratio", 0.0), 1.10, 0.04) << "the plant is not ten percent";
  }
  // The candidate is a build of its own here too: two builds of one commit.
  for (int run = 1; run <= 10 && !planted.empty(); ++run)
    unchanged.push_back(RunCompare(folder, base, base, 100 + run).value("verdict", "none"));
  (void)Shell(std::string("git -C ") + TICKGRAPH_SOURCE_DIR + " worktree remove --force " + folder.File("tree"));
  ASSERT_FALSE(planted.empty()) << why;
  EXPECT_THAT(slowed, Each("slower"));
  EXPECT_THAT(unchanged, Each(AnyOf("same", "inconclusive")));
}

}  // namespace
}  // namespace tickgraph
