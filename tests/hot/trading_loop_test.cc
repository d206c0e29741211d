// The loop on a feed that says what the test wants: which books it believes.
#include "hot/trading_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>

namespace tickgraph {
namespace {

// Hands the loop whatever the test put in `next`.
template <class Loop>
struct ScriptedFeed {
  std::function<void(Loop&)> next;
  void OnPacket(const PacketView&, Loop& loop) { next(loop); }
  [[nodiscard]] uint64_t next_timer_ns() const { return UINT64_MAX; }
  void OnTimer(uint64_t, Loop&) {}
  void Finish(uint64_t, Loop&) {}
  void SetRecovery(const RecoveryService&) {}
};
struct NoStrategies {
  template <class C>
  void OnSignals(std::span<const Signal>, C&) {}
  template <class C>
  void OnReport(const ExecutionReport&, const Order&, C&) {}
};
struct NoEncoder {
  static uint32_t Encode(const Order&, const Instrument&, uint8_t*) { return 0; }
};
using Loop = TradingLoop<ScriptedFeed, NoStrategies, NoEncoder>;

SignalEngine QuietEngine() {
  SignalEngine engine;
  engine.define = [](void*, const EngineInstrument&) { return true; };
  engine.submit = [](void*, const EngineRow*, uint32_t) {};
  engine.poll = [](void*, const Signal**, uint32_t* count) {
    *count = 0;
    return true;
  };
  return engine;
}

OrderGateway NoGateway() {
  return {nullptr, [](void*, uint64_t, const Order&, const uint8_t*, uint32_t) { return false; }, [](void*) { return UINT64_MAX; },
          [](void*, uint64_t, ExecutionReport*) { return false; }, nullptr};
}

class TradingLoopTest : public testing::Test {
 protected:
  TradingLoopTest() { loop_->SetGateway(NoGateway()); }

  void Play(std::function<void(Loop&)> what, uint64_t rx_tsc = ReadTsc()) {
    feed_.next = std::move(what);
    PacketView packet;
    packet.ts_recv_ns = ++now_ns_;
    loop_->OnPacket(packet, rx_tsc);
  }
  void List(uint32_t locate, const char* name) {
    Play([&](Loop& loop) {
      loop.OnStream(0, VenueName::From("V"), FeedProtocol::kDbn, 0);
      InstrumentListing listing;
      listing.header.locate = locate;
      listing.name = listing.product = InstrumentName::From(name);
      listing.key = locate;
      loop.On(listing);
    });
  }
  static QuoteUpdate Quote(uint32_t locate) {
    QuoteUpdate quote;
    quote.header.locate = locate;
    quote.top = {99, 101, 1, 1};
    return quote;
  }

  static std::unique_ptr<TapeWriter> MakeTape() {
    std::string error;
    auto tape = TapeWriter::Create({"loop-test-" + std::to_string(getpid()), 64, 16}, &error);
    if (tape == nullptr) throw std::runtime_error(error);
    return tape;
  }
  static TradingLoopConfig Config() {
    TradingLoopConfig config;
    config.books = {16, 64, 64};
    config.max_products = config.max_orders = 16;
    return config;
  }

  const TscScale tsc_{1};
  const std::unique_ptr<TapeWriter> tape_ = MakeTape();
  ScriptedFeed<Loop> feed_;
  NoStrategies strategies_;
  const std::unique_ptr<Loop> loop_ = std::make_unique<Loop>(Config(), feed_, QuietEngine(), strategies_, *tape_, tsc_);
  uint64_t now_ns_ = 0;
};

TEST_F(TradingLoopTest, AQuoteHealsItsBookAndARefusedOneHealsNothing) {
  List(1, "LEVELS");
  List(2, "QUOTES");
  Play([](Loop& loop) {
    LevelUpdate level;
    level.header.locate = 1;
    level.price_nanos = 100;
    level.quantity = 5;
    loop.On(level);
    for (const uint32_t locate : {1u, 2u}) loop.OnBookState(0, locate, BookState::kGapped);
  });
  EXPECT_EQ(loop_->state(0), BookState::kGapped);
  EXPECT_EQ(loop_->state(1), BookState::kGapped);
  Play([](Loop& loop) {
    for (const uint32_t locate : {1u, 2u}) loop.On(Quote(locate));
  });
  EXPECT_EQ(loop_->books().counters().bad_orders, 1u);
  EXPECT_EQ(loop_->state(0), BookState::kGapped) << "its levels are as incomplete as before";
  EXPECT_EQ(loop_->state(1), BookState::kLive);
}

// The messages of a snapshot are no better than others: what one of them left out is missing, though the snapshot came to its end.
TEST_F(TradingLoopTest, ASnapshotThatFindsNoRoomHealsNothing) {
  List(1, "FULL");
  List(2, "FITS");
  const auto rebuild = [this](int levels, const std::function<void(Loop&)>& begin, const std::function<void(Loop&)>& end) {
    Play([&](Loop& loop) {
      begin(loop);
      LevelUpdate level;
      level.quantity = 5;
      level.header.locate = 2;
      level.price_nanos = 1;
      loop.On(level);
      level.header.locate = 1;
      for (int i = 0; i < levels; ++i) {
        level.price_nanos = 1000 + i;
        loop.On(level);
      }
      end(loop);
    });
  };
  // Of a stream: GLIMPSE.
  const auto begin = [](Loop& loop) { loop.OnSnapshotBegin(0); };
  const auto end = [](Loop& loop) { loop.OnSnapshotEnd(0); };
  rebuild(70, begin, end);
  EXPECT_GT(loop_->books().counters().no_room_levels, 0u);
  EXPECT_EQ(loop_->state(0), BookState::kGapped);
  EXPECT_EQ(loop_->state(1), BookState::kLive);
  rebuild(3, begin, end);
  EXPECT_EQ(loop_->state(0), BookState::kLive);
  // Of one book: CME, Binance.
  const auto clear = [](Loop& loop) {
    for (const uint32_t locate : {1u, 2u}) {
      BookClear event;
      event.header.locate = locate;
      event.use = EventUse::kApplyOnly;
      loop.On(event);
    }
  };
  const auto whole = [](Loop& loop) {
    for (const uint32_t locate : {1u, 2u}) loop.OnBookState(0, locate, BookState::kLive);
  };
  rebuild(70, clear, whole);
  EXPECT_EQ(loop_->state(0), BookState::kGapped);
  EXPECT_EQ(loop_->state(1), BookState::kLive);
  Play(whole);
  EXPECT_EQ(loop_->state(0), BookState::kGapped) << "it is said to be whole, and what found no room is still missing";
  rebuild(3, clear, whole);
  EXPECT_EQ(loop_->state(0), BookState::kLive);
}

TEST_F(TradingLoopTest, AStampFromTheFutureIsNoEndlessLatency) {
  List(1, "QUOTES");
  Play([](Loop& loop) { loop.On(Quote(1)); }, ReadTsc() + tsc_.ToTicks(3'600'000'000'000));
  EXPECT_EQ(loop_->latency().to_decision.count(), 1u);
  EXPECT_EQ(loop_->latency().to_decision.max(), 0u);
}

}  // namespace
}  // namespace tickgraph
