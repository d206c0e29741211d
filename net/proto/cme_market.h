// CME MDP 3.0 messages as the loop's events: books by price out of ranks, trades, states, and everything else as notices.
//
// In the flow: CmeIntake hands over messages in order of their packets; handler.On gets an event an entry. A book counts as whole from its
// reset, from its instrument's first number, or from a snapshot joined with what waited for it; an instrument whose own numbers go on
// unbroken over a lost packet has lost nothing. Entries of a book that is not whole are applied as well as can be, and it is not live.
// One thread; memory is taken at construction.
#pragma once

#include "hot/event.h"
#include "net/proto/cme.h"
#include "net/proto/cme_recovery.h"
#include "net/proto/feed_core.h"
#include "net/proto/locate_directory.h"

namespace tickgraph {

template <class Handler>
class CmeMarket {
 public:
  explicit CmeMarket(FeedCore& core)
      : core_(core),
        locates_(core.config.max_listed),
        books_(locates_.capacity(), kZeroed),
        queue_(core.config.queued_updates, books_),
        definitions_(core.config.max_listed),
        named_(definitions_.capacity(), kZeroed),
        open_(locates_.capacity()) {
    books_[0] = {};
    named_[0] = {};
  }

  DecodeStatus OnMessage(FeedStream& stream, const SequencedUnit& unit, const cme::Message& message, Handler& handler) {
    Door door{this, &stream, &handler, {}};
    door.base.venue = stream.venue;
    door.base.line = unit.line;
    door.base.feed_sequence = unit.sequence;
    door.base.type = static_cast<char>(message.template_id);
    const DecodeStatus status = cme::Decode(message, door);
    if (status != DecodeStatus::kOk) {
      ++stream.messages;
      return status;
    }
    if (snapshot_.under_way) FinishSnapshot(handler);
    if (door.entries == 0) door.Say(NoticeOf(door.base));
    if (door.end_of_event) EndEvent(stream.venue, handler);
    handler.OnMessageEnd(stream.venue, stream.messages++, door.base.ts_event_ns);
    return status;
  }

  // Every book of the stream starts again, empty.
  void Restart(const FeedStream& stream, Handler& handler) {
    for (uint32_t locate = 1; locate <= locates_.size(); ++locate) {
      if (locates_.venue(locate) != stream.venue) continue;
      EventHeader header;
      header.venue = stream.venue;
      header.locate = locate;
      Reset(stream, header, EventUse::kApplyOnly, handler);
    }
  }

  // A book that a snapshot from behind the hole has made whole has not lost anything.
  void OnLoss(const FeedStream& stream, uint64_t last, Handler& handler) {
    for (uint32_t locate = 1; locate <= locates_.size(); ++locate) {
      if (locates_.venue(locate) == stream.venue && books_[locate].whole && books_[locate].through_sequence >= last)
        SayWhole(stream, locate, handler);
    }
  }

  [[nodiscard]] const cme::RecoveryQueue& queue() const { return queue_; }

 private:
  struct Definition {
    InstrumentName symbol;
    PriceNanos display_factor_nanos = kNanosPerUnit;
  };
  // The snapshot that is being decoded.
  struct Incoming {
    bool under_way = false;
    cme::Snapshot root;
    std::array<cme::Book::Levels, 2> sides;
  };

  // What the message decoder calls.
  struct Door {
    CmeMarket* market;
    FeedStream* stream;
    Handler* handler;
    EventHeader base;
    uint32_t entries = 0;
    bool end_of_event = false;

    template <class Event>
    void Say(const Event& event) {
      ++entries;
      handler->On(event);
    }
    void Begin(uint64_t ts_transact_ns, uint8_t indicator) {
      base.ts_event_ns = ts_transact_ns;
      end_of_event = (indicator & cme::kEndOfEvent) != 0;
    }
    EventHeader Of(int32_t security_id) { return market->HeaderOf(base, security_id, *handler); }

