// Lines of a text capture: a packet a line, without its line end, bounded in length.
//
// Flow: byte_source -> here -> capture_reader. Thread rule: one owner. Invariants: no line is longer than kMaxLineBytes, a longer one is
// skipped and handed out empty with its true size in `original_size`; memory grows with the longest line, once; lines of one Read live
// until the next.
#pragma once

#include <cstdint>
#include <vector>

#include "hot/packet.h"
#include "net/io/file/byte_source.h"

namespace tickgraph {

class LineReader {
 public:
  static constexpr uint32_t kMaxLineBytes = uint32_t{16} << 20;

  // True where the file's first lines are those of a JSON capture, or rows of a LOBSTER message file, by their shape. Consume nothing.
  static bool LooksLikeJsonLines(ByteSource& bytes);
  static bool LooksLikeLobster(ByteSource& bytes);

  // What its packets are said to be.
  void SetLayer(PacketLayer layer) { layer_ = layer; }

  // Lines, or 0 at the file's end. A last line without a line end is a line.
  uint32_t Read(ByteSource& bytes, PacketView* packets, uint32_t max, uint64_t* packet_count);

 private:
  uint32_t ReadLong(ByteSource& bytes, PacketView* packet, uint64_t* packet_count);

  std::vector<uint8_t> long_line_;
  PacketLayer layer_ = PacketLayer::kJsonLine;
};

}  // namespace tickgraph
