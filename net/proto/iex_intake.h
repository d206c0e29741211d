// IEX in the feed handler: TOPS and DEEP over IEX-TP, decoded into the loop's events.
//
// In the flow: FeedHandler -> here -> the stream's arbiter -> Decode -> handler.On(event). A stream is a protocol and channel; lines are
// told apart by destination. A number that falls back, or a new session, is a new stream: every book of it is cleared. One thread.
#pragma once

#include "hot/event.h"
#include "net/proto/feed_core.h"
#include "net/proto/iex.h"
#include "net/proto/locate_directory.h"

namespace tickgraph {

template <class Host, class Handler>
class IexIntake {
 public:
  IexIntake(Host& host, FeedCore& core) : host_(host), core_(core), locates_(core.config.max_listed), marks_(locates_.capacity()) {}

  // False: not IEX-TP.
  bool OnPacket(const PacketView& packet, const Frame& frame, Handler& handler) {
    const iex::Segment segment = iex::ParseSegment(frame.payload, frame.size);
    if (segment.status == iex::SegmentStatus::kForeign) return false;
    if (segment.status == iex::SegmentStatus::kBad) {
      core_.Bad(packet.number, packet.file_offset, "IEX-TP count and messages disagree with the datagram's length");
      return true;
    }
    const iex::SegmentHeader& header = segment.header;
    if (packet.ts_recv_ns == 0) host_.Advance(header.ts_send_ns, handler);
    FeedStream* stream = StreamOf(header, packet.ts_recv_ns != 0 ? packet.ts_recv_ns : header.ts_send_ns, handler);
    if (stream == nullptr) return true;
    handler.OnStreamActivity(stream->venue);
    const bool was_gapped = stream->arbiter.gapped();
    if (Take(*stream, segment, packet, stream->LineOf(DestinationOf(frame)), handler)) core_.Settle(*stream, was_gapped, handler);
    return true;
  }

  void Decode(FeedStream& stream, const SequencedUnit& unit, uint64_t from, uint64_t end, Handler& handler) {
    Door door{this, &handler, {}, 0};
    door.base.venue = stream.venue;
    door.base.line = unit.line;
    const uint8_t* at = unit.bytes;
    for (uint64_t number = unit.sequence; number < end; ++number) {
      const uint32_t length = LoadLe<uint16_t>(at);
      if (number >= from) {
        door.base.feed_sequence = number;
        core_.Count(iex::Decode(at + 2, length, door), unit.packet_number, unit.file_offset);
        handler.OnMessageEnd(stream.venue, stream.messages++, door.ts_event_ns);
      }
      at += 2 + length;
    }
  }

 private:
  // Of an instrument.
  struct Marks {
    bool halted = false;  // by its trading status
    bool operationally_halted = false;
    bool paused = false;
    bool updating = false;  // an event has begun and not ended
  };

  // What the message decoder calls.
  struct Door {
    IexIntake* feed;
    Handler* handler;
    EventHeader base;
    uint64_t ts_event_ns = 0;

    EventHeader Of(const iex::Header& header) {
      EventHeader out = base;
      ts_event_ns = header.ts_event_ns;
      out.type = header.type;
      out.ts_event_ns = header.ts_event_ns;
      out.locate = feed->LocateOf(base.venue, header.symbol, *handler);
      return out;
    }
    Notice NoticeOf(const iex::Header& header, char detail = 0) {
      Notice notice;
      notice.header = Of(header);
      notice.symbol = header.symbol;
      notice.detail.chars[0] = static_cast<char>(header.flags);
      notice.detail.chars[1] = detail;
      return notice;
    }

    void On(const iex::SystemEvent& m) {
      EventHeader header = base;
      header.type = m.type;
      header.ts_event_ns = ts_event_ns = m.ts_event_ns;
      handler->On(SystemEvent{header, m.event});
    }
    void On(const iex::SecurityDirectory& m) { handler->On(InstrumentDefinition{Of(m.header), m.header.symbol, m.round_lot}); }
    void On(const iex::TradingStatus& m) {
      const EventHeader header = Of(m.header);
      Marks& marks = feed->marks_[header.locate];
      marks.halted = m.header.flags == 'H';
      marks.paused = m.header.flags == 'P' || m.header.flags == 'O';
      Say(header, m.header.symbol, m.reason, marks);
    }
    void On(const iex::OperationalHalt& m) {
      const EventHeader header = Of(m.header);
      Marks& marks = feed->marks_[header.locate];
      marks.operationally_halted = m.header.flags == 'O';
      Say(header, m.header.symbol, {}, marks);
    }
    void Say(const EventHeader& header, const Symbol& symbol, const FixedText<4>& reason, const Marks& marks) {
      const bool halted = marks.halted || marks.operationally_halted;
      handler->On(TradingStatus{header, symbol,
                                halted         ? TradingState::kHalted
                                : marks.paused ? TradingState::kPaused
                                               : TradingState::kTrading,
                                reason});
    }
    void On(const iex::QuoteUpdate& m) {
      QuoteUpdate event;
      event.header = Of(m.header);
      if (m.bid_size != 0) {
        event.top.bid_nanos = m.bid_price_nanos;
        event.top.bid_quantity = m.bid_size;
      }
      if (m.ask_size != 0) {
        event.top.ask_nanos = m.ask_price_nanos;
        event.top.ask_quantity = m.ask_size;
      }
      handler->On(event);
    }
    void On(const iex::PriceLevelUpdate& m) {
      LevelUpdate event;
      event.header = Of(m.header);
      event.side = m.side();
      event.price_nanos = m.price_nanos;
      event.quantity = m.size;
      feed->SetUpdating(event.header, !m.event_complete(), *handler);
      handler->On(event);
    }
    void On(const iex::TradeReport& m) {
      Trade event;
      event.header = Of(m.header);
      event.symbol = m.header.symbol;
      event.price_nanos = m.price_nanos;
      event.quantity = m.size;
      event.match_number = m.trade_id;
      event.side_known = false;
      handler->On(event);
    }
    void On(const iex::TradeBreak& m) {
      Notice notice = NoticeOf(m.header);
      notice.price_nanos = m.price_nanos;
      notice.quantity = m.size;
      notice.match_number = m.trade_id;
      handler->On(notice);
    }
    void On(const iex::OfficialPrice& m) {
      Notice notice = NoticeOf(m.header);
      notice.price_nanos = m.price_nanos;
      handler->On(notice);
    }
    void On(const iex::AuctionInformation& m) {
      Notice notice = NoticeOf(m.header, m.imbalance_side);
      notice.price_nanos = m.reference_price_nanos;
      notice.price_2_nanos = m.indicative_price_nanos;
      notice.price_3_nanos = m.book_clearing_price_nanos;
      notice.quantity = m.paired_shares;
      notice.quantity_2 = m.imbalance_shares;
      handler->On(notice);
    }
    void On(const iex::ShortSaleTest& m) { handler->On(NoticeOf(m.header, m.detail)); }
    void On(const iex::RetailLiquidity& m) { handler->On(NoticeOf(m.header)); }
    void On(const iex::SecurityEvent& m) { handler->On(NoticeOf(m.header)); }
  };

