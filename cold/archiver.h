// The cold process: a tape to an archive.
//
//   tape -> reading thread (segments, plans) -> queue of files -> encoder threads -> finished segments -> commit, in order -> SetArchived
// A segment ends at every kMax-th sequence, so that archives of one tape do not depend on when they were read, stopped or killed.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "cold/manifest.h"

namespace tickgraph {

struct ArchiveOptions {
  std::string tape, folder;
  int encoder_threads = 2;
  uint32_t max_segment_records = 1u << 18;                          // a quarter of the tape's ring where that is less
  const std::atomic<bool>* stop = nullptr;                          // true: commit what was read and end
  void (*progress)(uint64_t archived, uint64_t written) = nullptr;  // called now and then by the calling thread
};

// Ends when the tape is closed or its writer dead, and all of it archived, or when told to stop. FailedPrecondition: the folder holds
// something else. Other errors: what was committed before is good, and the same call goes on from there.
absl::StatusOr<ArchiveManifest> RunArchive(const ArchiveOptions& options);

}  // namespace tickgraph
