// `report`: what is read from results good and bad, what the page says, and that a browser renders it, light and dark, without a network.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/tools/session_files.h"
#include "tools/measure/hdr_histogram.h"
#include "tools/measure/report_page.h"
#include "tools/measure/svg_chart.h"

namespace tickgraph {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::ordered_json;

LatencyHistogram Latencies(uint64_t base_ns) {
  LatencyHistogram histogram;
  for (uint64_t i = 1; i <= 100'000; ++i) histogram.Record(base_ns + 3 * base_ns / (1 + i / 20));
  return histogram;
}

Json StageJson(const LatencyHistogram& h) {
  return {{"count", h.count()},       {"p50", h.Quantile(.5)},      {"p99", h.Quantile(.99)},
          {"p999", h.Quantile(.999)}, {"p9999", h.Quantile(.9999)}, {"p99999", h.Quantile(.99999)},
          {"max", h.max()},           {"overflow", h.overflow()},   {"hdr", EncodeHdr(h)}};
}

// As `bench latency` writes it; one slot of its timeline stands out.
Json LatencyResult(uint64_t base_ns, const std::string& cpu = "Example <CPU>") {
  Json run = {{"mode", "recorded"}, {"offered_messages_per_second", 50000.0}, {"duration_s", 2.0}};
  uint64_t at = base_ns;
  for (const char* stage : {"rx", "decoded", "booked", "submitted", "signal", "risk", "encoded", "tape"})
    run["latency_ns"][stage] = StageJson(Latencies(at += base_ns / 4));
  Json slots = Json::array();
  for (int i = 0; i < 400; ++i) slots.push_back(i == 250 ? 900'000.0 : 2000.0 + 50 * (i % 17));
  run["timeline"] = {{"slot_ns", 5'000'000}, {"max_ns", slots}};
  Json out = {{"kind", "latency"}, {"machine", {{"cpu_model", cpu}, {"commit", "0123456789ab"}}}, {"runs", {run}}};
  for (const double rate : {1e5, 2e5, 4e5, 6e5}) {
    Json row = run;
    row["offered_messages_per_second"] = rate;
    row["latency_ns"]["tape"] = StageJson(Latencies(static_cast<uint64_t>(static_cast<double>(base_ns) * std::exp(rate / 2e5))));
    out["sweep"].push_back(row);
  }
  out["knee"] = {{"rule", "the last rate"}, {"messages_per_second", 4e5}};
  return out;
}

class ReportTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name)) << text;
    return folder_.File(name);
  }
  ReportRun Read(const std::string& name, const Json& json) { return ReadReportRun(Write(name, json.dump())); }
  void ExpectRefused(const std::string& text, const std::string& why) {
    try {
      (void)ReadReportRun(Write("bad.json", text));
      ADD_FAILURE() << "taken: " << text.substr(0, 60);
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("bad.json: "), HasSubstr(why)));
    }
  }
  TemporaryFolder folder_;
};

TEST_F(ReportTest, CurveHoldsTheHistogramsQuantiles) {
  const LatencyHistogram histogram = Latencies(1250);
  const ReportRun run = Read("run.json", LatencyResult(1000));
  ASSERT_THAT(run.stages, SizeIs(8));
  const StageCurve& rx = run.stages[0];
  EXPECT_EQ(rx.count, 100'000u);
  EXPECT_EQ(rx.p999, static_cast<double>(histogram.Quantile(.999)));
  EXPECT_EQ(rx.points.back().nanos, static_cast<double>(histogram.max()));
  EXPECT_EQ(rx.points.back().nines, 100'000);
  // The step that covers a percentile carries its quantile, within the thinning of one part in a hundred.
  for (const double nines : {2.0, 10.0, 100.0, 1000.0}) {
    double value = 0;
    for (const CurvePoint& point : rx.points)
      if (point.nines <= nines) value = point.nanos;
    EXPECT_NEAR(value / static_cast<double>(histogram.Quantile(1 - 1 / nines)), 1, 0.02) << nines;
  }
}

TEST_F(ReportTest, PageIsSelfContainedAndNamesEverything) {
  const ReportRun run = Read("run.json", LatencyResult(1000)), before = Read("before.json", LatencyResult(1500));
  const std::string page = ReportPage(run, &before), alone = ReportPage(run, nullptr);
  for (const std::string& text : {page, alone}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr("http")), Not(HasSubstr("<script")), Not(HasSubstr("url(")), Not(HasSubstr("@import")),
                            Not(HasSubstr("<CPU>")), HasSubstr("Example &lt;CPU&gt;"), HasSubstr("prefers-color-scheme:dark")));
    for (const char* stage : {"rx", "decoded", "booked", "submitted", "signal", "risk", "encoded", "tape"})
      EXPECT_THAT(text, HasSubstr("<td>" + std::string(stage) + "</td>"));
    EXPECT_THAT(text, AllOf(HasSubstr("knee: 400 k/s"), HasSubstr("900 µs at 1.252 s"), HasSubstr("0123456789ab")));
    EXPECT_THAT(text, Not(ContainsRegex("[^a-z](nan|inf)[^a-z]")));
  }
  EXPECT_THAT(page, AllOf(HasSubstr("now: run.json"), HasSubstr("before: before.json"), HasSubstr("−33%")));
  EXPECT_THAT(alone, Not(HasSubstr("before")));
}

