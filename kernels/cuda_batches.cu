// See cuda_batches.h; the bodies stand in batch_bodies.h.
#include <cuda_runtime.h>

#include "kernels/american_batch.h"
#include "kernels/batch_bodies.h"
#include "kernels/cuda_batches.h"
#include "kernels/cuda_block.cuh"
#include "kernels/cuda_device.h"
#include "kernels/cuda_memory.cuh"

namespace tickgraph {
namespace {

constexpr uint32_t kBatchThreads = 256;
constexpr int kCopies = 8;

template <class T>
__global__ void __launch_bounds__(kBatchThreads) PriceBatchKernel(EuropeanBatch<T> batch, size_t count) {
  CudaBlock block;
  PriceBatchBody(block, batch, count);
}

__global__ void __launch_bounds__(kBatchThreads) InvertBatchKernel(ImpliedVolatilityBatch batch, size_t count) {
  CudaBlock block;
  InvertBatchBody(block, batch, count);
}

__global__ void __launch_bounds__(kAmericanThreads)
    AmericanBatchKernel(const AmericanFastTables* tables, AmericanBatch batch, size_t count) {
  __shared__ AmericanShared shared;
  CudaBlock block;
  AmericanBatchBody(block, *tables, batch, count, shared);
}

template <class T>
EuropeanBatch<T> AsEuropean(char* const* in, char* const* out) {
  const auto column = [](char* p) { return reinterpret_cast<T*>(p); };
  return {column(in[0]),  column(in[1]),  column(in[2]),  column(in[3]),  column(in[4]),  column(in[5]), column(in[6]),
          column(out[0]), column(out[1]), column(out[2]), column(out[3]), column(out[4]), column(out[5])};
}

ImpliedVolatilityBatch AsVolatility(char* const* in, char* const* out) {
  const auto column = [](char* p) { return reinterpret_cast<double*>(p); };
  return {column(in[0]), column(in[1]),  column(in[2]),
          column(in[3]), column(in[4]),  column(in[5]),
          column(in[6]), column(out[0]), reinterpret_cast<uint8_t*>(out[1])};
}

AmericanBatch AsAmerican(char* const* in, char* const* out) {
  const auto column = [](char* p) { return reinterpret_cast<double*>(p); };
  return {column(in[0]), column(in[1]),  column(in[2]),  column(in[3]),  column(in[4]),  column(in[5]),
          column(in[6]), column(out[0]), column(out[1]), column(out[2]), column(out[3]), reinterpret_cast<uint8_t*>(out[4])};
}

// Outputs of a work, and which of them has a byte a contract; -1: none.
struct OutputShape {
  int count, bytes_at;
};
constexpr OutputShape ShapeOf(BatchWork work) {
  switch (work) {
    case BatchWork::kImpliedVolatility:
      return {2, 1};
    case BatchWork::kAmerican:
      return {5, 4};
    default:
      return {kMostBatchOutputs, -1};
  }
}

}  // namespace

struct CudaBatch::Parts {
  [[nodiscard]] size_t InputBytes() const { return count * (work == BatchWork::kPriceFloat ? sizeof(float) : sizeof(double)); }
  [[nodiscard]] int outputs() const { return ShapeOf(work).count; }
  [[nodiscard]] size_t OutputBytes(int i) const { return i == ShapeOf(work).bytes_at ? count : InputBytes(); }
  bool Init(std::string* error) {
    if (!memory.Open(error)) return false;
    for (char*& column : in) {
      if (!memory.Device(&column, InputBytes(), error)) return false;
    }
    for (int i = 0; i < outputs(); ++i) {
      if (!memory.Device(&out[i], OutputBytes(i), error)) return false;
    }
    if (!CudaOk(cudaStreamSynchronize(memory.stream()), "device memory", error)) return false;
    if (work != BatchWork::kAmerican) return true;
    const AmericanFastTables host = MakeAmericanFastTables();
    return memory.Device(&tables, 1, error) && CudaOk(cudaStreamSynchronize(memory.stream()), "device memory", error) &&
           CudaOk(cudaMemcpy(tables, &host, sizeof host, cudaMemcpyHostToDevice), "device memory", error);
  }

