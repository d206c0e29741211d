// What a page of `report` is made of, read from a JSON result: `bench latency`, `replay --json` or `bench --json`. Cold code, one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "hot/latency_histogram.h"

namespace tickgraph {

// `nines`: 1 / (1 - percentile), so 1 is p0, 2 the median, 100 p99.
struct CurvePoint {
  double nines = 1, nanos = 0;
};

struct StageCurve {
  std::string name;
  uint64_t count = 0, overflow = 0;
  double p50 = 0, p99 = 0, p999 = 0, p9999 = 0, p99999 = 0, max = 0;  // 0: not known
  std::vector<CurvePoint> points;                                     // rising; the last is the maximum
};

struct SweepPoint {
  double offered = 0, achieved = 0, p50 = 0, p99 = 0, p999 = 0, max = 0;
};

struct BenchmarkRow {
  std::string name;
  double ns_per_item = 0;  // the best of its repetitions
};

struct ReportRun {
  std::string label, kind;  // the file's name; "latency", "replay" or "bench"
  std::vector<std::pair<std::string, std::string>> facts, machine;
  std::vector<StageCurve> stages;
  double slot_s = 0;
  std::vector<double> timeline_ns;  // the longest latency of each slot
  std::string timeline_is;          // what latency that is: "from due to the tape"
  std::string archive;              // of a replay; empty: none
  std::vector<SweepPoint> sweep;
  double knee = 0;  // messages a second; 0: none
  std::string knee_rule;
  std::vector<BenchmarkRow> benchmarks;

  [[nodiscard]] const StageCurve* stage(const std::string& name) const;
};

// Curve and quantiles of a stage from its histogram.
void SetCurve(const LatencyHistogram& histogram, StageCurve* stage);

// Throws std::runtime_error with the file's name where there is none, it is no result, or holds a damaged histogram.
[[nodiscard]] ReportRun ReadReportRun(const std::string& file);

}  // namespace tickgraph
