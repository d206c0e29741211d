// The client's side of a snapshot's connection, against a server of the test's own.
#include "net/io/glimpse_fetch.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "net/proto/glimpse.h"

namespace tickgraph {
namespace {

void SendAll(int to, const std::vector<uint8_t>& bytes) {
  EXPECT_EQ(send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

// Every few milliseconds there is something to read, so the client never waits for long; the server hears of it all the same.
TEST(GlimpseFetchTest, TellsABusyServerThatItIsThere) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(here);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&here), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&here), &size), 0);
  size_t heard = 0;
  std::thread server([&] {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::array<uint8_t, 256> in{};
    EXPECT_EQ(recv(client, in.data(), in.size(), 0), static_cast<ssize_t>(soup::kLoginRequestSize));
    std::vector<uint8_t> accepted(soup::kLoginAcceptedSize);
    soup::EncodeLoginAccepted("S", 1, accepted.data());
    SendAll(client, accepted);
    for (int i = 0; i < 300; ++i) {
      SendAll(client, {0, 1, 'H'});
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const ssize_t got = recv(client, in.data(), in.size(), MSG_DONTWAIT);
      heard += got > 0 ? static_cast<size_t>(got) : 0;
    }
    std::array<uint8_t, glimpse::kEndOfSnapshotBytes> end;
    glimpse::EncodeEndOfSnapshot(7, end.data());
    std::vector<uint8_t> last(soup::kHeaderSize + end.size());
    soup::Encode('S', end.data(), end.size(), last.data());
    SendAll(client, last);
    (void)recv(client, in.data(), in.size(), 0);
    close(client);
  });
  Spin spin;
  std::string why;
  const std::atomic<bool> stop{false};
  EXPECT_TRUE(FetchSnapshot({.address = {INADDR_LOOPBACK, ntohs(here.sin_port)}}, "S", 1, stop, &spin, &why)) << why;
  server.join();
  close(listener);
  EXPECT_EQ(spin.next, 7u);
  EXPECT_GE(heard, 3u) << "a heartbeat has three bytes";
}

}  // namespace
}  // namespace tickgraph
