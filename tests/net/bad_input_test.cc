// Hostile packets, by table: every message type of ITCH and OPRA cut at every length and with every byte at every value, counts and lengths
// that lie, numbers at the end of their range, tags that are cut, and a session that is not the stream's.
#include <gtest/gtest.h>

#include <string>

#include "net/proto/feed_handler.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

constexpr uint32_t kGroup = 0xE9360C6F;
constexpr uint16_t kPort = 26477;
constexpr uint64_t kStart = 1'692'712'800'000'000'000;

// f(bytes), each in a block of its own size, so that a sanitizer sees a read past the end.
template <class F>
void ForEachCut(const Bytes& whole, F f) {
  for (size_t size = 0; size < whole.size(); ++size) f(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
}
template <class F>
void ForEachByteValue(const Bytes& whole, F f) {
  Bytes bytes = whole;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      bytes[at] = static_cast<uint8_t>(value);
      f(bytes);
    }
    bytes[at] = whole[at];
  }
}

// Letters that a field may have, small numbers elsewhere.
Bytes ValidMessage(const MessageSpec& spec) {
  Bytes out(spec.length);
  for (uint16_t i = 0; i < spec.field_count; ++i) {
    const FieldSpec& field = spec.fields[i];
    uint8_t* at = &out[field.offset];
    if (field.kind == FieldKind::kChar) *at = 'B';
    if (field.kind == FieldKind::kText) std::fill_n(at, field.size, uint8_t{'T'});
    if (IsNumber(field) && field.kind != FieldKind::kChar) at[field.size - 1] = 1;
    if (field.name == "Expiration") at[0] = 'A', at[1] = 1, at[2] = 26;
    if (field.name == "Indicator" || field.name == "Type") *at = ' ';
  }
  return out;
}

TEST(BadInputTest, ItchEveryTypeCutAndEveryByte) {
  for (const MessageSpec& spec : kItchRegistry) {
    Bytes whole = ValidMessage(spec);
    whole[0] = static_cast<uint8_t>(spec.type);
    const auto decode = [](const Bytes& bytes) {
      RecordingHandler handler;
      const DecodeStatus status = DecodeItch(bytes.data(), static_cast<uint32_t>(bytes.size()), {}, 0, handler);
      EXPECT_EQ(handler.events.size(), status == DecodeStatus::kOk ? 1u : 0u);
      return status;
    };
    ASSERT_EQ(decode(whole), DecodeStatus::kOk) << spec.name;
    ForEachCut(whole, [&](const Bytes& cut) { ASSERT_NE(decode(cut), DecodeStatus::kOk) << spec.name << " " << cut.size(); });
    ForEachByteValue(whole, [&](const Bytes& bytes) { decode(bytes); });
  }
}

// A block of two messages of a category; quotes with both appendages.
Bytes OpraBlockOf(const MessageSpec& spec) {
  Bytes message = ValidMessage(spec);
  message[1] = static_cast<uint8_t>(spec.type == 'y' ? 'Y' : spec.type);
  if (spec.type == 'y') message[2] = 'I';
  if (spec.type == 'C') message.push_back('x');
  if (spec.type == 'k' || spec.type == 'q') {
    message[3] = 'O';
    for (int i = 0; i < 2; ++i) {
      const Bytes appendage = ValidMessage(kOpraFraming[1]);
      message.insert(message.end(), appendage.begin(), appendage.end());
    }
  }
  Bytes out(kOpraBlockHeaderBytes);
  for (int i = 0; i < 2; ++i) out.insert(out.end(), message.begin(), message.end());
  out[0] = 6;
  out[3] = 'O';
  out[10] = 2;
  return out;
}

// With size and checksum made right, where a sender's own fault would be: how many messages are good.
int DecodeBlock(Bytes bytes, OpraWalk* walk = nullptr) {
  if (bytes.size() < kOpraBlockHeaderBytes) {
    EXPECT_FALSE(ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size())).good);
    return 0;
  }
  StoreBe16(&bytes[1], static_cast<uint16_t>(bytes.size()));
  StoreBe16(&bytes[19], OpraChecksum(bytes.data(), static_cast<uint32_t>(bytes.size())));
  const OpraBlock block = ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size()));
  if (!block.good) return 0;
  RecordingHandler handler;
  int good = 0;
  const OpraWalk done = ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0, [&](const uint8_t* message, uint32_t) {
    good += DecodeOpra(message, EventHeader{}, handler) == DecodeStatus::kOk ? 1 : 0;
  });
  EXPECT_EQ(handler.events.size(), static_cast<size_t>(good));
  EXPECT_LE(done.walked, block.count);
  if (walk != nullptr) *walk = done;
  return good;
}

