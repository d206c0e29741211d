// Rows of a tape segment to the bytes of a Parquet file.
//
// In the flow: each encoder thread owns a TableEncoder and takes jobs from the queue. Choices, each for cost: every integer is
// delta-coded (sequences and times shrink to a byte or two and cost less than compressing eight), texts go by dictionary index, no
// statistics, zstd 1.
#pragma once

#include <arrow/api.h>
#include <arrow/io/api.h>

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cold/rows.h"

namespace tickgraph {

inline absl::Status FromArrow(const arrow::Status& status) {
  return status.ok()              ? absl::OkStatus()
         : status.IsOutOfMemory() ? absl::ResourceExhaustedError(status.ToString())
                                  : absl::InternalError(status.ToString());
}

// A table of one row group as a Parquet file in memory, with the archive's encodings.
absl::StatusOr<std::shared_ptr<arrow::Buffer>> ToParquet(const arrow::Table& table);

class TableEncoder {
 public:
  TableEncoder();
  ~TableEncoder();
  // The rows of `records` at `indices`, in that order; all of one table. `with_product` adds the column of that name.
  absl::StatusOr<std::shared_ptr<arrow::Buffer>> Encode(TapeTable table, bool with_product, const TapeRecord* records,
                                                        std::span<const uint32_t> indices, const TapeNames& names);

 private:
  struct Tables;
  std::unique_ptr<Tables> plain_, with_product_;
};

}  // namespace tickgraph
