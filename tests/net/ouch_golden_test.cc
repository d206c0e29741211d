// Real OUCH 5.0 packets over SoupBinTCP: framing, every field that the capture shows, and the same bytes back.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "net/proto/ouch.h"
#include "net/proto/soup.h"

namespace tickgraph {
namespace {

using Bytes = std::vector<uint8_t>;

std::filesystem::path DataFile(const char* name) {
  const char* root = std::getenv("TICKGRAPH_DATA");
  return (root != nullptr ? std::filesystem::path(root) : std::filesystem::path(TICKGRAPH_SOURCE_DIR) / "../shared/data") / "pcap/ouch50" /
         name;
}

// The TCP payload of a capture's only packet, its length taken from the IP header: the captures have a trailer behind it.
Bytes TcpPayload(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  size_t at = 24 + 16 + 12;  // file header, record header, addresses
  if (bytes.at(at) == 0x81 && bytes.at(at + 1) == 0x00) at += 4;
  at += 2;
  const size_t end = at + (size_t{bytes.at(at + 2)} << 8 | bytes.at(at + 3));
  at += size_t{bytes.at(at) & 0xFu} * 4;
  at += size_t{bytes.at(at + 12)} >> 4 << 2;
  return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end));
}

struct SoupPacket {
  char type;
  Bytes payload;
};

class OuchCaptureTest : public ::testing::Test {
 protected:
  // The capture's one packet; also checks that framing it again gives the same bytes.
  SoupPacket Read(const char* name) {
    const Bytes stream = TcpPayload(DataFile(name));
    std::vector<SoupPacket> packets;
    const soup::WalkResult walk = soup::Walk(stream.data(), stream.size(), [&](char type, const uint8_t* payload, size_t size) {
      packets.push_back({type, Bytes(payload, payload + size)});
    });
    EXPECT_EQ(walk.status, soup::WalkStatus::kWhole);
    EXPECT_EQ(walk.consumed, stream.size());
    EXPECT_EQ(packets.size(), 1u);
    Bytes again(soup::kHeaderSize + packets.at(0).payload.size());
    EXPECT_EQ(soup::Encode(packets[0].type, packets[0].payload.data(), packets[0].payload.size(), again.data()), again.size());
    EXPECT_EQ(again, stream);
    return packets[0];
  }
};

#define SKIP_WITHOUT(name) \
  if (!std::filesystem::exists(DataFile(name))) GTEST_SKIP() << "no capture " << DataFile(name)

// Keeps one message type and its re-encoding; any other fails the test.
template <class Wanted>
struct Keep {
  Wanted message;
  Bytes again = Bytes(256);
  std::vector<std::pair<int, std::string>> options;
  void On(const Wanted& m, ouch::AppendageView appendage) {
    message = m;
    again.resize(ouch::Encode(m, appendage, again.data()));
    ouch::ForEachOption(appendage, [this](uint8_t tag, const uint8_t* value, uint8_t size) {
      options.emplace_back(tag, std::string(reinterpret_cast<const char*>(value), size));
    });
  }
  template <class Other>
  void On(const Other&, ouch::AppendageView) {
    ADD_FAILURE() << Other::kName;
  }
};

