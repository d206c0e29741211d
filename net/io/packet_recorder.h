// A PacketSource around another one that keeps every packet handed to the loop.
//
// In the flow: ports -> here -> the loop, and what was handed on -> packet_ring. A burst is copied at the Poll after it, when its bytes
// still live and the loop is done with it: recording delays no decision. Thread rule: the loop's thread. Invariant: what the ring got is a
// beginning of what the loop took, in its order, but for packets that found no room (counted by the ring).
#pragma once

#include "net/io/packet_ring.h"

namespace tickgraph {

class PacketRecorder {
 public:
  PacketRecorder(const PacketSource& inner, PacketRingWriter& ring) : inner_(inner), ring_(ring) {}

  PacketBurst Poll() {
    Keep(held_.count);
    held_ = inner_.Poll();
    return held_;
  }
  PacketSource source() {
    return {this, [](void* self) { return static_cast<PacketRecorder*>(self)->Poll(); }, inner_.has_end};
  }
  // The loop has ended after `played` packets in all; of the last burst it may have left some.
  void Finish(uint64_t played) {
    const uint64_t left = played > kept_ ? played - kept_ : 0;
    Keep(left < held_.count ? static_cast<uint32_t>(left) : held_.count);
    held_ = {};
    ring_.Close();
  }

 private:
  void Keep(uint32_t count) {
    if (count == 0) return;
    for (uint32_t i = 0; i < count; ++i) (void)ring_.Write(held_.packets[i]);
    kept_ += count;
    ring_.Publish();
  }

  const PacketSource inner_;
  PacketRingWriter& ring_;
  PacketBurst held_;
  uint64_t kept_ = 0;
};

}  // namespace tickgraph
