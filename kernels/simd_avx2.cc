// simd_kernels_body.h for AVX2 and FMA; its flags stand in CMakeLists.txt. Reached only through the table that SimdKernelsFor returns.
#define TICKGRAPH_SIMD_NAMESPACE simd_avx2
#define TICKGRAPH_SIMD_NAME "avx2"
#include "kernels/simd_kernels_body.h"

namespace tickgraph {

const SimdKernels& Avx2Kernels() { return simd_avx2::kTable; }

}  // namespace tickgraph
