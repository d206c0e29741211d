// Reading zip archives after PKWARE's APPNOTE 6.3.10; see the header.
#include "net/io/file/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tickgraph {
namespace {

constexpr std::string_view kLocalMark("PK\x03\x04", 4), kCentralMark("PK\x01\x02", 4), kEndMark("PK\x05\x06", 4);
constexpr std::string_view kZip64Mark("PK\x06\x06", 4), kZip64LocatorMark("PK\x06\x07", 4);
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kZip64LocatorBytes = 20, kZip64Bytes = 56;
constexpr size_t kMostComment = 65535;
constexpr uint16_t kStored = 0, kDeflated = 8, kZip64Extra = 1;
constexpr uint16_t kEncryptedFlag = 1, kSizesLaterFlag = 8;

// Little-endian bytes at a place that has been checked.
template <class T>
T Get(std::string_view bytes, size_t at) {
  T out;
  std::memcpy(&out, bytes.data() + at, sizeof(out));
  return out;
}

bool Marked(std::string_view bytes, uint64_t at, std::string_view mark, size_t size) {
  return at <= bytes.size() && bytes.size() - at >= size && bytes.substr(at, mark.size()) == mark;
}

// Fields that did not fit in 32 bits stand in the zip64 extra, in this order, each only where it did not.
void ReadZip64(std::string_view extra, uint64_t* bytes, uint64_t* compressed_bytes, uint64_t* offset) {
  while (extra.size() >= 4) {
    const auto id = Get<uint16_t>(extra, 0), size = Get<uint16_t>(extra, 2);
    extra.remove_prefix(4);
    std::string_view body = extra.substr(0, size);
    extra.remove_prefix(std::min<size_t>(size, extra.size()));
    if (id != kZip64Extra) continue;
    for (uint64_t* field : {bytes, compressed_bytes, offset}) {
      if (field == nullptr || *field != UINT32_MAX || body.size() < 8) continue;
      *field = Get<uint64_t>(body, 0);
      body.remove_prefix(8);
    }
  }
}

// Inflates as far as the data go; what went wrong, or null. `used` is how much of `in` the stream took.
const char* InflateAll(std::string_view in, uint64_t most, std::string* out, size_t* used) {
  z_stream stream = {};
  if (inflateInit2(&stream, -15) != Z_OK) return "out of memory";
  const char* problem = nullptr;
  int code = Z_OK;
  size_t read = 0;
  char chunk[1 << 16];
  do {
    if (stream.avail_in == 0) {
      const size_t step = std::min<size_t>(in.size() - read, size_t{1} << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + read));
      stream.avail_in = static_cast<uInt>(step);
      read += step;
    }
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof(chunk);
    code = inflate(&stream, Z_NO_FLUSH);
    out->append(chunk, sizeof(chunk) - stream.avail_out);
    if (out->size() > most) problem = "it holds more than it says";
    if (code == Z_BUF_ERROR || (code == Z_OK && stream.avail_in == 0 && read == in.size() && stream.avail_out != 0))
      problem = "its data are cut short";
    else if (code != Z_OK && code != Z_STREAM_END)
      problem = "its data are corrupt";
  } while (code != Z_STREAM_END && problem == nullptr);
  *used = read - stream.avail_in;
  inflateEnd(&stream);
  return problem;
}

}  // namespace

bool ZipArchive::IsZipFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char first[4] = {};
  return in.read(first, sizeof(first)) && IsZip({first, sizeof(first)});
}

std::unique_ptr<ZipArchive> ZipArchive::Open(const std::string& path, std::string* error) {
  std::ifstream in(path, std::ios::binary);
  auto archive = std::make_unique<ZipArchive>();
  if (in) archive->bytes_.assign(std::istreambuf_iterator<char>(in), {});
  if (!in || in.bad()) {
    *error = path + ": " + std::strerror(errno != 0 ? errno : EIO);
    return nullptr;
  }
  if (!IsZip(archive->bytes_)) {
    *error = path + ": not a zip archive";
    return nullptr;
  }
  if (!archive->ReadDirectory()) archive->WalkFromFront();
  return archive;
}

