// Databento DBN in the feed handler: records as the loop's events.
//
// In the flow: FeedHandler -> here -> handler.On(event), a record at a time: the file has no lines and no numbers to arbitrate. A dataset
// is a stream; order books of a second and further publishers get streams of their own, since order ids are a publisher's. The first schema
// that carries a book of an instrument keeps it; another's records are notices. One thread; memory is taken at construction.
#pragma once

#include <charconv>
#include <optional>

#include "hot/event.h"
#include "net/proto/dbn.h"
#include "net/proto/dbn_fills.h"
#include "net/proto/feed_core.h"
#include "net/proto/locate_directory.h"

namespace tickgraph {

template <class Handler>
class DbnIntake {
 public:
  explicit DbnIntake(FeedCore& core)
      : core_(core),
        locates_(core.config.dbn == nullptr ? 0 : core.config.max_listed),
        states_(locates_.capacity()),
        ids_(locates_.capacity()),
        names_(ids_.capacity()) {
    if (core.config.dbn == nullptr) return;
    core.config.dbn->ForEachMapping([this](const DbnMapping& mapping) {
      Learn(NumberOf(mapping.interval_symbol), mapping.symbol);
      Learn(NumberOf(mapping.symbol), mapping.interval_symbol);
    });
  }

  void OnPacket(const PacketView& packet, Handler& handler) {
    if (core_.config.dbn == nullptr) return;
    Door door{this, &handler, packet.number, 0, false};
    const DbnFormat format{core_.config.dbn->version, core_.config.dbn->ts_out};
    const DecodeStatus status = DecodeDbn(packet.data, packet.size, format, door);
    if (door.impossible) {
      core_.Bad(packet.number, packet.file_offset, "an action or side that no order has");
    } else {
      core_.Count(status, packet.number, packet.file_offset);
    }
    handler.OnMessageEnd(door.venue, packet.number - 1, packet.ts_recv_ns);
  }

 private:
  enum class BookKind : uint8_t { kNone, kOrders, kLevels, kQuote };
  struct Level {
    PriceNanos price_nanos = kNoPrice;
    Quantity quantity = 0;
    uint32_t orders = 0;
    friend bool operator==(const Level&, const Level&) = default;
  };
  using Levels = std::array<Level, DbnQuote::kMaxLevels>;
  // Of an instrument.
  struct State {
    BookKind kind = BookKind::kNone;
    bool updating = false, maybe_bad = false;
    char aggressor = 'N';
    TopOfBook top;                // of orders without ids
    std::array<Levels, 2> sides;  // as the last mbp-10 record had them
  };

  // Who shares a book and a stream.
  enum class Shared : uint8_t { kOrders, kPublisher, kAll };

  // What the record decoder calls.
  struct Door {
    DbnIntake* feed;
    Handler* handler;
    uint64_t number;
    VenueIndex venue;
    bool impossible;

    EventHeader Of(const DbnHeader& record, Shared shared) {
      const EventHeader header = feed->HeaderOf(record, shared, number, *handler);
      venue = header.venue;
      return header;
    }

