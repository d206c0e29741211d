// A fixed-size log-linear histogram of nanoseconds: 128 sub-buckets to each power of two, so a reported value is at most 1/128 above the
// recorded one. No allocation; one writer; read when the run is over.
//
// Its buckets are those of an HdrHistogram of two significant digits, index for index: tools/measure/hdr_histogram.h writes it as one. A
// value of 2^42 ns (73 minutes) or more has no bucket: it is counted as overflow, and in count and max like every other.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tickgraph {

class LatencyHistogram {
 public:
  static constexpr int kSubBits = 7;
  static constexpr int kValueBits = 42;
  static constexpr uint32_t kSub = 1u << kSubBits;
  static constexpr uint32_t kBuckets = (kValueBits - kSubBits + 1) * kSub;

  void Record(uint64_t nanos) { RecordMany(nanos, 1); }
  void RecordMany(uint64_t nanos, uint64_t times) {
    if (nanos >> kValueBits == 0) {
      counts_[Index(nanos)] += times;
    } else {
      overflow_ += times;
    }
    count_ += times;
    if (nanos > max_) max_ = nanos;
  }
  void Add(const LatencyHistogram& other) {
    for (uint32_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    overflow_ += other.overflow_;
    if (other.max_ > max_) max_ = other.max_;
  }

  // What was recorded since `earlier`, a copy of this histogram: for leaving a warm-up out. The maximum is then known to its bucket only.
  [[nodiscard]] LatencyHistogram Since(const LatencyHistogram& earlier) const {
    LatencyHistogram out;
    for (uint32_t i = 0; i < kBuckets; ++i) {
      out.counts_[i] = counts_[i] - earlier.counts_[i];
      if (out.counts_[i] != 0) out.max_ = UpperBound(i) < max_ ? UpperBound(i) : max_;
    }
    out.count_ = count_ - earlier.count_;
    out.overflow_ = overflow_ - earlier.overflow_;
    if (out.overflow_ != 0) out.max_ = max_;
    return out;
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max() const { return max_; }
  [[nodiscard]] uint64_t overflow() const { return overflow_; }
  [[nodiscard]] uint64_t count_at(uint32_t bucket) const { return counts_[bucket]; }

  // The smallest recorded bucket's upper bound that at least `share` (0..1) of all values do not exceed; 0 when empty.
  [[nodiscard]] uint64_t Quantile(double share) const {
    if (count_ == 0) return 0;
    // A share such as 0.999 has no exact double: without the allowance, the product may ask for one value more than was meant.
    constexpr double kRounding = 1 - 1e-13;
    const double wanted = share * static_cast<double>(count_) * kRounding;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (counts_[i] != 0 && static_cast<double>(seen) >= wanted) return UpperBound(i) < max_ ? UpperBound(i) : max_;
    }
    return max_;
  }

  static constexpr uint32_t Index(uint64_t v) {
    if (v < kSub) return static_cast<uint32_t>(v);
    const int shift = std::bit_width(v) - 1 - kSubBits;
    return static_cast<uint32_t>(shift + 1) * kSub + static_cast<uint32_t>((v >> shift) - kSub);
  }
  static constexpr uint64_t UpperBound(uint32_t index) {
    if (index < 2 * kSub) return index;
    const uint32_t shift = index / kSub - 1;
    return ((uint64_t{index % kSub} + kSub + 1) << shift) - 1;
  }

 private:
  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0, max_ = 0, overflow_ = 0;
};

}  // namespace tickgraph
