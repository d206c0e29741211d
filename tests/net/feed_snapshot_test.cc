// Snapshots through the feed handler: what it asks for, the parts that it believes, and the books that come of them.
#include <gmock/gmock.h>

#include <deque>

#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kGroup = 0xE9360C65u;
constexpr uint64_t kStart = 1'710'423'000'000'000'000, kWindow = 5'000'000;
constexpr char kSession[] = "  TGX01   ";

// Books and their liveness as the loop keeps them.
struct SnapshotRecorder : MarketRecorder {
  using MarketRecorder::On;
  void On(const AddOrder& e) {
    bool made = false;
    const InstrumentIndex known = instruments.ByLocate(e.header.venue, e.header.locate);
    books.Apply(known != kNoInstrument ? known : instruments.Equity(e.header.venue, e.header.locate, e.symbol, &made), e);
    numbers.push_back(e.header.feed_sequence);
  }
  void OnStreamState(VenueIndex venue, BookState state) {
    MarketRecorder::OnStreamState(venue, state);
    states.push_back(state);
  }
  void OnSnapshotBegin(VenueIndex) {
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) books.ClearBook(i);
    ++begun;
  }
  void OnSnapshotEnd(VenueIndex venue) {
    liveness.Rebuilt(venue);
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) liveness.Healed(i, venue);
    ++ended;
  }
  std::vector<uint64_t> numbers;
  std::vector<BookState> states;
  int begun = 0, ended = 0;
};

struct Asked {
  uint32_t number;
  uint64_t first;
  std::string session;
};

// Every message adds an order whose reference is the message's number.
Bytes AddMessage(uint64_t number) {
  AddOrder add;
  add.header.type = 'A';
  add.header.locate = 1;
  add.symbol = Symbol::From("ABC");
  add.order_ref = number;
  add.price_nanos = 10 * kNanosPerUnit;
  add.quantity = 100;
  Bytes out(kItchMaxMessageBytes);
  out.resize(EncodeItch(add, 0, out.data()));
  return out;
}

Bytes PartBytes(SnapshotPartKind kind, uint32_t request, uint32_t number, uint64_t next, uint64_t from = 0, uint64_t end = 0) {
  Bytes out(kSnapshotPartHeaderBytes);
  EncodeSnapshotPart({kind, static_cast<uint16_t>(end - from), request, number, next, reinterpret_cast<const uint8_t*>(kSession), nullptr},
                     out.data());
  for (; from < end; ++from) {
    const Bytes message = AddMessage(from);
    out.push_back(0);
    out.push_back(static_cast<uint8_t>(message.size()));
    out.insert(out.end(), message.begin(), message.end());
  }
  return out;
}

class FeedWorld {
 public:
  FeedWorld() {
    feed_.SetSnapshots({this, [](void* self, const SnapshotRequest& request) {
                          static_cast<FeedWorld*>(self)->asked_.push_back(
                              {request.number, request.first, std::string(reinterpret_cast<const char*>(request.session), 10)});
                        }});
  }
  static FeedConfig Config() {
    FeedConfig config;
    config.reorder_slots = 64;
    config.reorder_slots_per_stream = 32;
    return config;
  }
  void Live(uint64_t first, uint32_t count) {
    Bytes out(1472);
    MoldPacketBuilder builder(out.data(), 1472);
    builder.Begin(kSession, first);
    for (uint64_t n = first; n < first + count; ++n) {
      const Bytes message = AddMessage(n);
      EXPECT_TRUE(builder.Add(message.data(), static_cast<uint32_t>(message.size())));
    }
    out.resize(builder.Finish());
    Deliver(out, 0x0A000001, false);
  }
  void Part(const Bytes& part) { Deliver(part, kSnapshotSource, true); }
  void Deliver(const Bytes& payload, uint32_t source, bool recovered) {
    TestPacket packet{Bytes(kUdpFrameHeaderBytes + payload.size()), now_};
    std::copy(payload.begin(), payload.end(), packet.bytes.begin() + kUdpFrameHeaderBytes);
    EncodeUdpFrame({source, kGroup, 40000, 26400}, static_cast<uint32_t>(payload.size()), packet.bytes.data());
    PacketView view = ViewOf(packet, 1);
    view.recovered = recovered;
    feed_.OnPacket(view, handler_);
  }
  void Wait(uint64_t ns) {
    now_ += ns;
    feed_.OnTimer(now_, handler_);
  }
  // Joined late, and waiting.
  void Join() {
    Live(500, 3);
    Wait(kWindow);
    ASSERT_EQ(asked_.size(), 1u);
  }
  [[nodiscard]] BookState BookNow() const { return handler_.liveness.State(0, 0, now_); }
  [[nodiscard]] uint32_t Orders() const { return handler_.books.order_count(); }