TEST(BadInputTest, OpraEveryCategoryCutAndEveryByte) {
  for (const MessageSpec& spec : kOpraRegistry) {
    const Bytes whole = OpraBlockOf(spec);
    ASSERT_EQ(DecodeBlock(whole), 2) << spec.name;
    ForEachCut(whole, [&](const Bytes& cut) { ASSERT_LT(DecodeBlock(cut), 2) << spec.name << " " << cut.size(); });
    ForEachByteValue(whole, [](const Bytes& bytes) { DecodeBlock(bytes); });
  }
}

TEST(BadInputTest, OpraCountsAndLengthsThatLie) {
  const Bytes whole = OpraBlockOf(*FindMessage(kOpraRegistry, 'a'));
  for (const auto& [count, good] : {std::pair<int, int>{0, 0}, {1, 1}, {3, 2}, {255, 2}}) {
    Bytes bytes = whole;
    bytes[10] = static_cast<uint8_t>(count);
    OpraWalk walk;
    EXPECT_EQ(DecodeBlock(bytes, &walk), good) << count;
    EXPECT_EQ(walk.status, DecodeStatus::kBadLength) << count;
  }
  for (const uint16_t size : {0, 20, 21, 106, 108, 0xFFFF}) {
    Bytes bytes = whole;
    StoreBe16(&bytes[1], size);
    EXPECT_FALSE(ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size())).good) << size;
  }
  Bytes administrative = OpraBlockOf(*FindMessage(kOpraRegistry, 'C'));
  StoreBe16(&administrative[kOpraBlockHeaderBytes + 12], 0xFFFF);
  EXPECT_EQ(DecodeBlock(administrative), 0);
}

Bytes MoldOf(uint64_t first, uint16_t count, const std::string& session = "TGXA") {
  Bytes payload(1400);
  MoldPacketBuilder builder(payload.data(), 1400);
  builder.Begin(session, first);
  for (uint16_t i = 0; i < count; ++i) {
    Bytes message = ValidMessage(*FindMessage(kItchRegistry, 'D'));
    message[0] = 'D';
    EXPECT_TRUE(builder.Add(message.data(), static_cast<uint32_t>(message.size())));
  }
  payload.resize(builder.Finish());
  return payload;
}

TEST(BadInputTest, MoldCountsLengthsAndNumbers) {
  const auto status = [](const Bytes& bytes) { return ParseMoldPacket(bytes.data(), static_cast<uint32_t>(bytes.size())).status; };
  const Bytes whole = MoldOf(1, 3);
  ASSERT_EQ(status(whole), MoldStatus::kData);
  ForEachCut(whole, [&](const Bytes& cut) { ASSERT_EQ(status(cut), MoldStatus::kBad) << cut.size(); });
  for (const uint16_t count : {0, 1, 2, 4, 0xFFFE, 0xFFFF}) {
    Bytes bytes = whole;
    StoreBe16(&bytes[18], count);
    EXPECT_EQ(status(bytes), MoldStatus::kBad) << count;
    bytes.resize(20);
    const MoldStatus alone = count == 0 ? MoldStatus::kHeartbeat : count == 0xFFFF ? MoldStatus::kEndOfSession : MoldStatus::kBad;
    EXPECT_EQ(status(bytes), alone) << count;
  }
  for (const size_t block : {20, 41, 62}) {
    for (const uint16_t length : {0, 18, 20, 0xFFFF}) {
      Bytes bytes = whole;
      StoreBe16(&bytes[block], length);
      EXPECT_EQ(status(bytes), MoldStatus::kBad) << block << " " << length;
    }
  }
  EXPECT_EQ(status(MoldOf(UINT64_MAX - 3, 3)), MoldStatus::kData);
  EXPECT_EQ(status(MoldOf(UINT64_MAX - 2, 3)), MoldStatus::kBad);
  EXPECT_EQ(status(MoldOf(UINT64_MAX, 1)), MoldStatus::kBad);
}

