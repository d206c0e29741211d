// Stamps every packet from outside the loop: how long it waited to be taken, and when its last row stood on the tape. For measuring; a loop
// without a probe pays nothing.
//
// In the flow: Player -> ProbedLoop -> TradingLoop. Thread rule: the loop's. Latencies count from the moment at which the packet was due,
// so a loop that is late is late for every packet behind it: nothing is left out. Memory is taken at construction.
#pragma once

#include <vector>

#include "hot/latency_histogram.h"
#include "hot/packet.h"
#include "hot/tsc.h"

namespace tickgraph {

class PacketProbe {
 public:
  // A slot of the timeline; the last one takes all that comes after.
  struct Slot {
    uint64_t max_ns = 0, packets = 0;
  };

  PacketProbe(uint64_t slot_ns, size_t slots) : slot_ns_(slot_ns), timeline_(slots) {}

  void Start(const TscScale& tsc) {
    tsc_ = &tsc;
    start_tsc_ = ReadTsc();
  }

  void Record(uint64_t due_tsc, uint64_t taken_tsc, uint64_t done_tsc) {
    const uint64_t latency_ns = Nanos(due_tsc, done_tsc);
    waited_.Record(Nanos(due_tsc, taken_tsc));
    done_.Record(latency_ns);
    const uint64_t at = Nanos(start_tsc_, due_tsc) / slot_ns_;
    Slot& slot = timeline_[at < timeline_.size() ? at : timeline_.size() - 1];
    ++slot.packets;
    if (latency_ns > slot.max_ns) slot.max_ns = latency_ns;
  }

  [[nodiscard]] const LatencyHistogram& waited() const { return waited_; }  // due until taken
  [[nodiscard]] const LatencyHistogram& done() const { return done_; }      // due until on the tape
  [[nodiscard]] uint64_t slot_ns() const { return slot_ns_; }
  [[nodiscard]] const std::vector<Slot>& timeline() const { return timeline_; }

 private:
  [[nodiscard]] uint64_t Nanos(uint64_t from, uint64_t to) const { return to > from ? tsc_->ToNanos(to - from) : 0; }

  const TscScale* tsc_ = nullptr;
  uint64_t start_tsc_ = 0, slot_ns_;
  LatencyHistogram waited_, done_;
  std::vector<Slot> timeline_;
};

// What a Player needs of a loop, with the probe around it.
template <class Loop>
class ProbedLoop {
 public:
  ProbedLoop(Loop& loop, PacketProbe& probe) : loop_(loop), probe_(probe) {}

  void OnPacket(const PacketView& packet, uint64_t due_tsc) {
    const uint64_t taken_tsc = ReadTsc();
    loop_.OnPacket(packet, due_tsc);
    probe_.Record(due_tsc, taken_tsc, ReadTsc());
  }

 private:
  Loop& loop_;
  PacketProbe& probe_;
};

}  // namespace tickgraph
