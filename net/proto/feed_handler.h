// The front of the loop: packets in, decoded events out, each message once and in the order of its stream.
//
// In the flow: PacketView -> frame -> MoldUDP64 or OPRA block -> line arbitration -> decoder -> handler.On(event). A raw ITCH message goes
// to the decoder at once. Streams are found in the order in which they appear: a MoldUDP64 session is a stream wherever it is sent, an OPRA
// stream is a UDP destination port; lines are told apart by destination. One thread; no allocation after construction.
//
// Handler: On(event)                                   every struct of hot/event.h
//          OnStream(venue, name, protocol, date)       before the first event of a stream; date is yyyymmdd, 0 where none is known
//          OnStreamActivity(venue)                     every good packet of a stream, heartbeats and copies included
//          OnStreamState(venue, BookState)             kGapped while a hole is open, kLive when none is
//          OnGap(venue, first, last)                   these numbers were declared lost. kLive may follow: it says that the stream flows
//                                                      again; what the loss did to the books is the handler's to remember
//          OnBookState(venue, locate, BookState)       one book alone: kLive where it is whole as of now, else not until it is said to be
//          OnBookUpdating(venue, locate, updating)     an event of several messages has begun to change the book, or has ended
//          OnBookGap(venue, locate, first, last)       these of the book's own numbers are lost
//          OnMessageEnd(venue, index, ts_ns)           IEX, CME, DBN, JSON: the message of that index is over, whatever events it gave
//          OnSnapshotBegin(venue), OnSnapshotEnd(venue)  optional: the venue's books are emptied, and filled by the events in between
//          OnStreamEnd(venue)                          every line of the stream has said its end and no hole is open
// Time: session_time_ns() is the largest stamp so far; it is advanced, and what was due is done, before a packet is decoded.
#pragma once

#include "net/proto/cme_intake.h"
#include "net/proto/dbn_intake.h"
#include "net/proto/feed_core.h"
#include "net/proto/iex_intake.h"
#include "net/proto/itch.h"
#include "net/proto/itch_ahead.h"
#include "net/proto/json/json_intake.h"
#include "net/proto/lobster_intake.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra_intake.h"
#include "net/proto/snapshot_intake.h"

namespace tickgraph {

template <class Handler>
class FeedHandler {
 public:
  // Throws std::runtime_error when memory is short (start only).
  explicit FeedHandler(const FeedConfig& config) : core_(config) {}
  FeedHandler(const FeedHandler&) = delete;
  FeedHandler& operator=(const FeedHandler&) = delete;

  // Before the first packet: whom to ask for what both lines lost. Without one, a hole whose time is over is declared lost.
  void SetRecovery(const RecoveryService& recovery) { core_.recovery = recovery; }

  // Before the first packet: whom to ask for the books of a stream that is joined late or has lost what nobody sends again.
  void SetSnapshots(const SnapshotService& service) { snapshots_.SetService(service); }

  void OnPacket(const PacketView& packet, Handler& handler) {
    ++core_.counters.packets;
    if (packet.layer == PacketLayer::kItchMessage) {
      OnRawItch(packet, handler);
      return;
    }
    if (packet.ts_recv_ns != 0) Advance(packet.ts_recv_ns, handler);
    if (packet.layer >= PacketLayer::kDbnRecord) {
      OnRecord(packet, handler);
      return;
    }
    const Frame frame = ParseFrame(packet, core_.config.verify_udp_checksum);
    if (frame.status != FrameStatus::kUdp) {
      OnOtherFrame(packet, frame.status);
    } else if (packet.recovered && frame.source == kSnapshotSource) {
      snapshots_.OnPacket(packet, frame, handler);
    } else if (LooksLikeOpra(frame.payload, frame.size)) {
      opra_.OnPacket(packet, frame, handler);
    } else if (FeedStream* known = KnownMold(frame); known != nullptr || IsMold(frame)) {
      OnMold(packet, frame, known, handler);
    } else if (!iex_.OnPacket(packet, frame, handler) && !cme_.OnPacket(packet, frame, handler)) {
      OnStrange(packet, frame, false);
    }
  }

