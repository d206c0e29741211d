// Lines A and B of every feed of a generated session: packets in, Ethernet frames in order of their stamps out.
//
// In the flow: feeds hand over whole UDP payloads with the session's time; line A's copy is written at once, line B's waits its skew in
// a queue. Losses are drawn here from their own random stream, one draw a data packet and line, so they change nothing else.
// Thread rule: one owner. Invariants: stamps are whole microseconds and never go back; memory is bounded by what a line sends in one skew.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "net/io/file/pcap_writer.h"
#include "replay/generator_random.h"

namespace tickgraph {

struct LineOptions {
  uint64_t skew_ns = 20'000;  // B after A, rounded to the microsecond
  double loss_a = 0, loss_b = 0;
  bool loss_disjoint = false;  // never the same packet on both; loss_a + loss_b at most 1
};

// Where a feed is sent: two multicast groups, one port.
struct FeedAddress {
  uint32_t source = 0;
  std::array<uint32_t, 2> groups{};
  uint16_t source_port = 0, port = 0;
};

class GeneratorLines {
 public:
  GeneratorLines(PcapWriter& writer, const LineOptions& options, uint64_t seed);

  // Sends a payload of at most 1,472 bytes on both lines, lossy only where `data`. Returns the stamp on line A: `now_ns` rounded up.
  uint64_t Send(const FeedAddress& address, const uint8_t* payload, uint32_t size, uint64_t now_ns, bool data);
  // Writes what line B still holds.
  void Finish();

  // False after the first packet that could not be written; the writer knows why.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] uint64_t lost_packets() const { return lost_packets_; }
  // The latest stamp handed out, line B's included.
  [[nodiscard]] uint64_t last_stamp_ns() const { return last_stamp_ns_ + skew_ns_; }

 private:
  static constexpr uint32_t kMaxFrameBytes = 1514;

  struct Loss {
    bool a, b;
  };
  Loss DrawLoss();
  void Delay(uint64_t stamp_ns, uint32_t size);
  void WriteDelayed(uint64_t before_ns);

  PcapWriter& writer_;
  LineOptions options_;
  uint64_t skew_ns_;
  GeneratorRandom random_;
  std::array<uint8_t, kMaxFrameBytes> frame_{};
  uint64_t last_stamp_ns_ = 0, lost_packets_ = 0;
  bool ok_ = true;
  std::vector<uint8_t> delayed_;  // line B's frames: stamp (8 bytes), size (4), bytes
  size_t delayed_at_ = 0;
};

}  // namespace tickgraph
