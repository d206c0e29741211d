// `stat` beside a real replay: watched at the recorded pace to its end, and when the hot process is killed under it.
#include <gmock/gmock.h>

#include <sstream>

#include "hot/counters_page.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

class StatTest : public ReplayProgramTest {
 protected:
  void TearDown() override {
    // A killed replay leaves both for the next one to remove.
    if (killed_) {
      std::filesystem::remove(TapePath(last_tape()));
      std::filesystem::remove(CountersPath(last_tape()));
    }
    EXPECT_FALSE(std::filesystem::exists(CountersPath(last_tape())));
    ReplayProgramTest::TearDown();
  }

  // A session of some seconds at the recorded pace.
  std::string SlowSession(uint64_t messages, double rate) {
    GeneratorOptions options;
    options.seed = 3;
    options.messages = messages;
    options.rate = rate;
    WriteSession(options, File("slow.pcap"));
    return File("slow.pcap");
  }
  bool WaitForCounters() {
    return WaitUntil([&] {
      std::string error;
      HotCounters counters;
      const auto reader = CountersReader::Open(last_tape(), &error);
      return reader != nullptr && reader->Read(&counters) && counters.messages > 0;
    });
  }
  static std::vector<nlohmann::json> Lines(const std::string& text) {
    std::vector<nlohmann::json> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(nlohmann::json::parse(line, nullptr, false));
    return out;
  }

  bool killed_ = false;
};

TEST_F(StatTest, WatchesAReplayToItsEnd) {
  ChildProcess replay(ReplayOf(SlowSession(20'000, 8'000), "out", {"--speed", "1"}), folder_);
  ASSERT_TRUE(WaitForCounters());
  ChildProcess stat({"stat", last_tape(), "--json", "--watch", "--interval", "0.2"}, folder_);
  const auto replayed = replay.Wait();
  const auto watched = stat.Wait();
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  EXPECT_THAT(watched.err, HasSubstr("has come to its end"));
  const auto lines = Lines(watched.out);
  ASSERT_GE(lines.size(), 4u) << watched.out;
  double fastest = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    ASSERT_FALSE(lines[i].is_discarded());
    if (i > 0) {
      EXPECT_GE(lines[i]["messages"], lines[i - 1]["messages"]);
    }
    fastest = std::max(fastest, lines[i]["messages_per_second"].get<double>());
  }
  EXPECT_EQ(lines.front()["state"], "running");
  EXPECT_GT(fastest, 2'000.0) << "8,000 messages a second were sent";
  // The last counters are the report's.
  const auto& last = lines.back();
  const auto report = replayed.json();
  EXPECT_EQ(last["state"], "ended");
  for (const char* key : {"packets", "messages", "decisions", "signals", "orders", "fills", "rejects", "rejects_by_reason", "instruments",
                          "tape_records", "unknown_references", "crossed_books", "marked_books"})
    EXPECT_EQ(last[key], report[key]) << key;
  EXPECT_EQ(last["position"]["realized_nanos"], report["profit"]["realized_nanos"]);
  for (const char* stage : {"tick_to_decision", "tick_to_order"})
    for (const char* q : {"count", "p50", "p99", "p999", "max"})
      EXPECT_EQ(last["latency_ns"][stage][q], report["latency_ns"][stage][q]) << stage << " " << q;
  ASSERT_EQ(last["venues"].size(), 3u);
  uint64_t duplicates = 0;
  for (const auto& venue : last["venues"]) {
    EXPECT_EQ(venue["gaps"], 0);
    EXPECT_EQ(venue["ended"], true);
    duplicates += venue["duplicates"].get<uint64_t>();
  }
  EXPECT_EQ(duplicates, report["duplicates"]);
}

TEST_F(StatTest, SaysThatTheHotProcessDied) {
  ChildProcess replay(ReplayOf(SlowSession(20'000, 2'000), "out", {"--speed", "1"}), folder_);
  ASSERT_TRUE(WaitForCounters());
  ChildProcess stat({"stat", last_tape(), "--watch", "--interval", "0.1"}, folder_);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  killed_ = true;
  kill(replay.pid(), SIGKILL);
  replay.Wait();
  const auto watched = stat.Wait();
  EXPECT_EQ(watched.exit_code, 1);
  EXPECT_THAT(watched.err, HasSubstr("died without a clean end"));
  EXPECT_THAT(watched.out, HasSubstr("running"));
  EXPECT_THAT(watched.out, HasSubstr("messages"));
  // One who comes later is told the same, unless another hot process has started since and removed what the dead one left.
  const auto later = Run({"stat", last_tape()});
  EXPECT_EQ(later.exit_code, 1);
  EXPECT_THAT(later.err, testing::AnyOf(HasSubstr("died without a clean end"), HasSubstr("no hot process named")));
}

TEST_F(StatTest, ShowsAStreamsGapsAndAStoppedProcess) {
  LineOptions lines;
  lines.loss_a = lines.loss_b = 0.2;
  ChildProcess replay(ReplayOf(Session("lossy.pcap", lines), "out", {"--speed", "0.1"}), folder_);
  ASSERT_TRUE(WaitForCounters());
  EXPECT_TRUE(WaitUntil([&] {
    const auto stat = Run({"stat", last_tape(), "--json", "--interval", "0.05"}).json();
    return stat.contains("venues") && !stat["venues"].empty() && stat["venues"][0]["gaps"] > 0 && stat["venues"][0]["missing_messages"] > 0;
  }));
  kill(replay.pid(), SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(2'200));
  const auto stopped = Run({"stat", last_tape(), "--interval", "0.05"});
  kill(replay.pid(), SIGCONT);
  EXPECT_EQ(stopped.exit_code, 0);
  EXPECT_THAT(stopped.err, HasSubstr("it is stopped or stuck"));
  EXPECT_THAT(stopped.out, HasSubstr("gaps"));
  kill(replay.pid(), SIGTERM);
  replay.Wait();
}

TEST_F(StatTest, SaysThatThereIsNone) {
  ReplayOf("", "out");
  const auto stat = Run({"stat", "nobody-" + std::to_string(getpid())});
  EXPECT_EQ(stat.exit_code, 1);
  EXPECT_THAT(stat.err, HasSubstr("no hot process named"));
}

}  // namespace
}  // namespace tickgraph
