// Counting IEX and CME captures: lines, partners, restarts, heartbeats, TCP streams, damage, and real captures' counts.
#include <gtest/gtest.h>

#include "net/io/file_player.h"
#include "net/proto/cme_encode.h"
#include "tests/net/capture_builder.h"
#include "tools/inspect_capture.h"

namespace tickgraph {
namespace {

using test::Bytes;
using Gaps = std::vector<std::pair<uint64_t, uint64_t>>;

Gaps GapsOf(const StreamCounts& stream) {
  Gaps out;
  stream.ForEachGap([&](const SequenceRange& hole) { out.emplace_back(hole.from, hole.end - 1); });
  return out;
}

class Feed {
 public:
  void Udp(const Bytes& payload, uint32_t group) {
    Bytes frame(kUdpFrameHeaderBytes + payload.size());
    std::copy(payload.begin(), payload.end(), frame.begin() + kUdpFrameHeaderBytes);
    EncodeUdpFrame({0x0A000001, group, 40000, 14310}, static_cast<uint32_t>(payload.size()), frame.data());
    Add(frame);
  }
  // A TCP segment from port 1000 to port 2000.
  void Tcp(const Bytes& payload) {
    Bytes frame(14 + 20 + 20);
    frame[12] = 8;
    frame[14] = 0x45;
    StoreBe16(&frame[16], static_cast<uint16_t>(40 + payload.size()));
    frame[23] = 6;
    StoreBe16(&frame[34], 1000);
    StoreBe16(&frame[36], 2000);
    frame[46] = 0x50;
    frame.insert(frame.end(), payload.begin(), payload.end());
    Add(frame);
  }
  void Iex(uint32_t session, int64_t number, int messages, uint64_t ts_ns, uint32_t group = 0xE9D70001) {
    Bytes payload(1400);
    iex::SegmentBuilder builder(payload.data(), 1400);
    builder.Begin({.session = session, .first_sequence = number, .ts_send_ns = ts_ns});
    Bytes message(18);
    message[0] = 'O';
    for (int i = 0; i < messages; ++i) ASSERT_TRUE(builder.Add(message.data(), 18));
    payload.resize(builder.Finish());
    Udp(payload, group);
  }
  static Bytes CmePacket(uint32_t number, uint64_t after_ns, int messages = 1) {
    Bytes payload(1400);
    cme::PacketBuilder builder(payload.data(), 1400);
    builder.Begin(number, 1'475'013'600'000'000'000 + after_ns);
    for (int i = 0; i < messages; ++i)
      EXPECT_TRUE(builder.Add<46>(9, cme::Incremental{}, std::vector<cme::BookEntry>(2), std::vector<cme::OrderOfEntry>()));
    payload.resize(builder.Finish());
    return payload;
  }
  void Cme(uint32_t number, uint64_t after_ns, uint32_t group = 0xE0001F0B, int messages = 1) {
    Udp(CmePacket(number, after_ns, messages), group);
  }
  CaptureInspector inspector{0};

