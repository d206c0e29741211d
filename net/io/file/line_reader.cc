// Lines that lie whole in the window are handed out where they lie; a longer one is put together in memory of its own.
#include "net/io/file/line_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "net/proto/json/capture_line.h"
#include "net/proto/lobster.h"

namespace tickgraph {
namespace {

constexpr size_t kDetectBytes = size_t{1} << 20;
constexpr uint32_t kDetectLines = 64;

// A brace and what may follow it in JSON.
bool LooksLikeJson(std::string_view json) {
  size_t at = 1;
  while (at < json.size() && (json[at] == ' ' || json[at] == '\t')) ++at;
  return at == json.size() || json[at] == '"' || json[at] == '}';
}

// visit(line, ended): the last may be cut.
template <class Visit>
void ForEachFirstLine(ByteSource& bytes, Visit visit) {
  bytes.Fill(kDetectBytes);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.available(), kDetectBytes));
  for (uint32_t i = 0; i < kDetectLines && !text.empty(); ++i) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end), end != text.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool LineReader::LooksLikeJsonLines(ByteSource& bytes) {
  uint32_t good = 0, bad = 0;
  bool connected = false;
  ForEachFirstLine(bytes, [&](std::string_view text, bool) {
    const CaptureLine line = ParseCaptureLine(text);
    const bool json = line.kind == CaptureLineKind::kJson && LooksLikeJson(line.json);
    good += json ? 1 : 0;
    connected |= line.kind == CaptureLineKind::kHeader && text.starts_with("ws");
    bad += !json && (line.kind == CaptureLineKind::kJson || line.kind == CaptureLineKind::kBad) ? 1 : 0;
  });
  return good > bad || (connected && good == bad);
}

bool LineReader::LooksLikeLobster(ByteSource& bytes) {
  uint32_t good = 0, bad = 0;
  LobsterRow row;
  ForEachFirstLine(bytes, [&](std::string_view text, bool ended) {
    if (good + bad == 0 && IsLobsterHeader(text)) return;
    const bool is_row = ParseLobsterRow(text, &row) == LobsterStatus::kOk;
    good += is_row ? 1 : 0;
    bad += !is_row && ended ? 1 : 0;
  });
  return good > bad;
}

uint32_t LineReader::Read(ByteSource& bytes, PacketView* packets, uint32_t max, uint64_t* packet_count) {
  uint32_t count = 0;
  while (count < max) {
    const void* end = bytes.available() == 0 ? nullptr : std::memchr(bytes.data(), '\n', bytes.available());
    if (end == nullptr) {
      if (count != 0) break;
      bytes.Fill(ByteSource::kMaxFillBytes);
      if (bytes.available() == 0) return 0;
      end = std::memchr(bytes.data(), '\n', bytes.available());
      if (end == nullptr) return ReadLong(bytes, &packets[0], packet_count);
    }
    const auto size = static_cast<uint32_t>(static_cast<const uint8_t*>(end) - bytes.data());
    packets[count++] = {.data = bytes.data(),
                        .size = size,
                        .original_size = size,
                        .ts_recv_ns = 0,
                        .number = ++*packet_count,
                        .file_offset = bytes.offset(),
                        .layer = layer_};
    bytes.Advance(size + 1);
  }
  return count;
}

uint32_t LineReader::ReadLong(ByteSource& bytes, PacketView* packet, uint64_t* packet_count) {
  const uint64_t offset = bytes.offset();
  uint64_t size = 0;
  long_line_.clear();
  bool ended = false;
  while (!ended && bytes.Fill(1)) {
    const auto* end = static_cast<const uint8_t*>(std::memchr(bytes.data(), '\n', bytes.available()));
    ended = end != nullptr;
    const size_t piece = ended ? static_cast<size_t>(end - bytes.data()) : bytes.available();
    size += piece;
    if (size <= kMaxLineBytes) long_line_.insert(long_line_.end(), bytes.data(), bytes.data() + piece);
    bytes.Advance(piece + (ended ? 1 : 0));
  }
  *packet = {.data = long_line_.data(),
             .size = size <= kMaxLineBytes ? static_cast<uint32_t>(size) : 0,
             .original_size = static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX)),
             .ts_recv_ns = 0,
             .number = ++*packet_count,
             .file_offset = offset,
             .layer = layer_};
  return 1;
}

}  // namespace tickgraph
