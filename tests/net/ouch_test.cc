// OUCH 5.0: lengths by the specification, both directions round trip, both appendage forms, refusals, and what the loop uses.
#include "net/proto/ouch.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace tickgraph {
namespace {

using ouch::AppendageView;
using ouch::DecodeStatus;
using ouch::Direction;

// Lengths as the specification states them, with the appendage length where one is always there.
const std::map<char, int> kInboundLengths = {{'O', 47}, {'U', 40}, {'X', 9}, {'M', 10}, {'C', 19}, {'D', 11}, {'E', 11}, {'Q', 1}};
const std::map<char, int> kOutboundLengths = {{'S', 10}, {'A', 64}, {'U', 68}, {'C', 18}, {'D', 32}, {'E', 36},
                                              {'B', 36}, {'J', 29}, {'P', 13}, {'I', 13}, {'T', 30}, {'M', 18},
                                              {'R', 16}, {'X', 27}, {'G', 19}, {'K', 19}, {'Q', 13}};

int StatedLength(const ouch::MessageInfo& m, Direction direction) {
  // Executed always carries an appendage length by the specification; the decoder also takes the older form without.
  const bool always = m.appendage == ouch::Appendage::kRequired || (direction == Direction::kOutbound && m.type == 'E');
  return m.fixed_size + (always ? 2 : 0);
}

TEST(OuchTest, RegistryHasTheLengthsOfTheSpecification) {
  ASSERT_EQ(ouch::kInboundRegistry.size(), kInboundLengths.size());
  for (const ouch::MessageInfo& m : ouch::kInboundRegistry)
    EXPECT_EQ(StatedLength(m, Direction::kInbound), kInboundLengths.at(m.type)) << m.name;
  ASSERT_EQ(ouch::kOutboundRegistry.size(), kOutboundLengths.size());
  for (const ouch::MessageInfo& m : ouch::kOutboundRegistry)
    EXPECT_EQ(StatedLength(m, Direction::kOutbound), kOutboundLengths.at(m.type)) << m.name;
  EXPECT_EQ(ouch::FindMessage(Direction::kInbound, 'J'), nullptr);
  EXPECT_STREQ(ouch::FindMessage(Direction::kOutbound, 'E')->name, "executed");
  EXPECT_STREQ(ouch::FindMessage(Direction::kInbound, 'E')->name, "enable_order_entry");
}

// Re-encodes whatever was decoded.
struct Echo {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(512);
  std::string name;
  template <class M>
  void On(const M& message, AppendageView appendage) {
    bytes.resize(ouch::Encode(message, appendage, bytes.data()));
    name = M::kName;
  }
};

template <class List>
void ExpectRoundTrips(List list, std::span<const ouch::MessageInfo> registry, std::mt19937_64& random) {
  const std::vector<uint8_t> options = {5, 2, 'L', 'I', 'M', 'E', 2, 18, '0', 3, 24, 0, 9, 4, 200, 1, 2, 3};
  for (const ouch::MessageInfo& m : registry) {
    for (int form = 0; form < 3; ++form) {  // no length, empty, options (one of them of an unknown tag)
      std::vector<uint8_t> wire(m.fixed_size);
      for (uint8_t& byte : wire) byte = static_cast<uint8_t>(random());
      wire[0] = static_cast<uint8_t>(m.type);
      if (form > 0) {
        wire.push_back(0);
        wire.push_back(form == 2 ? static_cast<uint8_t>(options.size()) : 0);
      }
      if (form == 2) wire.insert(wire.end(), options.begin(), options.end());
      const bool legal = form == 0 ? m.appendage != ouch::Appendage::kRequired : m.appendage != ouch::Appendage::kNone;
      Echo echo;
      ASSERT_EQ(ouch::Decode(list, wire.data(), wire.size(), echo), legal ? DecodeStatus::kOk : DecodeStatus::kBadLength)
          << m.name << " form " << form;
      if (!legal) continue;
      EXPECT_EQ(echo.name, m.name);
      EXPECT_EQ(echo.bytes, wire) << m.name << " form " << form;
    }
  }
}

TEST(OuchTest, EveryMessageRoundTripsInEveryLegalForm) {
  std::mt19937_64 random(5);
  ExpectRoundTrips(ouch::InboundMessages{}, ouch::kInboundRegistry, random);
  ExpectRoundTrips(ouch::OutboundMessages{}, ouch::kOutboundRegistry, random);
}

template <class List>
void ExpectOtherLengthsRefused(List list, std::span<const ouch::MessageInfo> registry) {
  for (const ouch::MessageInfo& m : registry) {
    for (size_t size = 1; size < m.fixed_size + 6u; ++size) {
      if (size == m.fixed_size || size == m.fixed_size + 2u) continue;
      std::vector<uint8_t> wire(size, 0);  // on the heap, so that a sanitizer sees a read past the end
      wire[0] = static_cast<uint8_t>(m.type);
      Echo echo;
      EXPECT_EQ(ouch::Decode(list, wire.data(), wire.size(), echo), DecodeStatus::kBadLength) << m.name << " " << size;
    }
  }
}

TEST(OuchTest, EveryOtherLengthIsRefused) {
  ExpectOtherLengthsRefused(ouch::InboundMessages{}, ouch::kInboundRegistry);
  ExpectOtherLengthsRefused(ouch::OutboundMessages{}, ouch::kOutboundRegistry);
  Echo echo;
  EXPECT_EQ(ouch::Decode(ouch::OutboundMessages{}, nullptr, 0, echo), DecodeStatus::kBadLength);
  const uint8_t unknown[] = {'?', 1, 2};
  EXPECT_EQ(ouch::Decode(ouch::OutboundMessages{}, unknown, sizeof unknown, echo), DecodeStatus::kUnknownType);
}

TEST(OuchTest, MalformedOptionsAreRefused) {
  const std::vector<std::vector<uint8_t>> bad = {{0, 2}, {5, 2, 'L'}, {1}, {4, 2, 'L', 'I', 'M'}, {9, 200, 1}};
  for (const std::vector<uint8_t>& options : bad) {
    std::vector<uint8_t> wire(ouch::in::EnterOrder::kFixedSize, ' ');
    wire[0] = 'O';
    wire.push_back(0);
    wire.push_back(static_cast<uint8_t>(options.size()));
    wire.insert(wire.end(), options.begin(), options.end());
    Echo echo;
    EXPECT_EQ(ouch::Decode(ouch::InboundMessages{}, wire.data(), wire.size(), echo), DecodeStatus::kBadAppendage);
  }
}

TEST(OuchTest, AnyBytesAreSafe_fuzz) {
  std::mt19937_64 random(11);
  const std::string letters = "OUXMCDEQSABJPITRGK?";
  int decoded = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<uint8_t> wire(random() % 90);
    for (uint8_t& byte : wire) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : random() % 6);
    if (!wire.empty()) wire[0] = static_cast<uint8_t>(letters[random() % letters.size()]);
    Echo in, out;
    if (ouch::Decode(ouch::InboundMessages{}, wire.data(), wire.size(), in) == DecodeStatus::kOk) {
      ASSERT_EQ(in.bytes, wire);
      ++decoded;
    }
    if (ouch::Decode(ouch::OutboundMessages{}, wire.data(), wire.size(), out) == DecodeStatus::kOk) {
      ASSERT_EQ(out.bytes, wire);
      ++decoded;
    }
    ExecutionReport report;
    (void)ouch::DecodeReport(wire.data(), wire.size(), 0, &report);
  }
  EXPECT_GT(decoded, 1000);
}

