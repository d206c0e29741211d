// Is an archive what it says it is: every byte, every file, every range of the tape, and nothing else among its tables.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cold/manifest.h"

namespace tickgraph {

struct VerifyReport {
  ArchiveManifest totals;
  uint64_t segments = 0, files = 0, bytes = 0;
  std::vector<std::string> problems;  // each names a file or a range; empty: the archive is good
};

// NotFound: the folder holds no archive.
absl::StatusOr<VerifyReport> VerifyArchive(const std::string& folder);

}  // namespace tickgraph
