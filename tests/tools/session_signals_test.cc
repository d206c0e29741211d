// The signals of a whole session against a slow textbook scan of the same books, and against what the generator planted.
//
// The loop is composed as the program composes it. At each decision the test reads the books of every instrument itself, whatever rows the
// loop chose to hand over, so that a row which was forgotten is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "hot/strategies/cross_venue_taker.h"
#include "hot/strategies/options_parity_taker.h"
#include "hot/trading_loop.h"
#include "kernels/cpu_engine.h"
#include "net/proto/feed_handler.h"
#include "net/proto/ouch.h"
#include "replay/player.h"
#include "replay/simulated_exchange.h"
#include "tests/kernels/textbook_scan.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

// What the strategies sent, and whether they might.
struct Submits {
  uint64_t count = 0, leg_not_live = 0, of_no_signal = 0;
};
Submits submits;

// A strategy as it is, and a look at every order before it goes.
template <Strategy S>
class Watched {
 public:
  using Config = typename S::Config;
  static constexpr const char* kName = S::kName;
  explicit Watched(const Config& config) : strategy_(config) {}

  template <StrategyContext C>
  void OnSignals(std::span<const Signal> signals, C& context) {
    Context<C> own{context, signals};
    strategy_.OnSignals(signals, own);
  }
  template <StrategyContext C>
  void OnReport(const ExecutionReport& report, const Order& order, C& context) {
    strategy_.OnReport(report, order, context);
  }
  [[nodiscard]] const StrategyCounters& counters() const { return strategy_.counters(); }

 private:
  template <class C>
  struct Context {
    C& context;
    std::span<const Signal> signals;
    [[nodiscard]] uint64_t now_ns() const { return context.now_ns(); }
    [[nodiscard]] TopOfBook top(InstrumentIndex i) const { return context.top(i); }
    [[nodiscard]] BookState state(InstrumentIndex i) const { return context.state(i); }
    [[nodiscard]] Quantity position(InstrumentIndex i) const { return context.position(i); }
    OrderToken Submit(const Order& order) {
      ++submits.count;
      const Signal* because = nullptr;
      for (const Signal& signal : signals) {
        for (int i = 0; i < signal.leg_count; ++i) {
          const SignalLeg& leg = signal.legs[i];
          if (leg.instrument == order.instrument && leg.side == order.side && leg.price_nanos == order.price_nanos) because = &signal;
        }
      }
      submits.of_no_signal += because == nullptr;
      for (int i = 0; because != nullptr && i < because->leg_count; ++i)
        submits.leg_not_live += state(because->legs[i].instrument) != BookState::kLive;
      return context.Submit(order);
    }
  };

  S strategy_;
};

struct OuchEncoder {
  static uint32_t Encode(const Order& order, const Instrument& instrument, uint8_t* out) {
    return ouch::EncodeEnterOrder(order, instrument, out);
  }
};
using Strategies = StrategySet<Watched<CrossVenueTaker>, Watched<OptionsParityTaker>>;
using Loop = TradingLoop<FeedHandler, Strategies, OuchEncoder>;

struct Seen {
  uint64_t now_ns;
  Signal signal;
};

// The CPU engine with the textbook beside it.
class ComparedEngine {
 public:
  explicit ComparedEngine(const EngineConfig& config) : cpu_(config, BestSimdLevel()), textbook_(config) {}

  void SetLoop(const Loop& loop) { loop_ = &loop; }
  SignalEngine engine() {
    return {this,
            "compared",
            [](void* self, const EngineInstrument& x) { return Of(self).Define(x); },
            [](void* self, const EngineRow* rows, uint32_t count) { Of(self).Submit(rows, count); },
            [](void* self, const Signal** signals, uint32_t* count) {
              *signals = Of(self).cpu_.signals();
              *count = Of(self).cpu_.signal_count();
              return true;
            },
            [](void* self) -> const EngineCounters& { return Of(self).cpu_.counters(); }};
  }

