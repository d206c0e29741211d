// `tickgraph book-features FILE`: the features of a book, a row for each of its rows.
//
// Flow: the CSV that `tickgraph book --csv` prints, of any depth, or with --symbol the best quotes of a JSON capture -> BookRowReader ->
// kernels/book_features.h -> CSV, Parquet or a summary. One thread. Prices and quantities are exact; a row that cannot be read is left out,
// counted, and the first is named.
#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/book_features.h"
#include "net/proto/json/decimal.h"
#include "net/proto/json/json_events.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/csv_table.h"
#include "tools/exit_code.h"
#include "tools/quote_file.h"
#include "tools/row_output.h"

namespace tickgraph {
namespace {

constexpr int kPriceScale = kJsonPriceScale, kQuantityScale = kJsonQuantityScale;
constexpr size_t kMostDepth = 64;
// Sums of a book's levels stay in 64 bits.
constexpr int64_t kMostQuantity = int64_t{1} << 55, kMostPrice = int64_t{1} << 61;

struct Arguments {
  CommonOptions common;
  std::string file, symbol, out, sweep_text;
  bool csv = false;
  double decay = 0.94;
  Quantity sweep = 0;  // 0: not asked for
};

struct BookRowState {
  uint64_t message_index = 0, ts_ns = 0;
  std::vector<FeatureLevel> bids, asks;
};

struct BookRows {
  size_t depth = 1;
  std::vector<BookRowState> rows;
  uint64_t bad_rows = 0;
  bool damaged = false;
};

class BookRowReader {
 public:
  explicit BookRowReader(const std::string& path) : table_(ReadCsvTable(path)) {
    index_ = Required("message_index");
    ts_ = Required("ts_ns");
    Level(1, true);
    for (size_t level = 2; level <= kMostDepth && Level(level, false);) ++level;
  }

  BookRows Read() {
    BookRows out;
    out.depth = columns_.size() / 4;
    for (const CsvRow& row : table_.rows) {
      BookRowState state;
      if (const char* why = ReadRow(row, state)) {
        if (out.bad_rows++ == 0) std::fprintf(stderr, "%s:%zu: %s; such rows are left out\n", table_.path.c_str(), row.line, why);
        continue;
      }
      out.rows.push_back(std::move(state));
    }
    out.damaged = out.bad_rows != 0;
    return out;
  }

 private:
  size_t Required(const std::string& name) const { return table_.Required(name, ": the rows of `tickgraph book --csv` are expected"); }

  bool Level(size_t level, bool required) {
    for (const char* name : {"bid_price_", "bid_size_", "ask_price_", "ask_size_"}) {
      const std::string full = name + std::to_string(level);
      if (!required && table_.Column(full) == CsvTable::kNoColumn) return false;
      columns_.push_back(Required(full));
    }
    return true;
  }

  // Why it is no row, or null.
  const char* ReadRow(const CsvRow& row, BookRowState& state) const {
    if (row.cells.size() < table_.header.cells.size()) return "the line ends before its last column";
    if (!Whole(row.cells[index_], state.message_index) || !Whole(row.cells[ts_], state.ts_ns)) return "no message number, or no time";
    for (size_t i = 0; i < columns_.size(); i += 2) {
      const std::string &price = row.cells[columns_[i]], &quantity = row.cells[columns_[i + 1]];
      FeatureLevel level;
      if (price.empty() != quantity.empty()) return "a price without its size, or the other way";
      if (!price.empty() && !Number(price, kPriceScale, kMostPrice, level.price_nanos)) return "a price that is no decimal above 0";
      if (!price.empty() && !Number(quantity, kQuantityScale, kMostQuantity, level.quantity)) return "a size that is no decimal above 0";
      (i % 4 == 0 ? state.bids : state.asks).push_back(level);
    }
    return nullptr;
  }

  static bool Whole(const std::string& text, uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  }
  static bool Number(const std::string& text, int scale, int64_t most, int64_t& out) {
    return ParseDecimal(text, scale, &out) == DecimalStatus::kOk && out > 0 && out <= most;
  }