    void On(const DbnOrder& m) { impossible = !feed->OnOrder(Of(m.header, Shared::kOrders), m, *handler); }
    void On(const DbnQuote& m) {
      const bool consolidated = IsConsolidated(static_cast<DbnType>(m.header.rtype));
      feed->OnQuote(Of(m.header, consolidated ? Shared::kAll : Shared::kPublisher), m, *handler);
    }
    void On(const DbnDefinition& m) {
      feed->Learn(m.header.instrument_id, m.raw_symbol);
      InstrumentDefinition event;
      event.header = Of(m.header, Shared::kPublisher);
      event.symbol = Symbol::From(m.raw_symbol);
      handler->On(event);
    }
    void On(const DbnSymbolMapping& m) {
      feed->Learn(m.header.instrument_id, m.out_symbol.empty() ? m.in_symbol : m.out_symbol);
      handler->On(NoticeOf(Of(m.header, Shared::kPublisher)));
    }
    void On(const DbnStatus& m) {
      const EventHeader header = Of(m.header, Shared::kPublisher);
      if (m.is_trading == 'Y' || m.is_trading == 'N') {
        TradingStatus event;
        event.header = header;
        event.state = m.is_trading == 'Y' ? TradingState::kTrading : TradingState::kHalted;
        return handler->On(event);
      }
      Notice notice = NoticeOf(header);
      notice.quantity = m.action;
      handler->On(notice);
    }
    void On(const DbnImbalance& m) {
      Notice notice = NoticeOf(Of(m.header, Shared::kPublisher));
      notice.price_nanos = m.reference_price_nanos;
      notice.price_2_nanos = m.clearing_price_nanos;
      notice.price_3_nanos = m.match_price_nanos;
      notice.quantity = m.paired_quantity;
      notice.quantity_2 = m.imbalance_quantity;
      notice.detail.chars[0] = m.auction_type;
      notice.detail.chars[1] = m.side;
      handler->On(notice);
    }
    void On(const DbnStatistic& m) {
      Notice notice = NoticeOf(Of(m.header, Shared::kPublisher));
      notice.price_nanos = m.price_nanos;
      notice.quantity = m.quantity;
      notice.quantity_2 = m.type;
      handler->On(notice);
    }
    // Close, high and low: a row has three prices.
    void On(const DbnBar& m) {
      Notice notice = NoticeOf(Of(m.header, Shared::kPublisher));
      notice.price_nanos = m.close_nanos;
      notice.price_2_nanos = m.high_nanos;
      notice.price_3_nanos = m.low_nanos;
      notice.quantity = m.volume > INT64_MAX ? INT64_MAX : static_cast<Quantity>(m.volume);
      handler->On(notice);
    }
    void On(const DbnNotice& m) {
      DbnHeader header = m.header;
      header.instrument_id = 0;
      handler->On(NoticeOf(Of(header, Shared::kAll)));
    }
  };

  static constexpr bool IsConsolidated(DbnType type) {
    return type == DbnType::kCmbp1 || type == DbnType::kTcbbo || type == DbnType::kCbbo1s || type == DbnType::kCbbo1m;
  }
  static Notice NoticeOf(const EventHeader& header) {
    Notice notice;
    notice.header = header;
    return notice;
  }
  static std::optional<uint32_t> NumberOf(std::string_view text) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  void Learn(std::optional<uint32_t> id, std::string_view name) {
    bool made = false;
    if (!id.has_value() || name.empty()) return;
    if (const uint32_t at = ids_.FindOrAdd(0, *id, &made); at != 0) names_[at] = InstrumentName::From(name);
  }

  FeedStream* StreamOf(Shared shared, uint16_t publisher, uint64_t now_ns, Handler& handler) {
    uint64_t key = 0;
    if (shared == Shared::kOrders) {
      if (!first_publisher_.has_value()) first_publisher_ = publisher;
      if (publisher != *first_publisher_) key = uint64_t{publisher} + 1;
    }
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      if (core_.streams[i].kind == StreamKind::kDbn && core_.streams[i].key == key) return &core_.streams[i];
    }
    VenueName name = VenueName::From(core_.config.dbn->dataset);
    if (key != 0) {  // "XNAS.ITCH:2"
      size_t at = std::min<size_t>(name.view().size(), 10);
      name.chars[at++] = ':';
      at = static_cast<size_t>(std::to_chars(name.chars.data() + at, name.chars.data() + name.chars.size(), publisher).ptr -
                               name.chars.data());
      std::fill(name.chars.begin() + static_cast<std::ptrdiff_t>(at), name.chars.end(), '\0');
    }
    FeedStream* stream = core_.NewStream(StreamKind::kDbn, name, now_ns, handler);
    if (stream != nullptr) stream->key = key;
    return stream;
  }

  // Locate 0 where there is no instrument or no room.
  EventHeader HeaderOf(const DbnHeader& record, Shared shared, uint64_t number, Handler& handler) {
    EventHeader header;
    header.type = static_cast<char>(record.rtype);
    header.ts_event_ns = record.ts_event_ns;
    header.feed_sequence = number;
    const FeedStream* stream = StreamOf(shared, record.publisher_id, record.ts_recv_ns, handler);
    if (stream == nullptr) return header;
    header.venue = stream->venue;
    handler.OnStreamActivity(header.venue);
    if (record.instrument_id == 0) return header;
    const uint64_t key = (shared == Shared::kAll ? 0 : uint64_t{record.publisher_id} << 32) | record.instrument_id;
    bool made = false;
    header.locate = locates_.FindOrAdd(header.venue, key, &made);
    if (!made) return header;
    InstrumentListing listing;
    listing.header = header;
    listing.name = names_[ids_.Find(0, record.instrument_id)];
    if (listing.name.chars[0] == '\0')
      std::to_chars(listing.name.chars.data(), listing.name.chars.data() + listing.name.chars.size(), record.instrument_id);
    listing.product = listing.name;
    listing.key = uint64_t{1} << 63 | key;
    handler.On(listing);
    return header;
  }