  // When OnTimer is due, in session time; UINT64_MAX: never.
  [[nodiscard]] uint64_t next_timer_ns() const { return core_.next_timer_ns; }

  void OnTimer(uint64_t now_ns, Handler& handler) {
    if (now_ns > core_.session_time_ns) core_.session_time_ns = now_ns;
    if (core_.session_time_ns < core_.next_timer_ns) return;
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      Sink sink{this, &core_.streams[i], &handler};
      core_.streams[i].arbiter.OnTimer(core_.session_time_ns, sink);
      core_.CheckEnd(core_.streams[i], handler);
    }
    core_.FindNextTimer();
  }

  // End of input: every open hole is declared lost, and what waits behind it delivered.
  void Finish(uint64_t now_ns, Handler& handler) {
    OnTimer(now_ns, handler);
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      Sink sink{this, &core_.streams[i], &handler};
      core_.streams[i].arbiter.Finish(sink);
      core_.CheckEnd(core_.streams[i], handler);
    }
    core_.FindNextTimer();
  }

  // True when there is a stream and all have ended.
  [[nodiscard]] bool all_ended() const { return core_.stream_count != 0 && core_.ended_count == core_.stream_count; }
  [[nodiscard]] uint64_t session_time_ns() const { return core_.session_time_ns; }
  [[nodiscard]] uint32_t stream_count() const { return core_.stream_count; }
  [[nodiscard]] const FeedStream& stream(uint32_t index) const { return core_.streams[index]; }

  [[nodiscard]] FeedCounters counters() const {
    FeedCounters out = core_.Totals();
    out.queued_updates += cme_.queue().queued() + json_.waiting().queued();
    out.waiting_dropped += cme_.queue().dropped() + json_.waiting().dropped();
    return out;
  }

 private:
  friend class OpraIntake<FeedHandler, Handler>;
  friend class IexIntake<FeedHandler, Handler>;
  friend class CmeIntake<FeedHandler, Handler>;
  friend class SnapshotIntake<FeedHandler, Handler>;

  // What a stream's arbiter calls.
  struct Sink {
    FeedHandler* self;
    FeedStream* stream;
    Handler* handler;

    void Deliver(const SequencedUnit& unit, uint64_t from, uint64_t end) {
      switch (stream->kind) {
        case StreamKind::kMold:
          return self->DecodeMold(*stream, unit, from, end, *handler);
        case StreamKind::kOpra:
          return self->opra_.Decode(*stream, unit, from, end, *handler);
        case StreamKind::kIex:
          return self->iex_.Decode(*stream, unit, from, end, *handler);
        case StreamKind::kCme:
          return self->cme_.Decode(*stream, unit, *handler);
        default:
          return;
      }
    }
    void OnStreamState(BookState state) { handler->OnStreamState(stream->venue, state); }
    void OnGap(uint64_t first, uint64_t last) {
      ++stream->losses;
      stream->lost_end = last + 1;
      handler->OnGap(stream->venue, first, last);
      if (stream->kind == StreamKind::kCme) self->cme_.OnLoss(*stream, last, *handler);
    }
    uint64_t Request(uint64_t first, uint64_t end) {
      ++self->core_.counters.recovery_requests;
      return RequestMessages(self->core_.recovery, self->core_.config.recovery, *stream, first, end, self->core_.session_time_ns);
    }
    void RequestSnapshot(uint64_t first) { self->snapshots_.Request(*stream, first); }
  };

  Sink SinkOf(FeedStream& stream, Handler& handler) { return {this, &stream, &handler}; }

  void Advance(uint64_t now_ns, Handler& handler) {
    if (now_ns > core_.session_time_ns) core_.session_time_ns = now_ns;
    if (core_.session_time_ns >= core_.next_timer_ns) OnTimer(core_.session_time_ns, handler);
  }

  // A record or line of a file, which has no network headers.
  void OnRecord(const PacketView& packet, Handler& handler) {
    if (packet.layer == PacketLayer::kDbnRecord) return dbn_.OnPacket(packet, handler);
    if (packet.layer == PacketLayer::kJsonLine) return json_.OnPacket(packet, handler);
    lobster_.OnPacket(packet, handler);
  }

  void OnOtherFrame(const PacketView& packet, FrameStatus status) {
    const bool other = status == FrameStatus::kTcp || status == FrameStatus::kOtherProtocol || status == FrameStatus::kNotIp;
    other ? void(++core_.counters.not_market_data) : core_.Bad(packet.number, packet.file_offset, Name(status));
  }

  // ---- MoldUDP64 ----

  static bool IsMold(const Frame& frame) { return frame.size >= kMoldHeaderBytes && IsMoldSession(frame.payload); }

  // The stream whose session the payload names: that its ten bytes can be a name was found when it was made.
  FeedStream* KnownMold(const Frame& frame) {
    if (frame.size < kMoldHeaderBytes) return nullptr;
    if (last_mold_ < core_.stream_count && IsSession(core_.streams[last_mold_], frame.payload)) return &core_.streams[last_mold_];
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      if (!IsSession(core_.streams[i], frame.payload)) continue;
      last_mold_ = i;
      return &core_.streams[i];
    }
    return nullptr;
  }
  FeedStream* MakeMold(const uint8_t* session, uint64_t now_ns, Handler& handler) {
    FeedStream* stream = core_.NewStream(StreamKind::kMold, MoldVenueName(session), now_ns, handler);
    if (stream == nullptr) return nullptr;
    std::memcpy(stream->session.data(), session, kMoldSessionBytes);
    snapshots_.Welcome(*stream);
    return stream;
  }
  static bool IsSession(const FeedStream& stream, const uint8_t* session) {
    return stream.kind == StreamKind::kMold && std::memcmp(stream.session.data(), session, kMoldSessionBytes) == 0;
  }

  // `stream`: null where the session is not known yet.
  void OnMold(const PacketView& packet, const Frame& frame, FeedStream* stream, Handler& handler) {
    const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
    if (mold.status == MoldStatus::kBad) {
      OnStrange(packet, frame, true);
      return;
    }
    if (packet.recovered) {
      OnMoldAnswer(packet, mold, stream, handler);
      return;
    }
    if (stream == nullptr) stream = MakeMold(mold.session, packet.ts_recv_ns, handler);
    if (stream == nullptr) return;
    handler.OnStreamActivity(stream->venue);
    if (packet.ts_recv_ns == 0 && mold.status == MoldStatus::kData && LoadBe16(mold.blocks) >= 11) {
      Advance(stream->midnight_ns + LoadBe48(mold.blocks + 2 + 5), handler);
    }
    const uint32_t line = stream->LineOf(DestinationOf(frame));
    const bool was_gapped = stream->arbiter.gapped();
    Sink sink{this, stream, &handler};
    if (mold.status == MoldStatus::kData) {
      SequencedUnit unit = UnitOf(packet, line);
      unit.bytes = mold.blocks;
      unit.size = mold.blocks_bytes;
      unit.count = mold.count;
      unit.sequence = mold.sequence;
      stream->arbiter.OnUnit(unit, core_.session_time_ns, sink);
    } else {
      stream->arbiter.OnAnnounced(mold.sequence, core_.session_time_ns, sink);
      if (mold.status == MoldStatus::kEndOfSession) stream->EndLine(line);
    }
    core_.Settle(*stream, was_gapped, handler);
  }

  // Fills holes, and never makes a stream or says what comes next: a server is believed less than a line.
  void OnMoldAnswer(const PacketView& packet, const MoldPacket& mold, FeedStream* stream, Handler& handler) {
    if (stream == nullptr || mold.status != MoldStatus::kData) {
      ++core_.counters.unasked_messages;
      return;
    }
    SequencedUnit unit = UnitOf(packet, FeedStream::kOtherLine);
    unit.bytes = mold.blocks;
    unit.size = mold.blocks_bytes;
    unit.count = mold.count;
    unit.sequence = mold.sequence;
    Answer(*stream, unit, handler);
  }

  void Answer(FeedStream& stream, SequencedUnit& unit, Handler& handler) {
    const bool was_gapped = stream.arbiter.gapped();
    unit.recovered = true;
    Sink sink{this, &stream, &handler};
    stream.arbiter.OnAnswer(unit, core_.session_time_ns, sink);
    core_.Settle(stream, was_gapped, handler);
  }

  // A datagram that is neither: bad where it came to a known line or bears a session's name or OPRA's marks, else somebody else's.
  void OnStrange(const PacketView& packet, const Frame& frame, bool named) {
    bool known = named;
    const uint64_t destination = DestinationOf(frame);
    for (uint32_t i = 0; i < core_.stream_count && !known; ++i) known = destination != 0 && core_.streams[i].HasLine(destination);
    const bool marked = frame.size >= kOpraBlockHeaderBytes && frame.payload[0] == 6 && frame.payload[3] == 'O';
    if (known || marked) {
      core_.Bad(packet.number, packet.file_offset, marked ? "OPRA block size differs from its datagram" : "malformed MoldUDP64 packet");
    } else {
      ++core_.counters.not_market_data;
    }
  }

  void DecodeMold(FeedStream& stream, const SequencedUnit& unit, uint64_t from, uint64_t end, Handler& handler) {
    EventHeader base;
    base.venue = stream.venue;
    base.line = unit.line;
    const uint64_t midnight_ns = stream.midnight_ns;
    if constexpr (LooksAhead<Handler>) LookAheadItch(unit.bytes, unit.sequence, from, end, stream.venue, handler);
    ForEachMoldMessage(unit.bytes, unit.sequence, from, end, [&](const uint8_t* message, uint32_t size, uint64_t number) {
      base.feed_sequence = number;
      core_.Count(DecodeItch(message, size, base, midnight_ns, handler), unit.packet_number, unit.file_offset);
    });
  }

  // ---- raw ITCH files ----

  void OnRawItch(const PacketView& packet, Handler& handler) {
    if (raw_ == nullptr) raw_ = core_.NewStream(StreamKind::kRawItch, VenueName::From("ITCH"), packet.ts_recv_ns, handler);
    if (raw_ == nullptr) return;
    handler.OnStreamActivity(raw_->venue);
    uint64_t now_ns = packet.ts_recv_ns;
    if (now_ns == 0 && packet.size >= 11) now_ns = raw_->midnight_ns + LoadBe48(packet.data + 5);
    Advance(now_ns, handler);
    EventHeader base;
    base.venue = raw_->venue;
    base.feed_sequence = packet.number;
    core_.Count(DecodeItch(packet.data, packet.size, base, raw_->midnight_ns, handler), packet.number, packet.file_offset);
  }

  FeedCore core_;
  OpraIntake<FeedHandler, Handler> opra_{*this, core_};
  IexIntake<FeedHandler, Handler> iex_{*this, core_};
  CmeIntake<FeedHandler, Handler> cme_{*this, core_};
  DbnIntake<Handler> dbn_{core_};
  JsonIntake<Handler> json_{core_};
  SnapshotIntake<FeedHandler, Handler> snapshots_{*this, core_};
  LobsterIntake<Handler> lobster_{core_};
  uint32_t last_mold_ = 0;  // most packets follow one of their own stream
  FeedStream* raw_ = nullptr;
};

}  // namespace tickgraph
