#include "tools/hot_report.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace tickgraph {
namespace {

__attribute__((format(printf, 2, 3))) void AddLine(std::string* out, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  *out += text;
  *out += '\n';
}

std::string Hex(uint64_t x) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, x);
  return text;
}

// 1234567 -> "1,234,567"
std::string Count(uint64_t x) {
  std::string digits = std::to_string(x);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string Micros(uint64_t nanos) {
  char text[32];
  snprintf(text, sizeof text, "%.2f", static_cast<double>(nanos) / 1e3);
  return text;
}

std::string Money(int64_t nanos) {
  char text[48];
  snprintf(text, sizeof text, "%+.2f", static_cast<double>(nanos) / 1e9);
  return text;
}

double PerSecond(uint64_t count, uint64_t nanos) { return nanos == 0 ? 0 : static_cast<double>(count) * 1e9 / static_cast<double>(nanos); }

nlohmann::ordered_json PortsJson(const std::vector<PortReport>& ports) {
  auto out = nlohmann::ordered_json::array();
  for (const PortReport& port : ports) {
    nlohmann::ordered_json x = {{"name", port.name},       {"driver", port.driver}, {"stamps", port.stamps},
                                {"packets", port.packets}, {"bytes", port.bytes},   {"missed_packets", port.missed_packets}};
    for (const auto& [name, count] : port.counters) x[name] = count;
    out.push_back(std::move(x));
  }
  return out;
}

}  // namespace

std::string ReportJson(const HotReport& r) {
  nlohmann::ordered_json out;
  out["engine"] = r.engine;
  out["engine_reason"] = r.engine_reason;
  out["engine_switches"] = r.engine_switches;
  if (r.engine_switches != 0) out["engine_failure"] = r.engine_failure;
  out["source"] = r.source;
  out["end"] = r.end;
  out["interrupted"] = r.interrupted;
  if (r.interrupted) out["stopped_by"] = r.stopped_by;
  out["packets"] = r.packets;
  out["other_packets"] = r.other_packets;
  out["messages"] = r.messages;
  out["bad_messages"] = r.bad_messages;
  out["unknown_types"] = r.unknown_types;
  out["unknown_references"] = r.books.unknown_references;
  out["book_damage"] = {{"duplicate_references", r.books.duplicate_references},
                        {"over_executions", r.books.over_executions},
                        {"bad_orders", r.books.bad_orders},
                        {"no_room_orders", r.books.no_room_orders},
                        {"no_room_levels", r.books.no_room_levels},
                        {"no_room_instruments", r.books.no_room_instruments}};
  out["crossed_books"] = r.books.crossed_books;
  out["marked_books"] = r.marked_books;
  out["duplicates"] = r.duplicates;
  out["gaps"] = r.gaps;
  out["missing_messages"] = r.missing_messages;
  out["recovered_messages"] = r.recovered_messages;
  if (r.snapshot_requests != 0)
    out["snapshots"] = {
        {"requests", r.snapshot_requests}, {"joined", r.snapshots}, {"useless", r.useless_snapshots}, {"messages", r.snapshot_messages}};
  out["event_rows"] = r.event_rows;
  out["queued_updates"] = r.queued_updates;
  out["waiting_dropped"] = r.waiting_dropped;
  out["instruments"] = r.instruments;
  out["decisions"] = r.decisions;
  out["signals"] = r.signals;
  out["orders"] = r.orders;
  out["rejects"] = r.rejects();
  auto& reasons = out["rejects_by_reason"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : r.rejects_by_reason) reasons[name] = count;
  out["duplicate_evictions"] = r.duplicate_evictions;
  out["fills"] = r.fills;
  out["profit"] = {{"realized_nanos", r.realized_nanos},
                   {"marked_nanos", r.marked_nanos},
                   {"fee_nanos", r.fee_nanos},
                   {"net_nanos", r.realized_nanos + r.marked_nanos - r.fee_nanos}};
  out["state_hash"] = Hex(r.state_hash);
  out["book_hash"] = Hex(r.book_hash);
  out["tape_records"] = r.tape_records;
  out["archived_records"] = r.archived_records;
  out["gapped_records"] = r.gapped_records;
  auto& tables = out["archived_by_table"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : r.archived_by_table) tables[name] = count;
  out["archive"] = r.archive;
  out["archiver_restarts"] = r.archiver_restarts;
  out["duration_ns"] = r.duration_ns;
  out["loop_ns"] = r.loop_ns;
  out["whole_ns"] = r.whole_ns;
  out["loop_messages_per_second"] = PerSecond(r.messages, r.loop_ns);
  out["messages_per_second"] = PerSecond(r.messages, r.whole_ns);
  out["latency_since"] = r.latency_since;
  auto& latency = out["latency_ns"] = nlohmann::ordered_json::object();
  for (const auto& [stage, q] : r.latency)
    latency[stage] = {{"count", q.count}, {"p50", q.p50}, {"p99", q.p99}, {"p999", q.p999}, {"max", q.max}};
  if (!r.ports.empty()) out["ports"] = PortsJson(r.ports);
  if (!r.gpudev.empty()) out["gpudev"] = r.gpudev;
  if (!r.record.file.empty())
    out["record"] = {
        {"file", r.record.file}, {"packets", r.record.packets}, {"lost_packets", r.record.lost_packets}, {"whole", !r.record.failed}};
  return out.dump() + "\n";
}

