#include "net/io/file/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace tickgraph {

std::string OutputFile::Problem(const std::string& path, bool force) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return "";
  if (!std::filesystem::is_regular_file(path, ignored)) return path + " is not a regular file";
  return force ? "" : path + " exists; --force replaces it";
}

std::unique_ptr<OutputFile> OutputFile::Create(const std::string& path, std::string* error) {
  *error = Problem(path, true);
  if (!error->empty()) return nullptr;
  const int fd = open(PartialName(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0) return std::unique_ptr<OutputFile>(new OutputFile(path, fd));
  *error = path + ": cannot create: " + std::strerror(errno);
  return nullptr;
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(PartialName(path_).c_str());
}

void OutputFile::Fail(const std::string& what) {
  if (error_.empty()) error_ = path_ + ": " + what + ": " + std::strerror(errno);
}

bool OutputFile::Write(const void* data, size_t size) {
  const char* bytes = static_cast<const char*>(data);
  for (size_t done = 0; done < size && error_.empty();) {
    const ssize_t n = write(fd_, bytes + done, size - done);
    if (n > 0) {
      done += static_cast<size_t>(n);
      size_bytes_ += static_cast<uint64_t>(n);
    } else if (n == 0 || errno != EINTR) {
      if (n == 0) errno = ENOSPC;
      Fail("cannot write at byte " + std::to_string(size_bytes_));
    }
  }
  return error_.empty();
}

bool OutputFile::Publish(std::string* error) {
  const std::string partial = PartialName(path_);
  // What cannot be synced, such as a pipe, says EINVAL.
  if (error_.empty() && fsync(fd_) != 0 && errno != EINVAL) Fail("cannot write");
  if (close(fd_) != 0) Fail("cannot write");
  fd_ = -1;
  if (error_.empty() && rename(partial.c_str(), path_.c_str()) != 0) Fail("cannot rename from " + partial);
  if (error_.empty()) return true;
  unlink(partial.c_str());
  *error = error_;
  return false;
}

bool WriteOutputFile(const std::string& path, std::string_view text, std::string* error) {
  const auto file = OutputFile::Create(path, error);
  if (file == nullptr) return false;
  (void)file->Write(text.data(), text.size());
  return file->Publish(error);
}

}  // namespace tickgraph
