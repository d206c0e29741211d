// Products of many 64-bit factors, exact: what decides whether a chain of conversions brings more than it took.
//
// In the flow: cycle_scan.h compares two of them for the few cycles that a bounded floating-point test lets through. No state, any thread.
#pragma once

#include <cstdint>

namespace tickgraph {

class WideProduct {
 public:
  static constexpr int kLimbs = 24;

  // At most kLimbs calls in all.
  void Times(uint64_t factor) {
    __extension__ typedef unsigned __int128 Wide;
    uint64_t carry = 0;
    for (int i = 0; i < used_; ++i) {
      const Wide product = static_cast<Wide>(limbs_[i]) * factor + carry;
      limbs_[i] = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
    if (carry != 0 && used_ < kLimbs) limbs_[used_++] = carry;
  }
  [[nodiscard]] bool Above(const WideProduct& other) const {
    for (int i = kLimbs; i-- > 0;) {
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] > other.limbs_[i];
    }
    return false;
  }

 private:
  uint64_t limbs_[kLimbs] = {1};
  int used_ = 1;
};

}  // namespace tickgraph