std::string ReportTable(const HotReport& r) {
  std::string out;
  AddLine(&out, "read      %s: %s packets, %s messages (%s duplicates, %s bad) of %s instruments", r.source.c_str(),
          Count(r.packets).c_str(), Count(r.messages).c_str(), Count(r.duplicates).c_str(), Count(r.bad_messages).c_str(),
          Count(r.instruments).c_str());
  AddLine(&out, "          %.3f s of session; %s open gaps, %s messages missing; %s references to unknown orders",
          static_cast<double>(r.duration_ns) / 1e9, Count(r.gaps).c_str(), Count(r.missing_messages).c_str(),
          Count(r.books.unknown_references).c_str());
  if (r.snapshot_requests != 0)
    AddLine(&out, "          %s of %s snapshots joined, %s messages in them", Count(r.snapshots).c_str(),
            Count(r.snapshot_requests).c_str(), Count(r.snapshot_messages).c_str());
  if (LeftBooksInDoubt(r.books) != 0)
    AddLine(&out, "books     %s messages contradicted their book or found no room in it; %s books are marked",
            Count(LeftBooksInDoubt(r.books)).c_str(), Count(r.marked_books).c_str());
  AddLine(&out, "engine    %s (%s)", r.engine.c_str(), r.engine_reason.c_str());
  if (r.engine_switches != 0) AddLine(&out, "          %s", r.engine_failure.c_str());
  AddLine(&out, "trading   %s decisions -> %s signals -> %s orders -> %s fills; %s rejects", Count(r.decisions).c_str(),
          Count(r.signals).c_str(), Count(r.orders).c_str(), Count(r.fills).c_str(), Count(r.rejects()).c_str());
  for (const auto& [name, count] : r.rejects_by_reason)
    AddLine(&out, "            rejected: %-20s %12s", name.c_str(), Count(count).c_str());
  AddLine(&out, "profit    realized %s, open positions at mid %s, fees %s", Money(r.realized_nanos).c_str(), Money(r.marked_nanos).c_str(),
          Money(-r.fee_nanos).c_str());
  AddLine(&out, "state     state_hash %s  book_hash %s", Hex(r.state_hash).c_str(), Hex(r.book_hash).c_str());
  AddLine(&out, "latency   us since %-15s %10s %10s %10s %10s %12s", r.latency_since, "p50", "p99", "p99.9", "max", "count");
  for (const auto& [stage, percentiles] : r.latency) {
    const auto& q = percentiles;
    const auto cell = [&q](uint64_t nanos) { return q.count == 0 ? std::string("-") : Micros(nanos); };
    AddLine(&out, "          %-24s %10s %10s %10s %10s %12s", stage.c_str(), cell(q.p50).c_str(), cell(q.p99).c_str(), cell(q.p999).c_str(),
            cell(q.max).c_str(), Count(q.count).c_str());
  }
  AddLine(&out, "speed     hot loop %.2f M messages/s (waits for the archiver left out); with the archive whole %.2f M/s",
          PerSecond(r.messages, r.loop_ns) / 1e6, PerSecond(r.messages, r.whole_ns) / 1e6);
  AddLine(&out, "archive   %s: %s records (%s on the tape, %s lost)%s", r.archive.c_str(), Count(r.archived_records).c_str(),
          Count(r.tape_records).c_str(), Count(r.gapped_records).c_str(),
          r.archiver_restarts > 0 ? (", cold process restarted " + std::to_string(r.archiver_restarts) + " times").c_str() : "");
  for (const auto& [name, count] : r.archived_by_table)
    AddLine(&out, "            %-32s %12s rows", (name + "/").c_str(), Count(count).c_str());
  for (const PortReport& port : r.ports)
    AddLine(&out, "port      %s: %s packets, %s missed; stamps: %s", port.name.c_str(), Count(port.packets).c_str(),
            Count(port.missed_packets).c_str(), port.stamps.c_str());
  if (!r.gpudev.empty()) AddLine(&out, "gpudev    %s", r.gpudev.c_str());
  if (!r.record.file.empty())
    AddLine(&out, "record    %s: %s packets, %s lost", r.record.file.c_str(), Count(r.record.packets).c_str(),
            Count(r.record.lost_packets).c_str());
  if (r.interrupted) AddLine(&out, "stopped   by %s; everything up to there is archived", r.stopped_by.c_str());
  return out;
}

}  // namespace tickgraph
