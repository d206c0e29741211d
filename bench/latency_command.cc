// `bench latency`: a generated session through the hot path in open loop, every stage's percentiles to p99.999 and max, and a sweep of
// rates that finds the knee. `tickgraph report` makes a page of the JSON; --hlog and --hgrm write what HdrHistogram's tools read.
#include "bench/latency_command.h"

#include <sched.h>
#include <time.h>

#include <cstdio>
#include <iostream>

#include "bench/latency_run.h"
#include "net/io/file/output_file.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"
#include "tools/measure/hdr_histogram.h"
#include "tools/measure/machine_stamp_json.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

// Shares of the rate at which the loop, never waiting, takes the session.
constexpr double kSweepShares[] = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1};

struct LatencyOptions {
  CommonOptions common;
  uint64_t messages = 400'000;
  double recorded_rate = 50'000, rate = 0, speed = 1, sweep_seconds = 1, warm_up_percent = 10;
  bool no_sweep = false;
  int core = -1;
  std::string out, hlog, hgrm;
};

void PinTo(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    throw ConfigError("--core " + std::to_string(core) + ": there is no such core to pin to");
}

double FullSpeedRate(const HotConfig& config, PacketsInMemory& packets) {
  (void)RunSession(config, packets, 0);
  const HotReport report = RunSession(config, packets, 0).report;
  return static_cast<double>(report.messages) * 1e9 / static_cast<double>(report.loop_ns);
}

std::vector<LatencyRun> Sweep(const LatencyOptions& o, const HotConfig& config, PacketsInMemory& packets, double full_rate) {
  std::vector<LatencyRun> runs;
  for (const double share : kSweepShares) {
    if (!o.common.quiet) std::fprintf(stderr, "tickgraph bench latency: %.0f messages a second\n", share * full_rate);
    LatencyPlan plan = {.messages_per_second = share * full_rate, .warm_up_share = o.warm_up_percent / 100, .seconds = o.sweep_seconds};
    runs.push_back(RunLatency(config, packets, o.messages, plan));
  }
  return runs;
}

Json RunJson(const LatencyOptions& o, const LatencyRun& main, const std::vector<LatencyRun>& sweep, double full_rate) {
  Json out = {
      {"kind", "latency"},
      {"machine", MachineStampJson(ReadMachineStamp())},
      {"engine", "cpu"},
      {"core", o.core},
      {"session", {{"seed", 1}, {"messages", o.messages}, {"recorded_messages_per_second", o.recorded_rate}}},
      {"warm_up", "the first " + std::to_string(main.warm_up_packets) + " packets, at full speed, are in no figure"},
      {"latency_is", "from the moment a packet was due (open loop); rx and tape of every packet, other stages of decisions with a signal"}};
  out["runs"] = Json::array({LatencyJson(main)});
  if (sweep.empty()) return out;
  Json& rows = out["sweep"] = Json::array();
  for (const LatencyRun& run : sweep) rows.push_back(LatencyJson(run));
  const int knee = KneeOf(sweep);
  char rule[160];
  snprintf(rule, sizeof rule, "the last rate that is kept up with (%g%%) and whose p99 to the tape is at most %g times that of the lowest",
           100 * kKeepsUp, kKneeFactor);
  out["full_speed_messages_per_second"] = full_rate;
  out["knee"] = {{"rule", rule}, {"messages_per_second", knee < 0 ? Json() : Json(sweep[static_cast<size_t>(knee)].offered)}};
  return out;
}

std::string Micros(uint64_t nanos) {
  char text[32];
  snprintf(text, sizeof text, "%.2f", static_cast<double>(nanos) / 1e3);
  return text;
}

void PrintTable(const LatencyRun& main, const std::vector<LatencyRun>& sweep) {
  std::printf("%s pace, %.0f messages/s offered, %.0f achieved, %.2f s; the first %llu packets are warm-up and not counted\n",
              main.mode.c_str(), main.offered, main.achieved, main.duration_s, static_cast<unsigned long long>(main.warm_up_packets));
  std::printf("%-12s %10s %9s %9s %9s %9s %9s %9s %9s   us since the packet was due\n", "stage", "count", "p50", "p90", "p99", "p99.9",
              "p99.99", "p99.999", "max");
  for (const auto& [name, h] : main.stages) {
    std::printf("%-12s %10llu", name.c_str(), static_cast<unsigned long long>(h.count()));
    for (const double share : {.5, .9, .99, .999, .9999, .99999})
      std::printf(" %9s", h.count() == 0 ? "-" : Micros(h.Quantile(share)).c_str());
    std::printf(" %9s", h.count() == 0 ? "-" : Micros(h.max()).c_str());
    if (h.overflow() != 0) std::printf("   %llu over the histogram's range", static_cast<unsigned long long>(h.overflow()));
    std::printf("\n");
  }
  if (sweep.empty()) return;
  const int knee = KneeOf(sweep);
  std::printf("\n%14s %14s %10s %10s %10s %10s   us to the tape\n", "offered/s", "achieved/s", "p50", "p99", "p99.9", "max");
  for (size_t i = 0; i < sweep.size(); ++i) {
    const LatencyHistogram& h = sweep[i].stage("tape");
    std::printf("%14.0f %14.0f %10s %10s %10s %10s%s\n", sweep[i].offered, sweep[i].achieved, Micros(h.Quantile(.5)).c_str(),
                Micros(h.Quantile(.99)).c_str(), Micros(h.Quantile(.999)).c_str(), Micros(h.max()).c_str(),
                static_cast<int>(i) == knee ? "   <- knee" : "");
  }
  if (knee < 0) std::printf("no knee: even the lowest rate is not kept up with\n");
}

