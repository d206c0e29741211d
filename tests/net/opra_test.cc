// OPRA 6.2: the registry against the specification, real packets with values read by hand, every indicator, hostile blocks.
#include "net/proto/opra.h"

#include "tests/net/proto_test_util.h"
#include "tests/net/protocol_layouts.h"

namespace tickgraph {
namespace {

Bytes RealBlock(const char* name) {
  const auto packets = ReadClassicPcap(DataPath(std::string("pcap/opra62/") + name));
  if (packets.empty()) return {};
  const Frame frame = ParseFrame(ViewOf(packets[0], 1));
  return frame.status == FrameStatus::kUdp ? Bytes(frame.payload, frame.payload + frame.size) : Bytes{};
}

constexpr const char* kPackets[] = {"AdministrativeMessage.pcap", "ControlMessage.pcap", "LongEquityAndIndexQuoteMessage.pcap",
                                    "ShortEquityAndIndexQuoteMessage.pcap"};

template <class Handler>
OpraWalk DecodeAll(const Bytes& bytes, Handler& handler) {
  const OpraBlock block = ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size()));
  EXPECT_TRUE(block.good) << block.problem;
  EventHeader base;
  base.ts_event_ns = block.ts_ns;
  return ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0,
                            [&](const uint8_t* message, uint32_t) { EXPECT_EQ(DecodeStatus::kOk, DecodeOpra(message, base, handler)); });
}

void ExpectLayout(const MessageSpec& spec, std::string_view name, bool with_header) {
  std::vector<LayoutRow> want;
  for (const LayoutRow& row : kOpraLayout) {
    if ((with_header && row.message == "HDR") || (row.message == name && row.length != 0)) want.push_back(row);
  }
  ASSERT_EQ(want.size(), spec.field_count) << spec.name;
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(want[i].field, spec.fields[i].name) << spec.name;
    EXPECT_EQ(want[i].offset, spec.fields[i].offset) << spec.name << " " << want[i].field;
    EXPECT_EQ(want[i].length, spec.fields[i].size) << spec.name << " " << want[i].field;
  }
}

TEST(OpraTest, RegistryMatchesTheSpecification) {
  ExpectLayout(kOpraFraming[0], "BLOCK", false);
  ExpectLayout(kOpraFraming[1], "APP", false);
  for (const MessageSpec& message : kOpraRegistry) {
    ExpectLayout(message, message.type == 'y' ? std::string_view("YI") : std::string_view(&message.type, 1), true);
  }
}

