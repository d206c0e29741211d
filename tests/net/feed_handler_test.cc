// The front of the loop: real captures, streams and lines, loss, ends, OPRA's numbering, bad packets.
#include "net/proto/feed_handler.h"

#include <random>

#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

constexpr uint32_t kGroupA = 0xE9360C6F, kGroupB = 0xE9360C70;
constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kStart = 1'692'712'800'000'000'000;  // 2023-08-22 10:00 in New York

FeedConfig SmallConfig() {
  FeedConfig config;
  config.reorder_slots_per_stream = 64;
  config.reorder_slots = 64;
  config.max_listed = 256;
  config.queued_updates = 256;
  return config;
}

Bytes MoldData(const std::string& session, uint64_t first, uint16_t count) {
  Bytes payload(1400);
  MoldPacketBuilder builder(payload.data(), 1400);
  builder.Begin(session, first);
  for (uint16_t i = 0; i < count; ++i) {
    uint8_t message[kItchMaxMessageBytes];
    DeleteOrder event;
    event.order_ref = first + i;
    EXPECT_TRUE(builder.Add(message, EncodeItch(event, 0, message)));
  }
  payload.resize(builder.Finish());
  return payload;
}
Bytes MoldEnd(const std::string& session, uint64_t next) {
  Bytes payload(20);
  EncodeMoldEndOfSession(session, next, payload.data());
  return payload;
}
Bytes MoldHeartbeat(const std::string& session, uint64_t next) {
  Bytes payload(20);
  EncodeMoldHeartbeat(session, next, payload.data());
  return payload;
}
Bytes OpraControl(char type, uint32_t number, bool retransmitted = false) {
  Bytes payload(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(payload.data());
  builder.Begin(number, kStart, retransmitted);
  EXPECT_TRUE(builder.AddControl(type));
  payload.resize(builder.Finish());
  return payload;
}
Bytes OpraTrades(uint32_t number, int count, bool retransmitted = false) {
  Bytes payload(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(payload.data());
  builder.Begin(number, kStart, retransmitted);
  OptionTrade trade;
  trade.key = {Symbol::From("TGRA"), 20231215, OptionRight::kPut, 50'000'000'000};
  for (int i = 0; i < count; ++i) EXPECT_TRUE(builder.Add(trade));
  payload.resize(builder.Finish());
  return payload;
}

class FeedHandlerTest : public testing::Test {
 protected:
  void Send(const Bytes& payload, uint32_t group = kGroupA, uint16_t port = 26477) {
    const TestPacket packet = UdpPacket(payload, group, port, now_);
    feed_.OnPacket(ViewOf(packet, ++number_), handler_);
  }
  bool SendFile(const std::string& name) {
    const auto packets = ReadClassicPcap(DataPath(name));
    for (const TestPacket& packet : packets) feed_.OnPacket(ViewOf(packet, ++number_), handler_);
    feed_.Finish(feed_.session_time_ns(), handler_);
    return !packets.empty();
  }

  FeedHandler<RecordingHandler> feed_{SmallConfig()};
  RecordingHandler handler_;
  uint64_t now_ = kStart, number_ = 0;
};

TEST_F(FeedHandlerTest, RealLinesAAndB) {
  if (!SendFile("pcap/moldudp64_AB_open_20191230.pcap")) GTEST_SKIP() << "pcap/moldudp64_AB_open_20191230.pcap is not there";
  const FeedCounters counters = feed_.counters();
  EXPECT_EQ(1000u, counters.messages);
  EXPECT_EQ(1000u, counters.duplicates);
  EXPECT_EQ(208u, counters.packets);
  EXPECT_EQ(0u, counters.gaps + counters.bad_messages + counters.unknown_types + counters.not_market_data);
  EXPECT_EQ(1u, handler_.streams.size());
  EXPECT_EQ(20191230u, handler_.streams[0].second);
  for (size_t i = 1; i < handler_.events.size(); ++i) ASSERT_EQ(handler_.events[i - 1].number + 1, handler_.events[i].number);
}

TEST_F(FeedHandlerTest, RealPacketsFarApart) {
  if (!SendFile("pcap/nasdaq/Multiple.Packets.pcap")) GTEST_SKIP() << "pcap/nasdaq/Multiple.Packets.pcap is not there";
  EXPECT_EQ(39u, feed_.counters().messages);
  EXPECT_EQ(1u, feed_.counters().gaps);
  EXPECT_EQ(4'244'620u, feed_.counters().missing_messages);
}

TEST_F(FeedHandlerTest, RealOpraPackets) {
  for (const char* name :
       {"AdministrativeMessage", "ControlMessage", "LongEquityAndIndexQuoteMessage", "ShortEquityAndIndexQuoteMessage"}) {
    FeedHandler<RecordingHandler> feed{SmallConfig()};
    RecordingHandler handler;
    const auto packets = ReadClassicPcap(DataPath(std::string("pcap/opra62/") + name + ".pcap"));
    if (packets.empty()) GTEST_SKIP() << "pcap/opra62 is not there";
    for (const TestPacket& packet : packets) feed.OnPacket(ViewOf(packet, 1), handler);
    EXPECT_EQ(1u, feed.counters().messages) << name;
    EXPECT_EQ(0u, feed.counters().bad_messages) << name;
    ASSERT_EQ(1u, handler.streams.size());
    EXPECT_EQ("OPRA", handler.streams[0].first);
    EXPECT_EQ(20231129u, handler.streams[0].second);
    EXPECT_TRUE(handler.options[0]);
  }
}

TEST_F(FeedHandlerTest, RawItchTakesTheMessagesTime) {
  const Bytes file = ReadFileBytes(DataPath("itch/nasdaq_20191230_open.itch"));
  if (file.empty()) GTEST_SKIP() << "itch/nasdaq_20191230_open.itch is not there";
  FeedConfig config = SmallConfig();
  config.date = 20191230;
  FeedHandler<RecordingHandler> feed(config);
  uint64_t last = 0;
  WalkItch(file.data(), file.size(), [&](const uint8_t* message, uint32_t size) {
    PacketView view;
    view.data = message;
    view.size = view.original_size = size;
    view.layer = PacketLayer::kItchMessage;
    view.number = ++number_;
    feed.OnPacket(view, handler_);
    ASSERT_GE(feed.session_time_ns(), last);
    last = feed.session_time_ns();
  });
  EXPECT_EQ(1000u, feed.counters().messages);
  EXPECT_EQ("ITCH", handler_.streams[0].first);
  EXPECT_EQ(1u, handler_.events.front().number);
  EXPECT_GE(last, 1'577'716'200'000'000'000u);  // 09:30 in New York
  EXPECT_LT(last, 1'577'716'260'000'000'000u);
}

TEST_F(FeedHandlerTest, EveryGoodPacketOfAStreamIsASignOfLife) {
  Send(MoldHeartbeat("TGXA", 1));
  EXPECT_EQ(1u, handler_.activities) << "a heartbeat";
  Send(MoldData("TGXA", 1, 2));
  Send(MoldData("TGXA", 1, 2));
  EXPECT_EQ(3u, handler_.activities) << "a copy too";
  EXPECT_EQ(2u, handler_.events.size());
}

TEST_F(FeedHandlerTest, HoleIsGappedAtOnceAndLostInTime) {
  Send(MoldHeartbeat("TGXA", 1));
  Send(MoldData("TGXA", 1, 2));
  Send(MoldData("TGXA", 5, 2));
  EXPECT_EQ((std::vector<std::pair<VenueIndex, BookState>>{{0, BookState::kGapped}}), handler_.states);
  EXPECT_EQ(kStart + 5 * kMillisecond, feed_.next_timer_ns());
  now_ += 5 * kMillisecond;
  Send(MoldHeartbeat("OTHER", 1));  // time passes by another stream's packet
  EXPECT_EQ((std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>>{{0, 3, 4}}), handler_.gaps);
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 5, 6}), handler_.Numbers());
  EXPECT_EQ(UINT64_MAX, feed_.next_timer_ns());
  Send(MoldData("TGXA", 3, 2), kGroupB);
  EXPECT_EQ(2u, feed_.counters().late);
}

