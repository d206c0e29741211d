// CME books through loss, with the project's own encoder as the venue: a loss and a snapshot give the lossless books, early and late
// snapshots, what must wait, lines A and B, resets, and full queues.
#include <gtest/gtest.h>

#include <random>

#include "net/proto/cme_encode.h"
#include "net/proto/feed_handler.h"
#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

using cme::UpdateAction;

constexpr uint32_t kGroupA = 0xE0001F01, kGroupB = 0xE0002001, kSnapshotGroup = 0xE0001F2B;
constexpr uint16_t kPortA = 14310, kPortB = 15310, kSnapshotPort = 14320;
constexpr uint64_t kStart = 1'700'000'000'000'000'000;
constexpr uint16_t kVersion = 9;

// A venue of a few instruments whose books change at random: packets of the incremental channel, and snapshots as of any packet.
class Venue {
 public:
  explicit Venue(uint64_t seed, int instruments = 3) : random_(seed), books_(static_cast<size_t>(instruments)) {}

  // The next packet of the incremental channel.
  Bytes Packet() {
    Bytes out(1400);
    cme::PacketBuilder builder(out.data(), 1400);
    builder.Begin(++sequence_, Now());
    cme::Incremental root;
    root.ts_transact_ns = Now();
    root.match_event_indicator = cme::kEndOfEvent;
    std::vector<cme::BookEntry> entries;
    for (uint64_t count = 1 + random_() % 3; count > 0; --count) entries.push_back(Change());
    EXPECT_TRUE(builder.Add<46>(kVersion, root, entries, std::vector<cme::OrderOfEntry>{}));
    if (random_() % 4 == 0) {  // a statistic takes a number too
      cme::SessionStatistic statistic;
      statistic.security_id = static_cast<int32_t>(1 + random_() % books_.size());
      statistic.rpt_seq = ++books_[static_cast<size_t>(statistic.security_id - 1)].rpt_seq;
      statistic.price_nanos = 5;
      statistic.entry_type = '4';
      EXPECT_TRUE(builder.Add<51>(kVersion, root, std::vector<cme::SessionStatistic>{statistic}));
    }
    out.resize(builder.Finish());
    return out;
  }

  // Every instrument's snapshot as of now, a packet each.
  std::vector<Bytes> Snapshots() {
    std::vector<Bytes> out;
    for (size_t i = 0; i < books_.size(); ++i) {
      Bytes bytes(1400);
      cme::PacketBuilder builder(bytes.data(), 1400);
      builder.Begin(static_cast<uint32_t>(i + 1), Now() + ++snapshot_clock_);
      cme::Snapshot root;
      root.last_sequence = sequence_;
      root.report_count = static_cast<uint32_t>(books_.size());
      root.security_id = static_cast<int32_t>(i + 1);
      root.rpt_seq = books_[i].rpt_seq;
      std::vector<cme::SnapshotEntry> entries;
      for (int side = 0; side < 2; ++side) {
        for (size_t level = 0; level < books_[i].sides[side].size(); ++level) {
          cme::SnapshotEntry entry;
          entry.price_nanos = books_[i].sides[side][level].first;
          entry.size = books_[i].sides[side][level].second;
          entry.number_of_orders = 1;
          entry.level = static_cast<uint8_t>(level + 1);
          entry.entry_type = side == 0 ? '0' : '1';
          entries.push_back(entry);
        }
      }
      EXPECT_TRUE(builder.Add<52>(kVersion, root, entries));
      bytes.resize(builder.Finish());
      out.push_back(bytes);
    }
    return out;
  }

