// The CUDA engines of a build without a CUDA compiler: they say so.
#ifndef TICKGRAPH_HAVE_CUDA
#include "kernels/cuda_device.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/cuda_persistent_engine.h"

namespace tickgraph {

std::string CudaProblem(std::string* device) {
  device->clear();
  return "built without CUDA";
}

std::shared_ptr<void> MakeCudaGraphEngine(const EngineConfig&, SignalEngine*, std::string* error) {
  *error = "built without CUDA";
  return nullptr;
}

std::shared_ptr<void> MakeCudaPersistentEngine(const EngineConfig&, SignalEngine*, std::string* error) {
  *error = "built without CUDA";
  return nullptr;
}

}  // namespace tickgraph
#endif
