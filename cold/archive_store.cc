// The file operations behind a commit, and the repair of what a death left.
#include "cold/archive_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cold/archive_names.h"
#include "cold/checksum.h"
#include "cold/flatten.h"

namespace tickgraph {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }
std::string TemporaryPath(const std::string& path) { return FolderOf(path) + "/" + TemporaryName(NameOf(path)); }

absl::Status SyncPath(const std::string& path, int flags) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  const auto status = fsync(file) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  close(file);
  return status;
}

// Nothing but what PrepareArchiveFolder or a start that was cut short leaves.
bool MayBegin(const fs::path& folder) {
  std::error_code error;
  bool marked = false, empty = true;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name == kSegmentsFolder) {
      marked = fs::is_empty(entry.path(), error);
      if (!marked) return false;
    } else if (name != TemporaryName(kArchiveManifestName)) {
      empty = false;
    }
  }
  return marked || empty;
}

}  // namespace

ArchiveStore::ArchiveStore(std::string folder, std::string tape, uint64_t session_id) : folder_(std::move(folder)) {
  totals_.tape = std::move(tape);
  totals_.session_id = session_id;
}

absl::StatusOr<std::unique_ptr<ArchiveStore>> ArchiveStore::Open(const std::string& folder, const std::string& tape, uint64_t session_id) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make folder ", folder, ": ", error.message()));
  std::unique_ptr<ArchiveStore> store(new ArchiveStore(folder, tape, session_id));
  const std::string manifest_path = store->Path(kArchiveManifestName);
  if (fs::exists(manifest_path, error)) {
    const auto manifest = ReadArchiveManifest(manifest_path);
    if (!manifest.ok()) return manifest.status();
    if (manifest->session_id != session_id) {
      return absl::FailedPreconditionError(absl::StrCat(folder, " holds the archive of another session (--force replaces it)"));
    }
    if (const auto status = store->Load(); !status.ok()) return status;
  } else {
    if (!MayBegin(folder)) return absl::FailedPreconditionError(absl::StrCat(folder, " is not empty (--force replaces an archive)"));
    fs::create_directories(store->Path(kSegmentsFolder), error);
    if (error) return absl::InternalError(absl::StrCat("cannot make folder ", store->Path(kSegmentsFolder), ": ", error.message()));
  }
  if (store->totals_.end != ArchiveEnd::kClosed) {
    if (const auto status = store->Finish(ArchiveEnd::kRunning); !status.ok()) return status;
  }
  return store;
}

absl::Status ArchiveStore::Load() {
  std::error_code error;
  std::vector<std::pair<uint64_t, std::string>> names;
  for (const auto& entry : fs::directory_iterator(Path(kSegmentsFolder), error)) {
    uint64_t first, last;
    const std::string name = entry.path().filename().string();
    if (ParseRangeName(name, kManifestSuffix, &first, &last)) names.emplace_back(first, entry.path().string());
  }
  if (error) return absl::InternalError(absl::StrCat("cannot read ", Path(kSegmentsFolder), ": ", error.message()));
  std::sort(names.begin(), names.end());
  for (const auto& [first, path] : names) {
    auto manifest = ReadSegmentManifest(path);
    if (!manifest.ok()) return manifest.status();
    if (manifest->session_id != totals_.session_id || manifest->first != last() + 1) {
      return absl::DataLossError(absl::StrCat(path, " does not continue the archive at record ", last() + 1));
    }
    if (const auto status = FinishRenames(*manifest); !status.ok()) return status;
    segments_.push_back(*std::move(manifest));
  }
  const auto end = ReadArchiveManifest(Path(kArchiveManifestName));
  if (end.ok() && end->end == ArchiveEnd::kClosed && end->tape_records == last()) totals_ = *end;
  return RemoveLeftovers();
}

absl::Status ArchiveStore::FinishRenames(const SegmentManifest& manifest) {
  for (const ArchiveFile& file : manifest.files) {
    const std::string path = Path(file.path), temporary = TemporaryPath(path);
    if (rename(temporary.c_str(), path.c_str()) == 0) continue;
    const int reason = errno;
    if (reason == ENOENT && access(path.c_str(), F_OK) == 0) continue;
    return absl::ErrnoToStatus(reason, absl::StrCat("cannot rename to ", path));
  }
  return absl::OkStatus();
}

