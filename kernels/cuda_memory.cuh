// Memory and the stream of a device engine: taken at start, given back at the end unless the device no longer answers.
//
// Thread rule: one owner. A device that hangs would hang the driver's own clean-up as well, so what it may still touch is left to the
// end of the process.
#pragma once

#include <cuda_runtime.h>

#include <cstring>
#include <string>

#include "hot/tsc.h"

namespace tickgraph {

inline bool CudaOk(cudaError_t code, const char* what, std::string* error) {
  if (code == cudaSuccess) return true;
  *error = std::string(what) + ": " + cudaGetErrorString(code);
  return false;
}

inline constexpr uint64_t kDeviceStopTimeoutNs = 2'000'000'000;

class CudaMemory {
 public:
  CudaMemory() = default;
  CudaMemory(const CudaMemory&) = delete;
  CudaMemory& operator=(const CudaMemory&) = delete;
  ~CudaMemory() {
    if (!Drained()) return;
    for (int i = 0; i < count_; ++i) pinned_[i] ? cudaFreeHost(pointer_[i]) : cudaFree(pointer_[i]);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }

  bool Open(std::string* error) { return CudaOk(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream", error); }
  // Zeroed device memory.
  template <class T>
  bool Device(T** pointer, size_t count, std::string* error) {
    void* p = nullptr;
    if (!CudaOk(cudaMalloc(&p, count * sizeof(T)), "device memory", error)) return false;
    Keep(p, false);
    *pointer = static_cast<T*>(p);
    return CudaOk(cudaMemsetAsync(p, 0, count * sizeof(T), stream_), "device memory", error);
  }
  // Zeroed host memory that the device sees at the same address.
  template <class T>
  bool Mapped(T** pointer, size_t count, std::string* error) {
    void* p = nullptr;
    if (!CudaOk(cudaHostAlloc(&p, count * sizeof(T), cudaHostAllocMapped), "pinned memory", error)) return false;
    Keep(p, true);
    std::memset(p, 0, count * sizeof(T));
    *pointer = static_cast<T*>(p);
    return true;
  }
  [[nodiscard]] cudaStream_t stream() const { return stream_; }

  // Waits, not for ever, until the stream has nothing left to do.
  [[nodiscard]] bool Drained() const {
    if (stream_ == nullptr) return true;
    const uint64_t from_ns = MonotonicNanos();
    while (cudaStreamQuery(stream_) == cudaErrorNotReady) {
      if (MonotonicNanos() - from_ns > kDeviceStopTimeoutNs) return false;
    }
    return true;
  }

 private:
  static constexpr int kMost = 16;
  void Keep(void* p, bool pinned) {
    pointer_[count_] = p;
    pinned_[count_++] = pinned;
  }
  void* pointer_[kMost] = {};
  bool pinned_[kMost] = {};
  int count_ = 0;
  cudaStream_t stream_ = nullptr;
};

}  // namespace tickgraph
