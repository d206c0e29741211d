// Verdicts of `bench compare`: on samples with the noise of a shared machine, on recorded files good and bad.
#include "tools/measure/comparison.h"

#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;

// A steady time, some jitter above it, and now and then a run that shared its core with somebody.
class NoisyMachine {
 public:
  explicit NoisyMachine(uint64_t seed) : random_(seed) {}
  std::vector<double> Sample(double nanos, size_t count) {
    std::vector<double> out(count);
    for (double& x : out) x = nanos * (1 + 0.015 * Uniform() + (Uniform() < 0.15 ? 0.4 * Uniform() : 0));
    return out;
  }

 private:
  double Uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  std::mt19937_64 random_;
};

// As the command does: more rounds where the first left it open.
Verdict Judge(NoisyMachine& machine, double base_ns, double candidate_ns) {
  std::vector<double> base, candidate;
  Verdict verdict = Verdict::kInconclusive;
  for (int look = 0; look < kLooks && verdict == Verdict::kInconclusive; ++look) {
    std::ranges::copy(machine.Sample(base_ns, 12), std::back_inserter(base));
    std::ranges::copy(machine.Sample(candidate_ns, 12), std::back_inserter(candidate));
    verdict = Compare("judged", base, candidate, {}).verdict;
  }
  return verdict;
}

TEST(ComparisonTest, TenPercentIsSlowerAndNoChangeNeverIs) {
  int slower = 0, faster = 0, same = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    NoisyMachine machine(seed);
    slower += Judge(machine, 10, 11) == Verdict::kSlower;
    faster += Judge(machine, 11, 9.9) == Verdict::kFaster;
    const Verdict unchanged = Judge(machine, 10, 10);
    EXPECT_TRUE(unchanged == Verdict::kSame || unchanged == Verdict::kInconclusive) << "seed " << seed;
    same += unchanged == Verdict::kSame;
  }
  EXPECT_GE(slower, 399);
  EXPECT_GE(faster, 399);
  EXPECT_GE(same, 396);
}

TEST(ComparisonTest, TooFewRunsAreInconclusiveHoweverClear) {
  const Comparison few = Compare("few", {1, 1.01, 1.02, 1, 1.01}, {2, 2.01, 2.02, 2, 2.01}, {});
  EXPECT_EQ(few.verdict, Verdict::kInconclusive);
  EXPECT_THAT(few.reason, HasSubstr("too few runs: 5 of at least 6"));
}

TEST(ComparisonTest, WideSamplesAreInconclusive) {
  const Comparison wide = Compare("wide", {10, 14, 11, 19, 10, 16, 12, 18}, {12, 11, 20, 13, 10, 17, 15, 19}, {});
  EXPECT_EQ(wide.verdict, Verdict::kInconclusive);
  EXPECT_THAT(wide.reason, HasSubstr("too noisy: between -"));
}

Json Result(const std::vector<double>& times, const std::string& cpu = "A") {
  Json out = {{"machine", {{"cpu_model", cpu}, {"cores", 2}, {"kernel", "6.1"}, {"compiler", "g++ 12"}}}, {"benchmarks", Json::array()}};
  for (const double t : times) out["benchmarks"].push_back({{"name", "decode/itch"}, {"checked", true}, {"ns_per_item", t}});
  return out;
}

class RecordedRunTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name)) << text;
    return folder_.File(name);
  }
  TemporaryFolder folder_;
};

TEST_F(RecordedRunTest, RepetitionsAreSamples) {
  const RunSide side = ReadRecordedRun(Write("a.json", Result({3, 1, 2}).dump()));
  EXPECT_THAT(side.samples.at("decode/itch"), ElementsAre(3, 1, 2));
  EXPECT_EQ(side.machine["cpu_model"], "A");
}

TEST_F(RecordedRunTest, BestOfARunIsOneSampleAndErrorsAreTold) {
  Samples samples;
  AddBestOfRun(Result({3, 1, 2}), &samples);
  AddBestOfRun(Result({5, 4}), &samples);
  EXPECT_THAT(samples.at("decode/itch"), ElementsAre(1, 4));
  Json failed = Result({});
  failed["benchmarks"].push_back({{"name", "x"}, {"checked", false}, {"error", "differs"}});
  EXPECT_THAT(AddBestOfRun(failed, &samples), ElementsAre("x: differs"));
}

void ExpectRefused(const std::string& file, const std::string& text) {
  try {
    (void)ReadRecordedRun(file);
    FAIL() << file << " was taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(file));
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST_F(RecordedRunTest, SaysWhatIsNoBaseline) {
  ExpectRefused(folder_.File("absent.json"), "there is no such file");
  ExpectRefused(Write("cut.json", Result({1}).dump().substr(0, 40)), "not a result");
  ExpectRefused(Write("other.json", "[1,2]"), "not a result");
  ExpectRefused(Write("empty.json", Result({}).dump()), "no benchmark with a time");
}

TEST(MachineDifferenceTest, AnotherProcessorIsDecisiveAndAnotherKernelIsNot) {
  const Json a = Result({1})["machine"];
  EXPECT_THAT(CompareMachines(a, a).texts, IsEmpty());
  const MachineDifference other_cpu = CompareMachines(a, Result({1}, "B")["machine"]);
  EXPECT_TRUE(other_cpu.decisive);
  EXPECT_THAT(other_cpu.texts, ElementsAre("processor \"A\" against \"B\""));
  Json kernel = a;
  kernel["kernel"] = "6.2";
  EXPECT_FALSE(CompareMachines(a, kernel).decisive);
  EXPECT_THAT(CompareMachines(a, kernel).texts, Contains(HasSubstr("6.2")));
  EXPECT_TRUE(CompareMachines(a, Json()).decisive);
}

TEST(ComparisonReportTest, NamesWhatOneSideLacks) {
  const RunSide base = {"old", {}, {{"both", {1, 1, 1, 1, 1, 1}}, {"gone", {1}}}};
  const RunSide candidate = {"new", {}, {{"both", {1, 1, 1, 1, 1, 1}}, {"added", {1}}}};
  const ComparisonReport report = CompareSides(base, candidate, {});
  EXPECT_THAT(report.only_in_base, ElementsAre("gone"));
  EXPECT_THAT(report.only_in_candidate, ElementsAre("added"));
  ASSERT_EQ(report.comparisons.size(), 1u);
  EXPECT_EQ(report.comparisons[0].verdict, Verdict::kSame);
  EXPECT_THAT(ComparisonTable(report, {}), HasSubstr("0 slower, 0 faster, 1 same, 0 inconclusive"));
  EXPECT_EQ(ComparisonJson(report, {})["comparisons"][0]["verdict"], "same");
}

}  // namespace
}  // namespace tickgraph
