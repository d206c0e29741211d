// Reads /proc/self/task/TID and opens perf events.
#include "perf/thread_counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tickgraph {
namespace {

std::string TaskFile(pid_t thread, const char* name) {
  std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool After(const std::string& text, const std::string& key, uint64_t* out) {
  const size_t at = text.find(key);
  if (at == std::string::npos) return false;
  *out = std::strtoull(text.c_str() + at + key.size(), nullptr, 10);
  return true;
}

}  // namespace

std::optional<ThreadCounters> ReadThreadCounters(pid_t thread) {
  const std::string stat = TaskFile(thread, "stat"), status = TaskFile(thread, "status");
  const size_t bracket = stat.rfind(')');
  ThreadCounters out;
  if (bracket == std::string::npos || !After(status, "\nvoluntary_ctxt_switches:", &out.voluntary_switches) ||
      !After(status, "\nnonvoluntary_ctxt_switches:", &out.involuntary_switches))
    return std::nullopt;
  // proc(5): state is field 3, minflt 10, cminflt 11, majflt 12.
  std::istringstream fields(stat.substr(bracket + 1));
  std::string skipped;
  for (int field = 3; field < 10; ++field) fields >> skipped;
  fields >> out.minor_faults >> skipped >> out.major_faults;
  if (!fields) return std::nullopt;
  return out;
}

ThreadEvent::ThreadEvent(Kind kind, pid_t thread) {
  perf_event_attr wanted = {};
  wanted.size = sizeof(wanted);
  if (kind == Kind::kPageFaults) {
    wanted.type = PERF_TYPE_SOFTWARE;
    wanted.config = PERF_COUNT_SW_PAGE_FAULTS;
  } else {
    constexpr const char* kTracepoint = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id";
    wanted.type = PERF_TYPE_TRACEPOINT;
    std::ifstream in(kTracepoint);
    if (!(in >> wanted.config)) {
      problem_ = std::string(kTracepoint) + " cannot be read (tracefs is not mounted, or is for root alone)";
      return;
    }
  }
  file_ = static_cast<int>(syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
  if (file_ < 0) problem_ = std::string("perf_event_open: ") + std::strerror(errno);
}

ThreadEvent::~ThreadEvent() {
  if (file_ >= 0) close(file_);
}

uint64_t ThreadEvent::Read() const {
  uint64_t count = 0;
  return file_ >= 0 && read(file_, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

}  // namespace tickgraph
