// What `options chain` says: a row a contract as CSV or Parquet, an object of all as JSON, a line an expiry for people.
//
// Flow: ChainQuotes, ChainResult -> ChainRowsOf -> one of the writers. One thread. A number that is not there is an empty cell, or null.
#pragma once

#include <string>

#include "tools/chain_quotes.h"

namespace tickgraph {

struct ChainReport {
  const ChainQuotes& quotes;
  const ChainSettings& settings;
  const ChainResult& result;
};

// The statuses' counts, kOk first.
struct ChainCounts {
  uint64_t of[kChainStatuses] = {};
  uint64_t signals = 0;
};
ChainCounts CountChain(const ChainResult& result);

void PrintChainCsv(const ChainReport& report);
void PrintChainJson(const ChainReport& report);
void PrintChainTable(const ChainReport& report);
// Appears under its name only when whole. False and `error` ("FILE: …").
bool WriteChainParquet(const ChainReport& report, const std::string& path, bool force, std::string* error);

}  // namespace tickgraph
