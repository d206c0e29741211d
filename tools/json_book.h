// One product's book out of a JSON capture: Binance (spot, USD-M, COIN-M), Coinbase Exchange, Coinbase Advanced Trade.
//
// In the flow: book_records hands over the lines; a row goes to the sink after each message that changes what is shown. Offline, one
// thread. Invariants: what is shown is whole, that is a snapshot with every update since, or nothing. Binance's rules stand in
// depth_join.h. Coinbase Exchange numbers no update: only its trades tell of a loss, and the book goes on. Advanced Trade numbers the
// frames of a connection: after a missing one, and on a new connection, the book is nothing until its next snapshot.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hot/packet.h"
#include "net/proto/json/capture_line.h"
#include "net/proto/json/json_decoder.h"
#include "tools/book_row.h"
#include "tools/depth_join.h"
#include "tools/level_map.h"

namespace tickgraph {

template <class Sink>
class JsonBookView {
 public:
  struct Problem {
    uint64_t line = 0, offset = 0;
    const char* reason = "";
  };

  JsonBookView(const BookQuery& query, Sink& sink) : query_(query), shown_(query.depth, sink) {}

  // A line of the capture.
  void Add(const PacketView& packet) {
    ++lines_;
    last_bad_offset_.reset();
    if (packet.size < packet.original_size) return Bad(packet, Name(JsonStatus::kTooLong));
    const std::string_view text{reinterpret_cast<const char*>(packet.data), packet.size};
    const CaptureLine line = ParseCaptureLine(text);
    if (line.kind == CaptureLineKind::kBlank || line.kind == CaptureLineKind::kHeader) return;
    if (line.kind == CaptureLineKind::kBad) return Bad(packet, "neither JSON nor a header line of a capture");
    asked_symbol_ = line.kind == CaptureLineKind::kAnswer ? SymbolOfRequest(text) : std::string_view();
    frame_is_new_.reset();
    changed_ = false;
    const JsonStatus status = decoder_.Decode(line.json, line.ts_recv_ns, *this);
    const bool book = status == JsonStatus::kMessage && decoder_.header().event == "snapshot";
    if (status == JsonStatus::kControl || (line.kind == CaptureLineKind::kAnswer && !book)) return;
    if (status != JsonStatus::kMessage) {
      unknown_objects_ += status == JsonStatus::kUnknownObject ? 1 : 0;
      return Bad(packet, Name(status));
    }
    const JsonHeader& header = decoder_.header();
    if (header.venue == JsonVenue::kCoinbaseAdvanced) FrameIsNew();
    ts_ns_ = header.ts_recv_ns != 0 ? header.ts_recv_ns : header.ts_event_ns != 0 ? header.ts_event_ns : ts_ns_;
    if (changed_) Show();
    ++messages_;
  }

  // ---- what the decoder calls ----
  void On(const JsonBook& book) {
    if (book.header.venue == JsonVenue::kCoinbaseAdvanced && !FrameIsNew()) return;
    if (!book.header.product.empty()) return Take(book, book.header.product);
    if (!asked_symbol_.empty()) return Take(book, asked_symbol_);
    Nameless(book);
  }
  void On(const JsonTrade& trade) {
    if (!Names(trade.header.product) || trade.header.venue != JsonVenue::kCoinbaseExchange) return;
    if (trade.header.event != "last_match" && last_trade_ != 0 && trade.trade_id > last_trade_ + 1) {
      if (trade_gaps_++ == 0) first_trade_gap_ = {last_trade_, trade.trade_id};
      missing_trades_ += trade.trade_id - last_trade_ - 1;
    }
    last_trade_ = std::max(last_trade_, trade.trade_id);
  }
  void On(const JsonQuote& quote) { Names(quote.header.product); }
  void On(const JsonTicker& ticker) { Names(ticker.header.product); }
  void On(const JsonOther& other) { Names(other.header.product); }

  // ---- what is left when it is over ----
  [[nodiscard]] bool named() const { return named_; }  // some message names the symbol
  [[nodiscard]] std::optional<JsonVenue> venue() const { return venue_; }
  // There was a book at some time, and there is one now.
  [[nodiscard]] bool had_book() const { return had_book_ || join_.joined(); }
  [[nodiscard]] bool has_book() const { return live_ || join_.live(); }
  [[nodiscard]] const std::vector<int64_t>& cells() const { return shown_.cells(); }
  [[nodiscard]] const DepthJoin& join() const { return join_; }
  [[nodiscard]] const std::set<std::string, std::less<>>& products() const { return products_; }
  // Snapshots that name no symbol, and that no update of this one follows.
  [[nodiscard]] uint64_t unclaimed_snapshots() const { return unclaimed_snapshots_; }
  [[nodiscard]] uint64_t lines() const { return lines_; }
  [[nodiscard]] uint64_t messages() const { return messages_; }
  [[nodiscard]] uint64_t unknown_objects() const { return unknown_objects_; }
  [[nodiscard]] uint64_t early_updates() const { return early_updates_; }  // Coinbase: before the first snapshot
  [[nodiscard]] uint64_t trade_gaps() const { return trade_gaps_; }
  [[nodiscard]] uint64_t missing_trades() const { return missing_trades_; }
  [[nodiscard]] std::pair<uint64_t, uint64_t> first_trade_gap() const { return first_trade_gap_; }  // the trades before and behind it
  [[nodiscard]] uint64_t frame_gaps() const { return frame_gaps_; }
  [[nodiscard]] uint64_t missing_frames() const { return missing_frames_; }
  [[nodiscard]] std::pair<uint64_t, uint64_t> first_frame_gap() const { return first_frame_gap_; }
  [[nodiscard]] uint64_t bad_lines() const { return bad_lines_; }
  [[nodiscard]] const Problem& first_bad() const { return first_bad_; }
  // Where the last line is bad: a text file that was cut.
  [[nodiscard]] std::optional<uint64_t> last_bad_offset() const { return last_bad_offset_; }

