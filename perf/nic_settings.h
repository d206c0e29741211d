// A network card's receive ring and coalescing, as ethtool(8) reads them.
#pragma once

#include <string>

#include "perf/system_view.h"

namespace tickgraph {

// What the driver does not tell stays empty.
[[nodiscard]] NicSettings ReadNicSettings(const std::string& name);

}  // namespace tickgraph
