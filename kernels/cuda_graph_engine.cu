// The kernels, their capture and the host side of the mapped slots. See cuda_graph_engine.h; the logic stands in grid_stages.h.
#include <cuda_runtime.h>

#include "hot/arena.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/grid_stages.h"

namespace tickgraph {
namespace {

constexpr uint32_t kPricingBlocks = 32;
constexpr uint32_t kPricingThreads = 64;
constexpr uint64_t kPollsBetweenQueries = 1 << 16;

// Written by the scan kernel in mapped memory; `sequence` last.
struct GridOutput {
  uint64_t sequence;
  uint32_t signal_count, found;
  uint64_t contracts_priced;
};

// Everything the kernels are launched with, fixed at capture.
struct GridArguments {
  EngineState state;
  const GridInput* h_input;  // mapped
  GridInput* d_input;        // its copy with rows in device memory
  EngineRow* d_rows;
  GridOutput* h_output;
  Signal* h_signals;
};

// Brings the submission over in one pass of 16-byte reads: later phases read every row many times.
__device__ void FetchInput(const GridArguments& a, GridInput* in) {
  *in = *a.h_input;
  const uint4* source = reinterpret_cast<const uint4*>(in->rows);
  uint4* target = reinterpret_cast<uint4*>(a.d_rows);
  for (uint32_t i = threadIdx.x; i < in->row_count * (sizeof(EngineRow) / sizeof(uint4)); i += blockDim.x) target[i] = source[i];
  in->rows = a.d_rows;
  if (threadIdx.x == 0) *a.d_input = *in;
}

__global__ void __launch_bounds__(kBlockThreads) FeaturesKernel(const __grid_constant__ GridArguments a) {
  __shared__ FeaturesShared shared;
  EngineState& s = const_cast<EngineState&>(a.state);
  GridInput in;
  FetchInput(a, &in);
  FeaturesDefine(threadIdx.x, s, in);
  __syncthreads();
  FeaturesApply(threadIdx.x, s, in, shared);
  __syncthreads();
  FeaturesCount(threadIdx.x, s, in, shared);
  __syncthreads();
  FeaturesRank(threadIdx.x, s, in, shared);
  __syncthreads();
  FeaturesUnderlying(threadIdx.x, s);
}

__global__ void __launch_bounds__(kPricingThreads) PricingKernel(const __grid_constant__ GridArguments a) {
  PriceChains(blockIdx.x * blockDim.x + threadIdx.x, gridDim.x * blockDim.x, const_cast<EngineState&>(a.state), *a.d_input);
}

__global__ void __launch_bounds__(kBlockThreads) ScanKernel(const __grid_constant__ GridArguments a) {
  __shared__ ScanShared shared;
  EngineState& s = const_cast<EngineState&>(a.state);
  ScanLane lane;
  uint32_t found = 0;
  uint64_t priced = 0;
  const uint32_t touched = s.scalars->touched_count;
  for (uint32_t t = 0; t < touched; ++t) {
    const ProductIndex index = s.touched[t];
    const uint32_t items = ItemCount(s.products[index]);
    priced += ContractsPriced(s.products[index]);
    for (uint32_t base = 0; base < items; base += kBlockThreads) {
      ScanItems(threadIdx.x, s, index, base, lane, shared);
      __syncthreads();
      found += CompactSignals(threadIdx.x, lane, shared, found, a.h_signals, s.config.max_signals);
      __syncthreads();
    }
  }
  // Every thread's signals reach the host before the barrier, so before the flag.
  __threadfence_system();
  __syncthreads();
  if (threadIdx.x != 0) return;
  a.h_output->signal_count = found < s.config.max_signals ? found : s.config.max_signals;
  a.h_output->found = found;
  a.h_output->contracts_priced = priced;
  __threadfence_system();
  *reinterpret_cast<volatile uint64_t*>(&a.h_output->sequence) = a.d_input->sequence;
}

bool Ok(cudaError_t code, const char* what, std::string* error) {
  if (code == cudaSuccess) return true;
  *error = std::string(what) + ": " + cudaGetErrorString(code);
  return false;
}

class CudaGraphEngine {
 public:
  ~CudaGraphEngine();
  bool Init(const EngineConfig& config, std::string* error);
  bool Define(const EngineInstrument& instrument);
  void Submit(const EngineRow* rows, uint32_t count);
  bool Poll(const Signal** signals, uint32_t* count);
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }

