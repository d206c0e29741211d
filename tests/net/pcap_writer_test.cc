// The pcap writer: what it writes reads back, its digest is that of the file, and a file appears only when whole.
#include "net/io/file/pcap_writer.h"

#include <gmock/gmock.h>

#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;

class PcapWriterTest : public test::CaptureFileTest {};

std::string DigestOf(const std::string& text) {
  Sha256 digest;
  digest.Update(text.data(), text.size());
  return digest.HexDigest();
}

// FIPS 180-4 examples (NIST, "Secure Hash Standard: Examples with Intermediate Values").
TEST(Sha256Test, MatchesThePublishedExamples) {
  EXPECT_EQ(DigestOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(DigestOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(DigestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(DigestOf(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 31);
  for (size_t piece = 1; piece < 200; piece += 7) {
    Sha256 digest;
    for (size_t at = 0; at < text.size(); at += piece) digest.Update(text.data() + at, std::min(piece, text.size() - at));
    EXPECT_EQ(digest.HexDigest(), DigestOf(text)) << piece;
  }
}

TEST_F(PcapWriterTest, WritesTheBytesOfTheFormat) {
  for (const bool nanoseconds : {false, true}) {
    std::string error;
    const auto writer = PcapWriter::Create(Path("a.pcap"), nanoseconds, &error);
    ASSERT_NE(writer, nullptr) << error;
    const Bytes frame = {1, 2, 3, 4, 5};
    EXPECT_TRUE(writer->Write(1577716200'123456789, frame.data(), 5));
    EXPECT_TRUE(writer->Write(1577716201'000000999, frame.data(), 3));
    EXPECT_FALSE(std::filesystem::exists(Path("a.pcap")));
    ASSERT_TRUE(writer->Close(&error)) << error;
    // thiszone, sigfigs 0; snapshot length 262,144.
    Bytes header = test::PcapHeader(false, nanoseconds);
    header[16] = 0, header[17] = 0, header[18] = 4;
    const Bytes expected = test::Join({header, test::PcapRecord(false, 1577716200, nanoseconds ? 123456789 : 123456, frame),
                                       test::PcapRecord(false, 1577716201, nanoseconds ? 999 : 0, {1, 2, 3})});
    const Bytes got = Get(Path("a.pcap"));
    EXPECT_EQ(got, expected);
    EXPECT_EQ(writer->size_bytes(), expected.size());
    EXPECT_EQ(writer->packet_count(), 2u);
    EXPECT_EQ(writer->sha256(), DigestOf(std::string(got.begin(), got.end())));
    EXPECT_FALSE(std::filesystem::exists(Path("a.pcap.partial")));
    std::filesystem::remove(Path("a.pcap"));
  }
}

TEST_F(PcapWriterTest, ReadsBackPastItsBuffer) {
  std::string error;
  const auto writer = PcapWriter::Create(Path("a.pcap"), true, &error);
  ASSERT_NE(writer, nullptr) << error;
  Bytes frame(262'144);
  for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<uint8_t>(i * 13);
  for (uint32_t size = 0; size <= 262'144; size += 4096) ASSERT_TRUE(writer->Write(size, frame.data(), size));
  ASSERT_TRUE(writer->Close(&error)) << error;
  const auto got = test::ReadAll(Path("a.pcap"));
  ASSERT_EQ(got.packets.size(), 65u);
  for (uint32_t i = 0; i < 65; ++i) {
    EXPECT_EQ(got.packets[i].ts_ns, i * 4096u);
    EXPECT_TRUE(got.packets[i].data == Bytes(frame.begin(), frame.begin() + i * 4096));
  }
}

TEST_F(PcapWriterTest, AnUnfinishedFileLeavesNothingAndTouchesNothing) {
  const std::string path = Put("a.pcap", {'m', 'i', 'n', 'e'});
  std::string error;
  {
    const auto writer = PcapWriter::Create(path, true, &error);
    ASSERT_NE(writer, nullptr) << error;
    writer->Write(1, reinterpret_cast<const uint8_t*>("x"), 1);
  }
  EXPECT_EQ(Get(path), (Bytes{'m', 'i', 'n', 'e'}));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST_F(PcapWriterTest, TellsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is absent";
  std::filesystem::create_symlink("/dev/full", Path("a.pcap.partial"));
  std::string error;
  const auto writer = PcapWriter::Create(Path("a.pcap"), true, &error);
  ASSERT_NE(writer, nullptr) << error;
  const Bytes frame(60'000, 1);
  bool good = true;
  for (int i = 0; i < 40; ++i) good = writer->Write(1, frame.data(), static_cast<uint32_t>(frame.size()));
  EXPECT_FALSE(good);
  EXPECT_FALSE(writer->Close(&error));
  EXPECT_THAT(error, ::testing::AllOf(::testing::HasSubstr("a.pcap"), ::testing::HasSubstr("No space left on device")));
  EXPECT_FALSE(std::filesystem::exists(Path("a.pcap")));
}

TEST_F(PcapWriterTest, RefusesAFrameNoReaderWouldTake) {
  std::string error;
  const auto writer = PcapWriter::Create(Path("a.pcap"), true, &error);
  ASSERT_NE(writer, nullptr) << error;
  const Bytes frame(262'145, 1);
  EXPECT_FALSE(writer->Write(1, frame.data(), 262'145));
  EXPECT_FALSE(writer->Close(&error));
  EXPECT_THAT(error, ::testing::HasSubstr("packet 1 has 262145 bytes"));
  EXPECT_EQ(PcapWriter::Create(Path("no/such/folder/a.pcap"), true, &error), nullptr);
  EXPECT_THAT(error, ::testing::HasSubstr("cannot create"));
}

}  // namespace
}  // namespace tickgraph
