// See cuda_device.h.
#include <cuda_runtime.h>

#include "kernels/cuda_device.h"
#include "kernels/cuda_memory.cuh"

namespace tickgraph {

std::string CudaProblem(std::string* device) {
  device->clear();
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaErrorInsufficientDriver) return "no CUDA device: there is no NVIDIA driver, or one older than CUDA 13";
  if (code != cudaSuccess || count == 0)
    return std::string("no CUDA device: ") + (code == cudaSuccess ? "none found" : cudaGetErrorString(code));
  cudaDeviceProp properties;
  std::string error;
  if (!CudaOk(cudaGetDeviceProperties(&properties, 0), "no CUDA device", &error)) return error;
  if (error = CapabilityProblem(properties.name, properties.major); !error.empty()) return error;
  *device = properties.name;
  return "";
}

}  // namespace tickgraph
