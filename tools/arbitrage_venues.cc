// `tickgraph arbitrage FILE`: a day of one product's quotes on many venues, and every quote that leaves the market locked or crossed.
//
// Flow: ReadLeanQuotes -> VenueQuotes -> counts, and a row for each such event where asked for. One thread. An opportunity is a crossed
// market of two venues whose edge, less the fee on both trades, is above the bar.
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/arbitrage_modes.h"
#include "tools/exit_code.h"
#include "tools/lean_quotes.h"
#include "tools/venue_quotes.h"

namespace tickgraph {
namespace {

constexpr int kPriceScale = 9;

struct Findings {
  uint64_t events = 0, locked = 0, crossed = 0, locked_runs = 0, crossed_runs = 0, one_venue = 0, opportunities = 0;
  VenueEdge largest;
  uint64_t largest_ts_ns = 0;
};

std::vector<RowColumn> Columns() {
  using Kind = RowColumn::Kind;
  return {{"ts_ns", Kind::kInt},
          {"row", Kind::kInt},
          {"state", Kind::kText},
          {"bid_venue", Kind::kText},
          {"bid", Kind::kDecimal, kPriceScale},
          {"bid_size", Kind::kInt},
          {"bid_row", Kind::kInt},
          {"ask_venue", Kind::kText},
          {"ask", Kind::kDecimal, kPriceScale},
          {"ask_size", Kind::kInt},
          {"ask_row", Kind::kInt},
          {"edge", Kind::kDecimal, kPriceScale},
          {"edge_bps", Kind::kNumber},
          {"size", Kind::kInt},
          {"opportunity", Kind::kInt}};
}

class Search {
 public:
  Search(const LeanQuotes& file, NanoBps bar, RowOutput& rows) : file_(file), bar_(bar), rows_(rows) {}

  void On(const VenueEvent& event) {
    ++found_.events;
    const int state = event.crossed() ? 2 : event.locked() ? 1 : 0;
    const int before = state_;
    state_ = state;
    if (state == 0) return;
    ++(state == 2 ? found_.crossed : found_.locked);
    if (state != before) ++(state == 2 ? found_.crossed_runs : found_.locked_runs);
    const VenueEdge edge = {EdgeDirection::kSellABuyB, event.bid.price_nanos, event.ask.price_nanos, event.size()};
    const bool one_venue = event.bid.venue == event.ask.venue;
    found_.one_venue += one_venue;
    const bool opportunity = state == 2 && !one_venue && edge.Above(bar_);
    found_.opportunities += opportunity;
    if (state == 2 && (found_.largest_ts_ns == 0 || edge.LargerThan(found_.largest))) {
      found_.largest = edge;
      found_.largest_ts_ns = event.ts_ns;
    }
    if (rows_.on()) AddRow(event, edge, opportunity);
  }
  [[nodiscard]] const Findings& found() const { return found_; }

 private:
  void AddRow(const VenueEvent& event, const VenueEdge& edge, bool opportunity) {
    rows_.Int(static_cast<int64_t>(event.ts_ns));
    rows_.Int(event.row);
    rows_.Text(event.crossed() ? "crossed" : "locked");
    for (const VenueSide* side : {&event.bid, &event.ask}) {
      rows_.Text(file_.venues[side->venue]);
      rows_.Int(side->price_nanos);
      rows_.Int(side->quantity);
      rows_.Int(side->row);
    }
    rows_.Int(event.edge_nanos());
    rows_.Number(edge.bps());
    rows_.Int(event.size());
    rows_.Int(opportunity ? 1 : 0);
    rows_.EndRow();
  }

  const LeanQuotes& file_;
  NanoBps bar_;
  RowOutput& rows_;
  Findings found_;
  int state_ = 0;
};

void PrintJson(const ArbitrageArguments& arguments, const LeanQuotes& file, const Findings& found) {
  nlohmann::ordered_json out = {{"file", file.path},
                                {"symbol", file.symbol},
                                {"date", file.date},
                                {"venues", file.venues},
                                {"quotes", arguments.reading},
                                {"rows", file.rows},
                                {"bad_rows", file.bad_rows},
                                {"min_edge_bps", static_cast<double>(arguments.min_edge) / 1e9},
                                {"fee_bps", static_cast<double>(arguments.fee) / 1e9},
                                {"events", found.events},
                                {"locked", found.locked},
                                {"crossed", found.crossed},
                                {"locked_runs", found.locked_runs},
                                {"crossed_runs", found.crossed_runs},
                                {"one_venue", found.one_venue},
                                {"opportunities", found.opportunities}};
  const bool any = found.crossed != 0;
  out["max_edge_bps"] = any ? nlohmann::ordered_json(found.largest.bps()) : nlohmann::ordered_json();
  out["max_edge_ts_ns"] = any ? nlohmann::ordered_json(found.largest_ts_ns) : nlohmann::ordered_json();
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const ArbitrageArguments& arguments, const LeanQuotes& file, const Findings& found) {
  const auto line = [](const char* name, uint64_t count, const std::string& text) {
    std::printf("%-14s %" PRIu64 " %s\n", name, count, text.c_str());
  };
  std::printf("%-14s %s, %" PRIu64 " rows of %zu venues, each the %s\n", "quotes", file.symbol.empty() ? "?" : file.symbol.c_str(),
              file.rows, file.venues.size(), arguments.reading == "best" ? "best of the market" : "venue's own");
  line("events", found.events, "quotes with a bid and an ask in the market");
  line("locked", found.locked, "in " + std::to_string(found.locked_runs) + " runs");
  line("crossed", found.crossed, "in " + std::to_string(found.crossed_runs) + " runs");
  line("opportunities", found.opportunities,
       "crossed between two venues by more than " + DecimalText(arguments.min_edge, kNanoBpsScale) + " bps after twice a fee of " +
           DecimalText(arguments.fee, kNanoBpsScale) + " bps");
  if (found.crossed == 0) return;
  std::printf("%-14s %.4f bps before fees: bid %s, ask %s, at %" PRIu64 " ns\n", "largest edge", found.largest.bps(),
              DecimalText(found.largest.bid_nanos, kPriceScale).c_str(), DecimalText(found.largest.ask_nanos, kPriceScale).c_str(),
              found.largest_ts_ns);
}

}  // namespace

int ArbitrageVenues(const ArbitrageArguments& arguments) {
  const uint32_t day = arguments.day.empty() ? 0 : static_cast<uint32_t>(std::stoul(arguments.day));
  const LeanQuotes file = ReadLeanQuotes(arguments.files[0], day);
  if (file.date == 0) std::fprintf(stderr, "%s: no name says its day; times are counted from midnight\n", file.path.c_str());
  RowOutput rows(Columns(), arguments.target());
  Search search(file, arguments.min_edge + 2 * arguments.fee, rows);
  VenueQuotes market(arguments.reading == "best" ? Reading::kBest : Reading::kVenue);
  market.Scan(file.quotes, [&](const VenueEvent& event) { search.On(event); });
  rows.Close();
  if (arguments.common.json) {
    PrintJson(arguments, file, search.found());
  } else if (!arguments.csv) {
    PrintTable(arguments, file, search.found());
  }
  return file.damaged ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
