// Holes that both lines left are asked for: whatever is lost, swapped or repeated comes out once and in order, a server that is of no help
// costs a bounded number of requests, and memory stays within the pool.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "net/proto/line_arbiter.h"

namespace tickgraph {
namespace {

constexpr uint64_t kWindowNs = 5'000, kRetryNs = 2'000, kLatencyNs = 500;
constexpr uint32_t kAttempts = 4;

enum class Server { kGood, kLossy, kSlow, kShort, kSilent, kWrongRange, kFarAhead, kRefusing };

struct Packet {
  uint64_t sequence;
  uint32_t count;
  Line line;
  bool recovered;
};

// Two lines, a server and an arbiter on one clock; every message holds its number.
class RecoveryWorld {
 public:
  RecoveryWorld(Server server, uint32_t slots, uint64_t seed)
      : random(seed), server_(server), pool(slots, 64), arbiter(&pool, {kWindowNs, slots}) {
    arbiter.SetRecovery(kRetryNs, kAttempts);
  }

  void Deliver(const SequencedUnit& unit, uint64_t from, uint64_t end) {
    for (uint64_t n = from; n < end; ++n) {
      uint64_t held;
      std::memcpy(&held, unit.bytes + 8 * (n - unit.sequence), 8);
      damaged |= held != n;
      numbers.push_back(n);
    }
  }
  void OnStreamState(BookState state) {
    EXPECT_TRUE(states.empty() || states.back() != state);
    states.push_back(state);
  }
  void OnGap(uint64_t first, uint64_t last) {
    for (uint64_t n = first; n <= last; ++n) lost.push_back(n);
  }
  uint64_t Request(uint64_t first, uint64_t end) {
    EXPECT_LT(first, end);
    ++requests;
    if (server_ == Server::kRefusing) return first;
    const uint64_t asked_end = std::min(end, first + 6 * kReply);
    for (uint64_t at = first; at < asked_end; at += kReply) Answer(at, static_cast<uint32_t>(std::min(kReply, asked_end - at)));
    return asked_end;
  }

  // Until nothing is under way.
  void Run() {
    for (;;) {
      const uint64_t packet_ns = wire.empty() ? UINT64_MAX : wire.begin()->first;
      const uint64_t next_ns = std::min(packet_ns, arbiter.deadline_ns());
      if (next_ns == UINT64_MAX) break;
      now = std::max(now, next_ns);
      if (arbiter.deadline_ns() <= packet_ns) {
        arbiter.OnTimer(now, *this);
        ASSERT_GT(arbiter.deadline_ns(), now);
        ASSERT_LT(++timers, 2'000'000);
        continue;
      }
      const Packet packet = wire.begin()->second;
      wire.erase(wire.begin());
      Receive(packet);
      ASSERT_EQ(arbiter.gapped(), !states.empty() && states.back() != BookState::kLive);
    }
  }

  static constexpr uint64_t kReply = 8;
  std::mt19937_64 random;
  Server server_;
  ReorderPool pool;
  LineArbiter arbiter;
  std::multimap<uint64_t, Packet> wire;
  std::vector<uint64_t> numbers, lost;
  std::vector<BookState> states;
  uint64_t now = 0, requests = 0, arrived = 0;
  int timers = 0;
  bool damaged = false;

 private:
  void Answer(uint64_t first, uint32_t count) {
    if (server_ == Server::kSilent || (server_ == Server::kLossy && random() % 2 == 0)) return;
    if (server_ == Server::kShort) count = 1;
    if (server_ == Server::kWrongRange) first = first > 2000 ? first - 2000 : 1;
    if (server_ == Server::kFarAhead) first += uint64_t{1} << 40;
    wire.emplace(now + (server_ == Server::kSlow ? 3 * kRetryNs : kLatencyNs), Packet{first, count, Line::kA, true});
  }