TEST_F(OuchCaptureTest, EnterOrder_golden) {
  SKIP_WITHOUT("EnterOrderMessage.pcap");
  const SoupPacket packet = Read("EnterOrderMessage.pcap");
  EXPECT_EQ(packet.type, 'U');
  EXPECT_EQ(packet.payload.size(), 53u);
  Keep<ouch::in::EnterOrder> keep;
  ASSERT_EQ(ouch::Decode(ouch::InboundMessages{}, packet.payload.data(), packet.payload.size(), keep), ouch::DecodeStatus::kOk);
  EXPECT_EQ(keep.again, packet.payload);
  EXPECT_EQ(keep.message.user_ref_num, 0x71u);
  EXPECT_EQ(keep.message.side, 'T');
  EXPECT_EQ(keep.message.quantity, 225u);
  EXPECT_EQ(keep.message.symbol.view(), "CVLT");
  EXPECT_EQ(keep.message.price, 630'200u);
  EXPECT_EQ(keep.message.time_in_force, '0');
  EXPECT_EQ(keep.message.capacity, 'A');
  EXPECT_EQ(keep.message.client_order_id.view(), "H8FUB8IV");
  EXPECT_EQ(keep.options, (std::vector<std::pair<int, std::string>>{{2, "LIME"}}));
}

TEST_F(OuchCaptureTest, Cancel_golden) {
  SKIP_WITHOUT("CancelOrderMessage.pcap");
  const SoupPacket packet = Read("CancelOrderMessage.pcap");
  EXPECT_EQ(packet.payload.size(), 9u);
  Keep<ouch::in::CancelOrder> keep;
  ASSERT_EQ(ouch::Decode(ouch::InboundMessages{}, packet.payload.data(), packet.payload.size(), keep), ouch::DecodeStatus::kOk);
  EXPECT_EQ(keep.again, packet.payload);
  EXPECT_EQ(keep.message.user_ref_num, 0x752E71u);
  EXPECT_EQ(keep.message.quantity, 0u);
  Bytes own(9);
  ASSERT_EQ(ouch::EncodeCancel(0x752E71, 0, own.data()), 9u);
  EXPECT_EQ(own, packet.payload);
}

TEST_F(OuchCaptureTest, Accepted_golden) {
  SKIP_WITHOUT("OrderAcceptedMessage.pcap");
  const SoupPacket packet = Read("OrderAcceptedMessage.pcap");
  EXPECT_EQ(packet.type, 'S');
  EXPECT_EQ(packet.payload.size(), 73u);
  Keep<ouch::out::Accepted> keep;
  ASSERT_EQ(ouch::Decode(ouch::OutboundMessages{}, packet.payload.data(), packet.payload.size(), keep), ouch::DecodeStatus::kOk);
  EXPECT_EQ(keep.again, packet.payload);
  EXPECT_EQ(keep.message.symbol.view(), "ADBE");
  EXPECT_EQ(keep.message.price, 4'777'800u);
  EXPECT_EQ(keep.message.state, 'L');
  EXPECT_EQ(keep.options, (std::vector<std::pair<int, std::string>>{{2, "MLRO"}, {18, "0"}}));
  ExecutionReport report;
  EXPECT_TRUE(ouch::DecodeReport(packet.payload.data(), packet.payload.size(), 0, &report).has_report);
  EXPECT_EQ(report.kind, ReportKind::kAccepted);
  EXPECT_EQ(report.token, 0x753A8Du);
  EXPECT_EQ(report.order_ref, 0x0F56B4F5u);
  EXPECT_EQ(report.ts_event_ns, 0x289B4D64AF87u);
}

TEST_F(OuchCaptureTest, Canceled_golden) {
  SKIP_WITHOUT("CanceledMessage.pcap");
  const SoupPacket packet = Read("CanceledMessage.pcap");
  EXPECT_EQ(packet.payload.size(), 18u);
  ExecutionReport report;
  EXPECT_TRUE(ouch::DecodeReport(packet.payload.data(), packet.payload.size(), 0, &report).has_report);
  EXPECT_EQ(report.kind, ReportKind::kCanceled);
  EXPECT_EQ(report.token, 0x753A8Du);
  EXPECT_EQ(report.quantity, 40);
  EXPECT_EQ(report.reason, 'U');
  Keep<ouch::out::Canceled> keep;
  ASSERT_EQ(ouch::Decode(ouch::OutboundMessages{}, packet.payload.data(), packet.payload.size(), keep), ouch::DecodeStatus::kOk);
  EXPECT_EQ(keep.again, packet.payload);
}

TEST_F(OuchCaptureTest, Heartbeats_golden) {
  SKIP_WITHOUT("ClientHeartbeatPacket.pcap");
  EXPECT_EQ(Read("ClientHeartbeatPacket.pcap").type, 'R');
  SKIP_WITHOUT("ServerHeartbeatPacket.pcap");
  EXPECT_EQ(Read("ServerHeartbeatPacket.pcap").type, 'H');
}

}  // namespace
}  // namespace tickgraph
