// libFuzzer target: any bytes as a row of a LOBSTER message file, as a row of an orderbook file, and as a file's name.
#include "net/proto/lobster.h"

namespace {

struct Handler {
  int calls = 0;
  template <class Event>
  void On(const Event&) {
    ++calls;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tickgraph::LobsterRow row, again;
  if (tickgraph::ParseLobsterRow(text, &row) == tickgraph::LobsterStatus::kOk) {
    Handler handler;
    tickgraph::EmitLobster(row, {}, 0, {}, handler);
    if (handler.calls != 1) __builtin_trap();
    char written[tickgraph::kLobsterRowBytes];
    const std::string_view copy(written, static_cast<size_t>(tickgraph::EncodeLobsterRow(row, written) - written));
    if (tickgraph::ParseLobsterRow(copy, &again) != tickgraph::LobsterStatus::kOk) __builtin_trap();
    if (again.time_ns != row.time_ns || again.price != row.price || again.size != row.size) __builtin_trap();
    if (tickgraph::LobsterTime(text) != row.time_ns) __builtin_trap();
  }
  static tickgraph::LobsterBookRow levels;
  if (tickgraph::ParseLobsterBookRow(text, &levels) == tickgraph::LobsterStatus::kOk) {
    for (const uint32_t count : levels.counts) {
      if (count > levels.levels || levels.levels > tickgraph::LobsterBookRow::kMaxLevels) __builtin_trap();
    }
  }
  if (tickgraph::ParseLobsterName(text).named && tickgraph::ParseLobsterName(text).symbol.view().empty()) __builtin_trap();
  return 0;
}
