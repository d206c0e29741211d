// Plain and compressed bytes: the same stream whatever the wrapping, and damage told by the decompressed offset.
#include <gmock/gmock.h>
#include <lzma.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <random>
#include <thread>

#include "net/io/file/byte_source.h"
#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;
using test::Join;

class ByteSourceTest : public test::CaptureFileTest {};

Bytes Gzip(const Bytes& data) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&stream, data.size()) + 32);
  stream.next_in = const_cast<uint8_t*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes Xz(const Bytes& data) {
  Bytes out(lzma_stream_buffer_bound(data.size()));
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, data.data(), data.size(), out.data(), &size, out.size()), LZMA_OK);
  out.resize(size);
  return out;
}

Bytes Zstd(const Bytes& data) {
  Bytes out(ZSTD_compressBound(data.size()));
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), data.data(), data.size()));
  ZSTD_freeCCtx(context);
  return out;
}

struct Codec {
  const char* name;
  Compression compression;
  Bytes (*encode)(const Bytes&);
};
constexpr Codec kCodecs[] = {{"gzip", Compression::kGzip, Gzip}, {"xz", Compression::kXz, Xz}, {"zstd", Compression::kZstd, Zstd}};

Bytes Text(size_t size) {
  std::mt19937_64 random(3);
  Bytes out(size);
  for (uint8_t& b : out) b = static_cast<uint8_t>("abcdefgh"[random() % 8]);
  return out;
}

// The whole stream, taken in odd pieces.
Bytes Drain(ByteSource* source, size_t piece) {
  Bytes out;
  while (source->Fill(1)) {
    source->Fill(piece);
    const size_t take = std::min(piece, source->available());
    EXPECT_EQ(source->offset(), out.size());
    out.insert(out.end(), source->data(), source->data() + take);
    source->Advance(take);
  }
  return out;
}

