// A capture file as a PacketSource: bursts of 32 in the file's order, and a known end.
//
// Flow: file -> here -> the loop. Thread rule: polled by one thread. Invariants: packets of a burst live until the next Poll; no allocation
// after Open; reading (page faults, decompression) happens inside Poll and is the player's own cost, never a message's. The pace is the
// caller's: see replay/.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "hot/packet.h"
#include "net/io/file/capture_reader.h"
#include "net/proto/json/line_time.h"
#include "net/proto/wire.h"

namespace tickgraph {

class FilePlayer {
 public:
  static constexpr uint32_t kBurstSize = 32;

  // Null and `error` as CaptureReader::Open.
  static std::unique_ptr<FilePlayer> Open(const std::string& path, std::string* error) {
    auto reader = CaptureReader::Open(path, error);
    if (reader == nullptr) return nullptr;
    return std::unique_ptr<FilePlayer>(new FilePlayer(std::move(reader)));
  }

  // kMore with packets; then, with none, kEnd, or kDamaged where the file ended before it should (reader() says where and why).
  PacketBurst Poll() {
    const uint32_t count = reader_->ReadBurst(packets_.data(), kBurstSize);
    if (count != 0) [[likely]] {
      if (reader_->format() == CaptureFormat::kItchFile && midnight_ns_ != 0) StampItch(count);
      if (reader_->format() == CaptureFormat::kJsonLines) StampLines(count);
      if (reader_->format() == CaptureFormat::kLobster) StampRows(count);
      return {packets_.data(), count, SourceState::kMore};
    }
    return {nullptr, 0, reader_->damage().has_value() ? SourceState::kDamaged : SourceState::kEnd};
  }

  // Raw ITCH and LOBSTER have no stamps of their own: from now on each message's time of day after `midnight_ns` stands in. Nothing for
  // other formats.
  void SetMidnight(uint64_t midnight_ns) { midnight_ns_ = midnight_ns; }

  PacketSource source() {
    return {this, [](void* self) { return static_cast<FilePlayer*>(self)->Poll(); }, true};
  }
  [[nodiscard]] CaptureFormat format() const { return reader_->format(); }
  [[nodiscard]] const CaptureReader& reader() const { return *reader_; }

 private:
  explicit FilePlayer(std::unique_ptr<CaptureReader> reader) : reader_(std::move(reader)) {}

  void StampItch(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      if (packets_[i].size >= 11) packets_[i].ts_recv_ns = midnight_ns_ + LoadBe48(packets_[i].data + 5);
    }
  }

  void StampLines(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
      packets_[i].ts_recv_ns = JsonLineTime({reinterpret_cast<const char*>(packets_[i].data), packets_[i].size});
  }

  void StampRows(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t time_ns = LobsterTime({reinterpret_cast<const char*>(packets_[i].data), packets_[i].size});
      packets_[i].ts_recv_ns = time_ns != 0 ? midnight_ns_ + time_ns : 0;
    }
  }

  std::unique_ptr<CaptureReader> reader_;
  std::array<PacketView, kBurstSize> packets_{};
  uint64_t midnight_ns_ = 0;
};

}  // namespace tickgraph