 private:
  void Add(const Bytes& frame) {
    ++number_;
    inspector.Add({.data = frame.data(),
                   .size = static_cast<uint32_t>(frame.size()),
                   .original_size = static_cast<uint32_t>(frame.size()),
                   .ts_recv_ns = number_,
                   .number = number_,
                   .file_offset = number_ * 1000});
  }
  uint64_t number_ = 0;
};

TEST(IexInspectTest, PartnerLinesAreOneStreamAndHeartbeatsTellWhatIsMissing) {
  Feed feed;
  feed.Iex(7, 1, 0, 1);
  feed.Iex(7, 1, 3, 2);
  feed.Iex(7, 1, 2, 3, 0xE9D70002);  // line B cuts its packets elsewhere, and is later
  feed.Iex(7, 3, 4, 4, 0xE9D70002);
  feed.Iex(7, 10, 0, 5);
  EXPECT_EQ(5u, feed.inspector.packets);
  EXPECT_EQ(6u, feed.inspector.messages);
  EXPECT_EQ(3u, feed.inspector.duplicates());
  EXPECT_EQ(6u, feed.inspector.iex_types().at('O'));
  ASSERT_EQ(1u, feed.inspector.streams().size());
  EXPECT_EQ(2u, feed.inspector.streams()[0].heartbeats);
  EXPECT_EQ(GapsOf(feed.inspector.streams()[0]), (Gaps{{7, 9}}));
}

TEST(IexInspectTest, ANewSessionAndAFallingNumberStartAgain) {
  Feed feed;
  feed.Iex(7, 1, 5, 10);
  feed.Iex(7, 6, 0, 20);
  feed.Iex(7, 1, 0, 30);  // the session starts again
  feed.Iex(7, 1, 5, 40);
  feed.Iex(8, 1, 5, 50);
  feed.Iex(7, 1, 5, 40);  // a packet captured twice
  EXPECT_EQ(15u, feed.inspector.messages);
  EXPECT_EQ(5u, feed.inspector.duplicates());
  ASSERT_EQ(3u, feed.inspector.streams().size());
  for (const StreamCounts& stream : feed.inspector.streams()) EXPECT_TRUE(GapsOf(stream).empty());
}

TEST(IexInspectTest, DamageIsBadAndForeignBytesAreUnknown) {
  Feed feed;
  feed.Iex(7, 1, 1, 1);
  Bytes cut(60);
  cut[0] = 1;
  StoreLe(&cut[2], iex::kDeep10);
  StoreLe<uint16_t>(&cut[12], 100);
  feed.Udp(cut, 1);
  EXPECT_EQ(1u, feed.inspector.bad_messages);
  feed.Udp(Bytes(60, 0xEE), 1);
  EXPECT_EQ(1u, feed.inspector.unknown_packets);
  EXPECT_EQ(1u, feed.inspector.messages);
}

TEST(CmeInspectTest, LinesCountByThemselvesUnlessTheyArePaired) {
  constexpr uint32_t kA = 0xE0001F0B, kB = 0xE000200B;
  const auto pair = ParseLinePair("224.0.31.11:14310,224.0.32.11:14310");
  ASSERT_TRUE(pair.has_value());
  for (const bool paired : {false, true}) {
    Feed feed;
    if (paired) feed.inspector.Pair(*pair);
    for (const uint32_t n : {100u, 101u, 104u}) {
      feed.Cme(n, n, kA, 2);
      feed.Cme(n == 101 ? 102 : n, n + 1, kB, 2);
    }
    EXPECT_EQ(6u, feed.inspector.packets);
    EXPECT_EQ(paired ? 8u : 12u, feed.inspector.messages);
    EXPECT_EQ(paired ? 4u : 0u, feed.inspector.duplicates());
    EXPECT_EQ(feed.inspector.messages, feed.inspector.cme_templates().at(46));
    ASSERT_EQ(paired ? 1u : 2u, feed.inspector.streams().size());
    EXPECT_EQ(GapsOf(feed.inspector.streams()[0]), paired ? (Gaps{{103, 103}}) : (Gaps{{102, 103}}));
  }
  for (const char* text :
       {"", "1.2.3.4:5", "1.2.3.4:5,", "1.2.3.4,1.2.3.5", "1.2.3.256:5,1.2.3.4:5", "1.2.3.4:5,1.2.3.4:5", "1.2.3.4:65536,1.2.3.5:1"}) {
    EXPECT_FALSE(ParseLinePair(text).has_value()) << text;
  }
}

TEST(CmeInspectTest, ASnapshotLoopStartsAgainAndALatePacketDoesNot) {
  Feed feed;
  for (uint64_t loop = 0; loop < 3; ++loop) {
    for (const uint32_t n : {1u, 2u, 3u}) feed.Cme(n, loop * 10 + n);
  }
  EXPECT_EQ(9u, feed.inspector.messages);
  EXPECT_EQ(3u, feed.inspector.streams().size());
  Feed late;
  late.Cme(5, 5);
  late.Cme(7, 7);
  late.Cme(6, 6);
  late.Cme(6, 6);
  EXPECT_EQ(3u, late.inspector.messages);
  EXPECT_EQ(1u, late.inspector.duplicates());
  EXPECT_EQ(1u, late.inspector.streams().size());
}

TEST(CmeInspectTest, MalformedPacketsOfAKnownLineAreBad) {
  Feed feed;
  feed.Cme(1, 1);
  Bytes packet = Feed::CmePacket(2, 2);
  packet.pop_back();
  feed.Udp(packet, 0xE0001F0B);
  EXPECT_EQ(1u, feed.inspector.bad_messages);
  packet = Feed::CmePacket(2, 2);
  packet[12 + 10 + 11 + 2] = 200;  // more entries than there are bytes
  feed.Udp(packet, 0xE0001F0B);
  EXPECT_EQ(2u, feed.inspector.bad_messages);
  EXPECT_EQ(1u, feed.inspector.messages);
}

TEST(CmeInspectTest, TcpStreamsInAnySegments) {
  Bytes stream;
  for (const uint32_t n : {1u, 2u, 4u}) {
    const Bytes packet = Feed::CmePacket(n, n, 2);
    Bytes mark(2);
    StoreLe(mark.data(), cme::kTcpEncoding);
    stream.insert(stream.end(), mark.begin(), mark.end());
    stream.insert(stream.end(), packet.begin(), packet.end());
  }
  Bytes request(14 + 10);  // what a subscriber sends: schema 2
  StoreLe(&request[0], cme::kTcpEncoding);
  StoreLe<uint32_t>(&request[2], 5);
  StoreLe<uint64_t>(&request[6], 9);
  StoreLe<uint16_t>(&request[14], 10);
  StoreLe<uint16_t>(&request[18], 208);
  StoreLe<uint16_t>(&request[20], cme::kRequestSchema);
  stream.insert(stream.end(), request.begin(), request.end());
  for (const size_t step : {size_t{2}, size_t{7}, size_t{100}, stream.size()}) {
    Feed feed;
    for (size_t at = 0; at < stream.size(); at += step) {
      feed.Tcp(Bytes(stream.begin() + static_cast<std::ptrdiff_t>(at),
                     stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, stream.size()))));
    }
    EXPECT_EQ(7u, feed.inspector.messages) << step;
    EXPECT_EQ(6u, feed.inspector.cme_templates().at(46));
    EXPECT_EQ(1u, feed.inspector.cme_templates().at(208));
    EXPECT_EQ(0u, feed.inspector.bad_messages);
    ASSERT_EQ(1u, feed.inspector.streams().size());
    EXPECT_EQ(GapsOf(feed.inspector.streams()[0]), (Gaps{{3, 3}}));
  }
}