  // Whether a recorder's book of every instrument is this one.
  void ExpectBooks(const MarketRecorder& market, VenueIndex venue = 0) const {
    for (size_t i = 0; i < books_.size(); ++i) {
      const InstrumentIndex index = market.Find(std::to_string(i + 1), venue);
      ASSERT_NE(index, kNoInstrument) << "instrument " << i + 1;
      for (const Side side : {Side::kBuy, Side::kSell}) {
        std::vector<std::pair<PriceNanos, Quantity>> got;
        market.books.ForEachLevel(index, side, [&](PriceNanos price, Quantity quantity, uint32_t) {
          got.emplace_back(price, quantity);
          return true;
        });
        EXPECT_EQ(got, books_[i].sides[static_cast<int>(side)]) << "instrument " << i + 1 << ", side " << static_cast<int>(side);
      }
    }
  }
  [[nodiscard]] uint32_t sequence() const { return sequence_; }

 private:
  struct Book {
    std::vector<std::pair<PriceNanos, Quantity>> sides[2];
    uint32_t rpt_seq = 0;
  };

  [[nodiscard]] uint64_t Now() const { return kStart + sequence_ * 1000; }

  cme::BookEntry Change() {
    const size_t instrument = random_() % books_.size();
    const int side = static_cast<int>(random_() & 1);
    auto& levels = books_[instrument].sides[side];
    cme::BookEntry entry;
    entry.security_id = static_cast<int32_t>(instrument + 1);
    entry.rpt_seq = ++books_[instrument].rpt_seq;
    entry.entry_type = side == 0 ? '0' : '1';
    entry.number_of_orders = 1;
    entry.size = static_cast<Quantity>(1 + random_() % 50);
    const uint64_t what = random_() % 10;
    if (levels.size() < 2 || what < 4) {
      // Prices stay sorted, and what is pushed below the tenth level is gone.
      PriceNanos price = 0;
      size_t at = 0;
      do {
        price = static_cast<PriceNanos>(random_() % 200) * 250'000'000 * (side == 0 ? -1 : 1);
        at = 0;
        while (at < levels.size() && (side == 0 ? levels[at].first > price : levels[at].first < price)) ++at;
      } while (at >= 10 || (at < levels.size() && levels[at].first == price));
      levels.insert(levels.begin() + static_cast<std::ptrdiff_t>(at), {price, entry.size});
      if (levels.size() > 10) levels.resize(10);
      entry.action = UpdateAction::kNew;
      entry.level = static_cast<uint8_t>(at + 1);
      entry.price_nanos = price;
      return entry;
    }
    const size_t at = random_() % levels.size();
    entry.level = static_cast<uint8_t>(at + 1);
    entry.price_nanos = levels[at].first;
    if (what < 8) {
      entry.action = UpdateAction::kChange;
      levels[at].second = entry.size;
    } else {
      entry.action = UpdateAction::kDelete;
      levels.erase(levels.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return entry;
  }

  std::mt19937_64 random_;
  std::vector<Book> books_;
  uint32_t sequence_ = 0;
  uint64_t snapshot_clock_ = 0;
};

FeedConfig SmallConfig(uint32_t queued = 4096) {
  FeedConfig config;
  config.reorder_slots_per_stream = config.reorder_slots = 64;
  config.max_listed = 64;
  config.queued_updates = queued;
  config.reorder_window_ns = 1'000'000;
  return config;
}

class CmeRecoveryTest : public testing::Test {
 protected:
  void Send(const Bytes& payload, uint32_t group = kGroupA, uint16_t port = kPortA) {
    const TestPacket packet = UdpPacket(payload, group, port, now_ += 1000);
    feed_->OnPacket(ViewOf(packet, ++number_), market_);
  }
  void SendSnapshots() {
    for (const Bytes& packet : venue_.Snapshots()) Send(packet, kSnapshotGroup, kSnapshotPort);
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
  Venue venue_{11};
  uint64_t now_ = kStart, number_ = 0;
};

TEST_F(CmeRecoveryTest, WholeFromTheFirstNumber) {
  for (int i = 0; i < 500; ++i) Send(venue_.Packet());
  venue_.ExpectBooks(market_);
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
  venue_.ExpectBooks(market_);
  for (int i = 0; i < 50; ++i) Send(venue_.Packet());
  venue_.ExpectBooks(market_);
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
  venue_.ExpectBooks(market_);
}

TEST_F(CmeRecoveryTest, OlderSnapshotIsJoinedWithWhatWaited) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Lose(20);
  const auto snapshots = venue_.Snapshots();
  for (int i = 0; i < 40; ++i) Send(venue_.Packet());  // newer than the snapshot, which is slow
  EXPECT_EQ(Live(), 0);
  for (const Bytes& packet : snapshots) Send(packet, kSnapshotGroup, kSnapshotPort);
  EXPECT_EQ(Live(), 3);
  venue_.ExpectBooks(market_);
}

TEST_F(CmeRecoveryTest, SnapshotFromBeforeTheLossHealsNothing) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  const auto old = venue_.Snapshots();
  Lose(20);
  for (const Bytes& packet : old) Send(packet, kSnapshotGroup, kSnapshotPort);
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
  venue_.ExpectBooks(market_);
}

TEST_F(CmeRecoveryTest, InstrumentWhoseNumbersGoOnHasLostNothing) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  // The lost packets were of other instruments: the numbers of these go on.
  Bytes skipped = venue_.Packet();
  Venue copy = venue_;
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
  for (const Bytes& packet : snapshots) Send(packet, kSnapshotGroup, kSnapshotPort);
  EXPECT_LT(Live(), 3);
  EXPECT_GT(feed_->counters().waiting_dropped, 0u);
  SendSnapshots();
  EXPECT_EQ(Live(), 3);
  venue_.ExpectBooks(market_);
}

