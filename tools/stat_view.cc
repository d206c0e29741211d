#include "tools/stat_view.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <utility>
#include <vector>

namespace tickgraph {
namespace {

using Json = nlohmann::ordered_json;

__attribute__((format(printf, 2, 3))) void AddLine(std::string* out, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  *out += text;
  *out += '\n';
}

uint64_t RiskRejects(const HotCounters& c) {
  uint64_t sum = 0;
  for (const uint64_t count : c.risk_rejects) sum += count;
  return sum;
}

uint64_t Rejects(const HotCounters& c) { return RiskRejects(c) + c.venue_rejects + c.refused_by_gateway; }

// Those that occurred.
std::vector<std::pair<std::string, uint64_t>> RejectsByReason(const HotCounters& c) {
  std::vector<std::pair<std::string, uint64_t>> out;
  for (int i = 1; i < kRejectReasons; ++i)
    out.emplace_back(RejectReasonName(static_cast<RejectReason>(i)), c.risk_rejects[static_cast<size_t>(i)]);
  out.emplace_back("venue", c.venue_rejects);
  out.emplace_back("gateway_full", c.refused_by_gateway);
  std::erase_if(out, [](const auto& reason) { return reason.second == 0; });
  return out;
}

Json VenuesJson(const HotCounters& c) {
  Json out = Json::array();
  for (uint64_t i = 0; i < c.venue_count && i < kMaxVenues; ++i) {
    const VenueCounters& venue = c.venues[i];
    out.push_back({{"name", venue.name.data()},
                   {"state", BookStateName(venue.state)},
                   {"ended", venue.ended != 0},
                   {"messages", venue.messages},
                   {"duplicates", venue.duplicates},
                   {"gaps", venue.gaps},
                   {"missing_messages", venue.missing_messages}});
  }
  return out;
}

double AgeSeconds(const StatReading& r) {
  return r.now_ns > r.counters.published_ns ? static_cast<double>(r.now_ns - r.counters.published_ns) * 1e-9 : 0;
}

}  // namespace

const char* BookStateName(uint64_t state) {
  constexpr const char* kNames[] = {"LIVE", "GAPPED", "RECOVERING", "STALE"};
  return state < std::size(kNames) ? kNames[state] : "unknown";
}

double RateOf(const StatReading& r, uint64_t now, uint64_t earlier) {
  if (r.earlier.published_ns == 0 || r.counters.published_ns <= r.earlier.published_ns || now < earlier) return 0;
  return static_cast<double>(now - earlier) * 1e9 / static_cast<double>(r.counters.published_ns - r.earlier.published_ns);
}

Json StatJson(const StatReading& r) {
  const HotCounters& c = r.counters;
  const HotCounters& e = r.earlier;
  Json out = {{"name", r.name},
              {"pid", r.pid},
              {"state", kCountersStateNames[static_cast<int>(r.state)]},
              {"age_seconds", AgeSeconds(r)},
              {"up_seconds", static_cast<double>(c.published_ns - c.started_ns) * 1e-9},
              {"session_ns", c.session_ns},
              {"packets", c.packets},
              {"messages", c.messages},
              {"messages_per_second", RateOf(r, c.messages, e.messages)},
              {"bad_messages", c.bad_messages},
              {"recovered_messages", c.recovered_messages},
              {"unknown_references", c.unknown_references},
              {"book_damage",
               {{"duplicate_references", c.duplicate_references},
                {"over_executions", c.over_executions},
                {"bad_orders", c.bad_orders},
                {"no_room", c.no_room}}},
              {"crossed_books", c.crossed_books},
              {"marked_books", c.marked_books},
              {"instruments", c.instruments},
              {"decisions", c.decisions},
              {"decisions_per_second", RateOf(r, c.decisions, e.decisions)},
              {"signals", c.signals},
              {"orders", c.orders},
              {"orders_per_second", RateOf(r, c.orders, e.orders)},
              {"rejects", Rejects(c)},
              {"rejects_by_reason", Json::object()},
              {"fills", c.fills},
              {"position",
               {{"open_instruments", c.open_positions},
                {"net_lots", c.net_lots},
                {"gross_lots", c.gross_lots},
                {"realized_nanos", c.realized_nanos}}},
              {"tape_records", c.tape_records},
              {"archived_records", c.archived_records},
              {"tape_lag_records", c.tape_records - c.archived_records},
              {"tape_capacity_records", c.tape_capacity},
              {"venues", VenuesJson(c)}};
  for (const auto& [reason, count] : RejectsByReason(c)) out["rejects_by_reason"][reason] = count;
  Json& latency = out["latency_ns"] = Json::object();
  for (uint32_t i = 0; i < kCountedStages; ++i) {
    const StageCounters& s = c.stages[i];
    latency[kCountedStageNames[i]] = {{"count", s.count}, {"p50", s.p50_ns}, {"p99", s.p99_ns}, {"p999", s.p999_ns}, {"max", s.max_ns}};
  }
  return out;
}

std::string StatTable(const StatReading& r) {
  const HotCounters& c = r.counters;
  const HotCounters& e = r.earlier;
  std::string out;
  AddLine(&out, "%s  process %u, %s, up %.1f s; counters of %.2f s ago", r.name.c_str(), r.pid,
          kCountersStateNames[static_cast<int>(r.state)], static_cast<double>(c.published_ns - c.started_ns) * 1e-9, AgeSeconds(r));
  AddLine(&out, "messages   %15" PRIu64 "  %12.0f /s   packets %" PRIu64 ", bad %" PRIu64 ", recovered %" PRIu64, c.messages,
          RateOf(r, c.messages, e.messages), c.packets, c.bad_messages, c.recovered_messages);
  const uint64_t damage = c.duplicate_references + c.over_executions + c.bad_orders + c.no_room;
  AddLine(&out, "books      %15" PRIu64 " in doubt       damaging messages %" PRIu64 ", unknown references %" PRIu64, c.marked_books,
          damage, c.unknown_references);
  AddLine(&out, "decisions  %15" PRIu64 "  %12.0f /s   instruments %" PRIu64, c.decisions, RateOf(r, c.decisions, e.decisions),
          c.instruments);
  AddLine(&out, "signals    %15" PRIu64 "  %12.0f /s", c.signals, RateOf(r, c.signals, e.signals));
  AddLine(&out, "orders     %15" PRIu64 "  %12.0f /s   fills %" PRIu64 ", rejects %" PRIu64, c.orders, RateOf(r, c.orders, e.orders),
          c.fills, Rejects(c));
  for (const auto& [reason, count] : RejectsByReason(c)) AddLine(&out, "             rejected: %-20s %12" PRIu64, reason.c_str(), count);
  AddLine(&out, "position   %" PRIu64 " instruments open, net %" PRId64 " lots, gross %" PRIu64 ", realised %+.2f", c.open_positions,
          c.net_lots, c.gross_lots, static_cast<double>(c.realized_nanos) * 1e-9);
  AddLine(&out, "tape       %15" PRIu64 "  %12.0f /s   lag %" PRIu64 " of %" PRIu64 " records", c.tape_records,
          RateOf(r, c.tape_records, e.tape_records), c.tape_records - c.archived_records, c.tape_capacity);
  for (uint64_t i = 0; i < c.venue_count && i < kMaxVenues; ++i) {
    const VenueCounters& v = c.venues[i];
    AddLine(&out, "venue      %-10s %-10s %12" PRIu64 " messages, %" PRIu64 " gaps, %" PRIu64 " missing, %" PRIu64 " duplicates%s",
            v.name.data(), BookStateName(v.state), v.messages, v.gaps, v.missing_messages, v.duplicates, v.ended != 0 ? ", ended" : "");
  }
  AddLine(&out, "latency    %-20s %10s %10s %10s %10s %12s", "us since packet", "p50", "p99", "p99.9", "max", "count");
  for (uint32_t i = 0; i < kCountedStages; ++i) {
    const StageCounters& s = c.stages[i];
    if (s.count == 0) continue;
    const auto micros = [](uint64_t ns) { return static_cast<double>(ns) * 1e-3; };
    AddLine(&out, "           %-20s %10.2f %10.2f %10.2f %10.2f %12" PRIu64, kCountedStageNames[i], micros(s.p50_ns), micros(s.p99_ns),
            micros(s.p999_ns), micros(s.max_ns), s.count);
  }
  return out;
}

}  // namespace tickgraph
