#include "bench/compare_build.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "bench/run_program.h"
#include "tools/config.h"

namespace tickgraph {
namespace {

namespace fs = std::filesystem;

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string LastLines(const std::string& text, size_t bytes) {
  return text.size() <= bytes ? text : "…" + text.substr(text.size() - bytes);
}

std::string Git(const fs::path& where, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-C", where.string()});
  const ProgramResult result = RunProgram(arguments);
  if (result.exit_code != 0) throw std::runtime_error("git " + arguments[3] + ": " + FirstLine(result.errors));
  return FirstLine(result.out);
}

std::string CommitOf(const fs::path& source, const std::string& revision) {
  const ProgramResult result = RunProgram({"git", "-C", source.string(), "rev-parse", "--verify", "--quiet", revision + "^{commit}"});
  if (result.exit_code != 0)
    throw ConfigError("there is no commit '" + revision + "' in " + source.string() + ", nor a file of that name ending in .json");
  return FirstLine(result.out);
}

// What a fresh checkout lacks and the bootstrap would install again: Arrow's wheel, the CUDA compiler.
void LinkInstalled(const fs::path& source, const fs::path& tree) {
  for (const char* name : {".venv", ".cuda"}) {
    std::error_code ignored;
    if (fs::exists(source / name) && !fs::exists(fs::symlink_status(tree / name)))
      fs::create_directory_symlink(fs::canonical(source / name), tree / name, ignored);
  }
}

void Checkout(const fs::path& source, const fs::path& tree, const std::string& commit) {
  if (fs::exists(tree / ".git")) {
    Git(tree, {"checkout", "--quiet", "--force", "--detach", commit});
    return;
  }
  fs::create_directories(tree.parent_path());
  Git(source, {"worktree", "prune"});
  Git(source, {"worktree", "add", "--quiet", "--force", "--detach", tree.string(), commit});
}

void Step(const std::vector<std::string>& arguments, const fs::path& tree, const std::string& what) {
  // One cache for both places and the checkout itself: paths are taken relative to the folder above, as far as they can be.
  const ProgramOptions options = {.environment = {"CCACHE_NOHASHDIR=1", "CCACHE_BASEDIR=" + tree.string()}};
  const ProgramResult result = RunProgram(arguments, options);
  if (result.exit_code == 0) return;
  throw std::runtime_error(what + " failed in " + tree.string() + ":\n" + LastLines(result.out + result.errors, 4000));
}

}  // namespace

ComparisonLock::ComparisonLock(const std::string& source) {
  const fs::path folder = fs::path(source) / "build" / "compare";
  fs::create_directories(folder);
  file_ = open((folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (file_ < 0) throw std::runtime_error((folder / "lock").string() + ": could not be opened");
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  close(file_);
  throw std::runtime_error("another comparison is using " + folder.string());
}

ComparisonLock::~ComparisonLock() { close(file_); }

BuiltCommit BuildCommit(const std::string& source, const std::string& place, const std::string& revision, bool quiet) {
  const fs::path root = source, tree = root / "build" / "compare" / place, build = tree / "build" / "release";
  const std::string commit = CommitOf(root, revision);
  if (!quiet) std::cerr << "tickgraph bench compare: building " << place << " " << revision << " (" << commit.substr(0, 12) << ")\n";
  Checkout(root, tree, commit);
  LinkInstalled(root, tree);
  if (!fs::exists(build / "build.ninja")) {
    std::vector<std::string> configure = {"cmake", "-S", tree.string(), "--preset", "release", "-DTICKGRAPH_TESTS=OFF"};
    try {
      (void)RunProgram({"ccache", "--version"});
      configure.emplace_back("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache");
    } catch (const std::runtime_error&) {
      // Without it every commit is compiled from nothing.
    }
    Step(configure, tree, "cmake");
  }
  Step({"cmake", "--build", build.string(), "--target", "tickgraph-bench", "--parallel", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
       tree, "the build of " + revision);
  return {(build / "tickgraph-bench").string(), commit};
}

}  // namespace tickgraph
