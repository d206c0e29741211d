// The CSV tables of chain_quotes.h.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "net/io/file/zip_archive.h"
#include "net/proto/new_york_time.h"
#include "tools/chain_quotes.h"
#include "tools/config.h"
#include "tools/csv_table.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

constexpr uint64_t kShownProblems = 10;
constexpr int64_t kCloseMs = 16 * 3'600'000;
constexpr double kMsPerYear = 365.0 * 86'400'000.0;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

class ChainTable {
 public:
  ChainTable(const std::string& path, const ChainReading& reading, ChainQuotes& quotes)
      : reading_(reading), quotes_(quotes), table_(ReadCsvTable(path)) {
    for (std::string& name : table_.header.cells) name = Lower(name);
    strike_ = table_.Required("strike");
    bid_ = table_.Required("bid");
    ask_ = table_.Required("ask");
    time_ = table_.Column("time_years");
    expiry_ = time_ == CsvTable::kNoColumn ? table_.Required("expiry") : table_.Column("expiry");
    right_ = table_.Column("right");
    style_ = table_.Column("style");
    spot_ = table_.Column("spot") != CsvTable::kNoColumn ? table_.Column("spot") : table_.Column("underlying");
    bid_size_ = table_.Column("bid_size");
    ask_size_ = table_.Column("ask_size");
    date_ = quotes.date != 0 ? quotes.date : (reading.date != 0 ? reading.date : DayInFileName(path));
    time_ms_ = reading.time_ms >= 0 ? reading.time_ms : kCloseMs;
  }

  void Read() {
    for (const CsvRow& row : table_.rows) {
      ChainQuoteRow quote;
      if (ReadRow(row, quote)) quotes_.rows.push_back(std::move(quote));
    }
    if (shown_ > kShownProblems)
      std::fprintf(stderr, "%s: and %llu more rows\n", table_.path.c_str(), static_cast<unsigned long long>(shown_ - kShownProblems));
  }

 private:
  bool Refuse(const CsvRow& row, size_t column, const std::string& why) {
    ++quotes_.problems;
    if (++shown_ <= kShownProblems)
      std::fprintf(stderr, "%s:%zu: column %s: %s\n", table_.path.c_str(), row.line, table_.header.cells[column].c_str(), why.c_str());
    return false;
  }

  // Empty: NaN. False: not a finite number.
  bool Number(const CsvRow& row, size_t column, double& number) {
    std::string cell = row.Cell(column);
    number = NotANumber<double>();
    if (cell.empty()) return true;
    if (table_.separator == ';') std::replace(cell.begin(), cell.end(), ',', '.');
    const char* last = cell.data() + cell.size();
    const auto [end, error] = std::from_chars(cell.data(), last, number);
    return (error == std::errc() && end == last && std::isfinite(number)) || Refuse(row, column, "'" + cell + "' is not a finite number");
  }

  bool Time(const CsvRow& row, double& years) {
    if (time_ != CsvTable::kNoColumn) return Number(row, time_, years) && (std::isfinite(years) || Refuse(row, time_, "is empty"));
    std::string text = row.Cell(expiry_);
    std::erase(text, '-');
    const bool day = text.size() == 8 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (day && IsDate(static_cast<uint32_t>(std::stoul(text)))) {
      if (date_ == 0)
        throw ConfigError(table_.path + ": its expiries are days, and the day of the quotes is not known: give --date YYYYMMDD");
      years = YearsToExpiry(date_, time_ms_, static_cast<uint32_t>(std::stoul(text)));
      quotes_.date = date_;
      quotes_.time_ms = time_ms_;
      return true;
    }
    double days;
    if (!Number(row, expiry_, days)) return false;
    years = days / 365.0;
    return std::isfinite(days) || Refuse(row, expiry_, "is empty");
  }

  bool ReadRow(const CsvRow& row, ChainQuoteRow& quote) {
    ChainContract& c = quote.contract;
    c.right = OptionRight::kCall;
    if (right_ != CsvTable::kNoColumn) {
      const std::string right = Lower(row.Cell(right_));
      if (right != "call" && right != "put" && right != "c" && right != "p")
        return Refuse(row, right_, "'" + right + "' is neither call nor put");
      c.right = right[0] == 'c' ? OptionRight::kCall : OptionRight::kPut;
    }
    c.american = reading_.american;
    if (style_ != CsvTable::kNoColumn) {
      const std::string style = Lower(row.Cell(style_));
      if (style != "american" && style != "european") return Refuse(row, style_, "'" + style + "' is neither european nor american");
      c.american = style == "american";
    }
    if (!Number(row, strike_, c.strike) || !Number(row, bid_, c.bid) || !Number(row, ask_, c.ask) || !Time(row, c.time_years)) return false;
    if (!(c.strike > 0.0)) return Refuse(row, strike_, "must be above 0");
    double spot = NotANumber<double>();
    quote.bid_size = quote.ask_size = spot;
    if (!Number(row, bid_size_, quote.bid_size) || !Number(row, ask_size_, quote.ask_size) || !Number(row, spot_, spot)) return false;
    if (spot > 0.0) quotes_.spot = spot;
    quote.expiry = expiry_ != CsvTable::kNoColumn ? row.Cell(expiry_) : row.Cell(time_);
    return true;
  }

  const ChainReading& reading_;
  ChainQuotes& quotes_;
  CsvTable table_;
  size_t strike_, bid_, ask_, time_, expiry_, right_, style_, spot_, bid_size_, ask_size_;
  uint32_t date_;
  int64_t time_ms_;
  uint64_t shown_ = 0;
};

}  // namespace

double YearsToExpiry(uint32_t date, int64_t time_ms, uint32_t expiry) {
  const int64_t days = DaysFromCivil(FromYyyymmdd(expiry)) - DaysFromCivil(FromYyyymmdd(date));
  return static_cast<double>(days * 86'400'000 + kCloseMs - time_ms) / kMsPerYear;
}

void ReadChainTable(const std::string& path, const ChainReading& reading, ChainQuotes& quotes) { ChainTable(path, reading, quotes).Read(); }

ChainQuotes ReadChainQuotes(const std::vector<std::string>& paths, const ChainReading& reading) {
  ChainQuotes quotes;
  std::vector<std::string> archives;
  for (const std::string& path : paths) {
    if (ZipArchive::IsZipFile(path)) archives.push_back(path);
  }
  ReadLeanArchives(archives, reading, quotes);
  for (const std::string& path : paths) {
    if (!ZipArchive::IsZipFile(path)) ReadChainTable(path, reading, quotes);
  }
  if (quotes.rows.empty()) throw std::runtime_error(paths.front() + ": no option quote in it");
  return quotes;
}

}  // namespace tickgraph
