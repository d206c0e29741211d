// The persistent engine end to end without a device: its host's side against the resident kernel's own body on another thread.
#include "kernels/persistent_engine.h"

#include <gtest/gtest.h>

#include "hot/tsc.h"
#include "kernels/cpu_engine.h"
#include "kernels/engine_factory.h"
#include "tests/kernels/engine_market.h"
#include "tests/kernels/resident_peer.h"

namespace tickgraph {
namespace {

std::vector<Signal> Answer(PersistentEngine& engine) {
  const Signal* signals = nullptr;
  uint32_t count = 0;
  while (!engine.Poll(&signals, &count)) std::this_thread::yield();
  return {signals, signals + count};
}

// A session of random quotes; `rows` the sizes of its submissions, in turn. Returns the signals that were compared.
size_t Compare(ResidentPeer& peer, const EngineConfig& config, uint64_t seed, uint32_t products, uint32_t strikes,
               const std::vector<uint32_t>& sizes, int rounds) {
  Dice dice{seed};
  const std::vector<EngineInstrument> market = Market(dice, products, 2, 2, strikes);
  CpuEngine reference(config, SimdLevel::kScalar);
  size_t defined = 0, compared = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const size_t until = std::min(market.size(), defined + market.size() / 4 + 1); defined < until; ++defined)
      EXPECT_EQ(reference.Define(market[defined]), peer.host->Define(market[defined]));
    const std::vector<EngineRow> rows = RandomRows(dice, market, defined, sizes[static_cast<size_t>(round) % sizes.size()], 60);
    const auto count = static_cast<uint32_t>(rows.size());
    reference.Submit(rows.data(), count);
    peer.host->Submit(rows.data(), count);
    const std::vector<Signal> got = Answer(*peer.host);
    const std::vector<Signal> want(reference.signals(), reference.signals() + reference.signal_count());
    ExpectSame(want, got.data(), static_cast<uint32_t>(got.size()), "resident kernel");
    if (testing::Test::HasFatalFailure()) return compared;
    compared += got.size();
  }
  EXPECT_EQ(peer.host->counters().contracts_priced, reference.counters().contracts_priced);
  EXPECT_EQ(peer.host->counters().signals, reference.counters().signals);
  EXPECT_EQ(peer.host->counters().dropped_signals, reference.counters().dropped_signals);
  return compared;
}

TEST(PersistentEngineTest, EqualsTheCpuEngineAtSizesAroundAWarp) {
  EngineConfig config = SmallConfig();
  config.max_instruments = 1024;
  config.max_contracts = 512;
  config.max_signals = 64;  // so that the rings come round, and some signals find no room
  ResidentPeer peer(config, 1);
  peer.Start();
  EXPECT_GT(Compare(peer, config, 3, 3, 9, {1, 0, 31, 32, 33, 2, 300}, 70), 100u);
  EXPECT_TRUE(peer.host->Stop(10'000'000'000));
}

TEST(PersistentEngineTest, LargeChainsArePricedWithTheHelpers) {
  EngineConfig config = SmallConfig();
  config.max_contracts = 4096;
  ResidentPeer peer(config, 3);
  peer.Start();
  EXPECT_GT(Compare(peer, config, 5, 10, 40, {40, 3, 1500}, 15), 100u);
  EXPECT_GT(peer.rounds_with_helpers(), 2u);
  EXPECT_TRUE(peer.host->Stop(10'000'000'000));
}

TEST(PersistentEngineTest, PassesTheSelfCheck) {
  ResidentPeer peer(SelfCheckConfig(), 1);
  peer.Start();
  EXPECT_EQ(SelfCheck(peer.host->engine("emulated")), "");
}

TEST(PersistentEngineTest, APeerThatNeverAnswersIsNotWaitedFor) {
  ResidentPeer peer(SelfCheckConfig(), 1);  // not started
  EngineRow row;
  row.instrument = 0;
  peer.host->Submit(&row, 1);
  const Signal* signals = nullptr;
  uint32_t count = 0;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(peer.host->Poll(&signals, &count));
  const uint64_t from_ns = MonotonicNanos();
  EXPECT_FALSE(peer.host->Stop(20'000'000));
  EXPECT_LT(MonotonicNanos() - from_ns, 2'000'000'000u);
}

TEST(PersistentEngineTest, StopsWhileALineOfARequestIsLost) {
  ResidentPeer peer(SelfCheckConfig(), 2);
  EngineRow rows[40];
  for (uint32_t i = 0; i < 40; ++i) rows[i].instrument = i;
  peer.host->Submit(rows, 40);
  *peer.mailbox().request.Slot(100) = {};  // of the 34th row
  peer.Start();
  const Signal* signals = nullptr;
  uint32_t count = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(peer.host->Poll(&signals, &count));
    std::this_thread::yield();
  }
  EXPECT_TRUE(peer.host->Stop(10'000'000'000));
  peer.Join();
}

TEST(PersistentEngineTest, AnAnswerThatCannotBeIsAProblem) {
  ResidentPeer peer(SelfCheckConfig(), 1);
  EngineRow row;
  row.instrument = 0;
  peer.host->Submit(&row, 1);
  EXPECT_EQ(peer.host->problem(), nullptr);
  peer.mailbox().response.Write(0, ToLine(ResponseHeader{SelfCheckConfig().max_signals + 1, 9999, 0}));
  const Signal* signals = nullptr;
  uint32_t count = 0;
  EXPECT_FALSE(peer.host->Poll(&signals, &count));
  EXPECT_NE(peer.host->problem(), nullptr);
}

}  // namespace
}  // namespace tickgraph
