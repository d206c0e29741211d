// The feed handler's side of recovery: what it asks for, byte by byte, what it believes of the answers, and what it tells its handler.
#include <deque>

#include "net/proto/opra_encode.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

constexpr uint32_t kGroupA = 0xE9360C65u;
constexpr uint64_t kStart = 1'710'423'000'000'000'000, kWindow = 5'000'000, kRetry = 2'000'000;
constexpr char kSession[] = "  TGX01";  // padded on the left

Bytes MoldData(uint64_t first, uint32_t count, const char* session = kSession) {
  Bytes out(1472);
  MoldPacketBuilder builder(out.data(), 1472);
  builder.Begin(session, first);
  SystemEvent event;
  event.code = 'O';
  uint8_t message[kItchMaxMessageBytes];
  const uint32_t size = EncodeItch(event, 0, message);
  for (uint32_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Add(message, size));
  out.resize(builder.Finish());
  return out;
}

Bytes OpraControlBlock(char type, uint32_t sequence, bool retransmitted) {
  Bytes out(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(out.data());
  builder.Begin(sequence, kStart, retransmitted);
  EXPECT_TRUE(builder.AddControl(type));
  out.resize(builder.Finish());
  return out;
}

struct Asked {
  RecoveryRequest request;
  Bytes message;
};

class FeedRecoveryTest : public testing::Test {
 protected:
  FeedRecoveryTest() {
    RecoveryService service;
    service.self = this;
    service.request = [](void* self, uint64_t, const RecoveryRequest& request) {
      return static_cast<FeedRecoveryTest*>(self)->OnRequest(request);
    };
    feed_.SetRecovery(service);
  }
  static FeedConfig Config() {
    FeedConfig config;
    config.reorder_slots = 64;
    config.reorder_slots_per_stream = 32;
    config.recovery_timeout_ns = kRetry;
    config.recovery_attempts = 3;
    return config;
  }
  bool OnRequest(const RecoveryRequest& request) {
    if (refuse_) return false;
    asked_.push_back({request, Bytes(request.message, request.message + request.message_size)});
    return true;
  }
  void Send(const Bytes& payload, uint16_t port = 26400) { Deliver(payload, kGroupA, port, false); }
  void Answer(const Bytes& payload, uint16_t port = 26400) { Deliver(payload, 0xC0000202u, port, true); }
  void Deliver(const Bytes& payload, uint32_t destination, uint16_t port, bool recovered) {
    const TestPacket packet = UdpPacket(payload, destination, port, now_);
    PacketView view = ViewOf(packet, 1);
    view.recovered = recovered;
    feed_.OnPacket(view, handler_);
  }
  void Wait(uint64_t ns) {
    now_ += ns;
    feed_.OnTimer(now_, handler_);
  }
  static MoldRequest Parsed(const Asked& asked) {
    MoldRequest out;
    EXPECT_TRUE(ParseMoldRequest(asked.message.data(), static_cast<uint32_t>(asked.message.size()), &out));
    return out;
  }

  FeedHandler<RecordingHandler> feed_{Config()};
  RecordingHandler handler_;
  std::deque<Asked> asked_;
  uint64_t now_ = kStart;
  bool refuse_ = false;
};

TEST_F(FeedRecoveryTest, ARequestIsTwentyBytesOfSessionNumberAndCount) {
  Send(MoldData(1, 2));
  Send(MoldData(8, 1));
  Wait(kWindow - 1);
  EXPECT_TRUE(asked_.empty());
  Wait(1);
  ASSERT_EQ(1u, asked_.size());
  EXPECT_EQ((Bytes{' ', ' ', 'T', 'G', 'X', '0', '1', ' ', ' ', ' ', 0, 0, 0, 0, 0, 0, 0, 3, 0, 5}), asked_[0].message);
  EXPECT_EQ(3u, asked_[0].request.first);
  EXPECT_EQ(5u, asked_[0].request.count);
  EXPECT_FALSE(asked_[0].request.is_options);
  Answer(MoldData(3, 5));
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}), handler_.Numbers());
  const std::vector<std::pair<VenueIndex, BookState>> states = {
      {0, BookState::kGapped}, {0, BookState::kRecovering}, {0, BookState::kLive}};
  EXPECT_EQ(states, handler_.states);
  EXPECT_EQ(5u, feed_.counters().recovered_messages);
  EXPECT_EQ(1u, feed_.counters().recovery_requests);
  EXPECT_EQ(UINT64_MAX, feed_.next_timer_ns());
  EXPECT_EQ(1u, feed_.stream(0).line_count);  // answers make no line
}

