// Sessions that lost a fifth of each line, and bursts on both, with a server to ask: the lossless books, the same state every time, and
// never a decision on a book that is not live. First the loop as the program composes it, in this process; then the programs.
#include <gtest/gtest.h>

#include <random>

#include "hot/strategies/cross_venue_taker.h"
#include "hot/strategies/options_parity_taker.h"
#include "hot/trading_loop.h"
#include "kernels/cpu_engine.h"
#include "net/proto/feed_handler.h"
#include "net/proto/ouch.h"
#include "replay/retransmit_server.h"
#include "replay/simulated_exchange.h"
#include "tests/tools/replay_run.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

// The strategies as they are, and a look at the state of every leg before they act on it.
class WatchedStrategies {
 public:
  template <class C>
  void OnSignals(std::span<const Signal> signals, C& context) {
    for (const Signal& signal : signals) {
      for (int i = 0; i < signal.leg_count; ++i) not_live += context.state(signal.legs[i].instrument) != BookState::kLive;
    }
    seen += signals.size();
    strategies_.OnSignals(signals, context);
  }
  template <class C>
  void OnReport(const ExecutionReport& report, const Order& order, C& context) {
    strategies_.OnReport(report, order, context);
  }
  uint64_t seen = 0, not_live = 0;

 private:
  StrategySet<CrossVenueTaker, OptionsParityTaker> strategies_{CrossVenueTaker::Config{}, OptionsParityTaker::Config{}};
};

struct Encoder {
  static uint32_t Encode(const Order& order, const Instrument& instrument, uint8_t* out) {
    return ouch::EncodeEnterOrder(order, instrument, out);
  }
};
using Loop = TradingLoop<FeedHandler, WatchedStrategies, Encoder>;

constexpr uint32_t kInstruments = 8192;

struct Outcomes {
  uint64_t messages = 0, gaps = 0, missing = 0, recovered = 0, dropped = 0, unknown_references = 0;
  uint64_t signals = 0, not_live = 0, wrong_state = 0, book_hash = 0, state_hash = 0;
};

class LoopSession {
 public:
  LoopSession(const FeedConfig& feed_config, TapeWriter& tape)
      : feed_(feed_config),
        engine_(Engine(), BestSimdLevel()),
        loop_(LoopConfig(), feed_, engine_.engine(), strategies_, tape, tsc_),
        exchange_(Exchange(), loop_.instruments(), loop_.books()) {
    loop_.SetGateway(exchange_.gateway());
  }
  Loop& loop() { return loop_; }

  Outcomes Run(const std::vector<PacketView>& packets) {
    for (const PacketView& packet : packets) {
      loop_.OnPacket(packet, ReadTsc());
      LookAtStates();
    }
    loop_.Finish();
    const FeedCounters feed = feed_.counters();
    out_.messages = loop_.counters().messages;
    out_.gaps = feed.gaps;
    out_.missing = feed.missing_messages;
    out_.recovered = feed.recovered_messages;
    out_.dropped = feed.dropped_messages;
    out_.unknown_references = loop_.books().counters().unknown_references;
    out_.not_live = strategies_.not_live;
    out_.signals = strategies_.seen;
    out_.book_hash = loop_.book_hash();
    out_.state_hash = loop_.state_hash();
    return out_;
  }

 private:
  // No book of a stream with an open hole is live; one of each venue speaks for all, in turn.
  void LookAtStates() {
    const uint32_t count = loop_.instruments().size();
    for (uint32_t i = 0; i < 16 && count != 0; ++i) {
      const InstrumentIndex x = next_++ % count;
      const bool gapped = feed_.stream(loop_.instruments()[x].venue).arbiter.gapped();
      out_.wrong_state += gapped && loop_.state(x) == BookState::kLive;
    }
  }
  static TradingLoopConfig LoopConfig() {
    TradingLoopConfig config;
    config.books = {kInstruments, 1 << 17, 1 << 16};
    config.max_products = 256;
    config.max_orders = 1 << 16;
    return config;
  }
  static EngineConfig Engine() {
    EngineConfig config;
    config.max_instruments = kInstruments;
    config.max_products = 256;
    config.max_contracts = 8192;
    config.session_date = kGeneratedDate;
    return config;
  }
  static SimulatedExchangeConfig Exchange() {
    SimulatedExchangeConfig config;
    config.max_instruments = kInstruments;
    return config;
  }

