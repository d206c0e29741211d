// libFuzzer target: any bytes as an IEX-TP segment, as one message, and as a gap fill request.
#include "net/proto/iex.h"

namespace {

struct Handler {
  int calls = 0;
  template <class Body>
  void On(const Body& body) {
    ++calls;
    uint8_t bytes[tickgraph::iex::kMaxMessageBytes];
    if (tickgraph::iex::Encode(body, bytes) == 0) __builtin_trap();  // what was decoded has a place on the wire
  }
};

void Decode(const uint8_t* message, uint32_t size) {
  Handler handler;
  const auto status = tickgraph::iex::Decode(message, size, handler);
  if (handler.calls != (status == tickgraph::DecodeStatus::kOk ? 1 : 0)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0xFFFF) return 0;
  const auto bytes = static_cast<uint32_t>(size);
  Decode(data, bytes);
  const auto segment = tickgraph::iex::ParseSegment(data, bytes);
  if (segment.status == tickgraph::iex::SegmentStatus::kData) {
    uint32_t messages = 0;
    tickgraph::iex::ForEachMessage(segment, [&](const uint8_t* message, uint32_t length, uint64_t) {
      if (message + length > data + size) __builtin_trap();
      Decode(message, length);
      ++messages;
    });
    if (messages != segment.header.count) __builtin_trap();
  }
  tickgraph::iex::GapFillHeader header;
  uint32_t ranges = 0;
  const bool good = tickgraph::iex::ParseGapFillRequest(data, bytes, &header, [&](const tickgraph::iex::GapFillRange&) { ++ranges; });
  if (ranges != (good ? header.range_count : 0)) __builtin_trap();
  return 0;
}
