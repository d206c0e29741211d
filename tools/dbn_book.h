// One instrument's book out of Databento records: orders (mbo), or the levels that a record carries whole (mbp, bbo and their kin).
//
// In the flow: book_records hands over the records; a row goes to the sink after each event, that is the record flagged last, that changes
// what is shown. Sampled records are events by themselves. Offline, one thread. Invariants: one book, of one publisher, instrument and
// schema: the first that carries it; a symbol stands for an instrument on the days that the metadata or a record says.
#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hot/packet.h"
#include "net/proto/dbn.h"
#include "tools/book_row.h"
#include "tools/mbo_book.h"

namespace tickgraph {

template <class Sink>
class DbnBookView {
 public:
  struct Problem {
    uint64_t record = 0, offset = 0;
    const char* reason = "";
  };

  DbnBookView(const BookQuery& query, const DbnMetadata& metadata, Sink& sink)
      : symbol_(query.symbol), format_{metadata.version, metadata.ts_out}, shown_(query.depth, sink) {
    if (!query.venue.empty()) wanted_publisher_ = NumberOf(query.venue).value_or(kNoPublisher);
    if (const auto id = NumberOf(symbol_); id.has_value()) instruments_.push_back({*id, 0, 0});
    metadata.ForEachMapping([&](const DbnMapping& mapping) {
      Learn(mapping.symbol, NumberOf(mapping.interval_symbol), mapping.start_date, mapping.end_date);
      Learn(mapping.interval_symbol, NumberOf(mapping.symbol), mapping.start_date, mapping.end_date);
    });
  }

  void Add(const PacketView& packet) {
    packet_number_ = packet.number;
    const DecodeStatus status = DecodeDbn(packet.data, packet.size, format_, *this);
    if (status == DecodeStatus::kOk || status == DecodeStatus::kUnknownType) return;
    if (bad_records_++ == 0) first_bad_ = {packet.number, packet.file_offset, Name(status)};
  }

  // ---- what the decoder calls ----
  void On(const DbnOrder& record) {
    if (!Wanted(record.header, false)) return;
    if (record.flags & kDbnMaybeBadBook) ++maybe_bad_;
    orders_.Apply(record);
    unfinished_ = (record.flags & kDbnLast) == 0;
    if (unfinished_) return;
    shown_.Show(packet_number_ - 1, record.header.ts_recv_ns, [&](Side side, const auto& put) {
      orders_.ForEachLevel(side, [&](PriceNanos price, Quantity quantity, uint32_t) { return put(price, quantity); });
    });
  }
  void On(const DbnQuote& record) {
    const auto type = static_cast<DbnType>(record.header.rtype);
    if (record.level_count == 0) return MarkNamed(record.header);
    const bool consolidated = type == DbnType::kCmbp1 || type == DbnType::kTcbbo || type == DbnType::kCbbo1s || type == DbnType::kCbbo1m;
    if (!Wanted(record.header, consolidated)) return;
    if (record.flags & kDbnMaybeBadBook) ++maybe_bad_;
    const bool sampled = record.action == 0;
    unfinished_ = !sampled && (record.flags & kDbnLast) == 0;
    if (unfinished_) return;
    shown_.Show(packet_number_ - 1, record.header.ts_recv_ns, [&](Side side, const auto& put) {
      for (uint32_t i = 0; i < record.level_count; ++i) {
        const DbnLevel& level = record.levels[i];
        const PriceNanos price = side == Side::kBuy ? level.bid_price_nanos : level.ask_price_nanos;
        if (price == kNoPrice || !put(price, side == Side::kBuy ? level.bid_quantity : level.ask_quantity)) return;
      }
    });
  }
  void On(const DbnDefinition& record) {
    Learn(record.raw_symbol, record.header.instrument_id, 0, 0);
    MarkNamed(record.header);
  }
  void On(const DbnSymbolMapping& record) {
    Learn(record.in_symbol, record.header.instrument_id, 0, 0);
    Learn(record.out_symbol, record.header.instrument_id, 0, 0);
  }
  void On(const DbnStatus& record) { MarkNamed(record.header); }
  void On(const DbnImbalance& record) { MarkNamed(record.header); }
  void On(const DbnStatistic& record) { MarkNamed(record.header); }
  void On(const DbnBar& record) { MarkNamed(record.header); }
  void On(const DbnNotice&) {}

