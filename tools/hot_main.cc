// tickgraph-hot: the programs of the hot path. Links no Arrow.
#include <cstdio>
#include <string_view>

#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/hot_command.h"

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "replay") return tickgraph::RunCommand(tickgraph::ReplayCommand, argc - 1, argv + 1);
  if (command == "run") return tickgraph::RunCommand(tickgraph::RunLiveCommand, argc - 1, argv + 1);
  std::fprintf(stderr, "tickgraph-hot: unknown command '%s'; there are: replay, run\n", argc > 1 ? argv[1] : "");
  return tickgraph::kExitUsage;
}
