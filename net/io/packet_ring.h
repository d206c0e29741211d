// Packets as received, in a shared-memory ring of fixed size, from the hot process to the cold one that writes them to a file.
//
// In the flow: PacketRecorder (hot) writes -> here -> cold/packet_record reads and commits. The writer never waits: a packet that finds no
// room is left out and counted. The reader says after each write to its file how far it has read and how long the file then is, as one
// step, so that a reader that dies is replaced by one that goes on from there. One writing thread, one reading process.
// The file is /dev/shm/tickgraph-<name>.packets; its ring is mapped twice in a row, so an entry never has to be cut at the end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hot/packet.h"

namespace tickgraph {

enum class RecordedUse : uint8_t {
  kLine,
  kAnswers,    // what comes here was asked for
  kSnapshots,  // likewise, parts of snapshots
};

// What the packets' port numbers and addresses mean; fixed when the ring is made.
struct RecordedPort {
  std::array<char, 110> name{};  // ends with 0
  PacketLayer layer = PacketLayer::kEthernet;
  RecordedUse use = RecordedUse::kLine;
};
struct RecordedGroup {
  uint32_t address = 0;
  uint16_t udp_port = 0;
  uint16_t port = 0;  // of the live run
  char line = 'A';
  std::array<char, 7> reserved{};
};
static_assert(sizeof(RecordedPort) == 112 && sizeof(RecordedGroup) == 16);

struct PacketRingEntry {
  uint32_t bytes = 0;  // of the entry with its packet, a multiple of 8
  uint32_t size = 0, original_size = 0;
  uint16_t port = 0;
  PacketLayer layer = PacketLayer::kEthernet;
  uint8_t recovered = 0;
  uint64_t ts_recv_ns = 0;
};
static_assert(sizeof(PacketRingEntry) == 24);

struct PacketRingHeader {
  static constexpr uint32_t kMaxPorts = 16, kMaxGroups = 256;

  std::atomic<uint64_t> magic;  // stored last at creation
  uint64_t capacity;            // bytes of the ring, a power of two
  uint64_t writer_start_time;
  uint32_t writer_pid, port_count, group_count, reserved;
  alignas(64) std::atomic<uint64_t> written;  // bytes since the start
  std::atomic<uint64_t> lost;                 // packets that found no room
  std::atomic<uint32_t> closed;
  // The reader's last commit is commits[active]; it fills the other one and then switches.
  alignas(64) std::atomic<uint32_t> active;
  struct Commit {
    std::atomic<uint64_t> read, file_bytes, packets;
  } commits[2];
  alignas(64) RecordedPort ports[kMaxPorts];
  RecordedGroup groups[kMaxGroups];
};
static_assert(sizeof(PacketRingHeader) <= 8192 && std::atomic<uint64_t>::is_always_lock_free);

RecordedPort MakeRecordedPort(std::string_view name, PacketLayer layer, RecordedUse use);

struct PacketRingConfig {
  std::string name;
  uint64_t capacity_bytes = uint64_t{1} << 26;  // a power of two, at least 1 MiB
  std::vector<RecordedPort> ports;
  std::vector<RecordedGroup> groups;
};

class PacketRingWriter {
 public:
  // Null and `error` where the name is in use by a living process or memory is short. Takes over the ring of a dead one.
  static std::unique_ptr<PacketRingWriter> Create(const PacketRingConfig& config, std::string* error);
  PacketRingWriter(const PacketRingWriter&) = delete;
  PacketRingWriter& operator=(const PacketRingWriter&) = delete;
  ~PacketRingWriter();  // removes the ring

  // False: no room, and the packet is counted as lost.
  bool Write(const PacketView& packet);
  // Makes what was written visible. Pairs with the acquire load of PacketRingReader::Next.
  void Publish() { header_->written.store(written_, std::memory_order_release); }
  // Publishes what is left and says that no more will come.
  void Close();

  [[nodiscard]] uint64_t lost() const { return header_->lost.load(std::memory_order_relaxed); }
  // Packets that stand in the reader's file.
  [[nodiscard]] uint64_t committed_packets() const;

 private:
  PacketRingWriter() = default;
  [[nodiscard]] uint64_t ReadPosition() const;

  std::string path_;
  PacketRingHeader* header_ = nullptr;
  uint8_t* data_ = nullptr;
  uint64_t capacity_ = 0, written_ = 0, read_seen_ = 0;
};

class PacketRingReader {
 public:
  // Goes on behind the last commit. Null and `error` where there is no such ring, or another reader holds it.
  static std::unique_ptr<PacketRingReader> Open(const std::string& name, std::string* error);
  PacketRingReader(const PacketRingReader&) = delete;
  PacketRingReader& operator=(const PacketRingReader&) = delete;
  ~PacketRingReader();

  // The next packet, or false where none is published. The bytes live until the Commit behind them.
  bool Next(PacketView* packet);
  // Every packet so far stands in the file, which is `file_bytes` long; their room is given back.
  void Commit(uint64_t file_bytes);

  [[nodiscard]] uint64_t file_bytes() const { return Active().file_bytes.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t packets() const { return packets_; }
  [[nodiscard]] const PacketRingHeader& header() const { return *header_; }
  [[nodiscard]] bool closed() const { return header_->closed.load(std::memory_order_acquire) != 0; }
  [[nodiscard]] bool writer_alive() const;
  // For the last reader of a dead writer's ring.
  void Remove();

 private:
  PacketRingReader() = default;
  [[nodiscard]] const PacketRingHeader::Commit& Active() const {
    return header_->commits[header_->active.load(std::memory_order_relaxed) & 1];
  }

  std::string path_;
  int file_ = -1;
  PacketRingHeader* header_ = nullptr;
  const uint8_t* data_ = nullptr;
  uint64_t capacity_ = 0, read_ = 0, packets_ = 0;
};

// Removes the rings whose writer is gone and that nobody reads; returns their names.
std::vector<std::string> RemoveDeadPacketRings();

}  // namespace tickgraph
