// The player's pace and what a stop does to it.
#include "replay/player.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace tickgraph {
namespace {

struct Taken {
  uint64_t stamp_ns, rx_tsc, at_tsc;
};
struct RecordingLoop {
  std::vector<Taken> taken;
  uint64_t busy_ticks = 0;
  void OnPacket(const PacketView& packet, uint64_t rx_tsc) {
    taken.push_back({packet.ts_recv_ns, rx_tsc, ReadTsc()});
    for (const uint64_t from = ReadTsc(); ReadTsc() - from < busy_ticks;) {
    }
  }
};

// One burst, then the end.
struct OneBurst {
  std::array<PacketView, 32> packets{};
  PacketSource source() {
    return {this, [](void*) { return PacketBurst{nullptr, 0, SourceState::kEnd}; }, true};
  }
};

class PlayerTest : public testing::Test {
 protected:
  PlayerTest() {
    std::string error;
    tape_ = TapeWriter::Create({"player-test-" + std::to_string(getpid()), 64, 16}, &error);
    if (tape_ == nullptr) throw std::runtime_error(error);
  }
  PlayerResult Play(uint32_t count, const PlayerConfig& config) {
    const auto tend = [] { return true; };
    const auto ended = [] { return false; };
    Player player(config, loop_, *tape_, tsc_, stop_, tend, ended);
    return player.Run(burst_.source(), {burst_.packets.data(), count, SourceState::kMore});
  }

  const TscScale tsc_{5};
  std::unique_ptr<TapeWriter> tape_;
  RecordingLoop loop_;
  OneBurst burst_;
  std::atomic<bool> stop_{false};
};

TEST_F(PlayerTest, AStopInALongWaitLetsNothingGoBeforeItIsDue) {
  burst_.packets[0].ts_recv_ns = 1'000'000'000;
  burst_.packets[1].ts_recv_ns = 61'000'000'000;
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop_.store(true);
  });
  const PlayerResult result = Play(2, {.speed = 1, .wait_for_archiver = false});
  stopper.join();
  EXPECT_EQ(result.end, PlayerEnd::kStopped);
  EXPECT_EQ(result.packets, 1u);
  ASSERT_EQ(loop_.taken.size(), 1u);
  EXPECT_LE(loop_.taken[0].rx_tsc, loop_.taken[0].at_tsc);
}

// A pace so slow that the time of the second packet leaves 64 bits of nanoseconds: it is waited for, not played at once.
TEST_F(PlayerTest, APaceThatIsNextToNoneStillHolds) {
  burst_.packets[0].ts_recv_ns = 1'000'000'000;
  burst_.packets[1].ts_recv_ns = 61'000'000'000;
  for (const double speed : {3e-9, 1e-300}) {
    loop_.taken.clear();
    stop_ = false;
    std::thread stopper([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      stop_ = true;
    });
    EXPECT_EQ(Play(2, {.speed = speed}).end, PlayerEnd::kStopped) << speed;
    stopper.join();
    EXPECT_EQ(loop_.taken.size(), 1u) << speed;
  }
}

TEST_F(PlayerTest, AtFullSpeedEachPacketOfABurstHasAStampOfItsOwn) {
  loop_.busy_ticks = tsc_.ToTicks(200'000);
  const PlayerResult result = Play(32, {.wait_for_archiver = false});
  EXPECT_EQ(result.end, PlayerEnd::kEndOfInput);
  ASSERT_EQ(loop_.taken.size(), 32u);
  uint64_t least = UINT64_MAX;
  for (const Taken& one : loop_.taken) least = std::min(least, one.at_tsc - one.rx_tsc);
  EXPECT_LT(tsc_.ToNanos(least), 100'000u);
  EXPECT_GT(loop_.taken[31].rx_tsc - loop_.taken[0].rx_tsc, 31 * loop_.busy_ticks);
}

}  // namespace
}  // namespace tickgraph
