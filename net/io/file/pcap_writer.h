// Writes a classic pcap (little-endian, link type Ethernet, microseconds or nanoseconds), buffered, and its SHA-256 as it goes.
//
// Flow: the session generator and tests -> a capture file, which appears under its name at Close (output_file.h). Thread rule: one owner.
// Invariants: after the first error every Write returns false and Close reports that error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/io/file/output_file.h"
#include "net/io/file/sha256.h"

namespace tickgraph {

class PcapWriter {
 public:
  // An existing file at `path` is replaced at Close: whether that is allowed is the caller's question. Null and `error` on failure, and
  // where what stands there is no regular file.
  static std::unique_ptr<PcapWriter> Create(const std::string& path, bool nanoseconds, std::string* error);
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;

  // Appends a whole frame (at most 262,144 bytes) stamped `ts_ns` since 1970; a microsecond file keeps whole microseconds.
  bool Write(uint64_t ts_ns, const uint8_t* frame, uint32_t size);
  // Flushes, syncs, renames. False and `error` ("FILE: no space left on device") when any byte could not be written.
  bool Close(std::string* error);

  [[nodiscard]] uint64_t packet_count() const { return packet_count_; }
  [[nodiscard]] uint64_t size_bytes() const { return file_->size_bytes(); }
  // Of the whole file, in hex. Empty before Close has succeeded.
  [[nodiscard]] const std::string& sha256() const { return sha256_hex_; }

 private:
  PcapWriter(std::string path, std::unique_ptr<OutputFile> file, bool nanoseconds);
  void Append(const void* data, size_t size);
  void Flush();

  std::string path_, error_, sha256_hex_;
  std::unique_ptr<OutputFile> file_;
  bool nanoseconds_, closed_ = false;
  std::vector<uint8_t> buffer_;
  Sha256 sha256_;
  uint64_t packet_count_ = 0;
};

}  // namespace tickgraph
