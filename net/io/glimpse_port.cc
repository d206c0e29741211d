#include "net/io/glimpse_port.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>

#include "net/proto/frame.h"

namespace tickgraph {
namespace {

// Parts are told to come from kSnapshotSource, to nobody in particular (RFC 5737).
constexpr FrameAddress kAddress = {kSnapshotSource, 0xC0000202u, 17'001, 17'001};
constexpr size_t kPartBytes = 1472;  // of a part's datagram

uint64_t WallClockNanos() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

GlimpsePort::GlimpsePort(std::vector<GlimpseServerConfig> servers, Tell tell)
    : servers_(std::move(servers)), tell_(tell), room_(size_t{kSlots} * kSlotBytes), thread_([this] { Run(); }) {}

GlimpsePort::~GlimpsePort() {
  stop_.store(true, std::memory_order_relaxed);
  thread_.join();
}

void GlimpsePort::Request(const SnapshotRequest& request) {
  Wanted& wanted = wanted_[request.venue];
  ++loop_stats_.requests;
  uint64_t head = 0;
  uint16_t tail = 0;
  std::memcpy(&head, request.session, sizeof(head));
  std::memcpy(&tail, request.session + sizeof(head), sizeof(tail));
  wanted.number.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  wanted.first.store(request.first, std::memory_order_relaxed);
  wanted.session_head.store(head, std::memory_order_relaxed);
  wanted.session_tail.store(tail, std::memory_order_relaxed);
  wanted.number.store(request.number, std::memory_order_release);  // pairs with Take
}

PacketBurst GlimpsePort::Poll() {
  read_.store(handed_out_, std::memory_order_release);  // pairs with SendPart
  const uint64_t there = written_.load(std::memory_order_acquire) - handed_out_;
  const auto count = static_cast<uint32_t>(std::min<uint64_t>(there, kBurstSize));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t slot = handed_out_++ % kSlots;
    PacketView& packet = packets_[i];
    packet = {};
    packet.data = room_.data() + slot * kSlotBytes;
    packet.size = packet.original_size = sizes_[slot];
    packet.ts_recv_ns = stamps_[slot];
    packet.recovered = true;
    packet.number = ++loop_stats_.packets;
    loop_stats_.bytes += packet.size;
  }
  return {packets_.data(), count, count != 0 ? SourceState::kMore : SourceState::kIdle};
}

GlimpsePortStats GlimpsePort::stats() const {
  GlimpsePortStats out = loop_stats_;
  out.attempts = attempts_.load(std::memory_order_relaxed);
  out.snapshots = snapshots_.load(std::memory_order_relaxed);
  out.failures = failures_.load(std::memory_order_relaxed);
  return out;
}

std::string GlimpsePort::name() const {
  std::string out = "glimpse";
  for (const GlimpseServerConfig& server : servers_) out.append(" ").append(ToText(server.address));
  return out;
}

void GlimpsePort::Run() {
  std::array<uint32_t, kMaxVenues> done{};
  while (!stop_.load(std::memory_order_relaxed)) {
    bool any = false;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      Taken taken;
      if (!Take(wanted_[i], done[i], &taken)) continue;
      done[i] = taken.number;
      any = true;
      Serve(taken);
    }
    if (!any) Sleep(2);
  }
}

// False where there is nothing new, or the loop is writing it.
bool GlimpsePort::Take(Wanted& wanted, uint32_t done, Taken* out) const {
  out->number = wanted.number.load(std::memory_order_acquire);
  if (out->number == 0 || out->number == done) return false;
  out->first = wanted.first.load(std::memory_order_relaxed);
  const uint64_t head = wanted.session_head.load(std::memory_order_relaxed);
  const auto tail = static_cast<uint16_t>(wanted.session_tail.load(std::memory_order_relaxed));
  std::memcpy(out->session.data(), &head, sizeof(head));
  std::memcpy(out->session.data() + sizeof(head), &tail, sizeof(tail));
  std::atomic_thread_fence(std::memory_order_acquire);
  return wanted.number.load(std::memory_order_relaxed) == out->number;
}

