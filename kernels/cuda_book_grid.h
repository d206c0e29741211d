// L2 books in device memory, and the kernel over them. See book_grid.h for what a book is.
//
// In the flow: Load brings a batch over, Apply has it applied and returns at once, Wait sees it done. One thread. All memory at
// construction.
#pragma once

#include <memory>
#include <string>

#include "kernels/book_grid.h"

namespace tickgraph {

struct BookGridConfig {
  uint32_t books = 8192;
  uint32_t max_deltas = 1 << 20;  // a batch
};

class CudaBookGrid {
 public:
  // Null, with a reason in `*error`, where no device can be used or its memory does not do.
  static std::shared_ptr<CudaBookGrid> Make(const BookGridConfig& config, std::string* error);
  CudaBookGrid();
  ~CudaBookGrid();
  CudaBookGrid(const CudaBookGrid&) = delete;
  CudaBookGrid& operator=(const CudaBookGrid&) = delete;

  // Sorts the changes by book and copies them to the device. False: more than max_deltas, or the device failed.
  bool Load(const BookDelta* deltas, uint32_t count);
  // Has the loaded batch applied.
  bool Apply();
  // Waits for what was handed over, at most two seconds. False: the device failed or does not answer.
  bool Wait();
  // Copies books and tops back, after Wait.
  bool Read(GridBook* books, TopOfBook* tops);
  [[nodiscard]] uint64_t strays() const;  // changes that named no book

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickgraph
