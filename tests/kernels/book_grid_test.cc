// Books of a grid, run on the host as the device would, against books of maps: level for level, count for count.
#include "kernels/book_grid.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/kernels/book_grid_reference.h"
#include "tests/kernels/launch_emulator.h"
#include "tests/soak.h"

namespace tickgraph {
namespace {

struct Grid {
  explicit Grid(uint32_t count, uint32_t blocks = 2)
      : books(count), tops(count), first(count + 1), reference(count), launch(blocks, kBookBlockThreads, FiberOrder::kMixed) {
    for (GridBook& b : books) ClearBook(&b);
  }
  void Submit(const std::vector<BookDelta>& deltas) {
    const auto count = static_cast<uint32_t>(books.size());
    std::vector<BookDelta> sorted(deltas.size() + 1);
    strays += SortDeltas(deltas.data(), static_cast<uint32_t>(deltas.size()), count, first.data(), sorted.data());
    launch.Run([&](EmulatedBlock& b) { UpdateBooks(b, books.data(), tops.data(), count, {first.data(), sorted.data()}); });
    std::vector<bool> touched(count);
    for (const BookDelta& d : deltas) {
      if (d.book >= count) continue;
      reference[d.book].Apply(d);
      touched[d.book] = true;
    }
    for (uint32_t b = 0; b < count; ++b) {
      const TopOfBook t = reference[b].top();
      reference[b].crossed += touched[b] && t.has_both() && t.bid_nanos >= t.ask_nanos;
    }
  }
  void ExpectEqual() const {
    for (size_t b = 0; b < books.size(); ++b) {
      const GridBook want = reference[b].AsGridBook();
      ASSERT_TRUE(SameBook(want, books[b])) << "book " << b;
      const TopOfBook top = reference[b].top();
      ASSERT_EQ(0, std::memcmp(&top, &tops[b], sizeof top)) << "book " << b;
    }
  }
  std::vector<GridBook> books;
  std::vector<TopOfBook> tops;
  std::vector<uint32_t> first;
  std::vector<MapBook> reference;
  LaunchEmulator launch;
  uint64_t strays = 0;
};

TEST(BookGridTest, EqualsBooksOfMapsAtSizesAroundAWarp) {
  Grid grid(3);
  uint64_t from = 0;
  for (const uint32_t size : {0u, 1u, 31u, 32u, 33u, 1u, 2000u, 64u, 65u}) {
    grid.Submit(RandomDeltas(from, size, 3, 40, 20));
    grid.ExpectEqual();
    if (HasFatalFailure()) return;
    from += size;
  }
}

TEST(BookGridTest, AFullLadderKeepsItsBestAndCountsTheRest) {
  Grid grid(2);
  std::vector<BookDelta> deltas;
  for (PriceNanos p = 0; p < 100; ++p) {
    deltas.push_back({0, 1, 1000 + p, 5});  // each worse than the last: 36 are refused
    deltas.push_back({0, 0, 1000 + p, 5});  // each better than the last: 36 push the worst out
    deltas.push_back({1, 1, 2000 - p, 5});
  }
  deltas.push_back({0, 1, 1099, 0});  // was refused, so it is not there
  grid.Submit(deltas);
  grid.ExpectEqual();
  EXPECT_EQ(grid.books[0].levels[0], kLadderLevels);
  EXPECT_EQ(grid.books[0].refused, 36u);
  EXPECT_EQ(grid.books[0].evicted, 36u);
  EXPECT_EQ(grid.books[0].unknown, 1u);
  EXPECT_EQ(grid.books[0].crossed, 1u);
  EXPECT_EQ(grid.tops[1].ask_nanos, 1901);
}

TEST(BookGridTest, LevelsAreBornAndDieAtTheTouchAndAtTheSeamOfTheSlots) {
  Grid grid(1, 1);
  std::vector<BookDelta> deltas;
  for (PriceNanos p = 0; p < 60; ++p) deltas.push_back({0, 1, 1000 + 10 * p, 1 + p});
  for (const PriceNanos at : {0, 29, 30, 31, 32, 33, 58}) {
    deltas.push_back({0, 1, 1005 + 10 * at, 7});
    deltas.push_back({0, 1, 1000 + 10 * at, 0});
    grid.Submit(deltas);
    grid.ExpectEqual();
    if (HasFatalFailure()) return;
    deltas.clear();
  }
  while (!grid.reference[0].side[1].empty()) {
    grid.Submit({{0, 1, grid.reference[0].side[1].begin()->first, 0}});
    grid.ExpectEqual();
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(grid.tops[0].ask_nanos, kNoPrice);
}

TEST(BookGridTest, HostileDeltasAreCountedAndHarmNothing) {
  Grid grid(5);
  for (uint64_t i = 0; i < 10; ++i) {
    grid.Submit(RandomDeltas(i * 1000, 1000, 5, 90, 500));
    grid.ExpectEqual();
    if (HasFatalFailure()) return;
  }
  uint64_t invalid = 0, crossed = 0;
  for (const GridBook& b : grid.books) invalid += b.invalid, crossed += b.crossed;
  EXPECT_GT(invalid, 500u);
  EXPECT_GT(crossed, 5u);
  EXPECT_GT(grid.strays, 100u);
}

// A million changes of a thousand books at full length, in batches.
TEST(BookGridTest, EqualsBooksOfMapsOverManyBatchesProperty) {
  Grid grid(1000);
  const uint64_t batches = testing::SliceOrSoak(3, 40);
  for (uint64_t i = 0; i < batches; ++i) grid.Submit(RandomDeltas(i * 25'000, 25'000, 1000, 80, 2));
  grid.ExpectEqual();
}

}  // namespace
}  // namespace tickgraph
