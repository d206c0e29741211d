// Counts what the packets of a capture carry: ITCH 5.0 over MoldUDP64, SoupBinTCP or alone, OPRA, OUCH 5.0 over SoupBinTCP; IEX and CME.
//
// Flow: CaptureReader -> Add, a packet at a time -> the counts, printed by inspect_command. One thread; offline, so a copy of any age is
// known as one. Each number of a stream counts once; whichever copy comes first is the one that is decoded.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hot/packet.h"
#include "net/proto/frame.h"
#include "net/proto/itch.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra.h"
#include "net/proto/ouch.h"
#include "net/proto/soup.h"
#include "tools/inspect_iex_cme.h"
#include "tools/inspect_sequences.h"

namespace tickgraph {

enum class InspectProtocol : uint8_t { kItch, kOpra, kOuch };
inline constexpr size_t kInspectProtocols = 3;
inline constexpr const char* kInspectProtocolNames[kInspectProtocols] = {"itch", "opra", "ouch"};

// The first thing that was wrong: where, and what.
struct InspectProblem {
  uint64_t packet = 0;  // 1-based; a raw file's message
  uint64_t offset = 0;  // in the file as read
  const char* reason = "";
};

class CaptureInspector {
 public:
  // `midnight_ns`: the zero of ITCH times, 0 where no day is known.
  explicit CaptureInspector(uint64_t midnight_ns) : midnight_ns_(midnight_ns) {}
  CaptureInspector(const CaptureInspector&) = delete;
  CaptureInspector& operator=(const CaptureInspector&) = delete;

  // Takes both lines for one stream from now on.
  void Pair(const LinePair& pair) { iex_cme_.Pair(pair); }

  void Add(const PacketView& packet) {
    packet_ = packet;
    if (packet.layer == PacketLayer::kItchMessage) {
      known_ = true;
      Itch(packet.data, packet.size);
      return;
    }
    const Frame frame = ParseFrame(packet);
    switch (frame.status) {
      case FrameStatus::kUdp:
      case FrameStatus::kTcp:
        break;
      case FrameStatus::kOtherProtocol:
      case FrameStatus::kNotIp:
        return;
      default:
        BadPacket(Name(frame.status));
        return;
    }
    if (frame.size == 0) return;
    ++packets;
    if (packet.ts_recv_ns != 0) Stamp(packet.ts_recv_ns);
    const bool known = frame.status == FrameStatus::kUdp ? Udp(frame) : Tcp(frame);
    known_ |= known;
    if (!known) ++unknown_packets;
  }

  uint64_t packets = 0, unknown_packets = 0;
  uint64_t bad_packets = 0;       // cut by the capture, fragments, wrong lengths or checksums: their content is lost
  uint64_t bad_messages = 0;      // malformed messages, and datagrams whose framing is
  uint64_t unknown_messages = 0;  // of types that no specification names: counted, not bad
  uint64_t messages = 0, unnumbered_messages = 0;
  std::array<std::array<uint64_t, 256>, kInspectProtocols> by_type{};
  std::optional<InspectProblem> first_bad_message, first_bad_packet;
  std::optional<uint64_t> first_ts_ns, last_ts_ns;

  [[nodiscard]] bool known_protocol() const { return known_; }
  [[nodiscard]] const std::vector<StreamCounts>& streams() const { return streams_; }
  [[nodiscard]] uint64_t duplicates() const {
    uint64_t sum = 0;
    for (const StreamCounts& stream : streams_) sum += stream.duplicates;
    return sum;
  }

  // By type letter, and by template.
  [[nodiscard]] const std::map<uint8_t, uint64_t>& iex_types() const { return iex_cme_.iex_types; }
  [[nodiscard]] const std::map<uint16_t, uint64_t>& cme_templates() const { return iex_cme_.cme_templates; }

 private:
  friend class IexCmeInspector<CaptureInspector>;
  using FlowKey = std::tuple<uint32_t, uint32_t, uint16_t, uint16_t>;
  struct OpraPort {
    size_t stream = 0;
    std::optional<size_t> before;  // the stream that a reset ended: its other line's copies come late
    std::optional<uint32_t> reset;
    OpraNumbers numbers;
    std::optional<OpraNumbers> numbers_before;
  };
  // Takes the decoded event for its time alone.
  struct TimeOf {
    uint64_t ts_ns = 0;
    template <class Event>
    void On(const Event& event) {
      ts_ns = event.header.ts_event_ns;
    }
  };

  struct CheckOnly {
    template <class Message>
    void On(const Message&, ouch::AppendageView) {}
  };

