// The jitter measurement: its counts belong together, and a core that is not there is said.
#include "perf/jitter.h"

#include <gtest/gtest.h>

#include <numeric>

namespace tickgraph {
namespace {

TEST(JitterTest, CountsAddUp) {
  JitterResult jitter;
  std::string error;
  ASSERT_TRUE(MeasureJitter(-1, 0.2, &jitter, &error)) << error;
  EXPECT_GE(jitter.measured_ns, 199'000'000u);
  EXPECT_GT(jitter.readings, 10'000u);
  EXPECT_LE(jitter.stalled_ns, jitter.measured_ns * 101 / 100);
  EXPECT_EQ(std::accumulate(jitter.by_power.begin(), jitter.by_power.end(), uint64_t{0}), jitter.stalls.count());
  for (size_t i = 1; i < jitter.longest.size(); ++i) EXPECT_GE(jitter.longest[i - 1].nanos, jitter.longest[i].nanos);
  if (!jitter.longest.empty()) {
    EXPECT_EQ(jitter.longest.front().nanos, jitter.stalls.max());
  }
}

TEST(JitterTest, SaysThatACoreIsNotThere) {
  JitterResult jitter;
  std::string error;
  EXPECT_FALSE(MeasureJitter(1000, 0.1, &jitter, &error));
  EXPECT_NE(error.find("core 1000"), std::string::npos) << error;
}

}  // namespace
}  // namespace tickgraph
