#include "net/io/glimpse_fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "hot/tsc.h"
#include "net/proto/glimpse.h"
#include "net/proto/itch.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

struct AnyEvent {
  template <class Event>
  void On(const Event&) {}
};

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

class Fetch {
 public:
  Fetch(const GlimpseServerConfig& server, const std::atomic<bool>& stop) : server_(server), stop_(stop) {}
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch() {
    if (socket_ >= 0) close(socket_);
  }

  bool Run(std::string_view session, uint64_t first, Spin* spin) {
    if (!Connect()) return false;
    uint8_t login[soup::kLoginRequestSize];
    const size_t size = server_.exact ? glimpse::GlimpseClient::EncodeLogin(server_.user, server_.password, login, session, first)
                                      : glimpse::GlimpseClient::EncodeLogin(server_.user, server_.password, login);
    if (!Send(login, size)) return Fail(std::string("cannot send: ") + std::strerror(errno));
    if (!Receive(spin)) return false;
    if (server_.exact && Trimmed(client_->session()) != session)
      return Fail("gave the books of session '" + std::string(Trimmed(client_->session())) + "', not of '" + std::string(session) + "'");
    spin->next = client_->next();
    const uint8_t logout[] = {0, 1, 'O'};
    (void)Send(logout, sizeof(logout));
    return true;
  }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  bool Fail(const std::string& why) {
    if (why_.empty()) why_ = why;
    return false;
  }

  bool Connect() {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(server_.address.port);
    there.sin_addr.s_addr = htonl(server_.address.address);
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return Fail(std::string("no socket: ") + std::strerror(errno));
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) != 0 && errno != EINPROGRESS)
      return Fail(std::string("cannot connect: ") + std::strerror(errno));
    if (!Wait(POLLOUT)) return false;
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &problem, &size);
    return problem == 0 || Fail(std::string("cannot connect: ") + std::strerror(problem));
  }

  // Until the socket is ready, at most the server's time.
  bool Wait(int16_t events) {
    constexpr int kLookMs = 20;  // how soon a stop is seen
    const uint64_t from_ns = MonotonicNanos();
    for (;;) {
      pollfd ready = {socket_, events, 0};
      if (poll(&ready, 1, kLookMs) > 0) return true;
      if (stop_.load(std::memory_order_relaxed)) return Fail("the session has ended");
      if (MonotonicNanos() - from_ns >= server_.timeout_ms * kMillisecond)
        return Fail("silent for " + std::to_string(server_.timeout_ms) + " ms");
      KeepAlive();
    }
  }

  // A server closes a session whose client says nothing, however busy it is with sending.
  void KeepAlive() {
    if (client_->state() != glimpse::ClientState::kReceiving || MonotonicNanos() - sent_ns_ < 1000 * kMillisecond) return;
    const uint8_t heartbeat[] = {0, 1, 'R'};
    (void)Send(heartbeat, sizeof(heartbeat));
  }

  bool Send(const uint8_t* bytes, size_t size) {
    sent_ns_ = MonotonicNanos();
    return send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(size);
  }

  bool Receive(Spin* spin) {
    std::vector<uint8_t> bytes(1 << 16);
    while (!client_->over()) {
      if (!Wait(POLLIN)) return false;
      if (MonotonicNanos() - start_ns_ >= server_.limit_ms * kMillisecond)
        return Fail("not whole after " + std::to_string(server_.limit_ms) + " ms");
      const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return Fail(std::string("connection lost: ") + std::strerror(errno));
      if (got == 0) client_->OnEnd();
      client_->OnBytes(bytes.data(), static_cast<size_t>(got), [&](const uint8_t* m, uint32_t size) { Keep(m, size, spin); });
      if (!why_.empty()) return false;
      KeepAlive();
    }
    switch (client_->state()) {
      case glimpse::ClientState::kComplete:
        return true;
      case glimpse::ClientState::kRefused:
        return Fail(std::string("refused the login, reason ") + client_->reject_reason());
      case glimpse::ClientState::kEnded:
        return Fail("went away after " + std::to_string(client_->messages()) + " messages, before the end of the snapshot");
      default:
        return Fail("sent what is no SoupBinTCP, or no number of the next message");
    }
  }

  void Keep(const uint8_t* message, uint32_t size, Spin* spin) {
    AnyEvent any;
    const DecodeStatus status = DecodeItch(message, size, EventHeader{}, 0, any);
    if (status == DecodeStatus::kUnknownType) return;
    if (status != DecodeStatus::kOk) {
      (void)Fail("message " + std::to_string(client_->messages()) + " of the snapshot is no ITCH message: " + Name(status));
    } else if (spin->blocks.size() > kMaxSpinBytes) {
      (void)Fail("the snapshot has more than " + std::to_string(kMaxSpinBytes >> 20) + " MiB");
    } else {
      ++spin->messages;
      const size_t at = spin->blocks.size();
      spin->blocks.resize(at + 2 + size);
      StoreBe16(spin->blocks.data() + at, static_cast<uint16_t>(size));
      std::memcpy(spin->blocks.data() + at + 2, message, size);
    }
  }

  const GlimpseServerConfig& server_;
  const std::atomic<bool>& stop_;
  const uint64_t start_ns_ = MonotonicNanos();
  uint64_t sent_ns_ = 0;
  int socket_ = -1;
  const std::unique_ptr<glimpse::GlimpseClient> client_ = std::make_unique<glimpse::GlimpseClient>();
  std::string why_;
};

}  // namespace

bool FetchSnapshot(const GlimpseServerConfig& server, std::string_view session, uint64_t first, const std::atomic<bool>& stop, Spin* spin,
                   std::string* why) {
  *spin = {};
  Fetch fetch(server, stop);
  try {
    const bool whole = fetch.Run(Trimmed(session), first, spin);
    *why = fetch.why();
    return whole;
  } catch (const std::bad_alloc&) {
    *why = "no memory for more than " + std::to_string(spin->messages) + " messages of the snapshot";
    *spin = {};
    return false;
  }
}

}  // namespace tickgraph
