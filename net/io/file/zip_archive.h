// The files inside a zip archive, read in place: stored or deflated, with or without zip64.
//
// Flow: file -> ZipArchive -> commands on tables. Thread rule: one owner, offline: it allocates. Invariants: no byte is believed before its
// place was checked; an archive that was cut, so that the list at its end is missing, is read from its front as far as it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

struct ZipEntry {
  std::string name;
  uint64_t offset = 0;                       // of its local header in the archive
  uint64_t compressed_bytes = 0, bytes = 0;  // as the archive says; kUnknownBytes where only the data tells
  uint32_t crc = 0;
  uint16_t method = 0;
  static constexpr uint64_t kUnknownBytes = UINT64_MAX;
};

class ZipArchive {
 public:
  // Contents beyond this are refused: a few bytes of an archive can promise any amount.
  static constexpr uint64_t kMaxBytes = uint64_t{4} << 30;

  static bool IsZip(std::string_view first_bytes) { return first_bytes.starts_with(std::string_view("PK\x03\x04", 4)); }
  // False, too, where the file cannot be read.
  static bool IsZipFile(const std::string& path);
  // Null and `error` ("FILE: …") where the file cannot be read or is no zip.
  static std::unique_ptr<ZipArchive> Open(const std::string& path, std::string* error);

  // In the order of the archive; names that end with a slash are folders.
  [[nodiscard]] const std::vector<ZipEntry>& entries() const { return entries_; }
  // What is wrong with the archive itself, with the byte where it shows; empty: nothing.
  [[nodiscard]] const std::string& damage() const { return damage_; }
  // What the entry holds, as far as it can be read; `problem` says what kept the rest, empty: nothing.
  [[nodiscard]] std::string Contents(const ZipEntry& entry, std::string* problem) const;

 private:
  bool ReadDirectory();
  void WalkFromFront();
  // The local header at the entry's offset; false where there is none. `data` is where its contents start.
  bool ReadLocal(ZipEntry* entry, uint64_t* data) const;

  std::string bytes_;
  std::vector<ZipEntry> entries_;
  std::string damage_;
};

}  // namespace tickgraph
