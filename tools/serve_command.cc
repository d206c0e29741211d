// `serve`: answers a venue's recovery requests from a capture, as a process of its own: re-requests, snapshots of the books, or both.
#include <signal.h>

#include <atomic>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "replay/glimpse_server.h"
#include "replay/request_server.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/exit_code.h"

namespace tickgraph {
namespace {

std::atomic<bool> g_stop{false};

void OnStopSignal(int) { g_stop.store(true, std::memory_order_relaxed); }

struct ServeOptions {
  CommonOptions common;
  std::string file, retransmit, glimpse, login;
  uint64_t delay_ms = 0, at_message = 0;
};

std::optional<int> ParseOptions(int argc, char** argv, ServeOptions* o) {
  CLI::App app("Answers MoldUDP64 re-requests, or GLIMPSE logins, or both, from a capture, until SIGTERM");
  AddCommonOptions(app, o->common, kJson | kQuiet);
  app.add_option("FILE", o->file, "a whole capture of the session")->required();
  app.add_option("--retransmit", o->retransmit, "udp://ADDRESS:PORT to listen at for re-requests");
  auto* glimpse = app.add_option("--glimpse", o->glimpse, "tcp://ADDRESS:PORT to listen at for logins that want the books of a session");
  app.add_option(
         "--at-message", o->at_message,
         "the books that a login gets are those right behind this message; by default the last of the capture. A login that asks for "
         "a sequence above 1 gets those in front of that message instead")
      ->needs(glimpse)
      ->check(CLI::Range(uint64_t{1}, uint64_t{INT64_MAX}));
  app.add_option("--login", o->login, "USER:PASSWORD that a login has to give; by default both blank")->needs(glimpse);
  app.add_option("--delay-ms", o->delay_ms, "how long each answer waits")->check(CLI::Range(int64_t{0}, kLongestMillis));
  if (const auto exit_code = ParseCommandLine(app, argc, argv)) return exit_code;
  if (!o->retransmit.empty() || !o->glimpse.empty()) return std::nullopt;
  std::cerr << "tickgraph serve: give --retransmit, --glimpse or both\n";
  return kExitUsage;
}

UdpAddress AddressOf(const std::string& option, std::string_view prefix, const std::string& text) {
  const auto address = text.starts_with(prefix) ? ParseUdpAddress(text.substr(prefix.size())) : std::nullopt;
  if (!address.has_value()) throw ConfigError(option + " " + text + ": " + std::string(prefix) + "ADDRESS:PORT is expected");
  return *address;
}

template <class Server>
std::unique_ptr<Server> Opened(std::unique_ptr<Server> server, const std::string& error) {
  if (server == nullptr) throw std::runtime_error(error);
  return server;
}

std::unique_ptr<GlimpseServer> OpenGlimpse(const ServeOptions& o, const RetransmitIndex& index) {
  if (o.glimpse.empty()) return nullptr;
  GlimpseServerOptions options{.address = AddressOf("--glimpse", "tcp://", o.glimpse),
                               .at_message = o.at_message,
                               .delay_ns = o.delay_ms * 1'000'000,
                               .user = o.login.substr(0, o.login.find(':')),
                               .password = o.login.find(':') == std::string::npos ? "" : o.login.substr(o.login.find(':') + 1)};
  if (options.user.size() > 6 || options.password.size() > 10)
    throw ConfigError("--login: a user has at most 6 characters, a password at most 10");
  std::string error;
  const auto tell = [](const std::string& text) { std::cerr << "tickgraph serve: " + text + "\n"; };
  return Opened(GlimpseServer::Open(index, options, tell, &error), error);
}

std::unique_ptr<RequestServer> OpenRetransmit(const ServeOptions& o, std::unique_ptr<RetransmitServer>* messages) {
  if (o.retransmit.empty()) return nullptr;
  const RequestServerConfig config{.address = AddressOf("--retransmit", "udp://", o.retransmit), .delay_ns = o.delay_ms * 1'000'000};
  std::string error;
  return Opened(RequestServer::Open(std::move(*messages), config, &error), error);
}

void Report(const ServeOptions& o, const RequestServer* retransmit, const GlimpseServer* glimpse) {
  nlohmann::ordered_json out = {{"source", o.file}};
  std::string text;
  if (retransmit != nullptr) {
    const RequestServerCounters& c = retransmit->counters();
    out.update({{"requests", c.requests},
                {"bad_requests", c.bad_requests},
                {"left_out", c.left_out},
                {"answers", c.answers},
                {"unanswered", c.unanswered},
                {"send_errors", c.send_errors}});
    text += std::to_string(c.requests) + " requests, " + std::to_string(c.answers) + " answers, " + std::to_string(c.unanswered) +
            " for what the capture does not hold\n";
  }
  if (glimpse != nullptr) {
    const GlimpseServerCounters& c = glimpse->counters();
    out["glimpse"] = {
        {"connections", c.connections}, {"turned_away", c.turned_away}, {"logins", c.logins}, {"rejected_logins", c.rejected_logins},
        {"snapshots", c.snapshots},     {"bad_bytes", c.bad_bytes},     {"gone", c.gone},     {"timed_out", c.timed_out}};
    text += std::to_string(c.logins) + " logins, " + std::to_string(c.rejected_logins) + " rejected, " + std::to_string(c.snapshots) +
            " snapshots sent whole\n";
  }
  std::cout << (o.common.json ? out.dump() + "\n" : text);
}

}  // namespace

int ServeCommand(int argc, char** argv) {
  ServeOptions o;
  if (const auto exit_code = ParseOptions(argc, argv, &o)) return *exit_code;
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::string error;
  auto messages = Opened(RetransmitServer::Open(o.file, {.latency_ns = 0}, &error), error);
  const RetransmitIndex& index = messages->index();
  const std::string damage = index.damage();
  if (!damage.empty()) std::cerr << "tickgraph serve: " << o.file << ": " << damage << "; what comes before it can be asked for\n";
  const auto glimpse = OpenGlimpse(o, index);
  const auto retransmit = OpenRetransmit(o, &messages);
  if (!o.common.quiet && retransmit != nullptr) std::cerr << "tickgraph serve: ready at " << ToText(retransmit->address()) << "\n";
  if (!o.common.quiet && glimpse != nullptr) std::cerr << "tickgraph serve: snapshots at tcp://" << ToText(glimpse->address()) << "\n";
  std::thread beside;
  if (retransmit != nullptr && glimpse != nullptr) beside = std::thread([&] { glimpse->Run(g_stop); });
  retransmit != nullptr ? retransmit->Run(g_stop) : glimpse->Run(g_stop);
  if (beside.joinable()) beside.join();
  Report(o, retransmit.get(), glimpse.get());
  return damage.empty() ? kExitDone : kExitDamaged;
}

}  // namespace tickgraph
