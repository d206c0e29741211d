// Streams that are joined late, or have lost what nobody sends again: nothing is delivered between the two ends of a snapshot, what waits
// follows it without a hole or a repeat, and a snapshot that is missing, old or a lie ends in a loss that is told.
#include <gmock/gmock.h>

#include <numeric>
#include <random>
#include <vector>

#include "net/proto/line_arbiter.h"

namespace tickgraph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kWindowNs = 5'000, kRetryNs = 2'000, kMostByRequests = 50;
constexpr uint32_t kAttempts = 2;

class SnapshotWorld {
 public:
  explicit SnapshotWorld(uint32_t slots = 64, bool with_requests = false) : pool(slots, 64), arbiter(&pool, {kWindowNs, slots}) {
    if (with_requests) arbiter.SetRecovery(kRetryNs, kAttempts);
    arbiter.SetSnapshots(with_requests ? kMostByRequests : 0);
  }

  void Deliver(const SequencedUnit& unit, uint64_t from, uint64_t end) {
    EXPECT_FALSE(applying);
    for (uint64_t n = from; n < end; ++n) {
      uint64_t held;
      std::memcpy(&held, unit.bytes + 8 * (n - unit.sequence), 8);
      EXPECT_EQ(held, n);
      numbers.push_back(n);
    }
  }
  void OnStreamState(BookState state) {
    EXPECT_TRUE(states.empty() || states.back() != state);
    states.push_back(state);
  }
  void OnGap(uint64_t first, uint64_t last) {
    EXPECT_LE(first, last);
    gaps.emplace_back(first, last);
  }
  uint64_t Request(uint64_t, uint64_t end) {
    ++requests;
    return end;
  }
  void RequestSnapshot(uint64_t first) { asked.push_back(first); }

  void Unit(uint64_t first, uint32_t count = 1) {
    uint64_t body[8];
    std::iota(body, body + count, first);
    SequencedUnit unit;
    unit.bytes = reinterpret_cast<const uint8_t*>(body);
    unit.size = 8 * count;
    unit.count = count;
    unit.sequence = first;
    heard = std::max(heard, first + count);
    arbiter.OnUnit(unit, now, *this);
  }
  void Units(uint64_t first, uint64_t end) {
    for (; first < end; ++first) Unit(first);
  }
  void Announce(uint64_t next) {
    heard = std::max(heard, next);
    arbiter.OnAnnounced(next, now, *this);
  }
  void Wait(uint64_t ns) {
    now += ns;
    arbiter.OnTimer(now, *this);
  }
  // What lies ahead of the lines is known from the snapshot, and from no message.
  bool Begin(uint64_t next) {
    applying = arbiter.BeginSnapshot(next, *this);
    if (applying && heard < next) ahead.emplace_back(heard, next - 1);
    return applying;
  }
  void End() {
    applying = false;
    arbiter.EndSnapshot(now, *this);
  }
  void Fail() {
    applying = false;
    arbiter.FailSnapshot(*this);
  }
  [[nodiscard]] BookState state() const { return states.empty() ? BookState::kLive : states.back(); }
  static std::vector<uint64_t> From(uint64_t first, uint64_t end) {
    std::vector<uint64_t> out(end - first);
    std::iota(out.begin(), out.end(), first);
    return out;
  }

  ReorderPool pool;
  LineArbiter arbiter;
  std::vector<uint64_t> numbers, asked;
  std::vector<std::pair<uint64_t, uint64_t>> gaps, ahead;
  std::vector<BookState> states;
  uint64_t now = 0, requests = 0, heard = 0;
  bool applying = false;
};

TEST(LineArbiterSnapshotTest, AStreamHeardFromItsStartNeedsNone) {
  SnapshotWorld world;
  world.Units(1, 10);
  world.Announce(10);
  world.Wait(10 * kWindowNs);
  EXPECT_EQ(world.numbers, SnapshotWorld::From(1, 10));
  EXPECT_THAT(world.states, IsEmpty());
  EXPECT_THAT(world.asked, IsEmpty());
}

