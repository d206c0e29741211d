// What changes a core's speed under the hot thread: governor, sleep states, turbo; and what each system call costs.
#include <algorithm>

#include "perf/doctor.h"

namespace tickgraph {
namespace {

std::string CpuFile(int core, const std::string& name) { return "/sys/devices/system/cpu/cpu" + std::to_string(core) + "/" + name; }

Check Governor(const SystemView& view) {
  const char* name = "governor";
  const char* fix = "cpupower frequency-set -g performance";
  Check out = {name, Verdict::kSkip, "no cpufreq: the host or the firmware decides", ""};
  std::string seen;
  bool low = false, other = false;
  for (const int core : view.HotCores()) {
    const std::string governor = view.Text(CpuFile(core, "cpufreq/scaling_governor"));
    if (governor.empty()) continue;
    // The powersave of intel_pstate and amd-pstate scales with load; the generic one stays at the lowest clock.
    const std::string driver = view.Text(CpuFile(core, "cpufreq/scaling_driver"));
    low |= governor == "powersave" && driver.find("pstate") == std::string::npos;
    other |= governor != "performance";
    if (seen.find(governor) == std::string::npos) AddItem(&seen, governor);
  }
  if (seen.empty()) return out;
  out = {name, low ? Verdict::kFail : other ? Verdict::kWarn : Verdict::kPass, seen, low || other ? fix : ""};
  return out;
}

Check SleepStates(const SystemView& view) {
  const char* name = "c_states";
  constexpr uint64_t kGoodMicros = 10, kBadMicros = 100;
  uint64_t deepest_us = 0;
  std::string deepest = "none";
  bool known = false;
  for (const int core : view.HotCores()) {
    const std::string folder = CpuFile(core, "cpuidle");
    for (const std::string& state : view.Names(folder, "state")) {
      known = true;
      const std::string file = folder + "/" + state + "/";
      const uint64_t latency_us = view.Number(file + "latency").value_or(0);
      if (view.Text(file + "disable") == "1" || latency_us < deepest_us) continue;
      deepest_us = latency_us;
      deepest = view.Text(file + "name");
    }
  }
  if (!known) return {name, Verdict::kSkip, "no cpuidle states: the host or the firmware decides", ""};
  const std::string read = "deepest allowed " + deepest + ", " + std::to_string(deepest_us) + " us to leave";
  if (deepest_us <= kGoodMicros) return {name, Verdict::kPass, read, ""};
  return {name, deepest_us > kBadMicros ? Verdict::kFail : Verdict::kWarn, read,
          "boot with processor.max_cstate=1 intel_idle.max_cstate=0, or hold 0 in /dev/cpu_dma_latency"};
}

Check Turbo(const SystemView& view) {
  const std::string off = view.Text("/sys/devices/system/cpu/intel_pstate/no_turbo");
  const std::string boost = view.Text("/sys/devices/system/cpu/cpufreq/boost");
  if (off.empty() && boost.empty()) return {"turbo", Verdict::kSkip, "the system does not say", ""};
  const bool on = off.empty() ? boost == "1" : off == "0";
  if (!on) return {"turbo", Verdict::kPass, "off: one clock, whatever the neighbours do", ""};
  return {"turbo", Verdict::kWarn, "on: the clock depends on heat and on the other cores",
          "for comparisons write 1 to intel_pstate/no_turbo, or 0 to cpufreq/boost, under /sys/devices/system/cpu"};
}

Check Mitigations(const SystemView& view) {
  const char* name = "mitigations";
  if (view.BootOption("mitigations") == "off") return {name, Verdict::kPass, "off by the command line", ""};
  const std::string folder = "/sys/devices/system/cpu/vulnerabilities";
  const std::vector<std::string> files = view.Names(folder);
  if (files.empty()) return {name, Verdict::kSkip, folder + " is not there", ""};
  std::string active;
  for (const std::string& file : files)
    if (view.Text(folder + "/" + file).starts_with("Mitigation")) AddItem(&active, file);
  if (active.empty()) return {name, Verdict::kPass, "none is active", ""};
  return {name, Verdict::kWarn, "active: " + active,
          "they cost at system calls, of which the proven ports make none; on a machine that runs trusted code alone, boot with "
          "mitigations=off"};
}

}  // namespace

std::vector<Check> CheckPower(const SystemView& view) { return {Governor(view), SleepStates(view), Turbo(view), Mitigations(view)}; }

}  // namespace tickgraph
