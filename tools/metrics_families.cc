#include "tools/metrics_families.h"

#include <string>
#include <utility>

namespace tickgraph {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void Add(MetricFamily* family, double value, Labels labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (family->type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family->metric.push_back(std::move(metric));
}

// One value without labels.
MetricFamily Single(const char* name, const char* help, MetricType type, double value) {
  MetricFamily family = Family(name, help, type);
  Add(&family, value);
  return family;
}

double Seconds(uint64_t nanos) { return static_cast<double>(nanos) * 1e-9; }

void AddFlow(const HotCounters& c, std::vector<MetricFamily>* out) {
  const auto counter = [out](const char* name, const char* help, uint64_t value) {
    out->push_back(Single(name, help, MetricType::Counter, static_cast<double>(value)));
  };
  counter("tickgraph_packets_total", "Packets taken from the source", c.packets);
  counter("tickgraph_messages_total", "Messages decoded, each once", c.messages);
  counter("tickgraph_bad_messages_total", "Malformed messages and packets skipped", c.bad_messages);
  counter("tickgraph_recovered_messages_total", "Messages that came because they were asked for", c.recovered_messages);
  counter("tickgraph_unknown_references_total", "Messages about orders that no book knows", c.unknown_references);
  counter("tickgraph_crossed_books_total", "Times that a book became locked or crossed", c.crossed_books);
  counter("tickgraph_decisions_total", "Submissions to the signal engine", c.decisions);
  counter("tickgraph_signals_total", "Signals", c.signals);
  counter("tickgraph_orders_total", "Orders sent to the gateway", c.orders);
  counter("tickgraph_fills_total", "Fills of our orders", c.fills);
  counter("tickgraph_tape_records_total", "Records written to the tape", c.tape_records);
  counter("tickgraph_archived_records_total", "Tape records that are durable", c.archived_records);
  MetricFamily damage = Family("tickgraph_book_damage_total", "Messages that left a book in doubt, by kind", MetricType::Counter);
  for (const auto& [kind, count] :
       {std::pair{"duplicate_reference", c.duplicate_references}, std::pair{"over_execution", c.over_executions},
        std::pair{"bad_order", c.bad_orders}, std::pair{"no_room", c.no_room}})
    Add(&damage, static_cast<double>(count), {{"kind", kind}});
  out->push_back(std::move(damage));
  MetricFamily rejects = Family("tickgraph_rejects_total", "Orders refused, by reason", MetricType::Counter);
  for (int i = 1; i < kRejectReasons; ++i)
    Add(&rejects, static_cast<double>(c.risk_rejects[static_cast<size_t>(i)]),
        {{"reason", RejectReasonName(static_cast<RejectReason>(i))}});
  Add(&rejects, static_cast<double>(c.venue_rejects), {{"reason", "venue"}});
  Add(&rejects, static_cast<double>(c.refused_by_gateway), {{"reason", "gateway_full"}});
  out->push_back(std::move(rejects));
}

void AddState(const StatReading& r, std::vector<MetricFamily>* out) {
  const HotCounters& c = r.counters;
  const auto gauge = [out](const char* name, const char* help, double value) {
    out->push_back(Single(name, help, MetricType::Gauge, value));
  };
  gauge("tickgraph_counters_age_seconds", "Since the hot thread last published its counters",
        r.now_ns > c.published_ns ? Seconds(r.now_ns - c.published_ns) : 0);
  gauge("tickgraph_session_time_seconds", "The session clock, since 1970 UTC", Seconds(c.session_ns));
  gauge("tickgraph_instruments", "Instruments known", static_cast<double>(c.instruments));
  gauge("tickgraph_marked_books", "Books that a message contradicted and nothing has rebuilt", static_cast<double>(c.marked_books));
  gauge("tickgraph_open_positions", "Instruments with a position", static_cast<double>(c.open_positions));
  gauge("tickgraph_net_position_lots", "Lots bought less lots sold", static_cast<double>(c.net_lots));
  gauge("tickgraph_gross_position_lots", "Open lots, long and short", static_cast<double>(c.gross_lots));
  gauge("tickgraph_realized_profit", "Realised profit before fees, in units of the currency", static_cast<double>(c.realized_nanos) * 1e-9);
  gauge("tickgraph_tape_lag_records", "Tape records that are not durable yet", static_cast<double>(c.tape_records - c.archived_records));
  gauge("tickgraph_tape_capacity_records", "Records that the tape holds", static_cast<double>(c.tape_capacity));
}

void AddVenues(const HotCounters& c, std::vector<MetricFamily>* out) {
  MetricFamily state = Family("tickgraph_venue_state", "1 at the state that the venue's stream is in", MetricType::Gauge);
  MetricFamily messages = Family("tickgraph_venue_messages_total", "Messages delivered, by venue", MetricType::Counter);
  MetricFamily duplicates = Family("tickgraph_venue_duplicates_total", "Copies dropped by the line arbiter, by venue", MetricType::Counter);
  MetricFamily gaps = Family("tickgraph_venue_gaps_total", "Holes declared lost, by venue", MetricType::Counter);
  MetricFamily missing = Family("tickgraph_venue_missing_messages_total", "Messages in those holes, by venue", MetricType::Counter);
  for (uint64_t i = 0; i < c.venue_count && i < kMaxVenues; ++i) {
    const VenueCounters& venue = c.venues[i];
    const std::string name = venue.name.data();
    for (uint64_t s = 0; s <= static_cast<uint64_t>(BookState::kStale); ++s)
      Add(&state, venue.state == s ? 1 : 0, {{"venue", name}, {"state", BookStateName(s)}});
    Add(&messages, static_cast<double>(venue.messages), {{"venue", name}});
    Add(&duplicates, static_cast<double>(venue.duplicates), {{"venue", name}});
    Add(&gaps, static_cast<double>(venue.gaps), {{"venue", name}});
    Add(&missing, static_cast<double>(venue.missing_messages), {{"venue", name}});
  }
  for (MetricFamily* family : {&state, &messages, &duplicates, &gaps, &missing}) out->push_back(std::move(*family));
}

void AddLatency(const HotCounters& c, std::vector<MetricFamily>* out) {
  MetricFamily quantiles =
      Family("tickgraph_latency_seconds", "From a packet's hand-over to a stage, over the session, by quantile", MetricType::Gauge);
  MetricFamily longest = Family("tickgraph_latency_max_seconds", "The longest of the session, by stage", MetricType::Gauge);
  MetricFamily samples = Family("tickgraph_latency_samples_total", "Latencies recorded, by stage", MetricType::Counter);
  for (uint32_t i = 0; i < kCountedStages; ++i) {
    const StageCounters& stage = c.stages[i];
    const char* name = kCountedStageNames[i];
    Add(&quantiles, Seconds(stage.p50_ns), {{"stage", name}, {"quantile", "0.5"}});
    Add(&quantiles, Seconds(stage.p99_ns), {{"stage", name}, {"quantile", "0.99"}});
    Add(&quantiles, Seconds(stage.p999_ns), {{"stage", name}, {"quantile", "0.999"}});
    Add(&longest, Seconds(stage.max_ns), {{"stage", name}});
    Add(&samples, static_cast<double>(stage.count), {{"stage", name}});
  }
  for (MetricFamily* family : {&quantiles, &longest, &samples}) out->push_back(std::move(*family));
}

}  // namespace

std::vector<MetricFamily> MetricFamilies(const StatReading& reading) {
  std::vector<MetricFamily> out;
  const bool up = reading.pid != 0 && reading.state == CountersState::kRunning;
  out.push_back(Single("tickgraph_hot_up", "1 while the hot process runs", MetricType::Gauge, up ? 1 : 0));
  if (reading.counters.published_ns == 0) return out;
  AddFlow(reading.counters, &out);
  AddState(reading, &out);
  AddVenues(reading.counters, &out);
  AddLatency(reading.counters, &out);
  return out;
}

}  // namespace tickgraph
