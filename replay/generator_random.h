// Random numbers of the session generator: xoshiro256++ (Blackman and Vigna) seeded by SplitMix64, and the distributions it draws.
//
// In the flow: everything random in a generated session comes from here, so a seed gives the same bytes on every machine: integers
// and IEEE + and < alone, no libm. Thread rule: one owner. Invariant: each purpose has its own stream, so that drawing more for one
// (losses, say) never changes another.
#pragma once

#include <cstdint>

#include "hot/hash.h"

namespace tickgraph {

class GeneratorRandom {
 public:
  GeneratorRandom(uint64_t seed, uint64_t stream) {
    uint64_t x = Combine(seed, stream);
    for (uint64_t& word : state_) {
      x += 0x9E3779B97F4A7C15u;
      uint64_t z = x;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      word = z ^ (z >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t out = Rotate(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return out;
  }

  // Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  // Uniform in [0, bound), bound at least 1; the bias of the multiply-shift is below 2^-32.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>((Next() >> 32) * bound >> 32); }
  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) { return low + static_cast<int64_t>(Below(static_cast<uint32_t>(high - low + 1))); }
  bool Chance(double probability) { return Uniform() < probability; }

  // Exponential with mean 1, by von Neumann's comparisons of uniforms: exact, and no logarithm.
  double Exponential() {
    for (double whole = 0;; whole += 1) {
      const double first = Uniform();
      double previous = first;
      bool accept = true;
      double u = Uniform();
      while (u < previous) {
        previous = u;
        u = Uniform();
        accept = !accept;
      }
      if (accept) return whole + first;
    }
  }

  // Number of failures before a success of probability 1 - `again`, at most `limit`.
  uint32_t Geometric(double again, uint32_t limit) {
    uint32_t n = 0;
    while (n < limit && Uniform() < again) ++n;
    return n;
  }

  // Heavy-tailed in [0, bound): density about 1 / (1 + x).
  uint32_t LogUniform(uint32_t bound) {
    uint32_t octaves = 0;
    while (octaves < 31 && (2u << octaves) <= bound) ++octaves;
    const uint32_t low = (1u << Below(octaves + 1)) - 1;
    const uint32_t x = low + Below(low + 1);
    return x < bound ? x : bound - 1;
  }

 private:
  static uint64_t Rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t state_[4];
};

}  // namespace tickgraph