    // ---- roots ----
    void On(const cme::Message&, const cme::Incremental& m) { Begin(m.ts_transact_ns, m.match_event_indicator); }
    void On(const cme::Message&, const cme::ChannelReset& m) {
      Begin(m.ts_transact_ns, m.match_event_indicator);
      market->Restart(*stream, *handler);
      BookClear event;
      event.header = base;
      event.use = EventUse::kRecordOnly;
      Say(event);
    }
    void On(const cme::Message&, const cme::SecurityStatus& m) {
      Begin(m.ts_transact_ns, m.match_event_indicator);
      market->OnStatus(*this, m);
    }
    void On(const cme::Message&, const cme::Snapshot& m) {
      base.ts_event_ns = m.ts_transact_ns;
      market->snapshot_.under_way = true;
      market->snapshot_.root = m;
      market->snapshot_.sides = {};
    }
    void On(const cme::Message&, const cme::FullRefresh& m) { Begin(m.ts_transact_ns, m.match_event_indicator); }
    void On(const cme::Message&, const cme::QuoteRequest& m) { Begin(m.ts_transact_ns, m.match_event_indicator); }
    void On(const cme::Message&, const cme::OrderSnapshot& m) { base.ts_event_ns = m.ts_transact_ns; }
    void On(const cme::Message&, const cme::InstrumentDefinition& m) { market->OnDefinition(*this, m); }

    // ---- entries ----
    void On(const cme::Message&, const cme::BookEntry& m) { market->OnBook(*this, m); }
    void On(const cme::Message&, const cme::SnapshotEntry& m) { market->OnSnapshotEntry(*this, m); }
    void On(const cme::Message&, const cme::TradeEntry& m) {
      const EventHeader header = Of(m.security_id);
      market->Number(*stream, header.locate, m.rpt_seq, nullptr, *handler);
      Trade event;
      event.header = header;
      event.price_nanos = m.price_nanos;
      event.quantity = std::max<Quantity>(m.size, 0);
      event.match_number = m.trade_entry_id != cme::kNullUint32 ? m.trade_entry_id : 0;
      event.side_known = m.aggressor_side == 1 || m.aggressor_side == 2;
      event.side = m.aggressor_side == 2 ? Side::kSell : Side::kBuy;
      Say(event);
    }
    void On(const cme::Message&, const cme::DailyStatistic& m) { Statistic(m, m.size, m.entry_type); }
    void On(const cme::Message&, const cme::SessionStatistic& m) { Statistic(m, m.size, m.entry_type); }
    template <class Entry>
    void Statistic(const Entry& m, Quantity size, char entry_type) {
      const EventHeader header = Of(m.security_id);
      market->Number(*stream, header.locate, m.rpt_seq, nullptr, *handler);
      Notice notice = NoticeOf(header, entry_type);
      notice.price_nanos = m.price_nanos;
      notice.quantity = size == kNoQuantity ? 0 : size;
      Say(notice);
    }
    void On(const cme::Message&, const cme::PriceLimits& m) {
      const EventHeader header = Of(m.security_id);
      market->Number(*stream, header.locate, m.rpt_seq, nullptr, *handler);
      Notice notice = NoticeOf(header);
      notice.price_nanos = m.high_nanos;
      notice.price_2_nanos = m.low_nanos;
      notice.price_3_nanos = m.max_variation_nanos;
      Say(notice);
    }
    void On(const cme::Message&, const cme::VolumeEntry& m) {
      const EventHeader header = Of(m.security_id);
      market->Number(*stream, header.locate, m.rpt_seq, nullptr, *handler);
      Notice notice = NoticeOf(header);
      notice.quantity = m.size == kNoQuantity ? 0 : m.size;
      Say(notice);
    }
    // Orders are kept as notices: the book is by price.
    void On(const cme::Message&, const cme::OrderEntry& m) {
      Order(Of(m.security_id), m.order_id, m.price_nanos, m.display_size, m.entry_type, static_cast<uint8_t>(m.action));
    }
    void On(const cme::Message&, const cme::OrderSnapshotEntry& m) {
      Order(base, m.order_id, m.price_nanos, m.display_size, m.entry_type, 0);
    }
    void On(const cme::Message&, const cme::OrderOfEntry& m) { Order(base, m.order_id, kNoPrice, m.display_size, '\0', m.action); }
    void On(const cme::Message&, const cme::OrderOfTrade& m) { Order(base, m.order_id, kNoPrice, m.last_size, '\0', 0); }
    void Order(const EventHeader& header, uint64_t order_id, PriceNanos price_nanos, Quantity size, char entry_type, uint8_t action) {
      Notice notice = NoticeOf(header, entry_type);
      notice.detail.chars[1] = static_cast<char>('0' + action % 10);
      notice.match_number = order_id;
      notice.price_nanos = price_nanos;
      notice.quantity = size == kNoQuantity ? 0 : size;
      Say(notice);
    }
    void On(const cme::Message&, const cme::QuoteRequestEntry& m) {
      Notice notice = NoticeOf(Of(m.security_id));
      notice.quantity = m.size == kNoQuantity ? 0 : m.size;
      Say(notice);
    }
    // Heartbeats, logins and the groups of a definition say nothing of a book; the message has a row all the same.
    template <class Block>
    void On(const cme::Message&, const Block&) {}
  };

