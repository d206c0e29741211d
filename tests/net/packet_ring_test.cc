// The ring of recorded packets: what comes out is what went in, also past its end, past a reader's death, and when it is full.
#include "net/io/packet_ring.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <random>

#include "net/io/file/pcapng_writer.h"
#include "net/io/packet_recorder.h"
#include "net/io/port_clock.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;

class PacketRingTest : public test::CaptureFileTest {
 protected:
  const std::string name_ = "ring-test-" + std::to_string(getpid());

  std::unique_ptr<PacketRingWriter> Create(uint64_t bytes = 1 << 20) {
    std::string error;
    auto ring = PacketRingWriter::Create({.name = name_,
                                          .capacity_bytes = bytes,
                                          .ports = {MakeRecordedPort("p", PacketLayer::kEthernet, RecordedUse::kLine)},
                                          .groups = {}},
                                         &error);
    EXPECT_NE(ring, nullptr) << error;
    return ring;
  }
  std::unique_ptr<PacketRingReader> Open() {
    std::string error;
    auto ring = PacketRingReader::Open(name_, &error);
    EXPECT_NE(ring, nullptr) << error;
    return ring;
  }
};

// The packet that stands for number `i`, its bytes in `room`.
PacketView Make(uint64_t i, Bytes& room) {
  std::mt19937 random(static_cast<uint32_t>(i));
  room.assign(random() % 3000, 0);
  for (uint8_t& byte : room) byte = static_cast<uint8_t>(random());
  PacketView packet;
  packet.data = room.data();
  packet.size = static_cast<uint32_t>(room.size());
  packet.original_size = packet.size + i % 2;
  packet.ts_recv_ns = 1'700'000'000'000'000'000 + i;
  packet.port = static_cast<uint16_t>(i % 5);
  packet.recovered = i % 7 == 0;
  return packet;
}

void ExpectSame(const PacketView& got, uint64_t i) {
  Bytes room;
  const PacketView want = Make(i, room);
  ASSERT_EQ(Bytes(got.data, got.data + got.size), room) << i;
  EXPECT_EQ(got.original_size, want.original_size);
  EXPECT_EQ(got.ts_recv_ns, want.ts_recv_ns);
  EXPECT_EQ(got.port, want.port);
  EXPECT_EQ(got.recovered, want.recovered);
}

// Many times round; the reader is replaced again and again, each time with packets read but not committed.
TEST_F(PacketRingTest, GivesWhatWentInThoughReadersDie) {
  const auto writer = Create();
  uint64_t written = 0, committed = 0;
  std::mt19937 random(1);
  Bytes room;
  while (committed < 20'000) {
    for (uint32_t n = random() % 300; n > 0; --n) {
      if (!writer->Write(Make(written, room))) break;
      ++written;
    }
    writer->Publish();
    const auto reader = Open();
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->file_bytes(), committed * 10);
    uint64_t next = committed;
    PacketView packet;
    for (uint32_t n = random() % 200; n > 0 && reader->Next(&packet); --n) ExpectSame(packet, next++);
    if (random() % 2 == 0) {
      reader->Commit(next * 10);
      committed = next;
    }
    EXPECT_EQ(reader->packets(), next);
  }
  EXPECT_EQ(writer->committed_packets(), committed);
}

TEST_F(PacketRingTest, LeavesOutWhatFindsNoRoomAndCountsIt) {
  const auto writer = Create();
  Bytes room(1000, 1);
  PacketView packet;
  packet.data = room.data();
  packet.size = packet.original_size = 1000;
  uint64_t fit = 0;
  while (writer->Write(packet)) ++fit;
  EXPECT_EQ(fit, (uint64_t{1} << 20) / 1024);
  EXPECT_FALSE(writer->Write(packet));
  EXPECT_EQ(writer->lost(), 2u);
  writer->Publish();
  const auto reader = Open();
  PacketView got;
  ASSERT_TRUE(reader->Next(&got));
  EXPECT_FALSE(writer->Write(packet)) << "read, but not committed";
  reader->Commit(1);
  EXPECT_TRUE(writer->Write(packet));
  EXPECT_EQ(writer->lost(), 3u);
  EXPECT_FALSE(reader->closed());
  writer->Close();
  EXPECT_TRUE(reader->closed());
}

TEST_F(PacketRingTest, HasOneWriterAndOneReader) {
  const auto writer = Create();
  std::string error;
  EXPECT_EQ(PacketRingWriter::Create({.name = name_, .capacity_bytes = 1 << 20, .ports = {}, .groups = {}}, &error), nullptr);
  EXPECT_THAT(error, ::testing::HasSubstr("in use"));
  const auto reader = Open();
  EXPECT_EQ(PacketRingReader::Open(name_, &error), nullptr);
  EXPECT_THAT(error, ::testing::HasSubstr("has a reader already"));
  EXPECT_EQ(PacketRingReader::Open(name_ + "-x", &error), nullptr);
  EXPECT_TRUE(reader->writer_alive());
}