void WriteText(const std::string& file, const std::string& text) {
  std::string error;
  if (!WriteOutputFile(file, text, &error)) throw std::runtime_error(error);
}

std::string StageFile(const LatencyOptions& o, const std::string& stage) { return o.hgrm + "-" + stage + ".hgrm"; }

// Asked before the session is played: a refusal after it would cost its figures.
void CheckOutputs(const LatencyOptions& o) {
  std::vector<std::string> files;
  for (const std::string& file : {o.out, o.hlog})
    if (!file.empty()) files.push_back(file);
  if (!o.hgrm.empty()) {
    for (const char* stage : kLatencyStages) files.push_back(StageFile(o, stage));
  }
  for (const std::string& file : files)
    if (const std::string problem = OutputFile::Problem(file, o.common.force); !problem.empty()) throw ConfigError(problem);
}

void WriteHistograms(const LatencyOptions& o, const LatencyRun& main, double start_s) {
  if (!o.hlog.empty()) {
    std::vector<HdrInterval> intervals;
    for (const auto& [name, histogram] : main.stages) intervals.push_back({name, 0, main.duration_s, &histogram});
    WriteText(o.hlog, HdrLog(start_s, intervals));
  }
  if (o.hgrm.empty()) return;
  for (const auto& [name, histogram] : main.stages) WriteText(StageFile(o, name), HdrPercentiles(histogram));
}

}  // namespace

int LatencyCommand(int argc, char** argv) {
  LatencyOptions o;
  CLI::App app("A session through the hot path in open loop: percentiles of every stage, and the rate at which they give way");
  app.add_option("--messages", o.messages, "Messages of the generated session")->check(CLI::Range(10'000, 50'000'000));
  app.add_option("--recorded-rate", o.recorded_rate, "Its own messages a second, on average, in bursts")->check(CLI::PositiveNumber);
  auto* rate =
      app.add_option("--rate", o.rate, "Messages a second, evenly spaced, in place of the recorded pace")->check(CLI::PositiveNumber);
  app.add_option("--speed", o.speed, "Times the recorded pace")->check(CLI::PositiveNumber)->excludes(rate);
  app.add_option("--warm-up", o.warm_up_percent, "Percent of the packets that warm up and are not counted")->check(CLI::Range(0.0, 90.0));
  app.add_flag("--no-sweep", o.no_sweep, "Leave out the sweep of rates");
  app.add_option("--sweep-seconds", o.sweep_seconds, "Seconds a rate, at most")->check(CLI::PositiveNumber);
  app.add_option("--core", o.core, "Core of the loop");
  app.add_option("--out", o.out, "Write the JSON to this file too, for 'tickgraph report'");
  app.add_option("--hlog", o.hlog, "Write an interval log of HdrHistogram, a tag a stage");
  app.add_option("--hgrm", o.hgrm, "Write PREFIX-<stage>.hgrm, percentile distributions");
  AddCommonOptions(app, o.common, kJson | kQuiet | kForce);
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  CheckOutputs(o);
  PinTo(o.core);
  const HotConfig config = ManyOrdersConfig();
  PacketsInMemory packets = MakeSession(o.messages, o.recorded_rate, true);
  const auto start_s = static_cast<double>(time(nullptr));
  const LatencyPlan plan = {.messages_per_second = o.rate, .speed = o.speed, .warm_up_share = o.warm_up_percent / 100};
  const LatencyRun main = RunLatency(config, packets, o.messages, plan);
  const double full_rate = o.no_sweep ? 0 : FullSpeedRate(config, packets);
  const std::vector<LatencyRun> sweep = o.no_sweep ? std::vector<LatencyRun>() : Sweep(o, config, packets, full_rate);

  const std::string json = RunJson(o, main, sweep, full_rate).dump() + "\n";
  if (!o.out.empty()) WriteText(o.out, json);
  WriteHistograms(o, main, start_s);
  if (o.common.json) {
    std::cout << json;
  } else {
    PrintTable(main, sweep);
  }
  return kExitDone;
}

}  // namespace tickgraph
