// Counts IEX-TP segments (TOPS, DEEP) and CME MDP 3.0 packets for `inspect`.
//
// Flow: CaptureInspector -> here, a UDP payload or TCP segment at a time; streams, damage and stamps go back to it. One thread; offline.
// A stream may restart its numbers (a venue's restart, a snapshot loop): each run of numbers is a stream of its own in the counts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "net/proto/cme.h"
#include "net/proto/frame.h"
#include "net/proto/iex.h"
#include "tools/inspect_sequences.h"
#include "tools/line_pair.h"

namespace tickgraph {

// Host: NewStream, stream, Stamp, BadMessage as CaptureInspector has them.
template <class Host>
class IexCmeInspector {
 public:
  explicit IexCmeInspector(Host* host) : host_(host) {}

  void Pair(const LinePair& pair) { partner_[pair.second] = Partner(pair.first); }

  // Whether the payload was one of these protocols.
  bool Udp(const Frame& frame) { return Iex(frame) || Cme(frame); }

  // CME over TCP, which opens each packet with a mark; false where the flow is none.
  bool Tcp(const Frame& frame) {
    const FlowKey key{frame.source, frame.destination, frame.source_port, frame.destination_port};
    const auto found = flows_.find(key);
    if (found == flows_.end() && !(frame.size >= 2 && LoadLe<uint16_t>(frame.payload) == cme::kTcpEncoding)) return false;
    Flow& flow = found == flows_.end() ? flows_[key] : found->second;
    flow.bytes.insert(flow.bytes.end(), frame.payload, frame.payload + frame.size);
    const size_t used = TcpPackets(frame, &flow);
    flow.bytes.erase(flow.bytes.begin(), flow.bytes.begin() + static_cast<std::ptrdiff_t>(used));
    return true;
  }

  // Messages by IEX type letter, and by CME template.
  std::map<uint8_t, uint64_t> iex_types;
  std::map<uint16_t, uint64_t> cme_templates;

 private:
  using FlowKey = std::tuple<uint32_t, uint32_t, uint16_t, uint16_t>;
  // Numbers that may start again. A line starts again where its number falls back though its send time goes on; its partner line's first
  // fall leads to the same run.
  struct Line {
    uint64_t next = 0, ts_send_ns = 0;
    size_t run = 0;
  };
  struct Numbered {
    std::string name;
    std::vector<size_t> runs;  // indices of the host's streams
    std::map<FlowKey, Line> lines;
  };
  struct Flow {
    std::vector<uint8_t> bytes;  // of a packet that goes on in the next segment
    bool fresh = false;          // whether the packet at hand counts
    size_t stream = 0;
  };
  struct Ignore {
    template <class... Blocks>
    void On(const Blocks&...) {}
  };

  StreamCounts& StreamOf(Numbered* numbered, const char* protocol, const Frame& frame, uint64_t number, uint64_t count, uint64_t ts_ns) {
    const bool first = numbered->runs.empty();
    if (first) numbered->runs.push_back(host_->NewStream(protocol, numbered->name));
    const FlowKey key{frame.source, frame.destination, frame.source_port, frame.destination_port};
    const auto [found, is_new] = numbered->lines.try_emplace(key);
    Line& line = found->second;
    if (is_new) {
      line.run = numbered->runs.size() - 1;
    } else if (number < line.next && ts_ns > line.ts_send_ns) {
      if (line.run + 1 == numbered->runs.size()) {
        numbered->runs.push_back(host_->NewStream(protocol, numbered->name + " restart " + std::to_string(numbered->runs.size())));
      }
      line.run = numbered->runs.size() - 1;
      line.next = 0;
    }
    line.next = std::max(line.next, number + count);
    line.ts_send_ns = std::max(line.ts_send_ns, ts_ns);
    StreamCounts& stream = host_->stream(numbered->runs[line.run]);
    ++stream.packets;
    return stream;
  }

  bool Iex(const Frame& frame) {
    const iex::Segment segment = iex::ParseSegment(frame.payload, frame.size);
    if (segment.status == iex::SegmentStatus::kForeign) return false;
    const iex::SegmentHeader& header = segment.header;
    if (segment.status == iex::SegmentStatus::kBad) {
      host_->BadMessage(frame.payload, "IEX-TP count and messages disagree with the datagram's length");
      return true;
    }
    Numbered& numbered = iex_streams_[{header.protocol, header.channel, header.session}];
    if (numbered.name.empty()) {
      constexpr const char* kNames[] = {"TOPS 1.5", "TOPS 1.6", "DEEP 1.0"};
      numbered.name = std::string(kNames[header.protocol - iex::kTops15]) + " session " + std::to_string(header.session) +
                      (header.channel == 1 ? "" : " channel " + std::to_string(header.channel));
    }
    const auto first = static_cast<uint64_t>(header.first_sequence);
    StreamCounts& stream = StreamOf(&numbered, "iex", frame, first, header.count, header.ts_send_ns);
    host_->StampWhereNone(header.ts_send_ns);
    if (segment.status == iex::SegmentStatus::kHeartbeat) {
      ++stream.heartbeats;
      stream.Announce(first);
      return true;
    }
    stream.Take(first, header.count, &added_);
    size_t range = 0;
    iex::ForEachMessage(segment, [&](const uint8_t* message, uint32_t size, uint64_t number) {
      while (range < added_.size() && number >= added_[range].end) ++range;
      if (range < added_.size() && number >= added_[range].from) IexMessage(message, size);
    });
    return true;
  }

