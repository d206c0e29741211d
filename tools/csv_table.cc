// Reading CSV; see the header.
#include "tools/csv_table.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tools/config.h"

namespace tickgraph {
namespace {

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + ": " + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || (!in.eof() && in.fail())) throw std::runtime_error(path + ": could not be read");
  return text;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// The cell that starts at `at`; leaves `at` behind it, at a separator, a line's end or the end.
std::string TakeCell(const std::string& path, std::string_view text, char separator, size_t& at, size_t& line) {
  const char ends[] = {separator, '\n', '\0'};
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  if (at == text.size() || text[at] != '"') {
    const size_t end = std::min(text.find_first_of(ends, at), text.size());
    std::string cell(Trimmed(text.substr(at, end - at)));
    at = end;
    return cell;
  }
  const size_t opened = line;
  std::string cell;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      if (at + 1 == text.size() || text[at + 1] != '"') break;
      ++at;
    }
    if (text[at] == '\n') ++line;
    cell += text[at];
  }
  if (at == text.size()) throw std::runtime_error(path + ":" + std::to_string(opened) + ": a quote is not closed");
  at = std::min(text.find_first_of(ends, at), text.size());
  return cell;
}

}  // namespace

const std::string& CsvRow::Cell(size_t column) const {
  static const std::string kEmpty;
  return column < cells.size() ? cells[column] : kEmpty;
}

size_t CsvTable::Column(std::string_view name) const {
  const auto found = std::find(header.cells.begin(), header.cells.end(), name);
  return found == header.cells.end() ? kNoColumn : static_cast<size_t>(found - header.cells.begin());
}

size_t CsvTable::Required(const std::string& name, const std::string& hint) const {
  const size_t column = Column(name);
  if (column != kNoColumn) return column;
  throw ConfigError(path + ":" + std::to_string(std::max<size_t>(header.line, 1)) + ": no column '" + name + "'" + hint);
}

CsvTable ReadCsvTable(const std::string& path) {
  const std::string whole = ReadWhole(path);
  std::string_view text = whole;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  CsvTable table;
  table.path = path;
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.find(';') != std::string_view::npos && first.find(',') == std::string_view::npos) table.separator = ';';
  size_t at = 0, line = 1;
  while (at < text.size()) {
    CsvRow row;
    row.line = line;
    for (;;) {
      row.cells.push_back(TakeCell(path, text, table.separator, at, line));
      if (at == text.size() || text[at] == '\n') break;
      ++at;
    }
    ++at;
    ++line;
    if (row.cells.size() == 1 && row.cells[0].empty()) continue;
    (table.header.cells.empty() ? table.header : table.rows.emplace_back()) = std::move(row);
  }
  return table;
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace tickgraph
