// The signal engine on a CUDA device: one captured graph of three kernels (features, pricing, scan), launched once a submission.
//
// In the flow: as the CPU engine, with the same bits. Rows and new definitions lie in mapped pinned memory that the kernels read; signals
// come back compacted in mapped pinned memory, with the submission's number written last as the flag that Poll reads. Graph parameters
// never change. One thread. After construction there is no allocation, callback or device-wide synchronisation.
#pragma once

#include <memory>
#include <string>

#include "hot/signal.h"

namespace tickgraph {

// Why no CUDA engine can run here; empty where one can. Says the device's name in `*device` then.
std::string CudaProblem(std::string* device);

// The engine's owner, and its table of calls in `*engine`; null with a reason in `*error`.
std::shared_ptr<void> MakeCudaGraphEngine(const EngineConfig& config, SignalEngine* engine, std::string* error);

}  // namespace tickgraph
