// Line arbitration: every message once and in order, under loss, copies, late lines, full buffers and numbers near 2^64.
#include "net/proto/line_arbiter.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace tickgraph {
namespace {

// A unit of these tests holds, for each message, eight bytes with its number.
struct RecordingSink {
  std::vector<uint64_t> numbers;
  std::vector<Line> lines;
  std::vector<std::pair<uint64_t, uint64_t>> gaps;
  std::vector<BookState> states;
  bool damaged = false;

  void Deliver(const SequencedUnit& unit, uint64_t from, uint64_t end) {
    for (uint64_t n = from; n < end; ++n) {
      uint64_t held;
      std::memcpy(&held, unit.bytes + 8 * (n - unit.sequence), 8);
      damaged |= held != n;
      numbers.push_back(n);
      lines.push_back(unit.line);
    }
  }
  void OnStreamState(BookState state) { states.push_back(state); }
  void OnGap(uint64_t first, uint64_t last) { gaps.emplace_back(first, last); }
  uint64_t Request(uint64_t first, uint64_t) { return first; }
};

class LineArbiterTest : public testing::Test {
 protected:
  void Send(LineArbiter& arbiter, uint64_t sequence, uint32_t count, uint64_t now_ns, Line line = Line::kA) {
    std::vector<uint64_t> body(count);
    std::iota(body.begin(), body.end(), sequence);
    SequencedUnit unit;
    unit.bytes = reinterpret_cast<const uint8_t*>(body.data());
    unit.size = 8 * count;
    unit.count = count;
    unit.sequence = sequence;
    unit.line = line;
    arbiter.OnUnit(unit, now_ns, sink_);
  }
  static std::vector<uint64_t> Range(uint64_t from, uint64_t end) {
    std::vector<uint64_t> out(end - from);
    std::iota(out.begin(), out.end(), from);
    return out;
  }

  ReorderPool pool_{64, 256};
  LineArbiter arbiter_{&pool_, {1000, 16}};
  RecordingSink sink_;
};

TEST_F(LineArbiterTest, DropsDuplicateFromSlowerLine) {
  Send(arbiter_, 10, 3, 0);
  Send(arbiter_, 10, 3, 1, Line::kB);
  Send(arbiter_, 13, 1, 2);
  EXPECT_EQ(Range(10, 14), sink_.numbers);
  EXPECT_EQ(3u, arbiter_.counters().duplicates);
  EXPECT_TRUE(sink_.states.empty());
}

TEST_F(LineArbiterTest, SlowerLineFillsTheHole) {
  Send(arbiter_, 1, 1, 0);
  Send(arbiter_, 3, 2, 10);
  EXPECT_TRUE(arbiter_.gapped());
  EXPECT_EQ(1010u, arbiter_.deadline_ns());
  Send(arbiter_, 1, 2, 20, Line::kB);
  EXPECT_EQ(Range(1, 5), sink_.numbers);
  EXPECT_EQ((std::vector{Line::kA, Line::kB, Line::kA, Line::kA}), sink_.lines);
  EXPECT_EQ((std::vector{BookState::kGapped, BookState::kLive}), sink_.states);
  EXPECT_EQ(UINT64_MAX, arbiter_.deadline_ns());
  EXPECT_EQ(64u, pool_.free_count());
}

TEST_F(LineArbiterTest, HoleIsLostWhenItsTimeIsOver) {
  Send(arbiter_, 1, 1, 0);
  Send(arbiter_, 5, 1, 10);
  Send(arbiter_, 8, 1, 500);
  arbiter_.OnTimer(1009, sink_);
  EXPECT_TRUE(sink_.gaps.empty());
  arbiter_.OnTimer(1010, sink_);
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{2, 4}}), sink_.gaps);
  EXPECT_EQ((std::vector<uint64_t>{1, 5}), sink_.numbers);
  EXPECT_EQ(1500u, arbiter_.deadline_ns());  // the second hole has its own time
  arbiter_.OnTimer(1500, sink_);
  EXPECT_EQ((std::vector<uint64_t>{1, 5, 8}), sink_.numbers);
  EXPECT_EQ(BookState::kLive, sink_.states.back());
  Send(arbiter_, 2, 4, 1600, Line::kB);
  EXPECT_EQ(3u, arbiter_.counters().late);
  EXPECT_EQ(1u, arbiter_.counters().duplicates);
  EXPECT_EQ(5u, arbiter_.counters().missing_messages);
  EXPECT_EQ(2u, arbiter_.counters().gaps);
}