  FeedStream* StreamOf(const iex::SegmentHeader& header, uint64_t now_ns, Handler& handler) {
    constexpr const char* kNames[] = {"IEX-TOPS-1.5", "IEX-TOPS", "IEX-DEEP"};
    const uint64_t key = uint64_t{header.protocol} << 32 | header.channel;
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      if (core_.streams[i].kind == StreamKind::kIex && core_.streams[i].key == key) return &core_.streams[i];
    }
    FeedStream* stream = core_.NewStream(StreamKind::kIex, VenueName::From(kNames[header.protocol - iex::kTops15]), now_ns, handler);
    if (stream == nullptr) return nullptr;
    stream->key = key;
    stream->session_id = header.session;
    return stream;
  }

  // False: it belongs to numbers that are over.
  bool Take(FeedStream& stream, const iex::Segment& segment, const PacketView& packet, uint32_t line, Handler& handler) {
    const iex::SegmentHeader& header = segment.header;
    const auto first = static_cast<uint64_t>(header.first_sequence);
    auto sink = host_.SinkOf(stream, handler);
    FeedStream::Turn turn = stream.Follow(line, first, header.count, header.ts_send_ns);
    if (header.session != stream.session_id)
      turn = header.ts_send_ns > stream.session_sent_ns ? FeedStream::Turn::kRestart : FeedStream::Turn::kOld;
    if (turn == FeedStream::Turn::kOld) {
      core_.counters.duplicates += header.count;
      return false;
    }
    if (turn == FeedStream::Turn::kRestart) {
      stream.session_id = header.session;
      stream.arbiter.Restart(first, sink);
      ClearBooks(stream, handler);
    }
    stream.session_sent_ns = std::max(stream.session_sent_ns, header.ts_send_ns);
    if (segment.status == iex::SegmentStatus::kHeartbeat) {
      stream.arbiter.OnAnnounced(first, core_.session_time_ns, sink);
      return true;
    }
    SequencedUnit unit = UnitOf(packet, line);
    unit.bytes = segment.blocks;
    unit.size = header.payload_bytes;
    unit.count = header.count;
    unit.sequence = first;
    stream.arbiter.OnUnit(unit, core_.session_time_ns, sink);
    return true;
  }

  void ClearBooks(const FeedStream& stream, Handler& handler) {
    for (uint32_t locate = 1; locate <= locates_.size(); ++locate) {
      if (locates_.venue(locate) != stream.venue) continue;
      BookClear event;
      event.header.venue = stream.venue;
      event.header.locate = locate;
      event.use = EventUse::kApplyOnly;
      handler.On(event);
      SetUpdating(event.header, false, handler);
      handler.OnBookState(stream.venue, locate, BookState::kLive);
    }
  }

  void SetUpdating(const EventHeader& header, bool updating, Handler& handler) {
    if (header.locate == 0 || marks_[header.locate].updating == updating) return;
    marks_[header.locate].updating = updating;
    handler.OnBookUpdating(header.venue, header.locate, updating);
  }

  uint32_t LocateOf(VenueIndex venue, const Symbol& symbol, Handler& handler) {
    uint64_t key;
    std::memcpy(&key, symbol.chars.data(), sizeof(key));
    bool made = false;
    const uint32_t locate = locates_.FindOrAdd(venue, key, &made);
    if (!made) return locate;
    InstrumentListing listing;
    listing.header.venue = venue;
    listing.header.locate = locate;
    listing.name = listing.product = InstrumentName::From(symbol.view());
    listing.key = HashText(symbol.view());
    handler.On(listing);
    return locate;
  }

  Host& host_;
  FeedCore& core_;
  LocateDirectory locates_;
  HugeArray<Marks> marks_;  // by locate
};

}  // namespace tickgraph
