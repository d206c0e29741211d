// A live run that is started in the middle of a session, or loses what nobody sends again, and asks a snapshot server on a real socket,
// which may answer, wait, lie, refuse, go away or not be there.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>

#include "net/proto/glimpse.h"
#include "net/proto/moldudp64.h"
#include "tests/tools/loopback_run.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

constexpr char kExact[] = "exact = true\n";
constexpr char kImpatient[] = "timeout_ms = 200\nlimit_ms = 500\nattempts = 2\nretry_ms = 50\n";

// A TCP server of the test's own: `serve(socket)` for each connection, which is then closed.
class OwnTcpServer {
 public:
  explicit OwnTcpServer(std::function<void(int)> serve) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(kHere);
    socklen_t size = sizeof(here);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size);
    address_ = {kHere, ntohs(here.sin_port)};
    thread_ = std::thread([this, serve] {
      while (!over_) {
        pollfd ready = {socket_, POLLIN, 0};
        if (poll(&ready, 1, 20) <= 0) continue;
        const int client = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        ++connections_;
        uint8_t login[64];
        (void)recv(client, login, sizeof(login), 0);
        serve(client);
        close(client);
      }
    });
  }
  OwnTcpServer(const OwnTcpServer&) = delete;
  OwnTcpServer& operator=(const OwnTcpServer&) = delete;
  ~OwnTcpServer() {
    over_ = true;
    thread_.join();
    close(socket_);
  }
  [[nodiscard]] std::string address() const { return ToText(address_); }
  [[nodiscard]] uint64_t connections() const { return connections_; }

 private:
  int socket_ = -1;
  UdpAddress address_;
  std::atomic<bool> over_{false};
  std::atomic<uint64_t> connections_{0};
  std::thread thread_;
};

