// A GLIMPSE 5.0 server on a real TCP socket: a login in, the books of a capture's stream out, in SoupBinTCP.
//
// In the flow: `serve` -> here -> SpinMaker, which answers from a whole capture. One thread, which waits in poll(2). Invariants:
// connections are bounded in number, and so is what each may send; one that logs in late, takes nothing or says nothing for `patience_ms`
// is closed; all who want the same books share one copy of the bytes; a slow one holds up nobody else.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/io/udp_address.h"
#include "net/proto/soup.h"
#include "replay/spin_maker.h"

namespace tickgraph {

struct GlimpseServerOptions {
  UdpAddress address{};            // to listen at, TCP
  uint64_t at_message = 0;         // see SpinMaker
  uint64_t delay_ns = 0;           // of each answer to a login
  std::string user{}, password{};  // as a login has to give them
  uint32_t patience_ms = 15'000;
  uint32_t max_connections = 64;
};

struct GlimpseServerCounters {
  uint64_t connections = 0, turned_away = 0;  // accepted; one too many
  uint64_t logins = 0, rejected_logins = 0, snapshots = 0;
  uint64_t bad_bytes = 0;  // closed for what is no SoupBinTCP of a client
  uint64_t gone = 0;       // went away before it had everything
  uint64_t timed_out = 0;
};

class GlimpseServer {
 public:
  // Called with a line for people where a login is rejected.
  using Tell = void (*)(const std::string& text);

  // Null and `error` where the address cannot be bound. `index` outlives the server.
  static std::unique_ptr<GlimpseServer> Open(const RetransmitIndex& index, const GlimpseServerOptions& options, Tell tell,
                                             std::string* error);
  GlimpseServer(const GlimpseServer&) = delete;
  GlimpseServer& operator=(const GlimpseServer&) = delete;
  ~GlimpseServer();

  // Serves until `stop`.
  void Run(const std::atomic<bool>& stop);
  [[nodiscard]] const GlimpseServerCounters& counters() const { return counters_; }
  [[nodiscard]] UdpAddress address() const { return address_; }

 private:
  enum class Stage : uint8_t { kBeforeLogin, kSending, kSent, kLeaving };

  struct Connection {
    int socket = -1;
    Stage stage = Stage::kBeforeLogin;
    std::array<uint8_t, 256> in{};
    size_t held = 0;
    std::vector<uint8_t> head;  // the answer to the login, and heartbeats
    SpinMaker::Bytes spin;
    size_t head_sent = 0, spin_sent = 0;
    uint64_t due_ns = 0, heard_ns = 0, sent_ns = 0;

    [[nodiscard]] bool wants_to_send() const { return head_sent < head.size() || (spin != nullptr && spin_sent < spin->size()); }
  };

  GlimpseServer(const RetransmitIndex& index, const GlimpseServerOptions& options, Tell tell)
      : options_(options), spins_(index, options.at_message), tell_(tell) {}
  void Accept(uint64_t now_ns);
  // Each false where the connection is over.
  bool Receive(Connection& connection, uint64_t now_ns);
  bool OnPacket(Connection& connection, char type, const uint8_t* payload, size_t size, uint64_t now_ns);
  void Login(Connection& connection, const uint8_t* payload, uint64_t now_ns);
  bool Send(Connection& connection, uint64_t now_ns);
  bool Tend(Connection& connection, bool readable, uint64_t now_ns);
  void Close(Connection& connection);

  const GlimpseServerOptions options_;
  SpinMaker spins_;
  const Tell tell_;
  int socket_ = -1;
  UdpAddress address_;
  std::vector<Connection> connections_;
  GlimpseServerCounters counters_;
};

}  // namespace tickgraph