absl::Status ArchiveStore::RemoveLeftovers() {
  absl::flat_hash_set<std::string> listed;
  for (const SegmentManifest& segment : segments_) {
    for (const ArchiveFile& file : segment.files) listed.insert(Path(file.path));
  }
  std::vector<std::string> leftovers;
  ForEachTableFile(folder_, [&](const fs::path& path) {
    if (IsArchiveFileName(path.filename().string(), kParquetSuffix) && !listed.contains(path.string())) leftovers.push_back(path.string());
  });
  for (const std::string& path : leftovers) {
    if (unlink(path.c_str()) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove ", path));
  }
  {
    const std::lock_guard lock(mutex_);
    folders_.clear();
  }
  for (const char* table : kTapeTableNames) RemoveEmptyFolders(Path(table));
  return absl::OkStatus();
}

absl::StatusOr<ArchiveFile> ArchiveStore::WriteFile(const std::string& folder, const std::string& name, std::string_view bytes,
                                                    uint64_t rows) {
  {
    const std::lock_guard lock(mutex_);
    if (!folders_.contains(folder)) {
      std::error_code error;
      fs::create_directories(Path(folder), error);
      if (error) return absl::InternalError(absl::StrCat("cannot make folder ", Path(folder), ": ", error.message()));
      folders_.insert(folder);
    }
  }
  ArchiveFile file{absl::StrCat(folder, "/", name), rows, bytes.size(), ChecksumHex(bytes)};
  if (const auto status = WriteWholeFile(TemporaryPath(Path(file.path)), bytes, false); !status.ok()) return status;
  return file;
}

// Many small files reach the disk sooner by one sync of the file system than each by its own.
absl::Status ArchiveStore::Sync(const SegmentManifest& manifest) {
  constexpr size_t kFew = 8;
  if (manifest.files.size() > kFew) {
    const int handle = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = handle >= 0 && syncfs(handle) == 0;
    const auto status = synced ? absl::OkStatus() : absl::ErrnoToStatus(errno, absl::StrCat("cannot write to ", folder_));
    if (handle >= 0) close(handle);
    return status;
  }
  for (const ArchiveFile& file : manifest.files) {
    const std::string path = Path(file.path);
    if (const auto status = SyncPath(TemporaryPath(path), 0); !status.ok()) return status;
    // The folders on the way may be new too.
    for (std::string folder = FolderOf(path); folder.size() >= folder_.size(); folder = FolderOf(folder)) {
      if (const auto status = SyncPath(folder, O_DIRECTORY); !status.ok()) return status;
      if (folder == folder_) break;
    }
  }
  return absl::OkStatus();
}

absl::Status ArchiveStore::WriteManifest(const SegmentManifest& manifest) {
  if (const auto status = Sync(manifest); !status.ok()) return status;
  if (const auto status = WriteDurably(Path(kSegmentsFolder), RangeName(manifest.first, manifest.last, kManifestSuffix), ToJson(manifest));
      !status.ok()) {
    return status;
  }
  return FinishRenames(manifest);
}

absl::Status ArchiveStore::Flatten(SegmentManifest& segment, int table) {
  SegmentManifest changed = segment;
  std::vector<ArchiveFile> old;
  std::erase_if(changed.files, [&](const ArchiveFile& file) {
    const bool by_product = TableOfPath(file.path) == table && file.path.find("/product=") != std::string::npos;
    if (by_product) old.push_back(file);
    return by_product;
  });
  if (old.empty()) return absl::OkStatus();
  const auto flat = MergeByDate(folder_, old);
  if (!flat.ok()) return flat.status();
  SegmentManifest written;  // the new files alone: the others have their final names already
  for (const MergedFile& file : *flat) {
    auto made = WriteFile(file.folder, file.name, file.bytes, file.rows);
    if (!made.ok()) return made.status();
    written.files.push_back(*made);
    changed.files.push_back(*std::move(made));
  }
  if (const auto status = Sync(written); !status.ok()) return status;
  if (const auto status = WriteDurably(Path(kSegmentsFolder), RangeName(changed.first, changed.last, kManifestSuffix), ToJson(changed));
      !status.ok()) {
    return status;
  }
  if (const auto status = FinishRenames(written); !status.ok()) return status;
  segment = std::move(changed);
  for (const ArchiveFile& file : old) {
    if (unlink(Path(file.path).c_str()) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove ", Path(file.path)));
    std::error_code ignored;  // the folder may hold files of later segments
    fs::remove(FolderOf(Path(file.path)), ignored);
  }
  return absl::OkStatus();
}

absl::Status ArchiveStore::Commit(SegmentManifest manifest, uint32_t flat_tables) {
  // Every time: a death between two of these rewrites leaves the rest to the next commit.
  for (int table = 0; table < kTapeTables; ++table) {
    if ((flat_tables >> table & 1) == 0) continue;
    for (SegmentManifest& segment : segments_) {
      if (const auto status = Flatten(segment, table); !status.ok()) return status;
    }
  }
  manifest.session_id = totals_.session_id;
  std::sort(manifest.files.begin(), manifest.files.end(), [](const ArchiveFile& a, const ArchiveFile& b) { return a.path < b.path; });
  if (const auto status = WriteManifest(manifest); !status.ok()) return status;
  segments_.push_back(std::move(manifest));
  return absl::OkStatus();
}

absl::Status ArchiveStore::Finish(ArchiveEnd end) {
  ArchiveManifest out;
  out.tape = totals_.tape;
  out.session_id = totals_.session_id;
  out.end = end;
  out.tape_records = last();
  for (const SegmentManifest& segment : segments_) {
    out.gapped_records += segment.gapped_records;
    for (const ArchiveFile& file : segment.files) {
      out.table_rows[TableOfPath(file.path)] += file.rows;
      out.archived_records += file.rows;
    }
  }
  totals_ = out;
  return WriteDurably(folder_, std::string(kArchiveManifestName), ToJson(totals_));
}

}  // namespace tickgraph
