// Where an archive keeps what: the names that the archiver, `verify` and whoever clears an old archive agree on.
//
//   DIR/<table>/date=YYYY-MM-DD[/product=NAME]/<first>-<last>.parquet   rows; the numbers are tape sequences of the file's rows
//   DIR/_segments/<first>-<last>.json                                  a committed range of the tape and its files
//   DIR/_archive.json                                                  which tape, how it ended, totals
// A file being written is called .<name>.tmp. Standard library only: the hot program includes it too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "hot/tape_record.h"

namespace tickgraph {

inline constexpr std::string_view kSegmentsFolder = "_segments";
inline constexpr std::string_view kArchiveManifestName = "_archive.json";
inline constexpr std::string_view kNoPartition = "__HIVE_DEFAULT_PARTITION__";
inline constexpr std::string_view kParquetSuffix = ".parquet";
inline constexpr std::string_view kManifestSuffix = ".json";

// "000000000001-000000262144" + suffix.
inline std::string RangeName(uint64_t first, uint64_t last, std::string_view suffix) {
  constexpr size_t kDigits = 12;
  std::string a = std::to_string(first), b = std::to_string(last);
  if (a.size() < kDigits) a.insert(0, kDigits - a.size(), '0');
  if (b.size() < kDigits) b.insert(0, kDigits - b.size(), '0');
  return a + "-" + b + std::string(suffix);
}

// The inverse of RangeName; false for any other text.
inline bool ParseRangeName(std::string_view name, std::string_view suffix, uint64_t* first, uint64_t* last) {
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos || name.size() > 64 || !name.ends_with(suffix)) return false;
  const auto number = [](std::string_view digits, uint64_t* out) {
    *out = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      *out = *out * 10 + static_cast<uint64_t>(c - '0');
    }
    return digits.size() >= 12 && digits.size() <= 19;
  };
  return number(name.substr(0, dash), first) && number(name.substr(dash + 1, name.size() - dash - 1 - suffix.size()), last) &&
         RangeName(*first, *last, suffix) == name;
}

inline std::string TemporaryName(std::string_view name) { return "." + std::string(name) + ".tmp"; }

// True for the names that an archiver gives to its files with that suffix, whole or being written.
inline bool IsArchiveFileName(std::string_view name, std::string_view suffix) {
  uint64_t first, last;
  if (name.starts_with('.') && name.ends_with(".tmp")) name = name.substr(1, name.size() - 5);
  return ParseRangeName(name, suffix, &first, &last);
}

// Calls f(path) for every file under the table folders of an archive.
template <class F>
void ForEachTableFile(const std::filesystem::path& folder, F f) {
  std::error_code error;
  for (const char* table : kTapeTableNames) {
    auto at = std::filesystem::recursive_directory_iterator(folder / table, error);
    if (error) continue;
    for (const auto end = std::filesystem::recursive_directory_iterator(); at != end; at.increment(error)) {
      if (at->is_symlink() || !at->is_directory(error)) f(at->path());
    }
  }
}

// Removes the empty folders under a table's.
inline void RemoveEmptyFolders(const std::filesystem::path& folder) {
  std::error_code error;
  auto at = std::filesystem::directory_iterator(folder, error);
  if (error) return;
  for (const auto& entry : at) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) RemoveEmptyFolders(entry.path());
  }
  if (std::filesystem::is_empty(folder, error) && !error) std::filesystem::remove(folder, error);
}

}  // namespace tickgraph
