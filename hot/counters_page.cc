// Making, opening and removing counters pages: system calls at start and end, and the reader's side. Nothing here runs in the loop.
#include "hot/counters_page.h"

#include <dirent.h>
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "hot/tape_layout.h"

namespace tickgraph {
namespace {

constexpr const char kFolder[] = "/dev/shm/";
constexpr std::string_view kPrefix = "tickgraph-";
constexpr std::string_view kSuffix = ".counters";

std::string SystemError(const std::string& what) { return what + ": " + std::strerror(errno); }

// A mapped page, or nullptr and a text.
const CountersLayout* MapToRead(const std::string& path, std::string* error) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    *error = SystemError("cannot open counters " + path);
    return nullptr;
  }
  struct stat status = {};
  void* memory = MAP_FAILED;
  const bool whole = fstat(file, &status) == 0 && status.st_size >= static_cast<off_t>(sizeof(CountersLayout));
  if (whole) memory = mmap(nullptr, sizeof(CountersLayout), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) {
    *error = whole ? SystemError("cannot map counters " + path) : "counters " + path + " are of another version or being made";
    return nullptr;
  }
  const auto* layout = static_cast<const CountersLayout*>(memory);
  // Pairs with the release store in Create.
  if (layout->magic.load(std::memory_order_acquire) == kCountersMagic && layout->bytes == sizeof(CountersLayout)) return layout;
  munmap(memory, sizeof(CountersLayout));
  *error = "counters " + path + " are of another version or being made";
  return nullptr;
}

// What every version of a page begins with, written before the rest of it is there.
struct CountersOwner {
  uint64_t magic = 0, bytes = 0;
  uint64_t writer_start_time = 0;
  uint32_t writer_pid = 0, reserved = 0;
};
static_assert(offsetof(CountersOwner, writer_start_time) == offsetof(CountersLayout, writer_start_time) &&
              offsetof(CountersOwner, writer_pid) == offsetof(CountersLayout, writer_pid));

CountersOwner ThisProcess() {
  const auto pid = static_cast<uint32_t>(getpid());
  return {0, 0, ProcessStartTime(pid), pid, 0};
}

// Removes the pages of processes that died, whatever their version, and if they died while they made it. One too short to name its writer
// belongs to a Create that has only just begun.
void RemoveDeadCounters() {
  for (const std::string& name : CountersNames()) {
    const std::string path = CountersPath(name);
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    CountersOwner owner;
    const bool named = pread(file, &owner, sizeof(owner), 0) == static_cast<ssize_t>(sizeof(owner)) && owner.writer_pid != 0;
    close(file);
    if (named && ProcessStartTime(owner.writer_pid) != owner.writer_start_time) unlink(path.c_str());
  }
}

}  // namespace

std::string CountersPath(const std::string& name) { return std::string(kFolder) + std::string(kPrefix) + name + std::string(kSuffix); }

std::vector<std::string> CountersNames() {
  std::vector<std::string> names;
  DIR* folder = opendir(kFolder);
  if (folder == nullptr) return names;
  while (const dirent* entry = readdir(folder)) {
    const std::string_view file = entry->d_name;
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix) || file.size() <= kPrefix.size() + kSuffix.size()) continue;
    names.emplace_back(file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size()));
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

std::unique_ptr<CountersWriter> CountersWriter::Create(const std::string& name, std::string* error) {
  RemoveDeadCounters();
  std::unique_ptr<CountersWriter> writer(new CountersWriter);
  const std::string path = CountersPath(name);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    *error = errno == EEXIST ? "counters " + path + " are in use by another process" : SystemError("cannot create counters " + path);
    return nullptr;
  }
  const CountersOwner owner = ThisProcess();
  const bool owned = pwrite(file, &owner, sizeof(owner), 0) == static_cast<ssize_t>(sizeof(owner));
  // posix_fallocate, since a store into a page that shared memory does not have would raise SIGBUS.
  const int no_room = owned ? posix_fallocate(file, 0, sizeof(CountersLayout)) : errno;
  void* memory =
      no_room == 0 ? mmap(nullptr, sizeof(CountersLayout), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0) : MAP_FAILED;
  if (no_room != 0) errno = no_room;
  if (memory == MAP_FAILED) *error = SystemError("no shared memory for counters " + path);
  close(file);
  if (memory == MAP_FAILED) {
    unlink(path.c_str());
    return nullptr;
  }
  writer->path_ = path;
  writer->layout_ = new (memory) CountersLayout();
  writer->layout_->bytes = sizeof(CountersLayout);
  writer->layout_->writer_start_time = owner.writer_start_time;  // before the number: who looks meanwhile finds no dead process
  writer->layout_->writer_pid = owner.writer_pid;
  writer->layout_->magic.store(kCountersMagic, std::memory_order_release);  // pairs with MapToRead
  return writer;
}

CountersWriter::~CountersWriter() {
  if (layout_ == nullptr) return;
  layout_->closed.store(1, std::memory_order_release);  // pairs with CountersReader::state
  unlink(path_.c_str());
  munmap(layout_, sizeof(CountersLayout));
}

std::unique_ptr<CountersReader> CountersReader::Open(const std::string& name, std::string* error) {
  const CountersLayout* layout = MapToRead(CountersPath(name), error);
  if (layout == nullptr) return nullptr;
  std::unique_ptr<CountersReader> reader(new CountersReader);
  reader->layout_ = layout;
  reader->name_ = name;
  return reader;
}

CountersReader::~CountersReader() {
  if (layout_ != nullptr) munmap(const_cast<CountersLayout*>(layout_), sizeof(CountersLayout));
}

bool CountersReader::Read(HotCounters* out) const {
  constexpr int kTries = 100'000;  // a publication takes about a microsecond, unless its thread was stopped in it
  std::array<uint64_t, kCounterWords> copy;
  for (int i = 0; i < kTries; ++i) {
    const uint64_t before = layout_->version.load(std::memory_order_acquire);
    if (before == 0) return false;
    if (before % 2 == 0) {
      for (size_t word = 0; word < kCounterWords; ++word) copy[word] = layout_->words[word].load(std::memory_order_relaxed);
      // Pairs with the release fence of CountersWriter::Publish.
      std::atomic_thread_fence(std::memory_order_acquire);
      if (layout_->version.load(std::memory_order_relaxed) == before) {
        std::memcpy(static_cast<void*>(out), copy.data(), sizeof(*out));
        return true;
      }
    }
    _mm_pause();
  }
  return false;
}

CountersState CountersReader::state() const {
  if (layout_->closed.load(std::memory_order_acquire) != 0) return CountersState::kEnded;
  return ProcessStartTime(layout_->writer_pid) == layout_->writer_start_time ? CountersState::kRunning : CountersState::kDied;
}

}  // namespace tickgraph