// The player may stop in the middle of a burst; what the loop never saw is not recorded.
// A process that was killed while it made its ring: only its own mark is there.
TEST_F(PacketRingTest, TakesOverWhatADeadProcessBegan) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  const std::string path = "/dev/shm/tickgraph-" + name_ + ".packets";
  std::FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  const struct {
    uint64_t magic = 0, capacity = 0, writer_start_time = 1;
    uint32_t writer_pid;
  } owner = {.writer_pid = static_cast<uint32_t>(child)};
  std::fwrite(&owner, sizeof(owner), 1, file);
  std::fclose(file);
  std::filesystem::resize_file(path, 8192);
  EXPECT_NE(Create(), nullptr);
}

// Whose it is stands in the file before its memory is taken.
TEST_F(PacketRingTest, NamesItsWriterFromTheStart) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit most = {16384, 16384};
    setrlimit(RLIMIT_FSIZE, &most);  // the header fits and the ring does not: SIGXFSZ ends the process in between
    std::string error;
    (void)PacketRingWriter::Create({.name = name_, .ports = {}, .groups = {}}, &error);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(RemoveDeadPacketRings(), testing::Contains(name_));
}

TEST_F(PacketRingTest, RecorderKeepsWhatWasPlayed) {
  struct Source {
    PacketView packets[4];
    Bytes rooms[4];
    uint64_t next = 0;
  } inner;
  const PacketSource source = {&inner,
                               [](void* self) {
                                 auto* s = static_cast<Source*>(self);
                                 for (int i = 0; i < 4; ++i) s->packets[i] = Make(s->next + static_cast<uint64_t>(i), s->rooms[i]);
                                 s->next += 4;
                                 return PacketBurst{s->packets, 4, SourceState::kMore};
                               },
                               false};
  const auto writer = Create();
  PacketRecorder recorder(source, *writer);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(recorder.source().Poll().count, 4u);
  recorder.Finish(10);
  const auto reader = Open();
  PacketView packet;
  for (uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(reader->Next(&packet)) << i;
    ExpectSame(packet, i);
  }
  EXPECT_FALSE(reader->Next(&packet));
  EXPECT_TRUE(reader->closed());
}

TEST_F(PacketRingTest, PcapngIsReadBack) {
  Bytes file;
  pcapng::AppendSectionHeader("a test", &file);
  ASSERT_TRUE(pcapng::AppendInterface(PacketLayer::kEthernet, "eth0", "line A", &file));
  ASSERT_TRUE(pcapng::AppendInterface(PacketLayer::kRawIp, "tun0", pcapng::kAnswers, &file));
  EXPECT_FALSE(pcapng::AppendInterface(PacketLayer::kJsonLine, "x", "", &file));
  Bytes room;
  for (uint64_t i = 0; i < 100; ++i) pcapng::AppendPacket(i % 3 == 0, Make(i, room), &file);
  const auto read = test::ReadAll(Put("a.pcapng", file));
  ASSERT_EQ(read.packets.size(), 100u);
  for (uint64_t i = 0; i < 100; ++i) {
    const PacketView want = Make(i, room);
    EXPECT_EQ(read.packets[i].data, room) << i;
    EXPECT_EQ(read.packets[i].ts_ns, want.ts_recv_ns);
    EXPECT_EQ(read.packets[i].original_size, want.original_size);
    EXPECT_EQ(read.packets[i].layer, i % 3 == 0 ? PacketLayer::kRawIp : PacketLayer::kEthernet);
  }
}

TEST(PortClockTest, FollowsACardThatDrifts) {
  PortClock clock;
  EXPECT_FALSE(clock.ready());
  // 156.25 MHz, and 40 parts in a million fast from the second reading on.
  constexpr uint64_t kStart = 1'700'000'000'000'000'000;
  clock.Anchor(1000, kStart);
  EXPECT_FALSE(clock.ready());
  clock.Anchor(1000 + 156'250'000, kStart + 1'000'000'000);
  ASSERT_TRUE(clock.ready());
  EXPECT_NEAR(clock.ns_per_tick(), 6.4, 1e-9);
  EXPECT_EQ(clock.ToNanos(1000 + 156'250'000 + 100), kStart + 1'000'000'640);
  EXPECT_EQ(clock.ToNanos(1000 + 156'250'000 - 100), kStart + 999'999'360);
  EXPECT_NEAR(clock.Age(1000 + 156'250'000 * 2), 1e9, 1);
  clock.Anchor(1000 + 156'250'000 + 156'256'250, kStart + 2'000'000'000);
  EXPECT_NEAR(static_cast<double>(clock.ToNanos(1000 + 156'250'000 + 156'256'250 * 2) - kStart), 3e9, 1e3);
  clock.Anchor(5, kStart + 3'000'000'000);  // the card was reset
  EXPECT_FALSE(clock.ready());
}

}  // namespace
}  // namespace tickgraph
