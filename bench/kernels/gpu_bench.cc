// What a CUDA device gives. Each compares with the CPU first; where there is no device each is skipped with the reason.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "bench/kernels/chain_session.h"
#include "bench/percentiles.h"
#include "hot/hash.h"
#include "hot/tsc.h"
#include "kernels/american.h"
#include "kernels/american_batch.h"
#include "kernels/cuda_batches.h"
#include "kernels/cuda_book_grid.h"
#include "kernels/engine_factory.h"
#include "tests/kernels/book_grid_reference.h"

namespace tickgraph {
namespace {

void Skip(benchmark::State& state, const std::string& why) { state.SkipWithError(("skipped: " + why).c_str()); }

// Submits and waits. False: no answer within a second.
bool RoundTrip(const SignalEngine& engine, const EngineRow* rows, uint32_t count, const Signal** signals, uint32_t* signal_count) {
  engine.submit(engine.self, rows, count);
  for (uint32_t polls = 1; !engine.poll(engine.self, signals, signal_count); ++polls) {
    if (polls % (1u << 24) == 0) return false;
  }
  return true;
}

bool SameAsCpu(const ChainSession& session, const SignalEngine& engine) {
  const std::unique_ptr<CpuEngine> cpu = session.MakeCpu(SimdLevel::kScalar);
  const Signal* signals = nullptr;
  uint32_t count = 0;
  if (!RoundTrip(engine, session.rows.data(), static_cast<uint32_t>(session.rows.size()), &signals, &count)) return false;
  for (int i = 0; i < 64; ++i) {
    cpu->Submit(&session.ticks[i % 2], 1);
    if (!RoundTrip(engine, &session.ticks[i % 2], 1, &signals, &count)) return false;
    if (count != cpu->signal_count() || std::memcmp(signals, cpu->signals(), count * sizeof(Signal)) != 0) return false;
  }
  return true;
}

// Under the guard, without its shadow, which would be part of the time.
void Engine(benchmark::State& state, EngineKind kind, uint32_t expiries, uint32_t strikes, bool empty) {
  const ChainSession session(expiries, strikes);
  std::string error;
  const EngineChoice choice = MakeEngine(kind, ChainSession::Config(), &error, {1'000'000'000, false});
  if (choice.owner == nullptr) return Skip(state, error);
  const SignalEngine& engine = choice.engine;
  for (const EngineInstrument& x : session.market) engine.define(engine.self, x);
  if (!SameAsCpu(session, engine)) return state.SkipWithError("the engine differs from the CPU engine");
  const TscScale tsc;
  std::vector<uint64_t> ticks;
  ticks.reserve(1 << 22);
  uint32_t tick = 0;
  const Signal* signals = nullptr;
  uint32_t count = 0;
  AllocationScope allocations;
  for (auto _ : state) {
    const uint64_t from = ReadTsc();
    RoundTrip(engine, &session.ticks[tick ^= 1], empty ? 0 : 1, &signals, &count);
    if (ticks.size() < ticks.capacity()) ticks.push_back(ReadTsc() - from);
  }
  ReportItems(state, 1, allocations.count());
  ReportPercentiles(state, ticks, tsc);
  if (choice.guard->switches() != 0) state.SkipWithError(choice.guard->failure());
}
void PersistentEmpty(benchmark::State& state) { Engine(state, EngineKind::kCudaPersistent, 0, 0, true); }
void PersistentChain(benchmark::State& state) { Engine(state, EngineKind::kCudaPersistent, 8, 16, false); }
void GraphEmpty(benchmark::State& state) { Engine(state, EngineKind::kCudaGraph, 0, 0, true); }
void GraphChain(benchmark::State& state) { Engine(state, EngineKind::kCudaGraph, 8, 16, false); }
BENCHMARK(PersistentEmpty)->Name("gpu/persistent/empty");
BENCHMARK(PersistentChain)->Name("gpu/persistent/chain_256");
BENCHMARK(GraphEmpty)->Name("gpu/graph/empty");
BENCHMARK(GraphChain)->Name("gpu/graph/chain_256");

constexpr size_t kBatchContracts = size_t{1} << 22;
constexpr size_t kCheckedContracts = size_t{1} << 17;
constexpr size_t kCopyBytes = size_t{1} << 30;
constexpr int kRunsOfIteration = 8;

// Inputs of random contracts: sign, spot, strike, rate, dividend yield, volatility, time.
template <class T>
std::vector<T> Contracts() {
  std::vector<T> columns(kBatchInputs * kBatchContracts);
  const auto uniform = [](uint64_t i, double low, double high) {
    return T(low + (high - low) * static_cast<double>(Mix(i) >> 11) * 0x1p-53);
  };
  const double low[] = {0, 80, 70, 0, 0, .08, .02}, high[] = {0, 120, 140, .06, .03, .6, 2};
  for (size_t c = 0; c < kBatchInputs; ++c) {
    for (size_t i = 0; i < kBatchContracts; ++i)
      columns[c * kBatchContracts + i] = c == 0 ? (Mix(i) % 2 == 0 ? T(1) : T(-1)) : uniform(c * kBatchContracts + i, low[c], high[c]);
  }
  return columns;
}

// `runs` are waited for together, two seconds at most.
void TimeBatch(benchmark::State& state, CudaBatch& batch, int runs = kRunsOfIteration) {
  const double bandwidth = CudaCopyBandwidth(kCopyBytes);
  AllocationScope allocations;
  const uint64_t from_ns = MonotonicNanos();
  for (auto _ : state) {
    for (int i = 0; i < runs; ++i) batch.Run();
    if (!batch.Wait()) return state.SkipWithError("the device failed");
  }
  const double seconds = static_cast<double>(MonotonicNanos() - from_ns) * 1e-9;
  ReportItems(state, static_cast<int64_t>(kBatchContracts) * runs, allocations.count(), static_cast<int64_t>(batch.bytes()) * runs);
  const double rate = static_cast<double>(batch.bytes()) * runs * static_cast<double>(state.iterations()) / seconds;
  state.counters["copy_bytes_per_second"] = bandwidth;
  state.counters["share_of_copy"] = bandwidth > 0 ? rate / bandwidth : 0;
}

template <class T>
void PriceGreeks(benchmark::State& state, BatchWork work, void (*reference)(const EuropeanBatch<T>&, size_t)) {
  std::string error;
  const auto batch = CudaBatch::Make(work, kBatchContracts, &error);
  if (batch == nullptr) return Skip(state, error);
  std::vector<T> in = Contracts<T>(), out(kMostBatchOutputs * kBatchContracts), want(kMostBatchOutputs * kCheckedContracts);
  const void* inputs[kBatchInputs];
  void* outputs[kMostBatchOutputs];
  for (int c = 0; c < kBatchInputs; ++c) inputs[c] = in.data() + c * kBatchContracts;
  for (int c = 0; c < kMostBatchOutputs; ++c) outputs[c] = out.data() + c * kBatchContracts;
  const auto column = [&](int c) { return in.data() + c * kBatchContracts; };
  T* w = want.data();
  constexpr size_t n = kCheckedContracts;
  reference(
      {column(0), column(1), column(2), column(3), column(4), column(5), column(6), w, w + n, w + 2 * n, w + 3 * n, w + 4 * n, w + 5 * n},
      n);
  if (!batch->Load(inputs) || !batch->Run() || !batch->Wait() || !batch->Read(outputs)) return state.SkipWithError("the device failed");
  for (int c = 0; c < kMostBatchOutputs; ++c) {
    if (std::memcmp(outputs[c], w + c * n, n * sizeof(T)) != 0) return state.SkipWithError("values differ from the CPU's");
  }
  TimeBatch(state, *batch);
}
void PriceDouble(benchmark::State& state) {
  PriceGreeks(state, BatchWork::kPriceDouble, SimdKernelsFor(BestSimdLevel()).price_greeks_double);
}
void PriceFloat(benchmark::State& state) { PriceGreeks(state, BatchWork::kPriceFloat, SimdKernelsFor(BestSimdLevel()).price_greeks_float); }
BENCHMARK(PriceDouble)->Name("gpu/options/price_greeks/double");
BENCHMARK(PriceFloat)->Name("gpu/options/price_greeks/float");

void ImpliedVolatility(benchmark::State& state) {
  std::string error;
  const auto batch = CudaBatch::Make(BatchWork::kImpliedVolatility, kBatchContracts, &error);
  if (batch == nullptr) return Skip(state, error);
  const SimdKernels& cpu = SimdKernelsFor(BestSimdLevel());
  // Prices of the contracts take the place of their volatilities; the columns are in another order here.
  std::vector<double> in = Contracts<double>(), greeks(kMostBatchOutputs * kBatchContracts);
  const auto column = [&](int c) { return in.data() + c * kBatchContracts; };
  double* g = greeks.data();
  constexpr size_t n = kBatchContracts;
  cpu.price_greeks_double(
      {column(0), column(1), column(2), column(3), column(4), column(5), column(6), g, g + n, g + 2 * n, g + 3 * n, g + 4 * n, g + 5 * n},
      n);
  const void* inputs[kBatchInputs] = {column(0), g, column(1), column(2), column(3), column(4), column(6)};
  std::vector<double> got(n), want(kCheckedContracts);
  std::vector<uint8_t> status(n), want_status(kCheckedContracts);
  void* outputs[kMostBatchOutputs] = {got.data(), status.data()};
  cpu.implied_volatility({column(0), g, column(1), column(2), column(3), column(4), column(6), want.data(), want_status.data()},
                         kCheckedContracts);
  if (!batch->Load(inputs) || !batch->Run() || !batch->Wait() || !batch->Read(outputs)) return state.SkipWithError("the device failed");
  if (std::memcmp(got.data(), want.data(), kCheckedContracts * sizeof(double)) != 0 ||
      !std::equal(want_status.begin(), want_status.end(), status.begin()))
    return state.SkipWithError("volatilities differ from the CPU's");
  TimeBatch(state, *batch);
}
BENCHMARK(ImpliedVolatility)->Name("gpu/options/implied_volatility");

// The fast preset. Rates and yields of the first contracts are positive, so that all of them are the kernel's to price.
void AmericanPrices(benchmark::State& state) {
  std::string error;
  const auto batch = CudaBatch::Make(BatchWork::kAmerican, kBatchContracts, &error);
  if (batch == nullptr) return Skip(state, error);
  std::vector<double> in = Contracts<double>(), out(4 * kBatchContracts);
  std::vector<uint8_t> status(kBatchContracts);
  const void* inputs[kBatchInputs];
  for (int c = 0; c < kBatchInputs; ++c) inputs[c] = in.data() + c * kBatchContracts;
  double* const o = out.data();
  constexpr size_t n = kBatchContracts;
  void* outputs[kMostBatchOutputs] = {o, o + n, o + 2 * n, o + 3 * n, status.data()};
  if (!batch->Load(inputs) || !batch->Run() || !batch->Wait() || !batch->Read(outputs)) return state.SkipWithError("the device failed");
  for (size_t i = 0; i < kCheckedContracts / 8; ++i) {
    const AmericanValue want = American({in[i] > 0 ? OptionRight::kCall : OptionRight::kPut, in[n + i], in[2 * n + i], in[3 * n + i],
                                         in[4 * n + i], in[5 * n + i], in[6 * n + i]},
                                        AmericanPreset::kFast);
    const double numbers[] = {want.price, want.delta, want.gamma, want.theta};
    for (size_t f = 0; f < std::size(numbers); ++f) {
      if (status[i] != kPricedByKernel || std::memcmp(&numbers[f], &out[f * n + i], sizeof(double)) != 0)
        return state.SkipWithError("values differ from the CPU's");
    }
  }
  TimeBatch(state, *batch, 1);
}
BENCHMARK(AmericanPrices)->Name("gpu/options/american");

// Eight thousand books, a million changes a batch, already on the device.
void BookDeltas(benchmark::State& state) {
  constexpr uint32_t kBooks = 8000, kDeltas = 1 << 20;
  std::string error;
  const auto grid = CudaBookGrid::Make({kBooks, kDeltas}, &error);
  if (grid == nullptr) return Skip(state, error);
  const std::vector<BookDelta> deltas = RandomDeltas(0, kDeltas, kBooks, 80, 1);
  std::vector<MapBook> reference(kBooks);
  std::vector<bool> touched(kBooks);
  for (const BookDelta& d : deltas) {
    if (d.book >= kBooks) continue;
    reference[d.book].Apply(d);
    touched[d.book] = true;
  }
  std::vector<GridBook> books(kBooks);
  std::vector<TopOfBook> tops(kBooks);
  if (!grid->Load(deltas.data(), kDeltas) || !grid->Apply() || !grid->Wait() || !grid->Read(books.data(), tops.data()))
    return state.SkipWithError("the device failed");
  for (uint32_t b = 0; b < kBooks; ++b) {
    const TopOfBook t = reference[b].top();
    reference[b].crossed += touched[b] && t.has_both() && t.bid_nanos >= t.ask_nanos;
    if (!SameBook(reference[b].AsGridBook(), books[b])) return state.SkipWithError("a book differs from the CPU's");
  }
  AllocationScope allocations;
  for (auto _ : state) {
    for (int i = 0; i < kRunsOfIteration; ++i) grid->Apply();
    if (!grid->Wait()) return state.SkipWithError("the device failed");
  }
  ReportItems(state, int64_t{kDeltas} * kRunsOfIteration, allocations.count(), int64_t{kDeltas} * kRunsOfIteration * sizeof(BookDelta));
}
BENCHMARK(BookDeltas)->Name("gpu/books/deltas");

}  // namespace
}  // namespace tickgraph
