// The state of the GPUs, asked of the driver's management library where there is one. Links nothing: the library is opened at run time.
#pragma once

#include <string>
#include <vector>

#include "perf/system_view.h"

namespace tickgraph {

// Empty where there is no GPU or no driver; `text` then says what was looked for.
[[nodiscard]] std::vector<GpuState> ReadGpus(std::string* text);

}  // namespace tickgraph
