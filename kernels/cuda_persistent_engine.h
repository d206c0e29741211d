// The signal engine on a CUDA device as one kernel that stays there and is spoken to through a mailbox.
//
// In the flow: as the CPU engine, with the same bits. persistent_engine.h is the host's side, resident_kernel.h the device's; here are the
// memory, the launch and the end. One thread. After construction no call of the driver but the rare one that asks whether the kernel lives.
// While it stays nothing else may synchronise the device. A kernel that does not heed the order to stop is left alone after two seconds.
#pragma once

#include <memory>
#include <string>

#include "hot/signal.h"

namespace tickgraph {

// The engine's owner, and its table of calls in `*engine`; null with a reason in `*error`.
std::shared_ptr<void> MakeCudaPersistentEngine(const EngineConfig& config, SignalEngine* engine, std::string* error);

}  // namespace tickgraph
