// CME books through loss, with the project's own encoder as the venue: a loss and a snapshot give the lossless books, early and late
// snapshots, what must wait, lines A and B, resets, and full queues.
#include <gtest/gtest.h>

#include <random>

#include "net/proto/feed_handler.h"
#include "tests/net/cme_venue.h"
#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

FeedConfig SmallConfig(uint32_t queued = 4096) {
  FeedConfig config;
  config.reorder_slots_per_stream = config.reorder_slots = 64;
  config.max_listed = 64;
  config.queued_updates = queued;
  config.reorder_window_ns = 1'000'000;
  return config;
}

// Every book of the venue, as a recorder has it.
void ExpectBooks(const CmeVenue& venue, const MarketRecorder& market) {
  for (size_t i = 0; i < venue.size(); ++i) {
    const InstrumentIndex index = market.Find(std::to_string(i + 1));
    ASSERT_NE(index, kNoInstrument) << "instrument " << i + 1;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      std::vector<std::pair<PriceNanos, Quantity>> got;
      market.books.ForEachLevel(index, side, [&](PriceNanos price, Quantity quantity, uint32_t) {
        got.emplace_back(price, quantity);
        return true;
      });
      EXPECT_EQ(got, venue.levels(i, side)) << "instrument " << i + 1 << ", side " << static_cast<int>(side);
    }
  }
}

class CmeRecoveryTest : public testing::Test {
 protected:
  void Send(const Bytes& payload, uint32_t group = kCmeGroupA, uint16_t port = kCmePortA) {
    const TestPacket packet = UdpPacket(payload, group, port, now_ += 1000);
    feed_->OnPacket(ViewOf(packet, ++number_), market_);
  }
  void SendSnapshots() {
    for (const Bytes& packet : venue_.Snapshots()) Send(packet, kCmeSnapshotGroup, kCmeSnapshotPort);
  }
  // Packets that nobody gets, until the hole is declared lost.
  void Lose(int count) {
    for (int i = 0; i < count; ++i) venue_.Packet();
    Send(venue_.Packet());
    now_ += 2'000'000;
    Send(venue_.Packet());
  }
  [[nodiscard]] int Live() const {
    int live = 0;
    for (InstrumentIndex i = 0; i < market_.instruments.size(); ++i) live += market_.State(i) == BookState::kLive;
    return live;
  }

  std::unique_ptr<FeedHandler<MarketRecorder>> feed_ = std::make_unique<FeedHandler<MarketRecorder>>(SmallConfig());
  MarketRecorder market_;
  CmeVenue venue_{11};
  uint64_t now_ = kCmeStart, number_ = 0;
};

TEST_F(CmeRecoveryTest, WholeFromTheFirstNumber) {
  for (int i = 0; i < 500; ++i) Send(venue_.Packet());
  ExpectBooks(venue_, market_);
  EXPECT_EQ(Live(), 3);
  EXPECT_EQ(feed_->counters().gaps, 0u);
  EXPECT_EQ(feed_->counters().queued_updates, 0u);
}

TEST_F(CmeRecoveryTest, GappedFromTheMiddleUntilASnapshot) {
  for (int i = 0; i < 50; ++i) venue_.Packet();
  for (int i = 0; i < 50; ++i) Send(venue_.Packet());
  EXPECT_EQ(Live(), 0);
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
  ExpectBooks(venue_, market_);
  for (int i = 0; i < 50; ++i) Send(venue_.Packet());
  ExpectBooks(venue_, market_);
  EXPECT_EQ(Live(), 3);
}

TEST_F(CmeRecoveryTest, LossAndSnapshotGiveTheLosslessBooks) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Lose(20);
  EXPECT_EQ(feed_->counters().gaps, 1u);
  EXPECT_EQ(feed_->counters().missing_messages, 20u);
  EXPECT_EQ(Live(), 0);
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
  ExpectBooks(venue_, market_);
}

TEST_F(CmeRecoveryTest, OlderSnapshotIsJoinedWithWhatWaited) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Lose(20);
  const auto snapshots = venue_.Snapshots();
  for (int i = 0; i < 40; ++i) Send(venue_.Packet());  // newer than the snapshot, which is slow
  EXPECT_EQ(Live(), 0);
  for (const Bytes& packet : snapshots) Send(packet, kCmeSnapshotGroup, kCmeSnapshotPort);
  EXPECT_EQ(Live(), 3);
  ExpectBooks(venue_, market_);
}

TEST_F(CmeRecoveryTest, SnapshotFromBeforeTheLossHealsNothing) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  const auto old = venue_.Snapshots();
  Lose(20);
  for (const Bytes& packet : old) Send(packet, kCmeSnapshotGroup, kCmeSnapshotPort);
  EXPECT_EQ(Live(), 0);
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
}

TEST_F(CmeRecoveryTest, SnapshotAheadOfTheStreamMakesOldUpdatesNothing) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Lose(5);
  std::vector<Bytes> late;
  for (int i = 0; i < 10; ++i) late.push_back(venue_.Packet());
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
  for (const Bytes& packet : late) Send(packet);
  EXPECT_EQ(Live(), 3);
  ExpectBooks(venue_, market_);
}

