// Answers requests for lost messages from a whole capture, some session time later.
//
// In the flow: the feed's requests -> here -> the loop polls packets and hands them to the feed like any other. A MoldUDP64 request is a
// real request packet, and its answer an ordinary downstream packet of as many whole messages as fit; OPRA is asked by numbers, and whole
// blocks are republished, marked retransmitted. What the capture does not hold is met with silence. Thread rule: the loop's thread.
// Invariants: nothing is allocated after Open; answers come in the order of the requests; a full queue refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hot/arena.h"
#include "hot/recovery.h"
#include "replay/retransmit_index.h"

namespace tickgraph {

struct RetransmitServerConfig {
  uint64_t latency_ns = 500'000;      // from a request to its answer, session time
  uint32_t max_payload_bytes = 1472;  // of an answer's datagram
  uint32_t max_pending_requests = 1 << 16;
};

struct RetransmitCounters {
  uint64_t requests = 0, refused = 0, bad_requests = 0, answers = 0, unanswered = 0;
};

class RetransmitServer {
 public:
  static constexpr uint32_t kMaxFrameBytes = 1514;

  // Null and `error` where the capture cannot be indexed; see RetransmitIndex::Build.
  static std::unique_ptr<RetransmitServer> Open(const std::string& path, const RetransmitServerConfig& config, std::string* error);
  RetransmitServer(std::unique_ptr<RetransmitIndex> index, const RetransmitServerConfig& config);

  [[nodiscard]] RecoveryService service();
  bool Request(uint64_t now_ns, const RecoveryRequest& request);
  [[nodiscard]] uint64_t next_due_ns() const { return head_ == tail_ ? UINT64_MAX : At(head_).due_ns; }
  // One answer that is due, or false.
  bool Poll(uint64_t now_ns, PacketView* packet);

  [[nodiscard]] const RetransmitCounters& counters() const { return counters_; }
  [[nodiscard]] const RetransmitIndex& index() const { return *index_; }

 private:
  // What is still to be answered of a request.
  struct Pending {
    uint64_t due_ns = 0, first = 0, end = 0;
    const RetransmitStream* stream = nullptr;
    const RetransmitEpoch* epoch = nullptr;
  };

  [[nodiscard]] Pending& At(uint64_t i) { return pending_[i % pending_.size()]; }
  [[nodiscard]] const Pending& At(uint64_t i) const { return pending_[i % pending_.size()]; }
  bool Resolve(uint64_t now_ns, const RecoveryRequest& request, Pending* out) const;
  bool ResolveOpra(uint64_t now_ns, const RecoveryRequest& request, Pending* out) const;
  uint32_t AnswerMold(Pending& pending);
  uint32_t RepublishOpra(Pending& pending);
  PacketView ViewOf(uint32_t payload_bytes, const Pending& pending);

  std::unique_ptr<RetransmitIndex> index_;
  RetransmitServerConfig config_;
  HugeArray<Pending> pending_;
  uint64_t head_ = 0, tail_ = 0;
  RetransmitCounters counters_;
  uint8_t frame_[kMaxFrameBytes] = {};
};

}  // namespace tickgraph
