// Makes a folder ready for an archive before the archiver starts: called by the hot program, which links no Arrow.
//
// Only what an archiver wrote is ever deleted, known by its place and name; foreign files stay.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "cold/archive_names.h"

namespace tickgraph {

// True: the folder exists and holds no archive; an empty _segments folder in it tells the archiver that it may begin. False, and a text:
// it holds something and `force` is not set, or the system refuses.
inline bool PrepareArchiveFolder(const std::string& folder, bool force, std::string* error) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const fs::path root = folder;
  const auto failed = [&](const std::string& what) {
    *error = what + ": " + failure.message();
    return false;
  };
  if (fs::exists(root, failure) && !fs::is_directory(root, failure)) {
    *error = folder + " is not a folder";
    return false;
  }
  fs::create_directories(root, failure);
  if (failure) return failed("cannot make folder " + folder);
  const bool empty = fs::is_empty(root, failure);
  if (failure) return failed("cannot read folder " + folder);
  if (!empty && !force) {
    *error = folder + " is not empty (--force replaces an archive)";
    return false;
  }
  std::vector<fs::path> old;
  ForEachTableFile(root, [&](const fs::path& path) {
    if (IsArchiveFileName(path.filename().string(), kParquetSuffix)) old.push_back(path);
  });
  // The manifest goes first: what is left after a death in between is never taken for a whole archive.
  fs::remove(root / kArchiveManifestName, failure);
  if (failure) return failed("cannot remove " + (root / kArchiveManifestName).string());
  fs::remove(root / TemporaryName(kArchiveManifestName), failure);
  const fs::path segments = root / kSegmentsFolder;
  if (fs::is_directory(segments, failure)) {
    for (const auto& entry : fs::directory_iterator(segments, failure)) {
      if (IsArchiveFileName(entry.path().filename().string(), kManifestSuffix)) old.push_back(entry.path());
    }
  }
  for (const fs::path& path : old) {
    fs::remove(path, failure);
    if (failure) return failed("cannot remove " + path.string());
  }
  for (const char* table : kTapeTableNames) RemoveEmptyFolders(root / table);
  fs::create_directories(segments, failure);
  if (failure) return failed("cannot make folder " + segments.string());
  return true;
}

}  // namespace tickgraph
