// The hot thread of a whole session, on a port in memory and on a DPDK ring port, makes no allocation, no system call and no page fault
// once the session is warm. Three witnesses that know nothing of each other: RealtimeSanitizer's runtime, a seccomp filter on the
// thread, and the kernel's own counters of it. `make soak` plays 100 million messages on each port.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "hot/tape.h"
#include "perf/thread_counters.h"
#include "tests/soak.h"
#include "tests/soak/proven_source.h"
#include "tests/soak/session_stream.h"
#include "tests/soak/soak_ports.h"
#include "tools/hot_session.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TICKGRAPH_OTHER_SANITIZER 1
#endif

namespace tickgraph {
namespace {

constexpr uint64_t kWarmPackets = 5'000;

struct Proof {
  std::string problem;  // why there is none
  uint64_t warm_packets = 0, packets = 0, allocations = 0, trapped_calls = 0;
  std::string trapped_text;
  ThreadCounters kernel;                     // over the proven part
  uint64_t perf_faults = 0, perf_calls = 0;  // likewise, where the system gives them
  std::string perf_faults_problem, perf_calls_problem;
  HotReport report;
  GeneratedSession session;
};

GeneratorOptions SessionOptions(uint64_t messages) {
  GeneratorOptions options;
  options.seed = 7;
  options.messages = messages;
  return options;
}

// Waits for a stage; false when the hot thread came to its end without it.
bool WaitFor(const ProvenSource& source, ProvenSource::Stage stage, const std::atomic<bool>& ended) {
  while (source.stage() != stage) {
    if (ended.load(std::memory_order_acquire)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Reads the kernel's counters at both ends of the proven part.
void Supervise(ProvenSource& source, const std::atomic<bool>& ended, Proof* out) {
  if (!WaitFor(source, ProvenSource::Stage::kArmed, ended)) {
    out->problem = source.problem().empty() ? "the session ended before it was warm" : source.problem();
    return;
  }
  const ThreadEvent faults(ThreadEvent::Kind::kPageFaults, source.thread()), calls(ThreadEvent::Kind::kSystemCalls, source.thread());
  out->perf_faults_problem = faults.problem();
  out->perf_calls_problem = calls.problem();
  const auto before = ReadThreadCounters(source.thread());
  const uint64_t faults_before = faults.Read(), calls_before = calls.Read();
  source.Proceed();
  if (!WaitFor(source, ProvenSource::Stage::kOver, ended)) {
    out->problem = "the hot thread left the proof by itself";
    return;
  }
  out->perf_faults = faults.Read() - faults_before;
  out->perf_calls = calls.Read() - calls_before;
  const auto after = ReadThreadCounters(source.thread());
  source.Proceed();
  if (!before || !after) {
    out->problem = "/proc does not tell the thread's counters";
    return;
  }
  out->kernel = {after->minor_faults - before->minor_faults, after->major_faults - before->major_faults,
                 after->voluntary_switches - before->voluntary_switches, after->involuntary_switches - before->involuntary_switches};
}

template <class Port>
Proof Prove(uint64_t messages, void (*planted)() = nullptr) {
  StartRealtimeSanitizer();
  ForgetTrappedCalls();
  Proof proof;
  std::string error;
  static int count = 0;
  Config none;
  HotConfig config = ReadHotConfig(none);
  config.engine.session_date = kGeneratedDate;
  const auto tape = TapeWriter::Create(
      {"soak-" + std::to_string(getpid()) + "-" + std::to_string(count++), 1 << 18, config.loop.books.max_instruments}, &error);
  if (tape == nullptr) throw std::runtime_error(error);
  Port port;
  SessionStream stream(SessionOptions(messages));
  ProvenSource source(
      port.source(), kWarmPackets, [&](uint64_t taken) { return stream.ended() && taken == stream.packets(); }, planted);
  std::atomic<bool> hot_ended{false};
  const std::atomic<bool> stop{false};
  std::unique_ptr<HotSession> session;
  PlayerResult result;
  // The default stack and no more: what the loop needs of it is populated before the session.
  std::thread hot([&] {
    session = std::make_unique<HotSession>(config, "cpu", *tape, kGeneratedDate);
    result = session->Run(source.source(), {}, {.idle_ns = 60'000'000'000, .wait_for_archiver = false}, stop, [] { return true; });
    hot_ended.store(true, std::memory_order_release);
    LeaveProvenThread();
  });
  std::thread feeder([&] { stream.Feed([&](const PacketView& packet) { return port.Offer(packet); }); });
  Supervise(source, hot_ended, &proof);
  feeder.join();
  hot.join();
  proof.warm_packets = source.warm_packets();
  proof.packets = source.proven_packets();
  proof.allocations = source.allocations();
  proof.trapped_calls = TrappedCallCount();
  proof.trapped_text = DescribeTrappedCalls();
  proof.report = session->Report(result);
  proof.session = stream.session();
  return proof;
}

void Tell(const char* port, const Proof& p) {
  std::cout << "soak " << port << ": " << p.report.messages << " messages, " << p.report.orders << " orders, " << p.packets
            << " packets proven after " << p.warm_packets << " of warm-up; " << p.allocations << " allocations, " << p.trapped_calls
            << " system calls, " << p.kernel.minor_faults << " minor and " << p.kernel.major_faults << " major page faults, "
            << p.kernel.voluntary_switches << " voluntary and " << p.kernel.involuntary_switches << " involuntary switches; "
            << p.report.messages * 1'000 / (p.report.loop_ns / 1'000'000 + 1) << " messages/s\n"
            << "  RealtimeSanitizer: "
            << (kRealtimeSanitizer ? "in force" : "its runtime (Debian's libclang-rt-19-dev) is not installed; the other witnesses stand")
            << "\n  perf page faults: " << (p.perf_faults_problem.empty() ? std::to_string(p.perf_faults) : p.perf_faults_problem)
            << "\n  perf system calls: " << (p.perf_calls_problem.empty() ? std::to_string(p.perf_calls) : p.perf_calls_problem) << "\n";
}

void ExpectProven(const char* port, const Proof& proof, uint64_t messages) {
  ASSERT_EQ(proof.problem, "");
  Tell(port, proof);
  EXPECT_EQ(proof.report.gaps, 0u);
  EXPECT_EQ(proof.report.bad_messages, 0u);
  EXPECT_GE(proof.report.messages, messages) << "every message of the session, each once";
  EXPECT_EQ(proof.warm_packets + proof.packets, proof.session.packets);
  EXPECT_LT(proof.warm_packets, 2 * kWarmPackets);
  EXPECT_GT(proof.report.orders, 10u) << "orders are part of what is proven";
  EXPECT_EQ(proof.allocations, 0u);
  EXPECT_EQ(proof.trapped_calls, 0u) << proof.trapped_text;
  EXPECT_EQ(proof.kernel.minor_faults, 0u);
  EXPECT_EQ(proof.kernel.major_faults, 0u);
  EXPECT_EQ(proof.kernel.voluntary_switches, 0u) << "it waited for something";
  EXPECT_EQ(proof.perf_faults, 0u);
  EXPECT_EQ(proof.perf_calls, 0u);
}

class HotThreadSoakTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef TICKGRAPH_OTHER_SANITIZER
    GTEST_SKIP() << "another sanitizer's runtime makes system calls and page faults of its own";
#endif
  }
};

uint64_t Messages() { return testing::SliceOrSoak(400'000, 100'000'000); }

TEST_F(HotThreadSoakTest, MemoryPort) { ExpectProven("memory", Prove<MemoryPort>(Messages()), Messages()); }

TEST_F(HotThreadSoakTest, DpdkRingPort) { ExpectProven("net_ring", Prove<RingPort>(Messages()), Messages()); }

// ---- the witnesses see what is planted ----

TEST_F(HotThreadSoakTest, FilterNamesAPlantedSystemCall) {
  const Proof proof = Prove<MemoryPort>(20'000, [] { syscall(SYS_getpid); });
  ASSERT_EQ(proof.problem, "");
  EXPECT_EQ(proof.trapped_calls, 1u);
  EXPECT_NE(proof.trapped_text.find("getpid"), std::string::npos) << proof.trapped_text;
  EXPECT_NE(proof.trapped_text.find("soak_test("), std::string::npos) << "the stack names the program: " << proof.trapped_text;
}

char* g_untouched = nullptr;

TEST_F(HotThreadSoakTest, CountersSeeAPlantedPageFault) {
  constexpr size_t kPage = 4096;
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  g_untouched = static_cast<char*>(page);
  const Proof proof = Prove<MemoryPort>(20'000, [] { *const_cast<volatile char*>(g_untouched) = 1; });
  ASSERT_EQ(proof.problem, "");
  EXPECT_EQ(proof.kernel.minor_faults, 1u);
  if (proof.perf_faults_problem.empty()) {
    EXPECT_EQ(proof.perf_faults, 1u);
  }
  munmap(page, kPage);
}

TEST_F(HotThreadSoakTest, TrapCountsAPlantedAllocation) {
  if (kRealtimeSanitizer) GTEST_SKIP() << "RealtimeSanitizer ends the process there; its own test follows";
  const Proof proof = Prove<MemoryPort>(20'000, [] { ::operator delete(::operator new(1)); });
  EXPECT_EQ(proof.allocations, 1u);
}

TEST_F(HotThreadSoakTest, RealtimeSanitizerStopsAPlantedAllocation) {
  if (!kRealtimeSanitizer) GTEST_SKIP() << "RealtimeSanitizer's runtime (Debian's libclang-rt-19-dev) is not installed";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Prove<MemoryPort>(20'000, [] { ::operator delete(::operator new(1)); }), "malloc");
}

}  // namespace
}  // namespace tickgraph