TEST_F(CmeRecoveryTest, PairedLinesFillEachOther) {
  FeedConfig config = SmallConfig();
  config.line_pairs[0] = {uint64_t{kGroupA} << 16 | kPortA, uint64_t{kGroupB} << 16 | kPortB};
  feed_ = std::make_unique<FeedHandler<MarketRecorder>>(config);
  for (int i = 0; i < 300; ++i) {
    const Bytes packet = venue_.Packet();
    if (i == 0 || i % 3 != 0) Send(packet, kGroupA, kPortA);
    if (i % 3 != 1) Send(packet, kGroupB, kPortB);
  }
  venue_.ExpectBooks(market_);
  EXPECT_EQ(Live(), 3);
  EXPECT_EQ(feed_->counters().gaps, 0u);
  EXPECT_EQ(feed_->stream_count(), 1u);
}

TEST_F(CmeRecoveryTest, ChannelResetEmptiesEveryBook) {
  for (int i = 0; i < 100; ++i) Send(venue_.Packet());
  Bytes reset(200);
  cme::PacketBuilder builder(reset.data(), 200);
  builder.Begin(venue_.sequence() + 1, kStart + 1'000'000);
  EXPECT_TRUE(builder.Add<4>(kVersion, {kStart, cme::kEndOfEvent}, std::vector<cme::ResetChannel>{{}}));
  reset.resize(builder.Finish());
  Send(reset);
  EXPECT_EQ(market_.books.level_count(), 0u);
  EXPECT_EQ(Live(), 3);
}

TEST_F(CmeRecoveryTest, LossAtRandomEndsWithTheLosslessBooks_property) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    venue_ = Venue(seed);
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
      if (random() % 10 != 0) send(packet, kGroupA, kPortA);
      if (i % 25 == 0) snapshots = venue_.Snapshots();
      if (i % 25 >= 10 && i % 25 < 13) send(snapshots[static_cast<size_t>(i % 25 - 10)], kSnapshotGroup, kSnapshotPort);
    }
    for (int i = 0; i < 30; ++i) send(venue_.Packet(), kGroupA, kPortA);
    for (const Bytes& packet : venue_.Snapshots()) send(packet, kSnapshotGroup, kSnapshotPort);
    feed_->Finish(now_, *fresh);
    venue_.ExpectBooks(*fresh);
    for (InstrumentIndex i = 0; i < fresh->instruments.size(); ++i) EXPECT_EQ(fresh->State(i), BookState::kLive) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tickgraph
