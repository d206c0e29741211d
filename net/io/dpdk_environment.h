// DPDK's environment (EAL), started once a process, and what it says about GPUs.
//
// Start only; any thread, one at a time wins. Everything DPDK logs goes to stderr.
#pragma once

#include <string>
#include <vector>

namespace tickgraph {

// Starts the environment with `arguments` as after the program's name, or, where there are none, without huge pages, PCI devices and
// files, on the calling core. Once a process, whatever the answer: a later call gives the first one's. False and `error` where it does
// not start. The caller's affinity is what it was before.
bool StartDpdkEnvironment(const std::vector<std::string>& arguments, std::string* error);

// What DPDK's `gpudev` finds: the number of GPUs whose memory a network card could write, or why there is none. After the start.
std::string DescribeGpudev();

}  // namespace tickgraph
