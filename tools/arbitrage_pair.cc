// `tickgraph arbitrage FILE_A FILE_B`: how often, and by how much, one venue's bid stood above the other's ask.
//
// Flow: ReadQuoteFile twice -> MergeQuotes -> EdgeOf -> counts, and a row for each opportunity where asked for. One thread.
// An opportunity's edge, less the fee on both of its trades, is above the bar.
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "net/proto/json/json_events.h"
#include "tools/arbitrage_modes.h"
#include "tools/exit_code.h"
#include "tools/quote_file.h"

namespace tickgraph {
namespace {

using Arguments = ArbitrageArguments;

constexpr const char* kDirectionNames[] = {"sell_a_buy_b", "sell_b_buy_a"};

std::vector<RowColumn> Columns() {
  using Kind = RowColumn::Kind;
  return {{"ts_ns", Kind::kInt},
          {"direction", Kind::kText},
          {"bid", Kind::kDecimal, kJsonPriceScale},
          {"ask", Kind::kDecimal, kJsonPriceScale},
          {"edge_bps", Kind::kNumber},
          {"size", Kind::kDecimal, kJsonQuantityScale}};
}

void AddRow(RowOutput& rows, uint64_t ts_ns, const VenueEdge& edge) {
  rows.Int(static_cast<int64_t>(ts_ns));
  rows.Text(kDirectionNames[static_cast<size_t>(edge.direction)]);
  rows.Int(edge.bid_nanos);
  rows.Int(edge.ask_nanos);
  rows.Number(edge.bps());
  edge.size == kUnknownQuantity ? rows.None() : rows.Int(edge.size);
  rows.EndRow();
}

struct Findings {
  uint64_t events = 0, opportunities = 0;
  uint64_t by_direction[2] = {};
  VenueEdge largest;
  uint64_t largest_ts_ns = 0;
  double basis_bps_sum = 0;

  [[nodiscard]] double mean_basis_bps() const { return basis_bps_sum / static_cast<double>(events); }
};

Findings Search(const QuoteFile& a, const QuoteFile& b, NanoBps bar, RowOutput& rows) {
  Findings found;
  const bool same_unit = a.contracts == b.contracts;
  MergeQuotes(a.quotes, b.quotes, [&](uint64_t ts_ns, const BestQuote& quote_a, const BestQuote& quote_b) {
    VenueEdge edge = EdgeOf(quote_a, quote_b);
    if (!same_unit) edge.size = kUnknownQuantity;
    found.basis_bps_sum += BasisBps(quote_a, quote_b);
    if (found.events++ == 0 || edge.LargerThan(found.largest)) {
      found.largest = edge;
      found.largest_ts_ns = ts_ns;
    }
    if (!edge.Above(bar)) return;
    ++found.opportunities;
    ++found.by_direction[static_cast<size_t>(edge.direction)];
    AddRow(rows, ts_ns, edge);
  });
  return found;
}

nlohmann::ordered_json SideJson(const QuoteFile& file) {
  return {{"file", file.path}, {"venue", file.venue}, {"symbol", file.symbol}, {"quotes", file.quotes.size()}};
}

void PrintJson(const Arguments& arguments, const QuoteFile& a, const QuoteFile& b, const Findings& found) {
  nlohmann::ordered_json out = {{"a", SideJson(a)},
                                {"b", SideJson(b)},
                                {"min_edge_bps", static_cast<double>(arguments.min_edge) / 1e9},
                                {"fee_bps", static_cast<double>(arguments.fee) / 1e9},
                                {"events", found.events},
                                {"opportunities", found.opportunities}};
  for (size_t i = 0; i < std::size(kDirectionNames); ++i) out[kDirectionNames[i]] = found.by_direction[i];
  const bool any = found.events != 0;
  out["max_edge_bps"] = any ? nlohmann::ordered_json(found.largest.bps()) : nlohmann::ordered_json();
  out["max_edge_ts_ns"] = any ? nlohmann::ordered_json(found.largest_ts_ns) : nlohmann::ordered_json();
  out["max_edge_direction"] =
      any ? nlohmann::ordered_json(kDirectionNames[static_cast<size_t>(found.largest.direction)]) : nlohmann::ordered_json();
  out["mean_basis_bps"] = any ? nlohmann::ordered_json(found.mean_basis_bps()) : nlohmann::ordered_json();
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const Arguments& arguments, const QuoteFile& a, const QuoteFile& b, const Findings& found) {
  const auto side = [](const char* name, const QuoteFile& file) {
    std::printf("%-14s %s on %s, best quotes: %zu, %s\n", name, file.symbol.c_str(), file.venue.c_str(), file.quotes.size(),
                file.path.c_str());
  };
  side("A", a);
  side("B", b);
  std::printf("%-14s %" PRIu64 " quotes with both venues known\n", "events", found.events);
  std::printf("%-14s %" PRIu64 " with an edge above %s bps after twice a fee of %s bps\n", "opportunities", found.opportunities,
              DecimalText(arguments.min_edge, kNanoBpsScale).c_str(), DecimalText(arguments.fee, kNanoBpsScale).c_str());
  std::printf("%-14s %" PRIu64 "\n", "  sell A buy B", found.by_direction[0]);
  std::printf("%-14s %" PRIu64 "\n", "  sell B buy A", found.by_direction[1]);
  if (found.events == 0) return;
  std::printf("%-14s %.4f bps before fees: bid %s at %s, ask %s at %s, at %" PRIu64 " ns\n", "largest edge", found.largest.bps(),
              DecimalText(found.largest.bid_nanos, kJsonPriceScale).c_str(),
              found.largest.direction == EdgeDirection::kSellABuyB ? "A" : "B",
              DecimalText(found.largest.ask_nanos, kJsonPriceScale).c_str(),
              found.largest.direction == EdgeDirection::kSellABuyB ? "B" : "A", found.largest_ts_ns);
  std::printf("%-14s %.4f bps, B's middle over A's\n", "mean basis", found.mean_basis_bps());
}

}  // namespace

int ArbitragePair(const Arguments& arguments) {
  const QuoteFile a = ReadQuoteFile(arguments.files[0], arguments.symbol);
  const QuoteFile b = ReadQuoteFile(arguments.files[1], arguments.symbol_b.empty() ? arguments.symbol : arguments.symbol_b);
  for (const QuoteFile* file : {&a, &b}) {
    if (file->own_times)
      std::fprintf(stderr, "%s: without receive times; its quotes are placed by the venue's own times\n", file->path.c_str());
  }
  RowOutput rows(Columns(), arguments.target());
  const Findings found = Search(a, b, arguments.min_edge + 2 * arguments.fee, rows);
  rows.Close();
  if (arguments.common.json) {
    PrintJson(arguments, a, b, found);
  } else if (!arguments.csv) {
    PrintTable(arguments, a, b, found);
  }
  return a.damaged || b.damaged ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
