// Long proofs run the same code twice: a seeded slice in `make test`, the full count in `make soak` (TICKGRAPH_SOAK set).
#pragma once

#include <cstdint>
#include <cstdlib>

namespace tickgraph::testing {

inline bool Soaking() { return std::getenv("TICKGRAPH_SOAK") != nullptr; }
inline uint64_t SliceOrSoak(uint64_t slice, uint64_t soak) { return Soaking() ? soak : slice; }

}  // namespace tickgraph::testing
