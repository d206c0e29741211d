#include "replay/wire.h"

#include <array>
#include <cstring>

#include "hot/tsc.h"
#include "net/proto/frame.h"

namespace tickgraph {
namespace {

constexpr size_t kLargestFrame = 65'536;

}  // namespace

WireRoute& UdpWire::RouteOf(const UdpAddress& from) {
  if (last_route_ < routes_.size() && routes_[last_route_].from == from) return routes_[last_route_];
  for (last_route_ = 0; last_route_ < routes_.size(); ++last_route_) {
    if (routes_[last_route_].from == from) return routes_[last_route_];
  }
  const UdpAddress to = targets_.empty() ? from : last_route_ < targets_.size() ? targets_[last_route_] : targets_.back();
  return routes_.emplace_back(WireRoute{from, to, 0});
}

bool UdpWire::Send(const PacketView* packets, uint32_t count, std::string* error) {
  static_assert(kWireBurst <= UdpSender::kBurstSize);
  std::array<UdpDatagram, kWireBurst> datagrams;
  uint32_t filled = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (packets[i].recovered) {
      ++counters_.answers;
      continue;
    }
    const tickgraph::Frame frame = ParseFrame(packets[i], false);
    if (frame.status != FrameStatus::kUdp || frame.destination == 0) {
      ++(frame.status == FrameStatus::kSnapped ? counters_.cut_packets : counters_.other_packets);
      continue;
    }
    WireRoute& route = RouteOf({frame.destination, frame.destination_port});
    ++route.packets;
    datagrams[filled++] = {frame.payload, frame.size, route.to};
    counters_.sent_bytes += frame.size;
  }
  if (!sender_->Send(datagrams.data(), filled, error)) return false;
  counters_.sent_packets += filled;
  return true;
}

DpdkWire::DpdkWire(std::unique_ptr<DpdkPort> port) : port_(std::move(port)), rebuilt_(kWireBurst * kLargestFrame) {}

bool DpdkWire::Send(const PacketView* packets, uint32_t count, std::string* error) {
  constexpr uint64_t kPatienceNanos = 1'000'000'000;
  static_assert(kWireBurst <= DpdkPort::kBurstSize);
  std::array<PacketView, kWireBurst> frames;
  uint32_t filled = 0;
  rebuilt_used_ = 0;
  for (uint32_t i = 0; i < count; ++i) filled += Frame(packets[i], &frames[filled]);
  const uint64_t unsendable = port_->stats().unsendable_packets;
  uint64_t waiting_since_ns = 0;
  for (uint32_t done = 0; done < filled;) {
    const uint32_t taken = port_->Send(frames.data() + done, filled - done);
    done += taken;
    if (taken != 0) {
      waiting_since_ns = 0;
      continue;
    }
    const uint64_t now_ns = MonotonicNanos();
    if (waiting_since_ns == 0) waiting_since_ns = now_ns;
    if (now_ns - waiting_since_ns > kPatienceNanos) {
      *error = "the port takes no more packets";
      return false;
    }
  }
  const uint64_t left_out = port_->stats().unsendable_packets - unsendable;
  counters_.other_packets += left_out;
  counters_.sent_packets += filled - left_out;
  return true;
}

// The Ethernet frame to send for a packet, which is rebuilt where it was captured below another link layer. False: there is none.
bool DpdkWire::Frame(const PacketView& packet, PacketView* out) {
  if (packet.recovered) {
    ++counters_.answers;
    return false;
  }
  if (packet.size < packet.original_size) {
    ++counters_.cut_packets;
    return false;
  }
  *out = packet;
  if (packet.layer != PacketLayer::kEthernet) {
    const tickgraph::Frame frame = ParseFrame(packet, false);
    if (frame.status != FrameStatus::kUdp || frame.destination == 0) {
      ++counters_.other_packets;
      return false;
    }
    uint8_t* const room = rebuilt_.data() + rebuilt_used_;
    rebuilt_used_ += kLargestFrame;
    std::memcpy(room + kUdpFrameHeaderBytes, frame.payload, frame.size);
    const FrameAddress address{frame.source, frame.destination, frame.source_port, frame.destination_port};
    out->data = room;
    out->size = out->original_size = EncodeUdpFrame(address, frame.size, room);
  }
  counters_.sent_bytes += out->size;
  return true;
}

}  // namespace tickgraph
