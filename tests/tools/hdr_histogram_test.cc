// The histogram against the independent implementation `hdrhistogram` (PyPI): what we write it reads, what it writes we read, with the same
// counts and percentiles; and bytes that are no histogram are refused.
#include "tools/measure/hdr_histogram.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr double kPercentiles[] = {50, 90, 99, 99.9, 99.99, 99.999, 100};

// Prints, of each interval of a .hlog: tag, start, length, total, max, percentiles, every recorded bucket; then histograms of its own of
// the values in a text file, at two and three digits.
constexpr char kIndependent[] = R"PY(
import sys, json
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
percentiles = [50, 90, 99, 99.9, 99.99, 99.999, 100]
def describe(h):
    return {"total": h.get_total_count(), "max": h.get_max_value(),
            "percentiles": [h.get_value_at_percentile(p) for p in percentiles],
            "buckets": [[h.get_highest_equivalent_value(i.value_iterated_to), i.count_added_in_this_iter_step]
                        for i in h.get_recorded_iterator()]}
reference = HdrHistogram(1, (1 << 42) - 1, 2)
reader = HistogramLogReader(sys.argv[1], reference)
intervals = []
while True:
    h = reader.get_next_interval_histogram()
    if h is None: break
    intervals.append({"tag": h.get_tag(), "start_ms": h.get_start_time_stamp(), "end_ms": h.get_end_time_stamp(), **describe(h)})
own = []
for digits in (2, 3):
    h = HdrHistogram(1, (1 << 42) - 1, digits)
    for line in open(sys.argv[2]): h.record_value(int(line))
    own.append({"encoded": h.encode().decode(), **describe(h)})
print(json.dumps({"intervals": intervals, "own": own}))
)PY";

// Long-tailed, as latencies are; every value from 0 to 300 is among them, and each power of two with its neighbours.
std::vector<uint64_t> Values(uint64_t seed, size_t count) {
  std::vector<uint64_t> values;
  for (uint64_t v = 0; v <= 300; ++v) values.push_back(v);
  for (int bit = 9; bit < LatencyHistogram::kValueBits; ++bit)
    for (const uint64_t v : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, (uint64_t{1} << bit) + 1}) values.push_back(v);
  std::mt19937_64 random(seed);
  while (values.size() < count) {
    const uint64_t x = random();
    values.push_back(700 + x % 900 + (x >> 32) % 50 * ((x >> 40) % 100 == 0 ? 2000 : 1));
  }
  return values;
}

LatencyHistogram Recorded(const std::vector<uint64_t>& values) {
  LatencyHistogram histogram;
  for (const uint64_t v : values) histogram.Record(v);
  return histogram;
}

std::string Python() {
  const char* named = std::getenv("TICKGRAPH_PYTHON");
  return named != nullptr ? named : std::string(TICKGRAPH_SOURCE_DIR) + "/.venv/bin/python";
}

bool HasIndependent() { return std::system((Python() + " -c 'import hdrh' >/dev/null 2>&1").c_str()) == 0; }

void ExpectSame(const LatencyHistogram& ours, const Json& theirs) {
  EXPECT_EQ(theirs["total"], ours.count() - ours.overflow());
  // Theirs knows the largest value's bucket, ours the value.
  for (size_t i = 0; i < std::size(kPercentiles); ++i) {
    const uint64_t value = ours.Quantile(kPercentiles[i] / 100);
    EXPECT_EQ(LatencyHistogram::Index(theirs["percentiles"][i]), LatencyHistogram::Index(value)) << "p" << kPercentiles[i];
    if (value == ours.max()) continue;
    EXPECT_EQ(theirs["percentiles"][i], value) << "p" << kPercentiles[i];
  }
  size_t recorded = 0;
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) recorded += ours.count_at(i) != 0;
  ASSERT_EQ(theirs["buckets"].size(), recorded);
  for (const Json& bucket : theirs["buckets"]) {
    const uint32_t index = LatencyHistogram::Index(bucket[0]);
    EXPECT_EQ(LatencyHistogram::UpperBound(index), bucket[0]);
    EXPECT_EQ(ours.count_at(index), bucket[1]) << "of " << bucket[0];
  }
}

