// A hot process's counters as Prometheus metrics: names after its conventions, with units.
//
// tools/grafana/tickgraph.json draws them; a test holds its names against these.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "tools/stat_view.h"

namespace tickgraph {

// `reading` null: no counters are there, and only that is told.
[[nodiscard]] std::vector<prometheus::MetricFamily> MetricFamilies(const StatReading* reading);

}  // namespace tickgraph
