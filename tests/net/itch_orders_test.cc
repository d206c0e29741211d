// Order messages as records of fixed form: each field as the registry, byte by byte, has it, of random messages and of real captures; and
// the events made of the records.
#include "net/proto/itch_orders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "net/proto/itch.h"

namespace tickgraph {
namespace {

constexpr uint64_t kMidnightNs = 1'577'682'000'000'000'000;

bool IsOrderType(uint8_t type) { return type != 0 && std::string_view("AFECXDUP").find(static_cast<char>(type)) != std::string_view::npos; }

OrderEffect EffectOf(uint8_t type) {
  if (type == 'A' || type == 'F') return OrderEffect::kAdd;
  if (type == 'E' || type == 'C') return OrderEffect::kExecute;
  if (type == 'X') return OrderEffect::kReduce;
  if (type == 'D') return OrderEffect::kDelete;
  return type == 'U' ? OrderEffect::kReplace : OrderEffect::kNone;
}

// What the registry says of a message, field by field. False: it has a side that is none.
bool Expected(const uint8_t* message, OrderMessage* out) {
  const MessageSpec& spec = *FindMessage(kItchRegistry, static_cast<char>(message[0]));
  *out = OrderMessage{};
  out->type = spec.type;
  out->effect = EffectOf(message[0]);
  for (uint16_t i = 0; i < spec.field_count; ++i) {
    const FieldSpec& field = spec.fields[i];
    const FieldValue value = ReadField(field, message);
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::find(names.begin(), names.end(), field.name) != names.end();
    };
    if (is({"StockLocate"})) out->locate = static_cast<uint32_t>(value.number);
    if (is({"Timestamp"})) out->ts_event_ns = kMidnightNs + value.number;
    if (is({"OrderRef", "OldRef"})) out->order_ref = value.number;
    if (is({"NewRef", "Match"})) out->second = value.number;
    if (is({"Shares", "Executed", "Cancelled"})) out->quantity = static_cast<Quantity>(value.number);
    if (is({"Price"})) out->price_nanos = static_cast<PriceNanos>(value.number) * 100'000;
    if (is({"Stock"})) out->symbol = Symbol::FromPadded(value.bytes, 8);
    if (is({"Attribution"})) out->attribution = FixedText<4>::FromPadded(value.bytes, 4);
    if (is({"Printable"})) out->printable = value.number == 'Y';
    if (is({"Side"})) {
      if (value.number != 'B' && value.number != 'S') return false;
      out->side = value.number == 'S' ? Side::kSell : Side::kBuy;
    }
  }
  return true;
}

void ExpectSame(const OrderMessage& got, const OrderMessage& want) {
  EXPECT_EQ(got.type, want.type);
  EXPECT_EQ(got.effect, want.effect);
  EXPECT_EQ(got.locate, want.locate);
  EXPECT_EQ(got.ts_event_ns, want.ts_event_ns);
  EXPECT_EQ(got.order_ref, want.order_ref);
  EXPECT_EQ(got.second, want.second);
  EXPECT_EQ(got.price_nanos, want.price_nanos);
  EXPECT_EQ(got.quantity, want.quantity);
  EXPECT_EQ(got.symbol, want.symbol);
  EXPECT_EQ(got.attribution, want.attribution);
  EXPECT_EQ(got.side, want.side);
  EXPECT_EQ(got.printable, want.printable);
}

// Takes records, and a trade as the record it would be.
struct RecordTaker {
  OrderMessage got;
  int calls = 0;
  void On(const EventHeader& base, const OrderMessage& m) {
    EXPECT_EQ(base.feed_sequence, 9u);
    got = m;
    ++calls;
  }
  void On(const Trade& e) {
    got = OrderMessage{};
    got.type = e.header.type;
    got.locate = e.header.locate;
    got.ts_event_ns = e.header.ts_event_ns;
    got.symbol = e.symbol;
    got.price_nanos = e.price_nanos;
    got.quantity = e.quantity;
    got.second = e.match_number;
    got.side = e.side;
    ++calls;
  }
  void On(const auto&) { ++calls; }
};

// Takes events alone, and makes records of them again.
struct EventTaker {
  RecordTaker out;
  void On(const auto& e) {
    if constexpr (requires { ToMessage(e); }) {
      out.On(e.header, ToMessage(e));
    } else {
      out.On(e);
    }
  }
};

// Returns whether the bytes were a good order message.
bool Compare(const uint8_t* message, uint32_t size) {
  OrderMessage want, got;
  const DecodeStatus status = DecodeItchOrder(message, size, kMidnightNs, &got);
  if (!IsOrderType(message[0])) {
    EXPECT_EQ(status, DecodeStatus::kUnknownType);
    return false;
  }
  EventHeader base;
  base.feed_sequence = 9;
  RecordTaker records;
  EventTaker events;
  const bool good = Expected(message, &want);
  EXPECT_EQ(status, good ? DecodeStatus::kOk : DecodeStatus::kBadValue);
  EXPECT_EQ(status, DecodeItch(message, size, base, kMidnightNs, records));
  EXPECT_EQ(status, DecodeItch(message, size, base, kMidnightNs, events));
  EXPECT_EQ(records.calls, good ? 1 : 0);
  EXPECT_EQ(events.out.calls, good ? 1 : 0);
  if (!good) return false;
  ExpectSame(got, want);
  if (got.type == 'P') want.order_ref = 0;  // which the event leaves out: it names no displayed order
  ExpectSame(records.got, want);
  ExpectSame(events.out.got, want);
  return true;
}

TEST(ItchOrdersTest, RandomBytesGiveWhatTheRegistrySays) {
  std::mt19937_64 random(5);
  uint64_t read = 0;
  for (int i = 0; i < 200'000; ++i) {
    const char type = "AFECXDUPQSRI"[random() % 12];
    const uint32_t size = kItchLengths[static_cast<uint8_t>(type)];
    std::vector<uint8_t> message(size);  // of its own size exactly, so that a sanitizer sees any byte read behind it
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
    message[0] = static_cast<uint8_t>(type);
    if (size > 31 && random() % 4 != 0) message[19] = random() % 2 == 0 ? 'B' : 'S';
    // Texts of few letters, some padding among them: a letter whose low bits are those of the padding too.
    for (uint32_t at = 24; at < size && at < 40; ++at) {
      if (random() % 4 != 0) message[at] = static_cast<uint8_t>("  \0AZ`@\xE0"[random() % 8]);
    }
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

TEST(ItchOrdersTest, CapturesGiveWhatTheRegistrySays) {
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
