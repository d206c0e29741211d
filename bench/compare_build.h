// The benchmark program of another commit, built in a git worktree of its own under build/compare/: `base` and `candidate` are two places
// that are used again, so a second comparison compiles only what differs.
#pragma once

#include <string>

namespace tickgraph {

struct BuiltCommit {
  std::string program, commit;  // path of its tickgraph-bench; full hash
};

// While it lives no other comparison uses the two places of `source`. Throws std::runtime_error where one does.
class ComparisonLock {
 public:
  explicit ComparisonLock(const std::string& source);
  ~ComparisonLock();
  ComparisonLock(const ComparisonLock&) = delete;
  ComparisonLock& operator=(const ComparisonLock&) = delete;

 private:
  int file_;
};

// `place` is "base" or "candidate". Throws ConfigError where `revision` is no commit, std::runtime_error where it cannot be built.
[[nodiscard]] BuiltCommit BuildCommit(const std::string& source, const std::string& place, const std::string& revision, bool quiet);

}  // namespace tickgraph
