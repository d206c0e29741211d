// When a line of a JSON capture was received: its stamp, else the venue's own time in the message.
//
// In the flow: the player of a file stamps lines with it before the loop sees them. The message's time is found by its name alone, without
// a parser: the first of Binance's E and Coinbase's timestamp and time. No state, no allocation; any bytes may come.
#pragma once

#include "net/proto/json/capture_line.h"
#include "net/proto/json/rfc3339.h"

namespace tickgraph {

// 0: the line has no time.
inline uint64_t JsonLineTime(std::string_view text) {
  const CaptureLine line = ParseCaptureLine(text);
  if (line.ts_recv_ns != 0 || line.json.empty()) return line.ts_recv_ns;
  if (const size_t at = line.json.find("\"E\":"); at != std::string_view::npos) {
    const std::string_view digits = line.json.substr(at + 4, 13);
    uint64_t ms = 0;
    if (digits.size() == 13 && ParseUnsigned(digits, &ms)) return ms * 1'000'000;
  }
  for (const std::string_view name : {"\"timestamp\":\"", "\"time\":\""}) {
    const size_t at = line.json.find(name);
    if (at == std::string_view::npos) continue;
    const std::string_view value = line.json.substr(at + name.size());
    uint64_t ns = 0;
    if (ParseRfc3339(value.substr(0, value.find('"')), &ns)) return ns;
  }
  return 0;
}

}  // namespace tickgraph
