// Decimal texts to scaled integers: exact, or refused.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "net/proto/json/capture_line.h"
#include "net/proto/json/decimal.h"
#include "net/proto/json/rfc3339.h"

namespace tickgraph {
namespace {

int64_t Parsed(std::string_view text, int scale = 9) {
  int64_t value = -999;
  EXPECT_EQ(ParseDecimal(text, scale, &value), DecimalStatus::kOk) << text;
  return value;
}
DecimalStatus StatusOf(std::string_view text, int scale = 9) {
  int64_t value = 0;
  return ParseDecimal(text, scale, &value);
}

TEST(DecimalTest, ReadsWhatVenuesWrite) {
  EXPECT_EQ(Parsed("61837.63000000"), 61'837'630'000'000);
  EXPECT_EQ(Parsed("0.00001305"), 13'050);
  EXPECT_EQ(Parsed("0"), 0);
  EXPECT_EQ(Parsed("0.0"), 0);
  EXPECT_EQ(Parsed("-0.25"), -250'000'000);
  EXPECT_EQ(Parsed("007"), 7'000'000'000);
  EXPECT_EQ(Parsed("1.000000000000000000000"), 1'000'000'000);
  EXPECT_EQ(Parsed("0.000000001"), 1);
  EXPECT_EQ(Parsed("92233720368.54775807", 8), INT64_MAX);
  EXPECT_EQ(Parsed("-9223372036.854775807"), -INT64_MAX);
  EXPECT_EQ(Parsed("12345", 0), 12345);
  EXPECT_EQ(Parsed("1e-9"), 1);
  EXPECT_EQ(Parsed("1.5E3"), 1'500'000'000'000);
  EXPECT_EQ(Parsed("0E-8", 8), 0);
  EXPECT_EQ(Parsed("1.20e+1"), 12'000'000'000);
}

TEST(DecimalTest, RefusesWhatItCannotHoldExactly) {
  for (const char* text :
       {"", "-", ".", ".5", "5.", "-.5", "+1", "1,0", " 1", "1 ", "0x10", "1e", "1e+", "1e1e1", "nan", "1.2.3", "--1", "1e9999"}) {
    EXPECT_EQ(StatusOf(text), DecimalStatus::kNotANumber) << text;
  }
  EXPECT_EQ(StatusOf("0.0000000001"), DecimalStatus::kTooFine);
  EXPECT_EQ(StatusOf("1e-10"), DecimalStatus::kTooFine);
  EXPECT_EQ(StatusOf("9223372036.854775808"), DecimalStatus::kTooLarge);
  EXPECT_EQ(StatusOf("18446744073.709551616"), DecimalStatus::kTooLarge);
  EXPECT_EQ(StatusOf(std::string(400, '9')), DecimalStatus::kTooLarge);
  EXPECT_EQ(StatusOf("1e999"), DecimalStatus::kTooLarge);
  EXPECT_EQ(StatusOf("99999999999999999999"), DecimalStatus::kTooLarge);
}

TEST(DecimalTest, GivesBackEveryInteger) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const int scale = static_cast<int>(random() % 19);
    const auto value = static_cast<int64_t>(random() >> (1 + random() % 63));
    std::string digits = std::to_string(value);
    if (static_cast<int>(digits.size()) <= scale) digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
    std::string text = digits;
    if (scale != 0) text.insert(text.size() - static_cast<size_t>(scale), ".");
    ASSERT_EQ(Parsed(text, scale), value) << text;
    ASSERT_EQ(Parsed("-" + text, scale), -value) << text;
    ASSERT_EQ(Parsed(digits + "e-" + std::to_string(scale), scale), value) << text;
  }
}

TEST(UnsignedTest, RefusesOverflowAndSigns) {
  uint64_t value = 0;
  EXPECT_TRUE(ParseUnsigned("18446744073709551615", &value));
  EXPECT_EQ(value, UINT64_MAX);
  for (const char* text : {"", "18446744073709551616", "99999999999999999999", "-1", "1.0", "000000000000000000001", "1 "}) {
    EXPECT_FALSE(ParseUnsigned(text, &value)) << text;
  }
}

TEST(Rfc3339Test, KnownInstants) {
  uint64_t ns = 0;
  ASSERT_TRUE(ParseRfc3339("2021-04-17T16:43:37.077621Z", &ns));
  EXPECT_EQ(ns, 1'618'677'817'077'621'000u);
  ASSERT_TRUE(ParseRfc3339("1970-01-01T00:00:00Z", &ns));
  EXPECT_EQ(ns, 0u);
  ASSERT_TRUE(ParseRfc3339("2026-08-24T22:34:13.793075885Z", &ns));
  EXPECT_EQ(ns % 1'000'000'000, 793'075'885u);
  for (const char* text :
       {"", "2021-04-17", "2021-02-30T00:00:00Z", "2021-04-17T24:00:00Z", "2021-04-17T16:43:37.Z", "2021-04-17T16:43:37.1234567890Z",
        "2021-04-17T16:43:37+00:00", "2021-04-17 16:43:37Z", "2021-04-17T16:43:3xZ", "2021-04-17T16:43:37x1Z"}) {
    EXPECT_FALSE(ParseRfc3339(text, &ns)) << text;
  }
}

TEST(CaptureLineTest, TellsMessagesFromHeaders) {
  EXPECT_EQ(ParseCaptureLine("  \r").kind, CaptureLineKind::kBlank);
  EXPECT_EQ(ParseCaptureLine("wss://ws-feed.pro.coinbase.com <-> 1618677816.8434298").kind, CaptureLineKind::kHeader);
  EXPECT_EQ(ParseCaptureLine("wss://h <- 1618677817.02: {\"type\":\"subscribe\"}").kind, CaptureLineKind::kHeader);
  EXPECT_EQ(ParseCaptureLine("https://h/depth?symbol=X -> 1618677817.02: {\"lastUpdateId\":1}").kind, CaptureLineKind::kAnswer);
  EXPECT_EQ(ParseCaptureLine("noise").kind, CaptureLineKind::kBad);
  EXPECT_EQ(ParseCaptureLine("x1 {\"a\":1}").kind, CaptureLineKind::kBad);
  const CaptureLine ns = ParseCaptureLine("1723161253937085768 {\"stream\":1}\r");
  EXPECT_EQ(ns.kind, CaptureLineKind::kJson);
  EXPECT_EQ(ns.json, "{\"stream\":1}");
  EXPECT_EQ(ns.ts_recv_ns, 1'723'161'253'937'085'768u);
  const CaptureLine seconds = ParseCaptureLine("1633998512.0633569: {}");
  EXPECT_EQ(seconds.kind, CaptureLineKind::kJson);
  EXPECT_EQ(seconds.ts_recv_ns, 1'633'998'512'063'356'900u);
  EXPECT_EQ(ParseCaptureLine("1633998512.06335691234: {}").ts_recv_ns, 1'633'998'512'063'356'912u);
}

}  // namespace
}  // namespace tickgraph
