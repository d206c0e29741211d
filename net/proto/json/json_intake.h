// The crypto venues' JSON lines in the feed handler: books by the venues' own snapshot-join and sequence rules, trades, quotes.
//
// In the flow: FeedHandler -> here, a line at a time -> handler.On(event). Each venue is a stream. Binance: updates wait for their
// snapshot and follow it by depth_rules.h; a break is a gap, and the book is gapped until its next snapshot. Coinbase Exchange numbers no
// update: a trade that is missing tells of a loss. Advanced Trade numbers the frames of a connection. A product's quotes make its book only
// until it has depth. One thread; memory is taken at construction.
#pragma once

#include <memory>

#include "hot/event.h"
#include "net/proto/feed_core.h"
#include "net/proto/json/capture_line.h"
#include "net/proto/json/depth_rules.h"
#include "net/proto/json/json_decoder.h"
#include "net/proto/json/json_waiting.h"
#include "net/proto/locate_directory.h"

namespace tickgraph {

template <class Handler>
class JsonIntake {
 public:
  explicit JsonIntake(FeedCore& core)
      : core_(core),
        decoder_(core.config.json ? JsonDecoderLimits{} : JsonDecoderLimits{64, 1, 1}),
        locates_(core.config.json ? core.config.max_listed : 0),
        products_(locates_.capacity()),
        waiting_(core.config.json ? core.config.queued_updates : 0, core.config.json ? core.config.queued_levels : 0) {}

  void OnPacket(const PacketView& packet, Handler& handler) {
    if (!core_.config.json) return;
    if (packet.size < packet.original_size) return core_.Bad(packet.number, packet.file_offset, Name(JsonStatus::kTooLong));
    const std::string_view text{reinterpret_cast<const char*>(packet.data), packet.size};
    const CaptureLine line = ParseCaptureLine(text);
    if (line.kind == CaptureLineKind::kBlank || line.kind == CaptureLineKind::kHeader) return;
    if (line.kind == CaptureLineKind::kBad)
      return core_.Bad(packet.number, packet.file_offset, "neither JSON nor a header line of a capture");
    asked_symbol_ = line.kind == CaptureLineKind::kAnswer ? SymbolOfRequest(text) : std::string_view();
    Door door{this, &handler, packet.number};
    frame_ = Frame::kUnseen;
    duplicate_ = false;
    const JsonStatus status = decoder_.Decode(line.json, line.ts_recv_ns, door);
    const bool book = status == JsonStatus::kMessage && decoder_.header().event == "snapshot";
    if (status == JsonStatus::kControl || (line.kind == CaptureLineKind::kAnswer && !book)) return;
    if (status != JsonStatus::kMessage) return core_.Bad(packet.number, packet.file_offset, Name(status));
    const JsonHeader& header = decoder_.header();
    ts_ns_ = header.ts_recv_ns != 0 ? header.ts_recv_ns : header.ts_event_ns != 0 ? header.ts_event_ns : ts_ns_;
    const FeedStream* stream = streams_[static_cast<size_t>(header.venue)];
    if (stream != nullptr) handler.OnMessageEnd(stream->venue, core_.counters.messages + core_.counters.duplicates, ts_ns_);
    ++(duplicate_ ? core_.counters.duplicates : core_.counters.messages);
  }

  [[nodiscard]] const JsonWaiting& waiting() const { return waiting_; }

 private:
  enum class Mode : uint8_t { kNew, kQuoted, kWaiting, kJoining, kFollowing };
  enum class Frame : uint8_t { kUnseen, kNew, kOld };
  struct Product {
    InstrumentName name;
    uint64_t snapshot_id = 0, last_id = 0;       // Binance
    uint64_t last_trade = 0, last_sequence = 0;  // Coinbase Exchange
    JsonWaitingChain waiting;
    JsonVenue venue = JsonVenue::kUnknown;
    Mode mode = Mode::kNew;
  };

