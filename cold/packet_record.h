// The cold side of `run --record`: a packet ring to a pcapng file.
//
// One thread. The file grows under `FILE.partial` and appears under its own name when the ring's writer has closed it, or died, and all of
// it is written. A recorder that dies is followed by another that cuts the file to what was committed and goes on, so that nothing is lost
// or written twice. An interface of the file is a port and a line: its name is the port's, its description tells line and group.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace tickgraph {

struct PacketRecordOptions {
  std::string ring, file;
  bool force = false;                       // a file that exists may be replaced
  const std::atomic<bool>* stop = nullptr;  // true: commit what was read and end; the file stays partial
};

struct PacketRecordResult {
  uint64_t packets = 0, bytes = 0;
  uint64_t lost = 0;  // found no room in the ring
  bool whole = false;
  bool writer_died = false;
};

absl::StatusOr<PacketRecordResult> RecordPackets(const PacketRecordOptions& options);

}  // namespace tickgraph
