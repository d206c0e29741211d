#include "tools/hot_child.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

extern char** environ;

namespace tickgraph {
namespace {

// A child that dies at once, every time, is not coming back.
constexpr int kMaxRestarts = 1000;

std::string ProgramBeside(const char* name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(name) : (self.parent_path() / name).string();
}

}  // namespace

bool ColdChild::Start(std::vector<std::string> arguments, std::string kept) {
  arguments_ = std::move(arguments);
  kept_ = std::move(kept);
  sched_getaffinity(0, sizeof(affinity_), &affinity_);
  return Spawn();
}

bool ColdChild::Spawn() {
  std::string program = ProgramBeside("tickgraph-cold");
  std::vector<char*> words = {program.data()};
  for (std::string& word : arguments_) words.push_back(word.data());
  words.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A stop is meant for the hot process: it closes the tape, and the cold processes end by that. So the child sits in its own group.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  // stdout is for the report alone.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  cpu_set_t here;
  sched_getaffinity(0, sizeof(here), &here);
  sched_setaffinity(0, sizeof(affinity_), &affinity_);
  const int failed = posix_spawn(&pid_, program.c_str(), &actions, &attributes, words.data(), environ);
  sched_setaffinity(0, sizeof(here), &here);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed == 0) return true;
  pid_ = -1;
  error_ = "could not start the cold process " + program + ": " + std::strerror(failed);
  return false;
}

bool ColdChild::Tend(bool all_done) {
  if (pid_ < 0) return done_;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0) return true;
  pid_ = -1;
  if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    error_ = "the cold process '" + arguments_.front() + "' ended with exit code " + std::to_string(WEXITSTATUS(status)) +
             "; what it had committed is in " + kept_;
    return false;
  }
  done_ = ended > 0 && WIFEXITED(status) && all_done;
  if (done_) return true;
  if (++restarts_ > kMaxRestarts) {
    error_ =
        "the cold process '" + arguments_.front() + "' died " + std::to_string(restarts_) + " times; what it had committed is in " + kept_;
    return false;
  }
  return Spawn();
}

ColdChild::~ColdChild() {
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace tickgraph
