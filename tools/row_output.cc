// Writing rows; see the header.
#include "tools/row_output.h"

#include <arrow/api.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "cold/encoder.h"
#include "tools/config.h"
#include "tools/csv_table.h"

namespace tickgraph {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 20;
constexpr int kDecimalDigits = 38;

void CheckPath(const RowOutput::Target& target) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const std::string& input : target.inputs) {
    if (fs::equivalent(target.path, input, ignored)) throw ConfigError("--out: " + target.path + " is one of the captures");
  }
  if (const std::string problem = OutputFile::Problem(target.path, target.force); !problem.empty()) throw std::runtime_error(problem);
}

void Check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::shared_ptr<arrow::DataType> TypeOf(const RowColumn& column) {
  switch (column.kind) {
    case RowColumn::Kind::kInt:
      return arrow::int64();
    case RowColumn::Kind::kDecimal:
      return arrow::decimal128(kDecimalDigits, column.scale);
    case RowColumn::Kind::kNumber:
      return arrow::float64();
    case RowColumn::Kind::kText:
      break;
  }
  return arrow::utf8();
}

}  // namespace

std::string DecimalText(int64_t value, int scale) {
  std::string digits = std::to_string(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  if (scale == 0) return (value < 0 ? "-" : "") + digits;
  if (digits.size() <= static_cast<size_t>(scale)) digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
  digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return (value < 0 ? "-" : "") + digits;
}

struct RowOutput::ParquetRows {
  arrow::FieldVector fields;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  int64_t rows = 0;

  template <class Builder>
  Builder& Of(size_t column) {
    return static_cast<Builder&>(*builders[column]);
  }
};

RowOutput::RowOutput(std::vector<RowColumn> columns, const Target& target) : columns_(std::move(columns)), path_(target.path) {
  if (!target.csv && path_.empty()) return;
  to_stdout_ = path_.empty();
  if (!to_stdout_) {
    CheckPath(target);
    std::string error;
    file_ = OutputFile::Create(path_, &error);
    if (file_ == nullptr) throw std::runtime_error(error);
  }
  if (path_.ends_with(".parquet")) {
    parquet_ = std::make_unique<ParquetRows>();
    for (const RowColumn& column : columns_) {
      parquet_->fields.push_back(arrow::field(column.name, TypeOf(column)));
      parquet_->builders.push_back(nullptr);
      Check(arrow::MakeBuilder(arrow::default_memory_pool(), TypeOf(column), &parquet_->builders.back()));
    }
    return;
  }
  for (const RowColumn& column : columns_) buffer_.append(column.name) += ',';
  buffer_.back() = '\n';
}

RowOutput::~RowOutput() = default;

void RowOutput::Separate() {
  if (cell_++ != 0) buffer_ += ',';
}

void RowOutput::Int(int64_t value) {
  if (!on()) return;
  const RowColumn& column = columns_[cell_];
  const bool decimal = column.kind == RowColumn::Kind::kDecimal;
  if (parquet_ != nullptr) {
    Check(decimal ? parquet_->Of<arrow::Decimal128Builder>(cell_).Append(arrow::Decimal128(value))
                  : parquet_->Of<arrow::Int64Builder>(cell_).Append(value));
    ++cell_;
    return;
  }
  Separate();
  buffer_ += DecimalText(value, decimal ? column.scale : 0);
}

void RowOutput::Number(double value) {
  if (!on()) return;
  if (parquet_ != nullptr) return Check(parquet_->Of<arrow::DoubleBuilder>(cell_++).Append(value));
  Separate();
  char text[32];
  buffer_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

void RowOutput::Text(std::string_view value) {
  if (!on()) return;
  if (parquet_ != nullptr) return Check(parquet_->Of<arrow::StringBuilder>(cell_++).Append(value));
  Separate();
  buffer_ += CsvCell(value);
}

void RowOutput::None() {
  if (!on()) return;
  if (parquet_ != nullptr) return Check(parquet_->builders[cell_++]->AppendNull());
  Separate();
}

void RowOutput::EndRow() {
  if (!on()) return;
  cell_ = 0;
  if (parquet_ != nullptr) {
    ++parquet_->rows;
    return;
  }
  buffer_ += '\n';
  if (buffer_.size() > kFlushBytes) Flush();
}

void RowOutput::Flush() {
  if (to_stdout_) std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
  if (file_ != nullptr && !file_->Write(buffer_.data(), buffer_.size())) throw std::runtime_error(file_->error());
  buffer_.clear();
}

void RowOutput::Close() {
  if (!on()) return;
  if (parquet_ != nullptr) {
    arrow::ArrayVector arrays;
    for (const auto& builder : parquet_->builders) Check(builder->Finish(&arrays.emplace_back()));
    const auto bytes = ToParquet(*arrow::Table::Make(arrow::schema(parquet_->fields), arrays, parquet_->rows));
    if (!bytes.ok()) throw std::runtime_error(path_ + ": " + std::string(bytes.status().message()));
    buffer_ = (*bytes)->ToString();
  }
  Flush();
  if (file_ == nullptr) return;
  std::string error;
  if (!file_->Publish(&error)) throw std::runtime_error(error);
  file_.reset();
}

}  // namespace tickgraph
