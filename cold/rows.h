// The tables of an archive: for each, its columns and how a tape record becomes a row of them.
//
// Column names, types and texts here are the archive's format. Every table begins with the tape's sequence, the times, and
// the names of venue and instrument.
#pragma once

#include <deque>

#include "cold/column.h"
#include "hot/risk.h"
#include "hot/tape.h"

namespace tickgraph {

// Names a venue or instrument; both are immutable once a record that uses them is published.
struct TapeNames {
  const TapeReader* tape = nullptr;
  [[nodiscard]] const TapeVenue* venue(uint8_t index) const { return tape->venue(index); }
  [[nodiscard]] const TapeInstrument* instrument(InstrumentIndex index) const { return tape->instrument(index); }
};

// The names of the venues known by now, by index: the texts of every venue column.
std::vector<std::string> VenueLabels(const TapeNames& names);

// Columns in order; a deque, since tables keep pointers to them.
class ColumnSet {
 public:
  Column* Add(std::string name, Column::Type type, std::vector<std::string> labels = {}) {
    return &columns_.emplace_back(std::move(name), type, std::move(labels));
  }
  Column* AddVenue(std::string name) { return venues_.emplace_back(Add(std::move(name), Column::Type::kLabel)); }
  std::deque<Column>& columns() { return columns_; }
  void Start(int64_t rows, const TapeNames& names);

 private:
  std::deque<Column> columns_;
  std::vector<Column*> venues_;
};

inline const std::vector<std::string>& SideLabels() {
  static const std::vector<std::string> kLabels = {"buy", "sell"};
  return kLabels;
}
constexpr int32_t SideCode(char letter) { return letter == 'B' ? 0 : letter == 'S' ? 1 : -1; }

// Who an instrument is: a venue, a symbol, and for options the contract.
class InstrumentColumns {
 public:
  InstrumentColumns(ColumnSet& set, const std::string& prefix);
  void Set(int64_t row, const TapeNames& names, uint8_t venue, InstrumentIndex instrument);

 private:
  Column *venue_, *symbol_, *expiration_, *right_, *strike_;
};

class CommonColumns {
 public:
  // `with_product`: the table is not partitioned by product, so the rows say it.
  CommonColumns(ColumnSet& set, bool with_product);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);

 private:
  Column *sequence_, *ts_recv_, *ts_event_, *product_ = nullptr;
  InstrumentColumns instrument_;
};

struct EventColumns {
  explicit EventColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *type, *feed_sequence, *line, *side, *order_ref, *order_ref_2, *price, *quantity, *price_2, *quantity_2, *price_3, *detail,
      *book_state, *held, *quantity_decimals;
};
struct SignalColumns {
  explicit SignalColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  struct Leg {
    Leg(ColumnSet& set, const std::string& prefix);
    InstrumentColumns instrument;
    Column *side, *price, *ratio;
  };
  Column *kind, *edge, *theo_edge, *quantity, *imbalance_ppm, *leg_count, *event_sequence;
  std::deque<Leg> legs;
};
struct OrderColumns {
  explicit OrderColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *token, *state, *side, *price, *quantity, *time_in_force, *order_ref, *decision, *strategy, *reason;
};
struct FillColumns {
  explicit FillColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *token, *side, *price, *quantity, *match_number, *position, *realized, *strategy;
};
struct RiskColumns {
  explicit RiskColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *reason, *side, *price, *quantity, *limit, *value, *strategy;
};
struct GapColumns {
  explicit GapColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *kind, *first_sequence, *last_sequence;
};
struct LatencyColumns {
  explicit LatencyColumns(ColumnSet& set);
  void Set(int64_t row, const TapeRecord& record, const TapeNames& names);
  Column *decision, *decoded, *booked, *submitted, *signal, *risk, *encoded, *signal_count, *order_count, *row_count;
};

}  // namespace tickgraph
