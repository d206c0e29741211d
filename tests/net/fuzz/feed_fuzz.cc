// libFuzzer target: any bytes as a row of packets into the feed handler. A packet is [u8 layer][u8 time step][u16 size][bytes]; with the
// layer's highest bit set the bytes are a part of a snapshot, in a frame of its own.
#include "net/proto/feed_handler.h"

namespace {

struct Handler {
  uint64_t events = 0, gaps = 0;
  bool one_each = true;  // of ITCH and OPRA a message is an event; others' may be several
  void On(const tickgraph::InstrumentListing&) {}
  template <class Event>
  void On(const Event&) {
    ++events;
  }
  void OnStream(tickgraph::VenueIndex, const tickgraph::VenueName&, tickgraph::FeedProtocol protocol, uint32_t) {
    one_each &= protocol == tickgraph::FeedProtocol::kItch || protocol == tickgraph::FeedProtocol::kOpra;
  }
  void OnStreamActivity(tickgraph::VenueIndex) {}
  void OnStreamState(tickgraph::VenueIndex, tickgraph::BookState) {}
  void OnGap(tickgraph::VenueIndex, uint64_t first, uint64_t last) {
    if (last < first) __builtin_trap();
    ++gaps;
  }
  void OnStreamEnd(tickgraph::VenueIndex) {}
  void OnMessageEnd(tickgraph::VenueIndex, uint64_t, uint64_t) {}
  void OnBookState(tickgraph::VenueIndex, uint32_t, tickgraph::BookState) {}
  void OnBookUpdating(tickgraph::VenueIndex, uint32_t, bool) {}
  void OnBookGap(tickgraph::VenueIndex, uint32_t, uint64_t, uint64_t) {}
  void OnSnapshotBegin(tickgraph::VenueIndex) { applying = true; }
  void OnSnapshotEnd(tickgraph::VenueIndex) {
    if (!applying) __builtin_trap();
  }
  bool applying = false;
};

// The frame of a part, in `room`; its size.
uint32_t FrameOfPart(const uint8_t* bytes, uint32_t size, uint8_t* room) {
  if (size != 0) std::memcpy(room + tickgraph::kUdpFrameHeaderBytes, bytes, size);
  return tickgraph::EncodeUdpFrame({tickgraph::kSnapshotSource, 1, 1, 1}, size, room);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tickgraph::FeedConfig config;
  config.verify_udp_checksum = false;
  config.reorder_slots = 8;
  config.reorder_slots_per_stream = 4;
  config.reorder_slot_bytes = 128;
  config.max_listed = 32;
  config.queued_updates = 32;
  const tickgraph::LobsterFile lobster;
  config.lobster = &lobster;
  tickgraph::FeedHandler<Handler> feed(config);
  Handler handler;
  if (size != 0 && (data[0] & 0x40) != 0) feed.SetSnapshots({nullptr, [](void*, const tickgraph::SnapshotRequest&) {}});
  uint8_t room[512 + tickgraph::kUdpFrameHeaderBytes];
  uint64_t now_ns = 1'700'000'000'000'000'000, number = 0;
  for (size_t at = 0; size - at >= 4;) {
    const size_t length = tickgraph::LoadBe16(data + at + 2) % 512;
    tickgraph::PacketView packet;
    constexpr uint8_t kLayers = static_cast<uint8_t>(tickgraph::PacketLayer::kLobsterRow) + 1;
    const bool part = (data[at] & 0x80) != 0;
    packet.layer = part ? tickgraph::PacketLayer::kEthernet : static_cast<tickgraph::PacketLayer>(data[at] % kLayers);
    now_ns += data[at + 1] * uint64_t{100'000};
    at += 4;
    packet.data = data + at;
    packet.size = packet.original_size = static_cast<uint32_t>(std::min(length, size - at));
    at += packet.size;
    if (part) {
      packet.size = packet.original_size = FrameOfPart(packet.data, packet.size, room);
      packet.data = room;
      packet.recovered = true;
    }
    packet.ts_recv_ns = now_ns;
    packet.number = ++number;
    feed.OnPacket(packet, handler);
  }
  feed.Finish(now_ns, handler);
  const uint64_t messages = feed.counters().messages + feed.counters().snapshot_messages;
  if (messages > handler.events || (handler.one_each && messages != handler.events)) __builtin_trap();
  if (feed.counters().gaps != handler.gaps || feed.next_timer_ns() != UINT64_MAX) __builtin_trap();
  return 0;
}