TEST_F(FeedHandlerTest, SecondDestinationIsLineB) {
  Send(MoldData("TGXA", 1, 1));
  Send(MoldData("TGXA", 1, 2), kGroupB);
  Send(MoldData("TGXA", 3, 1), 0x0A000009);  // re-requested: to our own address
  ASSERT_EQ(3u, handler_.events.size());
  EXPECT_EQ(Line::kA, handler_.events[0].line);
  EXPECT_EQ(Line::kB, handler_.events[1].line);
  EXPECT_EQ(1u, handler_.streams.size());
}

TEST_F(FeedHandlerTest, StreamEndsWhenEveryLineHasEndedAndNothingIsOpen) {
  Send(MoldData("TGXA", 1, 1));
  Send(MoldData("TGXA", 1, 1), kGroupB);
  EXPECT_FALSE(feed_.all_ended());
  Send(MoldEnd("TGXA", 3));
  Send(MoldEnd("TGXA", 3), kGroupB);
  EXPECT_FALSE(feed_.all_ended());  // number 2 may still come
  now_ += 5 * kMillisecond;
  feed_.OnTimer(now_, handler_);
  EXPECT_TRUE(feed_.all_ended());
  EXPECT_EQ((std::vector<VenueIndex>{0}), handler_.ends);
  Send(MoldEnd("TGXA", 3));
  EXPECT_EQ(1u, handler_.ends.size());
  EXPECT_EQ(1u, feed_.counters().gaps);
}

