// Frames, line B's queue and losses; see generator_lines.h.
#include "replay/generator_lines.h"

#include <cstring>

#include "net/proto/frame.h"

namespace tickgraph {
namespace {

constexpr uint64_t kLossStream = 2;
constexpr size_t kDelayedHeaderBytes = sizeof(uint64_t) + sizeof(uint32_t);

}  // namespace

GeneratorLines::GeneratorLines(PcapWriter& writer, const LineOptions& options, uint64_t seed)
    : writer_(writer), options_(options), skew_ns_((options.skew_ns + 500) / 1000 * 1000), random_(seed, kLossStream) {}

GeneratorLines::Loss GeneratorLines::DrawLoss() {
  const double first = random_.Uniform(), second = random_.Uniform();
  if (!options_.loss_disjoint) return {first < options_.loss_a, second < options_.loss_b};
  const bool a = first < options_.loss_a;
  return {a, !a && first < options_.loss_a + options_.loss_b};
}

uint64_t GeneratorLines::Send(const FeedAddress& address, const uint8_t* payload, uint32_t size, uint64_t now_ns, bool data) {
  const uint64_t rounded = (now_ns + 999) / 1000 * 1000;
  const uint64_t stamp = rounded > last_stamp_ns_ ? rounded : last_stamp_ns_;
  last_stamp_ns_ = stamp;
  WriteDelayed(stamp);
  const Loss loss = data ? DrawLoss() : Loss{false, false};
  lost_packets_ += static_cast<uint64_t>(loss.a) + static_cast<uint64_t>(loss.b);
  const FrameAddress on_a{address.source, address.groups[0], address.source_port, address.port};
  const FrameAddress on_b{address.source, address.groups[1], address.source_port, address.port};
  std::memcpy(frame_.data() + kUdpFrameHeaderBytes, payload, size);
  if (!loss.a) ok_ &= writer_.Write(stamp, frame_.data(), EncodeUdpFrame(on_a, size, frame_.data()));
  if (!loss.b) Delay(stamp + skew_ns_, EncodeUdpFrame(on_b, size, frame_.data()));
  return stamp;
}

void GeneratorLines::Delay(uint64_t stamp_ns, uint32_t size) {
  const size_t at = delayed_.size();
  delayed_.resize(at + kDelayedHeaderBytes + size);
  std::memcpy(delayed_.data() + at, &stamp_ns, sizeof(stamp_ns));
  std::memcpy(delayed_.data() + at + sizeof(stamp_ns), &size, sizeof(size));
  std::memcpy(delayed_.data() + at + kDelayedHeaderBytes, frame_.data(), size);
}

void GeneratorLines::WriteDelayed(uint64_t before_ns) {
  while (delayed_at_ < delayed_.size()) {
    uint64_t stamp;
    uint32_t size;
    std::memcpy(&stamp, delayed_.data() + delayed_at_, sizeof(stamp));
    if (stamp >= before_ns) break;
    std::memcpy(&size, delayed_.data() + delayed_at_ + 8, sizeof(size));
    ok_ &= writer_.Write(stamp, delayed_.data() + delayed_at_ + kDelayedHeaderBytes, size);
    delayed_at_ += kDelayedHeaderBytes + size;
  }
  // Compacted only when most of it is gone, so that every byte moves a constant number of times.
  if (delayed_at_ > 65536 && delayed_at_ * 2 > delayed_.size()) {
    delayed_.erase(delayed_.begin(), delayed_.begin() + static_cast<std::ptrdiff_t>(delayed_at_));
    delayed_at_ = 0;
  }
}

void GeneratorLines::Finish() { WriteDelayed(UINT64_MAX); }

}  // namespace tickgraph