  bool Udp(const Frame& frame) {
    if (LooksLikeOpra(frame.payload, frame.size)) {
      Opra(frame);
      return true;
    }
    if (frame.size < kMoldHeaderBytes || !IsMoldSession(frame.payload)) return iex_cme_.Udp(frame);
    const MoldPacket packet = ParseMoldPacket(frame.payload, frame.size);
    if (packet.status == MoldStatus::kBad) {
      if (iex_cme_.Udp(frame)) return true;
      BadMessage(frame.payload, "MoldUDP64 count and blocks disagree with the datagram's length");
      return streams_by_session_.contains(std::string(reinterpret_cast<const char*>(frame.payload), kMoldSessionBytes));
    }
    Mold(packet);
    return true;
  }

  void Mold(const MoldPacket& packet) {
    const std::string key(reinterpret_cast<const char*>(packet.session), kMoldSessionBytes);
    const auto [found, is_new] = streams_by_session_.try_emplace(key, streams_.size());
    if (is_new) NewStream("itch", std::string(MoldVenueName(packet.session).view()));
    StreamCounts& stream = streams_[found->second];
    ++stream.packets;
    if (packet.status != MoldStatus::kData) {
      ++(packet.status == MoldStatus::kHeartbeat ? stream.heartbeats : stream.ends);
      stream.Announce(packet.sequence);
      return;
    }
    stream.Take(packet.sequence, packet.count, &added_);
    for (const SequenceRange& range : added_) {
      ForEachMoldMessage(packet.blocks, packet.sequence, range.from, range.end,
                         [&](const uint8_t* message, uint32_t size, uint64_t) { Itch(message, size); });
    }
  }

  void Itch(const uint8_t* message, uint32_t size) {
    TimeOf time;
    const DecodeStatus status = DecodeItch(message, size, EventHeader{}, midnight_ns_, time);
    if (status == DecodeStatus::kBadLength || status == DecodeStatus::kBadValue) {
      BadMessage(message, Name(status));
      return;
    }
    if (status == DecodeStatus::kUnknownType) ++unknown_messages;
    Count(InspectProtocol::kItch, size == 0 ? 0 : message[0]);
    if (packet_.ts_recv_ns == 0 && status == DecodeStatus::kOk) Stamp(time.ts_ns);
  }

  void Opra(const Frame& frame) {
    const OpraBlock block = ParseOpraBlock(frame.payload, frame.size);
    if (!block.good) {
      BadMessage(frame.payload, block.problem);
      return;
    }
    const auto [found, is_new] = opra_ports_.try_emplace(frame.destination_port);
    OpraPort& port = found->second;
    if (is_new) port.stream = NewStream("opra", "port " + std::to_string(frame.destination_port));
    if (block.control == 'N') {
      StreamCounts& stream = streams_[port.stream];
      ++stream.packets;
      ++stream.heartbeats;
      stream.Announce(port.numbers.Extend(block.sequence) + 1);
      Count(InspectProtocol::kOpra, 'H');
      return;
    }
    if (block.control == 'K' && port.reset != block.sequence && !streams_[port.stream].seen.empty()) {
      port.before = port.stream;
      port.numbers_before = port.numbers;
      port.stream = NewStream("opra", "port " + std::to_string(frame.destination_port) + " after a reset");
      port.numbers = {};
    }
    if (block.control == 'K') port.reset = block.sequence;
    OpraMessages(block, &port);
  }

  void OpraMessages(const OpraBlock& block, OpraPort* port) {
    if (port->before.has_value()) {
      const uint64_t old_number = OpraNumbers(*port->numbers_before).Extend(block.sequence);
      StreamCounts& before = streams_[*port->before];
      const bool continues = streams_[port->stream].next == OpraNumbers(port->numbers).Extend(block.sequence);
      if (!continues && block.control != 'K' && before.seen.Holds(old_number, old_number + block.count)) {
        ++before.packets;
        before.duplicates += block.count;
        return;
      }
    }
    StreamCounts& stream = streams_[port->stream];
    ++stream.packets;
    if (block.control == 'J') ++stream.ends;
    const uint64_t number = port->numbers.Extend(block.sequence);
    stream.Take(number, block.count, &added_);
    if (added_.empty()) return;
    const auto is_new = [&](uint32_t index) {
      for (const SequenceRange& range : added_) {
        if (number + index >= range.from && number + index < range.end) return true;
      }
      return false;
    };
    EventHeader base;
    base.ts_event_ns = block.ts_ns;
    const OpraWalk walk =
        ForEachOpraMessage(block.messages, block.messages_bytes, block.count, 0, [&](const uint8_t* message, uint32_t index) {
          if (!is_new(index)) return;
          TimeOf time;
          const DecodeStatus status = DecodeOpra(message, base, time);
          if (status == DecodeStatus::kOk) {
            Count(InspectProtocol::kOpra, message[1]);
          } else {
            BadMessage(message, Name(status));
          }
        });
    // Behind a message of unknown length nothing of the block can be read.
    for (uint32_t index = walk.walked; index < block.count; ++index) {
      if (is_new(index)) BadMessage(block.messages, Name(walk.status));
    }
    if (walk.walked == block.count && walk.status != DecodeStatus::kOk) BadMessage(block.messages, "bytes are left over in an OPRA block");
    if (packet_.ts_recv_ns == 0) Stamp(block.ts_ns);
  }

