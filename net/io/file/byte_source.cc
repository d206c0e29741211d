// The two ways to fill the window: extend a mapping, or decode the next piece of a stream; see byte_source.h.
#include "net/io/file/byte_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tickgraph {
namespace {

constexpr size_t kMapChunk = size_t{4} << 20;
constexpr size_t kInputBytes = size_t{1} << 18;
constexpr size_t kOutputBytes = size_t{4} << 20;
#ifndef MADV_POPULATE_READ
constexpr int MADV_POPULATE_READ = 22;
#endif

}  // namespace

std::unique_ptr<ByteSource> ByteSource::Open(const std::string& path, std::string* error) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    *error = path + ": cannot open: " + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<ByteSource> source(new ByteSource(path, fd));
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    *error = path + ": cannot read: " + std::strerror(errno);
    return nullptr;
  }
  if (S_ISDIR(status.st_mode)) {
    *error = path + ": is a folder, not a file";
    return nullptr;
  }
  if (S_ISREG(status.st_mode)) {
    source->file_size_ = static_cast<uint64_t>(status.st_size);
    uint8_t magic[8];
    const ssize_t got = pread(fd, magic, sizeof(magic), 0);
    if (got < 0) {
      *error = path + ": cannot read: " + std::strerror(errno);
      return nullptr;
    }
    source->compression_ = DetectCompression(magic, static_cast<size_t>(got));
    if (source->compression_ == Compression::kNone && source->Map()) return source;
  }
  source->OpenStream();
  return source;
}

ByteSource::~ByteSource() {
  if (map_ != nullptr) munmap(map_, file_size_);
  close(fd_);
}

bool ByteSource::Map() {
  if (file_size_ == 0) return false;  // also what lies in /proc, which says 0 and must be read
  void* p = mmap(nullptr, file_size_, PROT_READ, MAP_PRIVATE, fd_, 0);
  if (p == MAP_FAILED) return false;
  map_ = static_cast<uint8_t*>(p);
  madvise(map_, file_size_, MADV_SEQUENTIAL);
  cursor_ = window_begin_ = window_end_ = map_;
  return true;
}

void ByteSource::OpenStream() {
  input_.resize(kInputBytes);
  output_.resize(kOutputBytes);
  cursor_ = window_begin_ = window_end_ = output_.data();
  if (compression_ == Compression::kNone) {
    ReadInput();
    compression_ = DetectCompression(input_.data(), input_end_);
  }
  decompressor_ = MakeDecompressor(compression_);
}

bool ByteSource::Fill(size_t size) {
  if (available() >= size) return true;
  if (map_ != nullptr) {
    ExtendMap(size);
  } else {
    ExtendStream();
  }
  return available() >= size;
}

bool ByteSource::Skip(uint64_t size) {
  while (size > available()) {
    size -= available();
    Advance(available());
    if (!Fill(1)) return false;
  }
  Advance(size);
  return true;
}

// The whole file is mapped; the window is how far it has been faulted in. Populating by the chunk costs one call for a thousand page
// faults.
void ByteSource::ExtendMap(size_t size) {
  const uint64_t position = static_cast<uint64_t>(cursor_ - map_);
  const uint64_t old_end = static_cast<uint64_t>(window_end_ - map_);
  const uint64_t wanted = std::max<uint64_t>(position + size, old_end + kMapChunk);
  const uint64_t new_end = std::min(file_size_, (wanted + kMapChunk - 1) / kMapChunk * kMapChunk);
  const uint64_t page_begin = old_end / kMapChunk * kMapChunk;
  madvise(map_ + page_begin, new_end - page_begin, MADV_POPULATE_READ);
  window_end_ = map_ + new_end;
  const uint64_t behind = position / kMapChunk * kMapChunk;
  if (behind > released_) {
    madvise(map_ + released_, behind - released_, MADV_DONTNEED);
    released_ = behind;
  }
}

void ByteSource::ExtendStream() {
  if (output_ended_) return;
  const size_t kept = available();
  window_offset_ = offset();
  if (kept != 0) std::memmove(output_.data(), cursor_, kept);
  cursor_ = window_begin_ = output_.data();
  size_t filled = kept;
  while (filled < output_.size() && !output_ended_) {
    if (input_begin_ == input_end_ && !input_ended_) ReadInput();
    const DecodeStep step = std::visit(
        [&](auto& decoder) {
          return decoder.Decode(input_.data() + input_begin_, input_end_ - input_begin_, output_.data() + filled, output_.size() - filled,
                                input_ended_);
        },
        *decompressor_);
    input_begin_ += step.consumed;
    filled += step.produced;
    window_end_ = output_.data() + filled;
    if (step.error != nullptr) {
      Fail(SourceFailure::kDamaged, step.error, 0);
    } else if (step.consumed == 0 && step.produced == 0 && input_ended_) {
      output_ended_ = true;
      const bool whole = std::visit([](const auto& decoder) { return decoder.AtBoundary(); }, *decompressor_);
      if (!whole && failure_ == SourceFailure::kNone) Fail(SourceFailure::kCut, nullptr, 0);
    }
  }
}

void ByteSource::ReadInput() {
  input_begin_ = input_end_ = 0;
  ssize_t n;
  do {
    n = read(fd_, input_.data(), input_.size());
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    input_end_ = static_cast<size_t>(n);
  } else {
    input_ended_ = true;
    if (n < 0) Fail(SourceFailure::kReadError, nullptr, errno);
  }
}

void ByteSource::Fail(SourceFailure failure, const char* detail, int error_number) {
  failure_ = failure;
  failure_detail_ = detail;
  failure_errno_ = error_number;
  output_ended_ = true;
}

std::string ByteSource::FailureText() const {
  if (failure_ == SourceFailure::kNone) return "";
  const std::string where = " after " + std::to_string(offset() + available()) + " decompressed bytes";
  const std::string what = "the " + std::string(CompressionName(compression_)) + " data is ";
  if (failure_ == SourceFailure::kReadError) return std::string("the file cannot be read: ") + std::strerror(failure_errno_);
  if (failure_ == SourceFailure::kCut) return what + "cut short" + where;
  return what + "damaged" + where + ": " + failure_detail_;
}

}  // namespace tickgraph
