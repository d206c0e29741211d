// The benchmark program: `tickgraph bench [--filter REGEX] [--json] [--list]` runs what bench/<room>/*_bench.cc registered and prints a
// table, or one JSON object with the machine's stamp; `bench compare`, `bench latency` and
// `bench --instructions` have their own files.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/compare_command.h"
#include "bench/instructions_command.h"
#include "bench/latency_command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/measure/machine_stamp_json.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

// Collects the runs; in text mode each is printed as it ends.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  explicit Reporter(bool json) : json_(json) {}

  bool ReportContext(const Context&) override {
    if (!json_) std::printf("%-40s %14s %16s %14s %8s\n", "benchmark", "ns/item", "items/s", "allocs/item", "checked");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      results_.push_back(ToJson(run));
      if (run.error_occurred) {
        failed_ = failed_ || !IsSkipped(run);
        std::cerr << "tickgraph bench: " << results_.back()["name"].get<std::string>() << ": " << run.error_message << "\n";
      }
      if (!json_) PrintRow(results_.back());
    }
  }

  [[nodiscard]] const Json& results() const { return results_; }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  // What cannot run on this machine is no failure: its message begins so.
  static bool IsSkipped(const Run& run) { return run.error_message.rfind("skipped: ", 0) == 0; }

  static Json ToJson(const Run& run) {
    Json out;
    out["name"] = run.run_name.function_name + (run.run_name.args.empty() ? "" : "/" + run.run_name.args);
    if (run.error_occurred) {
      out["checked"] = false;
      out[IsSkipped(run) ? "skipped" : "error"] = run.error_message;
      return out;
    }
    const auto counter = [&](const char* name) {
      const auto found = run.counters.find(name);
      return found == run.counters.end() ? 0.0 : static_cast<double>(found->second);
    };
    const double items_per_second = counter("items_per_second");
    out["checked"] = counter("checked") == 1;
    if (items_per_second > 0) {
      out["ns_per_item"] = 1e9 / items_per_second;
      out["items_per_second"] = items_per_second;
    }
    for (const auto& [name, value] : run.counters) {
      if (name != "checked" && name != "items_per_second") out[name] = static_cast<double>(value);
    }
    out["iterations"] = run.iterations;
    return out;
  }

  static void PrintRow(const Json& result) {
    const auto number = [&](const char* key) { return result.contains(key) ? result[key].get<double>() : 0.0; };
    std::printf("%-40s %14.2f %16.0f %14.3f %8s", result["name"].get<std::string>().c_str(), number("ns_per_item"),
                number("items_per_second"), number("allocs_per_item"), result["checked"].get<bool>() ? "yes" : "NO");
    for (const auto& [key, value] : result.items()) {
      if (key == "name" || key == "checked" || key == "ns_per_item" || key == "items_per_second" || key == "allocs_per_item") continue;
      if (value.is_number_float()) std::printf("  %s %.4g", key.c_str(), value.get<double>());
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  bool json_;
  bool failed_ = false;
  Json results_ = Json::array();
};

void InitializeLibrary(bool list, double min_time_s, int repetitions) {
  std::vector<std::string> texts = {"tickgraph-bench", "--benchmark_min_time=" + std::to_string(min_time_s)};
  // Left out where not asked for: BENCHMARK_REPETITIONS in the environment says it otherwise, to this program and to older ones.
  if (repetitions > 0) texts.push_back("--benchmark_repetitions=" + std::to_string(repetitions));
  if (list) texts.emplace_back("--benchmark_list_tests=true");
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
}

int BenchCommand(int argc, char** argv) {
  CommonOptions common;
  std::string filter = ".";
  bool list = false;
  double min_time_s = 0.5;
  int repetitions = 0;
  CLI::App app("Benchmarks, each checked against a reference before it is timed");
  AddCommonOptions(app, common, kJson);
  app.add_option("--filter", filter, "Only benchmarks whose name matches this regular expression");
  app.add_flag("--list", list, "Print the names and run nothing");
  app.add_option("--min-time", min_time_s, "Seconds each benchmark runs at least")->check(CLI::PositiveNumber);
  app.add_option("--repetitions", repetitions, "Times each is run; 'bench compare A.json B.json' wants 6 or more")
      ->check(CLI::Range(1, 10000));
  app.footer(
      "'tickgraph bench compare BASE' compares two commits, 'tickgraph bench latency' stamps every stage of the hot path, 'tickgraph bench "
      "--instructions' counts instructions.");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;

  InitializeLibrary(list, min_time_s, repetitions);
  Reporter reporter(common.json);
  // The library's own names end with what it was told of the run.
  std::string own_names = filter;
  if (own_names.ends_with('$')) own_names.replace(own_names.size() - 1, 1, "(/(iterations:[0-9]+|manual_time))*$");
  if (benchmark::RunSpecifiedBenchmarks(&reporter, own_names) == 0) {
    std::cerr << "tickgraph bench: no benchmark matches '" << filter << "'\n";
    return kExitUsage;
  }
  if (common.json && !list)
    std::cout << Json{{"machine", MachineStampJson(ReadMachineStamp())}, {"benchmarks", reporter.results()}}.dump(2) << "\n";
  return reporter.failed() ? kExitFailed : kExitDone;
}

}  // namespace
}  // namespace tickgraph

int main(int argc, char** argv) {
  static char name[] = "bench", compare[] = "bench compare", instructions[] = "bench --instructions", latency[] = "bench latency";
  // The front passes "bench" on as the first argument; the program run by itself has only options.
  if (argc > 1 && std::string_view(argv[1]) == name) --argc, ++argv;
  if (argc > 1 && std::string_view(argv[1]) == "compare") {
    argv[1] = compare;
    return tickgraph::RunCommand(tickgraph::CompareCommand, argc - 1, argv + 1);
  }
  if (argc > 1 && std::string_view(argv[1]) == "latency") {
    argv[1] = latency;
    return tickgraph::RunCommand(tickgraph::LatencyCommand, argc - 1, argv + 1);
  }
  if (argc > 1 && std::string_view(argv[1]) == "--instructions") {
    argv[1] = instructions;
    return tickgraph::RunCommand(tickgraph::InstructionsCommand, argc - 1, argv + 1);
  }
  argv[0] = name;
  return tickgraph::RunCommand(tickgraph::BenchCommand, argc, argv);
}