TEST_F(FeedHandlerTest, LineIntegrityCountsAtEachArrivalAndTakesNoNumber) {
  Send(OpraControl('N', 99), kGroupA, 45004);
  Send(OpraControl('N', 99), kGroupB, 45004);
  Send(OpraTrades(100, 3), kGroupA, 45004);
  Send(OpraTrades(100, 3), kGroupB, 45004);
  Send(OpraControl('J', 103), kGroupA, 45004);
  EXPECT_FALSE(feed_.all_ended());
  Send(OpraControl('J', 103), kGroupB, 45004);
  EXPECT_TRUE(feed_.all_ended());
  Send(OpraControl('N', 103), kGroupB, 45004);
  EXPECT_EQ((std::vector<uint64_t>{99, 99, 100, 101, 102, 103, 103}), handler_.Numbers());
  EXPECT_EQ(7u, feed_.counters().messages);
  EXPECT_EQ(4u, feed_.counters().duplicates);
  EXPECT_EQ(0u, feed_.counters().gaps);
  Send(OpraControl('N', 105), kGroupB, 45004);  // two more were sent and did not come
  feed_.Finish(now_, handler_);
  EXPECT_EQ((std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>>{{0, 104, 105}}), handler_.gaps);
}

TEST_F(FeedHandlerTest, OpraStreamsAreDestinationPorts) {
  Send(OpraTrades(1, 1), kGroupA, 45004);
  Send(OpraTrades(1, 1), kGroupA, 45005);
  Send(OpraTrades(2, 1), kGroupB, 45005);
  ASSERT_EQ(2u, handler_.streams.size());
  EXPECT_EQ("OPRA", handler_.streams[0].first);
  EXPECT_EQ("OPRA:45005", handler_.streams[1].first);
  EXPECT_EQ((std::vector<uint64_t>{1, 2}), handler_.Numbers(1));
}

