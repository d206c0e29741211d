// The best quotes of every spot product in JSON captures, and which two currencies each product trades.
//
// Flow: JsonLines -> books of levels where a venue sends them, else its best quotes -> CurrencyQuotes, in the order of their times. One
// thread, offline; all quotes are held in memory. Coinbase's snapshot and l2update make a book; its tickers count only for products without
// one. Of Binance the bookTicker counts. Futures are passed over: they convert nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/venue_edges.h"

namespace tickgraph {

struct CurrencyProduct {
  std::string symbol, venue, base, quote;
  uint32_t file = 0;
};

struct CurrencyQuote {
  BestQuote best;
  uint64_t line = 0;  // in its product's file, from 1
  uint32_t product = 0;
};

struct CurrencyQuotes {
  std::vector<CurrencyProduct> products;
  std::vector<CurrencyQuote> quotes;     // of one time: in the order of the files, then of their lines
  std::vector<std::string> passed_over;  // products that trade no two known currencies, or are futures
  bool damaged = false;                  // something could not be read; it has been named on stderr
};

// BTC-USD, or BTCUSDT by the longest ending that is a currency others are quoted in. False where it is neither.
bool SplitSymbol(std::string_view symbol, std::string* base, std::string* quote);

// Throws std::runtime_error ("FILE: …") where a file cannot be read or holds no quote.
CurrencyQuotes ReadCurrencyQuotes(const std::vector<std::string>& paths);

}  // namespace tickgraph
