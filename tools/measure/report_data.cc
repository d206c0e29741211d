#include "tools/measure/report_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tools/measure/hdr_histogram.h"

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

std::string Plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value.get<double>());
    return text;
  }
  return value.dump();
}

double Number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

// Every recorded bucket is a point of the curve: its value, and the share of all values up to there.
std::vector<CurvePoint> PointsOf(const LatencyHistogram& h) {
  std::vector<CurvePoint> points;
  const auto total = static_cast<double>(h.count());
  uint64_t seen = 0;
  double last_nines = 0;
  for (uint32_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
    if (h.count_at(i) == 0) continue;
    // The curve holds this value from the share below it on.
    const double nines = total / (total - static_cast<double>(seen));
    seen += h.count_at(i);
    if (points.empty() || nines > last_nines * 1.01 || seen == h.count()) {
      points.push_back({nines, static_cast<double>(LatencyHistogram::UpperBound(i))});
      last_nines = nines;
    }
  }
  if (!points.empty()) points.push_back({total, static_cast<double>(h.max())});
  return points;
}

StageCurve StageOf(const std::string& name, const Json& q, const std::string& file) {
  StageCurve stage;
  stage.name = name;
  stage.count = static_cast<uint64_t>(Number(q, "count"));
  stage.overflow = static_cast<uint64_t>(Number(q, "overflow"));
  stage.p50 = Number(q, "p50");
  stage.p99 = Number(q, "p99");
  stage.p999 = Number(q, "p999");
  stage.p9999 = Number(q, "p9999");
  stage.p99999 = Number(q, "p99999");
  stage.max = Number(q, "max");
  if (stage.count == 0) return stage;
  if (q.contains("hdr") && q["hdr"].is_string()) {
    LatencyHistogram histogram;
    std::string error;
    if (!DecodeHdr(q["hdr"].get<std::string>(), &histogram, &error)) throw std::runtime_error(file + ": stage " + name + ": " + error);
    stage.points = PointsOf(histogram);
    // The histogram knows the longest by its bucket alone.
    if (stage.max > 0)
      for (CurvePoint& point : stage.points) point.nanos = std::min(point.nanos, stage.max);
    return stage;
  }
  for (const auto& [nines, value] : {std::pair{2.0, stage.p50}, {100.0, stage.p99}, {1000.0, stage.p999}})
    if (nines <= static_cast<double>(stage.count)) stage.points.push_back({nines, value});
  stage.points.push_back({std::max(static_cast<double>(stage.count), 2.0), stage.max});
  return stage;
}

void ReadStages(const Json& latency, const std::string& file, ReportRun* out) {
  for (const auto& [name, q] : latency.items())
    if (q.is_object()) out->stages.push_back(StageOf(name, q, file));
}

void ReadMachine(const Json& json, ReportRun* out) {
  if (!json.contains("machine") || !json["machine"].is_object()) return;
  for (const auto& [key, value] : json["machine"].items()) {
    const std::string text = Plain(value);
    if (!text.empty()) out->machine.emplace_back(key, text);
  }
}

void AddFact(const Json& json, const char* key, const char* words, ReportRun* out) {
  if (json.contains(key) && !json[key].is_object() && !json[key].is_null()) out->facts.emplace_back(words, Plain(json[key]));
}

void ReadLatency(const Json& json, const std::string& file, ReportRun* out) {
  out->kind = "latency";
  if (!json.contains("runs") || !json["runs"].is_array() || json["runs"].empty()) throw std::runtime_error(file + ": holds no run");
  const Json& run = json["runs"][0];
  ReadStages(run.value("latency_ns", Json::object()), file, out);
  AddFact(json, "engine", "engine", out);
  AddFact(run, "mode", "pace", out);
  AddFact(run, "offered_messages_per_second", "messages/s offered", out);
  AddFact(run, "achieved_messages_per_second", "messages/s achieved", out);
  AddFact(run, "duration_s", "seconds", out);
  AddFact(run, "packets", "packets", out);
  AddFact(run, "orders", "orders", out);
  AddFact(json, "warm_up", "warm-up", out);
  AddFact(json, "latency_is", "latency is", out);
  out->timeline_is = "from due to the tape";
  const Json timeline = run.value("timeline", Json::object());
  out->slot_s = Number(timeline, "slot_ns") * 1e-9;
  if (timeline.contains("max_ns"))
    for (const Json& value : timeline["max_ns"]) out->timeline_ns.push_back(value.is_number() ? value.get<double>() : 0);
  if (json.contains("sweep")) {
    for (const Json& row : json["sweep"]) {
      const Json tape = row.value("latency_ns", Json::object()).value("tape", Json::object());
      out->sweep.push_back({Number(row, "offered_messages_per_second"), Number(row, "achieved_messages_per_second"), Number(tape, "p50"),
                            Number(tape, "p99"), Number(tape, "p999"), Number(tape, "max")});
    }
  }
  const Json knee = json.value("knee", Json::object());
  out->knee = Number(knee, "messages_per_second");
  out->knee_rule = knee.value("rule", "");
}

