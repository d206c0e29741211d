// A cold process as a child of the hot one: started beside it, started again when it dies, waited for at the end.
//
// In replay the player tends it while it waits; in a live run a thread of its own does, so the loop makes no system call for it.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace tickgraph {

class ColdChild {
 public:
  ColdChild() = default;
  ColdChild(const ColdChild&) = delete;
  ColdChild& operator=(const ColdChild&) = delete;
  // Ends the child, if it still runs because its parent has failed, and waits for it: nothing writes to the folder any more.
  ~ColdChild();

  // Starts `tickgraph-cold ARGUMENTS…`, found beside the running program. `kept` ends a failure's text: where to find what it had
  // committed. False: see `error()`.
  bool Start(std::vector<std::string> arguments, std::string kept);

  // Looks after the child: one that died, or that somebody stopped before `all_done` (its input is closed and read to its end), is
  // started again. False when it has failed for good (it ended with an error, or too often); see `error()`.
  bool Tend(bool all_done);

  // True once the child has ended and everything is kept.
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] int restarts() const { return restarts_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool Spawn();

  cpu_set_t affinity_;  // of whoever started it: a restart by a pinned thread does not pin the child

  std::vector<std::string> arguments_;
  std::string kept_, error_;
  pid_t pid_ = -1;
  int restarts_ = 0;
  bool done_ = false;
};

}  // namespace tickgraph