  // What the decoder calls.
  struct Door {
    JsonIntake* feed;
    Handler* handler;
    uint64_t number;

    void On(const JsonBook& m) {
      if (m.header.venue == JsonVenue::kCoinbaseAdvanced && !feed->FrameIsNew(m.header, *handler)) return;
      feed->OnBook(m, number, *handler);
    }
    void On(const JsonTrade& m) {
      if (m.header.venue == JsonVenue::kCoinbaseAdvanced && !feed->FrameIsNew(m.header, *handler)) return;
      feed->OnTrade(m, number, *handler);
    }
    void On(const JsonQuote& m) { feed->OnQuote(feed->HeaderOf(m.header, m.header.product, number, *handler), m, *handler); }
    void On(const JsonTicker& m) {
      Notice notice;
      notice.header = feed->HeaderOf(m.header, m.header.product, number, *handler);
      notice.price_nanos = m.price_nanos;
      notice.price_2_nanos = m.bid_price_nanos;
      notice.price_3_nanos = m.ask_price_nanos;
      notice.quantity = m.quantity;
      notice.match_number = m.trade_id;
      handler->On(notice);
    }
    void On(const JsonOther& m) {
      if (m.header.venue == JsonVenue::kCoinbaseAdvanced && !feed->FrameIsNew(m.header, *handler)) return;
      feed->OnOther(m, number, *handler);
    }
  };

  static bool IsBinance(JsonVenue venue) { return venue == JsonVenue::kBinanceSpot || IsBinanceFutures(venue); }
  static bool IsFullChannel(std::string_view event) {
    return event == "received" || event == "open" || event == "done" || event == "change" || event == "activate";
  }

  FeedStream* StreamOf(const JsonHeader& message, Handler& handler) {
    FeedStream*& stream = streams_[static_cast<size_t>(message.venue)];
    if (stream == nullptr)
      stream = core_.NewStream(StreamKind::kJson, VenueName::From(Name(message.venue)), core_.session_time_ns, handler);
    if (stream != nullptr) handler.OnStreamActivity(stream->venue);
    return stream;
  }

  // Streams write symbols in small letters, messages in capital ones.
  static InstrumentName NameOf(std::string_view product) {
    InstrumentName name = InstrumentName::From(product);
    for (char& c : name.chars) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
  }

  // Locate 0 where the message names no product, or there is no room.
  EventHeader HeaderOf(const JsonHeader& message, std::string_view product, uint64_t number, Handler& handler) {
    EventHeader header;
    header.type = static_cast<char>(JsonMessageOf(message.event));
    header.ts_event_ns = message.ts_event_ns;
    header.feed_sequence = number;
    const FeedStream* stream = StreamOf(message, handler);
    if (stream == nullptr) return header;
    header.venue = stream->venue;
    if (product.empty()) return header;
    const InstrumentName name = NameOf(product);
    const uint64_t key = HashText(name.view());
    bool made = false;
    header.locate = locates_.FindOrAdd(header.venue, key, &made);
    Product& state = products_[header.locate];
    if (!made && !(state.name == name)) header.locate = 0;
    if (!made || header.locate == 0) return header;
    state.name = name;
    state.venue = message.venue;
    InstrumentListing listing;
    listing.header = header;
    listing.name = listing.product = name;
    listing.key = key;
    listing.quantity_decimals = kJsonQuantityScale;
    handler.On(listing);
    return header;
  }

  static void Mark(const EventHeader& header, Handler& handler) {
    Notice notice;
    notice.header = header;
    handler.On(notice);
  }

  void SayLevels(const EventHeader& header, const JsonLevel* levels, uint32_t count, EventUse use, Handler& handler) {
    LevelUpdate event;
    event.header = header;
    event.use = use;
    for (uint32_t i = 0; i < count; ++i) {
      event.side = levels[i].side;
      event.price_nanos = levels[i].price_nanos;
      event.quantity = levels[i].quantity;
      handler.On(event);
    }
    if (count == 0 && use != EventUse::kApplyOnly) Mark(header, handler);
  }

