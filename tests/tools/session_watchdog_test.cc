// A whole session on an engine that dies under it: the CPU engine goes on, the report says so, and the state is that of the CPU's session.
#include <gtest/gtest.h>

#include <memory>

#include "net/io/file_player.h"
#include "tests/kernels/fake_device.h"
#include "tests/tools/session_files.h"
#include "tools/hot_session.h"

namespace tickgraph {
namespace {

HotReport RunSession(const std::string& file, const HotConfig& config, EngineChoice engine, std::string* told) {
  std::string error;
  const auto tape = TapeWriter::Create({"watchdog-test-" + std::to_string(getpid()), 1 << 14, 8192}, &error);
  const auto source = FilePlayer::Open(file, &error);
  if (tape == nullptr || source == nullptr) throw std::runtime_error(error);
  HotSession session(config, std::move(engine), *tape, 0);
  session.OnEngineSwitch([](void* self, const char* what) { *static_cast<std::string*>(self) += what; }, told);
  const std::atomic<bool> stop{false};
  return session.Report(session.Run(source->source(), {}, {.wait_for_archiver = false}, stop, [] { return true; }));
}

class SessionWatchdogTest : public testing::Test {
 protected:
  SessionWatchdogTest() {
    GeneratorOptions options;
    options.seed = 5;
    options.messages = 80'000;
    WriteSession(options, file_);
    config_.loop.books = {8192, 1 << 17, 1 << 16};
    config_.loop.max_products = config_.engine.max_products = 256;
    config_.engine.max_instruments = config_.exchange.max_instruments = 8192;
    config_.engine.session_date = kGeneratedDate;
  }
  // The session on a device that fails at submission `at`, against the session on the CPU.
  HotReport OnDevice(Fault fault, uint64_t at, const GuardConfig& guard, std::string* told) {
    struct Owner {
      Owner(const EngineConfig& config, Fault f, uint64_t when, const GuardConfig& g)
          : device(config, f, when), guard(std::make_shared<EngineGuard>(device.engine(), config, BestSimdLevel(), g)) {}
      FakeDevice device;
      std::shared_ptr<EngineGuard> guard;
    };
    const auto owner = std::make_shared<Owner>(config_.engine, fault, at, guard);
    return RunSession(file_, config_, {owner->guard->engine(), "fake-device", "a test", owner, owner->guard}, told);
  }
  HotReport OnCpu() {
    std::string error, told;
    return RunSession(file_, config_, MakeEngine(EngineKind::kCpu, config_.engine, &error), &told);
  }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.File("session.pcap");
  Config none_;
  HotConfig config_ = ReadHotConfig(none_);
};

TEST_F(SessionWatchdogTest, AHangInMidSessionChangesNothingButTheEngine) {
  const HotReport cpu = OnCpu();
  ASSERT_GE(cpu.signals, 5u);
  EXPECT_EQ(cpu.engine_switches, 0u);
  std::string told;
  const HotReport hung = OnDevice(Fault::kHangs, cpu.decisions / 2, {20'000'000, true}, &told);
  EXPECT_EQ(hung.engine_switches, 1u);
  EXPECT_EQ(hung.engine, cpu.engine);
  EXPECT_NE(told.find("fake-device stopped answering at submission " + std::to_string(cpu.decisions / 2)), std::string::npos) << told;
  EXPECT_EQ(hung.engine_failure, told);
  EXPECT_EQ(hung.state_hash, cpu.state_hash);
  EXPECT_EQ(hung.signals, cpu.signals);
  EXPECT_NE(ReportJson(hung).find("\"engine_switches\":1,\"engine_failure\":\"fake-device stopped"), std::string::npos);
}

TEST_F(SessionWatchdogTest, ASoundDeviceIsTheCpuSessionToo) {
  std::string told;
  const HotReport sound = OnDevice(Fault::kNone, 0, {60'000'000'000, true}, &told);
  EXPECT_EQ(sound.engine, "fake-device");
  EXPECT_EQ(sound.engine_switches, 0u);
  EXPECT_EQ(sound.state_hash, OnCpu().state_hash);
}

TEST_F(SessionWatchdogTest, WithoutAShadowTheSessionGoesOnAsWell) {
  const HotReport cpu = OnCpu();
  std::string told;
  const HotReport hung = OnDevice(Fault::kHangs, cpu.decisions / 2, {20'000'000, false}, &told);
  EXPECT_EQ(hung.engine_switches, 1u);
  EXPECT_EQ(hung.messages, cpu.messages);
  EXPECT_EQ(hung.book_hash, cpu.book_hash);
  EXPECT_GT(hung.signals, cpu.signals / 2);
}

}  // namespace
}  // namespace tickgraph