  // ---- what is left when it is over ----
  [[nodiscard]] bool named() const { return named_; }                 // some record is of the instrument
  [[nodiscard]] bool known() const { return !instruments_.empty(); }  // the symbol stands for an instrument
  [[nodiscard]] bool has_book() const { return type_.has_value(); }
  [[nodiscard]] std::optional<uint16_t> publisher() const { return publisher_; }
  [[nodiscard]] bool unfinished() const { return unfinished_; }
  [[nodiscard]] uint64_t maybe_bad() const { return maybe_bad_; }
  [[nodiscard]] uint64_t bad_records() const { return bad_records_; }
  [[nodiscard]] const Problem& first_bad() const { return first_bad_; }
  [[nodiscard]] const MboBook& orders() const { return orders_; }
  [[nodiscard]] const std::set<std::string, std::less<>>& symbols() const { return symbols_; }
  [[nodiscard]] const std::vector<int64_t>& cells() const { return shown_.cells(); }

 private:
  struct Instrument {
    uint64_t id = 0;
    uint32_t start_date = 0, end_date = 0;  // [start, end), yyyymmdd; 0 and 0: always
  };
  static constexpr uint64_t kNoPublisher = UINT64_MAX;
  static constexpr size_t kMaxSymbols = 1000;

  static std::optional<uint64_t> NumberOf(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > UINT32_MAX) return std::nullopt;
    return number;
  }

  // The UTC day of a time, yyyymmdd.
  static uint32_t DayOf(uint64_t ns) {
    using std::chrono::days;
    const std::chrono::year_month_day day{std::chrono::sys_days{days{static_cast<int>(ns / 86'400'000'000'000)}}};
    return static_cast<uint32_t>(static_cast<int>(day.year())) * 10'000 + static_cast<unsigned>(day.month()) * 100 +
           static_cast<unsigned>(day.day());
  }

  void Learn(std::string_view name, std::optional<uint64_t> id, uint32_t start_date, uint32_t end_date) {
    if (!id.has_value() || name.empty()) return;
    if (symbols_.size() < kMaxSymbols && !symbols_.contains(name)) symbols_.emplace(name);
    if (name != symbol_) return;
    for (const Instrument& known : instruments_) {
      if (known.id == *id && known.start_date == start_date && known.end_date == end_date) return;
    }
    instruments_.push_back({*id, start_date, end_date});
  }

  bool IsOurs(const DbnHeader& header) const {
    for (const Instrument& instrument : instruments_) {
      if (instrument.id != header.instrument_id) continue;
      if (instrument.start_date == 0 && instrument.end_date == 0) return true;
      const uint32_t day = DayOf(header.ts_recv_ns);
      if (day >= instrument.start_date && day < instrument.end_date) return true;
    }
    return false;
  }
  void MarkNamed(const DbnHeader& header) { named_ = named_ || IsOurs(header); }

  // True for a record of the one book. A consolidated one names as its publisher whoever changed it.
  bool Wanted(const DbnHeader& header, bool consolidated) {
    if (!IsOurs(header)) return false;
    named_ = true;
    if (!consolidated && wanted_publisher_.has_value() && *wanted_publisher_ != header.publisher_id) return false;
    if (!type_.has_value()) {
      type_ = header.rtype;
      publisher_ = header.publisher_id;
    }
    return type_ == header.rtype && (consolidated || publisher_ == header.publisher_id);
  }

  std::string symbol_;
  DbnFormat format_;
  std::optional<uint64_t> wanted_publisher_;
  std::vector<Instrument> instruments_;
  std::set<std::string, std::less<>> symbols_;
  ShownLevels<Sink> shown_;
  MboBook orders_;
  std::optional<uint8_t> type_;
  std::optional<uint16_t> publisher_;
  bool named_ = false, unfinished_ = false;
  uint64_t packet_number_ = 0, maybe_bad_ = 0, bad_records_ = 0;
  Problem first_bad_;
};

}  // namespace tickgraph
