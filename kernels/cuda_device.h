// Whether a CUDA device can be used here, and why not. Start only.
#pragma once

#include <string>

namespace tickgraph {

// Why a device of this compute capability cannot be used; empty where it can. The kernels are built for 9.0 and what runs its code.
inline std::string CapabilityProblem(const std::string& name, int major) {
  return major >= 9 ? "" : "CUDA device too old: " + name + " (compute capability 9.0 is needed)";
}

// Why no CUDA engine can run here; empty where one can. Says the device's name in `*device` then.
std::string CudaProblem(std::string* device);

}  // namespace tickgraph