TEST_F(LineArbiterTest, AnnouncementOpensAHoleAtTheTail) {
  arbiter_.OnAnnounced(100, 0, sink_);
  Send(arbiter_, 100, 1, 1);
  arbiter_.OnAnnounced(101, 2, sink_);
  EXPECT_FALSE(arbiter_.gapped());
  arbiter_.OnAnnounced(103, 3, sink_);
  EXPECT_TRUE(arbiter_.gapped());
  Send(arbiter_, 101, 1, 4);
  EXPECT_TRUE(arbiter_.gapped());
  arbiter_.OnTimer(1003, sink_);
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{102, 102}}), sink_.gaps);
  EXPECT_FALSE(arbiter_.gapped());
}

TEST_F(LineArbiterTest, FirstAnnouncementMakesTheHeadAHole) {
  arbiter_.OnAnnounced(1, 0, sink_);
  Send(arbiter_, 4, 1, 5);
  arbiter_.Finish(sink_);
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{1, 3}}), sink_.gaps);
}

TEST_F(LineArbiterTest, FullBufferGivesUpTheHole) {
  Send(arbiter_, 1, 1, 0);
  for (uint64_t i = 0; i < 17; ++i) Send(arbiter_, 10 + 2 * i, 1, 1);  // 16 slots, each behind a hole
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{2, 9}}), sink_.gaps);
  EXPECT_EQ((std::vector<uint64_t>{1, 10}), sink_.numbers);
  EXPECT_EQ(16u, arbiter_.buffered_units());
  EXPECT_EQ(1u, arbiter_.counters().overflows);
}

TEST_F(LineArbiterTest, UnitLargerThanASlotGivesUpEveryHoleBeforeIt) {
  Send(arbiter_, 1, 1, 0);
  Send(arbiter_, 5, 1, 1);
  Send(arbiter_, 10, 40, 2);  // 320 bytes
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{2, 4}, {6, 9}}), sink_.gaps);
  EXPECT_EQ(50u, arbiter_.expected());
  EXPECT_FALSE(arbiter_.gapped());
}

TEST_F(LineArbiterTest, NumbersNearTheEndOfTheRange) {
  Send(arbiter_, UINT64_MAX - 10, 2, 0);
  Send(arbiter_, UINT64_MAX - 5, 5, 1);
  Send(arbiter_, UINT64_MAX - 3, 9, 2);  // would pass the end: ignored
  arbiter_.OnAnnounced(UINT64_MAX, 3, sink_);
  arbiter_.Finish(sink_);
  EXPECT_EQ((std::vector<std::pair<uint64_t, uint64_t>>{{UINT64_MAX - 8, UINT64_MAX - 6}}), sink_.gaps);
  EXPECT_EQ(UINT64_MAX, arbiter_.expected());
  EXPECT_EQ(7u, sink_.numbers.size());
}

TEST_F(LineArbiterTest, WindowWithoutEndWaitsForFinish) {
  LineArbiter patient(&pool_, {UINT64_MAX, 16});
  Send(patient, 1, 1, 5);
  Send(patient, 3, 1, 6);
  EXPECT_EQ(UINT64_MAX, patient.deadline_ns());
  patient.OnTimer(UINT64_MAX - 1, sink_);
  EXPECT_TRUE(sink_.gaps.empty());
  patient.Finish(sink_);
  EXPECT_EQ(1u, sink_.gaps.size());
}

TEST_F(LineArbiterTest, RestartGoesOnAtANewNumber) {
  Send(arbiter_, 100, 1, 0);
  Send(arbiter_, 105, 1, 1);
  arbiter_.Restart(7, sink_);
  Send(arbiter_, 7, 1, 2);
  EXPECT_EQ((std::vector<uint64_t>{100, 105, 7}), sink_.numbers);
  EXPECT_EQ(1u, sink_.gaps.size());
  EXPECT_FALSE(arbiter_.gapped());
}

// Two lines with packet boundaries of their own, each losing, repeating and swapping packets. What comes out must be, in order, the
// union of what came in; nothing in the union may be given up while it is under way within the window.
struct Sent {
  uint64_t at_ns, sequence;
  uint32_t count;
  Line line;
};

std::vector<Sent> MakeLine(std::mt19937_64& random, uint64_t first, uint64_t end, Line line, uint64_t skew_ns, unsigned loss_percent) {
  std::vector<Sent> out;
  for (uint64_t n = first; n < end;) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(1 + random() % 7, end - n));
    const uint64_t at = n * 10 + skew_ns + random() % 60;  // up to six messages out of place
    if (random() % 100 >= loss_percent) out.push_back({at, n, count, line});
    if (random() % 50 == 0) out.push_back({at + 5, n, count, line});
    n += count;
  }
  return out;
}

