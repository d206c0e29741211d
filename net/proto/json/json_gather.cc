// The walk over simdjson's On-Demand parser; see json_gather.h. Members are met once, in the line's order, and never searched for.
#include "net/proto/json/json_gather.h"

#include <simdjson.h>

#include <bit>
#include <cstring>
#include <stdexcept>

#include "net/proto/json/decimal.h"
#include "net/proto/json/json_decoder.h"

namespace tickgraph {

namespace ondemand = simdjson::ondemand;

struct JsonGatherer::Parser {
  ondemand::parser parser;
  std::unique_ptr<char[]> line;  // for lines that come without padding; untouched pages cost nothing
};

namespace {

constexpr size_t kLongestName = 24;
constexpr size_t kLongestCell = 24;  // of a price or quantity that is read without the parser

// A name up to its closing quote. Longer ones are cut: none that is known is that long.
std::string_view NameOf(const ondemand::raw_json_string& key) {
  const char* text = key.raw();
  size_t size = 0;
  while (size < kLongestName && text[size] != '"') ++size;
  return {text, size};
}

// The next quote of `kLongestCell` bytes, or their end. Eight bytes at a time: a byte of `x` is 0 where a quote stands.
const char* FindQuote(const char* p) {
  for (size_t at = 0; at < kLongestCell; at += 8) {
    uint64_t word;
    std::memcpy(&word, p + at, sizeof(word));
    const uint64_t x = word ^ 0x2222222222222222;
    const uint64_t zeros = (x - 0x0101010101010101) & ~x & 0x8080808080808080;
    if (zeros != 0) return p + at + (std::countr_zero(zeros) >> 3);
  }
  return p + kLongestCell;
}

// A scalar's text without its quotes and the space behind it.
std::string_view Unquoted(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') return token.substr(1, token.size() - 2);
  return token;
}

bool IsScalar(std::string_view token) { return !token.empty() && token.front() != '[' && token.front() != '{'; }

}  // namespace

bool ParseJsonSide(std::string_view text, Side* side) {
  if (text == "bid" || text == "buy" || text == "BUY") {
    *side = Side::kBuy;
    return true;
  }
  *side = Side::kSell;
  return text == "offer" || text == "ask" || text == "sell" || text == "SELL";
}

// Each function walks one kind of node and says what became of it.
struct JsonGatherer::Walker {
  JsonGatherer& g;
  const char* end = nullptr;  // of the line

  // Where a value is missing at the line's end, the parser's token reaches beyond it.
  [[nodiscard]] bool Inside(std::string_view token) const {
    return token.size() - 1 < g.line_bytes_;  // neither empty nor a difference that wrapped
  }

  JsonStatus TopLevel(ondemand::object object, bool inner) {
    for (auto member : object) {
      ondemand::raw_json_string key;
      if (member.key().get(key) != simdjson::SUCCESS) return JsonStatus::kNotJson;
      const JsonField field = FindJsonField(NameOf(key));
      if (field == JsonField::kNone) continue;
      // A member that stands twice could mean two things.
      if (g.Has(field) && !(inner && (field == JsonField::kStream || field == JsonField::kData))) return JsonStatus::kBadValue;
      ondemand::value value;
      if (member.value().get(value) != simdjson::SUCCESS) return JsonStatus::kNotJson;
      const std::string_view token = value.raw_json_token();
      if (!Inside(token)) return JsonStatus::kNotJson;
      if (IsScalar(token)) {
        g.Put(field, Unquoted(token));
        continue;
      }
      g.lists_ |= uint64_t{1} << static_cast<int>(field);
      const JsonStatus status = token.front() == '[' ? List(field, value, token.data()) : Inner(field, value, inner);
      if (status != JsonStatus::kMessage) return status;
    }
    return JsonStatus::kMessage;
  }

  JsonStatus Inner(JsonField field, ondemand::value value, bool inner) {
    if (field != JsonField::kData || inner) return JsonStatus::kMessage;
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return JsonStatus::kNotJson;
    return TopLevel(object, true);
  }

  JsonStatus List(JsonField field, ondemand::value value, const char* text) {
    switch (field) {
      case JsonField::kB:
      case JsonField::kBids:
        return PlainLevels(text, Side::kBuy) ? JsonStatus::kMessage : Levels(value, Side::kBuy);
      case JsonField::kA:
      case JsonField::kAsks:
        return PlainLevels(text, Side::kSell) ? JsonStatus::kMessage : Levels(value, Side::kSell);
      case JsonField::kChanges:
        return Changes(value);
      case JsonField::kEvents:
        return Events(value);
      default:
        return JsonStatus::kMessage;
    }
  }