 private:
  template <class T>
  bool Pinned(T** pointer, size_t count, std::string* error) {
    return Ok(cudaHostAlloc(reinterpret_cast<void**>(pointer), count * sizeof(T), cudaHostAllocMapped), "pinned memory", error);
  }
  bool Capture(std::string* error);
  void Finish(uint32_t signal_count, uint32_t found, uint64_t priced);

  EngineConfig config_;
  EngineState mirror_ = {};  // definitions alone, so that Define answers without the device
  HugeArray<char> mirror_memory_;
  GridArguments arguments_ = {};
  GridInput* input_ = nullptr;
  EngineRow* rows_ = nullptr;
  EngineInstrument* definitions_ = nullptr;
  char* d_memory_ = nullptr;
  cudaStream_t stream_ = nullptr;
  cudaGraph_t graph_ = nullptr;
  cudaGraphExec_t executable_ = nullptr;
  EngineCounters counters_;
  uint64_t sequence_ = 0, polls_ = 0;
  uint32_t definition_count_ = 0, signal_count_ = 0;
  bool pending_ = false;
};

CudaGraphEngine::~CudaGraphEngine() {
  if (stream_ != nullptr) cudaStreamSynchronize(stream_);
  if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
  if (graph_ != nullptr) cudaGraphDestroy(graph_);
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
  cudaFree(d_memory_);
  cudaFree(arguments_.d_input);
  cudaFree(arguments_.d_rows);
  cudaFreeHost(input_);
  cudaFreeHost(rows_);
  cudaFreeHost(definitions_);
  cudaFreeHost(arguments_.h_output);
  cudaFreeHost(arguments_.h_signals);
}

bool CudaGraphEngine::Init(const EngineConfig& config, std::string* error) {
  config_ = config;
  const size_t bytes = LayoutEngineState(&mirror_, config, nullptr);
  mirror_memory_.Allocate(bytes);
  LayoutEngineState(&mirror_, config, mirror_memory_.data());
  if (!Ok(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream", error) ||
      !Ok(cudaMalloc(reinterpret_cast<void**>(&d_memory_), bytes), "device memory", error) ||
      !Ok(cudaMalloc(reinterpret_cast<void**>(&arguments_.d_input), sizeof(GridInput)), "device memory", error) ||
      !Ok(cudaMalloc(reinterpret_cast<void**>(&arguments_.d_rows), sizeof(EngineRow) * config.max_instruments), "device memory", error) ||
      !Ok(cudaMemsetAsync(d_memory_, 0, bytes, stream_), "device memory", error) || !Pinned(&input_, 1, error) ||
      !Pinned(&rows_, config.max_instruments, error) || !Pinned(&definitions_, config.max_instruments, error) ||
      !Pinned(&arguments_.h_output, 1, error) || !Pinned(&arguments_.h_signals, config.max_signals, error))
    return false;
  LayoutEngineState(&arguments_.state, config, d_memory_);
  *input_ = {};
  *arguments_.h_output = {};
  arguments_.h_input = input_;
  input_->rows = rows_;
  input_->definitions = definitions_;
  return Capture(error);
}

bool CudaGraphEngine::Capture(std::string* error) {
  if (!Ok(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capture", error)) return false;
  FeaturesKernel<<<1, kBlockThreads, 0, stream_>>>(arguments_);
  PricingKernel<<<kPricingBlocks, kPricingThreads, 0, stream_>>>(arguments_);
  ScanKernel<<<1, kBlockThreads, 0, stream_>>>(arguments_);
  return Ok(cudaStreamEndCapture(stream_, &graph_), "capture", error) &&
         Ok(cudaGraphInstantiate(&executable_, graph_, 0), "graph", error) && Ok(cudaGraphUpload(executable_, stream_), "graph", error) &&
         Ok(cudaStreamSynchronize(stream_), "graph", error);
}

bool CudaGraphEngine::Define(const EngineInstrument& instrument) {
  if (!DefineInstrument(mirror_, instrument)) {
    ++counters_.rejected_instruments;
    return false;
  }
  // The mirror refuses a second definition, so there are at most max_instruments.
  definitions_[definition_count_++] = instrument;
  return true;
}

void CudaGraphEngine::Submit(const EngineRow* rows, uint32_t count) {
  const uint32_t taken = count < config_.max_instruments ? count : config_.max_instruments;
  ++counters_.submissions;
  counters_.rows += count;
  std::memcpy(rows_, rows, taken * sizeof(EngineRow));
  input_->sequence = ++sequence_;
  input_->row_count = taken;
  input_->definition_count = definition_count_;
  definition_count_ = 0;
  signal_count_ = 0;
  polls_ = 0;
  pending_ = cudaGraphLaunch(executable_, stream_) == cudaSuccess;
}

void CudaGraphEngine::Finish(uint32_t signal_count, uint32_t found, uint64_t priced) {
  pending_ = false;
  signal_count_ = signal_count;
  counters_.signals += signal_count;
  counters_.dropped_signals += found - signal_count;
  counters_.contracts_priced += priced;
}

bool CudaGraphEngine::Poll(const Signal** signals, uint32_t* count) {
  if (pending_) {
    const GridOutput& out = *arguments_.h_output;
    // Pairs with the device's fence before it writes the sequence.
    if (__atomic_load_n(&out.sequence, __ATOMIC_ACQUIRE) == sequence_) {
      Finish(out.signal_count, out.found, out.contracts_priced);
    } else if (++polls_ % kPollsBetweenQueries == 0) {
      const cudaError_t state = cudaStreamQuery(stream_);
      if (state == cudaSuccess || state == cudaErrorNotReady) return false;
      Finish(0, 0, 0);  // the device is lost: no signals are better than waiting for ever
    } else {
      return false;
    }
  }
  *signals = arguments_.h_signals;
  *count = signal_count_;
  return true;
}

}  // namespace

std::string CudaProblem(std::string* device) {
  device->clear();
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaErrorInsufficientDriver) return "no CUDA device: there is no NVIDIA driver, or one older than CUDA 13";
  if (code != cudaSuccess || count == 0)
    return std::string("no CUDA device: ") + (code == cudaSuccess ? "none found" : cudaGetErrorString(code));
  cudaDeviceProp properties;
  std::string error;
  if (!Ok(cudaGetDeviceProperties(&properties, 0), "no CUDA device", &error)) return error;
  if (properties.major < 9) return std::string("CUDA device too old: ") + properties.name + " (compute capability 9.0 is needed)";
  *device = properties.name;
  return "";
}

std::shared_ptr<void> MakeCudaGraphEngine(const EngineConfig& config, SignalEngine* engine, std::string* error) {
  std::string device;
  *error = CudaProblem(&device);
  if (!error->empty()) return nullptr;
  auto made = std::make_shared<CudaGraphEngine>();
  if (!made->Init(config, error)) return nullptr;
  engine->self = made.get();
  engine->name = "cuda-graph";
  engine->define = [](void* self, const EngineInstrument& x) { return static_cast<CudaGraphEngine*>(self)->Define(x); };
  engine->submit = [](void* self, const EngineRow* rows, uint32_t count) { static_cast<CudaGraphEngine*>(self)->Submit(rows, count); };
  engine->poll = [](void* self, const Signal** signals, uint32_t* count) {
    return static_cast<CudaGraphEngine*>(self)->Poll(signals, count);
  };
  engine->counters = [](void* self) -> const EngineCounters& { return static_cast<CudaGraphEngine*>(self)->counters(); };
  return made;
}

}  // namespace tickgraph
