#include "tools/measure/report_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tools/measure/report_style.h"
#include "tools/measure/svg_chart.h"

namespace tickgraph {
namespace {

constexpr int kWide = 1000, kTall = 380, kNarrow = 460, kShort = 260;

std::string ColourOf(size_t stage) { return "s" + std::to_string(1 + stage % 8); }

std::string Legend(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "<ul class=\"legend\">";
  for (const auto& [css, text] : entries)
    out += "<li><svg viewBox=\"0 0 22 10\"><path class=\"line " + css + "\" d=\"M1 5H21\"/></svg>" + EscapeHtml(text) + "</li>";
  return out + "</ul>\n";
}

SvgChart::Points PointsOf(const StageCurve& stage) {
  SvgChart::Points points;
  for (const CurvePoint& point : stage.points) points.emplace_back(point.nines, point.nanos);
  return points;
}

struct Bounds {
  double low = 1e18, high = 0, nines = 10;
  void Take(const StageCurve& stage) {
    for (const CurvePoint& point : stage.points) {
      if (point.nanos > 0) low = std::min(low, point.nanos);
      high = std::max(high, point.nanos);
      nines = std::max(nines, point.nines);
    }
  }
};

// Change of a time against the run before: "−12%", "×17"; coloured where it is more than a rounding.
std::string Change(double now, double was) {
  if (now <= 0 || was <= 0) return {};
  const double percent = 100 * (now / was - 1);
  char text[32];
  if (percent >= 200) {
    snprintf(text, sizeof text, "×%.3g", now / was);
  } else {
    snprintf(text, sizeof text, "%s%.*f%%", percent < 0 ? "−" : "+", std::abs(percent) < 10 ? 1 : 0, std::abs(percent));
  }
  const char* css = percent <= -1 ? "better" : percent >= 1 ? "worse" : "";
  return std::string("<i class=\"") + css + "\">" + text + "</i>";
}

std::string Tile(const std::string& value, const std::string& what, const std::string& change) {
  return "<div class=\"tile\"><b>" + value + "</b><span>" + EscapeHtml(what) + "</span> " + change + "</div>\n";
}

// The stage that stands for the whole: the last one of a packet's way that was reached.
const StageCurve* Headline(const ReportRun& run) {
  for (const char* name : {"tape", "tick_to_order", "tick_to_signal", "tick_to_decision"}) {
    const StageCurve* stage = run.stage(name);
    if (stage != nullptr && stage->count != 0) return stage;
  }
  return nullptr;
}

std::string Tiles(const ReportRun& run, const ReportRun* before) {
  const StageCurve* now = Headline(run);
  if (now == nullptr) return {};
  const StageCurve* was = before == nullptr ? nullptr : before->stage(now->name);
  std::string out = "<div class=\"tiles\">\n";
  const auto add = [&](double StageCurve::*field, const char* what) {
    const double value = now->*field;
    if (value > 0) out += Tile(NanosText(value), now->name + ", " + what, was == nullptr ? "" : Change(value, was->*field));
  };
  add(&StageCurve::p50, "median");
  add(&StageCurve::p99, "p99");
  add(&StageCurve::p999, "p99.9");
  add(&StageCurve::max, "longest");
  if (run.knee > 0) out += Tile(CountText(run.knee) + "/s", "messages at the knee", "");
  return out + "</div>\n";
}

std::string CurvesTogether(const ReportRun& run) {
  Bounds bounds;
  for (const StageCurve& stage : run.stages) bounds.Take(stage);
  SvgChart chart(kWide, kTall, PercentileAxis(bounds.nines), NanosAxis(bounds.low, bounds.high));
  std::vector<std::pair<std::string, std::string>> legend;
  for (size_t i = 0; i < run.stages.size(); ++i) {
    if (run.stages[i].points.empty()) continue;
    chart.Line(PointsOf(run.stages[i]), ColourOf(i), run.stages[i].name);
    legend.emplace_back(ColourOf(i), run.stages[i].name);
  }
  return Legend(legend) + chart.Render("latency by percentile, a line a stage");
}

std::string CurvesApart(const ReportRun& run, const ReportRun& before) {
  std::string out = Legend({{"s1", "now: " + run.label}, {"was", "before: " + before.label}}) + "<div class=\"multiples\">\n";
  for (const StageCurve& stage : run.stages) {
    const StageCurve* was = before.stage(stage.name);
    if (stage.points.empty() && (was == nullptr || was->points.empty())) continue;
    Bounds bounds;
    bounds.Take(stage);
    if (was != nullptr) bounds.Take(*was);
    Axis x = PercentileAxis(bounds.nines);
    x.title.clear();
    SvgChart chart(kNarrow, kShort, x, NanosAxis(bounds.low, bounds.high));
    if (was != nullptr) chart.Line(PointsOf(*was), "was", "before");
    chart.Line(PointsOf(stage), "s1", "now");
    out += "<div><h3>" + EscapeHtml(stage.name) + "</h3>" + chart.Render("latency of " + stage.name + " by percentile") + "</div>\n";
  }
  return out + "</div>\n";
}

std::string Curves(const ReportRun& run, const ReportRun* before) {
  if (run.stages.empty()) return {};
  const bool apart = before != nullptr && !before->stages.empty();
  return "<section><h2>Percentiles of every stage</h2><p>Time since the packet was due; both axes are logarithmic. A flat line that bends "
         "late is a loop that is seldom late.</p>\n" +
         (apart ? CurvesApart(run, *before) : CurvesTogether(run)) + "</section>\n";
}

struct Spike {
  size_t slot;
  double nanos;
};

// The highest slots that stand far above the usual one, no two of them neighbours.
std::vector<Spike> SpikesOf(const std::vector<double>& timeline) {
  constexpr double kAboveMedian = 8;
  constexpr size_t kMost = 5;
  std::vector<double> sorted;
  for (const double value : timeline)
    if (value > 0) sorted.push_back(value);
  if (sorted.empty()) return {};
  std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
  const double limit = kAboveMedian * sorted[sorted.size() / 2];
  std::vector<Spike> all, out;
  for (size_t i = 0; i < timeline.size(); ++i)
    if (timeline[i] >= limit) all.push_back({i, timeline[i]});
  std::ranges::sort(all, [](const Spike& a, const Spike& b) { return a.nanos > b.nanos; });
  const size_t apart = std::max<size_t>(1, timeline.size() / 20);
  for (const Spike& spike : all) {
    const auto near = [&](const Spike& other) {
      return (other.slot > spike.slot ? other.slot - spike.slot : spike.slot - other.slot) < apart;
    };
    if (out.size() < kMost && std::ranges::none_of(out, near)) out.push_back(spike);
  }
  return out;
}

std::string SecondsText(double seconds) {
  char text[32];
  snprintf(text, sizeof text, "%.4g s", seconds);
  return text;
}

std::string TimelineChart(const ReportRun& run) {
  double low = 1e18, high = 0;
  SvgChart::Points points;
  for (size_t i = 0; i < run.timeline_ns.size(); ++i) {
    const double value = run.timeline_ns[i];
    if (value <= 0) continue;
    low = std::min(low, value);
    high = std::max(high, value);
    points.emplace_back((static_cast<double>(i) + 0.5) * run.slot_s, value);
  }
  if (points.empty()) return {};
  const double end = static_cast<double>(run.timeline_ns.size()) * run.slot_s;
  SvgChart chart(kWide, 300, LinearAxis(end, "time into the run", SecondsText), NanosAxis(low, high));
  chart.Bars(points, "s1");
  for (const Spike& spike : SpikesOf(run.timeline_ns)) {
    const double at = (static_cast<double>(spike.slot) + 0.5) * run.slot_s;
    chart.Mark(at, spike.nanos, "hot", NanosText(spike.nanos) + " at " + SecondsText(at), true);
  }
  return chart.Render("longest latency over time");
}

std::string Timeline(const ReportRun& run, const ReportRun* before) {
  const std::string now = TimelineChart(run), was = before == nullptr ? "" : TimelineChart(*before);
  if (now.empty()) return {};
  std::string out = "<section><h2>The run, moment by moment</h2><p>The longest time " + EscapeHtml(run.timeline_is) + " in each slot of " +
                    NanosText(run.slot_s * 1e9) + "; what stands far above the rest is marked.</p>\n" + now;
  if (!was.empty()) out += "<h2>Before: " + EscapeHtml(before->label) + "</h2>\n" + was;
  return out + "</section>\n";
}

SvgChart::Points SweepLine(const ReportRun& run, double SweepPoint::*field) {
  SvgChart::Points points;
  for (const SweepPoint& point : run.sweep)
    if (point.*field > 0) points.emplace_back(point.offered, point.*field);
  return points;
}

std::string Throughput(const ReportRun& run, const ReportRun* before) {
  if (run.sweep.empty()) return {};
  double low = 1e18, high = 0, most = 0;
  for (const ReportRun* one : {&run, before}) {
    if (one == nullptr) continue;
    for (const SweepPoint& point : one->sweep) {
      if (point.p50 > 0) low = std::min(low, point.p50);
      high = std::max(high, point.max);
      most = std::max(most, point.offered);
    }
  }
  SvgChart chart(kWide, kTall, LinearAxis(most * 1.03, "messages offered a second", CountText), NanosAxis(low, high));
  std::vector<std::pair<std::string, std::string>> legend = {{"s1", "median"}, {"s2", "p99"}, {"s5", "p99.9"}, {"s8", "longest"}};
  if (before != nullptr && !before->sweep.empty()) {
    chart.Line(SweepLine(*before, &SweepPoint::p99), "was", "p99 before");
    legend.emplace_back("was", "p99 before");
  }
  constexpr std::pair<double SweepPoint::*, const char*> kLines[] = {
      {&SweepPoint::p50, "s1"}, {&SweepPoint::p99, "s2"}, {&SweepPoint::p999, "s5"}, {&SweepPoint::max, "s8"}};
  for (const auto& [field, css] : kLines) {
    chart.Line(SweepLine(run, field), css, css);
    for (const SweepPoint& point : run.sweep)
      if (point.*field > 0)
        chart.Mark(point.offered, point.*field, css, CountText(point.offered) + "/s offered, " + NanosText(point.*field), false);
  }
  if (run.knee > 0) chart.VerticalRule(run.knee, "knee: " + CountText(run.knee) + "/s");
  return "<section><h2>Latency against throughput</h2><p>Evenly spaced packets at rising rates, each rate a run of its own. The knee is " +
         EscapeHtml(run.knee_rule) + ".</p>\n" + Legend(legend) + chart.Render("latency by offered rate") + "</section>\n";
}

std::string Cell(double now, double was) {
  if (now <= 0) return "<td><small>–</small></td>";
  return "<td>" + NanosText(now) + (was > 0 ? " <small>" + Change(now, was) + "</small>" : "") + "</td>";
}

std::string StageTable(const ReportRun& run, const ReportRun* before) {
  if (run.stages.empty()) return {};
  constexpr std::pair<double StageCurve::*, const char*> kColumns[] = {{&StageCurve::p50, "p50"},        {&StageCurve::p99, "p99"},
                                                                       {&StageCurve::p999, "p99.9"},     {&StageCurve::p9999, "p99.99"},
                                                                       {&StageCurve::p99999, "p99.999"}, {&StageCurve::max, "longest"}};
  std::string out = "<section><h2>In figures</h2><div class=\"scroll\"><table><tr><th>stage</th><th>count</th>";
  for (const auto& [field, name] : kColumns) out += std::string("<th>") + name + "</th>";
  out += "</tr>\n";
  std::string overflow;
  for (const StageCurve& stage : run.stages) {
    const StageCurve* was = before == nullptr ? nullptr : before->stage(stage.name);
    out += "<tr><td>" + EscapeHtml(stage.name) + "</td><td>" + CountText(static_cast<double>(stage.count)) + "</td>";
    for (const auto& [field, name] : kColumns) out += Cell(stage.count == 0 ? 0 : stage.*field, was == nullptr ? 0 : was->*field);
    out += "</tr>\n";
    if (stage.overflow != 0) overflow += " " + EscapeHtml(stage.name) + ": " + std::to_string(stage.overflow) + ".";
  }
  out += "</table></div>";
  if (!overflow.empty()) out += "<p>Over the histogram's range, so counted only in the longest:" + overflow + "</p>";
  return out + "</section>\n";
}

std::string Benchmarks(const ReportRun& run, const ReportRun* before) {
  if (run.benchmarks.empty()) return {};
  const bool both = before != nullptr && !before->benchmarks.empty();
  std::string out =
      "<section><h2>Benchmarks</h2><p>The best of each one's repetitions, one core.</p><div class=\"scroll\"><table><tr><th>name</th>"
      "<th>time an item</th><th>items a second</th>";
  out += both ? "<th>before</th><th>change</th></tr>\n" : "</tr>\n";
  for (const BenchmarkRow& row : run.benchmarks) {
    out += "<tr><td>" + EscapeHtml(row.name) + "</td><td>" + NanosText(row.ns_per_item) + "</td><td>" + CountText(1e9 / row.ns_per_item) +
           "</td>";
    if (both) {
      const auto was = std::ranges::find(before->benchmarks, row.name, &BenchmarkRow::name);
      const bool known = was != before->benchmarks.end();
      out += "<td>" + (known ? NanosText(was->ns_per_item) : "–") + "</td><td>" +
             (known ? Change(row.ns_per_item, was->ns_per_item) : "new") + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</table></div></section>\n";
}

std::string ValueOf(const std::vector<std::pair<std::string, std::string>>& pairs, const std::string& key) {
  for (const auto& [name, value] : pairs)
    if (name == key) return value;
  return {};
}

std::string Facts(const ReportRun& run, const ReportRun* before) {
  std::string out = "<section><h2>Measured on</h2><div class=\"scroll\"><table>";
  if (before != nullptr)
    out += "<tr><th></th><th class=\"text\">" + EscapeHtml(run.label) + "</th><th class=\"text\">" + EscapeHtml(before->label) +
           "</th></tr>\n";
  const auto rows = [&](const auto& now, const auto* was) {
    for (const auto& [key, value] : now) {
      std::string name = key;
      std::ranges::replace(name, '_', ' ');
      out += "<tr><td>" + EscapeHtml(name) + "</td><td class=\"text\">" + EscapeHtml(value) + "</td>";
      if (was != nullptr) {
        const std::string other = ValueOf(*was, key);
        out += "<td class=\"text" + std::string(other == value ? "" : " worse") + "\">" + EscapeHtml(other) + "</td>";
      }
      out += "</tr>\n";
    }
  };
  rows(run.machine, before == nullptr ? nullptr : &before->machine);
  out += "</table></div></section>\n<section><h2>The run</h2><div class=\"scroll\"><table>";
  const decltype(run.facts)* none = nullptr;
  rows(run.facts, none);
  return out + "</table></div></section>\n";
}

// What a reader must know before believing a comparison.
std::string Warning(const ReportRun& run, const ReportRun* before) {
  if (before == nullptr) return {};
  std::string out;
  if (ValueOf(run.machine, "cpu_model") != ValueOf(before->machine, "cpu_model"))
    out = "The two runs come from different processors: their times tell the machines apart, not the code.";
  else if (run.kind != before->kind)
    out = "The two files are results of different commands: only what both hold is compared.";
  return out.empty() ? out : "<section><p class=\"worse\">" + out + "</p></section>\n";
}

}  // namespace

std::string ReportPage(const ReportRun& run, const ReportRun* before) {
  const std::string commit = ValueOf(run.machine, "commit"), cpu = ValueOf(run.machine, "cpu_model");
  std::string lead = run.label;
  if (before != nullptr) lead += " against " + before->label;
  if (!commit.empty()) lead += " · commit " + commit;
  if (!cpu.empty()) lead += " · " + cpu;
  const char* title = run.kind == "bench" ? "Benchmarks" : run.kind == "replay" ? "A replay, stage by stage" : "Latency, stage by stage";
  return std::string(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width,initial-scale=1\">\n<title>Tickgraph: ") +
         title + "</title><style>" + kReportStyle + "</style></head>\n<body><main>\n<h1>" + title + "</h1><p class=\"lead\">" +
         EscapeHtml(lead) + "</p>\n" + Warning(run, before) + Tiles(run, before) + Curves(run, before) + Timeline(run, before) +
         Throughput(run, before) + StageTable(run, before) + Benchmarks(run, before) + Facts(run, before) +
         "<footer>Made by tickgraph report. A time measured on one machine says nothing of another.</footer>\n</main></body></html>\n";
}

}  // namespace tickgraph
