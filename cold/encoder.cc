// The Parquet side of the encoder, and the seven tables behind one call.
#include "cold/encoder.h"

#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <utility>

namespace tickgraph {
namespace {

std::shared_ptr<parquet::WriterProperties> Properties(const arrow::Schema& schema) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)
      ->compression_level(1)
      ->disable_dictionary()
      ->disable_statistics()
      ->disable_write_page_index();
  builder.max_row_group_length(int64_t{1} << 30);
  for (const auto& field : schema.fields()) {
    switch (field->type()->id()) {
      case arrow::Type::DICTIONARY:
      case arrow::Type::STRING:
        builder.enable_dictionary(field->name());
        break;
      case arrow::Type::DECIMAL128:
      case arrow::Type::DOUBLE:
        builder.encoding(field->name(), parquet::Encoding::BYTE_STREAM_SPLIT);
        break;
      default:
        builder.encoding(field->name(), parquet::Encoding::DELTA_BINARY_PACKED);
    }
  }
  return builder.build();
}

// One table's columns, filled again for each file.
template <class Own>
struct TableColumns {
  explicit TableColumns(bool with_product) : common(set, with_product), own(set) {
    arrow::FieldVector fields;
    for (Column& column : set.columns()) fields.push_back(column.field());
    schema = arrow::schema(std::move(fields));
  }
  std::shared_ptr<arrow::Table> Fill(const TapeRecord* records, std::span<const uint32_t> indices, const TapeNames& names) {
    set.Start(static_cast<int64_t>(indices.size()), names);
    constexpr size_t kAhead = 8;
    for (size_t i = 0; i < indices.size(); ++i) {
      // A product's rows lie scattered over the segment.
      if (i + kAhead < indices.size()) {
        const char* next = reinterpret_cast<const char*>(records + indices[i + kAhead]);
        __builtin_prefetch(next);
        __builtin_prefetch(next + 64);
      }
      const TapeRecord& record = records[indices[i]];
      common.Set(static_cast<int64_t>(i), record, names);
      own.Set(static_cast<int64_t>(i), record, names);
    }
    arrow::ArrayVector arrays;
    for (Column& column : set.columns()) arrays.push_back(column.Finish());
    return arrow::Table::Make(schema, arrays, static_cast<int64_t>(indices.size()));
  }
  ColumnSet set;
  CommonColumns common;
  Own own;
  std::shared_ptr<arrow::Schema> schema;
};

}  // namespace

absl::StatusOr<std::shared_ptr<arrow::Buffer>> ToParquet(const arrow::Table& table) {
  constexpr int64_t kFirstGuess = 1 << 16;
  auto sink = arrow::io::BufferOutputStream::Create(kFirstGuess);
  if (!sink.ok()) return FromArrow(sink.status());
  auto writer = parquet::arrow::FileWriter::Open(*table.schema(), arrow::default_memory_pool(), *sink, Properties(*table.schema()));
  if (!writer.ok()) return FromArrow(writer.status());
  arrow::Status status = (*writer)->WriteTable(table, std::max<int64_t>(table.num_rows(), 1));
  if (status.ok()) status = (*writer)->Close();
  if (!status.ok()) return FromArrow(status);
  auto bytes = (*sink)->Finish();
  if (!bytes.ok()) return FromArrow(bytes.status());
  return *std::move(bytes);
}

struct TableEncoder::Tables {
  explicit Tables(bool with_product)
      : events(with_product),
        signals(with_product),
        orders(with_product),
        fills(with_product),
        risk(with_product),
        gaps(with_product),
        latency(with_product) {}
  TableColumns<EventColumns> events;
  TableColumns<SignalColumns> signals;
  TableColumns<OrderColumns> orders;
  TableColumns<FillColumns> fills;
  TableColumns<RiskColumns> risk;
  TableColumns<GapColumns> gaps;
  TableColumns<LatencyColumns> latency;
};

TableEncoder::TableEncoder() : plain_(new Tables(false)), with_product_(new Tables(true)) {}
TableEncoder::~TableEncoder() = default;

absl::StatusOr<std::shared_ptr<arrow::Buffer>> TableEncoder::Encode(TapeTable table, bool with_product, const TapeRecord* records,
                                                                    std::span<const uint32_t> indices, const TapeNames& names) {
  Tables& tables = with_product ? *with_product_ : *plain_;
  std::shared_ptr<arrow::Table> rows;
  switch (table) {
    case TapeTable::kEvents:
      rows = tables.events.Fill(records, indices, names);
      break;
    case TapeTable::kSignals:
      rows = tables.signals.Fill(records, indices, names);
      break;
    case TapeTable::kOrders:
      rows = tables.orders.Fill(records, indices, names);
      break;
    case TapeTable::kFills:
      rows = tables.fills.Fill(records, indices, names);
      break;
    case TapeTable::kRisk:
      rows = tables.risk.Fill(records, indices, names);
      break;
    case TapeTable::kGaps:
      rows = tables.gaps.Fill(records, indices, names);
      break;
    case TapeTable::kLatency:
      rows = tables.latency.Fill(records, indices, names);
      break;
  }
  if (rows == nullptr) return absl::InternalError("a tape record names no table");
  return ToParquet(*rows);
}

}  // namespace tickgraph
