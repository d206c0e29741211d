#include "cold/packet_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "net/io/file/output_file.h"
#include "net/io/file/pcapng_writer.h"
#include "net/io/packet_ring.h"
#include "net/io/udp_address.h"
#include "net/proto/frame.h"

namespace tickgraph {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 20;
constexpr auto kPatience = std::chrono::milliseconds(1);

absl::Status FileError(const std::string& file, const char* what) {
  return absl::UnknownError(file + ": " + what + ": " + std::strerror(errno));
}

class Recorder {
 public:
  Recorder(const PacketRecordOptions& options, PacketRingReader& ring) : options_(options), ring_(ring) {}
  ~Recorder() {
    if (file_ >= 0) close(file_);
  }

  absl::StatusOr<PacketRecordResult> Run() {
    if (IsWhole()) return Result(true);
    if (const auto status = Begin(); !status.ok()) return status;
    for (;;) {
      const bool over = ring_.closed() || !ring_.writer_alive();  // before the read: what is published then is all
      auto count = CopySome();
      if (!count.ok()) return count.status();
      if (*count != 0) continue;
      if (over) break;
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) return Result(false);
      std::this_thread::sleep_for(kPatience);
    }
    if (const auto status = Finish(); !status.ok()) return status;
    return Result(true);
  }

 private:
  [[nodiscard]] std::string partial() const { return OutputFile::PartialName(options_.file); }

  PacketRecordResult Result(bool whole) const {
    return {ring_.packets(), ring_.file_bytes(), ring_.header().lost.load(std::memory_order_relaxed), whole, whole && !ring_.closed()};
  }

  // A recorder before this one may have died between the last two steps.
  [[nodiscard]] bool IsWhole() const {
    struct stat status {};
    if (ring_.file_bytes() == 0 || stat(partial().c_str(), &status) == 0) return false;
    return stat(options_.file.c_str(), &status) == 0 && static_cast<uint64_t>(status.st_size) == ring_.file_bytes();
  }

  absl::Status Begin() {
    const uint64_t committed = ring_.file_bytes();
    file_ = open(partial().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (committed == 0 ? O_TRUNC : 0), 0644);
    if (file_ < 0) return FileError(options_.file, "cannot create");
    Describe();
    if (committed == 0) return Flush();
    buffer_.clear();
    struct stat status {};
    if (fstat(file_, &status) != 0 || static_cast<uint64_t>(status.st_size) < committed)
      return absl::DataLossError(partial() + ": is shorter than what was recorded");
    size_ = committed;
    if (ftruncate(file_, static_cast<off_t>(committed)) != 0 || lseek(file_, 0, SEEK_END) < 0) return FileError(partial(), "cannot cut");
    return absl::OkStatus();
  }

  static std::string_view DescriptionOf(RecordedUse use) {
    return use == RecordedUse::kAnswers ? pcapng::kAnswers : use == RecordedUse::kSnapshots ? pcapng::kSnapshots : "no line";
  }

  // Interfaces: one a port, for what comes to no configured group, then one a group.
  void Describe() {
    const PacketRingHeader& header = ring_.header();
    pcapng::AppendSectionHeader("tickgraph run", &buffer_);
    for (uint32_t i = 0; i < header.port_count; ++i)
      (void)pcapng::AppendInterface(header.ports[i].layer, header.ports[i].name.data(), DescriptionOf(header.ports[i].use), &buffer_);
    for (uint32_t i = 0; i < header.group_count; ++i) {
      const RecordedGroup& group = header.groups[i];
      const std::string text = std::string("line ") + group.line + ", " + ToText({group.address, group.udp_port});
      (void)pcapng::AppendInterface(header.ports[group.port].layer, header.ports[group.port].name.data(), text, &buffer_);
      interfaces_.emplace(std::make_pair(group.port, Key(group.address, group.udp_port)), header.port_count + i);
    }
  }

  static uint64_t Key(uint32_t address, uint16_t port) { return uint64_t{address} << 16 | port; }

  [[nodiscard]] uint32_t InterfaceOf(const PacketView& packet) const {
    const Frame frame = ParseFrame(packet, false);
    const auto found = interfaces_.find({packet.port, Key(frame.destination, frame.destination_port)});
    return found != interfaces_.end() ? found->second : packet.port;
  }

  absl::StatusOr<uint64_t> CopySome() {
    uint64_t count = 0;
    PacketView packet;
    while (buffer_.size() < kFlushBytes && ring_.Next(&packet)) {
      pcapng::AppendPacket(InterfaceOf(packet), packet, &buffer_);
      ++count;
    }
    if (count != 0) {
      if (const auto status = Flush(); !status.ok()) return status;
    }
    return count;
  }

  absl::Status Flush() {
    for (size_t done = 0; done < buffer_.size();) {
      const ssize_t n = write(file_, buffer_.data() + done, buffer_.size() - done);
      if (n > 0) {
        done += static_cast<size_t>(n);
      } else if (n == 0 || errno != EINTR) {
        if (n == 0) errno = ENOSPC;
        return FileError(options_.file, "cannot write");
      }
    }
    size_ += buffer_.size();
    buffer_.clear();
    ring_.Commit(size_);
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (fsync(file_) != 0 && errno != EINVAL) return FileError(options_.file, "cannot write");
    if (rename(partial().c_str(), options_.file.c_str()) != 0) return FileError(options_.file, "cannot rename the partial file");
    if (!ring_.closed()) ring_.Remove();
    return absl::OkStatus();
  }

  const PacketRecordOptions& options_;
  PacketRingReader& ring_;
  int file_ = -1;
  uint64_t size_ = 0;
  std::vector<uint8_t> buffer_;
  std::map<std::pair<uint16_t, uint64_t>, uint32_t> interfaces_;  // by port and destination
};

}  // namespace

absl::StatusOr<PacketRecordResult> RecordPackets(const PacketRecordOptions& options) {
  std::string error = OutputFile::Problem(options.file, options.force);
  if (!error.empty()) return absl::FailedPreconditionError(error);
  const auto ring = PacketRingReader::Open(options.ring, &error);
  if (ring == nullptr) return absl::NotFoundError(error);
  return Recorder(options, *ring).Run();
}

}  // namespace tickgraph
