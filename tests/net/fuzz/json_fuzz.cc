// libFuzzer target: any bytes as one line of a JSON capture.
#include <vector>

#include "net/proto/json/capture_line.h"
#include "net/proto/json/json_decoder.h"

namespace {

struct Handler {
  int calls = 0;
  int64_t sum = 0;
  void On(const tickgraph::JsonBook& book) {
    ++calls;
    for (uint32_t i = 0; i < book.level_count; ++i) {
      if (book.levels[i].quantity < 0) __builtin_trap();
      sum ^= book.levels[i].price_nanos;
    }
    if (book.first_id > book.last_id) __builtin_trap();
  }
  template <class Event>
  void On(const Event& event) {
    ++calls;
    sum ^= static_cast<int64_t>(event.header.product.size());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static tickgraph::JsonDecoder decoder({.line_bytes = 4096, .levels = 64, .events = 8});
  const auto line = tickgraph::ParseCaptureLine({reinterpret_cast<const char*>(data), size});
  if (line.json.empty()) return 0;
  Handler handler;
  const auto status = decoder.Decode(line.json, line.ts_recv_ns, handler);
  if ((handler.calls != 0) != (status == tickgraph::JsonStatus::kMessage)) __builtin_trap();
  return 0;
}
