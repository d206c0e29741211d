// Reads manifests first, then every file that they name, then looks for files that they do not.
#include "cold/verify.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cold/archive_names.h"
#include "cold/checksum.h"

namespace tickgraph {
namespace {

namespace fs = std::filesystem;

class Verifier {
 public:
  explicit Verifier(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<VerifyReport> Run() {
    std::error_code error;
    const std::string manifest_path = absl::StrCat(folder_, "/_archive.json");
    const bool has_manifest = fs::exists(manifest_path, error), has_segments = fs::is_directory(Path(kSegmentsFolder), error);
    if (!has_manifest && !has_segments) return absl::NotFoundError(absl::StrCat(folder_, " is not an archive: it has no _archive.json"));
    if (!has_manifest) {
      Problem(absl::StrCat(manifest_path, " is missing"));
    } else if (auto manifest = ReadArchiveManifest(manifest_path); manifest.ok()) {
      report_.totals = *std::move(manifest);
      whole_ = true;
    } else {
      Problem(std::string(manifest.status().message()));
    }
    CheckSegments();
    CheckForeign();
    if (whole_) CheckTotals();
    return std::move(report_);
  }

 private:
  std::string Path(std::string_view relative) const { return folder_ + "/" + std::string(relative); }
  void Problem(std::string text) { report_.problems.push_back(std::move(text)); }

  void CheckSegments() {
    std::error_code error;
    std::vector<std::pair<uint64_t, std::string>> manifests;
    for (const auto& entry : fs::directory_iterator(Path(kSegmentsFolder), error)) {
      uint64_t first, last;
      const std::string name = entry.path().filename().string();
      if (ParseRangeName(name, kManifestSuffix, &first, &last)) {
        manifests.emplace_back(first, name);
      } else if (!IsArchiveFileName(name, kManifestSuffix)) {
        Problem(absl::StrCat(entry.path().string(), " does not belong to the archive"));
      }
    }
    std::sort(manifests.begin(), manifests.end());
    uint64_t next = 1;
    for (const auto& [first, name] : manifests) {
      const std::string path = absl::StrCat(Path(kSegmentsFolder), "/", name);
      uint64_t named_first, named_last;
      ParseRangeName(name, kManifestSuffix, &named_first, &named_last);
      if (named_first != next) Range(next, named_first);
      next = named_last + 1;
      const auto manifest = ReadSegmentManifest(path);
      ++report_.segments;
      if (!manifest.ok()) {
        Problem(std::string(manifest.status().message()));
        continue;
      }
      if (manifest->first != named_first || manifest->last != named_last)
        Problem(absl::StrCat(path, " holds another range than its name says"));
      if (whole_ && manifest->session_id != report_.totals.session_id) Problem(absl::StrCat(path, " belongs to another session"));
      for (const ArchiveFile& file : manifest->files) CheckFile(file);
      gapped_ += manifest->gapped_records;
    }
    if (whole_ && next != report_.totals.tape_records + 1) Range(next, report_.totals.tape_records + 1);
  }

  void Range(uint64_t from, uint64_t to) {
    if (from < to) {
      Problem(absl::StrFormat("tape records %u to %u are missing: no manifest in %s covers them", from, to - 1, Path(kSegmentsFolder)));
    } else {
      Problem(
          absl::StrFormat("the manifests in %s cover tape records %u to %u twice or past the end", Path(kSegmentsFolder), to, from - 1));
    }
  }

  void CheckFile(const ArchiveFile& file) {
    const std::string path = Path(file.path);
    if (!listed_.insert(fs::path(path).lexically_normal().string()).second) return Problem(absl::StrCat(path, " is named twice"));
    ++report_.files;
    rows_[TableOfPath(file.path)] += file.rows;
    std::error_code error;
    const uint64_t size = fs::file_size(path, error);
    if (error) return Problem(absl::StrCat(path, " is missing"));
    if (size != file.bytes) return Problem(absl::StrFormat("%s is damaged: %u bytes, %u were written", path, size, file.bytes));
    const auto bytes = ReadWholeFile(path);
    if (!bytes.ok()) return Problem(std::string(bytes.status().message()));
    report_.bytes += size;
    if (ChecksumHex(*bytes) != file.checksum) Problem(absl::StrCat(path, " is damaged: its checksum does not match"));
  }

  // A table file that no manifest names would be read with the others.
  void CheckForeign() {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder_, error)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".parquet" || entry.is_directory(error)) continue;
      if (!listed_.contains(path.lexically_normal().string())) Problem(absl::StrCat(path.string(), " does not belong to the archive"));
    }
  }

  void CheckTotals() {
    const ArchiveManifest& totals = report_.totals;
    if (totals.end == ArchiveEnd::kRunning)
      Problem(absl::StrCat(folder_, ": the archive was not finished; `tickgraph archive` goes on with it while its tape is there"));
    if (!report_.problems.empty()) return;
    uint64_t sum = 0;
    for (int i = 0; i < kTapeTables; ++i) {
      sum += rows_[i];
      if (rows_[i] != totals.table_rows[i])
        Problem(absl::StrFormat("%s has %u rows, _archive.json says %u", Path(kTapeTableNames[i]), rows_[i], totals.table_rows[i]));
    }
    if (sum != totals.archived_records || gapped_ != totals.gapped_records)
      Problem(absl::StrCat(folder_, "/_archive.json: the totals do not add up"));
  }

  std::string folder_;
  VerifyReport report_;
  bool whole_ = false;  // _archive.json could be read
  std::set<std::string> listed_;
  uint64_t rows_[kTapeTables] = {}, gapped_ = 0;
};

}  // namespace

absl::StatusOr<VerifyReport> VerifyArchive(const std::string& folder) { return Verifier(folder).Run(); }

}  // namespace tickgraph
