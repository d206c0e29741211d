// A column of an archive table while it is filled: Arrow's own buffers, written directly, a value a store.
//
// In the flow: an encoder thread starts every column with the number of rows, sets each row once, takes the arrays. One thread.
#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hot/hash.h"
#include "hot/types.h"

namespace tickgraph {

// Symbols come from the wire: bytes past ASCII are taken as Latin-1, so every text is valid UTF-8 and none is lost.
std::string ToUtf8(std::string_view text);

// Texts of at most 32 characters, numbered in order of appearance: the dictionary of a column.
class TextPool {
 public:
  void Clear();
  int32_t Code(const InstrumentName& text) {
    if (last_code_ >= 0 && text == last_) return last_code_;
    last_ = text;
    return last_code_ = Find(text);
  }
  [[nodiscard]] const std::vector<InstrumentName>& texts() const { return texts_; }

 private:
  int32_t Find(const InstrumentName& text);

  std::vector<InstrumentName> texts_;
  std::vector<int32_t> table_;  // open addressing, -1: free
  InstrumentName last_;
  int32_t last_code_ = -1;
};

// A text of one to eight characters as a name.
inline InstrumentName ShortText(const char* eight) {
  InstrumentName out;
  std::memcpy(out.chars.data(), eight, 8);
  return out;
}

class Column {
 public:
  enum class Type { kInt64, kUint64, kTimestamp, kDate, kDecimal, kLabel, kText };

  Column(std::string name, Type type, std::vector<std::string> labels = {});

  // New texts for a kLabel column: those of venues are known only while the tape is read.
  void SetLabels(std::vector<std::string> labels);
  // Every row is to be set once; rows are not null until they are said to be.
  void Start(int64_t rows);
  std::shared_ptr<arrow::Array> Finish();

  void SetInt(int64_t row, int64_t value) { reinterpret_cast<int64_t*>(data_)[row] = value; }  // kInt64, kUint64, kTimestamp
  void SetIntOrNull(int64_t row, int64_t value) {                                              // 0: null
    SetInt(row, value);
    MarkNull(row, value == 0);
  }
  void SetDate(int64_t row, uint32_t yyyymmdd);  // not a date: null
  void SetDecimal(int64_t row, int64_t nanos) {
    const int64_t words[2] = {nanos, nanos >> 63};
    std::memcpy(data_ + 16 * row, words, 16);
  }
  void SetPrice(int64_t row, PriceNanos price) {  // kNoPrice: null
    const bool none = price == kNoPrice;
    SetDecimal(row, none ? 0 : price);
    MarkNull(row, none);
  }
  void SetLabel(int64_t row, int32_t code) {  // outside the labels: null
    const bool none = static_cast<uint32_t>(code) >= labels_.size();
    reinterpret_cast<int32_t*>(data_)[row] = none ? 0 : code;
    MarkNull(row, none);
  }
  void SetText(int64_t row, const InstrumentName& text) {  // empty: null
    const bool none = text.chars[0] == '\0';
    reinterpret_cast<int32_t*>(data_)[row] = none ? 0 : pool_.Code(text);
    MarkNull(row, none);
  }

  [[nodiscard]] const std::shared_ptr<arrow::Field>& field() const { return field_; }
  [[nodiscard]] Type type() const { return type_; }

 private:
  void MarkNull(int64_t row, bool null) {
    valid_[static_cast<size_t>(row)] = !null;
    nulls_ += null;
  }
  std::shared_ptr<arrow::Array> Dictionary() const;

  std::string name_;
  Type type_;
  std::vector<std::string> labels_;
  std::shared_ptr<arrow::Array> label_array_;
  std::shared_ptr<arrow::Field> field_;
  int width_;
  TextPool pool_;
  std::unique_ptr<arrow::Buffer> values_;
  uint8_t* data_ = nullptr;
  std::vector<uint8_t> valid_;  // a byte a row, packed at the end
  int64_t rows_ = 0, nulls_ = 0;
};

}  // namespace tickgraph
