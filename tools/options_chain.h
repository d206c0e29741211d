// `tickgraph options chain FILE…`: volatilities, smiles and mispricings of a chain of quotes; the part of options_command.cc with a chain.
//
// Flow: AddChainOptions -> RunChain: ReadChainQuotes -> EvaluateChain -> chain_output.h. One thread.
#pragma once

#include <string>
#include <vector>

#include "tools/chain_quotes.h"
#include "tools/command_line.h"

namespace tickgraph {

struct ChainArguments {
  CommonOptions common;
  std::vector<std::string> files;
  bool csv = false;
  std::string out, style = "european", date, at;
  ChainSettings settings;
};

void AddChainOptions(CLI::App& command, ChainArguments& arguments);
// Returns the exit code.
int RunChain(ChainArguments& arguments);

}  // namespace tickgraph