void InspectFile(const std::string& path, CaptureInspector* inspector) {
  std::string error;
  const auto player = FilePlayer::Open(path, &error);
  ASSERT_NE(player, nullptr) << error;
  for (PacketBurst burst = player->Poll(); burst.count != 0; burst = player->Poll()) {
    for (uint32_t i = 0; i < burst.count; ++i) inspector->Add(burst.packets[i]);
  }
}

TEST(RealInspectTest, IexTops) {
  TICKGRAPH_DATA_OR_SKIP(path, "pcap/iex_tops16.pcapng.gz");
  CaptureInspector inspector(0);
  InspectFile(path, &inspector);
  EXPECT_EQ(13'022u, inspector.packets);
  EXPECT_EQ(57'674u, inspector.messages);
  const std::map<uint8_t, uint64_t> want{{'Q', 27217}, {'H', 7803}, {'P', 7802}, {'O', 7801}, {'T', 6390},
                                         {'A', 642},   {'D', 10},   {'S', 6},    {'B', 3}};
  EXPECT_EQ(want, inspector.iex_types());
  EXPECT_EQ(0u, inspector.bad_messages + inspector.duplicates() + inspector.unknown_packets);
  ASSERT_EQ(1u, inspector.streams().size());
  EXPECT_EQ(237u, inspector.streams()[0].heartbeats);
  EXPECT_TRUE(GapsOf(inspector.streams()[0]).empty());
}

TEST(RealInspectTest, CmeLines) {
  TICKGRAPH_DATA_OR_SKIP(path, "pcap/cme_mdp3_session_statistics.pcap");
  const auto pair = ParseLinePair("224.0.31.11:14320,224.0.32.11:15320");
  ASSERT_TRUE(pair.has_value());
  for (const bool paired : {false, true}) {
    CaptureInspector inspector(0);
    if (paired) inspector.Pair(*pair);
    InspectFile(path, &inspector);
    EXPECT_EQ(356u, inspector.packets);
    const uint64_t lines = paired ? 1 : 2;
    const std::map<uint16_t, uint64_t> want{{30, 3 * lines}, {32, 181 * lines}, {35, 179 * lines}, {37, 19 * lines}};
    EXPECT_EQ(want, inspector.cme_templates());
    size_t gaps = 0;
    for (const StreamCounts& stream : inspector.streams()) gaps += GapsOf(stream).size();
    EXPECT_EQ(115 * lines, gaps);
    EXPECT_EQ(paired ? 382u : 0u, inspector.duplicates());
    EXPECT_EQ(0u, inspector.bad_messages + inspector.unknown_messages);
  }
}

}  // namespace
}  // namespace tickgraph
