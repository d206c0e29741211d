#include "tools/run_ports.h"

#include <iostream>
#include <stdexcept>

#include "replay/recorded_answers.h"

namespace tickgraph {
namespace {

template <class T>
T& Opened(const std::unique_ptr<T>& port, const std::string& error) {
  if (port == nullptr) throw std::runtime_error(error);
  return *port;
}

std::vector<UdpAddress> AddressesOf(const RunPortConfig& config) {
  std::vector<UdpAddress> out = config.line_a;
  out.insert(out.end(), config.line_b.begin(), config.line_b.end());
  return out;
}

}  // namespace

LivePorts::LivePorts(const RunConfig& run) {
  ports_.reserve(run.ports.size());
  for (const RunPortConfig& config : run.ports) {
    Port& port = ports_.emplace_back();
    port.config = config;
    set_.Add(Open(&port));
  }
  if (run.retransmit.has_value()) OpenRetransmit(*run.retransmit);
  if (run.glimpse.empty()) return;
  glimpse_ = std::make_unique<GlimpsePort>(run.glimpse, [](const std::string& text) { std::cerr << "tickgraph run: " + text + "\n"; });
  set_.Add(glimpse_->source());
}

SnapshotService LivePorts::snapshots() { return glimpse_ == nullptr ? SnapshotService{} : glimpse_->service(); }

void LivePorts::OpenRetransmit(const UdpAddress& server) {
  std::string error;
  retransmit_ = UdpPort::Connect(server, {.interface = "", .groups = {}}, &error);
  set_.Add(Opened(retransmit_, error).source());
  retransmit_name_ = "retransmit " + ToText(server);
}

// A request that the system does not send is like one that the network loses: it is made again. OPRA has no such requests. A replay of the
// record answers alike, so that both sessions decide alike.
RecoveryService LivePorts::recovery() {
  if (retransmit_ == nullptr) return {};
  RecoveryService out = RecordedAnswers();
  out.self = retransmit_.get();
  out.request = [](void* self, uint64_t, const RecoveryRequest& request) {
    if (request.is_options || request.message == nullptr) return false;
    (void)static_cast<UdpPort*>(self)->Ask(request.message, request.message_size);
    return true;
  };
  return out;
}

PacketSource LivePorts::Open(Port* port) {
  const RunPortConfig& config = port->config;
  std::string error;
  if (config.kind == RunPortKind::kUdp) {
    port->udp = UdpPort::Open(config.udp, &error);
    return Opened(port->udp, error).source();
  }
  PacketSource source;
  if (config.kind == RunPortKind::kDpdk) {
    port->dpdk = DpdkPort::Open(config.dpdk, &error);
    source = Opened(port->dpdk, error).source();
  } else {
    port->pcap = PcapPort::Open(config.pcap, &error);
    source = Opened(port->pcap, error).source();
  }
  if (!config.interface.empty() && !port->membership.Join(config.interface, AddressesOf(config), &error))
    throw std::runtime_error("port " + config.name + ": " + error);
  return source;
}

std::string LivePorts::Describe(std::vector<std::string>* complaints) const {
  std::string out;
  for (const Port& port : ports_) {
    const size_t groups = AddressesOf(port.config).size();
    out += (out.empty() ? "" : "; ") + port.config.name + " (" + std::to_string(groups) + (groups == 1 ? " address" : " addresses");
    if (port.dpdk != nullptr)
      out += ", " + port.dpdk->driver_name() + ", " + std::to_string(port.dpdk->queue_count()) + " queues" +
             (port.dpdk->rss() ? " by RSS" : "") + ", stamps: " + Name(port.dpdk->stamps());
    out += ")";
    if (port.udp != nullptr && port.udp->receive_buffer_bytes() < port.config.udp.receive_buffer_bytes)
      complaints->push_back("port " + port.config.name + ": the system gives a socket " + std::to_string(port.udp->receive_buffer_bytes()) +
                            " bytes of receive buffer, not " + std::to_string(port.config.udp.receive_buffer_bytes) +
                            " (net.core.rmem_max)");
  }
  return out;
}

void LivePorts::DescribeForRecord(PacketRingConfig* ring) const {
  for (size_t i = 0; i < ports_.size(); ++i) {
    const Port& port = ports_[i];
    ring->ports.push_back(
        MakeRecordedPort(port.config.name, port.pcap != nullptr ? port.pcap->layer() : PacketLayer::kEthernet, RecordedUse::kLine));
    const auto add = [&](const std::vector<UdpAddress>& addresses, char line) {
      for (const UdpAddress& x : addresses) ring->groups.push_back({x.address, x.port, static_cast<uint16_t>(i), line, {}});
    };
    add(port.config.line_a, 'A');
    add(port.config.line_b, 'B');
  }
  if (retransmit_ != nullptr) ring->ports.push_back(MakeRecordedPort(retransmit_name_, PacketLayer::kEthernet, RecordedUse::kAnswers));
  if (glimpse_ != nullptr) ring->ports.push_back(MakeRecordedPort(glimpse_->name(), PacketLayer::kEthernet, RecordedUse::kSnapshots));
}

bool LivePorts::any_dpdk() const {
  for (const Port& port : ports_) {
    if (port.dpdk != nullptr) return true;
  }
  return false;
}

PortReport LivePorts::ReportOf(const std::string& name, const UdpPort& port) {
  const UdpPortStats& s = port.stats();
  PortReport out{name, "socket", "kernel", s.packets, s.bytes, port.MissedPackets(), {}};
  out.counters = {{"recvmmsg_calls", s.receive_calls}, {"receive_errors", s.receive_errors}, {"cut_datagrams", s.cut_datagrams},
                  {"unstamped", s.unstamped},          {"send_calls", s.send_calls},         {"send_errors", s.send_errors}};
  return out;
}

PortReport LivePorts::ReportOf(const Port& port) {
  if (port.udp != nullptr) return ReportOf(port.config.name, *port.udp);
  PortReport out;
  out.name = port.config.name;
  if (port.dpdk != nullptr) {
    const DpdkPortStats& s = port.dpdk->stats();
    out.driver = port.dpdk->driver_name();
    out.stamps = Name(port.dpdk->stamps());
    out.packets = s.packets;
    out.bytes = s.bytes;
    out.missed_packets = port.dpdk->MissedPackets() + s.oversized_packets;
    out.counters = {{"rx_bursts", s.rx_bursts}, {"joined_packets", s.joined_packets}, {"queues", port.dpdk->queue_count()}};
  } else {
    const PcapPortStats& s = port.pcap->stats();
    out.driver = "libpcap";
    out.stamps = "kernel";
    out.packets = s.packets;
    out.bytes = s.bytes;
    out.missed_packets = port.pcap->MissedPackets();
    out.counters = {{"dispatch_calls", s.dispatch_calls}, {"errors", s.errors}};
  }
  return out;
}

PortReport LivePorts::ReportOf(const GlimpsePort& port) {
  const GlimpsePortStats s = port.stats();
  PortReport out{port.name(), "socket", "program", s.packets, s.bytes, 0, {}};
  out.counters = {{"requests", s.requests}, {"attempts", s.attempts}, {"snapshots", s.snapshots}, {"failures", s.failures}};
  return out;
}

std::vector<PortReport> LivePorts::Reports() const {
  std::vector<PortReport> out;
  for (const Port& port : ports_) out.push_back(ReportOf(port));
  if (retransmit_ != nullptr) out.push_back(ReportOf(retransmit_name_, *retransmit_));
  if (glimpse_ != nullptr) out.push_back(ReportOf(*glimpse_));
  return out;
}

}  // namespace tickgraph
