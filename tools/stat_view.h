// A hot process's counters in words and as JSON, with what changed between two readings as rates.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "hot/counters_page.h"

namespace tickgraph {

struct StatReading {
  std::string name;
  uint32_t pid = 0;
  CountersState state = CountersState::kRunning;
  uint64_t now_ns = 0;            // CLOCK_MONOTONIC at the reading
  HotCounters counters, earlier;  // `earlier.published_ns` 0: there is no earlier reading, and no rate
};

inline constexpr const char* kCountersStateNames[] = {"running", "ended", "died"};
[[nodiscard]] const char* BookStateName(uint64_t state);
// A second, between the two readings; 0 where there is no earlier one.
[[nodiscard]] double RateOf(const StatReading& reading, uint64_t now, uint64_t earlier);

[[nodiscard]] nlohmann::ordered_json StatJson(const StatReading& reading);
[[nodiscard]] std::string StatTable(const StatReading& reading);

}  // namespace tickgraph
