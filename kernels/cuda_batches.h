// Columns of option contracts priced or inverted on a device: the same math as the vector loops of the CPU (simd_kernels.h), a thread a
// contract.
//
// In the flow: Load brings the inputs over, Run works on them in device memory and returns at once, Wait sees it done, Read brings the
// results back. One thread. All memory at construction.
#pragma once

#include <memory>
#include <string>

#include "kernels/simd_kernels.h"

namespace tickgraph {

// What a batch does, with which columns: those of EuropeanBatch<double>, EuropeanBatch<float>, ImpliedVolatilityBatch or AmericanBatch, in
// their order.
enum class BatchWork { kPriceDouble, kPriceFloat, kImpliedVolatility, kAmerican };
inline constexpr int kBatchInputs = 7;
inline constexpr int kMostBatchOutputs = 6;

class CudaBatch {
 public:
  // Null, with a reason in `*error`, where no device can be used or its memory does not do.
  static std::shared_ptr<CudaBatch> Make(BatchWork work, size_t count, std::string* error);
  CudaBatch();
  ~CudaBatch();
  CudaBatch(const CudaBatch&) = delete;
  CudaBatch& operator=(const CudaBatch&) = delete;

  bool Load(const void* const (&inputs)[kBatchInputs]);
  bool Run();
  // At most two seconds. False: the device failed or does not answer.
  bool Wait();
  bool Read(void* const (&outputs)[kMostBatchOutputs]);
  // Of all columns, read and written once.
  [[nodiscard]] size_t bytes() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Bytes read and written a second by copies within device memory, the fastest of a few; 0 where it cannot be measured.
double CudaCopyBandwidth(size_t bytes);

}  // namespace tickgraph
