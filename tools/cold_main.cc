// The cold program: every command that is not on the hot path. Killing it never disturbs a running hot one.
#include <csignal>
#include <cstring>
#include <iostream>

#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

struct Command {
  const char* name;
  CommandFunction run;
};

constexpr Command kCommands[] = {
    {"arbitrage", ArbitrageCommand}, {"archive", ArchiveCommand},   {"book", BookCommand},       {"book-features", BookFeaturesCommand},
    {"doctor", DoctorCommand},       {"generate", GenerateCommand}, {"inspect", InspectCommand}, {"options", OptionsCommand},
    {"record", RecordCommand},       {"report", ReportCommand},     {"serve", ServeCommand},     {"stat", StatCommand},
    {"verify", VerifyCommand},
};

int Main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "";
  for (const Command& command : kCommands) {
    if (std::strcmp(command.name, name) != 0) continue;
    // What keeps a live session outlives the terminal or pipe that its messages go to; other commands end with their reader, as filters do.
    if (command.run == ArchiveCommand || command.run == RecordCommand) std::signal(SIGPIPE, SIG_IGN);
    return RunCommand(command.run, argc - 1, argv + 1);
  }
  std::cerr << "tickgraph-cold: unknown command '" << name << "'\n";
  return kExitUsage;
}

}  // namespace
}  // namespace tickgraph

int main(int argc, char** argv) { return tickgraph::Main(argc, argv); }