TEST(LineArbiterPropertyTest, DeliversTheUnionInOrder) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    const uint64_t first = seed % 3 == 0 ? UINT64_MAX - 1000 : 1 + random() % 1000;
    const uint64_t base = seed % 3 == 0 ? UINT64_MAX - 1000 : 0, end = first + 400;
    const unsigned loss = static_cast<unsigned>(random() % 30);
    std::vector<Sent> sent = MakeLine(random, first - base, end - base, Line::kA, 0, loss);
    for (const Sent& s : MakeLine(random, first - base, end - base, Line::kB, 200, loss)) sent.push_back(s);
    std::stable_sort(sent.begin(), sent.end(), [](const Sent& a, const Sent& b) { return a.at_ns < b.at_ns; });
    std::vector<bool> arrived(400);
    uint64_t messages = 0;
    for (const Sent& s : sent) {
      messages += s.count;
      for (uint32_t i = 0; i < s.count; ++i) arrived[s.sequence + base - first + i] = true;
    }
    ReorderPool pool(256, 128);
    LineArbiter arbiter(&pool, {100'000, 256});
    RecordingSink sink;
    arbiter.OnAnnounced(first, 0, sink);
    for (const Sent& s : sent) {
      arbiter.OnTimer(s.at_ns, sink);
      uint64_t body[8];
      for (uint32_t i = 0; i < s.count; ++i) body[i] = s.sequence + base + i;
      SequencedUnit unit;
      unit.bytes = reinterpret_cast<const uint8_t*>(body);
      unit.size = 8 * s.count;
      unit.count = s.count;
      unit.sequence = s.sequence + base;
      unit.line = s.line;
      arbiter.OnUnit(unit, s.at_ns, sink);
    }
    arbiter.OnAnnounced(end, 20'000, sink);
    arbiter.Finish(sink);
    std::vector<uint64_t> want;
    uint64_t missing = 0;
    for (uint64_t i = 0; i < 400; ++i) arrived[i] ? want.push_back(first + i) : void(++missing);
    ASSERT_EQ(want, sink.numbers) << "seed " << seed;
    ASSERT_FALSE(sink.damaged) << "seed " << seed;
    const ArbiterCounters& c = arbiter.counters();
    ASSERT_EQ(missing, c.missing_messages) << "seed " << seed;
    ASSERT_EQ(messages, c.delivered + c.duplicates + c.late) << "seed " << seed;
    uint64_t lost = 0;
    for (const auto& [from, last] : sink.gaps) lost += last - from + 1;
    ASSERT_EQ(missing, lost) << "seed " << seed;
    ASSERT_EQ(256u, pool.free_count());
    ASSERT_FALSE(arbiter.gapped());
  }
}

// With few slots and a short window holes are given up, but never is a message delivered twice, out of order, or wrongly counted.
TEST(LineArbiterPropertyTest, StaysOrderedWhenRoomAndTimeAreShort) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    ReorderPool pool(1 + random() % 6, 40 + random() % 40);
    LineArbiter arbiter(&pool, {random() % 500, static_cast<uint32_t>(1 + random() % 6)});
    RecordingSink sink;
    uint64_t received = 0;
    for (uint64_t now = 0; now < 3000; now += random() % 20) {
      const uint64_t sequence = now / 10 + random() % 30;
      uint64_t body[8];
      const auto count = static_cast<uint32_t>(random() % 9);
      for (uint32_t i = 0; i < count; ++i) body[i] = sequence + i;
      SequencedUnit unit;
      unit.bytes = reinterpret_cast<const uint8_t*>(body);
      unit.size = 8 * count;
      unit.count = count;
      unit.sequence = sequence;
      arbiter.OnTimer(now, sink);
      if (random() % 40 == 0) {
        arbiter.OnAnnounced(sequence, now, sink);
      } else {
        arbiter.OnUnit(unit, now, sink);
        received += count;
      }
      ASSERT_EQ(arbiter.gapped(), !sink.states.empty() && sink.states.back() == BookState::kGapped);
    }
    arbiter.Finish(sink);
    ASSERT_TRUE(std::is_sorted(sink.numbers.begin(), sink.numbers.end(), std::less_equal<>())) << "seed " << seed;
    ASSERT_FALSE(sink.damaged);
    const ArbiterCounters& c = arbiter.counters();
    ASSERT_EQ(received, c.delivered + c.duplicates + c.late) << "seed " << seed;
    ASSERT_EQ(arbiter.expected(), sink.numbers.empty() ? arbiter.expected() : std::max(arbiter.expected(), sink.numbers.back() + 1));
  }
}

}  // namespace
}  // namespace tickgraph
