// ITCH 5.0: the registry against the specification, real files through decoder and encoder and back, hostile lengths and values.
#include "net/proto/itch.h"

#include <map>

#include "tests/net/proto_test_util.h"
#include "tests/net/protocol_layouts.h"

namespace tickgraph {
namespace {

constexpr const char* kFiles[] = {"itch/nasdaq_20191230_start_of_day.itch", "itch/nasdaq_20191230_open.itch",
                                  "itch/nasdaq_truncated_tail.itch", "itch/lobster_AMZN_20120621_L5.itch"};

// Encodes what it is given into `bytes`.
struct ReencodingHandler {
  uint8_t bytes[kItchMaxMessageBytes];
  uint32_t size = 0;
  int calls = 0;
  template <class Event>
  void On(const Event& event) {
    ++calls;
    if constexpr (requires { EncodeItch(event, uint64_t{7}, bytes); }) size = EncodeItch(event, 7, bytes);
  }
};

TEST(ItchTest, RegistryMatchesTheSpecification) {
  size_t rows = 0;
  for (const MessageSpec& message : kItchRegistry) {
    std::vector<LayoutRow> want;
    for (const LayoutRow& row : kItchLayout) {
      if (row.message == "HDR" || row.message == std::string_view(&message.type, 1)) want.push_back(row);
    }
    ASSERT_EQ(want.size(), message.field_count) << message.name;
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(want[i].field, message.fields[i].name) << message.name;
      EXPECT_EQ(want[i].offset, message.fields[i].offset) << message.name << " " << want[i].field;
      EXPECT_EQ(want[i].length, message.fields[i].size) << message.name << " " << want[i].field;
    }
    EXPECT_EQ(want.back().offset + want.back().length, message.length) << message.name;
    rows += want.size() - 4;
  }
  EXPECT_EQ(rows + 4, std::size(kItchLayout));
}

TEST(ItchTest, RealMessagesComeBackFieldByField) {
  for (const char* name : kFiles) {
    const Bytes file = ReadFileBytes(DataPath(name));
    if (file.empty()) GTEST_SKIP() << name << " is not there";
    WalkItch(file.data(), file.size(), [&](const uint8_t* message, uint32_t size) {
      const MessageSpec* spec = FindMessage(kItchRegistry, static_cast<char>(message[0]));
      Bytes copy(size, 0xAA);
      for (uint16_t i = 0; i < spec->field_count; ++i) WriteField(spec->fields[i], ReadField(spec->fields[i], message), copy.data());
      ASSERT_EQ(0, std::memcmp(copy.data(), message, size)) << name << " " << spec->name;
    });
  }
}

TEST(ItchTest, RealEventsEncodeToTheSameBytes) {
  std::map<char, int> compared;
  for (const char* name : kFiles) {
    const Bytes file = ReadFileBytes(DataPath(name));
    if (file.empty()) GTEST_SKIP() << name << " is not there";
    WalkItch(file.data(), file.size(), [&](const uint8_t* message, uint32_t size) {
      ReencodingHandler handler;
      ASSERT_EQ(DecodeStatus::kOk, DecodeItch(message, size, EventHeader{}, 7, handler));
      ASSERT_EQ(1, handler.calls);
      ASSERT_EQ(size, handler.size) << message[0];
      Bytes want(message, message + size);
      StoreBe16(&want[3], 0);      // events carry no tracking number
      if (want[0] == 'R') return;  // nor most of the directory
      if (want[0] == 'P') StoreBe64(&want[11], 0);
      ASSERT_EQ(0, std::memcmp(handler.bytes, want.data(), size)) << name << " " << message[0];
      ++compared[static_cast<char>(message[0])];
    });
  }
  for (const char type : {'S', 'H', 'Y', 'A', 'F', 'E', 'C', 'X', 'D', 'U', 'P', 'Q', 'I'}) EXPECT_GT(compared[type], 0) << type;
}

TEST(ItchTest, TypesOfTheRealFilesAreCounted) {
  const Bytes file = ReadFileBytes(DataPath("itch/nasdaq_20191230_open.itch"));
  if (file.empty()) GTEST_SKIP() << "itch/nasdaq_20191230_open.itch is not there";
  std::map<char, int> types;
  const ItchWalk walk =
      WalkItch(file.data(), file.size(), [&](const uint8_t* message, uint32_t) { ++types[static_cast<char>(message[0])]; });
  const std::map<char, int> want{{'A', 367}, {'U', 225}, {'F', 193}, {'D', 167}, {'E', 28}, {'X', 6},
                                 {'I', 4},   {'P', 4},   {'Q', 4},   {'S', 1},   {'C', 1}};
  EXPECT_EQ(want, types);
  EXPECT_EQ(1000u, walk.messages);
  EXPECT_EQ(file.size(), walk.bytes);
}

TEST(ItchTest, WalkStopsAtACutFrame) {
  const Bytes file = ReadFileBytes(DataPath("itch/nasdaq_truncated_tail.itch"));
  if (file.empty()) GTEST_SKIP() << "itch/nasdaq_truncated_tail.itch is not there";
  const ItchWalk walk = WalkItch(file.data(), file.size(), [](const uint8_t*, uint32_t) {});
  EXPECT_EQ(101u, walk.messages);
  EXPECT_EQ(4081u, walk.bytes);
}

TEST(ItchTest, AddOrderHoldsTheLargestPrice) {
  const uint8_t message[] = {'A', 0x12, 0x34, 0, 9, 0,    0,   0,   0,   0,   5,   0,   0,   0,   0,    0,    0,    1,
                             2,   'S',  0,    0, 3, 0xE8, 'A', 'M', 'Z', 'N', ' ', ' ', ' ', ' ', 0x77, 0x35, 0x94, 0x00};
  KeepOne<AddOrder> handler;
  EventHeader base;
  base.feed_sequence = 42;
  base.venue = 3;
  base.line = Line::kB;
  ASSERT_EQ(DecodeStatus::kOk, DecodeItch(message, sizeof(message), base, 1000, handler));
  EXPECT_EQ(200'000 * kNanosPerUnit, handler.last.price_nanos);
  EXPECT_EQ(1000, handler.last.quantity);
  EXPECT_EQ(258u, handler.last.order_ref);
  EXPECT_EQ(Side::kSell, handler.last.side);
  EXPECT_EQ("AMZN", handler.last.symbol.view());
  EXPECT_EQ(1005u, handler.last.header.ts_event_ns);
  EXPECT_EQ(0x1234u, handler.last.header.locate);
  EXPECT_EQ(42u, handler.last.header.feed_sequence);
  EXPECT_EQ(3, handler.last.header.venue);
  EXPECT_EQ(Line::kB, handler.last.header.line);
  EXPECT_EQ('A', handler.last.header.type);
}

// One event of every other kind, encoded and decoded with its values.
TEST(ItchTest, NoticesKeepTheirFields) {
  for (const char type : {'Y', 'L', 'V', 'W', 'K', 'J', 'B', 'I', 'N', 'O'}) {
    Notice notice;
    notice.header.type = type;
    notice.header.locate = 77;
    notice.header.ts_event_ns = 123456789;
    if (type != 'V' && type != 'W' && type != 'B') notice.symbol = Symbol::From("TGRA");
    if (type == 'V' || type == 'K' || type == 'J' || type == 'I' || type == 'O') notice.price_nanos = 1'250'000'000;
    if (type == 'V' || type == 'J' || type == 'I' || type == 'O')
      notice.price_2_nanos = 1'350'000'000, notice.price_3_nanos = 1'150'000'000;
    if (type == 'K' || type == 'J' || type == 'I' || type == 'O') notice.quantity = 34200;
    if (type == 'I') notice.quantity_2 = 11;
    if (type == 'B') notice.match_number = 99;
    const std::map<char, const char*> details{{'Y', "1"}, {'L', "ABCDYNA"}, {'W', "2"}, {'K', "A"}, {'I', "BO1"}, {'N', "A"}, {'O', "Y"}};
    if (details.contains(type)) notice.detail = FixedText<8>::From(details.at(type));
    uint8_t bytes[kItchMaxMessageBytes];
    const uint32_t size = EncodeItch(notice, 0, bytes);
    ASSERT_EQ(kItchLengths[static_cast<uint8_t>(type)], size);
    KeepOne<Notice> handler;
    ASSERT_EQ(DecodeStatus::kOk, DecodeItch(bytes, size, EventHeader{}, 0, handler)) << type;
    EXPECT_EQ(notice.symbol, handler.last.symbol) << type;
    EXPECT_EQ(notice.price_nanos, handler.last.price_nanos) << type;
    EXPECT_EQ(notice.price_2_nanos, handler.last.price_2_nanos) << type;
    EXPECT_EQ(notice.price_3_nanos, handler.last.price_3_nanos) << type;
    EXPECT_EQ(notice.quantity, handler.last.quantity) << type;
    EXPECT_EQ(notice.quantity_2, handler.last.quantity_2) << type;
    EXPECT_EQ(notice.match_number, handler.last.match_number) << type;
    EXPECT_EQ(notice.detail, handler.last.detail) << type;
    EXPECT_EQ(77u, handler.last.header.locate);
    EXPECT_EQ(123456789u, handler.last.header.ts_event_ns);
  }
}

TEST(ItchTest, EveryWrongLengthIsRefused) {
  for (const MessageSpec& message : kItchRegistry) {
    for (uint32_t size = 0; size <= 60; ++size) {
      Bytes bytes(size, 'B');  // exactly this many, so that a sanitizer sees a read past them
      if (size > 0) bytes[0] = static_cast<uint8_t>(message.type);
      RecordingHandler handler;
      const DecodeStatus status = DecodeItch(bytes.data(), size, EventHeader{}, 0, handler);
      if (size == 0) {
        EXPECT_EQ(DecodeStatus::kUnknownType, status);
      } else if (size != message.length) {
        EXPECT_EQ(DecodeStatus::kBadLength, status) << message.type << size;
      }
      EXPECT_EQ(status == DecodeStatus::kOk ? 1u : 0u, handler.events.size()) << message.type << size;
    }
  }
}

TEST(ItchTest, EveryUnknownTypeIsSkipped) {
  for (int type = 0; type < 256; ++type) {
    if (kItchLengths[static_cast<size_t>(type)] != 0) continue;
    uint8_t bytes[20] = {static_cast<uint8_t>(type)};
    RecordingHandler handler;
    EXPECT_EQ(DecodeStatus::kUnknownType, DecodeItch(bytes, sizeof(bytes), EventHeader{}, 0, handler));
    EXPECT_TRUE(handler.events.empty());
  }
}

TEST(ItchTest, ImpossibleValuesAreRefused) {
  RecordingHandler handler;
  uint8_t add[36] = {'A'};
  add[19] = 'x';
  EXPECT_EQ(DecodeStatus::kBadValue, DecodeItch(add, sizeof(add), EventHeader{}, 0, handler));
  uint8_t cross[40] = {'Q'};
  cross[11] = 0x80;  // shares past 2^63 - 1
  EXPECT_EQ(DecodeStatus::kBadValue, DecodeItch(cross, sizeof(cross), EventHeader{}, 0, handler));
  uint8_t levels[35] = {'V'};
  levels[19] = 0x7F;
  EXPECT_EQ(DecodeStatus::kBadValue, DecodeItch(levels, sizeof(levels), EventHeader{}, 0, handler));
  EXPECT_TRUE(handler.events.empty());
}

TEST(ItchTest, SymbolsAreTrimmedAsTextIs) {
  for (uint32_t mask = 0; mask < 6561; ++mask) {  // every text of 8 out of letter, space, NUL
    uint8_t text[8];
    for (uint32_t i = 0, rest = mask; i < 8; ++i, rest /= 3) text[i] = static_cast<uint8_t>("A \0"[rest % 3]);
    ASSERT_EQ(Symbol::FromPadded(text, 8), LoadSymbol<8>(text)) << mask;
    ASSERT_EQ(Symbol::FromPadded(text, 5), LoadSymbol<5>(text)) << mask;
  }
}

}  // namespace
}  // namespace tickgraph
