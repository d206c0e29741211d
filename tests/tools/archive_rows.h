// The rows of two archives, held against each other.
#pragma once

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include <memory>
#include <string>

#include "tests/tools/replay_run.h"

namespace tickgraph {

inline std::shared_ptr<arrow::Table> ReadTable(const std::string& file) {
  const auto in = arrow::io::ReadableFile::Open(file);
  if (!in.ok()) return nullptr;
  auto reader = parquet::arrow::OpenFile(*in, arrow::default_memory_pool());
  if (!reader.ok()) return nullptr;
  const auto table = (*reader)->ReadTable();
  return table.ok() ? *table : nullptr;
}

// The same files with the same rows.
inline void ExpectEqualTables(const std::string& folder, const std::string& expected, size_t least_files = 20) {
  const auto got = ArchiveFiles(folder), want = ArchiveFiles(expected);
  EXPECT_GT(want.size(), least_files);
  ASSERT_EQ(got.size(), want.size());
  for (const auto& [path, file] : want) {
    ASSERT_TRUE(got.count(path)) << path;
    const auto a = ReadTable(got.at(path)), b = ReadTable(file);
    ASSERT_TRUE(a != nullptr && b != nullptr) << path;
    EXPECT_TRUE(a->Equals(*b)) << path;
  }
}

}  // namespace tickgraph
