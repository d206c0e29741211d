// The files inside a .zip: names from its directory, bytes inflated and checked one file at a time.
//
// In the flow: offline commands on archives of quotes. One owner. Stored and deflated files, not encrypted, fewer than 65,535.
// Untrusted input: every offset and length is checked against the archive, an inflated file against its stated size and checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

class ZipArchive {
 public:
  static constexpr uint64_t kMaxArchiveBytes = uint64_t{1} << 30;
  static constexpr uint64_t kMaxFileBytes = uint64_t{1} << 28;

  struct Entry {
    std::string name;
    uint16_t method = 0;
    uint32_t checksum = 0;
    uint64_t packed_bytes = 0, bytes = 0, offset = 0;
  };

  // By its first bytes.
  static bool IsZip(const std::string& path);
  // Null and `error` ("FILE: …") where the file cannot be read or is no whole archive.
  static std::unique_ptr<ZipArchive> Open(const std::string& path, std::string* error);
  // Over bytes in memory, which are copied.
  static std::unique_ptr<ZipArchive> FromBytes(std::string path, std::string_view bytes, std::string* error);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // The file's bytes; false and `error` ("FILE: ENTRY: …") where they are damaged.
  bool Read(const Entry& entry, std::string* out, std::string* error) const;

 private:
  ZipArchive(std::string path, std::string bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {}
  bool ReadDirectory(std::string* error);

  std::string path_, bytes_;
  std::vector<Entry> entries_;
};

}  // namespace tickgraph