  FeedHandler<SnapshotRecorder> feed_{Config()};
  SnapshotRecorder handler_;
  std::deque<Asked> asked_;
  uint64_t now_ = kStart;
};

class FeedSnapshotTest : public testing::Test, protected FeedWorld {};

TEST_F(FeedSnapshotTest, JoinsAndIsLiveAtTheEndAlone) {
  Join();
  EXPECT_EQ(asked_[0].session, kSession);
  EXPECT_EQ(asked_[0].first, 500u);
  Part(PartBytes(SnapshotPartKind::kBegin, 1, 0, 501));
  Part(PartBytes(SnapshotPartKind::kMessages, 1, 1, 501, 1, 21));
  Live(503, 2);
  Part(PartBytes(SnapshotPartKind::kMessages, 1, 2, 501, 21, 31));
  EXPECT_EQ(Orders(), 30u);
  EXPECT_EQ(BookNow(), BookState::kRecovering);
  Part(PartBytes(SnapshotPartKind::kEnd, 1, 3, 501));
  EXPECT_EQ(Orders(), 34u);
  EXPECT_EQ(BookNow(), BookState::kLive);
  EXPECT_EQ(std::vector<uint64_t>(handler_.numbers.end() - 5, handler_.numbers.end()), (std::vector<uint64_t>{0, 501, 502, 503, 504}));
  EXPECT_THAT(handler_.states, ElementsAre(BookState::kGapped, BookState::kRecovering, BookState::kLive));
  const FeedCounters c = feed_.counters();
  EXPECT_EQ(c.snapshots, 1u);
  EXPECT_EQ(c.snapshot_messages, 30u);
  EXPECT_EQ(c.messages, 4u);
  EXPECT_EQ(c.gaps, 0u);
  EXPECT_EQ(c.bad_messages, 0u);
  EXPECT_EQ(feed_.next_timer_ns(), UINT64_MAX);
}

TEST_F(FeedSnapshotTest, ALossEmptiesTheBooksFirstAndHealsThemAll) {
  Live(1, 10);
  Live(20, 1);
  Wait(kWindow);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(BookNow(), BookState::kRecovering);
  Part(PartBytes(SnapshotPartKind::kBegin, 1, 0, 20));
  EXPECT_EQ(Orders(), 0u);
  Part(PartBytes(SnapshotPartKind::kMessages, 1, 1, 20, 5, 8));
  Part(PartBytes(SnapshotPartKind::kEnd, 1, 2, 20));
  EXPECT_EQ(Orders(), 4u);
  EXPECT_EQ(BookNow(), BookState::kLive);
  ASSERT_EQ(handler_.gaps.size(), 1u);
  EXPECT_EQ(handler_.gaps[0].first, 11u);
  EXPECT_EQ(handler_.gaps[0].last, 19u);
}

