// Writing and reading manifests, and the few file operations that an archive's durability rests on.
#include "cold/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cold/archive_names.h"
#include "cold/checksum.h"

namespace tickgraph {
namespace {

absl::Status SystemError(const char* what, const std::string& path) { return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path)); }

// Debian's abseil has a string_view of its own.
absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

std::string Seal(std::string body) {
  absl::StrAppend(&body, "\"checksum\": \"", ChecksumHex(body), "\"\n}\n");
  return body;
}

absl::StatusOr<std::string> ReadSealed(const std::string& path) {
  auto text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  const size_t at = text->rfind("\"checksum\": \"");
  if (at == std::string::npos || Seal(text->substr(0, at)) != *text)
    return absl::DataLossError(absl::StrCat(path, " is damaged: its checksum does not match"));
  text->resize(at);
  return text;
}

// The value of a member in text that was written here: no escapes, no nesting inside a line.
std::string_view Member(std::string_view text, const char* name) {
  const std::string key = absl::StrCat("\"", name, "\": ");
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  if (text.starts_with('"')) return text.substr(1, text.find('"', 1) - 1);
  return text.substr(0, text.find_first_of(",}\n"));
}

uint64_t Number(std::string_view text, const char* name) {
  uint64_t value = 0;
  return absl::SimpleAtoi(ToAbsl(Member(text, name)), &value) ? value : 0;
}

uint64_t Session(std::string_view text) {
  uint64_t value = 0;
  return absl::SimpleHexAtoi(ToAbsl(Member(text, "session")), &value) ? value : 0;
}

}  // namespace

int TableOfPath(std::string_view path) {
  const std::string_view table = path.substr(0, path.find('/'));
  for (int i = 0; i < kTapeTables; ++i) {
    if (table == kTapeTableNames[i]) return i;
  }
  return -1;
}

std::string ToJson(const SegmentManifest& manifest) {
  std::string out = absl::StrFormat("{\n\"session\": \"%016x\",\n\"first\": %u,\n\"last\": %u,\n\"gapped_records\": %u,\n",
                                    manifest.session_id, manifest.first, manifest.last, manifest.gapped_records);
  uint64_t rows[kTapeTables] = {};
  for (const ArchiveFile& file : manifest.files) rows[TableOfPath(file.path)] += file.rows;
  absl::StrAppend(&out, "\"rows\": {");
  for (int i = 0; i < kTapeTables; ++i) absl::StrAppend(&out, i == 0 ? "" : ", ", "\"", kTapeTableNames[i], "\": ", rows[i]);
  absl::StrAppend(&out, "},\n\"files\": [\n");
  for (size_t i = 0; i < manifest.files.size(); ++i) {
    const ArchiveFile& file = manifest.files[i];
    absl::StrAppendFormat(&out, "{\"path\": \"%s\", \"rows\": %u, \"bytes\": %u, \"checksum\": \"%s\"}%s\n", file.path, file.rows,
                          file.bytes, file.checksum, i + 1 < manifest.files.size() ? "," : "");
  }
  absl::StrAppend(&out, "],\n");
  return Seal(std::move(out));
}

std::string ToJson(const ArchiveManifest& manifest) {
  std::string out = absl::StrFormat(
      "{\n\"tape\": \"%s\",\n\"session\": \"%016x\",\n\"ended\": \"%s\",\n\"complete\": %s,\n\"tape_records\": %u,\n\"archived_records\": "
      "%u,\n\"gapped_records\": "
      "%u,\n\"tables\": {\n",
      manifest.tape, manifest.session_id, kArchiveEndNames[static_cast<int>(manifest.end)],
      manifest.end == ArchiveEnd::kClosed ? "true" : "false", manifest.tape_records, manifest.archived_records, manifest.gapped_records);
  for (int i = 0; i < kTapeTables; ++i)
    absl::StrAppend(&out, "\"", kTapeTableNames[i], "\": ", manifest.table_rows[i], i + 1 < kTapeTables ? ",\n" : "\n");
  absl::StrAppend(&out, "},\n");
  return Seal(std::move(out));
}

absl::StatusOr<SegmentManifest> ReadSegmentManifest(const std::string& path) {
  const auto text = ReadSealed(path);
  if (!text.ok()) return text.status();
  SegmentManifest out;
  out.session_id = Session(*text);
  out.first = Number(*text, "first");
  out.last = Number(*text, "last");
  out.gapped_records = Number(*text, "gapped_records");
  for (const absl::string_view part : absl::StrSplit(*text, '\n')) {
    const std::string_view line(part.data(), part.size());
    if (!line.starts_with("{\"path\": ")) continue;
    out.files.push_back(
        {std::string(Member(line, "path")), Number(line, "rows"), Number(line, "bytes"), std::string(Member(line, "checksum"))});
    if (TableOfPath(out.files.back().path) < 0)
      return absl::DataLossError(absl::StrCat(path, " names a file outside the tables: ", out.files.back().path));
  }
  return out;
}

absl::StatusOr<ArchiveManifest> ReadArchiveManifest(const std::string& path) {
  const auto text = ReadSealed(path);
  if (!text.ok()) return text.status();
  ArchiveManifest out;
  out.tape = Member(*text, "tape");
  out.session_id = Session(*text);
  const std::string_view end = Member(*text, "ended");
  for (int i = 0; i < 4; ++i) {
    if (end == kArchiveEndNames[i]) out.end = static_cast<ArchiveEnd>(i);
  }
  out.tape_records = Number(*text, "tape_records");
  out.archived_records = Number(*text, "archived_records");
  out.gapped_records = Number(*text, "gapped_records");
  for (int i = 0; i < kTapeTables; ++i) out.table_rows[i] = Number(*text, kTapeTableNames[i]);
  return out;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return SystemError("cannot open", path);
  std::string out;
  const off_t size = lseek(file, 0, SEEK_END);
  ssize_t got = -1;
  if (size >= 0) {
    out.resize(static_cast<size_t>(size));
    size_t at = 0;
    while (at < out.size() && (got = pread(file, out.data() + at, out.size() - at, static_cast<off_t>(at))) > 0)
      at += static_cast<size_t>(got);
    if (at == out.size()) got = 0;
    out.resize(at);
  }
  const auto status = got < 0 ? SystemError("cannot read", path) : absl::OkStatus();
  close(file);
  if (!status.ok()) return status;
  return out;
}

absl::Status WriteWholeFile(const std::string& path, std::string_view bytes, bool sync) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return SystemError("cannot create", path);
  while (!bytes.empty()) {
    const ssize_t put = write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) break;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  absl::Status status;
  if (!bytes.empty() || (sync && fdatasync(file) != 0)) status = SystemError("cannot write", path);
  if (close(file) != 0 && status.ok()) status = SystemError("cannot write", path);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::Status WriteDurably(const std::string& folder, const std::string& name, std::string_view bytes) {
  const std::string temporary = absl::StrCat(folder, "/", TemporaryName(name)), path = absl::StrCat(folder, "/", name);
  if (const auto status = WriteWholeFile(temporary, bytes, true); !status.ok()) return status;
  if (rename(temporary.c_str(), path.c_str()) != 0) return SystemError("cannot rename to", path);
  const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = handle >= 0 && fsync(handle) == 0;
  const auto status = synced ? absl::OkStatus() : SystemError("cannot sync", folder);
  if (handle >= 0) close(handle);
  return status;
}

}  // namespace tickgraph
