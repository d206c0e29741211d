// Captures onto a wire: the frames and datagrams that leave are those of the capture, where and when they should be.
#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "net/io/file_player.h"
#include "net/io/udp_port.h"
#include "net/proto/frame.h"
#include "replay/wire_player.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

constexpr uint32_t kHere = 0x7F000001;
const std::atomic<bool> kGoOn{false};

UdpAddress Here(uint16_t which) { return {kHere, static_cast<uint16_t>(30'000 + getpid() % 500 * 4 + which)}; }

class WireTest : public testing::Test {
 protected:
  void SetUp() override {
    GeneratorOptions options;
    options.seed = 3;
    options.messages = 1000;
    WriteSession(options, session_);
  }
  WireResult Play(const Wire& wire, double speed) {
    std::string error;
    const auto file = FilePlayer::Open(session_, &error);
    EXPECT_NE(file, nullptr) << error;
    return PlayOnWire(file->source(), wire, speed, kGoOn);
  }

  const TemporaryFolder folder_;
  const std::string session_ = folder_.File("s.pcap");
};

TEST_F(WireTest, DpdkPortSendsEveryFrameAsItIs) {
  const std::string out = folder_.File("out.pcap");
  uint64_t sent = 0;
  {
    std::string error;
    auto port = DpdkPort::Open({.device = "net_pcap_wire,tx_pcap=" + out}, &error);
    ASSERT_NE(port, nullptr) << error;
    DpdkWire wire(std::move(port));
    const WireResult result = Play(wire.wire(), 0);
    EXPECT_EQ(result.end, WireEnd::kEndOfInput) << result.error;
    EXPECT_EQ(result.packets, wire.counters().sent_packets);
    sent = wire.counters().sent_packets;
  }
  const PacketsInMemory want(session_), got(out);
  ASSERT_EQ(want.packets().size(), sent);
  ASSERT_EQ(got.packets().size(), sent);
  for (size_t i = 0; i < sent; ++i) {
    const PacketView &a = want.packets()[i], &b = got.packets()[i];
    ASSERT_EQ(std::string(a.data, a.data + a.size), std::string(b.data, b.data + b.size)) << i;
  }
}

TEST_F(WireTest, DestinationsGoToTargetsInTurnAndTheRestToTheLast) {
  std::string error;
  const auto first = UdpPort::Open({.interface = "", .groups = {Here(0)}}, &error);
  const auto rest = UdpPort::Open({.interface = "", .groups = {Here(1)}}, &error);
  ASSERT_TRUE(first != nullptr && rest != nullptr) << error;
  UdpWire wire(UdpSender::Open("", 1, &error), {Here(0), Here(1)});
  const WireResult result = Play(wire.wire(), 0);
  ASSERT_EQ(result.end, WireEnd::kEndOfInput) << result.error;
  ASSERT_EQ(wire.routes().size(), 6u);
  EXPECT_EQ(wire.routes()[0].to, Here(0));
  for (size_t i = 1; i < 6; ++i) EXPECT_EQ(wire.routes()[i].to, Here(1));
  const PacketsInMemory want(session_);
  std::vector<std::string> expected[2], got[2];
  for (const PacketView& packet : want.packets()) {
    const Frame frame = ParseFrame(packet);
    const bool is_first = UdpAddress{frame.destination, frame.destination_port} == wire.routes()[0].from;
    expected[is_first ? 0 : 1].emplace_back(frame.payload, frame.payload + frame.size);
  }
  UdpPort* const ports[2] = {first.get(), rest.get()};
  for (int p = 0; p < 2; ++p) {
    for (int idle = 0; idle < 100;) {
      const PacketBurst burst = ports[p]->Poll();
      for (uint32_t i = 0; i < burst.count; ++i) {
        const Frame frame = ParseFrame(burst.packets[i]);
        got[p].emplace_back(frame.payload, frame.payload + frame.size);
      }
      if (burst.count != 0) continue;
      ++idle;
      usleep(1000);
    }
    EXPECT_EQ(got[p], expected[p]);
  }
  EXPECT_EQ(result.packets, wire.counters().sent_packets);
}

TEST_F(WireTest, KeepsTheGapsOfTheRecording) {
  struct Seen {
    std::vector<uint64_t> at_ns;
    std::vector<uint64_t> stamps_ns;
  } seen;
  const Wire wire = {&seen, [](void* self, const PacketView* packets, uint32_t count, std::string*) {
                       auto* s = static_cast<Seen*>(self);
                       EXPECT_EQ(count, 1u);
                       s->at_ns.push_back(MonotonicNanos());
                       s->stamps_ns.push_back(packets[0].ts_recv_ns);
                       return true;
                     }};
  for (const double speed : {1.0, 4.0}) {
    seen = {};
    const uint64_t from_ns = MonotonicNanos();
    const WireResult result = Play(wire, speed);
    ASSERT_EQ(seen.at_ns.size(), result.packets);
    // Never early; how late depends on the machine, and is told.
    for (size_t i = 0; i < seen.at_ns.size(); ++i) {
      const double due_ns = static_cast<double>(seen.stamps_ns[i] - seen.stamps_ns[0]) / speed;
      const double at_ns = static_cast<double>(seen.at_ns[i] - from_ns);
      ASSERT_GE(at_ns, due_ns * .999) << i;
    }
    EXPECT_GE(result.wall_ns + 1'000'000, static_cast<uint64_t>(static_cast<double>(result.last_stamp_ns - result.first_stamp_ns) / speed));
  }
}

TEST_F(WireTest, AStopInALongWaitSendsNothingBeforeItIsDue) {
  struct TwoPackets {
    PacketView packets[2];
    bool given = false;
  } two;
  two.packets[0].ts_recv_ns = 1'000'000'000;
  two.packets[1].ts_recv_ns = 61'000'000'000;
  const PacketSource source = {
      &two,
      [](void* self) {
        auto* t = static_cast<TwoPackets*>(self);
        return std::exchange(t->given, true) ? PacketBurst{nullptr, 0, SourceState::kEnd} : PacketBurst{t->packets, 2, SourceState::kMore};
      },
      true};
  uint32_t sent = 0;
  const Wire wire = {&sent, [](void* self, const PacketView*, uint32_t count, std::string*) {
                       *static_cast<uint32_t*>(self) += count;
                       return true;
                     }};
  std::atomic<bool> stop{false};
  std::thread stopper([&stop] {
    usleep(50'000);
    stop.store(true);
  });
  const WireResult result = PlayOnWire(source, wire, 1, stop);
  stopper.join();
  EXPECT_EQ(result.end, WireEnd::kStopped);
  EXPECT_EQ(sent, 1u);
  EXPECT_EQ(result.packets, 1u);
}

TEST_F(WireTest, AnswersOfARecordStayAway) {
  std::string error;
  UdpWire wire(UdpSender::Open("", 1, &error), {Here(0)});
  const auto file = FilePlayer::Open(session_, &error);
  const PacketBurst burst = file->Poll();
  PacketView answer = burst.packets[0];
  answer.recovered = true;
  EXPECT_TRUE(wire.Send(&answer, 1, &error)) << error;
  EXPECT_EQ(wire.counters().answers, 1u);
  EXPECT_EQ(wire.counters().sent_packets, 0u);
  EXPECT_TRUE(wire.routes().empty());
}

TEST_F(WireTest, CountsWhatItCannotSendAndStopsWhenItMay) {
  std::string error;
  UdpWire wire(UdpSender::Open("", 1, &error), {Here(0)});
  const uint8_t noise[60] = {};
  PacketView packet;
  packet.data = noise;
  packet.size = packet.original_size = sizeof(noise);
  EXPECT_TRUE(wire.Send(&packet, 1, &error));
  packet.original_size = 100;
  EXPECT_TRUE(wire.Send(&packet, 1, &error));
  EXPECT_EQ(wire.counters().other_packets, 1u);
  EXPECT_EQ(wire.counters().cut_packets, 1u);
  EXPECT_EQ(wire.counters().sent_packets, 0u);
  const std::atomic<bool> stop{true};
  const auto file = FilePlayer::Open(session_, &error);
  EXPECT_EQ(PlayOnWire(file->source(), wire.wire(), 1, stop).end, WireEnd::kStopped);
  const Wire broken = {nullptr, [](void*, const PacketView*, uint32_t, std::string* why) {
                         *why = "no";
                         return false;
                       }};
  const auto again = FilePlayer::Open(session_, &error);
  const WireResult failed = PlayOnWire(again->source(), broken, 0, kGoOn);
  EXPECT_EQ(failed.end, WireEnd::kFailed);
  EXPECT_EQ(failed.error, "no");
}

}  // namespace
}  // namespace tickgraph