TEST_F(FeedHandlerTest, RetransmittedBlockFillsItsHole) {
  Send(OpraTrades(10, 1), kGroupA, 45004);
  Send(OpraTrades(13, 1), kGroupA, 45004);
  Send(OpraTrades(10, 3, true), 0xE0010101, 46000);  // its number's groups and port are its own, and part of it is known
  EXPECT_EQ((std::vector<uint64_t>{10, 11, 12, 13}), handler_.Numbers());
  EXPECT_EQ(1u, feed_.stream_count());
  EXPECT_EQ(1u, feed_.stream(0).line_count);
}

TEST_F(FeedHandlerTest, OpraNumbersRollOverTo1) {
  Send(OpraTrades(0xFFFFFFFEu, 1), kGroupA, 45004);
  Send(OpraTrades(1, 1), kGroupA, 45004);
  Send(OpraTrades(0xFFFFFFFEu, 1), kGroupB, 45004);
  Send(OpraTrades(0xFFFFFFFFu, 1), kGroupB, 45004);
  Send(OpraTrades(2, 1), kGroupB, 45004);
  EXPECT_EQ((std::vector<uint64_t>{0xFFFFFFFEu, 0xFFFFFFFFu, 0x100000000u, 0x100000001u}), handler_.Numbers());
  EXPECT_EQ(0u, feed_.counters().gaps);
  EXPECT_EQ(1u, feed_.counters().duplicates);
}

TEST_F(FeedHandlerTest, ResetSequenceIsTakenOnce) {
  Send(OpraTrades(5000, 1), kGroupA, 45004);
  Send(OpraTrades(5000, 1), kGroupB, 45004);
  Send(OpraTrades(5001, 1), kGroupA, 45004);
  Send(OpraControl('K', 20), kGroupA, 45004);
  Send(OpraTrades(21, 1), kGroupA, 45004);
  Send(OpraTrades(5001, 1), kGroupB, 45004);  // the slower line is still before the reset
  Send(OpraControl('K', 20), kGroupB, 45004);
  Send(OpraTrades(21, 2), kGroupB, 45004);
  feed_.Finish(now_, handler_);
  EXPECT_EQ((std::vector<uint64_t>{5000, 5001, 20, 21, 22}), handler_.Numbers());
  EXPECT_EQ(0u, feed_.counters().gaps);
  EXPECT_EQ(4u, feed_.counters().duplicates);
}

TEST_F(FeedHandlerTest, StartOfDayAtZeroOpensTheStream) {
  for (const uint32_t group : {kGroupA, kGroupB}) Send(OpraControl('C', 0), group, 45004);
  for (const uint32_t group : {kGroupA, kGroupB}) Send(OpraTrades(1, 2), group, 45004);
  EXPECT_EQ((std::vector<uint64_t>{0, 1, 2}), handler_.Numbers());
  EXPECT_EQ(3u, feed_.counters().duplicates);
}

TEST_F(FeedHandlerTest, BadPacketsAreCountedAndTheFirstIsNamed) {
  Send(MoldData("TGXA", 1, 1));
  Send({1, 2, 3}, 0xEF000001, 99);  // somebody else's
  EXPECT_EQ(1u, feed_.counters().not_market_data);
  Bytes cut = MoldData("TGXA", 2, 2);
  cut.pop_back();
  Send(cut, 0xEF000001, 99);
  Bytes sum = OpraTrades(1, 1);
  sum[30] ^= 1;
  Send(sum, kGroupA, 45004);
  Bytes size = OpraTrades(1, 1);
  size.push_back(0);
  Send(size, kGroupA, 45004);
  Send({}, kGroupA, 26477);  // nothing, to a known line
  TestPacket broken = UdpPacket(MoldData("TGXA", 2, 1), kGroupA, 26477, now_);
  broken.bytes[60] ^= 1;
  feed_.OnPacket(ViewOf(broken, ++number_), handler_);
  EXPECT_EQ(5u, feed_.counters().bad_messages);
  EXPECT_EQ(3u, feed_.counters().first_bad_packet);
  EXPECT_STREQ("malformed MoldUDP64 packet", feed_.counters().first_bad_reason);
  EXPECT_EQ(1u, feed_.counters().messages);
}

