// `tickgraph doctor [--json] [--core N] [--jitter SECONDS]`: what of this machine disturbs a pinned hot thread, and the fix.
#include <algorithm>
#include <bit>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "perf/doctor.h"
#include "perf/jitter.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

const char* NameOf(Verdict verdict) { return kVerdictNames[static_cast<int>(verdict)]; }

Check JudgeJitter(const JitterResult& jitter) {
  constexpr uint64_t kGoodNanos = 20'000, kBadNanos = 1'000'000;
  char text[160];
  std::snprintf(text, sizeof(text), "core %d, %.1f s: longest stall %.1f us, %.3f %% of the time lost in %llu stalls", jitter.core,
                static_cast<double>(jitter.measured_ns) * 1e-9, static_cast<double>(jitter.stalls.max()) * 1e-3,
                100.0 * static_cast<double>(jitter.stalled_ns) / static_cast<double>(std::max<uint64_t>(jitter.measured_ns, 1)),
                static_cast<unsigned long long>(jitter.stalls.count()));
  const uint64_t longest = jitter.stalls.max();
  if (longest <= kGoodNanos) return {"jitter", Verdict::kPass, text, ""};
  return {"jitter", longest > kBadNanos ? Verdict::kFail : Verdict::kWarn, text,
          "isolate the core (isolated_cores, nohz_full, rcu_nocbs, irq_affinity above); a virtual machine's host takes its share"};
}

Json JitterJson(const JitterResult& jitter) {
  Json histogram = Json::array(), longest = Json::array();
  for (size_t power = 1; power < jitter.by_power.size(); ++power) {
    if (jitter.by_power[power] == 0) continue;
    histogram.push_back({{"from_ns", uint64_t{1} << (power - 1)}, {"stalls", jitter.by_power[power]}});
  }
  for (const Stall& stall : jitter.longest) longest.push_back({{"at_ns", stall.at_ns}, {"stall_ns", stall.nanos}});
  return {{"core", jitter.core},
          {"measured_ns", jitter.measured_ns},
          {"readings", jitter.readings},
          {"stalls", jitter.stalls.count()},
          {"stalled_ns", jitter.stalled_ns},
          {"p50_ns", jitter.stalls.Quantile(.5)},
          {"p99_ns", jitter.stalls.Quantile(.99)},
          {"max_ns", jitter.stalls.max()},
          {"involuntary_switches", jitter.involuntary_switches},
          {"histogram", histogram},
          {"longest", longest}};
}

void PrintJitter(const JitterResult& jitter) {
  std::printf("\nstalls of core %d over %.1f s (gaps above %llu ns between two readings of the clock; %llu involuntary switches)\n",
              jitter.core, static_cast<double>(jitter.measured_ns) * 1e-9, static_cast<unsigned long long>(JitterResult::kStallNanos),
              static_cast<unsigned long long>(jitter.involuntary_switches));
  constexpr int kBarWidth = 40;
  const int widest = std::bit_width(*std::ranges::max_element(jitter.by_power));
  for (size_t power = 1; power < jitter.by_power.size(); ++power) {
    const uint64_t count = jitter.by_power[power];
    if (count == 0) continue;
    const int bar = std::max(1, static_cast<int>(std::bit_width(count)) * kBarWidth / std::max(widest, 1));
    std::printf("  from %10.3f us %10llu  %s\n", static_cast<double>(uint64_t{1} << (power - 1)) * 1e-3,
                static_cast<unsigned long long>(count), std::string(static_cast<size_t>(bar), '#').c_str());
  }
  for (const Stall& stall : jitter.longest)
    std::printf("  at %10.6f s: %.3f us\n", static_cast<double>(stall.at_ns) * 1e-9, static_cast<double>(stall.nanos) * 1e-3);
}

void PrintChecks(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    std::printf("%s  %-22s %s\n", NameOf(check.verdict), check.name.c_str(), check.read.c_str());
    if (!check.fix.empty()) std::printf("%30s-> %s\n", "", check.fix.c_str());
  }
}

void PrintProof(const std::vector<ProofRow>& proof) {
  std::printf("\nno system call, allocation or page fault on the hot thread:\n");
  for (const ProofRow& row : proof)
    std::printf("  %-10s %-56s %s\n", row.holds ? "holds" : "not proven", row.configuration.c_str(), row.why.c_str());
}

Json ToJson(const std::vector<Check>& checks, const std::vector<ProofRow>& proof) {
  const DoctorTotals totals = TotalsOf(checks);
  Json out = {{"verdict", totals.failed != 0   ? "FAIL"
                          : totals.warned != 0 ? "WARN"
                                               : "PASS"},
              {"summary", SummaryOf(checks)},
              {"passed", totals.passed},
              {"warned", totals.warned},
              {"failed", totals.failed},
              {"skipped", totals.skipped},
              {"checks", Json::array()},
              {"no_system_calls", Json::array()}};
  for (const Check& check : checks)
    out["checks"].push_back({{"name", check.name}, {"verdict", NameOf(check.verdict)}, {"read", check.read}, {"fix", check.fix}});
  for (const ProofRow& row : proof)
    out["no_system_calls"].push_back({{"configuration", row.configuration}, {"holds", row.holds}, {"why", row.why}});
  return out;
}

}  // namespace

int DoctorCommand(int argc, char** argv) {
  CLI::App app("Checks what of this machine disturbs a pinned hot thread. Ends with 1 where a check failed");
  CommonOptions common;
  int core = -1;
  double jitter_s = 0;
  AddCommonOptions(app, common, kJson);
  auto* core_option = app.add_option("--core", core, "The core meant for the hot thread; by default the isolated ones, or else all")
                          ->check(CLI::NonNegativeNumber);
  app.add_option("--jitter", jitter_s, "Also measure the longest stalls of a pinned core for so many seconds")
      ->check(CLI::Range(0.01, 86'400.0));
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  const SystemView view = ReadSystem(core_option->count() != 0 ? std::optional<int>(core) : std::nullopt);
  std::vector<Check> checks = RunChecks(view);
  JitterResult jitter;
  if (jitter_s > 0) {
    const int where = core >= 0 ? core : view.HotCores().empty() ? -1 : view.HotCores().back();
    std::string error;
    if (!MeasureJitter(where, jitter_s, &jitter, &error)) throw std::runtime_error("--jitter: cannot pin to " + error);
    checks.push_back(JudgeJitter(jitter));
  }
  const std::vector<ProofRow> proof = SystemCallProof(view);
  if (common.json) {
    Json out = ToJson(checks, proof);
    if (jitter_s > 0) out["jitter"] = JitterJson(jitter);
    std::cout << out.dump(2) << "\n";
  } else {
    PrintChecks(checks);
    if (jitter_s > 0) PrintJitter(jitter);
    PrintProof(proof);
    std::printf("\n%s\n", SummaryOf(checks).c_str());
  }
  return TotalsOf(checks).failed != 0 ? kExitFailed : kExitDone;
}

}  // namespace tickgraph
