// Requests in, packets out; see retransmit_server.h.
#include "replay/retransmit_server.h"

#include <algorithm>
#include <cstring>

#include "net/proto/feed_stream.h"
#include "net/proto/frame.h"
#include "net/proto/moldudp64.h"
#include "net/proto/opra.h"

namespace tickgraph {
namespace {

// Answers are sent to the asker alone: from the documentation's addresses (RFC 5737), which no feed uses.
constexpr uint32_t kServerAddress = 0xC0000201u, kAskerAddress = 0xC0000202u;
constexpr uint16_t kServerPort = 17'000;

}  // namespace

std::unique_ptr<RetransmitServer> RetransmitServer::Open(const std::string& path, const RetransmitServerConfig& config,
                                                         std::string* error) {
  auto index = RetransmitIndex::Build(path, error);
  if (index == nullptr) return nullptr;
  return std::make_unique<RetransmitServer>(std::move(index), config);
}

RetransmitServer::RetransmitServer(std::unique_ptr<RetransmitIndex> index, const RetransmitServerConfig& config)
    : index_(std::move(index)), config_(config), pending_(std::max(config.max_pending_requests, 1u)) {
  config_.max_payload_bytes = std::clamp(config_.max_payload_bytes, kMoldHeaderBytes, kMaxFrameBytes - kUdpFrameHeaderBytes);
}

RecoveryService RetransmitServer::service() {
  using Self = RetransmitServer*;
  return {this,
          [](void* self, uint64_t now_ns, const RecoveryRequest& request) { return static_cast<Self>(self)->Request(now_ns, request); },
          [](void* self) { return static_cast<Self>(self)->next_due_ns(); },
          [](void* self, uint64_t now_ns, PacketView* packet) { return static_cast<Self>(self)->Poll(now_ns, packet); }};
}

bool RetransmitServer::Request(uint64_t now_ns, const RecoveryRequest& request) {
  if (tail_ - head_ == pending_.size()) {
    ++counters_.refused;
    return false;
  }
  ++counters_.requests;
  Pending pending;
  if (!Resolve(now_ns, request, &pending)) {
    ++counters_.bad_requests;
  } else if (pending.epoch->FirstOf(pending.first, pending.end) == nullptr) {
    ++counters_.unanswered;
  } else {
    At(tail_++) = pending;
  }
  return true;
}

bool RetransmitServer::Resolve(uint64_t now_ns, const RecoveryRequest& request, Pending* out) const {
  out->due_ns = config_.latency_ns > UINT64_MAX - 1 - now_ns ? UINT64_MAX - 1 : now_ns + config_.latency_ns;
  if (request.is_options) return ResolveOpra(now_ns, request, out);
  MoldRequest wire;
  if (request.message == nullptr || !ParseMoldRequest(request.message, request.message_size, &wire)) return false;
  out->stream = index_->Mold(wire.session);
  if (out->stream == nullptr) return false;
  out->epoch = &out->stream->epochs.front();
  out->first = wire.first;
  out->end = wire.first + wire.count;
  return true;
}

// The numbers meant are those of the last start and the last roll that the asker can have seen.
bool RetransmitServer::ResolveOpra(uint64_t now_ns, const RecoveryRequest& request, Pending* out) const {
  out->stream = index_->Opra(request.port);
  if (out->stream == nullptr || out->stream->epochs.empty() || request.first > OpraNumbers::kCycle) return false;
  out->epoch = &out->stream->epochs.front();
  for (const RetransmitEpoch& epoch : out->stream->epochs) {
    if (epoch.start_ns <= now_ns) out->epoch = &epoch;
  }
  out->first = request.first;
  for (uint64_t cycle = out->epoch->last_end / OpraNumbers::kCycle; cycle != 0; --cycle) {
    const uint64_t number = cycle * OpraNumbers::kCycle + request.first;
    const RetransmitEntry* entry = out->epoch->FirstOf(number, number + 1);
    if (entry == nullptr || entry->ts_recv_ns > now_ns) continue;
    out->first += cycle * OpraNumbers::kCycle;
    break;
  }
  out->end = out->first + request.count;
  return true;
}

bool RetransmitServer::Poll(uint64_t now_ns, PacketView* packet) {
  while (next_due_ns() <= now_ns) {
    Pending& pending = At(head_);
    const Pending asked = pending;
    const uint32_t bytes = asked.stream->is_options ? RepublishOpra(pending) : AnswerMold(pending);
    if (pending.first >= pending.end) ++head_;
    if (bytes == 0) {
      ++counters_.unanswered;
      continue;
    }
    ++counters_.answers;
    *packet = ViewOf(bytes, asked);
    return true;
  }
  return false;
}

PacketView RetransmitServer::ViewOf(uint32_t payload_bytes, const Pending& pending) {
  PacketView view;
  view.data = frame_;
  const uint16_t port = pending.stream->is_options ? pending.stream->port : kServerPort;
  view.size = view.original_size = EncodeUdpFrame({kServerAddress, kAskerAddress, kServerPort, port}, payload_bytes, frame_);
  view.ts_recv_ns = pending.due_ns;
  view.recovered = true;
  return view;
}

// One datagram of what was asked for; the rest has to be asked for again. 0: not even one message fits.
uint32_t RetransmitServer::AnswerMold(Pending& pending) {
  MoldPacketBuilder builder(frame_ + kUdpFrameHeaderBytes, config_.max_payload_bytes);
  const RetransmitEntry* entry = pending.epoch->FirstOf(pending.first, pending.end);
  uint64_t number = std::max(pending.first, entry->from);
  builder.Begin({reinterpret_cast<const char*>(pending.stream->session.data()), kMoldSessionBytes}, number);
  for (bool room = true; room && entry != nullptr; entry = pending.epoch->FirstOf(number, std::min(number + 1, pending.end))) {
    const MoldPacket mold = ParseMoldPacket(index_->Payload(*entry), entry->size);
    const uint64_t entry_end = std::min(entry->end, pending.end);
    const bool unchanged = mold.status == MoldStatus::kData && mold.sequence == entry->base && mold.count >= entry->end - entry->base;
    if (!unchanged) break;  // somebody wrote to the file
    ForEachMoldMessage(mold.blocks, entry->base, number, entry_end, [&](const uint8_t* message, uint32_t size, uint64_t n) {
      room = room && builder.Add(message, size);
      if (room) number = n + 1;
    });
  }
  pending.first = pending.end;
  return builder.count() == 0 ? 0 : builder.Finish();
}

// One block; `pending` goes on behind it.
uint32_t RetransmitServer::RepublishOpra(Pending& pending) {
  const RetransmitEntry* entry = pending.epoch->FirstOf(pending.first, pending.end);
  pending.first = entry == nullptr ? pending.end : entry->end;
  if (entry == nullptr || entry->size > kMaxFrameBytes - kUdpFrameHeaderBytes) return 0;
  uint8_t* block = frame_ + kUdpFrameHeaderBytes;
  std::memcpy(block, index_->Payload(*entry), entry->size);
  if (!ParseOpraBlock(block, entry->size).good) return 0;  // somebody wrote to the file
  PutField<kOpraFraming, 'B', "Retransmission">(block, 'V');
  PutField<kOpraFraming, 'B', "Checksum">(block, OpraChecksum(block, entry->size));
  return entry->size;
}

}  // namespace tickgraph
