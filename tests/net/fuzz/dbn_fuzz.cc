// libFuzzer target: any bytes as a DBN record of each version, and as a stream's metadata whose mappings are then walked.
#include <vector>

#include "net/proto/dbn.h"

namespace {

struct Handler {
  int calls = 0;
  size_t text = 0;
  void On(const tickgraph::DbnDefinition& event) {
    ++calls;
    text += event.raw_symbol.size() + event.underlying.size();
  }
  void On(const tickgraph::DbnSymbolMapping& event) {
    ++calls;
    text += event.in_symbol.size() + event.out_symbol.size();
  }
  void On(const tickgraph::DbnNotice& event) {
    ++calls;
    text += event.text.size();
  }
  template <class Event>
  void On(const Event&) {
    ++calls;
  }
};

void Record(const uint8_t* data, size_t size) {
  for (uint8_t version = 1; version <= 3; ++version) {
    for (const bool ts_out : {false, true}) {
      Handler handler;
      const auto status = tickgraph::DecodeDbn(data, static_cast<uint32_t>(size), {version, ts_out}, handler);
      if (handler.calls != (status == tickgraph::DecodeStatus::kOk ? 1 : 0)) __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0xFFFF) return 0;
  Record(data, size);
  std::vector<uint8_t> bytes(data, data + size);
  if (size >= tickgraph::kDbnHeaderBytes && size % 4 == 0 && size / 4 < 256) {
    bytes[0] = static_cast<uint8_t>(size / 4);
    Record(bytes.data(), size);
  }
  if (size < tickgraph::kDbnPreludeBytes) return 0;
  bytes[0] = 'D', bytes[1] = 'B', bytes[2] = 'N';
  bytes[3] = static_cast<uint8_t>(1 + bytes[3] % 3);
  tickgraph::StoreLe<uint32_t>(&bytes[4], static_cast<uint32_t>(size) - tickgraph::kDbnPreludeBytes);
  tickgraph::DbnMetadata metadata;
  if (tickgraph::ParseDbnMetadata(bytes.data(), bytes.size(), &metadata) != nullptr) return 0;
  size_t text = 0;
  metadata.ForEachMapping([&](const tickgraph::DbnMapping& m) { text += m.symbol.size() + m.interval_symbol.size(); });
  if (text > size * 2) __builtin_trap();
  return 0;
}