void ReadReplay(const Json& json, const std::string& file, ReportRun* out) {
  out->kind = "replay";
  out->archive = json.value("archive", "");
  ReadStages(json["latency_ns"], file, out);
  constexpr std::pair<const char*, const char*> kFacts[] = {{"source", "capture"},
                                                            {"engine", "engine"},
                                                            {"messages", "messages"},
                                                            {"packets", "packets"},
                                                            {"signals", "signals"},
                                                            {"orders", "orders"},
                                                            {"fills", "fills"},
                                                            {"gaps", "open gaps"},
                                                            {"archive", "archive"},
                                                            {"state_hash", "state hash"},
                                                            {"book_hash", "book hash"},
                                                            {"archived_records", "records archived"},
                                                            {"loop_messages_per_second", "messages/s of the loop"}};
  for (const auto& [key, words] : kFacts) AddFact(json, key, words, out);
}

void ReadBench(const Json& json, ReportRun* out) {
  out->kind = "bench";
  for (const Json& entry : json["benchmarks"]) {
    const double nanos = Number(entry, "ns_per_item");
    const std::string name = entry.value("name", "");
    if (nanos <= 0) continue;
    const auto known = std::ranges::find(out->benchmarks, name, &BenchmarkRow::name);
    if (known == out->benchmarks.end()) {
      out->benchmarks.push_back({name, nanos});
    } else {
      known->ns_per_item = std::min(known->ns_per_item, nanos);
    }
  }
  out->facts.emplace_back("benchmarks", std::to_string(out->benchmarks.size()));
}

}  // namespace

const StageCurve* ReportRun::stage(const std::string& name) const {
  const auto found = std::ranges::find(stages, name, &StageCurve::name);
  return found == stages.end() ? nullptr : &*found;
}

void SetCurve(const LatencyHistogram& histogram, StageCurve* stage) {
  stage->count = histogram.count();
  stage->overflow = histogram.overflow();
  stage->p50 = static_cast<double>(histogram.Quantile(.5));
  stage->p99 = static_cast<double>(histogram.Quantile(.99));
  stage->p999 = static_cast<double>(histogram.Quantile(.999));
  stage->p9999 = static_cast<double>(histogram.Quantile(.9999));
  stage->p99999 = static_cast<double>(histogram.Quantile(.99999));
  stage->max = static_cast<double>(histogram.max());
  stage->points = PointsOf(histogram);
}

ReportRun ReadReportRun(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": there is no such file");
  const Json json = Json::parse(in, nullptr, false);
  ReportRun out;
  out.label = std::filesystem::path(file).filename();
  if (!json.is_object()) throw std::runtime_error(file + ": not JSON of 'bench latency', 'replay --json' or 'bench --json'");
  try {
    ReadMachine(json, &out);
    if (json.value("kind", "") == "latency") {
      ReadLatency(json, file, &out);
    } else if (json.contains("latency_ns") && json["latency_ns"].is_object()) {
      ReadReplay(json, file, &out);
    } else if (json.contains("benchmarks") && json["benchmarks"].is_array()) {
      ReadBench(json, &out);
    } else {
      throw std::runtime_error(file + ": not JSON of 'bench latency', 'replay --json' or 'bench --json'");
    }
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
  return out;
}

}  // namespace tickgraph
