// Counting a capture of JSON lines or records: each venue's own rule of what must follow what, malformed lines, and what is no message.
#include <gtest/gtest.h>

#include <string>

#include "net/io/file_player.h"
#include "tests/net/capture_builder.h"
#include "tools/inspect_records.h"

namespace tickgraph {
namespace {

class RecordInspectorTest : public test::CaptureFileTest {
 protected:
  void Inspect(const std::string& text) {
    std::string error;
    player_ = FilePlayer::Open(Put("capture.jsonl", test::Bytes(text.begin(), text.end())), &error);
    ASSERT_NE(player_, nullptr) << error;
    ASSERT_TRUE(IsRecordCapture(player_->format()));
    inspector = std::make_unique<RecordInspector>(player_->reader());
    while (true) {
      const PacketBurst burst = player_->Poll();
      if (burst.count == 0) break;
      for (uint32_t i = 0; i < burst.count; ++i) inspector->Add(burst.packets[i]);
    }
    gaps.clear();
    for (const auto& [name, stream] : inspector->streams()) {
      stream.ForEachGap([&](const SequenceRange& hole) { gaps.emplace_back(hole.from, hole.end - 1); });
    }
  }
  [[nodiscard]] uint64_t Count(const std::string& protocol, const std::string& type) const {
    const auto types = inspector->by_type.find(protocol);
    if (types == inspector->by_type.end()) return 0;
    const auto found = types->second.find(type);
    return found == types->second.end() ? 0 : found->second;
  }
  std::unique_ptr<RecordInspector> inspector;
  std::vector<std::pair<uint64_t, uint64_t>> gaps;

 private:
  std::unique_ptr<FilePlayer> player_;
};

using Gaps = std::vector<std::pair<uint64_t, uint64_t>>;

std::string Depth(uint64_t first, uint64_t last, const std::string& more = "") {
  return R"({"e":"depthUpdate","s":"X","U":)" + std::to_string(first) + ",\"u\":" + std::to_string(last) + more + R"(,"b":[],"a":[]})" +
         "\n";
}
std::string Previous(uint64_t number) { return ",\"pu\":" + std::to_string(number); }
std::string Match(const char* type, uint64_t id) {
  return R"({"type":")" + std::string(type) + R"(","product_id":"A-B","trade_id":)" + std::to_string(id) +
         R"(,"side":"buy","price":"1","size":"1"})" + "\n";
}
std::string Frame(uint64_t number) {
  return R"({"channel":"heartbeats","sequence_num":)" + std::to_string(number) + R"(,"events":[]})" + "\n";
}

TEST_F(RecordInspectorTest, SpotFollowsItsOwnNumbersAndFuturesThePrevious) {
  Inspect(Depth(10, 12) + Depth(13, 13) + Depth(16, 20) + Depth(13, 13) + Depth(21, 25));
  EXPECT_EQ(gaps, (Gaps{{14, 15}}));
  EXPECT_EQ(inspector->messages, 4u);
  EXPECT_EQ(inspector->duplicates(), 1u);
  // U is not the previous u + 1 here, and nothing is missing.
  Inspect(Depth(100, 120, Previous(90)) + Depth(125, 130, Previous(120)) + Depth(140, 150, Previous(130)));
  EXPECT_TRUE(gaps.empty());
  Inspect(Depth(100, 120, Previous(90)) + Depth(140, 150, Previous(130)));
  EXPECT_EQ(gaps, (Gaps{{121, 130}}));
  // The same symbol on both venues is two streams.
  Inspect(Depth(10, 12) + Depth(1000, 1200, Previous(900)) + Depth(13, 14) + Depth(1300, 1400, Previous(1200)));
  EXPECT_TRUE(gaps.empty());
  EXPECT_EQ(inspector->streams().size(), 2u);
}

TEST_F(RecordInspectorTest, CoinbaseTradesAndFrames) {
  Inspect(Match("last_match", 7) + Match("match", 8) + Match("match", 10));
  EXPECT_EQ(gaps, (Gaps{{9, 9}}));
  EXPECT_EQ(Count("coinbase", "match"), 2u);
  EXPECT_EQ(Count("coinbase", "last_match"), 1u);
  Inspect(Frame(3) + Frame(4) + Frame(6) + Frame(0) + Frame(1));
  EXPECT_EQ(gaps, (Gaps{{5, 5}}));
  EXPECT_EQ(inspector->streams().size(), 2u);
  EXPECT_EQ(Count("coinbase-advanced", "heartbeats"), 5u);
}

TEST_F(RecordInspectorTest, MalformedLinesAreNamedAndHeadersAreNot) {
  Inspect(
      "wss://host <-> 1618677816.84\nwss://host <- 1618677817.02: {\"type\":\"subscribe\"}\n\n1618677817.1: "
      "{\"type\":\"subscriptions\"}\n" +
      Match("match", 1) + "{\"type\":\"match\",\"product_id\":\n" + Match("match", 2) + "garbage\n" + Match("match", 3));
  EXPECT_EQ(inspector->messages, 3u);
  EXPECT_EQ(inspector->other_lines, 4u);
  EXPECT_EQ(inspector->bad_messages, 2u);
  ASSERT_TRUE(inspector->first_bad.has_value());
  EXPECT_EQ(inspector->first_bad->number, 6u);
  EXPECT_FALSE(inspector->last_bad_line_offset.has_value());
  const std::string whole = Match("match", 1) + Match("match", 2);
  Inspect(whole.substr(0, whole.size() - 5));
  EXPECT_EQ(inspector->messages, 1u);
  EXPECT_EQ(inspector->last_bad_line_offset, Match("match", 1).size());
}

TEST_F(RecordInspectorTest, LinesOfEveryLength) {
  std::string text;
  for (const size_t size : {size_t{10}, size_t{1} << 20, (size_t{1} << 20) + 17, size_t{5} << 20, size_t{17} << 20}) {
    text += R"({"type":"status","product_id":"A","text":")" + std::string(size, 'x') + "\"}\n" + Match("match", size);
  }
  Inspect(text);
  EXPECT_EQ(Count("coinbase", "status"), 4u);
  EXPECT_EQ(Count("coinbase", "match"), 5u);
  EXPECT_EQ(inspector->bad_messages, 1u);
  EXPECT_STREQ(inspector->first_bad->reason, Name(JsonStatus::kTooLong));
}

TEST_F(RecordInspectorTest, OtherTextsAreNoCapture) {
  std::string error;
  for (const std::string text : {"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a,b,c\n1,2,3\n", "12 {x\n", "hello {\"a\":1}\n"}) {
    EXPECT_EQ(CaptureReader::Open(Put("other.txt", test::Bytes(text.begin(), text.end())), &error), nullptr) << text;
    EXPECT_NE(error.find("not a capture"), std::string::npos);
  }
}

}  // namespace
}  // namespace tickgraph
