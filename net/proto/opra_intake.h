// OPRA in the feed handler: blocks of numbered messages, retransmissions, and numbers that start again.
//
// In the flow: FeedHandler -> here -> the stream's arbiter -> Decode -> handler.On(event). A stream is a UDP destination port. One thread.
#pragma once

#include "net/proto/feed_core.h"
#include "net/proto/opra.h"

namespace tickgraph {

template <class Host, class Handler>
class OpraIntake {
 public:
  OpraIntake(Host& host, FeedCore& core) : host_(host), core_(core) {}

  void OnPacket(const PacketView& packet, const Frame& frame, Handler& handler) {
    const OpraBlock block = ParseOpraBlock(frame.payload, frame.size);
    if (!block.good) {
      core_.Bad(packet.number, packet.file_offset, block.problem);
      return;
    }
    if (packet.ts_recv_ns == 0) host_.Advance(block.ts_ns, handler);
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
      if (numbered) host_.Answer(*stream, unit, handler);
      return;
    }
    if (IsRestart(block)) {
      OnRestart(*stream, block, unit, line, handler);
    } else if (IsOfThisEpoch(*stream, line) && OpraNumbers::Unwrap(block.sequence, NextOpraNumber(*stream, block), &unit.sequence)) {
      OnNumberedBlock(*stream, block, unit, handler);
    } else if (block.control != 'N') {
      core_.counters.duplicates += block.count;
    }
    if (block.control == 'J') stream->EndLine(line);
    core_.Settle(*stream, was_gapped, handler);
  }

  void Decode(FeedStream& stream, const SequencedUnit& unit, uint64_t from, uint64_t end, Handler& handler) {
    EventHeader base;
    base.venue = stream.venue;
    base.line = unit.line;
    base.ts_event_ns = unit.ts_block_ns;
    const auto skip = static_cast<uint32_t>(from - unit.sequence);
    const OpraWalk walk = ForEachOpraMessage(unit.bytes, unit.size, unit.count, skip, [&](const uint8_t* message, uint32_t index) {
      if (unit.sequence + index >= end) return;
      base.feed_sequence = unit.sequence + index;
      core_.Count(DecodeOpra(message, base, handler), unit.packet_number, unit.file_offset);
    });
    if (walk.status == DecodeStatus::kOk) return;
    const uint64_t rest = unit.count - std::max(walk.walked, skip);  // what cannot be found behind a message of unknown length
    if (walk.status == DecodeStatus::kUnknownType) {
      core_.counters.unknown_types += rest;
    } else {
      core_.Bad(unit.packet_number, unit.file_offset, Name(walk.status), std::max<uint64_t>(rest, 1));
    }
  }

 private:
  // Retransmitted blocks come on groups of their own: they join the stream of their port, else the only one there is, and never make one.
  FeedStream* OpraStream(const Frame& frame, const OpraBlock& block, bool recovered, uint64_t now_ns, Handler& handler) {
    FeedStream* other = nullptr;
    uint32_t count = 0;
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      if (core_.streams[i].kind != StreamKind::kOpra) continue;
      if (core_.streams[i].port == frame.destination_port) return &core_.streams[i];
      other = &core_.streams[i];
      ++count;
    }
    if (block.retransmitted || recovered) {
      if (count == 1) return other;
      ++core_.counters.not_market_data;
      return nullptr;
    }
    FeedStream* stream = core_.NewStream(StreamKind::kOpra, OpraName(count == 0, frame.destination_port), now_ns, handler);
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

  static uint64_t NextOpraNumber(const FeedStream& stream, const OpraBlock& block) {
    return stream.arbiter.started() ? stream.arbiter.expected() : block.sequence;  // a stream starts where we find it
  }

  // Line integrity repeats the last number used: it announces the next one, and counts at each arrival.
  void OnNumberedBlock(FeedStream& stream, const OpraBlock& block, const SequencedUnit& unit, Handler& handler) {
    auto sink = host_.SinkOf(stream, handler);
    if (block.control == 'N') {
      stream.arbiter.OnAnnounced(unit.sequence + 1, core_.session_time_ns, sink);
      Decode(stream, unit, unit.sequence, unit.sequence + unit.count, handler);
    } else {
      stream.arbiter.OnUnit(unit, core_.session_time_ns, sink);
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
      core_.counters.duplicates += block.count;
      return;
    }
    stream.restart_said[line] = stream.line_epoch[line] = ++stream.epoch;
    stream.restart_number = block.sequence;
    stream.restarted_ns = core_.session_time_ns;
    if (stream.ended) --core_.ended_count;
    stream.ended = false;
    stream.ended_lines = 0;
    auto sink = host_.SinkOf(stream, handler);
    stream.arbiter.Restart(block.sequence, sink);
    unit.sequence = block.sequence;
    stream.arbiter.OnUnit(unit, core_.session_time_ns, sink);
  }

  bool WithinWindow(const FeedStream& stream) const {
    return core_.session_time_ns - stream.restarted_ns <= core_.config.reorder_window_ns;
  }

  // A line that has not said the restart yet brings old numbers; after the window it must have lost it.
  bool IsOfThisEpoch(FeedStream& stream, uint32_t line) {
    if (line >= FeedStream::kLines || stream.line_epoch[line] == stream.epoch) return true;
    if (WithinWindow(stream)) return false;
    stream.line_epoch[line] = stream.epoch;
    return true;
  }

  Host& host_;
  FeedCore& core_;
};

}  // namespace tickgraph
