// One line of a JSON capture: what stands before the JSON, if anything does.
//
//   {"stream":…}                          as the venue sent it
//   1723161253937085768 {"stream":…}      receive time in ns
//   1618677817.077736: {"type":…}         receive time in seconds
//   wss://host <-> 1618677816.84          a header: a connection
//   wss://host <- 1618677817.02: {…}      a header: what the client sent
//   https://host/path -> 1618677817: {…}  the answer to a request, a snapshot perhaps
//
// In the flow: line reader -> here -> JsonDecoder. No state, no allocation; any bytes may come.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/proto/json/decimal.h"

namespace tickgraph {

enum class CaptureLineKind : uint8_t { kBlank, kHeader, kJson, kAnswer, kBad };

struct CaptureLine {
  CaptureLineKind kind = CaptureLineKind::kBad;
  std::string_view json;    // of kJson and kAnswer
  uint64_t ts_recv_ns = 0;  // 0: none
};

namespace capture_line_internal {

constexpr std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

constexpr bool IsHeader(std::string_view line) {
  for (const std::string_view start : {"wss://", "ws://", "https://", "http://", "configuration", "#"}) {
    if (line.starts_with(start)) return true;
  }
  return false;
}

// A stamp in seconds with a fraction, or in whole ns.
constexpr bool ParseStamp(std::string_view text, bool seconds, uint64_t* ns) {
  if (!seconds) return ParseUnsigned(text, ns);
  int64_t value = 0;
  const DecimalStatus status = ParseDecimal(text, 9, &value);
  // Floats of some languages print more digits than there are nanoseconds.
  if (status == DecimalStatus::kTooFine)
    return ParseDecimal(text.substr(0, text.find('.') + 10), 9, &value) == DecimalStatus::kOk &&
           (*ns = static_cast<uint64_t>(value), value >= 0);
  *ns = static_cast<uint64_t>(value);
  return status == DecimalStatus::kOk && value >= 0;
}

}  // namespace capture_line_internal

// "https://host/path?symbol=BTCUSDT&limit=1000 -> …": a snapshot of Binance names its symbol in its request alone.
constexpr std::string_view SymbolOfRequest(std::string_view line) {
  line = line.substr(0, line.find(" -> "));
  const size_t at = line.find("symbol=");
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + 7);
  return line.substr(0, line.find_first_of("& "));
}

constexpr CaptureLine ParseCaptureLine(std::string_view line) {
  line = capture_line_internal::Trim(line);
  if (line.empty()) return {CaptureLineKind::kBlank, {}, 0};
  if (line.front() == '{') return {CaptureLineKind::kJson, line, 0};
  CaptureLine out;
  out.kind = CaptureLineKind::kJson;
  if (capture_line_internal::IsHeader(line)) {
    const size_t arrow = line.find(" -> ");
    const size_t brace = line.find('{');
    if (arrow == std::string_view::npos || brace == std::string_view::npos || brace < arrow) return {CaptureLineKind::kHeader, {}, 0};
    out.kind = CaptureLineKind::kAnswer;
    line.remove_prefix(arrow + 4);
  }
  const size_t brace = line.find('{');
  if (brace > 64)  // or there is none
    return {out.kind == CaptureLineKind::kAnswer ? CaptureLineKind::kHeader : CaptureLineKind::kBad, {}, 0};
  out.json = line.substr(brace);
  std::string_view stamp = capture_line_internal::Trim(line.substr(0, brace));
  const bool seconds = !stamp.empty() && stamp.back() == ':';
  if (seconds) stamp.remove_suffix(1);
  if (!capture_line_internal::ParseStamp(stamp, seconds, &out.ts_recv_ns)) {
    return {out.kind == CaptureLineKind::kAnswer ? CaptureLineKind::kHeader : CaptureLineKind::kBad, {}, 0};
  }
  return out;
}

}  // namespace tickgraph
