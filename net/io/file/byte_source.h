// A file as one run of bytes: mapped where it is plain, decompressed as it is read where it is .gz, .xz or .zst, read where it is a pipe.
//
// Flow: file -> capture_reader. Thread rule: one owner. Invariants: `offset` counts decompressed bytes; bytes seen through `data` live
// until the next Fill; memory is bounded by the window however long the file is (a mapped file gives back what lies behind the window). A
// mapped file that another program shortens while it is read ends the process with SIGBUS, as every mapping does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/io/file/decompressor.h"

namespace tickgraph {

enum class SourceFailure : uint8_t { kNone, kCut, kDamaged, kReadError };

class ByteSource {
 public:
  // The most that one Fill may ask for.
  static constexpr size_t kMaxFillBytes = size_t{1} << 20;

  // Null and `error` ("FILE: …") where the file is missing, a folder or unreadable.
  static std::unique_ptr<ByteSource> Open(const std::string& path, std::string* error);
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ~ByteSource();

  [[nodiscard]] const uint8_t* data() const { return cursor_; }
  [[nodiscard]] size_t available() const { return static_cast<size_t>(window_end_ - cursor_); }
  [[nodiscard]] uint64_t offset() const { return window_offset_ + static_cast<uint64_t>(cursor_ - window_begin_); }
  // size <= available().
  void Advance(size_t size) { cursor_ += size; }

  // Makes at least `size` bytes available where the file has them, and as many more as the window holds. Ends the life of bytes seen
  // before. False: the file ends, or cannot be read, before that; what there is of it is available.
  bool Fill(size_t size);
  // Advances over `size` bytes, more than the window may hold. False where the file ends before.
  bool Skip(uint64_t size);

  [[nodiscard]] SourceFailure failure() const { return failure_; }
  // "" while nothing failed, else for example "the gzip data is cut short after 4096 decompressed bytes".
  [[nodiscard]] std::string FailureText() const;
  [[nodiscard]] Compression compression() const { return compression_; }
  // As it lies on disk; 0 for a pipe.
  [[nodiscard]] uint64_t file_size() const { return file_size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  ByteSource(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  bool Map();
  void OpenStream();
  void ExtendMap(size_t size);
  void ExtendStream();
  void ReadInput();
  void Fail(SourceFailure failure, const char* detail, int error_number);

  std::string path_;
  int fd_;
  uint64_t file_size_ = 0;
  Compression compression_ = Compression::kNone;

  const uint8_t* cursor_ = nullptr;
  const uint8_t* window_begin_ = nullptr;
  const uint8_t* window_end_ = nullptr;
  uint64_t window_offset_ = 0;  // of window_begin_ in the decompressed stream

  uint8_t* map_ = nullptr;
  uint64_t released_ = 0;

  std::unique_ptr<Decompressor> decompressor_;
  std::vector<uint8_t> input_, output_;
  size_t input_begin_ = 0, input_end_ = 0;
  bool input_ended_ = false, output_ended_ = false;

  SourceFailure failure_ = SourceFailure::kNone;
  const char* failure_detail_ = nullptr;
  int failure_errno_ = 0;
};

}  // namespace tickgraph