TEST_F(ByteSourceTest, EveryWrappingGivesTheSameBytes) {
  const Bytes data = Text((size_t{9} << 20) + 12'345);
  std::string error;
  const auto plain = ByteSource::Open(Put("plain", data), &error);
  ASSERT_NE(plain, nullptr) << error;
  EXPECT_EQ(plain->compression(), Compression::kNone);
  EXPECT_TRUE(Drain(plain.get(), 300'007) == data);
  for (const Codec& codec : kCodecs) {
    const auto source = ByteSource::Open(Put(codec.name, codec.encode(data)), &error);
    ASSERT_NE(source, nullptr) << error;
    EXPECT_EQ(source->compression(), codec.compression);
    EXPECT_TRUE(Drain(source.get(), 300'007) == data) << codec.name;
    EXPECT_EQ(source->failure(), SourceFailure::kNone) << source->FailureText();
  }
}

TEST_F(ByteSourceTest, MembersOneAfterAnotherReadAsOne) {
  const Bytes a = Text(70'000), b = Text(10), both = Join({a, b});
  std::string error;
  for (const Codec& codec : kCodecs) {
    const auto source = ByteSource::Open(Put(codec.name, Join({codec.encode(a), codec.encode(b)})), &error);
    ASSERT_NE(source, nullptr) << error;
    EXPECT_TRUE(Drain(source.get(), 999) == both) << codec.name;
    EXPECT_EQ(source->failure(), SourceFailure::kNone) << source->FailureText();
  }
}

TEST_F(ByteSourceTest, EveryCutIsToldAndKeepsAPrefix) {
  const Bytes data = Text(600);
  std::string error;
  for (const Codec& codec : kCodecs) {
    const Bytes whole = codec.encode(data);
    for (size_t size = 6; size < whole.size(); ++size) {
      const auto source = ByteSource::Open(Put("cut", Bytes(whole.begin(), whole.begin() + static_cast<long>(size))), &error);
      ASSERT_NE(source, nullptr) << error;
      const Bytes got = Drain(source.get(), 100);
      EXPECT_EQ(source->failure(), SourceFailure::kCut) << codec.name << " " << size;
      EXPECT_THAT(source->FailureText(),
                  ::testing::HasSubstr(std::string(codec.name) + " data is cut short after " + std::to_string(got.size()) + " "));
      ASSERT_LE(got.size(), data.size());
      EXPECT_TRUE(std::equal(got.begin(), got.end(), data.begin()));
    }
  }
}

TEST_F(ByteSourceTest, DamageIsToldNeverPassedOn) {
  const Bytes data = Text(20'000);
  std::mt19937_64 random(5);
  std::string error;
  for (const Codec& codec : kCodecs) {
    const Bytes whole = codec.encode(data);
    int failed = 0;
    for (int round = 0; round < 300; ++round) {
      Bytes bytes = whole;
      bytes[10 + random() % (bytes.size() - 10)] ^= static_cast<uint8_t>(1u << random() % 8);
      const auto source = ByteSource::Open(Put("damaged", bytes), &error);
      ASSERT_NE(source, nullptr) << error;
      const Bytes got = Drain(source.get(), 5000);
      // A bit that means nothing (a reserved or unused one) may change without harm; changed bytes must not read as good.
      if (source->failure() == SourceFailure::kNone) {
        EXPECT_TRUE(got == data) << codec.name << " round " << round;
      } else {
        ++failed;
      }
    }
    EXPECT_GT(failed, 280) << codec.name;
  }
}

TEST_F(ByteSourceTest, ReadsAPipe) {
  const Bytes data = Text(200'000);
  for (const Bytes& bytes : {data, Gzip(data)}) {
    const std::string path = Path("pipe");
    std::filesystem::remove(path);
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    std::thread writer([&] {
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    });
    std::string error;
    const auto source = ByteSource::Open(path, &error);
    ASSERT_NE(source, nullptr) << error;
    EXPECT_TRUE(Drain(source.get(), 4321) == data);
    EXPECT_EQ(source->failure(), SourceFailure::kNone);
    writer.join();
  }
}

TEST_F(ByteSourceTest, SkipsPastTheWindow) {
  const Bytes data = Text(size_t{6} << 20);
  std::string error;
  for (const Bytes& bytes : {data, Zstd(data)}) {
    const auto source = ByteSource::Open(Put("skip", bytes), &error);
    ASSERT_NE(source, nullptr) << error;
    ASSERT_TRUE(source->Skip((size_t{5} << 20) + 3));
    ASSERT_TRUE(source->Fill(8));
    EXPECT_EQ(source->offset(), (size_t{5} << 20) + 3);
    EXPECT_TRUE(std::equal(source->data(), source->data() + 8, data.begin() + (5 << 20) + 3));
    EXPECT_FALSE(source->Skip(size_t{2} << 20));
  }
}

TEST_F(ByteSourceTest, NamesWhyAFileCannotBeOpened) {
  std::string error;
  EXPECT_EQ(ByteSource::Open(Path("absent"), &error), nullptr);
  EXPECT_EQ(error, Path("absent") + ": cannot open: No such file or directory");
  EXPECT_EQ(ByteSource::Open(Path("."), &error), nullptr);
  EXPECT_THAT(error, ::testing::HasSubstr("is a folder"));
  if (geteuid() != 0) {
    const std::string path = Put("secret", Text(5));
    ASSERT_EQ(chmod(path.c_str(), 0), 0);
    EXPECT_EQ(ByteSource::Open(path, &error), nullptr);
    EXPECT_THAT(error, ::testing::HasSubstr("Permission denied"));
  }
}

TEST_F(ByteSourceTest, ACutCompressedCaptureNamesRecordAndStream) {
  Bytes capture = test::PcapHeader(false, true);
  for (uint32_t i = 0; i < 400; ++i) capture = Join({capture, test::PcapRecord(false, i, i, Text(84))});
  Bytes bytes = Gzip(capture);
  bytes.resize(bytes.size() / 2);
  const test::ReadCapture got = test::ReadAll(Put("half.gz", bytes));
  ASSERT_TRUE(got.damage.has_value());
  EXPECT_TRUE(got.damage->truncated);
  EXPECT_EQ(got.damage->offset, 24 + got.packets.size() * 100);
  EXPECT_THAT(got.damage_text, ::testing::HasSubstr("gzip data is cut short after"));
  // The check sum is behind the last packet: all packets are there, and the capture still is not whole.
  bytes = Gzip(capture);
  bytes[bytes.size() - 6] ^= 1;
  const test::ReadCapture sum = test::ReadAll(Put("sum.gz", bytes));
  EXPECT_EQ(sum.packets.size(), 400u);
  ASSERT_TRUE(sum.damage.has_value());
  EXPECT_EQ(sum.damage->offset, capture.size());
  EXPECT_FALSE(sum.damage->truncated);
}

}  // namespace
}  // namespace tickgraph