  void Clear(const EventHeader& header, Handler& handler) {
    BookClear event;
    event.header = header;
    event.use = EventUse::kApplyOnly;
    handler.On(event);
  }

  // The book is nothing until its next snapshot.
  void Break(const EventHeader& header, Product& product, Handler& handler) {
    Clear(header, handler);
    product.mode = Mode::kWaiting;
    handler.OnBookState(header.venue, header.locate, BookState::kGapped);
  }

  void CountGap(const EventHeader& header, uint64_t first, uint64_t last, Handler& handler) {
    ++core_.counters.gaps;
    core_.counters.missing_messages += last >= first ? last - first + 1 : 0;
    handler.OnBookGap(header.venue, header.locate, first, last);
  }

  void OnBook(const JsonBook& m, uint64_t number, Handler& handler) {
    std::string_view product = m.header.product.empty() ? asked_symbol_ : m.header.product;
    if (product.empty() && m.snapshot) product = NameOfFitting(m);
    const EventHeader header = HeaderOf(m.header, product, number, handler);
    if (header.locate == 0) {
      SayLevels(header, m.levels, m.level_count, EventUse::kRecordOnly, handler);
      if (product.empty() && m.snapshot && IsAwaited(m.header.venue)) waiting_.Push(m, &nameless_);
      return;
    }
    Product& state = products_[header.locate];
    if (state.mode == Mode::kNew || state.mode == Mode::kQuoted) Break(header, state, handler);
    if (!IsBinance(m.header.venue)) return OnCoinbase(header, m, state, handler);
    if (m.snapshot) return OnSnapshot(header, m, state, true, handler);
    TakeNameless(header, m, state, handler);
    OnUpdate(header, m, state, handler);
  }

  void OnCoinbase(const EventHeader& header, const JsonBook& m, Product& state, Handler& handler) {
    if (m.snapshot) {
      Clear(header, handler);
      state.mode = Mode::kFollowing;
      handler.OnBookState(header.venue, header.locate, BookState::kLive);
    }
    const bool whole = state.mode == Mode::kFollowing;
    SayLevels(header, m.levels, m.level_count, whole ? EventUse::kBoth : EventUse::kRecordOnly, handler);
  }

  void OnUpdate(const EventHeader& header, const JsonBook& m, Product& state, Handler& handler) {
    if (state.mode == Mode::kWaiting) return Wait(header, m, state, handler);
    const bool joining = state.mode == Mode::kJoining;
    switch (joining ? FitFirst(m, state.snapshot_id) : FitNext(m, state.last_id)) {
      case DepthFit::kOld:
        duplicate_ = !joining;
        if (joining) SayLevels(header, m.levels, m.level_count, EventUse::kRecordOnly, handler);
        return;
      case DepthFit::kBreak:
        CountGap(header, (joining ? state.snapshot_id : state.last_id) + 1, m.first_id - 1, handler);
        Break(header, state, handler);
        return Wait(header, m, state, handler);
      case DepthFit::kFits:
        SayLevels(header, m.levels, m.level_count, EventUse::kBoth, handler);
        state.last_id = m.last_id;
        state.mode = Mode::kFollowing;
    }
  }

  void Wait(const EventHeader& header, const JsonBook& m, Product& state, Handler& handler) {
    if (const JsonWaiting::Entry* last = waiting_.Last(state.waiting); last != nullptr) {
      const DepthFit fit = FitNext(m, last->book.last_id);
      duplicate_ = fit == DepthFit::kOld;
      if (duplicate_) return;
      if (fit == DepthFit::kBreak) {
        CountGap(header, last->book.last_id + 1, m.first_id - 1, handler);
        waiting_.Clear(&state.waiting);
      }
    }
    SayLevels(header, m.levels, m.level_count, EventUse::kRecordOnly, handler);
    waiting_.Push(m, &state.waiting);
  }

