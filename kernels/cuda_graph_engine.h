// The signal engine on a CUDA device as captured graphs of three kernels (features, pricing, scan), one launched per submission.
//
// In the flow: as the CPU engine, with the same bits. Rows and new definitions lie in mapped pinned memory that the kernels read; signals
// come back compacted in mapped pinned memory, with the submission's number written last as the flag that Poll reads. There is a graph for
// each size of pricing grid; their parameters never change, and each kernel is set up while the one before it runs. One thread. After
// construction there is no allocation, callback or device-wide synchronisation.
#pragma once

#include <memory>
#include <string>

#include "hot/signal.h"

namespace tickgraph {

// The engine's owner, and its table of calls in `*engine`; null with a reason in `*error`.
std::shared_ptr<void> MakeCudaGraphEngine(const EngineConfig& config, SignalEngine* engine, std::string* error);

}  // namespace tickgraph
