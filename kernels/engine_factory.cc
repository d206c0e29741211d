// The choice of an engine, and the fixed session that it is checked on. See engine_factory.h.
#include "kernels/engine_factory.h"

#include <cstring>

#include "hot/hash.h"
#include "hot/tsc.h"
#include "kernels/cpu_engine.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/cuda_persistent_engine.h"

namespace tickgraph {
namespace {

constexpr uint32_t kCheckStrikes = 6;
constexpr uint32_t kCheckRounds = 64;
constexpr uint64_t kSelfCheckTimeoutNs = 3'000'000'000;
constexpr uint32_t kPollsBetweenClocks = 1024;

std::string ConfigProblem(const EngineConfig& c) {
  const auto rate_ok = [](double x) { return x > -1.0 && x < 1.0; };
  const auto money_ok = [](PriceNanos x) { return x > -kPriceLimit && x < kPriceLimit; };
  if (c.max_instruments == 0 || c.max_products == 0 || c.max_contracts == 0 || c.max_signals == 0)
    return "engine capacities must be at least 1";
  if (c.max_contracts > (1u << 27)) return "max_contracts must be at most 2^27";
  if (!rate_ok(c.rate) || !rate_ok(c.dividend_yield)) return "rate and dividend_yield must lie between -1 and 1";
  if (!money_ok(c.equity_fee_nanos) || !money_ok(c.option_fee_nanos) || !money_ok(c.min_edge_cross_nanos) ||
      !money_ok(c.min_edge_parity_nanos) || !money_ok(c.min_edge_box_nanos))
    return "fees and minimum edges must be smaller than 2^50 nanos";
  return "";
}

// Two equities of one product and two expiries of options on it.
uint32_t CheckInstruments(EngineInstrument* out) {
  uint32_t n = 0;
  for (VenueIndex venue = 0; venue < 2; ++venue) {
    out[n] = {n, 0, InstrumentKind::kEquity, OptionRight::kCall, venue, 0, 0};
    ++n;
  }
  for (const uint32_t expiration : {20260320u, 20260619u}) {
    for (uint32_t k = 0; k < kCheckStrikes; ++k) {
      for (const OptionRight right : {OptionRight::kCall, OptionRight::kPut}) {
        out[n] = {n, 0, InstrumentKind::kOption, right, 2, expiration, static_cast<PriceNanos>(90 + 4 * k) * kNanosPerUnit};
        ++n;
      }
    }
  }
  return n;
}

// A quote near a fair one by a fixed rule, so wide of it at times that every kind of signal appears.
EngineRow CheckRow(const EngineInstrument& x, uint64_t round) {
  const uint64_t dice = Mix(round * 1000 + x.instrument);
  const PriceNanos cent = kNanosPerUnit / 100;
  const PriceNanos spot = 100 * kNanosPerUnit + static_cast<PriceNanos>(Mix(round) % 200) * cent;
  const PriceNanos signed_intrinsic = x.right == OptionRight::kCall ? spot - x.strike_nanos : x.strike_nanos - spot;
  const PriceNanos fair = x.kind == InstrumentKind::kEquity ? spot : (signed_intrinsic > 0 ? signed_intrinsic : 0) + 2 * kNanosPerUnit;
  const PriceNanos bid = fair - static_cast<PriceNanos>(dice % 40) * cent + 15 * cent;
  EngineRow row;
  row.instrument = x.instrument;
  row.tradable = dice % 23 != 0;
  row.top.bid_nanos = dice % 29 == 0 ? kNoPrice : bid;
  row.top.ask_nanos = dice % 31 == 0 ? kNoPrice : bid + static_cast<PriceNanos>(1 + dice % 7) * cent;
  row.top.bid_quantity = static_cast<Quantity>(1 + dice % 900);
  row.top.ask_quantity = static_cast<Quantity>(1 + dice / 7 % 900);
  return row;
}

EngineChoice MakeCpu(const EngineConfig& config, std::string reason, std::string* error) {
  const SimdLevel level = BestSimdLevel();
  CpuEngine probe(SelfCheckConfig(), level);
  if (const std::string difference = SelfCheck(probe.engine()); !difference.empty()) {
    *error = "CPU engine failed its self-check: " + difference;
    return {};
  }
  auto owner = std::make_shared<CpuEngine>(config, level);
  const SignalEngine engine = owner->engine();
  return {engine, engine.name, std::move(reason), std::move(owner), nullptr};
}

// Waits for the engine's answer. Empty, or why there is none.
std::string Await(const SignalEngine& engine, const Signal** signals, uint32_t* count) {
  const uint64_t from_ns = MonotonicNanos();
  for (uint32_t polls = 1; !engine.poll(engine.self, signals, count); ++polls) {
    if (polls % kPollsBetweenClocks != 0) continue;
    const char* problem = engine.problem == nullptr ? nullptr : engine.problem(engine.self);
    if (problem != nullptr) return problem;
    if (MonotonicNanos() - from_ns > kSelfCheckTimeoutNs) return "no answer";
  }
  return "";
}

}  // namespace

bool ParseEngineKind(std::string_view text, EngineKind* kind) {
  if (text == "auto") {
    *kind = EngineKind::kAuto;
  } else if (text == "cpu") {
    *kind = EngineKind::kCpu;
  } else if (text == "cuda-graph") {
    *kind = EngineKind::kCudaGraph;
  } else if (text == "cuda-persistent") {
    *kind = EngineKind::kCudaPersistent;
  } else {
    return false;
  }
  return true;
}

EngineConfig SelfCheckConfig() {
  EngineConfig config;
  config.max_instruments = 64;
  config.max_products = 4;
  config.max_contracts = 64;
  config.max_signals = 256;
  config.session_date = 20260105;
  config.dividend_yield = 0.01;
  config.spreads = kAllSpreads;
  return config;
}

std::string SelfCheck(const SignalEngine& engine) {
  CpuEngine reference(SelfCheckConfig(), SimdLevel::kScalar);
  EngineInstrument instruments[64];
  const uint32_t count = CheckInstruments(instruments);
  uint64_t compared = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (engine.define(engine.self, instruments[i]) != reference.Define(instruments[i])) return "an instrument was refused";
  }
  for (uint64_t round = 0; round < kCheckRounds; ++round) {
    EngineRow rows[64];
    uint32_t row_count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (round == 0 || Mix(round * 77 + i) % 4 == 0) rows[row_count++] = CheckRow(instruments[i], round);
    }
    reference.Submit(rows, row_count);
    engine.submit(engine.self, rows, row_count);
    const Signal* signals = nullptr;
    uint32_t signal_count = 0;
    if (std::string problem = Await(engine, &signals, &signal_count); !problem.empty()) return problem;
    if (signal_count != reference.signal_count()) return "number of signals in round " + std::to_string(round);
    if (signal_count != 0 && std::memcmp(signals, reference.signals(), signal_count * sizeof(Signal)) != 0)
      return "a signal in round " + std::to_string(round);
    compared += signal_count;
  }
  return compared == 0 ? "the fixed input gave no signal" : "";
}

