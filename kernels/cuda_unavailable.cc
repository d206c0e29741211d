// The CUDA engines of a build without a CUDA compiler: they say so.
#ifndef TICKGRAPH_HAVE_CUDA
#include "kernels/cuda_batches.h"
#include "kernels/cuda_book_grid.h"
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

struct CudaBookGrid::Parts {};
CudaBookGrid::CudaBookGrid() = default;
CudaBookGrid::~CudaBookGrid() = default;
std::shared_ptr<CudaBookGrid> CudaBookGrid::Make(const BookGridConfig&, std::string* error) {
  *error = "built without CUDA";
  return nullptr;
}
bool CudaBookGrid::Load(const BookDelta*, uint32_t) { return false; }
bool CudaBookGrid::Apply() { return false; }
bool CudaBookGrid::Wait() { return false; }
bool CudaBookGrid::Read(GridBook*, TopOfBook*) { return false; }
uint64_t CudaBookGrid::strays() const { return 0; }

struct CudaBatch::Parts {};
CudaBatch::CudaBatch() = default;
CudaBatch::~CudaBatch() = default;
std::shared_ptr<CudaBatch> CudaBatch::Make(BatchWork, size_t, std::string* error) {
  *error = "built without CUDA";
  return nullptr;
}
bool CudaBatch::Load(const void* const (&)[kBatchInputs]) { return false; }
bool CudaBatch::Run() { return false; }
bool CudaBatch::Wait() { return false; }
bool CudaBatch::Read(void* const (&)[kMostBatchOutputs]) { return false; }
size_t CudaBatch::bytes() const { return 0; }
double CudaCopyBandwidth(size_t) { return 0; }

}  // namespace tickgraph
#endif
