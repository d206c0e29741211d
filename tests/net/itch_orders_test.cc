// Order messages as records of fixed form: the same fields that the events have, of encoded messages and of real captures.
#include "net/proto/itch_orders.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "net/proto/itch.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMidnightNs = 1'577'682'000'000'000'000;

// What the events say, as a record.
struct Recorder {
  OrderMessage m;
  bool is_order = false;

  void Header(const EventHeader& h, OrderEffect effect) {
    m = OrderMessage{};
    is_order = true;
    m.type = h.type;
    m.locate = h.locate;
    m.ts_event_ns = h.ts_event_ns;
    m.effect = effect;
  }
  void On(const AddOrder& e) {
    Header(e.header, OrderEffect::kAdd);
    m.order_ref = e.order_ref;
    m.side = e.side;
    m.quantity = e.quantity;
    m.price_nanos = e.price_nanos;
    m.symbol = e.symbol;
    m.attribution = e.attribution;
  }
  void On(const ExecuteOrder& e) {
    Header(e.header, OrderEffect::kTake);
    m.order_ref = e.order_ref;
    m.quantity = e.quantity;
    m.second = e.match_number;
    m.price_nanos = e.price_nanos;
    m.printable = e.printable;
  }
  void On(const ReduceOrder& e) {
    Header(e.header, OrderEffect::kTake);
    m.order_ref = e.order_ref;
    m.quantity = e.quantity;
  }
  void On(const DeleteOrder& e) {
    Header(e.header, OrderEffect::kDelete);
    m.order_ref = e.order_ref;
  }
  void On(const ReplaceOrder& e) {
    Header(e.header, OrderEffect::kReplace);
    m.order_ref = e.order_ref;
    m.second = e.new_order_ref;
    m.quantity = e.quantity;
    m.price_nanos = e.price_nanos;
  }
  void On(const Trade& e) {
    if (e.header.type != 'P') return;
    Header(e.header, OrderEffect::kNone);
    m.quantity = e.quantity;
    m.price_nanos = e.price_nanos;
    m.second = e.match_number;
    m.side = e.side;
    m.symbol = e.symbol;
  }
  void On(const auto&) {}
};

// Returns whether the bytes were an order message that both read.
bool Compare(const uint8_t* message, uint32_t size) {
  Recorder want;
  OrderMessage got;
  const DecodeStatus expected = DecodeItch(message, size, EventHeader{}, kMidnightNs, want);
  const DecodeStatus status = DecodeItchOrder(message, size, kMidnightNs, &got);
  if (size > 0 && std::string_view("AFECXDUP").find(static_cast<char>(message[0])) == std::string_view::npos) {
    EXPECT_EQ(status, DecodeStatus::kUnknownType);
    return false;
  }
  EXPECT_EQ(status, expected);
  if (status != DecodeStatus::kOk) return false;
  EXPECT_TRUE(want.is_order);
  if (got.type == 'P') want.m.order_ref = got.order_ref;  // which the event leaves out: it names no displayed order
  EXPECT_EQ(got.type, want.m.type);
  EXPECT_EQ(got.effect, want.m.effect);
  EXPECT_EQ(got.locate, want.m.locate);
  EXPECT_EQ(got.ts_event_ns, want.m.ts_event_ns);
  EXPECT_EQ(got.order_ref, want.m.order_ref);
  EXPECT_EQ(got.second, want.m.second);
  EXPECT_EQ(got.price_nanos, want.m.price_nanos);
  EXPECT_EQ(got.quantity, want.m.quantity);
  EXPECT_EQ(got.symbol, want.m.symbol);
  EXPECT_EQ(got.attribution, want.m.attribution);
  EXPECT_EQ(got.side, want.m.side);
  EXPECT_EQ(got.printable, want.m.printable);
  return true;
}

TEST(ItchOrdersTest, RandomBytesGiveWhatTheEventsGive) {
  std::mt19937_64 random(5);
  uint64_t read = 0;
  for (int i = 0; i < 200'000; ++i) {
    const char type = "AFECXDUPQSRI"[random() % 12];
    const uint32_t size = kItchLengths[static_cast<uint8_t>(type)];
    std::vector<uint8_t> message(size);  // of its own size exactly, so that a sanitizer sees any byte read behind it
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
    message[0] = static_cast<uint8_t>(type);
    if (size > 31 && random() % 4 != 0) message[19] = random() % 2 == 0 ? 'B' : 'S';
    if (random() % 2 == 0) std::fill_n(message.begin() + 24, size > 28 ? 4 : 0, ' ');
    read += Compare(message.data(), size);
  }
  EXPECT_GT(read, 60'000u);
}

TEST(ItchOrdersTest, WrongLengthsAreRefused) {
  const std::vector<uint8_t> bytes(64, 'A');
  OrderMessage out;
  EXPECT_EQ(DecodeItchOrder(bytes.data(), 0, 0, &out), DecodeStatus::kUnknownType);
  for (uint32_t size = 1; size < 64; ++size) {
    EXPECT_EQ(DecodeItchOrder(bytes.data(), size, 0, &out), size == 36 ? DecodeStatus::kBadValue : DecodeStatus::kBadLength) << size;
  }
}

TEST(ItchOrdersTest, CapturesGiveWhatTheEventsGive) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string data = folder != nullptr ? folder : std::string(TICKGRAPH_SOURCE_DIR) + "/../shared/data";
  uint64_t read = 0;
  for (const char* name : {"itch/lobster_AMZN_20120621_L5.itch", "itch/nasdaq_20191230_open.itch"}) {
    std::ifstream in(data + "/" + name, std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    WalkItch(bytes.data(), bytes.size(), [&](const uint8_t* message, uint32_t size) { read += Compare(message, size); });
  }
  if (read == 0) GTEST_SKIP() << "the ITCH captures are not here: set TICKGRAPH_DATA";
  EXPECT_GT(read, 191'000u);
}

}  // namespace
}  // namespace tickgraph
