// UDP ports and senders on this machine's own addresses: what comes out is the frame that went in, in the order of its arrival.
#include "net/io/udp_port.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "net/io/port_set.h"
#include "net/io/udp_sender.h"
#include "net/proto/frame.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;
using ::testing::HasSubstr;

constexpr uint32_t kHere = 0x7F000001;

// Ports of this process, so that test programs beside it do not meet.
UdpAddress Here(uint16_t which) { return {kHere, static_cast<uint16_t>(20'000 + getpid() % 10'000 + which * 10'000)}; }

struct Arrival {
  Frame frame;
  Bytes payload;
  PacketView view;
};

// Until `wanted` packets came, or nothing for a second.
template <class Port>
std::vector<Arrival> Take(Port& port, size_t wanted) {
  std::vector<Arrival> out;
  for (int idle = 0; out.size() < wanted && idle < 1000;) {
    const PacketBurst burst = port.Poll();
    for (uint32_t i = 0; i < burst.count; ++i) {
      Arrival arrival{ParseFrame(burst.packets[i]), {}, burst.packets[i]};
      arrival.payload.assign(arrival.frame.payload, arrival.frame.payload + arrival.frame.size);
      out.push_back(std::move(arrival));
    }
    if (burst.count != 0) continue;
    ++idle;
    usleep(1000);
  }
  return out;
}

std::unique_ptr<UdpPort> OpenPort(const UdpPortConfig& config) {
  std::string error;
  auto port = UdpPort::Open(config, &error);
  EXPECT_NE(port, nullptr) << error;
  return port;
}

std::unique_ptr<UdpSender> OpenSender() {
  std::string error;
  auto sender = UdpSender::Open("", 1, &error);
  EXPECT_NE(sender, nullptr) << error;
  return sender;
}

TEST(UdpPortTest, RebuildsFramesInTheOrderOfTheirArrivalOverAllSockets) {
  UdpPortConfig config;
  config.groups = {Here(0), Here(1), Here(2)};
  const auto port = OpenPort(config);
  const auto sender = OpenSender();
  ASSERT_TRUE(port != nullptr && sender != nullptr);
  std::string error;
  constexpr uint32_t kCount = 500;  // many batches of every socket
  std::vector<Bytes> sent;
  for (uint32_t i = 0; i < kCount; ++i) {
    sent.emplace_back(1 + i * 7 % 1400, static_cast<uint8_t>(i));
    const UdpDatagram datagram{sent.back().data(), static_cast<uint32_t>(sent.back().size()), Here(static_cast<uint16_t>(i * i % 3))};
    ASSERT_TRUE(sender->Send(&datagram, 1, &error)) << error;
  }
  const auto got = Take(*port, kCount);
  ASSERT_EQ(got.size(), kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(got[i].frame.status, FrameStatus::kUdp);
    EXPECT_TRUE(got[i].payload == sent[i]) << i;
    EXPECT_EQ(got[i].frame.destination, kHere);
    EXPECT_EQ(got[i].frame.source, kHere);
    EXPECT_EQ(got[i].frame.destination_port, Here(static_cast<uint16_t>(i * i % 3)).port);
    EXPECT_EQ(got[i].view.number, i + 1);
    EXPECT_GT(got[i].view.ts_recv_ns, 1'700'000'000'000'000'000u);
    EXPECT_GE(got[i].view.ts_recv_ns, got[i == 0 ? 0 : i - 1].view.ts_recv_ns);
  }
  EXPECT_EQ(port->stats().packets, kCount);
  EXPECT_EQ(port->stats().unstamped, 0u);
  EXPECT_EQ(port->stats().receive_errors, 0u);
  EXPECT_GT(port->stats().receive_calls, 0u);
  EXPECT_EQ(port->MissedPackets(), 0u);
}

TEST(UdpPortTest, CountsWhatAFullSocketDropped) {
  UdpPortConfig config;
  config.groups = {Here(0)};
  config.receive_buffer_bytes = 8192;
  const auto port = OpenPort(config);
  const auto sender = OpenSender();
  ASSERT_TRUE(port != nullptr && sender != nullptr);
  const Bytes payload(1000, 7);
  std::string error;
  const UdpDatagram datagram{payload.data(), 1000, Here(0)};
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(sender->Send(&datagram, 1, &error)) << error;
  const auto got = Take(*port, 200);
  EXPECT_GT(got.size(), 0u);
  EXPECT_LT(got.size(), 200u);
  EXPECT_EQ(got.size() + port->MissedPackets(), 200u);
  // The socket itself says so with the next datagram.
  ASSERT_TRUE(sender->Send(&datagram, 1, &error)) << error;
  ASSERT_EQ(Take(*port, 1).size(), 1u);
  EXPECT_EQ(port->stats().kernel_drops, port->MissedPackets());
}

TEST(UdpPortTest, HandsLongDatagramsOnCutAndEmptyOnesWhole) {
  UdpPortConfig config;
  config.groups = {Here(0)};
  config.max_datagram_bytes = 100;
  const auto port = OpenPort(config);
  const auto sender = OpenSender();
  ASSERT_TRUE(port != nullptr && sender != nullptr);
  const Bytes payload(101, 7);
  const UdpDatagram datagrams[] = {{payload.data(), 100, Here(0)}, {payload.data(), 101, Here(0)}, {payload.data(), 0, Here(0)}};
  std::string error;
  ASSERT_TRUE(sender->Send(datagrams, 3, &error)) << error;
  const auto got = Take(*port, 3);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].payload.size(), 100u);
  EXPECT_EQ(got[1].frame.status, FrameStatus::kSnapped);
  EXPECT_EQ(got[1].view.original_size, got[1].view.size + 1);
  EXPECT_EQ(got[2].frame.status, FrameStatus::kUdp);
  EXPECT_EQ(got[2].payload.size(), 0u);
  EXPECT_EQ(port->stats().cut_datagrams, 1u);
}

TEST(UdpPortTest, GroupsOnOneUdpPortAreKeptApart) {
  const uint16_t udp_port = Here(0).port;
  UdpPortConfig config;
  config.interface = "lo";
  config.groups = {{0xEFFF0A01, udp_port}, {0xEFFF0A02, udp_port}};
  std::string error;
  const auto port = UdpPort::Open(config, &error);
  const auto sender = UdpSender::Open("lo", 1, &error);
  if (port == nullptr || sender == nullptr) GTEST_SKIP() << "no multicast on the loopback interface: " << error;
  const Bytes payload(10, 1);
  const UdpDatagram datagrams[] = {{payload.data(), 2, config.groups[1]},
                                   {payload.data(), 3, {0xEFFF0A03, udp_port}},  // a group that nobody joined
                                   {payload.data(), 1, config.groups[0]}};
  if (!sender->Send(datagrams, 3, &error)) GTEST_SKIP() << "no multicast on the loopback interface: " << error;
  const auto got = Take(*port, 3);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].frame.destination, 0xEFFF0A02u);
  EXPECT_EQ(got[0].payload.size(), 2u);
  EXPECT_EQ(got[1].frame.destination, 0xEFFF0A01u);
  EXPECT_EQ(got[1].payload.size(), 1u);
}

