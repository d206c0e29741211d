// A table of texts and numbers as a Parquet file: what a command writes for `--out FILE.parquet`.
//
// In the flow: the last thing of a command. One thread. A number that is not finite is null. The file appears under its name only when
// whole.
#pragma once

#include <string>
#include <vector>

namespace tickgraph {

struct ParquetTable {
  struct Texts {
    std::string name;
    std::vector<std::string> values;
  };
  struct Numbers {
    std::string name;
    std::vector<double> values;
  };
  std::vector<Texts> texts;      // the first columns
  std::vector<Numbers> numbers;  // all columns have one length
};

// False and `error` ("FILE: …"). A file that exists is replaced only with `force`.
bool WriteParquetFile(const ParquetTable& table, const std::string& path, bool force, std::string* error);

}  // namespace tickgraph
