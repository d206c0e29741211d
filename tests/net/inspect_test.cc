// Counting a capture: each number once, holes over the whole capture, OPRA's controls, and real captures' counts.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "net/io/file_player.h"
#include "tests/net/capture_builder.h"
#include "tools/inspect_capture.h"

namespace tickgraph {
namespace {

using test::Bytes;

std::vector<std::pair<uint64_t, uint64_t>> Gaps(const StreamCounts& stream) {
  std::vector<std::pair<uint64_t, uint64_t>> out;
  stream.ForEachGap([&](const SequenceRange& hole) { out.emplace_back(hole.from, hole.end - 1); });
  return out;
}

TEST(SequenceSetTest, AgreesWithASetOfNumbers) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    SequenceSet set;
    std::set<uint64_t> plain;
    std::vector<SequenceRange> added;
    for (int i = 0; i < 60; ++i) {
      const uint64_t from = random() % 200, end = from + random() % 12;
      bool all_there = true;
      std::vector<uint64_t> expected, got;
      for (uint64_t n = from; n < end; ++n) {
        all_there &= plain.contains(n);
        if (plain.insert(n).second) expected.push_back(n);
      }
      if (from < end) {
        EXPECT_EQ(set.Holds(from, end), all_there);
      }
      set.Add(from, end, &added);
      for (const SequenceRange& range : added) {
        for (uint64_t n = range.from; n < range.end; ++n) got.push_back(n);
      }
      ASSERT_EQ(got, expected);
    }
    std::vector<uint64_t> holes, expected;
    set.ForEachHole(5, 230, [&](const SequenceRange& hole) {
      for (uint64_t n = hole.from; n < hole.end; ++n) holes.push_back(n);
    });
    for (uint64_t n = 5; n < 230; ++n) {
      if (!plain.contains(n)) expected.push_back(n);
    }
    ASSERT_EQ(holes, expected);
  }
}

TEST(StreamCountsTest, StartsWhereTheCaptureStartsUnlessTold) {
  std::vector<SequenceRange> added;
  StreamCounts silent;
  silent.Take(1000, 5, &added);
  silent.Announce(1005);
  EXPECT_TRUE(Gaps(silent).empty());
  StreamCounts told;
  told.Announce(990);
  told.Take(1000, 5, &added);
  EXPECT_EQ(Gaps(told), (std::vector<std::pair<uint64_t, uint64_t>>{{990, 999}}));
  StreamCounts tail;
  tail.Take(1, 3, &added);
  tail.Announce(10);
  tail.Take(6, 1, &added);
  tail.Take(1, 7, &added);
  EXPECT_EQ(Gaps(tail), (std::vector<std::pair<uint64_t, uint64_t>>{{8, 9}}));
  EXPECT_EQ(tail.messages, 7u);
  EXPECT_EQ(tail.duplicates, 4u);
  StreamCounts only_heartbeats;
  only_heartbeats.Announce(100);
  only_heartbeats.Announce(103);
  EXPECT_EQ(Gaps(only_heartbeats), (std::vector<std::pair<uint64_t, uint64_t>>{{100, 102}}));
}

TEST(OpraNumbersTest, GoesFromTheLargestToOne) {
  OpraNumbers numbers;
  const uint64_t last = numbers.Extend(0xFFFFFFFF);
  EXPECT_EQ(numbers.Extend(1), last + 1);
  EXPECT_EQ(numbers.Extend(0xFFFFFFFE), last - 1);
  EXPECT_EQ(numbers.Extend(5), last + 5);
  EXPECT_EQ(OpraNumbers::Wire(last), 0xFFFFFFFFu);
  EXPECT_EQ(OpraNumbers::Wire(last + 1), 1u);
  OpraNumbers from_one;
  const uint64_t one = from_one.Extend(1);
  EXPECT_EQ(from_one.Extend(0xFFFFFFFF), one - 1);
  OpraNumbers start_of_day;
  const uint64_t zero = start_of_day.Extend(0);
  EXPECT_EQ(start_of_day.Extend(1), zero + 1);
  EXPECT_EQ(OpraNumbers::Wire(zero), 0u);
}

