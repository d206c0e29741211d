// The front of the loop: packets in, decoded events out, each message once and in the order of its stream.
//
// In the flow: PacketView -> frame -> MoldUDP64 or OPRA block -> line arbitration -> decoder -> handler.On(event). A raw ITCH message goes
// to the decoder at once. Streams are found in the order in which they appear: a MoldUDP64 session is a stream wherever it is sent, an OPRA
// stream is a UDP destination port; lines are told apart by destination. One thread; no allocation after construction.
//
// Handler: On(event)                                   every struct of hot/event.h
//          OnStream(venue, name, is_options, date)     before the first event of a stream; date is yyyymmdd, 0 where none is known
//          OnStreamActivity(venue)                     every good packet of a stream, heartbeats and copies included
//          OnStreamState(venue, BookState)             kGapped while a hole is open, kLive when none is
//          OnGap(venue, first, last)                   these numbers were declared lost. kLive may follow: it says that the stream flows
//                                                      again; what the loss did to the books is the handler's to remember
//          OnStreamEnd(venue)                          every line of the stream has said its end and no hole is open
// Time: session_time_ns() is the largest stamp so far; it is advanced, and what was due is done, before a packet is decoded.
#pragma once

#include <vector>

#include "net/proto/feed_config.h"
#include "net/proto/feed_stream.h"
#include "net/proto/frame.h"
#include "net/proto/itch.h"
#include "net/proto/moldudp64.h"
#include "net/proto/new_york_time.h"
#include "net/proto/opra.h"
#include "net/proto/recovery_requests.h"

namespace tickgraph {

template <class Handler>
class FeedHandler {
 public:
  // Throws std::runtime_error when memory is short (start only).
  explicit FeedHandler(const FeedConfig& config) : config_(config), pool_(config.reorder_slots, config.reorder_slot_bytes) {
    streams_.reserve(kMaxVenues);
    const LineArbiter::Config arbiter{config.reorder_window_ns, config.reorder_slots_per_stream};
    for (uint32_t i = 0; i < kMaxVenues; ++i) streams_.emplace_back(&pool_, arbiter);
  }
  FeedHandler(const FeedHandler&) = delete;
  FeedHandler& operator=(const FeedHandler&) = delete;

  // Before the first packet: whom to ask for what both lines lost. Without one, a hole whose time is over is declared lost.
  void SetRecovery(const RecoveryService& recovery) {
    recovery_ = recovery;
    const uint64_t retry_ns = std::max<uint64_t>(config_.recovery_timeout_ns, 1);
    for (FeedStream& stream : streams_) stream.arbiter.SetRecovery(retry_ns, config_.recovery_attempts);
  }

  void OnPacket(const PacketView& packet, Handler& handler) {
    ++counters_.packets;
    if (packet.layer == PacketLayer::kItchMessage) {
      OnRawItch(packet, handler);
      return;
    }
    if (packet.ts_recv_ns != 0) Advance(packet.ts_recv_ns, handler);
    const Frame frame = ParseFrame(packet, config_.verify_udp_checksum);
    if (frame.status != FrameStatus::kUdp) {
      OnOtherFrame(packet, frame.status);
    } else if (LooksLikeOpra(frame.payload, frame.size)) {
      OnOpra(packet, frame, handler);
    } else {
      OnMold(packet, frame, handler);
    }
  }

  // When OnTimer is due, in session time; UINT64_MAX: never.
  [[nodiscard]] uint64_t next_timer_ns() const { return next_timer_ns_; }

  void OnTimer(uint64_t now_ns, Handler& handler) {
    if (now_ns > session_time_ns_) session_time_ns_ = now_ns;
    if (session_time_ns_ < next_timer_ns_) return;
    for (uint32_t i = 0; i < stream_count_; ++i) {
      Sink sink{this, &streams_[i], &handler};
      streams_[i].arbiter.OnTimer(session_time_ns_, sink);
      CheckEnd(streams_[i], handler);
    }
    FindNextTimer();
  }

  // End of input: every open hole is declared lost, and what waits behind it delivered.
  void Finish(uint64_t now_ns, Handler& handler) {
    OnTimer(now_ns, handler);
    for (uint32_t i = 0; i < stream_count_; ++i) {
      Sink sink{this, &streams_[i], &handler};
      streams_[i].arbiter.Finish(sink);
      CheckEnd(streams_[i], handler);
    }
    FindNextTimer();
  }

