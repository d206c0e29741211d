// The metrics scraped over a real socket while a replay runs, and the dashboard's names held against them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <regex>
#include <set>
#include <sstream>

#include "hot/counters_page.h"
#include "hot/tape.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

sockaddr_in Local(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that nobody listens on; the listener that held it is closed, or given to the caller to keep it taken.
uint16_t FreePort(int* kept = nullptr) {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Local(0);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(file, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(file, 1), 0);
  EXPECT_EQ(getsockname(file, reinterpret_cast<sockaddr*>(&address), &size), 0);
  kept != nullptr ? void(*kept = file) : void(close(file));
  return ntohs(address.sin_port);
}

// The body of GET /metrics; empty where nobody answers.
std::string Scrape(uint16_t port) {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Local(port);
  std::string text;
  if (connect(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
    EXPECT_EQ(send(file, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n; (n = recv(file, buffer, sizeof(buffer), 0)) > 0;) text.append(buffer, static_cast<size_t>(n));
  }
  close(file);
  const size_t body = text.find("\r\n\r\n");
  return body == std::string::npos || text.find(" 200 ") == std::string::npos ? "" : text.substr(body + 4);
}

// The value of a sample, by its whole name with labels; -1 where it is not there.
double Value(const std::string& scrape, const std::string& sample) {
  std::istringstream lines(scrape);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(sample + " ")) return std::stod(line.substr(sample.size() + 1));
  return -1;
}

std::set<std::string> Families(const std::string& scrape) {
  std::set<std::string> names;
  std::istringstream lines(scrape);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, type, name;
    if (words >> hash >> type >> name && hash == "#" && type == "TYPE" && name.starts_with("tickgraph_")) names.insert(name);
  }
  return names;
}

class MetricsTest : public ReplayProgramTest {
 protected:
  std::string SlowSession() {
    GeneratorOptions options;
    options.seed = 3;
    options.messages = 20'000;
    options.rate = 5'000;
    WriteSession(options, File("slow.pcap"));
    return File("slow.pcap");
  }
};

TEST_F(MetricsTest, AreScrapedFromARunningReplay) {
  const uint16_t port = FreePort();
  ChildProcess replay(ReplayOf(SlowSession(), "out", {"--speed", "1", "--metrics", std::to_string(port)}), folder_);
  std::string first;
  ASSERT_TRUE(WaitUntil([&] {
    first = Scrape(port);
    return Value(first, "tickgraph_messages_total") > 0;
  })) << replay.err();
  EXPECT_EQ(Value(first, "tickgraph_hot_up"), 1);
  EXPECT_THAT(first, HasSubstr("# TYPE tickgraph_messages_total counter"));
  EXPECT_THAT(first, HasSubstr("# TYPE tickgraph_latency_seconds gauge"));
  EXPECT_THAT(first, HasSubstr("# HELP tickgraph_tape_lag_records "));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const std::string second = Scrape(port);
  const double rise = Value(second, "tickgraph_messages_total") - Value(first, "tickgraph_messages_total");
  EXPECT_GT(rise, 500) << "half a second of 5,000 messages a second";
  EXPECT_LT(rise, 20'000);
  EXPECT_LT(Value(second, "tickgraph_counters_age_seconds"), 2);
  EXPECT_EQ(Value(second, "tickgraph_venue_state{venue=\"OPRA\",state=\"LIVE\"}"), 1);
  EXPECT_EQ(Value(second, "tickgraph_venue_state{venue=\"OPRA\",state=\"GAPPED\"}"), 0);
  EXPECT_EQ(Value(second, "tickgraph_venue_gaps_total{venue=\"OPRA\"}"), 0);
  EXPECT_GE(Value(second, "tickgraph_rejects_total{reason=\"price_collar\"}"), 0);
  EXPECT_GT(Value(second, "tickgraph_latency_seconds{stage=\"tick_to_decision\",quantile=\"0.5\"}"), 0);
  EXPECT_LT(Value(second, "tickgraph_latency_seconds{stage=\"tick_to_decision\",quantile=\"0.5\"}"), 1);
  EXPECT_EQ(Value(second, "tickgraph_tape_lag_records"),
            Value(second, "tickgraph_tape_records_total") - Value(second, "tickgraph_archived_records_total"));
  const auto done = replay.Wait();
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("metrics at http://127.0.0.1:" + std::to_string(port) + "/metrics"));
  EXPECT_LE(Value(second, "tickgraph_messages_total"), done.json()["messages"].get<double>());
}

// A live run waits for its first packet, perhaps for hours: it is up, and has no figures yet.
TEST_F(MetricsTest, AProcessThatHasPublishedNothingYetIsUp) {
  std::string error;
  const std::string name = "metrics-test-" + std::to_string(getpid());
  const auto tape = TapeWriter::Create({name, 1 << 12, 64}, &error);
  ASSERT_NE(tape, nullptr) << error;
  const auto page = CountersWriter::Create(name, &error);
  ASSERT_NE(page, nullptr) << error;
  const uint16_t port = FreePort();
  ChildProcess archive({"archive", "--tape", name, "--out", File("out"), "--metrics", std::to_string(port)}, folder_);
  std::string scrape;
  ASSERT_TRUE(WaitUntil([&] { return !(scrape = Scrape(port)).empty(); })) << archive.err();
  EXPECT_EQ(Value(scrape, "tickgraph_hot_up"), 1);
  EXPECT_EQ(Value(scrape, "tickgraph_messages_total"), -1);
  page->Publish({});
  HotCounters counters;
  counters.published_ns = 1;
  counters.messages = 7;
  page->Publish(counters);
  EXPECT_EQ(Value(Scrape(port), "tickgraph_messages_total"), 7);
  tape->Close();
  EXPECT_EQ(archive.Wait().exit_code, 0);
}

TEST_F(MetricsTest, TheDashboardDrawsExactlyWhatIsExported) {
  const uint16_t port = FreePort();
  ChildProcess replay(ReplayOf(SlowSession(), "out", {"--speed", "1", "--metrics", std::to_string(port)}), folder_);
  std::string scrape;
  ASSERT_TRUE(WaitUntil([&] {
    scrape = Scrape(port);
    return Value(scrape, "tickgraph_messages_total") > 0;
  }));
  kill(replay.pid(), SIGTERM);
  replay.Wait();
  const auto dashboard =
      nlohmann::json::parse(ReadFile(std::string(TICKGRAPH_SOURCE_DIR) + "/tools/grafana/tickgraph.json"), nullptr, false);
  ASSERT_FALSE(dashboard.is_discarded());
  std::set<std::string> drawn;
  const std::regex name("tickgraph_[a-z_]+");
  for (const auto& panel : dashboard["panels"]) {
    for (const auto& target : panel["targets"]) {
      const std::string expression = target["expr"];
      for (std::sregex_iterator match(expression.begin(), expression.end(), name), end; match != end; ++match) drawn.insert(match->str());
    }
  }
  EXPECT_GT(drawn.size(), 20u);
  EXPECT_EQ(drawn, Families(scrape));
}

TEST_F(MetricsTest, APortThatIsTakenIsSaidAndNothingIsLost) {
  int taken = -1;
  const uint16_t port = FreePort(&taken);
  const auto done = Replay(Session(), "out", {"--metrics", std::to_string(port)});
  close(taken);
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("going on without metrics"));
  EXPECT_EQ(done.json()["archived_records"], done.json()["tape_records"]);
}

TEST_F(MetricsTest, AnAddressThatIsNoneIsAUsageError) {
  for (const char* address : {"nowhere:port", ":80", "127.0.0.1:", "70000"}) {
    const auto done = Replay(File("not-looked-at.pcap"), "out", {"--metrics", address});
    EXPECT_EQ(done.exit_code, 2) << address;
    EXPECT_THAT(done.err, HasSubstr("[ADDRESS:]PORT is expected")) << address;
  }
}

}  // namespace
}  // namespace tickgraph
