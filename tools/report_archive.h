// The `latency` table of a replay's archive, as the curves and the timeline of its report: `replay --json` has four percentiles a stage,
// the archive has every decision that gave a signal.
#pragma once

#include <string>

#include "tools/measure/report_data.h"

namespace tickgraph {

// Replaces the stages' curves by those of the archive under `folder` and adds the timeline. False where no such table stands there.
// Throws std::runtime_error with the file's name where one cannot be read.
bool AddArchivedLatency(const std::string& folder, ReportRun* run);

}  // namespace tickgraph