  static Notice NoticeOf(const EventHeader& header, char detail = '\0') {
    Notice notice;
    notice.header = header;
    notice.detail.chars[0] = detail;
    return notice;
  }

  // The instrument's locate on this stream, listed when it is first heard of.
  EventHeader HeaderOf(const EventHeader& base, int32_t security_id, Handler& handler) {
    EventHeader header = base;
    if (security_id == cme::kNullInt32) return header;
    bool made = false;
    header.locate = locates_.FindOrAdd(base.venue, static_cast<uint32_t>(security_id), &made);
    if (!made) return header;
    books_[header.locate] = {};
    const Definition& definition = named_[definitions_.Find(0, static_cast<uint32_t>(security_id))];
    InstrumentListing listing;
    listing.header = header;
    listing.name = definition.symbol.chars[0] != '\0' ? definition.symbol : NumberName(security_id);
    listing.product = listing.name;
    listing.key = uint64_t{1} << 32 | static_cast<uint32_t>(security_id);
    listing.display_factor_nanos = definition.display_factor_nanos;
    handler.On(listing);
    return header;
  }

  static InstrumentName NumberName(int64_t number) {
    InstrumentName name;
    char digits[20];
    size_t count = 0, at = 0;
    if (number < 0) name.chars[at++] = '-';
    uint64_t rest = static_cast<uint64_t>(number < 0 ? -number : number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (count > 0) name.chars[at++] = digits[--count];
    return name;
  }

  void OnDefinition(Door& door, const cme::InstrumentDefinition& m) {
    door.base.ts_event_ns = m.ts_last_update_ns;
    bool made = false;
    if (m.security_id != cme::kNullInt32) {
      const uint32_t at = definitions_.FindOrAdd(0, static_cast<uint32_t>(m.security_id), &made);
      if (at != 0)
        named_[at] = {InstrumentName::From(m.symbol.view()), m.display_factor_nanos == kNoPrice ? kNanosPerUnit : m.display_factor_nanos};
    }
    InstrumentDefinition event;
    event.header = door.base;
    event.header.locate = locates_.Find(door.base.venue, static_cast<uint32_t>(m.security_id));
    event.symbol = Symbol::From(m.symbol.view());
    event.round_lot = m.min_trade_volume;
    door.Say(event);
  }

  void OnStatus(Door& door, const cme::SecurityStatus& m) {
    const EventHeader header = HeaderOf(door.base, m.security_id, *door.handler);
    TradingStatus event;
    event.header = header;
    switch (m.trading_status) {
      case 17:
        event.state = TradingState::kTrading;
        break;
      case 21:
      case 15:
      case 24:
      case 25:
        event.state = TradingState::kQuoteOnly;
        break;
      case 2:
      case 4:
      case 18:
      case 26:
        event.state = TradingState::kHalted;
        break;
      default: {  // no change, unknown: says nothing of whether it trades
        Notice notice = NoticeOf(header);
        notice.quantity = m.trading_status;
        door.Say(notice);
        return;
      }
    }
    if (header.locate == 0) {  // of a whole group
      Notice notice = NoticeOf(header);
      notice.symbol = Symbol::From(m.security_group.view());
      notice.quantity = m.trading_status;
      door.Say(notice);
      return;
    }
    door.Say(event);
  }

  // Takes the next number of an instrument. False: it was applied before, by a snapshot.
  bool Number(const FeedStream& stream, uint32_t locate, uint32_t rpt_seq, const cme::BookEntry* entry, Handler& handler) {
    if (locate == 0) return true;
    cme::Book& book = books_[locate];
    if (!book.started) {
      book.started = true;
      book.whole = rpt_seq == 1;
      book.losses = stream.losses;
      if (!book.whole) handler.OnBookState(stream.venue, locate, BookState::kGapped);
    } else if (book.whole && rpt_seq <= book.rpt_seq) {
      return false;
    } else if (rpt_seq != book.rpt_seq + 1 && book.whole) {
      book.whole = false;
      handler.OnBookState(stream.venue, locate, BookState::kGapped);
    }
    book.rpt_seq = std::max(book.rpt_seq, rpt_seq);
    if (book.whole && book.losses != stream.losses) SayWhole(stream, locate, handler);
    if (!book.whole) queue_.Push(locate, rpt_seq, entry);
    return true;
  }

  void SayWhole(const FeedStream& stream, uint32_t locate, Handler& handler) {
    books_[locate].losses = stream.losses;
    handler.OnBookState(stream.venue, locate, BookState::kLive);
  }

  void OnBook(Door& door, const cme::BookEntry& m) {
    const EventHeader header = door.Of(m.security_id);
    const bool of_book = cme::IsBookSide(m.entry_type);
    const bool fresh = Number(*door.stream, header.locate, m.rpt_seq, of_book ? &m : nullptr, *door.handler);
    if (m.entry_type == 'J') {
      Reset(*door.stream, header, EventUse::kBoth, *door.handler);
      books_[header.locate].rpt_seq = m.rpt_seq;
      ++door.entries;
      return;
    }
    if (!of_book || header.locate == 0) return SayNotice(door, header, m);
    LevelUpdate event;
    event.header = header;
    event.side = cme::SideOf(m.entry_type);
    event.price_nanos = m.price_nanos;
    event.order_count = static_cast<uint32_t>(std::max<Quantity>(m.number_of_orders, 0));
    event.quantity =
        m.action == cme::UpdateAction::kDelete || m.action == cme::UpdateAction::kDeleteThru ? 0 : std::max<Quantity>(m.size, 0);
    door.stream->carries_books = true;
    if (!fresh || (m.price_nanos == kNoPrice && m.action != cme::UpdateAction::kDeleteThru)) {
      event.use = EventUse::kRecordOnly;
      return door.Say(event);
    }
    SetUpdating(header, !door.end_of_event, *door.handler);
    Apply(door, m, event);
  }

  void Apply(Door& door, const cme::BookEntry& m, LevelUpdate& event) {
    cme::Book& book = books_[event.header.locate];
    const cme::LevelChange change = cme::ApplyEntry(m, &book.sides[static_cast<size_t>(event.side)]);
    if (!change.understood) {
      book.whole = false;
      door.handler->OnBookState(event.header.venue, event.header.locate, BookState::kGapped);
    }
    LevelUpdate gone = event;
    gone.quantity = 0;
    gone.use = EventUse::kApplyOnly;
    for (uint32_t i = 0; i < change.gone_count; ++i) {
      gone.price_nanos = change.gone[i];
      door.handler->On(gone);
    }
    if (event.price_nanos == kNoPrice || (change.now.price_nanos == kNoPrice && event.quantity != 0)) event.use = EventUse::kRecordOnly;
    door.Say(event);
  }

  void SayNotice(Door& door, const EventHeader& header, const cme::BookEntry& m) {
    Notice notice = NoticeOf(header, m.entry_type);
    notice.detail.chars[1] = static_cast<char>('0' + static_cast<uint8_t>(m.action) % 10);
    notice.price_nanos = m.price_nanos;
    notice.quantity = m.size == kNoQuantity ? 0 : m.size;
    notice.quantity_2 = m.number_of_orders == kNoQuantity ? 0 : m.number_of_orders;
    door.Say(notice);
  }

  // Empty and whole.
  void Reset(const FeedStream& stream, const EventHeader& header, EventUse use, Handler& handler) {
    BookClear event;
    event.header = header;
    event.use = use;
    handler.On(event);
    if (header.locate == 0) return;
    queue_.Clear(header.locate);
    cme::Book& book = books_[header.locate];
    book.Clear();
    book.rpt_seq = book.through_sequence = 0;
    book.started = book.whole = true;
    SetUpdating(header, false, handler);
    SayWhole(stream, header.locate, handler);
  }

  void SetUpdating(const EventHeader& header, bool updating, Handler& handler) {
    cme::Book& book = books_[header.locate];
    if (book.updating == updating) return;
    book.updating = updating;
    if (updating && !book.listed_open) {
      book.listed_open = true;
      open_[open_count_++] = header.locate;
    }
    handler.OnBookUpdating(header.venue, header.locate, updating);
  }

  // What an event has opened ends with it.
  void EndEvent(VenueIndex venue, Handler& handler) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < open_count_; ++i) {
      const uint32_t locate = open_[i];
      if (locates_.venue(locate) != venue) {
        open_[kept++] = locate;
        continue;
      }
      cme::Book& book = books_[locate];
      book.listed_open = false;
      if (book.updating) handler.OnBookUpdating(venue, locate, false);
      book.updating = false;
    }
    open_count_ = kept;
  }

