// What the kernel counts of one thread: page faults and context switches from /proc, and perf events where the system lets us have them.
//
// Beside the flow: another thread reads them of the hot one, which makes no call for it. Not for the loop.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace tickgraph {

struct ThreadCounters {
  uint64_t minor_faults = 0, major_faults = 0;
  uint64_t voluntary_switches = 0, involuntary_switches = 0;
};

// Of a thread of this process; empty where /proc does not say.
[[nodiscard]] std::optional<ThreadCounters> ReadThreadCounters(pid_t thread);

// One perf event of one thread, counted from construction. `ok()` is false where the system does not give it; `problem()` says why.
class ThreadEvent {
 public:
  enum class Kind : uint8_t { kPageFaults, kSystemCalls };

  ThreadEvent(Kind kind, pid_t thread);
  ThreadEvent(const ThreadEvent&) = delete;
  ThreadEvent& operator=(const ThreadEvent&) = delete;
  ~ThreadEvent();

  [[nodiscard]] bool ok() const { return file_ >= 0; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] uint64_t Read() const;

 private:
  int file_ = -1;
  std::string problem_;
};

}  // namespace tickgraph