  // `fresh`: it comes from the line itself, and is recorded.
  void OnSnapshot(const EventHeader& header, const JsonBook& m, Product& state, bool fresh, Handler& handler) {
    const EventUse use = fresh ? EventUse::kBoth : EventUse::kApplyOnly;
    // A partial book, which has a stream of its own, adds nothing to a whole one; nor does an answer that updates have overtaken.
    bool taken = state.mode != Mode::kFollowing || (m.header.stream.empty() && m.last_id >= state.last_id);
    if (taken) {
      while (const JsonWaiting::Entry* first = waiting_.First(state.waiting)) {
        const DepthFit fit = FitFirst(first->book, m.last_id);
        taken = fit != DepthFit::kBreak;
        if (fit != DepthFit::kOld) break;
        waiting_.PopFirst(&state.waiting);
      }
    }
    if (!taken) {
      if (fresh) SayLevels(header, m.levels, m.level_count, EventUse::kRecordOnly, handler);
      return;
    }
    Clear(header, handler);
    SayLevels(header, m.levels, m.level_count, use, handler);
    state.snapshot_id = m.last_id;
    state.mode = Mode::kJoining;
    for (const JsonWaiting::Entry* entry = waiting_.First(state.waiting); entry != nullptr; entry = waiting_.Next(*entry)) {
      SayLevels(header, entry->book.levels, entry->book.level_count, EventUse::kApplyOnly, handler);
      state.last_id = entry->book.last_id;
      state.mode = Mode::kFollowing;
    }
    waiting_.Clear(&state.waiting);
    handler.OnBookState(header.venue, header.locate, BookState::kLive);
  }

  // Empty: of none so far.
  [[nodiscard]] std::string_view NameOfFitting(const JsonBook& m) const {
    for (uint32_t i = 1; i <= locates_.size(); ++i) {
      const Product& product = products_[i];
      if (product.venue != m.header.venue) continue;
      if (product.mode == Mode::kFollowing && FallsAmongFollowed(m.last_id, product.snapshot_id, product.last_id))
        return product.name.view();
      const JsonWaiting::Entry* first = product.mode == Mode::kWaiting ? waiting_.First(product.waiting) : nullptr;
      if (first != nullptr && FallsAmongWaiting(m.last_id, first->book, waiting_.Last(product.waiting)->book)) return product.name.view();
    }
    return {};
  }

  // Whether it may still be of use: not where the venue's books are all whole.
  [[nodiscard]] bool IsAwaited(JsonVenue venue) const {
    bool followed = false;
    for (uint32_t i = 1; i <= locates_.size(); ++i) {
      if (products_[i].venue != venue) continue;
      if (products_[i].mode == Mode::kWaiting) return true;
      followed |= products_[i].mode == Mode::kFollowing || products_[i].mode == Mode::kJoining;
    }
    return !followed;
  }

  // Of the snapshots without a name that were there before, the one that this update follows.
  void TakeNameless(const EventHeader& header, const JsonBook& update, Product& state, Handler& handler) {
    if (state.mode != Mode::kWaiting) return;
    for (const auto* entry = waiting_.First(nameless_); entry != nullptr; entry = waiting_.Next(*entry)) {
      if (entry->book.header.venue != update.header.venue || FitFirst(update, entry->book.last_id) != DepthFit::kFits) continue;
      OnSnapshot(header, entry->book, state, false, handler);
      waiting_.Remove(&nameless_, entry);
      return;
    }
  }

