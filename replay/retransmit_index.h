// Where every numbered message of a capture stands: by stream, by number.
//
// In the flow: a whole capture, read once -> here -> retransmit_server.h looks messages up. Thread rule: one owner; built at start.
// Invariants: a stream's entries are disjoint, sorted by number, and point at bytes that were checked when they were read; the bytes are
// the capture's own mapping where it is plain, else an unlinked temporary file of the payloads. Of two lines' copies one is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tickgraph {

// Messages [from, end) of a packet whose first is number `base`.
struct RetransmitEntry {
  uint64_t from = 0, end = 0, base = 0;
  uint64_t offset = 0;  // of the UDP payload
  uint64_t ts_recv_ns = 0;
  uint32_t size = 0;
};

// One run of numbers of a stream: an OPRA stream may start its numbers again.
struct RetransmitEpoch {
  uint64_t start_ns = 0;
  uint64_t last_end = 0;  // behind the highest number so far
  std::vector<RetransmitEntry> entries;

  // The entry that holds the first number of [from, end) that there is, or nullptr.
  [[nodiscard]] const RetransmitEntry* FirstOf(uint64_t from, uint64_t end) const;
};

struct RetransmitStream {
  bool is_options = false;
  uint16_t port = 0;                  // OPRA
  std::array<uint8_t, 10> session{};  // MoldUDP64
  std::vector<RetransmitEpoch> epochs;
  std::vector<std::pair<uint64_t, size_t>> lines;  // destination, and the epoch that it is in
};

class RetransmitIndex {
 public:
  // Null and `error` ("FILE: …") where the file cannot be read or holds nothing that could be asked for. A file damaged later is indexed
  // up to there, and `damage` says so.
  static std::unique_ptr<RetransmitIndex> Build(const std::string& path, std::string* error);
  ~RetransmitIndex();
  RetransmitIndex(const RetransmitIndex&) = delete;
  RetransmitIndex& operator=(const RetransmitIndex&) = delete;

  [[nodiscard]] const RetransmitStream* Mold(const uint8_t* session) const;
  [[nodiscard]] const RetransmitStream* Opra(uint16_t port) const;
  [[nodiscard]] const uint8_t* Payload(const RetransmitEntry& entry) const { return map_ + entry.offset; }
  [[nodiscard]] const std::vector<RetransmitStream>& streams() const { return streams_; }
  [[nodiscard]] const std::string& damage() const { return damage_; }

 private:
  class Builder;
  RetransmitIndex() = default;
  bool Map(int fd, size_t size);

  std::vector<RetransmitStream> streams_;
  std::string damage_;
  const uint8_t* map_ = nullptr;
  size_t map_bytes_ = 0;
};

}  // namespace tickgraph
