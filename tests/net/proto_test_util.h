// What the protocol tests share: where the captures are, a reader of classic little-endian pcap, a handler that keeps what it is told,
// and packets built in memory.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "hot/packet.h"
#include "net/proto/feed_handler.h"

namespace tickgraph {

using Bytes = std::vector<uint8_t>;

inline std::string DataPath(const std::string& name) {
  const char* directory = std::getenv("TICKGRAPH_DATA");
  return (directory != nullptr ? std::string(directory) : std::string(TICKGRAPH_SOURCE_DIR) + "/../shared/data") + "/" + name;
}

// Empty where the file is absent.
inline Bytes ReadFileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct TestPacket {
  Bytes bytes;
  uint64_t ts_recv_ns = 0;
};

inline std::vector<TestPacket> ReadClassicPcap(const std::string& path) {
  const Bytes file = ReadFileBytes(path);
  std::vector<TestPacket> out;
  if (file.size() < 24) return out;
  const uint64_t unit = LoadBe32(file.data()) == 0xD4C3B2A1 ? 1000 : 1;
  for (size_t at = 24; at + 16 <= file.size();) {
    const auto seconds = LoadLe<uint32_t>(&file[at]), part = LoadLe<uint32_t>(&file[at + 4]), size = LoadLe<uint32_t>(&file[at + 8]);
    at += 16;
    out.push_back({Bytes(&file[at], &file[at] + size), seconds * uint64_t{1'000'000'000} + part * unit});
    at += size;
  }
  return out;
}

inline PacketView ViewOf(const TestPacket& packet, uint64_t number) {
  PacketView view;
  view.data = packet.bytes.data();
  view.size = view.original_size = static_cast<uint32_t>(packet.bytes.size());
  view.ts_recv_ns = packet.ts_recv_ns;
  view.number = number;
  return view;
}

inline TestPacket UdpPacket(const Bytes& payload, uint32_t destination, uint16_t port, uint64_t ts_recv_ns) {
  TestPacket out{Bytes(kUdpFrameHeaderBytes + payload.size()), ts_recv_ns};
  std::copy(payload.begin(), payload.end(), out.bytes.begin() + kUdpFrameHeaderBytes);
  EncodeUdpFrame({0x0A000001, destination, 40000, port}, static_cast<uint32_t>(payload.size()), out.bytes.data());
  return out;
}

// Keeps type, number and kind of every call.
struct RecordingHandler {
  struct Seen {
    VenueIndex venue;
    char type;
    uint64_t number;
    Line line;
  };
  std::vector<Seen> events;
  std::vector<std::tuple<VenueIndex, uint64_t, uint64_t>> gaps;
  std::vector<std::pair<VenueIndex, BookState>> states;
  std::vector<VenueIndex> ends;
  uint64_t activities = 0;
  std::vector<std::pair<std::string, uint32_t>> streams;
  std::vector<bool> options;

  template <class Event>
  void On(const Event& event) {
    events.push_back({event.header.venue, event.header.type, event.header.feed_sequence, event.header.line});
  }
  void OnStream(VenueIndex, const VenueName& name, FeedProtocol protocol, uint32_t date) {
    streams.emplace_back(name.view(), date);
    options.push_back(protocol == FeedProtocol::kOpra);
  }
  void OnStreamActivity(VenueIndex) { ++activities; }
  void OnStreamState(VenueIndex venue, BookState state) { states.emplace_back(venue, state); }
  void OnGap(VenueIndex venue, uint64_t first, uint64_t last) { gaps.emplace_back(venue, first, last); }
  void OnStreamEnd(VenueIndex venue) { ends.push_back(venue); }
  void OnMessageEnd(VenueIndex, uint64_t, uint64_t) {}
  void OnBookState(VenueIndex, uint32_t, BookState) {}
  void OnBookUpdating(VenueIndex, uint32_t, bool) {}
  void OnBookGap(VenueIndex, uint32_t, uint64_t, uint64_t) {}

  [[nodiscard]] std::vector<uint64_t> Numbers(VenueIndex venue = 0) const {
    std::vector<uint64_t> out;
    for (const Seen& seen : events) {
      if (seen.venue == venue) out.push_back(seen.number);
    }
    return out;
  }
};

// A handler for one kind of event, copied out; other kinds are counted.
template <class Wanted>
struct KeepOne {
  Wanted last{};
  int calls = 0, others = 0;
  void On(const Wanted& event) {
    last = event;
    ++calls;
  }
  template <class Event>
  void On(const Event&) {
    ++others;
  }
};

}  // namespace tickgraph
