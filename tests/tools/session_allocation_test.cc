// The loop of a whole session asks nobody for memory once it is warm.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>

#include "bench/allocation_counter.h"
#include "net/io/file_player.h"
#include "tests/tools/session_files.h"
#include "tools/hot_session.h"

namespace tickgraph {
namespace {

// Hands on what a file gives, and notes how much memory had been asked for when the session was warm.
struct WarmSource {
  static constexpr int kWarmBursts = 50;

  explicit WarmSource(const PacketSource& from) : inner(from) {}
  PacketBurst Poll() {
    if (++bursts == kWarmBursts) {
      allocations = AllocationCount();
      in_use = mallinfo2().uordblks;
    }
    return inner.Poll();
  }
  PacketSource source() {
    return {this, [](void* self) { return static_cast<WarmSource*>(self)->Poll(); }, true};
  }

  PacketSource inner;
  int bursts = 0;
  uint64_t allocations = 0, in_use = 0;
};

TEST(SessionAllocationTest, LoopAllocatesNothingAfterWarmUp) {
  const uint64_t before = AllocationCount();
  ::operator delete(::operator new(1));  // called by name: a new expression may be optimised away
  ASSERT_EQ(AllocationCount(), before + 1);

  const TemporaryFolder folder;
  GeneratorOptions options;
  options.seed = 5;
  options.messages = 40'000;
  WriteSession(options, folder.File("session.pcap"));
  std::string error;
  const auto tape = TapeWriter::Create({"allocation-test-" + std::to_string(getpid()), 1 << 14, 8192}, &error);
  ASSERT_NE(tape, nullptr) << error;
  const auto file = FilePlayer::Open(folder.File("session.pcap"), &error);
  ASSERT_NE(file, nullptr) << error;
  Config none;
  HotConfig config = ReadHotConfig(none);
  config.loop.books = {8192, 1 << 17, 1 << 16};
  config.loop.max_products = config.engine.max_products = 256;
  config.engine.max_instruments = config.exchange.max_instruments = 8192;
  config.engine.session_date = kGeneratedDate;
  HotSession session(config, "cpu", *tape, 0);

  WarmSource warm(file->source());
  const std::atomic<bool> stop{false};
  const PlayerResult result = session.Run(warm.source(), {}, {.wait_for_archiver = false}, stop, [] { return true; });
  const uint64_t allocations = AllocationCount() - warm.allocations, in_use = mallinfo2().uordblks;
  EXPECT_EQ(result.end, PlayerEnd::kEndOfInput);
  ASSERT_GT(warm.bursts, 10 * WarmSource::kWarmBursts) << "the session was too short to say anything";
  EXPECT_EQ(allocations, 0u);
  EXPECT_EQ(in_use, warm.in_use);
  const HotReport report = session.Report(result);
  EXPECT_GT(report.orders, 10u) << "orders are part of what was counted";
  EXPECT_GT(report.fills, 10u);
}

}  // namespace
}  // namespace tickgraph
