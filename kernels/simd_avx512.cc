// simd_kernels_body.h for AVX-512 (F, DQ, VL, BW); its flags stand in CMakeLists.txt. Reached only through the table that SimdKernelsFor
// returns.
#define TICKGRAPH_SIMD_NAMESPACE simd_avx512
#define TICKGRAPH_SIMD_NAME "avx512"
#include "kernels/simd_kernels_body.h"

namespace tickgraph {

const SimdKernels& Avx512Kernels() { return simd_avx512::kTable; }

}  // namespace tickgraph
