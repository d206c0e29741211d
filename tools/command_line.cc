// Parsing, help and the outermost catch of every command; see the header.
#include "tools/command_line.h"

#include <cstdio>
#include <exception>
#include <iostream>

#include "tools/config.h"
#include "tools/exit_code.h"

namespace tickgraph {

void AddCommonOptions(CLI::App& app, CommonOptions& options, unsigned flags) {
  if (flags & kJson) app.add_flag("--json", options.json, "Print one JSON object");
  if (flags & kQuiet) app.add_flag("--quiet", options.quiet, "No progress on stderr");
  if (flags & kForce) app.add_flag("--force", options.force, "Replace outputs that exist");
}

std::optional<int> ParseCommandLine(CLI::App& app, int argc, char** argv) {
  app.name(std::string("tickgraph ") + argv[0]);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    std::cerr << app.get_name() << ": " << error.what() << "\nTry '" << app.get_name() << " --help'.\n";
    return kExitUsage;
  }
}

int RunCommand(CommandFunction command, int argc, char** argv) {
  int exit_code = kExitFailed;
  try {
    exit_code = command(argc, argv);
  } catch (const ConfigError& error) {
    std::cerr << "tickgraph " << argv[0] << ": " << error.what() << "\n";
    exit_code = kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "tickgraph " << argv[0] << ": " << error.what() << "\n";
  }
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::cerr << "tickgraph " << argv[0] << ": could not write to standard output\n";
    if (exit_code == kExitDone) exit_code = kExitFailed;
  }
  return exit_code;
}

}  // namespace tickgraph
