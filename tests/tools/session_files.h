// What tests and benchmarks of whole sessions share: a folder that goes away, a generated session in it, and its packets in memory.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "hot/packet.h"
#include "net/io/file/capture_reader.h"
#include "replay/generator.h"

namespace tickgraph {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& parent = std::filesystem::temp_directory_path().string()) {
    static std::atomic<int> count{0};
    path_ = std::filesystem::path(parent) / ("tickgraph-session-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline GeneratedSession WriteSession(const GeneratorOptions& options, const std::string& file) {
  std::string error;
  const auto writer = PcapWriter::Create(file, false, &error);
  if (writer == nullptr) throw std::runtime_error(error);
  GeneratedSession session = GenerateSession(options, *writer);
  if (!writer->Close(&error)) throw std::runtime_error(error);
  return session;
}

// The packets of a capture, all in memory, as a source that can be played again and again.
class PacketsInMemory {
 public:
  // Only those that `keep(packet)` wants.
  template <class Keep>
  PacketsInMemory(const std::string& file, Keep keep) {
    std::string error;
    const auto reader = CaptureReader::Open(file, &error);
    if (reader == nullptr) throw std::runtime_error(error);
    std::vector<PacketView> burst(32);
    std::vector<size_t> offsets;
    for (uint32_t n; (n = reader->ReadBurst(burst.data(), 32)) > 0;) {
      for (uint32_t i = 0; i < n; ++i) {
        if (!keep(burst[i])) continue;
        offsets.push_back(bytes_.size());
        bytes_.insert(bytes_.end(), burst[i].data, burst[i].data + burst[i].size);
        packets_.push_back(burst[i]);
      }
    }
    for (size_t i = 0; i < packets_.size(); ++i) packets_[i].data = bytes_.data() + offsets[i];
  }
  explicit PacketsInMemory(const std::string& file) : PacketsInMemory(file, [](const PacketView&) { return true; }) {}

  PacketSource source() {
    next_ = 0;
    return {this, [](void* self) { return static_cast<PacketsInMemory*>(self)->Poll(); }, true};
  }
  [[nodiscard]] const std::vector<PacketView>& packets() const { return packets_; }

 private:
  PacketBurst Poll() {
    constexpr size_t kBurst = 32;
    const size_t left = packets_.size() - next_, count = left < kBurst ? left : kBurst;
    if (count == 0) return {nullptr, 0, SourceState::kEnd};
    const PacketView* first = packets_.data() + next_;
    next_ += count;
    return {first, static_cast<uint32_t>(count), SourceState::kMore};
  }

  std::vector<uint8_t> bytes_;
  std::vector<PacketView> packets_;
  size_t next_ = 0;
};

}  // namespace tickgraph
