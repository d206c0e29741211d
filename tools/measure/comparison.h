// What two sets of repeated benchmark runs say of each other: a verdict a benchmark.
//
// In the flow: `bench --json` results (samples by benchmark) -> Compare -> a table or JSON. A sample is the best block of one process:
// what disturbs a run only ever adds time, so the best of several short blocks is the steadiest figure a shared machine gives, and a
// process a sample lets the layout of memory, which differs from start to start, count as noise and not as an effect.
//
// The verdict rests on the interval of the ratio candidate / base (rank_test.h). Slower: all of it above 1, and the estimate beyond the
// threshold. Same: all of it within the threshold. Neither: inconclusive.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/measure/rank_test.h"

namespace tickgraph {

inline constexpr size_t kFewestSamples = 6;  // a side: with fewer, no order of the samples is rare enough
inline constexpr int kLooks = 3;             // what is inconclusive after the first rounds gets as many again, so often in all

struct ComparisonConfig {
  double threshold = 0.05;    // a smaller effect is called none
  double confidence = 0.995;  // of the interval
};

// ns per item, by benchmark, in the order of measuring.
using Samples = std::map<std::string, std::vector<double>>;

enum class Verdict { kFaster, kSlower, kSame, kInconclusive };
[[nodiscard]] const char* VerdictName(Verdict verdict);

struct Comparison {
  std::string name;
  Verdict verdict = Verdict::kInconclusive;
  std::string reason;  // of an inconclusive one
  std::vector<double> base, candidate;
  RankTest test;
  RatioInterval ratio;
};

[[nodiscard]] Comparison Compare(const std::string& name, std::vector<double> base, std::vector<double> candidate,
                                 const ComparisonConfig& config);

// What a result file or a built program is, as far as its samples are comparable.
struct RunSide {
  std::string label;  // file or commit
  nlohmann::ordered_json machine;
  Samples samples;
};

// A `bench --json` result: repetitions are its samples. Throws std::runtime_error with the file's name where there is none or it is not
// one.
[[nodiscard]] RunSide ReadRecordedRun(const std::string& file);
// The samples of one program's output added up: the best of its repetitions, a benchmark. Returns the errors that benchmarks told.
std::vector<std::string> AddBestOfRun(const nlohmann::ordered_json& result, Samples* samples);

// How the machines differ, in words; empty where they are the same. `decisive`: another processor or another count of cores.
struct MachineDifference {
  std::vector<std::string> texts;
  bool decisive = false;
};
[[nodiscard]] MachineDifference CompareMachines(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b);

// Every benchmark of both sides; `only_in` names those that one side lacks.
struct ComparisonReport {
  std::string base, candidate;
  nlohmann::ordered_json base_machine, candidate_machine;
  std::vector<std::string> notes;
  std::vector<Comparison> comparisons;
  std::vector<std::string> only_in_base, only_in_candidate;

  [[nodiscard]] int count(Verdict verdict) const;
};
[[nodiscard]] ComparisonReport CompareSides(const RunSide& base, const RunSide& candidate, const ComparisonConfig& config);
[[nodiscard]] std::string ComparisonTable(const ComparisonReport& report, const ComparisonConfig& config);
[[nodiscard]] nlohmann::ordered_json ComparisonJson(const ComparisonReport& report, const ComparisonConfig& config);

}  // namespace tickgraph