TEST_F(CmeRecoveryTest, InstrumentWhoseNumbersGoOnHasLostNothing) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  // The lost packets were of other instruments: the numbers of these go on.
  Bytes skipped = venue_.Packet();
  CmeVenue copy = venue_;
  StoreLe(skipped.data(), venue_.sequence() + 3);
  Send(skipped);
  EXPECT_EQ(Live(), 0);
  now_ += 2'000'000;
  Bytes next = venue_.Packet();
  StoreLe(next.data(), copy.sequence() + 4);
  Send(next);
  EXPECT_GE(Live(), 1);
  EXPECT_EQ(feed_->counters().missing_messages, 3u);
}

TEST_F(CmeRecoveryTest, FullQueueDropsCountsAndWaitsForALaterSnapshot) {
  feed_ = std::make_unique<FeedHandler<MarketRecorder>>(SmallConfig(8));
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Lose(20);
  const auto snapshots = venue_.Snapshots();
  for (int i = 0; i < 60; ++i) Send(venue_.Packet());
  for (const Bytes& packet : snapshots) Send(packet, kCmeSnapshotGroup, kCmeSnapshotPort);
  EXPECT_LT(Live(), 3);
  EXPECT_GT(feed_->counters().waiting_dropped, 0u);
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
  ExpectBooks(venue_, market_);
}

TEST_F(CmeRecoveryTest, PairedLinesFillEachOther) {
  FeedConfig config = SmallConfig();
  config.line_pairs[0] = {uint64_t{kCmeGroupA} << 16 | kCmePortA, uint64_t{kCmeGroupB} << 16 | kCmePortB};
  feed_ = std::make_unique<FeedHandler<MarketRecorder>>(config);
  for (int i = 0; i < 300; ++i) {
    const Bytes packet = venue_.Packet();
    if (i == 0 || i % 3 != 0) Send(packet, kCmeGroupA, kCmePortA);
    if (i % 3 != 1) Send(packet, kCmeGroupB, kCmePortB);
  }
  ExpectBooks(venue_, market_);
  EXPECT_EQ(Live(), 3);
  EXPECT_EQ(feed_->counters().gaps, 0u);
  EXPECT_EQ(feed_->stream_count(), 1u);
}

// Two channels and the snapshots of the first: an instrument is of the channel that was heard to carry it, and of no other.
TEST_F(CmeRecoveryTest, SnapshotMakesNoBookOnAnotherChannel) {
  CmeVenue other(12, 2, 100);
  for (int i = 0; i < 50; ++i) Send(other.Packet(), kCmeGroupB, kCmePortB);
  for (int i = 0; i < 50; ++i) venue_.Packet();
  for (int i = 0; i < 50; ++i) Send(venue_.Packet());
  SendSnapshots();
  ASSERT_EQ(feed_->stream_count(), 3u);
  EXPECT_EQ(market_.instruments.size(), 5u);
  for (InstrumentIndex i = 0; i < market_.instruments.size(); ++i) {
    const Instrument& x = market_.instruments[i];
    EXPECT_EQ(x.venue, std::stoi(std::string(x.name.view())) < 100 ? 1 : 0) << x.name.view();
    EXPECT_EQ(market_.State(i), BookState::kLive) << x.name.view();
  }
}

TEST_F(CmeRecoveryTest, ChannelResetEmptiesEveryBook) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Bytes reset(200);
  cme::PacketBuilder builder(reset.data(), 200);
  builder.Begin(venue_.sequence() + 1, kCmeStart + 1'000'000);
  EXPECT_TRUE(builder.Add<4>(kCmeVersion, {kCmeStart, cme::kEndOfEvent}, std::vector<cme::ResetChannel>{{}}));
  reset.resize(builder.Finish());
  Send(reset);
  EXPECT_EQ(market_.books.level_count(), 0u);
  EXPECT_EQ(Live(), 3);
}

TEST_F(CmeRecoveryTest, LossAtRandomEndsWithTheLosslessBooks_property) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    venue_ = CmeVenue(seed);
    feed_ = std::make_unique<FeedHandler<MarketRecorder>>(SmallConfig());
    const auto fresh = std::make_unique<MarketRecorder>();
    std::mt19937_64 random(seed);
    const auto send = [&](const Bytes& payload, uint32_t group, uint16_t port) {
      const TestPacket packet = UdpPacket(payload, group, port, now_ += 100'000);
      feed_->OnPacket(ViewOf(packet, ++number_), *fresh);
    };
    std::vector<Bytes> snapshots;
    for (int i = 0; i < 600; ++i) {
      const Bytes packet = venue_.Packet();
      if (random() % 10 != 0) send(packet, kCmeGroupA, kCmePortA);
      if (i % 25 == 0) snapshots = venue_.Snapshots();
      if (i % 25 >= 10 && i % 25 < 13) send(snapshots[static_cast<size_t>(i % 25 - 10)], kCmeSnapshotGroup, kCmeSnapshotPort);
    }
    for (int i = 0; i < 30; ++i) send(venue_.Packet(), kCmeGroupA, kCmePortA);
    for (const Bytes& packet : venue_.Snapshots()) send(packet, kCmeSnapshotGroup, kCmeSnapshotPort);
    feed_->Finish(now_, *fresh);
    ExpectBooks(venue_, *fresh);
    for (InstrumentIndex i = 0; i < fresh->instruments.size(); ++i) EXPECT_EQ(fresh->State(i), BookState::kLive) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tickgraph