  void Receive(const Packet& packet) {
    if (packet.count == 0) return arbiter.OnAnnounced(packet.sequence, now, *this);
    uint64_t body[kReply];
    std::iota(body, body + packet.count, packet.sequence);
    SequencedUnit unit;
    unit.bytes = reinterpret_cast<const uint8_t*>(body);
    unit.size = 8 * packet.count;
    unit.count = packet.count;
    unit.sequence = packet.sequence;
    unit.line = packet.line;
    unit.recovered = packet.recovered;
    arrived += packet.count;
    packet.recovered ? arbiter.OnAnswer(unit, now, *this) : arbiter.OnUnit(unit, now, *this);
  }
};

struct Losses {
  unsigned percent;
  bool bursts;
};

// Lines A and B of messages [1, last], each with packets of its own, repeats and packets out of place; bursts are lost on both.
void SendLines(RecoveryWorld& world, uint64_t last, const Losses& losses) {
  std::vector<std::pair<uint64_t, uint64_t>> bursts;
  for (uint64_t n = 300; losses.bursts && n < last;) {
    const uint64_t end = n + 1 + world.random() % (world.random() % 3 == 0 ? 5000 : 50);
    bursts.emplace_back(n, end);
    n = end + world.random() % 3000;
  }
  for (const Line line : {Line::kA, Line::kB}) {
    for (uint64_t n = 1; n <= last;) {
      const auto count = static_cast<uint32_t>(std::min<uint64_t>(1 + world.random() % 7, last + 1 - n));
      const uint64_t at = n * 20 + (line == Line::kB ? 200 : 0) + world.random() % 120;
      bool in_burst = false;
      for (const auto& [from, end] : bursts) in_burst |= n < end && n + count > from;
      if (!in_burst && world.random() % 100 >= losses.percent) world.wire.emplace(at, Packet{n, count, line, false});
      if (!in_burst && world.random() % 50 == 0) world.wire.emplace(at + 50, Packet{n, count, line, false});
      n += count;
    }
  }
  world.wire.emplace(0, Packet{1, 0, Line::kA, false});
  for (uint64_t i = 0; i < 3; ++i) world.wire.emplace(last * 20 + 1000 + i, Packet{last + 1, 0, Line::kA, false});
}

void ExpectWhole(const RecoveryWorld& world, uint64_t last, uint64_t seed) {
  std::vector<uint64_t> want(last);
  std::iota(want.begin(), want.end(), 1);
  ASSERT_EQ(want, world.numbers) << "seed " << seed;
  const ArbiterCounters& c = world.arbiter.counters();
  EXPECT_TRUE(world.lost.empty());
  EXPECT_FALSE(world.damaged);
  EXPECT_FALSE(world.arbiter.gapped());
  EXPECT_EQ(BookState::kLive, world.states.back());
  EXPECT_GT(c.recovered, 0u);
  EXPECT_EQ(0u, c.gaps + c.overflows + c.late + c.unasked);
  EXPECT_EQ(world.arrived, c.delivered + c.duplicates + c.dropped);
  EXPECT_EQ(world.pool.free_count(), world.pool.capacity());
}

TEST(LineArbiterRecoveryTest, AsksForAHoleWhenItsTimeIsOver) {
  RecoveryWorld world(Server::kGood, 16, 1);
  world.wire = {{0, {1, 1, Line::kA, false}}, {10, {5, 1, Line::kA, false}}};
  world.Run();
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 3, 4, 5}), world.numbers);
  EXPECT_EQ((std::vector{BookState::kGapped, BookState::kRecovering, BookState::kLive}), world.states);
  EXPECT_EQ(1u, world.requests);
  EXPECT_EQ(3u, world.arbiter.counters().recovered);
  EXPECT_EQ(10 + kWindowNs + kLatencyNs, world.now);
}

TEST(LineArbiterRecoveryTest, TheOtherLineInTimeIsNotAskedFor) {
  RecoveryWorld world(Server::kGood, 16, 1);
  world.wire = {{0, {1, 1, Line::kA, false}}, {10, {5, 1, Line::kA, false}}, {4000, {2, 3, Line::kB, false}}};
  world.Run();
  EXPECT_EQ(5u, world.numbers.size());
  EXPECT_EQ(0u, world.requests + world.arbiter.counters().recovered);
  EXPECT_EQ((std::vector{BookState::kGapped, BookState::kLive}), world.states);
}

