// The checksum of archive files: 128 bits, from the project's one mixing function.
//
// Each step is a bijection of the running state for any word, so a change confined to one word always changes the result, and
// any other change goes unseen with probability 2^-64. Not meant against an adversary.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "hot/hash.h"

namespace tickgraph {

// 32 hexadecimal digits.
inline std::string ChecksumHex(std::string_view bytes) {
  uint64_t even = Mix(bytes.size()), odd = Mix(~uint64_t{bytes.size()});
  size_t at = 0;
  // Two chains, so that two multiplications are under way at once.
  for (; at + 16 <= bytes.size(); at += 16) {
    uint64_t words[2];
    std::memcpy(words, bytes.data() + at, 16);
    even = Combine(even, words[0]);
    odd = Combine(odd, words[1]);
  }
  uint64_t rest[2] = {};
  if (at < bytes.size()) std::memcpy(rest, bytes.data() + at, bytes.size() - at);
  even = Combine(even, rest[0]);
  odd = Combine(odd, rest[1]);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint64_t word : {even, odd}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[word >> shift & 15];
  }
  return out;
}

}  // namespace tickgraph