// Feeds datagrams as packets of a socket: no headers, so ports are 0.
class Feed {
 public:
  explicit Feed(uint64_t midnight_ns = 0) : inspector(midnight_ns) {}

  void Datagram(const Bytes& payload) {
    inspector.Add({.data = payload.data(),
                   .size = static_cast<uint32_t>(payload.size()),
                   .original_size = static_cast<uint32_t>(payload.size()),
                   .ts_recv_ns = ++number_,
                   .number = number_,
                   .file_offset = number_ * 1000,
                   .layer = PacketLayer::kUdpPayload});
  }
  void Mold(const char* session, uint64_t sequence, const std::vector<Bytes>& messages) {
    Bytes payload(1400);
    MoldPacketBuilder builder(payload.data(), 1400);
    builder.Begin(session, sequence);
    for (const Bytes& message : messages) ASSERT_TRUE(builder.Add(message.data(), static_cast<uint32_t>(message.size())));
    payload.resize(builder.Finish());
    Datagram(payload);
  }
  void Opra(uint32_t sequence, char control, bool retransmitted = false) {
    Bytes payload(kOpraMaxBlockBytes);
    OpraBlockBuilder builder(payload.data());
    builder.Begin(sequence, 1'700'000'000'000'000'000, retransmitted);
    ASSERT_TRUE(control == 'T' ? builder.AddAdministrative("text") : builder.AddControl(control));
    payload.resize(builder.Finish());
    Datagram(payload);
  }
  CaptureInspector inspector;
  [[nodiscard]] uint64_t Count(InspectProtocol protocol, char type) const {
    return inspector.by_type[static_cast<size_t>(protocol)][static_cast<uint8_t>(type)];
  }

 private:
  uint64_t number_ = 0;
};

Bytes ItchMessage(char type) {
  Bytes out(kItchLengths[static_cast<uint8_t>(type)]);
  out[0] = static_cast<uint8_t>(type);
  if (type == 'A') out[19] = 'B';
  return out;
}

TEST(CaptureInspectorTest, CountsEachMoldNumberOnceWhateverTheLinesAndBoundaries) {
  Feed feed;
  feed.Mold("V1", 1, {});
  feed.Mold("V1", 1, {ItchMessage('S'), ItchMessage('A')});
  feed.Mold("V1", 2, {ItchMessage('A'), ItchMessage('D'), ItchMessage('X')});  // line B cuts its packets elsewhere
  feed.Mold("V1", 8, {ItchMessage('D')});
  feed.Mold("V2", 500, {ItchMessage('D')});
  feed.Mold("V1", 6, {ItchMessage('D')});
  EXPECT_EQ(feed.inspector.packets, 6u);
  EXPECT_EQ(feed.inspector.messages, 7u);
  EXPECT_EQ(feed.inspector.duplicates(), 1u);
  EXPECT_EQ(feed.Count(InspectProtocol::kItch, 'D'), 4u);
  ASSERT_EQ(feed.inspector.streams().size(), 2u);
  EXPECT_EQ(Gaps(feed.inspector.streams()[0]), (std::vector<std::pair<uint64_t, uint64_t>>{{5, 5}, {7, 7}}));
  EXPECT_TRUE(Gaps(feed.inspector.streams()[1]).empty());
  EXPECT_EQ(feed.inspector.streams()[0].name, "V1");
}

