// DPDK ports made from arguments: net_pcap on files written here and on a real capture, net_null, net_ring, and what goes wrong.
#include "net/io/dpdk_port.h"

#include <gmock/gmock.h>

#include "net/io/file/pcap_writer.h"
#include "net/io/file_player.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;
using test::ReadPacket;

class DpdkPortTest : public test::CaptureFileTest {};

std::unique_ptr<DpdkPort> OpenPort(const std::string& device) {
  std::string error;
  auto port = DpdkPort::Open({.device = device}, &error);
  EXPECT_NE(port, nullptr) << error;
  return port;
}

// Until the port has been idle three times in a row.
std::vector<ReadPacket> Take(DpdkPort* port) {
  std::vector<ReadPacket> out;
  const PacketSource source = port->source();
  for (int idle = 0; idle < 3;) {
    const PacketBurst burst = source.Poll();
    EXPECT_LE(burst.count, DpdkPort::kBurstSize);
    idle = burst.state == SourceState::kIdle ? idle + 1 : 0;
    for (uint32_t i = 0; i < burst.count; ++i) {
      const PacketView& v = burst.packets[i];
      out.push_back({Bytes(v.data, v.data + v.size), v.ts_recv_ns, v.number, v.file_offset, v.original_size, v.layer});
    }
  }
  return out;
}

TEST_F(DpdkPortTest, GivesWhatThePlayerGivesInWholeMicroseconds) {
  const std::string path = Path("a.pcap");
  std::string error;
  const auto writer = PcapWriter::Create(path, true, &error);
  ASSERT_NE(writer, nullptr) << error;
  // From the shortest frame to one of several mbufs; more packets than the port has mbufs.
  Bytes frame(9000);
  for (uint32_t i = 0; i < 6000; ++i) {
    for (size_t at = 0; at < 64; ++at) frame[at] = static_cast<uint8_t>(i >> at % 4 * 8);
    const uint32_t size = i % 100 == 99 ? 9000 : 14 + i % 1500;
    frame[size - 1] = static_cast<uint8_t>(i);
    ASSERT_TRUE(writer->Write(1577716200'000000000 + i * 1'234'567, frame.data(), size));
  }
  ASSERT_TRUE(writer->Close(&error)) << error;

  const auto expected = test::ReadAll(path);
  const auto port = OpenPort("net_pcap0,rx_pcap=" + path);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->driver_name(), "net_pcap");
  EXPECT_EQ(port->stamps(), PortStamps::kMicros);
  EXPECT_FALSE(port->source().has_end);
  const auto got = Take(port.get());
  ASSERT_EQ(got.size(), 6000u);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(got[i].data == expected.packets[i].data) << i;
    EXPECT_EQ(got[i].ts_ns, expected.packets[i].ts_ns / 1000 * 1000);
    EXPECT_EQ(got[i].number, i + 1);
    EXPECT_EQ(got[i].layer, PacketLayer::kEthernet);
  }
  EXPECT_EQ(port->stats().packets, 6000u);
  EXPECT_EQ(port->stats().joined_packets, 60u);
  EXPECT_EQ(port->stats().oversized_packets, 0u);
  EXPECT_EQ(port->MissedPackets(), 0u);
}

TEST_F(DpdkPortTest, ReadsARealCapture) {
  TICKGRAPH_DATA_OR_SKIP(path, "pcap/moldudp64_AB_open_20191230.pcap");
  const auto expected = test::ReadAll(path);
  const auto port = OpenPort("net_pcap0,rx_pcap=" + path);
  ASSERT_NE(port, nullptr);
  const auto got = Take(port.get());
  ASSERT_EQ(got.size(), 208u);
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(got[i].data == expected.packets[i].data) << i;
    EXPECT_EQ(got[i].ts_ns, expected.packets[i].ts_ns / 1000 * 1000);
  }
}

TEST_F(DpdkPortTest, PacketsTooLargeToJoinAreCounted) {
  const Bytes large(262'144, 7), small(60, 8);
  Bytes bytes = test::PcapHeader(false, false);
  for (int i = 0; i < 9; ++i) bytes = test::Join({bytes, test::PcapRecord(false, 1, 1, large)});
  bytes = test::Join({bytes, test::PcapRecord(false, 1, 1, small)});
  const auto port = OpenPort("net_pcap0,rx_pcap=" + Put("a.pcap", bytes));
  ASSERT_NE(port, nullptr);
  const auto got = Take(port.get());
  // A burst has room for eight of them.
  EXPECT_EQ(got.size() + port->stats().oversized_packets + port->MissedPackets(), 10u);
  EXPECT_GE(got.size(), 9u);
  EXPECT_TRUE(got.back().data == small);
}

TEST_F(DpdkPortTest, NullPortIsAlwaysFullAndStampedByTheClock) {
  const auto port = OpenPort("net_null0,size=100");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->stamps(), PortStamps::kClock);
  uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) {  // more bursts than mbufs: each poll gives the last burst's back
    const PacketBurst burst = port->Poll();
    ASSERT_EQ(burst.count, 32u);
    EXPECT_EQ(burst.packets[31].size, 100u);
    EXPECT_GE(burst.packets[0].ts_recv_ns, last);
    last = burst.packets[0].ts_recv_ns;
  }
  EXPECT_GT(last, 1'500'000'000'000'000'000u);
}

TEST_F(DpdkPortTest, RingPortIsIdleWhileNothingIsSent) {
  const auto port = OpenPort("net_ring0");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->Poll().state, SourceState::kIdle);
  EXPECT_EQ(port->Poll().count, 0u);
}

TEST_F(DpdkPortTest, TellsWhatIsWrongAndGoesOn) {
  const auto error_of = [](const std::string& device) {
    std::string error;
    EXPECT_EQ(DpdkPort::Open({.device = device}, &error), nullptr) << device;
    return error;
  };
  EXPECT_THAT(error_of("net_nonesuch0"), ::testing::HasSubstr("DPDK port net_nonesuch0: no such driver"));
  EXPECT_THAT(error_of(""), ::testing::HasSubstr("no device named"));
  EXPECT_THAT(error_of("net_pcap0,rx_pcap=" + Path("absent")), ::testing::HasSubstr(Path("absent") + ": cannot open: No such file"));
  EXPECT_THAT(error_of("net_pcap0,nonesuch=1"), ::testing::HasSubstr("refuses its arguments"));
  EXPECT_THAT(error_of("net_pcap0,rx_pcap=" + Put("noise", Bytes(100, 1))), ::testing::HasSubstr("refuses its arguments"));
  const std::string path = Put("a.pcap", test::Join({test::PcapHeader(false, false), test::PcapRecord(false, 1, 1, Bytes(60, 1))}));
  const auto port = OpenPort("net_pcap0,rx_pcap=" + path);
  ASSERT_NE(port, nullptr);
  EXPECT_THAT(error_of("net_pcap0,rx_pcap=" + path), ::testing::HasSubstr("already open"));
  EXPECT_EQ(Take(port.get()).size(), 1u);
}

TEST_F(DpdkPortTest, APortCanBeOpenedAgainAfterItsClose) {
  const std::string path = Put("a.pcap", test::Join({test::PcapHeader(false, false), test::PcapRecord(false, 1, 1, Bytes(60, 1))}));
  for (int i = 0; i < 20; ++i) {
    const auto port = OpenPort("net_pcap0,rx_pcap=" + path);
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(Take(port.get()).size(), 1u);
  }
}

}  // namespace
}  // namespace tickgraph
