// libFuzzer target: any bytes as an MDP 3.0 packet, and as one message whose size agrees.
#include <vector>

#include "net/proto/cme.h"

namespace {

struct Handler {
  uint32_t calls = 0;
  template <class Block>
  void On(const tickgraph::cme::Message&, const Block&) {
    ++calls;
  }
};

void Decode(const tickgraph::cme::Message& message) {
  Handler handler;
  const auto status = tickgraph::cme::Decode(message, handler);
  if ((handler.calls != 0) != (status == tickgraph::DecodeStatus::kOk)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0xFFFF) return 0;
  const auto packet = tickgraph::cme::ParsePacket(data, static_cast<uint32_t>(size));
  if (packet.good) {
    uint32_t messages = 0;
    tickgraph::cme::ForEachMessage(packet, [&](const tickgraph::cme::Message& message) {
      Decode(message);
      ++messages;
    });
    if (messages != packet.count) __builtin_trap();
  }
  (void)tickgraph::cme::LooksLikePacket(data, static_cast<uint32_t>(size));
  if (size < tickgraph::cme::kMessageHeaderBytes) return 0;
  std::vector<uint8_t> framed(data, data + size);
  tickgraph::StoreLe(framed.data(), static_cast<uint16_t>(size));
  tickgraph::StoreLe(framed.data() + 6, tickgraph::cme::kSchema);
  tickgraph::cme::Message message;
  uint32_t bytes = 0;
  if (tickgraph::cme::ParseMessage(framed.data(), static_cast<uint32_t>(size), &message, &bytes)) Decode(message);
  return 0;
}