bool ZipArchive::ReadDirectory() {
  const std::string_view all = bytes_;
  if (all.size() < kEndBytes) return false;
  const size_t oldest = all.size() - std::min(all.size(), kEndBytes + kMostComment);
  const size_t end = all.rfind(kEndMark, all.size() - kEndBytes);
  if (end == std::string_view::npos || end < oldest) return false;
  uint64_t count = Get<uint16_t>(all, end + 10), at = Get<uint32_t>(all, end + 16);
  if (end >= kZip64LocatorBytes && Marked(all, end - kZip64LocatorBytes, kZip64LocatorMark, kZip64LocatorBytes)) {
    const auto zip64 = Get<uint64_t>(all, end - kZip64LocatorBytes + 8);
    if (!Marked(all, zip64, kZip64Mark, kZip64Bytes)) return false;
    count = Get<uint64_t>(all, zip64 + 32);
    at = Get<uint64_t>(all, zip64 + 48);
  }
  std::vector<ZipEntry> entries;
  for (uint64_t i = 0; i < count; ++i) {
    if (!Marked(all, at, kCentralMark, kCentralBytes)) return false;
    const std::string_view head = all.substr(at);
    const size_t name_bytes = Get<uint16_t>(head, 28), extra_bytes = Get<uint16_t>(head, 30), comment_bytes = Get<uint16_t>(head, 32);
    if (head.size() < kCentralBytes + name_bytes + extra_bytes + comment_bytes) return false;
    ZipEntry entry;
    entry.method = Get<uint16_t>(head, 10);
    entry.crc = Get<uint32_t>(head, 16);
    entry.compressed_bytes = Get<uint32_t>(head, 20);
    entry.bytes = Get<uint32_t>(head, 24);
    entry.offset = Get<uint32_t>(head, 42);
    entry.name = head.substr(kCentralBytes, name_bytes);
    ReadZip64(head.substr(kCentralBytes + name_bytes, extra_bytes), &entry.bytes, &entry.compressed_bytes, &entry.offset);
    entries.push_back(std::move(entry));
    at += kCentralBytes + name_bytes + extra_bytes + comment_bytes;
  }
  entries_ = std::move(entries);
  return true;
}

bool ZipArchive::ReadLocal(ZipEntry* entry, uint64_t* data) const {
  const std::string_view all = bytes_;
  if (!Marked(all, entry->offset, kLocalMark, kLocalBytes)) return false;
  const std::string_view head = all.substr(entry->offset);
  const auto flags = Get<uint16_t>(head, 6);
  const size_t name_bytes = Get<uint16_t>(head, 26), extra_bytes = Get<uint16_t>(head, 28);
  if (head.size() < kLocalBytes + name_bytes + extra_bytes) return false;
  *data = entry->offset + kLocalBytes + name_bytes + extra_bytes;
  entry->name = head.substr(kLocalBytes, name_bytes);
  entry->method = Get<uint16_t>(head, 8);
  if ((flags & kEncryptedFlag) != 0) entry->method = UINT16_MAX;
  if ((flags & kSizesLaterFlag) != 0) {
    entry->bytes = entry->compressed_bytes = ZipEntry::kUnknownBytes;
    return true;
  }
  entry->crc = Get<uint32_t>(head, 14);
  entry->compressed_bytes = Get<uint32_t>(head, 18);
  entry->bytes = Get<uint32_t>(head, 22);
  ReadZip64(head.substr(kLocalBytes + name_bytes, extra_bytes), &entry->bytes, &entry->compressed_bytes, nullptr);
  return true;
}

void ZipArchive::WalkFromFront() {
  uint64_t at = 0;
  for (;;) {
    ZipEntry entry;
    entry.offset = at;
    uint64_t data = 0;
    if (!ReadLocal(&entry, &data)) break;
    entries_.push_back(entry);
    // An entry whose length only its data tell is the last one that is looked for.
    if (entry.compressed_bytes > bytes_.size() - data) break;
    at = data + entry.compressed_bytes;
  }
  damage_ =
      "the list of its files is missing or broken: the archive is cut or damaged, at the latest at byte " + std::to_string(bytes_.size());
}

std::string ZipArchive::Contents(const ZipEntry& entry, std::string* problem) const {
  problem->clear();
  ZipEntry local = entry;
  uint64_t data = 0;
  std::string out;
  if (!ReadLocal(&local, &data)) {
    *problem = "no file starts at byte " + std::to_string(entry.offset);
    return out;
  }
  std::string_view in = std::string_view(bytes_).substr(data);
  const bool known = entry.bytes != ZipEntry::kUnknownBytes;
  const bool short_of = known && entry.compressed_bytes > in.size();
  if (known && !short_of) in = in.substr(0, entry.compressed_bytes);
  const uint64_t most = known ? entry.bytes : kMaxBytes;
  size_t used = 0;
  if (most > kMaxBytes) {
    *problem = "it says that it holds more than " + std::to_string(kMaxBytes) + " bytes";
  } else if (local.method == kDeflated) {
    out.reserve(known && most / 1100 <= in.size() ? most : 0);  // no data inflate more than 1,032 times
    if (const char* what = InflateAll(in, most, &out, &used)) *problem = what;
  } else if (local.method == kStored && known) {
    out = in;
  } else {
    *problem = local.method == UINT16_MAX ? "it is encrypted" : "compressed by method " + std::to_string(local.method);
  }
  if (problem->empty() && (short_of || (known && out.size() != entry.bytes))) *problem = "its data are cut short";
  if (problem->empty() && known) {
    uLong crc = crc32(0, nullptr, 0);
    for (size_t at = 0; at < out.size(); at += size_t{1} << 30) {
      crc = crc32(crc, reinterpret_cast<const Bytef*>(out.data() + at), static_cast<uInt>(std::min(out.size() - at, size_t{1} << 30)));
    }
    if (crc != entry.crc) *problem = "its checksum is wrong";
  }
  return out;
}

}  // namespace tickgraph
