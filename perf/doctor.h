// The system check: what of this machine disturbs a pinned hot thread, each with what was read and the fix.
//
// In the flow: `doctor` prints it, and its summary is stamped into every benchmark result (perf/machine_stamp.h). Reads only; changes
// nothing. A check fails where results would be wrong or worthless, warns where they would be worse than the machine allows, and is skipped
// where the system does not say or has no such thing.
#pragma once

#include <string>
#include <vector>

#include "perf/system_view.h"

namespace tickgraph {

enum class Verdict : uint8_t { kPass, kWarn, kFail, kSkip };
inline constexpr const char* kVerdictNames[] = {"PASS", "WARN", "FAIL", "SKIP"};

struct Check {
  std::string name;
  Verdict verdict = Verdict::kSkip;
  std::string read;  // what was found, and where
  std::string fix;   // what to do; empty where it passed or nothing can be done
};

// Puts an item at the end of a list in words.
inline void AddItem(std::string* list, const std::string& item, const char* separator = ", ") {
  if (!list->empty()) *list += separator;
  *list += item;
}

// In groups; RunChecks gives all of them, in the order in which they are shown.
std::vector<Check> CheckCores(const SystemView& view);
std::vector<Check> CheckPower(const SystemView& view);
std::vector<Check> CheckMemory(const SystemView& view);
std::vector<Check> CheckDevices(const SystemView& view);
std::vector<Check> CheckClocks(const SystemView& view);
std::vector<Check> RunChecks(const SystemView& view);

struct DoctorTotals {
  int passed = 0, warned = 0, failed = 0, skipped = 0;
};
DoctorTotals TotalsOf(const std::vector<Check>& checks);
// "12 pass, 4 warn, 1 fail, 5 skip; FAIL clock_source; WARN turbo, smt"
std::string SummaryOf(const std::vector<Check>& checks);

// Which port and engine configurations are proven free of system calls on the hot thread (tests/soak), on a machine with these clocks.
struct ProofRow {
  std::string configuration;
  bool holds = false;
  std::string why;
};
std::vector<ProofRow> SystemCallProof(const SystemView& view);

}  // namespace tickgraph
