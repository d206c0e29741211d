// Capture files put together by hand for tests, in both byte orders, from the field tables of the formats; and files to hold them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "net/io/file/capture_reader.h"

namespace tickgraph::test {

using Bytes = std::vector<uint8_t>;

// Integers appended in a chosen byte order.
class ByteWriter {
 public:
  explicit ByteWriter(bool big_endian) : big_endian_(big_endian) {}
  ByteWriter& U16(uint16_t v) { return Integer(v, 2); }
  ByteWriter& U32(uint32_t v) { return Integer(v, 4); }
  ByteWriter& U64(uint64_t v) { return Integer(v, 8); }
  ByteWriter& Raw(const Bytes& data) {
    bytes.insert(bytes.end(), data.begin(), data.end());
    return *this;
  }
  ByteWriter& Pad4() {
    while (bytes.size() % 4 != 0) bytes.push_back(0);
    return *this;
  }
  Bytes bytes;

 private:
  ByteWriter& Integer(uint64_t v, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(v >> 8 * (big_endian_ ? size - 1 - i : i)));
    return *this;
  }
  bool big_endian_;
};

inline Bytes PcapHeader(bool big_endian, bool nanoseconds, uint32_t link_type = 1) {
  ByteWriter w(big_endian);
  w.U32(nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4).U16(2).U16(4).U32(0).U32(0).U32(65535).U32(link_type);
  return w.bytes;
}

inline Bytes PcapRecord(bool big_endian, uint32_t seconds, uint32_t fraction, const Bytes& data, uint32_t original = 0) {
  const auto size = static_cast<uint32_t>(data.size());
  ByteWriter w(big_endian);
  w.U32(seconds).U32(fraction).U32(size).U32(original == 0 ? size : original).Raw(data);
  return w.bytes;
}

inline Bytes Block(bool big_endian, uint32_t type, const Bytes& body) {
  ByteWriter w(big_endian);
  const auto total = static_cast<uint32_t>(12 + (body.size() + 3) / 4 * 4);
  w.U32(type).U32(total).Raw(body).Pad4().U32(total);
  return w.bytes;
}
inline Bytes SectionHeader(bool big_endian) {
  return Block(big_endian, 0x0A0D0D0A, ByteWriter(big_endian).U32(0x1A2B3C4D).U16(1).U16(0).U64(~uint64_t{0}).bytes);
}
// `resolution` and `offset_seconds` become options where they are not the defaults.
inline Bytes InterfaceBlock(bool big_endian, uint16_t link_type, uint32_t snap_length = 0, uint8_t resolution = 6,
                            int64_t offset_seconds = 0) {
  ByteWriter w(big_endian);
  w.U16(link_type).U16(0).U32(snap_length);
  w.U16(2).U16(3).Raw({'e', 't', 'h'}).Pad4();  // if_name, whose padding must be stepped over
  if (resolution != 6) w.U16(9).U16(1).Raw({resolution}).Pad4();
  if (offset_seconds != 0) w.U16(14).U16(8).U64(static_cast<uint64_t>(offset_seconds));
  w.U16(0).U16(0);
  return Block(big_endian, 1, w.bytes);
}
inline Bytes EnhancedPacket(bool big_endian, uint32_t interface_id, uint64_t ticks, const Bytes& data) {
  const auto size = static_cast<uint32_t>(data.size());
  ByteWriter w(big_endian);
  w.U32(interface_id).U32(static_cast<uint32_t>(ticks >> 32)).U32(static_cast<uint32_t>(ticks)).U32(size).U32(size).Raw(data);
  return Block(big_endian, 6, w.bytes);
}
inline Bytes SimplePacket(bool big_endian, uint32_t original, const Bytes& data) {
  return Block(big_endian, 3, ByteWriter(big_endian).U32(original).Raw(data).bytes);
}
inline Bytes ObsoletePacket(bool big_endian, uint16_t interface_id, uint64_t ticks, const Bytes& data) {
  const auto size = static_cast<uint32_t>(data.size());
  ByteWriter w(big_endian);
  w.U16(interface_id).U16(7).U32(static_cast<uint32_t>(ticks >> 32)).U32(static_cast<uint32_t>(ticks)).U32(size).U32(size).Raw(data);
  return Block(big_endian, 2, w.bytes);
}

inline Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

// A folder of its own, gone with the test.
class CaptureFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickgraph_test_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Put(const std::string& name, const Bytes& bytes) const {
    std::filesystem::remove(Path(name));  // some file systems flush a file that is truncated and written anew
    std::ofstream out(Path(name), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return Path(name);
  }
  static Bytes Get(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string folder_;
};

// A capture's packets, copied out: what a test compares.
struct ReadPacket {
  Bytes data;
  uint64_t ts_ns = 0, number = 0, file_offset = 0;
  uint32_t original_size = 0;
  PacketLayer layer = PacketLayer::kEthernet;
};
struct ReadCapture {
  std::string error;  // of Open
  std::vector<ReadPacket> packets;
  std::optional<Damage> damage;
  std::string damage_text;
  uint64_t skipped = 0;
};

inline ReadCapture ReadAll(const std::string& path, uint32_t burst = 32) {
  ReadCapture out;
  const auto reader = CaptureReader::Open(path, &out.error);
  if (reader == nullptr) return out;
  std::vector<PacketView> views(burst);
  while (const uint32_t count = reader->ReadBurst(views.data(), burst)) {
    for (uint32_t i = 0; i < count; ++i) {
      const PacketView& v = views[i];
      out.packets.push_back({Bytes(v.data, v.data + v.size), v.ts_recv_ns, v.number, v.file_offset, v.original_size, v.layer});
    }
  }
  out.damage = reader->damage();
  out.damage_text = reader->DamageText();
  out.skipped = reader->skipped_count();
  return out;
}

// "" where the folder of captured data or the file is absent: the test says so and skips.
inline std::string DataFile(const std::string& name) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string path = (folder != nullptr ? std::string(folder) : std::string(TICKGRAPH_SOURCE_DIR) + "/../shared/data") + "/" + name;
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace tickgraph::test

#define TICKGRAPH_DATA_OR_SKIP(variable, name)       \
  const std::string variable = test::DataFile(name); \
  if (variable.empty()) GTEST_SKIP() << "captured data is absent: " << (name)
