// Records of a DBN stream: the metadata once, then a packet a record.
//
// Flow: byte_source -> here -> capture_reader. Thread rule: one owner. Invariants: nothing is allocated after ReadMetadata; a length from
// the file is believed only as far as the file has bytes; records of one Read live until the next.
#pragma once

#include <cstdint>
#include <vector>

#include "hot/packet.h"
#include "net/io/file/byte_source.h"
#include "net/io/file/capture_format.h"
#include "net/proto/dbn.h"

namespace tickgraph {

class DbnReader {
 public:
  // What ended the reading, where the file did not simply end.
  enum class End : uint8_t { kFile, kCut, kBad };
  struct Outcome {
    uint32_t count = 0;  // records; of 0 the rest says why
    End end = End::kFile;
    uint64_t offset = 0;
    const char* reason = nullptr;
    uint64_t value = 0;
  };

  // At the start of the file.
  Outcome ReadMetadata(ByteSource& bytes);
  Outcome Read(ByteSource& bytes, PacketView* packets, uint32_t max, uint64_t* packet_count);

  [[nodiscard]] const DbnMetadata& metadata() const { return metadata_; }
  [[nodiscard]] DbnFormat format() const { return {metadata_.version, metadata_.ts_out}; }

 private:
  std::vector<uint8_t> head_;
  DbnMetadata metadata_;
};

}  // namespace tickgraph