TEST_F(FeedRecoveryTest, ALongHoleIsAskedForInPiecesAndTheRestWhenTheyAreThere) {
  Send(MoldData(1, 1));
  Send(MoldData(200'002, 1));  // 200,000 are missing
  Wait(kWindow);
  const RecoveryLimits limits;
  ASSERT_EQ(limits.requests_at_once, asked_.size());
  uint64_t next = 2;
  while (!asked_.empty() && next < 20'000) {
    const MoldRequest request = Parsed(asked_.front());
    asked_.pop_front();
    ASSERT_EQ(next, request.first);
    ASSERT_EQ(limits.messages_per_mold_request, request.count);
    Answer(MoldData(request.first, request.count));
    next += request.count;
    feed_.OnTimer(now_, handler_);  // no time has to pass
  }
  EXPECT_GE(next, 20'000u);
  EXPECT_EQ(next, feed_.stream(0).arbiter.expected());
}

TEST_F(FeedRecoveryTest, ShortAnswersAreAskedOn) {
  Send(MoldData(1, 1));
  Send(MoldData(12, 1));
  Wait(kWindow);
  for (uint64_t n = 2; n < 12; ++n) {  // one message a time: progress, so attempts never run out
    ASSERT_EQ(n, Parsed(asked_.back()).first);
    ASSERT_EQ(12 - n, Parsed(asked_.back()).count);
    Answer(MoldData(n, 1));
    Wait(kRetry);
  }
  EXPECT_EQ(12u, handler_.events.size());
  EXPECT_TRUE(handler_.gaps.empty());
}

TEST_F(FeedRecoveryTest, ASilentServerIsAskedAgainThenTheHoleIsLost) {
  Send(MoldData(1, 1));
  Send(MoldData(5, 1));
  Wait(kWindow);
  for (uint32_t attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(attempt, asked_.size());
    EXPECT_TRUE(handler_.gaps.empty());
    EXPECT_EQ(BookState::kRecovering, handler_.states.back().second);
    Wait(kRetry);
  }
  EXPECT_EQ(3u, asked_.size());
  EXPECT_EQ((std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>>{{0, 2, 4}}), handler_.gaps);
  EXPECT_EQ((std::vector<uint64_t>{1, 5}), handler_.Numbers());
  Answer(MoldData(2, 3));  // too late
  EXPECT_EQ((std::vector<uint64_t>{1, 5}), handler_.Numbers());
  EXPECT_EQ(3u, feed_.counters().late);
}

TEST_F(FeedRecoveryTest, ARefusedRequestIsMadeAgain) {
  refuse_ = true;
  Send(MoldData(1, 1));
  Send(MoldData(3, 1));
  Wait(kWindow);
  refuse_ = false;
  Wait(kRetry);
  ASSERT_EQ(1u, asked_.size());
  Answer(MoldData(2, 1));
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 3}), handler_.Numbers());
}

TEST_F(FeedRecoveryTest, AServerThatLiesIsNotBelieved) {
  Answer(MoldData(1, 1));  // before any line spoke
  EXPECT_TRUE(handler_.streams.empty());
  Send(MoldData(1, 1));
  Send(MoldData(3, 1));
  Wait(kWindow);
  Answer(MoldData(2, 1, "OTHER"));
  Bytes empty(20);
  EncodeMoldEndOfSession(kSession, 1000, empty.data());
  Answer(empty);
  EncodeMoldHeartbeat(kSession, 1000, empty.data());
  Answer(empty);
  Answer(MoldData(4, 20));
  Answer(MoldData(UINT64_MAX - 3, 3));
  Answer({1, 2, 3});
  EXPECT_EQ(1u, handler_.streams.size());
  EXPECT_EQ((std::vector<uint64_t>{1}), handler_.Numbers());
  EXPECT_TRUE(handler_.ends.empty());
  Answer(MoldData(1, 10));  // holds what is missing, and more than there is
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 3}), handler_.Numbers());
  EXPECT_EQ(4u, feed_.stream(0).arbiter.expected());
  EXPECT_EQ(1u, feed_.counters().recovered_messages);
}

TEST_F(FeedRecoveryTest, OpraIsAskedByWireNumbersThatNeverRollInsideARequest) {
  Send(OpraControlBlock('E', 0xFFFFFFFDu, false), 45901);
  Send(OpraControlBlock('E', 3, false), 45901);  // FFFFFFFE, FFFFFFFF, 1 and 2 are missing
  Wait(kWindow);
  ASSERT_EQ(2u, asked_.size());
  EXPECT_TRUE(asked_[0].request.is_options);
  EXPECT_EQ(45901u, asked_[0].request.port);
  EXPECT_EQ(0xFFFFFFFEu, asked_[0].request.first);
  EXPECT_EQ(2u, asked_[0].request.count);
  EXPECT_EQ(1u, asked_[1].request.first);
  EXPECT_EQ(2u, asked_[1].request.count);
  for (const uint32_t n : {2u, 0xFFFFFFFFu, 1u, 0xFFFFFFFEu}) Answer(OpraControlBlock('E', n, true), 45901);  // not in order
  EXPECT_EQ(6u, handler_.events.size());
  for (size_t i = 1; i < handler_.events.size(); ++i) EXPECT_EQ(handler_.events[i - 1].number + 1, handler_.events[i].number);
  EXPECT_EQ(4u, feed_.counters().recovered_messages);
  EXPECT_EQ(BookState::kLive, handler_.states.back().second);
}

}  // namespace
}  // namespace tickgraph