  void OnTrade(const JsonTrade& m, uint64_t number, Handler& handler) {
    const EventHeader header = HeaderOf(m.header, m.header.product, number, handler);
    Product& state = products_[header.locate];
    if (m.header.venue == JsonVenue::kCoinbaseExchange && header.locate != 0) {
      const bool last = m.header.event == "last_match";
      if (!last && state.last_trade != 0 && m.trade_id > state.last_trade + 1) {
        CountGap(header, state.last_trade + 1, m.trade_id - 1, handler);
        // The book goes on as well as it can; it is whole again with its next snapshot.
        handler.OnBookState(header.venue, header.locate, BookState::kGapped);
      }
      duplicate_ = !last && m.trade_id <= state.last_trade;
      state.last_trade = std::max(state.last_trade, m.trade_id);
      if (duplicate_) return;
    }
    Trade event;
    event.header = header;
    event.price_nanos = m.price_nanos;
    event.quantity = m.quantity;
    event.match_number = m.trade_id;
    event.side = m.aggressor;
    event.cross_type = m.of_book ? '\0' : 'X';
    handler.On(event);
  }

  void OnQuote(const EventHeader& header, const JsonQuote& m, Handler& handler) {
    Product& state = products_[header.locate];
    if (state.mode == Mode::kNew) state.mode = Mode::kQuoted;
    QuoteUpdate event;
    event.header = header;
    event.use = state.mode == Mode::kQuoted ? EventUse::kBoth : EventUse::kRecordOnly;
    if (m.bid_quantity != 0) {
      event.top.bid_nanos = m.bid_price_nanos;
      event.top.bid_quantity = m.bid_quantity;
    }
    if (m.ask_quantity != 0) {
      event.top.ask_nanos = m.ask_price_nanos;
      event.top.ask_quantity = m.ask_quantity;
    }
    handler.On(event);
  }

  void OnOther(const JsonOther& m, uint64_t number, Handler& handler) {
    const EventHeader header = HeaderOf(m.header, m.header.product, number, handler);
    if (m.has_sequence && header.locate != 0 && IsFullChannel(m.header.event)) {
      uint64_t& last = products_[header.locate].last_sequence;
      if (last != 0 && m.sequence > last + 1) CountGap(header, last + 1, m.sequence - 1, handler);
      duplicate_ = m.sequence <= last;
      last = std::max(last, m.sequence);
      if (duplicate_) return;
    }
    Mark(header, handler);
  }

  // Of a frame of Advanced Trade, judged once: false where it came before. 0 opens a connection, whose books start with snapshots.
  bool FrameIsNew(const JsonHeader& message, Handler& handler) {
    if (frame_ != Frame::kUnseen) return frame_ == Frame::kNew;
    const uint64_t number = decoder_.frame_number();
    const bool opens = number == 0 && next_frame_ != 0;
    frame_ = opens || next_frame_ == 0 || number >= next_frame_ ? Frame::kNew : Frame::kOld;
    duplicate_ = frame_ == Frame::kOld;
    if (duplicate_) return false;
    const FeedStream* stream = StreamOf(message, handler);
    if (stream != nullptr && next_frame_ != 0 && (opens || number > next_frame_)) {
      if (!opens) {
        ++core_.counters.gaps;
        core_.counters.missing_messages += number - next_frame_;
        handler.OnGap(stream->venue, next_frame_, number - 1);
      }
      BreakAll(stream->venue, handler);
    }
    next_frame_ = number + 1;
    return true;
  }

  void BreakAll(VenueIndex venue, Handler& handler) {
    for (uint32_t locate = 1; locate <= locates_.size(); ++locate) {
      if (locates_.venue(locate) != venue || products_[locate].mode != Mode::kFollowing) continue;
      EventHeader header;
      header.venue = venue;
      header.locate = locate;
      Break(header, products_[locate], handler);
    }
  }

  FeedCore& core_;
  JsonDecoder decoder_;
  LocateDirectory locates_;
  HugeArray<Product> products_;  // by locate; 0 is nobody's
  JsonWaiting waiting_;
  JsonWaitingChain nameless_;
  std::array<FeedStream*, 6> streams_{};  // by JsonVenue
  std::string_view asked_symbol_;
  Frame frame_ = Frame::kUnseen;
  bool duplicate_ = false;
  uint64_t next_frame_ = 0, ts_ns_ = 0;
};

}  // namespace tickgraph
