#include "bench/latency_run.h"

#include <algorithm>
#include <stdexcept>

#include "tools/measure/hdr_histogram.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kSlots = 2000;

// A stretch of a session's packets as a source of its own.
class Stretch {
 public:
  Stretch(const PacketView* first, size_t count) : next_(first), left_(count) {}
  PacketSource source() {
    return {this, [](void* self) { return static_cast<Stretch*>(self)->Poll(); }, true};
  }

 private:
  PacketBurst Poll() {
    constexpr size_t kBurst = 32;
    const size_t count = std::min(left_, kBurst);
    if (count == 0) return {nullptr, 0, SourceState::kEnd};
    const PacketView* first = next_;
    next_ += count;
    left_ -= count;
    return {first, static_cast<uint32_t>(count), SourceState::kMore};
  }

  const PacketView* next_;
  size_t left_;
};

std::vector<std::pair<std::string, LatencyHistogram>> Stages(const PacketProbe& probe, const LoopLatency& now, const LoopLatency& warm) {
  const LatencyHistogram histograms[] = {probe.waited(),
                                         now.decoded.Since(warm.decoded),
                                         now.booked.Since(warm.booked),
                                         now.submitted.Since(warm.submitted),
                                         now.to_signal.Since(warm.to_signal),
                                         now.risk.Since(warm.risk),
                                         now.to_order.Since(warm.to_order),
                                         probe.done()};
  static_assert(std::size(histograms) == std::size(kLatencyStages));
  std::vector<std::pair<std::string, LatencyHistogram>> stages;
  for (size_t i = 0; i < std::size(histograms); ++i) stages.emplace_back(kLatencyStages[i], histograms[i]);
  return stages;
}

Json QuantilesJson(const LatencyHistogram& h) {
  return {{"count", h.count()},       {"p50", h.Quantile(.5)},      {"p90", h.Quantile(.9)},        {"p99", h.Quantile(.99)},
          {"p999", h.Quantile(.999)}, {"p9999", h.Quantile(.9999)}, {"p99999", h.Quantile(.99999)}, {"max", h.max()},
          {"overflow", h.overflow()}, {"hdr", EncodeHdr(h)}};
}

}  // namespace

const LatencyHistogram& LatencyRun::stage(const std::string& name) const {
  for (const auto& [known, histogram] : stages)
    if (known == name) return histogram;
  throw std::logic_error("no stage " + name);
}

LatencyRun RunLatency(const HotConfig& config, PacketsInMemory& packets, uint64_t messages, const LatencyPlan& plan) {
  const auto& all = packets.packets();
  const double packets_per_message = static_cast<double>(all.size()) / static_cast<double>(messages);
  const double session_s = static_cast<double>(all.back().ts_recv_ns - all.front().ts_recv_ns) * 1e-9;
  const double recorded = static_cast<double>(messages) / session_s * plan.speed;
  LatencyRun run;
  run.mode = plan.messages_per_second > 0 ? "fixed" : "recorded";
  run.offered = plan.messages_per_second > 0 ? plan.messages_per_second : recorded;
  run.warm_up_packets = static_cast<uint64_t>(static_cast<double>(all.size()) * plan.warm_up_share);
  run.packets = all.size() - run.warm_up_packets;
  if (plan.seconds > 0)
    run.packets = std::min<uint64_t>(run.packets, static_cast<uint64_t>(plan.seconds * run.offered * packets_per_message));
  const double expected_s = static_cast<double>(run.packets) / (run.offered * packets_per_message);

  PlayerConfig player = {.speed = plan.speed};
  if (plan.messages_per_second > 0) player = {.speed = 0, .packets_per_second = run.offered * packets_per_message};
  PacketProbe probe(std::max<uint64_t>(1, static_cast<uint64_t>(expected_s * 1.02e9 / kSlots)), kSlots);
  const auto tape = MakeTape(config);
  HotSession session(config, "cpu", *tape, 0);
  const Drain drain(tape->name());
  const std::atomic<bool> stop{false};
  const auto tend = [] { return true; };
  Stretch warm(all.data(), run.warm_up_packets), counted(all.data() + run.warm_up_packets, run.packets);
  const HotReport before = session.Report(session.Play(warm.source(), {}, {}, stop, tend, nullptr));
  const auto warm_latency = std::make_unique<LoopLatency>(session.latency());
  const PlayerResult result = session.Play(counted.source(), {}, player, stop, tend, &probe);
  const HotReport report = session.Report(result);
  session.Finish();
  tape->Close();

  run.duration_s = static_cast<double>(result.wall_ns) * 1e-9;
  run.messages = report.messages - before.messages;
  run.signals = report.signals - before.signals;
  run.orders = report.orders - before.orders;
  run.achieved = static_cast<double>(run.packets) / packets_per_message / (static_cast<double>(result.wall_ns - result.waited_ns) * 1e-9);
  run.tape_wait_ns = result.waited_ns;
  run.stages = Stages(probe, session.latency(), *warm_latency);
  run.slot_ns = probe.slot_ns();
  run.timeline = probe.timeline();
  return run;
}

int KneeOf(const std::vector<LatencyRun>& sweep) {
  int knee = -1;
  for (size_t i = 0; i < sweep.size(); ++i) {
    const double limit = kKneeFactor * static_cast<double>(sweep.front().stage("tape").Quantile(.99));
    if (sweep[i].achieved < kKeepsUp * sweep[i].offered || static_cast<double>(sweep[i].stage("tape").Quantile(.99)) > limit) break;
    knee = static_cast<int>(i);
  }
  return knee;
}

Json LatencyJson(const LatencyRun& run) {
  Json out = {{"mode", run.mode},
              {"offered_messages_per_second", run.offered},
              {"achieved_messages_per_second", run.achieved},
              {"duration_s", run.duration_s},
              {"packets", run.packets},
              {"messages", run.messages},
              {"warm_up_packets", run.warm_up_packets},
              {"signals", run.signals},
              {"orders", run.orders},
              {"tape_wait_ns", run.tape_wait_ns}};
  Json& stages = out["latency_ns"] = Json::object();
  for (const auto& [name, histogram] : run.stages) stages[name] = QuantilesJson(histogram);
  size_t used = run.timeline.size();
  while (used > 0 && run.timeline[used - 1].packets == 0) --used;
  Json max = Json::array(), count = Json::array();
  for (size_t i = 0; i < used; ++i) {
    max.push_back(run.timeline[i].max_ns);
    count.push_back(run.timeline[i].packets);
  }
  out["timeline"] = {{"slot_ns", run.slot_ns}, {"max_ns", max}, {"packets", count}};
  return out;
}

}  // namespace tickgraph