  TscScale tsc_{1};
  FeedHandler<Loop> feed_;
  CpuEngine engine_;
  WatchedStrategies strategies_;
  Loop loop_;
  SimulatedExchange<BookSet> exchange_;
  Outcomes out_;
  uint32_t next_ = 0;
};

class RecoveryTest : public testing::Test {
 protected:
  void Make(uint64_t seed, uint64_t messages, double rate) {
    GeneratorOptions options;
    options.seed = seed;
    options.messages = messages;
    options.rate = rate;
    whole_ = folder_.File("whole.pcap");
    WriteSession(options, whole_);
  }

  static bool IsData(const PacketView& packet, uint16_t* port) {
    const Frame frame = ParseFrame(packet);
    *port = frame.destination_port;
    if (!LooksLikeOpra(frame.payload, frame.size)) return ParseMoldPacket(frame.payload, frame.size).status == MoldStatus::kData;
    return ParseOpraBlock(frame.payload, frame.size).control == 0;
  }

  struct Packets {
    PacketsInMemory kept;
    std::vector<PacketView> views;
  };

  // A fifth of each line's data packets lost, and now and then all of a feed on both lines, up to thousands of messages; one packet in
  // fifty comes out of its place, one in fifty twice.
  Packets Lossy(uint64_t seed, bool bursts) {
    std::mt19937_64 random(seed);
    std::map<uint16_t, uint64_t> dark_until;
    Packets lossy{PacketsInMemory(whole_,
                                  [&](const PacketView& packet) {
                                    uint16_t port = 0;
                                    if (!IsData(packet, &port)) return true;
                                    if (bursts && random() % 4000 == 0) dark_until[port] = packet.ts_recv_ns + random() % 200'000'000;
                                    return packet.ts_recv_ns >= dark_until[port] && random() % 5 != 0;
                                  }),
                  {}};
    uint16_t port = 0;
    for (const PacketView& packet : lossy.kept.packets()) {
      std::vector<PacketView>& views = lossy.views;
      views.push_back(packet);
      if (!IsData(packet, &port)) continue;
      const uint64_t fate = random() % 100;
      if (fate < 2) views.push_back(packet);
      if (fate >= 98 && views.size() > 8 && IsData(views[views.size() - 6], &port)) std::swap(views.back(), views[views.size() - 6]);
    }
    return lossy;
  }

  Outcomes Play(const std::vector<PacketView>& packets, bool recover, FeedConfig config = {}) {
    std::string error;
    const auto tape = TapeWriter::Create({"recovery-test-" + std::to_string(getpid()), 1 << 12, kInstruments}, &error);
    EXPECT_NE(tape, nullptr) << error;
    const auto server = RetransmitServer::Open(whole_, {}, &error);
    EXPECT_NE(server, nullptr) << error;
    const auto session = std::make_unique<LoopSession>(config, *tape);
    if (recover) session->loop().SetRecovery(server->service());
    return session->Run(packets);
  }

  const TemporaryFolder folder_;
  std::string whole_;
};

void ExpectSame(const Outcomes& got, const Outcomes& whole) {
  EXPECT_EQ(whole.messages, got.messages);
  EXPECT_EQ(0u, got.gaps + got.missing + got.unknown_references);
  EXPECT_GT(got.recovered, 0u);
  EXPECT_EQ(whole.book_hash, got.book_hash);
  EXPECT_EQ(0u, got.not_live + got.wrong_state);
}