TEST(OpraTest, RealLongQuote) {
  const Bytes bytes = RealBlock(kPackets[2]);
  if (bytes.empty()) GTEST_SKIP() << kPackets[2] << " is not there";
  KeepOne<OptionQuote> handler;
  EXPECT_EQ(DecodeStatus::kOk, DecodeAll(bytes, handler).status);
  ASSERT_EQ(1, handler.calls);
  const OptionQuote& quote = handler.last;
  EXPECT_EQ("AMZN", quote.key.root.view());
  EXPECT_EQ(20240119u, quote.key.expiration);
  EXPECT_EQ(OptionRight::kCall, quote.key.right);
  EXPECT_EQ(165'250'000'000, quote.key.strike_nanos);
  EXPECT_EQ(610'000'000, quote.bid.price_nanos);
  EXPECT_EQ(239, quote.bid.quantity);
  EXPECT_EQ(630'000'000, quote.ask.price_nanos);
  EXPECT_EQ(495, quote.ask.quantity);
  EXPECT_EQ('D', quote.participant);
  EXPECT_EQ(BestChange::kSet, quote.best_bid_change);
  EXPECT_EQ(610'000'000, quote.best_bid.price_nanos);
  EXPECT_EQ(243, quote.best_bid.quantity);
  EXPECT_EQ('P', quote.best_bid.participant);
  EXPECT_EQ(BestChange::kNoChange, quote.best_ask_change);
  EXPECT_EQ(0x6567A58Cull * 1'000'000'000 + 0x38E74700ull, quote.header.ts_event_ns);
}

TEST(OpraTest, RealShortQuote) {
  const Bytes bytes = RealBlock(kPackets[3]);
  if (bytes.empty()) GTEST_SKIP() << kPackets[3] << " is not there";
  KeepOne<OptionQuote> handler;
  DecodeAll(bytes, handler);
  ASSERT_EQ(1, handler.calls);
  const OptionQuote& quote = handler.last;
  EXPECT_EQ("AMZN", quote.key.root.view());
  EXPECT_EQ(20231229u, quote.key.expiration);
  EXPECT_EQ(OptionRight::kCall, quote.key.right);
  EXPECT_EQ(133'000'000'000, quote.key.strike_nanos);
  EXPECT_EQ(14'100'000'000, quote.bid.price_nanos);
  EXPECT_EQ(43, quote.bid.quantity);
  EXPECT_EQ(14'650'000'000, quote.ask.price_nanos);
  EXPECT_EQ(2, quote.ask.quantity);
  EXPECT_EQ('N', quote.best_bid.participant);
  EXPECT_EQ(50, quote.best_bid.quantity);
}

TEST(OpraTest, RealBlocksComeBackFieldByField) {
  for (const char* name : kPackets) {
    const Bytes bytes = RealBlock(name);
    if (bytes.empty()) GTEST_SKIP() << name << " is not there";
    Bytes copy(bytes.size(), 0);  // the pad byte is 0
    const auto write = [&copy, &bytes](const MessageSpec& spec, size_t at) {
      for (uint16_t i = 0; i < spec.field_count; ++i) WriteField(spec.fields[i], ReadField(spec.fields[i], &bytes[at]), &copy[at]);
    };
    write(kOpraFraming[0], 0);
    const OpraBlock block = ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size()));
    ASSERT_TRUE(block.good) << block.problem;
    const OpraWalk walk = ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0, [&](const uint8_t* message, uint32_t) {
      const auto at = static_cast<size_t>(message - bytes.data());
      const MessageSpec& spec = *FindMessage(kOpraRegistry, static_cast<char>(message[1]));
      write(spec, at);
      DecodeStatus status;
      const uint32_t length = OpraMessageBytes(message, static_cast<uint32_t>(bytes.size() - at), &status);
      if (message[1] == 'C') {
        std::copy(message + spec.length, message + length, &copy[at + spec.length]);
      } else {
        for (size_t appendage = at + spec.length; appendage < at + length; appendage += kOpraAppendageBytes)
          write(kOpraFraming[1], appendage);
      }
    });
    EXPECT_EQ(DecodeStatus::kOk, walk.status);
    EXPECT_EQ(bytes, copy) << name;
  }
}

// Decoded and built again, a real quote differs in transaction and participant numbers alone.
TEST(OpraTest, RealQuotesAreBuiltAgain) {
  for (const char* name : {kPackets[2], kPackets[3]}) {
    const Bytes bytes = RealBlock(name);
    if (bytes.empty()) GTEST_SKIP() << name << " is not there";
    KeepOne<OptionQuote> handler;
    DecodeAll(bytes, handler);
    uint8_t built[kOpraMaxBlockBytes];
    OpraBlockBuilder builder(built);
    const OpraBlock block = ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size()));
    builder.Begin(block.sequence, block.ts_ns);
    const bool is_long = block.messages[1] == 'k';
    ASSERT_TRUE(is_long ? builder.AddLong(handler.last) : builder.Add(handler.last));
    ASSERT_EQ(bytes.size(), builder.Finish());
    std::memcpy(built + 25, &bytes[25], 8);
    StoreBe16(built + 19, OpraChecksum(built, static_cast<uint32_t>(bytes.size())));
    EXPECT_EQ(bytes, Bytes(built, built + bytes.size())) << name;
  }
}

