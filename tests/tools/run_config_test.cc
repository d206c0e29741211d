// The configuration of a live run: what it may say, and that every error names the file, the line and the key.
#include "tools/run_config.h"

#include <gmock/gmock.h>

#include "tools/hot_config.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

RunConfig Read(const std::string& text) {
  Config file = Config::Parse(text, "run.toml");
  RunConfig run = ReadRunConfig(file);
  (void)ReadHotConfig(file);
  return run;
}

std::string ErrorOf(const std::string& text) {
  try {
    (void)Read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

const std::string kPort = "[[port]]\nkind = \"udp\"\nline_a = [\"239.1.1.1:30001\"]\n";

TEST(RunConfigTest, ReadsPortsOfEveryKind) {
  const RunConfig run =
      Read("[run]\ntape = \"t\"\nidle_ms = 7\ndate = 20240314\n[risk]\nmessage_burst = 5\n[dpdk]\neal = [\"--no-pci\"]\n" + kPort +
           "line_b = [\"239.1.1.2:30002\", \"10.0.0.1:9\"]\nbusy_poll_us = 50\ninterface = \"eth0\"\n"
           "[[port]]\nkind = \"dpdk\"\ndevice = \"net_null0\"\nqueues = 4\n"
           "[[port]]\nkind = \"pcap\"\ninterface = \"eth1\"\nfilter = \"udp\"\n");
  EXPECT_EQ(run.tape, "t");
  EXPECT_EQ(run.idle_ms, 7u);
  ASSERT_EQ(run.ports.size(), 3u);
  const std::vector<UdpAddress> groups = {{0xEF010101, 30001}, {0xEF010102, 30002}, {0x0A000001, 9}};
  EXPECT_EQ(run.ports[0].udp.groups, groups);
  EXPECT_EQ(run.ports[0].udp.busy_poll_us, 50u);
  EXPECT_EQ(run.ports[0].udp.interface, "eth0");
  EXPECT_EQ(run.ports[1].dpdk.queues, 4u);
  EXPECT_EQ(run.ports[1].dpdk.eal, std::vector<std::string>{"--no-pci"});
  EXPECT_EQ(run.ports[2].pcap.filter, "udp");
}

TEST(RunConfigTest, TakesEveryEngineAndPairsOfLines) {
  for (const char* engine : {"auto", "cpu", "cuda-graph", "cuda-persistent"})
    EXPECT_EQ(Read("[run]\nengine = \"" + std::string(engine) + "\"\n" + kPort).engine, engine);
  const RunConfig run = Read("[run]\npairs = [\"224.0.31.1:14310,224.0.32.1:15310\"]\n" + kPort);
  ASSERT_EQ(run.pairs.size(), 1u);
  EXPECT_THAT(ErrorOf("[run]\npairs = [\"224.0.31.1:14310\"]\n" + kPort), HasSubstr("run.toml:2: run.pairs: not two different"));
}

TEST(RunConfigTest, ErrorsNameFileLineAndKey) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("run.toml: port: no port"));
  EXPECT_THAT(ErrorOf("[run]\ndate = 20241301\n" + kPort), HasSubstr("run.toml:2: run.date: 20241301 is not a day"));
  EXPECT_THAT(ErrorOf("[run]\nrecord_ring_bytes = 1048577\n" + kPort), HasSubstr("run.toml:2: run.record_ring_bytes: a power of two"));
  EXPECT_THAT(ErrorOf("[run]\nengine = \"gpu\"\n" + kPort), HasSubstr("run.toml:2: run.engine: 'gpu'"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"tcp\"\n"), HasSubstr("run.toml:2: port[0].kind: 'tcp'"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"udp\"\n"), HasSubstr("port[0].line_a: a UDP port listens to addresses"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"udp\"\nline_a = [\"239.1.1.1\"]\n"), HasSubstr("run.toml:3: port[0].line_a: '239.1.1.1'"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"udp\"\nline_a = [\"239.1.1.256:1\"]\n"), HasSubstr("'239.1.1.256:1' is no address"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"udp\"\nline_a = [\"239.1.1.1:65536\"]\n"), HasSubstr("'239.1.1.1:65536' is no address"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"dpdk\"\n"), HasSubstr("port[0].device: a DPDK port needs one"));
  EXPECT_THAT(ErrorOf("[[port]]\nkind = \"pcap\"\n"), HasSubstr("port[0].interface: a pcap port needs one"));
  EXPECT_THAT(ErrorOf(kPort + "max_datagram_bytes = 70000\n"), HasSubstr("run.toml:4: port[0].max_datagram_bytes: 70000 is not between"));
  EXPECT_THAT(ErrorOf("[port]\nkind = \"udp\"\n"), HasSubstr("run.toml:1: port: expected a list of tables"));
  // A key of another kind of port, and one that no port has.
  EXPECT_THAT(ErrorOf(kPort + "device = \"net_null0\"\n"), HasSubstr("run.toml:4: port[0].device: unknown key"));
  EXPECT_THAT(ErrorOf(kPort + kPort + "line_c = []\n"), HasSubstr("run.toml:7: port[1].line_c: unknown key"));
  EXPECT_THAT(ErrorOf("[risk]\nmessage_brust = 5\n" + kPort), HasSubstr("run.toml:2: risk.message_brust: unknown key"));
}

