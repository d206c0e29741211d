// The state of a pcapng section: byte order and interfaces, and how a block of it becomes a packet. No I/O: whole blocks in, packets out.
//
// Flow: capture_reader frames the blocks -> here -> PacketView. Thread rule: one owner. Invariants: every length is checked against the
// block before use; no allocation after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hot/packet.h"

namespace tickgraph {

class PcapngSection {
 public:
  static constexpr uint32_t kSectionHeader = 0x0A0D0D0A, kInterface = 1, kObsoletePacket = 2, kSimplePacket = 3, kEnhancedPacket = 6;
  static constexpr uint32_t kMinBlockBytes = 12, kSectionHeaderBytes = 28;
  static constexpr size_t kMaxInterfaces = 1024;

  enum class Outcome : uint8_t { kPacket, kNoPacket, kSkippedPacket, kBad };
  struct Result {
    Outcome outcome = Outcome::kNoPacket;
    const char* reason = nullptr;  // of kBad, static text
    uint64_t value = 0;
  };

  // The byte order of the section header whose first 12 bytes these are; false where its magic is neither.
  bool BeginSection(const uint8_t* block);
  [[nodiscard]] uint32_t Load32(const uint8_t* p) const;
  // `block` holds `total` bytes, total >= 12, its two total lengths equal. Fills data, sizes, stamp and layer of `packet` on kPacket.
  Result Read(const uint8_t* block, uint32_t total, PacketView* packet);
  // Of the interface described last; inspect shows it.
  [[nodiscard]] uint32_t last_link_type() const { return last_link_type_; }
  // An interface of the file held answers to requests of a live run, by its description (pcapng_writer.h).
  [[nodiscard]] bool holds_answers() const { return holds_answers_; }
  // Likewise, snapshots.
  [[nodiscard]] bool holds_snapshots() const { return holds_snapshots_; }

 private:
  struct Interface {
    uint32_t snap_length = 0;
    PacketLayer layer = PacketLayer::kEthernet;
    bool supported = false;
    bool answers = false;
    uint8_t resolution = 6;  // as if_tsresol: bit 7 set = a power of two
    int64_t offset_seconds = 0;
  };

  [[nodiscard]] uint16_t Load16(const uint8_t* p) const;
  Result ReadInterface(const uint8_t* block, uint32_t total);
  Result ReadPacket(const uint8_t* block, uint32_t total, uint32_t interface_id, PacketView* packet);
  Result ReadSimplePacket(const uint8_t* block, uint32_t total, PacketView* packet);
  static uint64_t ToNanoseconds(uint64_t ticks, const Interface& interface);

  bool swapped_ = false, holds_answers_ = false, holds_snapshots_ = false;
  uint32_t last_link_type_ = 0;
  size_t interface_count_ = 0;
  std::array<Interface, kMaxInterfaces> interfaces_{};
};

}  // namespace tickgraph