TEST(HdrHistogramTest, AgreesWithTheIndependentImplementationBothWays) {
  if (!HasIndependent()) GTEST_SKIP() << "the Python package hdrhistogram is not installed (tools/bootstrap.sh puts it in .venv)";
  const std::vector<uint64_t> values = Values(1, 100'000);
  const LatencyHistogram all = Recorded(values), few = Recorded(Values(2, 1000));
  const TemporaryFolder folder;
  std::ofstream(folder.File("run.hlog")) << HdrLog(1'500'000'000.25, {{"tape", 0, 1, &all}, {"signal", 1, 0.5, &few}});
  std::ofstream(folder.File("script.py")) << kIndependent;
  std::ofstream list(folder.File("values"));
  for (const uint64_t v : values) list << v << "\n";
  list.close();
  const std::string out = folder.File("out.json");
  ASSERT_EQ(
      std::system(
          (Python() + " " + folder.File("script.py") + " " + folder.File("run.hlog") + " " + folder.File("values") + " >" + out).c_str()),
      0);
  std::ifstream in(out);
  const Json theirs = Json::parse(in);

  ASSERT_EQ(theirs["intervals"].size(), 2u);
  EXPECT_EQ(theirs["intervals"][0]["tag"], "tape");
  EXPECT_EQ(theirs["intervals"][0]["start_ms"], 1'500'000'000'250.0);
  EXPECT_EQ(theirs["intervals"][1]["end_ms"], 1'500'000'001'750.0);
  ExpectSame(all, theirs["intervals"][0]);
  ExpectSame(few, theirs["intervals"][1]);

  ExpectSame(all, theirs["own"][0]);
  for (const Json& own : theirs["own"]) {
    LatencyHistogram decoded;
    std::string error;
    ASSERT_TRUE(DecodeHdr(own["encoded"].get<std::string>(), &decoded, &error)) << error;
    EXPECT_EQ(decoded.count(), all.count());
    for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) ASSERT_EQ(decoded.count_at(i), all.count_at(i)) << "bucket " << i;
  }
}

// From the class's own description of the iteration: 5 ticks to each halving; the first level is 0, then 10% steps up to a half, 5% up to
// three quarters.
TEST(HdrHistogramTest, WritesThePercentileDistribution) {
  LatencyHistogram histogram;
  for (uint64_t v = 1; v <= 100; ++v) histogram.Record(v);
  const std::string text = HdrPercentiles(histogram);
  EXPECT_THAT(
      text, StartsWith("       Value     Percentile TotalCount 1/(1-Percentile)\n\n        1.00 0.000000000000          1           1.00\n"
                       "       10.00 0.100000000000         10           1.11\n"));
  EXPECT_THAT(text,
              HasSubstr("       50.00 0.500000000000         50           2.00\n       55.00 0.550000000000         55           2.22\n"));
  EXPECT_THAT(text, HasSubstr("      100.00 1.000000000000        100\n#[Mean    =        50.50, StdDeviation   =        28.87]\n"
                              "#[Max     =       100.00, Total count    =          100]\n"));
}

TEST(HdrHistogramTest, OverflowIsCountedAndSaid) {
  LatencyHistogram histogram;
  histogram.Record(1000);
  histogram.Record(uint64_t{1} << 42);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.overflow(), 1u);
  EXPECT_EQ(histogram.Quantile(0.5), 1003u);
  EXPECT_EQ(histogram.Quantile(1), uint64_t{1} << 42);
  EXPECT_THAT(HdrLog(0, {{"rx", 0, 1, &histogram}}), HasSubstr("#[Overflow: 1 values of rx"));
  EXPECT_THAT(HdrPercentiles(histogram), HasSubstr("#[Overflow = 1 values over the range, the largest 4398046511104]"));
}

TEST(HdrHistogramTest, EmptyHistogramIsEmptyBothWays) {
  LatencyHistogram decoded;
  std::string error;
  ASSERT_TRUE(DecodeHdr(EncodeHdr(LatencyHistogram()), &decoded, &error)) << error;
  EXPECT_EQ(decoded.count(), 0u);
  EXPECT_THAT(HdrPercentiles(decoded), HasSubstr("Total count    =            0"));
}

TEST(HdrHistogramTest, RefusesEveryCutAndChangedByte) {
  const std::string whole = EncodeHdr(Recorded(Values(3, 2000)));
  LatencyHistogram decoded;
  std::string error;
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(DecodeHdr(whole.substr(0, size), &decoded, &error)) << size;
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string changed = whole;
    changed[random() % changed.size()] ^= static_cast<char>(1 + random() % 127);
    LatencyHistogram ignored;  // unused bits of base64 may change in peace; nothing may crash
    (void)DecodeHdr(changed, &ignored, &error);
  }
  EXPECT_FALSE(DecodeHdr("HISTFAAAAA==", &decoded, &error));
  EXPECT_EQ(decoded.count(), 0u);
}

TEST(HdrHistogramTest, CountsTooLargeForALogAreKept) {
  LatencyHistogram histogram, decoded;
  histogram.RecordMany(5, uint64_t{1} << 60);
  histogram.RecordMany(70'000, 127);
  histogram.RecordMany(70'000'000, 64);
  std::string error;
  ASSERT_TRUE(DecodeHdr(EncodeHdr(histogram), &decoded, &error)) << error;
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) EXPECT_EQ(decoded.count_at(i), histogram.count_at(i));
}

}  // namespace
}  // namespace tickgraph