  // What the textbook finds in the books as they are now.
  std::vector<Signal> Scan() {
    std::set<ProductIndex> due;
    std::map<ProductIndex, std::vector<EngineRow>> rows;
    for (InstrumentIndex i = 0; i < loop_->instruments().size(); ++i) {
      const Instrument& x = loop_->instruments()[i];
      EngineRow row;
      row.instrument = i;
      row.tradable = x.trading == TradingState::kTrading && loop_->state(i) == BookState::kLive;
      row.top = loop_->books().top(i);
      const Known& known = known_[i];
      const bool moved = !(known.row.top == row.top) || known.trading != x.trading;
      // A book that is not believed for a while does not make its opportunities new, unless a decision on them fell in that while.
      const bool returned = suspended_.count(x.product) != 0 && known.row.tradable != row.tradable;
      if (moved || returned || known.row.instrument == kNoInstrument) due.insert(x.product);
      rows[x.product].push_back(row);
    }
    std::vector<EngineRow> given;
    for (const ProductIndex product : due) {
      suspended_.erase(product);
      for (const EngineRow& row : rows[product]) {
        known_[row.instrument] = {row, loop_->instruments()[row.instrument].trading};
        if (row.tradable == 0) suspended_.insert(product);
        given.push_back(row);
      }
    }
    return textbook_.Submit(given.data(), static_cast<uint32_t>(given.size()));
  }

  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  [[nodiscard]] uint64_t differences() const { return differences_; }
  [[nodiscard]] uint64_t submissions() const { return cpu_.counters().submissions; }
  [[nodiscard]] uint64_t untradable_rows() const { return untradable_rows_; }

 private:
  struct Known {
    EngineRow row;
    TradingState trading = TradingState::kTrading;
  };

  static ComparedEngine& Of(void* self) { return *static_cast<ComparedEngine*>(self); }

  bool Define(const EngineInstrument& x) {
    textbook_.Define(x);
    return cpu_.Define(x);
  }

  void Submit(const EngineRow* rows, uint32_t count) {
    cpu_.Submit(rows, count);
    for (uint32_t i = 0; i < count; ++i) untradable_rows_ += rows[i].tradable == 0;
    const std::vector<Signal> want = Scan();
    bool same = want.size() == cpu_.signal_count();
    for (size_t i = 0; same && i < want.size(); ++i) same = std::memcmp(&want[i], &cpu_.signals()[i], sizeof(Signal)) == 0;
    if (!same && ++differences_ <= 3) {
      ADD_FAILURE() << "decision " << cpu_.counters().submissions << " at " << loop_->now_ns() << ": the textbook has " << want.size()
                    << " signals, the engine " << cpu_.signal_count();
    }
    for (uint32_t i = 0; i < cpu_.signal_count(); ++i) seen_.push_back({loop_->now_ns(), cpu_.signals()[i]});
  }

  CpuEngine cpu_;
  TextbookScan textbook_;
  const Loop* loop_ = nullptr;
  std::map<InstrumentIndex, Known> known_;
  std::set<ProductIndex> suspended_;  // with an untradable instrument when last looked at
  std::vector<Seen> seen_;
  uint64_t differences_ = 0, untradable_rows_ = 0;
};

TradingLoopConfig SmallLoop() {
  TradingLoopConfig config;
  config.books = {8192, 1 << 17, 1 << 16};
  config.max_products = 256;
  config.max_orders = 1 << 16;
  config.fees = {EngineConfig{}.equity_fee_nanos, EngineConfig{}.option_fee_nanos};
  return config;
}

EngineConfig SmallEngine(uint32_t spreads) {
  EngineConfig config;
  config.spreads = spreads;
  config.max_instruments = 8192;
  config.max_products = 256;
  config.max_contracts = 8192;
  config.session_date = kGeneratedDate;
  return config;
}

struct Session {
  Session(TapeWriter& tape, uint32_t spreads)
      : engine(SmallEngine(spreads)),
        strategies({}, {}),
        loop(SmallLoop(), feed, engine.engine(), strategies, tape, tsc),
        exchange(ExchangeConfig(), loop.instruments(), loop.books()) {
    engine.SetLoop(loop);
    loop.SetGateway(exchange.gateway());
  }
  static SimulatedExchangeConfig ExchangeConfig() {
    SimulatedExchangeConfig config;
    config.max_instruments = 8192;
    return config;
  }

  TscScale tsc{1};
  FeedHandler<Loop> feed{FeedConfig{}};
  ComparedEngine engine;
  Strategies strategies;
  Loop loop;
  SimulatedExchange<BookSet> exchange;
};

bool IsLeg(const Loop& loop, const GeneratedSession& made, const PlantedLeg& planted, const SignalLeg& leg) {
  const Instrument& x = loop.instruments()[leg.instrument];
  if (leg.side != planted.side || leg.price_nanos != planted.price_nanos) return false;
  if (planted.feed == kOptionFeed) {
    return x.kind == InstrumentKind::kOption && x.symbol == planted.option.root && x.expiration == planted.option.expiration &&
           x.strike_nanos == planted.option.strike_nanos && x.right == planted.option.right;
  }
  return x.kind == InstrumentKind::kEquity && x.symbol == planted.symbol &&
         loop.venue(x.venue).view() == made.feed_names[static_cast<size_t>(planted.feed)];
}

