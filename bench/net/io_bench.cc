// Where packets come from: the file player on a pcap in memory and compressed, a DPDK port, and the digest of a file being written.
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/bench_common.h"
#include "net/io/dpdk_port.h"
#include "net/io/file/pcap_writer.h"
#include "net/io/file_player.h"

namespace tickgraph {
namespace {

constexpr uint32_t kPackets = 400'000;

// A pcap of packets between 62 and 189 bytes, and the same in gzip; both gone at exit.
struct Captures {
  std::string folder, plain, compressed, error;
  uint64_t payload_bytes = 0, stamps = 0;

  Captures() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickgraph_bench_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      error = "no temporary folder";
      return;
    }
    folder = pattern;
    plain = folder + "/a.pcap";
    compressed = folder + "/a.pcap.gz";
    const auto writer = PcapWriter::Create(plain, true, &error);
    if (writer == nullptr) return;
    std::vector<uint8_t> frame(256);
    for (uint32_t i = 0; i < kPackets; ++i) {
      for (size_t at = 0; at < 32; ++at) frame[at] = static_cast<uint8_t>(i * 2654435761u >> at);
      const uint32_t size = 62 + i % 128;
      const uint64_t ts_ns = 1'577'716'200'000'000'000 + uint64_t{i} * 20'011;
      writer->Write(ts_ns, frame.data(), size);
      payload_bytes += size;
      stamps += ts_ns;
    }
    if (!writer->Close(&error)) return;
    std::ifstream in(plain, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    gzFile out = gzopen(compressed.c_str(), "wb1");
    if (out == nullptr || gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size())) <= 0 || gzclose(out) != Z_OK)
      error = "cannot write " + compressed;
  }
  ~Captures() {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  static const Captures& Get() {
    static const Captures captures;
    return captures;
  }
};

// Reads a capture from its first packet to its last; false where it is not the one that was written.
bool PlayAll(FilePlayer* player, const Captures& captures) {
  uint64_t packets = 0, bytes = 0, stamps = 0;
  const PacketSource source = player->source();
  for (PacketBurst burst = source.Poll(); burst.count != 0; burst = source.Poll()) {
    for (uint32_t i = 0; i < burst.count; ++i) {
      bytes += burst.packets[i].size;
      stamps += burst.packets[i].ts_recv_ns;
    }
    packets += burst.count;
  }
  return packets == kPackets && bytes == captures.payload_bytes && stamps == captures.stamps && !player->reader().damage().has_value();
}

void Play(benchmark::State& state, const std::string& path) {
  const Captures& captures = Captures::Get();
  std::string error = captures.error;
  auto first = error.empty() ? FilePlayer::Open(path, &error) : nullptr;
  if (first == nullptr) return state.SkipWithError(error.c_str());
  if (!PlayAll(first.get(), captures)) return state.SkipWithError("the player gave other packets than were written");
  uint64_t allocations = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto player = FilePlayer::Open(path, &error);
    if (player == nullptr) return state.SkipWithError(error.c_str());
    state.ResumeTiming();
    AllocationScope scope;
    benchmark::DoNotOptimize(PlayAll(player.get(), captures));
    allocations += scope.count();
  }
  ReportItems(state, kPackets, allocations, static_cast<int64_t>(captures.payload_bytes));
}

void PlayPcap(benchmark::State& state) { Play(state, Captures::Get().plain); }
void PlayGzip(benchmark::State& state) { Play(state, Captures::Get().compressed); }
BENCHMARK(PlayPcap)->Name("player/pcap")->Unit(benchmark::kMillisecond);
BENCHMARK(PlayGzip)->Name("player/pcap_gz")->Unit(benchmark::kMillisecond);

void DpdkNull(benchmark::State& state) {
  std::string error;
  const auto port = DpdkPort::Open({.device = "net_null_bench,size=128"}, &error);
  if (port == nullptr) return state.SkipWithError(error.c_str());
  const PacketSource source = port->source();
  for (int i = 0; i < 1000; ++i) {
    const PacketBurst burst = source.Poll();
    if (burst.count != DpdkPort::kBurstSize || burst.packets[31].size != 128)
      return state.SkipWithError("net_null did not give full bursts of 128 bytes");
  }
  AllocationScope allocations;
  for (auto _ : state) benchmark::DoNotOptimize(source.Poll().packets);
  ReportItems(state, DpdkPort::kBurstSize, allocations.count());
}
BENCHMARK(DpdkNull)->Name("dpdk/null");

void DigestBytes(benchmark::State& state) {
  // FIPS 180-4: a million times "a".
  std::vector<uint8_t> data(1'000'000, 'a');
  Sha256 reference;
  reference.Update(data.data(), data.size());
  if (reference.HexDigest() != "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    return state.SkipWithError("wrong digest");
  AllocationScope allocations;
  for (auto _ : state) {
    Sha256 digest;
    digest.Update(data.data(), data.size());
    benchmark::DoNotOptimize(digest);
  }
  ReportItems(state, 1'000'000, allocations.count(), 1'000'000);
}
BENCHMARK(DigestBytes)->Name("sha256");

}  // namespace
}  // namespace tickgraph
