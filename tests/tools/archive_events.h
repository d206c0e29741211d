// The rows of an archive's `events`, read back through Arrow, by stream.
#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tickgraph {

// venue -> its rows as text in the order of the tape, without the tape's own sequence and the receive stamp.
inline std::map<std::string, std::vector<std::string>> EventRows(const std::string& folder) {
  std::map<std::string, std::map<int64_t, std::string>> ordered;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder + "/events")) {
    if (entry.path().extension() != ".parquet") continue;
    auto reader = parquet::arrow::OpenFile(*arrow::io::ReadableFile::Open(entry.path().string()), arrow::default_memory_pool());
    const auto table = *(*(*reader)->ReadTable())->CombineChunks();
    const auto venue = table->GetColumnByName("venue");
    for (int64_t i = 0; i < table->num_rows(); ++i) {
      std::string row = std::filesystem::relative(entry.path().parent_path(), folder).string();
      for (int c = 0; c < table->num_columns(); ++c) {
        const std::string& name = table->field(c)->name();
        if (name != "sequence" && name != "ts_recv") row += "|" + (*table->column(c)->chunk(0)->GetScalar(i))->ToString();
      }
      const auto sequence = std::static_pointer_cast<arrow::Int64Array>(table->GetColumnByName("sequence")->chunk(0))->Value(i);
      ordered[(*venue->chunk(0)->GetScalar(i))->ToString()].emplace(sequence, std::move(row));
    }
  }
  std::map<std::string, std::vector<std::string>> out;
  for (auto& [name, rows] : ordered) {
    for (auto& [sequence, row] : rows) out[name].push_back(std::move(row));
  }
  return out;
}

}  // namespace tickgraph
