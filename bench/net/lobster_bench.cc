// Decoding LOBSTER rows: synthetic rows in the proportions of a real day, from the encoder.
#include <array>
#include <random>
#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/lobster.h"

namespace tickgraph {
namespace {

struct RowSum {
  uint64_t sum = 0;
  std::array<uint32_t, 256> by_type{};

  void Header(const EventHeader& h) {
    sum += h.ts_event_ns;
    ++by_type[static_cast<uint8_t>(h.type)];
  }
  void On(const AddOrder& e) {
    Header(e.header);
    sum += e.order_ref + static_cast<uint64_t>(e.price_nanos + e.quantity) + static_cast<uint64_t>(e.side);
  }
  void On(const ReduceOrder& e) {
    Header(e.header);
    sum += e.order_ref + static_cast<uint64_t>(e.quantity);
  }
  void On(const DeleteOrder& e) {
    Header(e.header);
    sum += e.order_ref;
  }
  void On(const ExecuteOrder& e) {
    Header(e.header);
    sum += e.order_ref + static_cast<uint64_t>(e.price_nanos + e.quantity);
  }
  void On(const Trade& e) {
    Header(e.header);
    sum += static_cast<uint64_t>(e.price_nanos + e.quantity) + static_cast<uint64_t>(e.side);
  }
  void On(const TradingStatus& e) { Header(e.header); }
};

void DecodeLobster(benchmark::State& state) {
  constexpr uint32_t kRows = 1 << 14;
  std::mt19937_64 random(20120621);
  std::string text;
  std::vector<std::string_view> lines;
  std::vector<size_t> ends;
  RowSum reference;
  for (uint32_t i = 0; i < kRows; ++i) {
    // In thousandths: 496 new, 3 reduced, 428 deleted, 57 executed, the rest hidden.
    const uint64_t at = random() % 1000;
    LobsterRow row;
    row.type = at < 496 ? '1' : at < 499 ? '2' : at < 927 ? '3' : at < 984 ? '4' : '5';
    row.time_ns = 34'200'000'000'000 + random() % 23'400'000'000'000;
    row.order_id = static_cast<int64_t>(1 + random() % 300'000'000);
    row.size = static_cast<int64_t>(1 + random() % 1000);
    row.price = static_cast<int64_t>(2'200'000 + random() % 500 * 100);
    row.direction = random() % 2 == 0 ? 1 : -1;
    EmitLobster(row, {}, 0, {}, reference);
    char written[kLobsterRowBytes];
    text.append(written, EncodeLobsterRow(row, written));
    ends.push_back(text.size());
  }
  for (size_t i = 0, from = 0; i < ends.size(); from = ends[i++]) lines.push_back(std::string_view(text).substr(from, ends[i] - from));
  RowSum handler;
  const auto decode = [&] {
    LobsterRow row;
    for (const std::string_view line : lines) {
      if (ParseLobsterRow(line, &row) == LobsterStatus::kOk) EmitLobster(row, {}, 0, {}, handler);
    }
  };
  decode();
  if (handler.sum != reference.sum || handler.by_type != reference.by_type)
    return state.SkipWithError("decoded rows differ from those encoded");
  AllocationScope allocations;
  for (auto _ : state) {
    decode();
    benchmark::DoNotOptimize(handler);
  }
  ReportItems(state, kRows, allocations.count(), static_cast<int64_t>(text.size()));
}
BENCHMARK(DecodeLobster)->Name("decode/lobster");

}  // namespace
}  // namespace tickgraph