void Say(int client, const std::vector<uint8_t>& bytes) { (void)send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

std::vector<uint8_t> Accepted() {
  std::vector<uint8_t> out(soup::kLoginAcceptedSize);
  soup::EncodeLoginAccepted("", 1, out.data());
  return out;
}

std::vector<uint8_t> EndOfSnapshot(uint64_t next) {
  uint8_t message[glimpse::kEndOfSnapshotBytes];
  std::vector<uint8_t> out(soup::kHeaderSize + sizeof(message));
  soup::Encode('S', message, glimpse::EncodeEndOfSnapshot(next, message), out.data());
  return out;
}

class LiveGlimpseTest : public LoopbackRunTest {
 protected:
  void SetUp() override {
    const std::string session = OnlyItch(Session(), "both.pcap");
    const PacketsInMemory packets(session);
    name_ = std::string(reinterpret_cast<const char*>(ParseFrame(packets.packets().front()).payload), kMoldSessionBytes);
    both_ = session;
    whole_ = Some(session, "whole.pcap", [this](const Frame& frame) { return std::memcmp(frame.payload, name_.data(), 10) == 0; });
    late_ = Late(whole_, "late.pcap");
    both_late_ = Late(both_, "both-late.pcap");
  }

  // Without the first half of its packets.
  std::string Late(const std::string& from, const std::string& name) {
    const size_t count = PacketsInMemory(from).packets().size();
    size_t at = 0;
    return Some(from, name, [&](const Frame&) { return ++at > count / 2; });
  }
  static uint64_t FirstNumber(const std::string& file) {
    const PacketsInMemory packets(file);
    const Frame frame = ParseFrame(packets.packets().front());
    return ParseMoldPacket(frame.payload, frame.size).sequence;
  }

  // `serve` as a process of its own, and the address of its snapshots.
  std::unique_ptr<ChildProcess> Serve(const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"serve", file, "--glimpse", "tcp://127.0.0.1:" + std::to_string(21'000 + getpid() % 1000),
                                          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto serve = std::make_unique<ChildProcess>(arguments, folder_);
    EXPECT_TRUE(WaitUntil([&] { return serve->err().find("snapshots at tcp://") != std::string::npos || serve->ended(); }));
    const std::string err = serve->err();
    const size_t at = err.find("tcp://") + 6;
    address_ = err.substr(at, err.find('\n', at) - at);
    return serve;
  }
  static nlohmann::json End(ChildProcess& serve) {
    kill(serve.pid(), SIGTERM);
    const Outcome served = serve.Wait();
    EXPECT_EQ(served.exit_code, 0) << served.err;
    return served.json()["glimpse"];
  }

  static std::string Table(const std::string& server, const std::string& keys) {
    return "[[glimpse]]\nserver = \"" + server + "\"\n" + keys;
  }
  [[nodiscard]] std::string BookHash(const std::string& file) {
    return Replay(file, "file", {"--engine", "cpu", "--force"}).json()["book_hash"];
  }

  // Both late streams to a run whose snapshots come to nothing: told, counted, and its books not acted on.
  nlohmann::json ExpectNotLive(const std::string& server, const std::string& word) {
    const Outcome live = RunLive(both_late_, 2, "", Table(server, kImpatient), "1");
    EXPECT_EQ(live.exit_code, 3) << live.err;
    const auto report = live.json();
    EXPECT_THAT(live.err, HasSubstr(word));
    EXPECT_THAT(live.err, HasSubstr("gaps stayed open"));
    EXPECT_THAT(live.err, HasSubstr("asked for in vain"));
    EXPECT_GT(report["messages"], 0) << "what is heard is archived all the same";
    EXPECT_EQ(report["signals"], 0);
    EXPECT_EQ(report["orders"], 0);
    ExpectTheRecordReplays(report);
    return report;
  }

  std::string both_, both_late_;  // two streams
  std::string whole_, late_;      // the first alone
  std::string name_, address_;
};

TEST_F(LiveGlimpseTest, JoinsEveryStreamInMidSessionAndEndsWithTheLosslessBooks) {
  const auto serve = Serve(both_, {});
  // Slow enough that a busy machine, too, has joined while there is still something to act on.
  const Outcome live = RunLive(both_late_, 2, "", Table(address_, kExact), "0.1");
  ASSERT_EQ(live.exit_code, 0) << live.err;
  const auto report = live.json();
  EXPECT_EQ(report["snapshots"]["joined"], 2);
  EXPECT_GT(report["snapshots"]["messages"], 100);
  EXPECT_EQ(report["gaps"], 0);
  EXPECT_GT(report["signals"], 0) << "or the other tests show nothing";
  EXPECT_EQ(report["book_hash"], BookHash(both_));
  ExpectTheRecordReplays(report);
  EXPECT_EQ(End(*serve)["snapshots"], 2);
}

// As a venue is asked: a blank session, and the books are those of another moment than the first message heard. It takes its time.
TEST_F(LiveGlimpseTest, JoinsBehindWhatIsHeardWhileLiveMessagesWait) {
  const auto serve = Serve(whole_, {"--at-message", std::to_string(FirstNumber(late_) + 150), "--delay-ms", "120"});
  const Outcome live = RunLive(late_, 1, "", Table(address_, ""), "0.5");
  ASSERT_EQ(live.exit_code, 0) << live.err;
  const auto report = live.json();
  EXPECT_EQ(report["snapshots"]["joined"], 1);
  EXPECT_EQ(report["book_hash"], BookHash(whole_));
  ExpectTheRecordReplays(report);
}

// Both lines lose the same half second in the middle: the messages are lost, and said to be; the books are whole again.
TEST_F(LiveGlimpseTest, ALossThatNobodySendsAgainIsHealed) {
  uint64_t middle = 0;
  const PacketsInMemory packets(whole_);
  for (const PacketView& packet : packets.packets()) {
    const Frame frame = ParseFrame(packet);
    middle = std::max(middle, ParseMoldPacket(frame.payload, frame.size).sequence / 2);
  }
  const std::string holed = Some(whole_, "holed.pcap", [middle](const Frame& frame) {
    const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
    return mold.status != MoldStatus::kData || mold.sequence < middle || mold.sequence > middle + 400;
  });
  const auto serve = Serve(whole_, {});
  const Outcome live = RunLive(holed, 1, "", Table(address_, kExact), "0.5");
  EXPECT_EQ(live.exit_code, 3) << live.err;
  const auto report = live.json();
  EXPECT_EQ(report["snapshots"]["joined"], 1);
  EXPECT_EQ(report["gaps"], 1);
  EXPECT_GE(report["missing_messages"], 400);
  EXPECT_EQ(report["book_hash"], BookHash(whole_));
  ExpectTheRecordReplays(report);
}

TEST_F(LiveGlimpseTest, SnapshotsAndRequestsTogether) {
  const std::string lossy = OnlyItch(Session("lossy.pcap", {.loss_a = .15, .loss_b = .15}), "lossy-itch.pcap");
  const auto serve = Serve(both_, {"--retransmit", "udp://127.0.0.1:" + std::to_string(22'000 + getpid() % 1000)});
  const std::string retransmit = "retransmit = \"127.0.0.1:" + std::to_string(22'000 + getpid() % 1000) + "\"\n";
  const Outcome live = RunLive(Late(lossy, "lossy-late.pcap"), 2, retransmit, Table(address_, kExact), "0.5");
  ASSERT_EQ(live.exit_code, 0) << live.err;
  const auto report = live.json();
  EXPECT_EQ(report["snapshots"]["joined"], 2);
  EXPECT_GT(report["recovered_messages"], 50);
  EXPECT_EQ(report["book_hash"], BookHash(both_));
  ExpectTheRecordReplays(report);
}

TEST_F(LiveGlimpseTest, AServerThatIsNotThereCostsTheBooks) {
  std::string address;
  {
    address = OwnTcpServer([](int) {}).address();
  }
  const auto report = ExpectNotLive(address, "cannot connect: Connection refused");
  EXPECT_EQ(report["gaps"], 2);
  EXPECT_GE(report["missing_messages"], FirstNumber(late_) - 1);
  EXPECT_EQ(report["ports"][1]["attempts"], 4);
  EXPECT_EQ(report["ports"][1]["failures"], 2);
}

TEST_F(LiveGlimpseTest, AServerThatRefuses) {
  const auto serve = Serve(whole_, {"--login", "desk:secret"});
  ExpectNotLive(address_, "refused the login, reason A");
  EXPECT_EQ(End(*serve)["rejected_logins"], 4);
}

TEST_F(LiveGlimpseTest, AServerThatIsSilent) {
  std::atomic<bool> over{false};
  const OwnTcpServer server([&over](int client) {
    for (int i = 0; i < 100 && !over; ++i) {
      pollfd ready = {client, POLLIN, 0};
      if (poll(&ready, 1, 20) > 0) return;
    }
  });
  ExpectNotLive(server.address(), "silent for 200 ms");
  over = true;
  EXPECT_EQ(server.connections(), 4u);
}

// It lives, and never comes to the end.
TEST_F(LiveGlimpseTest, AServerThatNeverEnds) {
  const OwnTcpServer server([](int client) {
    Say(client, Accepted());
    for (int i = 0; i < 500; ++i) {
      Say(client, {0, 1, 'H'});
      pollfd ready = {client, POLLIN, 0};
      if (poll(&ready, 1, 20) > 0 && recv(client, &i, sizeof(i), MSG_PEEK) <= 0) return;
    }
  });
  ExpectNotLive(server.address(), "not whole after 500 ms");
}

TEST_F(LiveGlimpseTest, AServerThatGoesAway) {
  const OwnTcpServer server([](int client) { Say(client, Accepted()); });
  ExpectNotLive(server.address(), "went away after 0 messages");
}

TEST_F(LiveGlimpseTest, AServerThatSendsWhatIsNoSnapshot) {
  const OwnTcpServer server([turn = std::make_shared<int>(0)](int client) {
    if (++*turn % 2 == 0) return Say(client, {'n', 'o', 't', ' ', 's', 'o', 'u', 'p'});
    Say(client, Accepted());
    Say(client, {0, 5, 'S', 'A', 1, 2, 3});
  });
  const Outcome live = RunLive(late_, 1, "", Table(server.address(), kImpatient), "1");
  EXPECT_EQ(live.exit_code, 3) << live.err;
  EXPECT_THAT(live.err, HasSubstr("is no ITCH message"));
  EXPECT_THAT(live.err, HasSubstr("what is no SoupBinTCP"));
}

// Books of nothing, as of a message that no line will ever bring: believed by nobody.
TEST_F(LiveGlimpseTest, AServerThatIsAheadOfEveryLine) {
  const OwnTcpServer server([](int client) {
    Say(client, Accepted());
    Say(client, EndOfSnapshot(1'000'000'000));
    pollfd ready = {client, POLLIN, 0};
    (void)poll(&ready, 1, 1000);
  });
  const auto report = ExpectNotLive(server.address(), "ahead of what any line brought");
  EXPECT_EQ(report["snapshots"]["useless"], 2);
}

// Old books, whenever they are asked for: what lies between is lost.
TEST_F(LiveGlimpseTest, AServerThatIsBehindEveryLine) {
  const auto serve = Serve(whole_, {"--at-message", "1"});
  const Outcome live = RunLive(late_, 1, "", Table(address_, ""), "0.5");
  EXPECT_EQ(live.exit_code, 3) << live.err;
  EXPECT_EQ(live.json()["snapshots"]["requests"], 2) << "the second is no newer than the first";
  EXPECT_EQ(live.json()["gaps"], 1);
  ExpectTheRecordReplays(live.json());
}

TEST_F(LiveGlimpseTest, ServeSaysWhatItCannotDo) {
  EXPECT_EQ(ReplayProgramTest::Run({"serve", whole_}).exit_code, 2);
  EXPECT_EQ(ReplayProgramTest::Run({"serve", whole_, "--glimpse", "udp://127.0.0.1:1"}).exit_code, 2);
  EXPECT_EQ(ReplayProgramTest::Run({"serve", whole_, "--at-message", "5"}).exit_code, 2);
  for (const char* number : {"0", "18446744073709551615"}) {
    const Outcome outcome = ReplayProgramTest::Run({"serve", whole_, "--glimpse", "tcp://127.0.0.1:9999", "--at-message", number});
    EXPECT_EQ(outcome.exit_code, 2) << number;
    EXPECT_THAT(outcome.err, HasSubstr("--at-message"));
  }
  EXPECT_EQ(ReplayProgramTest::Run({"serve", whole_, "--glimpse", "tcp://127.0.0.1:9999", "--login", "too-long-user:x"}).exit_code, 2);
  const Outcome taken = ReplayProgramTest::Run({"serve", whole_, "--glimpse", "tcp://192.0.2.1:9999"});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_THAT(taken.err, HasSubstr("cannot listen at tcp://192.0.2.1:9999"));
}

}  // namespace
}  // namespace tickgraph
