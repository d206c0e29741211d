// OUCH: an order to Enter Order bytes, and an Executed message to a report.
#include <cstring>
#include <vector>

#include "bench/bench_common.h"
#include "net/proto/ouch.h"

namespace tickgraph {
namespace {

std::vector<Order> Orders() {
  std::vector<Order> orders;
  for (uint32_t i = 0; i < 4096; ++i) {
    Order order;
    order.token = i + 1;
    order.instrument = i % 64;
    order.side = i % 3 == 0 ? Side::kSell : Side::kBuy;
    order.price_nanos = (1'000'000 + i * 37) * ouch::kNanosPerTick;
    order.quantity = 1 + i % 900;
    orders.push_back(order);
  }
  return orders;
}

// The 47 bytes put down one by one, by the offsets of the specification.
bool MatchesLayout(const Order& order, const Instrument& instrument, const uint8_t* wire) {
  uint8_t expected[47];
  std::memset(expected, ' ', sizeof expected);
  const auto put = [&](int at, int size, uint64_t value) {
    for (int i = 0; i < size; ++i) expected[at + i] = static_cast<uint8_t>(value >> (8 * (size - 1 - i)));
  };
  expected[0] = 'O';
  put(1, 4, order.token);
  expected[5] = order.side == Side::kBuy ? 'B' : 'S';
  put(6, 4, static_cast<uint64_t>(order.quantity));
  std::memcpy(expected + 10, instrument.symbol.view().data(), instrument.symbol.view().size());
  put(18, 8, static_cast<uint64_t>(order.price_nanos / ouch::kNanosPerTick));
  std::memcpy(expected + 26, "3YPNN", 5);
  put(45, 2, 0);
  return std::memcmp(wire, expected, sizeof expected) == 0;
}

void EncodeOuch(benchmark::State& state) {
  Instrument instrument;
  instrument.symbol = Symbol::From("ACME");
  const std::vector<Order> orders = Orders();
  uint8_t wire[ouch::kMaxEncodedSize];
  for (const Order& order : orders) {
    if (ouch::EncodeEnterOrder(order, instrument, wire) != 47 || !MatchesLayout(order, instrument, wire))
      return state.SkipWithError("the bytes differ from the specification's layout");
  }
  AllocationScope allocations;
  for (auto _ : state) {
    for (const Order& order : orders) {
      ouch::EncodeEnterOrder(order, instrument, wire);
      benchmark::ClobberMemory();
    }
  }
  ReportItems(state, static_cast<int64_t>(orders.size()), allocations.count(), static_cast<int64_t>(orders.size()) * 47);
}
BENCHMARK(EncodeOuch)->Name("encode/ouch");

void DecodeOuch(benchmark::State& state) {
  constexpr uint32_t kCount = 4096;
  std::vector<uint8_t> wire(kCount * ouch::kMaxEncodedSize);
  for (uint32_t i = 0; i < kCount; ++i) {
    const ouch::out::Executed executed{i, i + 1, 1 + i % 900, 1'000'000 + i, 'R', i + 7};
    ouch::Encode(executed, {}, &wire[i * ouch::kMaxEncodedSize]);
  }
  ExecutionReport report;
  const auto decode = [&](uint32_t i) { return ouch::DecodeReport(&wire[i * ouch::kMaxEncodedSize], 34, 0, &report).has_report; };
  for (uint32_t i = 0; i < kCount; ++i) {
    const bool right = decode(i) && report.token == i + 1 && report.quantity == 1 + i % 900 && report.match_number == i + 7 &&
                       report.price_nanos == PriceNanos{1'000'000 + i} * ouch::kNanosPerTick;
    if (!right) return state.SkipWithError("a report differs from the message");
  }
  AllocationScope allocations;
  for (auto _ : state) {
    for (uint32_t i = 0; i < kCount; ++i) benchmark::DoNotOptimize(decode(i));
  }
  ReportItems(state, kCount, allocations.count(), int64_t{kCount} * 34);
}
BENCHMARK(DecodeOuch)->Name("decode/ouch");

}  // namespace
}  // namespace tickgraph
