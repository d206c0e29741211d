#include "tools/hot_session.h"

#include <stdexcept>
#include <utility>

#include "net/proto/feed_handler.h"
#include "net/proto/ouch.h"
#include "perf/prefault.h"
#include "replay/simulated_exchange.h"
#include "tools/hot_counters.h"

namespace tickgraph {
namespace {

// Enter Order for an order that risk let pass.
struct OuchEncoder {
  static uint32_t Encode(const Order& order, const Instrument& instrument, uint8_t* out) {
    return ouch::EncodeEnterOrder(order, instrument, out);
  }
};

using Strategies = StrategySet<CrossVenueTaker, OptionsParityTaker>;
using Loop = TradingLoop<FeedHandler, Strategies, OuchEncoder>;

FeedConfig FeedConfigOf(const HotConfig& config, uint32_t date) {
  FeedConfig feed;
  feed.date = date;
  feed.reorder_window_ns = config.reorder_window_ns;
  feed.recovery_timeout_ns = config.recovery_timeout_ns;
  feed.recovery_attempts = config.recovery_attempts;
  feed.dbn = config.input.dbn;
  feed.lobster = config.input.lobster;
  feed.json = config.input.json;
  for (size_t i = 0; i < config.input.line_pairs.size() && i < FeedConfig::kMaxLinePairs; ++i)
    feed.line_pairs[i] = config.input.line_pairs[i];
  return feed;
}

EngineChoice ChooseEngine(const std::string& name, const EngineConfig& config, const GuardConfig& guard) {
  EngineKind kind;
  std::string error;
  if (!ParseEngineKind(name, &kind)) throw std::runtime_error("there is no engine '" + name + "'");
  EngineChoice choice = MakeEngine(kind, config, &error, guard);
  if (choice.owner == nullptr) throw std::runtime_error("engine " + name + ": " + error);
  return choice;
}

std::unique_ptr<CountersWriter> MakeCounters(const std::string& name) {
  std::string error;
  auto page = CountersWriter::Create(name, &error);
  if (page == nullptr) throw std::runtime_error(error);
  return page;
}

Quantiles QuantilesOf(const LatencyHistogram& h) { return {h.count(), h.Quantile(.5), h.Quantile(.99), h.Quantile(.999), h.max()}; }

const char* EndName(PlayerEnd end) {
  switch (end) {
    case PlayerEnd::kEndOfInput:
      return "end of input";
    case PlayerEnd::kDamagedInput:
      return "damaged input";
    case PlayerEnd::kIdle:
      return "source silent";
    case PlayerEnd::kStopped:
      return "stopped";
    case PlayerEnd::kArchiverFailed:
      return "archiver failed";
  }
  return "";
}

}  // namespace

struct HotSession::Parts {
  Parts(const HotConfig& config, EngineChoice choice, TapeWriter& tape_writer, uint32_t date)
      : tape(tape_writer),
        page(MakeCounters(tape_writer.name())),
        feed(FeedConfigOf(config, date)),
        engine(std::move(choice)),
        strategies(config.cross_venue_taker, config.options_parity_taker),
        loop(config.loop, feed, engine.engine, strategies, tape, tsc),
        exchange(config.exchange, loop.instruments(), loop.books()) {
    loop.SetGateway(exchange.gateway());
  }

