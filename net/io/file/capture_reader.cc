// Detection, and the walks of the packet formats; see capture_reader.h. Every walk refills the window only while it holds no packet of the
// burst, because a refill ends the life of bytes handed out before.
#include "net/io/file/capture_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "net/proto/itch_messages.h"

namespace tickgraph {
namespace {

constexpr size_t kPcapHeaderBytes = 24, kRecordHeaderBytes = 16;

template <bool kSwapped>
uint32_t Load32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, sizeof(v));
  return kSwapped ? __builtin_bswap32(v) : v;
}

uint32_t LoadBig16(const uint8_t* p) { return uint32_t{p[0]} << 8 | p[1]; }

std::string FirstBytes(const uint8_t* data, size_t size) {
  std::string out;
  char hex[4];
  for (size_t i = 0; i < std::min<size_t>(size, 8); ++i) {
    std::snprintf(hex, sizeof(hex), " %02x", data[i]);
    out += hex;
  }
  return out;
}

}  // namespace

std::unique_ptr<CaptureReader> CaptureReader::Open(const std::string& path, std::string* error) {
  auto bytes = ByteSource::Open(path, error);
  if (bytes == nullptr) return nullptr;
  std::unique_ptr<CaptureReader> reader(new CaptureReader(std::move(bytes)));
  if (!reader->Detect(error)) return nullptr;
  return reader;
}

bool CaptureReader::Detect(std::string* error) {
  const std::string& path = bytes_->path();
  bytes_->Fill(4);
  const uint8_t* p = bytes_->data();
  const size_t size = bytes_->available();
  if (size == 0) {
    *error = path + ": " + (bytes_->failure() == SourceFailure::kNone ? "the file is empty" : bytes_->FailureText());
    return false;
  }
  if (size >= 4) {
    const uint32_t magic = Load32<false>(p);
    const uint32_t swapped = Load32<true>(p);
    if (magic == PcapngSection::kSectionHeader) {
      format_ = CaptureFormat::kPcapng;
      read_ = &CaptureReader::ReadPcapng;
      return true;
    }
    for (const uint32_t known : {0xA1B2C3D4u, 0xA1B23C4Du}) {
      if (magic != known && swapped != known) continue;
      nanoseconds_ = known == 0xA1B23C4Du;
      read_ = magic == known ? &CaptureReader::ReadPcap<false> : &CaptureReader::ReadPcap<true>;
      return OpenPcap(error);
    }
  }
  if (size >= 4 && IsDbnPrelude(p)) {
    OpenDbn();
    return true;
  }
  if (LooksLikeItch()) {
    format_ = CaptureFormat::kItchFile;
    layer_ = PacketLayer::kItchMessage;
    read_ = &CaptureReader::ReadItch;
    return true;
  }
  if (LineReader::LooksLikeJsonLines(*bytes_)) {
    format_ = CaptureFormat::kJsonLines;
    read_ = &CaptureReader::ReadLines;
    return true;
  }
  if (LineReader::LooksLikeLobster(*bytes_)) {
    format_ = CaptureFormat::kLobster;
    read_ = &CaptureReader::ReadLines;
    lines_.SetLayer(PacketLayer::kLobsterRow);
    lobster_ = ParseLobsterName(path);
    return true;
  }
  *error = path + ": not a capture in a known format (pcap, pcapng, raw ITCH, DBN, JSON lines, LOBSTER messages); it starts with" +
           FirstBytes(bytes_->data(), bytes_->available());
  if (bytes_->compression() != Compression::kNone) {
    *error += " once its " + std::string(CompressionName(bytes_->compression())) + " is undone";
  }
  return false;
}

bool CaptureReader::OpenPcap(std::string* error) {
  format_ = CaptureFormat::kPcap;
  const bool swapped = read_ == &CaptureReader::ReadPcap<true>;
  if (!bytes_->Fill(kPcapHeaderBytes)) {
    Cut(0, "the file header is cut");
    return true;
  }
  const auto load = [&](size_t at) { return swapped ? Load32<true>(bytes_->data() + at) : Load32<false>(bytes_->data() + at); };
  const uint32_t major = swapped ? load(4) >> 16 : load(4) & 0xFFFF;
  if (major != 2) {
    *error = bytes_->path() + ": pcap version " + std::to_string(major) + " at byte 4 is unknown (2 is expected)";
    return false;
  }
  // The upper half may tell the length of a frame check sequence.
  link_type_ = load(20) & 0xFFFF;
  const auto layer = LayerOfLinkType(link_type_);
  if (!layer.has_value()) {
    *error = bytes_->path() + ": link type " + std::to_string(link_type_) + " at byte 20 is not supported (0, 1, 101, 113 and 276 are)";
    return false;
  }
  layer_ = *layer;
  bytes_->Advance(kPcapHeaderBytes);
  return true;
}

