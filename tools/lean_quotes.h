// Quotes of one day and symbol as QuantConnect's LEAN keeps them: a table of ticks inside a zip, or that table by itself.
//
// Flow: ZipArchive or a plain file -> LeanQuotes -> tools/venue_quotes.h. One thread, offline; all rows are held in memory. A row is
//   milliseconds since midnight in New York, bid, bid size, ask, ask size, exchange, sale condition, suspicious
// with prices in ten-thousandths; a price of 0 says nothing of its side. The day and the symbol stand in the table's name. A row that is
// none is counted and left out, and the first is named by line and byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hot/types.h"

namespace tickgraph {

struct LeanQuote {
  uint64_t ts_ns = 0;
  uint32_t row = 0;                         // line of the table, from 1
  PriceNanos bid_nanos = 0, ask_nanos = 0;  // 0: the row says nothing of that side
  Quantity bid_quantity = 0, ask_quantity = 0;
  uint8_t venue = 0;  // index in `venues`
};

struct LeanQuotes {
  static constexpr size_t kMaxVenues = 64;

  std::string path, table, symbol;
  uint32_t date = 0;  // yyyymmdd; 0: times are counted from midnight
  std::vector<std::string> venues;
  std::vector<LeanQuote> quotes;
  uint64_t rows = 0, bad_rows = 0, late_rows = 0;  // late: before the row ahead of it; such a row keeps its place
  bool damaged = false;                            // something could not be read; it has been named on stderr
};

// Throws std::runtime_error ("FILE: …") where the file cannot be read or holds no such table. `date`: 0, or what the name does not say.
LeanQuotes ReadLeanQuotes(const std::string& path, uint32_t date);

}  // namespace tickgraph
