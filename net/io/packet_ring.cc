// Making, mapping and removing rings; the two sides. See packet_ring.h.
#include "net/io/packet_ring.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "hot/tape_layout.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMagic = 0x3130544b43504754ULL;  // "TGPCKT01"
constexpr size_t kHeaderBytes = 8192;
constexpr char kFolder[] = "/dev/shm/", kPrefix[] = "tickgraph-", kSuffix[] = ".packets";

std::string PathOf(const std::string& name) { return std::string(kFolder) + kPrefix + name + kSuffix; }
std::string SystemError(const std::string& what) { return what + ": " + std::strerror(errno); }

struct Mapping {
  PacketRingHeader* header = nullptr;
  uint8_t* data = nullptr;
};

// The header, then the ring, then the ring again.
bool Map(int file, uint64_t capacity, Mapping* out) {
  constexpr int kAccess = PROT_READ | PROT_WRITE;
  void* room = mmap(nullptr, kHeaderBytes + 2 * capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  auto* at = static_cast<uint8_t*>(room);
  const bool whole = mmap(at, kHeaderBytes + capacity, kAccess, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED &&
                     mmap(at + kHeaderBytes + capacity, capacity, kAccess, MAP_SHARED | MAP_FIXED, file, kHeaderBytes) != MAP_FAILED;
  if (!whole) {
    munmap(room, kHeaderBytes + 2 * capacity);
    return false;
  }
  *out = {reinterpret_cast<PacketRingHeader*>(at), at + kHeaderBytes};
  return true;
}

// The first bytes of a header, of a ring that is being made.
struct PacketRingOwner {
  uint64_t magic = 0, capacity = 0;
  uint64_t writer_start_time = ProcessStartTime(static_cast<uint32_t>(getpid()));
  uint32_t writer_pid = static_cast<uint32_t>(getpid());
};
static_assert(offsetof(PacketRingOwner, writer_start_time) == offsetof(PacketRingHeader, writer_start_time) &&
              offsetof(PacketRingOwner, writer_pid) == offsetof(PacketRingHeader, writer_pid));

bool WriterLives(const PacketRingHeader& header) { return ProcessStartTime(header.writer_pid) == header.writer_start_time; }

// A file too short to name its writer belongs to a Create that has only just begun.
bool IsDead(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(kHeaderBytes)) return false;
  void* page = mmap(nullptr, kHeaderBytes, PROT_READ, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) return false;
  const auto* header = static_cast<const PacketRingHeader*>(page);
  const bool dead = header->writer_pid != 0 && !WriterLives(*header);
  munmap(page, kHeaderBytes);
  return dead;
}

bool RemoveIfDead(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool removed = flock(file, LOCK_EX | LOCK_NB) == 0 && IsDead(file) && unlink(path.c_str()) == 0;
  close(file);
  return removed;
}

void Describe(const PacketRingConfig& config, PacketRingHeader* header) {
  header->port_count = static_cast<uint32_t>(std::min<size_t>(config.ports.size(), PacketRingHeader::kMaxPorts));
  header->group_count = static_cast<uint32_t>(std::min<size_t>(config.groups.size(), PacketRingHeader::kMaxGroups));
  std::copy_n(config.ports.begin(), header->port_count, header->ports);
  std::copy_n(config.groups.begin(), header->group_count, header->groups);
}

}  // namespace

RecordedPort MakeRecordedPort(std::string_view name, PacketLayer layer, RecordedUse use) {
  RecordedPort port;
  name.copy(port.name.data(), port.name.size() - 1);
  port.layer = layer;
  port.use = use;
  return port;
}

std::unique_ptr<PacketRingWriter> PacketRingWriter::Create(const PacketRingConfig& config, std::string* error) {
  const std::string path = PathOf(config.name);
  if (!std::has_single_bit(config.capacity_bytes) || config.capacity_bytes < uint64_t{1} << 20) {
    *error = "packet ring of " + std::to_string(config.capacity_bytes) + " bytes: a power of two of at least 1 MiB is expected";
    return nullptr;
  }
  RemoveIfDead(path);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    *error = errno == EEXIST ? "packet ring " + path + " is in use by another process" : SystemError("cannot create " + path);
    return nullptr;
  }
  std::unique_ptr<PacketRingWriter> ring(new PacketRingWriter);
  Mapping mapping;
  // The header names the writer before the long part, so that a death in it leaves a ring that can be removed.
  const PacketRingOwner owner;
  const bool named = pwrite(file, &owner, sizeof(owner), 0) == static_cast<ssize_t>(sizeof(owner)) && ftruncate(file, kHeaderBytes) == 0;
  const int failure = named ? posix_fallocate(file, 0, static_cast<off_t>(kHeaderBytes + config.capacity_bytes)) : errno;
  const bool mapped = failure == 0 && Map(file, config.capacity_bytes, &mapping);
  if (failure != 0) errno = failure;
  if (!mapped) *error = SystemError("cannot reserve " + std::to_string(config.capacity_bytes >> 20) + " MiB of shared memory for " + path);
  close(file);
  if (!mapped) {
    unlink(path.c_str());
    return nullptr;
  }
  ring->path_ = path;
  ring->header_ = mapping.header;
  ring->data_ = mapping.data;
  ring->capacity_ = config.capacity_bytes;
  // Both views of the ring are touched here: the loop meets no page for the first time.
  for (uint64_t at = 0; at < 2 * ring->capacity_; at += 4096) static_cast<volatile uint8_t*>(ring->data_)[at] = 0;
  PacketRingHeader* header = ring->header_;
  header->capacity = config.capacity_bytes;
  Describe(config, header);
  header->magic.store(kMagic, std::memory_order_release);  // pairs with PacketRingReader::Open
  return ring;
}

