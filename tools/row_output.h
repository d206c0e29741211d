// Rows that a command finds, as CSV on stdout, or as CSV or Parquet in a file that appears under its name once it is whole.
//
// Flow: columns given once -> cells of a row in their order, EndRow -> Close. One thread. A file that ends in .parquet is Parquet, its rows
// held in memory until Close; other rows are written as they come. Without Close nothing is left behind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/io/file/output_file.h"

namespace tickgraph {

// Shortest exact decimal of `value` / 10^scale.
std::string DecimalText(int64_t value, int scale);

struct RowColumn {
  enum class Kind : uint8_t { kInt, kDecimal, kNumber, kText };
  std::string name;
  Kind kind;
  int scale = 0;  // of kDecimal: the value is given times 10^scale
};

class RowOutput {
 public:
  struct Target {
    bool csv = false;  // on stdout
    std::string path;  // "": no file
    bool force = false;
    std::vector<std::string> inputs;  // what the path must not be
  };
  // Throws ConfigError where the path is one of the inputs, std::runtime_error where it exists or cannot be written.
  RowOutput(std::vector<RowColumn> columns, const Target& target);
  RowOutput(const RowOutput&) = delete;
  RowOutput& operator=(const RowOutput&) = delete;
  ~RowOutput();

  // Neither stdout nor a file: cells are dropped.
  [[nodiscard]] bool on() const { return to_stdout_ || file_ != nullptr; }

  void Int(int64_t value);  // kInt and kDecimal
  void Number(double value);
  void Text(std::string_view value);
  void None();
  void EndRow();
  void Close();

 private:
  struct ParquetRows;

  void Separate();
  void Flush();

  std::vector<RowColumn> columns_;
  std::string path_;
  bool to_stdout_ = false;
  std::unique_ptr<OutputFile> file_;
  std::string buffer_;
  size_t cell_ = 0;
  std::unique_ptr<ParquetRows> parquet_;
};

}  // namespace tickgraph
