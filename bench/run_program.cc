#include "bench/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tickgraph {
namespace {

constexpr size_t kKeptErrorBytes = 8192;

[[noreturn]] void Become(const std::vector<std::string>& arguments, const ProgramOptions& options, int out, int errors) {
  dup2(out, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  if (options.core >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(options.core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
      dprintf(STDERR_FILENO, "core %d: %s\n", options.core, std::strerror(errno));
      _exit(126);
    }
  }
  for (const std::string& pair : options.environment) putenv(const_cast<char*>(pair.c_str()));
  std::vector<char*> list;
  for (const std::string& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
  list.push_back(nullptr);
  execvp(list[0], list.data());
  dprintf(STDERR_FILENO, "%s: %s\n", list[0], std::strerror(errno));
  _exit(127);
}

// Reads both pipes to their ends, whichever fills first.
void Collect(int out, int errors, ProgramResult* result) {
  std::array<pollfd, 2> waiting = {pollfd{out, POLLIN, 0}, pollfd{errors, POLLIN, 0}};
  std::array<char, 65536> buffer;
  for (int open = 2; open > 0;) {
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    for (pollfd& pipe : waiting) {
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      const ssize_t n = read(pipe.fd, buffer.data(), buffer.size());
      if (n > 0) {
        std::string& text = pipe.fd == out ? result->out : result->errors;
        text.append(buffer.data(), static_cast<size_t>(n));
        if (&text == &result->errors && text.size() > 2 * kKeptErrorBytes) text.erase(0, text.size() - kKeptErrorBytes);
      } else if (n == 0 || errno != EINTR) {
        pipe.fd = -1;
        --open;
      }
    }
  }
}

}  // namespace

ProgramResult RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  std::array<int, 2> out, errors;
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(errors.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (child == 0) Become(arguments, options, out[1], errors[1]);
  close(out[1]);
  close(errors[1]);
  ProgramResult result;
  Collect(out[0], errors[0], &result);
  close(out[0]);
  close(errors[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.exit_code == 126 || result.exit_code == 127) throw std::runtime_error(result.errors);
  return result;
}

std::string OwnPath() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) throw std::runtime_error(std::string("/proc/self/exe: ") + std::strerror(errno));
  return {path, static_cast<size_t>(length)};
}

}  // namespace tickgraph