  // True when there is a stream and all have ended.
  [[nodiscard]] bool all_ended() const { return stream_count_ != 0 && ended_count_ == stream_count_; }
  [[nodiscard]] uint64_t session_time_ns() const { return session_time_ns_; }
  [[nodiscard]] uint32_t stream_count() const { return stream_count_; }
  [[nodiscard]] const FeedStream& stream(uint32_t index) const { return streams_[index]; }

  [[nodiscard]] FeedCounters counters() const {
    FeedCounters out = counters_;
    for (uint32_t i = 0; i < stream_count_; ++i) {
      const ArbiterCounters& c = streams_[i].arbiter.counters();
      out.duplicates += c.duplicates;
      out.late += c.late;
      out.gaps += c.gaps;
      out.missing_messages += c.missing_messages;
      out.reorder_overflows += c.overflows;
      out.recovered_messages += c.recovered;
      out.dropped_messages += c.dropped;
      out.unasked_messages += c.unasked;
    }
    return out;
  }

 private:
  // What a stream's arbiter calls.
  struct Sink {
    FeedHandler* self;
    FeedStream* stream;
    Handler* handler;

    void Deliver(const SequencedUnit& unit, uint64_t from, uint64_t end) {
      stream->kind == StreamKind::kMold ? self->DecodeMold(*stream, unit, from, end, *handler)
                                        : self->DecodeOpraBlock(*stream, unit, from, end, *handler);
    }
    void OnStreamState(BookState state) { handler->OnStreamState(stream->venue, state); }
    void OnGap(uint64_t first, uint64_t last) { handler->OnGap(stream->venue, first, last); }
    uint64_t Request(uint64_t first, uint64_t end) {
      ++self->counters_.recovery_requests;
      return RequestMessages(self->recovery_, self->config_.recovery, *stream, first, end, self->session_time_ns_);
    }
  };

  void Advance(uint64_t now_ns, Handler& handler) {
    if (now_ns > session_time_ns_) session_time_ns_ = now_ns;
    if (session_time_ns_ >= next_timer_ns_) OnTimer(session_time_ns_, handler);
  }

  void FindNextTimer() {
    next_timer_ns_ = UINT64_MAX;
    for (uint32_t i = 0; i < stream_count_; ++i) next_timer_ns_ = std::min(next_timer_ns_, streams_[i].arbiter.deadline_ns());
  }

  // After a packet of `stream`, which had a hole open before it if `was_gapped`.
  void Settle(FeedStream& stream, bool was_gapped, Handler& handler) {
    if (was_gapped || stream.arbiter.gapped()) FindNextTimer();
    if (stream.ended_lines != 0) CheckEnd(stream, handler);
  }

  void CheckEnd(FeedStream& stream, Handler& handler) {
    if (stream.ended || !stream.LinesEnded() || stream.arbiter.gapped()) return;
    stream.ended = true;
    ++ended_count_;
    handler.OnStreamEnd(stream.venue);
  }

  void Bad(uint64_t packet_number, uint64_t file_offset, const char* reason, uint64_t count = 1) {
    if (counters_.bad_messages == 0) {
      counters_.first_bad_packet = packet_number != 0 ? packet_number : counters_.packets;
      counters_.first_bad_offset = file_offset;
      counters_.first_bad_reason = reason;
    }
    counters_.bad_messages += count;
  }

  void OnOtherFrame(const PacketView& packet, FrameStatus status) {
    const bool other = status == FrameStatus::kTcp || status == FrameStatus::kOtherProtocol || status == FrameStatus::kNotIp;
    other ? void(++counters_.not_market_data) : Bad(packet.number, packet.file_offset, Name(status));
  }

  // nullptr where there is no room for one more.
  FeedStream* NewStream(StreamKind kind, const VenueName& name, uint64_t now_ns, Handler& handler) {
    if (stream_count_ == kMaxVenues) {
      ++counters_.dropped_streams;
      return nullptr;
    }
    FeedStream& stream = streams_[stream_count_];
    stream.kind = kind;
    stream.venue = static_cast<VenueIndex>(stream_count_++);
    stream.name = name;
    stream.date = config_.date != 0 ? config_.date : now_ns != 0 ? NewYorkDateOf(now_ns) : 0;
    stream.midnight_ns = stream.date != 0 ? NewYorkMidnightNs(stream.date) : 0;
    handler.OnStream(stream.venue, stream.name, kind == StreamKind::kOpra, stream.date);
    return &stream;
  }

