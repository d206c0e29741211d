// See the header.
#include "tools/options_chain.h"

#include <cstdio>

#include "tools/chain_output.h"
#include "tools/exit_code.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

// HH:MM or HH:MM:SS; -1: neither.
int64_t ReadTime(const std::string& text) {
  int hours = 0, minutes = 0, seconds = 0, used = 0;
  const bool full =
      std::sscanf(text.c_str(), "%2d:%2d:%2d%n", &hours, &minutes, &seconds, &used) == 3 && used == static_cast<int>(text.size());
  if (!full) {
    seconds = used = 0;
    if (std::sscanf(text.c_str(), "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != static_cast<int>(text.size())) return -1;
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * int64_t{1000};
}

std::string CheckTime(const std::string& text) { return ReadTime(text) >= 0 ? "" : "not a time of day, HH:MM: " + text; }

}  // namespace

void AddChainOptions(CLI::App& command, ChainArguments& arguments) {
  ChainSettings& settings = arguments.settings;
  AddCommonOptions(command, arguments.common, kJson | kForce);
  command
      .add_option(
          "FILE", arguments.files,
          "CSV tables (strike, bid, ask, expiry or time_years; right, style, spot, bid_size, ask_size), or LEAN archives of minute quotes, "
          "options and underlying")
      ->required();
  command.add_flag("--csv", arguments.csv, "A row a contract, every number in full");
  command.add_option("--out", arguments.out, "The same rows as a Parquet file");
  command.add_option("--date", arguments.date, "Day of the quotes, YYYYMMDD")->check(CLI::Validator(CheckDay, "DAY"));
  command.add_option("--at", arguments.at, "Time of the quotes in New York, HH:MM")->check(CLI::Validator(CheckTime, "TIME"));
  command.add_option("--style", arguments.style, "Style of contracts that do not say theirs")
      ->check(CLI::IsMember({"european", "american"}));
  command.add_option("--spot", settings.spot, "Price of the underlying, instead of what the files say")->check(CLI::PositiveNumber);
  command.add_option("--rate", settings.rate, "Continuous rate, instead of what parity implies")->check(CLI::Range(-1.0, 1.0));
  command.add_option("--dividend-yield", settings.dividend_yield, "Continuous yield where parity implies none; with --rate: everywhere")
      ->check(CLI::Range(-1.0, 1.0));
  command.add_option("--fee", settings.fee, "Fee on a unit of each trade, in money")->check(CLI::NonNegativeNumber);
  command.add_option("--min-edge", settings.least_edge, "Least edge of a signal after the fee, in money")->check(CLI::NonNegativeNumber);
}

int RunChain(ChainArguments& arguments) {
  ChainReading reading;
  reading.american = arguments.style == "american";
  if (!arguments.date.empty()) reading.date = static_cast<uint32_t>(std::stoul(arguments.date));
  if (!arguments.at.empty()) reading.time_ms = ReadTime(arguments.at);
  const ChainQuotes quotes = ReadChainQuotes(arguments.files, reading);
  ChainSettings& settings = arguments.settings;
  if (settings.spot != settings.spot) settings.spot = quotes.spot;
  std::vector<ChainContract> contracts;
  for (const ChainQuoteRow& row : quotes.rows) contracts.push_back(row.contract);
  const ChainResult result = EvaluateChain(contracts, settings);
  const ChainReport report{quotes, settings, result};
  std::string error;
  if (!arguments.out.empty() && !WriteChainParquet(report, arguments.out, arguments.common.force, &error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return kExitFailed;
  }
  if (arguments.common.json) {
    PrintChainJson(report);
  } else if (arguments.csv) {
    PrintChainCsv(report);
  } else {
    PrintChainTable(report);
  }
  const ChainCounts counts = CountChain(result);
  if (counts.of[0] == contracts.size() && quotes.problems == 0) return kExitDone;
  std::fprintf(stderr, "%s: %zu of %zu contracts have no volatility:", arguments.files.front().c_str(), contracts.size() - counts.of[0],
               contracts.size());
  for (int i = 1; i < kChainStatuses; ++i) {
    if (counts.of[i] > 0) std::fprintf(stderr, " %s %llu", kChainStatusNames[i], static_cast<unsigned long long>(counts.of[i]));
  }
  std::fprintf(stderr, quotes.problems > 0 ? "; %llu rows or files were not read\n" : "\n",
               static_cast<unsigned long long>(quotes.problems));
  return kExitDamaged;
}

}  // namespace tickgraph
