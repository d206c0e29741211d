// What runs on a CUDA device, on one: both engines over the self-check's session and over a chain larger than a block, against the scalar
// CPU engine; both under their guard; batches against the CPU's loops; and the grid of books against books of maps. Skipped where there is
// none.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "hot/hash.h"
#include "hot/tsc.h"
#include "kernels/american.h"
#include "kernels/american_batch.h"
#include "kernels/cpu_engine.h"
#include "kernels/cuda_batches.h"
#include "kernels/cuda_book_grid.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/cuda_persistent_engine.h"
#include "kernels/engine_factory.h"
#include "tests/kernels/book_grid_reference.h"

namespace tickgraph {
namespace {

#define SKIP_WITHOUT_DEVICE() \
  std::string device;         \
  if (const std::string problem = CudaProblem(&device); !problem.empty()) GTEST_SKIP() << problem

struct Engine {
  const char* name;
  EngineKind kind;
  EngineMaker make;
};
constexpr Engine kEngines[] = {{"Graph", EngineKind::kCudaGraph, MakeCudaGraphEngine},
                               {"Persistent", EngineKind::kCudaPersistent, MakeCudaPersistentEngine}};

class CudaEngineGpuTest : public testing::TestWithParam<Engine> {};
INSTANTIATE_TEST_SUITE_P(All, CudaEngineGpuTest, testing::ValuesIn(kEngines), [](const auto& info) { return info.param.name; });

TEST_P(CudaEngineGpuTest, PassesTheSelfCheck) {
  SKIP_WITHOUT_DEVICE();
  SignalEngine engine;
  std::string error;
  const std::shared_ptr<void> owner = GetParam().make(SelfCheckConfig(), &engine, &error);
  ASSERT_NE(owner, nullptr) << error;
  EXPECT_EQ(SelfCheck(engine), "");
}

TEST_P(CudaEngineGpuTest, IsMadeUnderItsGuardAndMadeAgain) {
  SKIP_WITHOUT_DEVICE();
  for (int i = 0; i < 3; ++i) {
    std::string error;
    const EngineChoice choice = MakeEngine(GetParam().kind, SelfCheckConfig(), &error);
    ASSERT_NE(choice.owner, nullptr) << error;
    EXPECT_EQ(SelfCheck(choice.engine), "");
    EXPECT_EQ(choice.guard->switches(), 0u) << choice.guard->failure();
  }
}

TEST_P(CudaEngineGpuTest, SaysThatDeviceMemoryDoesNotDo) {
  SKIP_WITHOUT_DEVICE();
  EngineConfig config = SelfCheckConfig();
  config.max_contracts = 1 << 27;  // 200 GiB of columns
  SignalEngine engine;
  std::string error;
  EXPECT_EQ(GetParam().make(config, &engine, &error), nullptr);
  EXPECT_NE(error.find("memory"), std::string::npos) << error;
}

TEST_P(CudaEngineGpuTest, EqualsTheScalarEngineOnALargeChain) {
  SKIP_WITHOUT_DEVICE();
  EngineConfig config;
  config.max_instruments = 4096;
  config.max_products = 16;
  config.max_contracts = 4096;
  config.session_date = 20260105;
  SignalEngine engine;
  std::string error;
  const std::shared_ptr<void> owner = GetParam().make(config, &engine, &error);
  ASSERT_NE(owner, nullptr) << error;
  CpuEngine reference(config, SimdLevel::kScalar);
  std::vector<EngineInstrument> market;
  for (VenueIndex v = 0; v < 3; ++v) market.push_back({v, 0, InstrumentKind::kEquity, OptionRight::kCall, v, 0, 0});
  for (const uint32_t expiration : {20260116u, 20260619u}) {
    for (PriceNanos k = 1; k <= 300; ++k) {
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut})
        market.push_back(
            {static_cast<InstrumentIndex>(market.size()), 0, InstrumentKind::kOption, right, 3, expiration, k * kNanosPerUnit});
    }
  }
  for (const EngineInstrument& x : market) {
    ASSERT_TRUE(engine.define(engine.self, x));
    ASSERT_TRUE(reference.Define(x));
  }
  for (uint64_t round = 0; round < 200; ++round) {
    std::vector<EngineRow> rows;
    for (const EngineInstrument& x : market) {
      const uint64_t dice = Mix(round * 10'007 + x.instrument);
      if (round != 0 && dice % 100 != 0) continue;
      const PriceNanos spot = 150 * kNanosPerUnit, cent = kNanosPerUnit / 100;
      const PriceNanos value = x.right == OptionRight::kCall ? spot - x.strike_nanos : x.strike_nanos - spot;
      const PriceNanos fair = x.kind == InstrumentKind::kEquity ? spot : (value > 0 ? value : 0) + kNanosPerUnit;
      EngineRow row;
      row.instrument = x.instrument;
      row.tradable = dice % 17 != 0;
      row.top = {fair - static_cast<PriceNanos>(dice / 100 % 30) * cent,
                 fair + static_cast<PriceNanos>(dice / 3000 % 30) * cent - 10 * cent, static_cast<Quantity>(1 + dice % 50),
                 static_cast<Quantity>(1 + dice % 70)};
      rows.push_back(row);
    }
    reference.Submit(rows.data(), static_cast<uint32_t>(rows.size()));
    engine.submit(engine.self, rows.data(), static_cast<uint32_t>(rows.size()));
    const Signal* signals = nullptr;
    uint32_t count = 0;
    const uint64_t from_ns = MonotonicNanos();
    while (!engine.poll(engine.self, &signals, &count)) ASSERT_LT(MonotonicNanos() - from_ns, 5'000'000'000u) << "no answer";
    ASSERT_EQ(count, reference.signal_count()) << round;
    ASSERT_EQ(0, std::memcmp(signals, reference.signals(), count * sizeof(Signal))) << round;
  }
}

// Columns for a batch of any work: sign, then numbers that are a spot, a strike, rates, a volatility and a time, or odd.
std::vector<double> BatchColumns(size_t count) {
  constexpr double kLow[] = {0, 60, 60, .001, .001, .05, .01}, kHigh[] = {0, 150, 150, .1, .1, .9, 3};
  std::vector<double> out(kBatchInputs * count);
  for (size_t c = 0; c < kBatchInputs; ++c) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t dice = Mix(i * 7 + c + 1);
      const double x = kLow[c] + (kHigh[c] - kLow[c]) * static_cast<double>(dice >> 11) * 0x1p-53;
      out[c * count + i] = c == 0 ? (dice % 2 == 0 ? 1.0 : -1.0) : (dice % 97 == 0 ? -x : x);
    }
  }
  return out;
}

