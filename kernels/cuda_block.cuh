// A kernel's block as its body sees it (block_context.h), on a device.
#pragma once

#include <cuda/atomic>

#include "kernels/block_context.h"

namespace tickgraph {

struct CudaBlock {
  __device__ uint32_t thread() const { return threadIdx.x; }
  __device__ uint32_t threads() const { return blockDim.x; }
  __device__ uint32_t block() const { return blockIdx.x; }
  __device__ uint32_t blocks() const { return gridDim.x; }
  __device__ void Barrier() const { __syncthreads(); }
  __device__ uint32_t Ballot(bool x) const { return __ballot_sync(0xFFFFFFFFu, x); }
  template <class T>
  __device__ T Shuffle(T value, uint32_t lane) const {
    return __shfl_sync(0xFFFFFFFFu, value, static_cast<int>(lane));
  }
  __device__ void Pause() const { __nanosleep(20); }
  __device__ uint32_t Load(uint32_t* p) const { return Shared(*p).load(cuda::memory_order_acquire); }
  __device__ void Store(uint32_t* p, uint32_t x) const { Shared(*p).store(x, cuda::memory_order_release); }
  __device__ uint32_t Add(uint32_t* p, uint32_t x) const { return Shared(*p).fetch_add(x, cuda::memory_order_acq_rel); }

 private:
  using Shared = cuda::atomic_ref<uint32_t, cuda::thread_scope_device>;
};

}  // namespace tickgraph
