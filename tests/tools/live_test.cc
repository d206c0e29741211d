// Live runs with real parts: `replay --to` in one network namespace, `run` in another, a veth pair between them.
#include <gmock/gmock.h>

#include "tests/tools/archive_events.h"
#include "tests/tools/live_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

// The days of a live run are those of now; the session's own makes its rows comparable.
const std::string kDay = std::to_string(kGeneratedDate);

struct PortCase {
  const char* name;
  const char* config;
};

class LivePortTest : public LiveTest, public testing::WithParamInterface<PortCase> {};

TEST_P(LivePortTest, ArchivesWhatAFileReplayDoesAndItsRecordReplaysToTheSameState) {
  const std::string session = Session();
  const Outcome file = Replay(session, "file", {"--engine", "cpu"});
  ASSERT_EQ(file.exit_code, 0) << file.err;

  Outcome ended;
  const auto run = StartRun(Config(session, GetParam().config), "live", {"--date", kDay, "--record", File("record.pcapng")}, &ended);
  if (run == nullptr && ended.err.find("DPDK port") != std::string::npos) GTEST_SKIP() << "the kernel or DPDK refuses: " << ended.err;
  ASSERT_NE(run, nullptr) << ended.err;
  const Outcome sent = Send(session, "udp://capture%va");
  ASSERT_EQ(sent.exit_code, 0) << sent.err;
  const Outcome live = run->Wait();
  ASSERT_EQ(live.exit_code, 0) << live.err;
  const auto report = live.json();
  EXPECT_EQ(report["end"], "source silent");
  EXPECT_EQ(report["messages"], file.json()["messages"]);
  EXPECT_EQ(report["book_hash"], file.json()["book_hash"]);
  EXPECT_EQ(report["gaps"], 0);
  EXPECT_EQ(report["ports"][0]["missed_packets"], 0);
  EXPECT_GE(report["ports"][0]["packets"], sent.json()["sent_packets"]);

  const auto expected = EventRows(File("file")), got = EventRows(File("live"));
  ASSERT_EQ(expected.size(), 3u);
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [venue, rows] : expected) {
    const auto& there = got.at(venue);
    ASSERT_EQ(there.size(), rows.size()) << venue;
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(there[i], rows[i]) << venue << " row " << i;
  }

  EXPECT_EQ(report["record"]["lost_packets"], 0);
  EXPECT_EQ(report["record"]["packets"], report["packets"]);
  const Outcome again = Replay(File("record.pcapng"), "again", {"--engine", "cpu", "--date", kDay});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.json()["state_hash"], report["state_hash"]);
  EXPECT_EQ(again.json()["packets"], report["packets"]);
  EXPECT_EQ(again.json()["orders"], report["orders"]);
  EXPECT_GT(report["signals"], 0);
}

// Rings that hold what comes while a busy machine does something else.
constexpr char kUdpPort[] = "kind = \"udp\"\ninterface = \"vb\"\n";
constexpr char kAfPacketPort[] = "kind = \"dpdk\"\ndevice = \"net_af_packet0,iface=vb,framecnt=16384\"\ninterface = \"vb\"\n";
constexpr char kAfXdpPort[] = "kind = \"dpdk\"\ndevice = \"net_af_xdp0,iface=vb\"\ninterface = \"vb\"\ndescriptors = 4096\nmbufs = 16383\n";
constexpr char kPcapPort[] = "kind = \"pcap\"\ninterface = \"vb\"\nfilter = \"udp\"\n";

INSTANTIATE_TEST_SUITE_P(Ports, LivePortTest,
                         testing::Values(PortCase{"Udp", kUdpPort}, PortCase{"DpdkAfPacket", kAfPacketPort},
                                         PortCase{"DpdkAfXdp", kAfXdpPort}, PortCase{"Pcap", kPcapPort}),
                         [](const auto& info) { return info.param.name; });

TEST_F(LiveTest, DpdkPortSends) {
  const std::string session = Session();
  Outcome ended;
  const auto run = StartRun(Config(session, kUdpPort), "live", {"--date", kDay}, &ended);
  ASSERT_NE(run, nullptr) << ended.err;
  const Outcome sent = Send(session, "net_af_packet0,iface=va");
  ASSERT_EQ(sent.exit_code, 0) << sent.err;
  const Outcome live = run->Wait();
  ASSERT_EQ(live.exit_code, 0) << live.err;
  EXPECT_EQ(live.json()["packets"], sent.json()["sent_packets"]);
  EXPECT_EQ(live.json()["book_hash"], Replay(session, "file", {"--engine", "cpu"}).json()["book_hash"]);
}

