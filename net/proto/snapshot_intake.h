// Snapshots of ITCH books in the feed handler: asked for by a stream's arbiter, applied part by part.
//
// In the flow: the arbiter finds a hole that requests cannot close -> RequestSnapshot -> SnapshotService; recovered packets with parts ->
// here -> handler.On(event), between handler.OnSnapshotBegin(venue), which empties the venue's books, and OnSnapshotEnd(venue). Live
// messages wait in the arbiter meanwhile. One thread. Invariants: parts of any request but the stream's last are passed over; parts come in
// the order of their numbers, or the snapshot has failed; its messages have feed_sequence 0, since the stream did not number them.
#pragma once

#include "hot/recovery.h"
#include "net/proto/feed_core.h"
#include "net/proto/itch.h"
#include "net/proto/snapshot_part.h"

namespace tickgraph {

template <class Host, class Handler>
class SnapshotIntake {
 public:
  SnapshotIntake(Host& host, FeedCore& core) : host_(host), core_(core) {}

  void SetService(const SnapshotService& service) { service_ = service; }

  // A new MoldUDP64 stream: it is whole from its first message, or from a snapshot on.
  void Welcome(FeedStream& stream) const {
    const RecoveryLimits& limits = core_.config.recovery;
    if (service_.there()) stream.arbiter.SetSnapshots(uint64_t{limits.messages_per_mold_request} * limits.requests_at_once);
  }

  void Request(FeedStream& stream, uint64_t first) {
    stream.snapshot_part = 0;
    ++core_.counters.snapshot_requests;
    service_.request(service_.self, {stream.venue, ++stream.snapshot_request, first, stream.session.data()});
  }

  void OnPacket(const PacketView& packet, const Frame& frame, Handler& handler) {
    SnapshotPart part;
    if (!ParseSnapshotPart(frame.payload, frame.size, &part))
      return core_.Bad(packet.number, packet.file_offset, "malformed snapshot part");
    FeedStream* const stream = StreamOf(part.session);
    if (stream == nullptr || part.request != stream->snapshot_request || !stream->arbiter.awaits_snapshot()) {
      ++core_.counters.unasked_messages;
      return;
    }
    auto sink = host_.SinkOf(*stream, handler);
    if (part.number != stream->snapshot_part++ || !Take(packet, part, *stream, handler)) stream->arbiter.FailSnapshot(sink);
    core_.Settle(*stream, true, handler);
  }

 private:
  FeedStream* StreamOf(const uint8_t* session) {
    for (uint32_t i = 0; i < core_.stream_count; ++i) {
      FeedStream& stream = core_.streams[i];
      if (stream.kind == StreamKind::kMold && std::memcmp(stream.session.data(), session, kMoldSessionBytes) == 0) return &stream;
    }
    return nullptr;
  }

  // False: the snapshot is of no use.
  bool Take(const PacketView& packet, const SnapshotPart& part, FeedStream& stream, Handler& handler) {
    auto sink = host_.SinkOf(stream, handler);
    switch (part.kind) {
      case SnapshotPartKind::kBegin:
        if (part.number != 0 || !stream.arbiter.BeginSnapshot(part.next, sink)) return false;
        if constexpr (requires { handler.OnSnapshotBegin(stream.venue); }) handler.OnSnapshotBegin(stream.venue);
        return true;
      case SnapshotPartKind::kMessages:
        if (part.number == 0) return false;
        Decode(packet, part, stream, handler);
        return true;
      case SnapshotPartKind::kEnd:
        if (part.number == 0) return false;
        if constexpr (requires { handler.OnSnapshotEnd(stream.venue); }) handler.OnSnapshotEnd(stream.venue);
        stream.arbiter.EndSnapshot(core_.session_time_ns, sink);
        return true;
      case SnapshotPartKind::kFailed:
        break;
    }
    return false;
  }

  void Decode(const PacketView& packet, const SnapshotPart& part, const FeedStream& stream, Handler& handler) {
    EventHeader base;
    base.venue = stream.venue;
    ForEachMoldMessage(part.blocks, 0, 0, part.count, [&](const uint8_t* message, uint32_t size, uint64_t) {
      const DecodeStatus status = DecodeItch(message, size, base, stream.midnight_ns, handler);
      status == DecodeStatus::kOk ? void(++core_.counters.snapshot_messages) : core_.Count(status, packet.number, packet.file_offset);
    });
  }

  Host& host_;
  FeedCore& core_;
  SnapshotService service_;
};

}  // namespace tickgraph