  // ---- snapshots ----

  void OnSnapshotEntry(Door& door, const cme::SnapshotEntry& m) {
    const bool level = cme::IsBookSide(m.entry_type) && m.level >= 1 && m.level <= cme::Book::kDepth && m.price_nanos != kNoPrice;
    Notice notice = NoticeOf(door.base, m.entry_type);
    notice.price_nanos = m.price_nanos;
    notice.quantity = m.size == kNoQuantity ? 0 : m.size;
    notice.quantity_2 = m.number_of_orders == kNoQuantity ? 0 : m.number_of_orders;
    notice.match_number = static_cast<uint32_t>(snapshot_.root.security_id);
    door.Say(notice);
    if (!level || !snapshot_.under_way) return;
    snapshot_.sides[static_cast<size_t>(cme::SideOf(m.entry_type))][m.level - 1u] = {
        m.price_nanos, std::max<Quantity>(m.size, 0), static_cast<uint32_t>(std::max<Quantity>(m.number_of_orders, 0))};
  }

  // For every stream that was heard to carry the instrument, or that is the only one it can be of: listed on a stream that never says a
  // word of it, its book would stay as it is and be believed.
  void FinishSnapshot(Handler& handler) {
    snapshot_.under_way = false;
    const auto carries = [](const FeedStream& stream) { return stream.kind == StreamKind::kCme && stream.carries_books; };
    const auto first = core_.streams.begin(), end = first + core_.stream_count;
    const bool only_one = std::count_if(first, end, carries) == 1;
    for (auto stream = first; stream != end; ++stream) {
      if (!carries(*stream)) continue;
      EventHeader base;
      base.venue = stream->venue;
      const uint32_t known = locates_.Find(base.venue, static_cast<uint32_t>(snapshot_.root.security_id));
      const uint32_t locate = known == 0 && only_one ? HeaderOf(base, snapshot_.root.security_id, handler).locate : known;
      if (locate != 0) JoinSnapshot(*stream, locate, handler);
    }
  }

