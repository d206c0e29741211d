// What every command's command line shares: parsing with the agreed exit codes, the common flags, the outermost catch.
//
// A command reads:
//   CLI::App app("What it does");
//   CommonOptions common;
//   AddCommonOptions(app, common, kJson | kQuiet | kForce);
//   app.add_option("FILE", file, "...")->required();
//   if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace tickgraph {

struct CommonOptions {
  bool json = false;   // one JSON object on stdout instead of the text for people
  bool quiet = false;  // no progress on stderr
  bool force = false;  // outputs that exist may be replaced
};

enum CommonFlags : unsigned { kJson = 1, kQuiet = 2, kForce = 4 };

void AddCommonOptions(CLI::App& app, CommonOptions& options, unsigned flags);

// Names the app "tickgraph <argv[0]>" and parses. Empty: go on. Otherwise the exit code: 0 after --help (on stdout), 2 after a
// usage error (one line on stderr, and where to find help).
[[nodiscard]] std::optional<int> ParseCommandLine(CLI::App& app, int argc, char** argv);

using CommandFunction = int (*)(int argc, char** argv);

// Runs a command for main(): exceptions become a line on stderr and an exit code, and a stdout that could not be written whole
// (a full disk) is a failure.
int RunCommand(CommandFunction command, int argc, char** argv);

}  // namespace tickgraph
