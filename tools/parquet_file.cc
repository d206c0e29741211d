// Arrow arrays, then the encoder of the archive; see the header.
#include "tools/parquet_file.h"

#include <arrow/api.h>

#include <cmath>

#include "cold/encoder.h"
#include "net/io/file/output_file.h"

namespace tickgraph {
namespace {

arrow::Result<std::shared_ptr<arrow::Table>> ToArrow(const ParquetTable& table) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const ParquetTable::Texts& column : table.texts) {
    arrow::StringBuilder builder;
    ARROW_RETURN_NOT_OK(builder.AppendValues(column.values));
    ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
    fields.push_back(arrow::field(column.name, arrow::utf8()));
    arrays.push_back(std::move(array));
  }
  for (const ParquetTable::Numbers& column : table.numbers) {
    arrow::DoubleBuilder builder;
    for (const double number : column.values) ARROW_RETURN_NOT_OK(std::isfinite(number) ? builder.Append(number) : builder.AppendNull());
    ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
    fields.push_back(arrow::field(column.name, arrow::float64()));
    arrays.push_back(std::move(array));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

}  // namespace

bool WriteParquetFile(const ParquetTable& table, const std::string& path, bool force, std::string* error) {
  const auto fail = [&](const std::string& why) {
    *error = path + ": " + why;
    return false;
  };
  if (*error = OutputFile::Problem(path, force); !error->empty()) return false;
  const auto arrow_table = ToArrow(table);
  if (!arrow_table.ok()) return fail(arrow_table.status().ToString());
  const auto bytes = ToParquet(**arrow_table);
  if (!bytes.ok()) return fail(std::string(bytes.status().message()));
  return WriteOutputFile(path, {reinterpret_cast<const char*>((*bytes)->data()), static_cast<size_t>((*bytes)->size())}, error);
}

}  // namespace tickgraph
