// A fixed-size log-linear histogram of nanoseconds: 64 sub-buckets to each power of two, so a reported value is at most
// 1/64 above the recorded one. No allocation; one writer; read when the run is over.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tickgraph {

class LatencyHistogram {
 public:
  void Record(uint64_t nanos) {
    ++counts_[Index(nanos)];
    ++count_;
    if (nanos > max_) max_ = nanos;
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max() const { return max_; }

  // The smallest recorded bucket's upper bound that at least `share` (0..1) of all values do not exceed; 0 when empty.
  [[nodiscard]] uint64_t Quantile(double share) const {
    if (count_ == 0) return 0;
    const double wanted = share * static_cast<double>(count_);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (counts_[i] != 0 && static_cast<double>(seen) >= wanted) return UpperBound(i) < max_ ? UpperBound(i) : max_;
    }
    return max_;
  }

 private:
  static constexpr int kSubBits = 6;
  static constexpr uint32_t kSub = 1u << kSubBits;

  static uint32_t Index(uint64_t v) {
    if (v < kSub) return static_cast<uint32_t>(v);
    const int shift = std::bit_width(v) - 1 - kSubBits;
    return static_cast<uint32_t>(shift + 1) * kSub + static_cast<uint32_t>((v >> shift) - kSub);
  }
  static uint64_t UpperBound(uint32_t index) {
    if (index < 2 * kSub) return index;
    const uint32_t shift = index / kSub - 1;
    return ((uint64_t{index % kSub} + kSub + 1) << shift) - 1;
  }

  std::array<uint64_t, (64 - kSubBits + 1) * kSub> counts_{};
  uint64_t count_ = 0, max_ = 0;
};

}  // namespace tickgraph
