#include "tools/replay_wire.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "net/io/file_player.h"
#include "replay/wire_player.h"
#include "tools/config.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

std::atomic<bool> g_stop{false};

void OnStopSignal(int) { g_stop.store(true, std::memory_order_relaxed); }

constexpr std::string_view kUdpPrefix = "udp://", kOwnAddresses = "capture";
constexpr uint8_t kMulticastHops = 8;

// What is sent to: a socket with its targets, or a DPDK port.
struct Target {
  std::unique_ptr<UdpWire> udp;
  std::unique_ptr<DpdkWire> dpdk;
  [[nodiscard]] Wire wire() const { return udp != nullptr ? udp->wire() : dpdk->wire(); }
  [[nodiscard]] const WireCounters& counters() const { return udp != nullptr ? udp->counters() : dpdk->counters(); }
};

Target OpenUdp(const std::vector<std::string>& to) {
  std::string interface, error;
  std::vector<UdpAddress> targets;
  for (size_t i = 0; i < to.size(); ++i) {
    const std::string text = to[i].substr(std::min(to[i].size(), kUdpPrefix.size()));
    const size_t percent = text.find('%');
    const std::string address = text.substr(0, percent), name = percent == std::string::npos ? "" : text.substr(percent + 1);
    if (!to[i].starts_with(kUdpPrefix)) throw ConfigError("--to " + to[i] + ": a DPDK port takes everything, so it stands alone");
    if (i > 0 && name != interface) throw ConfigError("--to " + to[i] + ": all targets leave by one interface");
    interface = name;
    if (address == kOwnAddresses && to.size() == 1) break;
    const auto target = ParseUdpAddress(address);
    if (!target.has_value())
      throw ConfigError("--to " + to[i] + ": udp://GROUP:PORT, or udp://capture for the capture's own addresses, is expected");
    targets.push_back(*target);
  }
  auto sender = UdpSender::Open(interface, kMulticastHops, &error);
  if (sender == nullptr) throw std::runtime_error("--to " + to.front() + ": " + error);
  return {std::make_unique<UdpWire>(std::move(sender), std::move(targets)), nullptr};
}

Target Open(const std::vector<std::string>& to) {
  if (to.front().starts_with(kUdpPrefix) || to.size() > 1) return OpenUdp(to);
  std::string error;
  auto port = DpdkPort::Open({.device = to.front(), .hardware_stamps = false}, &error);
  if (port == nullptr) throw std::runtime_error(error);
  return {nullptr, std::make_unique<DpdkWire>(std::move(port))};
}

const char* EndName(WireEnd end) {
  constexpr const char* kNames[] = {"end of input", "damaged input", "stopped", "failed"};
  return kNames[static_cast<int>(end)];
}

std::string ReportJson(const ReplayToOptions& o, const Target& target, const WireResult& result) {
  const WireCounters& c = target.counters();
  nlohmann::ordered_json out = {{"source", o.file},
                                {"to", o.to},
                                {"end", EndName(result.end)},
                                {"packets", result.packets},
                                {"sent_packets", c.sent_packets},
                                {"sent_bytes", c.sent_bytes},
                                {"cut_packets", c.cut_packets},
                                {"answers", c.answers},
                                {"other_packets", c.other_packets},
                                {"duration_ns", result.last_stamp_ns - result.first_stamp_ns},
                                {"wall_ns", result.wall_ns},
                                {"max_late_ns", result.max_late_ns}};
  if (target.udp != nullptr) {
    auto& routes = out["routes"] = nlohmann::ordered_json::array();
    for (const WireRoute& route : target.udp->routes())
      routes.push_back({{"from", ToText(route.from)}, {"to", ToText(route.to)}, {"packets", route.packets}});
  }
  return out.dump() + "\n";
}

std::string ReportText(const Target& target, const WireResult& result) {
  const WireCounters& c = target.counters();
  char text[256];
  std::snprintf(text, sizeof(text), "sent      %llu of %llu packets, %llu bytes, in %.3f s (%.3f s of session); at most %.1f us late\n",
                static_cast<unsigned long long>(c.sent_packets), static_cast<unsigned long long>(result.packets),
                static_cast<unsigned long long>(c.sent_bytes), static_cast<double>(result.wall_ns) / 1e9,
                static_cast<double>(result.last_stamp_ns - result.first_stamp_ns) / 1e9, static_cast<double>(result.max_late_ns) / 1e3);
  std::string out = text;
  if (target.udp == nullptr) return out;
  for (const WireRoute& route : target.udp->routes())
    out += "          " + ToText(route.from) + " -> " + ToText(route.to) + ": " + std::to_string(route.packets) + " packets\n";
  return out;
}

// False: everything of the capture was sent that could be expected to be.
bool TellLosses(const ReplayToOptions& o, const FilePlayer& file, const Target& target, const WireResult& result) {
  const WireCounters& c = target.counters();
  const std::string prefix = "tickgraph replay: " + o.file + ": ";
  if (result.end == WireEnd::kDamagedInput)
    std::cerr << prefix << "damaged at byte " << file.reader().damage()->offset << ": " << file.reader().DamageText()
              << "; what came before it was sent\n";
  if (c.cut_packets != 0) std::cerr << prefix << c.cut_packets << " packets are cut in the capture and were not sent\n";
  if (c.answers != 0 && !o.quiet)
    std::cerr << prefix << c.answers << " packets were left out: they answered requests, and came on no line\n";
  if (c.other_packets != 0 && !o.quiet)
    std::cerr << prefix << c.other_packets << " packets were left out: no IPv4 UDP, or too long for the port\n";
  return result.end == WireEnd::kDamagedInput || c.cut_packets != 0;
}

}  // namespace

int ReplayTo(const ReplayToOptions& o) {
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::string error;
  const auto file = FilePlayer::Open(o.file, &error);
  if (file == nullptr) throw std::runtime_error(error);
  if (!IsPacketCapture(file->format()))
    throw std::runtime_error(o.file + ": only packets can be sent, and " + std::string(CaptureFormatName(file->format())) + " holds none");
  const Target target = Open(o.to);
  const WireResult result = PlayOnWire(file->source(), target.wire(), o.speed, g_stop);
  if (target.dpdk != nullptr) usleep(20'000);  // a card may still be sending what it took: its port is closed next
  if (result.end == WireEnd::kFailed) throw std::runtime_error(o.file + ": packet " + std::to_string(result.packets) + ": " + result.error);
  std::cout << (o.json ? ReportJson(o, target, result) : ReportText(target, result));
  return TellLosses(o, *file, target, result) ? kExitDamaged : kExitDone;
}

}  // namespace tickgraph
