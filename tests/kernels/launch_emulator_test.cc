// The launch emulator itself: barriers order memory, warps exchange, blocks can wait for each other, and what would hang a device is said.
#include "tests/kernels/launch_emulator.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace tickgraph {
namespace {

struct Sums {
  uint32_t value[256];
};

// A sum by halving, with a barrier after each step.
uint32_t BlockSum(EmulatedBlock& b, Sums& shared, uint32_t x) {
  shared.value[b.thread()] = x;
  b.Barrier();
  for (uint32_t step = b.threads() / 2; step > 0; step /= 2) {
    if (b.thread() < step) shared.value[b.thread()] += shared.value[b.thread() + step];
    b.Barrier();
  }
  return shared.value[0];
}

TEST(LaunchEmulatorTest, BarriersOrderSharedMemoryInEveryOrder) {
  for (const FiberOrder order : {FiberOrder::kForward, FiberOrder::kBackward, FiberOrder::kMixed}) {
    LaunchEmulator launch(3, 256, order);
    std::vector<uint32_t> sums(3 * 256);
    for (int repeat = 0; repeat < 3; ++repeat) {
      launch.RunShared<Sums>(
          [&](EmulatedBlock& b, Sums& shared) { sums[b.block() * 256 + b.thread()] = BlockSum(b, shared, b.thread() * (b.block() + 1)); });
      for (uint32_t i = 0; i < sums.size(); ++i) ASSERT_EQ(sums[i], (i / 256 + 1) * 255 * 128);
    }
  }
}

TEST(LaunchEmulatorTest, WarpsBallotAndShuffle) {
  LaunchEmulator launch(1, 64, FiberOrder::kMixed);
  launch.Run([](EmulatedBlock& b) {
    const uint32_t lane = b.thread() % kWarpLanes, warp = b.thread() / kWarpLanes;
    EXPECT_EQ(b.Ballot(lane % 3 == 0), 0x49249249u);
    EXPECT_EQ(b.Ballot(warp == 1), warp == 1 ? 0xFFFFFFFFu : 0u);
    for (uint32_t from = 0; from < kWarpLanes; ++from) EXPECT_EQ(b.Shuffle(int64_t{b.thread()} - 40, from), int64_t{warp * 32 + from} - 40);
    EXPECT_EQ(b.Shuffle(static_cast<double>(lane), lane + 1), static_cast<double>((lane + 1) % 32));
  });
}

TEST(LaunchEmulatorTest, BlocksWaitForEachOther) {
  LaunchEmulator launch(2, 32);
  uint32_t flag = 0, value = 0, seen = 0;
  launch.Run([&](EmulatedBlock& b) {
    if (b.thread() != 0) return;
    if (b.block() == 0) {
      value = 17;
      b.Store(&flag, 1);
    } else {
      while (b.Load(&flag) == 0) b.Pause();
      seen = value;
    }
  });
  EXPECT_EQ(seen, 17u);
}

TEST(LaunchEmulatorDeathTest, SaysWhatWouldHang) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto some_do_not_come = [](EmulatedBlock& b) {
    if (b.thread() != 5) b.Barrier();
  };
  EXPECT_DEATH(LaunchEmulator(1, 32).Run(some_do_not_come), "returned while all others wait|not all of them reach");
  const auto half_a_warp = [](EmulatedBlock& b) {
    if (b.thread() < 16) b.Ballot(true);
    b.Barrier();
  };
  EXPECT_DEATH(LaunchEmulator(1, 32).Run(half_a_warp), "not all of them reach");
}

}  // namespace
}  // namespace tickgraph
