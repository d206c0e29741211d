// LOBSTER csv: a row of a message file in, an event out; a row of an orderbook file in, levels out; and what a file's name says.
//
//   34200.18960767,1,11885113,21,2238100,1        time of day in New York, type, order id, size, price x 10,000, direction
//   2239500,100,2231800,100,2239900,100,…         ask price, ask size, bid price, bid size, level after level
//   AMZN_2012-06-21_34200000_57600000_message_5.csv
//
// In the flow: line reader -> here -> LobsterIntake, or the commands. Every column is checked once, here. No state, no allocation; any
// bytes may come. A message file with few levels is silent about what happens deeper in the book; an orderbook file states its levels
// whole.
#pragma once

#include <charconv>
#include <optional>

#include "hot/event.h"
#include "net/proto/json/decimal.h"
#include "net/proto/lobster_messages.h"

namespace tickgraph {

enum class LobsterStatus : uint8_t { kOk, kEmpty, kColumns, kNotANumber, kUnknownType, kBadValue, kTooLong };

constexpr const char* Name(LobsterStatus status) {
  constexpr const char* kNames[] = {"ok",
                                    "an empty row",
                                    "a row that has not its number of columns",
                                    "a column that is no number, or too large a one",
                                    "a type of event that is not known",
                                    "an impossible value",
                                    "a row that is too long"};
  return kNames[static_cast<uint8_t>(status)];
}

struct LobsterRow {
  uint64_t time_ns = 0;  // of day
  char type = 0;
  int64_t order_id = 0, size = 0;
  int64_t price = 0;  // as written: times 10,000, or a state
  int64_t direction = 0;
};

// One side of a level; kNoPrice: not there.
struct LobsterLevel {
  PriceNanos price_nanos = kNoPrice;
  Quantity quantity = 0;
  friend bool operator==(const LobsterLevel&, const LobsterLevel&) = default;
};

struct LobsterBookRow {
  static constexpr uint32_t kMaxLevels = 512;
  uint32_t levels = 0;                                        // a side, occupied or not
  std::array<uint32_t, 2> counts{};                           // of those occupied, by Side
  std::array<std::array<LobsterLevel, kMaxLevels>, 2> sides;  // best first
};

// What the name of a file says; a name of another form says nothing.
struct LobsterFile {
  bool named = false;
  Symbol symbol = Symbol::From("LOBSTER");
  uint32_t levels = 0;
};

namespace lobster_internal {

inline constexpr uint64_t kDayNs = 86'400 * uint64_t{1'000'000'000};
inline constexpr int64_t kPriceUnit = kNanosPerUnit / 10'000;
inline constexpr int64_t kMaxPrice = 10'000'000'000'000;  // a billion units of the currency: what a book takes
inline constexpr int64_t kMaxSize = UINT32_MAX;           // what the exchange's own messages can say
inline constexpr int64_t kNoLevel = 9'999'999'999;        // stands, with either sign, where there is no level

constexpr std::string_view WithoutLineEnd(std::string_view text) {
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

// The text before the next comma, which goes with it.
constexpr std::string_view NextColumn(std::string_view* text) {
  const size_t end = std::min(text->find(','), text->size());
  const std::string_view out = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return out;
}

// No sign but '-', no spaces, nothing behind the digits.
inline bool ParseInteger(std::string_view text, int64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

// Digits finer than a nanosecond are dropped: some writers print binary fractions.
constexpr bool ParseTime(std::string_view text, uint64_t* ns) {
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  if (const size_t point = text.find('.'); point != std::string_view::npos && text.size() - point > 10) {
    for (const char c : text.substr(point + 10)) {
      if (c == '.') return false;
    }
    text = text.substr(0, point + 10);
  }
  int64_t value = 0;
  if (ParseDecimal(text, 9, &value) != DecimalStatus::kOk) return false;
  *ns = static_cast<uint64_t>(value);
  return true;
}

constexpr bool Holds(const LobsterMessageSpec& spec, const LobsterRow& row) {
  if (row.time_ns >= kDayNs) return false;
  if (spec.has_order && row.order_id <= 0) return false;
  if (spec.has_size && (row.size <= 0 || row.size > kMaxSize)) return false;
  if (spec.has_side && row.direction != 1 && row.direction != -1) return false;
  return spec.price == LobsterPrice::kState ? row.price >= -1 && row.price <= 1 : row.price > 0 && row.price <= kMaxPrice;
}

}  // namespace lobster_internal

// A first line of column names, which some tools write: neither a message nor bad.
constexpr bool IsLobsterHeader(std::string_view line) {
  return !line.empty() && ((line[0] >= 'a' && line[0] <= 'z') || (line[0] >= 'A' && line[0] <= 'Z') || line[0] == '"' || line[0] == '#');
}

// `out` is whole where the status is kOk.
inline LobsterStatus ParseLobsterRow(std::string_view line, LobsterRow* out) {
  using namespace lobster_internal;
  std::string_view rest = WithoutLineEnd(line);
  if (rest.empty()) return LobsterStatus::kEmpty;
  std::array<std::string_view, kLobsterColumns.size()> columns;
  size_t commas = 0;
  for (const char c : rest) commas += c == ',';
  if (commas + 1 != columns.size()) return LobsterStatus::kColumns;
  for (std::string_view& column : columns) column = NextColumn(&rest);
  if (!ParseTime(columns[0], &out->time_ns)) return LobsterStatus::kNotANumber;
  int64_t type = 0;
  int64_t* const numbers[] = {&type, &out->order_id, &out->size, &out->price, &out->direction};
  for (size_t i = 0; i < std::size(numbers); ++i) {
    if (!ParseInteger(columns[i + 1], numbers[i])) return LobsterStatus::kNotANumber;
  }
  out->type = type >= 1 && type <= 7 ? static_cast<char>('0' + type) : '\0';
  const LobsterMessageSpec* spec = FindLobsterMessage(out->type);
  if (spec == nullptr) return LobsterStatus::kUnknownType;
  return Holds(*spec, *out) ? LobsterStatus::kOk : LobsterStatus::kBadValue;
}

// The time of day of a row, whatever stands behind it; 0: none.
constexpr uint64_t LobsterTime(std::string_view line) {
  uint64_t ns = 0;
  return lobster_internal::ParseTime(line.substr(0, line.find(',')), &ns) && ns < lobster_internal::kDayNs ? ns : 0;
}

// Writes a row without line end, at most kLobsterRowBytes; returns behind it.
inline constexpr size_t kLobsterRowBytes = 112;
inline char* EncodeLobsterRow(const LobsterRow& row, char* out) {
  char* const end = out + kLobsterRowBytes;
  out = std::to_chars(out, end, row.time_ns / 1'000'000'000).ptr;
  if (uint64_t fraction = row.time_ns % 1'000'000'000; fraction != 0) {
    *out++ = '.';
    for (uint64_t digit = 100'000'000; fraction != 0; digit /= 10) {
      *out++ = static_cast<char>('0' + fraction / digit);
      fraction %= digit;
    }
  }
  *out++ = ',';
  *out++ = row.type;
  for (const int64_t number : {row.order_id, row.size, row.price, row.direction}) {
    *out++ = ',';
    out = std::to_chars(out, end, number).ptr;
  }
  return out;
}

// Calls handler.On(event) once for a row that ParseLobsterRow found good. `header` has all but type and time.
template <class Handler>
inline void EmitLobster(const LobsterRow& row, EventHeader header, uint64_t midnight_ns, const Symbol& symbol, Handler& handler) {
  header.type = row.type;
  header.ts_event_ns = midnight_ns + row.time_ns;
  const Side side = row.direction > 0 ? Side::kBuy : Side::kSell;
  const PriceNanos price_nanos = row.price * lobster_internal::kPriceUnit;
  const auto ref = static_cast<OrderRef>(row.order_id);
  switch (row.type) {
    case '1':
      return handler.On(AddOrder{header, symbol, ref, price_nanos, row.size, side, {}});
    case '2':
      return handler.On(ReduceOrder{header, ref, row.size});
    case '3':
      return handler.On(DeleteOrder{header, ref});
    case '4':
      return handler.On(ExecuteOrder{header, ref, row.size, 0, price_nanos, true});
    case '7':
      return handler.On(TradingStatus{header,
                                      symbol,
                                      row.price < 0    ? TradingState::kHalted
                                      : row.price == 0 ? TradingState::kQuoteOnly
                                                       : TradingState::kTrading,
                                      {}});
    default:
      break;
  }
  // The row has the side that rested: the other one came and traded. A cross has no such side.
  const bool cross = row.type == '6';
  handler.On(Trade{header, symbol, price_nanos, row.size, 0, Opposite(side), cross ? 'X' : '\0', !cross});
}

// `out` is whole where the status is kOk: each side's prices fall or rise, and no level follows one that is not occupied.
inline LobsterStatus ParseLobsterBookRow(std::string_view line, LobsterBookRow* out) {
  using namespace lobster_internal;
  std::string_view rest = WithoutLineEnd(line);
  if (rest.empty()) return LobsterStatus::kEmpty;
  size_t columns = 1;
  for (const char c : rest) columns += c == ',';
  if (columns % 4 != 0 || columns / 4 > LobsterBookRow::kMaxLevels) return LobsterStatus::kColumns;
  out->levels = static_cast<uint32_t>(columns / 4);
  out->counts = {};
  for (uint32_t i = 0; i < out->levels; ++i) {
    for (const Side side : {Side::kSell, Side::kBuy}) {
      int64_t price = 0, size = 0;
      if (!ParseInteger(NextColumn(&rest), &price) || !ParseInteger(NextColumn(&rest), &size)) return LobsterStatus::kNotANumber;
      uint32_t& count = out->counts[static_cast<size_t>(side)];
      if (size == 0 && (price == kNoLevel || price == -kNoLevel)) continue;
      if (size <= 0 || price <= 0 || price > kMaxPrice || count != i) return LobsterStatus::kBadValue;
      auto& levels = out->sides[static_cast<size_t>(side)];
      const LobsterLevel level{price * kPriceUnit, size};
      if (i != 0 && (side == Side::kBuy) != (level.price_nanos < levels[i - 1].price_nanos)) return LobsterStatus::kBadValue;
      if (i != 0 && level.price_nanos == levels[i - 1].price_nanos) return LobsterStatus::kBadValue;
      levels[count++] = level;
    }
  }
  return LobsterStatus::kOk;
}

// TICKER_DATE_START_END_message_LEVELS.csv, with what a compressor may have added behind it; the folder is passed over.
constexpr LobsterFile ParseLobsterName(std::string_view path) {
  LobsterFile out;
  std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t kind = name.find("_message_");
  const size_t ticker = name.find('_');
  if (kind == std::string_view::npos || ticker == 0 || ticker > sizeof(Symbol) || ticker >= kind) return out;
  for (const char c : name.substr(0, ticker)) {
    if (c <= ' ' || c > '~') return out;
  }
  uint64_t levels = 0;
  std::string_view digits = name.substr(kind + 9);
  digits = digits.substr(0, digits.find('.'));
  if (!ParseUnsigned(digits, &levels) || levels > UINT32_MAX) return out;
  out.named = true;
  out.symbol = {};
  for (size_t i = 0; i < ticker; ++i) out.symbol.chars[i] = name[i];
  out.levels = static_cast<uint32_t>(levels);
  return out;
}

}  // namespace tickgraph
