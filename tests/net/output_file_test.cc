// Files that appear only when whole, and places that no file may take.
#include "net/io/file/output_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/net/capture_builder.h"

namespace tickgraph {
namespace {

using test::Bytes;
using ::testing::HasSubstr;

class OutputFileTest : public test::CaptureFileTest {};

TEST_F(OutputFileTest, AppearsWhenPublishedAndReplacesAFile) {
  const std::string path = Put("a", {'o', 'l', 'd'});
  std::string error;
  {
    const auto file = OutputFile::Create(path, &error);
    ASSERT_NE(file, nullptr) << error;
    EXPECT_TRUE(file->Write("ne", 2));
    EXPECT_TRUE(file->Write("w", 1));
    EXPECT_EQ(file->size_bytes(), 3u);
    EXPECT_EQ(Get(path), (Bytes{'o', 'l', 'd'}));
    EXPECT_TRUE(file->Publish(&error)) << error;
  }
  EXPECT_EQ(Get(path), (Bytes{'n', 'e', 'w'}));
  EXPECT_TRUE(WriteOutputFile(path, "x", &error)) << error;
  EXPECT_EQ(Get(path), Bytes{'x'});
  EXPECT_FALSE(std::filesystem::exists(OutputFile::PartialName(path)));
}

TEST_F(OutputFileTest, WhatIsNotPublishedIsGone) {
  std::string error;
  (void)OutputFile::Create(Path("a"), &error)->Write("x", 1);
  EXPECT_FALSE(std::filesystem::exists(Path("a")));
  EXPECT_FALSE(std::filesystem::exists(OutputFile::PartialName(Path("a"))));
}

TEST_F(OutputFileTest, TakesThePlaceOfNoDevicePipeOrFolder) {
  std::filesystem::create_directory(Path("folder"));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/null", Path("link"));
  for (const std::string& path : {Path("folder"), Path("pipe"), Path("link"), std::string("/dev/null")}) {
    std::string error;
    EXPECT_EQ(OutputFile::Create(path, &error), nullptr) << path;
    EXPECT_EQ(error, path + " is not a regular file");
    EXPECT_FALSE(WriteOutputFile(path, "x", &error));
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_FALSE(std::filesystem::exists("/dev/null.partial"));
}

TEST_F(OutputFileTest, ReplacesWithForceAloneAndNothingButFiles) {
  std::filesystem::create_directory(Path("folder"));
  const std::string path = Put("a", {'o', 'l', 'd'});
  EXPECT_EQ(OutputFile::Problem(path, false), path + " exists; --force replaces it");
  EXPECT_EQ(OutputFile::Problem(path, true), "");
  EXPECT_EQ(OutputFile::Problem(Path("new"), false), "");
  EXPECT_EQ(OutputFile::Problem(Path("folder"), true), Path("folder") + " is not a regular file");
  EXPECT_EQ(OutputFile::Problem(Path("folder"), false), Path("folder") + " is not a regular file");
}

TEST_F(OutputFileTest, SaysWhereItCannotBeMade) {
  std::string error;
  EXPECT_EQ(OutputFile::Create(Path("no/such/folder"), &error), nullptr);
  EXPECT_THAT(error, HasSubstr("no/such/folder: cannot create: No such file"));
}

}  // namespace
}  // namespace tickgraph
