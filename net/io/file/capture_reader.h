// Packets out of a capture file: pcap, pcapng, raw ITCH (BinaryFILE framing), Databento DBN, lines of JSON and LOBSTER message files,
// plain or compressed, told apart by content.
//
// Flow: byte_source -> here -> file_player and the command line. Thread rule: one owner. Invariants: packets of one ReadBurst live until
// the next; nothing is allocated after Open; damage ends the reading, never the process: all before it was handed out and nothing after it
// is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hot/packet.h"
#include "net/io/file/byte_source.h"
#include "net/io/file/capture_format.h"
#include "net/io/file/dbn_reader.h"
#include "net/io/file/line_reader.h"
#include "net/io/file/pcapng.h"
#include "net/proto/lobster.h"

namespace tickgraph {

class CaptureReader {
 public:
  // Null and `error` ("FILE: …") where the file cannot be opened or holds none of the formats. A file that is damaged later opens.
  static std::unique_ptr<CaptureReader> Open(const std::string& path, std::string* error);

  // At least one and at most `max` packets, or 0 once the file has ended (see `damage`).
  uint32_t ReadBurst(PacketView* packets, uint32_t max) { return (this->*read_)(packets, max); }

  [[nodiscard]] CaptureFormat format() const { return format_; }
  // Of a pcap, or of a pcapng's last interface; 0 for files without network headers.
  [[nodiscard]] uint32_t link_type() const { return format_ == CaptureFormat::kPcapng ? section_.last_link_type() : link_type_; }
  [[nodiscard]] bool nanoseconds() const { return nanoseconds_; }
  [[nodiscard]] const ByteSource& bytes() const { return *bytes_; }
  [[nodiscard]] uint64_t packet_count() const { return packet_count_; }
  // Of a DBN file; version 0 for others.
  [[nodiscard]] const DbnMetadata& dbn_metadata() const { return dbn_.metadata(); }
  // What the name of a LOBSTER file says; nothing for others.
  [[nodiscard]] const LobsterFile& lobster_file() const { return lobster_; }
  // Packets of pcapng interfaces whose link type is unknown: counted, not handed out.
  [[nodiscard]] uint64_t skipped_count() const { return skipped_count_; }
  // True where packets of the file, as read so far, may be answers to requests: they are handed out as recovered.
  [[nodiscard]] bool holds_answers() const { return section_.holds_answers(); }
  [[nodiscard]] bool holds_snapshots() const { return section_.holds_snapshots(); }
  // Set once ReadBurst has returned 0, where the file is cut or damaged.
  [[nodiscard]] const std::optional<Damage>& damage() const { return damage_; }
  // For example "the last packet is cut; the gzip data is cut short after 4096 decompressed bytes".
  [[nodiscard]] std::string DamageText() const;

 private:
  using ReadFunction = uint32_t (CaptureReader::*)(PacketView*, uint32_t);

  explicit CaptureReader(std::unique_ptr<ByteSource> bytes) : bytes_(std::move(bytes)) {}
  bool Detect(std::string* error);
  bool OpenPcap(std::string* error);
  void OpenDbn();
  bool LooksLikeItch();

  template <bool kSwapped>
  uint32_t ReadPcap(PacketView* packets, uint32_t max);
  uint32_t ReadPcapng(PacketView* packets, uint32_t max);
  uint32_t ReadItch(PacketView* packets, uint32_t max);
  uint32_t ReadDbn(PacketView* packets, uint32_t max);
  uint32_t ReadLines(PacketView* packets, uint32_t max);
  uint32_t ReadNothing(PacketView*, uint32_t) { return 0; }
  bool BeginSection(uint32_t* total);
  bool SkipBlock(uint32_t total);

  // Each ends the reading, and returns 0 for ReadBurst to return.
  uint32_t End();
  uint32_t EndDbn(const DbnReader::Outcome& outcome);
  uint32_t Cut(uint64_t offset, const char* reason);
  uint32_t Bad(uint64_t offset, const char* reason, uint64_t value);

  std::unique_ptr<ByteSource> bytes_;
  ReadFunction read_ = &CaptureReader::ReadNothing;
  CaptureFormat format_ = CaptureFormat::kPcap;
  PacketLayer layer_ = PacketLayer::kEthernet;
  bool nanoseconds_ = false;
  uint32_t link_type_ = 0;
  uint64_t packet_count_ = 0, skipped_count_ = 0;
  std::optional<Damage> damage_;
  PcapngSection section_;
  DbnReader dbn_;
  LineReader lines_;
  LobsterFile lobster_;
};

}  // namespace tickgraph
