// Hostile records and lines through the whole feed into books: every byte of a row of good ones changed, with what is good around it. No
// book may break, and each line or record is a message, a copy, bad or nothing, once.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/net/market_recorder.h"
#include "tests/net/proto_test_util.h"

namespace tickgraph {
namespace {

class BadRecordsTest : public testing::Test {
 protected:
  void Begin() {
    config_.reorder_slots = config_.reorder_slots_per_stream = 16;
    config_.max_listed = 64;
    config_.queued_updates = 64;
    config_.queued_levels = 256;
    feed_ = std::make_unique<FeedHandler<MarketRecorder>>(config_);
  }
  void Send(const Bytes& bytes, PacketLayer layer) {
    PacketView view;
    view.data = bytes.data();
    view.size = view.original_size = static_cast<uint32_t>(bytes.size());
    view.ts_recv_ns = 1'700'000'000'000'000'000 + ++number_;
    view.number = number_;
    view.layer = layer;
    feed_->OnPacket(view, market_);
  }
  // All of `good`, with each byte of each changed in turn.
  void SendChanged(const std::vector<Bytes>& good, PacketLayer layer, int step) {
    for (size_t victim = 0; victim < good.size(); ++victim) {
      for (size_t at = 0; at < good[victim].size(); ++at) {
        for (int value = static_cast<int>(at) % step; value < 256; value += step) {
          Bytes changed = good[victim];
          changed[at] = static_cast<uint8_t>(value);
          Send(changed, layer);
        }
      }
      Send(Bytes(good[victim].begin(), good[victim].begin() + static_cast<std::ptrdiff_t>(good[victim].size() / 2)), layer);
      for (const Bytes& whole : good) Send(whole, layer);
    }
    feed_->Finish(feed_->session_time_ns(), market_);
  }
  void CheckBooks() const {
    ASSERT_GT(market_.instruments.size(), 0u);
    for (InstrumentIndex i = 0; i < market_.instruments.size(); ++i) EXPECT_TRUE(market_.books.CheckInvariants(i)) << i;
  }

  FeedConfig config_;
  MarketRecorder market_;
  std::unique_ptr<FeedHandler<MarketRecorder>> feed_;
  uint64_t number_ = 0;
};

TEST_F(BadRecordsTest, JsonLines) {
  config_.json = true;
  Begin();
  const char* const lines[] = {
      R"(1723161253937085768 {"lastUpdateId":100,"bids":[["10.5","1"],["10.4","2"]],"asks":[["10.6","1"]]})",
      R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":101,"u":103,"b":[["10.5","0"]],"a":[["10.7","3"]]}})",
      R"({"e":"depthUpdate","E":1,"T":2,"s":"BTCUSDT","U":10,"u":20,"pu":7,"b":[["10.1","1"]],"a":[["1.5","2"]]})",
      R"({"u":4,"s":"ETHUSDT","b":"25.3519","B":"31.21","a":"25.3652","A":"40.66"})",
      R"({"type":"snapshot","product_id":"BTC-USD","bids":[["10.1","0.45"]],"asks":[["10.5","0.57"]]})",
      R"({"type":"l2update","product_id":"BTC-USD","time":"2019-08-14T20:42:27.265Z","changes":[["buy","10.2","0.16"]]})",
      R"({"type":"match","trade_id":28,"side":"sell","size":"9","price":"10.2","product_id":"BTC-USD","time":"2021-04-17T16:43:37.08Z"})",
      R"({"channel":"l2_data","sequence_num":4,"events":[{"type":"snapshot","product_id":"SOL-USD","updates":[)"
      R"({"side":"bid","price_level":"78.05","new_quantity":"0.04"},{"side":"offer","price_level":"78.06","new_quantity":"1"}]}]})",
  };
  std::vector<Bytes> good;
  for (const std::string line : lines) good.emplace_back(line.begin(), line.end());
  SendChanged(good, PacketLayer::kJsonLine, 7);
  CheckBooks();
  const FeedCounters counters = feed_->counters();
  EXPECT_GT(counters.messages, 1000u);
  EXPECT_GT(counters.bad_messages, 1000u);
  EXPECT_LE(counters.messages + counters.bad_messages + counters.duplicates, number_);
  EXPECT_EQ(market_.messages, counters.messages + counters.duplicates);
}

// Orders of every action, then a record of every other type of random bytes.
TEST_F(BadRecordsTest, DatabentoRecords) {
  DbnMetadata metadata;
  metadata.version = 3;
  config_.dbn = &metadata;
  Begin();
  std::mt19937_64 random(4);
  std::vector<Bytes> good;
  const auto add = [&](uint8_t rtype) -> Bytes& {
    Bytes record(DbnRecordBytes(rtype, 3));
    for (uint8_t& byte : record) byte = static_cast<uint8_t>(random());
    record[0] = static_cast<uint8_t>(record.size() / 4);
    record[1] = rtype;
    StoreLe<uint16_t>(&record[2], 2);
    StoreLe<uint32_t>(&record[4], 5);
    return good.emplace_back(std::move(record));
  };
  for (const char action : std::string("RAAMTFNCA")) {
    Bytes& record = add(0xA0);
    StoreLe<uint64_t>(&record[16], 1 + good.size() / 4);
    StoreLe<int64_t>(&record[24], 10'000'000'000 + static_cast<int64_t>(good.size()));
    StoreLe<uint32_t>(&record[32], 10);
    record[36] = good.size() % 2 == 0 ? kDbnLast : 0;
    record[38] = static_cast<uint8_t>(action);
    record[39] = good.size() % 3 == 0 ? 'A' : 'B';
  }
  for (const uint8_t rtype : {0x00, 0x01, 0x0A, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0xB1, 0xC0, 0xC2, 0xC4}) add(rtype);
  SendChanged(good, PacketLayer::kDbnRecord, 11);
  CheckBooks();
  const FeedCounters counters = feed_->counters();
  EXPECT_EQ(counters.messages + counters.bad_messages + counters.unknown_types, number_);
  EXPECT_EQ(market_.messages, number_);
  EXPECT_GT(counters.bad_messages, 100u);
}

TEST_F(BadRecordsTest, LobsterRows) {
  LobsterFile file;
  config_.lobster = &file;
  config_.date = 20120621;
  Begin();
  std::vector<Bytes> good;
  for (const std::string line : {"34200.5,1,11,100,1000000,1", "34201,1,12,50,1010000,-1", "34202,2,11,20,1000000,1",
                                 "34203,4,12,30,1010000,-1", "34204,5,0,10,1005000,-1", "34206,7,0,0,-1,-1", "34209,3,11,80,1000000,1"})
    good.emplace_back(line.begin(), line.end());
  SendChanged(good, PacketLayer::kLobsterRow, 1);
  CheckBooks();
  const FeedCounters counters = feed_->counters();
  EXPECT_EQ(counters.messages + counters.bad_messages, number_);
  EXPECT_GT(counters.messages, 1000u);
  EXPECT_GT(counters.bad_messages, 10'000u);
}

}  // namespace
}  // namespace tickgraph