TEST(CudaBatchGpuTest, AmericanPricesAreTheCpusBits) {
  SKIP_WITHOUT_DEVICE();
  for (const size_t n : {1u, 31u, 32u, 33u, 20'011u}) {
    std::string error;
    const auto batch = CudaBatch::Make(BatchWork::kAmerican, n, &error);
    ASSERT_NE(batch, nullptr) << error;
    const std::vector<double> in = BatchColumns(n);
    std::vector<double> out(4 * n);
    std::vector<uint8_t> status(n);
    const void* inputs[kBatchInputs];
    for (size_t c = 0; c < kBatchInputs; ++c) inputs[c] = in.data() + c * n;
    double* const o = out.data();
    void* outputs[kMostBatchOutputs] = {o, o + n, o + 2 * n, o + 3 * n, status.data()};
    ASSERT_TRUE(batch->Load(inputs) && batch->Run() && batch->Wait() && batch->Read(outputs));
    const double* x = in.data();
    const AmericanBatch columns = {x,         x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n,
                                   x + 6 * n, o,     o + n,     o + 2 * n, o + 3 * n, status.data()};
    FinishAmericanBatch(columns, n);
    for (size_t i = 0; i < n; ++i) {
      const AmericanValue want = American(ContractAt(columns, i), AmericanPreset::kFast);
      const double numbers[] = {want.price, want.delta, want.gamma, want.theta};
      for (size_t f = 0; f < 4; ++f) {
        const bool same = std::memcmp(&numbers[f], &out[f * n + i], sizeof(double)) == 0;
        ASSERT_TRUE(same || (numbers[f] != numbers[f] && out[f * n + i] != out[f * n + i])) << n << " contract " << i << " number " << f;
      }
    }
  }
}

TEST(CudaBatchGpuTest, PricesAndVolatilitiesAreTheCpusBits) {
  SKIP_WITHOUT_DEVICE();
  const SimdKernels& cpu = ScalarKernels();
  for (const size_t n : {1u, 31u, 32u, 33u, 20'011u}) {
    std::string error;
    const std::vector<double> in = BatchColumns(n);
    std::vector<double> want(6 * n), got(6 * n), volatility(n), want_volatility(n);
    std::vector<uint8_t> status(n), want_status(n);
    const double* x = in.data();
    double *w = want.data(), *g = got.data();
    cpu.price_greeks_double(
        {x, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n, x + 6 * n, w, w + n, w + 2 * n, w + 3 * n, w + 4 * n, w + 5 * n}, n);
    cpu.implied_volatility({x, w, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 6 * n, want_volatility.data(), want_status.data()}, n);
    const auto price = CudaBatch::Make(BatchWork::kPriceDouble, n, &error),
               invert = CudaBatch::Make(BatchWork::kImpliedVolatility, n, &error);
    ASSERT_TRUE(price != nullptr && invert != nullptr) << error;
    const void* contracts[kBatchInputs] = {x, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n, x + 6 * n};
    const void* prices[kBatchInputs] = {x, w, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 6 * n};
    void* greeks[kMostBatchOutputs] = {g, g + n, g + 2 * n, g + 3 * n, g + 4 * n, g + 5 * n};
    void* volatilities[kMostBatchOutputs] = {volatility.data(), status.data()};
    ASSERT_TRUE(price->Load(contracts) && price->Run() && price->Wait() && price->Read(greeks));
    ASSERT_TRUE(invert->Load(prices) && invert->Run() && invert->Wait() && invert->Read(volatilities));
    const auto same = [](double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); };
    for (size_t i = 0; i < 6 * n; ++i) ASSERT_TRUE(same(want[i], got[i])) << n << " number " << i;
    for (size_t i = 0; i < n; ++i) ASSERT_TRUE(same(want_volatility[i], volatility[i])) << n << " contract " << i;
    EXPECT_EQ(want_status, status);
  }
}

TEST(CudaBookGridGpuTest, EqualsBooksOfMaps) {
  SKIP_WITHOUT_DEVICE();
  constexpr uint32_t kBooks = 3000;
  std::string error;
  const auto grid = CudaBookGrid::Make({kBooks, 1 << 18}, &error);
  ASSERT_NE(grid, nullptr) << error;
  std::vector<MapBook> reference(kBooks);
  std::vector<uint64_t> touched(kBooks);
  uint64_t from = 0, strays = 0, batch = 0;
  for (const uint32_t size : {0u, 1u, 31u, 32u, 33u, 200'000u, 5000u, 200'000u}) {
    const std::vector<BookDelta> deltas = RandomDeltas(from, size, kBooks, 80, 20);
    ASSERT_TRUE(grid->Load(deltas.data(), size) && grid->Apply() && grid->Wait());
    ++batch;
    for (const BookDelta& d : deltas) {
      strays += d.book >= kBooks;
      if (d.book >= kBooks) continue;
      reference[d.book].Apply(d);
      touched[d.book] = batch;
    }
    for (uint32_t b = 0; b < kBooks; ++b) {
      const TopOfBook t = reference[b].top();
      reference[b].crossed += touched[b] == batch && t.has_both() && t.bid_nanos >= t.ask_nanos;
    }
    from += size;
  }
  std::vector<GridBook> books(kBooks);
  std::vector<TopOfBook> tops(kBooks);
  ASSERT_TRUE(grid->Read(books.data(), tops.data()));
  EXPECT_EQ(grid->strays(), strays);
  for (uint32_t b = 0; b < kBooks; ++b) {
    ASSERT_TRUE(SameBook(reference[b].AsGridBook(), books[b])) << b;
    const TopOfBook want = reference[b].top();
    if (touched[b] != 0) {
      ASSERT_EQ(0, std::memcmp(&want, &tops[b], sizeof want)) << b;
    }
  }
}

}  // namespace
}  // namespace tickgraph
