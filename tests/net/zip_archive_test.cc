// Zip archives: one made by hand from the specification's layout, cut and flipped at every byte, and those of captured quotes.
#include "net/io/file/zip_archive.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tickgraph {
namespace {

using ::testing::HasSubstr;

void Put16(std::string& out, uint32_t value) { out += {static_cast<char>(value), static_cast<char>(value >> 8)}; }
void Put32(std::string& out, uint32_t value) {
  Put16(out, value);
  Put16(out, value >> 16);
}

// One stored file; with `wide` its sizes stand in the 64-bit extra field.
std::string MakeZip(const std::string& name, const std::string& text, bool wide) {
  const auto checksum = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
  const auto size = static_cast<uint32_t>(text.size());
  std::string extra;
  if (wide) {
    Put16(extra, 1), Put16(extra, 16);
    for (int i = 0; i < 2; ++i) Put32(extra, size), Put32(extra, 0);
  }
  const auto common = [&](std::string& out) {
    Put16(out, 20), Put16(out, 0), Put16(out, 0), Put32(out, 0), Put32(out, checksum);
    Put32(out, wide ? 0xFFFFFFFF : size), Put32(out, wide ? 0xFFFFFFFF : size);
    Put16(out, static_cast<uint32_t>(name.size())), Put16(out, static_cast<uint32_t>(extra.size()));
  };
  std::string zip = "PK\3\4";
  common(zip);
  zip += name + extra + text;
  const auto directory = static_cast<uint32_t>(zip.size());
  zip += std::string("PK\1\2") + std::string(2, '\0');
  common(zip);
  zip += std::string(14, '\0') + name + extra;
  zip[directory + 42] = 0;
  const auto length = static_cast<uint32_t>(zip.size()) - directory;
  zip += std::string("PK\5\6") + std::string(4, '\0');
  Put16(zip, 1), Put16(zip, 1), Put32(zip, length), Put32(zip, directory), Put16(zip, 0);
  return zip;
}

TEST(ZipArchiveTest, ReadsAStoredFileAndWideSizes) {
  for (const bool wide : {false, true}) {
    std::string error, text;
    const auto zip = ZipArchive::FromBytes("x.zip", MakeZip("quotes.csv", "1,2,3\n", wide), &error);
    ASSERT_NE(zip, nullptr) << error;
    ASSERT_EQ(zip->entries().size(), 1u);
    EXPECT_EQ(zip->entries()[0].name, "quotes.csv");
    EXPECT_TRUE(zip->Read(zip->entries()[0], &text, &error)) << error;
    EXPECT_EQ(text, "1,2,3\n");
  }
}

TEST(ZipArchiveTest, DamageIsNamedAndNeverRead) {
  const std::string whole = MakeZip("quotes.csv", "1,2,3\n", true);
  std::string error, text;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(ZipArchive::FromBytes("x.zip", whole.substr(0, length), &error), nullptr) << length;
    EXPECT_THAT(error, HasSubstr("x.zip: "));
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const char bits : {'\x01', '\x80', '\xFF'}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ bits);
      const auto zip = ZipArchive::FromBytes("x.zip", damaged, &error);
      if (zip == nullptr) continue;
      for (const ZipArchive::Entry& entry : zip->entries()) {
        if (zip->Read(entry, &text, &error)) {
          EXPECT_EQ(text, "1,2,3\n") << at;
        }
      }
    }
  }
}

TEST(ZipArchiveTest, CapturedArchivesAreWhole) {
  const char* folder = std::getenv("TICKGRAPH_DATA");
  const std::filesystem::path data = folder != nullptr ? folder : std::filesystem::path(TICKGRAPH_SOURCE_DIR) / "../shared/data";
  if (!std::filesystem::exists(data / "options")) GTEST_SKIP() << "no captured data in " << data;
  for (const auto& [name, count] :
       {std::pair{"goog_20151224_quote_american.zip", 2192u}, std::pair{"goog_20151224_underlying_quote.zip", 1u}}) {
    std::string error, text;
    EXPECT_TRUE(ZipArchive::IsZip((data / "options" / name).string()));
    const auto zip = ZipArchive::Open((data / "options" / name).string(), &error);
    ASSERT_NE(zip, nullptr) << error;
    EXPECT_EQ(zip->entries().size(), count);
    for (const ZipArchive::Entry& entry : zip->entries()) ASSERT_TRUE(zip->Read(entry, &text, &error)) << error;
  }
}

}  // namespace
}  // namespace tickgraph
