// SHA-256 (FIPS 180-4) of bytes as they are written, so a generated file can be named by its digest without a second reading.
//
// Flow: pcap_writer feeds it; the command line prints the hex digest. Thread rule: one owner. Invariant: `HexDigest` ends the stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tickgraph {

class Sha256 {
 public:
  void Update(const void* data, size_t size);
  // Lower-case hex, 64 characters. Call once, after the last Update.
  std::string HexDigest();

 private:
  void Compress(const uint8_t* block);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  size_t filled_ = 0;
  uint64_t total_bytes_ = 0;
};

}  // namespace tickgraph