TEST(LineArbiterRecoveryTest, HolesAreAskedForSideBySide) {
  RecoveryWorld world(Server::kGood, 64, 1);
  for (uint64_t n = 1; n <= 39; n += 2) world.wire.emplace(n, Packet{n, 1, Line::kA, false});
  world.Run();
  EXPECT_EQ(39u, world.numbers.size());
  EXPECT_EQ(19u, world.requests);
  EXPECT_EQ(39 + kWindowNs + kLatencyNs, world.now);  // one round trip in all
}

TEST(LineArbiterRecoveryTest, AnswersFillHolesAlone) {
  RecoveryWorld world(Server::kSilent, 16, 1);
  world.wire = {{0, {1, 2, Line::kA, false}}, {5, {3, 2, Line::kA, true}}, {10, {6, 1, Line::kA, false}}, {20, {4, 8, Line::kA, true}}};
  world.Run();
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 4, 5, 6}), world.numbers);  // 7 and up: no line ever spoke of them
  EXPECT_EQ((std::vector<uint64_t>{3}), world.lost);
  EXPECT_EQ(7u, world.arbiter.counters().unasked);
}

TEST(LineArbiterRecoveryPropertyTest, WhatIsLostComesBackOnceAndInOrder) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    RecoveryWorld world(seed % 4 == 0 ? Server::kLossy : Server::kGood, 64u << seed % 5, seed);
    const uint64_t last = 2000 + seed * 100;
    SendLines(world, last, {20, false});
    world.Run();
    if (seed % 4 != 0) ExpectWhole(world, last, seed);
    std::vector<uint64_t> all = world.numbers;  // a lossy server may be asked in vain so often that a hole is given up
    all.insert(all.end(), world.lost.begin(), world.lost.end());
    std::sort(all.begin(), all.end());
    ASSERT_EQ(last, all.size()) << "seed " << seed;
    ASSERT_TRUE(std::is_sorted(world.numbers.begin(), world.numbers.end(), std::less_equal<>()));
  }
}

TEST(LineArbiterRecoveryPropertyTest, BurstsThatOutgrowThePoolComeBackToo) {
  uint64_t dropped = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RecoveryWorld world(seed % 3 == 0 ? Server::kShort : Server::kGood, seed % 2 == 0 ? 24 : 400, seed);
    SendLines(world, 20'000, {20, true});
    world.Run();
    ExpectWhole(world, 20'000, seed);
    dropped += world.arbiter.counters().dropped;
  }
  EXPECT_GT(dropped, 0u);
}

TEST(LineArbiterRecoveryPropertyTest, AServerOfNoHelpCostsABoundedNumberOfRequests) {
  for (const Server server : {Server::kSilent, Server::kWrongRange, Server::kFarAhead, Server::kRefusing}) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      RecoveryWorld world(server, seed % 2 == 0 ? 16 : 256, seed);
      SendLines(world, 5'000, {20, seed % 3 == 0});
      world.Run();
      const ArbiterCounters& c = world.arbiter.counters();
      ASSERT_FALSE(world.arbiter.gapped());
      ASSERT_GT(c.gaps, 0u);
      ASSERT_LE(world.requests, 2 * kAttempts * c.gaps) << "seed " << seed;
      ASSERT_EQ(5'000u, world.numbers.size() + world.lost.size());
      ASSERT_EQ(world.lost.size(), c.missing_messages);
      ASSERT_EQ(5'001u, world.arbiter.expected());
      ASSERT_TRUE(std::is_sorted(world.numbers.begin(), world.numbers.end(), std::less_equal<>()));
      ASSERT_EQ(world.pool.free_count(), world.pool.capacity());
    }
  }
}

TEST(LineArbiterRecoveryPropertyTest, ASlowServerStillFillsWhatIsNotGivenUp) {
  RecoveryWorld world(Server::kSlow, 256, 7);
  SendLines(world, 5'000, {20, false});
  world.Run();
  ExpectWhole(world, 5'000, 7);  // three timeouts, of four, before the first answer
}

}  // namespace
}  // namespace tickgraph
