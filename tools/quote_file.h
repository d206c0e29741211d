// One product's best quotes out of a JSON capture: Binance's bookTicker, and the best bid and ask of Coinbase Exchange's ticker.
//
// Flow: CaptureReader -> ParseCaptureLine -> JsonDecoder -> QuoteFile -> MergeQuotes. One thread, offline; all quotes are held in memory.
// Invariant: the quotes stand in the order of their times, those of one time in the file's order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/venue_edges.h"

namespace tickgraph {

struct QuoteFile {
  std::string path, symbol;
  std::string venue;       // as its decoder names it; of several, the first that quotes the product
  bool contracts = false;  // quantities count contracts, not coins
  bool own_times = false;  // quotes without a receive time were placed by the venue's own
  bool damaged = false;    // something of the file could not be read; it has been named on stderr
  std::vector<BestQuote> quotes;
};

// Throws std::runtime_error ("FILE: …") where the file cannot be read, or holds no quote of the product.
QuoteFile ReadQuoteFile(const std::string& path, const std::string& symbol);

}  // namespace tickgraph