  // [["price","quantity"],…] without a space, as every venue writes it: read straight from the text, which is faster than walking it.
  // False, and nothing added, where it is written otherwise or something is wrong with it.
  bool PlainLevels(const char* p, Side side) {
    static_assert(2 * kLongestCell + 8 <= JsonDecoder::kPaddingBytes, "one level is read without looking for the line's end");
    const uint32_t before = g.level_count_;
    const auto cell = [&](std::string_view* out) {
      if (*p != '"') return false;
      const char* const first = ++p;
      p = FindQuote(first);
      *out = {first, static_cast<size_t>(p - first)};
      return p++ != first + kLongestCell;
    };
    const auto level = [&] {
      std::string_view price, quantity;
      return *p++ == '[' && cell(&price) && *p++ == ',' && cell(&quantity) && *p++ == ']' &&
             g.AddLevel(side, price, quantity) == JsonStatus::kMessage;
    };
    ++p;
    if (*p == ']') return true;
    while (p < end && level()) {
      if (*p == ']' && p < end) return true;
      if (*p++ != ',') break;
    }
    g.level_count_ = before;
    return false;
  }

  // The first `kWanted` scalars of each inner list.
  template <size_t kWanted, class Visit>
  JsonStatus Rows(ondemand::value value, Visit&& visit) {
    ondemand::array rows;
    if (value.get_array().get(rows) != simdjson::SUCCESS) return JsonStatus::kNotJson;
    for (auto element : rows) {
      ondemand::array row;
      const auto error = element.get_array().get(row);
      if (error != simdjson::SUCCESS) return error == simdjson::INCORRECT_TYPE ? JsonStatus::kBadValue : JsonStatus::kNotJson;
      std::array<std::string_view, kWanted> cells;
      size_t count = 0;
      for (auto cell : row) {
        std::string_view token;
        if (cell.raw_json_token().get(token) != simdjson::SUCCESS || !Inside(token)) return JsonStatus::kNotJson;
        if (count < kWanted) cells[count++] = IsScalar(token) ? Unquoted(token) : std::string_view{};
      }
      if (count < kWanted) return JsonStatus::kMissingField;
      const JsonStatus status = visit(cells);
      if (status != JsonStatus::kMessage) return status;
    }
    return JsonStatus::kMessage;
  }

  JsonStatus Levels(ondemand::value value, Side side) {
    return Rows<2>(value, [&](const auto& cells) { return g.AddLevel(side, cells[0], cells[1]); });
  }

  JsonStatus Changes(ondemand::value value) {
    return Rows<3>(value, [&](const auto& cells) {
      Side side;
      return ParseJsonSide(cells[0], &side) ? g.AddLevel(side, cells[1], cells[2]) : JsonStatus::kBadValue;
    });
  }

  // Calls visit(name, token, value) for each member of each object of a list, and done() behind each object.
  template <class Visit, class Done>
  JsonStatus Objects(ondemand::value value, Visit&& visit, Done&& done) {
    ondemand::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return JsonStatus::kNotJson;
    for (auto element : list) {
      ondemand::object object;
      const auto error = element.get_object().get(object);
      if (error != simdjson::SUCCESS) return error == simdjson::INCORRECT_TYPE ? JsonStatus::kBadValue : JsonStatus::kNotJson;
      for (auto member : object) {
        ondemand::raw_json_string key;
        ondemand::value inner;
        if (member.key().get(key) != simdjson::SUCCESS) return JsonStatus::kNotJson;
        const JsonField field = FindJsonField(NameOf(key));
        if (field == JsonField::kNone) continue;
        if (member.value().get(inner) != simdjson::SUCCESS) return JsonStatus::kNotJson;
        const std::string_view token = inner.raw_json_token();
        if (!Inside(token)) return JsonStatus::kNotJson;
        const JsonStatus status = visit(field, token, inner);
        if (status != JsonStatus::kMessage) return status;
      }
      const JsonStatus status = done();
      if (status != JsonStatus::kMessage) return status;
    }
    return JsonStatus::kMessage;
  }

  JsonStatus Events(ondemand::value value) {
    Book book;
    bool has_updates = false;
    book.first_level = g.level_count_;
    return Objects(
        value,
        [&](JsonField field, std::string_view token, ondemand::value inner) {
          if (field == JsonField::kType) book.type = Unquoted(token);
          if (field == JsonField::kProductId) book.product = Unquoted(token);
          if (field == JsonField::kTrades && token.starts_with('[')) return Trades(inner);
          if (field != JsonField::kUpdates || !token.starts_with('[')) return JsonStatus::kMessage;
          has_updates = true;
          return Updates(inner);
        },
        [&] {
          if (has_updates) {
            if (book.product.empty()) return JsonStatus::kMissingField;
            if (g.book_count_ == g.books_.size()) return JsonStatus::kTooManyLevels;
            book.level_count = g.level_count_ - book.first_level;
            g.books_[g.book_count_++] = book;
          }
          book = {};
          book.first_level = g.level_count_;
          has_updates = false;
          return JsonStatus::kMessage;
        });
  }

