// An archive's folder: files appear in it whole, a segment at a time, and whatever a death left behind is put right at the start.
//
// Order of a commit: data files under temporary names, their bytes on the disk, the segment's manifest by rename (the commit), data
// files to their final names. Open() finishes the renames of committed segments and removes data files that no manifest names.
// WriteFile may be called by any thread; the rest by one.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cold/manifest.h"

namespace tickgraph {

class ArchiveStore {
 public:
  // Begins an archive, or goes on with the one of the same session. FailedPrecondition: the folder holds something else.
  static absl::StatusOr<std::unique_ptr<ArchiveStore>> Open(const std::string& folder, const std::string& tape, uint64_t session_id);

  // Writes a data file under its temporary name.
  absl::StatusOr<ArchiveFile> WriteFile(const std::string& folder, const std::string& name, std::string_view bytes, uint64_t rows);
  // Makes the segment part of the archive. Tables named in `flat_tables` (bit i: table i) that earlier segments keep by product are
  // first rewritten as files by date.
  absl::Status Commit(SegmentManifest manifest, uint32_t flat_tables);
  // Says how the archive ended.
  absl::Status Finish(ArchiveEnd end);
  // Removes what no committed segment names; for the start and after a failure.
  absl::Status RemoveLeftovers();

  [[nodiscard]] const std::vector<SegmentManifest>& segments() const { return segments_; }
  [[nodiscard]] uint64_t last() const { return segments_.empty() ? 0 : segments_.back().last; }
  [[nodiscard]] const ArchiveManifest& totals() const { return totals_; }

 private:
  ArchiveStore(std::string folder, std::string tape, uint64_t session_id);
  absl::Status Load();
  absl::Status WriteManifest(const SegmentManifest& manifest);
  absl::Status FinishRenames(const SegmentManifest& manifest);
  absl::Status Flatten(SegmentManifest& segment, int table);
  absl::Status Sync(const SegmentManifest& manifest);
  std::string Path(std::string_view relative) const { return folder_ + "/" + std::string(relative); }

  std::string folder_;
  std::vector<SegmentManifest> segments_;
  ArchiveManifest totals_;
  std::mutex mutex_;                          // guards `folders_`
  absl::flat_hash_set<std::string> folders_;  // known to exist
};

}  // namespace tickgraph
