// The retransmission server: what it finds in a capture of two lines, and its answers byte by byte as the feed will see them.
#include "replay/retransmit_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/io/file/pcap_writer.h"
#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra.h"

namespace tickgraph {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint32_t kGroupA = 0xE9360C65u, kGroupB = 0xE9360CC9u;
constexpr uint64_t kStart = 1'710'423'000'000'000'000;
constexpr char kSession[] = "TGXA000001";

// A message is its number, as often as gives it its length.
Bytes Message(uint64_t number, uint32_t bytes = 40) {
  Bytes out(bytes, static_cast<uint8_t>(number * 7));
  StoreBe64(out.data(), number);
  return out;
}

Bytes MoldPayload(uint64_t first, uint32_t count, const char* session = kSession) {
  Bytes out(1472);
  MoldPacketBuilder builder(out.data(), 1472);
  builder.Begin(session, first);
  for (uint64_t n = first; n < first + count; ++n) EXPECT_TRUE(builder.Add(Message(n).data(), 40));
  out.resize(builder.Finish());
  return out;
}

Bytes OpraQuotes(uint32_t first, uint32_t count) {
  Bytes out(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(out.data());
  builder.Begin(first, kStart + first);
  OptionQuote quote;
  quote.key.root = Symbol::From("ABC");
  quote.key.expiration = 20240419;
  quote.key.strike_nanos = 100'000'000'000;
  quote.key.right = OptionRight::kCall;
  for (uint32_t i = 0; i < count; ++i) {
    quote.bid = {static_cast<PriceNanos>((first + i) % 50 + 1) * 10'000'000, 5, 'C'};
    EXPECT_TRUE(builder.Add(quote));
  }
  out.resize(builder.Finish());
  return out;
}

Bytes OpraControl(char type, uint32_t sequence) {
  Bytes out(kOpraMaxBlockBytes);
  OpraBlockBuilder builder(out.data());
  builder.Begin(sequence, kStart);
  EXPECT_TRUE(builder.AddControl(type));
  out.resize(builder.Finish());
  return out;
}

class RetransmitServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickgraph_retransmit_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    writer_ = PcapWriter::Create(Path(), true, &error_);
    ASSERT_TRUE(writer_) << error_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Path() const { return folder_ + "/whole.pcap"; }
  void Send(const Bytes& payload, uint64_t at_ns, uint32_t group = kGroupA, uint16_t port = 26400) {
    Bytes frame(kUdpFrameHeaderBytes + payload.size());
    std::copy(payload.begin(), payload.end(), frame.begin() + kUdpFrameHeaderBytes);
    EncodeUdpFrame({1, group, 30000, port}, static_cast<uint32_t>(payload.size()), frame.data());
    ASSERT_TRUE(writer_->Write(kStart + at_ns, frame.data(), static_cast<uint32_t>(frame.size())));
  }
  void Open(const RetransmitServerConfig& config = {}, const std::string& suffix = "") {
    if (writer_ != nullptr) {
      ASSERT_TRUE(writer_->Close(&error_)) << error_;
      writer_.reset();
    }
    server_ = RetransmitServer::Open(Path() + suffix, config, &error_);
    ASSERT_NE(server_, nullptr) << error_;
  }
  bool AskMold(uint64_t first, uint16_t count, uint64_t now_ns = kStart, const char* session = kSession) {
    uint8_t message[kMoldHeaderBytes];
    RecoveryRequest request;
    request.message = message;
    request.message_size = EncodeMoldRequest(session, first, count, message);
    return server_->Request(now_ns, request);
  }
  bool AskOpra(uint32_t first, uint32_t count, uint64_t now_ns = kStart + 1'000'000'000, uint16_t port = 45901) {
    RecoveryRequest request;
    request.is_options = true;
    request.port = port;
    request.first = first;
    request.count = count;
    return server_->Request(now_ns, request);
  }
  // The payloads of all that is due, through the frame parser.
  std::vector<Bytes> Answers() {
    std::vector<Bytes> out;
    PacketView view;
    while (server_->Poll(server_->next_due_ns() == UINT64_MAX ? UINT64_MAX - 1 : server_->next_due_ns(), &view)) {
      EXPECT_TRUE(view.recovered);
      last_stamp_ns_ = view.ts_recv_ns;
      const Frame frame = ParseFrame(view);
      EXPECT_EQ(frame.status, FrameStatus::kUdp);
      EXPECT_NE(frame.destination >> 28, 0xEu) << "an answer goes to the asker alone";
      out.emplace_back(frame.payload, frame.payload + frame.size);
    }
    return out;
  }
  static std::vector<uint64_t> NumbersIn(const Bytes& payload) {
    const MoldPacket mold = ParseMoldPacket(payload.data(), static_cast<uint32_t>(payload.size()));
    std::vector<uint64_t> out;
    EXPECT_EQ(mold.status, MoldStatus::kData);
    EXPECT_EQ(std::memcmp(mold.session, kSession, 10), 0);
    const uint64_t first = mold.sequence;
    ForEachMoldMessage(mold.blocks, first, first, first + mold.count, [&](const uint8_t* message, uint32_t size, uint64_t number) {
      EXPECT_EQ(Bytes(message, message + size), Message(number));
      out.push_back(number);
    });
    return out;
  }

  std::string folder_, error_;
  std::unique_ptr<PcapWriter> writer_;
  std::unique_ptr<RetransmitServer> server_;
  uint64_t last_stamp_ns_ = 0;
};

TEST_F(RetransmitServerTest, AnswersAMoldRequestLaterAcrossPackets) {
  for (uint64_t n = 1; n <= 50; n += 5) Send(MoldPayload(n, 5), n);
  Open();
  EXPECT_EQ(UINT64_MAX, server_->next_due_ns());
  ASSERT_TRUE(AskMold(8, 6));
  EXPECT_EQ(kStart + 500'000, server_->next_due_ns());
  PacketView view;
  EXPECT_FALSE(server_->Poll(kStart + 499'999, &view));
  const auto answers = Answers();
  ASSERT_EQ(1u, answers.size());
  EXPECT_EQ((std::vector<uint64_t>{8, 9, 10, 11, 12, 13}), NumbersIn(answers[0]));
  EXPECT_EQ(kStart + 500'000, last_stamp_ns_);
  EXPECT_EQ(UINT64_MAX, server_->next_due_ns());
}

TEST_F(RetransmitServerTest, AReplyHoldsAsManyWholeMessagesAsFit) {
  for (uint64_t n = 1; n <= 200; n += 20) Send(MoldPayload(n, 20), n);
  RetransmitServerConfig config;
  config.max_payload_bytes = 20 + 3 * 42 + 41;
  Open(config);
  std::vector<uint64_t> got;
  for (uint64_t next = 1; next <= 200; next = got.back() + 1) {
    ASSERT_TRUE(AskMold(next, 0xFFFF));
    const auto answers = Answers();
    ASSERT_EQ(1u, answers.size());
    const auto numbers = NumbersIn(answers[0]);
    ASSERT_LE(numbers.size(), 3u);
    got.insert(got.end(), numbers.begin(), numbers.end());
  }
  ASSERT_EQ(200u, got.size());
  for (uint64_t n = 1; n <= 200; ++n) EXPECT_EQ(n, got[n - 1]);
}

TEST_F(RetransmitServerTest, EachLineFillsWhatTheOtherLacks) {
  Send(MoldPayload(1, 4), 1);
  Send(MoldPayload(3, 5), 2, kGroupB);  // other boundaries
  Send(MoldPayload(12, 2), 3);
  Send(MoldPayload(8, 6), 4, kGroupB);
  Send(MoldPayload(20, 1), 5);
  Open();
  ASSERT_TRUE(AskMold(1, 30));
  auto answers = Answers();
  ASSERT_EQ(1u, answers.size());
  EXPECT_EQ((std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}), NumbersIn(answers[0]));
  ASSERT_TRUE(AskMold(15, 10));  // 15 to 19 are nowhere: the answer starts at what there is
  answers = Answers();
  ASSERT_EQ(1u, answers.size());
  EXPECT_EQ((std::vector<uint64_t>{20}), NumbersIn(answers[0]));
}

TEST_F(RetransmitServerTest, WhatItDoesNotHoldIsMetWithSilence) {
  Send(MoldPayload(10, 3), 1);
  Open();
  EXPECT_TRUE(AskMold(13, 5));
  EXPECT_TRUE(AskMold(1, 9));
  EXPECT_TRUE(AskMold(10, 3, kStart, "TGXB000001"));
  EXPECT_TRUE(AskMold(10, 0));
  EXPECT_TRUE(AskMold(UINT64_MAX, 2));
  EXPECT_TRUE(AskOpra(1, 1));
  EXPECT_TRUE(server_->Request(kStart, {}));
  EXPECT_TRUE(Answers().empty());
  EXPECT_EQ(2u, server_->counters().unanswered);
  EXPECT_EQ(5u, server_->counters().bad_requests);
}

TEST_F(RetransmitServerTest, RepublishesOpraBlocksMarkedWithTheirOwnNumbers) {
  Send(OpraControl('C', 0), 0, kGroupA, 45901);
  for (uint32_t n = 1; n <= 30; n += 3) {
    Send(OpraQuotes(n, 3), n, kGroupA, 45901);
    Send(OpraQuotes(n, 3), n + 20, kGroupB, 45901);
    Send(OpraControl('N', n + 2), n + 21, kGroupA, 45901);
  }
  Open();
  ASSERT_TRUE(AskOpra(5, 6));
  const auto answers = Answers();
  ASSERT_EQ(3u, answers.size());
  for (uint32_t i = 0; i < 3; ++i) {
    const OpraBlock block = ParseOpraBlock(answers[i].data(), static_cast<uint32_t>(answers[i].size()));
    ASSERT_TRUE(block.good) << block.problem;
    EXPECT_TRUE(block.retransmitted);
    EXPECT_EQ(4 + 3 * i, block.sequence);
    EXPECT_EQ(3u, block.count);
    EXPECT_EQ(kStart + 4 + 3 * i, block.ts_ns);
    EXPECT_EQ(kStart + 1'000'500'000, last_stamp_ns_);
  }
  ASSERT_TRUE(AskOpra(0, 1));  // start of day
  EXPECT_TRUE(Answers().empty());
}

TEST_F(RetransmitServerTest, OpraNumbersThatStartAgainAreThoseOfTheAskersTime) {
  for (const uint32_t group : {kGroupA, kGroupB}) Send(OpraQuotes(5, 2), 10, group, 45901);
  for (const uint32_t group : {kGroupA, kGroupB}) Send(OpraControl('K', 4), 1000, group, 45901);
  Send(OpraQuotes(5, 4), 2000, kGroupA, 45901);
  Open();
  ASSERT_TRUE(AskOpra(5, 1, kStart + 500));
  ASSERT_TRUE(AskOpra(5, 1, kStart + 3000));
  const auto answers = Answers();
  ASSERT_EQ(2u, answers.size());
  EXPECT_EQ(2u, ParseOpraBlock(answers[0].data(), static_cast<uint32_t>(answers[0].size())).count);
  EXPECT_EQ(4u, ParseOpraBlock(answers[1].data(), static_cast<uint32_t>(answers[1].size())).count);
}

TEST_F(RetransmitServerTest, OpraNumbersRollToOne) {
  Send(OpraQuotes(0xFFFFFFFEu, 2), 10, kGroupA, 45901);
  Send(OpraQuotes(1, 2), 20, kGroupA, 45901);
  Open();
  ASSERT_TRUE(AskOpra(0xFFFFFFFFu, 1));
  ASSERT_TRUE(AskOpra(2, 1));
  const auto answers = Answers();
  ASSERT_EQ(2u, answers.size());
  EXPECT_EQ(0xFFFFFFFEu, ParseOpraBlock(answers[0].data(), static_cast<uint32_t>(answers[0].size())).sequence);
  EXPECT_EQ(1u, ParseOpraBlock(answers[1].data(), static_cast<uint32_t>(answers[1].size())).sequence);
}

TEST_F(RetransmitServerTest, AFullQueueRefusesAndGoesOnWhenItHasRoom) {
  Send(MoldPayload(1, 8), 1);
  RetransmitServerConfig config;
  config.max_pending_requests = 3;
  Open(config);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(AskMold(1, 1));
  EXPECT_FALSE(AskMold(1, 1));
  EXPECT_EQ(1u, server_->counters().refused);
  EXPECT_EQ(3u, Answers().size());
  EXPECT_TRUE(AskMold(1, 1));
}

TEST_F(RetransmitServerTest, ACompressedCaptureAnswersAlike) {
  for (uint64_t n = 1; n <= 50; n += 5) Send(MoldPayload(n, 5), n);
  Open();
  ASSERT_EQ(std::system(("gzip -k " + Path()).c_str()), 0);
  ASSERT_TRUE(AskMold(8, 6));
  const auto plain = Answers();
  Open({}, ".gz");
  ASSERT_TRUE(AskMold(8, 6));
  EXPECT_EQ(plain, Answers());
}

TEST_F(RetransmitServerTest, ACutCaptureServesWhatItHoldsAndSaysSo) {
  for (uint64_t n = 1; n <= 50; n += 5) Send(MoldPayload(n, 5), n);
  Open();
  EXPECT_EQ("", server_->index().damage());
  std::filesystem::resize_file(Path(), std::filesystem::file_size(Path()) - 30);
  Open();
  EXPECT_NE("", server_->index().damage());
  ASSERT_TRUE(AskMold(44, 7));
  const auto answers = Answers();
  ASSERT_EQ(1u, answers.size());
  EXPECT_EQ((std::vector<uint64_t>{44, 45}), NumbersIn(answers[0]));
}

TEST_F(RetransmitServerTest, AFileWithoutNumbersIsRefusedByName) {
  Send(Bytes(30, 1), 0);
  ASSERT_TRUE(writer_->Close(&error_));
  for (const std::string& path : {Path(), folder_ + "/nothing.pcap"}) {
    EXPECT_EQ(nullptr, RetransmitServer::Open(path, {}, &error_));
    EXPECT_NE(std::string::npos, error_.find(path)) << error_;
  }
}

}  // namespace
}  // namespace tickgraph
