// The manifests of an archive: small JSON files, one member or file a line, the last line a checksum of all the bytes before it.
//
// A segment's manifest appears by rename, and that is the commit of the segment. Reading takes what was written here and
// nothing else: the checksum is compared first, so a changed byte anywhere is found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hot/tape_record.h"

namespace tickgraph {

struct ArchiveFile {
  std::string path;  // relative to the archive's folder
  uint64_t rows = 0, bytes = 0;
  std::string checksum;
};

struct SegmentManifest {
  uint64_t session_id = 0;
  uint64_t first = 0, last = 0;  // tape sequences, both included
  uint64_t gapped_records = 0;   // of these, lost before they were read
  std::vector<ArchiveFile> files;
};

enum class ArchiveEnd : uint8_t { kRunning = 0, kStopped, kWriterDied, kClosed };
inline constexpr const char* kArchiveEndNames[] = {"running", "stopped", "writer died", "closed"};

struct ArchiveManifest {
  std::string tape;
  uint64_t session_id = 0;
  ArchiveEnd end = ArchiveEnd::kRunning;
  uint64_t tape_records = 0;      // last sequence that the archive covers
  uint64_t archived_records = 0;  // rows of all tables
  uint64_t gapped_records = 0;
  uint64_t table_rows[kTapeTables] = {};
};

// The table of a path inside an archive; -1: none.
int TableOfPath(std::string_view path);

std::string ToJson(const SegmentManifest& manifest);
std::string ToJson(const ArchiveManifest& manifest);
absl::StatusOr<SegmentManifest> ReadSegmentManifest(const std::string& path);
absl::StatusOr<ArchiveManifest> ReadArchiveManifest(const std::string& path);

// A whole file; NotFound where there is none.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);
// Writes a new file; on failure nothing is left of it. `sync` waits until it is on the disk.
absl::Status WriteWholeFile(const std::string& path, std::string_view bytes, bool sync);
// A file that appears whole under its name and stays there: temporary name, fsync, rename, fsync of the folder.
absl::Status WriteDurably(const std::string& folder, const std::string& name, std::string_view bytes);

}  // namespace tickgraph