// What a changed byte or a cut leaves of a message with options is refused, or comes back byte for byte.
template <class List>
void ExpectNoByteBreaks(List list, std::span<const ouch::MessageInfo> registry) {
  for (const ouch::MessageInfo& m : registry) {
    std::vector<uint8_t> whole(m.fixed_size, ' ');
    whole[0] = static_cast<uint8_t>(m.type);
    if (m.appendage != ouch::Appendage::kNone) whole.insert(whole.end(), {0, 9, 5, 2, 'L', 'I', 'M', 'E', 2, 18, '0'});
    const auto decode = [&](const std::vector<uint8_t>& wire) {
      Echo echo;
      const DecodeStatus status = ouch::Decode(list, wire.data(), wire.size(), echo);
      if (status == DecodeStatus::kOk) {
        EXPECT_EQ(echo.bytes, wire) << m.name;
      }
      ExecutionReport report;
      (void)ouch::DecodeReport(wire.data(), wire.size(), 0, &report);
      return status;
    };
    ASSERT_EQ(decode(whole), DecodeStatus::kOk) << m.name;
    for (size_t size = 0; size < whole.size(); ++size) {
      const DecodeStatus status = decode({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
      if (size != m.fixed_size) {
        EXPECT_NE(status, DecodeStatus::kOk) << m.name << " " << size;
      }
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      std::vector<uint8_t> wire = whole;
      for (int value = 0; value < 256; ++value) {
        wire[at] = static_cast<uint8_t>(value);
        decode(wire);
      }
    }
  }
}

TEST(OuchTest, EveryCutAndEveryByteOfEveryMessage) {
  ExpectNoByteBreaks(ouch::InboundMessages{}, ouch::kInboundRegistry);
  ExpectNoByteBreaks(ouch::OutboundMessages{}, ouch::kOutboundRegistry);
}

Order LimitOrder(PriceNanos price_nanos, Quantity quantity) {
  Order order;
  order.token = 7;
  order.instrument = 3;
  order.price_nanos = price_nanos;
  order.quantity = quantity;
  order.side = Side::kSell;
  return order;
}

TEST(OuchTest, EnterOrderIsLaidOutByTheSpecification) {
  Instrument instrument;
  instrument.symbol = Symbol::From("CVLT");
  uint8_t wire[ouch::kMaxEncodedSize];
  ASSERT_EQ(ouch::EncodeEnterOrder(LimitOrder(63'010'000'000, 225), instrument, wire), 47u);
  const std::string expected = std::string(
      "O\0\0\0\7S\0\0\0\xE1"
      "CVLT    \0\0\0\0\0\x09\x9D\x54"
      "3YPNN              \0\0",
      47);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(wire), 47), expected);
}

TEST(OuchTest, EnterOrderRefusesWhatTheWireCannotCarry) {
  Instrument instrument;
  uint8_t wire[ouch::kMaxEncodedSize];
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(100'000, 999'999), instrument, wire), 47u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(100'000, 1'000'000), instrument, wire), 0u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(100'000, 0), instrument, wire), 0u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(0, 1), instrument, wire), 0u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(100'001, 1), instrument, wire), 0u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(199'999'990'000'000, 1), instrument, wire), 47u);
  EXPECT_EQ(ouch::EncodeEnterOrder(LimitOrder(199'999'990'100'000, 1), instrument, wire), 0u);
}

TEST(OuchTest, ContractSymbolsNameTheInstrument) {
  for (const InstrumentIndex i : {0u, 1u, 35u, 36u, 65'535u, 0xFFFFFFFEu}) EXPECT_EQ(ouch::ContractOf(ouch::ContractSymbol(i)), i);
  EXPECT_EQ(ouch::ContractSymbol(37).view(), "#0000011");
  for (const char* text : {"AAPL", "#00000a1", "#ZZZZZZZ", "#0000"})
    EXPECT_EQ(ouch::ContractOf(ouch::Alpha<8>::From(text)), kNoInstrument) << text;
}

TEST(OuchTest, AnswersBecomeReports) {
  constexpr uint64_t kMidnight = 1'577'682'000'000'000'000;
  uint8_t wire[ouch::kMaxEncodedSize];
  ExecutionReport report;
  const auto decode = [&](const auto& message) {
    const uint32_t size = ouch::Encode(message, {}, wire);
    return ouch::DecodeReport(wire, size, kMidnight, &report);
  };
  ouch::out::Accepted accepted;
  accepted.timestamp_ns = 5;
  accepted.user_ref_num = 9;
  accepted.quantity = 40;
  accepted.order_ref = 77;
  EXPECT_TRUE(decode(accepted).has_report);
  EXPECT_EQ(report.kind, ReportKind::kAccepted);
  EXPECT_EQ(report.ts_event_ns, kMidnight + 5);
  EXPECT_EQ(report.token, 9u);
  EXPECT_EQ(report.order_ref, 77u);
  accepted.state = 'D';
  EXPECT_TRUE(decode(accepted).has_report);
  EXPECT_EQ(report.kind, ReportKind::kCanceled);
  EXPECT_EQ(report.quantity, 40);

  EXPECT_TRUE(decode(ouch::out::Executed{6, 9, 30, 1'234'500, 'R', 88}).has_report);
  EXPECT_EQ(report.kind, ReportKind::kFilled);
  EXPECT_EQ(report.quantity, 30);
  EXPECT_EQ(report.price_nanos, 123'450'000'000);
  EXPECT_EQ(report.match_number, 88u);

  EXPECT_TRUE(decode(ouch::out::Canceled{7, 9, 10, 'I'}).has_report);
  EXPECT_EQ(report.kind, ReportKind::kCanceled);
  EXPECT_EQ(report.quantity, 10);
  EXPECT_EQ(report.reason, 'I');

  EXPECT_TRUE(decode(ouch::out::Rejected{8, 10, 0x17, {}}).has_report);
  EXPECT_EQ(report.kind, ReportKind::kRejected);
  EXPECT_EQ(report.reason, 0x17);

  EXPECT_FALSE(decode(ouch::out::SystemEvent{9, 'S'}).has_report);
  EXPECT_FALSE(decode(ouch::out::BrokenTrade{}).has_report);
}

}  // namespace
}  // namespace tickgraph
