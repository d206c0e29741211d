// libFuzzer target: any bytes as an OPRA block, as it is and with size and checksum made right.
#include <vector>

#include "net/proto/opra.h"

namespace {

struct Handler {
  int calls = 0;
  template <class Event>
  void On(const Event&) {
    ++calls;
  }
};

void Decode(const uint8_t* data, uint32_t size) {
  const tickgraph::OpraBlock block = tickgraph::ParseOpraBlock(data, size);
  if (!block.good) return;
  Handler handler;
  int good = 0;
  const auto walk = tickgraph::ForEachOpraMessage(
      block.messages, block.messages_bytes, block.count, 0,
      [&](const uint8_t* message, uint32_t) { good += tickgraph::DecodeOpra(message, {}, handler) == tickgraph::DecodeStatus::kOk; });
  if (good != handler.calls || walk.walked > block.count) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0xFFFF) return 0;
  Decode(data, static_cast<uint32_t>(size));
  if (size < tickgraph::kOpraBlockHeaderBytes) return 0;
  std::vector<uint8_t> block(data, data + size);
  block[0] = 6;
  block[3] = 'O';
  tickgraph::StoreBe16(&block[1], static_cast<uint16_t>(size));
  tickgraph::StoreBe16(&block[19], tickgraph::OpraChecksum(block.data(), static_cast<uint32_t>(size)));
  Decode(block.data(), static_cast<uint32_t>(size));
  return 0;
}
