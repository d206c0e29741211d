// Memory, launch and end of the resident kernel. See cuda_persistent_engine.h.
#include <cuda_runtime.h>

#include <algorithm>
#include <optional>

#include "kernels/cuda_block.cuh"
#include "kernels/cuda_device.h"
#include "kernels/cuda_memory.cuh"
#include "kernels/cuda_persistent_engine.h"
#include "kernels/persistent_engine.h"
#include "kernels/resident_kernel.h"

namespace tickgraph {
namespace {

// With the master; more would only make the wait for them longer.
constexpr int kMostBlocks = 64;

__global__ void __launch_bounds__(kBlockThreads, 1) ResidentKernel(const __grid_constant__ ResidentArguments a) {
  __shared__ ResidentShared shared;
  CudaBlock block;
  ResidentBody(block, a, shared);
}

class CudaPersistentEngine {
 public:
  ~CudaPersistentEngine() {
    // Where the kernel does not stop, CudaMemory waits once more and then leaves everything in place.
    if (host_.has_value()) (void)host_->Stop(kDeviceStopTimeoutNs);
  }
  bool Init(const EngineConfig& config, SignalEngine* engine, std::string* error);

 private:
  bool Ring(MailboxRing* ring, uint64_t lines, std::string* error) {
    ring->size_log2 = RingSizeLog2(lines);
    return memory_.Mapped(&ring->lines, size_t{1} << ring->size_log2, error);
  }
  static const char* Ended(void* self) {
    const cudaError_t code = cudaStreamQuery(static_cast<CudaPersistentEngine*>(self)->memory_.stream());
    if (code == cudaErrorNotReady) return nullptr;
    return code == cudaSuccess ? "the resident kernel has ended" : cudaGetErrorString(code);
  }

  CudaMemory memory_;
  ResidentArguments arguments_ = {};
  std::optional<PersistentEngine> host_;
};

bool CudaPersistentEngine::Init(const EngineConfig& config, SignalEngine* engine, std::string* error) {
  char* d_state = nullptr;
  const size_t bytes = LayoutEngineState(&arguments_.state, config, nullptr);
  if (!memory_.Open(error) || !memory_.Device(&d_state, bytes, error) || !memory_.Device(&arguments_.control, 1, error) ||
      !memory_.Device(&arguments_.rows, config.max_instruments, error) ||
      !memory_.Device(&arguments_.definitions, config.max_instruments, error) ||
      !Ring(&arguments_.mailbox.request, MostRequestLines(config), error) ||
      !Ring(&arguments_.mailbox.response, MostResponseLines(config), error) || !memory_.Mapped(&arguments_.mailbox.control, 1, error))
    return false;
  LayoutEngineState(&arguments_.state, config, d_state);
  int processors = 0;
  if (!CudaOk(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0), "device", error) ||
      !CudaOk(cudaStreamSynchronize(memory_.stream()), "device memory", error))
    return false;
  host_.emplace(config, arguments_.mailbox);  // before there is a kernel to stop
  // A cooperative launch is refused unless all blocks fit at once, which those that wait for each other need.
  void* parameters[] = {&arguments_};
  if (!CudaOk(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&ResidentKernel), dim3(std::min(processors, kMostBlocks)),
                                          dim3(kBlockThreads), parameters, 0, memory_.stream()),
              "resident kernel", error)) {
    host_.reset();
    return false;
  }
  host_->CheckKernelWith(&CudaPersistentEngine::Ended, this);
  *engine = host_->engine("cuda-persistent");
  return true;
}

}  // namespace

std::shared_ptr<void> MakeCudaPersistentEngine(const EngineConfig& config, SignalEngine* engine, std::string* error) {
  std::string device;
  *error = CudaProblem(&device);
  if (!error->empty()) return nullptr;
  auto made = std::make_shared<CudaPersistentEngine>();
  if (!made->Init(config, engine, error)) return nullptr;
  return made;
}

}  // namespace tickgraph
