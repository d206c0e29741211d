// simd_kernels_body.h for the baseline of the build, with fma from the C library; its flags stand in CMakeLists.txt. Reached only through
// the table that SimdKernelsFor returns.
#define TICKGRAPH_SIMD_NAMESPACE simd_scalar
#define TICKGRAPH_SIMD_NAME "scalar"
#include "kernels/simd_kernels_body.h"

namespace tickgraph {

const SimdKernels& ScalarKernels() { return simd_scalar::kTable; }

}  // namespace tickgraph
