// The kernels, their capture and the host side of the mapped slots. See cuda_graph_engine.h; the logic stands in grid_stages.h.
#include <cuda_runtime.h>

#include <optional>

#include "kernels/cuda_block.cuh"
#include "kernels/cuda_device.h"
#include "kernels/cuda_graph_engine.h"
#include "kernels/cuda_memory.cuh"
#include "kernels/definition_mirror.h"
#include "kernels/grid_stages.h"

namespace tickgraph {
namespace {

// A graph for submissions of at most so many pricing lanes, with so many blocks for them. None: two kernels.
struct Bucket {
  uint64_t lanes;
  uint32_t blocks;
};
constexpr Bucket kBuckets[] = {{0, 0}, {8 * kPricingThreads, 8}, {64 * kPricingThreads, 64}, {UINT64_MAX, 528}};
constexpr int kBucketCount = sizeof kBuckets / sizeof kBuckets[0];

// Written by the scan kernel in mapped memory; `sequence` last.
struct GridOutput {
  uint64_t sequence;
  uint32_t signal_count, found, contracts_priced;
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
  __syncthreads();
}

__global__ void __launch_bounds__(kBlockThreads, 1) FeaturesKernel(const __grid_constant__ GridArguments a) {
  __shared__ FeaturesShared shared;
  cudaTriggerProgrammaticLaunchCompletion();
  CudaBlock block;
  GridInput in;
  FetchInput(a, &in);
  FeaturesBody(block, const_cast<EngineState&>(a.state), in, shared);
}

__global__ void __launch_bounds__(kPricingThreads) PricingKernel(const __grid_constant__ GridArguments a) {
  cudaTriggerProgrammaticLaunchCompletion();
  cudaGridDependencySynchronize();
  PriceChains(blockIdx.x * blockDim.x + threadIdx.x, gridDim.x * blockDim.x, const_cast<EngineState&>(a.state), *a.d_input);
}

__global__ void __launch_bounds__(kBlockThreads, 1) ScanKernel(const __grid_constant__ GridArguments a) {
  __shared__ ScanShared shared;
  cudaGridDependencySynchronize();
  CudaBlock block;
  EngineState& s = const_cast<EngineState&>(a.state);
  const ScanTotals totals = ScanBody(block, s, shared, [&](uint32_t at, const Signal& signal) { a.h_signals[at] = signal; });
  // Every thread's signals reach the host before the barrier, so before the flag.
  __threadfence_system();
  __syncthreads();
  if (threadIdx.x != 0) return;
  a.h_output->signal_count = totals.found < s.config.max_signals ? totals.found : s.config.max_signals;
  a.h_output->found = totals.found;
  a.h_output->contracts_priced = totals.priced;
  __threadfence_system();
  *reinterpret_cast<volatile uint64_t*>(&a.h_output->sequence) = a.d_input->sequence;
}

class CudaGraphEngine {
 public:
  explicit CudaGraphEngine(const EngineConfig& config) : config_(config) {}
  ~CudaGraphEngine();
  bool Init(std::string* error);
  bool Define(const EngineInstrument& instrument);
  void Submit(const EngineRow* rows, uint32_t count);
  bool Poll(const Signal** signals, uint32_t* count);
  const char* Problem();
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }

 private:
  template <class Kernel>
  bool Launch(Kernel* kernel, uint32_t blocks, uint32_t threads, bool first, std::string* error);
  bool Capture(int bucket, std::string* error);