bool IsPlanted(const Loop& loop, const GeneratedSession& made, const PlantedMispricing& planted, const Seen& seen) {
  if (seen.signal.kind != planted.kind || seen.signal.leg_count != planted.leg_count || seen.now_ns < planted.start_ns ||
      seen.now_ns > planted.end_ns)
    return false;
  // The generator rounds discounted strikes by itself: half a nano each, at most two of them.
  if (std::abs(seen.signal.edge_nanos - planted.net_edge_nanos) > 1 || seen.signal.quantity < planted.size) return false;
  for (int i = 0; i < planted.leg_count; ++i) {
    if (!IsLeg(loop, made, planted.legs[static_cast<size_t>(i)], seen.signal.legs[i])) return false;
  }
  return true;
}

void Compare(uint64_t seed, double loss_a, uint32_t spreads = 0) {
  submits = {};
  const TemporaryFolder folder;
  GeneratorOptions options;
  options.seed = seed;
  options.messages = spreads == 0 ? 60'000 : 25'000;  // every triple of strikes takes its time
  options.lines.loss_a = loss_a;
  const GeneratedSession made = WriteSession(options, folder.File("session.pcap"));
  PacketsInMemory packets(folder.File("session.pcap"));
  std::string error;
  const auto tape = TapeWriter::Create({"signals-test-" + std::to_string(getpid()), 1 << 17, 8192}, &error);
  ASSERT_NE(tape, nullptr) << error;
  const auto session = std::make_unique<Session>(*tape, spreads);

  const std::atomic<bool> stop{false};
  const PlayerConfig player_config{.wait_for_archiver = false};
  Player player(
      player_config, session->loop, *tape, session->tsc, stop, [] { return true; }, [] { return false; });
  const PacketSource source = packets.source();
  ASSERT_EQ(player.Run(source, source.Poll()).end, PlayerEnd::kEndOfInput);
  session->loop.Finish();

  const ComparedEngine& engine = session->engine;
  EXPECT_EQ(engine.differences(), 0u);
  EXPECT_EQ(session->engine.Scan().size(), 0u) << "something was not handed over before the end";
  EXPECT_GE(session->loop.counters().messages, made.messages);  // OPRA's control messages come on top
  EXPECT_EQ(session->feed.counters().gaps, 0u);
  EXPECT_GT(engine.submissions(), options.messages / 6);
  std::array<uint64_t, kAllSignalKinds> by_kind{};
  for (const Seen& seen : engine.seen()) ++by_kind[static_cast<size_t>(seen.signal.kind)];
  for (int kind = 0; kind < kSignalKinds; ++kind) EXPECT_GT(by_kind[static_cast<size_t>(kind)], 0u);
  EXPECT_EQ(by_kind[4] + by_kind[5] + by_kind[6] != 0, spreads != 0) << "the planted prices make spreads too, told where they are wanted";

  ASSERT_GE(made.planted.size(), 4u);
  for (const PlantedMispricing& planted : made.planted) {
    const bool found = std::any_of(engine.seen().begin(), engine.seen().end(),
                                   [&](const Seen& seen) { return IsPlanted(session->loop, made, planted, seen); });
    EXPECT_TRUE(found) << "planted kind " << static_cast<int>(planted.kind) << " of " << planted.legs[0].symbol.view() << " at "
                       << planted.start_ns << " has no signal";
  }
  EXPECT_GT(submits.count, 10u);
  EXPECT_EQ(submits.leg_not_live, 0u);
  EXPECT_EQ(submits.of_no_signal, 0u);
  EXPECT_EQ(engine.untradable_rows() != 0, loss_a > 0) << "holes make books unbelievable, and only they do";
}

TEST(SessionSignalsTest, EqualTheTextbookAndHoldEveryPlantedMispricing) { Compare(1, 0); }
TEST(SessionSignalsTest, EqualTheTextbookForAnotherSeed) { Compare(20260105, 0); }
TEST(SessionSignalsTest, EqualTheTextbookWhereLineALosesAFifth) { Compare(3, 0.2); }
TEST(SessionSignalsTest, EqualTheTextbookWithSpreads) { Compare(5, 0, kAllSpreads); }

}  // namespace
}  // namespace tickgraph