EngineChoice MakeGuarded(EngineMaker make, const EngineConfig& config, const GuardConfig& guard, std::string* error) {
  struct Owner {
    std::shared_ptr<void> device;
    std::shared_ptr<EngineGuard> guard;
  };
  SignalEngine engine;
  {
    const std::shared_ptr<void> probe = make(SelfCheckConfig(), &engine, error);
    if (probe == nullptr) return {};
    if (const std::string difference = SelfCheck(engine); !difference.empty()) {
      *error = std::string(engine.name) + " failed its self-check: " + difference;
      return {};
    }
  }
  auto owner = std::make_shared<Owner>();
  owner->device = make(config, &engine, error);
  if (owner->device == nullptr) return {};
  owner->guard = std::make_shared<EngineGuard>(engine, config, BestSimdLevel(), guard);
  std::shared_ptr<EngineGuard> watch = owner->guard;
  return {watch->engine(), engine.name, "", std::move(owner), watch};
}

EngineChoice MakeEngine(EngineKind kind, const EngineConfig& config, std::string* error, const GuardConfig& guard) {
  *error = ConfigProblem(config);
  if (!error->empty()) return {};
  if (kind == EngineKind::kCpu) return MakeCpu(config, "chosen by configuration", error);
  std::string device;
  *error = CudaProblem(&device);
  EngineChoice choice;
  if (error->empty())
    choice = MakeGuarded(kind == EngineKind::kCudaPersistent ? MakeCudaPersistentEngine : MakeCudaGraphEngine, config, guard, error);
  choice.reason = "CUDA device answers: " + device;
  if (choice.owner != nullptr || kind != EngineKind::kAuto) return choice;
  std::string reason = std::move(*error);
  error->clear();
  return MakeCpu(config, std::move(reason), error);
}

}  // namespace tickgraph
