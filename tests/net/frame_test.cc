// Network headers: every real capture's frames, tags, other link layers, and what must be refused.
#include "net/proto/frame.h"

#include <filesystem>

#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

TestPacket Sample() { return UdpPacket({'h', 'e', 'l', 'l', 'o'}, 0xE9360C6F, 26477, 1); }

FrameStatus StatusOf(const TestPacket& packet, PacketLayer layer = PacketLayer::kEthernet) {
  PacketView view = ViewOf(packet, 1);
  view.layer = layer;
  return ParseFrame(view).status;
}

std::string PayloadOf(const Frame& frame) { return {reinterpret_cast<const char*>(frame.payload), frame.size}; }

TEST(FrameTest, EveryRealFrameIsGood) {
  int udp = 0, tcp = 0;
  for (const char* folder : {"pcap/nasdaq", "pcap/opra62", "pcap/ouch50", "pcap"}) {
    const std::string path = DataPath(folder);
    if (!std::filesystem::is_directory(path)) GTEST_SKIP() << folder << " is not there";
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() != ".pcap") continue;
      for (const TestPacket& packet : ReadClassicPcap(entry.path())) {
        const FrameStatus status = StatusOf(packet);
        EXPECT_TRUE(status == FrameStatus::kUdp || status == FrameStatus::kTcp) << entry.path() << " " << Name(status);
        ++(status == FrameStatus::kUdp ? udp : tcp);
      }
    }
  }
  EXPECT_GT(udp, 600);
  EXPECT_EQ(6, tcp);
}

TEST(FrameTest, BuiltFrameComesBack) {
  const TestPacket packet = Sample();
  const Frame frame = ParseFrame(ViewOf(packet, 1));
  ASSERT_EQ(FrameStatus::kUdp, frame.status);
  EXPECT_EQ("hello", PayloadOf(frame));
  EXPECT_EQ(0xE9360C6Fu, frame.destination);
  EXPECT_EQ(26477, frame.destination_port);
  EXPECT_EQ(0x0A000001u, frame.source);
  EXPECT_EQ(40000, frame.source_port);
  EXPECT_EQ((Bytes{1, 0, 0x5E, 0x36, 0x0C, 0x6F}), Bytes(packet.bytes.begin(), packet.bytes.begin() + 6));
}

TEST(FrameTest, TagsLinkLayersAndTrailersAreSkipped) {
  const TestPacket packet = Sample();
  const Bytes ip(packet.bytes.begin() + 14, packet.bytes.end());
  for (int tags = 0; tags <= 5; ++tags) {
    TestPacket tagged = packet;
    for (int i = 0; i < tags; ++i) {
      const Bytes tag{i % 2 == 0 ? uint8_t{0x81} : uint8_t{0x88}, i % 2 == 0 ? uint8_t{0} : uint8_t{0xA8}, 0, 7};
      tagged.bytes.insert(tagged.bytes.begin() + 12, tag.begin(), tag.end());
    }
    EXPECT_EQ(tags <= 4 ? FrameStatus::kUdp : FrameStatus::kBadLength, StatusOf(tagged)) << tags;
  }
  const auto with = [&ip](Bytes link) {
    link.insert(link.end(), ip.begin(), ip.end());
    link.insert(link.end(), 13, 0xEE);  // a trailer
    return TestPacket{link, 1};
  };
  Bytes cooked(16, 0), cooked2(20, 0);
  cooked[14] = 8;
  cooked2[0] = 8;
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(with(cooked), PacketLayer::kLinuxCooked));
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(with(cooked2), PacketLayer::kLinuxCooked2));
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(with({2, 0, 0, 0}), PacketLayer::kLoopback));
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(with({0, 0, 0, 2}), PacketLayer::kLoopback));
  EXPECT_EQ(FrameStatus::kNotIp, StatusOf(with({30, 0, 0, 0}), PacketLayer::kLoopback));
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(with({}), PacketLayer::kRawIp));
  EXPECT_EQ(FrameStatus::kUdp, StatusOf({{'x'}, 1}, PacketLayer::kUdpPayload));
}

