// `tickgraph arbitrage FILE…`: what captured quotes would have brought to whoever traded one against the other.
//
// Flow: arguments -> one of arbitrage_modes.h: two files are two venues of one product, one file is a table of many venues, --cycles are
// conversions through several currencies. One thread.
#include <optional>
#include <string>

#include "net/proto/json/decimal.h"
#include "tools/arbitrage_modes.h"
#include "tools/command.h"
#include "tools/config.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

constexpr int64_t kLargestBps = 1'000'000;
constexpr int kLongestCycle = 6;

NanoBps ReadBps(const char* option, const std::string& text) {
  NanoBps value = 0;
  const DecimalStatus status = ParseDecimal(text, kNanoBpsScale, &value);
  if (status == DecimalStatus::kTooFine) throw ConfigError(std::string(option) + ": '" + text + "' has more than nine decimals");
  constexpr int64_t kLargest = kLargestBps * 1'000'000'000;
  static_assert(3 * kLargest <= kLargestBar, "the bar is the least edge and two fees");
  if (status != DecimalStatus::kOk || value > kLargest || value < -kLargest) {
    throw ConfigError(std::string(option) + ": '" + text + "' is not a number of basis points, at most " + std::to_string(kLargestBps));
  }
  return value;
}

std::optional<int> ReadArguments(int argc, char** argv, ArbitrageArguments& arguments) {
  CLI::App app("Captured quotes: two venues of a product, the book of many venues, or cycles of conversions between currencies");
  AddCommonOptions(app, arguments.common, kJson | kForce);
  std::string fee_text = "0";
  app.add_option("FILE", arguments.files,
                 "FILE_A FILE_B: lines of JSON with Binance's bookTicker or Coinbase's ticker, plain or .gz, .xz, .zst; of quotes at one "
                 "time, A's come first. One FILE: a day of quotes in LEAN's form, in a zip or not. With --cycles any number of the first")
      ->required();
  app.add_option("--symbol", arguments.symbol, "the product of two files, as the venue writes it: BTCUSDT");
  app.add_option("--symbol-b", arguments.symbol_b, "what B's venue calls it, where that differs: BTC-USD");
  app.add_option("--min-edge-bps", arguments.min_edge_text, "an opportunity brings more than this, in basis points of what is paid");
  app.add_option("--fee-bps", fee_text, "the fee on each trade (0)");
  app.add_flag("--cycles", arguments.cycles, "Conversions through two or more currencies and back, of all products in the files");
  app.add_option("--depth", arguments.depth, "the most conversions of a cycle (3)")->check(CLI::Range(2, kLongestCycle));
  app.add_option("--quotes", arguments.reading, "a row of many venues is the best of the market (best), or its venue's own (venue)")
      ->check(CLI::IsMember({"best", "venue"}));
  app.add_option("--date", arguments.day, "the day of one FILE, YYYYMMDD, where no name says it")->check(CheckDay);
  auto* csv = app.add_flag("--csv", arguments.csv, "What was found as rows");
  app.add_option("--out", arguments.out, "the same rows into this file, beside the report: CSV, or Parquet where it ends in .parquet")
      ->excludes(csv);
  csv->excludes("--json");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  if (!arguments.min_edge_text.empty()) arguments.min_edge = ReadBps("--min-edge-bps", arguments.min_edge_text);
  arguments.fee = ReadBps("--fee-bps", fee_text);
  if (arguments.fee < 0) throw ConfigError("--fee-bps: a fee is not negative: " + fee_text);
  if (arguments.cycles || arguments.files.size() == 1) return std::nullopt;
  if (arguments.files.size() != 2) throw ConfigError("FILE: two venues are two files; --cycles takes more");
  if (arguments.symbol.empty()) throw ConfigError("--symbol is required: the product of the two files");
  if (arguments.min_edge_text.empty()) throw ConfigError("--min-edge-bps is required");
  return std::nullopt;
}

}  // namespace

int ArbitrageCommand(int argc, char** argv) {
  ArbitrageArguments arguments;
  if (const auto exit_code = ReadArguments(argc, argv, arguments)) return *exit_code;
  if (arguments.cycles) return ArbitrageCycles(arguments);
  return arguments.files.size() == 1 ? ArbitrageVenues(arguments) : ArbitragePair(arguments);
}

}  // namespace tickgraph
