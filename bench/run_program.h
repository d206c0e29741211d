// Runs another program and keeps what it printed: a benchmark of another commit, git, cmake, valgrind. Cold code, one thread.
#pragma once

#include <string>
#include <vector>

namespace tickgraph {

struct ProgramResult {
  int exit_code = -1;       // 128 + n where signal n ended it
  std::string out, errors;  // stdout; the end of stderr
};

struct ProgramOptions {
  int core = -1;                         // pinned there, its threads too; -1: not pinned
  std::vector<std::string> environment;  // KEY=VALUE, added to this process's own
};

// `arguments[0]` is looked up in PATH. Throws std::runtime_error where the program cannot be started.
[[nodiscard]] ProgramResult RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

// The path of this very program.
[[nodiscard]] std::string OwnPath();

}  // namespace tickgraph
