// Zip archives made byte by byte after the specification's tables, whole, cut at every length and with every byte changed, and a real one.
#include "net/io/file/zip_archive.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tickgraph {
namespace {

template <class T>
void Put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
}

struct File {
  std::string name, text;
  bool deflated;
};

std::string Deflated(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Archive(const std::vector<File>& files, size_t* directory = nullptr) {
  std::string out, central;
  for (const File& file : files) {
    const std::string data = file.deflated ? Deflated(file.text) : file.text;
    const auto crc = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(file.text.data()), static_cast<uInt>(file.text.size())));
    const auto offset = static_cast<uint32_t>(out.size());
    const auto both = [&](std::string& to) {  // what the two headers share: from the version to the lengths
      Put<uint16_t>(to, 20);
      Put<uint16_t>(to, 0);
      Put<uint16_t>(to, file.deflated ? 8 : 0);
      Put<uint32_t>(to, 0);
      Put<uint32_t>(to, crc);
      Put<uint32_t>(to, static_cast<uint32_t>(data.size()));
      Put<uint32_t>(to, static_cast<uint32_t>(file.text.size()));
      Put<uint16_t>(to, static_cast<uint16_t>(file.name.size()));
      Put<uint16_t>(to, 0);
    };
    out += "PK\x03\x04";
    both(out);
    out += file.name + data;
    central += "PK\x01\x02";
    Put<uint16_t>(central, 20);
    both(central);
    Put<uint16_t>(central, 0);
    Put<uint32_t>(central, 0);
    Put<uint32_t>(central, 0);
    Put<uint32_t>(central, offset);
    central += file.name;
  }
  const size_t at = out.size();
  if (directory != nullptr) *directory = at;
  out += central + "PK\x05\x06";
  Put<uint32_t>(out, 0);
  Put<uint16_t>(out, static_cast<uint16_t>(files.size()));
  Put<uint16_t>(out, static_cast<uint16_t>(files.size()));
  Put<uint32_t>(out, static_cast<uint32_t>(central.size()));
  Put<uint32_t>(out, static_cast<uint32_t>(at));
  Put<uint16_t>(out, 0);
  return out;
}

class ZipArchiveTest : public ::testing::Test {
 protected:
  ~ZipArchiveTest() override { std::filesystem::remove(path_); }
  std::unique_ptr<ZipArchive> Open(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return ZipArchive::Open(path_, &error_);
  }
  std::string path_ = (std::filesystem::temp_directory_path() / ("tickgraph-zip-" + std::to_string(getpid()))).string();
  std::string error_;
};

std::string Lines() {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i * 7919) + ",some,cells\n";
  return text;
}

TEST_F(ZipArchiveTest, ReadsStoredAndDeflatedFiles) {
  const auto zip = Open(Archive({{"a.csv", Lines(), true}, {"folder/", "", false}, {"folder/b.txt", "as it is", false}, {"c", "", true}}));
  ASSERT_NE(zip, nullptr) << error_;
  ASSERT_EQ(zip->entries().size(), 4u);
  EXPECT_EQ(zip->damage(), "");
  std::string problem;
  EXPECT_EQ(zip->entries()[0].name, "a.csv");
  EXPECT_EQ(zip->Contents(zip->entries()[0], &problem), Lines());
  EXPECT_EQ(problem, "");
  EXPECT_EQ(zip->Contents(zip->entries()[2], &problem), "as it is");
  EXPECT_EQ(problem, "");
  EXPECT_EQ(zip->Contents(zip->entries()[3], &problem), "");
  EXPECT_EQ(problem, "");
}

TEST_F(ZipArchiveTest, ACutArchiveGivesWhatStandsBeforeTheCut) {
  size_t directory = 0;
  const std::string whole = Archive({{"a.csv", Lines(), true}, {"b.csv", Lines(), false}}, &directory);
  size_t longest = 0;
  for (size_t size = 0; size < whole.size(); size += size < 64 || size + 200 > whole.size() ? 1 : 37) {
    const auto zip = Open(whole.substr(0, size));
    if (size < 4) {
      EXPECT_EQ(zip, nullptr);
      continue;
    }
    ASSERT_NE(zip, nullptr) << size;
    EXPECT_NE(zip->damage(), "") << size;
    EXPECT_EQ(zip->entries().size() == 2, size >= directory - Lines().size()) << size;
    if (zip->entries().empty()) continue;
    std::string problem;
    const std::string text = zip->Contents(zip->entries()[0], &problem);
    EXPECT_EQ(text, Lines().substr(0, text.size())) << size;
    EXPECT_TRUE(!problem.empty() || text.size() == Lines().size()) << size;
    EXPECT_GE(text.size(), longest);
    longest = text.size();
  }
  EXPECT_EQ(longest, Lines().size());
}

TEST_F(ZipArchiveTest, AChangedByteIsNeverTakenForContents) {
  const std::string whole = Archive({{"a.csv", Lines(), true}});
  for (size_t at = 0; at < whole.size(); at += at < 40 || at + 90 > whole.size() ? 1 : 13) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    const auto zip = Open(bytes);
    if (zip == nullptr) continue;
    for (const ZipEntry& entry : zip->entries()) {
      std::string problem;
      const std::string text = zip->Contents(entry, &problem);
      EXPECT_TRUE(!problem.empty() || !zip->damage().empty() || text == Lines()) << at;
    }
  }
}

TEST_F(ZipArchiveTest, NamesWhatItCannotRead) {
  std::string bytes = Archive({{"a", "text", false}});
  bytes[6] = 1;  // encrypted
  std::string problem;
  auto zip = Open(bytes);
  ASSERT_NE(zip, nullptr);
  EXPECT_EQ(zip->Contents(zip->entries()[0], &problem), "");
  EXPECT_EQ(problem, "it is encrypted");
  bytes = Archive({{"a", "text", false}});
  bytes[8] = 14;
  zip = Open(bytes);
  ASSERT_NE(zip, nullptr);
  EXPECT_EQ(zip->Contents(zip->entries()[0], &problem), "");
  EXPECT_EQ(problem, "compressed by method 14");
  EXPECT_EQ(Open("no archive"), nullptr);
  EXPECT_NE(error_.find("not a zip archive"), std::string::npos);
  EXPECT_EQ(ZipArchive::Open("/no/such/file.zip", &error_), nullptr);
  EXPECT_NE(error_.find("/no/such/file.zip"), std::string::npos);
}

TEST_F(ZipArchiveTest, ReadsARealArchive) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::string path =
      (folder != nullptr ? folder : TICKGRAPH_SOURCE_DIR "/../shared/data") + std::string("/equity_quotes/aig_20131007_quote.zip");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const auto zip = ZipArchive::Open(path, &error_);
  ASSERT_NE(zip, nullptr) << error_;
  ASSERT_EQ(zip->entries().size(), 1u);
  EXPECT_EQ(zip->entries()[0].name, "20131007_aig_Quote_Tick.csv");
  std::string problem;
  const std::string text = zip->Contents(zip->entries()[0], &problem);
  EXPECT_EQ(problem, "");
  EXPECT_EQ(text.size(), 33'118'387u);
  EXPECT_EQ(text.substr(0, 30), "14400152,0,0,494100,300,Q,1,0\n");
}

}  // namespace
}  // namespace tickgraph