  CsvTable table_;
  size_t index_ = 0, ts_ = 0;
  std::vector<size_t> columns_;  // four a level
};

BookRows ReadQuotes(const Arguments& arguments) {
  const QuoteFile file = ReadQuoteFile(arguments.file, arguments.symbol);
  BookRows out;
  out.damaged = file.damaged;
  const auto level = [](PriceNanos price, Quantity quantity) {
    const bool there = price > 0 && quantity > 0 && price <= kMostPrice && quantity <= kMostQuantity;
    return there ? FeatureLevel{price, quantity} : FeatureLevel{};
  };
  for (const BestQuote& quote : file.quotes) {
    out.rows.push_back(
        {out.rows.size(), quote.ts_ns, {level(quote.bid_nanos, quote.bid_quantity)}, {level(quote.ask_nanos, quote.ask_quantity)}});
  }
  return out;
}

std::vector<RowColumn> Columns(size_t depth) {
  using Kind = RowColumn::Kind;
  std::vector<RowColumn> out = {{"message_index", Kind::kInt},
                                {"ts_ns", Kind::kInt},
                                {"spread", Kind::kDecimal, kPriceScale},
                                {"mid", Kind::kDecimal, kPriceScale + 1},
                                {"microprice", Kind::kDecimal, kPriceScale}};
  for (size_t i = 1; i <= depth; ++i) out.push_back({"imbalance_ppm_" + std::to_string(i), Kind::kInt});
  for (size_t i = 1; i <= depth; ++i) out.push_back({"order_flow_" + std::to_string(i), Kind::kDecimal, kQuantityScale});
  for (const char* name : {"bid_slope", "ask_slope"}) out.push_back({name, Kind::kNumber});
  for (const char* name : {"sweep_buy", "sweep_sell"}) out.push_back({name, Kind::kDecimal, kPriceScale});
  out.push_back({"volatility", Kind::kNumber});
  return out;
}

struct Totals {
  uint64_t rows = 0, two_sided = 0, crossed = 0;
  std::vector<int64_t> order_flow;  // by level
  double spread_sum = 0, bid_share_sum = 0;
};

class FeatureWriter {
 public:
  FeatureWriter(const Arguments& arguments, size_t depth, RowOutput& rows) : arguments_(arguments), depth_(depth), rows_(rows) {
    totals_.order_flow.resize(depth);
  }

  void Add(const BookRowState& now) {
    ++totals_.rows;
    rows_.Int(static_cast<int64_t>(now.message_index));
    rows_.Int(static_cast<int64_t>(now.ts_ns));
    const FeatureLevel bid = now.bids[0], ask = now.asks[0];
    const bool both = bid.quantity != 0 && ask.quantity != 0;
    const PriceNanos twice_mid = bid.price_nanos + ask.price_nanos;
    if (both) {
      ++totals_.two_sided;
      totals_.crossed += bid.price_nanos > ask.price_nanos;
      totals_.spread_sum += static_cast<double>(ask.price_nanos - bid.price_nanos) / 1e9;
      totals_.bid_share_sum += static_cast<double>(bid.quantity) / static_cast<double>(bid.quantity + ask.quantity);
    }
    const auto when_both = [&](auto value) { both ? rows_.Int(value()) : rows_.None(); };
    when_both([&] { return ask.price_nanos - bid.price_nanos; });
    when_both([&] { return 5 * twice_mid; });
    when_both([&] { return Microprice(bid.price_nanos, bid.quantity, ask.price_nanos, ask.quantity); });
    Levels(now);
    const int count = static_cast<int>(depth_);
    for (const auto* side : {&now.bids, &now.asks}) both ? rows_.Number(BookSlope(side->data(), count, twice_mid)) : rows_.None();
    Sweep(now.asks, Side::kBuy);
    Sweep(now.bids, Side::kSell);
    if (both && twice_mid_ != 0) variance_ = NextVariance(variance_, twice_mid_, twice_mid, arguments_.decay);
    both&& twice_mid_ != 0 ? rows_.Number(Sqrt(variance_)) : rows_.None();
    if (both) twice_mid_ = twice_mid;
    rows_.EndRow();
    before_ = &now;
  }
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  // What is not there lies beyond every price.
  static FeatureLevel Standing(FeatureLevel level, PriceNanos beyond) { return level.quantity != 0 ? level : FeatureLevel{beyond, 0}; }

  void Levels(const BookRowState& now) {
    for (size_t i = 0; i < depth_; ++i) {
      const bool any = now.bids[i].quantity + now.asks[i].quantity != 0;
      any ? rows_.Int(ImbalancePpm(now.bids[i].quantity, now.asks[i].quantity)) : rows_.None();
    }
    for (size_t i = 0; i < depth_; ++i) {
      if (before_ == nullptr) {
        rows_.None();
        continue;
      }
      const auto bid = [&](const BookRowState& s) { return Standing(s.bids[i], INT64_MIN); };
      const auto ask = [&](const BookRowState& s) { return Standing(s.asks[i], INT64_MAX); };
      const int64_t flow = OrderFlowImbalance(bid(*before_), ask(*before_), bid(now), ask(now));
      totals_.order_flow[i] += flow;
      rows_.Int(flow);
    }
  }