  void IexMessage(const uint8_t* message, uint32_t size) {
    Ignore ignore;
    const DecodeStatus status = iex::Decode(message, size, ignore);
    if (status == DecodeStatus::kBadLength || status == DecodeStatus::kBadValue) {
      host_->BadMessage(message, Name(status));
      return;
    }
    if (status == DecodeStatus::kUnknownType) ++host_->unknown_messages;
    ++host_->messages;
    ++iex_types[size == 0 ? 0 : message[0]];
  }

  bool Cme(const Frame& frame) {
    const UdpAddress line{frame.destination, frame.destination_port};
    const UdpAddress key = Partner(line);
    const auto known = cme_streams_.find(key);
    if (known == cme_streams_.end() && !cme::LooksLikePacket(frame.payload, frame.size)) return false;
    const cme::Packet packet = cme::ParsePacket(frame.payload, frame.size);
    Numbered& numbered = known == cme_streams_.end() ? cme_streams_[key] : known->second;
    if (numbered.name.empty()) numbered.name = ToText(key);
    if (!packet.good) {
      host_->BadMessage(frame.payload, "CME message sizes disagree with the datagram's length");
      return true;
    }
    const bool fresh = TakePacket(&StreamOf(&numbered, "cme", frame, packet.sequence, 1, packet.ts_send_ns), packet.sequence, packet.count);
    host_->StampWhereNone(packet.ts_send_ns);
    if (fresh) cme::ForEachMessage(packet, [&](const cme::Message& message) { CmeMessage(message); });
    return true;
  }

  // CME numbers packets; the counts are of the messages in them.
  bool TakePacket(StreamCounts* stream, uint32_t sequence, uint64_t count) {
    stream->Take(sequence, 1, &added_);
    const bool fresh = !added_.empty();
    uint64_t& counted = fresh ? stream->messages : stream->duplicates;
    counted += count - 1;
    return fresh;
  }

  void CmeMessage(const cme::Message& message) {
    Ignore ignore;
    const DecodeStatus status = cme::Decode(message, ignore);
    if (status == DecodeStatus::kBadLength || status == DecodeStatus::kBadValue) {
      host_->BadMessage(message.body, Name(status));
      return;
    }
    const bool skipped = message.schema_id == cme::kRequestSchema || cme::IsKnownTemplate(message.template_id);
    if (status == DecodeStatus::kUnknownType && !skipped) ++host_->unknown_messages;
    ++host_->messages;
    ++cme_templates[message.template_id];
  }

  // Takes the whole packets' headers and messages at the front of a flow; returns the bytes done with.
  size_t TcpPackets(const Frame& frame, Flow* flow) {
    size_t at = 0;
    const std::vector<uint8_t>& bytes = flow->bytes;
    while (bytes.size() - at >= 2) {
      const uint8_t* p = bytes.data() + at;
      const size_t left = bytes.size() - at;
      const uint32_t size = LoadLe<uint16_t>(p);
      if (size == cme::kTcpEncoding) {
        if (left < cme::kTcpHeaderBytes) break;
        TcpHeader(frame, flow, LoadLe<uint32_t>(p + 2), LoadLe<uint64_t>(p + 6));
        at += cme::kTcpHeaderBytes;
        continue;
      }
      if (size >= cme::kMessageHeaderBytes && left < size) break;
      cme::Message message;
      uint32_t message_bytes = 0;
      if (!cme::ParseMessage(p, static_cast<uint32_t>(left), &message, &message_bytes)) {
        host_->BadMessage(frame.payload, "CME message sizes in a TCP stream");
        return bytes.size();
      }
      StreamCounts& stream = host_->stream(flow->stream);
      ++(flow->fresh ? stream.messages : stream.duplicates);
      if (flow->fresh) CmeMessage(message);
      at += message_bytes;
    }
    return at;
  }

  void TcpHeader(const Frame& frame, Flow* flow, uint32_t sequence, uint64_t ts_send_ns) {
    const FlowKey key{frame.source, frame.destination, frame.source_port, frame.destination_port};
    Numbered& numbered = tcp_streams_[key];
    if (numbered.name.empty()) {
      numbered.name = "TCP " + ToText({frame.source, frame.source_port}) + " to " + ToText({frame.destination, frame.destination_port});
    }
    StreamCounts& stream = StreamOf(&numbered, "cme", frame, sequence, 1, ts_send_ns);
    flow->stream = static_cast<size_t>(&stream - &host_->stream(0));
    flow->fresh = TakePacket(&stream, sequence, 1);
    --(flow->fresh ? stream.messages : stream.duplicates);  // its messages are counted as they come
    host_->StampWhereNone(ts_send_ns);
  }

  [[nodiscard]] UdpAddress Partner(const UdpAddress& line) const {
    const auto found = partner_.find(line);
    return found == partner_.end() ? line : found->second;
  }

  Host* host_;
  std::map<UdpAddress, UdpAddress> partner_;  // line -> the line that stands for both
  std::map<std::tuple<uint16_t, uint32_t, uint32_t>, Numbered> iex_streams_;
  std::map<UdpAddress, Numbered> cme_streams_;
  std::map<FlowKey, Numbered> tcp_streams_;
  std::map<FlowKey, Flow> flows_;
  std::vector<SequenceRange> added_;
};

}  // namespace tickgraph
