// One self-contained HTML page of a run, or of a run and the one before it: no script, no network, light and dark as the reader's
// system has it.
#pragma once

#include <string>

#include "tools/measure/report_data.h"

namespace tickgraph {

// `before` may be null.
[[nodiscard]] std::string ReportPage(const ReportRun& run, const ReportRun* before);

}  // namespace tickgraph
