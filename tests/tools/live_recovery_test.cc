// A live run that loses packets and asks a re-request server on a real socket, which may answer, wait, lie, be silent or be gone.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <random>

#include "net/io/udp_sender.h"
#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra.h"
#include "tests/tools/replay_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kHere = 0x7F000001;
const std::string kDay = std::to_string(kGeneratedDate);

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

class LiveRecoveryTest : public ReplayProgramTest {
 protected:
  void SetUp() override {
    whole_ = OnlyItch(Session("whole.pcap"), "whole-itch.pcap");
    lossy_ = OnlyItch(Session("lossy.pcap", {.loss_a = .15, .loss_b = .15}), "lossy-itch.pcap");
  }

  std::string OnlyItch(const std::string& from, const std::string& name) {
    const PacketsInMemory packets(from, [](const PacketView& packet) {
      const Frame frame = ParseFrame(packet);
      return !LooksLikeOpra(frame.payload, frame.size);
    });
    std::string error;
    const auto writer = PcapWriter::Create(File(name), false, &error);
    for (const PacketView& packet : packets.packets()) writer->Write(packet.ts_recv_ns, packet.data, packet.size);
    EXPECT_TRUE(writer->Close(&error)) << error;
    return File(name);
  }

  // The lossy session through real sockets to a run that asks `server`; it ends by itself.
  Outcome Run(const std::string& server) {
    std::vector<std::string> targets, arguments;
    std::string list;
    const uint16_t base = static_cast<uint16_t>(10'000 + getpid() % 2'500 * 4);
    for (uint16_t i = 0; i < 4; ++i) targets.push_back(ToText({kHere, static_cast<uint16_t>(base + i)}));
    for (const std::string& target : targets) list += (list.empty() ? "\"" : ", \"") + target + "\"";
    std::ofstream(File("run.toml")) << "[run]\nstreams = 2\nidle_ms = 3000\nretransmit = \"" << server
                                    << "\"\n[recovery]\ntimeout_ns = 60000000\n"
                                    << "attempts = 8\n[[port]]\nkind = \"udp\"\nline_a = [" << list << "]\n";
    arguments = ReplayOf("", "live",
                         {"--config", File("run.toml"), "--engine", "cpu", "--date", kDay, "--record", File("record.pcapng"), "--force"});
    arguments[0] = "run";
    ChildProcess run(arguments, folder_);
    EXPECT_TRUE(WaitUntil([&] { return run.err().find("ready, tape") != std::string::npos || run.ended(); }));
    arguments = {"replay", lossy_, "--speed", "0.2", "--json"};
    for (const std::string& target : targets) arguments.insert(arguments.end(), {"--to", "udp://" + target});
    const Outcome sent = ReplayProgramTest::Run(arguments);
    EXPECT_EQ(sent.exit_code, 0) << sent.err;
    SayTheEndAgain(targets, run);
    return run.Wait();
  }

  // Ends of session are repeated while the last holes are asked for, as a venue does.
  void SayTheEndAgain(const std::vector<std::string>& targets, const ChildProcess& run) {
    std::string error;
    const auto sender = UdpSender::Open("", 1, &error);
    std::vector<UdpAddress> from;
    std::map<size_t, std::vector<uint8_t>> ends;  // by target: its last datagram
    const PacketsInMemory packets(lossy_);
    for (const PacketView& packet : packets.packets()) {
      const Frame frame = ParseFrame(packet);
      const UdpAddress address{frame.destination, frame.destination_port};
      size_t at = std::find(from.begin(), from.end(), address) - from.begin();
      if (at == from.size()) from.push_back(address);
      ends[at].assign(frame.payload, frame.payload + frame.size);
    }
    for (int i = 0; i < 40 && !run.ended(); ++i) {
      for (const auto& [at, bytes] : ends) {
        const UdpDatagram datagram{bytes.data(), static_cast<uint32_t>(bytes.size()), *ParseUdpAddress(targets[at])};
        EXPECT_TRUE(sender->Send(&datagram, 1, &error)) << error;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }

  // Whatever happened, the record tells it again.
  void ExpectTheRecordReplays(const nlohmann::json& report) {
    const Outcome again =
        Replay(File("record.pcapng"), "again",
               {"--engine", "cpu", "--date", kDay, "--force", "--set", "recovery.timeout_ns=60000000", "--set", "recovery.attempts=8"});
    EXPECT_EQ(again.json()["state_hash"], report["state_hash"]) << again.err;
    EXPECT_EQ(again.json()["recovered_messages"], report["recovered_messages"]);
    EXPECT_EQ(again.json()["gaps"], report["gaps"]);
  }

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
