// The rows of `book` as CSV on stdout, or the last of them as a table for a person.
//
// In the flow: the sink of every book view. Prices and quantities are exact decimals, as short as they can be. Offline.
#pragma once

#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/book_row.h"

namespace tickgraph {

// The shortest decimal that is `value` of 1/`unit` exactly; `unit` is a power of ten.
inline char* PutDecimal(char* out, int64_t value, uint64_t unit) {
  if (value < 0) *out++ = '-';
  const uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  out = std::to_chars(out, out + 20, magnitude / unit).ptr;
  uint64_t fraction = magnitude % unit;
  if (fraction == 0) return out;
  *out++ = '.';
  for (uint64_t digit = unit / 10; fraction != 0; digit /= 10) {
    *out++ = static_cast<char>('0' + fraction / digit);
    fraction %= digit;
  }
  return out;
}

inline std::string DecimalText(int64_t value, uint64_t unit) {
  char text[32];
  return {text, PutDecimal(text, value, unit)};
}

// Writes in large pieces; without `csv` it only keeps count of the rows.
class BookWriter {
 public:
  // `quantity_unit`: how many make one, 1 where quantities are whole.
  BookWriter(bool csv, uint32_t depth, uint64_t quantity_unit = 1) : csv_(csv), depth_(depth), quantity_unit_(quantity_unit) {
    if (!csv) return;
    buffer_ = "message_index,ts_ns";
    for (uint32_t i = 1; i <= depth; ++i) {
      for (const char* column : {",bid_price_", ",bid_size_", ",ask_price_", ",ask_size_"})
        buffer_.append(column).append(std::to_string(i));
    }
    buffer_ += '\n';
  }

  void operator()(const BookRow& row) {
    ++rows_;
    last_index_ = row.message_index;
    last_ts_ns_ = row.ts_ns;
    if (!csv_) return;
    constexpr size_t kCellBytes = 24;
    const size_t start = buffer_.size();
    buffer_.resize(start + (row.cells.size() + 2) * kCellBytes);
    char* out = buffer_.data() + start;
    out = std::to_chars(out, out + kCellBytes, row.message_index).ptr;
    *out++ = ',';
    out = std::to_chars(out, out + kCellBytes, row.ts_ns).ptr;
    for (size_t i = 0; i < row.cells.size(); i += 2) {
      *out++ = ',';
      const bool there = row.cells[i] != kNoPrice;
      if (there) out = PutDecimal(out, row.cells[i], kNanosPerUnit);
      *out++ = ',';
      if (there) out = PutDecimal(out, row.cells[i + 1], quantity_unit_);
    }
    *out++ = '\n';
    buffer_.resize(static_cast<size_t>(out - buffer_.data()));
    if (buffer_.size() > kFlushBytes) Flush();
  }

  void Flush() {
    std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
    buffer_.clear();
  }

  // `cells` as in BookRow: the last book.
  void PrintTable(const std::string& symbol, const std::string& stream, const std::vector<int64_t>& cells) const {
    std::printf("%s on %s: %" PRIu64 " changes of the first %u level%s; after message %" PRIu64 " at %" PRIu64 " ns:\n\n", symbol.c_str(),
                stream.c_str(), rows_, depth_, depth_ == 1 ? "" : "s", last_index_, last_ts_ns_);
    std::printf("%5s %14s %14s   %-14s %-14s\n", "level", "bid size", "bid", "ask", "ask size");
    for (size_t i = 0; i < cells.size(); i += 4) {
      const bool bid = cells[i] != kNoPrice, ask = cells[i + 2] != kNoPrice;
      if (!bid && !ask) break;
      std::printf("%5zu %14s %14s   %-14s %-14s\n", i / 4 + 1, bid ? DecimalText(cells[i + 1], quantity_unit_).c_str() : "",
                  bid ? DecimalText(cells[i], kNanosPerUnit).c_str() : "", ask ? DecimalText(cells[i + 2], kNanosPerUnit).c_str() : "",
                  ask ? DecimalText(cells[i + 3], quantity_unit_).c_str() : "");
    }
  }

 private:
  static constexpr size_t kFlushBytes = size_t{1} << 20;

  bool csv_;
  uint32_t depth_;
  uint64_t quantity_unit_;
  std::string buffer_;
  uint64_t rows_ = 0, last_index_ = 0, last_ts_ns_ = 0;
};

}  // namespace tickgraph
