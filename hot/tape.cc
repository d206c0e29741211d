// Making, opening and removing tapes: system calls at start and end, and the reader's side. Nothing here runs in the loop.
#include "hot/tape.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "hot/hash.h"

namespace tickgraph {
namespace {

constexpr const char kFolder[] = "/dev/shm/";
constexpr const char kPrefix[] = "tickgraph-";
constexpr const char kSuffix[] = ".tape";

bool NameIsGood(const std::string& name) {
  constexpr size_t kMaxName = 100;
  if (name.empty() || name.size() > kMaxName) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  });
}

uint64_t RecordsOffset(uint32_t max_instruments) {
  constexpr uint64_t kPage = 4096;
  return kTapeDirectoryOffset + ((max_instruments * uint64_t{sizeof(TapeInstrument)} + kPage - 1) & ~(kPage - 1));
}

std::string SystemError(const std::string& what) { return what + ": " + std::strerror(errno); }

// The process named in the first page of a tape file lives. A file too short to name one belongs to a Create under way.
bool WriterLives(int file) {
  struct stat status;
  if (fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(TapeHeader))) return true;
  void* page = mmap(nullptr, sizeof(TapeHeader), PROT_READ, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) return true;
  const auto* header = static_cast<const TapeHeader*>(page);
  const bool lives = header->writer_pid == 0 || ProcessStartTime(header->writer_pid) == header->writer_start_time;
  munmap(page, sizeof(TapeHeader));
  return lives;
}

// Removes a tape that nobody writes or archives. The lock keeps an archiver from attaching in between.
bool RemoveIfDead(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool dead = flock(file, LOCK_EX | LOCK_NB) == 0 && !WriterLives(file);
  const bool removed = dead && unlink(path.c_str()) == 0;
  close(file);
  return removed;
}

}  // namespace

std::string TapePath(const std::string& name) { return std::string(kFolder) + kPrefix + name + kSuffix; }

uint64_t ProcessStartTime(uint32_t pid) {
  char path[64], text[1024];
  std::snprintf(path, sizeof(path), "/proc/%u/stat", pid);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  if (size <= 0) return 0;
  text[size] = '\0';
  // proc(5): the command, field 2, may hold anything, so count from its closing bracket; state is field 3, starttime 22.
  const char* p = std::strrchr(text, ')');
  if (p == nullptr || p[1] == '\0' || p[2] == 'Z' || p[2] == 'X') return 0;
  p += 2;
  for (int field = 3; field < 22 && p != nullptr; ++field) p = std::strchr(p + 1, ' ');
  return p == nullptr ? 0 : std::strtoull(p, nullptr, 10);
}

std::unique_ptr<TapeWriter> TapeWriter::Create(const TapeConfig& config, std::string* error) {
  if (!NameIsGood(config.name)) {
    *error = "bad tape name '" + config.name + "': letters, digits, '.', '_' and '-' only, at most 100";
    return nullptr;
  }
  if (config.capacity_records < 64 || (config.capacity_records & (config.capacity_records - 1)) != 0 ||
      config.capacity_records > uint64_t{1} << 32) {
    *error = "bad tape capacity " + std::to_string(config.capacity_records) + ": a power of two from 64 to 2^32 records";
    return nullptr;
  }
  const std::string path = TapePath(config.name);
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    if (RemoveIfDead(path)) {
      file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    } else {
      errno = EEXIST;
    }
  }
  if (file < 0) {
    *error = errno == EEXIST ? "tape " + path + " is in use by another process" : SystemError("cannot create tape " + path);
    return nullptr;
  }
  std::unique_ptr<TapeWriter> tape(new TapeWriter);
  const bool mapped = tape->Map(config, file, error);
  close(file);
  if (mapped) return tape;
  unlink(path.c_str());
  return nullptr;
}

