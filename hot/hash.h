// The one mixing function of the project: used by hash tables, book_hash and state_hash.
//
// Mix is the 64-bit finaliser of MurmurHash3 (Appleby): a bijection with full avalanche, the same on every machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tickgraph {

constexpr uint64_t Mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}

// Folds `value` into the running hash `seed`; order matters.
constexpr uint64_t Combine(uint64_t seed, uint64_t value) { return Mix(seed + 0x9e3779b97f4a7c15ULL + value * 0xd6e8feb86659fd93ULL); }

// A text's hash, eight bytes at a time, zero-padded.
inline uint64_t HashText(std::string_view text) {
  uint64_t hash = Mix(text.size());
  for (size_t i = 0; i < text.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, text.size() - i < 8 ? text.size() - i : 8);
    hash = Combine(hash, word);
  }
  return hash;
}

}  // namespace tickgraph
