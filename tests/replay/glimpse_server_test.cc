// The snapshot server on real sockets: what a login gets, whoever else is connected, and whatever a client does to it.
#include "replay/glimpse_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/io/glimpse_fetch.h"
#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using ::testing::HasSubstr;
using Message = std::vector<uint8_t>;

constexpr BookSetConfig kSmall{.max_instruments = 64, .max_orders = 1 << 14, .max_levels = 1 << 13};
constexpr uint32_t kHere = 0x7F000001;

// A generated session of several venues in a file, its ITCH messages by session, and a server beside it.
class GlimpseServerTest : public testing::Test {
 protected:
  void SetUp() override {
    GeneratorOptions options;
    options.seed = 21;
    options.messages = 20'000;
    WriteSession(options, folder_.File("s.pcap"));
    const PacketsInMemory packets(folder_.File("s.pcap"));
    for (const PacketView& packet : packets.packets()) {
      const Frame frame = ParseFrame(packet);
      const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
      if (mold.status != MoldStatus::kData || !IsMoldSession(frame.payload)) continue;
      std::vector<Message>& stream = streams_[std::string(MoldVenueName(mold.session).view())];
      ForEachMoldMessage(mold.blocks, mold.sequence, mold.sequence, mold.sequence + mold.count,
                         [&](const uint8_t* message, uint32_t size, uint64_t number) {
                           if (number == stream.size() + 1) stream.emplace_back(message, message + size);
                         });
    }
    ASSERT_EQ(streams_.size(), 2u);
    std::string error;
    index_ = RetransmitIndex::Build(folder_.File("s.pcap"), &error);
    ASSERT_NE(index_, nullptr) << error;
  }
  void TearDown() override { Stop(); }

  // `options` but for the address.
  void Start(GlimpseServerOptions options = {}) {
    options.address = {kHere, 0};
    std::string error;
    server_ = GlimpseServer::Open(
        *index_, options, [](const std::string&) {}, &error);
    ASSERT_NE(server_, nullptr) << error;
    thread_ = std::thread([this] { server_->Run(stop_); });
  }
  const GlimpseServerCounters& Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    static const GlimpseServerCounters kNone;
    return server_ == nullptr ? kNone : server_->counters();
  }
  [[nodiscard]] const std::string& Name(size_t i) const { return std::next(streams_.begin(), static_cast<long>(i))->first; }
  [[nodiscard]] GlimpseServerConfig Client() const {
    return {.session = "", .address = server_->address(), .user = "", .password = "", .exact = true, .timeout_ms = 3000};
  }
  bool Take(const GlimpseServerConfig& client, const std::string& session, uint64_t first) {
    return FetchSnapshot(client, session, first, never_, &spin_, &why_);
  }
  // The books of the stream's first `count` messages, and of a spin.
  [[nodiscard]] uint64_t HashOf(const std::string& session, uint64_t count) const {
    GlimpseSnapshot books(kSmall);
    const std::vector<Message>& stream = streams_.at(session);
    for (uint64_t i = 0; i < count; ++i) books.Apply(stream[i].data(), static_cast<uint32_t>(stream[i].size()));
    return books.book_hash();
  }
  static uint64_t HashOf(const Spin& spin) {
    GlimpseSnapshot books(kSmall);
    ForEachMoldMessage(spin.blocks.data(), 0, 0, spin.messages,
                       [&books](const uint8_t* message, uint32_t size, uint64_t) { books.Apply(message, size); });
    return books.book_hash();
  }
  [[nodiscard]] int Connect() const {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(server_->address().port);
    there.sin_addr.s_addr = htonl(kHere);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&there), sizeof(there)), 0);
    return client;
  }
  // True once the server has closed it; what it sent before is passed over.
  static bool IsClosed(int client, int wait_ms) {
    std::vector<uint8_t> bytes(1 << 16);
    for (;;) {
      pollfd ready = {client, POLLIN, 0};
      if (poll(&ready, 1, wait_ms) <= 0) return false;
      if (recv(client, bytes.data(), bytes.size(), 0) <= 0) return true;
    }
  }

  const TemporaryFolder folder_;
  std::map<std::string, std::vector<Message>> streams_;
  std::unique_ptr<RetransmitIndex> index_;
  std::unique_ptr<GlimpseServer> server_;
  std::atomic<bool> stop_{false};
  const std::atomic<bool> never_{false};
  std::thread thread_;
  Spin spin_;
  std::string why_;
};

TEST_F(GlimpseServerTest, GivesTheBooksInFrontOfAnyMessageOfAnySession) {
  Start();
  for (const size_t venue : {0, 1, 0}) {
    const uint64_t last = streams_.at(Name(venue)).size();
    for (const uint64_t first : {uint64_t{2}, uint64_t{700}, last / 2, last + 1, uint64_t{300}}) {
      ASSERT_TRUE(Take(Client(), Name(venue), first)) << why_;
      EXPECT_EQ(spin_.next, first);
      EXPECT_EQ(HashOf(spin_), HashOf(Name(venue), first - 1)) << first;
    }
    ASSERT_TRUE(Take(Client(), Name(venue), 1)) << why_;
    EXPECT_EQ(spin_.next, last + 1) << "as a venue is asked: what is newest";
  }
  const GlimpseServerCounters& c = Stop();
  EXPECT_EQ(c.connections, 18u);
  EXPECT_EQ(c.snapshots, 18u);
  EXPECT_EQ(c.gone + c.timed_out + c.bad_bytes + c.rejected_logins, 0u);
}

