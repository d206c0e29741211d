// `replay FILE --to …`: the capture onto a wire instead of through the hot path.
#pragma once

#include <string>
#include <vector>

namespace tickgraph {

struct ReplayToOptions {
  std::string file;
  std::vector<std::string> to;  // udp://GROUP:PORT[%INTERFACE]…, or udp://capture[%INTERFACE], or one DPDK port
  double speed = 0;
  bool json = false, quiet = false;
};

// The exit code. Throws ConfigError where `to` cannot be understood.
int ReplayTo(const ReplayToOptions& options);

}  // namespace tickgraph