  // False: the instrument's book is of another schema.
  bool Claims(uint32_t locate, BookKind kind) {
    State& state = states_[locate];
    if (state.kind == BookKind::kNone) state.kind = kind;
    return locate != 0 && state.kind == kind;
  }

  void SetUpdating(const EventHeader& header, bool updating, Handler& handler) {
    if (states_[header.locate].updating == updating) return;
    states_[header.locate].updating = updating;
    handler.OnBookUpdating(header.venue, header.locate, updating);
  }

  // The venue's messages were lost before this record: its book is not to be believed until it is cleared and built again.
  void CheckLoss(const EventHeader& header, uint8_t flags, Handler& handler) {
    State& state = states_[header.locate];
    if ((flags & kDbnMaybeBadBook) == 0 || state.maybe_bad) return;
    state.maybe_bad = true;
    ++core_.counters.gaps;
    handler.OnBookGap(header.venue, header.locate, header.feed_sequence, header.feed_sequence);
    handler.OnBookState(header.venue, header.locate, BookState::kGapped);
  }

  // False: an action or side that no order has.
  bool OnOrder(const EventHeader& header, const DbnOrder& m, Handler& handler) {
    const bool sided = m.side == 'A' || m.side == 'B';
    if (!Claims(header.locate, BookKind::kOrders)) {
      handler.On(NoticeOf(header));
      return true;
    }
    CheckLoss(header, m.flags, handler);
    SetUpdating(header, (m.flags & kDbnLast) == 0, handler);
    State& state = states_[header.locate];
    const bool good = Act(header, m, sided, state, handler);
    if ((m.flags & kDbnLast) != 0) {
      fills_.EndEvent(header.locate);
      state.aggressor = 'N';
    }
    return good;
  }

  bool Act(const EventHeader& header, const DbnOrder& m, bool sided, State& state, Handler& handler) {
    const Side side = m.side == 'A' ? Side::kSell : Side::kBuy;
    switch (m.action) {
      case 'A':
        if (!sided) return false;
        (m.flags & kDbnTopOfBook) != 0 ? ReplaceSide(header, m, side, state, handler) : AddTo(header, m, side, handler);
        return true;
      case 'M': {
        if (!sided) return false;
        ModifyOrder event;
        event.header = header;
        event.order_ref = m.order_id;
        event.price_nanos = m.price_nanos;
        event.quantity = m.quantity;
        event.filled = fills_.Take(header.locate, m.order_id);
        event.side = side;
        handler.On(event);
        return true;
      }
      case 'C':
        (void)fills_.Take(header.locate, m.order_id);
        handler.On(ReduceOrder{header, m.order_id, m.quantity});
        return true;
      case 'R': {
        BookClear event;
        event.header = header;
        handler.On(event);
        state.top = {};
        state.maybe_bad = false;
        handler.OnBookState(header.venue, header.locate, BookState::kLive);
        return true;
      }
      case 'T':
        state.aggressor = m.side;
        handler.On(TradeOf(header, m.price_nanos, m.quantity, m.side));
        return true;
      case 'F':
      case 'N': {
        // On the aggressor's own side a fill is the aggressor itself, whose modification follows with what it has left.
        if (m.action == 'F' && (m.side != state.aggressor || m.side == 'N')) fills_.Add(header.locate, m.order_id, m.quantity);
        Notice notice = NoticeOf(header);
        notice.match_number = m.order_id;
        notice.price_nanos = m.price_nanos;
        notice.quantity = m.quantity;
        notice.detail.chars[0] = m.action;
        notice.detail.chars[1] = m.side;
        handler.On(notice);
        return true;
      }
      default:
        return false;
    }
  }

  static void AddTo(const EventHeader& header, const DbnOrder& m, Side side, Handler& handler) {
    AddOrder event;
    event.header = header;
    event.order_ref = m.order_id;
    event.price_nanos = m.price_nanos;
    event.quantity = m.quantity;
    event.side = side;
    handler.On(event);
  }