class BadInputFeedTest : public testing::Test {
 protected:
  BadInputFeedTest() {
    config_.reorder_slots = config_.reorder_slots_per_stream = 64;
    config_.max_listed = config_.queued_updates = 256;
    feed_ = std::make_unique<FeedHandler<RecordingHandler>>(config_);
  }
  void Send(const Bytes& payload, uint32_t group = kGroup) {
    const TestPacket packet = UdpPacket(payload, group, kPort, now_ += 1000);
    feed_->OnPacket(ViewOf(packet, ++number_), handler_);
  }
  Bytes Heartbeat(uint64_t next) {
    Bytes payload(20);
    EncodeMoldHeartbeat("TGXA", next, payload.data());
    return payload;
  }
  FeedConfig config_;
  std::unique_ptr<FeedHandler<RecordingHandler>> feed_;
  RecordingHandler handler_;
  uint64_t now_ = kStart, number_ = 0;
};

TEST_F(BadInputFeedTest, NumbersAtTheEndOfTheirRange) {
  Send(MoldOf(1, 3));
  Send(Heartbeat(UINT64_MAX));
  Send(MoldOf(UINT64_MAX - 3, 3));
  Send(MoldOf(UINT64_MAX, 1));  // its next number would be none
  feed_->Finish(now_, handler_);
  EXPECT_EQ(handler_.Numbers(), (std::vector<uint64_t>{1, 2, 3, UINT64_MAX - 3, UINT64_MAX - 2, UINT64_MAX - 1}));
  EXPECT_EQ(handler_.gaps, (std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>>{{0, 4, UINT64_MAX - 4}}));
  EXPECT_EQ(feed_->counters().bad_messages, 1u);
  EXPECT_EQ(feed_->counters().missing_messages, UINT64_MAX - 7);
  Send(MoldOf(1, 3));
  EXPECT_EQ(feed_->counters().duplicates, 3u);
}

// On a line of another session's stream it is a stream of its own, and fills no hole of that one.
TEST_F(BadInputFeedTest, AnotherSessionFillsNoHole) {
  Send(MoldOf(1, 2));
  Send(MoldOf(5, 1));
  Send(MoldOf(3, 2, "TGXB"));
  EXPECT_EQ(feed_->stream_count(), 2u);
  feed_->Finish(now_, handler_);
  EXPECT_EQ(handler_.Numbers(0), (std::vector<uint64_t>{1, 2, 5}));
  EXPECT_EQ(handler_.Numbers(1), (std::vector<uint64_t>{3, 4}));
  EXPECT_EQ(handler_.gaps, (std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>>{{0, 3, 4}}));
}

TEST_F(BadInputFeedTest, AnItchMessageOfAnyLengthInAGoodPacket) {
  for (uint32_t size = 0; size <= 60; ++size) {
    Bytes payload(1400);
    MoldPacketBuilder builder(payload.data(), 1400);
    builder.Begin("TGXA", 1 + 2 * size);
    const Bytes message(size, 'A'), deletion = ValidMessage(*FindMessage(kItchRegistry, 'D'));
    ASSERT_TRUE(builder.Add(message.data(), size));
    Bytes good = deletion;
    good[0] = 'D';
    ASSERT_TRUE(builder.Add(good.data(), static_cast<uint32_t>(good.size())));
    payload.resize(builder.Finish());
    Send(payload);
  }
  // A side of 'A' is none, so that the one of the right length is bad as well; what is empty has no type.
  EXPECT_EQ(feed_->counters().messages, 61u);
  EXPECT_EQ(feed_->counters().bad_messages, 60u);
  EXPECT_EQ(feed_->counters().unknown_types, 1u);
}

// Up to four tags are taken off; a frame that ends inside them, or behind them before its datagram does, is none.
TEST(BadInputTest, VlanTagsStackedAndCut) {
  const TestPacket plain = UdpPacket({'h', 'i'}, kGroup, kPort, 1);
  for (const uint16_t type : {0x8100, 0x88A8, 0x9100}) {
    TestPacket tagged = plain;
    for (uint32_t tags = 1; tags <= 6; ++tags) {
      const Bytes tag{static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type), 0xE0, 7};
      tagged.bytes.insert(tagged.bytes.begin() + 12, tag.begin(), tag.end());
      EXPECT_EQ(ParseFrame(ViewOf(tagged, 1)).status, tags <= 4 ? FrameStatus::kUdp : FrameStatus::kBadLength);
      ForEachCut(tagged.bytes, [&](const Bytes& cut) {
        const Frame frame = ParseFrame(ViewOf({cut, 1}, 1));
        EXPECT_EQ(frame.status, FrameStatus::kBadLength) << tags << " tags, " << cut.size() << " bytes";
        EXPECT_EQ(frame.payload, nullptr);
      });
    }
  }
}

}  // namespace
}  // namespace tickgraph