  static uint64_t DestinationOf(const Frame& frame) { return uint64_t{frame.destination} << 16 | frame.destination_port; }
  static SequencedUnit UnitOf(const PacketView& packet, uint32_t line) {
    SequencedUnit unit;
    unit.ts_recv_ns = packet.ts_recv_ns;
    unit.packet_number = packet.number;
    unit.file_offset = packet.file_offset;
    unit.line = line == 1 ? Line::kB : Line::kA;
    return unit;
  }

  // ---- MoldUDP64 ----

  FeedStream* MoldStream(const uint8_t* session, uint64_t now_ns, Handler& handler) {
    if (last_mold_ < stream_count_ && IsSession(streams_[last_mold_], session)) return &streams_[last_mold_];
    for (uint32_t i = 0; i < stream_count_; ++i) {
      if (!IsSession(streams_[i], session)) continue;
      last_mold_ = i;
      return &streams_[i];
    }
    FeedStream* stream = NewStream(StreamKind::kMold, MoldVenueName(session), now_ns, handler);
    if (stream != nullptr) std::memcpy(stream->session.data(), session, kMoldSessionBytes);
    return stream;
  }
  static bool IsSession(const FeedStream& stream, const uint8_t* session) {
    return stream.kind == StreamKind::kMold && std::memcmp(stream.session.data(), session, kMoldSessionBytes) == 0;
  }

  void OnMold(const PacketView& packet, const Frame& frame, Handler& handler) {
    const MoldPacket mold = ParseMoldPacket(frame.payload, frame.size);
    const bool named = frame.size >= kMoldHeaderBytes && IsMoldSession(frame.payload);
    if (!named || mold.status == MoldStatus::kBad) {
      OnStrange(packet, frame, named);
      return;
    }
    if (packet.recovered) {
      OnMoldAnswer(packet, mold, handler);
      return;
    }
    FeedStream* stream = MoldStream(mold.session, packet.ts_recv_ns, handler);
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
      stream->arbiter.OnUnit(unit, session_time_ns_, sink);
    } else {
      stream->arbiter.OnAnnounced(mold.sequence, session_time_ns_, sink);
      if (mold.status == MoldStatus::kEndOfSession) stream->EndLine(line);
    }
    Settle(*stream, was_gapped, handler);
  }

