#include "tools/run_config.h"

#include <bit>

#include "kernels/engine_factory.h"
#include "net/io/packet_ring.h"
#include "net/proto/new_york_time.h"
#include "tools/line_pair.h"

namespace tickgraph {
namespace {

std::vector<UdpAddress> ReadAddresses(Config& file, const std::string& key) {
  std::vector<std::string> texts;
  file.Read(key, texts);
  std::vector<UdpAddress> out;
  for (const std::string& text : texts) {
    const auto address = ParseUdpAddress(text);
    if (!address.has_value()) file.Fail(key, "'" + text + "' is no address, such as \"233.54.12.111:26477\"");
    out.push_back(*address);
  }
  return out;
}

RunPortKind ReadKind(Config& file, const std::string& key) {
  std::string kind;
  file.Read(key, kind);
  if (kind == "udp") return RunPortKind::kUdp;
  if (kind == "dpdk") return RunPortKind::kDpdk;
  if (kind == "pcap") return RunPortKind::kPcap;
  file.Fail(key, "'" + kind + "' is no kind of port: udp, dpdk or pcap is expected");
}

void ReadUdp(Config& file, const std::string& at, RunPortConfig& port) {
  UdpPortConfig& udp = port.udp;
  udp.interface = port.interface;
  udp.groups = port.line_a;
  udp.groups.insert(udp.groups.end(), port.line_b.begin(), port.line_b.end());
  if (udp.groups.empty()) file.Fail(at + ".line_a", "a UDP port listens to addresses: give line_a, or line_a and line_b");
  file.Read(at + ".receive_buffer_bytes", udp.receive_buffer_bytes, 4096, 1 << 30);
  file.Read(at + ".busy_poll_us", udp.busy_poll_us, 0, 1'000'000);
  file.Read(at + ".max_datagram_bytes", udp.max_datagram_bytes, 64, 65'507);
  port.name = "udp" + (port.interface.empty() ? "" : " " + port.interface);
}

void ReadDpdk(Config& file, const std::string& at, const std::vector<std::string>& eal, RunPortConfig& port) {
  DpdkPortConfig& dpdk = port.dpdk;
  dpdk.eal = eal;
  file.Read(at + ".device", dpdk.device);
  if (dpdk.device.empty()) file.Fail(at + ".device", "a DPDK port needs one, such as \"net_af_packet0,iface=eth0\" or \"0000:03:00.0\"");
  file.Read(at + ".mbufs", dpdk.mbuf_count, 64, 1 << 22);
  file.Read(at + ".descriptors", dpdk.rx_descriptors, 32, 32768);
  file.Read(at + ".queues", dpdk.queues, 1, 64);
  file.Read(at + ".hardware_stamps", dpdk.hardware_stamps);
  port.name = dpdk.device;
}

void ReadPcap(Config& file, const std::string& at, RunPortConfig& port) {
  PcapPortConfig& pcap = port.pcap;
  pcap.interface = port.interface;
  if (pcap.interface.empty()) file.Fail(at + ".interface", "a pcap port needs one");
  file.Read(at + ".filter", pcap.filter);
  file.Read(at + ".snap_bytes", pcap.snap_bytes, 64, 1 << 18);
  file.Read(at + ".buffer_bytes", pcap.buffer_bytes, 1 << 16, 1 << 30);
  port.name = "pcap " + port.interface;
}

RunPortConfig ReadPort(Config& file, const std::string& at, const std::vector<std::string>& eal) {
  RunPortConfig port;
  port.kind = ReadKind(file, at + ".kind");
  file.Read(at + ".interface", port.interface);
  port.line_a = ReadAddresses(file, at + ".line_a");
  port.line_b = ReadAddresses(file, at + ".line_b");
  switch (port.kind) {
    case RunPortKind::kUdp:
      ReadUdp(file, at, port);
      break;
    case RunPortKind::kDpdk:
      ReadDpdk(file, at, eal, port);
      break;
    case RunPortKind::kPcap:
      ReadPcap(file, at, port);
      break;
  }
  return port;
}

GlimpseServerConfig ReadGlimpse(Config& file, const std::string& at) {
  GlimpseServerConfig server;
  std::string address;
  file.Read(at + ".server", address);
  const auto parsed = ParseUdpAddress(address);
  if (!parsed.has_value()) file.Fail(at + ".server", "'" + address + "' is no address, such as \"10.1.2.3:18000\"");
  server.address = *parsed;
  const auto read_text = [&](const char* key, size_t most, std::string& text) {
    file.Read(at + key, text);
    if (text.size() > most) file.Fail(at + key, "'" + text + "' has more than " + std::to_string(most) + " characters");
  };
  read_text(".session", 10, server.session);
  read_text(".user", 6, server.user);
  read_text(".password", 10, server.password);
  file.Read(at + ".exact", server.exact);
  file.Read(at + ".timeout_ms", server.timeout_ms, 1, 600'000);
  file.Read(at + ".limit_ms", server.limit_ms, 1, 3'600'000);
  file.Read(at + ".attempts", server.attempts, 1, 1000);
  file.Read(at + ".retry_ms", server.retry_ms, 0, 600'000);
  return server;
}

void ReadGlimpseServers(Config& file, RunConfig* run) {
  const size_t count = file.CountTables("glimpse");
  for (size_t i = 0; i < count; ++i) {
    const std::string at = "glimpse[" + std::to_string(i) + "]";
    run->glimpse.push_back(ReadGlimpse(file, at));
    for (size_t known = 0; known < i; ++known) {
      if (run->glimpse[known].session == run->glimpse[i].session)
        file.Fail(at + ".server", "glimpse[" + std::to_string(known) + "] is for the same session");
    }
  }
}

}  // namespace

RunConfig ReadRunConfig(Config& file) {
  RunConfig run;
  file.Read("run.tape", run.tape);
  file.Read("run.archive", run.archive);
  file.Read("run.engine", run.engine);
  file.Read("run.record", run.record);
  file.Read("run.record_ring_bytes", run.record_ring_bytes, 1 << 20, int64_t{1} << 36);
  if (!std::has_single_bit(run.record_ring_bytes)) file.Fail("run.record_ring_bytes", "a power of two is expected");
  file.Read("run.pairs", run.pairs);
  for (const std::string& pair : run.pairs) {
    if (const std::string problem = CheckLinePair(pair); !problem.empty()) file.Fail("run.pairs", problem);
  }
  file.Read("run.date", run.date);
  if (run.date != 0 && !IsDate(run.date)) file.Fail("run.date", std::to_string(run.date) + " is not a day, YYYYMMDD");
  file.Read("run.idle_ms", run.idle_ms, 0, kLongestMillis);
  file.Read("run.streams", run.streams, 0, 255);
  std::string retransmit;
  file.Read("run.retransmit", retransmit);
  run.retransmit = ParseUdpAddress(retransmit);
  if (!retransmit.empty() && !run.retransmit.has_value())
    file.Fail("run.retransmit", "'" + retransmit + "' is no address, such as \"10.1.2.3:17000\"");
  if (EngineKind kind; !ParseEngineKind(run.engine, &kind))
    file.Fail("run.engine", "'" + run.engine + "' is no engine: auto, cpu, cuda-graph or cuda-persistent is expected");
  ReadGlimpseServers(file, &run);
  std::vector<std::string> eal;
  file.Read("dpdk.eal", eal);
  const size_t count = file.CountTables("port");
  if (count == 0) file.Fail("port", "no port is configured: at least one [[port]] is expected");
  constexpr size_t kMaxPorts = PacketRingHeader::kMaxPorts - 2;  // one is for answers, one for snapshots
  if (count > kMaxPorts) file.Fail("port", std::to_string(count) + " ports, the most is " + std::to_string(kMaxPorts));
  size_t groups = 0;
  for (size_t i = 0; i < count; ++i) {
    run.ports.push_back(ReadPort(file, "port[" + std::to_string(i) + "]", eal));
    groups += run.ports.back().line_a.size() + run.ports.back().line_b.size();
  }
  if (groups > PacketRingHeader::kMaxGroups)
    file.Fail("port", std::to_string(groups) + " addresses, the most is " + std::to_string(PacketRingHeader::kMaxGroups));
  return run;
}

}  // namespace tickgraph
