// See cuda_book_grid.h; the logic stands in book_grid.h.
#include <cuda_runtime.h>

#include "kernels/cuda_block.cuh"
#include "kernels/cuda_book_grid.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_memory.cuh"

namespace tickgraph {
namespace {

__global__ void ClearBooksKernel(GridBook* books, uint32_t count) {
  for (uint32_t b = blockIdx.x * blockDim.x + threadIdx.x; b < count; b += gridDim.x * blockDim.x) ClearBook(books + b);
}

__global__ void __launch_bounds__(kBookBlockThreads) UpdateBooksKernel(GridBook* books, TopOfBook* tops, uint32_t count, DeltaBatch batch) {
  CudaBlock block;
  UpdateBooks(block, books, tops, count, batch);
}

}  // namespace

struct CudaBookGrid::Parts {
  bool Init(const BookGridConfig& config, std::string* error);

  BookGridConfig config;
  CudaMemory memory;
  GridBook* d_books = nullptr;
  TopOfBook* d_tops = nullptr;
  uint32_t *h_first = nullptr, *d_first = nullptr;
  BookDelta *h_deltas = nullptr, *d_deltas = nullptr;
  uint64_t strays = 0;
};

bool CudaBookGrid::Parts::Init(const BookGridConfig& c, std::string* error) {
  config = c;
  const size_t starts = size_t{c.books} + 1;
  if (!memory.Open(error) || !memory.Device(&d_books, c.books, error) || !memory.Device(&d_tops, c.books, error) ||
      !memory.Device(&d_first, starts, error) || !memory.Device(&d_deltas, c.max_deltas, error) ||
      !memory.Mapped(&h_first, starts, error) || !memory.Mapped(&h_deltas, c.max_deltas, error))
    return false;
  ClearBooksKernel<<<256, kBookBlockThreads, 0, memory.stream()>>>(d_books, c.books);
  return CudaOk(cudaGetLastError(), "book grid", error) && CudaOk(cudaStreamSynchronize(memory.stream()), "book grid", error);
}

CudaBookGrid::CudaBookGrid() : parts_(std::make_unique<Parts>()) {}
CudaBookGrid::~CudaBookGrid() = default;

std::shared_ptr<CudaBookGrid> CudaBookGrid::Make(const BookGridConfig& config, std::string* error) {
  std::string device;
  *error = CudaProblem(&device);
  if (!error->empty()) return nullptr;
  auto grid = std::make_shared<CudaBookGrid>();
  return grid->parts_->Init(config, error) ? grid : nullptr;
}

bool CudaBookGrid::Load(const BookDelta* deltas, uint32_t count) {
  Parts& p = *parts_;
  if (count > p.config.max_deltas || !Wait()) return false;
  p.strays += SortDeltas(deltas, count, p.config.books, p.h_first, p.h_deltas);
  const cudaStream_t stream = p.memory.stream();
  return cudaMemcpyAsync(p.d_first, p.h_first, (size_t{p.config.books} + 1) * sizeof(uint32_t), cudaMemcpyHostToDevice, stream) ==
             cudaSuccess &&
         cudaMemcpyAsync(p.d_deltas, p.h_deltas, size_t{count} * sizeof(BookDelta), cudaMemcpyHostToDevice, stream) == cudaSuccess;
}

bool CudaBookGrid::Apply() {
  const Parts& p = *parts_;
  constexpr uint32_t kBooksOfBlock = kBookBlockThreads / kWarpLanes;
  const uint32_t blocks = (p.config.books + kBooksOfBlock - 1) / kBooksOfBlock;
  UpdateBooksKernel<<<blocks, kBookBlockThreads, 0, p.memory.stream()>>>(p.d_books, p.d_tops, p.config.books, {p.d_first, p.d_deltas});
  return cudaGetLastError() == cudaSuccess;
}

bool CudaBookGrid::Wait() { return parts_->memory.Drained() && cudaStreamQuery(parts_->memory.stream()) == cudaSuccess; }

bool CudaBookGrid::Read(GridBook* books, TopOfBook* tops) {
  const Parts& p = *parts_;
  return cudaMemcpy(books, p.d_books, p.config.books * sizeof(GridBook), cudaMemcpyDeviceToHost) == cudaSuccess &&
         cudaMemcpy(tops, p.d_tops, p.config.books * sizeof(TopOfBook), cudaMemcpyDeviceToHost) == cudaSuccess;
}

uint64_t CudaBookGrid::strays() const { return parts_->strays; }

}  // namespace tickgraph
