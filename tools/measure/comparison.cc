#include "tools/measure/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

__attribute__((format(printf, 1, 2))) std::string Text(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string Percent(double ratio) { return Text("%+.1f%%", 100 * (ratio - 1)); }

Json SideJson(const std::vector<double>& samples) {
  return {{"median_ns", Median(samples)},
          {"min_ns", samples.empty() ? 0.0 : *std::min_element(samples.begin(), samples.end())},
          {"spread", RelativeSpread(samples)},
          {"samples_ns", samples}};
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return "faster";
    case Verdict::kSlower:
      return "slower";
    case Verdict::kSame:
      return "same";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "";
}

Comparison Compare(const std::string& name, std::vector<double> base, std::vector<double> candidate, const ComparisonConfig& config) {
  Comparison out;
  out.name = name;
  out.test = MannWhitney(base, candidate);
  out.ratio = PairwiseRatio(base, candidate, config.confidence);
  const size_t fewest = std::min(base.size(), candidate.size());
  const double up = 1 + config.threshold, down = 1 / up;
  if (fewest < kFewestSamples) {
    out.reason = "too few runs: " + std::to_string(fewest) + " of at least " + std::to_string(kFewestSamples) + " a side";
  } else if (out.ratio.low > 1 && out.ratio.estimate >= up) {
    out.verdict = Verdict::kSlower;
  } else if (out.ratio.high < 1 && out.ratio.estimate <= down) {
    out.verdict = Verdict::kFaster;
  } else if (out.ratio.low >= down && out.ratio.high <= up) {
    out.verdict = Verdict::kSame;
  } else {
    out.reason = "too noisy: between " + Percent(out.ratio.low) + " and " + Percent(out.ratio.high);
  }
  out.base = std::move(base);
  out.candidate = std::move(candidate);
  return out;
}

RunSide ReadRecordedRun(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": there is no such file to compare with");
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("benchmarks") || !json["benchmarks"].is_array())
    throw std::runtime_error(file + ": not a result of 'tickgraph bench --json'");
  RunSide side;
  side.label = file;
  if (json.contains("machine")) side.machine = json["machine"];
  for (const Json& result : json["benchmarks"]) {
    if (result.is_object() && result.contains("name") && result.contains("ns_per_item") && result["ns_per_item"].is_number())
      side.samples[result["name"].get<std::string>()].push_back(result["ns_per_item"].get<double>());
  }
  if (side.samples.empty()) throw std::runtime_error(file + ": holds no benchmark with a time");
  return side;
}

std::vector<std::string> AddBestOfRun(const Json& result, Samples* samples) {
  std::vector<std::string> errors;
  std::map<std::string, double> best;
  for (const Json& entry : result.at("benchmarks")) {
    const std::string name = entry.at("name").get<std::string>();
    if (entry.contains("error")) errors.push_back(name + ": " + entry["error"].get<std::string>());
    if (!entry.contains("ns_per_item")) continue;
    const double nanos = entry["ns_per_item"].get<double>();
    const auto [at, is_new] = best.emplace(name, nanos);
    if (!is_new) at->second = std::min(at->second, nanos);
  }
  for (const auto& [name, nanos] : best) (*samples)[name].push_back(nanos);
  return errors;
}

MachineDifference CompareMachines(const Json& a, const Json& b) {
  MachineDifference out;
  if (!a.is_object() || !b.is_object()) {
    out.texts.push_back("a side does not say what machine it ran on");
    out.decisive = true;
    return out;
  }
  constexpr std::pair<const char*, const char*> kKeys[] = {
      {"cpu_model", "processor"},   {"cores", "cores"},       {"kernel", "kernel"},   {"cpu_governor", "governor"},
      {"huge_pages", "huge pages"}, {"compiler", "compiler"}, {"build_type", "build"}};
  for (const auto& [key, word] : kKeys) {
    const Json left = a.value(key, Json()), right = b.value(key, Json());
    if (left == right) continue;
    out.texts.push_back(std::string(word) + " " + left.dump() + " against " + right.dump());
    if (key == std::string("cpu_model") || key == std::string("cores")) out.decisive = true;
  }
  return out;
}

