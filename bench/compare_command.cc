// `bench compare BASE [CANDIDATE]`: two commits built and run against each other, or two recorded results; a verdict a benchmark.
//
// Commits: the runs alternate on one core in an order drawn anew each round; each is a process of its own, and its sample is the best of
// its repetitions (tools/measure/comparison.h says why). Without CANDIDATE the program itself is the candidate.
#include "bench/compare_command.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "bench/compare_build.h"
#include "bench/run_program.h"
#include "net/io/file/output_file.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"
#include "tools/measure/comparison.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

struct CompareOptions {
  CommonOptions common;
  std::string base, candidate, filter = ".", out;
  int rounds = 12, repetitions = 8, core = -2;
  double min_time_s = 0.02, threshold_percent = 5;
  uint64_t seed = 1;
  bool across_machines = false, fail_on_slower = false;

  [[nodiscard]] ComparisonConfig config() const { return {.threshold = threshold_percent / 100}; }
};

struct Program {
  RunSide side;
  std::string path;
  std::set<std::string> failed;
};

// The highest core that this process may use: the lowest serves interrupts on most machines.
int LastCore() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  for (int core = CPU_SETSIZE - 1; core >= 0; --core)
    if (CPU_ISSET(core, &set)) return core;
  return -1;
}

std::string Escaped(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view(".[]{}()*+?^$|\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// What Google Benchmark appends to a name, which the results leave out.
constexpr char kSuffixes[] = "(/(iterations:[0-9]+|repeats:[0-9]+|min_time:[0-9.]+|process_time|real_time|manual_time))*$";

std::set<std::string> Names(const std::string& program, const std::string& filter) {
  const ProgramResult result = RunProgram({program, "bench", "--list", "--filter", filter});
  std::set<std::string> names;
  const std::regex suffixes(kSuffixes);
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) names.insert(std::regex_replace(line, suffixes, "", std::regex_constants::format_first_only));
  return names;
}

// One process; its output, or empty where it failed, which is told once.
void RunOnce(const CompareOptions& o, const std::string& name, int repetitions, bool keep, Program* program) {
  ProgramOptions options = {.core = o.core, .environment = {"BENCHMARK_REPETITIONS=" + std::to_string(repetitions)}};
  const ProgramResult result = RunProgram(
      {program->path, "bench", "--json", "--filter", "^" + Escaped(name) + kSuffixes, "--min-time", std::to_string(o.min_time_s)}, options);
  const Json json = Json::parse(result.out, nullptr, false);
  if (!json.is_object() || !json.contains("benchmarks") || result.exit_code != kExitDone) {
    if (program->failed.insert(name).second)
      std::cerr << "tickgraph bench compare: " << program->side.label << ": " << name << " ended with " << result.exit_code << ": "
                << result.errors.substr(0, result.errors.find('\n')) << "\n";
    return;
  }
  program->side.machine = json.value("machine", Json());
  Samples all;
  AddBestOfRun(json, &all);
  if (keep && all.contains(name)) program->side.samples[name].push_back(all[name].front());
}

// A first run of each that is not counted: it warms the caches and tells whether one repetition is long enough to stand alone.
int RepetitionsFor(const CompareOptions& o, const std::string& name, std::array<Program, 2>* programs) {
  constexpr double kLongRepetitionSeconds = 2;
  timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (Program& program : *programs) RunOnce(o, name, 1, false, &program);
  clock_gettime(CLOCK_MONOTONIC, &to);
  const double each = 0.5 * (static_cast<double>(to.tv_sec - from.tv_sec) + 1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec));
  return each > kLongRepetitionSeconds ? 1 : o.repetitions;
}

// Names and how often each is repeated.
using Order = std::vector<std::pair<std::string, int>>;

void RunRounds(const CompareOptions& o, Order order, int look, std::mt19937_64& random, std::array<Program, 2>* programs) {
  const bool progress = !o.common.quiet && isatty(STDERR_FILENO) != 0;
  for (int round = 0; round < o.rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const auto& [name, repetitions] : order) {
      if (progress)
        std::cerr << "\r\033[Kround " << look * o.rounds + round + 1 << ", " << order.size() << " benchmarks: " << name << std::flush;
      const bool candidate_first = (random() & 1) != 0;
      for (const bool second : {false, true}) {
        Program& program = (*programs)[candidate_first != second ? 1 : 0];
        if (!program.failed.contains(name)) RunOnce(o, name, repetitions, true, &program);
      }
    }
  }
  if (progress) std::cerr << "\r\033[K";
}

void Interleave(const CompareOptions& o, const std::vector<std::string>& names, std::array<Program, 2>* programs) {
  std::mt19937_64 random(o.seed);
  Order order;
  for (const std::string& name : names) order.emplace_back(name, RepetitionsFor(o, name, programs));
  for (int look = 0; look < kLooks && !order.empty(); ++look) {
    RunRounds(o, order, look, random, programs);
    std::erase_if(order, [&](const auto& entry) {
      const std::string& name = entry.first;
      if ((*programs)[0].failed.contains(name) || (*programs)[1].failed.contains(name)) return true;
      return Compare(name, (*programs)[0].side.samples[name], (*programs)[1].side.samples[name], o.config()).verdict !=
             Verdict::kInconclusive;
    });
  }
}

