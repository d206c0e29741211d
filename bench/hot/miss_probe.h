// What one dependent cache miss costs here and now: a chase through 256 MiB on huge pages, every step a line that is not near.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

#include "hot/arena.h"

namespace tickgraph {

inline double DependentMissNs() {
  struct alignas(64) Line {
    uint32_t next = 0;
  };
  constexpr uint32_t kLines = (uint32_t{256} << 20) / 64;
  constexpr uint32_t kSteps = 1'000'000;
  HugeArray<Line> lines(kLines);
  for (uint32_t i = 0; i < kLines; ++i) lines[i].next = i;
  // Sattolo's shuffle: one cycle through every line.
  std::mt19937_64 random(1);
  for (uint32_t i = kLines - 1; i > 0; --i) std::swap(lines[i].next, lines[static_cast<uint32_t>((random() >> 32) * i >> 32)].next);
  uint32_t at = 0;
  const auto start = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < kSteps; ++i) at = lines[at].next;
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  // `at` is used, so that the chase is not dropped.
  return taken.count() / kSteps + (at == kLines ? 1.0 : 0.0);
}

}  // namespace tickgraph