TEST(CaptureInspectorTest, MalformedMessagesAreBadAndUnknownTypesAreNot) {
  Feed feed;
  Bytes wrong_length = ItchMessage('A');
  wrong_length.push_back(0);
  Bytes wrong_side = ItchMessage('A');
  wrong_side[19] = '?';
  feed.Mold("V1", 1, {ItchMessage('A'), wrong_length, wrong_side, Bytes{'z', 1, 2}});
  EXPECT_EQ(feed.inspector.messages, 2u);
  EXPECT_EQ(feed.inspector.bad_messages, 2u);
  EXPECT_EQ(feed.inspector.unknown_messages, 1u);
  EXPECT_EQ(feed.Count(InspectProtocol::kItch, 'z'), 1u);
  ASSERT_TRUE(feed.inspector.first_bad_message.has_value());
  EXPECT_EQ(feed.inspector.first_bad_message->packet, 1u);
  EXPECT_EQ(feed.inspector.first_bad_message->offset, 1000u + 20 + 2 + 36 + 2);
  EXPECT_TRUE(Gaps(feed.inspector.streams()[0]).empty());
  Bytes cut(30, 'A');
  feed.Datagram(cut);
  EXPECT_EQ(feed.inspector.bad_messages, 3u);
  feed.Datagram(Bytes(40, 0xEE));
  EXPECT_EQ(feed.inspector.unknown_packets, 2u);
}

TEST(CaptureInspectorTest, OpraLineIntegrityCountsAtEachArrivalAndIsNeverAGap) {
  Feed feed;
  feed.Opra(0xFFFFFFFE, 'N');
  feed.Opra(0xFFFFFFFF, 'T');
  feed.Opra(0xFFFFFFFF, 'T');
  feed.Opra(1, 'T');
  feed.Opra(1, 'N');
  feed.Opra(1, 'N');
  EXPECT_EQ(feed.Count(InspectProtocol::kOpra, 'H'), 3u);
  EXPECT_EQ(feed.Count(InspectProtocol::kOpra, 'C'), 2u);
  EXPECT_EQ(feed.inspector.duplicates(), 1u);
  EXPECT_EQ(feed.inspector.messages, 5u);
  ASSERT_EQ(feed.inspector.streams().size(), 1u);
  EXPECT_TRUE(Gaps(feed.inspector.streams()[0]).empty());
  feed.Opra(3, 'T');
  feed.Opra(5, 'N');
  EXPECT_EQ(Gaps(feed.inspector.streams()[0]).size(), 2u);
  feed.Opra(2, 'T', true);
  EXPECT_EQ(Gaps(feed.inspector.streams()[0]).size(), 1u);
  feed.Opra(4, 'J');  // an end of day has a number of its own
  feed.Opra(5, 'T');
  EXPECT_TRUE(Gaps(feed.inspector.streams()[0]).empty());
  EXPECT_EQ(feed.Count(InspectProtocol::kOpra, 'H'), 5u);
}

TEST(CaptureInspectorTest, OpraResetStartsANewCountAndLateCopiesBelongToTheOldOne) {
  Feed feed;
  for (const uint32_t n : {1000u, 1001u, 1002u}) feed.Opra(n, 'T');
  feed.Opra(5, 'K');
  feed.Opra(6, 'T');
  for (const uint32_t n : {1000u, 1001u, 1002u}) feed.Opra(n, 'T');
  feed.Opra(5, 'K');
  feed.Opra(6, 'T');
  feed.Opra(7, 'T');
  EXPECT_EQ(feed.inspector.messages, 6u);
  EXPECT_EQ(feed.inspector.duplicates(), 5u);
  ASSERT_EQ(feed.inspector.streams().size(), 2u);
  for (const StreamCounts& stream : feed.inspector.streams()) EXPECT_TRUE(Gaps(stream).empty());
}

