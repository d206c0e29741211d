// What a measured number was measured on: stamped into every benchmark result, so that no time stands without its machine.
#pragma once

#include <string>

namespace tickgraph {

struct MachineStamp {
  std::string cpu_model;
  int cores = 0;  // online logical processors
  bool virtual_machine = false;
  std::string kernel;        // release of the running kernel
  std::string cpu_governor;  // of the first core; empty where the system does not say
  std::string huge_pages;    // transparent huge pages: always, madvise or never; empty where the system does not say
  std::string version;       // of the project
  std::string commit;        // "-dirty" when the tree had changes; "unknown" outside git
  std::string build_type;
  std::string compiler;
  std::string doctor;  // what the system check says of the machine (perf/doctor.h), in one line
};

[[nodiscard]] MachineStamp ReadMachineStamp();

}  // namespace tickgraph
