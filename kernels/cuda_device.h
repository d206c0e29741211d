// Whether a CUDA device can be used here, and why not. Start only.
#pragma once

#include <string>

namespace tickgraph {

// Why no CUDA engine can run here; empty where one can. Says the device's name in `*device` then.
std::string CudaProblem(std::string* device);

}  // namespace tickgraph