 private:
  struct Snapshot {
    JsonBook ids;
    std::vector<JsonLevel> levels;
  };
  static constexpr size_t kMaxNameless = 64, kMaxProducts = 1000;

  static bool IsBinance(JsonVenue venue) { return venue == JsonVenue::kBinanceSpot || IsBinanceFutures(venue); }
  static char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

  void Bad(const PacketView& packet, const char* reason) {
    if (bad_lines_++ == 0) first_bad_ = {packet.number, packet.file_offset, reason};
    last_bad_offset_ = packet.file_offset;
  }

  // Streams write symbols in small letters, messages in capital ones.
  bool Names(std::string_view product) {
    if (product.empty()) return false;
    if (products_.size() < kMaxProducts && !products_.contains(product)) products_.emplace(product);
    const bool same = product.size() == query_.symbol.size() && std::equal(product.begin(), product.end(), query_.symbol.begin(),
                                                                           [](char a, char b) { return Upper(a) == Upper(b); });
    named_ |= same;
    return same;
  }

  void Take(const JsonBook& book, std::string_view product) {
    const JsonVenue venue = book.header.venue;
    if (!Names(product) || (!query_.venue.empty() && Name(venue) != query_.venue)) return;
    if (!venue_.has_value()) venue_ = venue;
    if (venue_ != venue) return;
    if (!IsBinance(venue)) return TakeCoinbase(book);
    if (!book.snapshot) TakeNameless(book);
    changed_ |= book.snapshot ? join_.OnSnapshot(book) : join_.OnUpdate(book);
  }

  void TakeCoinbase(const JsonBook& book) {
    if (book.snapshot) {
      levels_.Clear();
      live_ = had_book_ = true;
    } else if (!live_) {
      early_updates_ += had_book_ ? 0 : 1;
      return;
    }
    for (uint32_t i = 0; i < book.level_count; ++i) levels_.Set(book.levels[i].side, book.levels[i].price_nanos, book.levels[i].quantity);
    changed_ = true;
  }

  void Nameless(const JsonBook& book) {
    if (venue_ == book.header.venue && join_.Claims(book.last_id)) {
      changed_ |= join_.OnSnapshot(book);
    } else if (!join_.live()) {
      ++unclaimed_snapshots_;
      if (nameless_.size() == kMaxNameless) nameless_.erase(nameless_.begin());
      nameless_.push_back({book, {book.levels, book.levels + book.level_count}});
    }
  }

  // Of the snapshots without a name that were there before, the one that this update follows.
  void TakeNameless(const JsonBook& update) {
    if (join_.live()) return;
    const auto follows = [&update](const Snapshot& snapshot) {
      return snapshot.ids.header.venue == update.header.venue && FitFirst(update, snapshot.ids.last_id) == DepthFit::kFits;
    };
    const auto at = std::find_if(nameless_.begin(), nameless_.end(), follows);
    if (at == nameless_.end()) return;
    JsonBook book = at->ids;
    book.header.stream = {};
    book.levels = at->levels.data();
    changed_ |= join_.OnSnapshot(book);
    nameless_.erase(at);
    --unclaimed_snapshots_;
  }

  // Of a frame of Advanced Trade, judged once: false where it came before.
  bool FrameIsNew() {
    if (frame_is_new_.has_value()) return *frame_is_new_;
    const uint64_t number = decoder_.frame_number();
    const bool opens = number == 0 && next_frame_ != 0;
    frame_is_new_ = opens || !frames_started_ || number >= next_frame_;
    if (!*frame_is_new_) return false;
    const bool gap = frames_started_ && !opens && number > next_frame_;
    if (gap) {
      if (frame_gaps_++ == 0) first_frame_gap_ = {next_frame_, number - 1};
      missing_frames_ += number - next_frame_;
    }
    if ((gap || opens) && venue_ == JsonVenue::kCoinbaseAdvanced) {
      levels_.Clear();
      live_ = false;
      changed_ = true;
    }
    frames_started_ = true;
    next_frame_ = number + 1;
    return true;
  }

  void Show() {
    const LevelMap& levels = venue_.has_value() && IsBinance(*venue_) ? join_.levels() : levels_;
    shown_.Show(messages_, ts_ns_, [&](Side side, const auto& put) { levels.ForEach(side, put); });
  }

  BookQuery query_;
  ShownLevels<Sink> shown_;
  JsonDecoder decoder_;
  std::optional<JsonVenue> venue_;
  DepthJoin join_;
  LevelMap levels_;  // Coinbase's
  bool named_ = false, live_ = false, had_book_ = false, changed_ = false;
  std::string_view asked_symbol_;
  std::set<std::string, std::less<>> products_;
  std::vector<Snapshot> nameless_;
  uint64_t unclaimed_snapshots_ = 0;
  uint64_t lines_ = 0, messages_ = 0, ts_ns_ = 0, unknown_objects_ = 0, early_updates_ = 0;
  uint64_t last_trade_ = 0, trade_gaps_ = 0, missing_trades_ = 0;
  std::pair<uint64_t, uint64_t> first_trade_gap_, first_frame_gap_;
  std::optional<bool> frame_is_new_;
  bool frames_started_ = false;
  uint64_t next_frame_ = 0, frame_gaps_ = 0, missing_frames_ = 0;
  uint64_t bad_lines_ = 0;
  Problem first_bad_;
  std::optional<uint64_t> last_bad_offset_;
};

}  // namespace tickgraph
