#include "replay/glimpse_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hot/tsc.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

std::string Trimmed(const uint8_t* field, size_t size) {
  std::string text(reinterpret_cast<const char*>(field), size);
  text.erase(text.find_last_not_of(' ') + 1);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

}  // namespace

std::unique_ptr<GlimpseServer> GlimpseServer::Open(const RetransmitIndex& index, const GlimpseServerOptions& options, Tell tell,
                                                   std::string* error) {
  std::unique_ptr<GlimpseServer> server(new GlimpseServer(index, options, tell));
  server->socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(options.address.port);
  here.sin_addr.s_addr = htonl(options.address.address);
  socklen_t size = sizeof(here);
  if (server->socket_ < 0 || setsockopt(server->socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      bind(server->socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0 || listen(server->socket_, 64) != 0 ||
      getsockname(server->socket_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    *error = "cannot listen at tcp://" + ToText(options.address) + ": " + std::strerror(errno);
    return nullptr;
  }
  server->address_ = {ntohl(here.sin_addr.s_addr), ntohs(here.sin_port)};
  return server;
}

GlimpseServer::~GlimpseServer() {
  for (Connection& connection : connections_) close(connection.socket);
  if (socket_ >= 0) close(socket_);
}

void GlimpseServer::Run(const std::atomic<bool>& stop) {
  constexpr int kLookMs = 10;  // how soon a stop, or an answer that is due, is seen
  std::vector<pollfd> ready;
  while (!stop.load(std::memory_order_relaxed)) {
    ready.assign(1, {socket_, POLLIN, 0});
    const uint64_t before_ns = MonotonicNanos();
    for (const Connection& connection : connections_) {
      const bool sends = connection.wants_to_send() && connection.due_ns <= before_ns;
      ready.push_back({connection.socket, static_cast<int16_t>(sends ? POLLIN | POLLOUT : POLLIN), 0});
    }
    if (poll(ready.data(), ready.size(), kLookMs) < 0) continue;
    const uint64_t now_ns = MonotonicNanos();
    for (size_t i = 0; i < connections_.size(); ++i) {
      if (!Tend(connections_[i], ready[i + 1].revents != 0, now_ns)) Close(connections_[i]);
    }
    std::erase_if(connections_, [](const Connection& connection) { return connection.socket < 0; });
    if (ready[0].revents != 0) Accept(now_ns);
  }
}

void GlimpseServer::Accept(uint64_t now_ns) {
  const int client = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  if (connections_.size() >= options_.max_connections) {
    ++counters_.turned_away;
    close(client);
    return;
  }
  ++counters_.connections;
  Connection& connection = connections_.emplace_back();
  connection.socket = client;
  connection.heard_ns = connection.sent_ns = now_ns;
}

bool GlimpseServer::Tend(Connection& connection, bool readable, uint64_t now_ns) {
  if (readable && !Receive(connection, now_ns)) return false;
  if (connection.wants_to_send() && connection.due_ns <= now_ns && !Send(connection, now_ns)) return false;
  if (connection.wants_to_send()) {
    if (now_ns - std::max(connection.sent_ns, connection.due_ns) < options_.patience_ms * kMillisecond || connection.due_ns > now_ns)
      return true;
    ++counters_.timed_out;
    return false;
  }
  if (connection.stage == Stage::kLeaving) return false;
  if (now_ns - connection.heard_ns >= options_.patience_ms * kMillisecond) {
    ++counters_.timed_out;
    return false;
  }
  if (connection.stage == Stage::kSent && now_ns - connection.sent_ns >= 1000 * kMillisecond) {
    connection.head = {0, 1, 'H'};
    connection.head_sent = 0;
  }
  return true;
}

bool GlimpseServer::Receive(Connection& connection, uint64_t now_ns) {
  const ssize_t got = recv(connection.socket, connection.in.data() + connection.held, connection.in.size() - connection.held, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  connection.heard_ns = now_ns;
  connection.held += static_cast<size_t>(got);
  bool goes_on = true;
  const soup::WalkResult walk = soup::Walk(connection.in.data(), connection.held, [&](char type, const uint8_t* payload, size_t size) {
    goes_on = goes_on && OnPacket(connection, type, payload, size, now_ns);
  });
  connection.held -= walk.consumed;
  std::memmove(connection.in.data(), connection.in.data() + walk.consumed, connection.held);
  const bool broken = walk.status == soup::WalkStatus::kBadLength || walk.status == soup::WalkStatus::kUnknownType ||
                      connection.held == connection.in.size();
  counters_.bad_bytes += goes_on && broken;
  return goes_on && !broken;
}

bool GlimpseServer::OnPacket(Connection& connection, char type, const uint8_t* payload, size_t, uint64_t now_ns) {
  switch (type) {
    case 'L':
      if (connection.stage != Stage::kBeforeLogin) break;
      Login(connection, payload, now_ns);
      return true;
    case 'O':
      return false;
    case 'R':
    case '+':
    case 'U':
      return true;
    default:
      break;
  }
  ++counters_.bad_bytes;
  return false;
}

void GlimpseServer::Login(Connection& connection, const uint8_t* payload, uint64_t now_ns) {
  connection.due_ns = now_ns + options_.delay_ns;
  connection.sent_ns = now_ns;
  const std::string user = Trimmed(payload, 6), password = Trimmed(payload + 6, 10), session = Trimmed(payload + 16, 10);
  uint64_t number = 0;
  std::string why;
  char reason = 'S';
  const RetransmitStream* stream = nullptr;
  if (strcasecmp(user.c_str(), options_.user.c_str()) != 0 || strcasecmp(password.c_str(), options_.password.c_str()) != 0) {
    reason = 'A';
    why = "user '" + user + "' or the password is not known";
  } else if (!soup::ParseNumber(payload + 26, 20, &number)) {
    why = "the sequence is no number";
  } else if (stream = spins_.Find(session, &why); stream != nullptr) {
    connection.spin = spins_.Make(*stream, number, &why);
  }
  if (connection.spin != nullptr) {
    ++counters_.logins;
    connection.stage = Stage::kSending;
    connection.head.resize(soup::kLoginAcceptedSize);
    soup::EncodeLoginAccepted(SessionName(*stream), 1, connection.head.data());
    return;
  }
  ++counters_.rejected_logins;
  tell_("login of '" + user + "' rejected: " + why);
  connection.stage = Stage::kLeaving;
  connection.head = {0, 2, 'J', static_cast<uint8_t>(reason)};
}

bool GlimpseServer::Send(Connection& connection, uint64_t now_ns) {
  const auto push = [&](const std::vector<uint8_t>& bytes, size_t* sent) {
    while (*sent < bytes.size()) {
      const ssize_t taken = send(connection.socket, bytes.data() + *sent, bytes.size() - *sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken < 0) return errno == EAGAIN || errno == EINTR;
      *sent += static_cast<size_t>(taken);
      connection.sent_ns = now_ns;
    }
    return true;
  };
  if (!push(connection.head, &connection.head_sent)) return false;
  if (connection.head_sent < connection.head.size() || connection.spin == nullptr) return true;
  if (!push(*connection.spin, &connection.spin_sent)) return false;
  if (connection.spin_sent == connection.spin->size() && connection.stage == Stage::kSending) {
    connection.stage = Stage::kSent;
    ++counters_.snapshots;
  }
  return true;
}

void GlimpseServer::Close(Connection& connection) {
  counters_.gone += connection.stage == Stage::kSending;
  close(connection.socket);
  connection.socket = -1;
}

}  // namespace tickgraph