  // Fills holes, and never makes a stream or says what comes next: a server is believed less than a line.
  void OnMoldAnswer(const PacketView& packet, const MoldPacket& mold, Handler& handler) {
    FeedStream* stream = nullptr;
    for (uint32_t i = 0; i < stream_count_ && stream == nullptr; ++i) {
      if (IsSession(streams_[i], mold.session)) stream = &streams_[i];
    }
    if (stream == nullptr || mold.status != MoldStatus::kData) {
      ++counters_.unasked_messages;
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
    stream.arbiter.OnAnswer(unit, session_time_ns_, sink);
    Settle(stream, was_gapped, handler);
  }

  // A datagram that is neither: bad where it came to a known line or bears a session's name or OPRA's marks, else somebody else's.
  void OnStrange(const PacketView& packet, const Frame& frame, bool named) {
    bool known = named;
    const uint64_t destination = DestinationOf(frame);
    for (uint32_t i = 0; i < stream_count_ && !known; ++i) known = destination != 0 && streams_[i].HasLine(destination);
    const bool marked = frame.size >= kOpraBlockHeaderBytes && frame.payload[0] == 6 && frame.payload[3] == 'O';
    if (known || marked) {
      Bad(packet.number, packet.file_offset, marked ? "OPRA block size differs from its datagram" : "malformed MoldUDP64 packet");
    } else {
      ++counters_.not_market_data;
    }
  }

  void DecodeMold(FeedStream& stream, const SequencedUnit& unit, uint64_t from, uint64_t end, Handler& handler) {
    EventHeader base;
    base.venue = stream.venue;
    base.line = unit.line;
    const uint64_t midnight_ns = stream.midnight_ns;
    ForEachMoldMessage(unit.bytes, unit.sequence, from, end, [&](const uint8_t* message, uint32_t size, uint64_t number) {
      base.feed_sequence = number;
      Count(DecodeItch(message, size, base, midnight_ns, handler), unit.packet_number, unit.file_offset);
    });
  }

  void Count(DecodeStatus status, uint64_t packet_number, uint64_t file_offset) {
    if (status == DecodeStatus::kOk) [[likely]] {
      ++counters_.messages;
    } else if (status == DecodeStatus::kUnknownType) {
      ++counters_.unknown_types;
    } else {
      Bad(packet_number, file_offset, Name(status));
    }
  }

  // ---- raw ITCH files ----

  void OnRawItch(const PacketView& packet, Handler& handler) {
    if (raw_ == nullptr) raw_ = NewStream(StreamKind::kRawItch, VenueName::From("ITCH"), packet.ts_recv_ns, handler);
    if (raw_ == nullptr) return;
    handler.OnStreamActivity(raw_->venue);
    uint64_t now_ns = packet.ts_recv_ns;
    if (now_ns == 0 && packet.size >= 11) now_ns = raw_->midnight_ns + LoadBe48(packet.data + 5);
    Advance(now_ns, handler);
    EventHeader base;
    base.venue = raw_->venue;
    base.feed_sequence = packet.number;
    Count(DecodeItch(packet.data, packet.size, base, raw_->midnight_ns, handler), packet.number, packet.file_offset);
  }

  // ---- OPRA ----

  // Retransmitted blocks come on groups of their own: they join the stream of their port, else the only one there is, and never make one.
  FeedStream* OpraStream(const Frame& frame, const OpraBlock& block, bool recovered, uint64_t now_ns, Handler& handler) {
    FeedStream* other = nullptr;
    uint32_t count = 0;
    for (uint32_t i = 0; i < stream_count_; ++i) {
      if (streams_[i].kind != StreamKind::kOpra) continue;
      if (streams_[i].port == frame.destination_port) return &streams_[i];
      other = &streams_[i];
      ++count;
    }
    if (block.retransmitted || recovered) {
      if (count == 1) return other;
      ++counters_.not_market_data;
      return nullptr;
    }
    FeedStream* stream = NewStream(StreamKind::kOpra, OpraName(count == 0, frame.destination_port), now_ns, handler);
    if (stream != nullptr) stream->port = frame.destination_port;
    return stream;
  }

  static VenueName OpraName(bool first, uint16_t port) {
    VenueName name = VenueName::From("OPRA");
    if (first) return name;
    char digits[5];
    uint32_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + port % 10);
      port = static_cast<uint16_t>(port / 10);
    } while (port != 0);
    name.chars[4] = ':';
    for (uint32_t i = 0; i < count; ++i) name.chars[5 + i] = digits[count - 1 - i];
    return name;
  }

  void OnOpra(const PacketView& packet, const Frame& frame, Handler& handler) {
    const OpraBlock block = ParseOpraBlock(frame.payload, frame.size);
    if (!block.good) {
      Bad(packet.number, packet.file_offset, block.problem);
      return;
    }
    if (packet.ts_recv_ns == 0) Advance(block.ts_ns, handler);
    const bool recovered = packet.recovered || block.retransmitted;
    FeedStream* stream = OpraStream(frame, block, recovered, packet.ts_recv_ns != 0 ? packet.ts_recv_ns : block.ts_ns, handler);
    if (stream == nullptr) return;
    handler.OnStreamActivity(stream->venue);
    const uint32_t line = recovered ? FeedStream::kOtherLine : stream->LineOf(DestinationOf(frame));
    const bool was_gapped = stream->arbiter.gapped();
    SequencedUnit unit = UnitOf(packet, line);
    unit.bytes = block.messages;
    unit.size = block.messages_bytes;
    unit.count = block.count;
    unit.ts_block_ns = block.ts_ns;
    if (recovered) {
      const bool numbered = block.control != 'N' && OpraNumbers::Unwrap(block.sequence, NextOpraNumber(*stream, block), &unit.sequence);
      if (numbered) Answer(*stream, unit, handler);
      return;
    }
    if (IsRestart(block)) {
      OnRestart(*stream, block, unit, line, handler);
    } else if (IsOfThisEpoch(*stream, line) && OpraNumbers::Unwrap(block.sequence, NextOpraNumber(*stream, block), &unit.sequence)) {
      OnNumberedBlock(*stream, block, unit, handler);
    } else if (block.control != 'N') {
      counters_.duplicates += block.count;
    }
    if (block.control == 'J') stream->EndLine(line);
    Settle(*stream, was_gapped, handler);
  }

  static uint64_t NextOpraNumber(const FeedStream& stream, const OpraBlock& block) {
    return stream.arbiter.started() ? stream.arbiter.expected() : block.sequence;  // a stream starts where we find it
  }

  // Line integrity repeats the last number used: it announces the next one, and counts at each arrival.
  void OnNumberedBlock(FeedStream& stream, const OpraBlock& block, const SequencedUnit& unit, Handler& handler) {
    Sink sink{this, &stream, &handler};
    if (block.control == 'N') {
      stream.arbiter.OnAnnounced(unit.sequence + 1, session_time_ns_, sink);
      DecodeOpraBlock(stream, unit, unit.sequence, unit.sequence + unit.count, handler);
    } else {
      stream.arbiter.OnUnit(unit, session_time_ns_, sink);
    }
  }

  // Reset sequence, and start of day where it takes number 0, start the numbers again.
  static bool IsRestart(const OpraBlock& block) { return block.control == 'K' || (block.control == 'C' && block.sequence == 0); }

  // The other line's copy of the last restart comes within the reorder window; any other restart is a new one.
  void OnRestart(FeedStream& stream, const OpraBlock& block, SequencedUnit& unit, uint32_t line, Handler& handler) {
    const bool copy = stream.epoch != 0 && line < FeedStream::kLines && stream.restart_said[line] != stream.epoch &&
                      stream.restart_number == block.sequence && WithinWindow(stream);
    if (copy || line >= FeedStream::kLines) {
      if (copy) stream.restart_said[line] = stream.line_epoch[line] = stream.epoch;
      counters_.duplicates += block.count;
      return;
    }
    stream.restart_said[line] = stream.line_epoch[line] = ++stream.epoch;
    stream.restart_number = block.sequence;
    stream.restarted_ns = session_time_ns_;
    if (stream.ended) --ended_count_;
    stream.ended = false;
    stream.ended_lines = 0;
    Sink sink{this, &stream, &handler};
    stream.arbiter.Restart(block.sequence, sink);
    unit.sequence = block.sequence;
    stream.arbiter.OnUnit(unit, session_time_ns_, sink);
  }

  bool WithinWindow(const FeedStream& stream) const { return session_time_ns_ - stream.restarted_ns <= config_.reorder_window_ns; }

  // A line that has not said the restart yet brings old numbers; after the window it must have lost it.
  bool IsOfThisEpoch(FeedStream& stream, uint32_t line) {
    if (line >= FeedStream::kLines || stream.line_epoch[line] == stream.epoch) return true;
    if (WithinWindow(stream)) return false;
    stream.line_epoch[line] = stream.epoch;
    return true;
  }

  void DecodeOpraBlock(FeedStream& stream, const SequencedUnit& unit, uint64_t from, uint64_t end, Handler& handler) {
    EventHeader base;
    base.venue = stream.venue;
    base.line = unit.line;
    base.ts_event_ns = unit.ts_block_ns;
    const auto skip = static_cast<uint32_t>(from - unit.sequence);
    const OpraWalk walk = ForEachOpraMessage(unit.bytes, unit.size, unit.count, skip, [&](const uint8_t* message, uint32_t index) {
      if (unit.sequence + index >= end) return;
      base.feed_sequence = unit.sequence + index;
      Count(DecodeOpra(message, base, handler), unit.packet_number, unit.file_offset);
    });
    if (walk.status == DecodeStatus::kOk) return;
    const uint64_t rest = unit.count - std::max(walk.walked, skip);  // what cannot be found behind a message of unknown length
    if (walk.status == DecodeStatus::kUnknownType) {
      counters_.unknown_types += rest;
    } else {
      Bad(unit.packet_number, unit.file_offset, Name(walk.status), std::max<uint64_t>(rest, 1));
    }
  }

  FeedConfig config_;
  RecoveryService recovery_;
  ReorderPool pool_;
  std::vector<FeedStream> streams_;  // kMaxVenues from the start, `stream_count_` in use
  uint32_t stream_count_ = 0, ended_count_ = 0;
  uint32_t last_mold_ = 0;  // most packets follow one of their own stream
  FeedStream* raw_ = nullptr;
  uint64_t session_time_ns_ = 0;
  uint64_t next_timer_ns_ = UINT64_MAX;
  FeedCounters counters_;
};

}  // namespace tickgraph
