// The session's clock, bursts and order of events; see generator.h.
#include "replay/generator.h"

#include <algorithm>

#include "net/proto/new_york_time.h"

namespace tickgraph {
namespace {

constexpr uint64_t kArrivalStream = 1;
constexpr uint64_t kOpenNs = 9 * 3600 * kNanosPerSecond + 1800 * kNanosPerSecond;
constexpr uint64_t kBeforeOpenNs = 100'000'000;
constexpr uint64_t kStepNs = 1'000'000;  // between the parts of the announcement and of the close
constexpr double kOptionShare = 0.4;
constexpr double kGapInBurstNs = 900;
constexpr uint32_t kLongestBurst = 160;
constexpr double kFocus = 0.6;  // share of a burst that is about one symbol
// Near the end the fair prices of symbols with options stand still: requoting a chain takes this many messages at most.
constexpr uint64_t kChainMessages = 2'000;

// How large a market a session of so many messages can carry.
struct MarketSize {
  uint32_t symbols, live_orders;
  ChainShape chain;
};
MarketSize SizeFor(uint64_t messages) {
  MarketSize size{20, 0, {}};
  if (messages < 20'000) size = {messages < 2'000 ? 2u : (messages < 10'000 ? 6u : 12u), 0, {1, messages < 10'000 ? 1u : 2u, 8, 2}};
  if (messages >= 20'000 && messages < 100'000) size.chain.participants = 2;
  if (messages >= 5'000 && messages < 20'000) size.chain.strikes = 16;
  size.live_orders = static_cast<uint32_t>(std::clamp<uint64_t>(messages * 6 / 10 / (2 * size.symbols) / 12, 30, 300));
  return size;
}

FeedAddress AddressOf(uint32_t feed) {
  // 233.54.12.0/24 is NASDAQ's own multicast block, 233.43.202.0/24 OPRA's.
  const uint32_t group = feed < kOptionFeed ? 0xE9360C65u + feed : 0xE92BCA01u;
  return {0x0A010101u + feed,
          {group, group + 100},
          static_cast<uint16_t>(30'000 + feed),
          static_cast<uint16_t>(feed < kOptionFeed ? 26'400 + feed : 45'901)};
}

class SessionMaker {
 public:
  SessionMaker(const GeneratorOptions& options, PcapWriter& writer)
      : options_(options),
        writer_(writer),
        random_(options.seed, kArrivalStream),
        midnight_ns_(NewYorkMidnightNs(kGeneratedDate)),
        now_ns_(midnight_ns_ + kOpenNs - kBeforeOpenNs),
        lines_(writer, options.lines, options.seed),
        size_(SizeFor(options.messages)),
        venue_a_(lines_, AddressOf(0), "TGXA000001", midnight_ns_, now_ns_),
        venue_b_(lines_, AddressOf(1), "TGXB000001", midnight_ns_, now_ns_),
        opra_(lines_, AddressOf(kOptionFeed), now_ns_),
        equities_({&venue_a_, &venue_b_}, options.seed, size_.symbols, size_.live_orders),
        option_market_(opra_, equities_, options.seed, size_.chain, kGeneratedDate),
        planter_(equities_, option_market_, {&venue_a_, &venue_b_}, opra_, options.seed, options.messages, options.rate) {}

  GeneratedSession Run(const std::function<void(uint64_t)>& progress);

 private:
  [[nodiscard]] uint64_t Messages() const {
    return venue_a_.state().message_count + venue_b_.state().message_count + opra_.state().message_count;
  }
  void FlushAll();
  void AnnounceAndOpen();
  void Burst(uint64_t until);
  void Step(uint32_t focus, uint64_t until);
  void StepEquity(uint32_t focus, uint64_t until);
  void Close();
  void Advance(uint64_t ns);
  // The next thing that the clock brings about, at most `limit`.
  [[nodiscard]] uint64_t NextDue(uint64_t limit) const;
  void DoDue();
  GeneratedSession Report() const;

  const GeneratorOptions options_;
  PcapWriter& writer_;
  GeneratorRandom random_;
  uint64_t midnight_ns_, now_ns_;
  GeneratorLines lines_;
  MarketSize size_;
  MoldFeed venue_a_, venue_b_;
  OpraFeed opra_;
  EquityMarket equities_;
  OptionMarket option_market_;
  MispricingPlanter planter_;
  double time_owed_ns_ = 0;  // by the messages sent so far, at the average rate
};

uint64_t SessionMaker::NextDue(uint64_t limit) const {
  uint64_t due = limit;
  const auto feed_due = [&](const auto& feed) {
    const FeedState& state = feed.state();
    due = std::min(due, feed.pending() ? state.pending_since_ns + kBatchingNs : state.last_sent_ns + kHeartbeatIntervalNs);
  };
  feed_due(venue_a_);
  feed_due(venue_b_);
  feed_due(opra_);
  if (planter_.active()) due = std::min(due, planter_.end_ns());
  return due;
}

void SessionMaker::DoDue() {
  const auto tend = [&](auto& feed) {
    if (feed.pending()) {
      if (feed.state().pending_since_ns + kBatchingNs <= now_ns_) feed.Flush();
    } else if (feed.state().last_sent_ns + kHeartbeatIntervalNs <= now_ns_) {
      feed.Heartbeat();
    }
  };
  tend(venue_a_);
  tend(venue_b_);
  tend(opra_);
  if (planter_.active() && planter_.end_ns() <= now_ns_) planter_.End(now_ns_);
}

void SessionMaker::Advance(uint64_t ns) {
  const uint64_t target = now_ns_ + ns;
  for (uint64_t due = NextDue(target); due < target; due = NextDue(target)) {
    now_ns_ = std::max(now_ns_, due);
    DoDue();
  }
  now_ns_ = target;
  DoDue();
}

void SessionMaker::FlushAll() {
  venue_a_.Flush();
  venue_b_.Flush();
  opra_.Flush();
}

void SessionMaker::AnnounceAndOpen() {
  venue_a_.Heartbeat();
  venue_b_.Heartbeat();
  opra_.Heartbeat();
  Advance(kStepNs);
  opra_.StartOfDay();
  equities_.Announce();
  FlushAll();
  Advance(midnight_ns_ + kOpenNs - now_ns_);
  equities_.Open();
  FlushAll();
  option_market_.QueueAll();
  time_owed_ns_ = static_cast<double>(Messages()) * 1e9 / options_.rate;
}

void SessionMaker::StepEquity(uint32_t focus, uint64_t until) {
  const uint32_t symbol = random_.Chance(kFocus) && !equities_.symbol(focus).frozen ? focus : equities_.PickSymbol();
  const bool chained = option_market_.HasChain(symbol);
  const int move = chained && Messages() + kChainMessages > until ? 0 : equities_.DrawMove(symbol);
  if (move == 0) return equities_.Act(symbol);
  if (chained) option_market_.Drain(symbol);
  equities_.MoveFair(symbol, move);
  if (chained) option_market_.FairMoved(symbol);
}

void SessionMaker::Step(uint32_t focus, uint64_t until) {
  const bool options_turn = static_cast<double>(opra_.state().message_count) < kOptionShare * static_cast<double>(Messages());
  if (!options_turn) return StepEquity(focus, until);
  option_market_.backlog() ? option_market_.QuoteNext() : option_market_.Background();
}

// Arrivals excite each other: a burst of heavy-tailed length about one symbol, then a pause that pays the time the burst did not take.
void SessionMaker::Burst(uint64_t until) {
  const uint32_t focus = equities_.PickSymbol();
  const uint32_t length = 1 + random_.LogUniform(kLongestBurst);
  const double nanos_per_message = 1e9 / options_.rate, gap_mean = std::min(kGapInBurstNs, 0.4 * nanos_per_message);
  for (uint32_t i = 0; i < length && Messages() < until; ++i) {
    const uint64_t before = Messages();
    if (planter_.Due(before)) {
      FlushAll();
      planter_.Start(now_ns_);
    } else {
      Step(focus, until);
    }
    const double gap = random_.Exponential() * gap_mean;
    time_owed_ns_ += static_cast<double>(Messages() - before) * nanos_per_message - gap;
    Advance(static_cast<uint64_t>(gap));
  }
  const double pause = random_.Exponential() * std::max(time_owed_ns_, 0.0);
  time_owed_ns_ -= pause;
  Advance(static_cast<uint64_t>(pause));
}

void SessionMaker::Close() {
  while (planter_.active()) Advance(kStepNs);
  FlushAll();
  Advance(kStepNs);
  equities_.Close();
  FlushAll();
  for (int i = 0; i < 3; ++i) {
    Advance(kStepNs);
    venue_a_.End();
    venue_b_.End();
  }
  opra_.End();
  lines_.Finish();
}

GeneratedSession SessionMaker::Report() const {
  GeneratedSession out;
  out.messages = Messages();
  out.packets = writer_.packet_count();
  out.lost_packets = lines_.lost_packets();
  out.written = lines_.ok();
  const uint64_t first = midnight_ns_ + kOpenNs - kBeforeOpenNs;
  out.duration_ns = lines_.last_stamp_ns() - first;
  for (uint8_t at = 33; at < 127; ++at) {
    const auto type = static_cast<char>(at);
    const uint64_t itch = venue_a_.state().by_type[at] + venue_b_.state().by_type[at], opra = opra_.state().by_type[at];
    if (itch > 0) out.by_type[std::string("itch:") + type] = itch;
    if (opra > 0) out.by_type[std::string("opra:") + type] = opra;
  }
  out.feed_names = {venue_a_.session(), venue_b_.session(), "OPRA"};
  out.planted = planter_.planted();
  return out;
}

GeneratedSession SessionMaker::Run(const std::function<void(uint64_t)>& progress) {
  const uint64_t until = options_.messages - std::min(options_.messages, equities_.ClosingMessages());
  AnnounceAndOpen();
  uint64_t told = 0;
  while (Messages() < until && lines_.ok()) {
    Burst(until);
    if (progress && Messages() - told >= 65'536) progress(told = Messages());
  }
  Close();
  return Report();
}

}  // namespace

std::string ProblemWith(const GeneratorOptions& options) {
  const auto share = [](double p) { return p >= 0 && p <= 1; };
  if (options.messages < GeneratorOptions::kLeastMessages) return "a session needs at least 500 messages";
  if (options.messages > 2'000'000'000) return "a session has at most 2,000,000,000 messages: OPRA's numbers are 32 bits wide";
  if (!(options.rate >= 1 && options.rate <= 1e9)) return "the rate must lie between 1 and 1,000,000,000 messages a second";
  if (static_cast<double>(options.messages) / options.rate > 6 * 3600)
    return "the session would be longer than a trading day: raise the rate";
  if (options.lines.skew_ns > GeneratorOptions::kMostSkewNs) return "the line skew is at most 10 seconds";
  if (!share(options.lines.loss_a) || !share(options.lines.loss_b)) return "a loss is a share between 0 and 1";
  if (options.lines.loss_disjoint && options.lines.loss_a + options.lines.loss_b > 1) return "disjoint losses add up to at most 1";
  return {};
}

GeneratedSession GenerateSession(const GeneratorOptions& options, PcapWriter& writer, const std::function<void(uint64_t)>& progress) {
  return SessionMaker(options, writer).Run(progress);
}

}  // namespace tickgraph