TEST_F(FeedHandlerTest, StreamsPastTheLastAreDropped) {
  for (uint32_t i = 0; i < kMaxVenues + 3; ++i) Send(MoldData("S" + std::to_string(i), 1, 1));
  EXPECT_EQ(kMaxVenues, feed_.stream_count());
  EXPECT_EQ(3u, feed_.counters().dropped_streams);
  EXPECT_EQ(kMaxVenues, feed_.counters().messages);
}

// Loss that is never on both lines leaves no trace, whatever the boundaries.
TEST_F(FeedHandlerTest, DisjointLossGivesTheWholeStream) {
  std::mt19937_64 random(7);
  std::vector<Bytes> delayed;
  for (uint64_t number = 1; number < 3000;) {
    const auto count = static_cast<uint16_t>(1 + random() % 5);
    const uint64_t lost = random() % 4;
    if (lost != 0) Send(MoldData("TGXA", number, count));
    delayed.push_back(lost == 1 ? Bytes{} : MoldData("TGXA", number, count));
    if (delayed.size() > 3) {
      if (!delayed.front().empty()) Send(delayed.front(), kGroupB);
      delayed.erase(delayed.begin());
    }
    number += count;
    now_ += 1000;
  }
  for (const Bytes& payload : delayed) {
    if (!payload.empty()) Send(payload, kGroupB);
  }
  feed_.Finish(now_, handler_);
  EXPECT_EQ(0u, feed_.counters().gaps);
  EXPECT_EQ(handler_.events.size(), handler_.events.back().number);
  EXPECT_EQ(BookState::kLive, handler_.states.back().second);
}

// Every byte of a valid set of packets to every value: no crash, and the counters add up.
TEST(FeedHandlerFuzzTest, EveryByteToEveryValue) {
  std::vector<TestPacket> packets;
  for (const uint32_t group : {kGroupA, kGroupB}) {
    packets.push_back(UdpPacket(MoldHeartbeat("TGXA", 1), group, 26477, kStart));
    packets.push_back(UdpPacket(MoldData("TGXA", 1, 2), group, 26477, kStart));
    packets.push_back(UdpPacket(OpraTrades(1, 2), group, 45004, kStart));
    packets.push_back(UdpPacket(OpraControl('K', 9), group, 45004, kStart));
    packets.push_back(UdpPacket(MoldEnd("TGXA", 5), group, 26477, kStart));
  }
  FeedConfig config = SmallConfig();
  config.verify_udp_checksum = false;
  for (size_t victim = 0; victim < packets.size(); ++victim) {
    for (size_t at = 0; at < packets[victim].bytes.size(); ++at) {
      FeedHandler<RecordingHandler> feed(config);
      RecordingHandler handler;
      for (int value = 0; value < 256; value += 3) {
        for (size_t i = 0; i < packets.size(); ++i) {
          TestPacket packet = packets[i];
          if (i == victim) {
            packet.bytes[at] = static_cast<uint8_t>(value);
            StoreBe16(&packet.bytes[24], 0);  // past the checksums, where a sender's fault would be
            if (packet.bytes.size() >= 63 && packet.bytes[42] == 6) {
              StoreBe16(&packet.bytes[61], OpraChecksum(&packet.bytes[42], static_cast<uint32_t>(packet.bytes.size() - 42)));
            }
          }
          feed.OnPacket(ViewOf(packet, i + 1), handler);
        }
      }
      feed.Finish(kStart + 1, handler);
      ASSERT_EQ(feed.counters().messages, handler.events.size());
      ASSERT_EQ(feed.counters().gaps, handler.gaps.size());
      ASSERT_EQ(UINT64_MAX, feed.next_timer_ns());
    }
  }
}

}  // namespace
}  // namespace tickgraph