TEST(LineArbiterSnapshotTest, JoinsInTheMiddleOfWhatWaits) {
  SnapshotWorld world;
  world.Units(500, 510);
  world.Wait(kWindowNs);
  EXPECT_THAT(world.asked, ElementsAre(500));
  EXPECT_EQ(world.state(), BookState::kRecovering);
  world.Wait(100 * kWindowNs);
  world.Units(510, 520);
  EXPECT_THAT(world.numbers, IsEmpty());
  ASSERT_TRUE(world.Begin(513));
  world.Units(520, 523);
  world.Unit(1);
  world.End();
  EXPECT_EQ(world.numbers, SnapshotWorld::From(513, 523));
  EXPECT_THAT(world.states, ElementsAre(BookState::kGapped, BookState::kRecovering, BookState::kLive));
  EXPECT_THAT(world.gaps, IsEmpty()) << "what was never heard is not lost";
  world.Unit(523);
  EXPECT_EQ(world.numbers.back(), 523u);
  EXPECT_EQ(world.asked.size(), 1u);
  EXPECT_EQ(world.arbiter.counters().snapshots, 1u);
  EXPECT_EQ(world.pool.free_count(), world.pool.capacity());
}

TEST(LineArbiterSnapshotTest, AHeartbeatIsEnoughToJoin) {
  SnapshotWorld world;
  world.Announce(500);
  world.Wait(kWindowNs);
  EXPECT_THAT(world.asked, ElementsAre(500));
  ASSERT_TRUE(world.Begin(500));
  world.End();
  EXPECT_EQ(world.state(), BookState::kLive);
  world.Unit(500);
  EXPECT_THAT(world.numbers, ElementsAre(500));
}

TEST(LineArbiterSnapshotTest, WhileItWaitsTheOldestMakeRoom) {
  SnapshotWorld world(8);
  world.Units(500, 600);
  EXPECT_THAT(world.asked, ElementsAre(500)) << "a full pool does not wait for the window";
  EXPECT_EQ(world.arbiter.counters().dropped, 92u);
  ASSERT_TRUE(world.Begin(595));
  world.End();
  EXPECT_EQ(world.numbers, SnapshotWorld::From(595, 600));
  EXPECT_EQ(world.state(), BookState::kLive);

  // One that is older than what found room: a second closes what the first left.
  SnapshotWorld older(8);
  older.Units(500, 600);
  ASSERT_TRUE(older.Begin(580));
  older.End();
  EXPECT_EQ(older.state(), BookState::kRecovering);
  EXPECT_THAT(older.numbers, IsEmpty());
  older.Wait(kWindowNs);
  EXPECT_THAT(older.asked, ElementsAre(500, 592));
  ASSERT_TRUE(older.Begin(594));
  older.End();
  EXPECT_EQ(older.numbers, SnapshotWorld::From(594, 600));
  EXPECT_EQ(older.state(), BookState::kLive);
}

TEST(LineArbiterSnapshotTest, ALossIsToldAndTheBooksAreWholeAgain) {
  SnapshotWorld world;
  world.Units(1, 11);
  world.Units(20, 25);
  world.Wait(kWindowNs);
  EXPECT_THAT(world.asked, ElementsAre(20));
  ASSERT_TRUE(world.Begin(22));
  EXPECT_THAT(world.gaps, ElementsAre(std::pair(11u, 21u))) << "before the books are filled anew";
  world.End();
  EXPECT_EQ(world.numbers.back(), 24u);
  EXPECT_EQ(world.numbers.size(), 13u);
  EXPECT_EQ(world.state(), BookState::kLive);
  EXPECT_EQ(world.arbiter.counters().missing_messages, 11u);
}

