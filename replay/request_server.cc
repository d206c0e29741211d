#include "replay/request_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hot/tsc.h"
#include "net/proto/frame.h"

namespace tickgraph {

std::unique_ptr<RequestServer> RequestServer::Open(std::unique_ptr<RetransmitServer> messages, const RequestServerConfig& config,
                                                   std::string* error) {
  std::unique_ptr<RequestServer> server(new RequestServer(std::move(messages), config));
  server->socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(config.address.port);
  here.sin_addr.s_addr = htonl(config.address.address);
  socklen_t size = sizeof(here);
  if (server->socket_ < 0 || bind(server->socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0 ||
      getsockname(server->socket_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    *error = "cannot listen at " + ToText(config.address) + ": " + std::strerror(errno);
    return nullptr;
  }
  server->address_ = {ntohl(here.sin_addr.s_addr), ntohs(here.sin_port)};
  return server;
}

RequestServer::~RequestServer() {
  if (socket_ >= 0) close(socket_);
}

void RequestServer::Run(const std::atomic<bool>& stop) {
  constexpr uint64_t kLookNanos = 20'000'000;  // how soon a stop is seen
  while (!stop.load(std::memory_order_relaxed)) {
    const uint64_t now_ns = MonotonicNanos();
    while (!waiting_.empty() && waiting_.front().due_ns <= now_ns) {
      Answer(waiting_.front());
      waiting_.pop_front();
    }
    const uint64_t wait_ns = waiting_.empty() ? kLookNanos : std::min(kLookNanos, waiting_.front().due_ns - now_ns);
    const timespec patience = {0, static_cast<long>(wait_ns)};
    pollfd ready = {socket_, POLLIN, 0};
    if (ppoll(&ready, 1, &patience, nullptr) > 0) Receive();
  }
}

void RequestServer::Receive() {
  uint8_t bytes[64];  // one byte more than a request tells a longer datagram from it
  Waiting waiting;
  socklen_t size = sizeof(waiting.asker);
  const ssize_t got = recvfrom(socket_, bytes, sizeof(bytes), 0, reinterpret_cast<sockaddr*>(&waiting.asker), &size);
  if (got < 0) return;
  MoldRequest request;
  if (!ParseMoldRequest(bytes, static_cast<uint32_t>(got), &request)) {
    ++counters_.bad_requests;
    return;
  }
  ++counters_.requests;
  if (waiting_.size() >= config_.max_waiting) {
    ++counters_.left_out;
    return;
  }
  waiting.due_ns = MonotonicNanos() + config_.delay_ns;
  std::copy_n(bytes, kMoldHeaderBytes, waiting.request.begin());
  waiting_.push_back(waiting);
}

void RequestServer::Answer(const Waiting& waiting) {
  RecoveryRequest request;
  request.message = waiting.request.data();
  request.message_size = kMoldHeaderBytes;
  PacketView packet;
  // The messages know no delay of their own: what is asked for is there at once, or not at all.
  if (!messages_->Request(0, request) || !messages_->Poll(UINT64_MAX - 1, &packet)) {
    ++counters_.unanswered;
    return;
  }
  const ssize_t sent = sendto(socket_, packet.data + kUdpFrameHeaderBytes, packet.size - kUdpFrameHeaderBytes, 0,
                              reinterpret_cast<const sockaddr*>(&waiting.asker), sizeof(waiting.asker));
  ++(sent < 0 ? counters_.send_errors : counters_.answers);
}

}  // namespace tickgraph
