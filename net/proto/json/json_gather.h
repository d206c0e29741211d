// One line's JSON as flat memory: the text of each known member, price levels, and the lists of an Advanced Trade frame.
//
// In the flow: inside JsonDecoder, the only place that knows simdjson. One thread. Invariants: nothing is allocated after construction;
// every list is bounded and a line that does not fit is refused; texts point into the line.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "hot/arena.h"
#include "net/proto/json/json_events.h"
#include "net/proto/json/json_fields.h"

namespace tickgraph {

struct JsonDecoderLimits;

class JsonGatherer {
 public:
  // One event of an Advanced Trade frame that lists levels.
  struct Book {
    std::string_view product, type;
    uint32_t first_level = 0, level_count = 0;
  };
  struct Trade {
    std::string_view product, time;
    uint64_t trade_id = 0;
    PriceNanos price_nanos = 0;
    Quantity quantity = 0;
    Side maker = Side::kBuy;
  };

  explicit JsonGatherer(const JsonDecoderLimits& limits);
  JsonGatherer(const JsonGatherer&) = delete;
  JsonGatherer& operator=(const JsonGatherer&) = delete;
  ~JsonGatherer();

  // kMessage where all of it could be read.
  JsonStatus Gather(std::string_view json, size_t readable);

  [[nodiscard]] bool Has(JsonField field) const { return ((present_ | lists_) >> static_cast<int>(field) & 1) != 0; }
  // A text or number, not a list or an object.
  [[nodiscard]] bool HasText(JsonField field) const { return (present_ >> static_cast<int>(field) & 1) != 0; }
  [[nodiscard]] bool HasList(JsonField field) const { return (lists_ >> static_cast<int>(field) & 1) != 0; }
  // Without quotes, escapes as they stand; of a member that is absent: empty.
  [[nodiscard]] std::string_view Text(JsonField field) const {
    return HasText(field) ? texts_[static_cast<size_t>(field)] : std::string_view{};
  }
  [[nodiscard]] const JsonLevel* levels() const { return levels_.data(); }
  [[nodiscard]] uint32_t level_count() const { return level_count_; }
  [[nodiscard]] const Book* books() const { return books_.data(); }
  [[nodiscard]] uint32_t book_count() const { return book_count_; }
  [[nodiscard]] const Trade* trades() const { return trades_.data(); }
  [[nodiscard]] uint32_t trade_count() const { return trade_count_; }

 private:
  struct Walker;
  struct Parser;

  void Put(JsonField field, std::string_view text) {
    present_ |= uint64_t{1} << static_cast<int>(field);
    texts_[static_cast<size_t>(field)] = text;
  }
  JsonStatus AddLevel(Side side, std::string_view price, std::string_view quantity);

  std::unique_ptr<Parser> parser_;
  size_t line_bytes_;
  HugeArray<JsonLevel> levels_;
  HugeArray<Book> books_;
  HugeArray<Trade> trades_;
  uint32_t level_count_ = 0, book_count_ = 0, trade_count_ = 0;
  uint64_t present_ = 0, lists_ = 0;
  std::array<std::string_view, static_cast<size_t>(JsonField::kCount)> texts_{};
};

// "bid", "buy", "BUY" and so on; false for a text that names no side.
bool ParseJsonSide(std::string_view text, Side* side);

}  // namespace tickgraph