TEST(LineArbiterSnapshotTest, RequestsGoFirstWhereTheyCanBringIt) {
  SnapshotWorld world(64, true);
  world.Units(1, 11);
  world.Unit(20);
  world.Wait(kWindowNs);
  EXPECT_EQ(world.requests, 1u);
  EXPECT_THAT(world.asked, IsEmpty());
  for (uint32_t i = 0; i < kAttempts; ++i) world.Wait(kRetryNs);
  EXPECT_EQ(world.requests, kAttempts);
  EXPECT_THAT(world.asked, ElementsAre(20));

  // And again where there is no snapshot.
  SnapshotWorld far(64, true);
  far.Unit(1 + kMostByRequests + 1);
  far.Wait(kWindowNs);
  EXPECT_EQ(far.requests, 0u);
  EXPECT_EQ(far.asked.size(), 1u);
  far.Fail();
  far.Wait(0);
  EXPECT_EQ(far.requests, 1u);
  EXPECT_EQ(far.state(), BookState::kRecovering);
}

TEST(LineArbiterSnapshotTest, ALateLineMakesItNeedless) {
  SnapshotWorld world;
  world.Unit(3);
  world.Wait(kWindowNs);
  EXPECT_EQ(world.asked.size(), 1u);
  world.Units(1, 3);
  EXPECT_EQ(world.numbers, SnapshotWorld::From(1, 4));
  EXPECT_EQ(world.state(), BookState::kLive);
  EXPECT_FALSE(world.arbiter.awaits_snapshot());
  EXPECT_FALSE(world.Begin(3));
  world.Fail();
  EXPECT_THAT(world.gaps, IsEmpty());
}

TEST(LineArbiterSnapshotTest, NoneOrAnOldOneIsALoss) {
  SnapshotWorld none;
  none.Units(500, 503);
  none.Wait(kWindowNs);
  none.Fail();
  none.Wait(0);
  EXPECT_THAT(none.gaps, ElementsAre(std::pair(1u, 499u)));
  EXPECT_EQ(none.numbers, SnapshotWorld::From(500, 503));
  EXPECT_EQ(none.state(), BookState::kLive) << "the stream flows; the books stay gapped by the loss";

  SnapshotWorld old;
  old.Units(1, 11);
  old.Unit(20);
  old.Wait(kWindowNs);
  EXPECT_FALSE(old.Begin(11));
  EXPECT_FALSE(old.Begin(0));
  EXPECT_FALSE(old.Begin(UINT64_MAX));
  old.Fail();
  old.Wait(0);
  EXPECT_THAT(old.gaps, ElementsAre(std::pair(11u, 19u)));
  EXPECT_EQ(old.arbiter.counters().useless_snapshots, 3u);

  SnapshotWorld broken;
  broken.Units(500, 503);
  broken.Wait(kWindowNs);
  ASSERT_TRUE(broken.Begin(501));
  broken.Fail();
  EXPECT_THAT(broken.gaps, ElementsAre(std::pair(1u, 500u)));
  EXPECT_THAT(broken.numbers, ElementsAre(501, 502));

  SnapshotWorld ended;
  ended.Units(500, 503);
  ended.Wait(kWindowNs);
  ended.arbiter.Finish(ended);
  EXPECT_THAT(ended.gaps, ElementsAre(std::pair(1u, 499u)));
  EXPECT_FALSE(ended.arbiter.gapped());
}

TEST(LineArbiterSnapshotTest, OneAheadOfTheLinesIsBelievedOnceTheyAreThere) {
  for (const bool reached : {true, false}) {
    SnapshotWorld world;
    world.Units(500, 503);
    world.Wait(kWindowNs);
    ASSERT_TRUE(world.Begin(1000));
    world.Unit(503);
    world.End();
    EXPECT_EQ(world.state(), BookState::kRecovering);
    world.Units(504, 700);
    EXPECT_THAT(world.numbers, IsEmpty());
    if (reached) {
      world.Units(700, 999);
      EXPECT_EQ(world.state(), BookState::kRecovering);
      world.Unit(999);
      EXPECT_EQ(world.state(), BookState::kLive);
      world.Wait(LineArbiter::kAheadNs);
      world.Unit(1000);
      EXPECT_THAT(world.gaps, IsEmpty());
      EXPECT_THAT(world.numbers, ElementsAre(1000));
    } else {
      world.Wait(LineArbiter::kAheadNs - 1);
      EXPECT_EQ(world.state(), BookState::kRecovering);
      world.Wait(1);
      EXPECT_THAT(world.gaps, ElementsAre(std::pair(1u, 699u))) << "all that it was said to know";
      world.Units(700, 703);
      EXPECT_EQ(world.numbers, SnapshotWorld::From(700, 703)) << "the lines go on where they are";
      EXPECT_EQ(world.arbiter.counters().useless_snapshots, 1u);
    }
    EXPECT_FALSE(world.arbiter.gapped());
  }
}

