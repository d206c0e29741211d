// Every venue's captures through the program: what inspect counts is what the loop takes, twice the same, and archived whole; orders that
// no gateway takes are refused under their own reason; a CME channel that lost packets ends with the lossless books.
#include <gtest/gtest.h>

#include <random>

#include "net/io/file/pcap_writer.h"
#include "tests/net/cme_venue.h"
#include "tests/tools/archive_rows.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

class ReplayVenuesTest : public ReplayProgramTest {
 protected:
  void ExpectTwiceTheSame(const std::string& path, const std::string& name) {
    const Outcome inspect = Run({"inspect", path, "--json"});
    const Outcome first = Replay(path, name + "-1", {"--quiet"}), second = Replay(path, name + "-2", {"--quiet"});
    EXPECT_EQ(first.exit_code, inspect.exit_code) << path << first.err;
    const auto a = first.json(), b = second.json(), seen = inspect.json();
    ASSERT_TRUE(a.is_object() && b.is_object() && seen.is_object()) << path << first.err;
    EXPECT_EQ(a["messages"], seen["messages"]) << path;
    EXPECT_EQ(a["gaps"], seen["gaps"]) << path;
    EXPECT_EQ(a["missing_messages"], seen["missing_messages"]) << path;
    EXPECT_EQ(a["state_hash"], b["state_hash"]) << path;
    EXPECT_EQ(a["book_hash"], b["book_hash"]) << path;
    EXPECT_EQ(a["tape_records"], a["archived_records"]) << path;
    EXPECT_EQ(a["archived_by_table"]["events"], a["event_rows"]) << path;
    ExpectEqualTables(File(name + "-1"), File(name + "-2"), 0);
  }

  // A channel with its snapshots, of which `loss` of 100 update packets are lost.
  std::string Channel(const std::string& name, uint32_t loss) {
    std::string error;
    const auto out = PcapWriter::Create(File(name), true, &error);
    EXPECT_NE(out, nullptr) << error;
    CmeVenue venue(5);
    std::mt19937_64 random(9);
    uint64_t now_ns = kCmeStart;
    const auto put = [&](const Bytes& payload, uint32_t group, uint16_t port) {
      const TestPacket packet = UdpPacket(payload, group, port, 0);
      out->Write(now_ns += 1'000'000, packet.bytes.data(), static_cast<uint32_t>(packet.bytes.size()));
    };
    for (int i = 0; i < 1500; ++i) {
      const Bytes packet = venue.Packet();
      if (i == 0 || i > 1450 || random() % 100 >= loss) put(packet, kCmeGroupA, kCmePortA);
      if (i % 100 != 99) continue;
      for (const Bytes& snapshot : venue.Snapshots()) put(snapshot, kCmeSnapshotGroup, kCmeSnapshotPort);
    }
    EXPECT_TRUE(out->Close(&error)) << error;
    return File(name);
  }
};

TEST_F(ReplayVenuesTest, CapturesAreTakenWholeAndTwiceTheSame) {
  int count = 0;
  for (const char* name : {"pcap/cme_mdp3_session_statistics.pcap", "pcap/cme_mdp3_volume.pcap", "crypto/coinbase_20210417.jsonl",
                           "crypto/coinbase_l2_advanced_trade.jsonl", "crypto/binance_20210417.jsonl", "dbn/test_data.mbp-10.v3.dbn.zst",
                           "dbn/test_data.mbo.v3.dbn.zst", "dbn/orderbooks_mbo_2024-05-08T00-00-00_2024-05-08T00-00-02.dbn.zst"}) {
    if (!std::filesystem::exists(DataPath(name))) continue;
    ExpectTwiceTheSame(DataPath(name), "capture-" + std::to_string(count++));
  }
  if (count == 0) GTEST_SKIP() << "no captures here";
}

TEST_F(ReplayVenuesTest, CryptoIsPartitionedByProductAndUtcDay) {
  const std::string path = DataPath("crypto/coinbase_20210417.jsonl");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no Coinbase capture here";
  EXPECT_EQ(Replay(path, "out", {"--quiet"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(File("out") + "/events/date=2021-04-17/product=SKL-USD"));
}

TEST_F(ReplayVenuesTest, CmeLossAndSnapshotsGiveTheLosslessBooks) {
  const Outcome whole = Replay(Channel("whole.pcap", 0), "whole", {"--quiet"});
  const Outcome lossy = Replay(Channel("lossy.pcap", 8), "lossy", {"--quiet"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  ASSERT_EQ(lossy.exit_code, 3) << lossy.err;
  EXPECT_NE(lossy.err.find("gaps stayed open"), std::string::npos) << lossy.err;
  const auto a = whole.json(), b = lossy.json();
  EXPECT_EQ(a["gaps"], 0);
  EXPECT_GT(b["gaps"], 10);
  EXPECT_GT(b["queued_updates"], 0);
  EXPECT_EQ(a["book_hash"], b["book_hash"]);
  EXPECT_NE(a["book_hash"], "0000000000000000");
}

TEST_F(ReplayVenuesTest, OrdersThatNoGatewayTakesHaveTheirOwnReason) {
  std::ofstream out(File("two.jsonl"));
  const auto quote = [&](uint64_t ns, const std::string& type, const std::string& bid, const std::string& ask) {
    out << ns << R"( {"stream":"btcusdt@bookTicker","data":{)" << type << R"("u":1,"s":"BTCUSDT","b":")" << bid << R"(","B":"1","a":")"
        << ask << R"(","A":"1"}})"
        << "\n";
  };
  const std::string future = R"("e":"bookTicker","T":1723161253937,"E":1723161253937,)";
  quote(1723161253937000000, "", "100.0", "101.0");
  quote(1723161253938000000, future, "105.0", "106.0");
  out.close();
  const Outcome run = Replay(File("two.jsonl"), "out", {"--quiet"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = run.json();
  EXPECT_EQ(report["messages"], 2);
  EXPECT_GT(report["signals"], 0);
  EXPECT_EQ(report["orders"], 0);
  EXPECT_GT(report["rejects_by_reason"]["no_gateway"], 0);
  EXPECT_EQ(report["rejects_by_reason"]["no_gateway"], report["rejects"]);
}

TEST_F(ReplayVenuesTest, CutRecordsAndLinesAreSaid) {
  std::ofstream(File("cut.jsonl")) << R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10","1"]],"asks":[["11","1"]]})"
                                   << "\n"
                                   << R"({"type":"l2update","product_id":"BTC-USD","chan)";
  const Outcome run = Replay(File("cut.jsonl"), "out", {"--quiet"});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_NE(run.err.find("in line 2"), std::string::npos) << run.err;
  EXPECT_EQ(run.json()["messages"], 1);
}

}  // namespace
}  // namespace tickgraph
