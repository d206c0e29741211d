// Each file holds one product in order of sequence, so sorting is putting files one after the other.
#include "cold/flatten.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "cold/archive_names.h"
#include "cold/column.h"
#include "cold/encoder.h"
#include "cold/segment.h"

namespace tickgraph {
namespace {

struct Part {
  std::string product;
  uint64_t first = 0, last = 0;
  std::string path;
};

absl::StatusOr<std::shared_ptr<arrow::Table>> ReadPart(const std::string& path) {
  auto file = arrow::io::ReadableFile::Open(path);
  if (!file.ok()) return FromArrow(file.status());
  auto reader = parquet::arrow::OpenFile(*file, arrow::default_memory_pool());
  if (!reader.ok()) return FromArrow(reader.status());
  auto table = (*reader)->ReadTable();
  if (!table.ok()) return FromArrow(table.status());
  return *std::move(table);
}

absl::StatusOr<std::shared_ptr<arrow::Table>> WithProduct(const arrow::Table& table, const std::string& product) {
  const std::string text = ToUtf8(product);
  auto column = product.empty() ? arrow::MakeArrayOfNull(arrow::utf8(), table.num_rows())
                                : arrow::MakeArrayFromScalar(arrow::StringScalar(text), table.num_rows());
  if (!column.ok()) return FromArrow(column.status());
  constexpr int kPlace = 3;  // as CommonColumns has it
  auto out = table.AddColumn(kPlace, arrow::field("product", arrow::utf8()), std::make_shared<arrow::ChunkedArray>(*column));
  if (!out.ok()) return FromArrow(out.status());
  return *std::move(out);
}

}  // namespace

absl::StatusOr<std::vector<MergedFile>> MergeByDate(const std::string& root, const std::vector<ArchiveFile>& files) {
  std::map<std::string, std::vector<Part>> by_folder;
  for (const ArchiveFile& file : files) {
    const size_t product = file.path.find("/product="), name = file.path.rfind('/');
    const size_t text = product + sizeof("/product=") - 1;
    Part part{DecodeProduct(std::string_view(file.path).substr(text, name - text)), 0, 0, file.path};
    if (!ParseRangeName(std::string_view(file.path).substr(name + 1), kParquetSuffix, &part.first, &part.last)) {
      return absl::DataLossError(absl::StrCat("not the name of an archive's file: ", file.path));
    }
    by_folder[file.path.substr(0, product)].push_back(std::move(part));
  }
  std::vector<MergedFile> out;
  for (auto& [folder, parts] : by_folder) {
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.product != b.product ? a.product < b.product : a.first < b.first; });
    std::vector<std::shared_ptr<arrow::Table>> tables;
    uint64_t first = ~uint64_t{0}, last = 0;
    for (const Part& part : parts) {
      const auto read = ReadPart(absl::StrCat(root, "/", part.path));
      if (!read.ok()) return read.status();
      auto named = WithProduct(**read, part.product);
      if (!named.ok()) return named.status();
      tables.push_back(*std::move(named));
      first = std::min(first, part.first);
      last = std::max(last, part.last);
    }
    const auto whole = arrow::ConcatenateTables(tables);
    if (!whole.ok()) return FromArrow(whole.status());
    const auto bytes = ToParquet(**whole);
    if (!bytes.ok()) return bytes.status();
    out.push_back({folder, RangeName(first, last, kParquetSuffix), (*bytes)->ToString(), static_cast<uint64_t>((*whole)->num_rows())});
  }
  return out;
}

}  // namespace tickgraph
