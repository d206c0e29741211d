// The real programs as child processes: started, killed, waited for, and what they left.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "hot/counters_page.h"
#include "hot/tape_layout.h"
#include "tests/tools/session_files.h"

namespace tickgraph {

struct Outcome {
  int exit_code = -1;  // minus the signal's number where one ended it
  std::string out, err;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline int ExitCodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

class ChildProcess {
 public:
  // `tickgraph ARGUMENTS…` of this build; its output goes to files in `folder`. `prefix`: words in front of the command, such as those of
  // a program that execs it.
  ChildProcess(const std::vector<std::string>& arguments, const TemporaryFolder& folder, const std::vector<std::string>& prefix = {}) {
    static int count = 0;
    out_ = folder.File("stdout-" + std::to_string(++count));
    err_ = folder.File("stderr-" + std::to_string(count));
    std::vector<std::string> words = prefix;
    words.push_back(std::string(TICKGRAPH_BUILD_DIR) + "/tickgraph");
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) ADD_FAILURE() << "could not start " << argv[0];
    posix_spawn_file_actions_destroy(&actions);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  // It has ended, and Wait will not block.
  [[nodiscard]] bool ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
  }
  [[nodiscard]] std::string err() const { return ReadFile(err_); }

  Outcome Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return {ExitCodeOf(status), ReadFile(out_), ReadFile(err_)};
  }

 private:
  pid_t pid_ = -1;
  std::string out_, err_;
};

// True once `ready()` is, within a minute.
template <class F>
bool WaitUntil(F ready) {
  for (int i = 0; i < 6000; ++i) {
    if (ready()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// The living children of a process.
inline std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = ReadFile(entry.path() / "stat");
    const size_t bracket = stat.rfind(')');
    if (bracket == std::string::npos || stat.size() < bracket + 4 || stat[bracket + 2] == 'Z') continue;
    if (std::strtol(stat.c_str() + bracket + 4, nullptr, 10) == parent) out.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return out;
}

// One of them; 0: it has none.
inline pid_t ChildOf(pid_t parent) {
  const std::vector<pid_t> children = ChildrenOf(parent);
  return children.empty() ? 0 : children.front();
}

// The Parquet files of an archive by their path in it, but those of `latency`, which holds measured times.
inline std::map<std::string, std::string> ArchiveFiles(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = std::filesystem::relative(entry.path(), folder);
    if (entry.path().extension() == ".parquet" && path.rfind("latency/", 0) != 0) out[path] = entry.path();
  }
  return out;
}

// A small session, and the programs run on it; every tape a test names is gone when the test is over.
class ReplayProgramTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& tape : tapes_) {
      const std::string ring = "/dev/shm/tickgraph-" + tape + ".packets";
      for (const std::string& path : {TapePath(tape), ring, CountersPath(tape)})
        EXPECT_FALSE(std::filesystem::exists(path)) << "left in shared memory: " << path;
    }
  }

  std::string Session(const std::string& name = "s.pcap", const LineOptions& lines = {}) {
    GeneratorOptions options;
    options.seed = 3;
    options.messages = 20'000;
    options.lines = lines;
    WriteSession(options, folder_.File(name));
    return folder_.File(name);
  }
  std::string File(const std::string& name) const { return folder_.File(name); }

  Outcome Run(const std::vector<std::string>& arguments) { return ChildProcess(arguments, folder_).Wait(); }

  // The arguments of a replay into folder `out` of the test, with a tape of its own.
  std::vector<std::string> ReplayOf(const std::string& source, const std::string& out, const std::vector<std::string>& more = {}) {
    tapes_.push_back("replay-test-" + std::to_string(getpid()) + "-" + std::to_string(tapes_.size()));
    std::vector<std::string> arguments = {"replay", "--out", File(out), "--json", "--tape", tapes_.back()};
    if (!source.empty()) arguments.push_back(source);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome Replay(const std::string& source, const std::string& out, const std::vector<std::string>& more = {}) {
    return Run(ReplayOf(source, out, more));
  }
  [[nodiscard]] std::string last_tape() const { return tapes_.back(); }

  const TemporaryFolder folder_;

 private:
  std::vector<std::string> tapes_;
};

}  // namespace tickgraph
