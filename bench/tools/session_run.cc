#include "bench/tools/session_run.h"

#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include "bench/allocation_counter.h"
#include "net/proto/wire.h"

namespace tickgraph {
namespace {

constexpr uint16_t kOptionPort = 45901;  // of the generator's OPRA feed
constexpr size_t kUdpPortAt = 14 + 20 + 2;

bool IsOptions(const PacketView& packet) { return packet.size > kUdpPortAt + 2 && LoadBe16(packet.data + kUdpPortAt) == kOptionPort; }

// A thread inherits the one core that its maker is pinned to; the reader must not stand there.
void LeaveCore(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  for (int i = 0; i < cores && i < CPU_SETSIZE; ++i)
    if (i != core || cores == 1) CPU_SET(i, &set);
  (void)sched_setaffinity(0, sizeof set, &set);  // a container may forbid it: then it stays
}

int PinnedCore() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1) return -1;
  return sched_getcpu();
}

}  // namespace

PacketsInMemory MakeSession(uint64_t messages, double rate, bool with_options) {
  const TemporaryFolder folder("/dev/shm");
  GeneratorOptions options;
  options.seed = 1;
  options.messages = messages;
  options.rate = rate;
  WriteSession(options, folder.File("session.pcap"));
  return PacketsInMemory(folder.File("session.pcap"),
                         [with_options](const PacketView& packet) { return with_options || !IsOptions(packet); });
}

HotConfig DefaultHotConfig() {
  Config none;
  HotConfig config = ReadHotConfig(none);
  config.engine.session_date = kGeneratedDate;
  return config;
}

HotConfig ManyOrdersConfig() {
  HotConfig config = DefaultHotConfig();
  config.engine.min_edge_cross_nanos = config.cross_venue_taker.min_edge_nanos = -25'000'000;
  return config;
}

std::unique_ptr<TapeWriter> MakeTape(const HotConfig& config) {
  std::string error;
  auto tape =
      TapeWriter::Create({"session-bench-" + std::to_string(getpid()), config.tape_records, config.loop.books.max_instruments}, &error);
  if (tape == nullptr) throw std::runtime_error(error);
  return tape;
}

Drain::Drain(const std::string& tape) {
  std::string error;
  reader_ = TapeReader::Open(tape, TapeReader::Mode::kArchive, 1, &error);
  if (reader_ == nullptr) throw std::runtime_error(error);
  thread_ = std::thread([this, core = PinnedCore()] {
    if (core >= 0) LeaveCore(core);
    Read();
  });
}

void Drain::Read() {
  std::vector<TapeRecord> out(4096);
  TapeGap gap;
  for (;;) {
    const bool closed = reader_->closed();
    if (reader_->Read(out, &gap) > 0) {
      reader_->SetArchived(reader_->next() - 1);
    } else if (gap.first == 0) {
      if (closed) return;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}

SessionRun RunSession(const HotConfig& config, PacketsInMemory& packets, double speed) {
  const auto tape = MakeTape(config);
  HotSession session(config, "cpu", *tape, 0);
  const Drain drain(tape->name());
  const std::atomic<bool> stop{false};
  const AllocationScope allocations;
  const PlayerResult result = session.Run(packets.source(), {}, {.speed = speed}, stop, [] { return true; });
  const uint64_t allocated = allocations.count();
  tape->Close();
  return {session.Report(result), allocated};
}

}  // namespace tickgraph
