// The central directory, local headers and raw deflate (PKWARE's APPNOTE 6.3, sections 4.3 and 4.4); see the header.
#include "net/io/file/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tickgraph {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50, kDirectorySignature = 0x02014b50, kEndSignature = 0x06054b50;
constexpr size_t kLocalBytes = 30, kDirectoryBytes = 46, kEndBytes = 22, kMaxComment = 65535;
constexpr uint16_t kStored = 0, kDeflated = 8, kEncryptedFlag = 1;

uint16_t Read16(const std::string& b, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(b[at]) | static_cast<uint8_t>(b[at + 1]) << 8);
}
uint32_t Read32(const std::string& b, size_t at) { return Read16(b, at) | static_cast<uint32_t>(Read16(b, at + 2)) << 16; }

uint64_t Read64(const std::string& b, size_t at) { return Read32(b, at) | static_cast<uint64_t>(Read32(b, at + 4)) << 32; }

// Sizes that do not fit, or were not known when the header was written, stand in an extra field in this order (section 4.5.3). False: the
// field is missing or short.
bool ReadWideSizes(const std::string& b, size_t at, size_t end, ZipArchive::Entry& entry) {
  constexpr uint64_t kElsewhere = 0xFFFFFFFF;
  constexpr uint16_t kWideField = 1;
  uint64_t* const fields[] = {&entry.bytes, &entry.packed_bytes, &entry.offset};
  if (std::none_of(std::begin(fields), std::end(fields), [](const uint64_t* field) { return *field == kElsewhere; })) return true;
  while (end - at >= 4) {
    const size_t length = Read16(b, at + 2), next = at + 4 + length;
    if (length > end - at - 4) return false;
    if (Read16(b, at) != kWideField) {
      at = next;
      continue;
    }
    at += 4;
    for (uint64_t* field : fields) {
      if (*field != kElsewhere) continue;
      if (next - at < 8) return false;
      *field = Read64(b, at);
      at += 8;
    }
    return true;
  }
  return false;
}

bool Inflate(const std::string& bytes, size_t at, const ZipArchive::Entry& entry, std::string* out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
  stream.avail_in = static_cast<uInt>(entry.packed_bytes);
  out->resize(entry.bytes + 1);  // one more, so that a longer file shows
  stream.next_out = reinterpret_cast<Bytef*>(out->data());
  stream.avail_out = static_cast<uInt>(out->size());
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.total_out == entry.bytes;
  inflateEnd(&stream);
  out->resize(entry.bytes);
  return whole;
}

}  // namespace

bool ZipArchive::IsZip(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char magic[4] = {};
  in.read(magic, sizeof(magic));
  return in.gcount() == 4 && (std::memcmp(magic, "PK\3\4", 4) == 0 || std::memcmp(magic, "PK\5\6", 4) == 0);
}

std::unique_ptr<ZipArchive> ZipArchive::Open(const std::string& path, std::string* error) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
  if (size < 0) {
    *error = path + ": " + std::strerror(errno);
    return nullptr;
  }
  if (static_cast<uint64_t>(size) > kMaxArchiveBytes) {
    *error = path + ": a zip archive of more than 1 GiB is not read";
    return nullptr;
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), size)) {
    *error = path + ": could not be read";
    return nullptr;
  }
  return FromBytes(path, bytes, error);
}

std::unique_ptr<ZipArchive> ZipArchive::FromBytes(std::string path, std::string_view bytes, std::string* error) {
  std::unique_ptr<ZipArchive> archive(new ZipArchive(std::move(path), std::string(bytes)));
  return archive->ReadDirectory(error) ? std::move(archive) : nullptr;
}

bool ZipArchive::ReadDirectory(std::string* error) {
  const auto fail = [&](const std::string& why) {
    *error = path_ + ": " + why;
    return false;
  };
  if (bytes_.size() < kEndBytes) return fail("too short for a zip archive");
  size_t end = bytes_.size() - kEndBytes;
  const size_t first = end > kMaxComment ? end - kMaxComment : 0;
  while (Read32(bytes_, end) != kEndSignature) {
    if (end == first) return fail("the zip archive has no end record: it is cut short");
    --end;
  }
  const size_t count = Read16(bytes_, end + 10), size = Read32(bytes_, end + 12), start = Read32(bytes_, end + 16);
  if (count == 0xFFFF || start == 0xFFFFFFFF) return fail("a zip archive of more than 65,534 files is not read");
  if (start > end || size > end - start) return fail("the zip directory lies outside the file");
  size_t at = start;
  for (size_t i = 0; i < count; ++i) {
    if (end - at < kDirectoryBytes || Read32(bytes_, at) != kDirectorySignature)
      return fail("the zip directory is damaged at byte " + std::to_string(at));
    const size_t name = Read16(bytes_, at + 28), rest = size_t{Read16(bytes_, at + 30)} + Read16(bytes_, at + 32);
    if (end - at - kDirectoryBytes < name + rest) return fail("the zip directory is damaged at byte " + std::to_string(at));
    if (Read16(bytes_, at + 8) & kEncryptedFlag) return fail("an encrypted zip archive is not read");
    Entry entry{bytes_.substr(at + kDirectoryBytes, name),
                Read16(bytes_, at + 10),
                Read32(bytes_, at + 16),
                Read32(bytes_, at + 20),
                Read32(bytes_, at + 24),
                Read32(bytes_, at + 42)};
    const size_t extra = at + kDirectoryBytes + name;
    if (!ReadWideSizes(bytes_, extra, extra + Read16(bytes_, at + 30), entry))
      return fail("the zip directory is damaged at byte " + std::to_string(extra));
    entries_.push_back(std::move(entry));
    at += kDirectoryBytes + name + rest;
  }
  return true;
}

bool ZipArchive::Read(const Entry& entry, std::string* out, std::string* error) const {
  const auto fail = [&](const char* why) {
    *error = path_ + ": " + entry.name + ": " + why;
    return false;
  };
  const uint64_t size = bytes_.size(), header = entry.offset;
  if (header > size || size - header < kLocalBytes || Read32(bytes_, header) != kLocalSignature) return fail("its header is damaged");
  const size_t skipped = kLocalBytes + Read16(bytes_, header + 26) + Read16(bytes_, header + 28);
  if (size - header < skipped || size - header - skipped < entry.packed_bytes) return fail("its bytes lie outside the file");
  if (entry.bytes > kMaxFileBytes) return fail("larger than 256 MiB");
  const size_t at = header + skipped;
  if (entry.method == kStored) {
    if (entry.packed_bytes != entry.bytes) return fail("its sizes disagree");
    out->assign(bytes_, at, entry.bytes);
  } else if (entry.method != kDeflated) {
    return fail("its compression is not read");
  } else if (!Inflate(bytes_, at, entry, out)) {
    return fail("its compressed bytes are damaged");
  }
  const auto* bytes = reinterpret_cast<const Bytef*>(out->data());
  return crc32(0, bytes, static_cast<uInt>(out->size())) == entry.checksum || fail("its checksum does not fit");
}

}  // namespace tickgraph
