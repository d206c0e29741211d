// The pcap file header and record header, and the atomic final name; see pcap_writer.h.
#include "net/io/file/pcap_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tickgraph {
namespace {

static_assert(std::endian::native == std::endian::little, "headers are written as they lie in memory");

struct FileHeader {
  uint32_t magic;
  uint16_t version_major = 2, version_minor = 4;
  int32_t this_zone = 0;
  uint32_t sigfigs = 0;
  uint32_t snap_length = 262'144;
  uint32_t link_type = 1;
};
static_assert(sizeof(FileHeader) == 24);

struct RecordHeader {
  uint32_t seconds, fraction, captured_size, original_size;
};
static_assert(sizeof(RecordHeader) == 16);

constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr uint32_t kMaxFrameBytes = 262'144;

}  // namespace

std::unique_ptr<PcapWriter> PcapWriter::Create(const std::string& path, bool nanoseconds, std::string* error) {
  std::string partial = path + ".partial";
  const int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    *error = path + ": cannot create: " + std::strerror(errno);
    return nullptr;
  }
  return std::unique_ptr<PcapWriter>(new PcapWriter(path, std::move(partial), fd, nanoseconds));
}

PcapWriter::PcapWriter(std::string path, std::string partial_path, int fd, bool nanoseconds)
    : path_(std::move(path)), partial_path_(std::move(partial_path)), fd_(fd), nanoseconds_(nanoseconds) {
  buffer_.reserve(kBufferBytes);
  const FileHeader header{.magic = nanoseconds ? 0xA1B23C4Du : 0xA1B2C3D4u};
  Append(&header, sizeof(header));
}

PcapWriter::~PcapWriter() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(partial_path_.c_str());
}

void PcapWriter::Append(const void* data, size_t size) {
  if (buffer_.size() + size > kBufferBytes) Flush();
  const uint8_t* p = static_cast<const uint8_t*>(data);
  buffer_.insert(buffer_.end(), p, p + size);
}

void PcapWriter::Flush() {
  sha256_.Update(buffer_.data(), buffer_.size());
  size_t done = 0;
  while (done < buffer_.size() && error_.empty()) {
    const ssize_t n = write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n > 0) {
      done += static_cast<size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      error_ = path_ + ": cannot write at byte " + std::to_string(size_bytes_ + done) + ": " + std::strerror(n == 0 ? ENOSPC : errno);
    }
  }
  size_bytes_ += done;
  buffer_.clear();
}

bool PcapWriter::Write(uint64_t ts_ns, const uint8_t* frame, uint32_t size) {
  if (!error_.empty()) return false;
  if (size > kMaxFrameBytes) {
    error_ = path_ + ": packet " + std::to_string(packet_count_ + 1) + " has " + std::to_string(size) + " bytes, the most is 262144";
    return false;
  }
  const uint64_t below_second = ts_ns % 1'000'000'000;
  const RecordHeader header{static_cast<uint32_t>(ts_ns / 1'000'000'000),
                            static_cast<uint32_t>(nanoseconds_ ? below_second : below_second / 1000), size, size};
  Append(&header, sizeof(header));
  Append(frame, size);
  ++packet_count_;
  return error_.empty();
}

bool PcapWriter::Close(std::string* error) {
  if (fd_ < 0) {
    *error = path_ + ": already closed";
    return false;
  }
  Flush();
  if (error_.empty() && fsync(fd_) != 0 && errno != EINVAL) error_ = path_ + ": cannot write: " + std::strerror(errno);
  if (close(fd_) != 0 && error_.empty()) error_ = path_ + ": cannot write: " + std::strerror(errno);
  fd_ = -1;
  if (error_.empty() && rename(partial_path_.c_str(), path_.c_str()) != 0) {
    error_ = path_ + ": cannot rename from " + partial_path_ + ": " + std::strerror(errno);
  }
  if (!error_.empty()) {
    unlink(partial_path_.c_str());
    *error = error_;
    return false;
  }
  sha256_hex_ = sha256_.HexDigest();
  return true;
}

}  // namespace tickgraph
