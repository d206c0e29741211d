// What a kernel's body may ask of the block it runs in. A body is a template over it, so one source runs on a device and on the host.
//
// In the flow: cuda_block.cuh answers on a device; the launch emulator of the tests answers with a fiber a thread, so that barriers, warp
// exchanges and shared memory are those of the real kernel. A block context `b` has
//   b.thread(), b.threads(), b.block(), b.blocks()   where this thread stands in the launch
//   b.Barrier()                                      all threads of the block; orders their memory
//   b.Ballot(bool), b.Shuffle(value, lane)           all 32 lanes of the warp; values of 4 or 8 bytes
//   b.Pause()                                        once in every turn of a loop that waits for others
//   b.Load(p), b.Store(p, x), b.Add(p, x)            a word shared by blocks: acquire, release, both
#pragma once

#include "kernels/math.h"

#if defined(__CUDACC__)
#define TICKGRAPH_BODY __device__ __forceinline__
#else
#define TICKGRAPH_BODY inline
#endif

namespace tickgraph {

inline constexpr uint32_t kWarpLanes = 32;

TICKGRAPH_HD uint32_t CountBits(uint32_t mask) {
#if defined(__CUDA_ARCH__)
  return static_cast<uint32_t>(__popc(mask));
#else
  return static_cast<uint32_t>(__builtin_popcount(mask));
#endif
}

// Bits of the lanes before this one.
TICKGRAPH_HD uint32_t LanesBelow(uint32_t lane) { return (1u << lane) - 1; }

}  // namespace tickgraph