TEST_F(GlimpseServerTest, StandsAtTheMessageThatItWasToldTo) {
  Start({.at_message = 1234});
  ASSERT_TRUE(Take(Client(), Name(0), 1)) << why_;
  EXPECT_EQ(spin_.next, 1235u);
  EXPECT_EQ(HashOf(spin_), HashOf(Name(0), 1234));
}

TEST_F(GlimpseServerTest, RejectsWhatItCannotGive) {
  Start({.user = "desk", .password = "secret"});
  GlimpseServerConfig client = Client();
  EXPECT_FALSE(Take(client, Name(0), 100));
  EXPECT_THAT(why_, HasSubstr("refused the login, reason A"));
  client.user = "DESK";
  client.password = "secret";
  EXPECT_TRUE(Take(client, Name(0), 100)) << why_;
  EXPECT_FALSE(Take(client, "NOWHERE", 100));
  EXPECT_THAT(why_, HasSubstr("refused the login, reason S"));
  EXPECT_FALSE(Take(client, Name(0), streams_.at(Name(0)).size() + 2));
  EXPECT_THAT(why_, HasSubstr("reason S"));
  client.exact = false;
  EXPECT_FALSE(Take(client, Name(0), 100)) << "two sessions, and none is named";
  EXPECT_EQ(Stop().rejected_logins, 4u);
}

TEST_F(GlimpseServerTest, ACaptureWithAHoleGivesNothingBehindIt) {
  std::string error;
  const auto writer = PcapWriter::Create(folder_.File("hole.pcap"), false, &error);
  const PacketsInMemory packets(folder_.File("s.pcap"));
  uint64_t from = 0;
  for (const PacketView& packet : packets.packets()) {
    const Frame frame = ParseFrame(packet);
    const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
    const bool left_out = mold.status == MoldStatus::kData && IsMoldSession(frame.payload) && mold.sequence <= 500 &&
                          mold.sequence + mold.count > 500 && MoldVenueName(mold.session).view() == Name(0);
    if (left_out) from = from == 0 ? mold.sequence : std::min(from, mold.sequence);
    if (!left_out) writer->Write(packet.ts_recv_ns, packet.data, packet.size);
  }
  ASSERT_TRUE(writer->Close(&error));
  ASSERT_GT(from, 1u);
  index_ = RetransmitIndex::Build(folder_.File("hole.pcap"), &error);
  Start();
  EXPECT_TRUE(Take(Client(), Name(0), from)) << why_;
  EXPECT_FALSE(Take(Client(), Name(0), 501));
  EXPECT_FALSE(Take(Client(), Name(0), 1));
  EXPECT_TRUE(Take(Client(), Name(1), 501)) << why_;
}

// One logs in and takes nothing, one never logs in, one goes away in the middle, one talks nonsense; the next is served as if alone.
TEST_F(GlimpseServerTest, NobodyHoldsUpTheOthers) {
  Start({.patience_ms = 400, .max_connections = 5});
  uint8_t login[soup::kLoginRequestSize];
  glimpse::GlimpseClient::EncodeLogin("", "", login, Name(0), 5000);
  const int slow = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int tiny = 1024;
  setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny));
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(server_->address().port);
  there.sin_addr.s_addr = htonl(kHere);
  ASSERT_EQ(connect(slow, reinterpret_cast<const sockaddr*>(&there), sizeof(there)), 0);
  ASSERT_GT(send(slow, login, sizeof(login), 0), 0);
  const int silent = Connect(), nonsense = Connect(), heartbeat_first = Connect();
  ASSERT_GT(send(nonsense, "GET / HTTP/1.0\r\n\r\n", 18, 0), 0);
  ASSERT_GT(send(heartbeat_first, "\0\1H", 3, 0), 0) << "a server's packet";
  EXPECT_TRUE(IsClosed(nonsense, 5000));
  EXPECT_TRUE(IsClosed(heartbeat_first, 5000));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Take(Client(), Name(1), 3000)) << why_;
    EXPECT_EQ(HashOf(spin_), HashOf(Name(1), 2999));
  }
  // A login cut in two, and after it another: the second is one too many.
  const int cut = Connect();
  ASSERT_GT(send(cut, login, 20, 0), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  ASSERT_GT(send(cut, login + 20, sizeof(login) - 20, 0), 0);
  ASSERT_GT(send(cut, login, sizeof(login), 0), 0);
  EXPECT_TRUE(IsClosed(cut, 5000));
  EXPECT_TRUE(IsClosed(silent, 5000));
  for (const int client : {slow, silent, nonsense, heartbeat_first, cut}) close(client);
  const GlimpseServerCounters& c = Stop();
  EXPECT_EQ(c.bad_bytes, 3u);
  EXPECT_GE(c.timed_out, 1u);
  EXPECT_EQ(c.rejected_logins, 0u);
  EXPECT_GE(c.snapshots, 3u);
}

TEST_F(GlimpseServerTest, ConnectionsAreBounded) {
  Start({.max_connections = 2});
  const int first = Connect(), second = Connect();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int third = Connect();
  EXPECT_TRUE(IsClosed(third, 5000));
  EXPECT_FALSE(IsClosed(first, 50));
  for (const int client : {first, second, third}) close(client);
  EXPECT_EQ(Stop().turned_away, 1u);
}

}  // namespace
}  // namespace tickgraph
