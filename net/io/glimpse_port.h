// Snapshots for the loop: its requests go to a thread of its own that asks GLIMPSE servers, and what comes of them is a PacketSource.
//
// In the flow: SnapshotIntake -> Request -> the port's thread -> glimpse_fetch -> parts (net/proto/snapshot_part.h) in a ring of fixed size
// -> Poll -> the loop, and the recorder beside it. Thread rule: Open and destruction outside the loop; Request and Poll by the loop's
// thread, which make no system call, never wait and allocate nothing; everything else by the port's own thread. Invariants: packets of a
// burst live until the next Poll; every request that no newer one of its stream has made void ends with a kEnd or a kFailed, after at most
// `attempts` times the server's limit; snapshots come one after another.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hot/arena.h"
#include "hot/packet.h"
#include "hot/recovery.h"
#include "net/io/glimpse_fetch.h"
#include "net/proto/moldudp64.h"
#include "net/proto/snapshot_part.h"

namespace tickgraph {

struct GlimpsePortStats {
  uint64_t packets = 0, bytes = 0;  // handed to the loop
  uint64_t requests = 0, attempts = 0, snapshots = 0, failures = 0;
};

class GlimpsePort {
 public:
  static constexpr uint32_t kBurstSize = 32;
  // A line for people about a request that did not go well; called by the port's thread.
  using Tell = void (*)(const std::string& text);

  // Throws std::runtime_error when memory is short (start only).
  GlimpsePort(std::vector<GlimpseServerConfig> servers, Tell tell);
  GlimpsePort(const GlimpsePort&) = delete;
  GlimpsePort& operator=(const GlimpsePort&) = delete;
  ~GlimpsePort();

  void Request(const SnapshotRequest& request);
  PacketBurst Poll();
  PacketSource source() {
    return {this, [](void* self) { return static_cast<GlimpsePort*>(self)->Poll(); }, false};
  }
  SnapshotService service() {
    return {this, [](void* self, const SnapshotRequest& request) { static_cast<GlimpsePort*>(self)->Request(request); }};
  }
  [[nodiscard]] GlimpsePortStats stats() const;
  [[nodiscard]] std::string name() const;

 private:
  static constexpr uint32_t kSlots = 1024, kSlotBytes = 1536;

  // A stream's last request, written by the loop and read by the thread: `number` is 0 while it is written.
  struct Wanted {
    std::atomic<uint32_t> number{0};
    std::atomic<uint64_t> first{0}, session_head{0}, session_tail{0};
  };
  struct Taken {
    uint32_t number = 0;
    uint64_t first = 0;
    std::array<uint8_t, kMoldSessionBytes> session{};
  };

  void Run();
  bool Take(Wanted& wanted, uint32_t done, Taken* out) const;
  void Serve(const Taken& taken);
  [[nodiscard]] const GlimpseServerConfig* ServerOf(std::string_view session) const;
  void Send(const Taken& taken, const Spin& spin);
  void SendPart(const SnapshotPart& part, const uint8_t* blocks, size_t size);
  void Sleep(uint64_t ms) const;

  const std::vector<GlimpseServerConfig> servers_;
  const Tell tell_;
  std::array<Wanted, kMaxVenues> wanted_;
  HugeArray<uint8_t> room_;
  std::array<uint32_t, kSlots> sizes_{};
  std::array<uint64_t, kSlots> stamps_{};
  alignas(64) std::atomic<uint64_t> written_{0};  // slots, by the thread
  alignas(64) std::atomic<uint64_t> read_{0};     // by the loop: these may be written again
  uint64_t handed_out_ = 0;
  std::array<PacketView, kBurstSize> packets_{};
  GlimpsePortStats loop_stats_;
  std::atomic<uint64_t> attempts_{0}, snapshots_{0}, failures_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tickgraph
