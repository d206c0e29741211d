// CME MDP 3.0 in the feed handler: which packets belong to which stream, and what a loss or a restart does to its books.
//
// In the flow: FeedHandler -> here -> the stream's arbiter, by packet number -> CmeMarket -> handler.On(event). A stream is a destination,
// or two that the configuration pairs as lines A and B. Snapshot and definition channels are streams as well, whose numbers start again
// with every turn of their loop. One thread.
#pragma once

#include <charconv>

#include "net/proto/cme.h"
#include "net/proto/cme_market.h"
#include "net/proto/feed_core.h"

namespace tickgraph {

template <class Host, class Handler>
class CmeIntake {
 public:
  CmeIntake(Host& host, FeedCore& core) : host_(host), core_(core), market_(core) {}

  // False: not MDP 3.0.
  bool OnPacket(const PacketView& packet, const Frame& frame, Handler& handler) {
    const uint64_t destination = DestinationOf(frame), key = Canonical(destination);
    FeedStream* stream = Find(key);
    if (stream == nullptr && !cme::LooksLikePacket(frame.payload, frame.size)) return false;
    const cme::Packet parsed = cme::ParsePacket(frame.payload, frame.size);
    if (!parsed.good) {
      core_.Bad(packet.number, packet.file_offset, "CME message sizes disagree with the datagram's length");
      return true;
    }
    if (packet.ts_recv_ns == 0) host_.Advance(parsed.ts_send_ns, handler);
    if (stream == nullptr) stream = Make(key, packet.ts_recv_ns != 0 ? packet.ts_recv_ns : parsed.ts_send_ns, handler);
    if (stream == nullptr) return true;
    handler.OnStreamActivity(stream->venue);
    const bool was_gapped = stream->arbiter.gapped();
    const uint32_t line = stream->LineOf(destination);
    auto sink = host_.SinkOf(*stream, handler);
    switch (stream->Follow(line, parsed.sequence, 1, parsed.ts_send_ns)) {
      case FeedStream::Turn::kOld:
        ++core_.counters.duplicates;
        return true;
      case FeedStream::Turn::kRestart:
        stream->arbiter.Restart(parsed.sequence, sink);
        stream->lost_end = 0;
        market_.Restart(*stream, handler);
        break;
      case FeedStream::Turn::kGoesOn:
        break;
    }
    SequencedUnit unit = UnitOf(packet, line);
    unit.bytes = parsed.messages;
    unit.size = parsed.messages_bytes;
    unit.count = 1;
    unit.sequence = parsed.sequence;
    stream->arbiter.OnUnit(unit, core_.session_time_ns, sink);
    core_.Settle(*stream, was_gapped, handler);
    return true;
  }

  void Decode(FeedStream& stream, const SequencedUnit& unit, Handler& handler) {
    cme::Packet packet;
    packet.messages = unit.bytes;
    packet.messages_bytes = unit.size;
    cme::ForEachMessage(packet, [&](const cme::Message& message) {
      const DecodeStatus status = market_.OnMessage(stream, unit, message, handler);
      core_.Count(status, unit.packet_number, unit.file_offset);
    });
  }

  // Packets up to `last` were declared lost.
  void OnLoss(const FeedStream& stream, uint64_t last, Handler& handler) { market_.OnLoss(stream, last, handler); }

  [[nodiscard]] const cme::RecoveryQueue& queue() const { return market_.queue(); }

 private:
  [[nodiscard]] uint64_t Canonical(uint64_t destination) const {
    for (const LinePairKey& pair : core_.config.line_pairs) {
      if (pair.b == destination && pair.a != 0) return pair.a;
    }
    return destination;
  }

  FeedStream* Find(uint64_t key) {
    if (last_ < core_.stream_count && core_.streams[last_].kind == StreamKind::kCme && core_.streams[last_].key == key)
      return &core_.streams[last_];
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      if (core_.streams[i].kind != StreamKind::kCme || core_.streams[i].key != key) continue;
      last_ = i;
      return &core_.streams[i];
    }
    return nullptr;
  }

  FeedStream* Make(uint64_t key, uint64_t now_ns, Handler& handler) {
    FeedStream* stream = core_.NewStream(StreamKind::kCme, NameOf(key), now_ns, handler);
    if (stream != nullptr) stream->key = key;
    return stream;
  }

  // "CME:31.1:14310" of 224.0.31.1:14310. A group of another net, or one whose name would be longer than names are, has address and port
  // in hexadecimal, "CME:E900010137E6": no two destinations share a name, whichever comes first.
  static VenueName NameOf(uint64_t key) {
    constexpr uint64_t kOwnNet = 0xE000;
    char text[24] = "CME:";
    char* end = text + 3;
    const auto put = [&](char before, uint64_t number) {
      if (end < std::end(text)) *end++ = before;
      end = std::to_chars(end, std::end(text), number).ptr;
    };
    if (key >> 32 == kOwnNet) {
      put(':', key >> 24 & 255);
      put('.', key >> 16 & 255);
      put(':', key & 65535);
      if (end - text <= static_cast<ptrdiff_t>(sizeof(VenueName))) return VenueName::FromPadded(text, static_cast<size_t>(end - text));
    }
    for (int shift = 44, at = 4; shift >= 0; shift -= 4) text[at++] = "0123456789ABCDEF"[key >> shift & 15];
    return VenueName::FromPadded(text, sizeof(VenueName));
  }

  Host& host_;
  FeedCore& core_;
  CmeMarket<Handler> market_;
  uint32_t last_ = 0;
};

}  // namespace tickgraph