  TscScale tsc;
  TapeWriter& tape;
  std::unique_ptr<CountersWriter> page;
  FeedHandler<Loop> feed;
  EngineChoice engine;
  Strategies strategies;
  Loop loop;
  SimulatedExchange<BookSet> exchange;
};

HotSession::HotSession(const HotConfig& config, const std::string& engine, TapeWriter& tape, uint32_t date)
    : HotSession(config, ChooseEngine(engine, config.engine, config.guard), tape, date) {}
HotSession::HotSession(const HotConfig& config, EngineChoice engine, TapeWriter& tape, uint32_t date)
    : parts_(std::make_unique<Parts>(config, std::move(engine), tape, date)) {
  PrefaultProgram();
}
HotSession::~HotSession() = default;

const std::string& HotSession::engine_name() const { return parts_->engine.name; }
const std::string& HotSession::engine_reason() const { return parts_->engine.reason; }

void HotSession::OnEngineSwitch(EngineGuard::Tell tell, void* self) {
  if (parts_->engine.guard != nullptr) parts_->engine.guard->OnSwitch(tell, self);
}

void HotSession::SetRecovery(const RecoveryService& recovery) { parts_->loop.SetRecovery(recovery); }

void HotSession::SetSnapshots(const SnapshotService& snapshots) { parts_->loop.SetSnapshots(snapshots); }

PlayerResult HotSession::Run(const PacketSource& source, const PacketBurst& first, const PlayerConfig& config,
                             const std::atomic<bool>& stop, const std::function<bool()>& tend) {
  Parts& p = *parts_;
  CountersPublisher counters(p, *p.page);
  counters.PublishWhole();
  const auto tend_and_tell = [&] {
    counters.Publish();
    return tend();
  };
  const PlayerResult result = Play(source, first, config, stop, tend_and_tell, nullptr);
  Finish();
  counters.PublishWhole();
  return result;
}

PlayerResult HotSession::Play(const PacketSource& source, const PacketBurst& first, const PlayerConfig& config,
                              const std::atomic<bool>& stop, const std::function<bool()>& tend, PacketProbe* probe) {
  Parts& p = *parts_;
  const auto ended = [&p, &config] { return p.feed.all_ended() && p.feed.stream_count() >= config.min_streams; };
  if (probe == nullptr) return Player(config, p.loop, p.tape, p.tsc, stop, tend, ended).Run(source, first);
  probe->Start(p.tsc);
  ProbedLoop<Loop> loop(p.loop, *probe);
  return Player(config, loop, p.tape, p.tsc, stop, tend, ended).Run(source, first);
}

void HotSession::Finish() { parts_->loop.Finish(); }

const LoopLatency& HotSession::latency() const { return parts_->loop.latency(); }

HotReport HotSession::Report(const PlayerResult& result) const {
  const Parts& p = *parts_;
  const FeedCounters feed = p.feed.counters();
  const LoopCounters& loop = p.loop.counters();
  HotReport r;
  r.engine = p.engine.name;
  r.engine_reason = p.engine.reason;
  if (p.engine.guard != nullptr && p.engine.guard->switches() != 0) {
    r.engine = p.engine.guard->name();
    r.engine_switches = p.engine.guard->switches();
    r.engine_failure = p.engine.guard->failure();
  }
  r.end = EndName(result.end);
  r.interrupted = result.end == PlayerEnd::kStopped;
  r.packets = loop.packets;
  r.other_packets = feed.not_market_data;
  r.messages = feed.messages;
  r.event_rows = loop.messages;
  r.bad_messages = feed.bad_messages;
  r.first_bad_packet = feed.first_bad_packet;
  r.first_bad_reason = feed.first_bad_reason;
  r.unknown_types = feed.unknown_types;
  r.duplicates = feed.duplicates;
  r.books = p.loop.books().counters();
  r.marked_books = p.loop.books().marked_count();
  r.gaps = feed.gaps;
  r.missing_messages = feed.missing_messages;
  r.recovered_messages = feed.recovered_messages;
  r.snapshot_requests = feed.snapshot_requests;
  r.snapshots = feed.snapshots;
  r.useless_snapshots = feed.useless_snapshots;
  r.snapshot_messages = feed.snapshot_messages;
  r.queued_updates = feed.queued_updates;
  r.waiting_dropped = feed.waiting_dropped;
  r.instruments = p.loop.instruments().size();
  r.decisions = loop.decisions;
  r.signals = loop.signals;
  r.orders = loop.orders;
  r.fills = loop.fills;
  r.risk_rejects = p.loop.risk().rejects();
  r.duplicate_evictions = p.loop.risk().duplicate_evictions();
  r.venue_rejects = p.exchange.counters().rejected;
  r.refused = loop.refused_by_gateway;
  for (int i = 1; i < kRejectReasons; ++i) {
    const auto reason = static_cast<RejectReason>(i);
    if (const uint64_t count = p.loop.risk().count(reason); count != 0) r.rejects_by_reason.emplace_back(RejectReasonName(reason), count);
  }
  if (r.venue_rejects != 0) r.rejects_by_reason.emplace_back("venue", r.venue_rejects);
  if (r.refused != 0) r.rejects_by_reason.emplace_back("gateway_full", r.refused);
  const PositionTotals totals = p.loop.Totals();
  r.realized_nanos = totals.realized_nanos;
  r.marked_nanos = totals.marked_nanos;
  r.fee_nanos = totals.fee_nanos;
  r.state_hash = p.loop.state_hash();
  r.book_hash = p.loop.book_hash();
  r.duration_ns = result.last_stamp_ns > result.first_stamp_ns ? result.last_stamp_ns - result.first_stamp_ns : 0;
  r.loop_ns = result.wall_ns - result.waited_ns;
  const LoopLatency& latency = p.loop.latency();
  r.latency = {{"tick_to_first_event", QuantilesOf(latency.decoded)}, {"tick_to_booked", QuantilesOf(latency.booked)},
               {"tick_to_submitted", QuantilesOf(latency.submitted)}, {"tick_to_signal", QuantilesOf(latency.to_signal)},
               {"tick_to_risk", QuantilesOf(latency.risk)},           {"tick_to_order", QuantilesOf(latency.to_order)},
               {"tick_to_decision", QuantilesOf(latency.to_decision)}};
  return r;
}

}  // namespace tickgraph