TEST(CaptureInspectorTest, DamagedOpraBlocksAreBad) {
  Feed feed;
  Bytes payload(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(payload.data());
  builder.Begin(1, 0);
  ASSERT_TRUE(builder.AddAdministrative("text"));
  payload.resize(builder.Finish());
  feed.Datagram(payload);
  payload[30] ^= 1;
  feed.Datagram(payload);
  EXPECT_EQ(feed.inspector.messages, 1u);
  EXPECT_EQ(feed.inspector.bad_messages, 1u);
}

TEST(CaptureInspectorTest, NoBytesCrashIt) {
  std::mt19937_64 random(4);
  Feed feed;
  for (int i = 0; i < 20'000; ++i) {
    Bytes frame(random() % 200);
    for (uint8_t& b : frame) b = static_cast<uint8_t>(random());
    if (frame.size() > 60) {
      const Bytes head = {
          8, 0, 0x45, 0, 0, static_cast<uint8_t>(frame.size() - 14), 0, 0, 0, 0, 64, static_cast<uint8_t>(i % 2 == 0 ? 6 : 17), 0, 0};
      std::copy(head.begin(), head.end(), frame.begin() + 12);
      frame[46] = 0x50;
      if (i % 3 == 0) std::copy_n("SESSION   ", 10, frame.begin() + 42);
      if (i % 2 == 0) frame[54] = 0, frame[55] = static_cast<uint8_t>(1 + random() % 90), frame[56] = "SUHRALZ"[random() % 7];
    }
    const auto layer = static_cast<PacketLayer>(random() % 7);
    feed.inspector.Add({.data = frame.data(),
                        .size = static_cast<uint32_t>(frame.size()),
                        .original_size = static_cast<uint32_t>(frame.size()),
                        .number = static_cast<uint64_t>(i),
                        .layer = i % 4 == 0 ? layer : PacketLayer::kEthernet});
  }
  EXPECT_GT(feed.inspector.packets, 1000u);
  EXPECT_GT(feed.inspector.bad_messages, 100u);
}

void InspectFile(const std::string& path, CaptureInspector* inspector) {
  std::string error;
  const auto player = FilePlayer::Open(path, &error);
  ASSERT_NE(player, nullptr) << error;
  while (true) {
    const PacketBurst burst = player->Poll();
    if (burst.count == 0) return;
    for (uint32_t i = 0; i < burst.count; ++i) inspector->Add(burst.packets[i]);
  }
}

// Letters and numbers of real packets, by other parsers.
TEST(RealInspectTest, OuchOverSoup) {
  const std::pair<const char*, char> files[] = {
      {"EnterOrderMessage", 'O'}, {"OrderAcceptedMessage", 'A'}, {"CancelOrderMessage", 'X'}, {"CanceledMessage", 'C'}};
  for (const auto& [name, letter] : files) {
    TICKGRAPH_DATA_OR_SKIP(path, "pcap/ouch50/" + std::string(name) + ".pcap");
    CaptureInspector inspector(0);
    InspectFile(path, &inspector);
    EXPECT_EQ(inspector.packets, 1u);
    EXPECT_EQ(inspector.messages, 1u) << name;
    EXPECT_EQ(inspector.by_type[static_cast<size_t>(InspectProtocol::kOuch)][static_cast<uint8_t>(letter)], 1u) << name;
    EXPECT_EQ(inspector.bad_messages, 0u);
  }
}

TEST(RealInspectTest, LinesAAndBOfTheOpen) {
  TICKGRAPH_DATA_OR_SKIP(path, "pcap/moldudp64_AB_open_20191230.pcap");
  CaptureInspector inspector(0);
  InspectFile(path, &inspector);
  EXPECT_EQ(inspector.packets, 208u);
  EXPECT_EQ(inspector.messages, 1000u);
  EXPECT_EQ(inspector.duplicates(), 1000u);
  const auto& itch = inspector.by_type[static_cast<size_t>(InspectProtocol::kItch)];
  EXPECT_EQ(itch['A'], 367u);
  EXPECT_EQ(itch['U'], 225u);
  EXPECT_EQ(itch['F'], 193u);
  EXPECT_EQ(itch['D'], 167u);
  EXPECT_EQ(itch['E'], 28u);
}

}  // namespace
}  // namespace tickgraph
