// The cold process as a child of the hot one: started beside it, started again when it dies, waited for at the end.
//
// Called by the player while it waits and after the loop has ended, never by the loop itself.
#pragma once

#include <sys/types.h>

#include <string>

namespace tickgraph {

class ArchiverChild {
 public:
  // Starts `tickgraph-cold archive --tape TAPE --out FOLDER --quiet`, found beside the running program. False: see `error()`.
  bool Start(const std::string& tape, const std::string& folder);

  // Looks after the child: one that died, or that somebody stopped before `all_archived` (the tape is closed and read to its end), is
  // started again. False when it has failed for good (it ended with an error, or too often); see `error()`.
  bool Tend(bool all_archived);

  // True once the child has ended and everything is archived.
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] int restarts() const { return restarts_; }
  [[nodiscard]] const std::string& error() const { return error_; }

  // Ends the child, if it runs, and waits for it.
  void Stop();

 private:
  bool Spawn();

  std::string tape_, folder_, error_;
  pid_t pid_ = -1;
  int restarts_ = 0;
  bool done_ = false;
};

}  // namespace tickgraph