TEST(OpraTest, EveryIndicatorSaysWhatItShould) {
  using enum BestChange;
  OptionQuote quote;
  quote.key = {Symbol::From("TGRA"), 20260116, OptionRight::kPut, 55'500'000'000};
  quote.participant = 'C';
  quote.bid = {1'000'000'000, 5, 'C'};
  quote.ask = {1'200'000'000, 6, 'C'};
  const OptionSide other_bid{1'050'000'000, 7, 'N'}, other_ask{1'150'000'000, 8, 'X'};
  const BestChange changes[] = {kNoChange, kSet, kNone, kSet};
  const std::string rows = "ABDCEFHGIJLKMNPO";  // by bid, then offer: no change, in quote, none, appendage
  for (int bid = 0; bid < 4; ++bid) {
    for (int ask = 0; ask < 4; ++ask) {
      quote.best_bid_change = changes[bid];
      quote.best_ask_change = changes[ask];
      quote.best_bid = bid == 1 ? quote.bid : bid == 3 ? other_bid : OptionSide{};
      quote.best_ask = ask == 1 ? quote.ask : ask == 3 ? other_ask : OptionSide{};
      for (const bool is_long : {false, true}) {
        uint8_t buffer[kOpraMaxBlockBytes];
        OpraBlockBuilder builder(buffer);
        builder.Begin(9, 1'700'000'000'123'456'789);
        ASSERT_TRUE(is_long ? builder.AddLong(quote) : builder.Add(quote));
        const uint32_t size = builder.Finish();
        EXPECT_EQ(rows[static_cast<size_t>(4 * bid + ask)], static_cast<char>(buffer[24]));
        EXPECT_EQ(0u, size % 2);
        KeepOne<OptionQuote> handler;
        EXPECT_EQ(DecodeStatus::kOk, DecodeAll(Bytes(buffer, buffer + size), handler).status);
        EXPECT_EQ(quote.key, handler.last.key);
        EXPECT_EQ(changes[bid], handler.last.best_bid_change);
        EXPECT_EQ(changes[ask], handler.last.best_ask_change);
        EXPECT_EQ(quote.best_bid.price_nanos, handler.last.best_bid.price_nanos);
        EXPECT_EQ(quote.best_ask.price_nanos, handler.last.best_ask.price_nanos);
        EXPECT_EQ(quote.best_bid.participant, handler.last.best_bid.participant);
        EXPECT_EQ(quote.best_ask.quantity, handler.last.best_ask.quantity);
        EXPECT_EQ(1'700'000'000'123'456'789u, handler.last.header.ts_event_ns);
      }
    }
  }
}

TEST(OpraTest, WithdrawnAndIneligibleSidesAreNobodysBest) {
  OptionQuote quote;
  quote.key = {Symbol::From("TGRA"), 20260116, OptionRight::kCall, 50'000'000'000};
  quote.participant = 'C';
  quote.bid = {1'000'000'000, 5, 'C'};
  quote.ask = {1'200'000'000, 6, 'C'};
  quote.best_bid_change = quote.best_ask_change = BestChange::kSet;
  quote.best_bid = quote.bid;
  quote.best_ask = quote.ask;
  const std::pair<char, std::pair<bool, bool>> types[] = {
      {' ', {true, true}},  {'A', {true, true}},   {'B', {true, true}},   {'O', {true, true}},   {'C', {true, true}},  {'X', {true, false}},
      {'Y', {false, true}}, {'F', {false, false}}, {'I', {false, false}}, {'R', {false, false}}, {'T', {false, false}}};
  for (const auto& [type, eligible] : types) {
    quote.condition = type;
    uint8_t buffer[kOpraMaxBlockBytes];
    OpraBlockBuilder builder(buffer);
    builder.Begin(9, 0);
    ASSERT_TRUE(builder.Add(quote));
    KeepOne<OptionQuote> handler;
    DecodeAll(Bytes(buffer, buffer + builder.Finish()), handler);
    EXPECT_EQ(eligible.first ? BestChange::kSet : BestChange::kNone, handler.last.best_bid_change) << type;
    EXPECT_EQ(eligible.second ? BestChange::kSet : BestChange::kNone, handler.last.best_ask_change) << type;
    EXPECT_EQ(quote.bid.price_nanos, handler.last.bid.price_nanos);
  }
  quote.condition = ' ';
  quote.bid = quote.ask = quote.best_bid = quote.best_ask = {};
  uint8_t buffer[kOpraMaxBlockBytes];
  OpraBlockBuilder builder(buffer);
  builder.Begin(9, 0);
  ASSERT_TRUE(builder.Add(quote));
  KeepOne<OptionQuote> handler;
  DecodeAll(Bytes(buffer, buffer + builder.Finish()), handler);
  EXPECT_EQ(kNoPrice, handler.last.bid.price_nanos);
  EXPECT_EQ(kNoPrice, handler.last.ask.price_nanos);
  EXPECT_EQ(BestChange::kNone, handler.last.best_bid_change);
}

TEST(OpraTest, SalesAndControlsComeBack) {
  OptionTrade trade;
  trade.key = {Symbol::From("TGRAX"), 20271217, OptionRight::kPut, 12'345'678'0000};
  trade.price_nanos = 12'345'600'000;
  trade.quantity = 77;
  trade.participant = 'Z';
  trade.condition = 'I';
  uint8_t buffer[kOpraMaxBlockBytes];
  OpraBlockBuilder builder(buffer);
  builder.Begin(9, 0);
  ASSERT_TRUE(builder.Add(trade));
  EXPECT_FALSE(builder.AddControl('N'));  // a control stands alone
  KeepOne<OptionTrade> handler;
  DecodeAll(Bytes(buffer, buffer + builder.Finish()), handler);
  EXPECT_EQ(trade.key, handler.last.key);
  EXPECT_EQ(trade.price_nanos, handler.last.price_nanos);
  EXPECT_EQ(77, handler.last.quantity);
  EXPECT_EQ('I', handler.last.condition);
  builder.Begin(9, 0, true);
  ASSERT_TRUE(builder.AddControl('J'));
  const uint32_t size = builder.Finish();
  const OpraBlock block = ParseOpraBlock(buffer, size);
  EXPECT_EQ('J', block.control);
  EXPECT_TRUE(block.retransmitted);
}

TEST(OpraTest, BlockIsFullAtAThousandBytes) {
  uint8_t buffer[kOpraMaxBlockBytes];
  OpraBlockBuilder builder(buffer);
  OptionTrade trade;
  trade.key = {Symbol::From("T"), 20271217, OptionRight::kPut, 1'000'000'000};
  builder.Begin(1, 0);
  int count = 0;
  while (builder.Add(trade)) ++count;
  EXPECT_EQ(22, count);  // 21 + 22 * 43 = 967
  EXPECT_EQ(968u, builder.Finish());
}

TEST(OpraTest, UnknownCategoryEndsTheBlock) {
  uint8_t buffer[kOpraMaxBlockBytes];
  OpraBlockBuilder builder(buffer);
  OptionTrade trade;
  trade.key = {Symbol::From("T"), 20271217, OptionRight::kPut, 1'000'000'000};
  builder.Begin(1, 0);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(builder.Add(trade));
  const uint32_t size = builder.Finish();
  buffer[kOpraBlockHeaderBytes + 43 + 1] = '?';
  int visits = 0;
  const OpraWalk walk = ForEachOpraMessage(buffer + 21, size - 21, 3, 0, [&](const uint8_t*, uint32_t) { ++visits; });
  EXPECT_EQ(DecodeStatus::kUnknownType, walk.status);
  EXPECT_EQ(1u, walk.walked);
  EXPECT_EQ(1, visits);
}

// Every byte of a real block to every value, with and without a checksum made right again; and every truncation.
TEST(OpraTest, NoByteMakesItReadOutside) {
  for (const char* name : kPackets) {
    const Bytes original = RealBlock(name);
    if (original.empty()) GTEST_SKIP() << name << " is not there";
    int good = 0;
    const auto decode = [&good](const Bytes& bytes) {
      const OpraBlock block = ParseOpraBlock(bytes.data(), static_cast<uint32_t>(bytes.size()));
      if (!block.good) return;
      ++good;
      RecordingHandler handler;
      ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0,
                         [&](const uint8_t* message, uint32_t) { DecodeOpra(message, EventHeader{}, handler); });
    };
    for (size_t at = 0; at < original.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes bytes = original;
        bytes[at] = static_cast<uint8_t>(value);
        const int before = good;
        decode(bytes);
        EXPECT_EQ(bytes == original, good != before);  // a single changed byte never passes the checksum
        StoreBe16(&bytes[19], OpraChecksum(bytes.data(), static_cast<uint32_t>(bytes.size())));
        decode(bytes);
      }
    }
    for (size_t size = 0; size < original.size(); ++size) {
      Bytes bytes(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size));
      if (size >= 21) {
        StoreBe16(&bytes[1], static_cast<uint16_t>(size));
        StoreBe16(&bytes[19], OpraChecksum(bytes.data(), static_cast<uint32_t>(size)));
      }
      decode(bytes);
    }
  }
}

}  // namespace
}  // namespace tickgraph