  bool Tcp(const Frame& frame) {
    if (iex_cme_.Tcp(frame)) return true;
    const FlowKey key{frame.source, frame.destination, frame.source_port, frame.destination_port};
    const auto flow = flows_.find(key);
    const uint8_t* data = frame.payload;
    size_t size = frame.size;
    if (flow != flows_.end() && !flow->second.empty()) {
      // A packet that goes on in the next segment.
      joined_ = flow->second;
      joined_.insert(joined_.end(), data, data + size);
      data = joined_.data();
      size = joined_.size();
    }
    const soup::WalkResult walk =
        soup::Walk(data, size, [&](char type, const uint8_t* payload, size_t payload_size) { SoupPacket(type, payload, payload_size); });
    const bool partial = walk.status == soup::WalkStatus::kPartial;
    const bool fault = walk.status == soup::WalkStatus::kBadLength || walk.status == soup::WalkStatus::kUnknownType;
    if (flow == flows_.end() && walk.consumed == 0 && (fault || size < soup::kHeaderSize)) return false;
    flows_[key].assign(data + (partial ? walk.consumed : size), data + size);
    if (fault) BadMessage(frame.payload, "SoupBinTCP framing");
    return true;
  }

  void SoupPacket(char type, const uint8_t* payload, size_t size) {
    if (type != 'S' && type != 'U') return;
    CheckOnly ignore;
    ouch::DecodeStatus status = ouch::DecodeStatus::kUnknownType;
    if (type == 'U') status = ouch::Decode(ouch::InboundMessages{}, payload, size, ignore);
    // Servers of version 4 send unsequenced packets too.
    if (status != ouch::DecodeStatus::kOk) {
      const ouch::DecodeStatus outbound = ouch::Decode(ouch::OutboundMessages{}, payload, size, ignore);
      if (type == 'S' || outbound == ouch::DecodeStatus::kOk) status = outbound;
    }
    if (status == ouch::DecodeStatus::kOk) {
      ++unnumbered_messages;
      Count(InspectProtocol::kOuch, payload[0]);
    } else if (type == 'S' && size != 0 && kItchLengths[payload[0]] == size) {
      ++unnumbered_messages;
      Itch(payload, static_cast<uint32_t>(size));
    } else if (status == ouch::DecodeStatus::kUnknownType && size != 0) {
      ++unnumbered_messages;
      ++unknown_messages;
      Count(InspectProtocol::kOuch, payload[0]);
    } else {
      BadMessage(packet_.data, status == ouch::DecodeStatus::kBadAppendage ? "malformed OUCH appendage" : "wrong OUCH message length");
    }
  }

  size_t NewStream(const char* protocol, std::string name) {
    streams_.emplace_back();
    streams_.back().protocol = protocol;
    streams_.back().name = std::move(name);
    return streams_.size() - 1;
  }
  void Count(InspectProtocol protocol, uint8_t type) {
    ++messages;
    ++by_type[static_cast<size_t>(protocol)][type];
  }
  void BadMessage(const uint8_t* where, const char* reason) {
    ++bad_messages;
    // Of a message put together from several segments, the offset is that of the packet that completed it.
    const bool inside = where >= packet_.data && where <= packet_.data + packet_.size;
    const uint64_t offset = packet_.file_offset + (inside ? static_cast<uint64_t>(where - packet_.data) : 0);
    if (!first_bad_message.has_value()) first_bad_message = InspectProblem{packet_.number, offset, reason};
  }
  void BadPacket(const char* reason) {
    ++bad_packets;
    if (!first_bad_packet.has_value()) first_bad_packet = InspectProblem{packet_.number, packet_.file_offset, reason};
  }
  StreamCounts& stream(size_t index) { return streams_[index]; }
  // A time that the feed itself tells.
  void StampWhereNone(uint64_t ts_ns) {
    if (packet_.ts_recv_ns == 0) Stamp(ts_ns);
  }
  void Stamp(uint64_t ts_ns) {
    if (!first_ts_ns.has_value() || ts_ns < *first_ts_ns) first_ts_ns = ts_ns;
    if (!last_ts_ns.has_value() || ts_ns > *last_ts_ns) last_ts_ns = ts_ns;
  }

  uint64_t midnight_ns_;
  bool known_ = false;
  PacketView packet_;
  std::vector<StreamCounts> streams_;
  std::map<std::string, size_t> streams_by_session_;
  std::map<uint16_t, OpraPort> opra_ports_;
  std::map<FlowKey, std::vector<uint8_t>> flows_;
  std::vector<uint8_t> joined_;
  std::vector<SequenceRange> added_;
  IexCmeInspector<CaptureInspector> iex_cme_{this};
};

}  // namespace tickgraph
