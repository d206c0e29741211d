// A MoldUDP64 re-request server on a real socket: requests in, downstream packets to whoever asked.
//
// In the flow: `serve` -> here -> RetransmitServer, which answers from a whole capture. One thread, which waits in poll(2). Invariants:
// what waits to be answered is bounded, and what comes on top is left out and counted; an answer goes to the asker alone, in one datagram
// of as many whole messages as fit; what the capture does not hold, and what is no request, is met with silence.
#pragma once

#include <netinet/in.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "net/io/udp_address.h"
#include "net/proto/moldudp64.h"
#include "replay/retransmit_server.h"

namespace tickgraph {

struct RequestServerConfig {
  UdpAddress address;     // to listen at
  uint64_t delay_ns = 0;  // of each answer
  uint32_t max_waiting = 4096;
};

struct RequestServerCounters {
  uint64_t requests = 0, bad_requests = 0, left_out = 0, answers = 0, unanswered = 0, send_errors = 0;
};

class RequestServer {
 public:
  // Null and `error` where the address cannot be bound.
  static std::unique_ptr<RequestServer> Open(std::unique_ptr<RetransmitServer> messages, const RequestServerConfig& config,
                                             std::string* error);
  RequestServer(const RequestServer&) = delete;
  RequestServer& operator=(const RequestServer&) = delete;
  ~RequestServer();

  // Serves until `stop`.
  void Run(const std::atomic<bool>& stop);
  [[nodiscard]] const RequestServerCounters& counters() const { return counters_; }
  [[nodiscard]] UdpAddress address() const { return address_; }

 private:
  struct Waiting {
    uint64_t due_ns = 0;
    sockaddr_in asker{};
    std::array<uint8_t, kMoldHeaderBytes> request{};
  };

  RequestServer(std::unique_ptr<RetransmitServer> messages, const RequestServerConfig& config)
      : messages_(std::move(messages)), config_(config) {}
  void Receive();
  void Answer(const Waiting& waiting);

  std::unique_ptr<RetransmitServer> messages_;
  const RequestServerConfig config_;
  int socket_ = -1;
  UdpAddress address_;
  std::deque<Waiting> waiting_;  // by due time, since all wait alike
  RequestServerCounters counters_;
};

}  // namespace tickgraph
