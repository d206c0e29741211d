// SoupBinTCP framing: packets cut anywhere, faults with their place, and the login packets.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/proto/soup.h"

namespace tickgraph {
namespace {

using Bytes = std::vector<uint8_t>;

struct Walked {
  std::string types;
  soup::WalkResult result;
};

Walked WalkAll(const Bytes& stream, size_t size) {
  const Bytes copy(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));  // exact size: a sanitizer sees reads past it
  Walked out;
  out.result = soup::Walk(copy.data(), copy.size(), [&](char type, const uint8_t*, size_t) { out.types += type; });
  return out;
}

Bytes Stream() {
  Bytes out(256);
  size_t at = soup::EncodeLoginRequest("USER01", "PASSWORD", "", 1, out.data());
  at += soup::EncodeLoginAccepted("ABCDEFGHIJ", 42, out.data() + at);
  at += soup::Encode('S', reinterpret_cast<const uint8_t*>("hello"), 5, out.data() + at);
  at += soup::Encode('R', nullptr, 0, out.data() + at);
  out.resize(at);
  return out;
}

TEST(SoupTest, WalksPacketsCutAnywhere) {
  const Bytes stream = Stream();
  const size_t ends[] = {0, soup::kLoginRequestSize, soup::kLoginRequestSize + soup::kLoginAcceptedSize, stream.size() - 3, stream.size()};
  const std::string types = "LASR";
  for (size_t size = 0; size <= stream.size(); ++size) {
    size_t whole = 0;
    while (whole < 4 && ends[whole + 1] <= size) ++whole;
    const Walked walked = WalkAll(stream, size);
    EXPECT_EQ(walked.types, types.substr(0, whole)) << size;
    EXPECT_EQ(walked.result.consumed, ends[whole]) << size;
    EXPECT_EQ(walked.result.status, ends[whole] == size ? soup::WalkStatus::kWhole : soup::WalkStatus::kPartial) << size;
  }
}

TEST(SoupTest, FaultsAreNamedAtTheirPlace) {
  const auto fault = [](Bytes tail) {
    Bytes stream = {0, 1, 'H'};
    stream.insert(stream.end(), tail.begin(), tail.end());
    const Walked walked = WalkAll(stream, stream.size());
    EXPECT_EQ(walked.types, "H");
    EXPECT_EQ(walked.result.consumed, 3u);
    return walked.result.status;
  };
  EXPECT_EQ(fault({0, 0, 'H'}), soup::WalkStatus::kBadLength);
  EXPECT_EQ(fault({0, 2, 'H', 0}), soup::WalkStatus::kBadLength);
  EXPECT_EQ(fault({0, 30, 'A'}), soup::WalkStatus::kBadLength);
  EXPECT_EQ(fault({0, 48, 'L'}), soup::WalkStatus::kBadLength);
  EXPECT_EQ(fault({0, 1, '?'}), soup::WalkStatus::kUnknownType);
  EXPECT_EQ(fault({0xFF, 0xFF, 'S', 1}), soup::WalkStatus::kPartial);
}

TEST(SoupTest, LoginFieldsArePaddedAsOnTheWire) {
  const Bytes stream = Stream();
  const std::string text(stream.begin(), stream.end());
  EXPECT_EQ(text.substr(2, 47), "LUSER01PASSWORD                               1");
  EXPECT_EQ(text.substr(49 + 2, 31), "AABCDEFGHIJ                  42");
  uint64_t number = 0;
  EXPECT_TRUE(soup::ParseNumber(stream.data() + 49 + 13, 20, &number));
  EXPECT_EQ(number, 42u);
  const auto parse = [&](const std::string& t) { return soup::ParseNumber(reinterpret_cast<const uint8_t*>(t.data()), t.size(), &number); };
  EXPECT_TRUE(parse("7       "));
  EXPECT_EQ(number, 7u);
  EXPECT_TRUE(parse("18446744073709551615"));
  EXPECT_EQ(number, UINT64_MAX);
  EXPECT_FALSE(parse("18446744073709551616"));
  EXPECT_FALSE(parse("        "));
  EXPECT_FALSE(parse("1 2"));
}

TEST(SoupTest, PayloadThatNoLengthCanSayIsRefused) {
  const Bytes payload(soup::kMaxPayload + 1);
  Bytes out(payload.size() + soup::kHeaderSize);
  EXPECT_EQ(soup::Encode('S', payload.data(), payload.size(), out.data()), 0u);
  EXPECT_EQ(soup::Encode('S', payload.data(), soup::kMaxPayload, out.data()), soup::kMaxPayload + 3);
  EXPECT_EQ(out[0], 0xFF);
}

}  // namespace
}  // namespace tickgraph