ComparisonReport CompareCommits(const CompareOptions& o) {
  const ComparisonLock lock(TICKGRAPH_SOURCE_DIR);
  const BuiltCommit base = BuildCommit(TICKGRAPH_SOURCE_DIR, "base", o.base, o.common.quiet);
  std::array<Program, 2> programs;
  programs[0].side.label = o.base + " (" + base.commit.substr(0, 12) + ")";
  programs[0].path = base.program;
  if (o.candidate.empty()) {
    programs[1].side.label = "this build";
    programs[1].path = OwnPath();
  } else {
    const BuiltCommit candidate = BuildCommit(TICKGRAPH_SOURCE_DIR, "candidate", o.candidate, o.common.quiet);
    programs[1].side.label = o.candidate + " (" + candidate.commit.substr(0, 12) + ")";
    programs[1].path = candidate.program;
  }
  const std::set<std::string> base_names = Names(programs[0].path, o.filter), own = Names(programs[1].path, o.filter);
  std::vector<std::string> both;
  std::ranges::set_intersection(base_names, own, std::back_inserter(both));
  if (both.empty()) throw ConfigError("no benchmark of both sides matches '" + o.filter + "'");
  Interleave(o, both, &programs);
  ComparisonReport report = CompareSides(programs[0].side, programs[1].side, o.config());
  report.only_in_base.clear();
  report.only_in_candidate.clear();
  std::ranges::set_difference(base_names, own, std::back_inserter(report.only_in_base));
  std::ranges::set_difference(own, base_names, std::back_inserter(report.only_in_candidate));
  const std::string commit = programs[1].side.machine.is_object() ? programs[1].side.machine.value("commit", std::string()) : std::string();
  if (o.candidate.empty() && !commit.empty()) report.candidate += " (" + commit + ")";
  for (const Program& program : programs)
    for (const std::string& name : program.failed) report.notes.push_back(program.side.label + ": " + name + " did not run");
  report.notes.push_back(std::to_string(o.rounds) + " rounds, up to " + std::to_string(kLooks * o.rounds) +
                         " where inconclusive, in turn on " +
                         (o.core < 0 ? std::string("no fixed core") : "core " + std::to_string(o.core)) +
                         "; a sample is the best of up to " + std::to_string(o.repetitions) + " repetitions");
  return report;
}

ComparisonReport CompareFiles(const CompareOptions& o) {
  if (!o.candidate.ends_with(".json")) throw ConfigError("a recorded base needs a recorded candidate: bench compare A.json B.json");
  const RunSide base = ReadRecordedRun(o.base), candidate = ReadRecordedRun(o.candidate);
  const MachineDifference difference = CompareMachines(base.machine, candidate.machine);
  if (difference.decisive && !o.across_machines) {
    std::string text = "the results come from different machines:";
    for (const std::string& one : difference.texts) text += "\n  " + one;
    throw ConfigError(text + "\nTheir times say nothing of the code; --across-machines compares them all the same");
  }
  ComparisonReport report = CompareSides(base, candidate, o.config());
  if (difference.decisive) report.notes.emplace_back("DIFFERENT MACHINES: a verdict below tells the machines apart, not the code");
  for (const std::string& one : difference.texts) report.notes.push_back("differs: " + one);
  report.notes.emplace_back("recorded one after the other and not in turn: a drift of the machine counts as an effect");
  return report;
}

std::optional<int> ParseOptions(int argc, char** argv, CompareOptions* o) {
  CLI::App app("Two commits, or two recorded results, against each other: a verdict for each benchmark");
  app.add_option("BASE", o->base, "commit, branch or tag to build; or a result of 'bench --json' ending in .json")->required();
  app.add_option("CANDIDATE", o->candidate, "the same; by default this very program");
  app.add_option("--filter", o->filter, "Only benchmarks whose name matches this regular expression");
  app.add_option("--rounds", o->rounds, "Runs of each side; up to three times as many where they leave it open")
      ->check(CLI::Range(1, 1000));
  app.add_option("--repetitions", o->repetitions, "Blocks in a run, of which the best is the sample")->check(CLI::Range(1, 1000));
  app.add_option("--min-time", o->min_time_s, "Seconds a block takes at least")->check(CLI::PositiveNumber);
  app.add_option("--threshold", o->threshold_percent, "Percent below which a difference is none")->check(CLI::Range(0.1, 100.0));
  app.add_option("--core", o->core, "Core on which both run; -1: none fixed; by default the last");
  app.add_option("--seed", o->seed, "Of the order of the runs");
  app.add_option("--out", o->out, "Write the whole comparison, samples included, to this JSON file");
  app.add_flag("--across-machines", o->across_machines, "Compare recorded results of different machines, marked as such");
  app.add_flag("--fail-on-slower", o->fail_on_slower, "End with 1 where a benchmark is slower");
  AddCommonOptions(app, o->common, kJson | kQuiet | kForce);
  const auto exit_code = ParseCommandLine(app, argc, argv);
  if (o->core == -2) o->core = LastCore();
  return exit_code;
}

}  // namespace

int CompareCommand(int argc, char** argv) {
  CompareOptions o;
  if (const auto exit_code = ParseOptions(argc, argv, &o)) return *exit_code;
  if (const std::string problem = o.out.empty() ? "" : OutputFile::Problem(o.out, o.common.force); !problem.empty())
    throw ConfigError(problem);
  ComparisonReport report = o.base.ends_with(".json") ? CompareFiles(o) : CompareCommits(o);
  const Json json = ComparisonJson(report, o.config());
  std::string error;
  if (!o.out.empty() && !WriteOutputFile(o.out, json.dump(2) + "\n", &error)) throw std::runtime_error(error);
  if (o.common.json) {
    std::cout << json.dump(2) << "\n";
  } else {
    std::cout << ComparisonTable(report, o.config());
  }
  return o.fail_on_slower && report.count(Verdict::kSlower) != 0 ? kExitFailed : kExitDone;
}

}  // namespace tickgraph
