// A LOBSTER message file in the feed handler: rows as the loop's events.
//
// In the flow: FeedHandler -> here, a row at a time -> handler.On(event). A file is a stream of one instrument, and a row's number is its
// line's, from 1, a line of column names left out. Orders that stood before the file began are not known to the book, which counts them.
// One thread; nothing is allocated.
#pragma once

#include "net/proto/feed_core.h"
#include "net/proto/lobster.h"

namespace tickgraph {

template <class Handler>
class LobsterIntake {
 public:
  explicit LobsterIntake(FeedCore& core) : core_(core) {}

  void OnPacket(const PacketView& packet, Handler& handler) {
    if (core_.config.lobster == nullptr) return;
    const std::string_view line(reinterpret_cast<const char*>(packet.data), packet.size);
    if (packet.number == 1 && IsLobsterHeader(line)) {
      header_lines_ = 1;
      return;
    }
    if (stream_ == nullptr) Begin(packet.ts_recv_ns, handler);
    if (stream_ == nullptr) return;
    handler.OnStreamActivity(stream_->venue);
    LobsterRow row;
    const LobsterStatus status = packet.size < packet.original_size ? LobsterStatus::kTooLong : ParseLobsterRow(line, &row);
    if (status != LobsterStatus::kOk) return core_.Bad(packet.number, packet.file_offset, Name(status));
    EventHeader header;
    header.venue = stream_->venue;
    header.locate = kLocate;
    header.feed_sequence = packet.number - header_lines_;
    ++core_.counters.messages;
    EmitLobster(row, header, stream_->midnight_ns, core_.config.lobster->symbol, handler);
  }

 private:
  static constexpr uint32_t kLocate = 1;

  void Begin(uint64_t now_ns, Handler& handler) {
    stream_ = core_.NewStream(StreamKind::kLobster, VenueName::From("LOBSTER"), now_ns, handler);
    if (stream_ == nullptr) return;
    InstrumentListing listing;
    listing.header.venue = stream_->venue;
    listing.header.locate = kLocate;
    listing.name = listing.product = InstrumentName::From(core_.config.lobster->symbol.view());
    listing.key = HashText(listing.name.view());
    handler.On(listing);
  }

  FeedCore& core_;
  FeedStream* stream_ = nullptr;
  uint64_t header_lines_ = 0;
};

}  // namespace tickgraph
