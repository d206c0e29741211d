// pcap, pcapng and raw ITCH reading: both byte orders, every resolution, damage of every kind, real captures.
#include <gmock/gmock.h>

#include <random>

#include "net/io/file_player.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;
using test::Join;
using test::ReadAll;
using test::ReadCapture;

class PcapReaderTest : public test::CaptureFileTest {};
class PcapngReaderTest : public test::CaptureFileTest {};
class ItchFileTest : public test::CaptureFileTest {};

Bytes Pattern(size_t size, uint8_t seed) {
  Bytes out(size);
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(seed + i * 7);
  return out;
}

// System event, stock directory, add order: the first bytes are length, type, locate, tracking, time.
Bytes ItchFrames() {
  const auto frame = [](char type, size_t size, uint8_t fill) {
    Bytes out = {0, static_cast<uint8_t>(size), static_cast<uint8_t>(type)};
    out.resize(2 + size, fill);
    return out;
  };
  return Join({frame('S', 12, 1), frame('R', 39, 2), frame('A', 36, 3)});
}

TEST_F(PcapReaderTest, ReadsBothByteOrdersAndResolutions) {
  for (const bool big : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const auto path = Put("a.pcap", Join({test::PcapHeader(big, nanoseconds), test::PcapRecord(big, 1577716200, 123456, Pattern(60, 1)),
                                            test::PcapRecord(big, 1577716201, 7, Pattern(33, 2), 1500), test::PcapRecord(big, 0, 0, {})}));
      const ReadCapture got = ReadAll(path);
      ASSERT_EQ(got.packets.size(), 3u) << got.error;
      EXPECT_EQ(got.packets[0].ts_ns, 1577716200'000000000u + (nanoseconds ? 123456u : 123456000u));
      EXPECT_EQ(got.packets[0].data, Pattern(60, 1));
      EXPECT_EQ(got.packets[0].file_offset, 40u);
      EXPECT_EQ(got.packets[1].data, Pattern(33, 2));
      EXPECT_EQ(got.packets[1].original_size, 1500u);
      EXPECT_EQ(got.packets[1].number, 2u);
      EXPECT_EQ(got.packets[2].data.size(), 0u);
      EXPECT_FALSE(got.damage.has_value());
    }
  }
}

TEST_F(PcapReaderTest, MapsLinkTypesAndRefusesOthersByName) {
  const std::pair<uint32_t, PacketLayer> known[] = {{0, PacketLayer::kLoopback},       {1, PacketLayer::kEthernet},
                                                    {101, PacketLayer::kRawIp},        {113, PacketLayer::kLinuxCooked},
                                                    {276, PacketLayer::kLinuxCooked2}, {0x50000001, PacketLayer::kEthernet}};
  for (const auto& [link_type, layer] : known) {
    const ReadCapture got =
        ReadAll(Put("a", Join({test::PcapHeader(false, false, link_type), test::PcapRecord(false, 1, 1, Pattern(9, 1))})));
    ASSERT_EQ(got.packets.size(), 1u) << link_type;
    EXPECT_EQ(got.packets[0].layer, layer);
  }
  EXPECT_THAT(ReadAll(Put("a", test::PcapHeader(false, false, 105))).error, ::testing::HasSubstr("link type 105"));
}

