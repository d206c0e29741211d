// What a column does once a file: allocation, dictionaries, packing of the validity bits.
#include "cold/column.h"

#include <chrono>

namespace tickgraph {
namespace {

std::shared_ptr<arrow::DataType> ArrowType(Column::Type type) {
  switch (type) {
    case Column::Type::kInt64:
      return arrow::int64();
    case Column::Type::kUint64:
      return arrow::uint64();
    case Column::Type::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case Column::Type::kDate:
      return arrow::date32();
    case Column::Type::kDecimal:
      return arrow::decimal128(19, 9);
    default:
      return arrow::dictionary(arrow::int32(), arrow::utf8());
  }
}

std::shared_ptr<arrow::Array> StringArray(const std::vector<std::string>& texts) {
  arrow::StringBuilder builder;
  if (!builder.AppendValues(texts).ok()) throw std::bad_alloc();
  return *builder.Finish();
}

}  // namespace

std::string ToUtf8(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (c < 0x80) {
      out += letter;
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

void TextPool::Clear() {
  texts_.clear();
  table_.assign(64, -1);
  last_code_ = -1;
}

int32_t TextPool::Find(const InstrumentName& text) {
  if (2 * (texts_.size() + 1) > table_.size()) {
    table_.assign(2 * table_.size(), -1);
    for (size_t code = 0; code < texts_.size(); ++code) {
      size_t at = HashText(texts_[code].view()) & (table_.size() - 1);
      while (table_[at] >= 0) at = (at + 1) & (table_.size() - 1);
      table_[at] = static_cast<int32_t>(code);
    }
  }
  size_t at = HashText(text.view()) & (table_.size() - 1);
  for (; table_[at] >= 0; at = (at + 1) & (table_.size() - 1)) {
    if (texts_[static_cast<size_t>(table_[at])] == text) return table_[at];
  }
  texts_.push_back(text);
  return table_[at] = static_cast<int32_t>(texts_.size() - 1);
}

Column::Column(std::string name, Type type, std::vector<std::string> labels)
    : name_(std::move(name)), type_(type), labels_(std::move(labels)), field_(arrow::field(name_, ArrowType(type))) {
  width_ = type == Type::kDecimal ? 16 : type == Type::kLabel || type == Type::kText || type == Type::kDate ? 4 : 8;
  if (type == Type::kLabel) label_array_ = StringArray(labels_);
}

void Column::SetLabels(std::vector<std::string> labels) {
  if (labels == labels_) return;
  labels_ = std::move(labels);
  label_array_ = StringArray(labels_);
}

void Column::Start(int64_t rows) {
  auto buffer = arrow::AllocateBuffer(rows * width_);
  if (!buffer.ok()) throw std::bad_alloc();
  values_ = std::move(*buffer);
  data_ = values_->mutable_data();
  valid_.assign(static_cast<size_t>(rows), 1);
  rows_ = rows;
  nulls_ = 0;
  if (type_ == Type::kText) pool_.Clear();
}

void Column::SetDate(int64_t row, uint32_t yyyymmdd) {
  using namespace std::chrono;
  const year_month_day day(year(static_cast<int>(yyyymmdd / 10000)), month(yyyymmdd / 100 % 100), std::chrono::day(yyyymmdd % 100));
  const bool good = yyyymmdd != 0 && day.ok();
  reinterpret_cast<int32_t*>(data_)[row] = good ? static_cast<int32_t>(sys_days(day).time_since_epoch().count()) : 0;
  MarkNull(row, !good);
}

std::shared_ptr<arrow::Array> Column::Dictionary() const {
  if (type_ == Type::kLabel) return label_array_;
  std::vector<std::string> texts;
  texts.reserve(pool_.texts().size());
  for (const InstrumentName& text : pool_.texts()) texts.push_back(ToUtf8(text.view()));
  return StringArray(texts);
}

std::shared_ptr<arrow::Array> Column::Finish() {
  std::shared_ptr<arrow::Buffer> bitmap;
  if (nulls_ > 0) {
    auto bits = arrow::AllocateBuffer((rows_ + 7) / 8);
    if (!bits.ok()) throw std::bad_alloc();
    valid_.resize(static_cast<size_t>((rows_ + 7) / 8 * 8));
    uint8_t* out = (*bits)->mutable_data();
    for (size_t i = 0; i < valid_.size(); i += 8) {
      // Eight bytes of 0 or 1 to eight bits: the product moves byte k's bit to bit 56 + k.
      uint64_t eight;
      std::memcpy(&eight, &valid_[i], 8);
      out[i / 8] = static_cast<uint8_t>(eight * 0x0102040810204080ULL >> 56);
    }
    bitmap = std::move(*bits);
  }
  std::shared_ptr<arrow::Buffer> values = std::move(values_);
  const bool dictionary = type_ == Type::kLabel || type_ == Type::kText;
  auto data = arrow::ArrayData::Make(dictionary ? arrow::int32() : field_->type(), rows_, {bitmap, values}, nulls_);
  if (!dictionary) return arrow::MakeArray(data);
  return std::make_shared<arrow::DictionaryArray>(field_->type(), arrow::MakeArray(data), Dictionary());
}

}  // namespace tickgraph