PacketRingWriter::~PacketRingWriter() {
  if (header_ == nullptr) return;
  munmap(header_, kHeaderBytes + 2 * capacity_);
  unlink(path_.c_str());
}

// Whichever commit is seen, its position is one that the reader has passed.
uint64_t PacketRingWriter::ReadPosition() const {
  const uint32_t active = header_->active.load(std::memory_order_acquire);
  return header_->commits[active & 1].read.load(std::memory_order_acquire);  // pairs with PacketRingReader::Commit
}

uint64_t PacketRingWriter::committed_packets() const {
  const uint32_t active = header_->active.load(std::memory_order_acquire);
  return header_->commits[active & 1].packets.load(std::memory_order_relaxed);
}

bool PacketRingWriter::Write(const PacketView& packet) {
  const uint64_t need = (sizeof(PacketRingEntry) + packet.size + 7) & ~uint64_t{7};
  if (capacity_ - (written_ - read_seen_) < need) {
    read_seen_ = ReadPosition();
    if (capacity_ - (written_ - read_seen_) < need) {
      header_->lost.store(header_->lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
  }
  uint8_t* out = data_ + (written_ & (capacity_ - 1));
  const PacketRingEntry entry = {
      static_cast<uint32_t>(need), packet.size, packet.original_size, packet.port, packet.layer, packet.recovered, packet.ts_recv_ns};
  std::memcpy(out, &entry, sizeof(entry));
  std::memcpy(out + sizeof(entry), packet.data, packet.size);
  written_ += need;
  return true;
}

void PacketRingWriter::Close() {
  Publish();
  header_->closed.store(1, std::memory_order_release);  // pairs with PacketRingReader::closed
}

std::unique_ptr<PacketRingReader> PacketRingReader::Open(const std::string& name, std::string* error) {
  const std::string path = PathOf(name);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {
    *error = SystemError("cannot open " + path);
    return nullptr;
  }
  std::unique_ptr<PacketRingReader> ring(new PacketRingReader);
  ring->file_ = file;
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    *error = path + " has a reader already";
    return nullptr;
  }
  struct stat status {};
  Mapping mapping;
  const bool sized = fstat(file, &status) == 0 && status.st_size > static_cast<off_t>(kHeaderBytes);
  const uint64_t capacity = sized ? static_cast<uint64_t>(status.st_size) - kHeaderBytes : 0;
  if (!sized || !std::has_single_bit(capacity) || !Map(file, capacity, &mapping)) {
    *error = path + " is not a packet ring";
    return nullptr;
  }
  ring->path_ = path;
  ring->header_ = mapping.header;
  ring->data_ = mapping.data;
  ring->capacity_ = capacity;
  if (mapping.header->magic.load(std::memory_order_acquire) != kMagic || mapping.header->capacity != capacity) {
    *error = path + " is not a packet ring of this version";
    return nullptr;
  }
  ring->read_ = ring->Active().read.load(std::memory_order_relaxed);
  ring->packets_ = ring->Active().packets.load(std::memory_order_relaxed);
  return ring;
}

PacketRingReader::~PacketRingReader() {
  if (header_ != nullptr) munmap(header_, kHeaderBytes + 2 * capacity_);
  if (file_ >= 0) close(file_);
}

bool PacketRingReader::Next(PacketView* packet) {
  if (read_ == header_->written.load(std::memory_order_acquire)) return false;
  PacketRingEntry entry;
  const uint8_t* from = data_ + (read_ & (capacity_ - 1));
  std::memcpy(&entry, from, sizeof(entry));
  *packet = {};
  packet->data = from + sizeof(entry);
  packet->size = entry.size;
  packet->original_size = entry.original_size;
  packet->ts_recv_ns = entry.ts_recv_ns;
  packet->number = ++packets_;
  packet->layer = entry.layer;
  packet->recovered = entry.recovered != 0;
  packet->port = entry.port;
  read_ += entry.bytes;
  return true;
}

void PacketRingReader::Commit(uint64_t file_bytes) {
  const uint32_t next = (header_->active.load(std::memory_order_relaxed) & 1) ^ 1;
  // Released by itself: a writer that still looks at this commit as the active one may see the new position before `active` changes.
  header_->commits[next].read.store(read_, std::memory_order_release);
  header_->commits[next].file_bytes.store(file_bytes, std::memory_order_relaxed);
  header_->commits[next].packets.store(packets_, std::memory_order_relaxed);
  header_->active.store(next, std::memory_order_release);  // pairs with PacketRingWriter::ReadPosition and committed_packets
}

bool PacketRingReader::writer_alive() const { return WriterLives(*header_); }

void PacketRingReader::Remove() { unlink(path_.c_str()); }

std::vector<std::string> RemoveDeadPacketRings() {
  std::vector<std::string> removed;
  DIR* folder = opendir(kFolder);
  if (folder == nullptr) return removed;
  while (const dirent* entry = readdir(folder)) {
    const std::string file = entry->d_name;
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) continue;
    if (RemoveIfDead(kFolder + file))
      removed.push_back(file.substr(sizeof(kPrefix) - 1, file.size() - sizeof(kPrefix) - sizeof(kSuffix) + 2));
  }
  closedir(folder);
  std::sort(removed.begin(), removed.end());
  return removed;
}

}  // namespace tickgraph
