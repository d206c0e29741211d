// Snapshots and the join: at every position of a stream the same book comes out, whatever waited, came late or was cut by TCP.
#include "net/proto/glimpse.h"

#include <gmock/gmock.h>

#include <memory>
#include <random>

#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "replay/glimpse_snapshot.h"
#include "tests/tools/session_files.h"

namespace tickgraph {
namespace {

using glimpse::ClientState;
using glimpse::GlimpseClient;
using glimpse::GlimpseJoin;

using Message = std::vector<uint8_t>;

constexpr BookSetConfig kSmall{.max_instruments = 64, .max_orders = 1 << 11, .max_levels = 1 << 10};

// The first `count` messages of one venue's stream in a generated session.
const std::vector<Message>& Stream() {
  constexpr size_t kCount = 10'000;
  static const std::vector<Message> messages = [] {
    std::vector<Message> out;
    const TemporaryFolder folder;
    GeneratorOptions options;
    options.seed = 11;
    options.messages = 60'000;
    WriteSession(options, folder.File("s.pcap"));
    const PacketsInMemory packets(folder.File("s.pcap"));
    std::string session;
    for (const PacketView& packet : packets.packets()) {
      const Frame frame = ParseFrame(packet);
      const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
      if (mold.status != MoldStatus::kData || !IsMoldSession(frame.payload)) continue;
      const std::string name(reinterpret_cast<const char*>(mold.session), kMoldSessionBytes);
      if (session.empty()) session = name;
      if (name != session) continue;
      ForEachMoldMessage(mold.blocks, mold.sequence, mold.sequence, mold.sequence + mold.count,
                         [&](const uint8_t* message, uint32_t size, uint64_t number) {
                           if (number == out.size() + 1 && out.size() < kCount) out.emplace_back(message, message + size);
                         });
    }
    return out;
  }();
  return messages;
}

void Apply(GlimpseSnapshot& book, const Message& message) { book.Apply(message.data(), static_cast<uint32_t>(message.size())); }

// A snapshot as the bytes of a TCP stream, login answer first.
Message SpinBytes(const GlimpseSnapshot& book, uint64_t next) {
  Message out(soup::kLoginAcceptedSize);
  soup::EncodeLoginAccepted("SESSION", 1, out.data());
  book.Write(next, [&out](const uint8_t* message, uint32_t size) {
    const size_t at = out.size();
    out.resize(at + soup::kHeaderSize + size);
    soup::Encode('S', message, size, out.data() + at);
  });
  return out;
}

// At every position of the stream: a snapshot taken there and live messages from before it to behind it. A book that is the stream's at one
// message is so at every later one; from every 250th position it is also played to the end.
TEST(GlimpseTest, JoinAtEveryPositionGivesTheSameBook) {
  const std::vector<Message>& stream = Stream();
  ASSERT_EQ(stream.size(), 10'000u);
  std::vector<uint64_t> hashes = {0};  // of the stream's own book, after so many messages
  GlimpseSnapshot whole(kSmall);
  for (const Message& message : stream) {
    Apply(whole, message);
    hashes.push_back(whole.book_hash());
  }
  ASSERT_NE(hashes.back(), 0u);
  auto server = std::make_unique<GlimpseSnapshot>(kSmall);
  std::mt19937 random(5);
  for (size_t position = 0; position <= stream.size(); ++position) {
    GlimpseSnapshot client(kSmall);
    GlimpseJoin join(1 << 16);
    const auto apply = [&client](uint64_t, const uint8_t* message, uint32_t size) { client.Apply(message, size); };
    // The live stream was joined a little before the snapshot was taken, and goes on while it comes.
    const size_t behind = random() % 40, ahead = random() % 40;
    const size_t first = position > behind ? position - behind : 0, last = std::min(stream.size(), position + ahead);
    for (size_t i = first; i < last; ++i) join.OnLive(i + 1, stream[i].data(), static_cast<uint32_t>(stream[i].size()), apply);
    ASSERT_EQ(client.order_count(), 0u) << "nothing is applied before the snapshot";
    uint64_t next = 0;
    server->Write(position + 1, [&](const uint8_t* message, uint32_t size) {
      if (!glimpse::ParseEndOfSnapshot(message, size, &next)) client.Apply(message, size);
    });
    ASSERT_EQ(next, position + 1);
    ASSERT_EQ(join.OnSnapshot(next, apply), GlimpseJoin::State::kJoined) << position;
    ASSERT_EQ(join.next(), last + 1);
    ASSERT_EQ(client.book_hash(), hashes[last]) << position;
    if (position % 250 == 0) {
      for (size_t i = last; i < stream.size(); ++i) join.OnLive(i + 1, stream[i].data(), static_cast<uint32_t>(stream[i].size()), apply);
      ASSERT_EQ(client.book_hash(), hashes.back()) << position;
    }
    if (position < stream.size()) Apply(*server, stream[position]);
  }
}

TEST(GlimpseTest, TellsWhatIsInNeither) {
  GlimpseJoin join(1 << 16);
  std::vector<uint64_t> applied;
  const auto apply = [&applied](uint64_t number, const uint8_t*, uint32_t) { applied.push_back(number); };
  const uint8_t message[12] = {'S'};
  const auto live = [&](uint64_t number) { join.OnLive(number, message, sizeof(message), apply); };
  for (const uint64_t number : {10, 11, 11, 9, 12}) live(number);
  // The snapshot is older than what waits: 8 and 9 are missing.
  EXPECT_EQ(join.OnSnapshot(8, apply), GlimpseJoin::State::kMissing);
  EXPECT_EQ(join.missing_first(), 8u);
  EXPECT_EQ(join.missing_end(), 10u);
  live(13);
  EXPECT_TRUE(applied.empty());
  // A newer one, in the middle of what waits.
  join.Restart();
  EXPECT_EQ(join.OnSnapshot(11, apply), GlimpseJoin::State::kJoined);
  EXPECT_THAT(applied, ::testing::ElementsAre(11, 12, 13));
  live(12);
  live(14);
  live(17);
  EXPECT_EQ(join.state(), GlimpseJoin::State::kMissing);
  EXPECT_EQ(join.missing_first(), 15u);
  EXPECT_EQ(join.missing_end(), 17u);
  live(18);
  EXPECT_EQ(join.OnFilled(17, apply), GlimpseJoin::State::kJoined);
  EXPECT_THAT(applied, ::testing::ElementsAre(11, 12, 13, 14, 17, 18));
  // A snapshot that is ahead of the live stream.
  GlimpseJoin ahead(1 << 16);
  EXPECT_EQ(ahead.OnSnapshot(100, apply), GlimpseJoin::State::kJoined);
  applied.clear();
  for (const uint64_t number : {97, 98, 99, 100}) ahead.OnLive(number, message, sizeof(message), apply);
  EXPECT_THAT(applied, ::testing::ElementsAre(100));
}

// Sizes of every kind through a small buffer: what it holds at the end is the newest part, whole and in order.
TEST(GlimpseTest, AFullBufferLetsTheOldestGo) {
  std::mt19937 random(9);
  for (int round = 0; round < 300; ++round) {
    GlimpseJoin join(200 + random() % 600);
    const uint64_t count = random() % 400;
    uint8_t bytes[64];
    for (uint64_t number = 1; number <= count; ++number) {
      std::memset(bytes, static_cast<int>(number & 255), sizeof(bytes));
      join.OnLive(number, bytes, 1 + static_cast<uint32_t>(number * 7 % 60), [](uint64_t, const uint8_t*, uint32_t) { FAIL(); });
    }
    ASSERT_EQ(join.buffered() + join.dropped(), count);
    uint64_t next = join.dropped() + 1;
    ASSERT_EQ(join.OnSnapshot(next,
                              [&next](uint64_t number, const uint8_t* message, uint32_t size) {
                                ASSERT_EQ(number, next++);
                                ASSERT_EQ(size, 1 + static_cast<uint32_t>(number * 7 % 60));
                                for (uint32_t i = 0; i < size; ++i) ASSERT_EQ(message[i], static_cast<uint8_t>(number));
                              }),
              GlimpseJoin::State::kJoined);
    ASSERT_EQ(next, count + 1);
    ASSERT_TRUE(count <= 100 || join.dropped() > 0);
  }
}

TEST(GlimpseTest, ClientPutsTogetherWhatTcpCuts) {
  GlimpseSnapshot book(kSmall);
  const std::vector<Message>& stream = Stream();
  for (size_t i = 0; i < 3000; ++i) Apply(book, stream[i]);
  const Message bytes = SpinBytes(book, 3001);
  std::mt19937 random(2);
  for (const uint32_t most : {1u, 2u, 7u, 100u, 70'000u}) {
    const auto client = std::make_unique<GlimpseClient>();
    GlimpseSnapshot copy(kSmall);
    for (size_t at = 0; at < bytes.size();) {
      const size_t piece = std::min<size_t>(1 + random() % most, bytes.size() - at);
      EXPECT_FALSE(client->over());
      client->OnBytes(bytes.data() + at, piece, [&copy](const uint8_t* message, uint32_t size) { copy.Apply(message, size); });
      at += piece;
    }
    EXPECT_EQ(client->state(), ClientState::kComplete);
    EXPECT_EQ(client->next(), 3001u);
    EXPECT_EQ(copy.book_hash(), book.book_hash());
  }
}

TEST(GlimpseTest, ClientGivesUpOnAServerThatRefusesLiesOrGoes) {
  GlimpseSnapshot book(kSmall);
  for (size_t i = 0; i < 500; ++i) Apply(book, Stream()[i]);
  const Message good = SpinBytes(book, 501);
  const auto nothing = [](const uint8_t*, uint32_t) {};
  const auto state_of = [&](const Message& bytes) {
    const auto client = std::make_unique<GlimpseClient>();
    client->OnBytes(bytes.data(), bytes.size(), nothing);
    client->OnEnd();
    return client->state();
  };
  EXPECT_EQ(state_of({0, 2, 'J', 'A'}), ClientState::kRefused);
  EXPECT_EQ(state_of({0, 0}), ClientState::kBadBytes);
  EXPECT_EQ(state_of({0, 1, '?'}), ClientState::kBadBytes);
  EXPECT_EQ(state_of({0, 2, 'S', 'x'}), ClientState::kBadBytes) << "data before the login was answered";
  for (size_t cut = 0; cut < good.size(); cut += 13)
    EXPECT_EQ(state_of(Message(good.begin(), good.begin() + cut)), ClientState::kEnded) << cut;
  Message end = good;
  end.resize(good.size() - (soup::kHeaderSize + glimpse::kEndOfSnapshotBytes));
  end.insert(end.end(), {0, 1, 'Z'});
  EXPECT_EQ(state_of(end), ClientState::kEnded) << "the session ended before the snapshot did";
  Message lie = good;
  lie.back() = 'x';
  EXPECT_EQ(state_of(lie), ClientState::kBadBytes) << "an end of snapshot without a number";
  // Every byte of the start set to every value, and noise: some end, and no crash.
  for (size_t at = 0; at < 60; ++at) {
    for (int value = 0; value < 256; ++value) {
      Message changed(good.begin(), good.begin() + 400);
      changed[at] = static_cast<uint8_t>(value);
      EXPECT_NE(state_of(changed), ClientState::kReceiving);
    }
  }
}

}  // namespace
}  // namespace tickgraph
