// `serve`: answers a venue's recovery requests from a capture, as a process of its own.
#include <signal.h>

#include <atomic>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "replay/request_server.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

std::atomic<bool> g_stop{false};

void OnStopSignal(int) { g_stop.store(true, std::memory_order_relaxed); }

UdpAddress AddressOf(const std::string& text) {
  constexpr std::string_view kPrefix = "udp://";
  const auto address = text.starts_with(kPrefix) ? ParseUdpAddress(text.substr(kPrefix.size())) : std::nullopt;
  if (!address.has_value()) throw ConfigError("--retransmit " + text + ": udp://ADDRESS:PORT is expected");
  return *address;
}

}  // namespace

int ServeCommand(int argc, char** argv) {
  CLI::App app("Answers MoldUDP64 re-requests from a capture, until SIGTERM");
  CommonOptions common;
  std::string file, retransmit;
  uint64_t delay_ms = 0;
  AddCommonOptions(app, common, kJson | kQuiet);
  app.add_option("FILE", file, "a whole capture of the session")->required();
  app.add_option("--retransmit", retransmit, "udp://ADDRESS:PORT to listen at")->required();
  app.add_option("--delay-ms", delay_ms, "how long each answer waits");
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return *exit_code;
  const RequestServerConfig config{.address = AddressOf(retransmit), .delay_ns = delay_ms * 1'000'000};

  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::string error;
  auto messages = RetransmitServer::Open(file, {.latency_ns = 0}, &error);
  if (messages == nullptr) throw std::runtime_error(error);
  const std::string damage = messages->index().damage();
  if (!damage.empty()) std::cerr << "tickgraph serve: " << file << ": " << damage << "; what comes before it can be asked for\n";
  const auto server = RequestServer::Open(std::move(messages), config, &error);
  if (server == nullptr) throw std::runtime_error(error);
  if (!common.quiet) std::cerr << "tickgraph serve: ready at " << ToText(server->address()) << "\n";
  server->Run(g_stop);
  const RequestServerCounters& c = server->counters();
  const nlohmann::ordered_json out = {
      {"source", file},       {"requests", c.requests},     {"bad_requests", c.bad_requests}, {"left_out", c.left_out},
      {"answers", c.answers}, {"unanswered", c.unanswered}, {"send_errors", c.send_errors}};
  if (common.json) {
    std::cout << out.dump() << "\n";
  } else {
    std::cout << c.requests << " requests, " << c.answers << " answers, " << c.unanswered << " for what the capture does not hold\n";
  }
  return damage.empty() ? kExitDone : kExitDamaged;
}

}  // namespace tickgraph