// A server that always answers, and never closes the hole, is not asked for ever.
TEST(LineArbiterSnapshotTest, SnapshotsThatNeverReachAreBounded) {
  SnapshotWorld world;
  world.Unit(500);
  uint64_t next = 2;
  for (int i = 0; i < 20; ++i) {
    world.Wait(kWindowNs);
    if (!world.arbiter.awaits_snapshot()) break;
    ASSERT_TRUE(world.Begin(next++));
    world.End();
  }
  EXPECT_EQ(world.asked.size(), LineArbiter::kSnapshotTries);
  EXPECT_THAT(world.gaps, ElementsAre(std::pair(4u, 499u)));
  EXPECT_THAT(world.numbers, ElementsAre(500));
}

// Lines that lose, repeat and jump; servers that answer early, late, wrongly or not at all; small pools.
TEST(LineArbiterSnapshotTest, WhateverHappensNumbersRiseAndNothingIsLostUntold) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    SnapshotWorld world(static_cast<uint32_t>(2 + random() % 40), seed % 2 == 0);
    uint64_t line = 1 + random() % 300;
    const uint64_t joined_at = line;
    uint64_t covered = 0;  // every number below was delivered, told lost, in a snapshot, or before the join
    for (int step = 0; step < 600; ++step) {
      const uint64_t dice = random() % 100;
      if (dice < 60) {
        const auto count = static_cast<uint32_t>(1 + random() % 4);
        if (random() % 10 != 0) world.Unit(line, count);
        if (random() % 20 == 0) world.Unit(line > 40 ? line - random() % 40 : 1, count);
        line += count;
      } else if (dice < 70) {
        world.Announce(line);
      } else if (dice < 90) {
        world.Wait(random() % (2 * kWindowNs));
      } else if (world.arbiter.awaits_snapshot()) {
        if (dice < 92) {
          world.Fail();
        } else if (world.applying) {
          world.End();
        } else {
          (void)world.Begin(random() % 8 == 0 ? line + random() % 50 : line - std::min(line, random() % 30));
        }
      }
      ASSERT_EQ(world.arbiter.gapped(), world.state() != BookState::kLive) << seed;
    }
    world.applying = false;
    world.Announce(line);
    world.arbiter.Finish(world);
    ASSERT_FALSE(world.arbiter.gapped()) << seed;
    ASSERT_EQ(world.pool.free_count(), world.pool.capacity()) << seed;
    for (size_t i = 1; i < world.numbers.size(); ++i) ASSERT_LT(world.numbers[i - 1], world.numbers[i]) << seed;
    // Numbers that were passed over without a word may only lie before the first that was delivered, or in a snapshot alone.
    world.gaps.insert(world.gaps.end(), world.ahead.begin(), world.ahead.end());
    for (size_t i = 1; i < world.numbers.size(); ++i) {
      covered = world.numbers[i - 1] + 1;
      while (covered < world.numbers[i]) {
        const auto told = std::find_if(world.gaps.begin(), world.gaps.end(),
                                       [covered](const auto& gap) { return gap.first <= covered && covered <= gap.second; });
        ASSERT_NE(told, world.gaps.end()) << seed << ": " << covered << " of a stream joined at " << joined_at;
        covered = told->second + 1;
      }
    }
  }
}

}  // namespace
}  // namespace tickgraph
