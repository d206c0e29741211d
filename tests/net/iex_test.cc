// IEX-TP, TOPS and DEEP: the registry against the specification, the real capture through decoder and encoder and back, hostile bytes.
#include "net/proto/iex.h"

#include <map>
#include <random>

#include "net/io/file_player.h"
#include "tests/net/proto_test_util.h"
#include "tests/net/venue_layouts.h"

namespace tickgraph {
namespace {

using iex::Segment;
using iex::SegmentHeader;
using iex::SegmentStatus;

struct Reencoder {
  uint8_t bytes[iex::kMaxMessageBytes];
  uint32_t size = 0;
  int calls = 0;
  template <class Body>
  void On(const Body& body) {
    ++calls;
    size = iex::Encode(body, bytes);
  }
};

TEST(IexTest, RegistryMatchesTheSpecification) {
  size_t rows = 4 + 3;  // HDR, and S, which has one of its own
  iex::ForEachType(iex::Messages{}, [&]<class Type>() {
    const char letter[] = {Type::kType, '\0'};
    if (Type::kType == 'S') {
      ExpectLayout<Type>(kIexLayout, "S", 0);
      return;
    }
    rows += ExpectLayout<Type>(kIexLayout, letter, 4);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(kIexLayout[3 + i].field, ListFields<Type>().fields[i].name);
  });
  EXPECT_EQ(rows, std::size(kIexLayout));
  EXPECT_EQ(10u, ExpectLayout<iex::SegmentHeaderLayout>(kIexTpLayout, "HDR", 0));
  EXPECT_EQ(6u, ExpectLayout<iex::GapFillHeaderLayout>(kIexTpLayout, "GAP", 0));
  EXPECT_EQ(2u, ExpectLayout<iex::GapFillRangeLayout>(kIexTpLayout, "RANGE", 0));
}

TEST(IexTest, RealMessagesEncodeToTheSameBytes) {
  const std::string path = DataPath("pcap/iex_tops16.pcapng.gz");
  std::string error;
  const auto player = FilePlayer::Open(path, &error);
  if (player == nullptr) GTEST_SKIP() << error;
  std::map<char, int> types;
  int segments = 0, heartbeats = 0;
  int64_t next_number = 1, next_offset = 0;
  Bytes rebuilt(65'535);
  for (PacketBurst burst = player->Poll(); burst.count != 0; burst = player->Poll()) {
    for (uint32_t i = 0; i < burst.count; ++i) {
      const Frame frame = ParseFrame(burst.packets[i]);
      ASSERT_EQ(FrameStatus::kUdp, frame.status);
      const Segment segment = iex::ParseSegment(frame.payload, frame.size);
      ASSERT_TRUE(segment.status == SegmentStatus::kData || segment.status == SegmentStatus::kHeartbeat);
      ASSERT_EQ(next_number, segment.header.first_sequence);
      ASSERT_EQ(next_offset, segment.header.stream_offset);
      next_number += segment.header.count;
      next_offset += segment.header.payload_bytes;
      iex::SegmentBuilder builder(rebuilt.data(), static_cast<uint32_t>(rebuilt.size()));
      builder.Begin(segment.header);
      iex::ForEachMessage(segment, [&](const uint8_t* message, uint32_t size, uint64_t) {
        Reencoder handler;
        ASSERT_EQ(DecodeStatus::kOk, iex::Decode(message, size, handler));
        ASSERT_EQ(1, handler.calls);
        ASSERT_TRUE(builder.Add(handler.bytes, handler.size));
        ++types[static_cast<char>(message[0])];
      });
      ASSERT_EQ(frame.size, builder.Finish());
      ASSERT_EQ(0, std::memcmp(rebuilt.data(), frame.payload, frame.size)) << "packet " << burst.packets[i].number;
      ++(segment.status == SegmentStatus::kHeartbeat ? heartbeats : segments);
    }
  }
  const std::map<char, int> want{{'Q', 27217}, {'H', 7803}, {'P', 7802}, {'O', 7801}, {'T', 6390},
                                 {'A', 642},   {'D', 10},   {'S', 6},    {'B', 3}};
  EXPECT_EQ(want, types);
  EXPECT_EQ(13'022, segments + heartbeats);
  EXPECT_EQ(237, heartbeats);
}

// One message of every type with a value in each field, and what the specification says of its bytes.
template <class Visit>
void ForEachSample(Visit&& visit) {
  iex::ForEachType(iex::Messages{}, [&]<class Type>() {
    Bytes message(Type::kBytes);
    for (size_t i = 1; i < message.size(); ++i) message[i] = static_cast<uint8_t>(i % 8 == 0 ? 1 : 'A' + i % 13);
    message[0] = static_cast<uint8_t>(Type::kType);
    const BlockLister listed = ListFields<Type>();
    for (uint16_t f = 0; f < listed.count; ++f) {  // 8-byte numbers small enough to be prices
      if (listed.fields[f].size == 8 && listed.fields[f].name != "Symbol")
        std::fill_n(&message[listed.fields[f].offset + 6], 2, uint8_t{0});
    }
    visit(Type::kType, message);
  });
}

TEST(IexTest, EveryTypeComesBackByteForByteAndMayGrow) {
  int types = 0;
  ForEachSample([&](char type, const Bytes& message) {
    Reencoder handler;
    ASSERT_EQ(DecodeStatus::kOk, iex::Decode(message.data(), static_cast<uint32_t>(message.size()), handler)) << type;
    ASSERT_EQ(message, Bytes(handler.bytes, handler.bytes + handler.size)) << type;
    Bytes grown = message;
    grown.resize(message.size() + 9, 0xEE);
    ASSERT_EQ(DecodeStatus::kOk, iex::Decode(grown.data(), static_cast<uint32_t>(grown.size()), handler)) << type;
    ASSERT_EQ(message, Bytes(handler.bytes, handler.bytes + handler.size)) << type;
    ++types;
  });
  EXPECT_EQ(14, types);
}

TEST(IexTest, DecodesAQuoteByItsBytes) {
  Bytes message(42);
  message[0] = 'Q';
  message[1] = 0x40;
  StoreLe<uint64_t>(&message[2], 1'471'980'632'572'715'948);
  std::copy_n("ZIEXT   ", 8, &message[10]);
  StoreLe<uint32_t>(&message[18], 9700);
  StoreLe<int64_t>(&message[22], 990'500);
  StoreLe<int64_t>(&message[30], 990'700);
  StoreLe<uint32_t>(&message[38], 1000);
  KeepOne<iex::QuoteUpdate> handler;
  ASSERT_EQ(DecodeStatus::kOk, iex::Decode(message.data(), 42, handler));
  EXPECT_EQ(1, handler.calls);
  EXPECT_EQ("ZIEXT", handler.last.header.symbol.view());
  EXPECT_EQ(iex::kQuoteOutsideRegularHours, handler.last.header.flags);
  EXPECT_EQ(1'471'980'632'572'715'948u, handler.last.header.ts_event_ns);
  EXPECT_EQ(99'050'000'000, handler.last.bid_price_nanos);
  EXPECT_EQ(99'070'000'000, handler.last.ask_price_nanos);
  EXPECT_EQ(9700u, handler.last.bid_size);
  EXPECT_EQ(1000u, handler.last.ask_size);
}

TEST(IexTest, PriceLevelsKnowTheirSideAndTheEndOfTheirEvent) {
  for (const char type : {'8', '5'}) {
    Bytes message(30);
    message[0] = static_cast<uint8_t>(type);
    message[1] = type == '8' ? 1 : 0;
    KeepOne<iex::PriceLevelUpdate> handler;
    ASSERT_EQ(DecodeStatus::kOk, iex::Decode(message.data(), 30, handler));
    EXPECT_EQ(type == '8' ? Side::kBuy : Side::kSell, handler.last.side());
    EXPECT_EQ(type == '8', handler.last.event_complete());
  }
}

TEST(IexTest, CutMessagesAndPricesWithoutAPlaceAreRefused) {
  ForEachSample([](char type, const Bytes& message) {
    for (uint32_t size = 1; size < message.size(); ++size) {
      const Bytes cut(message.begin(), message.begin() + size);
      Reencoder handler;
      ASSERT_EQ(DecodeStatus::kBadLength, iex::Decode(cut.data(), size, handler)) << type << size;
      ASSERT_EQ(0, handler.calls);
    }
  });
  Bytes trade(38);
  trade[0] = 'T';
  for (const int64_t price : {INT64_MAX / 100'000 + 1, INT64_MIN / 100'000 - 1, INT64_MAX, INT64_MIN}) {
    StoreLe(&trade[22], price);
    Reencoder handler;
    EXPECT_EQ(DecodeStatus::kBadValue, iex::Decode(trade.data(), 38, handler));
    EXPECT_EQ(0, handler.calls);
  }
  StoreLe(&trade[22], INT64_MAX / 100'000);
  Reencoder handler;
  EXPECT_EQ(DecodeStatus::kOk, iex::Decode(trade.data(), 38, handler));
  EXPECT_EQ(DecodeStatus::kUnknownType, iex::Decode(trade.data(), 0, handler));
  trade[0] = 'z';
  EXPECT_EQ(DecodeStatus::kUnknownType, iex::Decode(trade.data(), 38, handler));
}

TEST(IexTest, EncoderRefusesAForeignTypeAndAPriceFinerThanTheWire) {
  uint8_t out[iex::kMaxMessageBytes];
  iex::TradeReport trade;
  trade.header.type = 'T';
  trade.price_nanos = 1'100'000;
  EXPECT_EQ(38u, iex::Encode(trade, out));
  trade.price_nanos = 1'150'000;
  EXPECT_EQ(0u, iex::Encode(trade, out));
  trade.price_nanos = 0;
  trade.header.type = 'Q';
  EXPECT_EQ(0u, iex::Encode(trade, out));
}

Bytes SampleSegment() {
  Bytes out(1400);
  iex::SegmentBuilder builder(out.data(), 1400);
  builder.Begin({.session = 77, .stream_offset = 1000, .first_sequence = 42, .ts_send_ns = 5});
  ForEachSample([&](char, const Bytes& message) { EXPECT_TRUE(builder.Add(message.data(), static_cast<uint32_t>(message.size()))); });
  out.resize(builder.Finish());
  return out;
}

void Walk(const Segment& segment) {
  if (segment.status != SegmentStatus::kData) return;
  uint32_t messages = 0;
  iex::ForEachMessage(segment, [&](const uint8_t* message, uint32_t size, uint64_t) {
    ++messages;
    Reencoder handler;
    const Bytes exact(message, message + size);  // so that a sanitizer sees a read past its end
    const DecodeStatus status = iex::Decode(exact.data(), size, handler);
    ASSERT_EQ(status == DecodeStatus::kOk ? 1 : 0, handler.calls);
  });
  ASSERT_EQ(messages, segment.header.count);
}

TEST(IexTpTest, EveryTruncationAndEveryByteValueIsSafe) {
  const Bytes whole = SampleSegment();
  ASSERT_EQ(SegmentStatus::kData, iex::ParseSegment(whole.data(), static_cast<uint32_t>(whole.size())).status);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const SegmentStatus status = iex::ParseSegment(cut.data(), static_cast<uint32_t>(size)).status;
    ASSERT_EQ(size < iex::kSegmentHeaderBytes ? SegmentStatus::kForeign : SegmentStatus::kBad, status);
  }
  Bytes bytes = whole;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      bytes[at] = static_cast<uint8_t>(value);
      Walk(iex::ParseSegment(bytes.data(), static_cast<uint32_t>(bytes.size())));
    }
    bytes[at] = whole[at];
  }
}

TEST(IexTpTest, CountsAndNumbersAtTheirLimits) {
  Bytes bytes = SampleSegment();
  const auto status = [&] { return iex::ParseSegment(bytes.data(), static_cast<uint32_t>(bytes.size())).status; };
  for (const uint16_t count : {0, 13, 15, 0xFFFF}) {
    StoreLe(&bytes[14], count);
    EXPECT_EQ(SegmentStatus::kBad, status());
  }
  StoreLe<uint16_t>(&bytes[14], 14);
  for (const int64_t number : {INT64_MIN, int64_t{-1}, INT64_MAX, INT64_MAX - 13}) {
    StoreLe(&bytes[24], number);
    EXPECT_EQ(SegmentStatus::kBad, status()) << number;
  }
  StoreLe(&bytes[24], INT64_MAX - 14);
  EXPECT_EQ(SegmentStatus::kData, status());
  for (const uint16_t protocol : {0x8001, 0x8005}) {
    StoreLe(&bytes[2], protocol);
    EXPECT_EQ(SegmentStatus::kForeign, status());
  }
  StoreLe(&bytes[2], iex::kTops15);
  EXPECT_EQ(SegmentStatus::kData, status());
}

TEST(IexTpTest, BuilderRefusesWhatDoesNotFit) {
  Bytes out(40 + 2 + 10);
  iex::SegmentBuilder builder(out.data(), static_cast<uint32_t>(out.size()));
  builder.Begin({.session = 1});
  EXPECT_EQ(40u, builder.Finish());
  EXPECT_EQ(SegmentStatus::kHeartbeat, iex::ParseSegment(out.data(), 40).status);
  const Bytes message(11);
  EXPECT_FALSE(builder.Add(message.data(), 11));
  EXPECT_TRUE(builder.Add(message.data(), 10));
  EXPECT_FALSE(builder.Add(message.data(), 0));
  EXPECT_EQ(52u, builder.Finish());
}

TEST(IexTpTest, GapFillRequestsComeBack) {
  const iex::GapFillRange ranges[] = {{1, 10}, {12, 12}, {100, INT64_MAX}};
  Bytes request(64);
  ASSERT_EQ(64u, iex::EncodeGapFillRequest({.session = 9}, ranges, 3, request.data()));
  EXPECT_EQ(3u, LoadLe<uint32_t>(&request[12]));
  iex::GapFillHeader header;
  std::vector<int64_t> seen;
  const auto keep = [&](const iex::GapFillRange& range) { seen.insert(seen.end(), {range.first, range.last}); };
  ASSERT_TRUE(iex::ParseGapFillRequest(request.data(), 64, &header, keep));
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 10, 12, 12, 100, INT64_MAX}));
  EXPECT_EQ(9u, header.session);
  for (uint32_t size = 0; size < 64; ++size) EXPECT_FALSE(iex::ParseGapFillRequest(request.data(), size, &header, keep));
  StoreLe<int64_t>(&request[32], 10);  // overlaps
  EXPECT_FALSE(iex::ParseGapFillRequest(request.data(), 64, &header, keep));
  EXPECT_EQ(6u, seen.size());
}

}  // namespace
}  // namespace tickgraph
