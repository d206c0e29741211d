// The watchdog against engines that fail in every way an engine on a device can: through the same table of calls as the real ones.
#include "kernels/engine_guard.h"

#include <gtest/gtest.h>

#include <string>

#include "hot/tsc.h"
#include "kernels/engine_factory.h"
#include "tests/kernels/engine_market.h"
#include "tests/kernels/fake_device.h"

namespace tickgraph {
namespace {

struct Outcome {
  std::string told;
  int times_told = 0;
  uint64_t longest_ns = 0;
  uint64_t submissions_with_other_signals = 0;
};

// A session of 60 submissions under the guard, compared with the CPU engine alone.
Outcome RunSession(Fault fault, const GuardConfig& config, EngineGuard** guard_out = nullptr) {
  static std::unique_ptr<FakeDevice> device;
  static std::unique_ptr<EngineGuard> guard;
  const EngineConfig engine_config = SmallConfig();
  device = std::make_unique<FakeDevice>(engine_config, fault, 31);
  guard = std::make_unique<EngineGuard>(device->engine(), engine_config, SimdLevel::kScalar, config);
  if (guard_out != nullptr) *guard_out = guard.get();
  Outcome outcome;
  guard->OnSwitch(
      [](void* self, const char* what) {
        static_cast<Outcome*>(self)->told = what;
        ++static_cast<Outcome*>(self)->times_told;
      },
      &outcome);
  CpuEngine reference(engine_config, SimdLevel::kScalar);
  Dice dice{11};
  const std::vector<EngineInstrument> market = Market(dice, 3, 3, 3, 6);
  const SignalEngine table = guard->engine();
  size_t defined = 0;
  for (int round = 0; round < 60; ++round) {
    for (const size_t until = std::min(market.size(), defined + 3); defined < until; ++defined)
      EXPECT_EQ(reference.Define(market[defined]), table.define(table.self, market[defined]));
    const std::vector<EngineRow> rows = RandomRows(dice, market, defined, 20, 60);
    reference.Submit(rows.data(), static_cast<uint32_t>(rows.size()));
    const uint64_t from_ns = MonotonicNanos();
    table.submit(table.self, rows.data(), static_cast<uint32_t>(rows.size()));
    const Signal* signals = nullptr;
    uint32_t count = 0;
    while (!table.poll(table.self, &signals, &count)) {
    }
    outcome.longest_ns = std::max(outcome.longest_ns, MonotonicNanos() - from_ns);
    outcome.submissions_with_other_signals +=
        count != reference.signal_count() || (count != 0 && std::memcmp(signals, reference.signals(), count * sizeof(Signal)) != 0);
    // Polled again, the answer stands.
    EXPECT_TRUE(table.poll(table.self, &signals, &count));
  }
  return outcome;
}

TEST(EngineGuardTest, LeavesASoundEngineAlone) {
  for (const bool shadow : {true, false}) {
    EngineGuard* guard = nullptr;
    const Outcome outcome = RunSession(Fault::kNone, {10'000'000'000, shadow}, &guard);
    EXPECT_EQ(outcome.times_told, 0) << outcome.told;
    EXPECT_EQ(outcome.submissions_with_other_signals, 0u);
    EXPECT_EQ(guard->switches(), 0u);
    EXPECT_STREQ(guard->name(), "fake-device");
    EXPECT_STREQ(guard->failure(), "");
  }
}

TEST(EngineGuardTest, AHangIsSwitchedFromWithinTheTimeAndChangesNoSignal) {
  EngineGuard* guard = nullptr;
  const Outcome outcome = RunSession(Fault::kHangs, {50'000'000, true}, &guard);
  EXPECT_EQ(outcome.times_told, 1);
  EXPECT_NE(outcome.told.find("fake-device stopped answering at submission 31; the CPU engine (cpu-scalar) goes on"), std::string::npos)
      << outcome.told;
  EXPECT_EQ(outcome.submissions_with_other_signals, 0u);
  EXPECT_GE(outcome.longest_ns, 50'000'000u);
  EXPECT_LT(outcome.longest_ns, 2'000'000'000u);
  EXPECT_EQ(guard->switches(), 1u);
  EXPECT_STREQ(guard->name(), "cpu-scalar");
}

TEST(EngineGuardTest, AReportedFailureDoesNotWaitForTheTime) {
  const Outcome outcome = RunSession(Fault::kReports, {60'000'000'000, true});
  EXPECT_EQ(outcome.times_told, 1);
  EXPECT_NE(outcome.told.find("illegal memory access"), std::string::npos);
  EXPECT_EQ(outcome.submissions_with_other_signals, 0u);
}

TEST(EngineGuardTest, AnAnswerOtherThanTheCpuEnginesNeverReachesTheLoop) {
  for (const Fault fault : {Fault::kLies, Fault::kLosesASignal}) {
    const Outcome outcome = RunSession(fault, {60'000'000'000, true});
    EXPECT_EQ(outcome.times_told, 1);
    EXPECT_NE(outcome.told.find("other signals"), std::string::npos) << outcome.told;
    EXPECT_EQ(outcome.submissions_with_other_signals, 0u);
  }
}

TEST(EngineGuardTest, ARefusedInstrumentIsAFailure) {
  const Outcome outcome = RunSession(Fault::kRefuses, {60'000'000'000, true});
  EXPECT_EQ(outcome.times_told, 1);
  EXPECT_EQ(outcome.submissions_with_other_signals, 0u);
}

// Without the shadow what was emitted before the switch is not known, so only quotes, features and later changes are the CPU engine's own.
TEST(EngineGuardTest, UnshadowedTheCpuEngineIsRebuiltFromTheLastQuotes) {
  EngineGuard* guard = nullptr;
  const Outcome outcome = RunSession(Fault::kHangs, {20'000'000, false}, &guard);
  EXPECT_EQ(outcome.times_told, 1);
  EXPECT_LT(outcome.longest_ns, 2'000'000'000u);
  EXPECT_LT(outcome.submissions_with_other_signals, 30u);
  EXPECT_STREQ(guard->name(), "cpu-scalar");
}

std::shared_ptr<void> MakeFake(const EngineConfig& config, Fault fault, uint64_t at, SignalEngine* engine) {
  auto device = std::make_shared<FakeDevice>(config, fault, at);
  *engine = device->engine();
  return device;
}

TEST(EngineFactoryTest, RefusesAnEngineThatFailsTheSelfCheck) {
  std::string error;
  const auto make = [](Fault fault) {
    switch (fault) {
      case Fault::kLies:
        return +[](const EngineConfig& c, SignalEngine* e, std::string*) { return MakeFake(c, Fault::kLies, 40, e); };
      case Fault::kLosesASignal:
        return +[](const EngineConfig& c, SignalEngine* e, std::string*) { return MakeFake(c, Fault::kLosesASignal, 64, e); };
      case Fault::kReports:
        return +[](const EngineConfig& c, SignalEngine* e, std::string*) { return MakeFake(c, Fault::kReports, 5, e); };
      case Fault::kRefuses:
        return +[](const EngineConfig& c, SignalEngine* e, std::string*) { return MakeFake(c, Fault::kRefuses, 0, e); };
      default:
        return +[](const EngineConfig& c, SignalEngine* e, std::string*) { return MakeFake(c, Fault::kNone, 0, e); };
    }
  };
  for (const Fault fault : {Fault::kLies, Fault::kLosesASignal, Fault::kReports, Fault::kRefuses}) {
    EXPECT_EQ(MakeGuarded(make(fault), SmallConfig(), {}, &error).owner, nullptr);
    EXPECT_NE(error.find("fake-device failed its self-check"), std::string::npos) << error;
  }
  const EngineChoice sound = MakeGuarded(make(Fault::kNone), SmallConfig(), {}, &error);
  EXPECT_NE(sound.owner, nullptr);
  EXPECT_NE(sound.guard, nullptr);
  const EngineMaker none = [](const EngineConfig&, SignalEngine*, std::string* e) {
    *e = "device memory: out of memory";
    return std::shared_ptr<void>();
  };
  EXPECT_EQ(MakeGuarded(none, SmallConfig(), {}, &error).owner, nullptr);
  EXPECT_EQ(error, "device memory: out of memory");
}

}  // namespace
}  // namespace tickgraph
