// The two ports of the soak: a ring in memory, and a DPDK ring port, each fed by one thread and polled by the hot one.
//
// Thread rule: Offer by the feeder alone, Poll by the hot thread alone. Invariants: no packet is dropped; a burst lives until the next
// Poll.
#pragma once

// DPDK 22.11 counts a volatile in a header, which C++20 deprecates.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvolatile"
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#pragma GCC diagnostic pop

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "hot/arena.h"
#include "hot/packet.h"
#include "net/io/dpdk_port.h"

namespace tickgraph {

class MemoryPort {
 public:
  bool Offer(const PacketView& packet) {
    const uint64_t at = written_.load(std::memory_order_relaxed);
    if (at - taken_.load(std::memory_order_acquire) >= kSlots - kBurst) return false;  // pairs with Poll: what it gave back is free
    Slot& slot = slots_[at & (kSlots - 1)];
    if (packet.size > sizeof(slot.bytes)) throw std::runtime_error("a packet of the session is larger than a slot");
    std::memcpy(slot.bytes, packet.data, packet.size);
    slot.view = packet;
    slot.view.data = slot.bytes;
    written_.store(at + 1, std::memory_order_release);
    return true;
  }

  PacketBurst Poll() {
    taken_.store(next_, std::memory_order_release);
    const uint64_t there = written_.load(std::memory_order_acquire) - next_;  // pairs with Offer
    const uint32_t count = there < kBurst ? static_cast<uint32_t>(there) : kBurst;
    for (uint32_t i = 0; i < count; ++i) burst_[i] = slots_[next_++ & (kSlots - 1)].view;
    return {burst_.data(), count, count == 0 ? SourceState::kIdle : SourceState::kMore};
  }

  PacketSource source() {
    return {this, [](void* self) { return static_cast<MemoryPort*>(self)->Poll(); }, true};
  }

 private:
  static constexpr uint64_t kSlots = 1024;
  static constexpr uint32_t kBurst = 32;
  struct Slot {
    PacketView view;
    uint8_t bytes[1600];
  };
  HugeArray<Slot> slots_{kSlots};
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> taken_{0};
  alignas(64) uint64_t next_ = 0;
  std::array<PacketView, kBurst> burst_{};
};

// `net_ring`: what is sent to the port comes back from it, as a mbuf through a lock-free ring.
class RingPort {
 public:
  RingPort() {
    static int count = 0;
    std::string error;
    const std::string number = std::to_string(count++);
    port_ = DpdkPort::Open({.device = "net_ring" + number}, &error);
    if (port_ == nullptr) throw std::runtime_error(error);
    pool_ = rte_pktmbuf_pool_create(("soak_feed_" + number).c_str(), 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool_ == nullptr) throw std::runtime_error("no memory for the feeder's packets");
  }
  RingPort(const RingPort&) = delete;
  RingPort& operator=(const RingPort&) = delete;
  ~RingPort() {
    port_.reset();
    rte_mempool_free(pool_);
  }

  bool Offer(const PacketView& packet) {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(pool_);
    if (mbuf == nullptr) return false;
    char* room = rte_pktmbuf_append(mbuf, static_cast<uint16_t>(packet.size));
    if (room == nullptr) throw std::runtime_error("a packet of the session is larger than a mbuf");
    std::memcpy(room, packet.data, packet.size);
    if (rte_eth_tx_burst(port_->port_id(), 0, &mbuf, 1) == 1) return true;
    rte_pktmbuf_free(mbuf);
    return false;
  }

  PacketSource source() { return port_->source(); }

 private:
  std::unique_ptr<DpdkPort> port_;
  rte_mempool* pool_ = nullptr;
};

}  // namespace tickgraph