  void Sweep(const std::vector<FeatureLevel>& levels, Side taker) {
    const PriceNanos price =
        arguments_.sweep == 0 ? kNoPrice : SweepPrice(levels.data(), static_cast<int>(depth_), arguments_.sweep, taker);
    price == kNoPrice ? rows_.None() : rows_.Int(price);
  }

  const Arguments& arguments_;
  size_t depth_;
  RowOutput& rows_;
  Totals totals_;
  const BookRowState* before_ = nullptr;
  PriceNanos twice_mid_ = 0;  // the last one; 0: none yet
  double variance_ = 0;
};

void PrintJson(const Arguments& arguments, const BookRows& book, const Totals& totals) {
  using Json = nlohmann::ordered_json;
  Json flow = Json::array();
  for (const int64_t sum : totals.order_flow) flow.push_back(static_cast<double>(sum) / 1e8);
  const auto mean = [&](double sum) { return totals.two_sided == 0 ? Json() : Json(sum / static_cast<double>(totals.two_sided)); };
  const Json out = {{"file", arguments.file},
                    {"depth", book.depth},
                    {"rows", totals.rows},
                    {"bad_rows", book.bad_rows},
                    {"two_sided", totals.two_sided},
                    {"crossed", totals.crossed},
                    {"order_flow", flow},
                    {"mean_bid_share", mean(totals.bid_share_sum)},
                    {"mean_spread", mean(totals.spread_sum)}};
  std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void PrintTable(const BookRows& book, const Totals& totals) {
  std::printf("%-14s %" PRIu64 ", %" PRIu64 " of them with a bid and an ask, %" PRIu64 " crossed; %zu levels\n", "rows", totals.rows,
              totals.two_sided, totals.crossed, book.depth);
  for (size_t i = 0; i < book.depth; ++i)
    std::printf("%-14s %s at level %zu\n", "order flow", DecimalText(totals.order_flow[i], kQuantityScale).c_str(), i + 1);
  if (totals.two_sided == 0) return;
  const auto count = static_cast<double>(totals.two_sided);
  std::printf("%-14s %.9g on average\n%-14s %.6f of both sides' size on average\n", "spread", totals.spread_sum / count, "bid share",
              totals.bid_share_sum / count);
}

std::optional<int> ReadArguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("The features of a book: spread, microprice, imbalance, order flow, slope, sweep prices, volatility");
  AddCommonOptions(app, arguments.common, kJson | kForce);
  app.add_option("FILE", arguments.file, "what `tickgraph book --csv` printed (/dev/stdin for a pipe), or a JSON capture with --symbol")
      ->required();
  app.add_option("--symbol", arguments.symbol, "the best quotes of this product in a JSON capture: BTCUSDT");
  app.add_option("--sweep", arguments.sweep_text, "the quantity whose mean price of taking it from the book is shown");
  app.add_option("--decay", arguments.decay, "what a row leaves of the variance before it (0.94)")->check(CLI::Range(0.0, 1.0));
  auto* csv = app.add_flag("--csv", arguments.csv, "The features as rows");
  app.add_option("--out", arguments.out, "the same rows into this file: CSV, or Parquet where it ends in .parquet")->excludes(csv);
  csv->excludes("--json");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  if (arguments.sweep_text.empty()) return std::nullopt;
  const bool read = ParseDecimal(arguments.sweep_text, kQuantityScale, &arguments.sweep) == DecimalStatus::kOk;
  if (!read || arguments.sweep <= 0 || arguments.sweep > kMostQuantity)
    throw ConfigError("--sweep: '" + arguments.sweep_text + "' is no quantity");
  return std::nullopt;
}

}  // namespace

int BookFeaturesCommand(int argc, char** argv) {
  Arguments arguments;
  if (const auto exit_code = ReadArguments(argc, argv, arguments)) return *exit_code;
  const BookRows book = arguments.symbol.empty() ? BookRowReader(arguments.file).Read() : ReadQuotes(arguments);
  RowOutput rows(Columns(book.depth), {arguments.csv, arguments.out, arguments.common.force, {arguments.file}});
  FeatureWriter writer(arguments, book.depth, rows);
  for (const BookRowState& state : book.rows) writer.Add(state);
  rows.Close();
  if (arguments.common.json) {
    PrintJson(arguments, book, writer.totals());
  } else if (!arguments.csv) {
    PrintTable(book, writer.totals());
  }
  return book.damaged ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