TEST_F(ReportTest, SaysWhatMakesAComparisonWorthless) {
  const ReportRun run = Read("run.json", LatencyResult(1000)), other = Read("other.json", LatencyResult(1000, "Another"));
  EXPECT_THAT(ReportPage(run, &other), HasSubstr("different processors"));
  EXPECT_THAT(ReportPage(run, &run), Not(HasSubstr("different processors")));
}

TEST_F(ReportTest, TakesReplayAndBenchResults) {
  const Json replay = {{"engine", "cpu"},
                       {"state_hash", "00ff"},
                       {"latency_ns",
                        {{"tick_to_signal", {{"count", 5000}, {"p50", 900}, {"p99", 4000}, {"p999", 9000}, {"max", 12000}}},
                         {"tick_to_order", {{"count", 0}, {"p50", 0}, {"p99", 0}, {"p999", 0}, {"max", 0}}}}}};
  const ReportRun run = Read("replay.json", replay);
  EXPECT_EQ(run.kind, "replay");
  EXPECT_THAT(run.stage("tick_to_signal")->points, SizeIs(4));
  EXPECT_THAT(run.stage("tick_to_order")->points, SizeIs(0));
  EXPECT_THAT(ReportPage(run, nullptr), AllOf(HasSubstr("tick_to_signal"), HasSubstr("00ff")));

  Json bench = {{"benchmarks", {{{"name", "decode/itch"}, {"ns_per_item", 12.0}}, {{"name", "decode/itch"}, {"ns_per_item", 10.0}}}}};
  const ReportRun now = Read("bench.json", bench);
  ASSERT_THAT(now.benchmarks, SizeIs(1));
  EXPECT_EQ(now.benchmarks[0].ns_per_item, 10);
  bench["benchmarks"] = {{{"name", "decode/itch"}, {"ns_per_item", 8.0}}};
  const ReportRun was = Read("was.json", bench);
  EXPECT_THAT(ReportPage(now, &was), AllOf(HasSubstr("10 ns"), HasSubstr("+25%")));
}

TEST_F(ReportTest, RefusesWhatIsNoResult) {
  ExpectRefused("", "not JSON of");
  ExpectRefused("{\"a\":1}", "not JSON of");
  ExpectRefused("{\"kind\":\"latency\",\"runs\":[]}", "holds no run");
  ExpectRefused("{\"kind\":7}", "");
  Json damaged = LatencyResult(1000);
  std::string text = damaged["runs"][0]["latency_ns"]["risk"]["hdr"];
  damaged["runs"][0]["latency_ns"]["risk"]["hdr"] = text.substr(0, text.size() / 8 * 4);
  ExpectRefused(damaged.dump(), "stage risk: the histogram is cut");
  EXPECT_THROW((void)ReadReportRun(folder_.File("absent.json")), std::runtime_error);
}

TEST(SvgChartTest, WritesTimesAndCountsInUnits) {
  EXPECT_EQ(NanosText(950), "950 ns");
  EXPECT_EQ(NanosText(12'340), "12.3 µs");
  EXPECT_EQ(NanosText(100e6), "100 ms");
  EXPECT_EQ(CountText(413'000), "413 k");
  EXPECT_EQ(CountText(1'234'567), "1.23 M");
}

// Width and height of a PNG; 0 where the file is none.
std::pair<uint32_t, uint32_t> PngSize(const std::string& bytes) {
  if (bytes.size() < 24 || bytes.compare(1, 3, "PNG") != 0) return {0, 0};
  const auto number = [&bytes](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  };
  return {number(16), number(20)};
}

TEST_F(ReportTest, ChromiumRendersItLightAndDark) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0) GTEST_SKIP() << "chromium is not installed (apt-get install chromium)";
  const ReportRun run = Read("run.json", LatencyResult(1000)), before = Read("before.json", LatencyResult(1500));
  Write("page.html", ReportPage(run, &before));
  std::string pictures[2];
  for (const int scheme : {0, 1}) {  // of Chromium's setting: dark, light
    const std::string picture = folder_.File("page.png");
    const std::string command =
        "timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,2600 "
        "--user-data-dir=" +
        folder_.File("profile") + " --blink-settings=preferredColorScheme=" + std::to_string(scheme) + " --screenshot=" + picture +
        " file://" + folder_.File("page.html") + " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "chromium is there and does not run headless here";
    std::ifstream in(picture, std::ios::binary);
    pictures[scheme].assign(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(PngSize(pictures[scheme]), (std::pair<uint32_t, uint32_t>{1100, 2600}));
    EXPECT_GT(pictures[scheme].size(), 60'000u) << "a nearly empty picture";
  }
  EXPECT_NE(pictures[0], pictures[1]) << "dark looks like light";
}

}  // namespace
}  // namespace tickgraph
