#include "net/io/dpdk_environment.h"

#define ALLOW_EXPERIMENTAL_API  // gpudev is not yet of the stable interface
// DPDK 22.11 counts a volatile in a header, which C++20 deprecates.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvolatile"
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_gpudev.h>
#include <rte_log.h>
#pragma GCC diagnostic pop
#include <sched.h>

#include <cstdio>
#include <mutex>

namespace tickgraph {
namespace {

std::vector<std::string> DefaultArguments() {
  return {"--no-huge",         "--no-pci", "--no-shconf",
          "--no-telemetry",    "-m",       "128",
          "--log-level=error", "--lcores", "0@" + std::to_string(sched_getcpu())};
}

}  // namespace

bool StartDpdkEnvironment(const std::vector<std::string>& arguments, std::string* error) {
  static std::mutex mutex;
  static bool tried = false;
  static std::string failure;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!tried) {
    tried = true;
    cpu_set_t before;
    const bool saved = sched_getaffinity(0, sizeof(before), &before) == 0;
    std::vector<std::string> words = arguments.empty() ? DefaultArguments() : arguments;
    words.insert(words.begin(), "tickgraph");
    std::vector<char*> pointers;
    pointers.reserve(words.size());
    for (std::string& word : words) pointers.push_back(word.data());
    rte_openlog_stream(stderr);
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
      failure = std::string("DPDK does not start: ") + rte_strerror(rte_errno);
    }
    // The environment pins its caller; on which cores a thread runs is the configuration's to say.
    if (saved) sched_setaffinity(0, sizeof(before), &before);
  }
  if (!failure.empty()) *error = failure;
  return failure.empty();
}

std::string DescribeGpudev() {
  const uint16_t count = rte_gpu_count_avail();
  if (count == 0) return "none: gpudev has no driver for a GPU of this machine";
  return std::to_string(count) + " GPU" + (count == 1 ? "" : "s");
}

}  // namespace tickgraph
