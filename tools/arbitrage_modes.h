// The three questions of `tickgraph arbitrage`, each in a file of its own, and what their command lines share.
//
// Flow: arbitrage_command.cc reads the arguments and asks one of these; each returns an exit code. One thread.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.h"
#include "tools/row_output.h"
#include "tools/venue_edges.h"

namespace tickgraph {

struct ArbitrageArguments {
  CommonOptions common;
  std::vector<std::string> files;
  std::string symbol, symbol_b;
  NanoBps min_edge = 0, fee = 0;
  std::string min_edge_text;  // "": not given
  bool csv = false, cycles = false;
  std::string out;
  std::string reading = "best", day;
  int depth = 3;

  [[nodiscard]] RowOutput::Target target() const { return {csv, out, common.force, files}; }
};

// Two files: one venue's best quotes against the other's.
int ArbitragePair(const ArbitrageArguments& arguments);
// One table of quotes of many venues: where the consolidated book is locked or crossed.
int ArbitrageVenues(const ArbitrageArguments& arguments);
// Any number of files: cycles of conversions through the products' currencies.
int ArbitrageCycles(const ArbitrageArguments& arguments);

}  // namespace tickgraph
