// A CSV file with a header line, whole in memory: the tables that commands take from people and spreadsheets.
//
// In the flow: the first thing of a command on a file; nothing here is on the hot path. One thread.
// Cells are separated by commas, or by semicolons where the first line has these and no comma; lines by LF or CRLF. A cell in double
// quotes may hold separators and doubled quotes. Blank lines are passed over. A byte order mark is dropped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

struct CsvRow {
  size_t line = 0;  // in the file, from 1
  std::vector<std::string> cells;

  // Empty where the row has no such column.
  [[nodiscard]] const std::string& Cell(size_t column) const;
};

struct CsvTable {
  static constexpr size_t kNoColumn = static_cast<size_t>(-1);

  std::string path;
  char separator = ',';
  CsvRow header;
  std::vector<CsvRow> rows;

  [[nodiscard]] size_t Column(std::string_view name) const;
  // Throws ConfigError where there is none; `hint` follows its text.
  [[nodiscard]] size_t Required(const std::string& name, const std::string& hint = {}) const;
};

// Throws std::runtime_error that names the file, and the line where a quote is left open.
CsvTable ReadCsvTable(const std::string& path);

// `text` as a cell: in quotes where it must be.
std::string CsvCell(std::string_view text);

}  // namespace tickgraph
