// The machine's stamp as it stands in every JSON result.
#pragma once

#include <nlohmann/json.hpp>

#include "perf/machine_stamp.h"

namespace tickgraph {

inline nlohmann::ordered_json MachineStampJson(const MachineStamp& stamp) {
  return {{"cpu_model", stamp.cpu_model},
          {"cores", stamp.cores},
          {"virtual_machine", stamp.virtual_machine},
          {"kernel", stamp.kernel},
          {"cpu_governor", stamp.cpu_governor},
          {"huge_pages", stamp.huge_pages},
          {"version", stamp.version},
          {"commit", stamp.commit},
          {"build_type", stamp.build_type},
          {"compiler", stamp.compiler},
          {"doctor", stamp.doctor}};
}

}  // namespace tickgraph