TEST_F(RecoveryTest, AFifthOfEachLineComesBack) {
  Make(21, 40'000, 50'000);
  const Outcomes whole = Play(PacketsInMemory(whole_).packets(), false);
  EXPECT_GT(whole.signals, 0u);
  EXPECT_EQ(0u, whole.not_live + whole.recovered);
  const Packets lossy = Lossy(1, false);
  const Outcomes first = Play(lossy.views, true), second = Play(lossy.views, true), alone = Play(lossy.views, false);
  ExpectSame(first, whole);
  EXPECT_EQ(first.state_hash, second.state_hash);
  EXPECT_GT(alone.gaps, 0u);
  EXPECT_EQ(alone.missing, first.recovered);
  EXPECT_NE(alone.book_hash, whole.book_hash);
  EXPECT_EQ(0u, alone.not_live + alone.wrong_state);
}

TEST_F(RecoveryTest, BurstsOfThousandsComeBackThroughASmallPool) {
  Make(22, 60'000, 50'000);
  const Outcomes whole = Play(PacketsInMemory(whole_).packets(), false);
  FeedConfig small;
  small.reorder_slots = 256;
  small.reorder_slots_per_stream = 100;
  uint64_t dropped = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Packets lossy = Lossy(seed, true);
    const Outcomes got = Play(lossy.views, true, small);
    ExpectSame(got, whole);
    ExpectSame(Play(lossy.views, true), whole);
    dropped += got.dropped;
  }
  EXPECT_GT(dropped, 0u);
}

TEST_F(RecoveryTest, ARateThatLeavesHolesSideBySide) {
  Make(23, 60'000, 1'000'000);
  const Outcomes whole = Play(PacketsInMemory(whole_).packets(), false);
  ExpectSame(Play(Lossy(4, false).views, true), whole);
}

class RecoveryProgramTest : public ReplayProgramTest {};

TEST_F(RecoveryProgramTest, ReplayAsksForWhatBothLinesLost) {
  LineOptions losses;
  losses.loss_a = losses.loss_b = .2;
  const std::string whole = Session("whole.pcap"), lossy = Session("lossy.pcap", losses);
  const Outcome calm = Replay(whole, "calm");
  ASSERT_EQ(calm.exit_code, 0) << calm.err;
  EXPECT_EQ(calm.json()["recovered_messages"], 0u);
  const Outcome first = Replay(lossy, "first", {"--retransmit", whole}), second = Replay(lossy, "second", {"--retransmit", whole});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.json()["gaps"], 0u);
  EXPECT_EQ(first.json()["messages"], calm.json()["messages"]);
  EXPECT_EQ(first.json()["book_hash"], calm.json()["book_hash"]);
  for (const char* key : {"state_hash", "tape_records", "recovered_messages"}) EXPECT_EQ(first.json()[key], second.json()[key]) << key;
  const Outcome alone = Replay(lossy, "alone");
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_EQ(alone.json()["missing_messages"], first.json()["recovered_messages"]);
  EXPECT_NE(alone.json()["book_hash"], calm.json()["book_hash"]);
}

TEST_F(RecoveryProgramTest, AServerThatHasNotGotItEitherLeavesTheGapsOpen) {
  LineOptions losses;
  losses.loss_a = losses.loss_b = .2;
  const std::string lossy = Session("lossy.pcap", losses);
  const Outcome alone = Replay(lossy, "alone"), asked = Replay(lossy, "asked", {"--retransmit", lossy});
  EXPECT_EQ(asked.exit_code, 3);
  for (const char* key : {"gaps", "missing_messages", "recovered_messages"}) EXPECT_EQ(asked.json()[key], alone.json()[key]) << key;
  EXPECT_NE(asked.err.find("gaps stayed open"), std::string::npos) << asked.err;
  const Outcome missing = Run({"replay", lossy, "--out", File("none"), "--retransmit", File("nothing.pcap")});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("nothing.pcap"), std::string::npos) << missing.err;
  EXPECT_FALSE(std::filesystem::exists(File("none")));
}

}  // namespace
}  // namespace tickgraph
