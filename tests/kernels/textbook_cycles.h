// Cycles of conversions as a textbook would look for them: every simple path through a changed market, every decision on long integers of
// its own. Slow, without a bound, a table of rates or a choice kept. Tests and the benchmark compare kernels/currency_cycles.h with it.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/currency_cycles.h"

namespace tickgraph {

// Digits of 16 bits, lowest first: schoolbook products of the smallest kind.
class LongNumber {
 public:
  explicit LongNumber(uint64_t value = 0) {
    for (; value != 0; value >>= 16) digits_.push_back(static_cast<uint32_t>(value & 0xFFFF));
  }
  LongNumber operator*(const LongNumber& other) const {
    LongNumber out;
    out.digits_.assign(digits_.size() + other.digits_.size() + 1, 0);
    for (size_t i = 0; i < digits_.size(); ++i) {
      uint64_t carry = 0;
      for (size_t j = 0; j < other.digits_.size() || carry != 0; ++j) {
        carry += out.digits_[i + j] + (j < other.digits_.size() ? uint64_t{digits_[i]} * other.digits_[j] : 0);
        out.digits_[i + j] = static_cast<uint32_t>(carry & 0xFFFF);
        carry >>= 16;
      }
    }
    while (!out.digits_.empty() && out.digits_.back() == 0) out.digits_.pop_back();
    return out;
  }
  bool operator>(const LongNumber& other) const {
    if (digits_.size() != other.digits_.size()) return digits_.size() > other.digits_.size();
    for (size_t i = digits_.size(); i-- > 0;) {
      if (digits_[i] != other.digits_[i]) return digits_[i] > other.digits_[i];
    }
    return false;
  }

 private:
  std::vector<uint32_t> digits_;
};

class TextbookCycles {
 public:
  struct Market {
    uint32_t base, quote;
    MarketQuote now;
  };
  explicit TextbookCycles(const CycleConfig& config) : config_(config) {}

  std::vector<Market> markets;

  // Each cycle as its legs' markets, in the order that the search promises.
  std::vector<std::vector<uint32_t>> Scan(uint32_t changed) const {
    std::vector<std::vector<uint32_t>> out;
    const Market& m = markets[changed];
    for (const bool forwards : {true, false}) {
      const Rate first = Best(forwards ? m.base : m.quote, forwards ? m.quote : m.base);
      if (!first.there) continue;
      std::vector<uint32_t> path = {forwards ? m.base : m.quote, forwards ? m.quote : m.base};
      Walk(path, forwards, &out);
    }
    return out;
  }

 private:
  struct Rate {
    bool there = false;
    uint64_t brings = 0, takes = 1;
    uint32_t market = 0;
  };

  Rate Best(uint32_t from, uint32_t to) const {
    Rate best;
    for (uint32_t i = 0; i < markets.size(); ++i) {
      const Market& m = markets[i];
      Rate rate = {true, 0, 0, i};
      if (m.base == from && m.quote == to && m.now.bid_nanos > 0 && m.now.bid_size_nanos != 0) {
        rate.brings = static_cast<uint64_t>(m.now.bid_nanos);
        rate.takes = 1'000'000'000;
      } else if (m.base == to && m.quote == from && m.now.ask_nanos > 0 && m.now.ask_size_nanos != 0) {
        rate.brings = 1'000'000'000;
        rate.takes = static_cast<uint64_t>(m.now.ask_nanos);
      } else {
        continue;
      }
      if (!best.there || LongNumber(rate.brings) * LongNumber(best.takes) > LongNumber(best.brings) * LongNumber(rate.takes)) best = rate;
    }
    return best;
  }

  void Walk(std::vector<uint32_t>& path, bool there_and_back, std::vector<std::vector<uint32_t>>* out) const {
    if (path.size() > 2 || there_and_back) Close(path, out);
    if (static_cast<int>(path.size()) == config_.max_length) return;
    for (uint32_t next = 0; next < kMaxCurrencies; ++next) {
      bool known = !Best(path.back(), next).there;
      for (const uint32_t currency : path) known = known || currency == next;
      if (known) continue;
      path.push_back(next);
      Walk(path, there_and_back, out);
      path.pop_back();
    }
  }

  void Close(const std::vector<uint32_t>& path, std::vector<std::vector<uint32_t>>* out) const {
    const auto whole = static_cast<uint64_t>(kWholeShare);
    LongNumber brings(whole), takes(whole + static_cast<uint64_t>(config_.min_edge));
    std::vector<uint32_t> legs;
    for (size_t i = 0; i < path.size(); ++i) {
      const Rate rate = Best(path[i], path[(i + 1) % path.size()]);
      if (!rate.there) return;
      brings = brings * LongNumber(rate.brings) * LongNumber(whole - static_cast<uint64_t>(config_.fee));
      takes = takes * LongNumber(rate.takes) * LongNumber(whole);
      legs.push_back(rate.market);
    }
    if (brings > takes && !(legs.size() == 2 && legs[0] == legs[1])) out->push_back(legs);
  }

  CycleConfig config_;
};

}  // namespace tickgraph
