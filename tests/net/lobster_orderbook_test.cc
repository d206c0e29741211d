// The orderbook file held against the messages: the real sample agrees on every row, and a changed or missing row is told.
#include "tools/lobster_orderbook.h"

#include <gtest/gtest.h>

#include "tests/net/lobster_files.h"

namespace tickgraph {
namespace {

class LobsterOrderbookTest : public test::CaptureFileTest {
 protected:
  // Null where the message cannot be read.
  void Check(const std::string& messages, const std::string& orderbook) {
    std::string error;
    book = LobsterOrderbook::Open(Put("orderbook.csv", test::BytesOf(orderbook)), &error);
    ASSERT_NE(book, nullptr) << error;
    test::ForEachLine(messages, [&](std::string_view line, uint64_t) {
      LobsterRow row;
      (void)book->Take(ParseLobsterRow(line, &row) == LobsterStatus::kOk ? &row : nullptr);
    });
    book->Finish();
  }
  // A row of the small file with `from` put for `to`, line from 1.
  static std::string Changed(const std::string& text, uint64_t changed, const std::string& to) {
    std::string out;
    test::ForEachLine(text, [&](std::string_view line, uint64_t number) { out += (number == changed ? to : std::string(line)) + "\n"; });
    return out;
  }
  std::unique_ptr<LobsterOrderbook> book;
};

TEST_F(LobsterOrderbookTest, RealFilesAgreeOnEveryRow_golden) {
  const std::string messages = test::LobsterText(test::kLobsterMessages), orderbook = test::LobsterText(test::kLobsterOrderbook);
  if (messages.empty() || orderbook.empty()) GTEST_SKIP() << "captured data is absent: " << test::kLobsterZip;
  Check(messages, orderbook);
  EXPECT_EQ(book->rows(), 155'935u);
  EXPECT_EQ(book->levels(), 5u);
  EXPECT_EQ(book->different_rows() + book->bad_rows() + book->missing_rows() + book->left_rows(), 0u);
  // The same messages one row late agree with next to nothing.
  Check(messages.substr(messages.find('\n') + 1), orderbook);
  EXPECT_GT(book->different_rows(), 140'000u);
  EXPECT_EQ(book->left_rows(), 1u);
}

TEST_F(LobsterOrderbookTest, WhatDoesNotAgreeIsCounted) {
  Check(test::kSmallMessages, test::kSmallOrderbook);
  EXPECT_FALSE(book->ReportLosses());
  EXPECT_EQ(book->rows(), 11u);
  const struct {
    uint64_t line;
    const char* row;
    uint64_t different, bad;
  } cases[] = {
      {4, "1010000,50,1000000,100,1020000,51,-9999999999,0", 2, 0},    // a size, and back
      {4, "1010000,50,1000000,100,1020001,50,-9999999999,0", 2, 0},    // a price
      {4, "1010000,50,1000000,100,9999999999,0,-9999999999,0", 2, 0},  // a level too few
      {4, "1010000,50,1000000,100,1020000,50,990000,1", 2, 0},         // one from nowhere, though there was room for it before
      {4, "1010000,50,1000000,100", 2, 0},                             // fewer levels
      {4, "1010000,50,1000000,100,1020000,50,-9999999999", 0, 1},      // cut
      {4, "1010000,50,1000000,100,1020000,999999999999999999999,-9999999999,0", 0, 1},
      {4, "", 0, 1},
  };
  for (const auto& c : cases) {
    Check(test::kSmallMessages, Changed(test::kSmallOrderbook, c.line, c.row));
    EXPECT_EQ(book->different_rows(), c.different) << c.row;
    EXPECT_EQ(book->bad_rows(), c.bad) << c.row;
    EXPECT_TRUE(book->ReportLosses());
  }
  // A message that takes what is not there, and one that cannot be read.
  Check(Changed(test::kSmallMessages, 5, "34203,4,12,30,1010001,-1"), test::kSmallOrderbook);
  EXPECT_EQ(book->different_rows(), 1u);
  Check(Changed(test::kSmallMessages, 5, "34203,4,12,30"), test::kSmallOrderbook);
  EXPECT_EQ(book->different_rows(), 0u);
  Check(test::kSmallMessages, test::kSmallOrderbook.substr(0, test::kSmallOrderbook.size() / 2 + 5));
  EXPECT_EQ(book->rows() + book->missing_rows(), 11u);
  EXPECT_EQ(book->bad_rows(), 1u);
  Check(test::kSmallMessages.substr(0, test::kSmallMessages.find('\n') + 1), test::kSmallOrderbook);
  EXPECT_EQ(book->left_rows(), 10u);
}

// A level behind the last that is shown comes into sight when one before it goes, and must be behind those told.
TEST_F(LobsterOrderbookTest, ALevelFromBehindTheLastIsTaken) {
  const std::string messages = "1,1,1,10,100,-1\n2,3,1,10,100,-1\n3,3,2,5,110,-1\n";
  Check(messages, "100,10,90,1\n110,5,90,1\n120,7,90,1\n");
  EXPECT_EQ(book->different_rows(), 0u);
  Check(messages, "100,10,90,1\n110,5,90,1\n110,6,90,1\n");
  EXPECT_EQ(book->different_rows(), 1u);
  Check(messages, "100,10,90,1\n99,5,90,1\n110,5,90,1\n");
  EXPECT_EQ(book->different_rows(), 2u);
}

TEST_F(LobsterOrderbookTest, ALevelAsLargeAsNumbersGoTakesNoMore) {
  Check("1,1,1,10,100,-1\n2,1,2,10,100,-1\n", "100,9223372036854775807,90,1\n100,9223372036854775807,90,1\n");
  EXPECT_EQ(book->different_rows(), 1u);
}

TEST_F(LobsterOrderbookTest, TheFileBesideIsFoundByName) {
  const std::string messages = Put(test::kLobsterMessages, {}), orderbook = Put(test::kLobsterOrderbook, {});
  EXPECT_EQ(LobsterOrderbook::PathBeside(messages), orderbook);
  EXPECT_EQ(LobsterOrderbook::PathBeside(Path("AAPL_2012-06-21_34200000_57600000_message_5.csv")), "");
  EXPECT_EQ(LobsterOrderbook::PathBeside("messages.csv"), "");
}

}  // namespace
}  // namespace tickgraph
