// Block layouts of draft-ietf-opsawg-pcapng, sections 4.1 to 4.4 and A; see pcapng.h.
#include "net/io/file/pcapng.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include "net/io/file/capture_format.h"
#include "net/io/file/pcapng_writer.h"

namespace tickgraph {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr uint32_t kPacketHeaderBytes = 28, kSimpleHeaderBytes = 12, kTrailerBytes = 4;
constexpr uint16_t kOptionEnd = 0, kOptionDescription = 3, kOptionTsResolution = 9, kOptionTsOffset = 14;

PcapngSection::Result Bad(const char* reason, uint64_t value) { return {PcapngSection::Outcome::kBad, reason, value}; }

}  // namespace

uint16_t PcapngSection::Load16(const uint8_t* p) const {
  uint16_t v;
  std::memcpy(&v, p, sizeof(v));
  return swapped_ ? __builtin_bswap16(v) : v;
}

uint32_t PcapngSection::Load32(const uint8_t* p) const {
  uint32_t v;
  std::memcpy(&v, p, sizeof(v));
  return swapped_ ? __builtin_bswap32(v) : v;
}

bool PcapngSection::BeginSection(const uint8_t* block) {
  constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
  uint32_t magic;
  std::memcpy(&magic, block + 8, sizeof(magic));
  if (magic != kByteOrderMagic && magic != __builtin_bswap32(kByteOrderMagic)) return false;
  swapped_ = magic != kByteOrderMagic;
  interface_count_ = 0;
  return true;
}

PcapngSection::Result PcapngSection::Read(const uint8_t* block, uint32_t total, PacketView* packet) {
  switch (Load32(block)) {
    case kSectionHeader: {
      if (total < kSectionHeaderBytes) return Bad("a section header block is too short", total);
      const uint16_t major = Load16(block + 12);
      return major == 1 ? Result{} : Bad("unknown pcapng version", major);
    }
    case kInterface:
      return ReadInterface(block, total);
    case kEnhancedPacket:
      if (total < kPacketHeaderBytes + kTrailerBytes) return Bad("a packet block is too short", total);
      return ReadPacket(block, total, Load32(block + 8), packet);
    case kObsoletePacket:
      if (total < kPacketHeaderBytes + kTrailerBytes) return Bad("a packet block is too short", total);
      return ReadPacket(block, total, Load16(block + 8), packet);
    case kSimplePacket:
      return ReadSimplePacket(block, total, packet);
    default:
      return {};
  }
}

PcapngSection::Result PcapngSection::ReadInterface(const uint8_t* block, uint32_t total) {
  constexpr uint32_t kFixedBytes = 16;
  if (total < kFixedBytes + kTrailerBytes) return Bad("an interface block is too short", total);
  if (interface_count_ == kMaxInterfaces) return Bad("a section describes more interfaces than", kMaxInterfaces);
  Interface& interface = interfaces_[interface_count_++];
  interface = {};
  last_link_type_ = Load16(block + 8);
  const auto layer = LayerOfLinkType(last_link_type_);
  interface.supported = layer.has_value();
  interface.layer = layer.value_or(PacketLayer::kEthernet);
  interface.snap_length = Load32(block + 12);
  const uint32_t end = total - kTrailerBytes;
  for (uint32_t at = kFixedBytes; end - at >= 4;) {
    const uint16_t code = Load16(block + at);
    const uint32_t length = Load16(block + at + 2);
    const uint32_t padded = (length + 3) & ~3u;
    if (code == kOptionEnd) break;
    if (padded > end - at - 4) return Bad("an interface block has an option past its end, of length", length);
    const uint8_t* value = block + at + 4;
    if (code == kOptionDescription) {
      const std::string_view description(reinterpret_cast<const char*>(value), length);
      if (description == pcapng::kAnswers) interface.answers = holds_answers_ = true;
      if (description == pcapng::kSnapshots) interface.answers = holds_snapshots_ = true;
    }
    if (code == kOptionTsResolution && length == 1) interface.resolution = value[0];
    if (code == kOptionTsOffset && length == 8) {
      uint64_t raw;
      std::memcpy(&raw, value, sizeof(raw));
      interface.offset_seconds = static_cast<int64_t>(swapped_ ? __builtin_bswap64(raw) : raw);
    }
    at += 4 + padded;
  }
  return {};
}

PcapngSection::Result PcapngSection::ReadPacket(const uint8_t* block, uint32_t total, uint32_t interface_id, PacketView* packet) {
  if (interface_id >= interface_count_) return Bad("a packet names an interface that was not described,", interface_id);
  const Interface& interface = interfaces_[interface_id];
  const uint32_t captured = Load32(block + 20);
  if (captured > kMaxPacketBytes) return Bad("a packet's captured length is over 262144:", captured);
  if (captured > total - kPacketHeaderBytes - kTrailerBytes) return Bad("a packet's captured length does not fit its block:", captured);
  if (!interface.supported) return {Outcome::kSkippedPacket, nullptr, 0};
  packet->data = block + kPacketHeaderBytes;
  packet->size = captured;
  packet->original_size = Load32(block + 24);
  packet->ts_recv_ns = ToNanoseconds(uint64_t{Load32(block + 12)} << 32 | Load32(block + 16), interface);
  packet->layer = interface.layer;
  packet->recovered = interface.answers;
  return {Outcome::kPacket, nullptr, 0};
}

PcapngSection::Result PcapngSection::ReadSimplePacket(const uint8_t* block, uint32_t total, PacketView* packet) {
  if (total < kSimpleHeaderBytes + kTrailerBytes) return Bad("a packet block is too short", total);
  if (interface_count_ == 0) return Bad("a packet names an interface that was not described,", 0);
  const Interface& interface = interfaces_[0];
  const uint32_t original = Load32(block + 8);
  const uint32_t captured = interface.snap_length == 0 ? original : std::min(original, interface.snap_length);
  if (captured > kMaxPacketBytes) return Bad("a packet's captured length is over 262144:", captured);
  if (captured > total - kSimpleHeaderBytes - kTrailerBytes) return Bad("a packet's captured length does not fit its block:", captured);
  if (!interface.supported) return {Outcome::kSkippedPacket, nullptr, 0};
  packet->data = block + kSimpleHeaderBytes;
  packet->size = captured;
  packet->original_size = original;
  packet->ts_recv_ns = 0;
  packet->layer = interface.layer;
  packet->recovered = interface.answers;
  return {Outcome::kPacket, nullptr, 0};
}

uint64_t PcapngSection::ToNanoseconds(uint64_t ticks, const Interface& interface) {
  const uint32_t exponent = interface.resolution & 0x7F;
  Wide ns = ticks;
  if ((interface.resolution & 0x80) != 0) {
    // 64 bits of ticks by 30 bits of 10^9: nothing is left past 94.
    ns = exponent < 94 ? ns * 1'000'000'000 >> exponent : 0;
  } else {
    for (uint32_t i = exponent; i < 9; ++i) ns *= 10;
    for (uint32_t i = 9; i < exponent && ns != 0; ++i) ns /= 10;
  }
  const SignedWide shifted = static_cast<SignedWide>(ns) + SignedWide{interface.offset_seconds} * 1'000'000'000;
  return static_cast<uint64_t>(std::clamp<SignedWide>(shifted, 0, std::numeric_limits<int64_t>::max()));
}

}  // namespace tickgraph