// Times that would leave 64 bits once they are nanoseconds, or once they are added to a session's clock.
TEST(RunConfigTest, NoTimeIsLongerThanAYear) {
  EXPECT_EQ(Read("[run]\nidle_ms = 31536000000\n" + kPort).idle_ms, 31'536'000'000u);
  EXPECT_THAT(ErrorOf("[run]\nidle_ms = 31536000001\n" + kPort), HasSubstr("run.toml:2: run.idle_ms: 31536000001 is not between"));
  for (const char* key : {"risk.max_book_age_ns", "risk.duplicate_window_ns", "exchange.order_latency_ns", "exchange.report_latency_ns",
                          "engine.timeout_ns", "feed.reorder_window_ns", "recovery.timeout_ns", "recovery.server_latency_ns"}) {
    EXPECT_EQ(ErrorOf(std::string(key) + " = 31536000000000000\n" + kPort), "no error") << key;
    EXPECT_THAT(ErrorOf(std::string(key) + " = 9223372036854775807\n" + kPort),
                HasSubstr("run.toml:1: " + std::string(key) + ": 9223372036854775807 is not between"));
  }
}

TEST(RunConfigTest, RatesAreNumbers) {
  for (const char* rate : {"nan", "inf", "1.5"}) {
    EXPECT_THAT(ErrorOf("engine.rate = " + std::string(rate) + "\n" + kPort), HasSubstr("run.toml:1: engine.rate: a continuous rate"));
    EXPECT_THAT(ErrorOf("engine.dividend_yield = " + std::string(rate) + "\n" + kPort), HasSubstr("engine.dividend_yield: a continuous"));
  }
}

TEST(RunConfigTest, ReadsSnapshotServers) {
  const RunConfig run =
      Read("[run]\nengine = \"cuda-persistent\"\n[[glimpse]]\nserver = \"10.1.2.3:18000\"\n[[glimpse]]\nserver = \"10.1.2.4:1\"\n" +
           std::string("session = \"TGXA\"\nuser = \"desk\"\npassword = \"secret\"\nexact = true\nattempts = 9\n") + kPort);
  ASSERT_EQ(run.glimpse.size(), 2u);
  EXPECT_EQ(run.glimpse[0].address, (UdpAddress{0x0A010203, 18000}));
  EXPECT_EQ(run.glimpse[0].session, "");
  EXPECT_FALSE(run.glimpse[0].exact);
  EXPECT_EQ(run.glimpse[1].session, "TGXA");
  EXPECT_EQ(run.glimpse[1].user, "desk");
  EXPECT_EQ(run.glimpse[1].password, "secret");
  EXPECT_TRUE(run.glimpse[1].exact);
  EXPECT_EQ(run.glimpse[1].attempts, 9u);
  const std::string server = "[[glimpse]]\nserver = \"10.1.2.3:18000\"\n";
  EXPECT_THAT(ErrorOf("[[glimpse]]\n" + kPort), HasSubstr("glimpse[0].server: '' is no address"));
  EXPECT_THAT(ErrorOf("[[glimpse]]\nserver = \"there\"\n" + kPort), HasSubstr("run.toml:2: glimpse[0].server: 'there' is no address"));
  EXPECT_THAT(ErrorOf(server + "user = \"toolong\"\n" + kPort), HasSubstr("glimpse[0].user: 'toolong' has more than 6 characters"));
  EXPECT_THAT(ErrorOf(server + server + kPort), HasSubstr("glimpse[1].server: glimpse[0] is for the same session"));
  EXPECT_THAT(ErrorOf(server + "attempts = 0\n" + kPort), HasSubstr("glimpse[0].attempts: 0 is not between"));
  EXPECT_THAT(ErrorOf(server + "port = 3\n" + kPort), HasSubstr("glimpse[0].port: unknown key"));
}

// Every key of the file that documents them is understood.
TEST(RunConfigTest, TheShippedFileReads) {
  Config file = Config::Load(std::string(TICKGRAPH_SOURCE_DIR) + "/tools/config/run.toml");
  const RunConfig run = ReadRunConfig(file);
  (void)ReadHotConfig(file);
  EXPECT_EQ(run.ports.size(), 3u);
  ASSERT_EQ(run.glimpse.size(), 1u);
  EXPECT_EQ(run.glimpse[0].timeout_ms, GlimpseServerConfig().timeout_ms);
  EXPECT_EQ(run.glimpse[0].limit_ms, GlimpseServerConfig().limit_ms);
  EXPECT_EQ(run.glimpse[0].attempts, GlimpseServerConfig().attempts);
  EXPECT_EQ(run.glimpse[0].retry_ms, GlimpseServerConfig().retry_ms);
  EXPECT_EQ(run.record_ring_bytes, RunConfig().record_ring_bytes);
  EXPECT_EQ(run.ports[0].udp.receive_buffer_bytes, UdpPortConfig().receive_buffer_bytes);
  EXPECT_EQ(run.ports[1].dpdk.rx_descriptors, RunPortConfig().dpdk.rx_descriptors);
  EXPECT_EQ(run.ports[1].dpdk.mbuf_count, RunPortConfig().dpdk.mbuf_count);
}

}  // namespace
}  // namespace tickgraph
