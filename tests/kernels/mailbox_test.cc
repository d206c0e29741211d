// The mailbox between two threads of the host, one of them in the kernel's part: no line is taken torn, twice, early or from another lap.
#include "kernels/mailbox.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <thread>
#include <vector>

#include "hot/hash.h"
#include "kernels/resident_messages.h"

namespace tickgraph {
namespace {

struct Ring {
  explicit Ring(uint32_t size_log2) : lines(size_t{1} << size_log2), view{lines.data(), size_log2} {}
  std::vector<MailboxLine> lines = {};
  MailboxRing view;
};

LinePayload PayloadOf(uint64_t i) {
  return {{static_cast<uint32_t>(Mix(3 * i)), static_cast<uint32_t>(Mix(3 * i + 1)), static_cast<uint32_t>(Mix(3 * i + 2))}};
}
std::array<uint32_t, kLineWords> Words(const LinePayload& p) { return {p.word[0], p.word[1], p.word[2]}; }

TEST(MailboxTest, ALineKeepsEveryBitOfItsPayload) {
  for (uint32_t bit = 0; bit < 96; ++bit) {
    LinePayload in = {}, out = {};
    in.word[bit / 32] = 1u << bit % 32;
    const MailboxLine line = PackLine(in, 0xBEEF);
    EXPECT_TRUE(UnpackLine(line, 0xBEEF, &out));
    EXPECT_EQ(Words(in), Words(out));
    EXPECT_FALSE(UnpackLine(line, 0xBEEE, &out));
  }
}

TEST(MailboxTest, AnEmptyRingHasNothing) {
  Ring ring(5);
  LinePayload out;
  for (uint64_t p = 0; p < 96; ++p) EXPECT_FALSE(ring.view.Read(p, &out)) << p;
}

TEST(MailboxTest, ATornLineIsNotTaken) {
  Ring ring(5);
  LinePayload out;
  for (uint64_t p = 0; p < 200; ++p) {
    const MailboxLine whole = PackLine(PayloadOf(p), ring.view.Lap(p));
    MailboxLine* slot = ring.view.Slot(p);
    for (const int first : {0, 1}) {
      const MailboxLine before = *slot;
      slot->half[first] = whole.half[first];
      EXPECT_FALSE(ring.view.Read(p, &out)) << p;
      *slot = before;
    }
    *slot = whole;
    ASSERT_TRUE(ring.view.Read(p, &out));
    EXPECT_EQ(Words(out), Words(PayloadOf(p)));
  }
}

TEST(MailboxTest, ADuplicateIsTakenOnceAndNeverInAnotherLap) {
  Ring ring(5);
  LinePayload out;
  ring.view.Write(7, PayloadOf(7));
  const MailboxLine copy = *ring.view.Slot(7);
  ASSERT_TRUE(ring.view.Read(7, &out));
  StoreLine(ring.view.Slot(7), copy);  // it arrives once more; the reader stands behind it
  EXPECT_FALSE(ring.view.Read(8, &out));
  EXPECT_FALSE(ring.view.Read(7 + 32, &out));
  ring.view.Write(7 + 32, PayloadOf(39));
  ASSERT_TRUE(ring.view.Read(7 + 32, &out));
  EXPECT_EQ(Words(out), Words(PayloadOf(39)));
}

TEST(MailboxTest, TheLapWrapsAndOldLinesStayOld) {
  Ring ring(5);
  LinePayload out;
  // 65,536 laps and some: the number of a lap has 16 bits.
  for (uint64_t p = 0; p < 32u * 65'540; ++p) {
    if (ring.view.Read(p, &out)) FAIL() << "position " << p << " was read before it was written";
    ring.view.Write(p, PayloadOf(p));
    if (!ring.view.Read(p, &out) || Words(out) != Words(PayloadOf(p))) FAIL() << "position " << p;
  }
}

TEST(MailboxTest, ALostLineHoldsTheReaderAndNothingBehindItIsTaken) {
  Ring ring(5);
  SignalRecord in = {}, out = {};
  for (uint32_t i = 0; i < SignalRecord::kLines * kLineWords; ++i) in.word[i] = i * 77;
  in.WriteTo(ring.view, 0);
  *ring.view.Slot(4) = {};
  uint32_t at = 0;
  EXPECT_FALSE(out.ReadFrom(ring.view, 0, &at));
  EXPECT_FALSE(out.ReadFrom(ring.view, 0, &at));
  EXPECT_EQ(at, 4u);
  in.WriteTo(ring.view, 0);
  EXPECT_TRUE(out.ReadFrom(ring.view, 0, &at));
  for (uint32_t i = 0; i < SignalRecord::kLines * kLineWords; ++i) EXPECT_EQ(out.word[i], in.word[i]);
}

TEST(MailboxTest, RecordsComeBackAsTheyWere) {
  EngineRow row;
  row.instrument = 0x7FFFFFF1u;
  row.tradable = 1;
  row.top = {kNoPrice, INT64_MAX, -1, 0x0123456789ABCDEF};
  for (const uint32_t tradable : {0u, 1u}) {
    row.tradable = tradable;
    const EngineRow back = ToRow(ToRecord(row));
    EXPECT_EQ(0, std::memcmp(&row, &back, sizeof row));
  }
  const EngineInstrument x = {9, 8, InstrumentKind::kOption, OptionRight::kPut, 15, 20260116, -5};
  const EngineInstrument y = ToDefinition(ToRecord(x));
  EXPECT_TRUE(x.instrument == y.instrument && x.product == y.product && x.kind == y.kind && x.right == y.right && x.venue == y.venue &&
              x.expiration == y.expiration && x.strike_nanos == y.strike_nanos);
  Signal signal;
  for (size_t i = 0; i < sizeof signal; ++i) reinterpret_cast<uint8_t*>(&signal)[i] = static_cast<uint8_t>(i * 37 + 1);
  const Signal back = ToSignal(ToRecord(signal));
  EXPECT_EQ(0, std::memcmp(&signal, &back, sizeof signal));
}

// The kernel's part: answers a message of n lines with the sum of their words, until told to stop.
void Echo(const Mailbox& box) {
  uint64_t read = 0, written = 0;
  const auto await = [&](LinePayload* p) {
    while (!box.request.Read(read, p)) {
      if (LoadFlag(&box.control->stop) != 0) return false;
      std::this_thread::yield();
    }
    ++read;
    return true;
  };
  for (LinePayload p; await(&p);) {
    LinePayload sum = {};
    bool whole = true;
    for (uint32_t lines = p.word[0]; lines > 0 && whole; --lines) {
      whole = await(&p);
      for (int w = 0; w < 3 && whole; ++w) sum.word[w] += p.word[w];
    }
    if (!whole) break;
    box.response.Write(written++, sum);
  }
  StoreFlag(&box.control->stopped, 1);
}

TEST(MailboxTest, TwoThreadsPassMessagesOverManyLaps) {
  Ring request(7), response(5);
  MailboxControl control = {};
  const Mailbox box = {request.view, response.view, &control};
  std::thread kernel(Echo, box);
  uint64_t written = 0;
  for (uint64_t m = 0; m < 600; ++m) {
    const auto lines = static_cast<uint32_t>(Mix(m) % 100);
    LinePayload want = {}, got = {};
    for (uint32_t i = lines + 1; i-- > 0;) {  // backwards: the header last, as the engine does
      const LinePayload p = i == 0 ? LinePayload{{lines, 0, 0}} : PayloadOf(written + i);
      for (int w = 0; w < 3 && i != 0; ++w) want.word[w] += p.word[w];
      box.request.Write(written + i, p);
    }
    written += lines + 1;
    while (!box.response.Read(m, &got)) std::this_thread::yield();
    ASSERT_EQ(Words(got), Words(want)) << m;
  }
  StoreFlag(&control.stop, 1);
  kernel.join();
  EXPECT_EQ(LoadFlag(&control.stopped), 1u);
}

TEST(MailboxTest, StopsInTheMiddleOfAMessageThatLostALine) {
  Ring request(5), response(5);
  MailboxControl control = {};
  const Mailbox box = {request.view, response.view, &control};
  std::thread kernel(Echo, box);
  box.request.Write(0, {{3, 0, 0}});
  box.request.Write(1, PayloadOf(1));
  box.request.Write(3, PayloadOf(3));
  LinePayload out;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(box.response.Read(0, &out));
    std::this_thread::yield();
  }
  StoreFlag(&control.stop, 1);
  kernel.join();
  EXPECT_EQ(LoadFlag(&control.stopped), 1u);
}

}  // namespace
}  // namespace tickgraph