const GlimpseServerConfig* GlimpsePort::ServerOf(std::string_view session) const {
  const GlimpseServerConfig* any = nullptr;
  for (const GlimpseServerConfig& server : servers_) {
    if (server.session == session) return &server;
    if (server.session.empty() && any == nullptr) any = &server;
  }
  return any;
}

void GlimpsePort::Serve(const Taken& taken) {
  const std::string session(MoldVenueName(taken.session.data()).view());
  const GlimpseServerConfig* const server = ServerOf(session);
  Spin spin;
  std::string why = "no server is configured for it";
  bool whole = false;
  for (uint32_t attempt = 1; server != nullptr && !whole && attempt <= server->attempts; ++attempt) {
    if (attempt != 1) Sleep(server->retry_ms);
    if (stop_.load(std::memory_order_relaxed)) return;
    attempts_.fetch_add(1, std::memory_order_relaxed);
    whole = FetchSnapshot(*server, session, taken.first, stop_, &spin, &why);
    if (stop_.load(std::memory_order_relaxed)) return;
    if (!whole)
      tell_("glimpse " + ToText(server->address) + ", session " + session + ", attempt " + std::to_string(attempt) + " of " +
            std::to_string(server->attempts) + ": " + why);
  }
  if (whole) {
    snapshots_.fetch_add(1, std::memory_order_relaxed);
    Send(taken, spin);
    return;
  }
  failures_.fetch_add(1, std::memory_order_relaxed);
  tell_("session " + session + ": no snapshot (" + why + "); its books are not live");
  SnapshotPart failed{SnapshotPartKind::kFailed, 0, taken.number, 0, 0, taken.session.data(), nullptr};
  SendPart(failed, nullptr, 0);
}

void GlimpsePort::Send(const Taken& taken, const Spin& spin) {
  SnapshotPart part{SnapshotPartKind::kBegin, 0, taken.number, 0, spin.next, taken.session.data(), nullptr};
  SendPart(part, nullptr, 0);
  part.kind = SnapshotPartKind::kMessages;
  size_t from = 0;
  for (size_t at = 0; at <= spin.blocks.size();) {
    const bool end = at == spin.blocks.size();
    const size_t block = end ? 0 : 2u + LoadBe16(spin.blocks.data() + at);
    if (part.count != 0 && (end || at + block - from > kPartBytes - kSnapshotPartHeaderBytes)) {
      ++part.number;
      SendPart(part, spin.blocks.data() + from, at - from);
      part.count = 0;
      from = at;
    }
    if (end) break;
    ++part.count;
    at += block;
  }
  part.kind = SnapshotPartKind::kEnd;
  part.count = 0;
  ++part.number;
  SendPart(part, nullptr, 0);
}

// Waits for room: the loop takes what there is at every round.
void GlimpsePort::SendPart(const SnapshotPart& part, const uint8_t* blocks, size_t size) {
  const uint64_t at = written_.load(std::memory_order_relaxed);
  while (at - read_.load(std::memory_order_acquire) >= kSlots) {
    if (stop_.load(std::memory_order_relaxed)) return;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  const uint64_t slot = at % kSlots;
  uint8_t* const frame = room_.data() + slot * kSlotBytes;
  EncodeSnapshotPart(part, frame + kUdpFrameHeaderBytes);
  if (size != 0) std::memcpy(frame + kUdpFrameHeaderBytes + kSnapshotPartHeaderBytes, blocks, size);
  sizes_[slot] = EncodeUdpFrame(kAddress, kSnapshotPartHeaderBytes + static_cast<uint32_t>(size), frame);
  stamps_[slot] = WallClockNanos();
  written_.store(at + 1, std::memory_order_release);  // pairs with Poll
}

void GlimpsePort::Sleep(uint64_t ms) const {
  for (; ms != 0 && !stop_.load(std::memory_order_relaxed); ms -= std::min<uint64_t>(ms, 20))
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min<uint64_t>(ms, 20)));
}

}  // namespace tickgraph
