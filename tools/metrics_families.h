// A hot process's counters as Prometheus metrics: names after its conventions, with units.
//
// tools/grafana/tickgraph.json draws them; a test holds its names against these.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "tools/stat_view.h"

namespace tickgraph {

// Where nothing was published yet (a live run waits for its first packet), or there is no page (`pid` 0), only that is told.
[[nodiscard]] std::vector<prometheus::MetricFamily> MetricFamilies(const StatReading& reading);

}  // namespace tickgraph