  void JoinSnapshot(const FeedStream& stream, uint32_t locate, Handler& handler) {
    cme::Book& book = books_[locate];
    if (book.whole && book.losses == stream.losses) return;
    // One from before the last lost packet does not know what that said of the instrument.
    if (uint64_t{snapshot_.root.last_sequence} + 1 < stream.lost_end) return;
    std::array<cme::Book::Levels, 2> sides = snapshot_.sides;
    if (!queue_.Join(locate, snapshot_.root.rpt_seq, &sides)) return;
    queue_.Clear(locate);
    book.started = true;
    book.sides = sides;
    book.rpt_seq = std::max(book.rpt_seq, snapshot_.root.rpt_seq);
    book.through_sequence = snapshot_.root.last_sequence;
    book.whole = true;
    Rebuild(stream.venue, locate, handler);
    SayWhole(stream, locate, handler);
  }

  void Rebuild(VenueIndex venue, uint32_t locate, Handler& handler) {
    BookClear clear;
    clear.header.venue = venue;
    clear.header.locate = locate;
    clear.use = EventUse::kApplyOnly;
    handler.On(clear);
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const cme::BookLevel& level : books_[locate].sides[static_cast<size_t>(side)]) {
        if (level.price_nanos == kNoPrice || level.quantity == 0) continue;
        LevelUpdate event;
        event.header = clear.header;
        event.side = side;
        event.price_nanos = level.price_nanos;
        event.quantity = level.quantity;
        event.order_count = level.order_count;
        event.use = EventUse::kApplyOnly;
        handler.On(event);
      }
    }
  }

  FeedCore& core_;
  LocateDirectory locates_;
  HugeArray<cme::Book> books_;  // by locate, made with it
  cme::RecoveryQueue queue_;
  LocateDirectory definitions_;
  HugeArray<Definition> named_;  // by number of the definition, made with it
  HugeArray<uint32_t> open_;     // locates in the middle of an event
  uint32_t open_count_ = 0;
  Incoming snapshot_;
};

}  // namespace tickgraph
