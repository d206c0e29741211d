// The CUDA engine on a device: the self-check's session, and a chain larger than a block, against the scalar CPU engine.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "hot/hash.h"
#include "kernels/cpu_engine.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/cuda_persistent_engine.h"
#include "kernels/engine_factory.h"

namespace tickgraph {
namespace {

#define SKIP_WITHOUT_DEVICE() \
  std::string device;         \
  if (const std::string problem = CudaProblem(&device); !problem.empty()) GTEST_SKIP() << problem

TEST(CudaEngineGpuTest, PassesTheSelfCheck) {
  SKIP_WITHOUT_DEVICE();
  SignalEngine engine;
  std::string error;
  const std::shared_ptr<void> owner = MakeCudaGraphEngine(SelfCheckConfig(), &engine, &error);
  ASSERT_NE(owner, nullptr) << error;
  EXPECT_EQ(SelfCheck(engine), "");
}

TEST(CudaEngineGpuTest, EqualsTheScalarEngineOnALargeChain) {
  SKIP_WITHOUT_DEVICE();
  EngineConfig config;
  config.max_instruments = 4096;
  config.max_products = 16;
  config.max_contracts = 4096;
  config.session_date = 20260105;
  SignalEngine engine;
  std::string error;
  const std::shared_ptr<void> owner = MakeCudaGraphEngine(config, &engine, &error);
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
    while (!engine.poll(engine.self, &signals, &count)) {
    }
    ASSERT_EQ(count, reference.signal_count()) << round;
    ASSERT_EQ(0, std::memcmp(signals, reference.signals(), count * sizeof(Signal))) << round;
  }
}

}  // namespace
}  // namespace tickgraph