TEST(UdpPortTest, TellsWhatIsWrong) {
  const auto error_of = [](const UdpPortConfig& config) {
    std::string error;
    EXPECT_EQ(UdpPort::Open(config, &error), nullptr);
    return error;
  };
  UdpPortConfig config;
  config.groups = {Here(0)};
  config.interface = "nonesuch";
  EXPECT_THAT(error_of(config), HasSubstr("interface nonesuch: No such device"));
  config.interface = "";
  config.groups = {{0x08080808, 53}};  // an address of somebody else
  EXPECT_THAT(error_of(config), HasSubstr("UDP 8.8.8.8:53: cannot bind"));
}

TEST(UdpAddressTest, ReadsAndWrites) {
  EXPECT_EQ(ParseUdpAddress("239.1.2.3:30001"), (UdpAddress{0xEF010203, 30001}));
  EXPECT_EQ(ToText({0xEF010203, 30001}), "239.1.2.3:30001");
  EXPECT_TRUE(ParseUdpAddress("239.1.2.3:1")->is_multicast());
  EXPECT_FALSE(ParseUdpAddress("10.1.2.3:65535")->is_multicast());
  for (const char* bad :
       {"", ":", "239.1.2.3", "239.1.2.3:", "239.1.2.3:0", "239.1.2.3:65536", "239.1.2:1", "239.1.2.3:1x", "a:1", "239.1.2.3: 1"})
    EXPECT_FALSE(ParseUdpAddress(bad).has_value()) << bad;
}

// Sources that hand out numbers of their own.
struct Counter {
  uint64_t number = 0;
  uint32_t left = 0;
  PacketView packet;
  PacketSource source() {
    return {this,
            [](void* self) {
              auto* counter = static_cast<Counter*>(self);
              if (counter->left == 0) return PacketBurst{nullptr, 0, SourceState::kIdle};
              --counter->left;
              counter->packet.number = ++counter->number;
              return PacketBurst{&counter->packet, 1, SourceState::kMore};
            },
            false};
  }
};

TEST(PortSetTest, AsksPortsInTurnAndNumbersWhatComes) {
  Counter counters[3];
  PortSet set;
  for (Counter& counter : counters) set.Add(counter.source());
  EXPECT_EQ(set.Poll().state, SourceState::kIdle);
  counters[0].left = 3;
  counters[2].left = 2;
  std::vector<uint16_t> ports;
  for (uint64_t number = 1; number <= 5; ++number) {
    const PacketBurst burst = set.source().Poll();
    ASSERT_EQ(burst.count, 1u);
    EXPECT_EQ(burst.packets[0].number, number);
    ports.push_back(burst.packets[0].port);
  }
  EXPECT_THAT(ports, ::testing::ElementsAre(0, 2, 0, 2, 0));
  EXPECT_EQ(set.Poll().count, 0u);
}

}  // namespace
}  // namespace tickgraph