  // Venues that state the top alone have no order ids: a record replaces its side.
  static void ReplaceSide(const EventHeader& header, const DbnOrder& m, Side side, State& state, Handler& handler) {
    (side == Side::kBuy ? state.top.bid_nanos : state.top.ask_nanos) = m.price_nanos;
    (side == Side::kBuy ? state.top.bid_quantity : state.top.ask_quantity) = m.price_nanos == kNoPrice ? 0 : m.quantity;
    QuoteUpdate event;
    event.header = header;
    event.top = state.top;
    handler.On(event);
  }

  static Trade TradeOf(const EventHeader& header, PriceNanos price_nanos, Quantity quantity, char side) {
    Trade event;
    event.header = header;
    event.price_nanos = price_nanos;
    event.quantity = quantity;
    event.side = side == 'A' ? Side::kSell : Side::kBuy;
    event.side_known = side == 'A' || side == 'B';
    return event;
  }

  void OnQuote(const EventHeader& header, const DbnQuote& m, Handler& handler) {
    if (m.level_count == 0) return handler.On(TradeOf(header, m.price_nanos, m.quantity, m.side));
    const bool traded = m.action == 'T';
    if (traded) handler.On(TradeOf(header, m.price_nanos, m.quantity, m.side));
    if (!Claims(header.locate, m.level_count == 1 ? BookKind::kQuote : BookKind::kLevels)) {
      if (!traded) handler.On(NoticeOf(header));
      return;
    }
    CheckLoss(header, m.flags, handler);
    SetUpdating(header, m.action != 0 && (m.flags & kDbnLast) == 0, handler);
    if (m.level_count == 1) {
      Quote(header, m.levels[0], handler);
      // A quote is whole by itself, but this one the publisher does not vouch for.
      if ((m.flags & kDbnMaybeBadBook) != 0) handler.OnBookState(header.venue, header.locate, BookState::kGapped);
      return;
    }
    const uint32_t said = SetSide(header, m, Side::kBuy, handler) + SetSide(header, m, Side::kSell, handler);
    if (said == 0 && !traded) handler.On(NoticeOf(header));
  }

  void Quote(const EventHeader& header, const DbnLevel& level, Handler& handler) {
    QuoteUpdate event;
    event.header = header;
    event.top.bid_nanos = level.bid_price_nanos;
    event.top.bid_quantity = level.bid_price_nanos == kNoPrice ? 0 : level.bid_quantity;
    event.top.ask_nanos = level.ask_price_nanos;
    event.top.ask_quantity = level.ask_price_nanos == kNoPrice ? 0 : level.ask_quantity;
    handler.On(event);
  }

  // A record holds the first levels whole: what differs from the one before is said. Returns how much was.
  uint32_t SetSide(const EventHeader& header, const DbnQuote& m, Side side, Handler& handler) {
    Levels& before = states_[header.locate].sides[static_cast<size_t>(side)];
    Levels now;
    for (size_t i = 0; i < now.size(); ++i) {
      const DbnLevel& level = m.levels[i];
      now[i] = side == Side::kBuy ? Level{level.bid_price_nanos, level.bid_quantity, level.bid_orders}
                                  : Level{level.ask_price_nanos, level.ask_quantity, level.ask_orders};
    }
    const auto find = [](const Levels& levels, PriceNanos price) {
      return std::find_if(levels.begin(), levels.end(), [price](const Level& x) { return x.price_nanos == price; });
    };
    uint32_t said = 0;
    LevelUpdate event;
    event.header = header;
    event.side = side;
    for (const Level& level : before) {
      if (level.price_nanos == kNoPrice || find(now, level.price_nanos) != now.end()) continue;
      event.price_nanos = level.price_nanos;
      event.quantity = event.order_count = 0;
      handler.On(event);
      ++said;
    }
    for (const Level& level : now) {
      if (level.price_nanos == kNoPrice) continue;
      if (const auto old = find(before, level.price_nanos); old != before.end() && *old == level) continue;
      event.price_nanos = level.price_nanos;
      event.quantity = level.quantity;
      event.order_count = level.orders;
      handler.On(event);
      ++said;
    }
    before = now;
    return said;
  }

  FeedCore& core_;
  LocateDirectory locates_;
  HugeArray<State> states_;  // by locate
  LocateDirectory ids_;
  HugeArray<InstrumentName> names_;  // by number of the id
  DbnFills fills_;
  std::optional<uint16_t> first_publisher_;
};

}  // namespace tickgraph