TEST_F(PcapReaderTest, EveryCutKeepsWhatWasGoodAndNamesTheCutRecord) {
  const Bytes whole = Join({test::PcapHeader(false, true), test::PcapRecord(false, 1, 1, Pattern(20, 1)),
                            test::PcapRecord(false, 2, 2, Pattern(5, 9)), test::PcapRecord(false, 3, 3, Pattern(40, 3))});
  const size_t starts[] = {24, 24 + 36, 24 + 36 + 21, whole.size()};
  for (size_t size = 4; size <= whole.size(); ++size) {
    const ReadCapture got = ReadAll(Put("cut", Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    ASSERT_EQ(got.error, "") << size;
    size_t packets = 0;
    while (packets < 3 && starts[packets + 1] <= size) ++packets;
    EXPECT_EQ(got.packets.size(), packets) << size;
    const bool clean = size == starts[packets] && size >= 24;
    ASSERT_EQ(got.damage.has_value(), !clean) << size;
    if (!clean) {
      EXPECT_EQ(got.damage->offset, size < 24 ? 0 : starts[packets]) << size;
      EXPECT_TRUE(got.damage->truncated);
    }
  }
}

TEST_F(PcapReaderTest, HostileLengthEndsTheReadingAtItsRecord) {
  for (const uint32_t length : {262'145u, 0x7FFFFFFFu, 0xFFFFFFF0u, 0xFFFFFFFFu}) {
    Bytes bytes = Join({test::PcapHeader(false, false), test::PcapRecord(false, 1, 1, Pattern(20, 1))});
    const size_t at = bytes.size();
    const Bytes bad = Join({test::ByteWriter(false).U32(2).U32(2).U32(length).U32(length).bytes, Pattern(5000, 1)});
    bytes = Join({bytes, bad});
    const ReadCapture got = ReadAll(Put("hostile", bytes));
    EXPECT_EQ(got.packets.size(), 1u);
    ASSERT_TRUE(got.damage.has_value());
    EXPECT_EQ(got.damage->offset, at);
    EXPECT_FALSE(got.damage->truncated);
    EXPECT_THAT(got.damage_text, ::testing::HasSubstr(std::to_string(length)));
  }
  const ReadCapture largest =
      ReadAll(Put("largest", Join({test::PcapHeader(false, false), test::PcapRecord(false, 1, 1, Pattern(262'144, 1))})));
  ASSERT_EQ(largest.packets.size(), 1u);
  EXPECT_EQ(largest.packets[0].data, Pattern(262'144, 1));
}

TEST_F(PcapReaderTest, PacketsAreTheSameAtEveryBurstSizeAcrossWindowEdges) {
  Bytes bytes = test::PcapHeader(false, true);
  std::mt19937_64 random(7);
  uint64_t sum = 0;
  size_t count = 0;
  while (bytes.size() < (size_t{9} << 20)) {  // two edges of the 4 MiB window
    const Bytes record = test::PcapRecord(false, static_cast<uint32_t>(count), 5, Pattern(random() % 3000, static_cast<uint8_t>(random())));
    bytes.insert(bytes.end(), record.begin(), record.end());
    for (size_t i = 16; i < record.size(); ++i) sum += record[i] * (count + 1);
    ++count;
  }
  const auto path = Put("large", bytes);
  for (const uint32_t burst : {1u, 3u, 32u}) {
    const ReadCapture got = ReadAll(path, burst);
    ASSERT_EQ(got.packets.size(), count);
    uint64_t got_sum = 0;
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(got.packets[i].number, i + 1);
      for (const uint8_t b : got.packets[i].data) got_sum += b * (i + 1);
    }
    EXPECT_EQ(got_sum, sum);
    EXPECT_FALSE(got.damage.has_value());
  }
}

TEST_F(PcapReaderTest, TellsWhatIsNoCapture) {
  EXPECT_THAT(ReadAll(Path("absent")).error, ::testing::HasSubstr("No such file"));
  EXPECT_THAT(ReadAll(Path(".")).error, ::testing::HasSubstr("is a folder"));
  EXPECT_THAT(ReadAll(Put("empty", {})).error, ::testing::HasSubstr("is empty"));
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    Bytes noise(1 + random() % 4000);
    for (uint8_t& b : noise) b = static_cast<uint8_t>(random());
    EXPECT_THAT(ReadAll(Put("noise", noise)).error, ::testing::HasSubstr("not a capture in a known format"));
  }
  Bytes version = test::PcapHeader(false, false);
  version[4] = 9;
  EXPECT_THAT(ReadAll(Put("version", version)).error, ::testing::HasSubstr("pcap version 9"));
}

TEST_F(PcapngReaderTest, ReadsBothByteOrdersBlocksAndResolutions) {
  for (const bool big : {false, true}) {
    const Bytes bytes = Join({test::SectionHeader(big), test::InterfaceBlock(big, 1), test::InterfaceBlock(big, 101, 0, 9, -3600),
                              test::InterfaceBlock(big, 113, 0, 0x80 | 10), test::InterfaceBlock(big, 276, 0, 12, 5),
                              test::EnhancedPacket(big, 0, 1577716200'000123, Pattern(21, 1)), test::Block(big, 4, Pattern(30, 3)),
                              test::EnhancedPacket(big, 1, 1577716200'000000009, Pattern(4, 2)),
                              test::EnhancedPacket(big, 2, 1577716200ull * 1024 + 512, Pattern(3, 3)),
                              test::EnhancedPacket(big, 3, 7'000'000'000'999, Pattern(1, 4)), test::SimplePacket(big, 10, Pattern(10, 5)),
                              test::ObsoletePacket(big, 0, 1'000'001, Pattern(6, 6)), test::Block(big, 0xBAD, Pattern(8, 1))});
    const ReadCapture got = ReadAll(Put("a.pcapng", bytes));
    ASSERT_EQ(got.packets.size(), 6u) << got.error << got.damage_text;
    const uint64_t stamps[] = {1577716200'000123000, 1577712600'000000009, 1577716200'500000000, 12'000'000'000, 0, 1'000'001'000};
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(got.packets[i].ts_ns, stamps[i]) << i;
      EXPECT_EQ(got.packets[i].number, i + 1);
      EXPECT_EQ(Bytes(bytes.begin() + static_cast<long>(got.packets[i].file_offset),
                      bytes.begin() + static_cast<long>(got.packets[i].file_offset + got.packets[i].data.size())),
                got.packets[i].data);
    }
    EXPECT_EQ(got.packets[0].data, Pattern(21, 1));
    EXPECT_EQ(got.packets[1].layer, PacketLayer::kRawIp);
    EXPECT_EQ(got.packets[2].layer, PacketLayer::kLinuxCooked);
    EXPECT_EQ(got.packets[3].layer, PacketLayer::kLinuxCooked2);
    EXPECT_EQ(got.packets[4].data, Pattern(10, 5));
    EXPECT_EQ(got.packets[5].data, Pattern(6, 6));
    EXPECT_FALSE(got.damage.has_value());
  }
}

TEST_F(PcapngReaderTest, ASectionBringsItsOwnByteOrderAndInterfaces) {
  const Bytes bytes =
      Join({test::SectionHeader(false), test::InterfaceBlock(false, 1), test::EnhancedPacket(false, 0, 5, Pattern(9, 1)),
            test::SectionHeader(true), test::InterfaceBlock(true, 101, 0, 9), test::EnhancedPacket(true, 0, 5, Pattern(8, 2)),
            test::SectionHeader(false), test::EnhancedPacket(false, 0, 5, Pattern(7, 3))});
  const ReadCapture got = ReadAll(Put("a", bytes));
  ASSERT_EQ(got.packets.size(), 2u);
  EXPECT_EQ(got.packets[0].ts_ns, 5000u);
  EXPECT_EQ(got.packets[1].ts_ns, 5u);
  EXPECT_EQ(got.packets[1].layer, PacketLayer::kRawIp);
  ASSERT_TRUE(got.damage.has_value());  // the third section describes no interface
  EXPECT_EQ(got.damage->offset, bytes.size() - test::EnhancedPacket(false, 0, 5, Pattern(7, 3)).size());
}

TEST_F(PcapngReaderTest, SimplePacketsAreCutAtTheSnapLength) {
  const ReadCapture got = ReadAll(
      Put("a", Join({test::SectionHeader(false), test::InterfaceBlock(false, 1, 16), test::SimplePacket(false, 100, Pattern(16, 1))})));
  ASSERT_EQ(got.packets.size(), 1u);
  EXPECT_EQ(got.packets[0].data, Pattern(16, 1));
  EXPECT_EQ(got.packets[0].original_size, 100u);
}

TEST_F(PcapngReaderTest, PacketsOfUnknownLinkTypesAreCounted) {
  const ReadCapture got =
      ReadAll(Put("a", Join({test::SectionHeader(false), test::InterfaceBlock(false, 105), test::InterfaceBlock(false, 1),
                             test::EnhancedPacket(false, 0, 5, Pattern(9, 1)), test::EnhancedPacket(false, 1, 5, Pattern(9, 2))})));
  ASSERT_EQ(got.packets.size(), 1u);
  EXPECT_EQ(got.skipped, 1u);
  EXPECT_EQ(got.packets[0].number, 2u);
}

TEST_F(PcapngReaderTest, EveryCutKeepsWhatWasGoodAndNamesTheCutBlock) {
  const Bytes parts[] = {test::SectionHeader(false), test::InterfaceBlock(false, 1), test::EnhancedPacket(false, 0, 1, Pattern(13, 1)),
                         test::EnhancedPacket(false, 0, 2, Pattern(2, 1))};
  Bytes whole;
  std::vector<size_t> starts;
  for (const Bytes& part : parts) {
    starts.push_back(whole.size());
    whole.insert(whole.end(), part.begin(), part.end());
  }
  starts.push_back(whole.size());
  for (size_t size = 4; size <= whole.size(); ++size) {
    const ReadCapture got = ReadAll(Put("cut", Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    size_t blocks = 0;
    while (blocks < 4 && starts[blocks + 1] <= size) ++blocks;
    EXPECT_EQ(got.packets.size(), blocks < 2 ? 0 : blocks - 2) << size;
    ASSERT_EQ(got.damage.has_value(), size != starts[blocks]) << size;
    if (got.damage.has_value()) {
      EXPECT_EQ(got.damage->offset, starts[blocks]) << size;
      EXPECT_TRUE(got.damage->truncated);
    }
  }
}

TEST_F(PcapngReaderTest, ImpossibleBlocksEndTheReadingWhereTheyStart) {
  const Bytes good = Join({test::SectionHeader(false), test::InterfaceBlock(false, 1), test::EnhancedPacket(false, 0, 1, Pattern(12, 1))});
  const auto packet_with = [](size_t at, uint32_t value) {
    Bytes block = test::EnhancedPacket(false, 0, 2, Pattern(12, 2));
    for (int i = 0; i < 4; ++i) block[at + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> 8 * i);
    return block;
  };
  const Bytes bad[] = {packet_with(4, 0),
                       packet_with(4, 8),
                       packet_with(4, 45),
                       packet_with(4, 0xFFFFFFFC),
                       packet_with(40, 48),
                       packet_with(20, 0xFFFFFFFF),
                       packet_with(20, 14),
                       packet_with(20, 262'145),
                       packet_with(8, 1),
                       packet_with(8, 0xFFFFFFFF),
                       test::Block(false, 6, Pattern(8, 1)),
                       test::Block(false, 3, {}),
                       test::Block(false, 1, {}),
                       test::Block(false, 2, Pattern(4, 0))};
  for (const Bytes& block : bad) {
    const ReadCapture got = ReadAll(Put("bad", Join({good, block, Pattern(4096, 5)})));
    EXPECT_EQ(got.packets.size(), 1u);
    ASSERT_TRUE(got.damage.has_value());
    EXPECT_EQ(got.damage->offset, good.size());
    EXPECT_FALSE(got.damage->truncated) << got.damage_text;
  }
}

TEST_F(PcapngReaderTest, LargeUnknownBlocksAreSteppedOver) {
  const Bytes bytes = Join({test::SectionHeader(false), test::InterfaceBlock(false, 1), test::Block(false, 10, Pattern(size_t{6} << 20, 1)),
                            test::EnhancedPacket(false, 0, 3, Pattern(12, 1))});
  const ReadCapture got = ReadAll(Put("a", bytes));
  ASSERT_EQ(got.packets.size(), 1u) << got.damage_text;
  EXPECT_EQ(got.packets[0].data, Pattern(12, 1));
  EXPECT_FALSE(got.damage.has_value());
}

TEST_F(ItchFileTest, WalksFramesToAnEndOfSessionOrTheEnd) {
  const Bytes frames = ItchFrames();
  for (const bool ended : {false, true}) {
    const ReadCapture got = ReadAll(Put("a.itch", ended ? Join({frames, {0, 0}}) : frames));
    ASSERT_EQ(got.packets.size(), 3u) << got.error;
    EXPECT_EQ(got.packets[1].data.size(), 39u);
    EXPECT_EQ(got.packets[1].file_offset, 16u);
    EXPECT_EQ(got.packets[1].layer, PacketLayer::kItchMessage);
    EXPECT_EQ(got.packets[1].ts_ns, 0u);
    EXPECT_FALSE(got.damage.has_value());
  }
  const ReadCapture more = ReadAll(Put("a.itch", Join({frames, {0, 0}, frames})));
  EXPECT_EQ(more.packets.size(), 3u);
  ASSERT_TRUE(more.damage.has_value());
  EXPECT_EQ(more.damage->offset, frames.size());
}

TEST_F(ItchFileTest, EveryCutNamesTheFrameThatIsCut) {
  const Bytes whole = ItchFrames();
  const size_t starts[] = {0, 14, 55, whole.size()};
  for (size_t size = 3; size <= whole.size(); ++size) {
    const ReadCapture got = ReadAll(Put("cut", Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    ASSERT_EQ(got.error, "") << size;
    size_t frames = 0;
    while (frames < 3 && starts[frames + 1] <= size) ++frames;
    EXPECT_EQ(got.packets.size(), frames);
    ASSERT_EQ(got.damage.has_value(), size != starts[frames]);
    if (got.damage.has_value()) {
      EXPECT_EQ(got.damage->offset, starts[frames]);
    }
  }
}

TEST_F(ItchFileTest, MutatedFilesNeverCrashAndNeverGoPastTheFile) {
  const Bytes sources[] = {
      ItchFrames(),
      Join({test::PcapHeader(true, false), test::PcapRecord(true, 1, 1, Pattern(20, 1)), test::PcapRecord(true, 2, 2, Pattern(50, 1))}),
      Join({test::SectionHeader(false), test::InterfaceBlock(false, 1, 99, 9, 7), test::EnhancedPacket(false, 0, 1, Pattern(13, 1)),
            test::SimplePacket(false, 9, Pattern(9, 1)), test::ObsoletePacket(false, 0, 1, Pattern(9, 1)), test::SectionHeader(true),
            test::InterfaceBlock(true, 101, 0, 0x8A), test::EnhancedPacket(true, 0, 2, Pattern(8, 1))})};
  std::mt19937_64 random(11);
  uint64_t packets = 0, damaged = 0;
  for (int round = 0; round < 6000; ++round) {
    Bytes bytes = sources[round % 3];
    for (uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
      const uint64_t what = random() % 4;
      if (what == 0 && bytes.size() > 8)
        bytes.resize(bytes.size() - random() % 8);
      else if (what == 1)
        bytes[random() % bytes.size()] = static_cast<uint8_t>(random() % 2 == 0 ? 0xFF : 0);
      else
        bytes[random() % bytes.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    }
    const ReadCapture got = ReadAll(Put("mutant", bytes));
    for (const auto& p : got.packets) EXPECT_LE(p.file_offset + p.data.size(), bytes.size());
    if (got.damage.has_value()) {
      EXPECT_LE(got.damage->offset, bytes.size());
    }
    packets += got.packets.size();
    damaged += got.damage.has_value() ? 1 : 0;
  }
  EXPECT_GT(packets, 1000u);
  EXPECT_GT(damaged, 1000u);
}

TEST(RealCaptureTest, CountsOfIndependentParsers) {
  TICKGRAPH_DATA_OR_SKIP(pcap, "pcap/moldudp64_AB_open_20191230.pcap");
  EXPECT_EQ(ReadAll(pcap).packets.size(), 208u);
  TICKGRAPH_DATA_OR_SKIP(compressed, "pcap/iex_tops16.pcapng.gz");
  EXPECT_EQ(ReadAll(compressed).packets.size(), 13'022u);
  TICKGRAPH_DATA_OR_SKIP(itch, "itch/nasdaq_truncated_tail.itch");
  const ReadCapture cut = ReadAll(itch);
  EXPECT_EQ(cut.packets.size(), 101u);
  ASSERT_TRUE(cut.damage.has_value());
  EXPECT_EQ(cut.damage->offset, 4081u);
}

TEST_F(PcapReaderTest, PlayerGivesBurstsAndItsEnd) {
  Bytes bytes = test::PcapHeader(false, true);
  for (uint32_t i = 0; i < 70; ++i) bytes = Join({bytes, test::PcapRecord(false, i, 0, Pattern(10, 1))});
  std::string error;
  const auto player = FilePlayer::Open(Put("a", bytes), &error);
  ASSERT_NE(player, nullptr) << error;
  const PacketSource source = player->source();
  EXPECT_TRUE(source.has_end);
  for (const uint32_t count : {32u, 32u, 6u}) EXPECT_EQ(source.Poll().count, count);
  EXPECT_EQ(source.Poll().state, SourceState::kEnd);
  bytes.pop_back();
  const auto damaged = FilePlayer::Open(Put("b", bytes), &error);
  ASSERT_NE(damaged, nullptr) << error;
  for (const uint32_t count : {32u, 32u, 5u}) EXPECT_EQ(damaged->source().Poll().count, count);
  EXPECT_EQ(damaged->source().Poll().state, SourceState::kDamaged);
  EXPECT_EQ(damaged->source().Poll().state, SourceState::kDamaged);
}

}  // namespace
}  // namespace tickgraph
