// Files by product to one file a date: what becomes of a table when it turns out to have too many products for folders.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cold/manifest.h"

namespace tickgraph {

struct MergedFile {
  std::string folder, name, bytes;
  uint64_t rows = 0;
};

// Reads `files` (all of one table and segment, under `root`) and gives for each date one file sorted by product, then sequence,
// with a `product` column.
absl::StatusOr<std::vector<MergedFile>> MergeByDate(const std::string& root, const std::vector<ArchiveFile>& files);

}  // namespace tickgraph
