// A live run that loses packets and asks a re-request server on a real socket, which may answer, wait, lie, be silent or be gone.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "net/proto/moldudp64.h"
#include "tests/tools/loopback_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

// A re-request server of the test's own: `answer(request, bytes)` writes what it sends back and returns the size, 0: nothing.
class OwnServer {
 public:
  template <class Answer>
  explicit OwnServer(Answer answer) {
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(kHere);
    socklen_t size = sizeof(here);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size);
    address_ = {kHere, ntohs(here.sin_port)};
    thread_ = std::thread([this, answer] {
      while (!over_) {
        pollfd ready = {socket_, POLLIN, 0};
        if (poll(&ready, 1, 20) <= 0) continue;
        uint8_t in[64], out[2048];
        sockaddr_in asker{};
        socklen_t asker_size = sizeof(asker);
        const ssize_t got = recvfrom(socket_, in, sizeof(in), 0, reinterpret_cast<sockaddr*>(&asker), &asker_size);
        MoldRequest request;
        if (got < 0 || !ParseMoldRequest(in, static_cast<uint32_t>(got), &request)) continue;
        ++requests_;
        if (const uint32_t bytes = answer(request, out); bytes != 0)
          sendto(socket_, out, bytes, 0, reinterpret_cast<const sockaddr*>(&asker), asker_size);
      }
    });
  }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;
  ~OwnServer() {
    over_ = true;
    thread_.join();
    close(socket_);
  }
  [[nodiscard]] std::string address() const { return ToText(address_); }
  [[nodiscard]] uint64_t requests() const { return requests_; }

 private:
  int socket_ = -1;
  UdpAddress address_;
  std::atomic<bool> over_{false};
  std::atomic<uint64_t> requests_{0};
  std::thread thread_;
};

class LiveRecoveryTest : public LoopbackRunTest {
 protected:
  void SetUp() override {
    whole_ = OnlyItch(Session("whole.pcap"), "whole-itch.pcap");
    lossy_ = OnlyItch(Session("lossy.pcap", {.loss_a = .15, .loss_b = .15}), "lossy-itch.pcap");
  }

  // The lossy session to a run that asks `server`.
  Outcome Run(const std::string& server) { return RunLive(lossy_, 2, "retransmit = \"" + server + "\"\n", ""); }

  std::string whole_, lossy_;
};

// A server that takes its time is still in time.
TEST_F(LiveRecoveryTest, AsksARealServerAndEndsWithTheLosslessBooks) {
  for (const char* delay : {"0", "20"}) {
    ChildProcess serve(
        {"serve", whole_, "--retransmit", "udp://127.0.0.1:" + std::to_string(20'000 + getpid() % 1000), "--delay-ms", delay, "--json"},
        folder_);
    ASSERT_TRUE(WaitUntil([&] { return serve.err().find("ready at ") != std::string::npos || serve.ended(); }));
    const std::string err = serve.err();
    const size_t at = err.find("ready at ") + 9;
    const Outcome live = Run(err.substr(at, err.find('\n', at) - at));
    kill(serve.pid(), SIGTERM);
    const Outcome served = serve.Wait();
    ASSERT_EQ(live.exit_code, 0) << live.err;
    const auto report = live.json();
    EXPECT_GT(report["recovered_messages"], 100);
    EXPECT_EQ(report["gaps"], 0);
    EXPECT_EQ(report["book_hash"], Replay(whole_, std::string("whole-") + delay, {"--engine", "cpu"}).json()["book_hash"]);
    EXPECT_EQ(served.exit_code, 0) << served.err;
    EXPECT_GT(served.json()["answers"], 0);
    EXPECT_EQ(served.json()["bad_requests"], 0);
    ExpectTheRecordReplays(report);
  }
}

TEST_F(LiveRecoveryTest, ASilentServerIsAskedABoundedNumberOfTimes) {
  const OwnServer server([](const MoldRequest&, uint8_t*) { return 0u; });
  const Outcome live = Run(server.address());
  EXPECT_EQ(live.exit_code, 3) << live.err;
  const auto report = live.json();
  EXPECT_GT(report["gaps"], 0);
  EXPECT_EQ(report["recovered_messages"], 0);
  EXPECT_GT(server.requests(), 0u);
  // Each hole at most so many times as configured, 27 messages a request.
  EXPECT_LE(server.requests(), 8 * (report["gaps"].get<uint64_t>() + report["missing_messages"].get<uint64_t>() / 27 + 1));
  EXPECT_THAT(live.err, HasSubstr("gaps stayed open"));
  ExpectTheRecordReplays(report);
}

// Noise, another session, numbers that nobody spoke of, a count that its bytes do not hold.
TEST_F(LiveRecoveryTest, ALyingServerFillsNothing) {
  std::atomic<uint32_t> turn{0};
  const OwnServer server([&turn](const MoldRequest& request, uint8_t* out) -> uint32_t {
    const std::string session(reinterpret_cast<const char*>(request.session), kMoldSessionBytes);
    const uint8_t message[12] = {'S', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'O'};
    MoldPacketBuilder builder(out, 1400);
    switch (turn++ % 4) {
      case 0:
        for (int i = 0; i < 100; ++i) out[i] = static_cast<uint8_t>(i * 37);
        return 100;
      case 1:
        builder.Begin("ELSEWHERE", request.first);
        break;
      case 2:
        builder.Begin(session, request.first + 1'000'000'000);
        break;
      default:
        builder.Begin(session, request.first);
        (void)builder.Add(message, sizeof(message));
        builder.Finish();
        StoreBe16(out + 18, 200);
        return builder.size();
    }
    (void)builder.Add(message, sizeof(message));
    return builder.Finish();
  });
  const Outcome live = Run(server.address());
  EXPECT_EQ(live.exit_code, 3) << live.err;
  const auto report = live.json();
  EXPECT_GT(report["gaps"], 0);
  EXPECT_EQ(report["recovered_messages"], 0);
  EXPECT_GT(report["bad_messages"], 0);
  EXPECT_GT(server.requests(), 4u);
  ExpectTheRecordReplays(report);
}

// Nobody listens there any more: the system answers each request with a refusal.
TEST_F(LiveRecoveryTest, AServerThatIsGoneCostsGapsAlone) {
  std::string address;
  {
    address = OwnServer([](const MoldRequest&, uint8_t*) { return 0u; }).address();
  }
  const Outcome live = Run(address);
  EXPECT_EQ(live.exit_code, 3) << live.err;
  const auto report = live.json();
  EXPECT_GT(report["gaps"], 0);
  EXPECT_EQ(report["recovered_messages"], 0);
  EXPECT_GT(report["ports"][1]["receive_errors"].get<uint64_t>() + report["ports"][1]["send_errors"].get<uint64_t>(), 0u);
  ExpectTheRecordReplays(report);
}

}  // namespace
}  // namespace tickgraph
