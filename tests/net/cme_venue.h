// A CME channel for tests: a few instruments whose books change at random, as packets of our own encoder, and their snapshots.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "net/proto/cme_encode.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {

inline constexpr uint32_t kCmeGroupA = 0xE0001F01, kCmeGroupB = 0xE0002001, kCmeSnapshotGroup = 0xE0001F2B;
inline constexpr uint16_t kCmePortA = 14310, kCmePortB = 15310, kCmeSnapshotPort = 14320;
inline constexpr uint64_t kCmeStart = 1'700'000'000'000'000'000;
inline constexpr uint16_t kCmeVersion = 9;

// A venue of a few instruments whose books change at random: packets of the incremental channel, and snapshots as of any packet.
class CmeVenue {
 public:
  // Its instruments are numbered from `first_id` on.
  explicit CmeVenue(uint64_t seed, int instruments = 3, int32_t first_id = 1)
      : random_(seed), books_(static_cast<size_t>(instruments)), first_id_(first_id) {}

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
    EXPECT_TRUE(builder.Add<46>(kCmeVersion, root, entries, std::vector<cme::OrderOfEntry>{}));
    if (random_() % 4 == 0) {  // a statistic takes a number too
      cme::SessionStatistic statistic;
      const size_t instrument = random_() % books_.size();
      statistic.security_id = IdOf(instrument);
      statistic.rpt_seq = ++books_[instrument].rpt_seq;
      statistic.price_nanos = 5;
      statistic.entry_type = '4';
      EXPECT_TRUE(builder.Add<51>(kCmeVersion, root, std::vector<cme::SessionStatistic>{statistic}));
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
      root.security_id = IdOf(i);
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
      EXPECT_TRUE(builder.Add<52>(kCmeVersion, root, entries));
      bytes.resize(builder.Finish());
      out.push_back(bytes);
    }
    return out;
  }

  // Best first.
  [[nodiscard]] const std::vector<std::pair<PriceNanos, Quantity>>& levels(size_t instrument, Side side) const {
    return books_[instrument].sides[static_cast<int>(side)];
  }
  [[nodiscard]] size_t size() const { return books_.size(); }
  [[nodiscard]] uint32_t sequence() const { return sequence_; }

 private:
  static constexpr PriceNanos kTick = 250'000'000;
  struct Book {
    std::vector<std::pair<PriceNanos, Quantity>> sides[2];
    uint32_t rpt_seq = 0;
  };

  [[nodiscard]] int32_t IdOf(size_t instrument) const { return first_id_ + static_cast<int32_t>(instrument); }
  [[nodiscard]] uint64_t Now() const { return kCmeStart + sequence_ * 1000; }

  cme::BookEntry Change() {
    const size_t instrument = random_() % books_.size();
    const int side = static_cast<int>(random_() & 1);
    auto& levels = books_[instrument].sides[side];
    cme::BookEntry entry;
    entry.security_id = IdOf(instrument);
    entry.rpt_seq = ++books_[instrument].rpt_seq;
    entry.entry_type = side == 0 ? '0' : '1';
    entry.number_of_orders = 1;
    entry.size = static_cast<Quantity>(1 + random_() % 50);
    const uint64_t what = random_() % 10;
    // Ten levels at the ten best prices leave no price to add.
    const bool room = levels.size() < 10 || std::abs(levels[9].first) > 9 * kTick;
    if (levels.size() < 2 || (what < 4 && room)) {
      // Prices stay sorted, and what is pushed below the tenth level is gone.
      PriceNanos price = 0;
      size_t at = 0;
      do {
        price = static_cast<PriceNanos>(random_() % 200) * kTick * (side == 0 ? -1 : 1);
        at = 0;
        while (at < levels.size() && (side == 0 ? levels[at].first > price : levels[at].first < price)) ++at;
      } while (at >= 10 || (at < levels.size() && levels[at].first == price));
      levels.insert(levels.begin() + static_cast<std::ptrdiff_t>(at), {price, entry.size});
      if (levels.size() > 10) levels.resize(10);
      entry.action = cme::UpdateAction::kNew;
      entry.level = static_cast<uint8_t>(at + 1);
      entry.price_nanos = price;
      return entry;
    }
    const size_t at = random_() % levels.size();
    entry.level = static_cast<uint8_t>(at + 1);
    entry.price_nanos = levels[at].first;
    if (what < 8) {
      entry.action = cme::UpdateAction::kChange;
      levels[at].second = entry.size;
    } else {
      entry.action = cme::UpdateAction::kDelete;
      levels.erase(levels.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return entry;
  }

  std::mt19937_64 random_;
  std::vector<Book> books_;
  int32_t first_id_;
  uint32_t sequence_ = 0;
  uint64_t snapshot_clock_ = 0;
};

}  // namespace tickgraph