bool TapeWriter::Map(const TapeConfig& config, int file, std::string* error) {
  const std::string path = TapePath(config.name);
  const uint64_t records_offset = RecordsOffset(config.max_instruments);
  const uint64_t bytes = records_offset + config.capacity_records * sizeof(TapeRecord);
  // The first page names the writer before the long part, so that a death in it leaves a tape that can be removed.
  TapeHeader owner{};
  owner.writer_pid = static_cast<uint32_t>(getpid());
  owner.writer_start_time = ProcessStartTime(owner.writer_pid);
  if (pwrite(file, static_cast<const void*>(&owner), sizeof(owner), 0) != static_cast<ssize_t>(sizeof(owner)) ||
      ftruncate(file, static_cast<off_t>(bytes)) != 0) {
    *error = SystemError("cannot write tape " + path);
    return false;
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    *error = SystemError("cannot map tape " + path);
    return false;
  }
  // Advice before the first touch gives huge pages; posix_fallocate then says whether all of it is there (a touch would raise SIGBUS).
  madvise(memory, bytes, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  madvise(memory, bytes, MADV_POPULATE_WRITE);
#endif
  if (const int failure = posix_fallocate(file, 0, static_cast<off_t>(bytes)); failure != 0) {
    munmap(memory, bytes);
    *error = "cannot reserve " + std::to_string((bytes >> 20) + 1) + " MiB of shared memory for tape " + path + ": " +
             std::strerror(failure) + " (enlarge /dev/shm or make the tape smaller)";
    return false;
  }
  for (uint64_t at = 0; at < bytes; at += 4096) {
    volatile char* byte = static_cast<volatile char*>(memory) + at;
    *byte = *byte;
  }
  name_ = config.name;
  bytes_ = bytes;
  mask_ = config.capacity_records - 1;
  header_ = static_cast<TapeHeader*>(memory);
  instruments_ = reinterpret_cast<TapeInstrument*>(static_cast<char*>(memory) + kTapeDirectoryOffset);
  records_ = reinterpret_cast<TapeRecord*>(static_cast<char*>(memory) + records_offset);
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  header_->version = kTapeVersion;
  header_->record_bytes = sizeof(TapeRecord);
  header_->capacity = config.capacity_records;
  header_->session_id =
      Combine(Combine(header_->writer_start_time, header_->writer_pid), static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
  header_->records_offset = records_offset;
  header_->max_instruments = config.max_instruments;
  header_->magic.store(kTapeMagic, std::memory_order_release);  // pairs with TapeReader::Open
  return true;
}

TapeWriter::~TapeWriter() {
  if (header_ == nullptr) return;
  const std::string path = TapePath(name_);
  bool needed = false;
  if (archived() < written()) {
    const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    needed = file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0;
    if (file >= 0) close(file);
  }
  munmap(header_, bytes_);
  if (!needed) unlink(path.c_str());
}

std::unique_ptr<TapeReader> TapeReader::Open(const std::string& name, Mode mode, uint64_t next, std::string* error) {
  const std::string path = TapePath(name);
  const int file = NameIsGood(name) ? open(path.c_str(), O_RDWR | O_CLOEXEC) : (errno = EINVAL, -1);
  if (file < 0) {
    *error = SystemError("cannot open tape " + path);
    return nullptr;
  }
  std::unique_ptr<TapeReader> tape(new TapeReader);
  tape->file_ = file;
  struct stat status;
  if (mode == Mode::kArchive && flock(file, LOCK_EX | LOCK_NB) != 0) {
    *error = "tape " + path + " has an archiver already";
    return nullptr;
  }
  if (fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(kTapeDirectoryOffset)) {
    *error = path + " is not a tape";
    return nullptr;
  }
  void* memory = mmap(nullptr, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    *error = SystemError("cannot map tape " + path);
    return nullptr;
  }
  tape->bytes_ = status.st_size;
  auto* header = tape->header_ = static_cast<TapeHeader*>(memory);
  // The writer's stores before the magic are seen after it.
  const bool ready = header->magic.load(std::memory_order_acquire) == kTapeMagic && header->version == kTapeVersion &&
                     header->record_bytes == sizeof(TapeRecord);
  if (!ready || header->capacity == 0 || (header->capacity & (header->capacity - 1)) != 0 ||
      header->records_offset != RecordsOffset(header->max_instruments) ||
      header->records_offset + header->capacity * sizeof(TapeRecord) != tape->bytes_) {
    *error = path + " is not a tape of this version";
    return nullptr;
  }
  tape->capacity_ = header->capacity;
  tape->next_ = next;
  tape->instruments_ = reinterpret_cast<const TapeInstrument*>(static_cast<char*>(memory) + kTapeDirectoryOffset);
  tape->records_ = reinterpret_cast<const TapeRecord*>(static_cast<char*>(memory) + header->records_offset);
  return tape;
}

TapeReader::~TapeReader() {
  if (header_ != nullptr) munmap(header_, bytes_);
  if (file_ >= 0) close(file_);
}

size_t TapeReader::Read(std::span<TapeRecord> out, TapeGap* gap) {
  gap->first = gap->last = 0;
  // Pairs with TapeWriter::Publish: what is counted here is whole, until the writer comes round again.
  const uint64_t written = header_->written.load(std::memory_order_acquire);
  if (next_ > written) return 0;
  const size_t wanted = std::min<uint64_t>(out.size(), written - next_ + 1);
  size_t count = 0;
  while (count < wanted) {
    const TapeRecord& slot = records_[(next_ + count - 1) & (capacity_ - 1)];
    const auto* from = reinterpret_cast<const uint64_t*>(&slot);
    auto* to = reinterpret_cast<uint64_t*>(&out[count]);
    for (size_t i = 0; i < sizeof(TapeRecord) / sizeof(uint64_t); ++i) to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
    // Pairs with the release fence of TapeWriter::Next.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (out[count].sequence != next_ + count || __atomic_load_n(from, __ATOMIC_RELAXED) != next_ + count) break;
    ++count;
  }
  if (count == 0) {
    // A quarter of the ring is given up, so that the reader is not lapped again at once.
    const uint64_t latest = header_->written.load(std::memory_order_acquire);
    const uint64_t oldest = latest >= capacity_ ? latest - capacity_ + 1 : 1;
    gap->first = next_;
    gap->last = std::min(oldest + capacity_ / 4, latest);
    if (gap->last < gap->first) gap->last = gap->first;
    next_ = gap->last + 1;
    return 0;
  }
  next_ += count;
  return count;
}

std::vector<std::string> RemoveDeadTapes() {
  std::vector<std::string> removed;
  DIR* folder = opendir(kFolder);
  if (folder == nullptr) return removed;
  constexpr size_t kFixed = sizeof(kPrefix) - 1 + sizeof(kSuffix) - 1;
  while (const dirent* entry = readdir(folder)) {
    const std::string file = entry->d_name;
    if (file.size() <= kFixed || file.rfind(kPrefix, 0) != 0 ||
        file.compare(file.size() - (sizeof(kSuffix) - 1), std::string::npos, kSuffix) != 0)
      continue;
    const std::string name = file.substr(sizeof(kPrefix) - 1, file.size() - kFixed);
    if (RemoveIfDead(TapePath(name))) removed.push_back(name);
  }
  closedir(folder);
  std::sort(removed.begin(), removed.end());
  return removed;
}

}  // namespace tickgraph