// A stop in the middle of the stream; the cold processes are killed before it, more than once.
TEST_F(LiveTest, SigtermEndsARunWholeThoughItsColdProcessesWereKilled) {
  const std::string session = Session();
  Outcome ended;
  const std::string config = Config(session, kUdpPort);
  const auto run = StartRun(config, "live", {"--date", kDay, "--record", File("record.pcapng")}, &ended);
  ASSERT_NE(run, nullptr) << ended.err;
  ChildProcess sender({"replay", session, "--to", "udp://capture%va", "--speed", "0.1"}, folder_, namespaces_->InSender());
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    for (const pid_t child : ChildrenOf(run->pid())) kill(child, SIGKILL);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  kill(run->pid(), SIGTERM);
  const Outcome live = run->Wait();
  kill(sender.pid(), SIGTERM);
  const auto report = live.json();
  EXPECT_EQ(report["interrupted"], true) << live.err;
  EXPECT_GT(report["messages"], 0);
  EXPECT_EQ(report["archived_records"], report["tape_records"]);
  EXPECT_EQ(report["record"]["packets"], report["packets"]);
  const Outcome again = Replay(File("record.pcapng"), "again", {"--engine", "cpu", "--date", kDay});
  EXPECT_EQ(again.json()["state_hash"], report["state_hash"]) << again.err;
  EXPECT_EQ(again.json()["packets"], report["packets"]);
}

TEST_F(LiveTest, AFullRingOfTheRecordIsCountedAndSaid) {
  const std::string session = Session();
  Outcome ended;
  const std::string config = Config(session, kUdpPort, "record_ring_bytes = 1048576\n");
  const auto run = StartRun(config, "live", {"--date", kDay, "--record", File("record.pcapng")}, &ended);
  ASSERT_NE(run, nullptr) << ended.err;
  std::vector<pid_t> stopped;
  for (const pid_t child : ChildrenOf(run->pid())) {
    if (ReadFile("/proc/" + std::to_string(child) + "/cmdline").find("record") == std::string::npos) continue;
    kill(child, SIGSTOP);
    stopped.push_back(child);
  }
  ASSERT_EQ(stopped.size(), 1u);
  ASSERT_EQ(Send(session, "udp://capture%va").exit_code, 0);
  kill(stopped[0], SIGCONT);
  const Outcome live = run->Wait();
  EXPECT_EQ(live.exit_code, 3) << live.err;
  const auto record = live.json()["record"];
  EXPECT_GT(record["lost_packets"], 0);
  EXPECT_EQ(record["lost_packets"].get<uint64_t>() + record["packets"].get<uint64_t>(), live.json()["packets"].get<uint64_t>());
  EXPECT_THAT(live.err, HasSubstr("packets found no room in the ring of the record"));
}

TEST_F(LiveTest, ReportsWhatItCouldNotOpen) {
  const std::string session = Session();
  Outcome ended;
  EXPECT_EQ(StartRun(Config(session, "kind = \"udp\"\ninterface = \"nonesuch\"\n"), "a", {}, &ended), nullptr);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("interface nonesuch"));
  EXPECT_EQ(StartRun(Config(session, "kind = \"pcap\"\ninterface = \"vb\"\nfilter = \"udp and and\"\n"), "b", {}, &ended), nullptr);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("filter 'udp and and'"));
}

// Nothing comes, and nothing was asked to: the run ends by itself.
TEST_F(LiveTest, SilenceEndsARun) {
  Outcome ended;
  const auto run = StartRun(Config(Session(), kUdpPort), "live", {"--idle-ms", "200"}, &ended);
  const Outcome live = run != nullptr ? run->Wait() : ended;
  EXPECT_EQ(live.exit_code, 0) << live.err;
  EXPECT_EQ(live.json()["end"], "source silent");
  EXPECT_EQ(live.json()["packets"], 0);
}

}  // namespace
}  // namespace tickgraph
