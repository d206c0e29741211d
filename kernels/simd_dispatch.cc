// Which of the compiled instruction sets this processor runs.
#include "kernels/simd_kernels.h"

namespace tickgraph {

SimdLevel BestSimdLevel() {
  const bool fma = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512bw");
  return fma && wide ? SimdLevel::kAvx512 : (fma ? SimdLevel::kAvx2 : SimdLevel::kScalar);
}

const SimdKernels& SimdKernelsFor(SimdLevel level) {
  switch (level) {
    case SimdLevel::kAvx512:
      return Avx512Kernels();
    case SimdLevel::kAvx2:
      return Avx2Kernels();
    case SimdLevel::kScalar:
      break;
  }
  return ScalarKernels();
}

}  // namespace tickgraph
