// Reading LEAN's ticks; see the header.
#include "tools/lean_quotes.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "net/io/file/zip_archive.h"
#include "net/proto/new_york_time.h"
#include "tools/session_day.h"

namespace tickgraph {
namespace {

constexpr size_t kColumns = 8;
constexpr PriceNanos kNanosOfPrice = kNanosPerUnit / 10'000;
constexpr int64_t kMostPrice = int64_t{1} << 50;  // in nanos still below 2^63 by far
constexpr int64_t kMostQuantity = int64_t{1} << 40;
constexpr uint64_t kMillisPerDay = 86'400'000;  // a day of 25 hours counts on

std::string FileText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), {});
  if (!in || in.bad()) throw std::runtime_error(path + ": " + std::strerror(errno != 0 ? errno : EIO));
  return text;
}

bool IsSymbol(std::string_view text) {
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

// 20131007_aig_Quote_Tick.csv.
std::string SymbolIn(const std::string& name) {
  const std::string file = name.substr(name.rfind('/') + 1);
  const size_t first = file.find('_');
  if (first == std::string::npos) return "";
  std::string symbol = file.substr(first + 1, file.find('_', first + 1) - first - 1);
  if (!IsSymbol(symbol)) return "";
  std::transform(symbol.begin(), symbol.end(), symbol.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return symbol;
}

class TickTable {
 public:
  explicit TickTable(LeanQuotes& out) : out_(out) {}

  void Read(std::string_view text) {
    const uint64_t midnight = out_.date == 0 ? 0 : NewYorkMidnightNs(out_.date);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_;
      if (!line.empty()) AddRow(line, at, midnight);
      at = end + 1;
    }
  }
  [[nodiscard]] const std::string& first_bad() const { return first_bad_; }

 private:
  void AddRow(std::string_view line, size_t at, uint64_t midnight) {
    ++out_.rows;
    LeanQuote quote;
    if (const char* why = ReadRow(line, quote)) {
      if (out_.bad_rows++ == 0) first_bad_ = "line " + std::to_string(line_) + " at byte " + std::to_string(at) + ": " + why;
      return;
    }
    quote.ts_ns += midnight;
    quote.row = line_;
    if (!out_.quotes.empty() && quote.ts_ns < out_.quotes.back().ts_ns) ++out_.late_rows;
    out_.quotes.push_back(quote);
  }

  // Why it is no row, or null.
  const char* ReadRow(std::string_view line, LeanQuote& quote) {
    std::string_view cells[kColumns];
    size_t count = 0;
    for (std::string_view rest = line;; ++count) {
      const size_t comma = rest.find(',');
      if (count == kColumns) return "more than eight columns";
      cells[count] = rest.substr(0, comma);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (count + 1 != kColumns) return "fewer than eight columns";
    int64_t millis, bid, bid_size, ask, ask_size;
    if (!Whole(cells[0], 2 * kMillisPerDay, millis)) return "no time in milliseconds since midnight";
    if (!Whole(cells[1], kMostPrice / kNanosOfPrice, bid) || !Whole(cells[3], kMostPrice / kNanosOfPrice, ask)) return "no price";
    if (!Whole(cells[2], kMostQuantity, bid_size) || !Whole(cells[4], kMostQuantity, ask_size)) return "no size";
    const std::optional<uint8_t> venue = Venue(cells[5]);
    if (!venue.has_value()) return "no exchange, or more than 64 of them";
    quote = {static_cast<uint64_t>(millis) * 1'000'000, 0, bid * kNanosOfPrice, ask * kNanosOfPrice, bid_size, ask_size, *venue};
    return nullptr;
  }

  static bool Whole(std::string_view text, int64_t most, int64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= 0 && out <= most;
  }

  std::optional<uint8_t> Venue(std::string_view name) {
    for (size_t i = 0; i < out_.venues.size(); ++i) {
      if (out_.venues[i] == name) return static_cast<uint8_t>(i);
    }
    if (!IsSymbol(name) || out_.venues.size() == LeanQuotes::kMaxVenues) return std::nullopt;
    out_.venues.emplace_back(name);
    return static_cast<uint8_t>(out_.venues.size() - 1);
  }

  LeanQuotes& out_;
  uint32_t line_ = 0;
  std::string first_bad_;
};

// The table's text: of a zip, its first file.
std::string TableText(LeanQuotes& out) {
  std::string text = FileText(out.path);
  out.table = out.path;
  if (!ZipArchive::IsZip(text)) return text;
  std::string error;
  const auto zip = ZipArchive::Open(out.path, &error);
  if (zip == nullptr) throw std::runtime_error(error);
  const auto is_file = [](const ZipEntry& entry) { return !entry.name.ends_with('/'); };
  const auto found = std::find_if(zip->entries().begin(), zip->entries().end(), is_file);
  if (found == zip->entries().end()) throw std::runtime_error(out.path + ": no file in the archive");
  out.table = found->name;
  std::string problem;
  text = zip->Contents(*found, &problem);
  if (!zip->damage().empty()) std::fprintf(stderr, "%s: %s\n", out.path.c_str(), zip->damage().c_str());
  if (!problem.empty()) {
    std::fprintf(stderr, "%s: its first file: %s; %zu bytes of it were read\n", out.path.c_str(), problem.c_str(), text.size());
    // What stands behind the last line's end may be part of a line.
    text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  }
  out.damaged = !problem.empty() || !zip->damage().empty();
  return text;
}

}  // namespace

LeanQuotes ReadLeanQuotes(const std::string& path, uint32_t date) {
  LeanQuotes out;
  out.path = path;
  const std::string text = TableText(out);
  out.symbol = SymbolIn(out.table);
  out.date = date != 0 ? date : DayInFileName(out.table) != 0 ? DayInFileName(out.table) : DayInFileName(path);
  TickTable table(out);
  table.Read(text);
  if (out.quotes.empty()) {
    throw std::runtime_error(path + ": no quotes in LEAN's form" + (table.first_bad().empty() ? "" : "; " + table.first_bad()));
  }
  if (out.bad_rows != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " rows are no quotes; the first: %s\n", path.c_str(), out.bad_rows, table.first_bad().c_str());
    out.damaged = true;
  }
  if (out.late_rows != 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " rows are earlier than the one before them; they keep their place\n", path.c_str(), out.late_rows);
  }
  return out;
}

}  // namespace tickgraph