  EngineConfig config_;
  std::optional<DefinitionMirror> mirror_;  // after the device's memory, which is the scarcer
  CudaMemory memory_;
  GridArguments arguments_ = {};
  GridInput* input_ = nullptr;
  EngineRow* rows_ = nullptr;
  EngineInstrument* definitions_ = nullptr;
  cudaGraph_t graphs_[kBucketCount] = {};
  cudaGraphExec_t executables_[kBucketCount] = {};
  EngineCounters counters_;
  uint64_t sequence_ = 0;
  uint32_t signal_count_ = 0;
  cudaError_t launched_ = cudaSuccess;
  bool pending_ = false;
};

CudaGraphEngine::~CudaGraphEngine() {
  if (!memory_.Drained()) return;
  for (int i = 0; i < kBucketCount; ++i) {
    if (executables_[i] != nullptr) cudaGraphExecDestroy(executables_[i]);
    if (graphs_[i] != nullptr) cudaGraphDestroy(graphs_[i]);
  }
}

bool CudaGraphEngine::Init(std::string* error) {
  char* d_state = nullptr;
  const size_t bytes = LayoutEngineState(&arguments_.state, config_, nullptr);
  if (!memory_.Open(error) || !memory_.Device(&d_state, bytes, error) || !memory_.Device(&arguments_.d_input, 1, error) ||
      !memory_.Device(&arguments_.d_rows, config_.max_instruments, error) || !memory_.Mapped(&input_, 1, error) ||
      !memory_.Mapped(&rows_, config_.max_instruments, error) || !memory_.Mapped(&definitions_, config_.max_instruments, error) ||
      !memory_.Mapped(&arguments_.h_output, 1, error) || !memory_.Mapped(&arguments_.h_signals, config_.max_signals, error))
    return false;
  mirror_.emplace(config_);
  LayoutEngineState(&arguments_.state, config_, d_state);
  arguments_.h_input = input_;
  input_->rows = rows_;
  input_->definitions = definitions_;
  for (int i = 0; i < kBucketCount; ++i) {
    if (!Capture(i, error)) return false;
  }
  return CudaOk(cudaStreamSynchronize(memory_.stream()), "graph", error);
}

// All but the first kernel may be set up while the one before it runs; each waits for it where it first reads what that wrote.
template <class Kernel>
bool CudaGraphEngine::Launch(Kernel* kernel, uint32_t blocks, uint32_t threads, bool first, std::string* error) {
  cudaLaunchAttribute early = {};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t launch = {};
  launch.gridDim = dim3(blocks);
  launch.blockDim = dim3(threads);
  launch.stream = memory_.stream();
  launch.attrs = &early;
  launch.numAttrs = first ? 0 : 1;
  return CudaOk(cudaLaunchKernelEx(&launch, kernel, arguments_), "capture", error);
}

bool CudaGraphEngine::Capture(int bucket, std::string* error) {
  const cudaStream_t stream = memory_.stream();
  const uint32_t blocks = kBuckets[bucket].blocks;
  if (!CudaOk(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture", error)) return false;
  const bool launched = Launch(FeaturesKernel, 1, kBlockThreads, true, error) &&
                        (blocks == 0 || Launch(PricingKernel, blocks, kPricingThreads, false, error)) &&
                        Launch(ScanKernel, 1, kBlockThreads, false, error);
  const cudaError_t ended = cudaStreamEndCapture(stream, &graphs_[bucket]);
  return launched && CudaOk(ended, "capture", error) &&
         CudaOk(cudaGraphInstantiate(&executables_[bucket], graphs_[bucket], 0), "graph", error) &&
         CudaOk(cudaGraphUpload(executables_[bucket], stream), "graph", error);
}

bool CudaGraphEngine::Define(const EngineInstrument& instrument) {
  const bool taken = mirror_->Define(instrument);
  counters_.rejected_instruments += !taken;
  return taken;
}

void CudaGraphEngine::Submit(const EngineRow* rows, uint32_t count) {
  const uint32_t taken = count < config_.max_instruments ? count : config_.max_instruments;
  ++counters_.submissions;
  counters_.rows += count;
  std::memcpy(rows_, rows, taken * sizeof(EngineRow));
  std::memcpy(definitions_, mirror_->waiting(), mirror_->waiting_count() * sizeof(EngineInstrument));
  input_->sequence = ++sequence_;
  input_->row_count = taken;
  input_->definition_count = mirror_->waiting_count();
  mirror_->CarriedOver();
  signal_count_ = 0;
  pending_ = true;
  const uint64_t lanes = mirror_->MostPricingLanes(rows, taken);
  int bucket = 0;
  while (lanes > kBuckets[bucket].lanes) ++bucket;
  launched_ = cudaGraphLaunch(executables_[bucket], memory_.stream());
}

bool CudaGraphEngine::Poll(const Signal** signals, uint32_t* count) {
  if (pending_) {
    const GridOutput& out = *arguments_.h_output;
    // Pairs with the device's fence before it writes the sequence.
    if (__atomic_load_n(&out.sequence, __ATOMIC_ACQUIRE) != sequence_) return false;
    pending_ = false;
    signal_count_ = out.signal_count;
    counters_.signals += signal_count_;
    counters_.dropped_signals += out.found - signal_count_;
    counters_.contracts_priced += out.contracts_priced;
  }
  *signals = arguments_.h_signals;
  *count = signal_count_;
  return true;
}

const char* CudaGraphEngine::Problem() {
  if (launched_ != cudaSuccess) return cudaGetErrorString(launched_);
  const cudaError_t state = cudaStreamQuery(memory_.stream());
  return state == cudaSuccess || state == cudaErrorNotReady ? nullptr : cudaGetErrorString(state);
}

}  // namespace

std::shared_ptr<void> MakeCudaGraphEngine(const EngineConfig& config, SignalEngine* engine, std::string* error) {
  std::string device;
  *error = CudaProblem(&device);
  if (!error->empty()) return nullptr;
  auto made = std::make_shared<CudaGraphEngine>(config);
  if (!made->Init(error)) return nullptr;
  engine->self = made.get();
  engine->name = "cuda-graph";
  engine->define = [](void* self, const EngineInstrument& x) { return static_cast<CudaGraphEngine*>(self)->Define(x); };
  engine->submit = [](void* self, const EngineRow* rows, uint32_t count) { static_cast<CudaGraphEngine*>(self)->Submit(rows, count); };
  engine->poll = [](void* self, const Signal** signals, uint32_t* count) {
    return static_cast<CudaGraphEngine*>(self)->Poll(signals, count);
  };
  engine->counters = [](void* self) -> const EngineCounters& { return static_cast<CudaGraphEngine*>(self)->counters(); };
  engine->problem = [](void* self) { return static_cast<CudaGraphEngine*>(self)->Problem(); };
  return made;
}

}  // namespace tickgraph