void CaptureReader::OpenDbn() {
  format_ = CaptureFormat::kDbn;
  read_ = &CaptureReader::ReadDbn;
  const DbnReader::Outcome outcome = dbn_.ReadMetadata(*bytes_);
  if (outcome.end != DbnReader::End::kFile) EndDbn(outcome);
}

// More than half of the first frames must name a type and its exact length, which noise does not. Unknown types are allowed: a later
// revision of the specification may add some.
bool CaptureReader::LooksLikeItch() {
  constexpr size_t kWalkBytes = size_t{1} << 16;
  constexpr uint32_t kWalkFrames = 64;
  bytes_->Fill(kWalkBytes);
  const uint8_t* p = bytes_->data();
  const size_t size = std::min(bytes_->available(), kWalkBytes);
  uint32_t frames = 0, good = 0;
  for (size_t at = 0; frames < kWalkFrames && size - at >= 3;) {
    const uint32_t length = LoadBig16(p + at);
    if (length == 0) break;
    ++frames;
    good += kItchLengths[p[at + 2]] == length ? 1 : 0;
    if (size - at < 2 + length) break;
    at += 2 + length;
  }
  return good * 2 > frames;
}

template <bool kSwapped>
uint32_t CaptureReader::ReadPcap(PacketView* packets, uint32_t max) {
  const uint64_t fraction_ns = nanoseconds_ ? 1 : 1000;
  uint32_t count = 0;
  while (count < max) {
    if (bytes_->available() < kRecordHeaderBytes) {
      if (count != 0) break;
      if (!bytes_->Fill(kRecordHeaderBytes)) return bytes_->available() == 0 ? End() : Cut(bytes_->offset(), "a packet header is cut");
    }
    const uint32_t captured = Load32<kSwapped>(bytes_->data() + 8);
    if (captured > kMaxPacketBytes) {
      return count != 0 ? count : Bad(bytes_->offset(), "a packet's captured length is over 262144:", captured);
    }
    if (bytes_->available() < kRecordHeaderBytes + captured) {
      if (count != 0) break;
      if (!bytes_->Fill(kRecordHeaderBytes + captured)) return Cut(bytes_->offset(), "a packet is cut");
    }
    const uint8_t* p = bytes_->data();
    packets[count++] = {.data = p + kRecordHeaderBytes,
                        .size = captured,
                        .original_size = Load32<kSwapped>(p + 12),
                        .ts_recv_ns = Load32<kSwapped>(p) * uint64_t{1'000'000'000} + Load32<kSwapped>(p + 4) * fraction_ns,
                        .number = ++packet_count_,
                        .file_offset = bytes_->offset() + kRecordHeaderBytes,
                        .layer = layer_};
    bytes_->Advance(kRecordHeaderBytes + captured);
  }
  return count;
}

uint32_t CaptureReader::ReadItch(PacketView* packets, uint32_t max) {
  uint32_t count = 0;
  while (count < max) {
    if (bytes_->available() < 2) {
      if (count != 0) break;
      if (!bytes_->Fill(2)) return bytes_->available() == 0 ? End() : Cut(bytes_->offset(), "a frame is cut");
    }
    const uint32_t length = LoadBig16(bytes_->data());
    if (length == 0) {
      if (count != 0) break;
      const uint64_t offset = bytes_->offset();
      bytes_->Advance(2);
      return bytes_->Fill(1) ? Bad(offset, "a frame of length 0 ends the session, and more bytes follow; length", 0) : End();
    }
    if (bytes_->available() < 2 + length) {
      if (count != 0) break;
      if (!bytes_->Fill(2 + length)) return Cut(bytes_->offset(), "a frame is cut");
    }
    packets[count++] = {.data = bytes_->data() + 2,
                        .size = length,
                        .original_size = length,
                        .ts_recv_ns = 0,
                        .number = ++packet_count_,
                        .file_offset = bytes_->offset() + 2,
                        .layer = PacketLayer::kItchMessage};
    bytes_->Advance(2 + length);
  }
  return count;
}

uint32_t CaptureReader::ReadDbn(PacketView* packets, uint32_t max) {
  const DbnReader::Outcome outcome = dbn_.Read(*bytes_, packets, max, &packet_count_);
  return outcome.count != 0 ? outcome.count : EndDbn(outcome);
}

uint32_t CaptureReader::ReadLines(PacketView* packets, uint32_t max) {
  const uint32_t count = lines_.Read(*bytes_, packets, max, &packet_count_);
  return count != 0 ? count : End();
}

uint32_t CaptureReader::ReadPcapng(PacketView* packets, uint32_t max) {
  uint32_t count = 0;
  while (count < max) {
    if (bytes_->available() < PcapngSection::kMinBlockBytes) {
      if (count != 0) break;
      if (!bytes_->Fill(PcapngSection::kMinBlockBytes))
        return bytes_->available() == 0 ? End() : Cut(bytes_->offset(), "a block header is cut");
    }
    const uint64_t offset = bytes_->offset();
    uint32_t type;
    std::memcpy(&type, bytes_->data(), sizeof(type));
    // The section header's type reads the same in both byte orders; its own magic tells the order of its length.
    const bool section = type == PcapngSection::kSectionHeader;
    if (!section && offset == 0) return Bad(0, "no section header block", type);
    if (section && !section_.BeginSection(bytes_->data())) return count != 0 ? count : Bad(offset, "unknown byte order of section", type);
    type = section_.Load32(bytes_->data());
    const uint32_t total = section_.Load32(bytes_->data() + 4);
    if (total < PcapngSection::kMinBlockBytes || total % 4 != 0) return count != 0 ? count : Bad(offset, "impossible block length", total);
    const bool needed = section || (type >= 1 && type <= 3) || type == PcapngSection::kEnhancedPacket;
    if (total > ByteSource::kMaxFillBytes) {
      if (count != 0) break;
      if (needed) return Bad(offset, "impossible block length", total);
      if (!SkipBlock(total)) return 0;
      continue;
    }
    if (bytes_->available() < total) {
      if (count != 0) break;
      if (!bytes_->Fill(total)) return Cut(offset, "a block is cut");
    }
    const uint8_t* block = bytes_->data();
    const uint32_t repeated = section_.Load32(block + total - 4);
    if (repeated != total) return count != 0 ? count : Bad(offset, "a block's second length differs from its first:", repeated);
    const auto result = section_.Read(block, total, &packets[count]);
    if (result.outcome == PcapngSection::Outcome::kBad) return count != 0 ? count : Bad(offset, result.reason, result.value);
    if (result.outcome == PcapngSection::Outcome::kPacket) {
      packets[count].number = ++packet_count_;
      packets[count].file_offset = offset + static_cast<uint64_t>(packets[count].data - block);
      ++count;
    } else if (result.outcome == PcapngSection::Outcome::kSkippedPacket) {
      ++packet_count_;
      ++skipped_count_;
    }
    bytes_->Advance(total);
  }
  return count;
}

// A large block that is not needed is walked over without being held.
bool CaptureReader::SkipBlock(uint32_t total) {
  const uint64_t offset = bytes_->offset();
  if (!bytes_->Skip(total - 4) || !bytes_->Fill(4)) {
    Cut(offset, "a block is cut");
    return false;
  }
  const uint32_t repeated = section_.Load32(bytes_->data());
  if (repeated != total) {
    Bad(offset, "a block's second length differs from its first:", repeated);
    return false;
  }
  bytes_->Advance(4);
  return true;
}

uint32_t CaptureReader::End() {
  read_ = &CaptureReader::ReadNothing;
  if (bytes_->failure() != SourceFailure::kNone) {
    damage_ = Damage{.offset = bytes_->offset(), .truncated = bytes_->failure() == SourceFailure::kCut};
  }
  return 0;
}

uint32_t CaptureReader::EndDbn(const DbnReader::Outcome& outcome) {
  if (outcome.end == DbnReader::End::kFile) return End();
  if (outcome.end == DbnReader::End::kCut) return Cut(outcome.offset, outcome.reason);
  // A reason that ends in a colon is followed by the number that was wrong.
  Bad(outcome.offset, outcome.reason, outcome.value);
  damage_->has_value = outcome.reason[std::strlen(outcome.reason) - 1] == ':';
  return 0;
}

uint32_t CaptureReader::Cut(uint64_t offset, const char* reason) {
  read_ = &CaptureReader::ReadNothing;
  const SourceFailure failure = bytes_->failure();
  damage_ = Damage{.offset = offset, .reason = reason, .truncated = failure == SourceFailure::kNone || failure == SourceFailure::kCut};
  return 0;
}

uint32_t CaptureReader::Bad(uint64_t offset, const char* reason, uint64_t value) {
  read_ = &CaptureReader::ReadNothing;
  damage_ = Damage{.offset = offset, .reason = reason, .value = value, .has_value = true};
  return 0;
}

std::string CaptureReader::DamageText() const {
  if (!damage_.has_value()) return "";
  std::string text = damage_->reason != nullptr ? damage_->reason : "";
  if (damage_->has_value) text += " " + std::to_string(damage_->value);
  const std::string below = bytes_->FailureText();
  if (!below.empty()) text += (text.empty() ? "" : "; ") + below;
  return text;
}

}  // namespace tickgraph
