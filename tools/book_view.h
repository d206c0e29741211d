// One instrument's book as a person or a script wants to see it: a row after each message that changes the first levels.
//
// In the flow: the feed handler calls On(event); BookView picks the stream and the instrument, applies its events to a
// BookSet and hands a row to the sink whenever one of the shown cells changed. Offline: one thread, memory is not counted here.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hot/book_set.h"
#include "hot/order_modify.h"
#include "tools/book_row.h"

namespace tickgraph {

// "AAPL  240119C00150000" or "AAPL240119C00150000".
inline std::optional<OptionKey> ParseOccSymbol(std::string_view text) {
  constexpr size_t kTail = 15;
  if (text.size() <= kTail) return std::nullopt;
  const std::string_view tail = text.substr(text.size() - kTail);
  std::string_view root = text.substr(0, text.size() - kTail);
  while (!root.empty() && root.back() == ' ') root.remove_suffix(1);
  if (root.empty() || root.size() > sizeof(Symbol) || (tail[6] != 'C' && tail[6] != 'P')) return std::nullopt;
  const auto number = [&](size_t at, size_t digits) -> int64_t {
    int64_t value = 0;
    for (const char c : tail.substr(at, digits)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int64_t date = number(0, 6), strike = number(7, 8);
  if (date < 0 || strike < 0) return std::nullopt;
  OptionKey key;
  key.root = Symbol::From(root);
  key.expiration = static_cast<uint32_t>(20'000'000 + date);
  key.right = tail[6] == 'C' ? OptionRight::kCall : OptionRight::kPut;
  key.strike_nanos = strike * (kNanosPerUnit / 1000);
  return key;
}

// `Sink`: void operator()(const BookRow&).
template <class Sink>
class BookView {
 public:
  BookView(const BookQuery& query, Sink& sink)
      : symbol_(Symbol::From(query.symbol)),
        wanted_venue_(query.venue),
        option_(ParseOccSymbol(query.symbol)),
        raw_file_(query.raw_file),
        books_({1, 1 << 20, 1 << 18}),
        shown_(query.depth, sink) {
    if (query.symbol.size() > sizeof(Symbol)) symbol_ = {};  // no stock's name is longer
    listed_name_ = InstrumentName::From(query.symbol);
  }

  // ---- what the feed calls ----
  void OnStream(VenueIndex venue, const VenueName& name, FeedProtocol, uint32_t) {
    streams_[venue].name = name;
    streams_[venue].known = true;
  }
  void OnStreamActivity(VenueIndex) {}
  void OnStreamState(VenueIndex, BookState) {}
  void OnStreamEnd(VenueIndex) {}
  void OnBookState(VenueIndex, uint32_t, BookState) {}
  void OnBookGap(VenueIndex venue, uint32_t, uint64_t first, uint64_t last) { OnGap(venue, first, last); }
  void OnBookUpdating(VenueIndex venue, uint32_t locate, bool updating) {
    if (venue_ == venue && locate_ == locate) updating_ = updating;
  }
  // Venues whose events take several messages, or whose messages carry several levels: what they come to is shown behind the last.
  void OnMessageEnd(VenueIndex venue, uint64_t index, uint64_t ts_ns) {
    if (!changed_ || updating_ || venue_ != venue) return;
    changed_ = false;
    shown_.Show(index, ts_ns, [&](Side side, const auto& put) { PutLevels(side, put); });
  }
  void OnGap(VenueIndex venue, uint64_t first, uint64_t last) {
    Stream& stream = streams_[venue];
    if (stream.gaps++ == 0) stream.first_gap = {first, last};
    stream.missing += last - first + 1;
  }

  void On(const InstrumentListing& e) {
    Seen(e.header);
    if (e.name == listed_name_ && Choose(e.header.venue)) locate_ = e.header.locate;
  }
  void On(const ModifyOrder& e) {
    if (Listed(e.header)) changed_ |= ApplyModify(books_, 0, e).instrument != kNoInstrument;
  }
  void On(const LevelUpdate& e) {
    if (!Listed(e.header) || e.use == EventUse::kRecordOnly) return;
    books_.SetLevel(0, e.side, e.price_nanos, e.quantity, e.order_count);
    changed_ = true;
  }
  void On(const QuoteUpdate& e) {
    if (!Listed(e.header) || e.use == EventUse::kRecordOnly) return;
    books_.SetQuote(0, e.top);
    quoted_ = changed_ = true;
  }
  void On(const BookClear& e) {
    if (!Listed(e.header) || e.use == EventUse::kRecordOnly) return;
    books_.ClearBook(0);
    quoted_ = false;
    changed_ = true;
  }
  void On(const SystemEvent& e) { Seen(e.header); }
  void On(const InstrumentDefinition& e) { Seen(e.header, e.symbol); }
  void On(const TradingStatus& e) { Seen(e.header, e.symbol); }
  void On(const Trade& e) { Seen(e.header, e.symbol); }
  void On(const Notice& e) { Seen(e.header, e.symbol); }
  void On(const AddOrder& e) {
    if (Seen(e.header, e.symbol)) Show(e.header, books_.Apply(0, e));
  }
  void On(const ExecuteOrder& e) { OnOrder(e); }
  void On(const ReduceOrder& e) { OnOrder(e); }
  void On(const DeleteOrder& e) { OnOrder(e); }
  void On(const ReplaceOrder& e) { OnOrder(e); }
  void On(const OptionQuote& e) {
    if (SeenOption(e.header, e.key)) Show(e.header, books_.Apply(0, e));
  }
  void On(const OptionTrade& e) { SeenOption(e.header, e.key); }

  // ---- what is left when it is over ----
  struct Stream {
    VenueName name;
    bool known = false, started = false;
    uint64_t first_number = 0;
    uint64_t gaps = 0, missing = 0;
    std::pair<uint64_t, uint64_t> first_gap;
  };
  [[nodiscard]] bool found() const { return venue_.has_value(); }
  [[nodiscard]] const Stream& stream() const { return streams_[*venue_]; }
  [[nodiscard]] const std::array<Stream, kMaxVenues>& streams() const { return streams_; }
  [[nodiscard]] const BookCounters& counters() const { return books_.counters(); }
  // What is shown now, as in BookRow.
  [[nodiscard]] const std::vector<int64_t>& cells() const { return shown_.cells(); }

 private:
  void Seen(const EventHeader& header) {
    Stream& stream = streams_[header.venue];
    if (stream.started) return;
    stream.started = true;
    stream.first_number = raw_file_ ? 1 : stream.gaps != 0 ? stream.first_gap.first : header.feed_sequence;
  }

  // True where the event is of the wanted instrument; learns its locate code from whatever names it first.
  bool Seen(const EventHeader& header, const Symbol& symbol) {
    Seen(header);
    if (!(symbol == symbol_) || symbol.chars[0] == '\0' || !Choose(header.venue)) return false;
    if (header.locate != 0) locate_ = header.locate;
    return true;
  }
  bool SeenOption(const EventHeader& header, const OptionKey& key) {
    Seen(header);
    return option_.has_value() && key == *option_ && Choose(header.venue);
  }
  bool Choose(VenueIndex venue) {
    if (!venue_.has_value() && (wanted_venue_.empty() || streams_[venue].name.view() == wanted_venue_)) venue_ = venue;
    return venue_ == venue;
  }

  template <class Event>
  void OnOrder(const Event& e) {
    Seen(e.header);
    if (venue_ == e.header.venue && locate_ == e.header.locate) Show(e.header, books_.Apply(e));
  }

  void Show(const EventHeader& header, const BookUpdate& update) {
    if (update.instrument == kNoInstrument) return;
    shown_.Show(header.feed_sequence - streams_[header.venue].first_number, header.ts_event_ns,
                [&](Side side, const auto& put) { PutLevels(side, put); });
  }

  template <class Put>
  void PutLevels(Side side, const Put& put) const {
    if (option_.has_value() || quoted_) {
      const TopOfBook& top = books_.top(0);
      put(side == Side::kBuy ? top.bid_nanos : top.ask_nanos, side == Side::kBuy ? top.bid_quantity : top.ask_quantity);
    } else {
      books_.ForEachLevel(0, side, [&](PriceNanos price, Quantity quantity, uint32_t) { return put(price, quantity); });
    }
  }

  // Of the wanted instrument, on a venue whose instruments the feed lists.
  bool Listed(const EventHeader& header) {
    Seen(header);
    return venue_ == header.venue && header.locate != 0 && locate_ == header.locate;
  }

  Symbol symbol_;
  std::string wanted_venue_;
  std::optional<OptionKey> option_;
  bool raw_file_;
  BookSet books_;
  ShownLevels<Sink> shown_;
  std::array<Stream, kMaxVenues> streams_{};
  std::optional<VenueIndex> venue_;
  uint32_t locate_ = 0;
  InstrumentName listed_name_;
  bool quoted_ = false, changed_ = false, updating_ = false;
};

}  // namespace tickgraph