TEST_F(FeedSnapshotTest, FailuresLeaveTheBooksGapped) {
  const std::vector<std::vector<Bytes>> cases = {
      {PartBytes(SnapshotPartKind::kFailed, 1, 0, 0)},
      {PartBytes(SnapshotPartKind::kBegin, 1, 0, 1)},                                                             // old
      {PartBytes(SnapshotPartKind::kBegin, 1, 1, 501)},                                                           // not the first part
      {PartBytes(SnapshotPartKind::kMessages, 1, 0, 501, 1, 3)},                                                  // without a beginning
      {PartBytes(SnapshotPartKind::kEnd, 1, 0, 501)},                                                             //
      {PartBytes(SnapshotPartKind::kBegin, 1, 0, 501), PartBytes(SnapshotPartKind::kBegin, 1, 1, 502)},           // begun twice
      {PartBytes(SnapshotPartKind::kBegin, 1, 0, 501), PartBytes(SnapshotPartKind::kMessages, 1, 2, 501, 1, 3)},  // one is missing
      {PartBytes(SnapshotPartKind::kBegin, 1, 0, 501), PartBytes(SnapshotPartKind::kFailed, 1, 1, 501)},
  };
  for (const auto& parts : cases) {
    FeedWorld world;
    world.Join();
    for (const Bytes& part : parts) world.Part(part);
    world.Wait(0);
    EXPECT_EQ(world.feed_.counters().gaps, 1u);
    EXPECT_EQ(world.BookNow(), BookState::kGapped);
    EXPECT_EQ(world.feed_.counters().snapshots, 0u);
    EXPECT_FALSE(world.feed_.stream(0).arbiter.gapped());
  }
}

TEST_F(FeedSnapshotTest, PartsThatNobodyAskedForChangeNothing) {
  Join();
  Part(PartBytes(SnapshotPartKind::kBegin, 2, 0, 501));  // of a request that was never made
  Part(PartBytes(SnapshotPartKind::kFailed, 0, 0, 0));
  Bytes elsewhere = PartBytes(SnapshotPartKind::kBegin, 1, 0, 501);
  elsewhere[18] = 'Z';
  Part(elsewhere);
  EXPECT_EQ(feed_.counters().unasked_messages, 3u);
  // What a network brings says to come from its sender.
  Deliver(PartBytes(SnapshotPartKind::kBegin, 1, 0, 501), 0x0A000001, true);
  Deliver(PartBytes(SnapshotPartKind::kBegin, 1, 0, 501), kSnapshotSource, false);
  EXPECT_EQ(handler_.begun, 0);
  EXPECT_TRUE(feed_.stream(0).arbiter.awaits_snapshot());
}

// Cut anywhere, and every byte set to every value: counted or passed over, and never read past its end.
TEST_F(FeedSnapshotTest, DamagedPartsNeverHurt) {
  const Bytes good = PartBytes(SnapshotPartKind::kMessages, 1, 1, 501, 1, 3);
  for (size_t size = 0; size < good.size(); ++size) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    SnapshotPart part;
    EXPECT_FALSE(ParseSnapshotPart(cut.data(), static_cast<uint32_t>(cut.size()), &part)) << size;
  }
  SnapshotPart part;
  ASSERT_TRUE(ParseSnapshotPart(good.data(), static_cast<uint32_t>(good.size()), &part));
  uint64_t whole = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      const Bytes changed = [&] {
        Bytes out = good;
        out[at] = static_cast<uint8_t>(value);
        return out;
      }();
      if (!ParseSnapshotPart(changed.data(), static_cast<uint32_t>(changed.size()), &part)) continue;
      ++whole;
      ForEachMoldMessage(part.blocks, 0, 0, part.count, [&](const uint8_t* message, uint32_t size, uint64_t) {
        EXPECT_LE(message + size, changed.data() + changed.size());
      });
    }
  }
  EXPECT_GT(whole, 0u);
  Join();
  Part(PartBytes(SnapshotPartKind::kBegin, 1, 0, 501));
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes changed = good;
    changed[at] ^= 0x55;
    Part(changed);
  }
  EXPECT_GT(feed_.counters().bad_messages, 0u);
  feed_.Finish(now_, handler_);
  EXPECT_FALSE(feed_.stream(0).arbiter.gapped());
}

}  // namespace
}  // namespace tickgraph