  JsonStatus Updates(ondemand::value value) {
    std::string_view side_text, price, quantity;
    return Objects(
        value,
        [&](JsonField field, std::string_view token, ondemand::value) {
          if (field == JsonField::kSide) side_text = Unquoted(token);
          if (field == JsonField::kPriceLevel) price = Unquoted(token);
          if (field == JsonField::kNewQuantity) quantity = Unquoted(token);
          return JsonStatus::kMessage;
        },
        [&] {
          if (side_text.empty() || price.empty() || quantity.empty()) return JsonStatus::kMissingField;
          Side side;
          if (!ParseJsonSide(side_text, &side)) return JsonStatus::kBadValue;
          const JsonStatus status = g.AddLevel(side, price, quantity);
          side_text = price = quantity = {};
          return status;
        });
  }

  JsonStatus Trades(ondemand::value value) {
    Trade trade;
    std::string_view id, price, quantity, side_text;
    return Objects(
        value,
        [&](JsonField field, std::string_view token, ondemand::value) {
          const std::string_view text = Unquoted(token);
          if (field == JsonField::kTradeId) id = text;
          if (field == JsonField::kProductId) trade.product = text;
          if (field == JsonField::kPrice) price = text;
          if (field == JsonField::kSize) quantity = text;
          if (field == JsonField::kSide) side_text = text;
          if (field == JsonField::kTime) trade.time = text;
          return JsonStatus::kMessage;
        },
        [&] {
          if (id.empty() || trade.product.empty() || price.empty() || quantity.empty() || side_text.empty())
            return JsonStatus::kMissingField;
          if (g.trade_count_ == g.trades_.size()) return JsonStatus::kTooManyLevels;
          if (!ParseUnsigned(id, &trade.trade_id) || !ParseJsonSide(side_text, &trade.maker) ||
              ParseDecimal(price, kJsonPriceScale, &trade.price_nanos) != DecimalStatus::kOk ||
              ParseDecimal(quantity, kJsonQuantityScale, &trade.quantity) != DecimalStatus::kOk || trade.quantity < 0) {
            return JsonStatus::kBadValue;
          }
          g.trades_[g.trade_count_++] = trade;
          trade = {};
          id = price = quantity = side_text = {};
          return JsonStatus::kMessage;
        });
  }
};

JsonGatherer::JsonGatherer(const JsonDecoderLimits& limits)
    : parser_(std::make_unique<Parser>()),
      line_bytes_(limits.line_bytes),
      levels_(limits.levels),
      books_(limits.events),
      trades_(limits.events) {
  static_assert(JsonDecoder::kPaddingBytes >= simdjson::SIMDJSON_PADDING);
  parser_->line.reset(new char[limits.line_bytes + JsonDecoder::kPaddingBytes]);
  if (parser_->parser.allocate(limits.line_bytes) != simdjson::SUCCESS) throw std::runtime_error("out of memory for the JSON parser");
}

JsonGatherer::~JsonGatherer() = default;

JsonStatus JsonGatherer::AddLevel(Side side, std::string_view price, std::string_view quantity) {
  if (level_count_ == levels_.size()) return JsonStatus::kTooManyLevels;
  JsonLevel& level = levels_[level_count_];
  if (ParseDecimal(price, kJsonPriceScale, &level.price_nanos) != DecimalStatus::kOk ||
      ParseDecimal(quantity, kJsonQuantityScale, &level.quantity) != DecimalStatus::kOk || level.quantity < 0) {
    return JsonStatus::kBadValue;
  }
  level.side = side;
  ++level_count_;
  return JsonStatus::kMessage;
}

JsonStatus JsonGatherer::Gather(std::string_view json, size_t readable) {
  present_ = lists_ = 0;
  level_count_ = book_count_ = trade_count_ = 0;
  if (json.empty()) return JsonStatus::kNotJson;
  if (json.size() > line_bytes_) return JsonStatus::kTooLong;
  const char* text = json.data();
  if (readable < json.size() + JsonDecoder::kPaddingBytes) {
    std::memcpy(parser_->line.get(), text, json.size());
    text = parser_->line.get();
  }
  ondemand::document document;
  ondemand::object object;
  if (parser_->parser.iterate(text, json.size(), json.size() + JsonDecoder::kPaddingBytes).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return JsonStatus::kNotJson;
  }
  const JsonStatus status = Walker{*this, text + json.size()}.TopLevel(object, false);
  if (status != JsonStatus::kMessage) return status;
  // Anything behind the object's end makes the line something else.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? JsonStatus::kMessage : JsonStatus::kNotJson;
}

}  // namespace tickgraph
