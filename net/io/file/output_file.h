// A file that appears under its own name only when whole: the bytes go to PATH.partial, and Publish syncs and renames.
//
// Flow: whatever writes an output file -> here. Thread rule: one owner, offline. Invariants: what is not published is removed; what stands
// at PATH is replaced only where it is a regular file, since a rename would put a file in the place of a device, a pipe or a folder; after
// the first error nothing more is written, and Publish reports that error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickgraph {

class OutputFile {
 public:
  // Where the bytes stand until they are whole.
  static std::string PartialName(const std::string& path) { return path + ".partial"; }
  // Empty, or why no file may be put there: one that exists is replaced with `force` alone.
  static std::string Problem(const std::string& path, bool force);

  // Null and `error` ("FILE: …") on failure. A file that exists will be replaced: Problem asks whether it may.
  static std::unique_ptr<OutputFile> Create(const std::string& path, std::string* error);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  bool Write(const void* data, size_t size);
  bool Publish(std::string* error);

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] uint64_t size_bytes() const { return size_bytes_; }

 private:
  OutputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  void Fail(const std::string& what);

  std::string path_, error_;
  int fd_;
  uint64_t size_bytes_ = 0;
};

// All of it at once.
bool WriteOutputFile(const std::string& path, std::string_view text, std::string* error);

}  // namespace tickgraph
