// libFuzzer target: any bytes as one ITCH message, and as a file of framed messages.
#include "net/proto/itch.h"

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
  Handler handler;
  const auto status = tickgraph::DecodeItch(data, static_cast<uint32_t>(size), {}, 0, handler);
  if (handler.calls != (status == tickgraph::DecodeStatus::kOk ? 1 : 0)) __builtin_trap();
  int visits = 0;
  const tickgraph::ItchWalk walk = tickgraph::WalkItch(data, size, [&](const uint8_t* message, uint32_t length) {
    if (tickgraph::DecodeItch(message, length, {}, 0, handler) == tickgraph::DecodeStatus::kBadLength) __builtin_trap();
    ++visits;
  });
  if (walk.bytes > size || walk.messages != static_cast<uint64_t>(visits)) __builtin_trap();
  return 0;
}