int ComparisonReport::count(Verdict verdict) const {
  return static_cast<int>(std::ranges::count_if(comparisons, [verdict](const Comparison& c) { return c.verdict == verdict; }));
}

ComparisonReport CompareSides(const RunSide& base, const RunSide& candidate, const ComparisonConfig& config) {
  ComparisonReport out;
  out.base = base.label;
  out.candidate = candidate.label;
  out.base_machine = base.machine;
  out.candidate_machine = candidate.machine;
  for (const auto& [name, samples] : base.samples) {
    const auto other = candidate.samples.find(name);
    if (other == candidate.samples.end()) {
      out.only_in_base.push_back(name);
    } else {
      out.comparisons.push_back(Compare(name, samples, other->second, config));
    }
  }
  for (const auto& [name, samples] : candidate.samples)
    if (!base.samples.contains(name)) out.only_in_candidate.push_back(name);
  return out;
}

std::string ComparisonTable(const ComparisonReport& report, const ComparisonConfig& config) {
  std::string out = "base       " + report.base + "\ncandidate  " + report.candidate + "\n";
  for (const std::string& note : report.notes) out += "note       " + note + "\n";
  out += Text("%-34s %11s %7s %11s %7s %8s %19s %9s %5s  %s\n", "benchmark", "base ns", "spread", "cand. ns", "spread", "change",
              Text("%g%% interval", 100 * config.confidence).c_str(), "p", "runs", "verdict");
  for (const Comparison& c : report.comparisons) {
    out += Text("%-34s %11.3f %6.1f%% %11.3f %6.1f%% %8s %9s .. %6s %9.2g %5zu  %s%s%s\n", c.name.c_str(), Median(c.base),
                100 * RelativeSpread(c.base), Median(c.candidate), 100 * RelativeSpread(c.candidate), Percent(c.ratio.estimate).c_str(),
                Percent(c.ratio.low).c_str(), Percent(c.ratio.high).c_str(), c.test.p_value, std::min(c.base.size(), c.candidate.size()),
                VerdictName(c.verdict), c.reason.empty() ? "" : ", ", c.reason.c_str());
  }
  for (const std::string& name : report.only_in_base) out += Text("%-34s only in the base\n", name.c_str());
  for (const std::string& name : report.only_in_candidate) out += Text("%-34s only in the candidate\n", name.c_str());
  out += Text("%d slower, %d faster, %d same, %d inconclusive (threshold %g%%)\n", report.count(Verdict::kSlower),
              report.count(Verdict::kFaster), report.count(Verdict::kSame), report.count(Verdict::kInconclusive), 100 * config.threshold);
  return out;
}

Json ComparisonJson(const ComparisonReport& report, const ComparisonConfig& config) {
  Json out = {{"kind", "comparison"},
              {"base", {{"label", report.base}, {"machine", report.base_machine}}},
              {"candidate", {{"label", report.candidate}, {"machine", report.candidate_machine}}},
              {"threshold", config.threshold},
              {"confidence", config.confidence},
              {"notes", report.notes},
              {"only_in_base", report.only_in_base},
              {"only_in_candidate", report.only_in_candidate}};
  Json& rows = out["comparisons"] = Json::array();
  for (const Comparison& c : report.comparisons) {
    Json row = {{"name", c.name}, {"verdict", VerdictName(c.verdict)}};
    if (!c.reason.empty()) row["reason"] = c.reason;
    row["ratio"] = c.ratio.estimate;
    row["ratio_low"] = c.ratio.low;
    row["ratio_high"] = std::isfinite(c.ratio.high) ? Json(c.ratio.high) : Json();
    row["p_value"] = c.test.p_value;
    row["exact"] = c.test.exact;
    row["base"] = SideJson(c.base);
    row["candidate"] = SideJson(c.candidate);
    rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace tickgraph
