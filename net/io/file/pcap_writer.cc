// The pcap file header and record header; see pcap_writer.h.
#include "net/io/file/pcap_writer.h"

#include <bit>
#include <utility>

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
  auto file = OutputFile::Create(path, error);
  if (file == nullptr) return nullptr;
  return std::unique_ptr<PcapWriter>(new PcapWriter(path, std::move(file), nanoseconds));
}

PcapWriter::PcapWriter(std::string path, std::unique_ptr<OutputFile> file, bool nanoseconds)
    : path_(std::move(path)), file_(std::move(file)), nanoseconds_(nanoseconds) {
  buffer_.reserve(kBufferBytes);
  const FileHeader header{.magic = nanoseconds ? 0xA1B23C4Du : 0xA1B2C3D4u};
  Append(&header, sizeof(header));
}

void PcapWriter::Append(const void* data, size_t size) {
  if (buffer_.size() + size > kBufferBytes) Flush();
  const uint8_t* p = static_cast<const uint8_t*>(data);
  buffer_.insert(buffer_.end(), p, p + size);
}

void PcapWriter::Flush() {
  sha256_.Update(buffer_.data(), buffer_.size());
  if (error_.empty() && !file_->Write(buffer_.data(), buffer_.size())) error_ = file_->error();
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
  if (closed_) {
    *error = path_ + ": already closed";
    return false;
  }
  Flush();
  if (!error_.empty()) {
    *error = error_;
    return false;
  }
  closed_ = true;
  if (!file_->Publish(error)) return false;
  sha256_hex_ = sha256_.HexDigest();
  return true;
}

}  // namespace tickgraph