TEST(FrameTest, ChecksumsAreHeldAgainstTheBytes) {
  for (size_t at = 14; at < Sample().bytes.size(); ++at) {
    TestPacket packet = Sample();
    packet.bytes[at] ^= 0x04;
    EXPECT_NE(FrameStatus::kUdp, StatusOf(packet)) << at;
  }
  TestPacket packet = Sample();
  StoreBe16(&packet.bytes[24], 0);  // both left to the network card
  StoreBe16(&packet.bytes[40], 0);
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(packet));
  const uint16_t pseudo = frame_internal::Fold(frame_internal::PseudoHeaderSum(&packet.bytes[26], 13));
  StoreBe16(&packet.bytes[40], pseudo);
  EXPECT_EQ(FrameStatus::kUdp, StatusOf(packet));
  StoreBe16(&packet.bytes[40], static_cast<uint16_t>(pseudo + 1));
  EXPECT_EQ(FrameStatus::kBadChecksum, StatusOf(packet));
  EXPECT_EQ(FrameStatus::kUdp, ParseFrame(ViewOf(packet, 1), false).status);
}

TEST(FrameTest, FragmentsSnappedAndOtherProtocolsAreTold) {
  const auto with_ip = [](auto&& change) {
    TestPacket packet = Sample();
    change(&packet.bytes[14]);
    StoreBe16(&packet.bytes[24], 0);
    return StatusOf(packet);
  };
  EXPECT_EQ(FrameStatus::kFragment, with_ip([](uint8_t* ip) { ip[6] = 0x20; }));
  EXPECT_EQ(FrameStatus::kFragment, with_ip([](uint8_t* ip) { ip[7] = 1; }));
  EXPECT_EQ(FrameStatus::kOtherProtocol, with_ip([](uint8_t* ip) { ip[9] = 2; }));
  EXPECT_EQ(FrameStatus::kBadLength, with_ip([](uint8_t* ip) { ip[0] = 0x44; }));
  EXPECT_EQ(FrameStatus::kBadLength, with_ip([](uint8_t* ip) { ip[3] = 34; }));
  EXPECT_EQ(FrameStatus::kBadLength, with_ip([](uint8_t* ip) { ip[2] = 1; }));
  EXPECT_EQ(FrameStatus::kBadLength, with_ip([](uint8_t* ip) { ip[25] = 7; }));
  EXPECT_EQ(FrameStatus::kBadLength, with_ip([](uint8_t* ip) { ip[25] = 14; }));
  const TestPacket packet = Sample();
  PacketView view = ViewOf(packet, 1);
  view.original_size = view.size + 1;
  EXPECT_EQ(FrameStatus::kSnapped, ParseFrame(view).status);
  TestPacket arp = packet;
  arp.bytes[13] = 6;
  EXPECT_EQ(FrameStatus::kNotIp, StatusOf(arp));
}

TEST(FrameTest, NoTruncationOrByteMakesItReadOutside) {
  const TestPacket whole = Sample();
  for (const PacketLayer layer :
       {PacketLayer::kEthernet, PacketLayer::kRawIp, PacketLayer::kLinuxCooked, PacketLayer::kLinuxCooked2, PacketLayer::kLoopback}) {
    for (size_t size = 0; size <= whole.bytes.size(); ++size) {
      StatusOf({Bytes(whole.bytes.begin(), whole.bytes.begin() + static_cast<std::ptrdiff_t>(size)), 1}, layer);
    }
    for (size_t at = 0; at < whole.bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        TestPacket packet = whole;
        packet.bytes[at] = static_cast<uint8_t>(value);
        PacketView view = ViewOf(packet, 1);
        view.layer = layer;
        const Frame frame = ParseFrame(view, false);
        if (frame.payload != nullptr) {
          ASSERT_LE(frame.payload + frame.size, packet.bytes.data() + packet.bytes.size());
        }
      }
    }
  }
}

}  // namespace
}  // namespace tickgraph
