// A chain of option quotes at one moment, out of files: a CSV table, or the archives of minute bars of QuantConnect's LEAN.
//
// Flow: ReadChainQuotes -> EvaluateChain (kernels/option_chain.h). One thread, offline. What can be read is kept; what cannot is named on
// stderr and counted.
//
// A CSV table has a header line; names are taken without regard to case. `strike`, and `bid` and `ask` (an empty cell: that side is not
// there) are needed, and `time_years` or `expiry`: a day (YYYYMMDD or YYYY-MM-DD; 16:00 in New York) or a number of days. `right` (call or
// put, C or P; without the column all are calls), `style` (american, european; without: the settings'), `spot` (or `underlying`),
// `bid_size`, `ask_size` may be there. Cells may be separated by semicolons, numbers then have a decimal comma.
//
// A LEAN archive holds a file a contract, <day>_<symbol>_minute_quote_<style>_<right>_<strike>_<expiry>.csv, strikes and prices times
// 10,000: of each the last bar at or before the moment. <day>_<symbol>_minute_quote.csv and …_trade.csv are the underlying.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/option_chain.h"

namespace tickgraph {

struct ChainReading {
  uint32_t date = 0;      // yyyymmdd, 0: as the files say
  int64_t time_ms = -1;   // since midnight; -1: as the files say
  bool american = false;  // where the file does not say
};

struct ChainQuoteRow {
  ChainContract contract;
  std::string expiry;         // as the file says it
  double bid_size, ask_size;  // NaN: not there
};

struct ChainQuotes {
  std::vector<ChainQuoteRow> rows;
  std::string symbol;  // empty: the files do not say
  uint32_t date = 0;   // 0: not known, nor needed
  int64_t time_ms = -1;
  double spot = NotANumber<double>();
  uint64_t problems = 0;  // rows and files that could not be read
};

// Throws ConfigError where a day is needed and none is known, or a column is missing; std::runtime_error where a file cannot be read.
ChainQuotes ReadChainQuotes(const std::vector<std::string>& paths, const ChainReading& reading);

// Years of 365 days from a moment to 16:00 of the day of expiry.
double YearsToExpiry(uint32_t date, int64_t time_ms, uint32_t expiry);

// Parts of ReadChainQuotes.
void ReadLeanArchives(const std::vector<std::string>& paths, const ChainReading& reading, ChainQuotes& quotes);
void ReadChainTable(const std::string& path, const ChainReading& reading, ChainQuotes& quotes);

}  // namespace tickgraph