  BatchWork work = BatchWork::kPriceDouble;
  size_t count = 0;
  CudaMemory memory;
  char* in[kBatchInputs] = {};
  char* out[kMostBatchOutputs] = {};
  AmericanFastTables* tables = nullptr;
};

CudaBatch::CudaBatch() : parts_(std::make_unique<Parts>()) {}
CudaBatch::~CudaBatch() = default;

std::shared_ptr<CudaBatch> CudaBatch::Make(BatchWork work, size_t count, std::string* error) {
  std::string device;
  *error = CudaProblem(&device);
  if (!error->empty()) return nullptr;
  auto batch = std::make_shared<CudaBatch>();
  batch->parts_->work = work;
  batch->parts_->count = count;
  return batch->parts_->Init(error) ? batch : nullptr;
}

bool CudaBatch::Load(const void* const (&inputs)[kBatchInputs]) {
  for (int i = 0; i < kBatchInputs; ++i) {
    if (cudaMemcpy(parts_->in[i], inputs[i], parts_->InputBytes(), cudaMemcpyHostToDevice) != cudaSuccess) return false;
  }
  return true;
}

bool CudaBatch::Run() {
  const Parts& p = *parts_;
  const auto blocks = static_cast<uint32_t>((p.count + kBatchThreads - 1) / kBatchThreads);
  if (blocks == 0) return true;
  const cudaStream_t stream = p.memory.stream();
  if (p.work == BatchWork::kPriceDouble) {
    PriceBatchKernel<<<blocks, kBatchThreads, 0, stream>>>(AsEuropean<double>(p.in, p.out), p.count);
  } else if (p.work == BatchWork::kPriceFloat) {
    PriceBatchKernel<<<blocks, kBatchThreads, 0, stream>>>(AsEuropean<float>(p.in, p.out), p.count);
  } else if (p.work == BatchWork::kAmerican) {
    constexpr size_t kOfBlock = kAmericanThreads / kAmericanLanes, kMostBlocks = 1 << 14;
    const size_t wanted = (p.count + kOfBlock - 1) / kOfBlock;
    AmericanBatchKernel<<<static_cast<uint32_t>(wanted < kMostBlocks ? wanted : kMostBlocks), kAmericanThreads, 0, stream>>>(
        p.tables, AsAmerican(p.in, p.out), p.count);
  } else {
    InvertBatchKernel<<<blocks, kBatchThreads, 0, stream>>>(AsVolatility(p.in, p.out), p.count);
  }
  return cudaGetLastError() == cudaSuccess;
}

bool CudaBatch::Wait() { return parts_->memory.Drained() && cudaStreamQuery(parts_->memory.stream()) == cudaSuccess; }

bool CudaBatch::Read(void* const (&outputs)[kMostBatchOutputs]) {
  for (int i = 0; i < parts_->outputs(); ++i) {
    if (cudaMemcpy(outputs[i], parts_->out[i], parts_->OutputBytes(i), cudaMemcpyDeviceToHost) != cudaSuccess) return false;
  }
  return true;
}

size_t CudaBatch::bytes() const {
  size_t sum = kBatchInputs * parts_->InputBytes();
  for (int i = 0; i < parts_->outputs(); ++i) sum += parts_->OutputBytes(i);
  return sum;
}

double CudaCopyBandwidth(size_t bytes) {
  std::string error;
  CudaMemory memory;
  char *from = nullptr, *to = nullptr;
  if (!memory.Open(&error) || !memory.Device(&from, bytes, &error) || !memory.Device(&to, bytes, &error) || !memory.Drained()) return 0;
  double best = 0;
  for (int i = 0; i < kCopies; ++i) {
    const uint64_t from_ns = MonotonicNanos();
    for (int k = 0; k < kCopies; ++k) {
      if (cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, memory.stream()) != cudaSuccess) return 0;
    }
    if (!memory.Drained()) return 0;
    const double rate = 2.0 * kCopies * static_cast<double>(bytes) / static_cast<double>(MonotonicNanos() - from_ns) * 1e9;
    best = rate > best ? rate : best;
  }
  return best;
}

}  // namespace tickgraph
